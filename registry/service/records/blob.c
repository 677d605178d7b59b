/* UploadBlob and GetBlob. An upload is a client stream: header, then data, and at the end the whole of it is checked.
 * Nothing goes to PostgreSQL before that, so what is wrong takes no room there; then it counts against the account's
 * bytes of the day, its chunks are stored, on reader threads, and the sequencer writes the record and names the chunks
 * in one transaction. What is here already is only checked.
 *
 *   got_header -> check_quota -> got_data -> take_data -> … -> finish_upload -> store_next -> … -> decide_blob
 *   rpc           reader         rpc         reader           reader           reader             sequencer
 *
 * Memory: the bytes are kept for the check, at most 64 MiB an upload, and at most 12 uploads of manifests, lists and challenge texts at once
 * (uploads.h); an upload that brings too little in some time ends, so that a place is not held for nothing. */
#include <stdlib.h>

#include "auth/access.h"
#include "base/check.h"
#include "base/clock.h"
#include "domain/census_list.h"
#include "domain/manifest.h"
#include "service/call/authority.h"
#include "service/records/blob.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/records/held.h"
#include "service/records/present.h"
#include "service/records/unnamed.h"
#include "service/records/uploads.h"
#include "service/call/write.h"
#include "weights/challenge_text.h"

#define DATA_MAX     (512u << 10)
#define WINDOW_LEAST (64u << 10) /* bytes, or all that are left, … */
#define WINDOW_MS    10000       /* … in such a time */

struct upload {
    struct jk_blob_facts facts;
    Jokbo__V1__BlobHeader header; /* kept for the fingerprint of its request_id */
    uint64_t received;
    uint64_t window; /* of them, before the time began that runs */
    bool waits;      /* such a time runs */
    uint64_t number; /* the database's number of this upload; 0: nothing of it is stored */
    uint64_t stored; /* bytes in chunks */
    uint32_t sequence;
    int64_t begun_us; /* when the first chunk was stored, since this machine was started */
    struct jk_sha256 *hash;
    char *bytes;
    struct jk_upload_place place; /* of a manifest */
};

static const struct {
    const char *word;
    Jokbo__V1__BlobKind shown;
    int64_t most; /* bytes; 0: not uploaded by itself */
} kinds[] = {
    [JK_BLOB_KIND_LICENSE] = {"licence text", JOKBO__V1__BLOB_KIND__BLOB_KIND_LICENSE_TEXT, JK_LICENSE_TEXT_BYTES},
    [JK_BLOB_KIND_MANIFEST] = {"manifest", JOKBO__V1__BLOB_KIND__BLOB_KIND_MANIFEST, JK_MANIFEST_MAX},
    [JK_BLOB_KIND_HUB_RECORD] = {"hub's record", JOKBO__V1__BLOB_KIND__BLOB_KIND_HUB_RECORD, 0},
    [JK_BLOB_KIND_CENSUS_LIST] = {"census's list", JOKBO__V1__BLOB_KIND__BLOB_KIND_CENSUS_LIST, JK_CENSUS_LIST_MAX},
    [JK_BLOB_KIND_CHALLENGE] = {"challenge text", JOKBO__V1__BLOB_KIND__BLOB_KIND_CHALLENGE, JK_CHALLENGE_TEXT_MAX},
    [JK_BLOB_KIND_EVIDENCE] = {"evidence text", JOKBO__V1__BLOB_KIND__BLOB_KIND_EVIDENCE, 0},
};

static void release_upload(struct jk_call *call)
{
    struct upload *upload = call->state;
    if (!upload) return;
    jk_sha256_free(upload->hash);
    free(upload->bytes);
    if (upload->place.call) jk_uploads_leave(jk_services_of(call)->uploads, &upload->place);
}

/* FAILED_PRECONDITION with the time and the reason's digest; facts about a withdrawn blob. */
static enum jk_status fail_withdrawn(const struct jk_blob_facts *facts, struct jk_error *error)
{
    char hex[JK_DIGEST_HEX + 1], reason[JK_DIGEST_HEX + 1], time[JK_TIME_TEXT];
    jk_digest_hex(&facts->digest, hex);
    jk_digest_hex(&facts->reason, reason);
    jk_time_format(facts->withdrawn_us, time);
    jk_error_fact(error, "withdraw_time", "%s", time);
    jk_error_fact(error, "reason_sha256", "%s", reason);
    return jk_fail(error, JK_FAILED_PRECONDITION, "BLOB_WITHDRAWN", "The blob with the digest %s was withdrawn at %s",
                   hex, time);
}

Jokbo__V1__Blob *jk_present_blob(struct jk_arena *arena, const struct jk_blob_facts *facts)
{
    Jokbo__V1__Blob *out = JK_MESSAGE(arena, Jokbo__V1__Blob, jokbo__v1__blob);
    if (!out) return NULL;
    out->sha256 = jk_to_hex(arena, &facts->digest);
    out->kind = kinds[facts->kind].shown;
    out->models = (int64_t)facts->models;
    out->size = (int64_t)facts->size;
    out->weights_sha256 = jk_to_hex(arena, &facts->weights);
    out->create_time = jk_to_timestamp(arena, facts->created_us);
    out->state = facts->state == JK_BLOB_STORED      ? JOKBO__V1__BLOB_STATE__BLOB_STATE_STORED
                 : facts->state == JK_BLOB_WITHDRAWN ? JOKBO__V1__BLOB_STATE__BLOB_STATE_WITHDRAWN
                                                     : JOKBO__V1__BLOB_STATE__BLOB_STATE_LIFTED;
    if (facts->state == JK_BLOB_STORED) return out;
    out->withdraw_time = jk_to_timestamp(arena, facts->withdrawn_us);
    out->reason_sha256 = jk_to_hex(arena, &facts->reason);
    return out;
}

/* ---- the end: check, then the record in the sequencer's turn ---- */

static enum jk_status contradicts(const struct jk_release *release, const struct jk_blob_facts *facts,
                                  struct jk_error *error)
{
    char said[JK_DIGEST_HEX + 1] = "none", found[JK_DIGEST_HEX + 1] = "none";
    if (!jk_digest_is_zero(&release->weights)) jk_digest_hex(&release->weights, said);
    if (!jk_digest_is_zero(&facts->weights)) jk_digest_hex(&facts->weights, found);
    jk_error_field(error, "data", "contradicts the release %.*s@%.*s, which says weights %s; the manifest's are %s",
                   JK_SPAN_ARG(release->name), JK_SPAN_ARG(release->version), said, found);
    return jk_error_result(error);
}

/* Whether it belongs to the caller, or was entered by a registrar and nobody has claimed it. */
static bool is_own(const struct jk_change *change, const struct jk_turn *turn, const struct jk_release *release)
{
    uint32_t publisher = jk_publisher_of(turn, release->model);
    struct jk_span name = jk_book_publisher(turn->book, publisher)->name;
    uint64_t account = change->call->principal.account;
    return !jk_book_is_claimed(turn->book, publisher, jk_turn_size(turn)) ||
           jk_directory_membership(turn->directory, name, account) != JK_MEMBER_NONE;
}

/* Contradicting one's own release is refused: it states other weights, and none states the manifest's. Other
 * publishers' releases do not matter: otherwise anybody could block a manifest by naming it with wrong weights. What
 * such a release says does not count as held (registry/formats/count.md). */
static enum jk_status check_releases(const struct jk_change *change, struct jk_turn *turn,
                                     const struct jk_blob_facts *facts, struct jk_error *error)
{
    uint32_t n = jk_turn_size(turn), slot = jk_book_find_artifact(turn->book, &facts->digest, n);
    const struct jk_release *wrong = NULL;
    for (; slot != JK_NONE; slot = jk_book_next_with_artifact(turn->book, slot, n)) {
        const struct jk_release *release = jk_book_release(turn->book, slot);
        if (jk_digest_equal(&release->weights, &facts->weights)) return JK_OK;
        if (!wrong && is_own(change, turn, release)) wrong = release;
    }
    return wrong ? contradicts(wrong, facts, error) : JK_OK;
}

/* Whether a release that is the caller's own names it. Somebody else's may have named it before whoever has the manifest: it
 * is not held on that account, but once its owner brings the bytes too, or the caller registers what they belong to. */
static bool is_named_by_own(const struct jk_change *change, const struct jk_turn *turn,
                            const struct jk_digest *artifact)
{
    uint32_t n = jk_turn_size(turn), slot = jk_book_find_artifact(turn->book, artifact, n);
    bool trusted = change->call->principal.roles & (JK_ROLE_REGISTRAR | JK_ROLE_ADMIN);
    for (; slot != JK_NONE; slot = jk_book_next_with_artifact(turn->book, slot, n))
        if (trusted || is_own(change, turn, jk_book_release(turn->book, slot))) return true;
    return false;
}

/* A manifest, list or challenge text that was first uploaded as a licence text, or a manifest stored before weight files were recorded,
 * is read now. */
static bool is_news(const struct jk_blob_facts *there, const struct jk_blob_facts *facts)
{
    bool manifest = facts->kind == JK_BLOB_KIND_MANIFEST;
    if (manifest || facts->kind == JK_BLOB_KIND_CENSUS_LIST || facts->kind == JK_BLOB_KIND_CHALLENGE)
        return there->kind != facts->kind || (manifest && !there->files_known);
    return false;
}

static enum jk_status record_facts(struct jk_turn *turn, const struct jk_blob_facts *facts, struct jk_error *error)
{
    struct jk_record record;
    if (!jk_record_blob(turn->arena, facts, &record)) return jk_out_of_memory(error);
    return jk_turn_record(turn, &record, error);
}

/* A blob that nothing names was uploaded again, so it is kept longer. Recording that once in a while is enough. */
static enum jk_status renew_blob(struct jk_turn *turn, struct jk_blob_facts *there, struct jk_error *error)
{
    if (turn->time_us - jk_blob_brought_us(there) < JK_BLOB_RENEW_US) return JK_OK;
    if (jk_book_find_artifact(turn->book, &there->digest, jk_turn_size(turn)) != JK_NONE) return JK_OK;
    there->renewed_us = turn->time_us;
    return record_facts(turn, there, error);
}

static enum jk_status decide_blob(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    struct jk_call *call = change->call;
    struct upload *upload = call->state;
    struct jk_blob_facts there;
    bool manifest = upload->facts.kind == JK_BLOB_KIND_MANIFEST;
    bool known = jk_directory_blob(turn->directory, &upload->facts.digest, &there);
    bool stored = known && there.state == JK_BLOB_STORED;
    upload->facts.created_us = stored ? there.created_us : turn->time_us;
    if (known && there.state == JK_BLOB_WITHDRAWN) return fail_withdrawn(&there, &call->error);
    if (stored && !is_news(&there, &upload->facts)) {
        JK_TRY(renew_blob(turn, &there, &call->error));
        upload->facts = there;
    } else {
        if (manifest) JK_TRY(check_releases(change, turn, &upload->facts, &call->error));
        if (!stored) {
            /* The chunks become the blob's. Nothing was stored if the bytes were here when the upload began but have
             * been removed since. */
            if (!upload->number)
                return jk_fail(&call->error, JK_ABORTED, "BLOB_REMOVED",
                               "The blob was removed just now; upload it again");
            JK_TRY(jk_blob_name_chunks(turn, &upload->facts.digest, upload->number, upload->begun_us, &call->error));
        }
        if (stored) {
            upload->facts.renewed_us = turn->time_us;
            upload->facts.bundle = there.bundle;
            upload->facts.bundle_at = there.bundle_at;
        }
        JK_TRY(record_facts(turn, &upload->facts, &call->error));
        change->uncounted = true; /* its bytes are */
    }
    const struct jk_digest *digest = &upload->facts.digest;
    bool held = manifest && jk_book_is_held(turn->book, digest, jk_turn_size(turn));
    if (manifest && !held && is_named_by_own(change, turn, digest)) JK_TRY(jk_held_note(turn, digest, &call->error));
    Jokbo__V1__Blob *reply = jk_present_blob(&call->arena, &upload->facts);
    if (!reply) return jk_out_of_memory(&call->error);
    *out_reply = &reply->base;
    return JK_OK;
}

static enum jk_status read_whole(struct jk_call *call, struct jk_blob_facts *facts, struct jk_span bytes)
{
    struct jk_manifest_summary summary;
    if (facts->kind == JK_BLOB_KIND_CENSUS_LIST) return jk_census_list_check(bytes, &facts->models, &call->error);
    if (facts->kind == JK_BLOB_KIND_CHALLENGE) return jk_challenge_text_check(bytes, &call->error);
    if (facts->kind == JK_BLOB_KIND_LICENSE) {
        if (jk_utf8_valid(bytes)) return JK_OK;
        jk_error_field(&call->error, "data", "is not UTF-8 text; convert the licence's text to UTF-8");
        return jk_error_result(&call->error);
    }
    JK_TRY(jk_manifest_check(bytes, &summary, &call->error));
    facts->weights = summary.weights;
    facts->weight_files = summary.weight_files;
    facts->files_known = true;
    return JK_OK;
}

static enum jk_status check_whole(struct jk_call *call, struct upload *upload)
{
    struct jk_digest digest;
    if (upload->received != upload->facts.size)
        jk_error_field(&call->error, "header.size", "says %llu bytes, but %llu were received",
                       (unsigned long long)upload->facts.size, (unsigned long long)upload->received);
    jk_sha256_end(upload->hash, &digest);
    if (!jk_digest_equal(&digest, &upload->facts.digest)) {
        char hex[JK_DIGEST_HEX + 1];
        jk_digest_hex(&digest, hex);
        jk_error_field(&call->error, "header.sha256", "is not the digest of the data received, which is %s", hex);
    }
    JK_TRY(jk_error_result(&call->error));
    return read_whole(call, &upload->facts, (struct jk_span){upload->bytes, (size_t)upload->received});
}

static void submit_upload(struct jk_call *call)
{
    struct upload *upload = call->state;
    call->request = &upload->header.base; /* its request_id, and its fingerprint */
    jk_change_submit(call, decide_blob, NULL);
}

/* On a reader thread, one chunk at a time, so that others get their turn. An empty blob is one empty chunk. */
static void store_next(struct jk_call *call)
{
    struct upload *upload = call->state;
    uint64_t left = upload->facts.size - upload->stored;
    struct jk_span chunk = {upload->bytes + upload->stored, left < JK_BLOB_CHUNK ? (size_t)left : JK_BLOB_CHUNK};
    if (jk_reader_blob_chunk(call->reader, upload->number, upload->sequence++, chunk, &call->error) != JK_OK) {
        jk_call_fail(call);
        return;
    }
    upload->stored += chunk.len;
    if (upload->stored < upload->facts.size)
        jk_call_on_reader(call, store_next);
    else
        submit_upload(call);
}

static struct jk_blob_upload brought(struct jk_call *call, const struct upload *upload)
{
    const struct jk_services *services = call->services;
    struct jk_blob_facts there;
    bool here = jk_directory_blob_stored(jk_store_directory(jk_store_of(call)), &upload->facts.digest, &there);
    return (struct jk_blob_upload){.digest = upload->facts.digest,
                                   .size = upload->facts.size,
                                   .account = call->principal.account,
                                   .bytes_per_day = services->blob_bytes_per_day,
                                   .here = here && there.bundle > 0,
                                   .machine = jk_is_machine(&call->principal)};
}

/* On a reader thread. */
static void finish_upload(struct jk_call *call)
{
    struct upload *upload = call->state;
    struct jk_blob_upload what = brought(call, upload);
    enum jk_status status = check_whole(call, upload);
    upload->begun_us = jk_boot_us();
    if (status == JK_OK) status = jk_reader_blob_begin(call->reader, &what, &upload->number, &call->error);
    if (status != JK_OK)
        jk_call_fail(call);
    else if (upload->number)
        store_next(call);
    else
        submit_upload(call);
}

/* ---- data ---- */

static void receive_next(struct jk_call *call);

/* On a reader thread, with the message still in place. */
static void take_data(struct jk_call *call)
{
    struct upload *upload = call->state;
    const Jokbo__V1__UploadBlobRequest *message = (const void *)call->request;
    struct jk_span data = {(const char *)message->data.data, message->data.len};
    jk_sha256_add(upload->hash, data.at, data.len);
    memcpy(upload->bytes + upload->received, data.at, data.len);
    upload->received += data.len;
    receive_next(call);
}

static void got_data(struct jk_call *call)
{
    struct upload *upload = call->state;
    const Jokbo__V1__UploadBlobRequest *message = (const void *)call->request;
    if (!message) {
        if (!upload->place.call ||
            jk_uploads_arrived(jk_services_of(call)->uploads, &upload->place, &call->error) == JK_OK)
            jk_call_on_reader(call, finish_upload);
        else
            jk_call_fail(call);
        return;
    }
    if (message->content_case != JOKBO__V1__UPLOAD_BLOB_REQUEST__CONTENT_DATA)
        jk_error_field(&call->error, "content", "must be data after the first message");
    else if (message->data.len == 0 || message->data.len > DATA_MAX)
        jk_error_field(&call->error, "data", "%zu bytes in a message: send 1 to %u", message->data.len, DATA_MAX);
    else if (message->data.len > upload->facts.size - upload->received)
        jk_error_field(&call->error, "data", "exceeds the %llu bytes of header.size",
                       (unsigned long long)upload->facts.size);
    if (jk_error_result(&call->error) == JK_OK)
        jk_call_on_reader(call, take_data);
    else
        jk_call_fail(call);
}

/* Time for the next bytes begins with the first message that is waited for, and with each that fills what was due. */
static void receive_next(struct jk_call *call)
{
    struct upload *upload = call->state;
    bool all = upload->received == upload->facts.size;
    int64_t due_ms = 0;
    enum jk_status status = JK_OK;
    if (!upload->waits || all || upload->received - upload->window >= WINDOW_LEAST) {
        upload->waits = true;
        upload->window = upload->received;
        due_ms = jk_monotonic_ms() + WINDOW_MS;
    }
    if (upload->place.call)
        status =
            jk_uploads_go_on(jk_services_of(call)->uploads, &upload->place, upload->received, due_ms, &call->error);
    else if (due_ms)
        atomic_store(&call->due_ms, due_ms);
    if (status == JK_OK)
        call->ops->receive(call, got_data);
    else
        jk_call_fail(call);
}

/* ---- the header ---- */

static void read_header(struct jk_call *call, const Jokbo__V1__BlobHeader *header, struct upload *upload)
{
    size_t kind = 0;
    while (kind < sizeof kinds / sizeof *kinds && (!kinds[kind].most || kinds[kind].shown != header->kind))
        kind++;
    if (kind == sizeof kinds / sizeof *kinds) {
        jk_error_field(&call->error, "header.kind", "%d: give manifest, license text, census list or challenge text",
                       (int)header->kind);
        kind = JK_BLOB_KIND_LICENSE;
    }
    jk_from_hex(header->sha256, "header.sha256", &upload->facts.digest, &call->error);
    if (!*header->sha256) jk_error_field(&call->error, "header.sha256", "is required");
    if (header->size < 0) jk_error_field(&call->error, "header.size", "%lld is negative", (long long)header->size);
    upload->facts.kind = (enum jk_blob_kind)kind;
    upload->facts.size = (uint64_t)header->size;
    if (header->size > kinds[kind].most && !jk_error_is_set(&call->error))
        (void)jk_fail(&call->error, JK_RESOURCE_EXHAUSTED, "BLOB_TOO_LARGE",
                      "header.size: %lld bytes are too many; a %s may have at most %lld", (long long)header->size,
                      kinds[kind].word, (long long)kinds[kind].most);
}

/* Only who may attest brings challenge texts: reading one takes more than what others bring. */
static enum jk_status check_may_bring(const struct jk_call *call, const struct upload *upload, struct jk_error *error)
{
    if (upload->facts.kind != JK_BLOB_KIND_CHALLENGE || (call->principal.roles & JK_ROLE_VERIFIER)) return JK_OK;
    return jk_fail(error, JK_PERMISSION_DENIED, "ROLE_REQUIRED",
                   "header.kind: a challenge text is uploaded by an account with the role verifier");
}

static enum jk_status keep_header(struct jk_call *call, const Jokbo__V1__BlobHeader *header, struct upload *upload)
{
    upload->header = *header;
    upload->header.sha256 = jk_to_string(&call->arena, jk_span_of(header->sha256));
    upload->header.request_id = jk_to_string(&call->arena, jk_span_of(header->request_id));
    upload->hash = jk_sha256_new();
    upload->bytes = malloc(upload->facts.size + 1);
    if (!upload->hash || !upload->bytes) return jk_out_of_memory(&call->error);
    jk_sha256_begin(upload->hash);
    if (upload->facts.kind == JK_BLOB_KIND_LICENSE) return JK_OK;
    return jk_uploads_enter(jk_services_of(call)->uploads, call, &upload->place, &call->error);
}

/* On a reader thread, before the bytes arrive; checked again, conclusively, when they are here. */
static void check_day_quota(struct jk_call *call)
{
    struct upload *upload = call->state;
    struct jk_blob_upload what = brought(call, upload);
    if (jk_reader_blob_check(call->reader, &what, &call->error) == JK_OK)
        receive_next(call);
    else
        jk_call_fail(call);
}

static void got_header(struct jk_call *call)
{
    const Jokbo__V1__UploadBlobRequest *message = (const void *)call->request;
    struct upload *upload = call->state;
    enum jk_status status;
    if (!message || message->content_case != JOKBO__V1__UPLOAD_BLOB_REQUEST__CONTENT_HEADER) {
        jk_error_field(&call->error, "content", "must be the header in the first message");
        status = jk_error_result(&call->error);
    } else {
        struct jk_blob_facts there;
        read_header(call, message->header, upload);
        status = jk_error_result(&call->error);
        if (status == JK_OK) status = check_may_bring(call, upload, &call->error);
        /* Before its bytes arrive; checked again, conclusively, in the turn. */
        if (status == JK_OK &&
            jk_directory_blob(jk_store_directory(jk_store_of(call)), &upload->facts.digest, &there) &&
            there.state == JK_BLOB_WITHDRAWN)
            status = fail_withdrawn(&there, &call->error);
        if (status == JK_OK) status = keep_header(call, message->header, upload);
    }
    if (status == JK_OK)
        jk_call_on_reader(call, check_day_quota);
    else
        jk_call_fail(call);
}

void jk_upload_blob(struct jk_call *call)
{
    call->state = jk_arena_zalloc(&call->arena, 1, sizeof(struct upload));
    call->release = release_upload;
    if (call->state) {
        call->ops->receive(call, got_header);
        return;
    }
    (void)jk_out_of_memory(&call->error);
    jk_call_fail(call);
}

void jk_get_blob(struct jk_call *call)
{
    const Jokbo__V1__GetBlobRequest *request = (const void *)call->request;
    struct jk_digest digest;
    struct jk_blob_facts facts;
    Jokbo__V1__Blob *reply = NULL;
    jk_from_hex(request->sha256, "sha256", &digest, &call->error);
    if (!*request->sha256) jk_error_field(&call->error, "sha256", "is required");
    enum jk_status status = jk_error_result(&call->error);
    bool known = status == JK_OK && jk_directory_blob(jk_store_directory(jk_store_of(call)), &digest, &facts);
    if (known && facts.state == JK_BLOB_WITHDRAWN) status = fail_withdrawn(&facts, &call->error);
    if (status == JK_OK && (!known || facts.state != JK_BLOB_STORED))
        status = jk_fail(&call->error, JK_NOT_FOUND, "BLOB_NOT_FOUND",
                         "No blob with the digest %s is stored here (what no entry names is removed after a while)",
                         request->sha256);
    if (status == JK_OK && !(reply = jk_present_blob(&call->arena, &facts))) status = jk_out_of_memory(&call->error);
    jk_call_answer(call, status, (const ProtobufCMessage *)reply);
}
