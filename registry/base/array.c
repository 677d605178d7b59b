#include "base/array.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

bool jk_array_grow(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room) return true;
    size_t more = *room > 0 ? 2 * *room : FIRST_ROOM;
    size_t bytes;
    if (__builtin_mul_overflow(more, size, &bytes)) return false;

    void *items; /* by memcpy, since a pointer to any type may be given */
    memcpy(&items, array, sizeof items);
    items = realloc(items, bytes);
    if (!items) return false;
    memcpy(array, &items, sizeof items);
    *room = more;
    return true;
}
