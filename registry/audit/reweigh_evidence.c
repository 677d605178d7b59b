/* One entry `evidence`: the text that is served, what follows from it, and what is made anew; see reweigh.h. */
#include <stdio.h>
#include <stdlib.h>

#include "audit/reweigh_inside.h"
#include "base/defer.h"
#include "book/holdings.h"
#include "book/vouched.h"

struct judging {
    struct jk_reweighing *reweighing;
    const struct jk_weights_evidence *evidence;
    const struct jk_release *release;
    struct jk_reweigh_finding *finding;
    struct jk_text served;              /* empty: none was served, or other bytes, which the finding says */
    struct jk_text made;                /* empty: it was not made, as the finding says */
    struct jk_evidence_figures figures; /* of `made` */
};

static bool is_settled(const struct judging *judging)
{
    return judging->finding->verdict == JK_REWEIGH_DIFFERS;
}

/* ---- figures ---- */

static bool parent_differs(struct judging *judging, const struct jk_graded *made, size_t at)
{
    JK_CLEANUP(jk_text_done) struct jk_text expected = {0};
    JK_CLEANUP(jk_text_done) struct jk_text found = {0};
    const struct jk_edge_grade *said = &judging->evidence->grades[at];
    struct jk_graded entry = {*judging->release->parents[at].hash,
                              (enum jk_grade)said->grade,
                              said->equal,
                              said->near,
                              said->kin,
                              said->comparable};
    if (jk_digest_equal(&entry.parent, &made->parent) && entry.grade == made->grade && entry.equal == made->equal &&
        entry.near == made->near && entry.kin == made->kin && entry.comparable == made->comparable)
        return false;
    jk_graded_write(made, &expected);
    jk_graded_write(&entry, &found);
    jk_reweigh_differs(judging->finding, "parents", jk_text_span(&expected), jk_text_span(&found));
    return true;
}

static void near_differs(struct judging *judging, const struct jk_evidence_figures *figures)
{
    const struct jk_weights_evidence *said = judging->evidence;
    char expected[JK_DIGEST_HEX + 1] = "none", found[JK_DIGEST_HEX + 1] = "none";
    size_t i = 0;
    while (i < figures->near_count && i < said->near_count && jk_digest_equal(&figures->near[i], &said->near[i]))
        i++;
    if (i == figures->near_count && i == said->near_count) return;
    if (i < figures->near_count) jk_digest_hex(&figures->near[i], expected);
    if (i < said->near_count) jk_digest_hex(&said->near[i], found);
    jk_reweigh_differs(judging->finding, "near", jk_span_of(expected), jk_span_of(found));
}

/* What the entry says, and what follows from a text. */
static void hold_figures(struct judging *judging, const struct jk_evidence_figures *figures)
{
    char expected[24], found[24];
    for (size_t i = 0; i < figures->parent_count && i < judging->release->parent_count; i++)
        if (parent_differs(judging, &figures->parents[i], i)) return;
    (void)snprintf(expected, sizeof expected, "%zu", figures->parent_count);
    (void)snprintf(found, sizeof found, "%u", judging->release->parent_count);
    if (figures->parent_count != judging->release->parent_count) {
        jk_reweigh_differs(judging->finding, "parents", jk_span_of(expected), jk_span_of(found));
        return;
    }
    near_differs(judging, figures);
    if (is_settled(judging) || figures->kin == judging->evidence->kin) return;
    (void)snprintf(expected, sizeof expected, "%u", figures->kin);
    (void)snprintf(found, sizeof found, "%llu", (unsigned long long)judging->evidence->kin);
    jk_reweigh_differs(judging->finding, "kin", jk_span_of(expected), jk_span_of(found));
}

/* ---- the text that is served ---- */

static bool is_of_the_entry(const struct judging *judging, const struct jk_evidence_text *text)
{
    const struct jk_weights_evidence *evidence = judging->evidence;
    uint64_t attest =
        evidence->attest == JK_NONE ? JK_NO_ATTEST : jk_book_attest(judging->reweighing->book, evidence->attest)->from;
    return jk_digest_equal(&text->release, &judging->release->hash) && text->at == evidence->at &&
           text->attest == attest;
}

/* Whatever the manifests say, the entry's figures have to follow from the text that it names. */
static void read_served(struct judging *judging)
{
    struct jk_evidence_text text;
    struct jk_evidence_figures *figures = calloc(1, sizeof *figures);
    struct jk_error fault;
    jk_error_init(&fault, NULL);
    if (figures && jk_evidence_text_read(jk_text_span(&judging->served), &text, &fault) != JK_OK)
        jk_reweigh_differs(judging->finding, "text", JK_SPAN("an evidence text"), jk_span_of(fault.message));
    else if (figures && !is_of_the_entry(judging, &text))
        jk_reweigh_differs(judging->finding, "text", JK_SPAN("the release, size and attestation of the entry"),
                           JK_SPAN("others"));
    else if (figures)
        jk_evidence_figures_of(&text, figures);
    if (figures && !is_settled(judging)) hold_figures(judging, figures);
    if (figures) jk_evidence_text_done(&text);
    free(figures);
}

static enum jk_status take_served(struct judging *judging, struct jk_error *error)
{
    bool found;
    JK_TRY(jk_reweigh_fetch(judging->reweighing, &judging->evidence->text, "text", JK_EVIDENCE_TEXT_MAX,
                            &judging->served, judging->finding, &found, error));
    if (found)
        read_served(judging);
    else
        jk_text_clear(&judging->served);
    return JK_OK;
}

/* ---- the text that is made ---- */

static enum jk_status make_of_manifests(struct judging *judging, struct jk_error *error)
{
    struct jk_reweighing *reweighing = judging->reweighing;
    uint32_t release = judging->evidence->release, at = judging->evidence->at;
    struct jk_unread unread = {.artifact = judging->release->artifact};
    const struct jk_examined *own;
    if (!jk_book_release_is_held(reweighing->book, release, at)) {
        jk_reweigh_differs(judging->finding, "at", JK_SPAN("a size at which the release's manifest is held"),
                           JK_SPAN("it is not"));
        return JK_OK;
    }
    JK_TRY(jk_reweigh_enter(reweighing, at, error));
    JK_TRY(jk_reweigh_open(reweighing, &unread.artifact, false, &own, &unread.why, error));
    if (!own) {
        jk_reweigh_tell_unread(judging->finding, &unread);
        return JK_OK;
    }
    reweighing->left_out.count = 0;
    enum jk_status status = jk_examine(&reweighing->outside, release, at, &judging->figures, &judging->made, error);
    jk_shelf_close(reweighing->shelf, own);
    return status;
}

static enum jk_status make_of_challenge(struct judging *judging, struct jk_error *error)
{
    struct jk_reweighing *reweighing = judging->reweighing;
    const struct jk_weights_evidence *evidence = judging->evidence;
    const struct jk_digest *digest = &jk_book_attest(reweighing->book, evidence->attest)->sketches;
    struct jk_error fault;
    bool found;
    JK_TRY(jk_reweigh_challenge(reweighing, digest, judging->finding, &found, error));
    if (!found) return JK_OK;
    jk_error_init(&fault, NULL);
    enum jk_status status =
        jk_examine_attest(&reweighing->outside, evidence->attest, evidence->at, jk_text_span(&reweighing->challenge),
                          &judging->figures, &judging->made, &fault);
    if (status == JK_INVALID_ARGUMENT) {
        jk_reweigh_differs(judging->finding, "challenge text", JK_SPAN("one of this challenge"),
                           jk_span_of(fault.message));
        return JK_OK;
    }
    return status == JK_OK ? JK_OK : jk_fail(error, status, fault.reason, "%s", fault.message);
}

/* ---- the verdict ---- */

static bool names_artifact(const void *context, struct jk_span model, const struct jk_digest *artifact)
{
    const struct judging *judging = context;
    const struct jk_book *book = judging->reweighing->book;
    uint32_t at = judging->evidence->at, slot = JK_NONE;
    struct jk_digest hash;
    struct jk_span word;
    uint64_t index;
    (void)jk_span_cut(&model, ' ', &word);
    if (jk_span_equal(word, JK_SPAN("release"))) {
        if (jk_digest_parse(model, &hash)) slot = jk_book_find_release(book, &hash, at);
        return slot != JK_NONE && jk_digest_equal(&jk_book_release(book, slot)->artifact, artifact);
    }
    if (!jk_span_to_u64(model, &index)) return false;
    for (slot = jk_book_references(book, at); slot-- > 0;)
        if (jk_book_reference(book, slot)->from == index)
            return jk_digest_equal(&jk_book_reference(book, slot)->artifact, artifact);
    return false;
}

static bool is_listed(const struct jk_unread_list *list, const struct jk_digest *artifact)
{
    for (size_t i = 0; i < list->count; i++)
        if (jk_digest_equal(&list->items[i].artifact, artifact)) return true;
    return false;
}

/* Manifests that the text would rest on at its size, and that are not to be had. */
static bool list_unread(const struct judging *judging, struct jk_unread_list *out_list)
{
    const struct jk_reweighing *reweighing = judging->reweighing;
    bool done = true;
    if (judging->evidence->attest != JK_NONE) return true;
    for (size_t i = 0; done && i < reweighing->left_out.count; i++)
        if (!is_listed(out_list, &reweighing->left_out.items[i].artifact))
            done = jk_unread_add(out_list, &reweighing->left_out.items[i]);
    for (size_t i = 0; done && i < reweighing->unread.count; i++)
        if (jk_book_is_held(reweighing->book, &reweighing->unread.items[i].artifact, judging->evidence->at) &&
            !is_listed(out_list, &reweighing->unread.items[i].artifact))
            done = jk_unread_add(out_list, &reweighing->unread.items[i]);
    return done;
}

static void tell_digests(struct judging *judging, const struct jk_digest *made)
{
    char expected[JK_DIGEST_HEX + 1], found[JK_DIGEST_HEX + 1];
    jk_digest_hex(made, expected);
    jk_digest_hex(&judging->evidence->text, found);
    jk_reweigh_differs(judging->finding, "evidence", jk_span_of(expected), jk_span_of(found));
}

/* The texts differ. */
static enum jk_status tell_difference(struct judging *judging, const struct jk_digest *made, struct jk_error *error)
{
    struct jk_unread_list list = {0};
    struct jk_span text = jk_text_span(&judging->made), served = jk_text_span(&judging->served);
    bool done = list_unread(judging, &list);
    const struct jk_unread *why =
        served.len > 0 ? jk_reweigh_explains(text, served, list.items, list.count, names_artifact, judging) : NULL;
    if (why)
        jk_reweigh_tell_unread(judging->finding, why);
    else if (served.len > 0)
        jk_reweigh_line(judging->finding, text, served);
    else if (list.count == 0)
        tell_digests(judging, made);
    free(list.items);
    return done ? JK_OK : jk_out_of_memory(error);
}

static enum jk_status hold_made(struct judging *judging, struct jk_error *error)
{
    struct jk_digest made = jk_digest_of(jk_text_span(&judging->made));
    if (judging->made.failed) return jk_out_of_memory(error);
    if (judging->made.len == 0 || is_settled(judging)) return JK_OK;
    if (!jk_digest_equal(&made, &judging->evidence->text)) return tell_difference(judging, &made, error);
    hold_figures(judging, &judging->figures);
    return JK_OK;
}

enum jk_status jk_reweigh_evidence(struct jk_reweighing *reweighing, uint32_t evidence,
                                   struct jk_reweigh_finding *finding, struct jk_error *error)
{
    struct judging *judging = calloc(1, sizeof *judging);
    if (!judging) return jk_out_of_memory(error);
    judging->reweighing = reweighing;
    judging->evidence = jk_book_evidence(reweighing->book, evidence);
    judging->release = jk_book_release(reweighing->book, judging->evidence->release);
    judging->finding = finding;
    jk_text_init(&judging->served, JK_EVIDENCE_TEXT_MAX);
    jk_text_init(&judging->made, JK_EVIDENCE_TEXT_MAX);
    enum jk_status status = take_served(judging, error);
    if (status == JK_OK && !is_settled(judging))
        status = judging->evidence->attest == JK_NONE ? make_of_manifests(judging, error)
                                                      : make_of_challenge(judging, error);
    if (status == JK_OK) status = hold_made(judging, error);
    jk_text_done(&judging->served);
    jk_text_done(&judging->made);
    free(judging);
    return status;
}
