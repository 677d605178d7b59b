/* Places that are scarce, shared out by account and client address (callers.h), for calls that take one, work, and give
 * it back: behind a lock of their own. Thread-safe. */
#ifndef JK_SERVICE_CALL_PLACES_H
#define JK_SERVICE_CALL_PLACES_H

#include "service/call/callers.h"

struct jk_places;

/* NULL: out of memory. */
struct jk_places *jk_places_new(const struct jk_shares_limits *limits);
void jk_places_free(struct jk_places *places); /* accepts NULL; nobody has one any more */
/* A place for the call's caller, whose *out_key is to be given back; or an error (jk_callers_refuse). */
JK_MUST_USE enum jk_status jk_places_take(struct jk_places *places, struct jk_call *call, const char *reason,
                                          const char *what, unsigned *out_key, struct jk_error *error);
void jk_places_leave(struct jk_places *places, unsigned key);

#endif
