/* Invented weights: a few tensors of numbers that follow from a name, and such numbers with noise on them. All arithmetic
 * is with integers, so every machine makes the same bytes. Values have a deviation of about 0.036. */
#ifndef JK_DEMO_WEIGHTS_H
#define JK_DEMO_WEIGHTS_H

#include "base/error.h"

#define JK_DEMO_TENSORS       3
#define JK_DEMO_SIDE          128 /* rows and columns of each */
#define JK_DEMO_TENSOR_VALUES (JK_DEMO_SIDE * JK_DEMO_SIDE)

struct jk_demo_weights {
    int32_t values[JK_DEMO_TENSORS][JK_DEMO_TENSOR_VALUES]; /* in units of 2^-20 */
};

/* Weights that have to do with no other name's. */
void jk_demo_weights_draw(struct jk_demo_weights *out, const char *name);
/* Adds noise that follows from a name: `per_mille` of the deviation that drawn weights have. */
void jk_demo_weights_add_noise(struct jk_demo_weights *weights, const char *name, unsigned per_mille);
/* Makes the folder, which must not exist yet, with the weights as model.safetensors. */
JK_MUST_USE enum jk_status jk_demo_weights_save(const struct jk_demo_weights *weights, const char *folder,
                                                struct jk_error *error);

#endif
