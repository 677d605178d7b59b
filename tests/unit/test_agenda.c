/* Which evidence is due: each release once, however its manifest came; publishers by turns; what comes back waits for its
 * time; and nobody holds the book for long where much is no longer due. */
#include "support/book_world.h"

#include "book/breath.h"
#include "domain/grade.h"
#include "examine/agenda.h"

#define MANY 64 /* the agenda's first room */

static void look(struct jk_agenda *agenda, const struct jk_ledger *ledger)
{
    bool all = false;
    while (!all)
        assert_true(jk_agenda_look(agenda, ledger->book, jk_book_size(ledger->book), &all));
}

static enum jk_taken take(struct jk_agenda *agenda, const struct jk_ledger *ledger, int64_t now_ms,
                          struct jk_agenda_item *out_item)
{
    return jk_agenda_take(agenda, ledger->book, jk_book_size(ledger->book), now_ms, out_item);
}

static const char *takes(struct jk_agenda *agenda, const struct jk_ledger *ledger, int64_t now_ms)
{
    static char name[64];
    struct jk_agenda_item item;
    if (take(agenda, ledger, now_ms, &item) != JK_TAKEN) return "nobody";
    snprintf(name, sizeof name, "%.*s", JK_SPAN_ARG(jk_book_release(ledger->book, item.release)->name));
    return name;
}

static void each_release_once(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_agenda agenda = {0};
    OK(jk_ledger_register(ledger, MODEL("kim/Before", OF(PARENT(BASE)), .artifact = 1)));
    OK(jk_ledger_held(ledger, 1, 0, 0));
    OK(jk_ledger_register(ledger, MODEL("kim/After", OF(PARENT(BASE)), .artifact = 1)));
    OK(jk_ledger_register(ledger, MODEL("kim/Wrong", OF(PARENT(BASE)), .artifact = 1, .weights = 9)));
    look(&agenda, ledger);
    assert_int_equal(agenda.count, 2);
    assert_string_equal(takes(&agenda, ledger, 0), "kim/Before");
    assert_string_equal(takes(&agenda, ledger, 0), "kim/After");
    assert_string_equal(takes(&agenda, ledger, 0), "nobody");
    OK(jk_ledger_register(ledger, MODEL("kim/Later", OF(PARENT(BASE)), .artifact = 1)));
    look(&agenda, ledger);
    assert_string_equal(takes(&agenda, ledger, 0), "kim/Later");
    OK(jk_ledger_withdrawn(ledger, 1));
    OK(jk_ledger_register(ledger, MODEL("kim/Without", OF(PARENT(BASE)), .artifact = 1)));
    look(&agenda, ledger);
    assert_int_equal(agenda.count, 0);
    OK(jk_ledger_held(ledger, 1, 0, 0));
    look(&agenda, ledger);
    assert_int_equal(agenda.count, 4); /* those before have no evidence yet either */
    jk_agenda_done(&agenda);
}

static void publishers_by_turns(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_agenda agenda = {0};
    const char *models[] = {"kim/A", "kim/B", "Lee/A", "kim/C", "park/A"};
    for (unsigned i = 0; i < 5; i++) {
        OK(jk_ledger_register(ledger, MODEL(models[i], OF(PARENT(BASE)), .artifact = i + 1)));
        OK(jk_ledger_held(ledger, i + 1, 0, 0));
    }
    look(&agenda, ledger);
    const char *turns[] = {"kim/A", "Lee/A", "park/A", "kim/B", "kim/C", "nobody"};
    for (unsigned i = 0; i < 6; i++)
        assert_string_equal(takes(&agenda, ledger, 0), turns[i]);
    jk_agenda_done(&agenda);
}

static void name_many(struct jk_ledger *ledger, const char *publisher, unsigned count, unsigned artifact)
{
    for (unsigned i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s/m%u", publisher, i);
        OK(jk_ledger_register(ledger, MODEL(name, OF(PARENT(BASE)), .artifact = artifact)));
    }
}

/* There is a place for one that comes back, also where the others fill the room; it is taken when its time has come. */
static void one_comes_back(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_agenda agenda = {0};
    struct jk_agenda_item item;
    OK(jk_ledger_register(ledger, MODEL("Lee/First", OF(PARENT(BASE)), .artifact = 2)));
    OK(jk_ledger_held(ledger, 2, 0, 0));
    look(&agenda, ledger);
    assert_int_equal(take(&agenda, ledger, 0, &item), JK_TAKEN);
    name_many(ledger, "kim", MANY, 1);
    OK(jk_ledger_held(ledger, 1, 0, 0));
    look(&agenda, ledger);
    assert_int_equal(agenda.count, MANY);
    assert_true(agenda.room > agenda.count);
    jk_agenda_return(&agenda, &item, 1000);
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(strncmp(takes(&agenda, ledger, 999), "kim/", 4), 0);
    assert_string_equal(takes(&agenda, ledger, 999), "nobody");
    assert_string_equal(takes(&agenda, ledger, 1000), "Lee/First");
    jk_agenda_done(&agenda);
}

static void a_stretch_ends(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_agenda agenda = {0};
    struct jk_agenda_item item;
    const unsigned count = 500;
    name_many(ledger, "kim", count, 1);
    OK(jk_ledger_held(ledger, 1, 0, 0));
    look(&agenda, ledger);
    assert_int_equal(agenda.count, count);
    OK(jk_ledger_withdrawn(ledger, 1));
    assert_int_equal(take(&agenda, ledger, 0, &item), JK_TAKEN_NOT_YET);
    assert_in_range(count - agenda.count, 1, JK_BREATH_MODELS / (count - 10) + 1);
    enum jk_taken taken = JK_TAKEN_NOT_YET;
    while (taken == JK_TAKEN_NOT_YET)
        taken = take(&agenda, ledger, 0, &item);
    assert_int_equal(taken, JK_TAKEN_NONE);
    assert_int_equal(agenda.count, 0);
    jk_agenda_done(&agenda);
}

/* One manifest of very many releases is no one step. */
static void a_holding_takes_several_stretches(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_agenda agenda = {0};
    bool all;
    name_many(ledger, "kim", JK_BREATH_MODELS + 1, 1);
    OK(jk_ledger_held(ledger, 1, 0, 0));
    assert_true(jk_agenda_look(&agenda, ledger->book, jk_book_size(ledger->book), &all));
    assert_false(all);
    assert_int_equal(agenda.count, JK_BREATH_MODELS);
    look(&agenda, ledger);
    assert_int_equal(agenda.count, JK_BREATH_MODELS + 1);
    jk_agenda_done(&agenda);
}

/* Evidence of the newest release of a model, made at the size that the log has. */
static void compute(struct jk_ledger *ledger, const char *model, const char *parent)
{
    uint32_t slot = jk_book_newest(ledger->book, jk_book_find_model(ledger->book, jk_span_of(model), NOW), NOW);
    struct jk_text grades;
    struct jk_entry entry = {.kind = JK_KIND_EVIDENCE,
                             .actor.type = JK_ACTOR_SERVER,
                             .release = jk_book_release(ledger->book, slot)->hash,
                             .attest = JK_TARGET_NONE,
                             .at = jk_book_size(ledger->book),
                             .findings = jk_ledger_digest(7)};
    jk_text_init(&grades, 0);
    slot = jk_book_newest(ledger->book, jk_book_find_model(ledger->book, jk_span_of(parent), NOW), NOW);
    struct jk_graded item = {.parent = jk_book_release(ledger->book, slot)->hash, .grade = JK_GRADE_NONE};
    jk_graded_write(&item, &grades);
    entry.grades = jk_text_span(&grades);
    OK(jk_ledger_add(ledger, &entry));
    jk_text_done(&grades);
}

/* It is due for as long as the newest evidence is of a smaller size, and its manifest is held. */
static void somebody_asks_anew(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_agenda agenda = {0};
    struct jk_digest hash, unknown = jk_ledger_digest(99);
    OK(jk_ledger_register(ledger, MODEL("kim/Old", OF(PARENT(BASE)), .artifact = 1)));
    OK(jk_ledger_held(ledger, 1, 0, 0));
    look(&agenda, ledger);
    assert_string_equal(takes(&agenda, ledger, 0), "kim/Old");
    compute(ledger, "kim/Old", BASE);
    uint32_t n = jk_book_size(ledger->book), at = n - 1;
    hash = jk_book_release(ledger->book, jk_book_releases(ledger->book, n) - 1)->hash;
    assert_true(jk_agenda_wish(&agenda, ledger->book, &unknown, n, n));
    assert_true(jk_agenda_wish(&agenda, ledger->book, &hash, at, n));
    assert_int_equal(agenda.count, 0); /* it is of that size */
    assert_true(jk_agenda_wish(&agenda, ledger->book, &hash, at + 1, n));
    assert_true(jk_agenda_wish(&agenda, ledger->book, &hash, at + 1, n));
    assert_string_equal(takes(&agenda, ledger, 0), "kim/Old");
    compute(ledger, "kim/Old", BASE);
    assert_string_equal(takes(&agenda, ledger, 0), "nobody");
    n = jk_book_size(ledger->book);
    assert_true(jk_agenda_wish(&agenda, ledger->book, &hash, n, n));
    OK(jk_ledger_withdrawn(ledger, 1));
    assert_string_equal(takes(&agenda, ledger, 0), "nobody");
    jk_agenda_done(&agenda);
}

static bool has_come(const struct jk_ledger *ledger, uint32_t since)
{
    return jk_evidence_is_outdated(ledger->book, since, jk_book_size(ledger->book));
}

/* Whatever evidence is compared with, or looks for behind its parents. */
static void something_has_come(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_entry reference = {.kind = JK_KIND_REFERENCE,
                                 .actor.type = JK_ACTOR_REGISTRAR,
                                 .external = JK_SPAN("huggingface.co/org/r"),
                                 .artifact = jk_ledger_digest(5),
                                 .released_us = JK_TIME_NONE,
                                 .evidence = JK_SPAN("invented")};
    OK(jk_ledger_register(ledger, MODEL("kim/A", OF(PARENT(BASE)), .artifact = 1)));
    uint32_t since = jk_book_size(ledger->book);
    assert_false(has_come(ledger, since));
    OK(jk_ledger_register(ledger, MODEL("kim/Without", OF(PARENT(BASE)))));
    OK(jk_ledger_register(ledger, MODEL("kim/NotHeld", OF(PARENT(BASE)), .artifact = 3)));
    assert_false(has_come(ledger, since));
    OK(jk_ledger_held(ledger, 1, 0, 0));
    assert_true(has_come(ledger, since));
    since = jk_book_size(ledger->book);
    assert_false(has_come(ledger, since));
    OK(jk_ledger_register(ledger, MODEL("kim/Same", OF(PARENT(BASE)), .artifact = 1)));
    assert_true(has_come(ledger, since)); /* held before it was registered */
    since = jk_book_size(ledger->book);
    OK(jk_ledger_add(ledger, &reference));
    assert_true(has_come(ledger, since));
    since = jk_book_size(ledger->book);
    OK(jk_ledger_list(ledger, BASE, "red", true, JK_ANSWER_YES, JK_ANSWER_NO));
    assert_true(has_come(ledger, since));
    since = jk_book_size(ledger->book);
    OK(jk_ledger_adopt(ledger, "huggingface.co/org/x", "kim/A"));
    assert_true(has_come(ledger, since));
    since = jk_book_size(ledger->book);
    name_many(ledger, "park", JK_BREATH_MODELS, 0);
    assert_false(has_come(ledger, since));
    OK(jk_ledger_register(ledger, MODEL("park/more", OF(PARENT(BASE)))));
    assert_true(has_come(ledger, since)); /* more than are looked at */
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(each_release_once),
                                       TEST(publishers_by_turns),
                                       TEST(one_comes_back),
                                       TEST(a_stretch_ends),
                                       TEST(a_holding_takes_several_stretches),
                                       TEST(somebody_asks_anew),
                                       TEST(something_has_come)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
