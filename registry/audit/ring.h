/* Bundles checked by several threads and taken in order by one. Inside audit/ only. A slot is free; then a worker
 * reads, hashes and parses its bundle; then it is ready; then the consumer takes it and returns it, and it is free
 * again. Workers take bundles in order, and wait while the ring is full. */
#ifndef JK_AUDIT_RING_H
#define JK_AUDIT_RING_H

#include "audit/audit.h"
#include "audit/copy.h"

struct jk_slot {
    uint64_t bundle; /* its index */
    unsigned width;
    struct jk_tile_bytes entries;
    struct jk_digest leaves[JK_TILE_WIDTH];
    struct jk_digest root; /* of the leaves of a full bundle */
    enum jk_status status; /* what the worker found, with `error` */
    struct jk_error error;
    struct jk_arena arena;          /* the error's */
    struct jk_parsed_entry *parsed; /* those that could be parsed, in order; NULL: they are not folded */
    unsigned
        parsed_count; /* below width: `error` says what is wrong with the next one; `status` does not reflect that yet */
    bool ready;
    struct jk_tile_bytes hashes; /* the level-0 tile */
};

struct jk_ring;

JK_MUST_USE enum jk_status jk_ring_start(const struct jk_audit_options *options, uint64_t size,
                                         struct jk_ring **out_ring, struct jk_error *error);
/* The next bundle's slot, in order of index; NULL after the last one. Give it back before taking another. */
struct jk_slot *jk_ring_take(struct jk_ring *ring);
void jk_ring_give(struct jk_ring *ring, struct jk_slot *slot);
void jk_ring_stop(struct jk_ring *ring); /* ends and joins the workers, and frees the ring; accepts NULL */

/* The root of 256 hashes, which it uses up. */
struct jk_digest jk_ring_root_of(struct jk_digest hashes[JK_TILE_WIDTH]);

#endif
