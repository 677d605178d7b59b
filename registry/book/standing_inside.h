/* A standing as its two files know it: standing.c makes it, standing_ask.c answers from it. */
#ifndef JK_BOOK_STANDING_INSIDE_H
#define JK_BOOK_STANDING_INSIDE_H

#include "book/standing.h"

struct jk_standing {
    struct jk_policy policy;
    uint32_t n;
    struct jk_verdicts all;
};

#endif
