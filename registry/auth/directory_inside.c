/* The directory's lock and its hashes, and how an item is found under the lock. */
#include "auth/directory_inside.h"

#include "base/check.h"
#include "base/mix.h"
#include "domain/ident.h"

/* ---- the lock ---- */

void jk_directory_read_lock(struct jk_directory *directory)
{
    JK_CHECK(pthread_rwlock_rdlock(&directory->lock) == 0);
}

void jk_directory_write_lock(struct jk_directory *directory)
{
    JK_CHECK(pthread_rwlock_wrlock(&directory->lock) == 0);
}

void jk_directory_unlock(struct jk_directory *directory)
{
    JK_CHECK(pthread_rwlock_unlock(&directory->lock) == 0);
}

/* ---- hashes ---- */

uint64_t jk_directory_hash_number(const struct jk_directory *directory, uint64_t number)
{
    uint64_t keys[2];
    memcpy(keys, directory->seed, sizeof keys);
    return jk_mix64(jk_mix64(number ^ keys[0]) + keys[1]);
}

uint64_t jk_directory_hash_digest(const struct jk_directory *directory, const struct jk_digest *digest)
{
    uint64_t first;
    memcpy(&first, digest->bytes, sizeof first);
    return jk_directory_hash_number(directory, first);
}

uint64_t jk_directory_hash_name(const struct jk_directory *directory, struct jk_span folded)
{
    struct jk_span parts[2] = {{(const char *)directory->seed, sizeof directory->seed}, folded};
    struct jk_digest digest = jk_digest_parts(parts, 2);
    uint64_t hash;
    memcpy(&hash, digest.bytes, sizeof hash);
    return hash;
}

/* ---- finding, under the lock ---- */

/* The chain of a publisher, in any spelling of case; also NULL if that cannot be a name. */
static struct jk_finder_link *chain_of(const struct jk_directory *directory, const struct jk_finder *finder,
                                       struct jk_span publisher)
{
    char folded[JK_NAME_PART_MAX];
    if (publisher.len > sizeof folded) return NULL;
    jk_ident_fold(publisher, folded);
    struct jk_span name = {folded, publisher.len};
    return jk_finder_chain(finder, jk_directory_hash_name(directory, name));
}

struct jk_finder_link *jk_directory_member_chain(const struct jk_directory *directory, struct jk_span publisher)
{
    return chain_of(directory, &directory->members_by_publisher, publisher);
}

struct jk_member_item *jk_directory_member_item(const struct jk_directory *directory, struct jk_span publisher,
                                                uint64_t account)
{
    for (struct jk_finder_link *link = jk_directory_member_chain(directory, publisher); link; link = link->next) {
        struct jk_member_item *item = JK_FINDER_ITEM(link, struct jk_member_item, by_publisher);
        if (item->member.account == account && jk_span_equal_fold(jk_span_of(item->member.publisher), publisher))
            return item;
    }
    return NULL;
}

struct jk_creator_item *jk_directory_creator_item(const struct jk_directory *directory, struct jk_span publisher)
{
    struct jk_finder_link *link = chain_of(directory, &directory->creators_by_publisher, publisher);
    for (; link; link = link->next) {
        struct jk_creator_item *item = JK_FINDER_ITEM(link, struct jk_creator_item, by_publisher);
        if (jk_span_equal_fold(jk_span_of(item->creator.publisher), publisher)) return item;
    }
    return NULL;
}

/* Walks the whole bucket, so that timing does not reveal how much of a hash was right. */
struct jk_token_item *jk_directory_token_item(const struct jk_directory *directory, const struct jk_digest *hash)
{
    struct jk_token_item *found = NULL;
    struct jk_finder_link *link =
        jk_finder_chain(&directory->tokens_by_hash, jk_directory_hash_digest(directory, hash));
    for (; link; link = link->next) {
        struct jk_token_item *item = JK_FINDER_ITEM(link, struct jk_token_item, by_hash);
        if (jk_bytes_equal_secret(item->token.hash.bytes, hash->bytes, JK_DIGEST_SIZE)) found = item;
    }
    return found;
}

struct jk_blob_item *jk_directory_blob_item(const struct jk_directory *directory, const struct jk_digest *digest)
{
    struct jk_finder_link *link = jk_finder_chain(&directory->blobs, jk_directory_hash_digest(directory, digest));
    for (; link; link = link->next) {
        struct jk_blob_item *item = JK_FINDER_ITEM(link, struct jk_blob_item, by_digest);
        if (jk_digest_equal(&item->blob.digest, digest)) return item;
    }
    return NULL;
}

struct jk_ruler_item *jk_directory_ruler_item(const struct jk_directory *directory, uint64_t ruling)
{
    struct jk_finder_link *link = jk_finder_chain(&directory->rulers, jk_directory_hash_number(directory, ruling));
    for (; link; link = link->next) {
        struct jk_ruler_item *item = JK_FINDER_ITEM(link, struct jk_ruler_item, by_ruling);
        if (item->ruler.ruling == ruling) return item;
    }
    return NULL;
}

struct jk_teams_item *jk_directory_teams_item(const struct jk_directory *directory, uint64_t stage)
{
    struct jk_finder_link *link = jk_finder_chain(&directory->teams, jk_directory_hash_number(directory, stage));
    for (; link; link = link->next) {
        struct jk_teams_item *item = JK_FINDER_ITEM(link, struct jk_teams_item, by_stage);
        if (item->proposal.stage == stage) return item;
    }
    return NULL;
}
