/* Two models compared by what their manifests say: which tensor goes with which, how alike they are, and what that
 * comes to by elements, as a whole and by part. Whole numbers alone: the same everywhere. Pure. Source:
 * registry/formats/manifest.md, Comparing two models. */
#ifndef JK_WEIGHTS_COMPARE_H
#define JK_WEIGHTS_COMPARE_H

#include "weights/sketches.h"

#define JK_PAIRS_MAX 2000000u /* compared beyond namesakes */

enum jk_likeness { JK_EQUAL, JK_NEAR, JK_KIN, JK_FOREIGN, JK_INCOMPARABLE, JK_UNPAIRED, JK_LIKENESSES };

extern const char *const jk_likeness_words[JK_LIKENESSES];

struct jk_pair {
    const struct jk_item *one, *two; /* of the first and the second model; two NULL: not paired */
    enum jk_likeness likeness;
    uint32_t similarity; /* |r| in ten-thousandths, where both have sketches that carry, or they are equal */
    bool renamed;        /* another name */
    bool longer;         /* the first dimension differs */
};

typedef unsigned __int128 jk_wide;

struct jk_likeness_share {
    struct jk_span part; /* empty: of the whole model */
    jk_wide elements, of[JK_LIKENESSES];
    uint32_t tensors;
    uint32_t median; /* of kin; 0 for none */
};

struct jk_comparison {
    struct jk_pair *pairs; /* one for each item of the first model, in its order */
    size_t count;
    struct jk_likeness_share whole, *parts; /* parts by name */
    size_t part_count;
    uint32_t renamed, longer;
    bool cut; /* JK_PAIRS_MAX was reached: further candidates were passed over */
};

/* False: out of memory. The models must outlive what comes of it. */
bool jk_compare(const struct jk_sketches *one, const struct jk_sketches *two, struct jk_comparison *out);
void jk_comparison_done(struct jk_comparison *comparison); /* accepts a zeroed struct */
/* `of` in hundredths of a per cent of `elements`, rounded down; 0 of nothing. */
uint32_t jk_likeness_hundredths(jk_wide of, jk_wide elements);

#endif
