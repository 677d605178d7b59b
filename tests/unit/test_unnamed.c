/* service/unnamed: what a release names stays, whatever it names it as and whatever became of the release; and how long
 * the rest is kept, one past the edge. */
#include "support/book_world.h"

#include "book/vouched.h"
#include "service/records/unnamed.h"

#define DAY  INT64_C(86400000000)
#define KEEP (7 * DAY)

enum { FIRST = 100, COUNT = 6 };

/* Which of the numbers FIRST … FIRST+COUNT-1 are named by the releases from … to-1. */
static unsigned named_by(const struct jk_ledger *ledger, uint32_t from, uint32_t to)
{
    struct jk_digest digests[COUNT];
    bool named[COUNT] = {false};
    struct jk_unnamed unnamed = {digests, named, COUNT};
    unsigned bits = 0;
    for (unsigned i = 0; i < COUNT; i++)
        digests[i] = jk_ledger_digest(FIRST + i);
    jk_unnamed_sort(digests, COUNT);
    for (unsigned i = 0; i + 1 < COUNT; i++)
        assert_true(memcmp(&digests[i], &digests[i + 1], sizeof digests[i]) < 0);
    struct jk_unnamed_seen seen = {.releases = from,
                                   .observations = jk_book_observations(ledger->book, NOW),
                                   .censuses = jk_book_censuses(ledger->book, NOW)};
    (void)jk_unnamed_see(&unnamed, ledger->book, jk_book_size(ledger->book), to - from, &seen);
    assert_int_equal(seen.releases, to);
    for (unsigned i = 0; i < COUNT; i++) {
        struct jk_digest digest = jk_ledger_digest(FIRST + i);
        for (unsigned j = 0; j < COUNT; j++)
            if (jk_digest_equal(&digests[j], &digest) && named[j]) bits |= 1u << i;
    }
    return bits;
}

static void test_what_is_named(void **state)
{
    struct jk_ledger *ledger = *state;
    uint32_t before = jk_book_releases(ledger->book, NOW);
    assert_int_equal(named_by(ledger, 0, before), 0);
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)), .artifact = FIRST, .license_text = FIRST + 1)));
    OK(jk_ledger_register(ledger, MODEL("kim/b", OF(PARENT(BASE)), .weights = FIRST + 2)));
    assert_int_equal(named_by(ledger, 0, jk_book_releases(ledger->book, NOW)), 3); /* weights are no blob's digest */
    OK(jk_ledger_yank(ledger, "kim/a", "1", JK_KIND_YANK));
    OK(jk_ledger_release(
        ledger, MODEL("kim/a", .version = "2", OF(PARENT(BASE)), .artifact = FIRST + 1, .license_text = FIRST + 3)));
    uint32_t after = jk_book_releases(ledger->book, NOW);
    assert_int_equal(after, before + 3);
    assert_int_equal(named_by(ledger, 0, after), 11); /* a yanked release names them still */
    assert_int_equal(named_by(ledger, before + 2, after), 10);
    assert_int_equal(named_by(ledger, before, before + 1), 3);
    assert_int_equal(named_by(ledger, after, after), 0);
}

/* What was observed names the record, also when it has changed since; and a complete run its list. */
static void test_what_was_seen(void **state)
{
    struct jk_ledger *ledger = *state;
    struct jk_entry seen = {.kind = JK_KIND_OBSERVE,
                            .actor.type = JK_ACTOR_REGISTRAR,
                            .hub = JK_SPAN("huggingface.co"),
                            .id = JK_SPAN("kim/a"),
                            .record = jk_ledger_digest(FIRST),
                            .created_us = JK_TIME_NONE,
                            .modified_us = JK_TIME_NONE};
    struct jk_entry run = {.kind = JK_KIND_CENSUS,
                           .actor.type = JK_ACTOR_REGISTRAR,
                           .hub = JK_SPAN("huggingface.co"),
                           .bases = JK_SPAN(BASE),
                           .started_us = ledger->time_us,
                           .list = jk_ledger_digest(FIRST + 2)};
    struct jk_digest digests[3];
    bool named[3] = {false};
    struct jk_unnamed unnamed = {digests, named, 3};
    struct jk_unnamed_seen examined = {0, 0, 0};
    for (unsigned i = 0; i < 3; i++)
        digests[i] = jk_ledger_digest(FIRST + i);
    jk_unnamed_sort(digests, 3);
    OK(jk_ledger_add(ledger, &seen));
    seen.record = jk_ledger_digest(FIRST + 1);
    OK(jk_ledger_add(ledger, &seen));
    uint32_t n = jk_book_size(ledger->book);
    OK(jk_ledger_add(ledger, &run));
    while (!jk_unnamed_see(&unnamed, ledger->book, n, 1, &examined))
        continue;
    for (unsigned i = 0; i < 3; i++) {
        struct jk_digest list = jk_ledger_digest(FIRST + 2);
        assert_int_equal(named[i], !jk_digest_equal(&digests[i], &list)); /* nothing of what came after n */
    }
    assert_true(jk_unnamed_see(&unnamed, ledger->book, jk_book_size(ledger->book), 1, &examined));
    assert_true(named[0] && named[1] && named[2]);
    assert_int_equal(examined.observations, 2);
}

/* A reference names its manifest, replaced or not; an attestation its challenge text, evidence its text. */
static void test_what_was_vouched(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL("kim/a", OF(PARENT(BASE)), .artifact = 1)));
    uint32_t release = jk_book_newest(ledger->book, slot(ledger, "kim/a"), NOW), parent;
    struct jk_digest hash = jk_book_release(ledger->book, release)->hash;
    const struct jk_actor verifier = {JK_ACTOR_VERIFIER, JK_SPAN("kisti")};
    struct jk_text grades;
    struct jk_entry reference = {.kind = JK_KIND_REFERENCE,
                                 .actor.type = JK_ACTOR_REGISTRAR,
                                 .external = JK_SPAN("hub.example/a/b"),
                                 .artifact = jk_ledger_digest(FIRST),
                                 .released_us = JK_TIME_NONE,
                                 .evidence = JK_SPAN("a hub")};
    struct jk_entry appoint = {.kind = JK_KIND_VERIFIER,
                               .actor.type = JK_ACTOR_EVALUATOR,
                               .verifier = JK_SPAN("kisti"),
                               .institution = JK_SPAN("KISTI"),
                               .evidence = JK_SPAN("looks at weights"),
                               .needs_second = JK_ANSWER_NO};
    struct jk_entry challenge = {.kind = JK_KIND_CHALLENGE, .actor = verifier, .release = hash};
    struct jk_entry attest = {.kind = JK_KIND_ATTEST,
                              .actor = verifier,
                              .artifact = jk_ledger_digest(FIRST + 4),
                              .sketches = jk_ledger_digest(FIRST + 2)};
    struct jk_entry evidence = {.kind = JK_KIND_EVIDENCE,
                                .actor.type = JK_ACTOR_SERVER,
                                .release = hash,
                                .attest = JK_TARGET_NONE,
                                .findings = jk_ledger_digest(FIRST + 3)};
    OK(jk_ledger_add(ledger, &reference));
    reference.artifact = jk_ledger_digest(FIRST + 1);
    OK(jk_ledger_add(ledger, &reference));
    OK(jk_ledger_add(ledger, &appoint));
    attest.target = jk_book_size(ledger->book);
    OK(jk_ledger_add(ledger, &challenge));
    OK(jk_ledger_add(ledger, &attest));
    evidence.at = jk_book_size(ledger->book);
    parent = jk_book_release(ledger->book, release)->parents[0].slot;
    struct jk_graded item = {.parent = jk_book_release(ledger->book, parent)->hash, .grade = JK_GRADE_NONE};
    jk_text_init(&grades, 0);
    jk_graded_write(&item, &grades);
    evidence.grades = jk_text_span(&grades);
    OK(jk_ledger_add(ledger, &evidence));
    jk_text_done(&grades);
    /* what the verifier found is only a digest: nobody brought it */
    assert_int_equal(named_by(ledger, 0, jk_book_releases(ledger->book, NOW)), 15);
}

static void test_none_to_look_for(void **state)
{
    const struct jk_ledger *ledger = *state;
    struct jk_unnamed unnamed = {NULL, NULL, 0};
    jk_unnamed_sort(NULL, 0);
    struct jk_unnamed_seen seen = {0, 0, 0};
    assert_true(jk_unnamed_see(&unnamed, ledger->book, jk_book_size(ledger->book), UINT32_MAX, &seen));
    assert_int_equal(unnamed.count, 0);
}

static void test_how_long(void **state)
{
    struct jk_blob_facts blob = {.created_us = 3 * DAY};
    int64_t end_us = 3 * DAY + KEEP + JK_BLOB_RENEW_US;
    (void)state;
    assert_false(jk_unnamed_is_over(&blob, 0, KEEP)); /* the clock is behind */
    assert_false(jk_unnamed_is_over(&blob, end_us, KEEP));
    assert_true(jk_unnamed_is_over(&blob, end_us + 1, KEEP));
    blob.renewed_us = 4 * DAY;
    assert_false(jk_unnamed_is_over(&blob, end_us + DAY, KEEP));
    assert_true(jk_unnamed_is_over(&blob, end_us + DAY + 1, KEEP));
    blob.renewed_us = 1; /* never earlier than it was made */
    assert_false(jk_unnamed_is_over(&blob, end_us, KEEP));
    for (int gone = JK_BLOB_WITHDRAWN; gone <= JK_BLOB_REMOVED; gone++) {
        blob.state = (enum jk_blob_state)gone;
        assert_false(jk_unnamed_is_over(&blob, INT64_MAX, KEEP));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_what_is_named), TEST(test_what_was_seen), TEST(test_what_was_vouched),
                                       TEST(test_none_to_look_for), cmocka_unit_test(test_how_long)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
