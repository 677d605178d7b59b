/* Twins: a registered model that bears the name of a model on the Hugging Face Hub. Anybody may register one, so a name
 * alone makes nobody the maker of what others built on the hub's model. The two are taken for the same only where the
 * name is proven: its publisher is on the roster (whose names are reserved), or holds the hub's organisation of that
 * name. Pure but for what it reads from book and directory. Thread: any, within a view; or the sequencer, in its turn.
 */
#ifndef JK_SERVICE_RECORDS_TWIN_H
#define JK_SERVICE_RECORDS_TWIN_H

#include "book/book_ask.h"
#include "auth/directory.h"

/* The registered model of an external's name, where that lies on the hub; JK_NONE for none. */
uint32_t jk_twin_find(const struct jk_book *book, struct jk_span external, uint32_t n);
/* Is it proven that publisher/model on the hub is the one that is registered here under this name. */
bool jk_twin_is_proven(const struct jk_book *book, struct jk_span name, uint32_t n);
/* And for one account: what it writes about publisher/model means the registered one, too, where that is its own. A
 * membership alone does not make it so, because nobody is asked whether he wants to be a member: it is of a verified
 * publisher, or of one that the account made. 0: nobody's account. */
bool jk_twin_is_meant(const struct jk_book *book, struct jk_directory *directory, struct jk_span name, uint64_t account,
                      uint32_t n);
/* An external that was taken for the hub's own although a model of its name is registered: says so, and how to name
 * that one; NULL where there is nothing to say, or the arena is exhausted. */
const char *jk_twin_notice(const struct jk_book *book, struct jk_span external, uint32_t n, struct jk_arena *arena);

#endif
