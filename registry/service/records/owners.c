/* Owners and verification; see owners.h. */
#include "service/records/owners.h"

#include "base/defer.h"
#include "domain/ident.h"
#include "service/call/convert.h"

#define SHOWN_MAX 10 /* owners in a text */

/* ---- records ---- */

enum jk_status jk_member_put(struct jk_turn *turn, const struct jk_member *member, struct jk_error *error)
{
    struct jk_record record;
    if (!jk_record_member(turn->arena, member, &record)) return jk_out_of_memory(error);
    return jk_turn_record(turn, &record, error);
}

enum jk_status jk_owner_put(struct jk_turn *turn, struct jk_span publisher, uint64_t account, uint32_t stood,
                            struct jk_error *error)
{
    struct jk_member owner = {.account = account, .role = JK_MEMBER_OWNER, .since_us = turn->time_us, .stood = stood};
    memcpy(owner.publisher, publisher.at, publisher.len);
    return jk_member_put(turn, &owner, error);
}

enum jk_status jk_invitation_put(struct jk_turn *turn, struct jk_span publisher, struct jk_member *invitation,
                                 struct jk_error *error)
{
    struct jk_member before;
    bool known = jk_directory_member(turn->directory, publisher, invitation->account, &before);
    invitation->role = JK_MEMBER_NONE;
    invitation->never = !known || before.never;
    invitation->since_us = turn->time_us;
    memcpy(invitation->publisher, publisher.at, publisher.len);
    return jk_member_put(turn, invitation, error);
}

enum jk_status jk_creator_put(struct jk_turn *turn, struct jk_span publisher, uint64_t account, struct jk_error *error)
{
    struct jk_creator creator = {.account = account};
    struct jk_record record;
    jk_ident_fold(publisher, creator.publisher);
    if (!jk_record_creator(turn->arena, &creator, &record)) return jk_out_of_memory(error);
    return jk_turn_record(turn, &record, error);
}

enum jk_status jk_member_room(struct jk_turn *turn, struct jk_span publisher, struct jk_error *error)
{
    const struct jk_member *list;
    size_t total;
    (void)jk_directory_list_members(turn->directory, publisher, 0, 1, turn->arena, &list, &total);
    if (total < JK_MEMBERS_MAX) return JK_OK;
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "MEMBERS_QUOTA",
                   "The publisher has %d members, including those invited, which is the limit", JK_MEMBERS_MAX);
}

/* ---- who counts for the verification ---- */

/* All members; those with the role owner are meant. */
static size_t list_members(struct jk_turn *turn, struct jk_span publisher, const struct jk_member **out_list)
{
    size_t total;
    return jk_directory_list_members(turn->directory, publisher, 0, SIZE_MAX, turn->arena, out_list, &total);
}

bool jk_owners_other(struct jk_turn *turn, struct jk_span publisher, uint64_t account)
{
    const struct jk_member *list;
    size_t count = list_members(turn, publisher, &list);
    for (size_t i = 0; i < count; i++)
        if (list[i].account != account && list[i].role == JK_MEMBER_OWNER) return true;
    return false;
}

/* The owners alone, at the front of the list; in the turn's arena. */
static size_t list_owners(struct jk_turn *turn, uint32_t publisher, const struct jk_member **out_owners)
{
    const struct jk_member *list;
    size_t count = list_members(turn, jk_book_publisher(turn->book, publisher)->name, &list), kept = 0;
    struct jk_member *owners = jk_arena_zalloc(turn->arena, count + 1, sizeof *owners);
    for (size_t i = 0; owners && i < count; i++)
        if (list[i].role == JK_MEMBER_OWNER) owners[kept++] = list[i];
    *out_owners = owners;
    return kept;
}

const char *jk_owners_text(struct jk_turn *turn, uint32_t publisher, struct jk_arena *arena)
{
    JK_CLEANUP(jk_text_done) struct jk_text text = {0};
    struct jk_account account;
    const struct jk_member *owners;
    size_t count = list_owners(turn, publisher, &owners), shown = count > SHOWN_MAX ? SHOWN_MAX : count;
    jk_text_init(&text, 0);
    jk_text_addf(&text, "%s", count == 0 ? "nobody" : count == 1 ? "account " : "accounts ");
    for (size_t i = 0; i < shown; i++) {
        bool known = jk_directory_account(turn->directory, owners[i].account, &account);
        jk_text_addf(&text, "%s%llu",
                     i == 0          ? ""
                     : i + 1 < count ? ", "
                                     : " and ",
                     (unsigned long long)owners[i].account);
        if (known && account.label[0]) jk_text_addf(&text, " (%s)", account.label);
    }
    if (count > shown) jk_text_addf(&text, " and %zu more", count - shown);
    return text.failed ? NULL : jk_arena_copy(arena, text.bytes, text.len);
}

static bool was_named(uint64_t account, const int64_t *named, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((uint64_t)named[i] == account) return true;
    return false;
}

enum jk_status jk_owners_check_named(struct jk_turn *turn, uint32_t publisher, const int64_t *named, size_t count,
                                     struct jk_error *error)
{
    const struct jk_member *owners;
    size_t owning = list_owners(turn, publisher, &owners), hits = 0;
    for (size_t i = 0; i < owning; i++)
        hits += was_named(owners[i].account, named, count);
    if (count ? hits == owning && hits == count : owning <= 1) return JK_OK;
    struct jk_span name = jk_book_publisher(turn->book, publisher)->name;
    const char *text = jk_owners_text(turn, publisher, turn->arena);
    if (!text) return jk_out_of_memory(error);
    return jk_fail(error, JK_FAILED_PRECONDITION, "OWNERS_DIFFER",
                   "\"%.*s\" is owned by %s%s; name each of those whom you have looked at, and nobody else (jokbo "
                   "publisher verify %.*s --owner ACCOUNT, repeated)",
                   JK_SPAN_ARG(name), text, count ? ", not by those named" : "", JK_SPAN_ARG(name));
}

enum jk_status jk_owners_stand(struct jk_turn *turn, uint32_t publisher, uint32_t entry, struct jk_error *error)
{
    const struct jk_member *owners;
    size_t count = list_owners(turn, publisher, &owners);
    for (size_t i = 0; i < count; i++) {
        struct jk_member owner = owners[i];
        owner.stood = entry;
        JK_TRY(jk_member_put(turn, &owner, error));
    }
    return turn->arena->exhausted ? jk_out_of_memory(error) : JK_OK;
}

struct tally {
    bool known;     /* somebody counts, whether or not the account is enabled */
    bool held;      /* somebody counts whose account is enabled */
    bool strangers; /* owners who do not count */
};

static struct tally count_owners(struct jk_turn *turn, uint32_t publisher, uint32_t since)
{
    struct tally tally = {0};
    struct jk_account account;
    const struct jk_member *list;
    size_t count = list_members(turn, jk_book_publisher(turn->book, publisher)->name, &list);
    for (size_t i = 0; i < count; i++) {
        bool owner = list[i].role == JK_MEMBER_OWNER, stands = owner && list[i].stood == since;
        tally.known = tally.known || stands;
        tally.strangers = tally.strangers || (owner && !stands);
        tally.held = tally.held ||
                     (stands && jk_directory_account(turn->directory, list[i].account, &account) && !account.disabled);
    }
    return tally;
}

bool jk_owners_known(struct jk_turn *turn, uint32_t publisher)
{
    uint32_t since = jk_book_verified_since(turn->book, publisher, jk_turn_size(turn));
    return since == JK_NONE || count_owners(turn, publisher, since).known;
}

enum jk_status jk_owners_changed(struct jk_turn *turn, uint32_t publisher, const char *why, uint32_t *out_entry,
                                 struct jk_error *error)
{
    uint32_t since = jk_book_verified_since(turn->book, publisher, jk_turn_size(turn));
    *out_entry = JK_NONE;
    if (since == JK_NONE) return JK_OK;
    struct tally tally = count_owners(turn, publisher, since);
    if (turn->arena->exhausted) return jk_out_of_memory(error);
    if (tally.held && !tally.strangers) return JK_OK;
    struct jk_entry entry = {.kind = JK_KIND_UNVERIFY,
                             .publisher = jk_book_publisher(turn->book, publisher)->name,
                             .evidence = jk_span_of(why)};
    return jk_turn_append(turn, &entry, out_entry, error);
}

enum jk_status jk_owners_disabled(struct jk_turn *turn, uint64_t account, struct jk_arena *arena,
                                  const char **out_names, struct jk_error *error)
{
    const struct jk_member *list;
    JK_CLEANUP(jk_text_done) struct jk_text names = {0};
    size_t count = jk_directory_list_owned(turn->directory, account, turn->arena, &list);
    if (turn->arena->exhausted) return jk_out_of_memory(error);
    jk_text_init(&names, 0);
    for (size_t i = 0; i < count; i++) {
        struct jk_span name = jk_span_of(list[i].publisher);
        uint32_t n = jk_turn_size(turn), publisher = jk_book_find_publisher(turn->book, name, n), ended;
        if (publisher == JK_NONE) continue;
        const char *why = jk_owners_known(turn, publisher) ? JK_ENDED_LEFT : JK_ENDED_UNKNOWN;
        JK_TRY(jk_owners_changed(turn, publisher, why, &ended, error));
        if (ended != JK_NONE) jk_text_addf(&names, "%s%.*s", names.len ? ", " : "", JK_SPAN_ARG(name));
    }
    *out_names = names.failed ? NULL : jk_arena_copy(arena, names.bytes ? names.bytes : "", names.len);
    return *out_names ? JK_OK : jk_out_of_memory(error);
}
