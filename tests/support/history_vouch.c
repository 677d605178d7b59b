/* Random work on weights; see history_vouch.h. Few verifiers and externals, so that they meet; institutions are those of
 * history.c, which have affiliations and operate publishers. */
#include "support/history_vouch.h"

#include <stdlib.h>

#include "book/stage.h"
#include "book/vouched.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])
#define ARTIFACTS       24 /* numbers of manifests, as in history.c */
#define RECENT          6  /* challenges that may still be answered */
#define NEAR            6  /* nearly equal releases in one entry */

static const char *const verifiers[] = {"kisti", "etri", "snu-lab"};
static const char *const institutions[] = {"SNU", "KAIST", "A Company", "KISTI"};
static const char *const externals[] = {"huggingface.co/a/b", "huggingface.co/A/b", "hub.example:8443/z"};
static const char *const revisions[] = {"", "0123456789abcdef0123456789abcdef01234567"};

static uint32_t below(struct jk_random *random, uint32_t bound)
{
    return jk_random_below(random, bound);
}

static struct jk_span some_verifier(struct jk_random *random)
{
    return jk_span_of(verifiers[below(random, COUNT_OF(verifiers))]);
}

/* Mostly one that names an artifact. */
static const struct jk_release *some_release(struct jk_ledger *ledger, struct jk_random *random)
{
    uint32_t count = jk_book_releases(ledger->book, JK_NONE), at = below(random, count);
    for (uint32_t i = 0; i < count && below(random, 8); i++, at = (at + 1) % count)
        if (!jk_digest_is_zero(&jk_book_release(ledger->book, at)->artifact)) break;
    return jk_book_release(ledger->book, at);
}

/* One that decides, if the model has one. */
static const struct jk_release *some_deciding(struct jk_ledger *ledger, struct jk_random *random)
{
    uint32_t release = jk_book_deciding(ledger->book, below(random, jk_book_models(ledger->book, JK_NONE)), JK_NONE);
    return release == JK_NONE ? some_release(ledger, random) : jk_book_release(ledger->book, release);
}

static enum jk_status some_ruling(struct jk_ledger *ledger, struct jk_random *random, enum jk_kind kind)
{
    struct jk_entry entry = {.kind = kind,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .verifier = some_verifier(random),
                             .evidence = JK_SPAN("for the third stage"),
                             .needs_second = below(random, 3) ? JK_ANSWER_NO : JK_ANSWER_YES};
    if (kind == JK_KIND_VERIFIER) entry.institution = jk_span_of(institutions[below(random, COUNT_OF(institutions))]);
    return jk_ledger_add(ledger, &entry);
}

/* Confirms the newest ruling on a verifier that waits. */
static enum jk_status confirm(struct jk_ledger *ledger)
{
    struct jk_entry entry = {.kind = JK_KIND_CONFIRM, .actor.type = JK_ACTOR_EVALUATOR};
    for (uint32_t slot = jk_book_rulings(ledger->book, JK_NONE); slot-- > 0;) {
        const struct jk_ruling *ruling = jk_book_ruling(ledger->book, slot);
        if (ruling->verifier == JK_NONE || !ruling->needs_second || ruling->decided != JK_NONE) continue;
        entry.target = ruling->from;
        return jk_ledger_add(ledger, &entry);
    }
    return JK_DATA_LOSS;
}

static enum jk_status challenge_by(struct jk_ledger *ledger, struct jk_random *random, struct jk_span verifier,
                                   const struct jk_release *release)
{
    struct jk_entry entry = {.kind = JK_KIND_CHALLENGE,
                             .actor = {JK_ACTOR_VERIFIER, verifier},
                             .release = release->hash,
                             .nonce = jk_ledger_digest(4000 + below(random, 1000))};
    return jk_ledger_add(ledger, &entry);
}

static enum jk_status some_challenge(struct jk_ledger *ledger, struct jk_random *random)
{
    return challenge_by(ledger, random, some_verifier(random), some_release(ledger, random));
}

static enum jk_status some_leave(struct jk_ledger *ledger, struct jk_random *random)
{
    struct jk_entry entry = {.kind = JK_KIND_CHALLENGE_AGAIN,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .verifier = some_verifier(random),
                             .release = some_release(ledger, random)->hash,
                             .evidence = JK_SPAN("the machine broke down")};
    return jk_ledger_add(ledger, &entry);
}

static enum jk_status answer(struct jk_ledger *ledger, struct jk_random *random, const struct jk_challenge *challenge)
{
    struct jk_entry entry = {.kind = JK_KIND_ATTEST,
                             .actor = {JK_ACTOR_VERIFIER, jk_book_verifier_id(ledger->book, challenge->verifier)},
                             .target = challenge->from,
                             .artifact = jk_book_release(ledger->book, challenge->release)->artifact};
    if (below(random, 8) == 0) entry.artifact = jk_ledger_digest(1 + below(random, ARTIFACTS));
    if (below(random, 6) == 0) entry.differs = JK_SPAN("a file is missing");
    if (below(random, 10)) entry.sketches = jk_ledger_digest(5000 + below(random, 100));
    return jk_ledger_add(ledger, &entry);
}

static enum jk_status some_attest(struct jk_ledger *ledger, struct jk_random *random)
{
    uint32_t count = jk_book_challenges(ledger->book, JK_NONE);
    if (count == 0) return JK_DATA_LOSS;
    uint32_t back = below(random, count < RECENT ? count : RECENT);
    return answer(ledger, random, jk_book_challenge(ledger->book, count - 1 - back));
}

static void some_grades(const struct jk_release *release, struct jk_random *random, struct jk_text *out)
{
    for (uint32_t i = 0; i < release->parent_count; i++) {
        struct jk_graded item = {.parent = *release->parents[i].hash, .grade = below(random, JK_GRADES)};
        item.comparable = below(random, JK_SHARE_ALL + 1);
        item.kin = below(random, item.comparable + 1);
        item.near = below(random, item.kin + 1);
        item.equal = below(random, item.near + 1);
        if (i > 0) jk_text_add_char(out, ' ');
        jk_graded_write(&item, out);
    }
}

static int compare_hex(const void *one, const void *other)
{
    return strcmp(one, other);
}

/* None or a few, in order; its own parent may be among them. */
static void some_near(struct jk_ledger *ledger, const struct jk_release *release, struct jk_random *random,
                      struct jk_text *out)
{
    char hex[NEAR][JK_DIGEST_HEX + 1];
    size_t count = below(random, NEAR + 1);
    for (size_t i = 0; i < count; i++)
        jk_digest_hex(&some_deciding(ledger, random)->hash, hex[i]);
    if (count > 0 && release->parent_count > 0 && below(random, 3) == 0)
        jk_digest_hex(release->parents[0].hash, hex[0]);
    qsort(hex, count, sizeof *hex, compare_hex);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(hex[i - 1], hex[i]) != 0) jk_text_addf(out, "%s%s", i > 0 ? " " : "", hex[i]);
}

/* `attest`: that it rests on; NULL: none. */
static enum jk_status evidence_of(struct jk_ledger *ledger, struct jk_random *random, const struct jk_release *release,
                                  const struct jk_attest *attest)
{
    uint32_t size = jk_book_size(ledger->book);
    struct jk_entry entry = {
        .kind = JK_KIND_EVIDENCE, .actor.type = JK_ACTOR_SERVER, .attest = attest ? attest->from : JK_TARGET_NONE};
    struct jk_text grades, near;
    jk_text_init(&grades, 0);
    jk_text_init(&near, 0);
    some_grades(release, random, &grades);
    some_near(ledger, release, random, &near);
    entry.release = release->hash;
    entry.at = size - below(random, 3) % (size + 1);
    entry.findings = jk_ledger_digest(6000 + below(random, 100));
    entry.grades = jk_text_span(&grades);
    entry.near = jk_text_span(&near);
    entry.kin = below(random, 3);
    enum jk_status status = jk_ledger_add(ledger, &entry);
    jk_text_done(&near);
    jk_text_done(&grades);
    return status;
}

static enum jk_status some_evidence(struct jk_ledger *ledger, struct jk_random *random)
{
    uint32_t attests = jk_book_attests(ledger->book, JK_NONE);
    if (attests == 0 || below(random, 2)) return evidence_of(ledger, random, some_deciding(ledger, random), NULL);
    const struct jk_attest *attest = jk_book_attest(ledger->book, below(random, attests));
    return evidence_of(ledger, random, jk_book_release(ledger->book, attest->release), attest);
}

/* All verifiers look at one release, and at what it was made from, so that many have a say on one path. */
static enum jk_status look_together(struct jk_ledger *ledger, struct jk_random *random)
{
    const struct jk_release *release = some_deciding(ledger, random);
    enum jk_status status = evidence_of(ledger, random, release, NULL);
    for (;;) {
        for (size_t i = 0; i < COUNT_OF(verifiers); i++) {
            if (challenge_by(ledger, random, jk_span_of(verifiers[i]), release) != JK_OK) continue;
            uint32_t made = jk_book_challenges(ledger->book, JK_NONE) - 1;
            if (answer(ledger, random, jk_book_challenge(ledger->book, made)) != JK_OK) continue;
            uint32_t attest = jk_book_attests(ledger->book, JK_NONE) - 1;
            if (below(random, 6)) status = evidence_of(ledger, random, release, jk_book_attest(ledger->book, attest));
        }
        if (release->parent_count == 0 || release->parents[0].external) return status;
        release = jk_book_release(ledger->book, release->parents[0].slot);
    }
}

static enum jk_status some_reference(struct jk_ledger *ledger, struct jk_random *random)
{
    struct jk_entry entry = {.kind = JK_KIND_REFERENCE,
                             .actor.type = JK_ACTOR_REGISTRAR,
                             .external = jk_span_of(externals[below(random, COUNT_OF(externals))]),
                             .revision_hex = jk_span_of(revisions[below(random, COUNT_OF(revisions))]),
                             .artifact =
                                 jk_ledger_digest(ARTIFACTS - 3 + below(random, 12)), /* some are releases', too */
                             .released_us = below(random, 2) ? JK_TIME_NONE : (int64_t)below(random, 20000) * JK_DAY_US,
                             .evidence = JK_SPAN("from the hub's files")};
    return jk_ledger_add(ledger, &entry);
}

static enum jk_status some_withdrawal(struct jk_ledger *ledger, struct jk_random *random)
{
    uint32_t count = jk_book_references(ledger->book, JK_NONE);
    if (count == 0) return JK_DATA_LOSS;
    struct jk_entry entry = {.kind = JK_KIND_WITHDRAWN,
                             .actor.type = JK_ACTOR_ADMIN,
                             .artifact = jk_book_reference(ledger->book, below(random, count))->artifact};
    return jk_ledger_add(ledger, &entry);
}

enum jk_status jk_history_vouch(struct jk_ledger *ledger, struct jk_random *random, enum jk_kind *out_kind)
{
    static const enum jk_kind kinds[] = {
        JK_KIND_VERIFIER,  JK_KIND_VERIFIER_END,    JK_KIND_CONFIRM,   JK_KIND_CHALLENGE, JK_KIND_CHALLENGE,
        JK_KIND_CHALLENGE, JK_KIND_ATTEST,          JK_KIND_ATTEST,    JK_KIND_ATTEST,    JK_KIND_EVIDENCE,
        JK_KIND_EVIDENCE,  JK_KIND_CHALLENGE_AGAIN, JK_KIND_REFERENCE, JK_KIND_VERIFIER,  JK_KIND_WITHDRAWN};
    enum jk_kind kind = *out_kind = kinds[below(random, COUNT_OF(kinds))];
    switch (kind) {
    case JK_KIND_VERIFIER:
    case JK_KIND_VERIFIER_END:
        return some_ruling(ledger, random, kind);
    case JK_KIND_CONFIRM:
        return confirm(ledger);
    case JK_KIND_CHALLENGE:
        return some_challenge(ledger, random);
    case JK_KIND_CHALLENGE_AGAIN:
        return some_leave(ledger, random);
    case JK_KIND_ATTEST:
        return some_attest(ledger, random);
    case JK_KIND_EVIDENCE:
        return below(random, 2) ? look_together(ledger, random) : some_evidence(ledger, random);
    case JK_KIND_REFERENCE:
        return some_reference(ledger, random);
    default:
        return some_withdrawal(ledger, random);
    }
}
