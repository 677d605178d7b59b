/* See written.h. The text's chunks are stored before, and become its bytes in the transaction that has the entry; what is
 * left of an attempt that failed is deleted after a day. */
#include "service/evidence/written.h"

#include "base/clock.h"
#include "base/defer.h"
#include "book/holdings.h"
#include "book/vouched.h"
#include "service/records/blob.h"

#define READ_MS 60000

struct storing {
    struct jk_span text;
    uint64_t upload;
    int64_t begun_us; /* since this machine was started */
};

static enum jk_status store_text(void *context, struct jk_reader *reader, struct jk_error *error)
{
    struct storing *storing = context;
    uint32_t sequence = 0;
    storing->begun_us = jk_boot_us();
    JK_TRY(jk_reader_blob_begin_own(reader, &storing->upload, error));
    for (size_t at = 0; at < storing->text.len; at += JK_BLOB_CHUNK) {
        size_t left = storing->text.len - at;
        struct jk_span chunk = {storing->text.at + at, left < JK_BLOB_CHUNK ? left : JK_BLOB_CHUNK};
        JK_TRY(jk_reader_blob_chunk(reader, storing->upload, sequence++, chunk, error));
    }
    return JK_OK;
}

struct writing {
    struct jk_own_write own; /* first */
    const struct jk_evidence_made *made;
    struct jk_digest digest;
    struct storing storing;
    struct jk_span grades, near;
    bool written;
};

static bool is_wanted(const struct writing *writing, const struct jk_book *book, struct jk_directory *directory,
                      uint32_t n)
{
    const struct jk_agenda_item *due = &writing->made->due;
    struct jk_blob_facts facts;
    if (jk_directory_blob(directory, &writing->digest, &facts) && facts.state == JK_BLOB_WITHDRAWN) return false;
    if (due->attest != JK_NONE) return jk_book_attest_evidence(book, due->attest, n) == JK_NONE;
    return jk_book_release_is_held(book, due->release, n) &&
           jk_book_last_screening(book, due->release, n) == writing->made->before;
}

/* As far as is known before the turn: nothing is stored in vain where another server was first. */
static bool is_wanted_now(const struct writing *writing, struct jk_store *store)
{
    struct jk_view view;
    jk_store_view(store, &view);
    bool wanted = is_wanted(writing, view.book, jk_store_directory(store), view.size);
    jk_store_view_end(store);
    return wanted;
}

/* The bytes may be there already, from an upload as something else. */
static enum jk_status record_text(const struct writing *writing, struct jk_turn *turn, struct jk_error *error)
{
    struct jk_blob_facts facts = {.digest = writing->digest,
                                  .kind = JK_BLOB_KIND_EVIDENCE,
                                  .size = writing->made->text.len,
                                  .created_us = turn->time_us};
    struct jk_blob_facts there;
    struct jk_record record;
    bool stored = jk_directory_blob(turn->directory, &writing->digest, &there) && there.state == JK_BLOB_STORED;
    if (stored && there.kind == JK_BLOB_KIND_EVIDENCE) return JK_OK;
    if (stored) facts.created_us = there.created_us;
    if (!jk_record_blob(turn->arena, &facts, &record)) return jk_out_of_memory(error);
    if (!stored)
        JK_TRY(jk_blob_name_chunks(turn, &writing->digest, writing->storing.upload, writing->storing.begun_us, error));
    return jk_turn_record(turn, &record, error);
}

static enum jk_status decide_evidence(struct jk_write *write, struct jk_turn *turn)
{
    struct writing *writing = (struct writing *)write;
    const struct jk_agenda_item *due = &writing->made->due;
    uint32_t index;
    writing->written = is_wanted(writing, turn->book, turn->directory, jk_book_size(turn->book));
    if (!writing->written) return JK_OK;
    struct jk_entry entry = {.kind = JK_KIND_EVIDENCE,
                             .actor = {.type = JK_ACTOR_SERVER},
                             .release = jk_book_release(turn->book, due->release)->hash,
                             .attest = due->attest == JK_NONE ? JK_TARGET_NONE
                                                              : jk_book_attest(turn->book, due->attest)->from,
                             .at = writing->made->at,
                             .findings = writing->digest,
                             .grades = writing->grades,
                             .near = writing->near,
                             .kin = writing->made->figures.kin};
    JK_TRY(jk_turn_append(turn, &entry, &index, write->error));
    return record_text(writing, turn, write->error);
}

static void list_grades(const struct jk_evidence_figures *figures, struct jk_text *out)
{
    for (size_t i = 0; i < figures->parent_count; i++) {
        if (i > 0) jk_text_add(out, JK_SPAN(" "));
        jk_graded_write(&figures->parents[i], out);
    }
}

static void list_near(const struct jk_evidence_figures *figures, struct jk_text *out)
{
    char hex[JK_DIGEST_HEX + 1];
    for (size_t i = 0; i < figures->near_count; i++) {
        jk_digest_hex(&figures->near[i], hex);
        jk_text_addf(out, "%s%s", i > 0 ? " " : "", hex);
    }
}

enum jk_status jk_write_evidence(struct jk_store *store, const struct jk_evidence_made *made, bool *out_written,
                                 struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text grades;
    JK_CLEANUP(jk_text_done) struct jk_text near;
    jk_text_init(&grades, 64u << 10);
    jk_text_init(&near, 64u << 10);
    list_grades(&made->figures, &grades);
    list_near(&made->figures, &near);
    if (grades.failed || near.failed) return jk_out_of_memory(error);
    struct writing writing = {.own.write.decide = decide_evidence,
                              .made = made,
                              .digest = jk_digest_of(made->text),
                              .storing.text = made->text,
                              .grades = jk_text_span(&grades),
                              .near = jk_text_span(&near)};
    *out_written = false;
    if (!is_wanted_now(&writing, store)) return JK_OK;
    JK_TRY(jk_store_read_own(store, store_text, &writing.storing, jk_monotonic_ms() + READ_MS, error));
    JK_TRY(jk_store_write_own(store, &writing.own, error));
    *out_written = writing.written;
    return JK_OK;
}
