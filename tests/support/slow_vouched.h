/* What a book says of verifiers, challenges, attestations, evidence and references at a size, held against the entries
 * themselves, scanned anew for every question. Included by test_differential.c only. */
#ifndef JK_TESTS_SLOW_VOUCHED_H
#define JK_TESTS_SLOW_VOUCHED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "book/stage.h"
#include "book/vouched.h"
#include "support/naive.h"

struct jk_slow_vouched {
    const struct jk_naive *naive;
    const struct jk_book *book;
    uint32_t n;
};

static inline const struct jk_entry *entry_at(const struct jk_slow_vouched *slow, uint32_t i)
{
    return jk_naive_entry(slow->naive, i);
}

/* The ruling on a verifier that took effect last before n, and the entry with which it did; JK_NONE for none. */
static inline uint32_t slow_appointment(const struct jk_slow_vouched *slow, struct jk_span id, uint32_t *out_since)
{
    uint32_t found = JK_NONE;
    for (uint32_t i = 0; i < slow->n; i++) {
        const struct jk_entry *entry = entry_at(slow, i), *ruling = entry;
        if (entry->kind == JK_KIND_CONFIRM) ruling = entry_at(slow, (uint32_t)entry->target);
        if (ruling->kind != JK_KIND_VERIFIER && ruling->kind != JK_KIND_VERIFIER_END) continue;
        if (!jk_span_equal(ruling->verifier, id)) continue;
        if (entry == ruling && entry->needs_second == JK_ANSWER_YES) continue;
        found = entry == ruling ? i : (uint32_t)entry->target;
        *out_since = i;
    }
    return found;
}

static inline void compare_verifiers(const struct jk_slow_vouched *slow)
{
    for (uint32_t i = 0; i < jk_book_verifiers(slow->book, slow->n); i++) {
        struct jk_span id = jk_book_verifier_id(slow->book, i);
        struct jk_appointment found;
        uint32_t since = JK_NONE, ruling = slow_appointment(slow, id, &since);
        bool is_one = ruling != JK_NONE && entry_at(slow, ruling)->kind == JK_KIND_VERIFIER;
        assert_int_equal(jk_book_find_verifier(slow->book, id, slow->n), i);
        assert_int_equal(jk_book_appointment(slow->book, i, slow->n, &found), is_one);
        if (!is_one) continue;
        assert_int_equal(found.since, since);
        assert_true(jk_span_equal(found.institution, entry_at(slow, ruling)->institution));
    }
}

/* The newest entry of a kind about a release. An attestation is about that of its challenge. */
static inline uint32_t slow_newest(const struct jk_slow_vouched *slow, enum jk_kind kind,
                                   const struct jk_digest *release)
{
    for (uint32_t i = slow->n; i-- > 0;) {
        const struct jk_entry *entry = entry_at(slow, i), *about = entry;
        if (entry->kind != kind) continue;
        if (kind == JK_KIND_ATTEST) about = entry_at(slow, (uint32_t)entry->target);
        if (jk_digest_equal(&about->release, release)) return i;
    }
    return JK_NONE;
}

static inline void compare_challenge(const struct jk_slow_vouched *slow, uint32_t slot)
{
    uint32_t from = jk_book_challenge(slow->book, slot)->from, answered = JK_NONE;
    for (uint32_t i = from; i < slow->n; i++)
        if (entry_at(slow, i)->kind == JK_KIND_ATTEST && entry_at(slow, i)->target == from) answered = i;
    uint32_t attest = jk_book_answer(slow->book, slot, slow->n);
    assert_int_equal(attest == JK_NONE ? JK_NONE : jk_book_attest(slow->book, attest)->from, answered);
}

static inline void compare_release(const struct jk_slow_vouched *slow, uint32_t release)
{
    const struct jk_digest *hash = &jk_book_release(slow->book, release)->hash;
    uint32_t challenge = jk_book_last_challenge(slow->book, release, slow->n);
    uint32_t attest = jk_book_last_attest(slow->book, release, slow->n);
    uint32_t evidence = jk_book_last_evidence(slow->book, release, slow->n);
    assert_int_equal(challenge == JK_NONE ? JK_NONE : jk_book_challenge(slow->book, challenge)->from,
                     slow_newest(slow, JK_KIND_CHALLENGE, hash));
    assert_int_equal(attest == JK_NONE ? JK_NONE : jk_book_attest(slow->book, attest)->from,
                     slow_newest(slow, JK_KIND_ATTEST, hash));
    assert_int_equal(evidence == JK_NONE ? JK_NONE : jk_book_evidence(slow->book, evidence)->from,
                     slow_newest(slow, JK_KIND_EVIDENCE, hash));
    for (; challenge != JK_NONE; challenge = jk_book_older_challenge(slow->book, challenge))
        compare_challenge(slow, challenge);
}

static inline void compare_attest(const struct jk_slow_vouched *slow, uint32_t i)
{
    const struct jk_entry *entry = entry_at(slow, i), *challenge = entry_at(slow, (uint32_t)entry->target);
    uint32_t slot = jk_book_find_attest(slow->book, i, slow->n), newest = JK_NONE;
    assert_int_not_equal(slot, JK_NONE);
    const struct jk_attest *attest = jk_book_attest(slow->book, slot);
    const struct jk_release *release = jk_book_release(slow->book, attest->release);
    assert_true(jk_digest_equal(&release->hash, &challenge->release));
    assert_int_equal(attest->agrees, jk_digest_equal(&entry->artifact, &release->artifact) && entry->differs.len == 0);
    assert_true(jk_span_equal(jk_book_verifier_id(slow->book, attest->verifier), challenge->actor.name));
    assert_int_equal(jk_book_answer(slow->book, attest->challenge, slow->n), slot);
    for (uint32_t k = i; k < slow->n; k++)
        if (entry_at(slow, k)->kind == JK_KIND_EVIDENCE && entry_at(slow, k)->attest == i) newest = k;
    uint32_t evidence = jk_book_attest_evidence(slow->book, slot, slow->n);
    assert_int_equal(evidence == JK_NONE ? JK_NONE : jk_book_evidence(slow->book, evidence)->from, newest);
}

/* What the entry says is what the book keeps, item by item. */
static inline void compare_evidence(const struct jk_slow_vouched *slow, uint32_t slot)
{
    const struct jk_weights_evidence *row = jk_book_evidence(slow->book, slot);
    const struct jk_entry *entry = entry_at(slow, row->from);
    struct jk_span grades = entry->grades, near = entry->near, hash;
    struct jk_digest digest;
    struct jk_graded item;
    const char *fault;
    assert_true(row->at == entry->at && row->kin == entry->kin && jk_digest_equal(&row->text, &entry->findings));
    for (uint32_t i = 0; i < jk_book_release(slow->book, row->release)->parent_count; i++) {
        assert_true(jk_graded_next(&grades, &item, &fault));
        assert_true(row->grades[i].grade == item.grade && row->grades[i].equal == item.equal);
        assert_true(row->grades[i].near == item.near && row->grades[i].kin == item.kin);
        assert_int_equal(row->grades[i].comparable, item.comparable);
    }
    for (uint32_t i = 0; i < row->near_count; i++) {
        jk_span_cut(&near, ' ', &hash);
        assert_true(jk_digest_parse(hash, &digest) && jk_digest_equal(&row->near[i], &digest));
    }
    assert_true(grades.len == 0 && near.len == 0);
}

static inline bool slow_stands(const struct jk_slow_vouched *slow, uint32_t reference)
{
    const struct jk_entry *entry = entry_at(slow, reference);
    bool withdrawn = false;
    for (uint32_t i = 0; i < slow->n; i++) {
        const struct jk_entry *other = entry_at(slow, i);
        bool newer = i > reference && other->kind == JK_KIND_REFERENCE;
        if (newer && jk_span_equal(other->external, entry->external) &&
            jk_span_equal(other->revision_hex, entry->revision_hex))
            return false;
        bool tells =
            other->kind == JK_KIND_REFERENCE || other->kind == JK_KIND_HELD || other->kind == JK_KIND_WITHDRAWN;
        if (tells && jk_digest_equal(&other->artifact, &entry->artifact)) withdrawn = other->kind == JK_KIND_WITHDRAWN;
    }
    return !withdrawn;
}

static inline void compare_vouched(const struct jk_naive *naive, const struct jk_book *book, uint32_t n)
{
    struct jk_slow_vouched slow = {naive, book, n};
    uint32_t attests = 0;
    compare_verifiers(&slow);
    for (uint32_t i = 0; i < jk_book_releases(book, n); i++)
        compare_release(&slow, i);
    for (uint32_t i = 0; i < n; i++) {
        if (entry_at(&slow, i)->kind != JK_KIND_ATTEST) continue;
        compare_attest(&slow, i);
        attests++;
    }
    assert_int_equal(jk_book_attests(book, n), attests);
    for (uint32_t i = 0; i < jk_book_evidences(book, n); i++)
        compare_evidence(&slow, i);
    for (uint32_t i = 0; i < jk_book_references(book, n); i++)
        assert_int_equal(jk_book_reference_stands(book, i, n), slow_stands(&slow, jk_book_reference(book, i)->from));
}

#endif
