/* See unnamed.h. */
#include "service/records/unnamed.h"

#include <stdlib.h>
#include <string.h>

static int compare_brought(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct jk_digest));
}

void jk_unnamed_sort(struct jk_digest *digests, size_t count)
{
    if (count > 0) qsort(digests, count, sizeof *digests, compare_brought);
}

static void see_digest(struct jk_unnamed *unnamed, const struct jk_digest *digest)
{
    if (jk_digest_is_zero(digest)) return;
    const struct jk_digest *found = bsearch(digest, unnamed->digests, unnamed->count, sizeof *digest, compare_brought);
    if (found) unnamed->named[found - unnamed->digests] = true;
}

void jk_unnamed_see(struct jk_unnamed *unnamed, const struct jk_book *book, uint32_t from, uint32_t to)
{
    for (uint32_t slot = from; unnamed->count > 0 && slot < to; slot++) {
        const struct jk_release *release = jk_book_release(book, slot);
        see_digest(unnamed, &release->artifact);
        see_digest(unnamed, &release->license_text);
    }
}

/* By the log's clock, as recorded; the extra hour allows for a renewal that was not recorded. */
bool jk_unnamed_is_over(const struct jk_blob_facts *blob, int64_t now_us, int64_t keep_us)
{
    return blob->state == JK_BLOB_STORED && now_us - jk_blob_brought_us(blob) > keep_us + JK_BLOB_RENEW_US;
}
