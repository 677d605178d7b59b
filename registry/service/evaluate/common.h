/* What two models have in common, if only in older releases: the contents whose origin they may dispute. In a write's
 * turn. */
#ifndef JK_SERVICE_EVALUATE_COMMON_H
#define JK_SERVICE_EVALUATE_COMMON_H

#include "book/claims.h"
#include "store/store.h"

struct jk_common {
    enum jk_content kind;
    uint32_t slot; /* of the content */
};

/* What the model has in any release that is not yanked, or in its standing one, and the other likewise; or, where `stage`
 * (JK_NONE: none) is closed, what the other had at its cut-off: what it published since takes nothing back. A content may
 * come twice. In the turn's arena. */
JK_MUST_USE enum jk_status jk_common_find(const struct jk_turn *turn, uint32_t model, uint32_t other, uint32_t stage,
                                          struct jk_common **out_list, size_t *out_count, struct jk_error *error);

#endif
