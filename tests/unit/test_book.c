/* The book's rules, one scenario each: names, releases, parents, adoption, the roster, and what it refuses. */
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
static int begin(void **state)
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

static int end(void **state)
{
    jk_ledger_done(*state);
    return 0;
}

/* ---- helpers ---- */

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

static uint32_t slot(const struct jk_ledger *ledger, const char *name)
{
    uint32_t found = jk_book_find_model(ledger->book, jk_span_of(name), NOW);
    assert_int_not_equal(found, JK_NONE);
    return found;
}

static const struct jk_spell *spell_at(const struct jk_ledger *ledger, const char *name, const char *root, uint32_t n)
{
    const struct jk_spell *spell = NULL;
    while ((spell = jk_book_spell(ledger->book, slot(ledger, name), n, spell)) != NULL)
        if (spell->root == slot(ledger, root)) return spell;
    return NULL;
}

static const struct jk_spell *spell_of(const struct jk_ledger *ledger, const char *name, const char *root)
{
    return spell_at(ledger, name, root, jk_book_size(ledger->book));
}

static uint32_t flags_of(const struct jk_ledger *ledger, const char *name, const char *root)
{
    const struct jk_spell *spell = spell_of(ledger, name, root);
    assert_non_null(spell);
    return spell->flags;
}

static void says(const struct jk_ledger *ledger, const char *words)
{
    if (!strstr(ledger->error.message, words)) fail_msg("\"%s\" does not say \"%s\"", ledger->error.message, words);
}

/* ---- entries ---- */

static void test_order(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_entry init = {.kind = JK_KIND_INIT,
                            .actor.type = JK_ACTOR_SERVER,
                            .origin = jk_book_origin(ledger->book),
                            .key = jk_book_key(ledger->book),
                            .purpose = JK_SPAN("demo"),
                            .rules = JK_SPAN("1")};
    REFUSED(jk_ledger_add(ledger, &init));
    says(ledger, "entry 0 only");
    uint32_t size = jk_book_size(ledger->book);
    int64_t last_us = jk_book_time(ledger->book, size - 1);
    ledger->time_us = last_us - 1;
    REFUSED(jk_ledger_publisher(ledger, "early"));
    says(ledger, "time");
    ledger->time_us = last_us;
    OK(jk_ledger_publisher(ledger, "same-time"));
    assert_int_equal(jk_book_size_at(ledger->book, size + 1, last_us), size - 1);
    assert_int_equal(jk_book_size_at(ledger->book, size + 1, last_us + 1), size + 1);
    assert_int_equal(jk_book_size_at(ledger->book, 3, last_us + 1), 3);
    assert_int_equal(jk_book_size_at(ledger->book, size, 0), 0);
    struct jk_book *empty = jk_book_new();
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_book_apply(empty, ledger->entries[1], &error), JK_DATA_LOSS);
    assert_int_equal(jk_book_size(empty), 0);
    jk_book_free(empty);
    jk_book_free(NULL);
}

static void test_init_facts(void **state)
{
    const struct jk_ledger *ledger = *state;
    assert_true(jk_span_equal(jk_book_origin(ledger->book), JK_SPAN("log.example/test")));
    assert_true(jk_span_equal(jk_book_purpose(ledger->book), JK_SPAN("registry")));
    assert_true(jk_span_starts(jk_book_key(ledger->book), JK_SPAN("log.example/test+")));
}

/* ---- names ---- */

static void test_names(void **state)
{
    struct jk_ledger *ledger = *state;
    REFUSED(jk_ledger_publisher(ledger, "KIM"));
    REFUSED(jk_ledger_register(ledger, MODEL("nobody/m", OF(PARENT(BASE)))));
    says(ledger, "no publisher nobody");
    OK(jk_ledger_register(ledger, MODEL("kim/m", OF(PARENT(BASE)))));
    REFUSED(jk_ledger_register(ledger, MODEL("kim/M", OF(PARENT(BASE)))));
    says(ledger, "taken");
    uint32_t before = jk_book_size(ledger->book);
    OK(jk_ledger_move(ledger, "kim/m", "kim/n", JK_KIND_RENAME));
    uint32_t model = slot(ledger, "kim/n");
    assert_int_equal(slot(ledger, "KIM/m"), model); /* old names resolve */
    assert_int_equal(jk_book_find_model(ledger->book, JK_SPAN("kim/n"), before), JK_NONE);
    assert_true(jk_span_equal(jk_book_alias(ledger->book, model, before)->name, JK_SPAN("kim/m")));
    REFUSED(jk_ledger_register(ledger, MODEL("kim/m", OF(PARENT(BASE))))); /* and are never given out again */
    REFUSED(jk_ledger_move(ledger, "kim/m", "kim/o", JK_KIND_RENAME));     /* not the present name */
    REFUSED(jk_ledger_move(ledger, "kim/n", "kim/m", JK_KIND_RENAME));     /* not even back */
    REFUSED(jk_ledger_move(ledger, "kim/n", "kim/n", JK_KIND_RENAME));
    REFUSED(jk_ledger_move(ledger, "kim/n", "lee/n", JK_KIND_RENAME));
    says(ledger, "stays under its publisher");
    REFUSED(jk_ledger_move(ledger, "kim/n", "nobody/n", JK_KIND_TRANSFER));
    OK(jk_ledger_move(ledger, "kim/n", "kim/N", JK_KIND_RENAME)); /* another letter case of its own name */
    assert_true(jk_span_equal(jk_book_alias(ledger->book, model, NOW)->name, JK_SPAN("kim/N")));
    OK(jk_ledger_move(ledger, "kim/N", "Lee/n", JK_KIND_TRANSFER));
    assert_int_equal(jk_book_alias(ledger->book, model, NOW)->publisher,
                     jk_book_find_publisher(ledger->book, JK_SPAN("lee"), NOW));
    assert_int_equal(jk_book_model(ledger->book, model)->publisher,
                     jk_book_find_publisher(ledger->book, JK_SPAN("kim"), NOW));
}

static void test_reserved(void **state)
{
    struct jk_ledger *ledger = *state;
    assert_true(jk_book_is_reserved(ledger->book, JK_SPAN("Red_AI"), NOW));
    assert_true(jk_book_is_reserved(ledger->book, JK_SPAN("redai"), NOW));
    assert_false(jk_book_is_reserved(ledger->book, JK_SPAN("red-ai"), 5)); /* before the roster said so */
    assert_false(jk_book_is_reserved(ledger->book, JK_SPAN("kim"), NOW));
    char name[JK_NAME_PART_MAX + 2];
    memset(name, 'a', sizeof name);
    assert_false(jk_book_is_reserved(ledger->book, (struct jk_span){name, sizeof name}, NOW));
    OK(jk_ledger_register(ledger, MODEL("kim/m", OF(PARENT(BASE)))));
    OK(jk_ledger_list(ledger, "kim/m", "red", true, JK_ANSWER_YES, JK_ANSWER_YES));
    assert_true(jk_book_is_reserved(ledger->book, JK_SPAN("k.i.m"), NOW)); /* publisher of a base model */
}

static void test_nearest(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_span names[4];
    OK(jk_ledger_publisher(ledger, "LGAI-EXAONE"));
    OK(jk_ledger_register(ledger, MODEL("LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct")));
    OK(jk_ledger_register(ledger, MODEL("LGAI-EXAONE/EXAONE-3.5-7.8B-Instruct")));
    OK(jk_ledger_list(ledger, "LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct", "red", true, JK_ANSWER_NO, JK_ANSWER_YES));
    size_t count = jk_book_nearest(ledger->book, JK_SPAN("LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct-GGUF"), NOW, names, 4);
    assert_true(count >= 1);
    assert_true(jk_span_equal(names[0], JK_SPAN("LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct")));
    count = jk_book_nearest(ledger->book, JK_SPAN("somebody/solar_1"), NOW, names, 4); /* same part, elsewhere */
    assert_int_equal(count, 1);
    assert_true(jk_span_equal(names[0], JK_SPAN(BASE)));
    assert_int_equal(jk_book_nearest(ledger->book, JK_SPAN("red-ai/Solat-1"), NOW, names, 4), 1); /* a slip */
    assert_int_equal(jk_book_nearest(ledger->book, JK_SPAN("red-ai/Quite-Different"), NOW, names, 4), 0);
    assert_int_equal(jk_book_nearest(ledger->book, JK_SPAN("no name"), NOW, names, 4), 0);
    assert_int_equal(jk_book_nearest(ledger->book, JK_SPAN("red-ai/Solar-1"), NOW, names, 0), 0);
}

/* ---- releases ---- */

static void test_releases(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/m", OF(PARENT(BASE)), .artifact = 1, .license_text = 1)));
    uint32_t model = slot(ledger, "kim/m");
    uint32_t one = jk_book_size(ledger->book);
    assert_int_equal(flags_of(ledger, "kim/m", BASE), JK_FLAG_UNVERIFIED);
    OK(jk_ledger_release(ledger, MODEL("kim/m", .version = "2", OF(PARENT(OTHER)), .relation = JK_RELATION_MERGE)));
    REFUSED(jk_ledger_release(ledger, MODEL("kim/m", .version = "2", OF(PARENT(BASE)))));
    OK(jk_ledger_release(ledger, MODEL("kim/m", .version = "a", OF(PARENT(OTHER)))));
    REFUSED(jk_ledger_release(ledger, MODEL("kim/m", .version = "A", OF(PARENT(BASE)))));
    REFUSED(jk_ledger_release(ledger, MODEL("kim/unknown", .version = "2", OF(PARENT(BASE)))));
    REFUSED(jk_ledger_release(ledger, MODEL("kim/m", .version = "3")));
    says(ledger, "leads to a base");
    OK(jk_ledger_yank(ledger, "kim/m", "a", JK_KIND_YANK));
    /* the newest un-yanked release decides, whatever the version says */
    assert_null(spell_of(ledger, "kim/m", BASE));
    assert_int_equal(spell_of(ledger, "kim/m", OTHER)->relation, JK_RELATION_MERGE);
    assert_int_equal(spell_at(ledger, "kim/m", BASE, one)->relation, JK_RELATION_FINETUNE);
    OK(jk_ledger_yank(ledger, "kim/m", "2", JK_KIND_YANK));
    assert_non_null(spell_of(ledger, "kim/m", BASE));
    OK(jk_ledger_yank(ledger, "kim/m", "1", JK_KIND_YANK));
    assert_int_equal(jk_book_deciding(ledger->book, model, NOW), JK_NONE);
    assert_int_equal(jk_book_deciding(ledger->book, model, one), jk_book_model(ledger->book, model)->first_release);
    assert_true(flags_of(ledger, "kim/m", OTHER) & JK_FLAG_YANKED); /* facts of the newest */
    assert_null(spell_of(ledger, "kim/m", BASE));
    REFUSED(jk_ledger_yank(ledger, "kim/m", "1", JK_KIND_YANK));
    OK(jk_ledger_yank(ledger, "kim/m", "1", JK_KIND_UNYANK));
    REFUSED(jk_ledger_yank(ledger, "kim/m", "1", JK_KIND_UNYANK));
    REFUSED(jk_ledger_yank(ledger, "kim/m", "9", JK_KIND_YANK));
    assert_false(flags_of(ledger, "kim/m", BASE) & JK_FLAG_YANKED);
}

static void test_spell_bounds(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t index = jk_book_size(ledger->book);
    OK(jk_ledger_register(ledger, MODEL("kim/m", OF(PARENT(BASE)))));
    uint32_t ended = jk_book_size(ledger->book);
    OK(jk_ledger_release(ledger, MODEL("kim/m", .version = "2", OF(PARENT(OTHER)))));
    assert_null(spell_at(ledger, "kim/m", BASE, index));
    assert_non_null(spell_at(ledger, "kim/m", BASE, index + 1));
    assert_non_null(spell_at(ledger, "kim/m", BASE, ended));
    assert_null(spell_at(ledger, "kim/m", BASE, ended + 1));
    assert_int_equal(jk_book_etag(ledger->book, slot(ledger, "kim/m"), ended), index);
    assert_int_equal(jk_book_etag(ledger->book, slot(ledger, "kim/m"), ended + 1), ended);
}

/* ---- parents ---- */

static enum jk_status register_text(struct jk_ledger *ledger, const char *text)
{
    return jk_ledger_add_statement(ledger, JK_KIND_REGISTER, JK_ACTOR_PUBLISHER, jk_span_of(text));
}

static void test_parents(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_text text;
    jk_text_init(&text, 0);
    REFUSED(jk_ledger_register(ledger, MODEL("kim/m", OF({.model = BASE, .version = "9"}))));
    says(ledger, "is not registered");
    REFUSED(jk_ledger_register(ledger, MODEL("kim/m", OF(EXTERNAL("huggingface.co/a/b")))));
    says(ledger, "no parent leads to a base model");
    assert_int_equal(jk_book_find_external(ledger->book, JK_SPAN("huggingface.co/a/b"), NOW), JK_NONE);
    jk_ledger_statement(ledger, MODEL("kim/m", OF(PARENT(BASE))), &text);
    char *name = strstr(text.bytes, " red-ai/");
    memcpy(name, " red-ia/", 8); /* a right hash under a wrong name */
    REFUSED(register_text(ledger, text.bytes));
    says(ledger, "is not the release of that hash");
    memcpy(name, " red-ai/", 8);
    strstr(text.bytes, "@1")[1] = '2';
    REFUSED(register_text(ledger, text.bytes));
    jk_text_clear(&text);
    jk_ledger_statement(ledger, MODEL("kim/m", OF(PARENT(BASE), EXTERNAL("huggingface.co/a/b"))), &text);
    strstr(text.bytes, "huggingface.co/a/b")[15] = 'c';
    REFUSED(register_text(ledger, text.bytes));
    says(ledger, "does not match");
    jk_text_done(&text);
    REFUSED(jk_ledger_add_statement(ledger, JK_KIND_REGISTER, JK_ACTOR_PUBLISHER,
                                    JK_SPAN("jokbo/lineage/v1\nmodel kim/m\nrelease 1\nlicense MIT\nlicense-text none\n"
                                            "artifact none\nweights none\n")));
    says(ledger, "only an admin");
    OK(jk_ledger_register(ledger, MODEL("kim/m", OF(PARENT(BASE), EXTERNAL("huggingface.co/a/b")))));
    REFUSED(jk_ledger_register(
        ledger, MODEL("kim/n", OF(PARENT(BASE), EXTERNAL("huggingface.co/a/b"), EXTERNAL("huggingface.co/A/b")))));
    says(ledger, "named twice");
    OK(jk_ledger_move(ledger, BASE, "red-ai/Solar-2", JK_KIND_RENAME));
    REFUSED(jk_ledger_register(ledger, MODEL("kim/n", OF(PARENT(BASE), PARENT("red-ai/Solar-2")))));
    says(ledger, "stands twice"); /* one release by two names */
}

static void test_depth_and_roots(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)))));
    OK(jk_ledger_register(ledger, MODEL("kim/b", OF(PARENT("kim/a")))));
    OK(jk_ledger_register(ledger, MODEL("kim/c", OF(PARENT("kim/b"), PARENT(OTHER)))));
    OK(jk_ledger_register(ledger, MODEL("kim/d", OF(PARENT("kim/c"), PARENT("kim/a")))));
    assert_int_equal(spell_of(ledger, "kim/c", BASE)->depth, 3);
    assert_int_equal(spell_of(ledger, "kim/c", OTHER)->depth, 1);
    assert_int_equal(spell_of(ledger, "kim/d", BASE)->depth, 2); /* the shortest path */
    assert_int_equal(spell_of(ledger, "kim/d", OTHER)->depth, 2);
    /* a parent's later release never changes a child */
    OK(jk_ledger_release(ledger, MODEL("kim/a", .version = "2", OF(PARENT(OTHER)))));
    assert_int_equal(spell_of(ledger, "kim/b", BASE)->depth, 2);
    assert_null(spell_of(ledger, "kim/b", OTHER));
    /* nor does a yank */
    OK(jk_ledger_yank(ledger, "kim/a", "1", JK_KIND_YANK));
    assert_int_equal(flags_of(ledger, "kim/b", BASE) & JK_FLAG_YANKED, 0);
    /* a path ends at the first base it meets: kim/a listed takes over from BASE for those below */
    OK(jk_ledger_list(ledger, "kim/a", "blue", true, JK_ANSWER_YES, JK_ANSWER_YES));
    assert_null(spell_of(ledger, "kim/b", BASE));
    assert_int_equal(spell_of(ledger, "kim/b", "kim/a")->depth, 1);
    assert_int_equal(spell_of(ledger, "kim/c", "kim/a")->depth, 2);
    assert_null(jk_book_spell(ledger->book, slot(ledger, "kim/a"), jk_book_size(ledger->book), NULL));
    assert_false(jk_book_is_derivative(ledger->book, slot(ledger, "kim/a"), NOW));
    OK(jk_ledger_list(ledger, "kim/a", "blue", false, JK_ANSWER_YES, JK_ANSWER_YES));
    assert_int_equal(spell_of(ledger, "kim/b", BASE)->depth, 2);
    assert_true(jk_book_is_derivative(ledger->book, slot(ledger, "kim/a"), NOW));
}

static void test_cycles(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE), EXTERNAL("huggingface.co/x/y")))));
    OK(jk_ledger_register(ledger, MODEL("kim/b", OF(PARENT("kim/a")))));
    REFUSED(jk_ledger_release(ledger, MODEL("kim/a", .version = "2", OF(PARENT("kim/a")))));
    says(ledger, "descends from it");
    REFUSED(jk_ledger_release(ledger, MODEL("kim/a", .version = "2", OF(PARENT("kim/b")))));
    REFUSED(jk_ledger_release(ledger, MODEL(BASE, .version = "2", OF(PARENT("kim/b"))))); /* bases too */
    REFUSED(jk_ledger_adopt(ledger, "huggingface.co/x/y", "kim/b"));
    says(ledger, "descends from the external model");
    REFUSED(jk_ledger_adopt(ledger, "huggingface.co/x/y", "kim/a"));
    OK(jk_ledger_register(ledger, MODEL("kim/c", OF(PARENT(BASE)))));
    OK(jk_ledger_adopt(ledger, "huggingface.co/X/Y", "kim/c"));
    assert_true(jk_book_descends(ledger->book, jk_book_newest(ledger->book, slot(ledger, "kim/b"), NOW),
                                 slot(ledger, "kim/c"), NOW));
    assert_false(jk_book_descends(ledger->book, jk_book_newest(ledger->book, slot(ledger, "kim/b"), NOW),
                                  slot(ledger, "kim/c"), jk_book_size(ledger->book) - 1));
    REFUSED(
        jk_ledger_release(ledger, MODEL("kim/c", .version = "2", OF(PARENT("kim/b"))))); /* through the adopted one */
    REFUSED(
        jk_ledger_release(ledger, MODEL("kim/c", .version = "2", OF(PARENT(BASE), EXTERNAL("huggingface.co/x/y")))));
}

static void test_adoption(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE), EXTERNAL("huggingface.co/x/y")))));
    OK(jk_ledger_register(ledger, MODEL("kim/c", OF(PARENT(OTHER)))));
    uint32_t before = jk_book_size(ledger->book);
    assert_true(flags_of(ledger, "kim/a", BASE) & JK_FLAG_LICENSE_UNKNOWN);
    OK(jk_ledger_adopt(ledger, "huggingface.co/x/y", "kim/c"));
    REFUSED(jk_ledger_adopt(ledger, "huggingface.co/x/Y", "kim/c"));
    says(ledger, "adopted already");
    REFUSED(jk_ledger_adopt(ledger, "huggingface.co/new/one", "kim/unknown"));
    assert_int_equal(spell_of(ledger, "kim/a", OTHER)->depth, 2);
    assert_false(flags_of(ledger, "kim/a", BASE) & JK_FLAG_LICENSE_UNKNOWN);
    assert_null(spell_at(ledger, "kim/a", OTHER, before));
    uint32_t cursor = 0, external = jk_book_adopted_by(ledger->book, slot(ledger, "kim/c"), NOW, &cursor);
    assert_int_equal(external, jk_book_find_external(ledger->book, JK_SPAN("HuggingFace.co/x/y"), NOW));
    assert_int_equal(jk_book_adopted_by(ledger->book, slot(ledger, "kim/c"), NOW, &cursor), JK_NONE);
    assert_int_equal(jk_book_adopted_by(ledger->book, slot(ledger, "kim/c"), NOW, &cursor), JK_NONE);
    cursor = 0;
    assert_int_equal(jk_book_adopted_by(ledger->book, slot(ledger, "kim/c"), before, &cursor), JK_NONE);
    /* the adopting model goes on as its deciding release */
    OK(jk_ledger_release(ledger, MODEL("kim/c", .version = "2", OF(PARENT(BASE)), .license = "CC-BY-NC-4.0")));
    assert_null(spell_of(ledger, "kim/a", OTHER));
    assert_true(flags_of(ledger, "kim/a", BASE) & JK_FLAG_LICENSE_CONFLICT);
    OK(jk_ledger_yank(ledger, "kim/c", "2", JK_KIND_YANK));
    assert_int_equal(spell_of(ledger, "kim/a", OTHER)->depth, 2);
    /* adopted before it is named: leads to a base at once */
    OK(jk_ledger_adopt(ledger, "hub.example/early", "kim/c"));
    OK(jk_ledger_register(ledger, MODEL("kim/e", OF(EXTERNAL("hub.example/early")))));
    assert_int_equal(spell_of(ledger, "kim/e", OTHER)->depth, 2);
    /* an external adopted by a base model is that base */
    OK(jk_ledger_adopt(ledger, "hub.example/base", BASE));
    OK(jk_ledger_register(ledger, MODEL("kim/f", OF(EXTERNAL("hub.example/base")))));
    assert_int_equal(spell_of(ledger, "kim/f", BASE)->depth, 1);
}

static void test_children(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)))));
    uint32_t n = jk_book_size(ledger->book);
    OK(jk_ledger_register(ledger, MODEL("kim/b", OF(PARENT(BASE)))));
    uint32_t base = jk_book_newest(ledger->book, slot(ledger, BASE), NOW), cursor = 0;
    uint32_t first = jk_book_child_of_release(ledger->book, base, NOW, &cursor);
    uint32_t second = jk_book_child_of_release(ledger->book, base, NOW, &cursor);
    assert_int_equal(jk_book_release(ledger->book, first)->model, slot(ledger, "kim/b"));
    assert_int_equal(jk_book_release(ledger->book, second)->model, slot(ledger, "kim/a"));
    assert_int_equal(jk_book_child_of_release(ledger->book, base, NOW, &cursor), JK_NONE);
    assert_int_equal(jk_book_child_of_release(ledger->book, base, NOW, &cursor), JK_NONE);
    cursor = 0;
    assert_int_equal(jk_book_child_of_release(ledger->book, base, n, &cursor), second);
}

/* ---- who belongs to whom ---- */

static void test_self(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("red-ai/tuned", OF(PARENT(BASE), PARENT(OTHER)))));
    assert_true(flags_of(ledger, "red-ai/tuned", BASE) & JK_FLAG_SELF);
    assert_false(flags_of(ledger, "red-ai/tuned", OTHER) & JK_FLAG_SELF);
    OK(jk_ledger_move(ledger, "red-ai/tuned", "kim/tuned",
                      JK_KIND_TRANSFER)); /* the publisher at registration counts */
    assert_true(flags_of(ledger, "kim/tuned", BASE) & JK_FLAG_SELF);
    /* owned from a time on: the registration's time decides, by what is known now */
    int64_t registered_us = jk_book_time(ledger->book, jk_book_model(ledger->book, slot(ledger, "kim/tuned"))->index);
    uint32_t publisher = jk_book_find_publisher(ledger->book, JK_SPAN("red-ai"), NOW);
    OK(jk_ledger_team_publisher(ledger, "red", "Red-AI", registered_us + 1, NEVER));
    assert_false(flags_of(ledger, "kim/tuned", BASE) & JK_FLAG_SELF);
    assert_int_equal(jk_book_team_of(ledger->book, publisher, registered_us, NOW), JK_NONE);
    assert_int_equal(jk_book_team_of(ledger->book, publisher, registered_us, 9),
                     jk_book_find_team(ledger->book, JK_SPAN("red"), NOW));
    OK(jk_ledger_team_publisher(ledger, "red", "red-ai", registered_us, registered_us + 1));
    assert_true(flags_of(ledger, "kim/tuned", BASE) & JK_FLAG_SELF);
    OK(jk_ledger_team_publisher(ledger, "red", "red-ai", NEVER, registered_us));
    assert_false(flags_of(ledger, "kim/tuned", BASE) & JK_FLAG_SELF); /* until is outside */
    REFUSED(jk_ledger_team_publisher(ledger, "green", "red-ai", NEVER, NEVER));
}

static void test_affiliate(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_operates(ledger, "KAIST", "kim", NEVER, NEVER)); /* known of a publisher at any time */
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE), PARENT(OTHER)))));
    int64_t at_us = jk_book_time(ledger->book, jk_book_model(ledger->book, slot(ledger, "kim/a"))->index);
    assert_false(flags_of(ledger, "kim/a", BASE) & JK_FLAG_AFFILIATE);
    uint32_t before = jk_book_size(ledger->book);
    OK(jk_ledger_affiliation(ledger, "KAIST", "red", NEVER, NEVER));
    assert_true(flags_of(ledger, "kim/a", BASE) & JK_FLAG_AFFILIATE);
    assert_false(flags_of(ledger, "kim/a", OTHER) & JK_FLAG_AFFILIATE);
    assert_false(spell_at(ledger, "kim/a", BASE, before)->flags & JK_FLAG_AFFILIATE); /* the past stays */
    OK(jk_ledger_team(ledger, "red", at_us + 1)); /* without `from`, the team's joining */
    assert_false(flags_of(ledger, "kim/a", BASE) & JK_FLAG_AFFILIATE);
    OK(jk_ledger_team(ledger, "red", at_us));
    assert_true(flags_of(ledger, "kim/a", BASE) & JK_FLAG_AFFILIATE);
    OK(jk_ledger_operates(ledger, "KAIST", "KIM", at_us + 1, NEVER));
    assert_false(flags_of(ledger, "kim/a", BASE) & JK_FLAG_AFFILIATE);
    OK(jk_ledger_operates(ledger, "KAIST", "kim", NEVER, NEVER));
    OK(jk_ledger_affiliation(ledger, "KAIST", "red", NEVER, at_us));
    assert_false(flags_of(ledger, "kim/a", BASE) & JK_FLAG_AFFILIATE);
    REFUSED(jk_ledger_affiliation(ledger, "KAIST", "green", NEVER, NEVER));
}

static void test_publisher_states(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_publisher_as(ledger, "found", JK_BASIS_REGISTRAR));
    uint32_t found = jk_book_find_publisher(ledger->book, JK_SPAN("FOUND"), NOW), n = jk_book_size(ledger->book);
    assert_false(jk_book_is_claimed(ledger->book, found, NOW));
    assert_true(jk_book_is_claimed(ledger->book, jk_book_find_publisher(ledger->book, JK_SPAN("kim"), NOW), NOW));
    OK(jk_ledger_verify(ledger, "found", JK_KIND_CLAIM));
    assert_true(jk_book_is_claimed(ledger->book, found, NOW));
    assert_false(jk_book_is_claimed(ledger->book, found, n));
    REFUSED(jk_ledger_verify(ledger, "found", JK_KIND_CLAIM));
    OK(jk_ledger_publisher_as(ledger, "listed", JK_BASIS_ROSTER));
    assert_false(jk_book_is_claimed(ledger->book, jk_book_find_publisher(ledger->book, JK_SPAN("listed"), NOW), NOW));
    OK(jk_ledger_verify(ledger, "listed", JK_KIND_CLAIM));
    REFUSED(jk_ledger_verify(ledger, "kim", JK_KIND_UNVERIFY));
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)))));
    OK(jk_ledger_verify(ledger, "kim", JK_KIND_VERIFY));
    REFUSED(jk_ledger_verify(ledger, "kim", JK_KIND_VERIFY));
    assert_false(flags_of(ledger, "kim/a", BASE) & JK_FLAG_UNVERIFIED);
    OK(jk_ledger_move(ledger, "kim/a", "park/a", JK_KIND_TRANSFER)); /* of the publisher it is with now */
    assert_true(flags_of(ledger, "park/a", BASE) & JK_FLAG_UNVERIFIED);
    OK(jk_ledger_verify(ledger, "kim", JK_KIND_UNVERIFY));
    OK(jk_ledger_verify(ledger, "park", JK_KIND_VERIFY));
    assert_false(flags_of(ledger, "park/a", BASE) & JK_FLAG_UNVERIFIED);
    REFUSED(jk_ledger_verify(ledger, "nobody", JK_KIND_VERIFY));
}

static void test_writes_on_day(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t kim = jk_book_find_publisher(ledger->book, JK_SPAN("kim"), NOW);
    int64_t today_us = ledger->time_us;
    assert_int_equal(jk_book_writes_on_day(ledger->book, kim, today_us), 0);
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)))));
    OK(jk_ledger_yank(ledger, "kim/a", "1", JK_KIND_YANK));
    OK(jk_ledger_move(ledger, "kim/a", "kim/b", JK_KIND_RENAME));
    assert_int_equal(jk_book_writes_on_day(ledger->book, kim, today_us), 3);
    ledger->time_us += JK_DAY_US;
    OK(jk_ledger_release(ledger, MODEL("kim/b", .version = "2", OF(PARENT(BASE)))));
    assert_int_equal(jk_book_writes_on_day(ledger->book, kim, ledger->time_us), 1);
    assert_int_equal(jk_book_writes_on_day(ledger->book, kim, today_us), 3);
    assert_int_equal(jk_book_writes_on_day(ledger->book, kim, today_us + 9 * JK_DAY_US), 0);
    assert_int_equal(jk_book_writes_on_day(ledger->book, kim, today_us - JK_DAY_US), 0);
}

/* ---- flags of base facts, weights, names, licences ---- */

static void test_base_facts(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(OTHER)))));
    uint32_t three = JK_FLAG_NOT_PROGRAMME | JK_FLAG_FOREIGN_BASE | JK_FLAG_FROM_SCRATCH_UNKNOWN;
    assert_int_equal(flags_of(ledger, "kim/a", OTHER) & three, JK_FLAG_NOT_PROGRAMME | JK_FLAG_FROM_SCRATCH_UNKNOWN);
    OK(jk_ledger_list(ledger, OTHER, "blue", true, JK_ANSWER_YES, JK_ANSWER_NO));
    assert_int_equal(flags_of(ledger, "kim/a", OTHER) & three, JK_FLAG_FOREIGN_BASE);
    OK(jk_ledger_list(ledger, OTHER, "blue", true, JK_ANSWER_YES, JK_ANSWER_YES));
    assert_int_equal(flags_of(ledger, "kim/a", OTHER) & three, 0);
    REFUSED(jk_ledger_list(ledger, "kim/none", "blue", true, JK_ANSWER_YES, JK_ANSWER_YES));
    REFUSED(jk_ledger_list(ledger, OTHER, "green", true, JK_ANSWER_YES, JK_ANSWER_YES));
}

static void test_weights(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)), .weights = 7)));
    OK(jk_ledger_register(ledger, MODEL("kim/b", OF(PARENT("kim/a")), .weights = 900))); /* the grandparent's */
    OK(jk_ledger_register(ledger, MODEL("kim/c", OF(PARENT(BASE)), .weights = 7)));      /* a sibling's */
    assert_false(flags_of(ledger, "kim/a", BASE) & JK_FLAG_ANCESTOR_WEIGHTS);
    assert_true(flags_of(ledger, "kim/b", BASE) & JK_FLAG_ANCESTOR_WEIGHTS);
    assert_false(flags_of(ledger, "kim/c", BASE) & JK_FLAG_ANCESTOR_WEIGHTS);
    struct jk_digest weights = jk_ledger_digest(7), none = jk_ledger_digest(0), other = jk_ledger_digest(8);
    uint32_t first = jk_book_newest(ledger->book, slot(ledger, "kim/a"), NOW);
    assert_int_equal(jk_book_find_weights(ledger->book, &weights, NOW), first);
    assert_int_equal(jk_book_find_weights(ledger->book, &weights, jk_book_release(ledger->book, first)->index),
                     JK_NONE);
    assert_int_equal(jk_book_find_weights(ledger->book, &none, NOW), JK_NONE);
    assert_int_equal(jk_book_find_weights(ledger->book, &other, NOW), JK_NONE);
}

static void test_naming(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t both = JK_FLAG_NAMING_LITERAL | JK_FLAG_NAMING_LENIENT;
    OK(jk_ledger_register(ledger, MODEL("kim/so-lar-x", OF(PARENT(BASE), PARENT(OTHER)))));
    OK(jk_ledger_register(ledger, MODEL("kim/other", OF(PARENT(BASE)))));
    OK(jk_ledger_license(ledger, "LicenseRef-solar", JK_PERMISSION_YES, JK_PERMISSION_YES, JK_PERMISSION_YES, "Solar"));
    assert_int_equal(flags_of(ledger, "kim/other", BASE) & both, 0);
    /* the licence of the root's deciding release binds, not that of the pinned one */
    OK(jk_ledger_release(ledger, MODEL(BASE, .version = "2", .license = "LicenseRef-solar")));
    assert_int_equal(flags_of(ledger, "kim/other", BASE) & both, both);
    assert_int_equal(flags_of(ledger, "kim/so-lar-x", BASE) & both, JK_FLAG_NAMING_LITERAL);
    assert_int_equal(flags_of(ledger, "kim/so-lar-x", OTHER) & both, 0);
    OK(jk_ledger_move(ledger, "kim/other", "kim/Solar-mine", JK_KIND_RENAME));
    assert_int_equal(flags_of(ledger, "kim/Solar-mine", BASE) & both, 0);
    OK(jk_ledger_license(ledger, "LicenseRef-solar", JK_PERMISSION_YES, JK_PERMISSION_YES, JK_PERMISSION_YES,
                         "EXAONE|Sol"));
    assert_int_equal(flags_of(ledger, "kim/so-lar-x", BASE) & both, JK_FLAG_NAMING_LITERAL);
    OK(jk_ledger_license(ledger, "LicenseRef-solar", JK_PERMISSION_YES, JK_PERMISSION_YES, JK_PERMISSION_YES,
                         "EXAONE"));
    assert_int_equal(flags_of(ledger, "kim/so-lar-x", BASE) & both, both);
    struct jk_arena arena;
    jk_arena_init(&arena, 4096);
    OK(jk_ledger_license(ledger, "MIT", JK_PERMISSION_YES, JK_PERMISSION_YES, JK_PERMISSION_YES, "Mine|Yours"));
    struct jk_span forms = jk_book_name_forms(ledger->book, JK_SPAN("LicenseRef-solar AND MIT"), NOW, &arena);
    assert_true(jk_span_equal(forms, JK_SPAN("EXAONE|Mine|Yours")) ||
                jk_span_equal(forms, JK_SPAN("Mine|Yours|EXAONE")));
    assert_int_equal(jk_book_name_forms(ledger->book, JK_SPAN("Apache-2.0"), NOW, &arena).len, 0);
    jk_arena_done(&arena);
}

static void test_license_drift(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t both = JK_FLAG_LICENSE_CONFLICT | JK_FLAG_LICENSE_UNKNOWN;
    OK(jk_ledger_register(ledger, MODEL("kim/nc", OF(PARENT(BASE)), .license = "CC-BY-NC-4.0")));
    OK(jk_ledger_register(ledger, MODEL("kim/open", OF(PARENT("kim/nc"))))); /* grants more than its parent */
    OK(jk_ledger_register(ledger, MODEL("kim/later", OF(PARENT("kim/open")), .license = "CC-BY-NC-4.0")));
    OK(jk_ledger_register(ledger, MODEL("kim/later-open", OF(PARENT("kim/open"))))); /* more than its grandparent */
    OK(jk_ledger_register(ledger, MODEL("kim/what", OF(PARENT(BASE)), .license = "LicenseRef-what")));
    OK(jk_ledger_register(ledger, MODEL("kim/none", OF(PARENT(BASE)), .license = "NOASSERTION")));
    assert_int_equal(flags_of(ledger, "kim/nc", BASE) & both, 0);
    assert_int_equal(flags_of(ledger, "kim/open", BASE) & both, JK_FLAG_LICENSE_CONFLICT);
    assert_int_equal(flags_of(ledger, "kim/later", BASE) & both, 0);
    assert_int_equal(flags_of(ledger, "kim/later-open", BASE) & both, JK_FLAG_LICENSE_CONFLICT);
    assert_int_equal(flags_of(ledger, "kim/what", BASE) & both, JK_FLAG_LICENSE_UNKNOWN);
    assert_int_equal(flags_of(ledger, "kim/none", BASE) & both, JK_FLAG_LICENSE_UNKNOWN);
    assert_int_equal(spell_of(ledger, "kim/nc", BASE)->license_class, JK_LICENSE_NON_COMMERCIAL);
    uint32_t before = jk_book_size(ledger->book);
    /* a correction changes what holds from it on */
    OK(jk_ledger_license(ledger, "LicenseRef-what", JK_PERMISSION_YES, JK_PERMISSION_YES, JK_PERMISSION_YES, ""));
    assert_int_equal(flags_of(ledger, "kim/what", BASE) & both, 0);
    assert_true(spell_at(ledger, "kim/what", BASE, before)->flags & JK_FLAG_LICENSE_UNKNOWN);
    enum jk_permission may[JK_PERMISSION_KINDS];
    jk_book_permissions(ledger->book, JK_SPAN("LicenseRef-what AND CC-BY-NC-4.0"), before, may);
    assert_int_equal(may[JK_MAY_COMMERCIAL], JK_PERMISSION_NO);
    assert_int_equal(may[JK_MAY_DERIVE], JK_PERMISSION_UNKNOWN);
    jk_book_permissions(ledger->book, JK_SPAN("LicenseRef-what OR CC-BY-NC-4.0"), NOW, may);
    assert_int_equal(may[JK_MAY_COMMERCIAL], JK_PERMISSION_YES);
    /* an ancestor that permits no derivatives is a conflict, even for an unknown licence */
    OK(jk_ledger_license(ledger, "Apache-2.0", JK_PERMISSION_YES, JK_PERMISSION_NO, JK_PERMISSION_YES, ""));
    assert_int_equal(flags_of(ledger, "kim/none", BASE) & both, JK_FLAG_LICENSE_CONFLICT);
}

/* Beyond a root: what a base model was built on counts for licences and weights, not for roots. */
static void test_beyond_roots(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)), .license = "CC-BY-NC-4.0", .weights = 5)));
    OK(jk_ledger_list(ledger, "kim/a", "red", true, JK_ANSWER_YES, JK_ANSWER_YES));
    OK(jk_ledger_register(ledger, MODEL("kim/b", OF(PARENT("kim/a")), .weights = 900)));
    assert_null(spell_of(ledger, "kim/b", BASE));
    assert_true(flags_of(ledger, "kim/b", "kim/a") & JK_FLAG_ANCESTOR_WEIGHTS);
    assert_true(flags_of(ledger, "kim/b", "kim/a") & JK_FLAG_LICENSE_CONFLICT);
}

/* ---- limits ---- */

static void test_roster_limit(void **state)
{
    struct jk_ledger *ledger = *state;
    char name[64], last[64] = BASE;
    for (int i = 2; i < JK_BOOK_BASES; i++) {
        snprintf(name, sizeof name, "kim/base-%d", i);
        OK(jk_ledger_register(ledger, MODEL(name)));
        OK(jk_ledger_list(ledger, name, "red", true, JK_ANSWER_YES, JK_ANSWER_YES));
        snprintf(last, sizeof last, "%s", name);
    }
    OK(jk_ledger_register(ledger, MODEL("kim/one-more")));
    REFUSED(jk_ledger_list(ledger, "kim/one-more", "red", true, JK_ANSWER_YES, JK_ANSWER_YES));
    says(ledger, "at most 1024");
    OK(jk_ledger_list(ledger, last, "red", false, JK_ANSWER_YES, JK_ANSWER_YES)); /* a known one may change */
    /* a derivative of all bases but that one, by merges of merges */
    OK(jk_ledger_register(ledger, MODEL("park/all-2", OF(PARENT(BASE), PARENT(OTHER)))));
    for (int i = 3; i < JK_BOOK_BASES; i++) {
        char merged[64], before[64];
        snprintf(name, sizeof name, "kim/base-%d", i - 1);
        snprintf(merged, sizeof merged, "park/all-%d", i);
        snprintf(before, sizeof before, "park/all-%d", i - 1);
        OK(jk_ledger_register(ledger, MODEL(merged, OF(PARENT(name), PARENT(before)))));
    }
    uint32_t count = 0;
    snprintf(name, sizeof name, "park/all-%d", JK_BOOK_BASES - 1);
    for (const struct jk_spell *spell = NULL;
         (spell = jk_book_spell(ledger->book, slot(ledger, name), jk_book_size(ledger->book), spell)) != NULL;)
        count++;
    assert_int_equal(count, JK_BOOK_BASES - 1);
}

static void test_long_chain(void **state)
{
    struct jk_ledger *ledger = *state;
    char name[64], last[64] = BASE;
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "kim/link-%d", i);
        OK(jk_ledger_register(ledger, MODEL(name, OF(PARENT(last)), .weights = 1)));
        snprintf(last, sizeof last, "%s", name);
    }
    assert_int_equal(spell_of(ledger, last, BASE)->depth, 10000);
    REFUSED(jk_ledger_release(ledger, MODEL(BASE, .version = "2", OF(PARENT(last)))));
    OK(jk_ledger_list(ledger, "kim/link-0", "blue", true, JK_ANSWER_YES, JK_ANSWER_YES)); /* moves the whole chain */
    assert_null(spell_of(ledger, last, BASE));
    assert_int_equal(spell_of(ledger, last, "kim/link-0")->depth, 9999);
}

/* What was worked out under entries that were taken back must not pass for what other entries in their place mean. */
static void test_undo_forgets(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)))));
    OK(jk_ledger_register(ledger, MODEL("kim/b", OF(PARENT("kim/a")))));
    struct jk_book_mark mark = jk_book_mark(ledger->book);
    OK(jk_ledger_list(ledger, "kim/a", "blue", true, JK_ANSWER_YES, JK_ANSWER_YES));
    assert_int_equal(spell_of(ledger, "kim/b", "kim/a")->depth, 1);
    jk_book_undo(ledger->book, mark);
    assert_int_equal(spell_of(ledger, "kim/b", BASE)->depth, 2);
    OK(jk_ledger_license(ledger, "Apache-2.0", JK_PERMISSION_NO, JK_PERMISSION_YES, JK_PERMISSION_YES, ""));
    jk_book_keep(ledger->book);
    assert_null(spell_of(ledger, "kim/b", "kim/a"));
    assert_int_equal(spell_of(ledger, "kim/b", BASE)->depth, 2);
    assert_int_equal(spell_of(ledger, "kim/b", BASE)->license_class, JK_LICENSE_NON_COMMERCIAL);
}

/* ---- changed models ---- */

static void test_changed(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t models[8];
    while (jk_book_changed(ledger->book, models, 8) > 0)
        continue;
    struct jk_book_mark mark = jk_book_mark(ledger->book);
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)))));
    jk_book_undo(ledger->book, mark);
    assert_int_equal(jk_book_changed(ledger->book, models, 8), 0);
    OK(jk_ledger_register(ledger, MODEL("kim/b", OF(PARENT(BASE)))));
    OK(jk_ledger_register(ledger, MODEL("kim/c", OF(PARENT(BASE)))));
    OK(jk_ledger_yank(ledger, "kim/b", "1", JK_KIND_YANK));
    jk_book_keep(ledger->book);
    assert_int_equal(jk_book_changed(ledger->book, models, 1), 1);
    assert_int_equal(models[0], slot(ledger, "kim/b"));
    OK(jk_ledger_move(ledger, "kim/b", "kim/d", JK_KIND_RENAME)); /* given already: listed again */
    assert_int_equal(jk_book_changed(ledger->book, models, 8), 2);
    assert_int_equal(models[0], slot(ledger, "kim/c"));
    assert_int_equal(models[1], slot(ledger, "kim/d"));
    assert_int_equal(jk_book_changed(ledger->book, models, 8), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_order),         TEST(test_init_facts),    TEST(test_names),
        TEST(test_reserved),      TEST(test_nearest),       TEST(test_releases),
        TEST(test_spell_bounds),  TEST(test_parents),       TEST(test_depth_and_roots),
        TEST(test_cycles),        TEST(test_adoption),      TEST(test_children),
        TEST(test_self),          TEST(test_affiliate),     TEST(test_publisher_states),
        TEST(test_writes_on_day), TEST(test_base_facts),    TEST(test_weights),
        TEST(test_naming),        TEST(test_license_drift), TEST(test_beyond_roots),
        TEST(test_roster_limit),  TEST(test_long_chain),    TEST(test_changed),
        TEST(test_undo_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
