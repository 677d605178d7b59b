/* See piece.h. */
#include "scan/piece.h"

#include <errno.h>
#include <unistd.h>

/* ---- which ---- */

static bool is_sketched(const struct jk_tensor *tensor)
{
    return tensor->type->unpack && tensor->dimensions >= 2 && tensor->elements > 0;
}

static bool take_slice(const struct jk_tensor *tensor, uint64_t slice, struct jk_piece *out)
{
    bool whole = tensor->dimensions == 2;
    uint64_t parts = whole ? 1 : tensor->shape[0];
    *out =
        (struct jk_piece){.tensor = tensor, .slice = whole ? UINT64_MAX : slice, .elements = tensor->elements / parts};
    out->bytes = (tensor->end - tensor->begin) / parts;
    out->begin = tensor->begin + slice * out->bytes;
    out->shape = tensor->shape + !whole;
    out->dimensions = tensor->dimensions - !whole;
    return out->elements >= JK_SKETCH_ELEMENTS;
}

bool jk_piece_next(const struct jk_tensors *table, struct jk_piece_cursor *cursor, struct jk_piece *out_piece)
{
    for (; cursor->tensor < table->count; cursor->tensor++, cursor->slice = 0) {
        const struct jk_tensor *tensor = &table->tensors[cursor->tensor];
        uint64_t parts = tensor->dimensions > 2 ? tensor->shape[0] : 1;
        if (!is_sketched(tensor) || cursor->slice == parts) continue;
        if (take_slice(tensor, cursor->slice, out_piece)) {
            cursor->slice++;
            return true;
        }
    }
    return false;
}

/* ---- reading ---- */

bool jk_piece_read_at(int fd, void *out, size_t len, uint64_t offset, const char **out_why)
{
    char *to = out;
    while (len > 0) {
        ssize_t got = pread(fd, to, len, (off_t)offset);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            *out_why = got < 0 ? strerror(errno) : "it ends earlier than when it was opened";
            return false;
        }
        to += got;
        len -= (size_t)got;
        offset += (uint64_t)got;
    }
    return true;
}

/* ---- the two passes over a piece ---- */

size_t jk_piece_at_once(const struct jk_type *type)
{
    size_t group = (size_t)JK_SKETCHING_PIECE / type->elements * type->bytes;
    return JK_PIECE_READ / group * group;
}

/* `signs`: NULL in the first pass. */
static bool read_all(struct jk_sketching *sketching, const struct jk_piece *piece, int fd, const struct jk_signs *signs,
                     unsigned char *room, const char **out_why)
{
    const struct jk_type *type = piece->tensor->type;
    size_t at_once = jk_piece_at_once(type);
    for (uint64_t at = 0, part; at < piece->bytes; at += part) {
        part = piece->bytes - at < at_once ? piece->bytes - at : at_once;
        if (!jk_piece_read_at(fd, room, (size_t)part, piece->begin + at, out_why)) return false;
        if (signs)
            jk_sketching_second_blocks(sketching, signs, type, room, (size_t)part / type->bytes);
        else
            jk_sketching_first_blocks(sketching, type, room, (size_t)part / type->bytes);
    }
    return true;
}

bool jk_piece_begin(struct jk_sketching *sketching, const struct jk_piece *piece)
{
    if (!jk_sketching_begin(sketching, piece->shape, piece->dimensions)) return false;
    sketching->narrow = piece->tensor->type->bytes / piece->tensor->type->elements < sizeof(double);
    return true;
}

enum jk_piece_outcome jk_piece_end(struct jk_sketching *sketching, const struct jk_piece *piece, int fd,
                                   const struct jk_signs *signs, unsigned char *room, struct jk_sketch *out_sketch,
                                   const char **out_why)
{
    bool turned = jk_sketching_turn(sketching);
    if (!turned) return jk_sketching_is_finite(sketching) ? JK_PIECE_LEFT_OUT : JK_PIECE_NOT_FINITE;
    if (!read_all(sketching, piece, fd, signs, room, out_why)) return JK_PIECE_FAILED;
    return jk_sketching_end(sketching, out_sketch) ? JK_PIECE_SKETCHED : JK_PIECE_LEFT_OUT;
}

enum jk_piece_outcome jk_piece_sketch(const struct jk_piece *piece, int fd, const struct jk_signs *signs,
                                      unsigned char *room, struct jk_sketch *out_sketch, const char **out_why)
{
    struct jk_sketching sketching;
    enum jk_piece_outcome outcome = JK_PIECE_FAILED;
    *out_why = "no memory is left for it";
    if (jk_piece_begin(&sketching, piece) && read_all(&sketching, piece, fd, NULL, room, out_why))
        outcome = jk_piece_end(&sketching, piece, fd, signs, room, out_sketch, out_why);
    jk_sketching_done(&sketching);
    return outcome;
}
