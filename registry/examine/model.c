/* See model.h. */
#include "examine/model.h"

enum jk_status jk_examined_read(struct jk_examined *out, const struct jk_digest *artifact, struct jk_text *manifest,
                                struct jk_error *error)
{
    struct jk_digest digest = jk_digest_of(jk_text_span(manifest));
    struct jk_error fault;
    *out = (struct jk_examined){.artifact = *artifact, .manifest = *manifest};
    *manifest = (struct jk_text){0};
    jk_error_init(&fault, NULL);
    enum jk_status status = jk_digest_equal(&digest, artifact)
                                ? jk_sketches_read(jk_text_span(&out->manifest), &out->sketches, &fault)
                                : JK_DATA_LOSS;
    if (status == JK_OK) return JK_OK;
    jk_examined_done(out);
    if (status == JK_RESOURCE_EXHAUSTED) return jk_out_of_memory(error);
    return jk_fail(error, JK_DATA_LOSS, "MANIFEST_DAMAGED", "the bytes of a manifest are gone or damaged");
}

void jk_examined_done(struct jk_examined *model)
{
    jk_sketches_done(&model->sketches);
    jk_text_done(&model->manifest);
    *model = (struct jk_examined){0};
}

size_t jk_examined_bytes(const struct jk_examined *model)
{
    return model->manifest.len + model->sketches.room * sizeof *model->sketches.items + sizeof *model;
}
