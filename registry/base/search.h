/* Binary search over positions. Pure. */
#ifndef JK_BASE_SEARCH_H
#define JK_BASE_SEARCH_H

/* The first position of 0 … count - 1 at which `below` is false, or `count`. `below` is an expression over the variable
 * `at`, which this declares with the type of `count`; once false it must stay false. It is evaluated about log2(count)
 * times. */
#define JK_LOWER_BOUND(count, at, below)                                                                               \
    ({                                                                                                                 \
        __typeof__((count) + 0) jk_low_ = 0, jk_high_ = (count);                                                       \
        while (jk_low_ < jk_high_) {                                                                                   \
            const __typeof__((count) + 0) at = jk_low_ + (jk_high_ - jk_low_) / 2;                                     \
            if (below)                                                                                                 \
                jk_low_ = at + 1;                                                                                      \
            else                                                                                                       \
                jk_high_ = at;                                                                                         \
        }                                                                                                              \
        jk_low_;                                                                                                       \
    })

#endif
