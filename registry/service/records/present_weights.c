/* See present_weights.h. */
#include "service/records/present_weights.h"

void jk_present_parent_grades(const struct jk_glance *glance, uint32_t parent, Jokbo__V1__PinnedParent *out)
{
    enum jk_grade grade;
    if (jk_glance_screened(glance, parent, &grade)) out->screened = jk_to_grade(grade);
    if (jk_glance_attested(glance, parent, &grade)) out->attested = jk_to_grade(grade);
}

static void present_near(const struct jk_present *present, const struct jk_weights_evidence *evidence,
                         Jokbo__V1__WeightsShown *out)
{
    uint32_t first = JK_NONE;
    for (uint32_t i = 0; i < evidence->near_count; i++) {
        uint32_t slot = jk_book_find_release(present->book, &evidence->near[i], present->size);
        if (slot == JK_NONE) continue;
        if (slot < first) first = slot;
        out->near++;
    }
    char *name = first == JK_NONE ? NULL : jk_present_release_name(present, first);
    if (name) out->nearest = name;
}

static void present_evidence(const struct jk_present *present, const struct jk_glance *glance,
                             Jokbo__V1__WeightsShown *out)
{
    enum jk_grade grade;
    bool attested;
    if (jk_glance_weakest(glance, &grade, &attested)) {
        out->grade = jk_to_grade(grade);
        out->attested = attested;
    }
    if (glance->screening != JK_NONE) {
        const struct jk_weights_evidence *evidence = jk_book_evidence(present->book, glance->screening);
        out->screened_index = evidence->from;
        out->screened_time = jk_to_timestamp(present->arena, jk_book_time(present->book, evidence->from));
        out->undeclared = (int64_t)evidence->kin;
        present_near(present, evidence, out);
    }
    if (glance->attested != JK_NONE) {
        const struct jk_weights_evidence *evidence = jk_book_evidence(present->book, glance->attested);
        out->attested_index = evidence->from;
        out->attested_time = jk_to_timestamp(present->arena, jk_book_time(present->book, evidence->from));
    }
}

/* ---- who looked ---- */

static void present_votes(const struct jk_present *present, const struct jk_glance *glance, uint32_t attests,
                          Jokbo__V1__WeightsShown *out)
{
    uint32_t slot = jk_book_last_attest(present->book, glance->pair.release, present->size);
    out->agree = (char **)jk_pointers(present->arena, attests);
    out->differ = (char **)jk_pointers(present->arena, attests);
    for (; out->agree && out->differ && slot != JK_NONE; slot = jk_book_older_attest(present->book, slot)) {
        const struct jk_attest *attest = jk_book_attest(present->book, slot);
        if (!jk_attest_speaks(&glance->vouching, &glance->pair, slot)) continue;
        char *verifier = jk_to_string(present->arena, jk_book_verifier_id(present->book, attest->verifier));
        if (attest->agrees)
            out->agree[out->n_agree++] = verifier;
        else
            out->differ[out->n_differ++] = verifier;
    }
}

Jokbo__V1__WeightsShown *jk_present_weights(const struct jk_present *present, const struct jk_glance *glance)
{
    Jokbo__V1__WeightsShown *out = JK_MESSAGE(present->arena, Jokbo__V1__WeightsShown, jokbo__v1__weights_shown);
    if (!out) return NULL;
    present_evidence(present, glance, out);
    uint32_t answered = 0, slot = jk_book_last_challenge(present->book, glance->pair.release, present->size);
    int64_t now_us = present->now_us ? present->now_us : jk_book_time(present->book, present->size - 1);
    for (; slot != JK_NONE; slot = jk_book_older_challenge(present->book, slot)) {
        if (jk_book_answer(present->book, slot, present->size) != JK_NONE)
            answered++;
        else if (jk_book_challenge_is_open(present->book, slot, present->size, now_us))
            out->open++;
        else
            out->abandoned++;
    }
    if (answered > 0) present_votes(present, glance, answered, out);
    return out;
}
