/* Verifiers, challenges, attestations, references and evidence in the book: what their entries need, and what is known of
 * them at any size and after being taken back. */
#include "support/book_world.h"

#include "book/stage.h"
#include "book/vouched.h"

#define KISTI      "Institute of Science"
#define ARTIFACT   7
#define SKETCHES   8
#define FINDINGS   9
#define LEAF       "kim/Leaf"
#define WEEK_US    INT64_C(604800000000)
#define NO_DIFFERS ((struct jk_span){"", 0})

static uint32_t add(struct jk_ledger *ledger, struct jk_entry entry)
{
    OK(jk_ledger_add(ledger, &entry));
    return jk_book_size(ledger->book) - 1;
}

static void refused(struct jk_ledger *ledger, struct jk_entry entry, const char *why)
{
    uint32_t size = jk_book_size(ledger->book);
    REFUSED(jk_ledger_add(ledger, &entry));
    says(ledger, why);
    assert_int_equal(jk_book_size(ledger->book), size);
}

static struct jk_digest hash_of(const struct jk_ledger *ledger, const char *name)
{
    return jk_book_release(ledger->book, jk_book_newest(ledger->book, slot(ledger, name), NOW))->hash;
}

static struct jk_entry ruling(enum jk_kind kind, const char *id, enum jk_answer needs_second)
{
    struct jk_entry entry = {.kind = kind,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .verifier = jk_span_of(id),
                             .evidence = JK_SPAN("for the third stage"),
                             .needs_second = needs_second};
    if (kind == JK_KIND_VERIFIER) entry.institution = JK_SPAN(KISTI);
    return entry;
}

static struct jk_entry decision(enum jk_kind kind, uint32_t target)
{
    return (struct jk_entry){.kind = kind, .actor.type = JK_ACTOR_EVALUATOR, .target = target};
}

static struct jk_entry challenge(const struct jk_ledger *ledger, const char *verifier, const char *model)
{
    return (struct jk_entry){.kind = JK_KIND_CHALLENGE,
                             .actor = {JK_ACTOR_VERIFIER, jk_span_of(verifier)},
                             .release = hash_of(ledger, model),
                             .nonce = jk_ledger_digest(77)};
}

static struct jk_entry again(const struct jk_ledger *ledger, const char *verifier, const char *model)
{
    return (struct jk_entry){.kind = JK_KIND_CHALLENGE_AGAIN,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .verifier = jk_span_of(verifier),
                             .release = hash_of(ledger, model),
                             .evidence = JK_SPAN("the machine broke down")};
}

static struct jk_entry attest(const char *verifier, uint32_t answered, unsigned artifact, struct jk_span differs)
{
    return (struct jk_entry){.kind = JK_KIND_ATTEST,
                             .actor = {JK_ACTOR_VERIFIER, jk_span_of(verifier)},
                             .target = answered,
                             .artifact = jk_ledger_digest(artifact),
                             .differs = differs,
                             .sketches = jk_ledger_digest(SKETCHES)};
}

/* Of LEAF, toward its one parent. */
static struct jk_entry evidence(const struct jk_ledger *ledger, uint64_t resting_on, const char *grades)
{
    return (struct jk_entry){.kind = JK_KIND_EVIDENCE,
                             .actor.type = JK_ACTOR_SERVER,
                             .release = hash_of(ledger, LEAF),
                             .attest = resting_on,
                             .at = jk_book_size(ledger->book),
                             .findings = jk_ledger_digest(FINDINGS),
                             .grades = jk_span_of(grades),
                             .kin = 3};
}

static struct jk_entry reference(const char *external, const char *revision, unsigned artifact)
{
    return (struct jk_entry){.kind = JK_KIND_REFERENCE,
                             .actor.type = JK_ACTOR_REGISTRAR,
                             .external = jk_span_of(external),
                             .revision_hex = jk_span_of(revision),
                             .artifact = jk_ledger_digest(artifact),
                             .released_us = JK_TIME_NONE,
                             .evidence = JK_SPAN("from the hub's files")};
}

/* One item toward a parent, in a buffer that the next call uses again. */
static const char *toward(const struct jk_ledger *ledger, const char *parent, const char *grade)
{
    static char item[160];
    struct jk_digest hash = hash_of(ledger, parent);
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&hash, hex);
    snprintf(item, sizeof item, "%s=%s", hex, grade);
    return item;
}

/* The world with a derivative, and with the verifier kisti. */
static struct jk_ledger *populated(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL(LEAF, OF(PARENT(BASE)), .artifact = ARTIFACT)));
    OK(jk_ledger_register(ledger, MODEL("kim/Bare", OF(PARENT(BASE)))));
    add(ledger, ruling(JK_KIND_VERIFIER, "kisti", JK_ANSWER_NO));
    return ledger;
}

/* ---- verifiers ---- */

static void who_is_a_verifier(void **state)
{
    struct jk_ledger *ledger = *state;
    const struct jk_book *book = ledger->book;
    struct jk_appointment found;
    refused(ledger, ruling(JK_KIND_VERIFIER_END, "kisti", JK_ANSWER_NO), "no verifier kisti");
    uint32_t named = add(ledger, ruling(JK_KIND_VERIFIER, "kisti", JK_ANSWER_YES));
    uint32_t kisti = jk_book_find_verifier(book, JK_SPAN("kisti"), NOW);
    assert_int_equal(jk_book_find_verifier(book, JK_SPAN("kisti"), named), JK_NONE);
    assert_int_equal(jk_book_find_verifier(book, JK_SPAN("kist"), NOW), JK_NONE);
    assert_int_equal(jk_book_verifiers(book, named), 0);
    assert_int_equal(jk_book_verifiers(book, NOW), 1);
    assert_false(jk_book_appointment(book, kisti, NOW, &found)); /* nobody has confirmed it */
    uint32_t confirmed = add(ledger, decision(JK_KIND_CONFIRM, named));
    assert_false(jk_book_appointment(book, kisti, confirmed, &found));
    assert_true(jk_book_appointment(book, kisti, NOW, &found));
    assert_int_equal(found.since, confirmed);
    assert_true(jk_span_equal(found.id, JK_SPAN("kisti")) && jk_span_equal(found.institution, JK_SPAN(KISTI)));
    uint32_t rejected = add(ledger, ruling(JK_KIND_VERIFIER_END, "kisti", JK_ANSWER_YES));
    add(ledger, decision(JK_KIND_REJECT, rejected));
    assert_true(jk_book_appointment(book, kisti, NOW, &found));
    uint32_t ended = add(ledger, ruling(JK_KIND_VERIFIER_END, "kisti", JK_ANSWER_NO));
    assert_false(jk_book_appointment(book, kisti, NOW, &found));
    assert_true(jk_book_appointment(book, kisti, ended, &found)); /* as it was before */
    assert_int_equal(jk_book_ruling_state(book, 0, ended), JK_RULING_IN_FORCE);
    assert_int_equal(jk_book_ruling_state(book, 0, NOW), JK_RULING_REPLACED);
    assert_int_equal(jk_book_ruling_state(book, 1, NOW), JK_RULING_REJECTED);
    assert_int_equal(jk_book_ruling_state(book, 2, NOW), JK_RULING_IN_FORCE);
    assert_int_equal(jk_book_ruling(book, 2)->model, JK_NONE);
}

/* Which took effect last, not which was made last. */
static void the_last_in_effect(void **state)
{
    struct jk_ledger *ledger = populated(state);
    const struct jk_book *book = ledger->book;
    uint32_t kisti = jk_book_find_verifier(book, JK_SPAN("kisti"), NOW);
    struct jk_appointment found;
    uint32_t ending = add(ledger, ruling(JK_KIND_VERIFIER_END, "kisti", JK_ANSWER_YES));
    struct jk_entry renewed = ruling(JK_KIND_VERIFIER, "kisti", JK_ANSWER_NO);
    renewed.institution = JK_SPAN("another institute");
    uint32_t since = add(ledger, renewed);
    assert_true(jk_book_appointment(book, kisti, NOW, &found));
    assert_true(jk_span_equal(found.institution, JK_SPAN("another institute")));
    assert_int_equal(found.since, since);
    add(ledger, decision(JK_KIND_CONFIRM, ending));
    assert_false(jk_book_appointment(book, kisti, NOW, &found));
    assert_int_equal(jk_book_ruling_state(book, 1, NOW), JK_RULING_IN_FORCE);
    assert_int_equal(jk_book_ruling_state(book, 2, NOW), JK_RULING_REPLACED);
}

/* Rulings about verifiers and about models, in one list, do not touch each other. */
static void rulings_side_by_side(void **state)
{
    struct jk_ledger *ledger = populated(state);
    const struct jk_book *book = ledger->book;
    struct jk_entry exclude = {.kind = JK_KIND_EXCLUDE,
                               .actor.type = JK_ACTOR_EVALUATOR,
                               .model = JK_SPAN(LEAF),
                               .evidence = JK_SPAN("a copy"),
                               .needs_second = JK_ANSWER_NO};
    add(ledger, exclude);
    uint32_t ended = add(ledger, ruling(JK_KIND_VERIFIER_END, "kisti", JK_ANSWER_NO));
    assert_true(jk_book_is_excluded(book, slot(ledger, LEAF), NOW));
    assert_int_equal(jk_book_ruling_state(book, 1, NOW), JK_RULING_IN_FORCE);
    struct jk_entry dispute = {.kind = JK_KIND_DISPUTE,
                               .actor = {JK_ACTOR_PUBLISHER, JK_SPAN("kim")},
                               .model = JK_SPAN(LEAF),
                               .about = JK_ABOUT_RULING,
                               .target = ended};
    refused(ledger, dispute, "not there"); /* it is about no model */
}

static void institutions(void **state)
{
    struct jk_ledger *ledger = *state;
    const struct jk_book *book = ledger->book;
    uint32_t red = jk_book_find_team(book, JK_SPAN("red"), NOW), blue = jk_book_find_team(book, JK_SPAN("blue"), NOW);
    uint32_t kim = jk_book_find_publisher(book, JK_SPAN("kim"), NOW),
             park = jk_book_find_publisher(book, JK_SPAN("park"), NOW);
    int64_t now_us = ledger->time_us;
    assert_false(jk_book_institution_affiliated(book, JK_SPAN(KISTI), red, now_us, NOW));
    assert_false(jk_book_institution_operates(book, JK_SPAN(KISTI), kim, now_us, NOW));
    OK(jk_ledger_affiliation(ledger, KISTI, "red", now_us, now_us + JK_DAY_US));
    uint32_t stated = jk_book_size(book);
    OK(jk_ledger_operates(ledger, KISTI, "kim", NEVER, now_us));
    assert_true(jk_book_institution_affiliated(book, JK_SPAN(KISTI), red, now_us, NOW));
    assert_true(jk_book_institution_affiliated(book, JK_SPAN(KISTI), red, now_us, stated));
    assert_false(jk_book_institution_affiliated(book, JK_SPAN(KISTI), red, now_us, stated - 1)); /* nobody knew */
    assert_false(jk_book_institution_affiliated(book, JK_SPAN(KISTI), red, now_us - 1, NOW));
    assert_false(jk_book_institution_affiliated(book, JK_SPAN(KISTI), red, now_us + JK_DAY_US, NOW));
    assert_false(jk_book_institution_affiliated(book, JK_SPAN(KISTI), blue, now_us, NOW));
    assert_false(jk_book_institution_affiliated(book, JK_SPAN("institute of science"), red, now_us, NOW));
    assert_true(jk_book_institution_operates(book, JK_SPAN(KISTI), kim, now_us - 1, NOW));
    assert_false(jk_book_institution_operates(book, JK_SPAN(KISTI), kim, now_us, NOW));
    assert_false(jk_book_institution_operates(book, JK_SPAN(KISTI), kim, now_us - 1, stated));
    assert_false(jk_book_institution_operates(book, JK_SPAN(KISTI), park, now_us - 1, NOW));
}

/* ---- challenges and attestations ---- */

static void what_a_challenge_needs(void **state)
{
    struct jk_ledger *ledger = populated(state);
    refused(ledger, challenge(ledger, "nobody", LEAF), "nobody is no verifier");
    refused(ledger, challenge(ledger, "kisti", "kim/Bare"), "names no artifact");
    struct jk_entry entry = challenge(ledger, "kisti", LEAF);
    entry.release = jk_ledger_digest(5);
    refused(ledger, entry, "no release with this hash");
    entry = challenge(ledger, "kisti", LEAF);
    entry.actor.type = JK_ACTOR_TEAM;
    refused(ledger, entry, "comes from a verifier");
    uint32_t ending = add(ledger, ruling(JK_KIND_VERIFIER_END, "kisti", JK_ANSWER_YES));
    add(ledger, challenge(ledger, "kisti", LEAF)); /* the ruling waits */
    add(ledger, decision(JK_KIND_CONFIRM, ending));
    refused(ledger, challenge(ledger, "kisti", LEAF), "kisti is no verifier");
    refused(ledger, again(ledger, "nobody", LEAF), "no verifier nobody");
    entry = again(ledger, "kisti", LEAF);
    entry.release = jk_ledger_digest(5);
    refused(ledger, entry, "no release with this hash");
    add(ledger, again(ledger, "kisti", LEAF));
}

static void what_an_attestation_needs(void **state)
{
    struct jk_ledger *ledger = populated(state);
    add(ledger, ruling(JK_KIND_VERIFIER, "etri", JK_ANSWER_NO));
    uint32_t first = add(ledger, challenge(ledger, "kisti", LEAF));
    refused(ledger, attest("kisti", first + 1, ARTIFACT, NO_DIFFERS), "is no challenge");
    refused(ledger, attest("kisti", first - 1, ARTIFACT, NO_DIFFERS), "is no challenge");
    refused(ledger, attest("etri", first, ARTIFACT, NO_DIFFERS), "that of kisti");
    struct jk_entry entry = attest("kisti", first, ARTIFACT, NO_DIFFERS);
    entry.actor.type = JK_ACTOR_TEAM;
    refused(ledger, entry, "that of kisti");
    entry = attest("kisti", first, ARTIFACT, NO_DIFFERS);
    entry.sketches = (struct jk_digest){{0}};
    refused(ledger, entry, "has sketches");
    add(ledger, attest("kisti", first, ARTIFACT, NO_DIFFERS));
    refused(ledger, attest("kisti", first, ARTIFACT, NO_DIFFERS), "answered already");
}

/* To the microsecond. */
static void seven_days(void **state)
{
    struct jk_ledger *ledger = populated(state);
    uint32_t first = add(ledger, challenge(ledger, "kisti", LEAF));
    int64_t time_us = jk_book_time(ledger->book, first);
    ledger->time_us = time_us + WEEK_US + 1;
    refused(ledger, attest("kisti", first, ARTIFACT, NO_DIFFERS), "more than 7 days old");
    ledger->time_us = time_us + WEEK_US;
    add(ledger, attest("kisti", first, ARTIFACT, NO_DIFFERS));
}

/* An attestation counts as what it is when it is made: who was a verifier at the challenge may still answer it. */
static void known_at_any_size(void **state)
{
    struct jk_ledger *ledger = populated(state);
    const struct jk_book *book = ledger->book;
    uint32_t release = jk_book_newest(book, slot(ledger, LEAF), NOW);
    uint32_t kisti = jk_book_find_verifier(book, JK_SPAN("kisti"), NOW), before = jk_book_size(book);
    assert_int_equal(jk_book_last_challenge(book, release, NOW), JK_NONE);
    assert_int_equal(jk_book_last_attest(book, release, NOW), JK_NONE);
    uint32_t first = add(ledger, challenge(ledger, "kisti", LEAF));
    uint32_t leave = add(ledger, again(ledger, "kisti", LEAF));
    uint32_t second = add(ledger, challenge(ledger, "kisti", LEAF));
    add(ledger, ruling(JK_KIND_VERIFIER_END, "kisti", JK_ANSWER_NO));
    uint32_t differs = add(ledger, attest("kisti", second, ARTIFACT, JK_SPAN("model.safetensors is shorter")));
    struct jk_entry other = attest("kisti", first, ARTIFACT + 1, NO_DIFFERS);
    other.sketches = (struct jk_digest){{0}}; /* of other files there is nothing to compare */
    uint32_t found_other = add(ledger, other);
    assert_int_equal(jk_book_challenges(book, before), 0);
    assert_int_equal(jk_book_challenges(book, NOW), 2);
    assert_int_equal(jk_book_last_challenge(book, release, second), 0);
    assert_int_equal(jk_book_last_challenge(book, release, NOW), 1);
    assert_int_equal(jk_book_older_challenge(book, 1), 0);
    assert_int_equal(jk_book_older_challenge(book, 0), JK_NONE);
    assert_int_equal(jk_book_find_challenge(book, second, NOW), 1);
    assert_int_equal(jk_book_find_challenge(book, second, second), JK_NONE);
    assert_int_equal(jk_book_find_challenge(book, leave, NOW), JK_NONE);
    assert_int_equal(jk_book_leaves(book, release, kisti, leave), 0);
    assert_int_equal(jk_book_leaves(book, release, kisti, NOW), 1);
    assert_int_equal(jk_book_leaves(book, release, kisti + 1, NOW), 0);
    assert_int_equal(jk_book_answer(book, 1, differs), JK_NONE);
    assert_int_equal(jk_book_answer(book, 1, differs + 1), 0);
    assert_int_equal(jk_book_answer(book, 0, NOW), 1);
    assert_int_equal(jk_book_last_attest(book, release, differs), JK_NONE);
    assert_int_equal(jk_book_last_attest(book, release, found_other), 0);
    assert_int_equal(jk_book_last_attest(book, release, NOW), 1);
    assert_int_equal(jk_book_older_attest(book, 1), 0);
    assert_int_equal(jk_book_attests(book, found_other), 1);
    assert_int_equal(jk_book_find_attest(book, found_other, NOW), 1);
    assert_int_equal(jk_book_find_attest(book, second, NOW), JK_NONE);
    const struct jk_attest *row = jk_book_attest(book, 0);
    assert_false(row->agrees || jk_book_attest(book, 1)->agrees);
    assert_true(row->release == release && row->verifier == kisti && row->challenge == 1);
    assert_true(jk_span_equal(row->differs, JK_SPAN("model.safetensors is shorter")));
    struct jk_digest nonce = jk_ledger_digest(77);
    assert_true(jk_digest_equal(&jk_book_challenge(book, 0)->nonce, &nonce));
    assert_int_equal(jk_book_etag(book, slot(ledger, LEAF), NOW), found_other);
}

/* ---- evidence ---- */

static void what_evidence_needs(void **state)
{
    struct jk_ledger *ledger = populated(state);
    uint32_t registered = jk_book_release(ledger->book, jk_book_newest(ledger->book, slot(ledger, LEAF), NOW))->index;
    uint32_t first = add(ledger, challenge(ledger, "kisti", LEAF));
    uint32_t agreed = add(ledger, attest("kisti", first, ARTIFACT, NO_DIFFERS));
    add(ledger, challenge(ledger, "kisti", LEAF));
    uint32_t differed = add(ledger, attest("kisti", agreed + 1, ARTIFACT, JK_SPAN("a file is missing")));
    const char *grades = toward(ledger, BASE, "kin/0/0/9000/9000");
    struct jk_entry entry = evidence(ledger, JK_TARGET_NONE, grades);
    entry.release = jk_ledger_digest(5);
    refused(ledger, entry, "no release with this hash");
    entry = evidence(ledger, JK_TARGET_NONE, grades);
    entry.at++;
    refused(ledger, entry, "`at` is no size");
    entry.at = registered;
    refused(ledger, entry, "`at` is no size");
    entry.at = UINT64_C(1) << 32;
    refused(ledger, entry, "`at` is no size");
    refused(ledger, evidence(ledger, first, grades), "no attestation");
    refused(ledger, evidence(ledger, differed, grades), "no attestation");
    entry = evidence(ledger, agreed, grades);
    entry.at = agreed; /* it was not there yet */
    refused(ledger, entry, "no attestation");
    refused(ledger, evidence(ledger, JK_TARGET_NONE, ""), "`parents` are not those");
    char twice[330];
    snprintf(twice, sizeof twice, "%s %s", grades, grades);
    refused(ledger, evidence(ledger, JK_TARGET_NONE, twice), "`parents` are not those");
    refused(ledger, evidence(ledger, JK_TARGET_NONE, toward(ledger, OTHER, "same/10000/10000/10000/10000")),
            "`parents` are not those");
    entry = evidence(ledger, agreed, toward(ledger, BASE, "kin/0/0/9000/9000"));
    entry.at = agreed + 1;
    add(ledger, entry);
    entry.attest = JK_TARGET_NONE;
    entry.at = registered + 1;
    add(ledger, entry);
    entry = evidence(ledger, agreed, "");
    entry.release = hash_of(ledger, BASE);
    refused(ledger, entry, "no attestation"); /* which is of another release */
    entry.attest = JK_TARGET_NONE;
    add(ledger, entry);
}

static void evidence_at_any_size(void **state)
{
    struct jk_ledger *ledger = populated(state);
    const struct jk_book *book = ledger->book;
    uint32_t release = jk_book_newest(book, slot(ledger, LEAF), NOW);
    uint32_t first = add(ledger, challenge(ledger, "kisti", LEAF));
    uint32_t agreed = add(ledger, attest("kisti", first, ARTIFACT, NO_DIFFERS));
    struct jk_entry entry = evidence(ledger, JK_TARGET_NONE, toward(ledger, BASE, "near/100/9600/9700/9800"));
    struct jk_digest unknown = jk_ledger_digest(5);
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&unknown, hex);
    entry.near = jk_span_of(hex);
    uint32_t screened = add(ledger, entry);
    uint32_t proven = add(ledger, evidence(ledger, agreed, toward(ledger, BASE, "same/10000/10000/10000/10000")));
    uint32_t renewed = add(ledger, evidence(ledger, JK_TARGET_NONE, toward(ledger, BASE, "contradicted/0/1/2/9800")));
    assert_int_equal(jk_book_evidences(book, proven), 1);
    assert_int_equal(jk_book_evidences(book, NOW), 3);
    assert_int_equal(jk_book_last_evidence(book, release, screened), JK_NONE);
    assert_int_equal(jk_book_last_evidence(book, release, proven), 0);
    assert_int_equal(jk_book_last_evidence(book, release, renewed), 1);
    assert_int_equal(jk_book_last_evidence(book, release, NOW), 2);
    assert_int_equal(jk_book_older_evidence(book, 2), 1);
    assert_int_equal(jk_book_older_evidence(book, 0), JK_NONE);
    assert_int_equal(jk_book_attest_evidence(book, 0, proven), JK_NONE);
    assert_int_equal(jk_book_attest_evidence(book, 0, NOW), 1);
    uint32_t anew = add(ledger, evidence(ledger, agreed, toward(ledger, BASE, "kin/0/0/9000/9000")));
    assert_int_equal(jk_book_attest_evidence(book, 0, anew), 1);
    assert_int_equal(jk_book_attest_evidence(book, 0, NOW), 3);
    const struct jk_weights_evidence *row = jk_book_evidence(book, 0);
    assert_true(row->from == screened && row->release == release && row->attest == JK_NONE && row->kin == 3);
    assert_int_equal(row->at, screened);
    assert_int_equal(row->grades[0].grade, JK_GRADE_NEAR);
    assert_true(row->grades[0].equal == 100 && row->grades[0].near == 9600);
    assert_true(row->grades[0].kin == 9700 && row->grades[0].comparable == 9800);
    assert_int_equal(row->near_count, 1);
    assert_true(jk_digest_equal(&row->near[0], &unknown));
    assert_int_equal(jk_book_evidence(book, 1)->attest, 0);
    assert_int_equal(jk_book_evidence(book, 1)->near_count, 0);
    assert_int_equal(jk_book_etag(book, slot(ledger, LEAF), NOW), anew);
}

/* In the order of the statement, which is that of the hashes. */
static void several_parents(void **state)
{
    struct jk_ledger *ledger = populated(state);
    struct jk_text grades;
    struct jk_digest near = jk_ledger_digest(5);
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&near, hex);
    OK(jk_ledger_register(ledger, MODEL("kim/Merge", .relation = JK_RELATION_MERGE,
                                        OF(PARENT(BASE), PARENT(LEAF), EXTERNAL("hub.example/meta/Llama")))));
    const struct jk_release *merge =
        jk_book_release(ledger->book, jk_book_newest(ledger->book, slot(ledger, "kim/Merge"), NOW));
    assert_int_equal(merge->parent_count, 3);
    struct jk_entry entry = {.kind = JK_KIND_EVIDENCE,
                             .actor.type = JK_ACTOR_SERVER,
                             .release = merge->hash,
                             .attest = JK_TARGET_NONE,
                             .at = jk_book_size(ledger->book),
                             .findings = jk_ledger_digest(FINDINGS)};
    for (int backward = 1; backward >= 0; backward--) {
        jk_text_init(&grades, 0);
        for (uint32_t i = 0; i < 3; i++) {
            struct jk_graded item = {.parent = *merge->parents[backward ? 2 - i : i].hash,
                                     .grade = i == 1 ? JK_GRADE_PART : JK_GRADE_NONE,
                                     .comparable = i};
            if (i > 0) jk_text_add_str(&grades, " ");
            jk_graded_write(&item, &grades);
        }
        entry.grades = jk_text_span(&grades);
        if (backward)
            refused(ledger, entry, "`parents` are not those");
        else
            add(ledger, entry);
        jk_text_done(&grades);
    }
    const struct jk_weights_evidence *row = jk_book_evidence(ledger->book, 0);
    assert_int_equal(row->grades[1].grade, JK_GRADE_PART);
    assert_int_equal(row->grades[2].comparable, 2);
}

/* ---- references ---- */

static void references(void **state)
{
    struct jk_ledger *ledger = *state;
    const struct jk_book *book = ledger->book;
    struct jk_span llama = JK_SPAN("hub.example/meta/Llama"),
                   revision = JK_SPAN("8d3c60d10d8b0ed0e7e4d6d1a6a9c3b3f1a2b3c4");
    uint32_t first = add(ledger, reference("hub.example/meta/Llama", "", 1));
    uint32_t pinned = add(ledger, reference("hub.example/meta/Llama", revision.at, 2));
    uint32_t replaced = add(ledger, reference("hub.example/meta/Llama", "", 3));
    assert_int_equal(jk_book_references(book, replaced), 2);
    assert_int_equal(jk_book_references(book, NOW), 3);
    assert_int_equal(jk_book_find_reference(book, llama, JK_SPAN(""), first), JK_NONE);
    assert_int_equal(jk_book_find_reference(book, llama, JK_SPAN(""), replaced), 0);
    assert_int_equal(jk_book_find_reference(book, llama, JK_SPAN(""), NOW), 2);
    assert_int_equal(jk_book_find_reference(book, llama, revision, pinned), JK_NONE);
    assert_int_equal(jk_book_find_reference(book, llama, revision, NOW), 1);
    assert_int_equal(jk_book_find_reference(book, JK_SPAN("hub.example/Meta/Llama"), revision, NOW), JK_NONE);
    assert_false(jk_book_reference_stands(book, 0, first));
    assert_true(jk_book_reference_stands(book, 0, replaced));
    assert_false(jk_book_reference_stands(book, 0, NOW));
    assert_true(jk_book_reference_stands(book, 1, NOW) && jk_book_reference_stands(book, 2, NOW));
    struct jk_digest artifact = jk_ledger_digest(1);
    assert_true(jk_span_equal(jk_book_reference(book, 1)->revision, revision));
    assert_true(jk_digest_equal(&jk_book_reference(book, 0)->artifact, &artifact));
    assert_int_equal(jk_book_reference(book, 0)->until, replaced);
}

/* No release need name the artifact; if one does, what is said of it there holds for the reference, too. */
static void withdrawn_references(void **state)
{
    struct jk_ledger *ledger = populated(state);
    const struct jk_book *book = ledger->book;
    struct jk_digest lone = jk_ledger_digest(1), shared = jk_ledger_digest(ARTIFACT);
    REFUSED(jk_ledger_withdrawn(ledger, 1));
    says(ledger, "no release names this artifact");
    add(ledger, reference("hub.example/meta/Llama", "", 1));
    uint32_t other = add(ledger, reference("hub.example/meta/Other", "", ARTIFACT));
    assert_false(jk_book_keeps_reference(book, &shared, other));
    assert_true(jk_book_keeps_reference(book, &shared, NOW));
    assert_false(jk_book_is_held(book, &shared, NOW)); /* as a release's: no entry says so */
    OK(jk_ledger_withdrawn(ledger, 1));
    uint32_t size = jk_book_size(book);
    assert_false(jk_book_reference_stands(book, 0, size));
    assert_true(jk_book_reference_stands(book, 0, size - 1));
    REFUSED(jk_ledger_withdrawn(ledger, 1));
    add(ledger, reference("hub.example/meta/Llama", "8d3c60d10d8b0ed0e7e4d6d1a6a9c3b3f1a2b3c4", 1));
    assert_true(jk_book_reference_stands(book, 0, NOW)); /* its bytes are here again */
    assert_true(jk_book_keeps_reference(book, &lone, NOW));
    OK(jk_ledger_held(ledger, ARTIFACT, 0, 0));
    OK(jk_ledger_withdrawn(ledger, ARTIFACT));
    assert_false(jk_book_reference_stands(book, 1, NOW));
    assert_false(jk_book_is_held(book, &shared, NOW));
    REFUSED(jk_ledger_withdrawn(ledger, ARTIFACT));
    says(ledger, "not held");
    OK(jk_ledger_held(ledger, ARTIFACT, 0, 0));
    assert_true(jk_book_reference_stands(book, 1, NOW));
}

/* ---- all of it taken back, and cut off ---- */

static void taken_back(void **state)
{
    struct jk_ledger *ledger = populated(state);
    struct jk_book *book = ledger->book;
    uint32_t release = jk_book_newest(book, slot(ledger, LEAF), NOW), agreed = 0;
    uint32_t first = add(ledger, challenge(ledger, "kisti", LEAF)), count = ledger->count;
    int64_t time_us = ledger->time_us;
    uint32_t kisti = jk_book_find_verifier(book, JK_SPAN("kisti"), NOW);
    struct jk_appointment found;
    for (int round = 0; round < 3; round++) {
        struct jk_book_mark mark = jk_book_mark(book);
        add(ledger, challenge(ledger, "kisti", LEAF));
        add(ledger, again(ledger, "kisti", LEAF));
        agreed = add(ledger, attest("kisti", first, ARTIFACT, NO_DIFFERS));
        assert_true(jk_book_attest(book, 0)->agrees);
        add(ledger, evidence(ledger, agreed, toward(ledger, BASE, "part/0/0/200/9000")));
        add(ledger, reference("hub.example/meta/Llama", "", ARTIFACT));
        add(ledger, ruling(JK_KIND_VERIFIER_END, "kisti", JK_ANSWER_NO));
        add(ledger, ruling(JK_KIND_VERIFIER, "etri", JK_ANSWER_NO));
        if (round == 2) {
            jk_book_keep(book);
            break;
        }
        jk_book_undo(book, mark);
        ledger->time_us = time_us;
        while (ledger->count > count)
            free((void *)(uintptr_t)ledger->entries[--ledger->count].at);
        struct jk_digest shared = jk_ledger_digest(ARTIFACT);
        assert_int_equal(jk_book_last_challenge(book, release, NOW), 0);
        assert_int_equal(jk_book_answer(book, 0, NOW), JK_NONE);
        assert_int_equal(jk_book_last_attest(book, release, NOW), JK_NONE);
        assert_int_equal(jk_book_last_evidence(book, release, NOW), JK_NONE);
        assert_int_equal(jk_book_leaves(book, release, kisti, NOW), 0);
        assert_int_equal(jk_book_references(book, NOW), 0);
        assert_false(jk_book_keeps_reference(book, &shared, NOW));
        assert_int_equal(jk_book_verifiers(book, NOW), 1);
        assert_true(jk_book_appointment(book, kisti, NOW, &found));
    }
    assert_false(jk_book_appointment(book, kisti, NOW, &found));
    assert_int_equal(jk_book_attest_evidence(book, 0, NOW), 0);
    assert_int_equal(jk_book_answer(book, 0, NOW), 0);
    assert_int_equal(jk_book_verifiers(book, NOW), 2);
}

/* A report of sizes n and m sees all of it up to m, but nothing about what came after n. */
static void counts_up_to_m(void **state)
{
    struct jk_ledger *ledger = populated(state);
    struct jk_book *cut = jk_book_new();
    uint32_t n = jk_book_size(ledger->book);
    assert_non_null(cut);
    OK(jk_ledger_register(ledger, MODEL("kim/Late", OF(PARENT(BASE)), .artifact = 20)));
    uint32_t late = add(ledger, challenge(ledger, "kisti", "kim/Late"));
    add(ledger, attest("kisti", late, 20, NO_DIFFERS));
    uint32_t first = add(ledger, challenge(ledger, "kisti", LEAF));
    uint32_t agreed = add(ledger, attest("kisti", first, ARTIFACT, NO_DIFFERS));
    struct jk_entry entry = evidence(ledger, agreed, toward(ledger, BASE, "kin/0/0/9000/9000"));
    struct jk_digest hash = hash_of(ledger, "kim/Late");
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&hash, hex);
    entry.near = jk_span_of(hex);
    add(ledger, entry);
    add(ledger, reference("hub.example/meta/Llama", "", 1));
    add(ledger, ruling(JK_KIND_VERIFIER, "etri", JK_ANSWER_NO));
    for (uint32_t i = 0; i < ledger->count; i++)
        OK(i < n ? jk_book_apply(cut, ledger->entries[i], &ledger->error)
                 : jk_book_apply_cut(cut, ledger->entries[i], &ledger->error));
    assert_int_equal(jk_book_challenges(cut, NOW), 1);
    assert_int_equal(jk_book_attests(cut, NOW), 1);
    assert_int_equal(jk_book_evidences(cut, NOW), 1);
    assert_int_equal(jk_book_find_release(cut, &jk_book_evidence(cut, 0)->near[0], NOW), JK_NONE);
    assert_int_equal(jk_book_references(cut, NOW), 1);
    assert_int_equal(jk_book_verifiers(cut, NOW), 2);
    jk_book_free(cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(who_is_a_verifier),
                                       TEST(the_last_in_effect),
                                       TEST(rulings_side_by_side),
                                       TEST(institutions),
                                       TEST(what_a_challenge_needs),
                                       TEST(what_an_attestation_needs),
                                       TEST(seven_days),
                                       TEST(known_at_any_size),
                                       TEST(what_evidence_needs),
                                       TEST(evidence_at_any_size),
                                       TEST(several_parents),
                                       TEST(references),
                                       TEST(withdrawn_references),
                                       TEST(taken_back),
                                       TEST(counts_up_to_m)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
