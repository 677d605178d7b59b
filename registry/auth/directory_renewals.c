/* Wishes for evidence to be computed anew: found by release, and listed in the order in which they arrived, so that who
 * looks at each of them looks at none twice. */
#include <stdlib.h>

#include "auth/directory_inside.h"

static struct jk_renewal_item *find_renewal(const struct jk_directory *directory, const struct jk_digest *release)
{
    struct jk_finder_link *link = jk_finder_chain(&directory->renewals, jk_directory_hash_digest(directory, release));
    for (; link; link = link->next) {
        struct jk_renewal_item *item = JK_FINDER_ITEM(link, struct jk_renewal_item, by_release);
        if (jk_digest_equal(&item->renewal.release, release)) return item;
    }
    return NULL;
}

struct jk_renewal_item *jk_directory_take_renewal(struct jk_directory *directory, const struct jk_digest *release)
{
    struct jk_renewal_item *had = find_renewal(directory, release);
    if (!had) return NULL;
    jk_finder_remove(&directory->renewals, &had->by_release);
    if (had->older) had->older->newer = had->newer;
    if (had->newer)
        had->newer->older = had->older;
    else
        directory->newest_renewal = had->older;
    return had;
}

struct jk_renewal_item *jk_directory_put_renewal(struct jk_directory *directory, struct jk_renewal_item *item)
{
    struct jk_renewal_item *had = jk_directory_take_renewal(directory, &item->renewal.release);
    item->arrival = ++directory->renewals_put;
    item->older = directory->newest_renewal;
    if (item->older) item->older->newer = item;
    directory->newest_renewal = item;
    jk_finder_add(&directory->renewals, &item->by_release, jk_directory_hash_digest(directory, &item->renewal.release));
    return had;
}

void jk_directory_free_renewal(struct jk_finder_link *link)
{
    free(JK_FINDER_ITEM(link, struct jk_renewal_item, by_release));
}

bool jk_directory_renewal(struct jk_directory *directory, const struct jk_digest *release,
                          struct jk_renewal *out_renewal)
{
    jk_directory_read_lock(directory);
    const struct jk_renewal_item *item = find_renewal(directory, release);
    if (item) *out_renewal = item->renewal;
    jk_directory_unlock(directory);
    return item != NULL;
}

struct jk_renewal *jk_directory_renewals(struct jk_directory *directory, uint32_t n, uint64_t *seen, size_t *out_count)
{
    const struct jk_renewal_item *item = NULL;
    size_t room = 0;
    jk_directory_read_lock(directory);
    for (struct jk_renewal_item *at = directory->newest_renewal; at && at->arrival > *seen; at = at->older, room++)
        item = at;
    struct jk_renewal *list = malloc((room + 1) * sizeof *list);
    for (*out_count = 0; list && item && item->renewal.size <= n; item = item->newer) {
        list[(*out_count)++] = item->renewal;
        *seen = item->arrival;
    }
    jk_directory_unlock(directory);
    return list;
}
