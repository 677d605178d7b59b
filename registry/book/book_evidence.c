/* What the weights of a release show, as the registry found it; see vouched.h. */
#include "base/check.h"
#include "book/book_internal.h"

/* ---- asking ---- */

uint32_t jk_book_evidences(const struct jk_book *book, uint32_t n)
{
    return JK_LOWER_BOUND(book->evidences.count, at, jk_evidence_row(book, at)->from < n);
}

const struct jk_weights_evidence *jk_book_evidence(const struct jk_book *book, uint32_t slot)
{
    JK_CHECK(slot < book->evidences.count);
    return jk_evidence_row(book, slot);
}

uint32_t jk_book_last_evidence(const struct jk_book *book, uint32_t release, uint32_t n)
{
    const struct jk_vouched_row *vouched = jk_vouched_of(book, release);
    uint32_t slot = vouched ? vouched->evidence : JK_NONE;
    while (slot != JK_NONE && jk_evidence_row(book, slot)->from >= n)
        slot = jk_evidence_row(book, slot)->older;
    return slot;
}

uint32_t jk_book_older_evidence(const struct jk_book *book, uint32_t evidence)
{
    return jk_book_evidence(book, evidence)->older;
}

uint32_t jk_book_last_screening(const struct jk_book *book, uint32_t release, uint32_t n)
{
    uint32_t slot = jk_book_last_evidence(book, release, n);
    while (slot != JK_NONE && jk_evidence_row(book, slot)->attest != JK_NONE)
        slot = jk_evidence_row(book, slot)->older;
    return slot;
}

uint32_t jk_book_attest_evidence(const struct jk_book *book, uint32_t attest, uint32_t n)
{
    uint32_t slot = jk_book_attest(book, attest)->evidence;
    while (slot != JK_NONE && jk_evidence_row(book, slot)->from >= n)
        slot = jk_evidence_row(book, slot)->older_attest;
    return slot;
}

/* ---- applying ---- */

/* At the size where it was made, the release was known, and the attestation that it rests on. */
static enum jk_status find_subject(struct jk_book *book, const struct jk_entry *entry,
                                   struct jk_weights_evidence *evidence, struct jk_error *error)
{
    evidence->release = jk_book_find_release(book, &entry->release, JK_NOW);
    if (evidence->release == JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: there is no release with this hash", book->size);
    if (entry->at > book->size || entry->at <= jk_release_row(book, evidence->release)->pub.index)
        return JK_BOOK_REFUSE(error, "entry %u: `at` is no size between the release and this entry", book->size);
    evidence->at = (uint32_t)entry->at;
    if (entry->attest == JK_TARGET_NONE) return JK_OK;
    evidence->attest = jk_book_find_attest(book, entry->attest, evidence->at);
    const struct jk_attest *attest = evidence->attest == JK_NONE ? NULL : jk_attest_row(book, evidence->attest);
    if (attest && attest->agrees && attest->release == evidence->release) return JK_OK;
    return JK_BOOK_REFUSE(error, "entry %u: entry %llu is no attestation before `at` that agrees with the release",
                          book->size, (unsigned long long)entry->attest);
}

/* One item for each parent of the statement, in its order. */
static enum jk_status read_grades(struct jk_book *book, const struct jk_entry *entry, uint32_t slot,
                                  struct jk_edge_grade out_grades[JK_GRADED_MAX], struct jk_error *error)
{
    const struct jk_release *release = &jk_release_row(book, slot)->pub;
    struct jk_span list = entry->grades;
    struct jk_graded item;
    const char *fault;
    uint32_t count = 0;
    while (jk_graded_next(&list, &item, &fault)) {
        if (count == release->parent_count || !jk_digest_equal(&item.parent, release->parents[count].hash))
            return JK_BOOK_REFUSE(error, "entry %u: `parents` are not those of the release", book->size);
        out_grades[count++] = (struct jk_edge_grade){.grade = (uint8_t)item.grade,
                                                     .equal = (uint16_t)item.equal,
                                                     .near = (uint16_t)item.near,
                                                     .kin = (uint16_t)item.kin,
                                                     .comparable = (uint16_t)item.comparable};
    }
    JK_CHECK(!fault); /* the entry's grammar */
    if (count < release->parent_count)
        return JK_BOOK_REFUSE(error, "entry %u: `parents` are not those of the release", book->size);
    return JK_OK;
}

static uint32_t read_near(struct jk_span list, struct jk_digest out_near[JK_NEAR_MAX])
{
    struct jk_span hash;
    uint32_t count = 0;
    while (list.len > 0) {
        jk_span_cut(&list, ' ', &hash);
        JK_CHECK(count < JK_NEAR_MAX && jk_digest_parse(hash, &out_near[count])); /* the entry's grammar */
        count++;
    }
    return count;
}

static const void *keep_bytes(struct jk_book *book, const void *bytes, size_t size)
{
    return jk_book_copy(book, (struct jk_span){bytes, size}).at;
}

static void add_evidence(struct jk_book *book, const struct jk_weights_evidence *evidence)
{
    uint32_t slot;
    struct jk_vouched_row *vouched = jk_book_need_vouched(book, evidence->release);
    struct jk_weights_evidence *row = jk_book_append(book, &book->evidences, &slot);
    if (!vouched || !row) return; /* out of memory: said at the end */
    *row = *evidence;
    row->older = vouched->evidence;
    jk_book_set(book, &vouched->evidence, slot);
    if (row->attest != JK_NONE) {
        uint32_t *newest = &jk_attest_row(book, row->attest)->evidence;
        row->older_attest = *newest;
        jk_book_set(book, newest, slot);
    }
    jk_book_touch(book, jk_release_row(book, row->release)->pub.model);
}

enum jk_status jk_book_apply_evidence(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    struct jk_weights_evidence evidence = {
        .from = book->size, .attest = JK_NONE, .older_attest = JK_NONE, .text = entry->findings, .kin = entry->kin};
    struct jk_edge_grade grades[JK_GRADED_MAX];
    struct jk_digest near[JK_NEAR_MAX];
    JK_TRY(find_subject(book, entry, &evidence, error));
    JK_TRY(read_grades(book, entry, evidence.release, grades, error));
    uint32_t parents = jk_release_row(book, evidence.release)->pub.parent_count;
    evidence.grades = keep_bytes(book, grades, parents * sizeof *grades);
    evidence.near_count = read_near(entry->near, near);
    evidence.near = keep_bytes(book, near, evidence.near_count * sizeof *near);
    add_evidence(book, &evidence);
    return JK_OK;
}
