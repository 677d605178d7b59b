/* Changes to the directory: records are added, replaced, and removed again. They are parsed before the lock is taken;
 * nothing that happens under it can fail half-way. */
#include "auth/directory.h"

#include <stdlib.h>

#include "auth/directory_inside.h"
#include "base/check.h"
#include "base/clock.h"

/* Every call reads: without preference for writers the sequencer could wait forever. */
static bool init_lock(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t attributes;
    if (pthread_rwlockattr_init(&attributes) != 0) return false;
    bool good = pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP) == 0 &&
                pthread_rwlock_init(lock, &attributes) == 0;
    pthread_rwlockattr_destroy(&attributes);
    return good;
}

struct jk_directory *jk_directory_new(void)
{
    struct jk_directory *directory = calloc(1, sizeof *directory);
    if (!directory || !init_lock(&directory->lock)) {
        free(directory);
        return NULL;
    }
    jk_random_bytes(directory->seed, sizeof directory->seed);
    bool good = jk_finder_init(&directory->tokens_by_hash);
    good = jk_finder_init(&directory->tokens_by_account) && good;
    good = jk_finder_init(&directory->live_tokens) && good;
    good = jk_finder_init(&directory->members_by_publisher) && good;
    good = jk_finder_init(&directory->members_by_account) && good;
    good = jk_finder_init(&directory->creators_by_publisher) && good;
    good = jk_finder_init(&directory->creators_by_account) && good;
    good = jk_finder_init(&directory->blobs) && good;
    good = jk_finder_init(&directory->rulers) && good;
    good = jk_finder_init(&directory->teams) && good;
    good = jk_finder_init(&directory->renewals) && good;
    if (good) return directory;
    jk_directory_free(directory);
    return NULL;
}

static void free_member(struct jk_finder_link *link)
{
    free(JK_FINDER_ITEM(link, struct jk_member_item, by_publisher));
}

static void free_creator(struct jk_finder_link *link)
{
    free(JK_FINDER_ITEM(link, struct jk_creator_item, by_publisher));
}

static void free_blob(struct jk_finder_link *link)
{
    free(JK_FINDER_ITEM(link, struct jk_blob_item, by_digest));
}

static void free_ruler(struct jk_finder_link *link)
{
    free(JK_FINDER_ITEM(link, struct jk_ruler_item, by_ruling));
}

static void free_teams(struct jk_finder_link *link)
{
    free(JK_FINDER_ITEM(link, struct jk_teams_item, by_stage));
}

void jk_directory_free(struct jk_directory *directory)
{
    if (!directory) return;
    jk_finder_done(&directory->tokens_by_hash, NULL);
    jk_finder_done(&directory->tokens_by_account, NULL);
    jk_finder_done(&directory->live_tokens, NULL);
    jk_series_done(&directory->token_days, free);
    jk_finder_done(&directory->members_by_account, NULL);
    jk_finder_done(&directory->members_by_publisher, free_member);
    jk_finder_done(&directory->creators_by_account, NULL);
    jk_finder_done(&directory->creators_by_publisher, free_creator);
    jk_finder_done(&directory->blobs, free_blob);
    jk_finder_done(&directory->rulers, free_ruler);
    jk_finder_done(&directory->teams, free_teams);
    jk_finder_done(&directory->renewals, jk_directory_free_renewal);
    jk_series_done(&directory->accounts, free);
    jk_series_done(&directory->tokens, free);
    jk_series_done(&directory->requests, free);
    free(directory->clock);
    free(directory->life);
    pthread_rwlock_destroy(&directory->lock);
    free(directory);
}

/* ---- putting: each takes over what the record says (malloc), and returns what it replaced ---- */

static void list_live(struct jk_directory *directory, struct jk_token_item *item, bool live)
{
    if (item->listed == live) return;
    item->listed = live;
    if (live)
        jk_finder_add(&directory->live_tokens, &item->live, jk_directory_hash_number(directory, item->token.account));
    else
        jk_finder_remove(&directory->live_tokens, &item->live);
}

static void unlink_token(struct jk_directory *directory, struct jk_token_item *item)
{
    jk_finder_remove(&directory->tokens_by_hash, &item->by_hash);
    jk_finder_remove(&directory->tokens_by_account, &item->by_account);
    list_live(directory, item, false);
}

/* Counts a new token, or takes one that was never stored off the count again. */
static void count_token(struct jk_directory *directory, const struct jk_token *token, bool back)
{
    struct jk_token_day *count = jk_series_get(&directory->token_days, token->account);
    int64_t day = jk_time_day(token->created_us);
    if (!count || day < count->day) return;
    if (day > count->day) *count = (struct jk_token_day){.day = day};
    if (!back)
        count->made++;
    else if (count->made > 0)
        count->made--;
}

static void *put_token(struct jk_directory *directory, struct jk_token_item *item)
{
    struct jk_token_item *had = jk_series_set(&directory->tokens, item->token.id, item);
    if (had)
        unlink_token(directory, had);
    else
        count_token(directory, &item->token, false);
    jk_finder_add(&directory->tokens_by_hash, &item->by_hash, jk_directory_hash_digest(directory, &item->token.hash));
    jk_finder_add(&directory->tokens_by_account, &item->by_account,
                  jk_directory_hash_number(directory, item->token.account));
    list_live(directory, item, !item->token.revoked);
    if (had && had->token.revoked && !item->token.revoked) {
        /* it came back, and with it perhaps its children, which were taken off the list one by one */
        struct jk_finder_link *link =
            jk_finder_chain(&directory->tokens_by_account, jk_directory_hash_number(directory, item->token.account));
        for (; link; link = link->next) {
            struct jk_token_item *child = JK_FINDER_ITEM(link, struct jk_token_item, by_account);
            if (child->token.account == item->token.account) list_live(directory, child, !child->token.revoked);
        }
    }
    return had;
}

/* The account's count of a day has its place before a token needs it. */
static bool reserve_token_day(struct jk_directory *directory, uint64_t account)
{
    if (account > JK_SERIES_MAX) return true; /* no account has such a number, and nobody asks for its tokens */
    if (!jk_series_reserve(&directory->token_days, account)) return false;
    if (jk_series_get(&directory->token_days, account)) return true;
    struct jk_token_day *count = calloc(1, sizeof *count);
    if (count) jk_series_set(&directory->token_days, account, count);
    return count != NULL;
}

static void *take_member(struct jk_directory *directory, const struct jk_record_key *key)
{
    struct jk_member_item *had = jk_directory_member_item(directory, jk_span_of(key->publisher), key->id);
    if (!had) return NULL;
    jk_finder_remove(&directory->members_by_publisher, &had->by_publisher);
    jk_finder_remove(&directory->members_by_account, &had->by_account);
    return had;
}

static void *put_member(struct jk_directory *directory, const struct jk_record_key *key, struct jk_member_item *item)
{
    void *had = take_member(directory, key);
    jk_finder_add(&directory->members_by_publisher, &item->by_publisher,
                  jk_directory_hash_name(directory, jk_span_of(key->publisher)));
    jk_finder_add(&directory->members_by_account, &item->by_account, jk_directory_hash_number(directory, key->id));
    return had;
}

static void *take_creator(struct jk_directory *directory, const struct jk_record_key *key)
{
    struct jk_creator_item *had = jk_directory_creator_item(directory, jk_span_of(key->publisher));
    if (!had) return NULL;
    jk_finder_remove(&directory->creators_by_publisher, &had->by_publisher);
    jk_finder_remove(&directory->creators_by_account, &had->by_account);
    return had;
}

static void *put_creator(struct jk_directory *directory, const struct jk_record_key *key, struct jk_creator_item *item)
{
    void *had = take_creator(directory, key);
    jk_finder_add(&directory->creators_by_publisher, &item->by_publisher,
                  jk_directory_hash_name(directory, jk_span_of(key->publisher)));
    jk_finder_add(&directory->creators_by_account, &item->by_account,
                  jk_directory_hash_number(directory, item->creator.account));
    return had;
}

static void *take_blob(struct jk_directory *directory, const struct jk_record_key *key)
{
    struct jk_blob_item *had = jk_directory_blob_item(directory, &key->digest);
    if (had) jk_finder_remove(&directory->blobs, &had->by_digest);
    return had;
}

static void *put_blob(struct jk_directory *directory, const struct jk_record_key *key, struct jk_blob_item *item)
{
    void *had = take_blob(directory, key);
    jk_finder_add(&directory->blobs, &item->by_digest, jk_directory_hash_digest(directory, &key->digest));
    return had;
}

static void drop_blobs(struct jk_directory *directory, struct jk_blob_item *const *items, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        jk_finder_remove(&directory->blobs, &items[i]->by_digest);
        free(items[i]);
    }
}

/* Each on its own: what is known of one already says more, and stays. False when out of memory, with none of them put. */
static bool put_hub_records(struct jk_directory *directory, const struct jk_hub_records *records)
{
    struct jk_blob_item *put[JK_HUB_RECORDS_MAX];
    uint32_t count = 0, at = 0;
    for (uint32_t i = 0; i < records->count; at += records->sizes[i++]) {
        if (jk_directory_blob_item(directory, &records->digests[i])) continue;
        struct jk_blob_item *item = put[count] = calloc(1, sizeof *item);
        if (!item) {
            drop_blobs(directory, put, count);
            return false;
        }
        count++;
        item->blob = (struct jk_blob_facts){.digest = records->digests[i],
                                            .kind = JK_BLOB_KIND_HUB_RECORD,
                                            .size = records->sizes[i],
                                            .created_us = records->created_us,
                                            .bundle = records->index,
                                            .bundle_at = at};
        jk_finder_add(&directory->blobs, &item->by_digest, jk_directory_hash_digest(directory, &records->digests[i]));
    }
    return true;
}

static void *take_ruler(struct jk_directory *directory, const struct jk_record_key *key)
{
    struct jk_ruler_item *had = jk_directory_ruler_item(directory, key->id);
    if (had) jk_finder_remove(&directory->rulers, &had->by_ruling);
    return had;
}

static void *put_ruler(struct jk_directory *directory, const struct jk_record_key *key, struct jk_ruler_item *item)
{
    void *had = take_ruler(directory, key);
    jk_finder_add(&directory->rulers, &item->by_ruling, jk_directory_hash_number(directory, key->id));
    return had;
}

static void *take_teams(struct jk_directory *directory, const struct jk_record_key *key)
{
    struct jk_teams_item *had = jk_directory_teams_item(directory, key->id);
    if (had) jk_finder_remove(&directory->teams, &had->by_stage);
    return had;
}

static void *put_teams(struct jk_directory *directory, const struct jk_record_key *key, struct jk_teams_item *item)
{
    void *had = take_teams(directory, key);
    jk_finder_add(&directory->teams, &item->by_stage, jk_directory_hash_number(directory, key->id));
    return had;
}

/* There is at most one. */
static void *swap_clock(struct jk_directory *directory, struct jk_clock_item *item)
{
    void *had = directory->clock;
    directory->clock = item;
    return had;
}

static void *swap_life(struct jk_directory *directory, struct jk_life *life)
{
    void *had = directory->life;
    directory->life = life;
    return had;
}

/* What the record says, in the form in which it is kept; NULL when out of memory. */
static void *item_of(const struct jk_record_facts *facts)
{
    static const size_t sizes[] = {
        [JK_RECORD_ACCOUNT] = sizeof(struct jk_account),           [JK_RECORD_TOKEN] = sizeof(struct jk_token_item),
        [JK_RECORD_MEMBER] = sizeof(struct jk_member_item),        [JK_RECORD_CREATOR] = sizeof(struct jk_creator_item),
        [JK_RECORD_REQUEST] = sizeof(struct jk_publisher_request), [JK_RECORD_BLOB] = sizeof(struct jk_blob_item),
        [JK_RECORD_RULER] = sizeof(struct jk_ruler_item),          [JK_RECORD_TEAMS] = sizeof(struct jk_teams_item),
        [JK_RECORD_CLOCK] = sizeof(struct jk_clock_item),          [JK_RECORD_LIFE] = sizeof(struct jk_life),
        [JK_RECORD_RENEWAL] = sizeof(struct jk_renewal_item),
    };
    void *item = calloc(1, sizes[facts->key.kind]);
    if (!item) return NULL;
    switch (facts->key.kind) {
    case JK_RECORD_ACCOUNT:
        *(struct jk_account *)item = facts->account;
        break;
    case JK_RECORD_TOKEN:
        ((struct jk_token_item *)item)->token = facts->token;
        break;
    case JK_RECORD_MEMBER:
        ((struct jk_member_item *)item)->member = facts->member;
        break;
    case JK_RECORD_CREATOR:
        ((struct jk_creator_item *)item)->creator = facts->creator;
        break;
    case JK_RECORD_REQUEST:
        *(struct jk_publisher_request *)item = facts->request;
        break;
    case JK_RECORD_BLOB:
        ((struct jk_blob_item *)item)->blob = facts->blob;
        break;
    case JK_RECORD_RULER:
        ((struct jk_ruler_item *)item)->ruler = facts->ruler;
        break;
    case JK_RECORD_TEAMS:
        ((struct jk_teams_item *)item)->proposal = facts->teams;
        break;
    case JK_RECORD_RENEWAL:
        ((struct jk_renewal_item *)item)->renewal = facts->renewal;
        break;
    case JK_RECORD_CLOCK:
        ((struct jk_clock_item *)item)->ahead_us = facts->ahead_us;
        break;
    case JK_RECORD_LIFE:
        *(struct jk_life *)item = facts->life;
        break;
    case JK_RECORD_HUB_RECORDS: /* each of them is an item */
        break;
    }
    return item;
}

static struct jk_series *series_of(struct jk_directory *directory, enum jk_record_kind kind)
{
    switch (kind) {
    case JK_RECORD_ACCOUNT:
        return &directory->accounts;
    case JK_RECORD_TOKEN:
        return &directory->tokens;
    case JK_RECORD_REQUEST:
        return &directory->requests;
    default:
        return NULL; /* found by name, digest or entry */
    }
}

/* With two tokens of one hash, chance would decide who is calling. */
static enum jk_status check_hash(struct jk_directory *directory, const struct jk_record_facts *facts,
                                 struct jk_error *error)
{
    if (facts->key.kind != JK_RECORD_TOKEN) return JK_OK;
    const struct jk_token_item *other = jk_directory_token_item(directory, &facts->token.hash);
    if (!other || other->token.id == facts->token.id) return JK_OK;
    return jk_fail(error, JK_DATA_LOSS, "RECORD_MALFORMED",
                   "the records \"token/%llu\" and \"token/%llu\" hold the same hash; revoke both and make new tokens",
                   (unsigned long long)other->token.id, (unsigned long long)facts->token.id);
}

static void *put_item(struct jk_directory *directory, const struct jk_record_key *key, void *item)
{
    switch (key->kind) {
    case JK_RECORD_TOKEN:
        return put_token(directory, item);
    case JK_RECORD_MEMBER:
        return put_member(directory, key, item);
    case JK_RECORD_CREATOR:
        return put_creator(directory, key, item);
    case JK_RECORD_BLOB:
        return put_blob(directory, key, item);
    case JK_RECORD_RULER:
        return put_ruler(directory, key, item);
    case JK_RECORD_TEAMS:
        return put_teams(directory, key, item);
    case JK_RECORD_RENEWAL:
        return jk_directory_put_renewal(directory, item);
    case JK_RECORD_CLOCK:
        return swap_clock(directory, item);
    case JK_RECORD_LIFE:
        return swap_life(directory, item);
    default:
        return jk_series_set(series_of(directory, key->kind), key->id, item);
    }
}

/* Nothing is kept of a removed blob: otherwise uploads that nothing refers to could fill the memory. */
enum jk_status jk_directory_put(struct jk_directory *directory, const struct jk_record *record, struct jk_error *error)
{
    struct jk_record_facts facts;
    JK_TRY(jk_record_parse(record, &facts, error));
    if (facts.key.kind == JK_RECORD_BLOB && facts.blob.state == JK_BLOB_REMOVED) {
        jk_directory_drop(directory, record);
        return JK_OK;
    }
    if (facts.key.kind == JK_RECORD_HUB_RECORDS) {
        jk_directory_write_lock(directory);
        bool done = put_hub_records(directory, &facts.hub_records);
        jk_directory_unlock(directory);
        return done ? JK_OK : jk_out_of_memory(error);
    }
    void *item = item_of(&facts);
    if (!item) return jk_out_of_memory(error);
    jk_directory_write_lock(directory);
    struct jk_series *series = series_of(directory, facts.key.kind);
    enum jk_status status = check_hash(directory, &facts, error);
    if (status == JK_OK && series && !jk_series_reserve(series, facts.key.id)) status = jk_out_of_memory(error);
    if (status == JK_OK && facts.key.kind == JK_RECORD_TOKEN && !reserve_token_day(directory, facts.token.account))
        status = jk_out_of_memory(error);
    void *useless = status == JK_OK ? put_item(directory, &facts.key, item) : item;
    jk_directory_unlock(directory);
    free(useless);
    return status;
}

static void *take_token(struct jk_directory *directory, uint64_t id)
{
    struct jk_token_item *had = jk_series_set(&directory->tokens, id, NULL);
    unlink_token(directory, had);
    count_token(directory, &had->token, true);
    return had;
}

static void *take_item(struct jk_directory *directory, const struct jk_record_key *key)
{
    if (key->kind == JK_RECORD_MEMBER) return take_member(directory, key);
    if (key->kind == JK_RECORD_CREATOR) return take_creator(directory, key);
    if (key->kind == JK_RECORD_BLOB) return take_blob(directory, key);
    if (key->kind == JK_RECORD_RULER) return take_ruler(directory, key);
    if (key->kind == JK_RECORD_TEAMS) return take_teams(directory, key);
    if (key->kind == JK_RECORD_RENEWAL) return jk_directory_take_renewal(directory, &key->digest);
    if (key->kind == JK_RECORD_CLOCK) return swap_clock(directory, NULL);
    if (key->kind == JK_RECORD_LIFE) return swap_life(directory, NULL);
    struct jk_series *series = series_of(directory, key->kind);
    if (!jk_series_get(series, key->id)) return NULL;
    return key->kind == JK_RECORD_TOKEN ? take_token(directory, key->id) : jk_series_set(series, key->id, NULL);
}

void jk_directory_token_ended(struct jk_directory *directory, uint64_t id)
{
    jk_directory_write_lock(directory);
    struct jk_token_item *item = jk_series_get(&directory->tokens, id);
    if (item) list_live(directory, item, false);
    jk_directory_unlock(directory);
}

void jk_directory_drop(struct jk_directory *directory, const struct jk_record *record)
{
    struct jk_record_facts facts;
    struct jk_error error;
    void *had = NULL;
    jk_error_init(&error, NULL);
    if (!jk_record_key_parse(record->key, &facts.key)) return;
    bool many = facts.key.kind == JK_RECORD_HUB_RECORDS;
    if (many && jk_record_parse(record, &facts, &error) != JK_OK) return;
    jk_directory_write_lock(directory);
    if (many) {
        /* Takes back what was put, all of which was new: whoever writes them names none that is known (census_step.c). */
        for (uint32_t i = 0; i < facts.hub_records.count; i++)
            free(take_blob(directory, &(struct jk_record_key){.digest = facts.hub_records.digests[i]}));
    } else {
        had = take_item(directory, &facts.key);
    }
    jk_directory_unlock(directory);
    free(had);
}
