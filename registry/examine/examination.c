/* See examination.h. */
#include "examine/examination.h"

#include "base/defer.h"
#include "book/vouched.h"

struct running {
    const struct jk_examination *outside;
    struct jk_lineup *lineup;
    unsigned found;
    enum jk_status status; /* of what was found so far */
    struct jk_error *error;
};

static enum jk_status stop_if_asked(const struct jk_examination *outside, struct jk_error *error)
{
    if (!outside->is_stopping(outside->context)) return JK_OK;
    return jk_fail(error, JK_UNAVAILABLE, "STOPPING", "the server is stopping");
}

/* Writers pass: the book is asked at a size that does not change any more. */
static enum jk_status leave_and_enter(void *context, struct jk_error *error)
{
    const struct running *running = context;
    const struct jk_examination *outside = running->outside;
    outside->leave(outside->context);
    enum jk_status status = stop_if_asked(outside, error);
    (void)outside->enter(outside->context);
    return status;
}

/* ---- who is compared ---- */

static bool take_found(void *taking, const struct jk_digest *artifacts, size_t count)
{
    struct running *running = taking;
    const struct jk_examination *outside = running->outside;
    const struct jk_book *book = outside->enter(outside->context);
    running->status = jk_lineup_find(running->lineup, book, running->found, artifacts, count, running->error);
    outside->leave(outside->context);
    return running->status == JK_OK && !outside->is_stopping(outside->context);
}

/* ---- comparing ---- */

static enum jk_status weigh_one(const struct running *running, struct jk_weighing *weighing,
                                const struct jk_compared *who, struct jk_error *error)
{
    const struct jk_examination *outside = running->outside;
    const struct jk_examined *other;
    bool lasting = who->is_reference || (who->found & JK_FOUND_BASE);
    JK_TRY(stop_if_asked(outside, error));
    if (jk_digest_is_zero(&who->artifact))
        return jk_weighing_add(weighing, who, NULL) ? JK_OK : jk_out_of_memory(error);
    JK_TRY(outside->open(outside->context, &who->artifact, lasting, &other, error));
    if (!other) return JK_OK;
    bool added = jk_weighing_add(weighing, who, &(struct jk_weighed){jk_text_span(&other->manifest), &other->sketches});
    outside->close(outside->context, other);
    return added ? JK_OK : jk_out_of_memory(error);
}

static enum jk_status tell_evidence(struct jk_weighing *weighing, struct jk_evidence_figures *figures,
                                    struct jk_text *out_text, struct jk_error *error)
{
    const struct jk_evidence_text *evidence = jk_weighing_end(weighing);
    if (!evidence) return jk_out_of_memory(error);
    jk_evidence_text_write(evidence, out_text);
    if (out_text->failed) return jk_out_of_memory(error);
    jk_evidence_figures_of(evidence, figures);
    return JK_OK;
}

static enum jk_status weigh_all(const struct running *running, struct jk_weighing *weighing,
                                struct jk_evidence_figures *figures, struct jk_text *out_text, struct jk_error *error)
{
    size_t count;
    const struct jk_compared *all = jk_lineup_end(running->lineup, &count);
    if (!all) return jk_out_of_memory(error);
    for (size_t i = 0; i < count; i++)
        JK_TRY(weigh_one(running, weighing, &all[i], error));
    return tell_evidence(weighing, figures, out_text, error);
}

static enum jk_status examine_model(struct running *running, const struct jk_examined *model,
                                    const struct jk_digest *release, uint32_t n, struct jk_evidence_figures *figures,
                                    struct jk_text *out_text, struct jk_error *error)
{
    static const unsigned ways[] = {JK_FOUND_EQUAL, JK_FOUND_ALIKE};
    const struct jk_examination *outside = running->outside;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        running->found = ways[i];
        running->error = error;
        JK_TRY(outside->find(outside->context, model, ways[i], take_found, running, error));
        JK_TRY(running->status);
        JK_TRY(stop_if_asked(outside, error));
    }
    struct jk_weighing *weighing = jk_weighing_new(
        release, &model->artifact, n, (struct jk_weighed){jk_text_span(&model->manifest), &model->sketches});
    if (!weighing) return jk_out_of_memory(error);
    enum jk_status status = weigh_all(running, weighing, figures, out_text, error);
    jk_weighing_free(weighing);
    return status;
}

enum jk_status jk_examine(const struct jk_examination *examination, uint32_t release, uint32_t n,
                          struct jk_evidence_figures *figures, struct jk_text *out_text, struct jk_error *error)
{
    struct running running = {.outside = examination, .status = JK_OK};
    struct jk_breath breath = {leave_and_enter, &running};
    const struct jk_examined *model;
    const struct jk_book *book = examination->enter(examination->context);
    struct jk_digest hash = jk_book_release(book, release)->hash, artifact = jk_book_release(book, release)->artifact;
    running.lineup = jk_lineup_new(book, release, n, &breath);
    enum jk_status status = running.lineup ? jk_lineup_begin(running.lineup, book, error) : jk_out_of_memory(error);
    examination->leave(examination->context);
    if (status == JK_OK) status = examination->open(examination->context, &artifact, false, &model, error);
    if (status == JK_OK && !model)
        status = jk_fail(error, JK_NOT_FOUND, "BLOB_NOT_FOUND", "the release's manifest is not to be had");
    if (status == JK_OK) {
        status = examine_model(&running, model, &hash, n, figures, out_text, error);
        examination->close(examination->context, model);
    }
    jk_lineup_free(running.lineup);
    return status;
}

/* ---- a challenge ---- */

enum jk_status jk_examine_attest(const struct jk_examination *examination, uint32_t attest, uint32_t n,
                                 struct jk_span challenge_text, struct jk_evidence_figures *figures,
                                 struct jk_text *out_text, struct jk_error *error)
{
    JK_CLEANUP(jk_challenge_text_done) struct jk_challenge_text text;
    struct jk_digest parents[JK_GRADED_MAX], digest = jk_digest_of(challenge_text);
    const struct jk_book *book = examination->enter(examination->context);
    const struct jk_attest *answer = jk_book_attest(book, attest);
    const struct jk_release *release = jk_book_release(book, answer->release);
    uint64_t index = answer->from, challenge = jk_book_challenge(book, answer->challenge)->from;
    struct jk_digest hash = release->hash, artifact = release->artifact;
    size_t count = release->parent_count;
    for (size_t i = 0; i < count; i++)
        parents[i] = *release->parents[i].hash;
    examination->leave(examination->context);
    JK_TRY(jk_challenge_text_read(challenge_text, &text, error));
    if (!jk_digest_equal(&text.release, &hash) || text.challenge != challenge ||
        !jk_digest_equal(&text.models[0].artifact, &artifact))
        return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_CHALLENGE_TEXT",
                       "the challenge text is of another release or challenge");
    struct jk_weighing *weighing = jk_weigh_challenge(&text, &digest, index, n, parents, count);
    if (!weighing) return jk_out_of_memory(error);
    enum jk_status status = tell_evidence(weighing, figures, out_text, error);
    jk_weighing_free(weighing);
    return status;
}
