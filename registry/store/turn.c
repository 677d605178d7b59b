/* What a write may do in its turn (the port's jk_turn_…): append entries, put records, keep texts. Everything is
 * applied to the book and the directory at once and noted in the batch, so that it can be stored, or undone. Thread:
 * the sequencer's. */
#include <stdlib.h>

#include "base/check.h"
#include "base/array.h"
#include "store/batch.h"

enum jk_status jk_turn_append(struct jk_turn *turn, struct jk_entry *entry, uint32_t *out_index, struct jk_error *error)
{
    struct jk_batch *batch = turn->batch;
    uint32_t index = jk_book_size(turn->book);
    struct jk_span text;
    enum jk_status status;
    char *bytes;

    if (batch->current->entry_count >= JK_WRITE_ENTRIES_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "WRITE_TOO_LARGE",
                       "the write would append more than %d entries: split it", JK_WRITE_ENTRIES_MAX);
    if (!JK_ARRAY_GROW(batch->entries, batch->entry_count, batch->entry_room)) return jk_out_of_memory(error);
    entry->time_us = turn->time_us;
    jk_text_clear(&batch->entry);
    jk_entry_write(entry, &batch->entry);
    if (batch->entry.failed)
        return jk_fail(error, JK_INVALID_ARGUMENT, "ENTRY_TOO_LARGE",
                       "the entry would have more than %d bytes: shorten it", JK_ENTRY_MAX);
    text = jk_text_span(&batch->entry);
    bytes = jk_arena_copy(&batch->arena, text.at, text.len);
    status = bytes ? jk_book_apply(turn->book, text, error) : jk_out_of_memory(error);
    /* A book that ran out of memory is inconsistent: the process ends, and the next one loads the log anew. */
    JK_CHECK(!bytes || status != JK_RESOURCE_EXHAUSTED);
    if (status == JK_OK) {
        batch->entries[batch->entry_count++] = (struct jk_span){bytes, text.len};
        batch->bytes += text.len;
        if (batch->current->entry_count++ == 0) batch->current->first_index = index;
        if (out_index) *out_index = index;
    }
    return status;
}

static enum jk_status copy_record(struct jk_batch *batch, const struct jk_record *record, struct jk_batch_record *out)
{
    out->record.key = jk_arena_copy(&batch->arena, record->key, strlen(record->key));
    out->record.value = jk_arena_copy(&batch->arena, record->value, strlen(record->value));
    if (!out->record.key || !out->record.value) return JK_RESOURCE_EXHAUSTED;
    if (!jk_directory_get_record(batch->store->directory, record->key, &batch->arena, &out->before))
        out->before.key = NULL;
    return batch->arena.exhausted ? JK_RESOURCE_EXHAUSTED : JK_OK;
}

enum jk_status jk_turn_record(struct jk_turn *turn, const struct jk_record *record, struct jk_error *error)
{
    struct jk_batch *batch = turn->batch;
    struct jk_batch_record row = {0};

    if (batch->record_count >= JK_TURN_RECORDS ||
        !JK_ARRAY_GROW(batch->records, batch->record_count, batch->record_room) ||
        copy_record(batch, record, &row) != JK_OK)
        return jk_out_of_memory(error);
    JK_TRY(jk_directory_put(turn->directory, &row.record, error));
    batch->records[batch->record_count++] = row;
    batch->bytes += strlen(row.record.value);
    return JK_OK;
}

static enum jk_status add_blob(struct jk_batch *batch, const struct jk_batch_blob *blob, struct jk_error *error)
{
    if (batch->blob_count >= JK_TURN_RECORDS || !JK_ARRAY_GROW(batch->blobs, batch->blob_count, batch->blob_room))
        return jk_out_of_memory(error);
    batch->blobs[batch->blob_count++] = *blob;
    batch->bytes += blob->bytes.len;
    return JK_OK;
}

enum jk_status jk_turn_blob_name(struct jk_turn *turn, const struct jk_digest *digest, uint64_t upload,
                                 struct jk_error *error)
{
    return add_blob(turn->batch, &(struct jk_batch_blob){.digest = *digest, .upload = upload}, error);
}

enum jk_status jk_turn_blob_store(struct jk_turn *turn, const struct jk_digest *digest, struct jk_span bytes,
                                  struct jk_error *error)
{
    if (bytes.len > JK_BLOB_SMALL)
        return jk_fail(error, JK_INVALID_ARGUMENT, "BLOB_TOO_LARGE",
                       "a blob of %zu bytes: at most %u may come with a request", bytes.len, JK_BLOB_SMALL);
    return add_blob(turn->batch, &(struct jk_batch_blob){.digest = *digest, .bytes = bytes}, error);
}

enum jk_status jk_turn_bundle_store(struct jk_turn *turn, uint64_t index, const struct jk_span *blobs, size_t count,
                                    struct jk_error *error)
{
    struct jk_batch *batch = turn->batch;
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += blobs[i].len;
    if (size > JK_BUNDLE_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "BLOB_TOO_LARGE", "blobs of %zu bytes together: at most %u may",
                       size, JK_BUNDLE_MAX);
    char *bytes = jk_arena_alloc(&batch->arena, size + 1), *end = bytes;
    if (!bytes || !JK_ARRAY_GROW(batch->bundles, batch->bundle_count, batch->bundle_room))
        return jk_out_of_memory(error);
    for (size_t i = 0; i < count; end += blobs[i++].len)
        memcpy(end, blobs[i].at, blobs[i].len);
    batch->bundles[batch->bundle_count++] = (struct jk_batch_bundle){index, {bytes, size}};
    batch->bytes += size;
    return JK_OK;
}

enum jk_status jk_turn_blob_drop(struct jk_turn *turn, const struct jk_digest *digest, struct jk_error *error)
{
    struct jk_batch_blob blob = {.digest = *digest};
    struct jk_blob_facts facts;

    if (jk_directory_blob(turn->directory, digest, &facts) && facts.bundle) {
        blob.bundle = facts.bundle;
        blob.bundle_at = facts.bundle_at;
        blob.bundle_size = (uint32_t)facts.size;
    }
    return add_blob(turn->batch, &blob, error);
}

enum jk_status jk_turn_text(struct jk_turn *turn, struct jk_span text, struct jk_digest *out_digest,
                            struct jk_error *error)
{
    struct jk_batch *batch = turn->batch;
    struct jk_batch_text row;
    struct jk_span parts[2] = {{(const char *)row.salt, sizeof(row.salt)}, text};

    if (text.len > JK_TEXT_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "TEXT_TOO_LONG",
                       "the text has %zu bytes; at most %d are allowed: shorten it", text.len, JK_TEXT_MAX);
    if (!jk_utf8_valid(text))
        return jk_fail(error, JK_INVALID_ARGUMENT, "TEXT_NOT_UTF8",
                       "the text is not valid UTF-8 without NUL: send it as UTF-8");
    if (batch->text_count >= JK_TURN_RECORDS || !JK_ARRAY_GROW(batch->texts, batch->text_count, batch->text_room))
        return jk_out_of_memory(error);
    row.body.at = jk_arena_copy(&batch->arena, text.at, text.len);
    row.body.len = text.len;
    if (!row.body.at) return jk_out_of_memory(error);
    jk_random_bytes(row.salt, sizeof(row.salt));
    row.digest = jk_digest_parts(parts, 2);
    batch->texts[batch->text_count++] = row;
    batch->bytes += text.len;
    *out_digest = row.digest;
    return JK_OK;
}
