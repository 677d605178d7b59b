/* See along.h. */
#include "scan/along.h"

static bool next_along(struct jk_along *along)
{
    return jk_piece_next(&along->opened->table, &along->opened->cursor, &along->piece);
}

void jk_along_begin(struct jk_along *along, struct jk_opened *opened, const struct jk_signs *signs)
{
    *along = (struct jk_along){.opened = opened, .signs = signs};
    along->left = signs && next_along(along);
}

void jk_along_done(struct jk_along *along)
{
    jk_sketching_done(&along->sketching);
}

uint64_t jk_along_part(const struct jk_along *along, uint64_t offset, uint64_t most)
{
    const struct jk_piece *piece = &along->piece;
    if (!along->left || offset + most <= piece->begin) return most;
    if (offset < piece->begin) return piece->begin - offset;
    uint64_t rest = piece->begin + piece->bytes - offset, whole = jk_piece_at_once(piece->tensor->type);
    whole = whole < most ? whole : most;
    return rest < whole ? rest : whole;
}

static bool end_piece(struct jk_along *along, unsigned char *room)
{
    struct jk_sketch sketch;
    const char *why = NULL;
    enum jk_piece_outcome outcome =
        jk_piece_end(&along->sketching, &along->piece, along->opened->fd, along->signs, room, &sketch, &why);
    jk_sketching_done(&along->sketching);
    jk_opened_take(along->opened, &along->piece, outcome, &sketch, why);
    along->left = next_along(along);
    return outcome != JK_PIECE_FAILED;
}

bool jk_along_add(struct jk_along *along, const unsigned char *bytes, uint64_t len, uint64_t offset,
                  unsigned char *room, uint64_t *out_sketched)
{
    const struct jk_piece *piece = &along->piece;
    *out_sketched = 0;
    if (!along->left || offset < piece->begin) return true;
    if (offset == piece->begin && !jk_piece_begin(&along->sketching, piece)) {
        jk_opened_fault(along->opened, "no memory is left for it");
        return false;
    }
    const struct jk_type *type = piece->tensor->type;
    jk_sketching_first_blocks(&along->sketching, type, bytes, (size_t)(len / type->bytes));
    if (offset + len < piece->begin + piece->bytes) return true;
    *out_sketched = piece->bytes;
    return end_piece(along, room);
}
