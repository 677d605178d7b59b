/* A quick look at whether two models can have anything in common, which among a thousand others is nearly always no:
 * some times faster than comparing them, and never wrong when it says no. Pure; one thread. */
#ifndef JK_WEIGHTS_SCREEN_H
#define JK_WEIGHTS_SCREEN_H

#include "weights/sketches.h"

struct jk_screen;

/* Of the model that others are held against, which must outlive it. NULL: out of memory. */
struct jk_screen *jk_screen_new(const struct jk_sketches *model);
void jk_screen_free(struct jk_screen *screen); /* accepts NULL */
/* False: jk_compare would find no tensor equal, nearly equal or kin to one of the other's. True: it may find some, or
 * no memory was left. */
bool jk_screen_may_be_kin(const struct jk_screen *screen, const struct jk_sketches *other);

#endif
