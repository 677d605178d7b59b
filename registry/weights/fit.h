/* Whether the shapes of an adapter's or a packed quantization's tensors follow from a parent's: what can be said of
 * weights that cannot be compared. Pure. Source: registry/formats/evidence.md, Shapes that fit. */
#ifndef JK_WEIGHTS_FIT_H
#define JK_WEIGHTS_FIT_H

#include "base/span.h"

/* Both are manifests that have been checked; their `tensor` lines are looked at. False: out of memory. */
bool jk_shapes_fit(struct jk_span child, struct jk_span parent, bool *out_fit);

#endif
