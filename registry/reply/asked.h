/* What a count is asked for, found in a book: its scope, and the log size that it is as of. Server and auditor find
 * both here, so that they mean the same. Names are those of the whole log, whatever size is counted at. Pure. */
#ifndef JK_REPLY_ASKED_H
#define JK_REPLY_ASKED_H

#include <jokbo/v1/evaluation.pb-c.h>

#include "book/count.h"

/* The scope asked for, in a book of `n` entries. NOT_FOUND for a base model or a team that is not there;
 * INVALID_ARGUMENT where nothing is asked for. */
JK_MUST_USE enum jk_status jk_asked_scope(const struct jk_book *book, uint32_t n, const Jokbo__V1__CountScope *scope,
                                          struct jk_scope *out_scope, struct jk_error *error);

/* `as_of` NULL: all `n` entries. `book` may be NULL where it is no time. *out_open_us is the time that was asked for
 * where entries before it may be still to come, since the last of the book is older; else JK_TIME_NONE.
 * INVALID_ARGUMENT for a size beyond the book, for what is no time, and where neither is given. */
JK_MUST_USE enum jk_status jk_asked_size(const struct jk_book *book, uint32_t n, const Jokbo__V1__AsOf *as_of,
                                         uint32_t *out_size, int64_t *out_open_us, struct jk_error *error);

#endif
