/* Who has how many of a limited number of places. Each account is counted separately; callers without one are counted
 * by address (base/peer.h). So no single client can take all of them, nor anonymous ones those reserved for accounts.
 *
 * Not thread-safe: the owner of the places has a lock. Limits: as many keys as places; look-ups scan them. */
#ifndef JK_SERVICE_CALL_CALLERS_H
#define JK_SERVICE_CALL_CALLERS_H

#include "service/call/call.h"

struct jk_caller {
    uint64_t account;    /* 0: none … */
    struct jk_peer peer; /* … then grouped; else unset */
};

struct jk_callers_limits {
    unsigned most;      /* in total */
    unsigned anonymous; /* of them without an account */
    unsigned each;      /* of one account or address */
};

enum jk_callers_word { JK_CALLERS_IN, JK_CALLERS_FULL, JK_CALLERS_FULL_ANONYMOUS, JK_CALLERS_FULL_EACH };

struct jk_callers;

/* NULL: out of memory. */
struct jk_callers *jk_callers_new(const struct jk_callers_limits *limits);
void jk_callers_free(struct jk_callers *callers); /* accepts NULL */
/* Any thread that has the call. */
void jk_caller_of(struct jk_call *call, struct jk_caller *out_caller);
/* JK_CALLERS_IN: *out_key must be returned together with the place. */
enum jk_callers_word jk_callers_enter(struct jk_callers *callers, const struct jk_caller *caller, unsigned *out_key);
void jk_callers_leave(struct jk_callers *callers, unsigned key);
unsigned jk_callers_count(const struct jk_callers *callers);
/* Always fails, with RESOURCE_EXHAUSTED and when to try again. `what`: what the calls do, "calls wait for the log to
 * grow". Needs no lock. */
enum jk_status jk_callers_refuse(const struct jk_callers *callers, const struct jk_caller *caller,
                                 enum jk_callers_word word, const char *reason, const char *what,
                                 struct jk_error *error);

#endif
