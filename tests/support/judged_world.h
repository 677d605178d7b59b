/* How derivatives of the book's little world stand by policies of rule set 2 that tell duplicates: words for the tests
 * of copies and contests. */
#ifndef JK_TESTS_JUDGED_WORLD_H
#define JK_TESTS_JUDGED_WORLD_H

#include "book/claims.h"
#include "book/standing.h"
#include "book/why.h"
#include "support/book_world.h"

#define UNVERIFIED JK_REASON_BIT(UNVERIFIED)

/* A policy of rule set 2 that tells duplicates; `more` reasons are on beside, `no-artifact` by what is
 * held. */
static inline struct jk_policy policy_of(jk_reasons more)
{
    return (struct jk_policy){.name = "tested",
                              .version = 1,
                              .rules = 2,
                              .on = JK_REASON_BIT(LATE) | JK_REASON_BIT(YANKED) | JK_REASON_BIT(EXCLUDED) |
                                    JK_REASON_BIT(DUPLICATE) | more,
                              .gone_days = 7,
                              .relations = UINT32_MAX,
                              .depth = 1000,
                              .cap = 1000,
                              .held = true};
}

static inline jk_reasons reasons_of(const struct jk_ledger *ledger, const char *name, jk_reasons more)
{
    struct jk_policy policy = policy_of(more);
    struct jk_standing_query query = {.policy = &policy, .n = jk_book_size(ledger->book)};
    struct jk_standing *standing;
    struct jk_error error;
    size_t count;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_standing_make(ledger->book, &query, &standing, &error), JK_OK);
    const struct jk_verdict *rows = jk_standing_of(standing, slot(ledger, name), &count);
    assert_true(count > 0);
    jk_reasons reasons = rows->reasons;
    jk_standing_free(standing);
    return reasons;
}

/* What is said of why a reason holds. */
static inline struct jk_why explained(const struct jk_ledger *ledger, const char *name, jk_reasons more,
                                      enum jk_reason reason)
{
    struct jk_policy policy = policy_of(more);
    struct jk_standing_query query = {.policy = &policy, .n = jk_book_size(ledger->book)};
    struct jk_standing *standing;
    struct jk_error error;
    struct jk_whys whys;
    struct jk_why why;
    size_t count;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_standing_make(ledger->book, &query, &standing, &error), JK_OK);
    const struct jk_verdict *rows = jk_standing_of(standing, slot(ledger, name), &count);
    jk_whys_init(&whys, ledger->book, standing, &policy, 0);
    assert_int_equal(jk_why_find(&whys, rows, reason, &why, &error), JK_OK);
    jk_standing_free(standing);
    return why;
}

/* Whom the explanation of the reason `duplicate` names, and from which entry on. */
static inline const char *first_before(const struct jk_ledger *ledger, const char *name, jk_reasons more,
                                       uint32_t *out_entry)
{
    static char text[64];
    struct jk_why why = explained(ledger, name, more, JK_REASON_DUPLICATE);
    assert_int_not_equal(why.other, JK_NONE);
    snprintf(text, sizeof text, "%.*s", JK_SPAN_ARG(jk_book_alias(ledger->book, why.other, NOW)->name));
    if (out_entry) *out_entry = why.entry;
    return text;
}

#define COUNTS(name, more)    assert_int_equal(reasons_of(ledger, (name), (more)), 0)
#define DUPLICATE(name, more) assert_int_equal(reasons_of(ledger, (name), (more)), JK_REASON_BIT(DUPLICATE))

static inline enum jk_status rule_origin_of(struct jk_ledger *ledger, const char *model, const char *version)
{
    uint32_t release = jk_book_find_version(ledger->book, slot(ledger, model), jk_span_of(version), NOW);
    struct jk_entry entry = {.kind = JK_KIND_ORIGIN,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .model = jk_span_of(model),
                             .evidence = JK_SPAN("training logs"),
                             .release = jk_book_release(ledger->book, release)->hash,
                             .needs_second = JK_ANSWER_NO};
    return jk_ledger_add(ledger, &entry);
}

static inline enum jk_status rule_origin(struct jk_ledger *ledger, const char *model)
{
    uint32_t release = jk_book_deciding(ledger->book, slot(ledger, model), NOW);
    char version[16];
    snprintf(version, sizeof version, "%.*s", JK_SPAN_ARG(jk_book_release(ledger->book, release)->version));
    return rule_origin_of(ledger, model, version);
}

static inline void verify(struct jk_ledger *ledger, const char *publisher)
{
    OK(jk_ledger_verify(ledger, publisher, JK_KIND_VERIFY));
}

static inline uint32_t next_entry(const struct jk_ledger *ledger)
{
    return jk_book_size(ledger->book);
}

/* A model with a manifest of these numbers; other weights than anybody's, so that files alone are shared. */
static inline enum jk_status add_files(struct jk_ledger *ledger, const char *name, const char *version,
                                       unsigned artifact)
{
    struct jk_ledger_model model = {.model = name,
                                    .version = version,
                                    .parents = {{.model = BASE, .version = "1"}},
                                    .artifact = artifact,
                                    .weights = 100 + artifact};
    return strcmp(version, "1") == 0 ? jk_ledger_register(ledger, &model) : jk_ledger_release(ledger, &model);
}

static inline enum jk_status hold_files(struct jk_ledger *ledger, unsigned artifact)
{
    return jk_ledger_held(ledger, artifact, 100 + artifact, 50);
}

/* Release and manifest come in one batch, and so bear the same time. */
static inline void add_at_once(struct jk_ledger *ledger, const char *name, const char *version, unsigned artifact)
{
    int64_t step_us = ledger->step_us;
    ledger->step_us = 0;
    OK(add_files(ledger, name, version, artifact));
    ledger->step_us = step_us;
    OK(hold_files(ledger, artifact));
}

#endif
