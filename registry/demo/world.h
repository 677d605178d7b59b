/* Invented derivatives for a demo: names, relations, licences, depths, publishers and copies distributed as on hubs, by
 * a table (registry/data/demo/world.yaml) and its seed. Pure: the same table, offers and number of derivatives give the
 * same sequence. Publishers' names begin with "invented-". Memory is in the arena. Limits: JK_DEMO_FAMILIES families,
 * JK_DEMO_WORDS words, JK_DEMO_MOST derivatives. */
#ifndef JK_DEMO_WORLD_H
#define JK_DEMO_WORLD_H

#include <jokbo/v1/registry.pb-c.h>

#include "base/error.h"

#define JK_DEMO_FAMILIES 64
#define JK_DEMO_WORDS    256
#define JK_DEMO_MOST     1000000

struct jk_demo_made {
    const char *name, *weights; /* weights "": none */
    unsigned family;
    bool parent; /* others may be made from it */
};

struct jk_demo_world;

/* INVALID_ARGUMENT lists every mistake of the table with its line. */
JK_MUST_USE enum jk_status jk_demo_world_read(struct jk_span yaml, size_t derivatives, struct jk_arena *arena,
                                              struct jk_demo_world **out_world, struct jk_error *error);
/* The base model exists from now on, under that licence. Base models that the table does not name get no derivatives.
 */
void jk_demo_world_offer(struct jk_demo_world *world, const char *base, const char *license);
/* The next one; NULL when memory is out, or no base model was offered. */
Jokbo__V1__Derivative *jk_demo_world_next(struct jk_demo_world *world);
/* Some derivative made so far that was not taken yet; NULL where none is left. */
const struct jk_demo_made *jk_demo_world_take(struct jk_demo_world *world);
/* The most active invented publisher of those made so far that was not given before; NULL where none is left. */
const char *jk_demo_world_publisher(struct jk_demo_world *world);

#endif
