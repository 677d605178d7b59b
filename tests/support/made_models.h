/* Models for tests of comparing and grading: manifests made of a few words, with their sketches read. A failure fails
 * the test. */
#ifndef JK_TESTS_MADE_MODELS_H
#define JK_TESTS_MADE_MODELS_H

#include "support/golden.h"

#include <stdlib.h>

#include "base/text.h"
#include "weights/weighing.h"

#define MADE_ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

struct made_model {
    struct jk_text text;
    struct jk_sketches sketches;
};

/* Random numbers about which a seed decides, from -10,000 to 9,999. */
static inline int made_noise(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (int)(*seed >> 40) % 20000 - 10000;
}

/* A sketch of the numbers of `base`, with so much noise on top in thousandths. */
static inline void made_sketch(uint64_t base, int more, struct jk_sketch *out)
{
    int values[JK_SKETCH_BUCKETS], most = 1;
    uint64_t numbers = base * 2654435761u + 1, noise = base * 40503u + (uint64_t)more + 7;
    for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++) {
        values[b] = made_noise(&numbers);
        if (more) values[b] += made_noise(&noise) * more / 1000;
        most = abs(values[b]) > most ? abs(values[b]) : most;
    }
    for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++)
        out->at[b] = (int16_t)((int64_t)values[b] * 32767 / most);
}

static inline void made_add_sketch(struct jk_text *text, const struct jk_sketch *sketch, const char *rest)
{
    unsigned char bytes[JK_SKETCH_BYTES];
    jk_sketch_write(sketch, bytes);
    jk_text_add_str(text, "sketch ");
    jk_base64_encode(text, bytes, sizeof bytes);
    jk_text_addf(text, " %s\n", rest);
}

/* A tensor of a model: what its sketch is made of, and dtype, shape and name. In the order of the names. */
struct made_tensor {
    uint64_t base;
    int more;
    const char *rest;
};

/* Begins a manifest with one GGUF file, to which sketch lines are added. */
static inline struct jk_text made_begin(void)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_text_add_str(&text, "jokbo/manifest/v2\nfile " MADE_ZEROS " 18446744073709551615 m.gguf\n");
    return text;
}

static inline struct made_model made_of_text(struct jk_text text)
{
    struct made_model model = {.text = text};
    struct jk_error error;
    jk_error_init(&error, NULL);
    if (jk_sketches_read(jk_text_span(&text), &model.sketches, &error) != JK_OK) fail_msg("%s", error.message);
    return model;
}

static inline struct made_model made_model_of(const struct made_tensor *tensors)
{
    struct jk_text text = made_begin();
    for (; tensors->rest; tensors++) {
        struct jk_sketch sketch;
        char rest[256];
        made_sketch(tensors->base, tensors->more, &sketch);
        snprintf(rest, sizeof rest, "%s m.gguf", tensors->rest);
        made_add_sketch(&text, &sketch, rest);
    }
    return made_of_text(text);
}

#define MADE_MODEL(...) made_model_of((const struct made_tensor[]){__VA_ARGS__, {0}})

static inline struct jk_weighed made_weighed(const struct made_model *model)
{
    return (struct jk_weighed){jk_text_span(&model->text), &model->sketches};
}

static inline void made_done(struct made_model *model)
{
    jk_sketches_done(&model->sketches);
    jk_text_done(&model->text);
}

#endif
