/* See sketches.h. */
#include "weights/sketches.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/text.h"
#include "domain/manifest.h"
#include "weights/type.h"

#define REPEATED_MAX 4u /* tensors of one model that may be the same bytes of a type that is not known */

/* A tensor line, to be looked up by path and name. */
struct known {
    struct jk_span path, name;
    struct jk_digest digest;
};

void jk_sketches_done(struct jk_sketches *model)
{
    free(model->items);
    *model = (struct jk_sketches){0};
}

static int compare_known(const void *a, const void *b)
{
    const struct known *one = a, *two = b;
    int order = jk_span_compare(one->path, two->path);
    return order ? order : jk_span_compare(one->name, two->name);
}

static struct jk_item *add_item(struct jk_sketches *model, const struct jk_manifest_line *line)
{
    if (!JK_ARRAY_GROW(model->items, model->count, model->room)) return NULL;
    struct jk_item *item = &model->items[model->count++];
    *item = (struct jk_item){
        .name = line->name, .path = line->path, .dtype = line->dtype, .shape = line->shape, .slice = JK_WHOLE};
    if (!jk_manifest_elements(line->shape, &item->elements)) item->elements = 0;
    return item;
}

/* Its values are not known, but bytes of such a type may be weights: packed ones. */
static bool is_opaque(const struct jk_manifest_line *line)
{
    uint64_t dimensions[JK_MANIFEST_DIMENSIONS_MAX], elements;
    const struct jk_type *type = jk_type_safetensors(line->dtype);
    return (!type || !type->unpack) && !jk_span_equal(line->dtype, JK_SPAN("BOOL")) &&
           jk_manifest_shape(line->shape, dimensions) >= 2 && jk_manifest_elements(line->shape, &elements) &&
           elements >= JK_SKETCH_ELEMENTS;
}

static bool take_sketch_line(struct jk_sketches *model, const struct jk_manifest_line *line, struct known *out_known)
{
    *out_known = (struct known){line->path, line->name, line->digest};
    if (!is_opaque(line)) return true;
    struct jk_item *item = add_item(model, line);
    if (!item) return false;
    item->has_digest = true;
    item->digest = line->digest;
    return true;
}

static const struct known *find(const struct known *known, size_t count, struct jk_span path, struct jk_span name)
{
    struct known key = {.path = path, .name = name};
    return count ? bsearch(&key, known, count, sizeof key, compare_known) : NULL;
}

static bool take_sketch(struct jk_sketches *model, const struct jk_manifest_line *line, const struct known *known,
                        size_t count)
{
    unsigned char bytes[JK_SKETCH_BYTES];
    struct jk_span whole;
    uint64_t slice;
    size_t len;
    struct jk_item *item = add_item(model, line);
    if (!item) return false;
    item->has_sketch = jk_base64_decode(line->sketch, bytes, sizeof bytes, &len) && len == sizeof bytes &&
                       jk_sketch_read(bytes, &item->sketch);
    item->squares = jk_sketch_squares(&item->sketch);
    item->carries = item->has_sketch && jk_sketch_carries(&item->sketch);
    const struct known *tensor = find(known, count, line->path, line->name);
    if (jk_manifest_slice(line->name, &whole, &slice) && !tensor) {
        item->slice = slice;
        tensor = find(known, count, line->path, whole);
    }
    item->has_digest = tensor != NULL;
    if (tensor) item->digest = tensor->digest;
    return true;
}

static int compare_items(const void *a, const void *b)
{
    const struct jk_item *one = a, *two = b;
    int order = jk_span_compare(one->path, two->path);
    return order ? order : jk_span_compare(one->name, two->name);
}

/* ---- what repeats ---- */

static int order_by_content(const void *a, const void *b)
{
    const struct jk_item *one = *(struct jk_item *const *)a, *two = *(struct jk_item *const *)b;
    int order = memcmp(one->digest.bytes, two->digest.bytes, JK_DIGEST_SIZE);
    if (order == 0) order = jk_span_compare(one->dtype, two->dtype);
    return order ? order : jk_span_compare(one->shape, two->shape);
}

/* Of tensors whose values are not known, the same bytes in many places are no weights, but a constant (zero points of a
 * symmetric quantization) or a table of indices, which strangers share. False: out of memory. */
static bool leave_out_repeated(struct jk_sketches *model)
{
    struct jk_item **opaque = malloc((model->count + 1) * sizeof *opaque);
    size_t count = 0, kept = 0;
    if (!opaque) return false;
    for (size_t i = 0; i < model->count; i++)
        if (!model->items[i].has_sketch && model->items[i].has_digest) opaque[count++] = &model->items[i];
    if (count > 1) qsort(opaque, count, sizeof *opaque, order_by_content);
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count && order_by_content(&opaque[begin], &opaque[end]) == 0;)
            end++;
        for (size_t i = begin; i < end && end - begin > REPEATED_MAX; i++)
            opaque[i]->has_digest = false;
    }
    free(opaque);
    for (size_t i = 0; i < model->count; i++)
        if (model->items[i].has_sketch || model->items[i].has_digest) model->items[kept++] = model->items[i];
    model->count = kept;
    return true;
}

/* False: out of memory. */
static bool take_lines(struct jk_sketches *model, struct jk_span manifest)
{
    struct jk_span rest = jk_manifest_lines(manifest);
    struct jk_manifest_line line;
    struct known *known = malloc((model->tensors + 1) * sizeof *known);
    size_t count = 0;
    bool taken = known != NULL, sorted = false;
    while (taken && jk_manifest_next(&rest, &line)) {
        if (line.kind == JK_MANIFEST_TENSOR) taken = take_sketch_line(model, &line, &known[count++]);
        if (line.kind != JK_MANIFEST_SKETCH) continue; /* these come last */
        if (taken && !sorted) qsort(known, count, sizeof *known, compare_known);
        sorted = true;
        taken = taken && take_sketch(model, &line, known, count);
    }
    free(known);
    taken = taken && leave_out_repeated(model);
    if (taken && model->count > 0) qsort(model->items, model->count, sizeof *model->items, compare_items);
    return taken;
}

enum jk_status jk_sketches_read(struct jk_span manifest, struct jk_sketches *out_model, struct jk_error *error)
{
    struct jk_manifest_summary summary;
    *out_model = (struct jk_sketches){0};
    JK_TRY(jk_manifest_check(manifest, &summary, error));
    out_model->version = summary.version;
    out_model->tensors = summary.tensors;
    if (take_lines(out_model, manifest)) return JK_OK;
    jk_sketches_done(out_model);
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "No memory is left to compare the models.");
}

/* ---- names ---- */

static bool is_number(struct jk_span word, uint64_t *out)
{
    size_t digits = 0;
    *out = 0;
    for (; digits < word.len && word.at[digits] >= '0' && word.at[digits] <= '9'; digits++)
        *out = *out * 10 + (uint64_t)(word.at[digits] - '0');
    return digits > 0 && digits == word.len && digits < 18;
}

struct jk_span jk_item_part(const struct jk_item *item)
{
    struct jk_span rest = item->name, word;
    uint64_t number;
    size_t taken = 0, end = 0;
    while (taken < 2 && jk_span_cut(&rest, '.', &word) && !is_number(word, &number)) {
        end = (size_t)(word.at + word.len - item->name.at);
        taken++;
    }
    if (taken > 0) return (struct jk_span){item->name.at, end};
    rest = item->name;
    (void)jk_span_cut(&rest, '.', &word);
    return word;
}

uint64_t jk_item_layer(const struct jk_item *item)
{
    struct jk_span rest = item->name, word;
    uint64_t number;
    for (bool more = true; more;) {
        more = jk_span_cut(&rest, '.', &word);
        if (is_number(word, &number)) return number;
    }
    return JK_WHOLE;
}
