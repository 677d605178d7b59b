/* auth/directory: put, replace, take back, ask, list; and the series and finder underneath, one past their edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "auth/finder.h"
#include "auth/series.h"
#include "support/directory_bench.h"

static const char *put_account(struct bench *bench, uint64_t id, const char *label)
{
    struct jk_account account = {.id = id, .created_us = 1};
    struct jk_record record;
    snprintf(account.label, sizeof account.label, "%s", label);
    assert_true(jk_record_account(&bench->arena, &account, &record));
    if (bench_put(bench, &record) != JK_OK) fail_msg("%s", bench->error.message);
    return record.key;
}

static enum jk_status try_token(struct bench *bench, uint64_t id, uint64_t account, unsigned char first)
{
    struct jk_token token = {.id = id, .account = account, .hash = {{first, 1}}, .scopes = JK_SCOPE_MODELS};
    struct jk_record record;
    assert_true(jk_record_token(&bench->arena, &token, &record));
    return bench_put(bench, &record);
}

static const char *put_member(struct bench *bench, const char *publisher, uint64_t account, enum jk_member_role role)
{
    struct jk_member member = {.account = account, .role = role};
    struct jk_record record;
    snprintf(member.publisher, sizeof member.publisher, "%s", publisher);
    assert_true(jk_record_member(&bench->arena, &member, &record));
    if (bench_put(bench, &record) != JK_OK) fail_msg("%s", bench->error.message);
    return record.key;
}

static void put_request(struct bench *bench, uint64_t id, enum jk_request_state state)
{
    struct jk_publisher_request request = {.id = id, .state = state, .publisher = "acme", .account = 1};
    struct jk_record record;
    assert_true(jk_record_request(&bench->arena, &request, &record));
    if (bench_put(bench, &record) != JK_OK) fail_msg("%s", bench->error.message);
}

static void put_verifier(struct bench *bench, const struct jk_account *account)
{
    struct jk_record record;
    assert_true(jk_record_account(&bench->arena, account, &record));
    if (bench_put(bench, &record) != JK_OK) fail_msg("%s", bench->error.message);
}

/* Whose a verifier's account is: each way by itself. */
static void test_makers_of_verifiers(void **state)
{
    struct bench *bench = *state;
    struct jk_account lab = {.id = 9, .label = "l", .roles = JK_ROLE_VERIFIER, .verifier = "lab", .created_us = 1};
    struct jk_token token = {.id = 3, .account = 9, .hash = {{1, 1}}, .made_by = 7, .made_with = 2};
    struct jk_record record;
    for (uint64_t id = 1; id < 9; id++)
        put_account(bench, id, "somebody");
    lab.created_by = 3;
    lab.grants[4] = (struct jk_grant){5, 4};
    put_verifier(bench, &lab);
    assert_true(jk_record_token(&bench->arena, &token, &record));
    assert_int_equal(bench_put(bench, &record), JK_OK);
    struct jk_account made = {.id = 5, .label = "m", .created_us = 1, .created_by = 9};
    put_verifier(bench, &made);
    static const bool expected[] = {false, false, false, true, true, true, false, true, false, true};
    for (uint64_t id = 0; id < 10; id++)
        assert_int_equal(jk_directory_makes_verifier(bench->directory, JK_SPAN("lab"), id), expected[id]);
    assert_false(jk_directory_makes_verifier(bench->directory, JK_SPAN("la"), 3));
    lab.roles = 0;
    lab.verifier[0] = '\0';
    put_verifier(bench, &lab);
    assert_false(jk_directory_makes_verifier(bench->directory, JK_SPAN("lab"), 3)); /* it is one no longer */
}

/* And of an account that was one, and is none now: as long as its record says so. */
static void test_makers_of_former_verifiers(void **state)
{
    struct bench *bench = *state;
    struct jk_account lab = {.id = 9, .label = "l", .created_us = 1, .created_by = 3, .spoke_for = "other/2 lab/4"};
    struct jk_token token = {.id = 3, .account = 9, .hash = {{1, 1}}, .made_by = 7, .made_with = 2};
    struct jk_account made = {.id = 5, .label = "m", .created_us = 1, .created_by = 9};
    struct jk_record record;
    for (uint64_t id = 1; id < 9; id++)
        put_account(bench, id, "somebody");
    put_verifier(bench, &lab);
    put_verifier(bench, &made);
    assert_true(jk_record_token(&bench->arena, &token, &record));
    assert_int_equal(bench_put(bench, &record), JK_OK);
    static const bool expected[] = {false, false, false, true, true, true, false, true, false, true};
    for (uint64_t id = 0; id < 10; id++)
        assert_int_equal(jk_directory_makes_verifier(bench->directory, JK_SPAN("lab"), id), expected[id]);
    assert_true(jk_directory_makes_verifier(bench->directory, JK_SPAN("other"), 2));
    assert_false(jk_directory_makes_verifier(bench->directory, JK_SPAN("other"), 4));
    assert_false(jk_directory_makes_verifier(bench->directory, JK_SPAN("la"), 4));
}

static void test_empty(void **state)
{
    struct bench *bench = *state;
    struct jk_account account = {.id = 99};
    struct jk_token token;
    struct jk_publisher_request request;
    struct jk_blob_facts blob;
    struct jk_record record;
    struct jk_digest digest = {{1}};
    assert_false(jk_directory_account(bench->directory, 1, &account));
    assert_int_equal(account.id, 99);
    assert_false(jk_directory_account(bench->directory, UINT64_MAX, &account));
    assert_false(jk_directory_token(bench->directory, 1, &token));
    assert_false(jk_directory_find_token(bench->directory, &digest, &token));
    assert_false(jk_directory_request(bench->directory, 0, &request));
    assert_false(jk_directory_blob(bench->directory, &digest, &blob));
    assert_int_equal(jk_directory_membership(bench->directory, JK_SPAN("x"), 1), JK_MEMBER_NONE);
    assert_int_equal(jk_directory_created(bench->directory, 1), 0);
    assert_int_equal(jk_directory_creator(bench->directory, JK_SPAN("x")), 0);
    assert_false(jk_directory_member(bench->directory, JK_SPAN("x"), 1, &(struct jk_member){0}));
    assert_false(jk_directory_get_record(bench->directory, "account/1", &bench->arena, &record));
    assert_false(jk_directory_get_record(bench->directory, "nonsense", &bench->arena, &record));
    assert_int_equal(jk_directory_next_id(bench->directory, "account"), 1);
    assert_int_equal(jk_directory_next_id(bench->directory, "cat"), 0);
    jk_directory_drop(bench->directory, &(struct jk_record){.key = "account/1"});
    jk_directory_drop(bench->directory, &(struct jk_record){.key = "token/1"});
    jk_directory_drop(bench->directory, &(struct jk_record){.key = "member/a/1"});
    jk_directory_drop(bench->directory, &(struct jk_record){.key = "creator/a"});
    jk_directory_drop(bench->directory, &(struct jk_record){.key = "nonsense"});
    jk_directory_free(NULL);
}

static void test_replace_and_undo(void **state)
{
    struct bench *bench = *state;
    struct jk_account account;
    struct jk_record before;
    const char *key = put_account(bench, 3, "first");
    assert_true(jk_directory_get_record(bench->directory, key, &bench->arena, &before));
    put_account(bench, 3, "second");
    assert_true(jk_directory_account(bench->directory, 3, &account));
    assert_string_equal(account.label, "second");
    assert_int_equal(bench_put(bench, &before), JK_OK);
    assert_true(jk_directory_account(bench->directory, 3, &account));
    assert_string_equal(account.label, "first");
    jk_directory_drop(bench->directory, &(struct jk_record){.key = key});
    assert_false(jk_directory_account(bench->directory, 3, &account));
}

static void test_malformed_changes_nothing(void **state)
{
    struct bench *bench = *state;
    struct jk_account account;
    put_account(bench, 3, "kept");
    assert_int_equal(bench_put(bench, &(struct jk_record){"account/3", "{\"label\":\"x\"}"}), JK_DATA_LOSS);
    assert_string_equal(bench->error.reason, "RECORD_MALFORMED");
    assert_true(jk_directory_account(bench->directory, 3, &account));
    assert_string_equal(account.label, "kept");
    assert_int_equal(bench_put(bench, &(struct jk_record){"what/3", "{}"}), JK_DATA_LOSS);
}

static void test_next_id(void **state)
{
    struct bench *bench = *state;
    put_account(bench, 1, "a");
    const char *key = put_account(bench, 5000, "b");
    assert_int_equal(jk_directory_next_id(bench->directory, "account"), 5001);
    assert_int_equal(jk_directory_next_id(bench->directory, "token"), 1);
    jk_directory_drop(bench->directory, &(struct jk_record){.key = key});
    assert_int_equal(jk_directory_next_id(bench->directory, "account"), 2);
    put_account(bench, JK_SERIES_MAX, "last");
    assert_int_equal(jk_directory_next_id(bench->directory, "account"), 0);
}

static void test_tokens_by_hash(void **state)
{
    struct bench *bench = *state;
    struct jk_token token;
    for (unsigned i = 1; i <= 200; i++)
        assert_int_equal(try_token(bench, i, 7, (unsigned char)i), JK_OK);
    for (unsigned i = 1; i <= 200; i++) {
        struct jk_digest hash = {{(unsigned char)i, 1}};
        assert_true(jk_directory_find_token(bench->directory, &hash, &token));
        assert_int_equal(token.id, i);
    }
    struct jk_digest close = {{1, 1, [31] = 1}}; /* the same first bytes, so the same bucket */
    assert_false(jk_directory_find_token(bench->directory, &close, &token));
    assert_true(jk_directory_token(bench->directory, 9, &token));
    assert_int_equal(token.hash.bytes[0], 9);
}

static void test_token_replaced_and_dropped(void **state)
{
    struct bench *bench = *state;
    struct jk_token token;
    struct jk_digest old = {{1, 1}}, new = {{2, 1}};
    assert_int_equal(try_token(bench, 1, 7, 1), JK_OK);
    assert_int_equal(try_token(bench, 1, 7, 1), JK_OK);
    assert_int_equal(try_token(bench, 1, 8, 2), JK_OK);
    assert_false(jk_directory_find_token(bench->directory, &old, &token));
    assert_true(jk_directory_find_token(bench->directory, &new, &token));
    assert_int_equal(token.account, 8);
    jk_directory_drop(bench->directory, &(struct jk_record){.key = "token/1"});
    assert_false(jk_directory_find_token(bench->directory, &new, &token));
    assert_false(jk_directory_token(bench->directory, 1, &token));
}

static void test_one_hash_one_token(void **state)
{
    struct bench *bench = *state;
    struct jk_token token;
    assert_int_equal(try_token(bench, 1, 7, 1), JK_OK);
    assert_int_equal(try_token(bench, 2, 8, 1), JK_DATA_LOSS);
    assert_null(strstr(bench->error.message, "0101"));
    assert_false(jk_directory_token(bench->directory, 2, &token));
    assert_true(jk_directory_find_token(bench->directory, &(struct jk_digest){{1, 1}}, &token));
    assert_int_equal(token.id, 1);
}

static void test_members_fold_case(void **state)
{
    struct bench *bench = *state;
    const char *key = put_member(bench, "Nota-AI", 7, JK_MEMBER_OWNER);
    assert_int_equal(jk_directory_membership(bench->directory, JK_SPAN("nota-ai"), 7), JK_MEMBER_OWNER);
    assert_int_equal(jk_directory_membership(bench->directory, JK_SPAN("NOTA-AI"), 7), JK_MEMBER_OWNER);
    assert_int_equal(jk_directory_membership(bench->directory, JK_SPAN("nota_ai"), 7), JK_MEMBER_NONE);
    assert_int_equal(jk_directory_membership(bench->directory, JK_SPAN("nota-ai"), 8), JK_MEMBER_NONE);
    char longest[98];
    memset(longest, 'a', sizeof longest);
    struct jk_span past = {longest, 97};
    assert_int_equal(jk_directory_membership(bench->directory, past, 7), JK_MEMBER_NONE);
    put_member(bench, "NOTA-ai", 7, JK_MEMBER_WRITER);
    assert_int_equal(jk_directory_membership(bench->directory, JK_SPAN("Nota-AI"), 7), JK_MEMBER_WRITER);
    jk_directory_drop(bench->directory, &(struct jk_record){.key = key});
    assert_int_equal(jk_directory_membership(bench->directory, JK_SPAN("Nota-AI"), 7), JK_MEMBER_NONE);
}

/* More publishers than there are buckets at first, so that names share them. */
static void test_many_publishers(void **state)
{
    struct bench *bench = *state;
    char name[16];
    for (unsigned i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "Pub%u", i);
        put_member(bench, name, 7, i % 2 ? JK_MEMBER_OWNER : JK_MEMBER_WRITER);
    }
    for (unsigned i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "pUB%u", i);
        enum jk_member_role role = jk_directory_membership(bench->directory, jk_span_of(name), 7);
        assert_int_equal(role, i % 2 ? JK_MEMBER_OWNER : JK_MEMBER_WRITER);
    }
}

static const char *put_creator(struct bench *bench, const char *publisher, uint64_t account)
{
    struct jk_creator creator = {.account = account};
    struct jk_record record;
    snprintf(creator.publisher, sizeof creator.publisher, "%s", publisher);
    assert_true(jk_record_creator(&bench->arena, &creator, &record));
    if (bench_put(bench, &record) != JK_OK) fail_msg("%s", bench->error.message);
    return record.key;
}

static void test_creators(void **state)
{
    struct bench *bench = *state;
    struct jk_record record;
    const char *key = put_creator(bench, "nota-ai", 7);
    put_creator(bench, "b", 7);
    put_creator(bench, "c", 8);
    put_member(bench, "b", 8, JK_MEMBER_OWNER); /* who owns it now is another matter */
    assert_int_equal(jk_directory_created(bench->directory, 7), 2);
    assert_int_equal(jk_directory_created(bench->directory, 8), 1);
    assert_int_equal(jk_directory_created(bench->directory, 9), 0);
    assert_int_equal(jk_directory_creator(bench->directory, JK_SPAN("Nota-AI")), 7);
    assert_int_equal(jk_directory_creator(bench->directory, JK_SPAN("nota_ai")), 0);
    assert_true(jk_directory_get_record(bench->directory, key, &bench->arena, &record));
    put_creator(bench, "nota-ai", 8); /* replaced: counted once */
    assert_int_equal(jk_directory_created(bench->directory, 7), 1);
    assert_int_equal(jk_directory_created(bench->directory, 8), 2);
    assert_int_equal(bench_put(bench, &record), JK_OK);
    assert_int_equal(jk_directory_created(bench->directory, 7), 2);
    jk_directory_drop(bench->directory, &(struct jk_record){.key = key});
    assert_int_equal(jk_directory_created(bench->directory, 7), 1);
    assert_false(jk_directory_get_record(bench->directory, key, &bench->arena, &record));
}

static void put_stood(struct bench *bench, const char *publisher, uint64_t account, uint32_t stood)
{
    struct jk_member member = {.account = account, .role = JK_MEMBER_OWNER, .stood = stood};
    struct jk_record record;
    snprintf(member.publisher, sizeof member.publisher, "%s", publisher);
    assert_true(jk_record_member(&bench->arena, &member, &record));
    if (bench_put(bench, &record) != JK_OK) fail_msg("%s", bench->error.message);
}

static void test_owned(void **state)
{
    struct bench *bench = *state;
    const struct jk_member *list;
    struct jk_member member;
    assert_int_equal(jk_directory_list_owned(bench->directory, 7, &bench->arena, &list), 0);
    put_stood(bench, "a", 7, 41);
    put_stood(bench, "B", 7, 42);
    put_stood(bench, "a", 8, 41);
    put_member(bench, "c", 7, JK_MEMBER_OWNER);
    put_member(bench, "d", 7, JK_MEMBER_WRITER);
    assert_int_equal(jk_directory_list_owned(bench->directory, 7, &bench->arena, &list), 3);
    assert_int_equal(list[0].stood + list[1].stood + list[2].stood, 83);
    assert_int_equal(jk_directory_list_owned(bench->directory, 9, &bench->arena, &list), 0);
    assert_true(jk_directory_member(bench->directory, JK_SPAN("b"), 7, &member));
    assert_int_equal(member.stood, 42);
    put_member(bench, "b", 7, JK_MEMBER_NONE);
    put_member(bench, "c", 7, JK_MEMBER_WRITER);
    assert_int_equal(jk_directory_list_owned(bench->directory, 7, &bench->arena, &list), 1);
    assert_string_equal(list[0].publisher, "a");
    assert_true(jk_directory_member(bench->directory, JK_SPAN("b"), 7, &member)); /* that it was one */
    assert_int_equal(member.role, JK_MEMBER_NONE);
}

static void test_rulers(void **state)
{
    struct bench *bench = *state;
    struct jk_ruler ruler = {.ruling = 4000000000, .account = 7}, found;
    struct jk_record record, again;
    assert_false(jk_directory_ruler(bench->directory, ruler.ruling, &found));
    assert_true(jk_record_ruler(&bench->arena, &ruler, &record));
    assert_string_equal(record.key, "ruling/4000000000");
    assert_false(jk_directory_get_record(bench->directory, record.key, &bench->arena, &again));
    assert_int_equal(bench_put(bench, &record), JK_OK);
    ruler.account = 8;
    ruler.token = 5;
    ruler.granted_by = 3;
    assert_true(jk_record_ruler(&bench->arena, &ruler, &again));
    assert_int_equal(bench_put(bench, &again), JK_OK);
    assert_true(jk_directory_ruler(bench->directory, ruler.ruling, &found));
    assert_memory_equal(&found, &ruler, sizeof ruler);
    assert_false(jk_directory_ruler(bench->directory, ruler.ruling - 1, &found));
    assert_true(jk_directory_get_record(bench->directory, record.key, &bench->arena, &record));
    assert_string_equal(record.value, again.value);
    jk_directory_drop(bench->directory, &(struct jk_record){.key = record.key});
    assert_false(jk_directory_ruler(bench->directory, ruler.ruling, &found));
}

/* One a stage's entry, the newest; withdrawn, it says no teams. */
static void test_proposed_teams(void **state)
{
    struct bench *bench = *state;
    struct jk_teams_proposal proposal = {
        .stage = 4000000000, .account = 7, .token = 5, .granted_by = 0, .time_us = 9, .teams = "sk-telecom upstage"};
    struct jk_teams_proposal found;
    struct jk_record record, again;
    assert_false(jk_directory_teams(bench->directory, proposal.stage, &found));
    assert_true(jk_record_teams(&bench->arena, &proposal, &record));
    assert_string_equal(record.key, "teams/4000000000");
    assert_int_equal(bench_put(bench, &record), JK_OK);
    assert_true(jk_directory_teams(bench->directory, proposal.stage, &found));
    assert_memory_equal(&found, &proposal, sizeof found);
    memset(proposal.teams, 0, sizeof proposal.teams);
    assert_true(jk_record_teams(&bench->arena, &proposal, &again));
    assert_int_equal(bench_put(bench, &again), JK_OK);
    assert_true(jk_directory_get_record(bench->directory, record.key, &bench->arena, &record));
    assert_string_equal(record.value, again.value);
    strcpy(proposal.teams, "sk-telecom  upstage");
    assert_true(jk_record_teams(&bench->arena, &proposal, &again));
    assert_int_equal(bench_put(bench, &again), JK_DATA_LOSS);
}

static void put_whole(struct bench *bench, const struct jk_member *member, enum jk_status wanted)
{
    struct jk_record record, again;
    struct jk_member found;
    assert_true(jk_record_member(&bench->arena, member, &record));
    assert_int_equal(bench_put(bench, &record), wanted);
    if (wanted != JK_OK) return;
    assert_true(jk_directory_member(bench->directory, jk_span_of(member->publisher), member->account, &found));
    assert_memory_equal(&found, member, sizeof found);
    assert_true(jk_directory_get_record(bench->directory, record.key, &bench->arena, &again));
    assert_string_equal(again.value, record.value);
}

/* An invitation makes nobody a member, and no hand; what was a membership stays a hand. */
static void test_invitations(void **state)
{
    struct bench *bench = *state;
    struct jk_span club = JK_SPAN("Club");
    struct jk_member member = {
        .publisher = "club", .account = 7, .invited = JK_MEMBER_OWNER, .invited_by = 3, .never = true, .stood = 41};
    const struct jk_member *list;
    size_t total;
    assert_false(jk_directory_hands_known(bench->directory, club));
    put_whole(bench, &member, JK_OK);
    assert_int_equal(jk_directory_membership(bench->directory, club, 7), JK_MEMBER_NONE);
    assert_false(jk_directory_had_a_hand(bench->directory, club, 7));
    assert_false(jk_directory_hands_known(bench->directory, club));
    assert_int_equal(jk_directory_list_members(bench->directory, club, 0, 9, &bench->arena, &list, &total), 1);
    assert_int_equal(jk_directory_list_invitations(bench->directory, 7, 9, &bench->arena, &list), 1);
    assert_int_equal(list[0].invited, JK_MEMBER_OWNER);
    assert_int_equal(jk_directory_list_owned(bench->directory, 7, &bench->arena, &list), 0);
    member = (struct jk_member){.publisher = "club", .account = 7, .never = true}; /* declined */
    put_whole(bench, &member, JK_OK);
    assert_false(jk_directory_had_a_hand(bench->directory, club, 7));
    assert_int_equal(jk_directory_list_members(bench->directory, club, 0, 9, &bench->arena, &list, &total), 0);
    member = (struct jk_member){.publisher = "club", .account = 7, .role = JK_MEMBER_WRITER};
    put_whole(bench, &member, JK_OK);
    assert_true(jk_directory_had_a_hand(bench->directory, club, 7));
    assert_true(jk_directory_hands_known(bench->directory, club));
    member.role = JK_MEMBER_NONE; /* left */
    put_whole(bench, &member, JK_OK);
    assert_true(jk_directory_had_a_hand(bench->directory, club, 7));
    const struct jk_member wrong[] = {
        {.publisher = "club", .account = 8, .role = JK_MEMBER_WRITER, .invited = JK_MEMBER_OWNER, .invited_by = 3},
        {.publisher = "club", .account = 8, .role = JK_MEMBER_WRITER, .never = true},
        {.publisher = "club", .account = 8, .invited = JK_MEMBER_WRITER, .invited_by = 3, .stood = 41},
        {.publisher = "club", .account = 8, .invited = JK_MEMBER_WRITER}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        put_whole(bench, &wrong[i], JK_DATA_LOSS);
}

static void test_life(void **state)
{
    struct bench *bench = *state;
    struct jk_life life = {.seen_us = 9, .rest_from_us = 3, .rest_until_us = 8}, found = {1, 1, 1};
    struct jk_record record, again;
    assert_false(jk_directory_life(bench->directory, &found));
    assert_int_equal(found.seen_us, 0);
    assert_int_equal(found.rest_until_us, 0);
    assert_true(jk_record_life(&bench->arena, &life, &record));
    assert_string_equal(record.key, "clock/life");
    assert_false(jk_directory_get_record(bench->directory, record.key, &bench->arena, &again));
    assert_int_equal(bench_put(bench, &record), JK_OK);
    life.seen_us = 10;
    assert_true(jk_record_life(&bench->arena, &life, &again));
    assert_int_equal(bench_put(bench, &again), JK_OK);
    assert_true(jk_directory_life(bench->directory, &found));
    assert_int_equal(found.seen_us, 10);
    assert_int_equal(found.rest_from_us, 3);
    assert_int_equal(found.rest_until_us, 8);
    assert_true(jk_directory_get_record(bench->directory, record.key, &bench->arena, &record));
    assert_string_equal(record.value, again.value);
    jk_directory_drop(bench->directory, &(struct jk_record){.key = record.key});
    assert_false(jk_directory_life(bench->directory, &found));
}

static void test_lists_accounts(void **state)
{
    struct bench *bench = *state;
    const struct jk_account *accounts;
    size_t total;
    put_account(bench, 9000, "far");
    put_account(bench, 2, "b");
    put_account(bench, 1, "a");
    assert_int_equal(jk_directory_list_accounts(bench->directory, 0, 10, &bench->arena, &accounts, &total), 3);
    assert_int_equal(total, 3);
    assert_int_equal(accounts[0].id, 1);
    assert_int_equal(accounts[2].id, 9000);
    assert_int_equal(jk_directory_list_accounts(bench->directory, 1, 1, &bench->arena, &accounts, &total), 1);
    assert_int_equal(accounts[0].id, 2);
    assert_int_equal(total, 3);
    assert_int_equal(jk_directory_list_accounts(bench->directory, 9000, 1, &bench->arena, &accounts, &total), 0);
    assert_int_equal(jk_directory_list_accounts(bench->directory, UINT64_MAX, 1, &bench->arena, &accounts, &total), 0);
    assert_int_equal(jk_directory_list_accounts(bench->directory, 0, 0, &bench->arena, &accounts, &total), 0);
    assert_int_equal(total, 3);
}

static void test_lists_tokens(void **state)
{
    struct bench *bench = *state;
    const struct jk_token *tokens;
    size_t total;
    for (unsigned n = 1; n <= 100; n++) { /* all of 1 to 100, in no order */
        unsigned i = n * 37 % 101;
        assert_int_equal(try_token(bench, i, i % 2 + 1, (unsigned char)i), JK_OK);
    }
    assert_int_equal(jk_directory_list_tokens(bench->directory, 1, 10, 5, &bench->arena, &tokens, &total), 5);
    assert_int_equal(total, 50);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(tokens[i].id, 12 + 2 * i);
    assert_int_equal(jk_directory_list_tokens(bench->directory, 1, 98, 5, &bench->arena, &tokens, &total), 1);
    assert_int_equal(jk_directory_list_tokens(bench->directory, 1, 100, 5, &bench->arena, &tokens, &total), 0);
    assert_null(tokens);
    assert_int_equal(total, 50);
    assert_int_equal(jk_directory_list_tokens(bench->directory, 3, 0, 5, &bench->arena, &tokens, &total), 0);
    assert_int_equal(total, 0);
}

static void test_lists_members(void **state)
{
    struct bench *bench = *state;
    const struct jk_member *members;
    size_t total;
    put_member(bench, "Acme", 9, JK_MEMBER_WRITER);
    put_member(bench, "acme", 4, JK_MEMBER_OWNER);
    put_member(bench, "acme", 5, JK_MEMBER_NONE);
    put_member(bench, "other", 6, JK_MEMBER_OWNER);
    assert_int_equal(
        jk_directory_list_members(bench->directory, JK_SPAN("ACME"), 0, 9, &bench->arena, &members, &total), 2);
    assert_int_equal(total, 2);
    assert_int_equal(members[0].account, 4);
    assert_int_equal(members[1].account, 9);
    assert_string_equal(members[1].publisher, "Acme");
    assert_int_equal(
        jk_directory_list_members(bench->directory, JK_SPAN("acme"), 4, 9, &bench->arena, &members, &total), 1);
    assert_int_equal(total, 2);
}

static void test_lists_requests(void **state)
{
    struct bench *bench = *state;
    const struct jk_publisher_request *requests;
    size_t total;
    put_request(bench, 1, JK_REQUEST_APPROVED);
    put_request(bench, 2, JK_REQUEST_PENDING);
    put_request(bench, 3, JK_REQUEST_PENDING);
    assert_int_equal(jk_directory_list_requests(bench->directory, true, 0, 9, &bench->arena, &requests, &total), 2);
    assert_int_equal(total, 2);
    assert_int_equal(requests[0].id, 2);
    assert_int_equal(jk_directory_list_requests(bench->directory, false, 0, 9, &bench->arena, &requests, &total), 3);
    put_request(bench, 2, JK_REQUEST_REFUSED);
    assert_int_equal(jk_directory_list_requests(bench->directory, true, 2, 9, &bench->arena, &requests, &total), 1);
    assert_int_equal(total, 1);
}

static void test_lists_without_room(void **state)
{
    struct bench *bench = *state;
    struct jk_arena small;
    const struct jk_token *tokens;
    const struct jk_account *accounts;
    size_t total;
    put_account(bench, 1, "a");
    assert_int_equal(try_token(bench, 1, 1, 1), JK_OK);
    jk_arena_init(&small, 64);
    assert_int_equal(jk_directory_list_tokens(bench->directory, 1, 0, 9, &small, &tokens, &total), 0);
    assert_int_equal(total, 1);
    assert_true(small.exhausted);
    assert_int_equal(jk_directory_list_accounts(bench->directory, 0, 9, &small, &accounts, &total), 0);
    assert_null(accounts);
    jk_arena_done(&small);
}

static void test_series_edges(void **state)
{
    (void)state;
    struct jk_series *series = calloc(1, sizeof *series);
    int *item = malloc(sizeof *item);
    uint64_t at = 0;
    assert_false(jk_series_reserve(series, 0));
    assert_false(jk_series_reserve(series, JK_SERIES_MAX + 1));
    assert_false(jk_series_reserve(series, UINT64_MAX));
    assert_true(jk_series_reserve(series, JK_SERIES_MAX));
    assert_null(jk_series_set(series, JK_SERIES_MAX, item));
    assert_ptr_equal(jk_series_get(series, JK_SERIES_MAX), item);
    assert_null(jk_series_get(series, JK_SERIES_MAX + 1));
    assert_ptr_equal(jk_series_next(series, &at), item);
    assert_int_equal(at, JK_SERIES_MAX);
    assert_null(jk_series_next(series, &at));
    assert_true(jk_series_reserve(series, JK_SERIES_PAGE));
    assert_null(jk_series_set(series, JK_SERIES_PAGE, calloc(1, 1)));
    at = JK_SERIES_PAGE - 1;
    assert_non_null(jk_series_next(series, &at));
    assert_int_equal(at, JK_SERIES_PAGE);
    assert_ptr_equal(jk_series_set(series, JK_SERIES_MAX, NULL), item);
    assert_int_equal(series->last, JK_SERIES_PAGE);
    assert_int_equal(series->count, 1);
    free(item);
    jk_series_done(series, free);
    free(series);
}

static void test_finder_grows(void **state)
{
    (void)state;
    static struct jk_finder_link links[1000];
    struct jk_finder finder;
    assert_true(jk_finder_init(&finder));
    for (size_t i = 0; i < 1000; i++)
        jk_finder_add(&finder, &links[i], i);
    assert_true(finder.mask >= 511);
    for (size_t i = 0; i < 1000; i += 2)
        jk_finder_remove(&finder, &links[i]);
    assert_int_equal(finder.count, 500);
    for (size_t i = 0; i < 1000; i++) {
        struct jk_finder_link *link = jk_finder_chain(&finder, i);
        while (link && link != &links[i])
            link = link->next;
        assert_int_equal(link != NULL, i % 2);
    }
    jk_finder_done(&finder, NULL);
    assert_null(finder.buckets);
}

#define ROUNDS 2000

/* Replaces one token by turns; whoever finds it must find it whole. */
static void *write_rounds(void *context)
{
    struct bench *bench = context;
    for (unsigned i = 0; i < ROUNDS; i++) {
        char value[256];
        snprintf(value, sizeof value,
                 "{\"account\":%u,\"hash\":\"%064x\",\"scopes\":[],\"label\":\"%u\",\"created_us\":0,\"expires_us\":0,"
                 "\"revoked\":false}",
                 i % 9 + 1, 1, i % 9 + 1);
        struct jk_error error;
        jk_error_init(&error, NULL);
        if (jk_directory_put(bench->directory, &(struct jk_record){"token/1", value}, &error) != JK_OK) return NULL;
    }
    return bench;
}

static void test_threads(void **state)
{
    struct bench *bench = *state;
    struct jk_digest hash = {{[31] = 1}};
    pthread_t writer;
    void *result;
    assert_int_equal(pthread_create(&writer, NULL, write_rounds, bench), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct jk_token token;
        if (!jk_directory_find_token(bench->directory, &hash, &token)) continue;
        assert_int_equal(strtoul(token.label, NULL, 10), token.account);
    }
    assert_int_equal(pthread_join(writer, &result), 0);
    assert_non_null(result);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_empty),
        TEST(test_replace_and_undo),
        TEST(test_malformed_changes_nothing),
        TEST(test_next_id),
        TEST(test_tokens_by_hash),
        TEST(test_token_replaced_and_dropped),
        TEST(test_one_hash_one_token),
        TEST(test_makers_of_verifiers),
        TEST(test_makers_of_former_verifiers),
        TEST(test_members_fold_case),
        TEST(test_many_publishers),
        TEST(test_creators),
        TEST(test_owned),
        TEST(test_rulers),
        TEST(test_proposed_teams),
        TEST(test_invitations),
        TEST(test_life),
        TEST(test_lists_accounts),
        TEST(test_lists_tokens),
        TEST(test_lists_members),
        TEST(test_lists_requests),
        TEST(test_lists_without_room),
        TEST(test_threads),
        cmocka_unit_test(test_series_edges),
        cmocka_unit_test(test_finder_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
