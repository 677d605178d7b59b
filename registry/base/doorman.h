/* The doorman: how many calls are in progress, how many bytes of replies are unread, and who may add to either. Both
 * are limited in total and for each guest, and the last part is reserved for guests that use little, so that one who
 * opens calls and never reads cannot keep out the others.
 *
 * A guest is a client's address (IPv6: its /64; as reported by a trusted proxy if there is one). On this machine itself
 * it is a connection, since all clients here have the same address; those who connect through a Unix socket without a
 * proxy's report cannot be told apart, and only share the total.
 *
 * Threads: any, without locks. Guests are counted in a fixed table by a hash that only this process knows, so two may
 * share a place, one in 65,536; they then share its limits, too. */
#ifndef JK_BASE_DOORMAN_H
#define JK_BASE_DOORMAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/peer.h"

#define JK_DOORMAN_SMALL                                                                                               \
    ((size_t)16 << 10)             /* a reply that is neither refused nor counted: there are only so many calls */
#define JK_DOORMAN_MODEST       16 /* calls of a guest who may have one of the last places */
#define JK_DOORMAN_MODEST_BYTES ((size_t)64 << 10) /* unread, of one who may have of the last bytes */
#define JK_DOORMAN_HEALTH       256                /* places beyond all others, for health checks */
#define JK_DOORMAN_LEAST_PART   10                 /* of the patience, when it is full */

struct jk_doorman_limits {
    unsigned calls, calls_each;
    size_t unread, unread_each; /* bytes */
};

enum jk_doorman_word { JK_DOORMAN_IN, JK_DOORMAN_FULL, JK_DOORMAN_FULL_EACH };

struct jk_doorman;

struct jk_doorman *jk_doorman_new(const struct jk_doorman_limits *limits); /* NULL: out of memory */
void jk_doorman_free(struct jk_doorman *doorman);                          /* accepts NULL */

/* The guest's place in the table; 0: cannot be told apart. `connection`: distinguishes it from others of the same peer.
 */
unsigned jk_doorman_guest(const struct jk_doorman *doorman, const struct jk_peer *peer, struct jk_span connection);

/* A call arrives. Whatever the answer, it is counted until it leaves. `health`: it may use a place reserved for health
 * checks. */
enum jk_doorman_word jk_doorman_enter(struct jk_doorman *doorman, unsigned guest, bool health);
void jk_doorman_leave(struct jk_doorman *doorman, unsigned guest);

/* A reply of so many bytes is about to be kept until it is read. JK_DOORMAN_IN: it is counted until returned. */
enum jk_doorman_word jk_doorman_hold(struct jk_doorman *doorman, unsigned guest, size_t bytes);
void jk_doorman_give_back(struct jk_doorman *doorman, unsigned guest, size_t bytes);
/* Whether the guest has as much unread as allowed, so that there is no point in working for it. */
bool jk_doorman_is_laden(const struct jk_doorman *doorman, unsigned guest);

unsigned jk_doorman_calls(const struct jk_doorman *doorman);
size_t jk_doorman_unread(const struct jk_doorman *doorman);
/* How long a call may keep its place while it waits for its client: `most_ms` while half of the places and of the bytes
 * is free, then less, down to a tenth of it when three quarters are taken. */
int jk_doorman_patience_ms(const struct jk_doorman *doorman, int most_ms);

#endif
