/* Challenge texts from anybody: what is accepted is the same once it is written again, begins with the release itself,
 * is graded whatever the parents are, and is refused once its last byte is cut or its last model stands twice. */
#include <stdlib.h>

#include "base/check.h"
#include "weights/weighing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_text(struct jk_span input, struct jk_challenge_text *out)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    enum jk_status status = jk_challenge_text_read(input, out, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    return status == JK_OK;
}

static void write_again(const struct jk_challenge_text *read, struct jk_span input)
{
    static struct jk_challenge_text other;
    const struct jk_challenge_model *last = &read->models[read->count - 1];
    struct jk_text again;
    jk_text_init(&again, 0);
    jk_challenge_text_begin(&again, &read->release, read->challenge, &read->key);
    for (size_t i = 0; i < read->count; i++) {
        const struct jk_challenge_model *model = &read->models[i];
        jk_challenge_text_add(&again, &model->release, &model->artifact, model->manifest);
        JK_CHECK(model->sketches.version == 2 && jk_manifests_agree(model->manifest, model->manifest));
    }
    JK_CHECK(jk_span_equal(jk_text_span(&again), input));
    jk_challenge_text_add(&again, &last->release, &last->artifact, last->manifest);
    JK_CHECK(!read_text(jk_text_span(&again), &other));
    jk_challenge_text_done(&other);
    jk_text_done(&again);
}

/* Its parents, and one that it does not have; in order if that one comes first. */
static void weigh(const struct jk_challenge_text *read)
{
    static struct jk_digest parents[JK_GRADED_MAX];
    size_t count = 0;
    parents[count++] = (struct jk_digest){{0}};
    for (size_t i = 1; i < read->count && count < JK_GRADED_MAX; i++)
        if (!jk_digest_is_zero(&read->models[i].release)) parents[count++] = read->models[i].release;
    struct jk_weighing *weighing = jk_weigh_challenge(read, &read->key, 2, 3, parents, count);
    JK_CHECK(weighing != NULL);
    const struct jk_evidence_text *evidence = jk_weighing_end(weighing);
    struct jk_evidence_figures figures;
    struct jk_evidence_text other;
    struct jk_error error;
    struct jk_text text;
    JK_CHECK(evidence != NULL && evidence->model_count == count);
    jk_evidence_figures_of(evidence, &figures);
    JK_CHECK(figures.parent_count == count && figures.near_count == 0 && figures.kin == 0);
    jk_error_init(&error, NULL);
    jk_text_init(&text, 0);
    jk_evidence_text_write(evidence, &text);
    JK_CHECK(jk_evidence_text_read(jk_text_span(&text), &other, &error) == JK_OK);
    jk_evidence_text_done(&other);
    jk_text_done(&text);
    jk_weighing_free(weighing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct jk_challenge_text read, other;
    struct jk_span input = {(const char *)data, size};
    jk_digest_setup();
    if (read_text(input, &read)) {
        JK_CHECK(read.count > 0 && jk_digest_equal(&read.models[0].release, &read.release));
        write_again(&read, input);
        weigh(&read);
        JK_CHECK(!read_text((struct jk_span){input.at, size - 1}, &other));
        jk_challenge_text_done(&other);
    }
    jk_challenge_text_done(&read);
    return 0;
}
