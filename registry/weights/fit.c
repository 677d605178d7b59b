/* See fit.h. Memory: 32 bytes for each tensor of the parent. */
#include "weights/fit.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/search.h"
#include "domain/manifest.h"
#include "weights/compare.h"

/* A matrix of the parent: `rows` outputs, `columns` inputs. */
struct matrix {
    struct jk_span name;
    uint64_t rows, columns;
};

struct matrices {
    struct matrix *at; /* by name */
    size_t count, room;
};

/* ---- the parent ---- */

static int compare_matrices(const void *a, const void *b)
{
    const struct matrix *one = a, *two = b;
    int order = jk_span_compare(one->name, two->name);
    if (order == 0) order = (one->rows > two->rows) - (one->rows < two->rows);
    return order ? order : (one->columns > two->columns) - (one->columns < two->columns);
}

static bool add_matrix(struct matrices *matrices, const struct matrix *matrix)
{
    if (!JK_ARRAY_GROW(matrices->at, matrices->count, matrices->room)) return false;
    matrices->at[matrices->count++] = *matrix;
    return true;
}

static bool take_matrices(struct jk_span manifest, struct matrices *out)
{
    struct jk_span rest = jk_manifest_lines(manifest);
    struct jk_manifest_line line;
    uint64_t dimensions[JK_MANIFEST_DIMENSIONS_MAX];
    while (jk_manifest_next(&rest, &line)) {
        if (line.kind == JK_MANIFEST_SKETCH) break; /* these come last */
        if (line.kind != JK_MANIFEST_TENSOR || jk_manifest_shape(line.shape, dimensions) != 2) continue;
        struct matrix matrix = {line.name, dimensions[0], dimensions[1]};
        if (!add_matrix(out, &matrix)) return false;
    }
    if (out->count > 0) qsort(out->at, out->count, sizeof *out->at, compare_matrices);
    return true;
}

/* `before`, the module and ".weight" in one. */
static const struct matrix *find_named(const struct matrices *matrices, const char *before, struct jk_span module)
{
    char name[JK_MANIFEST_PATH_MAX + 16];
    size_t len = strlen(before);
    if (module.len == 0 || len + module.len + 7 > sizeof name) return NULL;
    memcpy(name, before, len);
    memcpy(name + len, module.at, module.len);
    memcpy(name + len + module.len, ".weight", 7);
    struct jk_span wanted = {name, len + module.len + 7};
    size_t first = JK_LOWER_BOUND(matrices->count, at, jk_span_compare(matrices->at[at].name, wanted) < 0);
    return first < matrices->count && jk_span_equal(matrices->at[first].name, wanted) ? &matrices->at[first] : NULL;
}

/* The weight of a module: by this name, or with "model." before it, or without. */
static const struct matrix *find_module(const struct matrices *matrices, struct jk_span module)
{
    struct jk_span model = JK_SPAN("model.");
    const struct matrix *found = find_named(matrices, "", module);
    if (!found) found = find_named(matrices, "model.", module);
    if (!found && jk_span_starts(module, model))
        found = find_named(matrices, "", (struct jk_span){module.at + model.len, module.len - model.len});
    return found;
}

/* ---- adapters ---- */

/* Which of an adapter's two factors a tensor is, and of what. */
struct factor {
    struct jk_span module;
    bool second, embedding;
};

static bool take_factor_word(struct jk_span word, struct factor *out)
{
    out->embedding =
        jk_span_equal(word, JK_SPAN("lora_embedding_A")) || jk_span_equal(word, JK_SPAN("lora_embedding_B"));
    out->second = jk_span_equal(word, JK_SPAN("lora_B")) || jk_span_equal(word, JK_SPAN("lora_embedding_B"));
    return out->embedding || out->second || jk_span_equal(word, JK_SPAN("lora_A"));
}

static bool read_factor(struct jk_span name, struct factor *out)
{
    struct jk_span prefix = JK_SPAN("base_model.model."), rest = name, word;
    if (jk_span_starts(name, prefix)) rest = (struct jk_span){name.at + prefix.len, name.len - prefix.len};
    const char *begin = rest.at;
    for (bool more = true; more;) {
        more = jk_span_cut(&rest, '.', &word);
        if (word.at == begin || !take_factor_word(word, out)) continue;
        out->module = (struct jk_span){begin, (size_t)(word.at - begin) - 1};
        /* after it there may be `weight`, the adapter's name, or that and `weight` */
        return !more || !jk_span_cut(&rest, '.', &word) || jk_span_equal(rest, JK_SPAN("weight"));
    }
    return false;
}

/* A of rank r is r × inputs, B outputs × r; an embedding's inputs are its rows. */
static bool factor_fits(const struct factor *factor, const uint64_t shape[2], const struct matrices *parent)
{
    const struct matrix *weight = find_module(parent, factor->module);
    if (!weight) return false;
    uint64_t inputs = factor->embedding ? weight->rows : weight->columns;
    uint64_t outputs = factor->embedding ? weight->columns : weight->rows;
    return factor->second ? shape[0] == outputs : shape[1] == inputs;
}

/* ---- packed quantizations ---- */

enum packing { PACKED_NONE, PACKED_QWEIGHT, PACKED_COLUMNS, PACKED_BYTES };

static bool take_suffix(struct jk_span name, struct jk_span suffix, struct jk_span *out_module)
{
    *out_module = (struct jk_span){name.at, name.len - (jk_span_ends(name, suffix) ? suffix.len : 0)};
    return out_module->len < name.len;
}

static enum packing packing_of(const struct jk_manifest_line *line, const uint64_t *shape, uint32_t dimensions,
                               struct jk_span *out_module)
{
    bool words = jk_span_equal(line->dtype, JK_SPAN("I32")) || jk_span_equal(line->dtype, JK_SPAN("U32"));
    if (words && take_suffix(line->name, JK_SPAN(".qweight"), out_module)) return PACKED_QWEIGHT;
    if (words && take_suffix(line->name, JK_SPAN(".weight_packed"), out_module)) return PACKED_COLUMNS;
    if (!take_suffix(line->name, JK_SPAN(".weight"), out_module)) return PACKED_NONE;
    if (jk_span_equal(line->dtype, JK_SPAN("U32"))) return PACKED_COLUMNS;
    bool bytes = jk_span_equal(line->dtype, JK_SPAN("U8")) && dimensions == 2 && shape[1] == 1;
    return bytes ? PACKED_BYTES : PACKED_NONE;
}

/* So many elements fill so many words of 32 bits, at 2, 3, 4 or 8 bits each. */
static bool fills(uint64_t elements, uint64_t words)
{
    static const unsigned bits[] = {2, 3, 4, 8};
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
        if (words > 0 && (jk_wide)elements * bits[i] == (jk_wide)words * 32) return true;
    return false;
}

static bool packed_fits(enum packing packing, const uint64_t shape[2], const struct matrix *weight)
{
    if (!weight) return false;
    if (packing == PACKED_BYTES) return (jk_wide)shape[0] * 2 == (jk_wide)weight->rows * weight->columns;
    if (packing == PACKED_COLUMNS) return shape[0] == weight->rows && fills(weight->columns, shape[1]);
    return (shape[1] == weight->rows && fills(weight->columns, shape[0])) ||
           (shape[0] == weight->columns && fills(weight->rows, shape[1]));
}

/* ---- both ---- */

/* Elements of the tensors whose shapes should follow from the parent's, and of those whose shapes do. */
struct fitting {
    jk_wide all, fit;
};

static void add_line(struct fitting *fitting, const struct jk_manifest_line *line, const struct matrices *parent)
{
    uint64_t shape[JK_MANIFEST_DIMENSIONS_MAX], elements;
    uint32_t dimensions = jk_manifest_shape(line->shape, shape);
    struct factor factor;
    struct jk_span module;
    bool fits, adapter = read_factor(line->name, &factor);
    enum packing packing = adapter ? PACKED_NONE : packing_of(line, shape, dimensions, &module);
    if ((!adapter && packing == PACKED_NONE) || !jk_manifest_elements(line->shape, &elements)) return;
    if (dimensions != 2)
        fits = false;
    else
        fits = adapter ? factor_fits(&factor, shape, parent) : packed_fits(packing, shape, find_module(parent, module));
    fitting->all += elements;
    fitting->fit += fits ? elements : 0;
}

bool jk_shapes_fit(struct jk_span child, struct jk_span parent, bool *out_fit)
{
    struct matrices matrices = {0};
    struct fitting fitting = {0};
    struct jk_span rest = jk_manifest_lines(child);
    struct jk_manifest_line line;
    bool taken = take_matrices(parent, &matrices);
    while (taken && jk_manifest_next(&rest, &line) && line.kind != JK_MANIFEST_SKETCH)
        if (line.kind == JK_MANIFEST_TENSOR) add_line(&fitting, &line, &matrices);
    free(matrices.at);
    *out_fit = fitting.fit > 0 && 10 * fitting.fit >= 9 * fitting.all;
    return taken;
}
