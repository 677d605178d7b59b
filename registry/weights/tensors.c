/* See tensors.h. */
#include "weights/tensors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"

#define ARENA (96u << 20)

void jk_tensors_begin(struct jk_tensors *table)
{
    *table = (struct jk_tensors){0};
    jk_arena_init(&table->arena, ARENA);
}

void jk_tensors_done(struct jk_tensors *table)
{
    free(table->tensors);
    jk_arena_done(&table->arena);
    *table = (struct jk_tensors){0};
}

bool jk_fault_at(struct jk_fault *fault, uint64_t offset, const char *format, ...)
{
    va_list args;
    fault->offset = offset;
    va_start(args, format);
    vsnprintf(fault->rule, sizeof fault->rule, format, args);
    va_end(args);
    return false;
}

bool jk_tensors_add(struct jk_tensors *table, const struct jk_tensor *tensor, struct jk_fault *fault)
{
    if (table->count == JK_TENSORS_MAX) return jk_fault_at(fault, tensor->at, "more than 500,000 tensors");
    if (!JK_ARRAY_GROW(table->tensors, table->count, table->room))
        return jk_fault_at(fault, tensor->at, "no memory is left for its tensors");
    table->tensors[table->count++] = *tensor;
    return true;
}

static int compare_names(const void *a, const void *b)
{
    const struct jk_tensor *one = *(const struct jk_tensor *const *)a, *two = *(const struct jk_tensor *const *)b;
    int order = jk_span_compare(one->name, two->name);
    return order ? order : (one->at > two->at) - (one->at < two->at);
}

bool jk_tensors_check_names(struct jk_tensors *table, struct jk_fault *fault)
{
    bool sound = true;
    if (table->count < 2) return true;
    const struct jk_tensor **sorted = malloc(table->count * sizeof *sorted);
    if (!sorted) return jk_fault_at(fault, 0, "no memory is left for its tensors");
    for (size_t i = 0; i < table->count; i++)
        sorted[i] = &table->tensors[i];
    qsort(sorted, table->count, sizeof *sorted, compare_names);
    for (size_t i = 1; i < table->count && sound; i++)
        if (jk_span_equal(sorted[i - 1]->name, sorted[i]->name))
            sound = jk_fault_at(fault, sorted[i]->at, "a second tensor \"%.*s\"",
                                (int)(sorted[i]->name.len < 100 ? sorted[i]->name.len : 100), sorted[i]->name.at);
    free(sorted);
    return sound;
}

/* Empty tensors lie where the next one begins, and so before it. */
static int compare_places(const void *a, const void *b)
{
    const struct jk_tensor *one = a, *two = b;
    if (one->begin != two->begin) return one->begin < two->begin ? -1 : 1;
    if (one->end != two->end) return one->end < two->end ? -1 : 1;
    return (one->at > two->at) - (one->at < two->at);
}

void jk_tensors_sort(struct jk_tensors *table)
{
    if (table->count > 1) qsort(table->tensors, table->count, sizeof table->tensors[0], compare_places);
}

const uint64_t *jk_tensors_shape(struct jk_tensors *table, const uint64_t *shape, size_t dimensions)
{
    uint64_t *copy = jk_arena_alloc(&table->arena, (dimensions + 1) * sizeof *copy);
    if (copy) memcpy(copy, shape, dimensions * sizeof *copy);
    return copy;
}

bool jk_tensors_elements(const uint64_t *shape, size_t dimensions, uint64_t *out_elements)
{
    uint64_t elements = 1;
    bool empty = false;
    for (size_t i = 0; i < dimensions; i++) {
        empty |= shape[i] == 0;
        if (__builtin_mul_overflow(elements, shape[i] ? shape[i] : 1, &elements)) return false;
    }
    *out_elements = empty ? 0 : elements;
    return true;
}
