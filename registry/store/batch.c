/* Deciding and settling a batch; see batch.h. The two round trips are batch_sql.c's. Thread: the sequencer. */
#include "store/batch.h"

#include <stdlib.h>

#include "base/check.h"
#include "store/beat.h"
#include "store/clock.h"

/* Where one write began: what it did is undone back to here if it fails or is a dry run. */
struct step {
    struct jk_book_mark mark;
    size_t entries, records, texts, blobs, bundles, bytes;
};

void jk_batch_init(struct jk_batch *batch, struct jk_store *store)
{
    memset(batch, 0, sizeof(*batch));
    batch->store = store;
    jk_arena_init(&batch->arena, JK_BATCH_ARENA);
    jk_text_init(&batch->note, JK_NOTE_MAX);
    jk_text_init(&batch->entry, JK_ENTRY_MAX);
}

void jk_batch_clear(struct jk_batch *batch)
{
    JK_CHECK(!batch->speculative);
    PQclear(batch->replies);
    batch->replies = NULL;
    jk_arena_reset(&batch->arena);
    jk_text_clear(&batch->note);
    batch->count = batch->entry_count = batch->record_count = batch->text_count = batch->bytes = 0;
    batch->blob_count = batch->bundle_count = 0;
    jk_random_bytes(batch->id, sizeof(batch->id));
}

void jk_batch_done(struct jk_batch *batch)
{
    PQclear(batch->replies);
    jk_arena_done(&batch->arena);
    jk_text_done(&batch->note);
    jk_text_done(&batch->entry);
    free(batch->entries);
    free(batch->leaves);
    free(batch->records);
    free(batch->texts);
    free(batch->blobs);
    free(batch->bundles);
}

bool jk_batch_is_empty(const struct jk_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->slots[i].keep_reply) return false;
    }
    return batch->entry_count == 0 && batch->record_count == 0 && batch->text_count == 0;
}

static bool has_request(const struct jk_write *write)
{
    static const unsigned char none[16];

    return !write->dry && memcmp(write->request_id, none, sizeof(none)) != 0;
}

static void records_undo(struct jk_batch *batch, size_t keep)
{
    while (batch->record_count > keep) {
        const struct jk_batch_record *row = &batch->records[--batch->record_count];
        struct jk_error error;

        jk_error_init(&error, NULL);
        if (!row->before.key)
            jk_directory_drop(batch->store->directory, &row->record);
        else
            JK_CHECK(jk_directory_put(batch->store->directory, &row->before, &error) == JK_OK); /* it was in there */
    }
}

/* The reply to a repeated request id: given again only if it is the same request throughout. */
static enum jk_status replay(struct jk_batch *batch, struct jk_write *write, struct jk_span fingerprint,
                             struct jk_span stored)
{
    if (fingerprint.len != JK_DIGEST_SIZE || memcmp(fingerprint.at, write->fingerprint.bytes, JK_DIGEST_SIZE) != 0) {
        static const char rule[] = "was used for another request: give each request its own (a retry repeats the "
                                   "request unchanged)";
        (void)jk_fail(write->error, JK_INVALID_ARGUMENT, "REQUEST_ID_REUSED", "request_id %s", rule);
        jk_error_field(write->error, "request_id", "%s", rule);
        return write->error->status;
    }
    write->replayed = true;
    if (write->repeat) return write->repeat(write, &batch->turn, stored);
    write->reply = stored;
    return JK_OK;
}

/* What is stored for a write that succeeded. */
static struct jk_span kept_reply(const struct jk_write *write)
{
    return write->keep.len ? write->keep : write->reply;
}

/* An earlier successful write of this same batch with the same request id, or NULL. */
static const struct jk_slot *same_request(const struct jk_batch *batch, size_t place)
{
    const struct jk_write *write = batch->slots[place].write;

    for (size_t i = 0; i < place; i++) {
        const struct jk_slot *slot = &batch->slots[i];

        if (slot->keep_reply && slot->write->account == write->account &&
            memcmp(slot->write->request_id, write->request_id, sizeof(write->request_id)) == 0)
            return slot;
    }
    return NULL;
}

/* The earlier write may be answered and freed, with its reply, before this one is answered, so this one gets a copy. */
static enum jk_status repeat(struct jk_batch *batch, struct jk_write *write, const struct jk_write *earlier)
{
    struct jk_span print = {(const char *)earlier->fingerprint.bytes, JK_DIGEST_SIZE};
    struct jk_span stored = kept_reply(earlier);
    struct jk_span copy = {jk_arena_copy(&batch->arena, stored.at, stored.len), stored.len};

    if (copy.at) return replay(batch, write, print, copy);
    return jk_out_of_memory(write->error);
}

void jk_batch_add(struct jk_batch *batch, struct jk_write *write)
{
    JK_CHECK(batch->count < JK_BATCH_MAX);
    batch->slots[batch->count++] = (struct jk_slot){.write = write, .outcome = JK_OK, .stored = -1};
}

/* Runs decide() and undoes whatever must not remain. */
static enum jk_status decide_one(struct jk_batch *batch, struct jk_write *write)
{
    struct step step = {jk_book_mark(batch->store->book),
                        batch->entry_count,
                        batch->record_count,
                        batch->text_count,
                        batch->blob_count,
                        batch->bundle_count,
                        batch->bytes};
    enum jk_status status;

    batch->current = write;
    status = write->decide(write, &batch->turn);
    if (status == JK_OK && write->reply.len > JK_REPLY_MAX)
        status = jk_fail(write->error, JK_RESOURCE_EXHAUSTED, "REPLY_TOO_LARGE",
                         "the reply is too large: ask for less at once");
    if (status != JK_OK || write->dry) {
        jk_book_undo(batch->store->book, step.mark);
        records_undo(batch, step.records);
        batch->entry_count = step.entries;
        batch->text_count = step.texts;
        batch->blob_count = step.blobs;
        batch->bundle_count = step.bundles;
        batch->bytes = step.bytes;
    }
    if (status != JK_OK && !jk_error_is_set(write->error))
        (void)jk_fail(write->error, status, "WRITE_REFUSED", "the write was refused");
    return status;
}

static enum jk_status work_slot(struct jk_batch *batch, size_t place)
{
    struct jk_slot *slot = &batch->slots[place];
    struct jk_write *write = slot->write;
    const struct jk_slot *earlier;
    enum jk_status status;

    if (write->abandoned && write->abandoned(write))
        return jk_fail(write->error, JK_CANCELLED, "CLIENT_GONE", "the caller disconnected before the write's turn");
    if (has_request(write)) {
        if (slot->stored >= 0) {
            slot->final = true;
            return replay(batch, write, jk_result_span(batch->replies, slot->stored, 1),
                          jk_result_span(batch->replies, slot->stored, 2));
        }
        earlier = same_request(batch, place);
        if (earlier) return repeat(batch, write, earlier->write);
    }
    status = decide_one(batch, write);
    slot->final = write->dry;
    slot->keep_reply = status == JK_OK && has_request(write);
    return status;
}

size_t jk_batch_decide(struct jk_batch *batch)
{
    size_t i;

    pthread_rwlock_wrlock(&batch->store->lock);

    struct jk_turn *turn = &batch->turn;
    if (turn->time_us < batch->store->last_time_us) turn->time_us = batch->store->last_time_us;
    turn->book = batch->store->book;
    turn->directory = batch->store->directory;
    turn->arena = &batch->arena;
    turn->batch = batch;
    batch->mark = jk_book_mark(batch->store->book);
    batch->speculative = true;
    jk_beat_record(batch);

    for (i = 0; i < batch->count; i++) {
        struct jk_slot *slot = &batch->slots[i];

        if (batch->entry_count > JK_BATCH_ENTRIES || batch->bytes > JK_BATCH_BYTES) break;
        slot->write->time_us = batch->turn.time_us;
        slot->outcome = work_slot(batch, i);
        if (slot->outcome != JK_OK) slot->final = true;
        if (slot->outcome == JK_OK && !slot->write->replayed) batch->bytes += kept_reply(slot->write).len;
    }
    pthread_rwlock_unlock(&batch->store->lock);
    return i;
}

void jk_batch_keep(struct jk_batch *batch)
{
    struct jk_store *store = batch->store;

    store->edge = batch->edge;
    store->record_version = batch->head.record_version + (int64_t)batch->record_count;
    batch->speculative = false;
    jk_clock_follow(store);
    if (batch->entry_count > 0) {
        jk_fold_publish(store, jk_text_span(&batch->note), batch->leaves, batch->entry_count);
        return;
    }
    pthread_rwlock_wrlock(&store->lock); /* ends the journal; there is nothing to make visible */
    jk_book_keep(store->book);
    pthread_rwlock_unlock(&store->lock);
}

void jk_batch_take_back(struct jk_batch *batch)
{
    struct jk_store *store = batch->store;

    if (!batch->speculative) return;
    pthread_rwlock_wrlock(&store->lock);
    jk_book_undo(store->book, batch->mark);
    jk_book_keep(store->book);
    records_undo(batch, 0);
    pthread_rwlock_unlock(&store->lock);
    batch->entry_count = batch->text_count = batch->blob_count = batch->bundle_count = 0;
    batch->speculative = false;
}

void jk_batch_fail(struct jk_batch *batch, const struct jk_error *failure)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct jk_slot *slot = &batch->slots[i];

        if (slot->final) continue;
        slot->outcome = jk_fail(slot->write->error, failure->status, failure->reason, "%s", failure->message);
        slot->write->error->retry_ms = failure->retry_ms;
        slot->write->reply = (struct jk_span){NULL, 0};
        slot->write->replayed = false;
    }
}

void jk_batch_settle(struct jk_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        batch->slots[i].write->settle(batch->slots[i].write, batch->slots[i].outcome);
    batch->count = 0;
}
