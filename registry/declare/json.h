/* JSON as Python writes it: a byte order mark is accepted, the invalid numbers NaN and Infinity are read as null, and in
 * strings what no text may have (NUL, half of a surrogate pair) as U+FFFD. Pure. At
 * most 1 MiB and 100,000 values, for which jansson takes up to 30 MiB outside any arena; it limits the nesting itself. */
#ifndef JK_DECLARE_JSON_H
#define JK_DECLARE_JSON_H

#include <jansson.h>

#include "base/error.h"

#define JK_DECLARED_JSON_MAX    (1u << 20)
#define JK_DECLARED_JSON_VALUES 100000 /* as their beginnings show; a deep object takes 300 bytes for each */

/* NULL with a violation of `file`; else an object, the caller's to json_decref. */
json_t *jk_declared_json(struct jk_span text, const char *file, struct jk_error *error);
/* The same, where a key that appears twice is a mistake. */
json_t *jk_declared_json_unique(struct jk_span text, const char *file, struct jk_error *error);
/* Which members of an object are read; an array of these ends with a key of NULL. */
struct jk_json_wanted {
    const char *key;
    const struct jk_json_wanted *inner; /* of the object that it has, or of each in its list; NULL: all that is in it */
};
/* With limits of the caller's: whole MiB, and whole thousands below a million. Of an object whose members are not all
 * `wanted`, others may be null, whatever they are, if they are JSON; NULL: all are wanted. */
json_t *jk_declared_json_within(struct jk_span text, size_t most_bytes, size_t most_values,
                                const struct jk_json_wanted *wanted, const char *file, struct jk_error *error);
/* A value's text, where it is; empty for anything but a text. */
struct jk_span jk_declared_json_span(const json_t *value);
/* The text under a key, trimmed and in the arena; empty where there is none or something else. */
struct jk_span jk_declared_json_text(const json_t *object, const char *key, struct jk_arena *arena);

#endif
