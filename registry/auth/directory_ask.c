/* The directory's answers: copies, made under the read lock, which is released before they return. */
#include "auth/directory.h"

#include <stdlib.h>

#include "auth/directory_inside.h"
#include "base/clock.h"

/* ---- questions ---- */

bool jk_directory_clock(struct jk_directory *directory, int64_t *out_ahead_us)
{
    jk_directory_read_lock(directory);
    bool known = directory->clock != NULL;
    if (known) *out_ahead_us = directory->clock->ahead_us;
    jk_directory_unlock(directory);
    return known;
}

bool jk_directory_life(struct jk_directory *directory, struct jk_life *out_life)
{
    jk_directory_read_lock(directory);
    bool known = directory->life != NULL;
    *out_life = known ? *directory->life : (struct jk_life){0};
    jk_directory_unlock(directory);
    return known;
}

bool jk_directory_ruler(struct jk_directory *directory, uint64_t ruling, struct jk_ruler *out_ruler)
{
    jk_directory_read_lock(directory);
    const struct jk_ruler_item *item = jk_directory_ruler_item(directory, ruling);
    if (item) *out_ruler = item->ruler;
    jk_directory_unlock(directory);
    return item != NULL;
}

bool jk_directory_teams(struct jk_directory *directory, uint64_t stage, struct jk_teams_proposal *out_proposal)
{
    jk_directory_read_lock(directory);
    const struct jk_teams_item *item = jk_directory_teams_item(directory, stage);
    if (item) *out_proposal = item->proposal;
    jk_directory_unlock(directory);
    return item != NULL;
}

uint64_t jk_directory_next_id(struct jk_directory *directory, const char *kind)
{
    const struct jk_series *series = strcmp(kind, "account") == 0   ? &directory->accounts
                                     : strcmp(kind, "token") == 0   ? &directory->tokens
                                     : strcmp(kind, "request") == 0 ? &directory->requests
                                                                    : NULL;
    if (!series) return 0;
    jk_directory_read_lock(directory);
    uint64_t last = series->last;
    jk_directory_unlock(directory);
    return last < JK_SERIES_MAX ? last + 1 : 0;
}

/* Copies `size` bytes, starting `offset` bytes into the item. */
static bool copy_slot(struct jk_directory *directory, const struct jk_series *series, uint64_t id, size_t offset,
                      size_t size, void *out)
{
    jk_directory_read_lock(directory);
    const char *item = jk_series_get(series, id);
    if (item) memcpy(out, item + offset, size);
    jk_directory_unlock(directory);
    return item != NULL;
}

bool jk_directory_account(struct jk_directory *directory, uint64_t id, struct jk_account *out_account)
{
    return copy_slot(directory, &directory->accounts, id, 0, sizeof *out_account, out_account);
}

bool jk_directory_token(struct jk_directory *directory, uint64_t id, struct jk_token *out_token)
{
    return copy_slot(directory, &directory->tokens, id, offsetof(struct jk_token_item, token), sizeof *out_token,
                     out_token);
}

bool jk_directory_request(struct jk_directory *directory, uint64_t id, struct jk_publisher_request *out_request)
{
    return copy_slot(directory, &directory->requests, id, 0, sizeof *out_request, out_request);
}

bool jk_directory_find_token(struct jk_directory *directory, const struct jk_digest *hash, struct jk_token *out_token)
{
    jk_directory_read_lock(directory);
    const struct jk_token_item *item = jk_directory_token_item(directory, hash);
    if (item) *out_token = item->token;
    jk_directory_unlock(directory);
    return item != NULL;
}

bool jk_directory_member(struct jk_directory *directory, struct jk_span publisher, uint64_t account,
                         struct jk_member *out_member)
{
    jk_directory_read_lock(directory);
    const struct jk_member_item *item = jk_directory_member_item(directory, publisher, account);
    if (item) *out_member = item->member;
    jk_directory_unlock(directory);
    return item != NULL;
}

enum jk_member_role jk_directory_membership(struct jk_directory *directory, struct jk_span publisher, uint64_t account)
{
    struct jk_member member;
    return jk_directory_member(directory, publisher, account, &member) ? member.role : JK_MEMBER_NONE;
}

bool jk_directory_had_a_hand(struct jk_directory *directory, struct jk_span publisher, uint64_t account)
{
    struct jk_member member;
    if (jk_directory_member(directory, publisher, account, &member) && !member.never) return true;
    return account && jk_directory_creator(directory, publisher) == account;
}

static bool is_of(const struct jk_member *member, struct jk_span publisher)
{
    return jk_span_equal_fold(jk_span_of(member->publisher), publisher);
}

bool jk_directory_hands_known(struct jk_directory *directory, struct jk_span publisher)
{
    jk_directory_read_lock(directory);
    bool known = jk_directory_creator_item(directory, publisher) != NULL;
    for (struct jk_finder_link *link = jk_directory_member_chain(directory, publisher); link && !known;
         link = link->next) {
        const struct jk_member *member = &JK_FINDER_ITEM(link, struct jk_member_item, by_publisher)->member;
        known = !member->never && is_of(member, publisher);
    }
    jk_directory_unlock(directory);
    return known;
}

uint32_t jk_directory_created(struct jk_directory *directory, uint64_t account)
{
    uint32_t count = 0;
    jk_directory_read_lock(directory);
    struct jk_finder_link *link =
        jk_finder_chain(&directory->creators_by_account, jk_directory_hash_number(directory, account));
    for (; link; link = link->next)
        count += JK_FINDER_ITEM(link, struct jk_creator_item, by_account)->creator.account == account;
    jk_directory_unlock(directory);
    return count;
}

uint64_t jk_directory_creator(struct jk_directory *directory, struct jk_span publisher)
{
    jk_directory_read_lock(directory);
    const struct jk_creator_item *item = jk_directory_creator_item(directory, publisher);
    uint64_t account = item ? item->creator.account : 0;
    jk_directory_unlock(directory);
    return account;
}

bool jk_directory_blob_stored(struct jk_directory *directory, const struct jk_digest *digest,
                              struct jk_blob_facts *out_blob)
{
    struct jk_blob_facts blob;
    if (!jk_directory_blob(directory, digest, &blob) || blob.state != JK_BLOB_STORED) return false;
    *out_blob = blob;
    return true;
}

bool jk_directory_blob(struct jk_directory *directory, const struct jk_digest *digest, struct jk_blob_facts *out_blob)
{
    jk_directory_read_lock(directory);
    const struct jk_blob_item *item = jk_directory_blob_item(directory, digest);
    if (item) *out_blob = item->blob;
    jk_directory_unlock(directory);
    return item != NULL;
}

struct listed {
    bool manifests_only, uploaded_only;
    int64_t before_us; /* last uploaded before that */
    struct jk_digest *digests;
    size_t count;
};

static void list_blob(void *context, struct jk_finder_link *link)
{
    struct listed *listed = context;
    const struct jk_blob_facts *blob = &JK_FINDER_ITEM(link, struct jk_blob_item, by_digest)->blob;
    if (blob->state != JK_BLOB_STORED || (listed->manifests_only && blob->kind != JK_BLOB_KIND_MANIFEST)) return;
    if (listed->uploaded_only && blob->kind == JK_BLOB_KIND_HUB_RECORD) return;
    if (jk_blob_brought_us(blob) < listed->before_us) listed->digests[listed->count++] = blob->digest;
}

static struct jk_digest *list_blobs(struct jk_directory *directory, struct listed *listed, size_t *out_count)
{
    jk_directory_read_lock(directory);
    listed->digests = malloc((directory->blobs.count + 1) * sizeof *listed->digests);
    if (listed->digests) jk_finder_each(&directory->blobs, list_blob, listed);
    jk_directory_unlock(directory);
    *out_count = listed->count;
    return listed->digests;
}

struct jk_digest *jk_directory_manifests(struct jk_directory *directory, size_t *out_count)
{
    return list_blobs(directory, &(struct listed){.manifests_only = true, .before_us = INT64_MAX}, out_count);
}

struct jk_digest *jk_directory_old_blobs(struct jk_directory *directory, int64_t before_us, size_t *out_count)
{
    return list_blobs(directory, &(struct listed){.uploaded_only = true, .before_us = before_us}, out_count);
}

bool jk_directory_get_record(struct jk_directory *directory, const char *key, struct jk_arena *arena,
                             struct jk_record *out_record)
{
    struct jk_record_facts facts;
    if (!jk_record_key_parse(key, &facts.key)) return false;
    switch (facts.key.kind) {
    case JK_RECORD_ACCOUNT:
        return jk_directory_account(directory, facts.key.id, &facts.account) &&
               jk_record_account(arena, &facts.account, out_record);
    case JK_RECORD_TOKEN:
        return jk_directory_token(directory, facts.key.id, &facts.token) &&
               jk_record_token(arena, &facts.token, out_record);
    case JK_RECORD_MEMBER:
        return jk_directory_member(directory, jk_span_of(facts.key.publisher), facts.key.id, &facts.member) &&
               jk_record_member(arena, &facts.member, out_record);
    case JK_RECORD_CREATOR:
        memcpy(facts.creator.publisher, facts.key.publisher, sizeof facts.creator.publisher);
        facts.creator.account = jk_directory_creator(directory, jk_span_of(facts.key.publisher));
        return facts.creator.account && jk_record_creator(arena, &facts.creator, out_record);
    case JK_RECORD_REQUEST:
        return jk_directory_request(directory, facts.key.id, &facts.request) &&
               jk_record_request(arena, &facts.request, out_record);
    case JK_RECORD_BLOB:
        return jk_directory_blob(directory, &facts.key.digest, &facts.blob) &&
               jk_record_blob(arena, &facts.blob, out_record);
    case JK_RECORD_HUB_RECORDS:
        return false; /* written once, and not kept as such */
    case JK_RECORD_RULER:
        return jk_directory_ruler(directory, facts.key.id, &facts.ruler) &&
               jk_record_ruler(arena, &facts.ruler, out_record);
    case JK_RECORD_TEAMS:
        return jk_directory_teams(directory, facts.key.id, &facts.teams) &&
               jk_record_teams(arena, &facts.teams, out_record);
    case JK_RECORD_RENEWAL:
        return jk_directory_renewal(directory, &facts.key.digest, &facts.renewal) &&
               jk_record_renewal(arena, &facts.renewal, out_record);
    case JK_RECORD_CLOCK:
        return jk_directory_clock(directory, &facts.ahead_us) && jk_record_clock(arena, facts.ahead_us, out_record);
    case JK_RECORD_LIFE:
        return jk_directory_life(directory, &facts.life) && jk_record_life(arena, &facts.life, out_record);
    }
    return false;
}

/* ---- lists ---- */

/* Which items to list: counted first, then collected with their numbers, sorted, and copied. */
struct pick {
    uint64_t id;
    const void *value;
};

struct picks {
    struct pick *at; /* NULL while counting */
    size_t count;    /* those with id > after */
    size_t total;
    uint64_t after;
};

static void pick(struct picks *picks, uint64_t id, const void *value)
{
    picks->total++;
    if (id <= picks->after) return;
    if (picks->at) picks->at[picks->count] = (struct pick){id, value};
    picks->count++;
}

static int compare_picks(const void *a, const void *b)
{
    uint64_t left = ((const struct pick *)a)->id, right = ((const struct pick *)b)->id;
    return (left > right) - (left < right);
}

/* Makes room for what was counted, and sets the counts back to zero. */
static bool begin_picking(struct picks *picks, struct jk_arena *arena)
{
    if (picks->count > 0) picks->at = jk_arena_zalloc(arena, picks->count, sizeof *picks->at);
    if (!picks->at) return false;
    picks->count = 0;
    picks->total = 0;
    return true;
}

static size_t copy_picks(const struct picks *picks, size_t most, size_t size, struct jk_arena *arena,
                         const void **out_items)
{
    size_t count = picks->count < most ? picks->count : most;
    char *items = count > 0 ? jk_arena_zalloc(arena, count, size) : NULL;
    if (!items) return 0;
    qsort(picks->at, picks->count, sizeof *picks->at, compare_picks);
    for (size_t i = 0; i < count; i++)
        memcpy(items + i * size, picks->at[i].value, size);
    *out_items = items;
    return count;
}

static void pick_tokens(const struct jk_directory *directory, uint64_t account, struct picks *picks)
{
    struct jk_finder_link *link =
        jk_finder_chain(&directory->tokens_by_account, jk_directory_hash_number(directory, account));
    for (; link; link = link->next) {
        const struct jk_token *token = &JK_FINDER_ITEM(link, struct jk_token_item, by_account)->token;
        if (token->account == account) pick(picks, token->id, token);
    }
}

size_t jk_directory_list_tokens(struct jk_directory *directory, uint64_t account, uint64_t after, size_t most,
                                struct jk_arena *arena, const struct jk_token **out_tokens, size_t *out_total)
{
    struct picks picks = {.after = after};
    const void *items = NULL;
    size_t count = 0;
    jk_directory_read_lock(directory);
    pick_tokens(directory, account, &picks);
    *out_total = picks.total;
    if (begin_picking(&picks, arena)) {
        pick_tokens(directory, account, &picks);
        count = copy_picks(&picks, most, sizeof(struct jk_token), arena, &items);
    }
    jk_directory_unlock(directory);
    *out_tokens = items;
    return count;
}

/* How many; and copies of them, unless `out` is NULL. */
static size_t copy_live(const struct jk_directory *directory, uint64_t account, struct jk_token *out)
{
    size_t count = 0;
    struct jk_finder_link *link =
        jk_finder_chain(&directory->live_tokens, jk_directory_hash_number(directory, account));
    for (; link; link = link->next) {
        const struct jk_token *token = &JK_FINDER_ITEM(link, struct jk_token_item, live)->token;
        if (token->account != account) continue;
        if (out) out[count] = *token;
        count++;
    }
    return count;
}

const struct jk_token *jk_directory_live_tokens(struct jk_directory *directory, uint64_t account,
                                                struct jk_arena *arena, size_t *out_count)
{
    jk_directory_read_lock(directory);
    *out_count = copy_live(directory, account, NULL);
    struct jk_token *list = jk_arena_zalloc(arena, *out_count + 1, sizeof *list);
    if (list) copy_live(directory, account, list);
    jk_directory_unlock(directory);
    return list;
}

uint32_t jk_directory_tokens_made(struct jk_directory *directory, uint64_t account, int64_t time_us)
{
    jk_directory_read_lock(directory);
    const struct jk_token_day *count = jk_series_get(&directory->token_days, account);
    uint32_t made = count && count->day >= jk_time_day(time_us) ? count->made : 0;
    jk_directory_unlock(directory);
    return made;
}

static void pick_members(const struct jk_directory *directory, struct jk_span publisher, struct picks *picks)
{
    for (struct jk_finder_link *link = jk_directory_member_chain(directory, publisher); link; link = link->next) {
        const struct jk_member *member = &JK_FINDER_ITEM(link, struct jk_member_item, by_publisher)->member;
        if ((member->role != JK_MEMBER_NONE || member->invited != JK_MEMBER_NONE) && is_of(member, publisher))
            pick(picks, member->account, member);
    }
}

size_t jk_directory_list_members(struct jk_directory *directory, struct jk_span publisher, uint64_t after, size_t most,
                                 struct jk_arena *arena, const struct jk_member **out_members, size_t *out_total)
{
    struct picks picks = {.after = after};
    const void *items = NULL;
    size_t count = 0;
    jk_directory_read_lock(directory);
    pick_members(directory, publisher, &picks);
    *out_total = picks.total;
    if (begin_picking(&picks, arena)) {
        pick_members(directory, publisher, &picks);
        count = copy_picks(&picks, most, sizeof(struct jk_member), arena, &items);
    }
    jk_directory_unlock(directory);
    *out_members = items;
    return count;
}

static bool is_owned(const struct jk_member *member)
{
    return member->role == JK_MEMBER_OWNER;
}

static bool is_joined(const struct jk_member *member)
{
    return member->role != JK_MEMBER_NONE;
}

static bool is_invitation(const struct jk_member *member)
{
    return member->invited != JK_MEMBER_NONE;
}

static bool is_hand(const struct jk_member *member)
{
    return !member->never;
}

static void pick_memberships(const struct jk_directory *directory, uint64_t account,
                             bool (*wanted)(const struct jk_member *member), struct picks *picks)
{
    struct jk_finder_link *link =
        jk_finder_chain(&directory->members_by_account, jk_directory_hash_number(directory, account));
    for (; link; link = link->next) {
        const struct jk_member *member = &JK_FINDER_ITEM(link, struct jk_member_item, by_account)->member;
        if (member->account == account && wanted(member)) /* the newest first */
            pick(picks, member->since_us > 0 ? UINT64_MAX - (uint64_t)member->since_us : UINT64_MAX, member);
    }
}

static size_t list_memberships(struct jk_directory *directory, uint64_t account,
                               bool (*wanted)(const struct jk_member *member), size_t most, struct jk_arena *arena,
                               const struct jk_member **out_members)
{
    struct picks picks = {.after = 0};
    const void *items = NULL;
    size_t count = 0;
    jk_directory_read_lock(directory);
    pick_memberships(directory, account, wanted, &picks);
    if (begin_picking(&picks, arena)) {
        pick_memberships(directory, account, wanted, &picks);
        count = copy_picks(&picks, most, sizeof(struct jk_member), arena, &items);
    }
    jk_directory_unlock(directory);
    *out_members = items;
    return count;
}

size_t jk_directory_list_owned(struct jk_directory *directory, uint64_t account, struct jk_arena *arena,
                               const struct jk_member **out_members)
{
    return list_memberships(directory, account, is_owned, SIZE_MAX, arena, out_members);
}

size_t jk_directory_list_hands(struct jk_directory *directory, uint64_t account, struct jk_arena *arena,
                               const struct jk_member **out_members)
{
    return list_memberships(directory, account, is_hand, SIZE_MAX, arena, out_members);
}

size_t jk_directory_list_joined(struct jk_directory *directory, uint64_t account, size_t most, struct jk_arena *arena,
                                const struct jk_member **out_members)
{
    return list_memberships(directory, account, is_joined, most, arena, out_members);
}

size_t jk_directory_list_invitations(struct jk_directory *directory, uint64_t account, size_t most,
                                     struct jk_arena *arena, const struct jk_member **out_members)
{
    return list_memberships(directory, account, is_invitation, most, arena, out_members);
}

/* The items of the series above `after` that `wanted` accepts (NULL: all), at most `most`: they are in order already.
 */
static size_t copy_series(const struct jk_series *series, uint64_t after, size_t most, size_t size,
                          bool (*wanted)(const void *item), struct jk_arena *arena, const void **out_items)
{
    size_t count = 0, room = most < series->count ? most : series->count;
    char *items = room > 0 ? jk_arena_zalloc(arena, room, size) : NULL;
    const void *item;
    while (items && count < room && (item = jk_series_next(series, &after)) != NULL) {
        if (wanted && !wanted(item)) continue;
        memcpy(items + count * size, item, size);
        count++;
    }
    *out_items = items;
    return count;
}

size_t jk_directory_list_accounts(struct jk_directory *directory, uint64_t after, size_t most, struct jk_arena *arena,
                                  const struct jk_account **out_accounts, size_t *out_total)
{
    const void *items;
    jk_directory_read_lock(directory);
    *out_total = directory->accounts.count;
    size_t count = copy_series(&directory->accounts, after, most, sizeof(struct jk_account), NULL, arena, &items);
    jk_directory_unlock(directory);
    *out_accounts = items;
    return count;
}

static bool is_pending(const void *item)
{
    return ((const struct jk_publisher_request *)item)->state == JK_REQUEST_PENDING;
}

static size_t count_pending(const struct jk_series *series)
{
    size_t count = 0;
    uint64_t id = 0;
    const void *item;
    while ((item = jk_series_next(series, &id)) != NULL)
        if (is_pending(item)) count++;
    return count;
}

size_t jk_directory_list_requests(struct jk_directory *directory, bool pending_only, uint64_t after, size_t most,
                                  struct jk_arena *arena, const struct jk_publisher_request **out_requests,
                                  size_t *out_total)
{
    const void *items;
    jk_directory_read_lock(directory);
    *out_total = pending_only ? count_pending(&directory->requests) : directory->requests.count;
    size_t count = copy_series(&directory->requests, after, most, sizeof(struct jk_publisher_request),
                               pending_only ? is_pending : NULL, arena, &items);
    jk_directory_unlock(directory);
    *out_requests = items;
    return count;
}
