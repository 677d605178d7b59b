/* See listed.h. Both sides sorted by kind, path and name, and gone through together. */
#include "verify/listed.h"

#include <stdlib.h>

#include "base/array.h"

struct side {
    struct jk_manifest_line *items;
    size_t count, room;
};

static int by_place(const struct jk_manifest_line *one, const struct jk_manifest_line *two)
{
    if (one->kind != two->kind) return one->kind < two->kind ? -1 : 1;
    int order = jk_span_compare(one->path, two->path);
    return order ? order : jk_span_compare(one->name, two->name);
}

static int by_place_and_text(const void *a, const void *b)
{
    const struct jk_manifest_line *one = a, *two = b;
    int order = by_place(one, two);
    return order ? order : jk_span_compare(one->text, two->text);
}

static bool add(struct side *side, const struct jk_manifest_line *line)
{
    if (!JK_ARRAY_GROW(side->items, side->count, side->room)) return false;
    side->items[side->count++] = *line;
    return true;
}

static int by_name(const void *key, const void *element)
{
    return jk_span_compare(*(const struct jk_span *)key, ((const struct jk_scan_file *)element)->named);
}

/* Of a file that is not the manifest's nothing is said line by line. */
static bool is_read(const struct jk_listed *listed, struct jk_span path)
{
    const struct jk_scan_file *file = bsearch(&path, listed->files, listed->count, sizeof *file, by_name);
    return file && file->done;
}

static bool gather_listed(const struct jk_listed *listed, struct side *side, bool *out_tensors)
{
    struct jk_span rest = jk_manifest_lines(listed->manifest);
    struct jk_manifest_line line;
    while (jk_manifest_next(&rest, &line)) {
        *out_tensors |= line.kind == JK_MANIFEST_TENSOR;
        if (line.kind != JK_MANIFEST_FILE && is_read(listed, line.path) && !add(side, &line)) return false;
    }
    return true;
}

/* What a manifest of its version must have. Of the first, headers are compared where it has them. */
static bool gather_found(struct jk_listed *listed, bool tensors, struct side *side)
{
    struct jk_manifest_line line;
    for (size_t i = 0; i < listed->count; i++) {
        struct jk_span rest = jk_text_span(&listed->files[i].lines);
        while (listed->files[i].done && jk_manifest_next(&rest, &line)) {
            bool demanded =
                listed->version >= 2 || line.kind == JK_MANIFEST_HEADER || (tensors && line.kind == JK_MANIFEST_TENSOR);
            if (demanded && !add(side, &line)) return false;
            listed->partial |= !demanded && line.kind == JK_MANIFEST_TENSOR;
        }
    }
    return true;
}

static void compare(struct jk_listed *listed, const struct side *said, const struct side *found)
{
    for (size_t s = 0, f = 0; s < said->count || f < found->count;) {
        int order = s == said->count ? 1 : f == found->count ? -1 : by_place(&said->items[s], &found->items[f]);
        if (order > 0) {
            if (listed->version >= 2 || found->items[f].kind != JK_MANIFEST_HEADER)
                listed->differs(listed->user, JK_LISTED_LEFT_OUT, &found->items[f]);
            else
                listed->partial = true;
            f++;
            continue;
        }
        listed->lines++;
        if (order < 0)
            listed->differs(listed->user, JK_LISTED_INVENTED, &said->items[s]);
        else if (!jk_span_equal(said->items[s].text, found->items[f].text))
            listed->differs(listed->user, JK_LISTED_DIFFERS, &said->items[s]);
        s++;
        f += order == 0;
    }
}

bool jk_listed_check(struct jk_listed *listed)
{
    struct side said = {0}, found = {0};
    bool tensors = false;
    listed->lines = 0;
    listed->partial = false;
    bool gathered = gather_listed(listed, &said, &tensors) && gather_found(listed, tensors, &found);
    if (gathered) {
        if (said.count > 1) qsort(said.items, said.count, sizeof *said.items, by_place_and_text);
        if (found.count > 1) qsort(found.items, found.count, sizeof *found.items, by_place_and_text);
        compare(listed, &said, &found);
    }
    free(said.items);
    free(found.items);
    return gathered;
}
