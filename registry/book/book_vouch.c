/* Verifiers, their challenges and attestations; see vouched.h. Who may be a verifier is a ruling (book_rulings.c). */
#include "base/check.h"
#include "book/book_internal.h"

/* ---- verifiers ---- */

uint32_t jk_book_verifiers(const struct jk_book *book, uint32_t n)
{
    return JK_LOWER_BOUND(book->verifiers.count, at, jk_verifier_row(book, at)->from < n);
}

struct jk_span jk_book_verifier_id(const struct jk_book *book, uint32_t verifier)
{
    JK_CHECK(verifier < book->verifiers.count);
    return jk_verifier_row(book, verifier)->id;
}

uint32_t jk_book_find_verifier(const struct jk_book *book, struct jk_span id, uint32_t n)
{
    uint32_t hash = jk_hash_text(id), slot = jk_index_first(&book->verifier_index, hash);
    for (; slot != JK_NONE; slot = jk_verifier_row(book, slot)->by_id.next)
        if (jk_span_equal(jk_verifier_row(book, slot)->id, id))
            return jk_verifier_row(book, slot)->from < n ? slot : JK_NONE;
    return JK_NONE;
}

uint32_t jk_book_intern_verifier(struct jk_book *book, struct jk_span id)
{
    uint32_t slot = jk_book_find_verifier(book, id, JK_NOW);
    if (slot != JK_NONE) return slot;
    struct jk_verifier_row *row = jk_book_append(book, &book->verifiers, &slot);
    if (!row) return JK_NONE;
    row->id = jk_book_copy(book, id);
    row->from = book->size;
    row->rulings = JK_NONE;
    jk_index_add(&book->verifier_index, &book->journal, &row->by_id, slot, jk_hash_text(id));
    return slot;
}

bool jk_book_appointment(const struct jk_book *book, uint32_t verifier, uint32_t n,
                         struct jk_appointment *out_appointment)
{
    const struct jk_ruling *ruling = jk_book_verifier_ruling_of(book, verifier, n);
    if (!ruling || ruling->kind != JK_RULING_VERIFIER) return false;
    *out_appointment = (struct jk_appointment){.verifier = verifier,
                                               .id = jk_verifier_row(book, verifier)->id,
                                               .institution = ruling->institution,
                                               .since = jk_book_ruling_effect(ruling, n)};
    return true;
}

/* ---- what was said of a release's weights ---- */

struct jk_vouched_row *jk_book_need_vouched(struct jk_book *book, uint32_t release)
{
    uint32_t slot = jk_release_row(book, release)->vouched;
    if (slot != JK_NONE) return jk_vouched_row(book, slot);
    struct jk_vouched_row *row = jk_book_append(book, &book->vouched, &slot);
    if (!row) return NULL;
    *row = (struct jk_vouched_row){JK_NONE, JK_NONE, JK_NONE, JK_NONE};
    jk_book_set(book, &jk_release_row(book, release)->vouched, slot);
    return row;
}

static enum jk_status find_release(struct jk_book *book, const struct jk_entry *entry, uint32_t *out_release,
                                   struct jk_error *error)
{
    *out_release = jk_book_find_release(book, &entry->release, JK_NOW);
    if (*out_release != JK_NONE) return JK_OK;
    return JK_BOOK_REFUSE(error, "entry %u: there is no release with this hash", book->size);
}

/* ---- challenges ---- */

uint32_t jk_book_challenges(const struct jk_book *book, uint32_t n)
{
    return JK_LOWER_BOUND(book->challenges.count, at, jk_challenge_row(book, at)->from < n);
}

const struct jk_challenge *jk_book_challenge(const struct jk_book *book, uint32_t slot)
{
    JK_CHECK(slot < book->challenges.count);
    return jk_challenge_row(book, slot);
}

uint32_t jk_book_find_challenge(const struct jk_book *book, uint64_t index, uint32_t n)
{
    uint32_t count = jk_book_challenges(book, n);
    uint32_t slot = JK_LOWER_BOUND(count, at, jk_challenge_row(book, at)->from < index);
    return slot < count && jk_challenge_row(book, slot)->from == index ? slot : JK_NONE;
}

uint32_t jk_book_last_challenge(const struct jk_book *book, uint32_t release, uint32_t n)
{
    const struct jk_vouched_row *vouched = jk_vouched_of(book, release);
    uint32_t slot = vouched ? vouched->challenges : JK_NONE;
    while (slot != JK_NONE && jk_challenge_row(book, slot)->from >= n)
        slot = jk_challenge_row(book, slot)->older;
    return slot;
}

uint32_t jk_book_older_challenge(const struct jk_book *book, uint32_t challenge)
{
    return jk_book_challenge(book, challenge)->older;
}

uint32_t jk_book_answer(const struct jk_book *book, uint32_t challenge, uint32_t n)
{
    uint32_t attest = jk_book_challenge(book, challenge)->attest;
    return attest != JK_NONE && jk_attest_row(book, attest)->from < n ? attest : JK_NONE;
}

bool jk_book_challenge_is_open(const struct jk_book *book, uint32_t challenge, uint32_t n, int64_t now_us)
{
    return jk_book_answer(book, challenge, n) == JK_NONE &&
           now_us - jk_book_time(book, jk_book_challenge(book, challenge)->from) <= JK_ATTEST_US;
}

uint32_t jk_book_leaves(const struct jk_book *book, uint32_t release, uint32_t verifier, uint32_t n)
{
    const struct jk_vouched_row *vouched = jk_vouched_of(book, release);
    uint32_t slot = vouched ? vouched->leaves : JK_NONE, count = 0;
    for (; slot != JK_NONE; slot = jk_leave_row(book, slot)->older)
        if (jk_leave_row(book, slot)->from < n && jk_leave_row(book, slot)->verifier == verifier) count++;
    return count;
}

static enum jk_status check_challenge(struct jk_book *book, const struct jk_entry *entry,
                                      struct jk_challenge *challenge, struct jk_error *error)
{
    struct jk_appointment appointment;
    if (entry->actor.type != JK_ACTOR_VERIFIER)
        return JK_BOOK_REFUSE(error, "entry %u: a challenge comes from a verifier", book->size);
    challenge->verifier = jk_book_find_verifier(book, entry->actor.name, JK_NOW);
    if (challenge->verifier == JK_NONE || !jk_book_appointment(book, challenge->verifier, JK_NOW, &appointment))
        return JK_BOOK_REFUSE(error, "entry %u: %.*s is no verifier", book->size, JK_SPAN_ARG(entry->actor.name));
    JK_TRY(find_release(book, entry, &challenge->release, error));
    if (jk_digest_is_zero(&jk_release_row(book, challenge->release)->pub.artifact))
        return JK_BOOK_REFUSE(error, "entry %u: the release names no artifact", book->size);
    return JK_OK;
}

enum jk_status jk_book_apply_challenge(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    struct jk_challenge challenge = {.from = book->size, .nonce = entry->nonce, .attest = JK_NONE};
    uint32_t slot;
    JK_TRY(check_challenge(book, entry, &challenge, error));
    struct jk_vouched_row *vouched = jk_book_need_vouched(book, challenge.release);
    struct jk_challenge *row = jk_book_append(book, &book->challenges, &slot);
    if (!vouched || !row) return JK_OK; /* out of memory: said at the end */
    *row = challenge;
    row->older = vouched->challenges;
    jk_book_set(book, &vouched->challenges, slot);
    jk_book_touch(book, jk_release_row(book, challenge.release)->pub.model);
    return JK_OK;
}

enum jk_status jk_book_apply_challenge_again(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    uint32_t release, slot, verifier = jk_book_find_verifier(book, entry->verifier, JK_NOW);
    if (verifier == JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: there is no verifier %.*s", book->size, JK_SPAN_ARG(entry->verifier));
    JK_TRY(find_release(book, entry, &release, error));
    struct jk_vouched_row *vouched = jk_book_need_vouched(book, release);
    struct jk_leave_row *row = jk_book_append(book, &book->leaves, &slot);
    if (!vouched || !row) return JK_OK; /* out of memory: said at the end */
    *row = (struct jk_leave_row){.from = book->size, .verifier = verifier, .older = vouched->leaves};
    jk_book_set(book, &vouched->leaves, slot);
    jk_book_touch(book, jk_release_row(book, release)->pub.model);
    return JK_OK;
}

/* ---- attestations ---- */

uint32_t jk_book_attests(const struct jk_book *book, uint32_t n)
{
    return JK_LOWER_BOUND(book->attests.count, at, jk_attest_row(book, at)->from < n);
}

const struct jk_attest *jk_book_attest(const struct jk_book *book, uint32_t slot)
{
    JK_CHECK(slot < book->attests.count);
    return jk_attest_row(book, slot);
}

uint32_t jk_book_find_attest(const struct jk_book *book, uint64_t index, uint32_t n)
{
    uint32_t count = jk_book_attests(book, n);
    uint32_t slot = JK_LOWER_BOUND(count, at, jk_attest_row(book, at)->from < index);
    return slot < count && jk_attest_row(book, slot)->from == index ? slot : JK_NONE;
}

uint32_t jk_book_last_attest(const struct jk_book *book, uint32_t release, uint32_t n)
{
    const struct jk_vouched_row *vouched = jk_vouched_of(book, release);
    uint32_t slot = vouched ? vouched->attests : JK_NONE;
    while (slot != JK_NONE && jk_attest_row(book, slot)->from >= n)
        slot = jk_attest_row(book, slot)->older;
    return slot;
}

uint32_t jk_book_older_attest(const struct jk_book *book, uint32_t attest)
{
    return jk_book_attest(book, attest)->older;
}

/* The challenge that an attestation answers. */
static enum jk_status find_open_challenge(struct jk_book *book, const struct jk_entry *entry, uint32_t *out_challenge,
                                          struct jk_error *error)
{
    uint32_t slot = jk_book_find_challenge(book, entry->target, JK_NOW);
    if (slot == JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: entry %llu is no challenge", book->size,
                              (unsigned long long)entry->target);
    const struct jk_challenge *challenge = jk_challenge_row(book, slot);
    struct jk_span challenger = jk_verifier_row(book, challenge->verifier)->id;
    if (entry->actor.type != JK_ACTOR_VERIFIER || !jk_span_equal(entry->actor.name, challenger))
        return JK_BOOK_REFUSE(error, "entry %u: the challenge of entry %u is that of %.*s", book->size, challenge->from,
                              JK_SPAN_ARG(challenger));
    if (challenge->attest != JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: the challenge of entry %u was answered already", book->size,
                              challenge->from);
    if (entry->time_us - jk_book_time(book, challenge->from) > JK_ATTEST_US)
        return JK_BOOK_REFUSE(error, "entry %u: the challenge of entry %u is more than 7 days old", book->size,
                              challenge->from);
    *out_challenge = slot;
    return JK_OK;
}

enum jk_status jk_book_apply_attest(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    uint32_t challenge = JK_NONE, slot;
    JK_TRY(find_open_challenge(book, entry, &challenge, error));
    struct jk_challenge *answered = jk_challenge_row(book, challenge);
    const struct jk_release *release = &jk_release_row(book, answered->release)->pub;
    bool agrees = jk_digest_equal(&entry->artifact, &release->artifact) && entry->differs.len == 0;
    if (agrees && jk_digest_is_zero(&entry->sketches))
        return JK_BOOK_REFUSE(error, "entry %u: an attestation that agrees has sketches", book->size);
    struct jk_vouched_row *vouched = jk_book_need_vouched(book, answered->release);
    struct jk_attest *row = jk_book_append(book, &book->attests, &slot);
    if (!vouched || !row) return JK_OK; /* out of memory: said at the end */
    *row = (struct jk_attest){.from = book->size,
                              .challenge = challenge,
                              .release = answered->release,
                              .verifier = answered->verifier,
                              .agrees = agrees,
                              .artifact = entry->artifact,
                              .sketches = entry->sketches,
                              .differs = jk_book_copy(book, entry->differs),
                              .evidence = JK_NONE,
                              .older = vouched->attests};
    jk_book_set(book, &vouched->attests, slot);
    jk_book_set(book, &answered->attest, slot);
    jk_book_touch(book, release->model);
    return JK_OK;
}
