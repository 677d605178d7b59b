/* Arrays that grow as they are filled: three fields of whatever owns them, the elements, how many there are, and how
 * many there is room for, all zero at first. They are freed by free(). */
#ifndef JK_BASE_ARRAY_H
#define JK_BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/* Room for one more element than `count`: where `*room` is used up it doubles, from 64. `array` is the address of the
 * pointer to the elements, of `size` bytes each. False: out of memory; the elements are then where they were. */
bool jk_array_grow(void *array, size_t count, size_t *room, size_t size);

/* The same of a typed pointer: JK_ARRAY_GROW(list->items, list->count, list->room). */
#define JK_ARRAY_GROW(items, count, room) jk_array_grow(&(items), (count), &(room), sizeof *(items))

#endif
