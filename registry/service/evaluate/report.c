/* GetReport: a file of a report from the public folder, made first if it is absent. A reader thread reads a chunk, an
 * rpc thread takes over when it has been sent, and so on. A canonical file is read completely and checked against the
 * closing's digest before its first chunk is sent. */
#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"
#include "closing/closer.h"
#include "domain/ident.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/evaluate/stages.h"

_Static_assert(JOKBO__V1__REPORT_FILE__REPORT_FILE_TABLE == JK_REPORT_TABLE + 1, "file numbers");
_Static_assert(JOKBO__V1__REPORT_FILE__REPORT_FILE_LEFT_OUT_CSV == JK_REPORT_LEFT_OUT_CSV + 1, "file numbers");

#define PIECE (64u << 10)

struct sending {
    enum jk_report_file file;
    struct jk_closing closing;
    int fd; /* -1: not open */
    uint64_t size, at;
    uint8_t *piece; /* PIECE bytes */
};

static void release_sending(struct jk_call *call)
{
    struct sending *sending = call->state;
    if (sending && sending->fd >= 0) close(sending->fd);
}

/* ---- pieces ---- */

static enum jk_status read_at(struct sending *sending, uint64_t at, size_t len, struct jk_error *error)
{
    size_t got = 0;
    while (got < len) {
        ssize_t more = pread(sending->fd, sending->piece + got, len - got, (off_t)(at + got));
        if (more < 0 && errno == EINTR) continue;
        if (more <= 0)
            return jk_fail(error, JK_UNAVAILABLE, "REPORT_UNREADABLE", "The file cannot be read now; try again");
        got += (size_t)more;
    }
    return JK_OK;
}

static size_t next_len(const struct sending *sending, uint64_t at)
{
    uint64_t left = sending->size - at;
    return left < PIECE ? (size_t)left : PIECE;
}

static void send_piece(struct jk_call *call);

static void piece_left(struct jk_call *call)
{
    const struct sending *sending = call->state;
    if (sending->at == sending->size)
        jk_call_finish(call, NULL);
    else
        jk_call_on_reader(call, send_piece);
}

static void send_piece(struct jk_call *call)
{
    Jokbo__V1__ReportPiece piece = JOKBO__V1__REPORT_PIECE__INIT;
    struct sending *sending = call->state;
    size_t len = next_len(sending, sending->at);
    if (read_at(sending, sending->at, len, &call->error) != JK_OK) {
        jk_call_fail(call);
        return;
    }
    sending->at += len;
    piece.file = (Jokbo__V1__ReportFile)(sending->file + 1);
    piece.revision = (int32_t)sending->closing.revision;
    piece.size = (int64_t)sending->size;
    piece.data = (ProtobufCBinaryData){len, sending->piece};
    piece.last = sending->at == sending->size;
    call->ops->send(call, &piece.base, piece_left);
}

/* ---- the file ---- */

static enum jk_status different(const struct sending *sending, struct jk_error *error)
{
    jk_metrics_add(JK_METRIC_REPORTS_DIFFERENT, 0, 0, 1);
    jk_log(JK_LOG_ERROR, "report-different", "reason", "FILE_DIFFERS", "file", jk_report_file_name(sending->file),
           "closing", jk_log_i64(sending->closing.from), NULL);
    return jk_fail(error, JK_DATA_LOSS, "FILE_DIFFERS",
                   "The server's %s of revision %u is not the one that log entry %u commits to",
                   jk_report_file_name(sending->file), sending->closing.revision, sending->closing.from);
}

static enum jk_status check_digest(struct sending *sending, struct jk_error *error)
{
    const struct jk_digest *wanted = jk_report_file_digest(&sending->closing, sending->file);
    struct jk_sha256 *hash = wanted ? jk_sha256_new() : NULL;
    enum jk_status status = JK_OK;
    struct jk_digest found;
    if (!wanted) return JK_OK;
    if (!hash) return jk_out_of_memory(error);
    jk_sha256_begin(hash);
    for (uint64_t at = 0; status == JK_OK && at < sending->size; at += next_len(sending, at)) {
        status = read_at(sending, at, next_len(sending, at), error);
        if (status == JK_OK) jk_sha256_add(hash, sending->piece, next_len(sending, at));
    }
    jk_sha256_end(hash, &found);
    jk_sha256_free(hash);
    if (status != JK_OK || jk_digest_equal(&found, wanted)) return status;
    return different(sending, error);
}

static enum jk_status find_closing(struct jk_call *call, struct sending *sending)
{
    const Jokbo__V1__GetReportRequest *request = (const void *)call->request;
    enum jk_status status = JK_OK;
    struct jk_view view;
    jk_store_view(jk_store_of(call), &view);
    uint32_t stage = jk_book_find_stage(view.book, jk_span_of(request->stage), view.size);
    const struct jk_closing *closing =
        stage == JK_NONE ? NULL : jk_book_closing(view.book, stage, (uint32_t)request->revision, view.size);
    if (stage == JK_NONE)
        status = jk_stage_not_found(&call->error, request->stage);
    else if (!closing && !jk_book_closing(view.book, stage, 0, view.size))
        status = jk_fail(&call->error, JK_FAILED_PRECONDITION, "STAGE_NOT_CLOSED",
                         "The stage \"%s\" is not closed yet, so it has no report; see jokbo count --stage %s",
                         request->stage, request->stage);
    else if (!closing)
        status = jk_revision_not_found(&call->error, request->stage, request->revision);
    else
        sending->closing = *closing;
    jk_store_view_end(jk_store_of(call));
    return status;
}

/* Anybody may ask, so paths and keys go only into the server's log. */
static enum jk_status not_ready(const struct jk_error *why, struct jk_error *error)
{
    error->retry_ms = why->retry_ms;
    if (why->status == JK_DEADLINE_EXCEEDED || strcmp(why->reason, "COMPUTING") == 0)
        return jk_fail(error, why->status, why->reason, "%s", why->message);
    if (why->status == JK_DATA_LOSS)
        return jk_fail(error, JK_DATA_LOSS, "REPORT_DIFFERS",
                       "The server's report is not the one that the log commits to; the server's log says why");
    return jk_fail(error, JK_UNAVAILABLE, "REPORT_NOT_READY",
                   "The server cannot make this file now; the server's log says why");
}

static enum jk_status try_open(struct jk_call *call, struct sending *sending, struct jk_error *error)
{
    const Jokbo__V1__GetReportRequest *request = (const void *)call->request;
    jk_error_init(error, NULL);
    return jk_report_file_open(jk_store_public_dir(jk_store_of(call)), request->stage, sending->closing.revision,
                               sending->file, &sending->fd, &sending->size, error);
}

/* Even if not all files can be made, the requested one may exist. */
static enum jk_status open_report(struct jk_call *call, struct sending *sending)
{
    struct jk_error why;
    JK_TRY(find_closing(call, sending));
    if (try_open(call, sending, &why) != JK_OK) {
        struct jk_error unmade;
        jk_error_init(&unmade, NULL);
        enum jk_status made = jk_closer_files(jk_services_of(call)->closer, call->reader, sending->closing.stage,
                                              sending->closing.revision, call->deadline_ms, &unmade);
        if (try_open(call, sending, &why) != JK_OK) return not_ready(made == JK_OK ? &why : &unmade, &call->error);
    }
    return check_digest(sending, &call->error);
}

static void begin_sending(struct jk_call *call)
{
    if (open_report(call, call->state) == JK_OK)
        send_piece(call);
    else
        jk_call_fail(call);
}

void jk_get_report(struct jk_call *call)
{
    const Jokbo__V1__GetReportRequest *request = (const void *)call->request;
    struct sending *sending = jk_arena_zalloc(&call->arena, 1, sizeof *sending);
    uint8_t *piece = jk_arena_alloc(&call->arena, PIECE);
    jk_check_field(&call->error, "stage", request->stage, jk_ident_team_fault(jk_span_of(request->stage)));
    if (request->revision < 0)
        jk_error_field(&call->error, "revision", "%d is negative: give 1 or more, or 0 for the newest",
                       request->revision);
    if ((int)request->file < 1 || (int)request->file > JK_REPORT_FILES)
        jk_error_field(&call->error, "file", "%d: give one of the report's files", (int)request->file);
    enum jk_status status = sending && piece ? jk_error_result(&call->error) : jk_out_of_memory(&call->error);
    if (status == JK_OK) {
        *sending = (struct sending){.file = (enum jk_report_file)(request->file - 1), .fd = -1, .piece = piece};
        call->state = sending;
        call->release = release_sending;
        jk_call_on_reader(call, begin_sending);
    } else {
        jk_call_fail(call);
    }
}
