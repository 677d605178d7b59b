/* A count as a message, for CountDerivatives and for whoever watches one. */
#ifndef JK_SERVICE_EVALUATE_COUNT_H
#define JK_SERVICE_EVALUATE_COUNT_H

#include "reply/counts.h"
#include "service/evaluate/question.h"

/* The answer to an open question for one count, in `arena`; the scope of `splits` is the question's. */
JK_MUST_USE enum jk_status jk_count_answer(struct jk_call *call, const struct jk_question *question,
                                           const struct jk_counts_wish *splits, struct jk_arena *arena,
                                           Jokbo__V1__DerivativeCount **out_count);

#endif
