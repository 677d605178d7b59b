/* Reading JSON (jansson) field by field: whoever reads takes every member that there must be; what is missing, wrong or
 * left over is one error that names field, value and rule. The first fault stays; later takes give harmless values.
 * Inside report/ only. One thread. */
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

struct jk_reader { /* one for an object in it */
    struct jk_reading *reading;
    const json_t *object; /* NULL after a fault: everything is missing, and nothing more is said */
    char path[96];        /* "rows[3].left_out", empty at the top */
    size_t taken;
};

struct jk_reader jk_reader_top(struct jk_reading *reading, const json_t *value);
bool jk_reader_failed(const struct jk_reader *reader);
/* "report.json: rows[3].counted is \"x\": it must be …"; `rule` is what follows. `key` may be NULL: the object itself.
 */
void jk_reader_fault(struct jk_reader *reader, const char *key, const json_t *value, const char *rule);
/* After the takes: members that nobody took are a fault. */
void jk_reader_end(struct jk_reader *reader);

const json_t *jk_reader_take(struct jk_reader *reader, const char *key); /* NULL, with a fault, where it is missing */
struct jk_reader jk_reader_object(struct jk_reader *reader, const char *key);
/* A list of least to most values. */
const json_t *jk_reader_list(struct jk_reader *reader, const char *key, size_t least, size_t most);
/* An object that is an element of the list `key`. */
struct jk_reader jk_reader_element(struct jk_reader *reader, const char *key, const json_t *list, size_t at);
uint32_t jk_reader_number(struct jk_reader *reader, const char *key, uint32_t least);
/* A text for which `fault` says nothing; in the arena. "" after a fault. */
typedef const char *jk_reader_rule_fn(struct jk_span text);
const char *jk_reader_text(struct jk_reader *reader, const char *key, jk_reader_rule_fn *fault);
/* The same of a value that was taken already. */
const char *jk_reader_text_of(struct jk_reader *reader, const char *key, const json_t *value, jk_reader_rule_fn *fault);
struct jk_digest jk_reader_digest(struct jk_reader *reader, const char *key);

#endif
