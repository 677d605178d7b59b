/* Twins: a registered model with the name of a model on the Hugging Face Hub. Anybody may register one, so a name alone
 * does not prove that the same people made the model on the hub, which others built on. The two are treated as the same
 * only if the name is proven: its publisher is on the roster (whose names are reserved), or holds the hub's
 * organisation of that name. Pure but for what it reads from book and directory. Thread: any, within a view; or the
 * sequencer, in its turn. */
#ifndef JK_SERVICE_RECORDS_TWIN_H
#define JK_SERVICE_RECORDS_TWIN_H

#include "book/book_ask.h"
#include "auth/directory.h"

/* The registered model with an external's name, if that is on the hub; JK_NONE for none. */
uint32_t jk_twin_find(const struct jk_book *book, struct jk_span external, uint32_t n);
/* Whether it is proven that publisher/model on the hub is the one registered here under this name. */
bool jk_twin_is_proven(const struct jk_book *book, struct jk_span name, uint32_t n);
/* The same for one account: in what it writes, publisher/model also means the registered model if that is its own.
 * Membership alone is not enough, since it does not prove whose the publisher is: the publisher must be verified, or
 * created by the account. 0: nobody's account. */
bool jk_twin_is_meant(const struct jk_book *book, struct jk_directory *directory, struct jk_span name, uint64_t account,
                      uint32_t n);
/* An external that was taken for the hub's own although a model of its name is registered: says so, and how to name the
 * registered one; NULL if there is nothing to say, or the arena is exhausted. */
const char *jk_twin_notice(const struct jk_book *book, struct jk_span external, uint32_t n, struct jk_arena *arena);

#endif
