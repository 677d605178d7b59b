/* The little world of the book's tests: two teams with a base model each, three other publishers; and words for saying
 * what happens in it. Included by test_book*.c only. */
#ifndef JK_TESTS_BOOK_WORLD_H
#define JK_TESTS_BOOK_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "domain/ident.h"
#include "support/ledger.h"

#define BASE          "red-ai/Solar-1"
#define OTHER         "blue-ai/Base-2"
#define NOW           JK_NONE
#define NEVER         JK_TIME_NONE
#define OK(call)      assert_int_equal((call), JK_OK)
#define REFUSED(call) assert_int_equal((call), JK_DATA_LOSS)

/* Two teams with a base model each, three other publishers. */
static inline int begin(void **state)
{
    static struct jk_ledger ledger;
    jk_ledger_init(&ledger);
    OK(jk_ledger_license(&ledger, "Apache-2.0", JK_PERMISSION_YES, JK_PERMISSION_YES, JK_PERMISSION_YES, ""));
    OK(jk_ledger_license(&ledger, "CC-BY-NC-4.0", JK_PERMISSION_NO, JK_PERMISSION_YES, JK_PERMISSION_YES, ""));
    OK(jk_ledger_team(&ledger, "red", ledger.time_us));
    OK(jk_ledger_team(&ledger, "blue", ledger.time_us));
    OK(jk_ledger_team_publisher(&ledger, "red", "red-ai", NEVER, NEVER));
    OK(jk_ledger_team_publisher(&ledger, "blue", "blue-ai", NEVER, NEVER));
    const char *names[] = {"red-ai", "blue-ai", "kim", "Lee", "park"};
    for (int i = 0; i < 5; i++)
        OK(jk_ledger_publisher(&ledger, names[i]));
    OK(jk_ledger_register(&ledger, &(struct jk_ledger_model){.model = BASE, .weights = 900}));
    OK(jk_ledger_list(&ledger, BASE, "red", true, JK_ANSWER_YES, JK_ANSWER_YES));
    OK(jk_ledger_register(&ledger, &(struct jk_ledger_model){.model = OTHER}));
    OK(jk_ledger_list(&ledger, OTHER, "blue", true, JK_ANSWER_NO, JK_ANSWER_UNKNOWN));
    *state = &ledger;
    return 0;
}

static inline int end(void **state)
{
    jk_ledger_done(*state);
    return 0;
}

/* ---- helpers ---- */

static inline void add_list(struct jk_ledger *ledger, struct jk_digest digest)
{
    struct jk_entry list = {
        .kind = JK_KIND_SPDX, .actor.type = JK_ACTOR_SERVER, .version = JK_SPAN("9.9"), .list = digest};
    OK(jk_ledger_add(ledger, &list));
}

#define MODEL(name, ...) (&(struct jk_ledger_model){.model = (name), __VA_ARGS__})
#define OF(...)          .parents = {__VA_ARGS__}
#define PARENT(name)                                                                                                   \
    {                                                                                                                  \
        .model = (name)                                                                                                \
    }
#define EXTERNAL(name)                                                                                                 \
    {                                                                                                                  \
        .external = (name)                                                                                             \
    }

static inline uint32_t slot(const struct jk_ledger *ledger, const char *name)
{
    uint32_t found = jk_book_find_model(ledger->book, jk_span_of(name), NOW);
    assert_int_not_equal(found, JK_NONE);
    return found;
}

static inline const struct jk_spell *spell_at(const struct jk_ledger *ledger, const char *name, const char *root,
                                              uint32_t n)
{
    const struct jk_spell *spell = NULL;
    while ((spell = jk_book_spell(ledger->book, slot(ledger, name), n, spell)) != NULL)
        if (spell->root == slot(ledger, root)) return spell;
    return NULL;
}

static inline const struct jk_spell *spell_of(const struct jk_ledger *ledger, const char *name, const char *root)
{
    return spell_at(ledger, name, root, jk_book_size(ledger->book));
}

static inline uint32_t flags_of(const struct jk_ledger *ledger, const char *name, const char *root)
{
    const struct jk_spell *spell = spell_of(ledger, name, root);
    assert_non_null(spell);
    return spell->flags;
}

static inline void says(const struct jk_ledger *ledger, const char *words)
{
    if (!strstr(ledger->error.message, words)) fail_msg("\"%s\" does not say \"%s\"", ledger->error.message, words);
}

static inline enum jk_status register_text(struct jk_ledger *ledger, const char *text)
{
    return jk_ledger_add_statement(ledger, JK_KIND_REGISTER, JK_ACTOR_PUBLISHER, jk_span_of(text));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

#endif
