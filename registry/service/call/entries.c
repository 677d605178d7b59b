/* Pieces of the log; see entries.h. */
#include "service/call/entries.h"

#include "service/call/convert.h"

uint32_t jk_size_now(struct jk_store *store)
{
    struct jk_view view;
    jk_store_view(store, &view);
    jk_store_view_end(store);
    return view.size;
}

enum jk_status jk_piece_read(struct jk_store *store, struct jk_reader *reader, uint64_t start, uint64_t end,
                             size_t most_bytes, struct jk_arena *arena, Jokbo__V1__ReadEntriesResponse *out_piece,
                             struct jk_error *error)
{
    struct jk_entry_row *rows;
    size_t count;
    uint32_t wanted = end - start < JK_PIECE_ENTRIES ? (uint32_t)(end - start) : JK_PIECE_ENTRIES;
    JK_TRY(jk_reader_entries(reader, start, wanted, most_bytes, arena, &rows, &count, error));
    ProtobufCBinaryData *entries = jk_arena_zalloc(arena, count + 1, sizeof *entries);
    if (!entries) return jk_out_of_memory(error);
    for (size_t i = 0; i < count; i++)
        entries[i] = (ProtobufCBinaryData){rows[i].bytes.len, (uint8_t *)(uintptr_t)rows[i].bytes.at};
    out_piece->start = (int64_t)start;
    out_piece->entries = entries;
    out_piece->n_entries = count;
    out_piece->log_size = jk_size_now(store);
    return JK_OK;
}
