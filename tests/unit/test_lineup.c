/* With whom a release's weights are compared: each kind of kin and of others in its place, once; and however many there are,
 * each link is gone up once, and writers pass meanwhile. */
#include "support/book_world.h"

#include "examine/lineup.h"

#define CHILD          "kim/Child"
#define REVISION       "0123456789012345678901234567890123456789"
#define OTHER_REVISION "9876543210987654321098765432109876543210"
#define FAR(hex)                                                                                                       \
    {                                                                                                                  \
        .external = "huggingface.co/org/far", .revision = (hex)                                                        \
    }

struct breaths {
    unsigned taken, most; /* refuses behind `most` */
};

static enum jk_status take_breath(void *context, struct jk_error *error)
{
    struct breaths *breaths = context;
    return breaths->taken++ < breaths->most ? JK_OK
                                            : jk_fail(error, JK_UNAVAILABLE, "STOPPING", "the server is stopping");
}

struct lined_up {
    struct jk_ledger *ledger;
    struct breaths breaths;
    struct jk_breath breath;
    struct jk_lineup *lineup;
    const struct jk_compared *all;
    size_t count;
};

static void begin_of(struct lined_up *lined_up, struct jk_ledger *ledger, const char *model)
{
    *lined_up = (struct lined_up){.ledger = ledger, .breaths.most = UINT32_MAX};
    lined_up->breath = (struct jk_breath){take_breath, &lined_up->breaths};
    uint32_t n = jk_book_size(ledger->book);
    lined_up->lineup =
        jk_lineup_new(ledger->book, jk_book_newest(ledger->book, slot(ledger, model), n), n, &lined_up->breath);
    assert_non_null(lined_up->lineup);
    OK(jk_lineup_begin(lined_up->lineup, ledger->book, &ledger->error));
}

static void find(struct lined_up *lined_up, unsigned found, unsigned artifact)
{
    struct jk_digest digest = jk_ledger_digest(artifact);
    OK(jk_lineup_find(lined_up->lineup, lined_up->ledger->book, found, &digest, 1, &lined_up->ledger->error));
}

static void end_of(struct lined_up *lined_up)
{
    lined_up->all = jk_lineup_end(lined_up->lineup, &lined_up->count);
    assert_non_null(lined_up->all);
}

static void is_at(const struct lined_up *lined_up, size_t at, enum jk_tie tie, unsigned found, unsigned artifact)
{
    struct jk_digest digest = jk_ledger_digest(artifact);
    assert_true(at < lined_up->count);
    assert_int_equal(lined_up->all[at].tie, tie);
    assert_int_equal(lined_up->all[at].found, found);
    assert_true(jk_digest_equal(&lined_up->all[at].artifact, &digest));
}

static bool is_among(const struct lined_up *lined_up, size_t from, size_t until, unsigned artifact)
{
    struct jk_digest digest = jk_ledger_digest(artifact);
    for (size_t i = from; i < until && i < lined_up->count; i++)
        if (jk_digest_equal(&lined_up->all[i].artifact, &digest)) return true;
    return false;
}

/* A model whose manifest, of that number, is held. */
static void weigh(struct jk_ledger *ledger, struct jk_ledger_model *model, unsigned artifact)
{
    model->artifact = artifact;
    OK(jk_ledger_register(ledger, model));
    OK(jk_ledger_held(ledger, artifact, 0, 0));
}

static void refer(struct jk_ledger *ledger, const char *external, const char *revision, unsigned artifact)
{
    struct jk_entry entry = {.kind = JK_KIND_REFERENCE,
                             .actor.type = JK_ACTOR_REGISTRAR,
                             .external = jk_span_of(external),
                             .revision_hex = jk_span_of(revision),
                             .artifact = jk_ledger_digest(artifact),
                             .released_us = JK_TIME_NONE,
                             .evidence = JK_SPAN("from the hub's files")};
    OK(jk_ledger_add(ledger, &entry));
}

static void each_in_its_place(void **state)
{
    struct jk_ledger *ledger = *state;
    struct lined_up lined_up;
    refer(ledger, "huggingface.co/org/far", REVISION, 30);
    refer(ledger, "huggingface.co/org/free", "", 31);
    weigh(ledger, MODEL("kim/Grand", OF(PARENT(BASE), FAR(REVISION), FAR(OTHER_REVISION))), 1);
    weigh(ledger, MODEL("kim/Aunt", OF(PARENT("kim/Grand"), FAR(REVISION))), 2);
    weigh(ledger, MODEL("kim/Parent", OF(PARENT("kim/Aunt"))), 3);
    weigh(ledger, MODEL("Lee/Stranger", OF(PARENT(OTHER))), 4);
    weigh(ledger, MODEL("Lee/Yanked", OF(PARENT(OTHER))), 5);
    OK(jk_ledger_yank(ledger, "Lee/Yanked", "1", JK_KIND_YANK));
    OK(jk_ledger_register(ledger, MODEL("Lee/Bare", OF(PARENT(OTHER)), .artifact = 6)));
    weigh(ledger, MODEL(CHILD, OF(PARENT("kim/Parent"))), 7);
    OK(jk_ledger_register(ledger, MODEL("park/Between", OF(PARENT(CHILD)))));
    weigh(ledger, MODEL("park/Descendant", OF(PARENT("park/Between"))), 8);
    begin_of(&lined_up, ledger, CHILD);
    for (unsigned artifact = 1; artifact <= 8; artifact++)
        find(&lined_up, JK_FOUND_EQUAL, artifact);
    find(&lined_up, JK_FOUND_ALIKE, 4);
    end_of(&lined_up);
    is_at(&lined_up, 0, JK_TIE_PARENT, 0, 3);
    is_at(&lined_up, 1, JK_TIE_ANCESTOR, 0, 2);
    assert_true(is_among(&lined_up, 2, 4, 1) && is_among(&lined_up, 2, 4, 30));
    is_at(&lined_up, 4, JK_TIE_OTHER, 0, 31);
    is_at(&lined_up, 5, JK_TIE_OTHER, JK_FOUND_EQUAL | JK_FOUND_ALIKE, 4);
    assert_int_equal(lined_up.count, 6);
    jk_lineup_free(lined_up.lineup);
}

/* An external that two models name, each with two revisions in turn, and the model that adopted it. */
static void an_adopted_external(void **state)
{
    struct jk_ledger *ledger = *state;
    struct lined_up lined_up;
    weigh(ledger, MODEL("Lee/Root", OF(PARENT(OTHER))), 1);
    weigh(ledger, MODEL("Lee/Adopter", OF(PARENT("Lee/Root"))), 2);
    OK(jk_ledger_register(ledger, MODEL("kim/One", OF(PARENT(BASE), FAR(REVISION), FAR(OTHER_REVISION)))));
    OK(jk_ledger_register(ledger, MODEL("kim/Two", OF(PARENT("kim/One"), FAR(REVISION), FAR(OTHER_REVISION)))));
    weigh(ledger, MODEL(CHILD, OF(PARENT("kim/Two"))), 3);
    OK(jk_ledger_adopt(ledger, "huggingface.co/org/far", "Lee/Adopter"));
    begin_of(&lined_up, ledger, CHILD);
    find(&lined_up, JK_FOUND_EQUAL, 1);
    find(&lined_up, JK_FOUND_EQUAL, 2);
    end_of(&lined_up);
    unsigned of_adopter = 0;
    for (size_t i = 1; i < lined_up.count; i++) {
        struct jk_digest digest = jk_ledger_digest(2);
        assert_int_equal(lined_up.all[i].tie, JK_TIE_ANCESTOR);
        of_adopter += jk_digest_equal(&lined_up.all[i].artifact, &digest);
    }
    assert_int_equal(of_adopter, 3); /* by itself, and for two revisions */
    is_at(&lined_up, 4, JK_TIE_ANCESTOR, 0, 1);
    assert_int_equal(lined_up.count, 5);
    jk_lineup_free(lined_up.lineup);
}

/* A tower of merges, each of all that are just below it; every one of them is found. */
static unsigned build_tower(struct jk_ledger *ledger, const char *publisher, unsigned height)
{
    static char names[2048][24];
    assert_true(height <= 2048);
    for (unsigned i = 0; i < height; i++) {
        struct jk_ledger_model model = {.model = names[i], .artifact = 1000 + i};
        snprintf(names[i], sizeof names[i], "%s/t%u", publisher, i);
        model.parents[0].model = i == 0 ? OTHER : names[i - 1];
        for (unsigned k = 1; k < 8 && k < i; k++)
            model.parents[k].model = names[i - 1 - k];
        OK(jk_ledger_register(ledger, &model));
        OK(jk_ledger_held(ledger, 1000 + i, 0, 0));
    }
    return height * 8;
}

static void each_link_is_gone_up_once(void **state)
{
    struct jk_ledger *ledger = *state;
    struct lined_up lined_up;
    const unsigned height = 2000;
    unsigned links = build_tower(ledger, "Lee", height);
    weigh(ledger, MODEL(CHILD, OF(PARENT(BASE))), 1);
    begin_of(&lined_up, ledger, CHILD);
    for (unsigned i = 0; i < height; i++)
        find(&lined_up, JK_FOUND_EQUAL, 1000 + i);
    assert_in_range(lined_up.breaths.taken, 0, 2 * links / JK_BREATH_LINKS);
    end_of(&lined_up);
    assert_int_equal(lined_up.count, 1 + JK_FOUND_MAX);
    is_at(&lined_up, JK_FOUND_MAX, JK_TIE_OTHER, JK_FOUND_EQUAL, 1000 + JK_FOUND_MAX - 1);
    jk_lineup_free(lined_up.lineup);
}

/* Descendants are looked at again and again: writers pass, and whoever holds the book may end it. */
static void writers_pass(void **state)
{
    struct jk_ledger *ledger = *state;
    struct lined_up lined_up;
    const unsigned height = 2000;
    enum jk_status status = JK_OK;
    build_tower(ledger, "Lee", height);
    begin_of(&lined_up, ledger, "Lee/t0");
    for (unsigned i = 1; i < height; i++)
        find(&lined_up, JK_FOUND_EQUAL, 1000 + i);
    assert_true(lined_up.breaths.taken > 10);
    end_of(&lined_up);
    assert_int_equal(lined_up.count, 1); /* its parent: all others descend from it */
    jk_lineup_free(lined_up.lineup);

    begin_of(&lined_up, ledger, "Lee/t0");
    lined_up.breaths.most = 2;
    for (unsigned i = 1; i < height && status == JK_OK; i++) {
        struct jk_digest digest = jk_ledger_digest(1000 + i);
        status = jk_lineup_find(lined_up.lineup, ledger->book, JK_FOUND_EQUAL, &digest, 1, &ledger->error);
    }
    assert_int_equal(status, JK_UNAVAILABLE);
    assert_int_equal(lined_up.breaths.taken, 3);
    jk_lineup_free(lined_up.lineup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(each_in_its_place), TEST(an_adopted_external),
                                       TEST(each_link_is_gone_up_once), TEST(writers_pass)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
