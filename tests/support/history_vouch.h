/* The part of random histories that speaks of weights: verifiers, challenges, attestations, references and evidence. */
#ifndef JK_TESTS_HISTORY_VOUCH_H
#define JK_TESTS_HISTORY_VOUCH_H

#include "support/history.h"

/* One attempt of some kind; the kind and what the book said of it. */
enum jk_status jk_history_vouch(struct jk_ledger *ledger, struct jk_random *random, enum jk_kind *out_kind);

#endif
