/* The book's rules, one scenario each: entries, names, releases, parents, adoption, and what it refuses. */
#include "book/book_ask.h"
#include "domain/spdx.h"
#include "support/book_world.h"

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

/* ---- what the SPDX list tells ---- */

static void permits(const struct jk_ledger *ledger, const char *license, uint32_t n, enum jk_permission expected)
{
    enum jk_permission found[JK_PERMISSION_KINDS];
    jk_book_permissions_listed(ledger->book, jk_span_of(license), n, found);
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        assert_int_equal(found[kind], expected);
    if (strcmp(license, "Apache-2.0") == 0) return;
    jk_book_permissions(ledger->book, jk_span_of(license), n, found); /* rule set 1 knows facts alone */
    assert_int_equal(found[JK_MAY_DERIVE], JK_PERMISSION_UNKNOWN);
}

/* From the entry on that names the list, and up to one that names another; facts go before it. */
static void test_listed_permissions(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t none = jk_book_size(ledger->book);
    add_list(ledger, jk_spdx_list_digest());
    uint32_t known = jk_book_size(ledger->book);
    add_list(ledger, jk_digest_of(JK_SPAN("a list of before")));
    uint32_t other = jk_book_size(ledger->book);
    permits(ledger, "ISC", none, JK_PERMISSION_UNKNOWN);
    permits(ledger, "ISC", known, JK_PERMISSION_YES);
    permits(ledger, "ISC", other, JK_PERMISSION_UNKNOWN);
    permits(ledger, "ISC AND LicenseRef-own", known, JK_PERMISSION_UNKNOWN);
    permits(ledger, "ISC OR LicenseRef-own", known, JK_PERMISSION_YES);
    permits(ledger, "Apache-2.0", other, JK_PERMISSION_YES);
    OK(jk_ledger_license(ledger, "Apache-2.0", JK_PERMISSION_NO, JK_PERMISSION_NO, JK_PERMISSION_NO, ""));
    add_list(ledger, jk_spdx_list_digest());
    permits(ledger, "Apache-2.0", jk_book_size(ledger->book), JK_PERMISSION_NO);
    permits(ledger, "ISC", jk_book_size(ledger->book), JK_PERMISSION_YES);
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
    const struct jk_reserved *found = jk_book_find_reserved(ledger->book, JK_SPAN("Red_AI"), NOW);
    assert_non_null(found);
    assert_true(jk_span_equal(found->text, JK_SPAN("red-ai")));
    assert_int_equal(found->kind, JK_RESERVED_PUBLISHER);
    assert_non_null(jk_book_find_reserved(ledger->book, JK_SPAN("redai"), NOW));
    assert_non_null(jk_book_find_reserved(ledger->book, JK_SPAN("red-a1-labs"), NOW)); /* its trunk */
    const struct jk_reserved *before = jk_book_find_reserved(ledger->book, JK_SPAN("red-ai"), found->from);
    assert_non_null(before); /* the team's id was there earlier, and its trunk is the same */
    assert_int_equal(before->kind, JK_RESERVED_TEAM);
    assert_true(jk_span_equal(before->text, JK_SPAN("red")));
    assert_null(jk_book_find_reserved(ledger->book, JK_SPAN("red-ai"), before->from)); /* before the roster said so */
    assert_null(jk_book_find_reserved(ledger->book, JK_SPAN("kim"), NOW));
    char name[JK_LABEL_MAX + 2];
    memset(name, 'a', sizeof name);
    assert_null(jk_book_find_reserved(ledger->book, (struct jk_span){name, sizeof name}, NOW));
    OK(jk_ledger_register(ledger, MODEL("kim/m", OF(PARENT(BASE)))));
    OK(jk_ledger_list(ledger, "kim/m", "red", true, JK_ANSWER_YES, JK_ANSWER_YES));
    assert_non_null(jk_book_find_reserved(ledger->book, JK_SPAN("k.i.m"), NOW)); /* publisher of a base model */
    assert_null(jk_book_find_reserved(ledger->book, JK_SPAN("1ee"), NOW));
    struct jk_book_mark mark = jk_book_mark(ledger->book);
    OK(jk_ledger_operates(ledger, "Institute", "Lee", NEVER, NEVER));
    OK(jk_ledger_team(ledger, "green-labs", ledger->time_us));
    assert_non_null(jk_book_find_reserved(ledger->book, JK_SPAN("1ee"), NOW)); /* operated, says the roster */
    assert_int_equal(jk_book_find_reserved(ledger->book, JK_SPAN("g.r.e.e.n"), NOW)->kind, JK_RESERVED_TEAM);
    jk_book_undo(ledger->book, mark);
    assert_null(jk_book_find_reserved(ledger->book, JK_SPAN("1ee"), NOW));
    assert_null(jk_book_find_reserved(ledger->book, JK_SPAN("green"), NOW));
}

static void test_verified_since(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t kim = jk_book_find_publisher(ledger->book, JK_SPAN("kim"), NOW), first = jk_book_size(ledger->book);
    assert_int_equal(jk_book_verified_since(ledger->book, kim, NOW), JK_NONE);
    OK(jk_ledger_verify(ledger, "kim", JK_KIND_VERIFY));
    OK(jk_ledger_publisher(ledger, "somebody"));
    OK(jk_ledger_verify(ledger, "KIM", JK_KIND_UNVERIFY));
    OK(jk_ledger_verify(ledger, "kim", JK_KIND_VERIFY));
    for (uint32_t n = 0; n <= first + 4; n++) { /* at each size, what was so then */
        uint32_t since = n > first + 3 ? first + 3 : n > first && n <= first + 2 ? first : JK_NONE;
        assert_int_equal(jk_book_verified_since(ledger->book, kim, n), since);
        assert_int_equal(jk_book_is_verified(ledger->book, kim, n), since != JK_NONE);
    }
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

static void assert_nearest_publisher(struct jk_ledger *ledger, const char *name, uint32_t n, const char *expected)
{
    struct jk_span names[4];
    size_t count = jk_book_nearest_publishers(ledger->book, jk_span_of(name), n, names, 4);
    assert_int_equal(count, expected ? 1 : 0);
    if (expected) assert_true(jk_span_equal(names[0], jk_span_of(expected)));
}

static void test_nearest_publishers(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t before = jk_book_size(ledger->book);
    OK(jk_ledger_publisher(ledger, "hangang"));
    assert_nearest_publisher(ledger, "hangnag", NOW, "hangang"); /* letters that changed places */
    assert_nearest_publisher(ledger, "Hangang-AI", NOW, "hangang");
    assert_nearest_publisher(ledger, "han-gang", NOW, "hangang");
    assert_nearest_publisher(ledger, "hangnag", before, NULL);
    assert_nearest_publisher(ledger, "nakdong", NOW, NULL);
    assert_nearest_publisher(ledger, "kin", NOW, "kim");
    assert_nearest_publisher(ledger, "no name", NOW, NULL);
    uint32_t few = 511; /* with it, as many as are compared */
    char name[16];
    for (uint32_t i = 0; i <= few; i++) {
        assert_nearest_publisher(ledger, "hangnag", NOW, "hangang");
        snprintf(name, sizeof name, "%04u-org", i);
        OK(jk_ledger_publisher(ledger, name));
    }
    assert_nearest_publisher(ledger, "hangnag", NOW, NULL);
    assert_nearest_publisher(ledger, "rad-ai", NOW, "red-ai"); /* a base model's, always */
}

/* ---- releases ---- */

static void test_releases(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/m", OF(PARENT(BASE)), .artifact = 1, .license_text = 1)));
    uint32_t model = slot(ledger, "kim/m");
    uint32_t one = jk_book_size(ledger->book);
    assert_int_equal(flags_of(ledger, "kim/m", BASE), JK_FLAG_UNVERIFIED | JK_FLAG_NOT_HELD);
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
    says(ledger, "occurs twice"); /* one release by two names */
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

static uint32_t links_above(const struct jk_ledger *ledger, const char *name, uint32_t most)
{
    const struct jk_release *release =
        jk_book_release(ledger->book, jk_book_newest(ledger->book, slot(ledger, name), NOW));
    return jk_book_lineage_links(ledger->book, release->parents, release->parent_count, NOW, most);
}

/* Each ancestor's parents once, over whichever ways it is reached; and those of who adopted an external. */
static void test_lineage_links(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)))));
    OK(jk_ledger_register(ledger, MODEL("kim/b", OF(PARENT("kim/a"), PARENT(OTHER)))));
    OK(jk_ledger_register(ledger, MODEL("kim/c", OF(PARENT("kim/a"), PARENT("kim/b")))));
    OK(jk_ledger_register(ledger,
                          MODEL("kim/d", OF(PARENT("kim/c"), PARENT("kim/b"), EXTERNAL("huggingface.co/x/y")))));
    assert_int_equal(links_above(ledger, "kim/a", 100), 1);
    assert_int_equal(links_above(ledger, "kim/b", 100), 2 + 1);
    assert_int_equal(links_above(ledger, "kim/c", 100), 2 + 2 + 1);
    assert_int_equal(links_above(ledger, "kim/d", 100), 3 + 2 + 2 + 1);
    assert_true(links_above(ledger, "kim/d", 7) > 7);
    assert_int_equal(links_above(ledger, "kim/d", 3), 5); /* not counted on */
    OK(jk_ledger_register(ledger, MODEL("kim/e", OF(PARENT(BASE), PARENT(OTHER)))));
    OK(jk_ledger_adopt(ledger, "huggingface.co/x/y", "kim/e"));
    assert_int_equal(links_above(ledger, "kim/d", 100), 3 + 2 + 2 + 1 + 2);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_order),
        TEST(test_init_facts),
        TEST(test_names),
        TEST(test_reserved),
        TEST(test_verified_since),
        TEST(test_nearest),
        TEST(test_releases),
        TEST(test_spell_bounds),
        TEST(test_parents),
        TEST(test_depth_and_roots),
        TEST(test_cycles),
        TEST(test_lineage_links),
        TEST(test_adoption),
        TEST(test_children),
        TEST(test_listed_permissions),
        TEST(test_nearest_publishers),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
