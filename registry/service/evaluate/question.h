/* A question of Evaluation: a count, a list of those behind it, why one stands as it does. All go one way:
 *
 *   asked ──look──► found ──► at hand in memory ─────────────────────────────► answered
 *                     │                                                           ▲
 *                     ├──► a reader thread ──look──► a standing made or kept ─────┤
 *                     │                                                           │
 *                     └──► as of a time: what the database has before it ──► parked, where this server has less of it
 *
 * A look finds, in one view of the log, the scope, the log size, under a rule the policy or stage as it was then, and
 * with a closed stage the revision of its report. The answer is made with a view held: that of the look, where nothing
 * had to be made. No thread waits for the log to grow.
 *
 * Threads: one at a time, as the call that it belongs to. */
#ifndef JK_SERVICE_EVALUATE_QUESTION_H
#define JK_SERVICE_EVALUATE_QUESTION_H

#include "service/call/page.h"
#include "service/evaluate/standing.h"

struct jk_question;

/* Makes the reply, in the call's arena, with question->view held. */
typedef enum jk_status jk_answer_fn(struct jk_call *call, struct jk_question *question,
                                    const ProtobufCMessage **out_reply);

struct jk_question {
    /* Asked: */
    const Jokbo__V1__CountScope *scope_asked; /* with `scoped` */
    const Jokbo__V1__CountRule *rule_asked;   /* NULL: the plain count */
    const Jokbo__V1__AsOf *as_of;             /* NULL: now */
    struct jk_page page;
    int64_t min_log_size;
    bool scoped;
    bool total; /* only one scope's total is wanted: it can come from counters or, under a rule, from cached totals */
    bool walks; /* it needs more than a total: each derivative, or those that a split counts */
    jk_answer_fn *answer;

    /* Found: */
    struct jk_view view;
    struct jk_scope scope;
    struct jk_count_rule rule; /* with `rule_asked` */
    uint32_t size;             /* log size that the reply names */
    uint32_t revision;         /* of a closed stage's report, counted as that; 0: of none */
    uint32_t m;                /* with `revision`: its second size; else 0 */
    int64_t open_us;           /* the requested time, as long as entries before it may still arrive; otherwise NONE */
    bool settled;              /* none are outstanding any more */
    bool present;              /* as of now, whatever that is when it is answered */

    /* What it is answered from: */
    const struct jk_book *book;    /* the log's, or that of a revision's cut-off */
    uint32_t book_size;            /* to ask it at */
    struct jk_kept_totals *totals; /* under a rule, at `size`; NULL: from `kept` */
    struct jk_kept_standing *kept; /* under a rule, at `size`; NULL: `totals` suffice */
};

/* Finds the answer and returns it: ends the call, now or later. `question` is in the call's arena, with the request
 * filled in and checked. */
void jk_question_ask(struct jk_call *call, struct jk_question *question, jk_answer_fn *answer);

/* The same in two steps, on a reader thread, for callers that answer more than once; without an `as_of`. A view is held
 * from a successful open until the close. */
JK_MUST_USE enum jk_status jk_question_open(struct jk_call *call, struct jk_question *question);
void jk_question_close(struct jk_call *call, struct jk_question *question);

/* Within a long answer: lets writers in. What is true of the size does not change. */
void jk_question_pause(struct jk_call *call, struct jk_question *question);
/* The token for the page after `after`. */
char *jk_question_token(struct jk_call *call, const struct jk_question *question, uint64_t after);

#endif
