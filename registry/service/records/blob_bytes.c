/* Reading stored blobs whole, for whoever looks into them, and naming those just stored; see blob.h. */
#include "service/records/blob.h"

#include "base/clock.h"

#define CHUNK_MAX (2u << 20)          /* of a blob, with what the reader adds */
#define NAMING_US INT64_C(3600000000) /* from the first chunk to the record; chunks are kept for a day */

enum jk_status jk_blob_bytes(struct jk_reader *reader, const struct jk_digest *digest, struct jk_text *out,
                             struct jk_error *error)
{
    struct jk_arena arena;
    struct jk_span chunk = {"", 1};
    enum jk_status status = JK_OK;
    jk_arena_init(&arena, CHUNK_MAX);
    for (uint32_t sequence = 0; status == JK_OK && chunk.len > 0; sequence++) {
        status = jk_reader_blob_read(reader, digest, sequence, &arena, &chunk, error);
        if (status == JK_OK) jk_text_add(out, chunk);
        jk_arena_reset(&arena);
    }
    jk_arena_done(&arena);
    if (status == JK_OK && out->failed) return jk_out_of_memory(error);
    return status;
}

enum jk_status jk_blob_name_chunks(struct jk_turn *turn, const struct jk_digest *digest, uint64_t upload,
                                   int64_t begun_us, struct jk_error *error)
{
    if (jk_boot_us() - begun_us <= NAMING_US) return jk_turn_blob_name(turn, digest, upload, error);
    return jk_fail(error, JK_ABORTED, "UPLOAD_TOO_OLD", "The upload took too long to be recorded; upload it again");
}
