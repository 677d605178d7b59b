/* PostgreSQL's binary form of one-dimensional arrays, for unnest(): bigint[], bytea[], text[], uuid[]. Pure. Form:
 * int32 dimensions, int32 has-null, int32 element type, then for the dimension int32 count and int32 lower bound, then
 * each element as int32 length and bytes; all big-endian (array_recv in PostgreSQL). No NULL elements. Limit:
 * JK_PGARRAY_MAX bytes; beyond it the builder fails and its span is empty. */
#ifndef JK_STORE_PGARRAY_H
#define JK_STORE_PGARRAY_H

#include "base/text.h"

#define JK_PGARRAY_MAX (256u << 20)

enum jk_pg_type { JK_PG_BYTEA = 17, JK_PG_BIGINT = 20, JK_PG_TEXT = 25, JK_PG_UUID = 2950 };

struct jk_pgarray {
    struct jk_text text;
    uint32_t count;
};

void jk_pgarray_init(struct jk_pgarray *array, enum jk_pg_type type);
void jk_pgarray_done(struct jk_pgarray *array);
void jk_pgarray_add(struct jk_pgarray *array, struct jk_span element);
void jk_pgarray_add_i64(struct jk_pgarray *array, int64_t value);
/* Writes the count into the header; valid until the next change. */
struct jk_span jk_pgarray_span(struct jk_pgarray *array);
bool jk_pgarray_failed(const struct jk_pgarray *array);

/* Big-endian numbers, as in all of PostgreSQL's binary formats. */
void jk_put_be32(char *out, uint32_t value);
void jk_put_be64(char *out, uint64_t value);
uint32_t jk_get_be32(const char *bytes);
uint64_t jk_get_be64(const char *bytes);

#endif
