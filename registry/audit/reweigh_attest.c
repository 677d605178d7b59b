/* One challenge text, held against the log and the manifests; see reweigh.h. Which grades follow from it, its evidence says. */
#include <stdio.h>

#include "audit/reweigh_inside.h"
#include "base/defer.h"
#include "book/vouched.h"

struct judging {
    struct jk_reweighing *reweighing;
    const struct jk_attest *attest;
    const struct jk_release *release;
    const struct jk_challenge_text *text;
    struct jk_reweigh_finding *finding;
};

static bool digests_differ(const struct judging *judging, const char *what, const struct jk_digest *expected,
                           const struct jk_digest *found)
{
    char one[JK_DIGEST_HEX + 1], two[JK_DIGEST_HEX + 1];
    if (jk_digest_equal(expected, found)) return false;
    jk_digest_hex(expected, one);
    jk_digest_hex(found, two);
    jk_reweigh_differs(judging->finding, what, jk_span_of(one), jk_span_of(two));
    return true;
}

/* Release, challenge and key; the key is that of the tree which ends with the challenge's entry. */
static enum jk_status check_head(const struct judging *judging, struct jk_error *error)
{
    const struct jk_challenge *challenge = jk_book_challenge(judging->reweighing->book, judging->attest->challenge);
    const struct jk_challenge_text *text = judging->text;
    struct jk_digest root;
    char expected[24], found[24];
    JK_TRY(jk_audit_root(judging->reweighing->options->audit, (uint64_t)challenge->from + 1, &root, error));
    struct jk_digest key = jk_challenge_key(&root, &judging->release->hash);
    if (digests_differ(judging, "release", &judging->release->hash, &text->release)) return JK_OK;
    (void)snprintf(expected, sizeof expected, "%u", challenge->from);
    (void)snprintf(found, sizeof found, "%llu", (unsigned long long)text->challenge);
    if (text->challenge != challenge->from)
        jk_reweigh_differs(judging->finding, "challenge", jk_span_of(expected), jk_span_of(found));
    else if (!digests_differ(judging, "key", &key, &text->key))
        (void)digests_differ(judging, "artifact", &judging->release->artifact, &text->models[0].artifact);
    return JK_OK;
}

/* Of one outside the registry: that of any reference before the attestation. */
static bool is_artifact_of(const struct judging *judging, const struct jk_parent *parent,
                           const struct jk_digest *artifact)
{
    const struct jk_book *book = judging->reweighing->book;
    uint32_t count = jk_book_references(book, judging->attest->from);
    if (!parent->external) return jk_digest_equal(&jk_book_release(book, parent->slot)->artifact, artifact);
    for (uint32_t slot = 0; slot < count; slot++) {
        const struct jk_reference *reference = jk_book_reference(book, slot);
        if (jk_digest_equal(&reference->artifact, artifact) && jk_span_equal(reference->external, parent->name) &&
            jk_span_equal(reference->revision, parent->revision))
            return true;
    }
    return false;
}

static void check_parent(const struct judging *judging, const struct jk_challenge_model *model)
{
    const struct jk_release *release = judging->release;
    char hex[JK_DIGEST_HEX + 1];
    for (uint32_t i = 0; i < release->parent_count; i++) {
        if (!jk_digest_equal(release->parents[i].hash, &model->release)) continue;
        jk_digest_hex(&model->artifact, hex);
        if (!is_artifact_of(judging, &release->parents[i], &model->artifact))
            jk_reweigh_differs(judging->finding, "artifact", JK_SPAN("that of the parent's statement or reference"),
                               jk_span_of(hex));
        return;
    }
    jk_digest_hex(&model->release, hex);
    jk_reweigh_differs(judging->finding, "model", JK_SPAN("a parent of the release"), jk_span_of(hex));
}

/* Its files and tensors are those of the manifest that it names. Where nobody brought that of a parent, nobody can tell. */
static enum jk_status check_files(const struct judging *judging, const struct jk_challenge_model *model, bool needed,
                                  struct jk_error *error)
{
    struct jk_unread unread = {.artifact = model->artifact};
    const struct jk_examined *held;
    char hex[JK_DIGEST_HEX + 1];
    JK_TRY(jk_reweigh_open(judging->reweighing, &model->artifact, false, &held, &unread.why, error));
    if (!held) {
        if (needed || unread.why != JK_REWEIGH_WITHDRAWN) jk_reweigh_tell_unread(judging->finding, &unread);
        return JK_OK;
    }
    jk_digest_hex(&model->artifact, hex);
    if (!jk_manifests_agree(jk_text_span(&held->manifest), model->manifest))
        jk_reweigh_differs(judging->finding, "files", jk_span_of(hex), JK_SPAN("other files or tensors"));
    jk_shelf_close(judging->reweighing->shelf, held);
    return JK_OK;
}

/* An attestation that does not agree is about other files. */
static enum jk_status check_models(const struct judging *judging, struct jk_error *error)
{
    const struct jk_reweigh_finding *finding = judging->finding;
    for (size_t i = 1; i < judging->text->count && finding->verdict == JK_REWEIGH_SAME; i++)
        check_parent(judging, &judging->text->models[i]);
    for (size_t i = 0; i < judging->text->count && finding->verdict == JK_REWEIGH_SAME; i++)
        if (i > 0 || judging->attest->agrees) JK_TRY(check_files(judging, &judging->text->models[i], i == 0, error));
    return JK_OK;
}

enum jk_status jk_reweigh_attest(struct jk_reweighing *reweighing, uint32_t attest, struct jk_reweigh_finding *finding,
                                 struct jk_error *error)
{
    JK_CLEANUP(jk_challenge_text_done) struct jk_challenge_text text = {.count = 0};
    struct judging judging = {reweighing, jk_book_attest(reweighing->book, attest), NULL, &text, finding};
    struct jk_error fault;
    bool found;
    judging.release = jk_book_release(reweighing->book, judging.attest->release);
    JK_TRY(jk_reweigh_challenge(reweighing, &judging.attest->sketches, finding, &found, error));
    if (!found) return JK_OK;
    jk_error_init(&fault, NULL);
    enum jk_status status = jk_challenge_text_read(jk_text_span(&reweighing->challenge), &text, &fault);
    if (status == JK_INVALID_ARGUMENT)
        jk_reweigh_differs(finding, "challenge text", JK_SPAN("a challenge text"), jk_span_of(fault.message));
    else if (status != JK_OK)
        return jk_fail(error, status, fault.reason, "%s", fault.message);
    if (finding->verdict == JK_REWEIGH_SAME) JK_TRY(check_head(&judging, error));
    return finding->verdict == JK_REWEIGH_SAME ? check_models(&judging, error) : JK_OK;
}
