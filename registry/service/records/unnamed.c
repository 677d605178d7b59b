/* See unnamed.h. */
#include "service/records/unnamed.h"

#include <stdlib.h>
#include <string.h>

#include "book/vouched.h"

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

/* Rows from *seen on, at most `most` of them. */
static uint32_t end_of(uint32_t seen, uint32_t all, uint32_t most)
{
    return all - seen < most ? all : seen + most;
}

bool jk_unnamed_see(struct jk_unnamed *unnamed, const struct jk_book *book, uint32_t n, uint32_t most,
                    struct jk_unnamed_seen *seen)
{
    uint32_t releases = jk_book_releases(book, n), observations = jk_book_observations(book, n);
    uint32_t censuses = jk_book_censuses(book, n), references = jk_book_references(book, n);
    uint32_t attests = jk_book_attests(book, n), evidences = jk_book_evidences(book, n);
    for (uint32_t end = end_of(seen->releases, releases, most); seen->releases < end; seen->releases++) {
        const struct jk_release *release = jk_book_release(book, seen->releases);
        see_digest(unnamed, &release->artifact);
        see_digest(unnamed, &release->license_text);
    }
    for (uint32_t end = end_of(seen->observations, observations, most); seen->observations < end; seen->observations++)
        see_digest(unnamed, &jk_book_observation(book, seen->observations)->record);
    for (uint32_t end = end_of(seen->censuses, censuses, most); seen->censuses < end; seen->censuses++)
        see_digest(unnamed, &jk_book_census(book, seen->censuses)->list);
    for (uint32_t end = end_of(seen->references, references, most); seen->references < end; seen->references++)
        see_digest(unnamed, &jk_book_reference(book, seen->references)->artifact);
    for (uint32_t end = end_of(seen->attests, attests, most); seen->attests < end; seen->attests++)
        see_digest(unnamed, &jk_book_attest(book, seen->attests)->sketches);
    for (uint32_t end = end_of(seen->evidences, evidences, most); seen->evidences < end; seen->evidences++)
        see_digest(unnamed, &jk_book_evidence(book, seen->evidences)->text);
    return seen->releases == releases && seen->observations == observations && seen->censuses == censuses &&
           seen->references == references && seen->attests == attests && seen->evidences == evidences;
}

/* By the log's clock, as recorded; the extra hour allows for a renewal that was not recorded. */
bool jk_unnamed_is_over(const struct jk_blob_facts *blob, int64_t now_us, int64_t keep_us)
{
    return blob->state == JK_BLOB_STORED && now_us - jk_blob_brought_us(blob) > keep_us + JK_BLOB_RENEW_US;
}
