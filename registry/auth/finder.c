/* The hash table's chains. It doubles when there are as many items as buckets. */
#include "auth/finder.h"

#include <stdlib.h>

#include "base/check.h"

#define FIRST_BUCKETS 64u

bool jk_finder_init(struct jk_finder *finder)
{
    finder->buckets = calloc(FIRST_BUCKETS, sizeof(struct jk_finder_link *));
    finder->mask = FIRST_BUCKETS - 1;
    finder->count = 0;
    return finder->buckets != NULL;
}

void jk_finder_done(struct jk_finder *finder, void (*release)(struct jk_finder_link *link))
{
    for (size_t i = 0; release && finder->buckets && i <= finder->mask; i++) {
        struct jk_finder_link *link = finder->buckets[i];
        while (link) {
            struct jk_finder_link *next = link->next;
            release(link);
            link = next;
        }
    }
    free(finder->buckets);
    *finder = (struct jk_finder){0};
}

static void chain_up(struct jk_finder_link **buckets, size_t mask, struct jk_finder_link *link)
{
    struct jk_finder_link **head = &buckets[link->hash & mask];
    link->next = *head;
    *head = link;
}

/* Doubles the buckets; leaves them as they are if there is no memory. */
static void double_buckets(struct jk_finder *finder)
{
    size_t mask = finder->mask * 2 + 1;
    struct jk_finder_link **buckets = calloc(mask + 1, sizeof(struct jk_finder_link *));
    if (!buckets) return;
    for (size_t i = 0; i <= finder->mask; i++) {
        struct jk_finder_link *link = finder->buckets[i];
        while (link) {
            struct jk_finder_link *next = link->next;
            chain_up(buckets, mask, link);
            link = next;
        }
    }
    free(finder->buckets);
    finder->buckets = buckets;
    finder->mask = mask;
}

void jk_finder_add(struct jk_finder *finder, struct jk_finder_link *link, uint64_t hash)
{
    if (finder->count > finder->mask) double_buckets(finder);
    link->hash = hash;
    chain_up(finder->buckets, finder->mask, link);
    finder->count++;
}

void jk_finder_remove(struct jk_finder *finder, struct jk_finder_link *link)
{
    struct jk_finder_link **at = &finder->buckets[link->hash & finder->mask];
    while (*at && *at != link)
        at = &(*at)->next;
    JK_CHECK(*at == link);
    *at = link->next;
    link->next = NULL;
    finder->count--;
}

struct jk_finder_link *jk_finder_chain(const struct jk_finder *finder, uint64_t hash)
{
    return finder->buckets[hash & finder->mask];
}

void jk_finder_each(const struct jk_finder *finder, void (*see)(void *context, struct jk_finder_link *link),
                    void *context)
{
    for (size_t i = 0; i <= finder->mask; i++)
        for (struct jk_finder_link *link = finder->buckets[i]; link; link = link->next)
            see(context, link);
}
