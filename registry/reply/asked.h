/* What a request for a count is about, looked up in a book: its scope, and the log size as of which to count. Shared by
 * server and auditor, so that both interpret requests in the same way. Names are those of the whole log, whichever size
 * is counted at. Pure. */
#ifndef JK_REPLY_ASKED_H
#define JK_REPLY_ASKED_H

#include <jokbo/v1/evaluation.pb-c.h>

#include "book/count.h"

/* The scope asked for, in a book of `n` entries. NOT_FOUND for an unknown base model or team; INVALID_ARGUMENT if
 * nothing is asked for. */
JK_MUST_USE enum jk_status jk_asked_scope(const struct jk_book *book, uint32_t n, const Jokbo__V1__CountScope *scope,
                                          struct jk_scope *out_scope, struct jk_error *error);

/* `as_of` NULL: all `n` entries. `book` may be NULL unless it is a time. *out_open_us is the requested time if entries
 * before it may still arrive, since the book's last one is older; else JK_TIME_NONE. INVALID_ARGUMENT for a size beyond
 * the book, an invalid time, and if neither is given. */
JK_MUST_USE enum jk_status jk_asked_size(const struct jk_book *book, uint32_t n, const Jokbo__V1__AsOf *as_of,
                                         uint32_t *out_size, int64_t *out_open_us, struct jk_error *error);

#endif
