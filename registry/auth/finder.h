/* An intrusive hash table: links embedded in the items, chains in buckets, doubled as it fills. Several items may have
 * the same hash, and items of other hashes share a bucket, so the caller compares while walking a chain. Owns only its
 * buckets. Not thread-safe: the directory's lock guards it. Adding never fails; without memory to grow, the chains get
 * longer. */
#ifndef JK_AUTH_FINDER_H
#define JK_AUTH_FINDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jk_finder_link {
    struct jk_finder_link *next;
    uint64_t hash;
};

struct jk_finder {
    struct jk_finder_link **buckets;
    size_t mask; /* buckets - 1, where buckets is a power of two */
    size_t count;
};

/* The item that contains the link. */
#define JK_FINDER_ITEM(link, type, field) ((type *)(void *)((char *)(link)-offsetof(type, field)))

bool jk_finder_init(struct jk_finder *finder); /* false: out of memory */
/* Frees the buckets, and each item with `release` unless that is NULL. */
void jk_finder_done(struct jk_finder *finder, void (*release)(struct jk_finder_link *link));
void jk_finder_add(struct jk_finder *finder, struct jk_finder_link *link, uint64_t hash);
void jk_finder_remove(struct jk_finder *finder, struct jk_finder_link *link); /* must be in it */
/* Calls `see` for each item, in no particular order. */
void jk_finder_each(const struct jk_finder *finder, void (*see)(void *context, struct jk_finder_link *link),
                    void *context);
/* The chain that holds the items of that hash, linked by next; NULL for an empty one. */
struct jk_finder_link *jk_finder_chain(const struct jk_finder *finder, uint64_t hash);

#endif
