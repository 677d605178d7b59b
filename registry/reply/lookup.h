/* Finding a model by the name that somebody wrote, and what to tell them if it is wrong. Pure. */
#ifndef JK_REPLY_LOOKUP_H
#define JK_REPLY_LOOKUP_H

#include "base/arena.h"
#include "base/error.h"
#include "book/book.h"

/* "publisher/model@version" in two; version empty without "@". */
void jk_split_version(struct jk_span text, struct jk_span *out_name, struct jk_span *out_version);
/* NOT_FOUND for a model, with the nearest registered names. */
enum jk_status jk_model_not_found(const struct jk_book *book, uint32_t n, struct jk_span name, struct jk_error *error);
/* "a, b or c": registered names near to `name`; empty when there are none. */
const char *jk_nearest_names(const struct jk_book *book, uint32_t n, struct jk_span name, struct jk_arena *arena);
/* The same of publishers. */
const char *jk_nearest_publishers(const struct jk_book *book, uint32_t n, struct jk_span name, struct jk_arena *arena);

#endif
