/* Reading JSON (jansson) field by field. Every required member must be taken; what is missing, wrong or left over is
 * one error that names field, value and rule. The first error is kept; later reads give harmless values. Inside report/
 * only. One thread. */
#ifndef JK_REPORT_READER_H
#define JK_REPORT_READER_H

#include <jansson.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"

struct jk_reading { /* one for a document */
    struct jk_arena *arena;
    struct jk_error *error;
    enum jk_status status;
};

struct jk_fields { /* one for an object in it */
    struct jk_reading *reading;
    const json_t *object; /* NULL after a fault: everything is missing, and nothing more is said */
    char path[96];        /* "rows[3].left_out", empty at the top */
    size_t taken;
};

struct jk_fields jk_fields_top(struct jk_reading *reading, const json_t *value);
bool jk_fields_failed(const struct jk_fields *reader);
/* "report.json: rows[3].counted is \"x\": it must be …"; `rule` is what follows. `key` may be NULL: the object itself.
 */
void jk_fields_fault(struct jk_fields *reader, const char *key, const json_t *value, const char *rule);
/* After the takes: members that nobody took are a fault. */
void jk_fields_end(struct jk_fields *reader);

const json_t *jk_fields_take(struct jk_fields *reader, const char *key); /* NULL, with a fault, where it is missing */
struct jk_fields jk_fields_object(struct jk_fields *reader, const char *key);
/* A list of least to most values. */
const json_t *jk_fields_list(struct jk_fields *reader, const char *key, size_t least, size_t most);
/* An object that is an element of the list `key`. */
struct jk_fields jk_fields_element(struct jk_fields *reader, const char *key, const json_t *list, size_t at);
uint32_t jk_fields_number(struct jk_fields *reader, const char *key, uint32_t least);
/* A text for which `fault` says nothing; in the arena. "" after a fault. */
typedef const char *jk_fields_rule_fn(struct jk_span text);
const char *jk_fields_text(struct jk_fields *reader, const char *key, jk_fields_rule_fn *fault);
/* The same of a value that was taken already. */
const char *jk_fields_text_of(struct jk_fields *reader, const char *key, const json_t *value, jk_fields_rule_fn *fault);
struct jk_digest jk_fields_digest(struct jk_fields *reader, const char *key);

#endif
