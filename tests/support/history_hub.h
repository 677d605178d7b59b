/* The part of random histories that registrars bring from a hub: what they saw of a model there, and complete runs. */
#ifndef JK_TESTS_HISTORY_HUB_H
#define JK_TESTS_HISTORY_HUB_H

#include "support/history.h"

/* One attempt of either kind, or of a ruling that one which is absent counts all the same; which, and what the book said of it. `model` is the name of some model. */
enum jk_status jk_history_hub(struct jk_ledger *ledger, struct jk_random *random, const char *model,
                              enum jk_kind *out_kind);

#endif
