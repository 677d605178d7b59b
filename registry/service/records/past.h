/* What an account was, kept as words in its record: none is ever taken off. Pure. */
#ifndef JK_SERVICE_RECORDS_PAST_H
#define JK_SERVICE_RECORDS_PAST_H

#include <stdbool.h>
#include <stddef.h>

/* Adds a word, not empty, to those in `list`, which are separated by spaces, unless it is among them; false: there is no
 * room for it in the `room` bytes, and the list is as it was. */
bool jk_past_note(char *list, size_t room, const char *word);

#endif
