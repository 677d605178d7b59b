/* See life.h. */
#include "store/life.h"

bool jk_life_next(const struct jk_life *life, int64_t entry_us, int64_t now_us, bool waiting, struct jk_life *out_next)
{
    int64_t alive_us = entry_us > life->seen_us ? entry_us : life->seen_us;

    if (now_us - alive_us < JK_LIFE_BEAT_US) return false;
    *out_next = (struct jk_life){now_us, life->rest_from_us, life->rest_until_us};
    if (now_us - alive_us < JK_LIFE_REST_US) return true;
    out_next->rest_from_us = waiting ? life->rest_from_us : alive_us;
    out_next->rest_until_us = now_us;
    return true;
}
