/* What verifiers say of derivatives, and what follows for counting: who has a say, how many must agree, what weights show
 * along a path, what is pending, and near-duplicates; and the entry that each follows from. */
#include "support/judged_world.h"

#include "book/glance.h"
#include "book/stage.h"
#include "book/vouching.h"

#define LEAF       "kim/Leaf"
#define ARTIFACT   7
#define UNATTESTED JK_REASON_BIT(UNATTESTED)
#define EVIDENCE   JK_REASON_BIT(EVIDENCE)
#define NEAR       JK_REASON_BIT(NEAR_DUPLICATE)
#define PENDING    ((jk_reasons)1 << 31) /* beside the reasons: the row is pending */

/* ---- what happens ---- */

static uint32_t add(struct jk_ledger *ledger, struct jk_entry entry)
{
    OK(jk_ledger_add(ledger, &entry));
    return jk_book_size(ledger->book) - 1;
}

static void appoint(struct jk_ledger *ledger, const char *id, const char *institution)
{
    add(ledger, (struct jk_entry){.kind = institution ? JK_KIND_VERIFIER : JK_KIND_VERIFIER_END,
                                  .actor.type = JK_ACTOR_EVALUATOR,
                                  .verifier = jk_span_of(id),
                                  .institution = jk_span_of(institution ? institution : ""),
                                  .evidence = JK_SPAN("for the third stage"),
                                  .needs_second = JK_ANSWER_NO});
}

static uint32_t deciding_of(const struct jk_ledger *ledger, const char *name)
{
    return jk_book_deciding(ledger->book, slot(ledger, name), NOW);
}

static struct jk_digest hash_of(const struct jk_ledger *ledger, const char *name)
{
    return jk_book_release(ledger->book, deciding_of(ledger, name))->hash;
}

/* A verifier challenges a model's deciding release, and answers; the attestation. */
static uint32_t look(struct jk_ledger *ledger, const char *verifier, const char *model, bool agrees)
{
    struct jk_digest artifact = jk_book_release(ledger->book, deciding_of(ledger, model))->artifact;
    uint32_t challenge = add(ledger, (struct jk_entry){.kind = JK_KIND_CHALLENGE,
                                                       .actor = {JK_ACTOR_VERIFIER, jk_span_of(verifier)},
                                                       .release = hash_of(ledger, model),
                                                       .nonce = jk_ledger_digest(77)});
    return add(ledger, (struct jk_entry){.kind = JK_KIND_ATTEST,
                                         .actor = {JK_ACTOR_VERIFIER, jk_span_of(verifier)},
                                         .target = challenge,
                                         .artifact = artifact,
                                         .differs = agrees ? (struct jk_span){"", 0} : JK_SPAN("a file is missing"),
                                         .sketches = jk_ledger_digest(8)});
}

/* Evidence of a model's deciding release: the same grade toward each parent; resting on an attestation, or JK_NONE. */
static uint32_t weigh(struct jk_ledger *ledger, const char *model, uint32_t attest, enum jk_grade grade,
                      const char *near)
{
    const struct jk_release *release = jk_book_release(ledger->book, deciding_of(ledger, model));
    struct jk_text grades;
    char hex[JK_DIGEST_HEX + 1] = "";
    struct jk_digest other;
    jk_text_init(&grades, 0);
    for (uint32_t i = 0; i < release->parent_count; i++) {
        struct jk_graded item = {.parent = *release->parents[i].hash, .grade = grade};
        if (i > 0) jk_text_add_char(&grades, ' ');
        jk_graded_write(&item, &grades);
    }
    if (near) {
        other = hash_of(ledger, near);
        jk_digest_hex(&other, hex);
    }
    uint32_t entry = add(ledger, (struct jk_entry){.kind = JK_KIND_EVIDENCE,
                                                   .actor.type = JK_ACTOR_SERVER,
                                                   .release = release->hash,
                                                   .attest = attest == JK_NONE ? JK_TARGET_NONE : attest,
                                                   .at = jk_book_size(ledger->book),
                                                   .findings = jk_ledger_digest(9),
                                                   .grades = jk_text_span(&grades),
                                                   .near = jk_span_of(hex)});
    jk_text_done(&grades);
    return entry;
}

/* A verifier agrees, and finds this grade toward each parent. */
static uint32_t find(struct jk_ledger *ledger, const char *verifier, const char *model, enum jk_grade grade)
{
    return weigh(ledger, model, look(ledger, verifier, model, true), grade, NULL);
}

/* Three verifiers that have nothing to do with anybody, and a derivative. */
static struct jk_ledger *populated(void **state)
{
    struct jk_ledger *ledger = *state;
    OK(jk_ledger_register(ledger, MODEL(LEAF, OF(PARENT(BASE)), .artifact = ARTIFACT)));
    appoint(ledger, "one", "First Institute");
    appoint(ledger, "two", "Second Institute");
    appoint(ledger, "three", "Third Institute");
    return ledger;
}

/* ---- what is asked ---- */

static struct jk_policy asking(jk_reasons reasons, uint32_t verifiers, enum jk_grade finetune)
{
    struct jk_policy policy = policy_of(reasons);
    policy.verifiers = verifiers;
    policy.grades[JK_RELATION_FINETUNE] = finetune;
    return policy;
}

/* Under no policy a root's grade is what it is where no policy leaves adoptions out; but unproven is told apart. */
static void glance_is_the_same(const struct jk_ledger *ledger, const struct jk_standing *standing,
                               const struct jk_verdict *row)
{
    const struct jk_policy policy = {.rules = 2};
    const struct jk_vouched_pair pair = jk_vouched_pair_of(jk_standing_verdicts(standing), row);
    struct jk_vouching vouching;
    enum jk_grade grade = JK_GRADE_NONE, whole;
    uint32_t n = jk_book_size(ledger->book);
    jk_vouching_init(&vouching, ledger->book, &policy, n, false);
    assert_true(jk_root_grade(&vouching, &pair, &whole));
    (void)jk_glance_root(ledger->book, &pair, n, &grade);
    assert_int_equal(grade, whole);
    jk_vouching_done(&vouching);
}

/* The reasons for a root, and PENDING. */
static jk_reasons for_root(const struct jk_ledger *ledger, const struct jk_policy *policy, bool pending_passes,
                           const char *name, const char *root)
{
    struct jk_standing_query query = {
        .policy = policy, .n = jk_book_size(ledger->book), .pending_passes = pending_passes};
    struct jk_standing *standing;
    struct jk_error error;
    size_t count, at = 0;
    jk_error_init(&error, NULL);
    OK(jk_standing_make(ledger->book, &query, &standing, &error));
    const struct jk_verdict *rows = jk_standing_of(standing, slot(ledger, name), &count);
    while (at < count && rows[at].root != slot(ledger, root))
        at++;
    assert_true(at < count);
    glance_is_the_same(ledger, standing, &rows[at]);
    jk_reasons found = rows[at].reasons | (rows[at].flags & JK_VERDICT_PENDING ? PENDING : 0);
    jk_standing_free(standing);
    return found;
}

static jk_reasons attested_by(const struct jk_ledger *ledger, const char *name, uint32_t verifiers, bool pending_passes)
{
    struct jk_policy policy = asking(UNATTESTED, verifiers, JK_GRADE_CONTRADICTED);
    return for_root(ledger, &policy, pending_passes, name, BASE);
}

static jk_reasons shown(const struct jk_ledger *ledger, const char *name, enum jk_grade least, bool pending_passes)
{
    struct jk_policy policy = asking(EVIDENCE, 1, least);
    return for_root(ledger, &policy, pending_passes, name, BASE);
}

static struct jk_why why_of(const struct jk_ledger *ledger, const struct jk_policy *policy, const char *name,
                            enum jk_reason reason)
{
    struct jk_standing_query query = {.policy = policy, .n = jk_book_size(ledger->book)};
    struct jk_standing *standing;
    struct jk_error error;
    struct jk_whys whys;
    struct jk_why why;
    size_t count;
    jk_error_init(&error, NULL);
    OK(jk_standing_make(ledger->book, &query, &standing, &error));
    const struct jk_verdict *rows = jk_standing_of(standing, slot(ledger, name), &count);
    jk_whys_init(&whys, ledger->book, standing, policy, 0);
    OK(jk_why_find(&whys, rows, reason, &why, &error));
    jk_standing_free(standing);
    return why;
}

/* ---- unattested ---- */

static void as_many_as_the_policy_says_agree(void **state)
{
    struct jk_ledger *ledger = populated(state);
    assert_int_equal(attested_by(ledger, LEAF, 1, false), UNATTESTED);
    look(ledger, "one", LEAF, true);
    assert_int_equal(attested_by(ledger, LEAF, 1, false), 0);
    assert_int_equal(attested_by(ledger, LEAF, 2, false), UNATTESTED);
    look(ledger, "one", LEAF, true); /* the same one once more */
    assert_int_equal(attested_by(ledger, LEAF, 2, false), UNATTESTED);
    look(ledger, "two", LEAF, true);
    assert_int_equal(attested_by(ledger, LEAF, 2, false), 0);
    assert_int_equal(attested_by(ledger, LEAF, 3, false), UNATTESTED);
}

static void more_agree_than_differ(void **state)
{
    struct jk_ledger *ledger = populated(state);
    look(ledger, "one", LEAF, true);
    look(ledger, "two", LEAF, false);
    assert_int_equal(attested_by(ledger, LEAF, 1, false), UNATTESTED);
    look(ledger, "three", LEAF, true);
    assert_int_equal(attested_by(ledger, LEAF, 1, false), 0);
    look(ledger, "one", LEAF, false); /* the newest word of each */
    assert_int_equal(attested_by(ledger, LEAF, 1, false), UNATTESTED);
    look(ledger, "one", LEAF, true);
    assert_int_equal(attested_by(ledger, LEAF, 1, false), 0);
}

static void another_release_asks_anew(void **state)
{
    struct jk_ledger *ledger = populated(state);
    look(ledger, "one", LEAF, true);
    OK(jk_ledger_release(ledger, MODEL(LEAF, OF(PARENT(BASE)), .version = "2", .artifact = ARTIFACT)));
    assert_int_equal(attested_by(ledger, LEAF, 1, false), UNATTESTED);
    look(ledger, "one", LEAF, true);
    assert_int_equal(attested_by(ledger, LEAF, 1, false), 0);
}

/* By what is known now of the time of the challenge. */
static void whoever_is_the_teams_has_no_say(void **state)
{
    struct jk_ledger *ledger = populated(state);
    look(ledger, "one", LEAF, true);
    int64_t after_us = ledger->time_us;
    OK(jk_ledger_affiliation(ledger, "First Institute", "blue", NEVER, NEVER));
    OK(jk_ledger_affiliation(ledger, "first institute", "red", NEVER, NEVER)); /* another one: byte by byte */
    assert_int_equal(attested_by(ledger, LEAF, 1, false), 0);
    OK(jk_ledger_affiliation(ledger, "First Institute", "red", after_us, NEVER));
    assert_int_equal(attested_by(ledger, LEAF, 1, false), 0);
    OK(jk_ledger_affiliation(ledger, "First Institute", "red", NEVER, NEVER));
    assert_int_equal(attested_by(ledger, LEAF, 1, false), UNATTESTED);
    look(ledger, "two", LEAF, true);
    look(ledger, "one", LEAF, false); /* which nobody hears */
    assert_int_equal(attested_by(ledger, LEAF, 1, false), 0);
}

/* Each root by itself: of a merge one may be another team's. */
static void a_say_is_for_each_root(void **state)
{
    struct jk_ledger *ledger = populated(state);
    struct jk_policy policy = asking(UNATTESTED, 1, JK_GRADE_CONTRADICTED);
    OK(jk_ledger_register(ledger, MODEL("park/Merge", OF(PARENT(BASE), PARENT(OTHER)), .artifact = 20)));
    OK(jk_ledger_affiliation(ledger, "First Institute", "red", NEVER, NEVER));
    look(ledger, "one", "park/Merge", true);
    assert_int_equal(for_root(ledger, &policy, false, "park/Merge", BASE), UNATTESTED);
    assert_int_equal(for_root(ledger, &policy, false, "park/Merge", OTHER), 0);
}

/* Under any name that the model has had. */
static void whoever_operates_the_publisher_has_no_say(void **state)
{
    struct jk_ledger *ledger = populated(state);
    look(ledger, "one", LEAF, true);
    OK(jk_ledger_operates(ledger, "First Institute", "park", NEVER, NEVER));
    assert_int_equal(attested_by(ledger, LEAF, 1, false), 0);
    OK(jk_ledger_move(ledger, LEAF, "park/Leaf", JK_KIND_TRANSFER));
    assert_int_equal(attested_by(ledger, "park/Leaf", 1, false), UNATTESTED);
    OK(jk_ledger_move(ledger, "park/Leaf", "kim/Back", JK_KIND_TRANSFER));
    assert_int_equal(attested_by(ledger, "kim/Back", 1, false), UNATTESTED);
    look(ledger, "two", "kim/Back", true);
    assert_int_equal(attested_by(ledger, "kim/Back", 1, false), 0);
}

static void whoever_is_no_verifier_any_more_has_no_say(void **state)
{
    struct jk_ledger *ledger = populated(state);
    look(ledger, "one", LEAF, true);
    appoint(ledger, "one", NULL);
    assert_int_equal(attested_by(ledger, LEAF, 1, false), UNATTESTED);
    appoint(ledger, "one", "First Institute");
    assert_int_equal(attested_by(ledger, LEAF, 1, false), 0);
    OK(jk_ledger_affiliation(ledger, "Fourth Institute", "red", NEVER, NEVER));
    appoint(ledger, "one", "Fourth Institute"); /* as it is known now */
    assert_int_equal(attested_by(ledger, LEAF, 1, false), UNATTESTED);
}

/* ---- evidence ---- */

static void only_challenges_prove(void **state)
{
    struct jk_ledger *ledger = populated(state);
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_SHAPE, false), EVIDENCE);
    weigh(ledger, LEAF, JK_NONE, JK_GRADE_SAME, NULL);
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_SHAPE, false), EVIDENCE);
    uint32_t attest = look(ledger, "one", LEAF, true);
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_SHAPE, false), EVIDENCE);
    weigh(ledger, LEAF, attest, JK_GRADE_KIN, NULL);
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_KIN, false), 0);
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_NEAR, false), EVIDENCE);
    weigh(ledger, LEAF, attest, JK_GRADE_CONTRADICTED, NULL); /* the newest of the same attestation */
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_SHAPE, false), EVIDENCE);
    weigh(ledger, LEAF, attest, JK_GRADE_SAME, NULL);
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_SAME, false), 0);
    look(ledger, "one", LEAF, false); /* and what it said before is void */
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_SHAPE, false), EVIDENCE);
}

static void the_lower_median_decides(void **state)
{
    struct jk_ledger *ledger = populated(state);
    find(ledger, "one", LEAF, JK_GRADE_SAME);
    find(ledger, "two", LEAF, JK_GRADE_PART);
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_PART, false), 0);
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_KIN, false), EVIDENCE);
    find(ledger, "three", LEAF, JK_GRADE_KIN);
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_KIN, false), 0);
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_NEAR, false), EVIDENCE);
    OK(jk_ledger_affiliation(ledger, "Second Institute", "red", NEVER, NEVER)); /* which leaves same and kin */
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_KIN, false), 0);
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_NEAR, false), EVIDENCE);
    appoint(ledger, "three", NULL);
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_SAME, false), 0);
    appoint(ledger, "four", "Fourth Institute");
    find(ledger, "four", LEAF, JK_GRADE_NONE); /* without the parent's weights, say: it takes nothing away */
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_SAME, false), 0);
}

static void a_path_is_as_strong_as_its_weakest_edge(void **state)
{
    struct jk_ledger *ledger = populated(state);
    OK(jk_ledger_register(ledger, MODEL("park/Twig", OF(PARENT(LEAF)), .artifact = 20)));
    find(ledger, "one", "park/Twig", JK_GRADE_SAME);
    assert_int_equal(shown(ledger, "park/Twig", JK_GRADE_SHAPE, false), EVIDENCE); /* the other edge is unproven */
    find(ledger, "one", LEAF, JK_GRADE_PART);
    assert_int_equal(shown(ledger, "park/Twig", JK_GRADE_PART, false), 0);
    assert_int_equal(shown(ledger, "park/Twig", JK_GRADE_KIN, false), EVIDENCE);
    OK(jk_ledger_register(ledger, MODEL("park/Both", OF(PARENT(LEAF), PARENT(BASE)), .artifact = 21)));
    find(ledger, "one", "park/Both", JK_GRADE_KIN);
    assert_int_equal(shown(ledger, "park/Both", JK_GRADE_KIN, false), 0); /* the better of two paths */
    /* The pinned release's edge counts, whatever decides by now. */
    OK(jk_ledger_release(ledger, MODEL(LEAF, OF(PARENT(BASE)), .version = "2", .artifact = ARTIFACT)));
    assert_int_equal(shown(ledger, "park/Twig", JK_GRADE_PART, false), 0);
    assert_int_equal(shown(ledger, LEAF, JK_GRADE_SHAPE, false), EVIDENCE);
}

static void adoptions_lead_on_unless_they_are_left_out(void **state)
{
    struct jk_ledger *ledger = populated(state);
    struct jk_policy policy = asking(EVIDENCE, 1, JK_GRADE_KIN), declared = policy;
    declared.on |= JK_REASON_BIT(ADOPTED_PATH);
    OK(jk_ledger_register(ledger,
                          MODEL("park/Far", OF(EXTERNAL("huggingface.co/a/b"), PARENT(OTHER)), .artifact = 20)));
    OK(jk_ledger_adopt(ledger, "huggingface.co/a/b", LEAF));
    find(ledger, "one", "park/Far", JK_GRADE_SAME);
    assert_int_equal(for_root(ledger, &policy, false, "park/Far", BASE), EVIDENCE);
    assert_int_equal(for_root(ledger, &declared, false, "park/Far", OTHER), 0);
    find(ledger, "one", LEAF, JK_GRADE_KIN);
    assert_int_equal(for_root(ledger, &policy, false, "park/Far", BASE), 0);
    assert_int_equal(for_root(ledger, &declared, false, "park/Far", BASE), EVIDENCE | JK_REASON_BIT(ADOPTED_PATH));
    OK(jk_ledger_release(ledger, MODEL(LEAF, OF(PARENT(BASE)), .version = "2", .artifact = ARTIFACT)));
    assert_int_equal(for_root(ledger, &policy, false, "park/Far", BASE), EVIDENCE); /* which decides now */
}

static void a_relation_that_is_not_listed_does_not_count(void **state)
{
    struct jk_ledger *ledger = populated(state);
    OK(jk_ledger_register(ledger,
                          MODEL("kim/Distilled", OF(PARENT(BASE)), .relation = JK_RELATION_DISTILL, .artifact = 20)));
    find(ledger, "one", "kim/Distilled", JK_GRADE_SAME);
    assert_int_equal(shown(ledger, "kim/Distilled", JK_GRADE_KIN, false), EVIDENCE);
    assert_int_equal(shown(ledger, "kim/Distilled", JK_GRADE_KIN, true), EVIDENCE); /* nor is it pending */
}

/* ---- at a glance ---- */

static uint32_t root_at_a_glance(const struct jk_ledger *ledger, const char *name)
{
    const struct jk_vouched_pair pair = {slot(ledger, name), deciding_of(ledger, name), slot(ledger, BASE),
                                         jk_book_base(ledger->book, slot(ledger, BASE), NOW)->team};
    enum jk_grade grade;
    return jk_glance_root(ledger->book, &pair, jk_book_size(ledger->book), &grade) ? (uint32_t)grade : JK_NONE;
}

static void a_glance_says_who_spoke(void **state)
{
    struct jk_ledger *ledger = populated(state);
    struct jk_glance glance;
    enum jk_grade grade;
    bool attested;
    uint32_t release = deciding_of(ledger, LEAF), before = jk_book_size(ledger->book);
    assert_false(jk_glance_take(&glance, ledger->book, release, before));
    uint32_t screening = weigh(ledger, LEAF, JK_NONE, JK_GRADE_KIN, NULL);
    assert_true(jk_glance_take(&glance, ledger->book, release, jk_book_size(ledger->book)));
    assert_int_equal(jk_book_evidence(ledger->book, glance.screening)->from, screening);
    assert_true(jk_glance_screened(&glance, 0, &grade));
    assert_int_equal(grade, JK_GRADE_KIN);
    assert_false(jk_glance_attested(&glance, 0, &grade));
    assert_true(jk_glance_weakest(&glance, &grade, &attested));
    assert_int_equal(grade, JK_GRADE_KIN);
    find(ledger, "one", LEAF, JK_GRADE_NONE); /* says nothing, and hides nothing */
    assert_true(jk_glance_take(&glance, ledger->book, release, jk_book_size(ledger->book)));
    assert_true(jk_glance_weakest(&glance, &grade, &attested));
    assert_true(grade == JK_GRADE_KIN && !attested);
    uint32_t found = find(ledger, "one", LEAF, JK_GRADE_PART);
    assert_true(jk_glance_take(&glance, ledger->book, release, jk_book_size(ledger->book)));
    assert_int_equal(jk_book_evidence(ledger->book, glance.attested)->from, found);
    assert_true(jk_glance_weakest(&glance, &grade, &attested));
    assert_true(grade == JK_GRADE_PART && attested); /* attested goes before screened */
    OK(jk_ledger_affiliation(ledger, "First Institute", "red", NEVER, NEVER));
    assert_true(jk_glance_take(&glance, ledger->book, release, jk_book_size(ledger->book)));
    assert_int_equal(jk_book_evidence(ledger->book, glance.attested)->from, found); /* nobody's root is asked about */
    assert_int_equal(root_at_a_glance(ledger, LEAF), JK_NONE);
    OK(jk_ledger_operates(ledger, "First Institute", "kim", NEVER, NEVER));
    assert_true(jk_glance_take(&glance, ledger->book, release, jk_book_size(ledger->book)));
    assert_int_equal(glance.attested, JK_NONE);
    assert_false(jk_glance_take(&glance, ledger->book, release, before)); /* as it was then */
}

/* A better path that is found late still counts for what was climbed from before; and there is an end to climbing. */
static void a_glance_climbs_to_the_root(void **state)
{
    struct jk_ledger *ledger = populated(state);
    char name[32], parent[32] = LEAF;
    OK(jk_ledger_register(ledger, MODEL("kim/Over", OF(PARENT(LEAF)), .artifact = 20)));
    OK(jk_ledger_register(ledger, MODEL("kim/Side", OF(PARENT("kim/Over")), .artifact = 21)));
    OK(jk_ledger_register(ledger, MODEL("kim/Wide", OF(PARENT(LEAF), PARENT("kim/Side")), .artifact = 22)));
    assert_int_equal(root_at_a_glance(ledger, "kim/Wide"), JK_NONE);
    find(ledger, "one", LEAF, JK_GRADE_SAME);
    assert_int_equal(root_at_a_glance(ledger, "kim/Wide"), JK_NONE); /* its own edges are unproven */
    find(ledger, "one", "kim/Wide", JK_GRADE_NEAR);
    find(ledger, "one", "kim/Over", JK_GRADE_CONTRADICTED);
    assert_int_equal(root_at_a_glance(ledger, "kim/Wide"), JK_GRADE_NEAR);
    assert_int_equal(root_at_a_glance(ledger, "kim/Side"), JK_GRADE_CONTRADICTED);
    OK(jk_ledger_register(ledger, MODEL("kim/Near", OF(PARENT(LEAF)), .artifact = 23)));
    OK(jk_ledger_register(ledger, MODEL("kim/Far", OF(PARENT("kim/Near")), .artifact = 24)));
    OK(jk_ledger_register(ledger, MODEL("kim/Join", OF(PARENT("kim/Over"), PARENT("kim/Far")), .artifact = 25)));
    find(ledger, "one", "kim/Near", JK_GRADE_KIN);
    find(ledger, "one", "kim/Far", JK_GRADE_NEAR);
    find(ledger, "one", "kim/Join", JK_GRADE_SAME);
    assert_int_equal(root_at_a_glance(ledger, "kim/Join"), JK_GRADE_KIN); /* over the longer path */
    for (int i = 1; i < JK_GLANCE_RELEASES; i++) {
        snprintf(name, sizeof name, "kim/Chain-%d", i);
        OK(jk_ledger_register(ledger, MODEL(name, OF(PARENT(parent)), .artifact = (unsigned)(100 + i))));
        find(ledger, "one", name, JK_GRADE_KIN);
        snprintf(parent, sizeof parent, "%s", name);
    }
    assert_int_equal(root_at_a_glance(ledger, parent), JK_GRADE_KIN); /* as many releases as are looked at */
    OK(jk_ledger_register(ledger, MODEL("kim/Last", OF(PARENT(parent)), .artifact = 200)));
    find(ledger, "one", "kim/Last", JK_GRADE_KIN);
    assert_int_equal(root_at_a_glance(ledger, "kim/Last"), JK_NONE);
}

/* ---- pending ---- */

static void what_is_merely_missing_is_pending(void **state)
{
    struct jk_ledger *ledger = populated(state);
    assert_int_equal(attested_by(ledger, LEAF, 2, true), PENDING);
    look(ledger, "one", LEAF, true);
    assert_int_equal(attested_by(ledger, LEAF, 2, true), PENDING);
    assert_int_equal(attested_by(ledger, LEAF, 1, true), 0);
    look(ledger, "two", LEAF, false);
    assert_int_equal(attested_by(ledger, LEAF, 1, true), UNATTESTED); /* nothing is missing: it is disputed */
    look(ledger, "three", LEAF, true);
    assert_int_equal(attested_by(ledger, LEAF, 3, true), PENDING);
    assert_int_equal(attested_by(ledger, LEAF, 3, false), UNATTESTED);
}

static void an_edge_that_nobody_looked_at_is_pending(void **state)
{
    struct jk_ledger *ledger = populated(state);
    OK(jk_ledger_register(ledger, MODEL("park/Twig", OF(PARENT(LEAF)), .artifact = 20)));
    assert_int_equal(shown(ledger, "park/Twig", JK_GRADE_KIN, true), PENDING);
    find(ledger, "one", LEAF, JK_GRADE_KIN);
    assert_int_equal(shown(ledger, "park/Twig", JK_GRADE_KIN, true), PENDING);
    assert_int_equal(shown(ledger, "park/Twig", JK_GRADE_NEAR, true), EVIDENCE); /* no proof would be enough */
    find(ledger, "one", "park/Twig", JK_GRADE_NONE);
    assert_int_equal(shown(ledger, "park/Twig", JK_GRADE_SHAPE, true), EVIDENCE); /* proven to show nothing */
    find(ledger, "one", "park/Twig", JK_GRADE_KIN);
    assert_int_equal(shown(ledger, "park/Twig", JK_GRADE_KIN, true), 0);
}

static uint32_t pending_in_all(const struct jk_ledger *ledger, const struct jk_policy *policy, uint32_t *out_counted)
{
    struct jk_standing_query query = {.policy = policy, .n = jk_book_size(ledger->book), .pending_passes = true};
    struct jk_policy_total total;
    struct jk_standing *standing;
    struct jk_error error;
    jk_error_init(&error, NULL);
    OK(jk_standing_make(ledger->book, &query, &standing, &error));
    OK(jk_standing_total(standing, ledger->book, (struct jk_scope){.type = JK_SCOPE_ALL}, &total, &error));
    jk_standing_free(standing);
    *out_counted = total.plain.counted;
    return total.pending;
}

/* One that counts for any root without waiting is not pending. */
static void totals_say_how_many_are_pending(void **state)
{
    struct jk_ledger *ledger = populated(state);
    struct jk_policy policy = asking(UNATTESTED, 1, JK_GRADE_CONTRADICTED);
    uint32_t counted;
    assert_int_equal(pending_in_all(ledger, &policy, &counted), 1);
    assert_int_equal(counted, 1);
    OK(jk_ledger_affiliation(ledger, "First Institute", "red", NEVER, NEVER));
    OK(jk_ledger_register(ledger, MODEL("park/Merge", OF(PARENT(BASE), PARENT(OTHER)), .artifact = 20)));
    assert_int_equal(pending_in_all(ledger, &policy, &counted), 2);
    look(ledger, "one", "park/Merge", true); /* for the other team's root */
    assert_int_equal(pending_in_all(ledger, &policy, &counted), 1);
    assert_int_equal(counted, 2);
    look(ledger, "two", LEAF, false);
    assert_int_equal(pending_in_all(ledger, &policy, &counted), 0);
    assert_int_equal(counted, 1);
}

/* ---- near-duplicates ---- */

static void of_two_that_are_near_the_later_is_left_out(void **state)
{
    struct jk_ledger *ledger = populated(state);
    OK(jk_ledger_register(ledger, MODEL("park/Noise", OF(PARENT(BASE)), .artifact = 20)));
    COUNTS("park/Noise", NEAR);
    weigh(ledger, LEAF, JK_NONE, JK_GRADE_KIN, "park/Noise"); /* whichever of them names the other */
    assert_int_equal(reasons_of(ledger, "park/Noise", NEAR), NEAR);
    COUNTS(LEAF, NEAR);
    COUNTS("park/Noise", 0);
    assert_int_equal(explained(ledger, "park/Noise", NEAR, JK_REASON_NEAR_DUPLICATE).other, slot(ledger, LEAF));
    OK(jk_ledger_yank(ledger, LEAF, "1", JK_KIND_YANK)); /* whoever does not stand takes nothing */
    COUNTS("park/Noise", NEAR);
    uint32_t woken = next_entry(ledger);
    OK(jk_ledger_yank(ledger, LEAF, "1", JK_KIND_UNYANK));
    COUNTS("park/Noise", NEAR);
    assert_int_equal(reasons_of(ledger, LEAF, NEAR), NEAR); /* it stands since later now */
    assert_true(explained(ledger, LEAF, NEAR, JK_REASON_NEAR_DUPLICATE).entry < woken);
    weigh(ledger, LEAF, JK_NONE, JK_GRADE_KIN, NULL); /* the newest counts */
    COUNTS(LEAF, NEAR);
}

static void evidence_from_a_challenge_names_nobody(void **state)
{
    struct jk_ledger *ledger = populated(state);
    OK(jk_ledger_register(ledger, MODEL("park/Noise", OF(PARENT(BASE)), .artifact = 20)));
    weigh(ledger, "park/Noise", look(ledger, "one", "park/Noise", true), JK_GRADE_KIN, LEAF);
    COUNTS("park/Noise", NEAR);
    weigh(ledger, "park/Noise", JK_NONE, JK_GRADE_KIN, LEAF);
    weigh(ledger, "park/Noise", look(ledger, "one", "park/Noise", true), JK_GRADE_KIN, NULL);
    assert_int_equal(reasons_of(ledger, "park/Noise", NEAR), NEAR);
}

static void relatives_and_ones_own_are_no_near_duplicates(void **state)
{
    struct jk_ledger *ledger = populated(state);
    OK(jk_ledger_register(ledger, MODEL("kim/Second", OF(PARENT(BASE)), .artifact = 20)));
    weigh(ledger, "kim/Second", JK_NONE, JK_GRADE_KIN, LEAF);
    COUNTS("kim/Second", NEAR);
    OK(jk_ledger_register(ledger, MODEL("park/Twig", OF(PARENT(LEAF)), .artifact = 21)));
    weigh(ledger, "park/Twig", JK_NONE, JK_GRADE_SAME, LEAF);
    COUNTS("park/Twig", NEAR);
    OK(jk_ledger_register(ledger, MODEL("park/Far", OF(EXTERNAL("huggingface.co/a/b"), PARENT(BASE)), .artifact = 22)));
    weigh(ledger, "park/Far", JK_NONE, JK_GRADE_SAME, LEAF);
    assert_int_equal(reasons_of(ledger, "park/Far", NEAR), NEAR);
    OK(jk_ledger_adopt(ledger, "huggingface.co/a/b", LEAF));
    COUNTS("park/Far", NEAR);
}

static void only_deciding_releases_are_near(void **state)
{
    struct jk_ledger *ledger = populated(state);
    OK(jk_ledger_register(ledger, MODEL("park/Noise", OF(PARENT(BASE)), .artifact = 20)));
    weigh(ledger, "park/Noise", JK_NONE, JK_GRADE_KIN, LEAF);
    assert_int_equal(reasons_of(ledger, "park/Noise", NEAR), NEAR);
    OK(jk_ledger_release(ledger, MODEL(LEAF, OF(PARENT(BASE)), .version = "2", .artifact = ARTIFACT)));
    COUNTS("park/Noise", NEAR);
    weigh(ledger, "park/Noise", JK_NONE, JK_GRADE_KIN, LEAF);
    assert_int_equal(reasons_of(ledger, "park/Noise", NEAR), NEAR);
    OK(jk_ledger_release(ledger, MODEL("park/Noise", OF(PARENT(BASE)), .version = "2", .artifact = 20)));
    COUNTS("park/Noise", NEAR);
}

/* ---- a stage's two revisions ---- */

/* The state of a cut-off: all entries up to n, and of those up to m what is taken there. */
static struct jk_book *cut_of(const struct jk_ledger *ledger, uint32_t n)
{
    struct jk_book *book = jk_book_new();
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_non_null(book);
    for (uint32_t i = 0; i < n; i++)
        OK(jk_book_apply(book, ledger->entries[i], &error));
    for (uint32_t i = n; i < ledger->count; i++)
        OK(jk_book_apply_cut(book, ledger->entries[i], &error));
    return book;
}

static jk_reasons in_revision(const struct jk_ledger *ledger, uint32_t n, int revision, const char *name)
{
    struct jk_policy policy = asking(UNATTESTED | EVIDENCE, 1, JK_GRADE_KIN);
    struct jk_ledger cut = {.book = cut_of(ledger, n)};
    uint32_t m = jk_book_size(cut.book);
    struct jk_standing_query query = {.policy = &policy, .n = m, .counted_n = n, .pending_passes = revision == 1};
    struct jk_standing *standing;
    struct jk_error error;
    size_t count;
    jk_error_init(&error, NULL);
    assert_int_equal(m, ledger->count);
    OK(jk_standing_make(cut.book, &query, &standing, &error));
    const struct jk_verdict *rows = jk_standing_of(standing, slot(&cut, name), &count);
    assert_int_equal(count, 1);
    jk_reasons found = rows->reasons | (rows->flags & JK_VERDICT_PENDING ? PENDING : 0);
    jk_standing_free(standing);
    jk_book_free(cut.book);
    return found;
}

/* Whoever is appointed, challenges, answers and is ended after the cut-off decides; what is registered then is late. */
static void a_later_revision_decides_what_was_pending(void **state)
{
    struct jk_ledger *ledger = populated(state);
    OK(jk_ledger_register(ledger, MODEL("kim/Silent", OF(PARENT(BASE)), .artifact = 20)));
    OK(jk_ledger_register(ledger, MODEL("kim/False", OF(PARENT(BASE)), .artifact = 21)));
    find(ledger, "one", "kim/False", JK_GRADE_KIN);
    uint32_t n = ledger->count;
    assert_int_equal(in_revision(ledger, n, 1, LEAF), PENDING);
    assert_int_equal(in_revision(ledger, n, 1, "kim/False"), 0);
    appoint(ledger, "four", "Fourth Institute");
    OK(jk_ledger_register(ledger, MODEL("kim/Late", OF(PARENT(BASE)), .artifact = 22)));
    find(ledger, "four", "kim/Late", JK_GRADE_KIN); /* of which the state of the cut-off knows nothing */
    find(ledger, "four", LEAF, JK_GRADE_KIN);
    appoint(ledger, "one", NULL);
    assert_int_equal(in_revision(ledger, n, 2, LEAF), 0);
    assert_int_equal(in_revision(ledger, n, 2, "kim/Silent"), UNATTESTED | EVIDENCE);
    assert_int_equal(in_revision(ledger, n, 2, "kim/False"), UNATTESTED | EVIDENCE);
    look(ledger, "two", LEAF, false);
    assert_int_equal(in_revision(ledger, n, 2, LEAF), UNATTESTED);
}

/* ---- which entry it follows from ---- */

static void the_attestation_that_decides_is_named(void **state)
{
    struct jk_ledger *ledger = populated(state);
    struct jk_policy policy = asking(UNATTESTED, 3, JK_GRADE_CONTRADICTED);
    uint32_t release = jk_book_release(ledger->book, deciding_of(ledger, LEAF))->index;
    assert_int_equal(why_of(ledger, &policy, LEAF, JK_REASON_UNATTESTED).entry, release);
    uint32_t agrees = look(ledger, "one", LEAF, true);
    assert_int_equal(why_of(ledger, &policy, LEAF, JK_REASON_UNATTESTED).entry, agrees);
    uint32_t differs = look(ledger, "two", LEAF, false);
    assert_int_equal(why_of(ledger, &policy, LEAF, JK_REASON_UNATTESTED).entry, differs);
    look(ledger, "one", LEAF, true);
    assert_int_equal(why_of(ledger, &policy, LEAF, JK_REASON_UNATTESTED).entry, differs);
}

static void the_evidence_that_decides_is_named(void **state)
{
    struct jk_ledger *ledger = populated(state);
    struct jk_policy policy = asking(EVIDENCE, 1, JK_GRADE_SAME);
    uint32_t release = jk_book_release(ledger->book, deciding_of(ledger, LEAF))->index;
    weigh(ledger, LEAF, JK_NONE, JK_GRADE_SAME, NULL);
    assert_int_equal(why_of(ledger, &policy, LEAF, JK_REASON_EVIDENCE).entry, release);
    uint32_t found = find(ledger, "one", LEAF, JK_GRADE_KIN);
    weigh(ledger, LEAF, JK_NONE, JK_GRADE_SAME, NULL);
    find(ledger, "two", LEAF, JK_GRADE_NONE); /* says nothing */
    assert_int_equal(why_of(ledger, &policy, LEAF, JK_REASON_EVIDENCE).entry, found);
    struct jk_policy unlisted = policy;
    memset(unlisted.grades, 0, sizeof unlisted.grades);
    assert_int_equal(why_of(ledger, &unlisted, LEAF, JK_REASON_EVIDENCE).entry, release);
    appoint(ledger, "two", NULL);
    OK(jk_ledger_affiliation(ledger, "First Institute", "red", NEVER, NEVER)); /* it has no say any more */
    assert_int_equal(why_of(ledger, &policy, LEAF, JK_REASON_EVIDENCE).entry, release);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(as_many_as_the_policy_says_agree),
        TEST(more_agree_than_differ),
        TEST(another_release_asks_anew),
        TEST(whoever_is_the_teams_has_no_say),
        TEST(a_say_is_for_each_root),
        TEST(whoever_operates_the_publisher_has_no_say),
        TEST(whoever_is_no_verifier_any_more_has_no_say),
        TEST(only_challenges_prove),
        TEST(the_lower_median_decides),
        TEST(a_path_is_as_strong_as_its_weakest_edge),
        TEST(adoptions_lead_on_unless_they_are_left_out),
        TEST(a_relation_that_is_not_listed_does_not_count),
        TEST(a_glance_says_who_spoke),
        TEST(a_glance_climbs_to_the_root),
        TEST(what_is_merely_missing_is_pending),
        TEST(an_edge_that_nobody_looked_at_is_pending),
        TEST(totals_say_how_many_are_pending),
        TEST(of_two_that_are_near_the_later_is_left_out),
        TEST(evidence_from_a_challenge_names_nobody),
        TEST(relatives_and_ones_own_are_no_near_duplicates),
        TEST(only_deciding_releases_are_near),
        TEST(a_later_revision_decides_what_was_pending),
        TEST(the_attestation_that_decides_is_named),
        TEST(the_evidence_that_decides_is_named),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
