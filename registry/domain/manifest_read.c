/* Reading a checked manifest: its lines, and what their words mean. Pure. */
#include "base/text.h"
#include "domain/lines.h"
#include "domain/manifest.h"

uint32_t jk_manifest_shape(struct jk_span shape, uint64_t out_dimensions[JK_MANIFEST_DIMENSIONS_MAX])
{
    uint32_t count = 0;
    if (jk_span_is(shape, "scalar")) return 0;
    for (bool more = true; more && count < JK_MANIFEST_DIMENSIONS_MAX; count++) {
        struct jk_span dimension;
        more = jk_span_cut(&shape, 'x', &dimension);
        if (!jk_span_to_u64(dimension, &out_dimensions[count])) out_dimensions[count] = 0;
    }
    return count;
}

bool jk_manifest_elements(struct jk_span shape, uint64_t *out_elements)
{
    uint64_t dimensions[JK_MANIFEST_DIMENSIONS_MAX];
    uint32_t count = jk_manifest_shape(shape, dimensions);
    *out_elements = 1;
    for (uint32_t i = 0; i < count; i++)
        if (__builtin_mul_overflow(*out_elements, dimensions[i], out_elements)) return false;
    return true;
}

bool jk_manifest_slice(struct jk_span name, struct jk_span *out_whole, uint64_t *out_slice)
{
    size_t open = name.len;
    if (name.len < 4 || name.at[name.len - 1] != ']') return false;
    while (open > 1 && name.at[open - 1] != '[')
        open--;
    *out_whole = (struct jk_span){name.at, open - 1};
    return open > 1 && jk_span_to_u64((struct jk_span){name.at + open, name.len - 1 - open}, out_slice);
}

struct jk_span jk_manifest_lines(struct jk_span manifest)
{
    struct jk_span head;
    (void)jk_span_line(&manifest, &head);
    return manifest;
}

static bool take_fields(struct jk_manifest_line *line, struct jk_span rest)
{
    struct jk_span word;
    if (line->kind == JK_MANIFEST_SKETCH)
        (void)jk_span_cut(&rest, ' ', &line->sketch);
    else if (!jk_span_cut(&rest, ' ', &word) || !jk_digest_parse(word, &line->digest))
        return false;
    if (line->kind == JK_MANIFEST_FILE && (!jk_span_cut(&rest, ' ', &word) || !jk_span_to_u64(word, &line->size)))
        return false;
    if (line->kind >= JK_MANIFEST_TENSOR &&
        (!jk_span_cut(&rest, ' ', &line->dtype) || !jk_span_cut(&rest, ' ', &line->shape) ||
         !jk_span_cut(&rest, ' ', &line->name)))
        return false;
    line->path = rest;
    return true;
}

bool jk_manifest_next(struct jk_span *rest, struct jk_manifest_line *out_line)
{
    static const struct jk_span words[] = {[JK_MANIFEST_FILE] = {"file", 4},
                                           [JK_MANIFEST_HEADER] = {"header", 6},
                                           [JK_MANIFEST_TENSOR] = {"tensor", 6},
                                           [JK_MANIFEST_SKETCH] = {"sketch", 6}};
    struct jk_span value;
    *out_line = (struct jk_manifest_line){0};
    if (!jk_span_line(rest, &out_line->text)) return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!jk_line_value(out_line->text, words[i], &value)) continue;
        out_line->kind = (enum jk_manifest_kind)i;
        return take_fields(out_line, value);
    }
    return false;
}
