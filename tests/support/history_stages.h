/* The part of random histories that evaluators write: policies, stages, closings, rulings, disputes. */
#ifndef JK_TESTS_HISTORY_STAGES_H
#define JK_TESTS_HISTORY_STAGES_H

#include "support/history.h"

/* One attempt of some kind; the kind and what the book said of it. `model` is the name of some model. */
enum jk_status jk_history_evaluate(struct jk_ledger *ledger, struct jk_random *random, const char *model,
                                   enum jk_kind *out_kind);
/* A policy with every choice open; versions rise with `version`. */
struct jk_policy jk_history_policy(struct jk_random *random, uint32_t version);

#endif
