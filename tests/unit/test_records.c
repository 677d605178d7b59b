/* auth/records: what is written is read back, and whatever else is refused with the field named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "auth/records.h"

#define HEX_A   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_0   "0000000000000000000000000000000000000000000000000000000000000000"
#define ACCOUNT "{\"label\":\"ci\",\"roles\":[\"team\"],\"team\":\"lg\",\"disabled\":false,\"created_us\":5}"
#define TOKEN                                                                                                          \
    "{\"account\":7,\"hash\":\"" HEX_A "\",\"scopes\":[\"models\"],\"label\":\"\",\"created_us\":5,\"expires_us\":0,"  \
    "\"revoked\":false}"
#define MEMBER "{\"publisher\":\"Nota-AI\",\"role\":\"owner\",\"since_us\":5}"
#define REQUEST                                                                                                        \
    "{\"kind\":\"claim\",\"state\":\"pending\",\"publisher\":\"LGAI\",\"account\":7,\"evidence\":\"a\\nb\","           \
    "\"created_us\":5,\"decided_us\":0}"
#define BLOB    "{\"kind\":\"manifest\",\"size\":12,\"weights\":\"" HEX_A "\",\"created_us\":5}"
#define RULER   "{\"account\":7}"
#define RENEWAL "{\"account\":7,\"size\":12,\"time_us\":5}"
#define CREATOR "{\"account\":7}"
#define LIFE    "{\"seen_us\":9,\"rest_from_us\":3,\"rest_until_us\":9}"

struct bench {
    struct jk_arena arena;
    struct jk_error error;
    struct jk_record_facts facts;
};

static int setup(void **state)
{
    static struct bench bench;
    jk_digest_setup();
    jk_arena_init(&bench.arena, 1 << 20);
    *state = &bench;
    return 0;
}

static int teardown(void **state)
{
    jk_arena_done(&((struct bench *)*state)->arena);
    return 0;
}

static enum jk_status parse(struct bench *bench, const char *key, const char *value)
{
    jk_error_init(&bench->error, &bench->arena);
    return jk_record_parse(&(struct jk_record){key, value}, &bench->facts, &bench->error);
}

static void good(struct bench *bench, const char *key, const char *value)
{
    if (parse(bench, key, value) != JK_OK) fail_msg("%s %s: %s", key, value, bench->error.message);
}

/* Refused, and the message names what is wrong. */
static void bad(struct bench *bench, const char *key, const char *value, const char *named)
{
    if (parse(bench, key, value) != JK_DATA_LOSS) fail_msg("taken: %s %s", key, value);
    if (!strstr(bench->error.message, named)) fail_msg("not named: %s in: %s", named, bench->error.message);
}

/* The text with its one occurrence of `old` replaced. */
static const char *with(struct bench *bench, const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    assert_non_null(at);
    return jk_arena_printf(&bench->arena, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
}

static char *repeat(struct bench *bench, char c, size_t count)
{
    char *text = jk_arena_zalloc(&bench->arena, count + 1, 1);
    assert_non_null(text);
    memset(text, c, count);
    return text;
}

static void test_reads_each_kind(void **state)
{
    struct bench *bench = *state;
    good(bench, "account/7", ACCOUNT);
    assert_int_equal(bench->facts.account.id, 7);
    assert_int_equal(bench->facts.account.roles, JK_ROLE_TEAM);
    assert_string_equal(bench->facts.account.team, "lg");
    good(bench, "token/9", TOKEN);
    assert_int_equal(bench->facts.token.id, 9);
    assert_int_equal(bench->facts.token.account, 7);
    assert_int_equal(bench->facts.token.hash.bytes[31], 0xaa);
    good(bench, "member/nota-ai/7", MEMBER);
    assert_string_equal(bench->facts.member.publisher, "Nota-AI");
    assert_int_equal(bench->facts.member.role, JK_MEMBER_OWNER);
    good(bench, "request/3", REQUEST);
    assert_int_equal(bench->facts.request.kind, JK_REQUEST_CLAIM);
    assert_string_equal(bench->facts.request.evidence, "a\nb");
    good(bench, "blob/" HEX_A, BLOB);
    assert_int_equal(bench->facts.blob.kind, JK_BLOB_KIND_MANIFEST);
    assert_int_equal(bench->facts.blob.size, 12);
    good(bench, "renewal/" HEX_A, RENEWAL);
    assert_int_equal(bench->facts.renewal.size, 12);
    assert_memory_equal(&bench->facts.renewal.release, &bench->facts.key.digest, JK_DIGEST_SIZE);
    good(bench, "creator/nota-ai", CREATOR);
    assert_string_equal(bench->facts.creator.publisher, "nota-ai");
    assert_int_equal(bench->facts.creator.account, 7);
    good(bench, "ruling/4294967294", RULER);
    assert_int_equal(bench->facts.ruler.ruling, 4294967294);
    assert_int_equal(bench->facts.ruler.account, 7);
    good(bench, "clock/demo", "{\"ahead_us\":-41}");
    assert_int_equal(bench->facts.ahead_us, -41);
    good(bench, "clock/life", LIFE);
    assert_int_equal(bench->facts.life.seen_us, 9);
    assert_int_equal(bench->facts.life.rest_from_us, 3);
    assert_int_equal(bench->facts.life.rest_until_us, 9);
    bad(bench, "clock/life", with(bench, LIFE, ":3", ":10"), "rest_until_us");
    bad(bench, "clock/life", with(bench, LIFE, ":3", ":-1"), "rest_from_us");
    bad(bench, "clock/life", "{\"rest_from_us\":0,\"rest_until_us\":0}", "seen_us");
}

static void test_keys(void **state)
{
    struct bench *bench = *state;
    static const char *const wrong[] = {
        "",           "account",         "account/",          "account/0",
        "account/07", "account/-1",      "account/7x",        "account/7/",
        "accounts/7", "Account/7",       "member/nota-ai",    "member/nota-ai/0",
        "member//7",  "member/no--ta/7", "member/Nota-AI/7",  "member/nota-ai/7/8",
        "ruling/",    "ruling/0",        "ruling/4294967295", "ruling/01",
        "blob/",      "blob/abc",        "blob/" HEX_A "a",   "request/99999999999999999999999",
        "clock/",     "clock/demo2",     "clock/Demo",        "clock/1",
        "creator/",   "creator/Nota-AI", "creator/nota-ai/7", "creator/no--ta",
        "clock/lif",  "clock/life/",     "clock/life1",       "clock/demo/life",
        "renewal/",   "renewal/abc",     "renewal/7",         "renewal/" HEX_A "a",
    };
    struct jk_record_key key;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (jk_record_key_parse(wrong[i], &key)) fail_msg("taken: %s", wrong[i]);
        bad(bench, wrong[i], "{}", "its key");
    }
    assert_true(jk_record_key_parse("token/16777215", &key));
    assert_int_equal(key.id, JK_SERIES_MAX);
    assert_false(jk_record_key_parse("token/16777216", &key));
    assert_true(jk_record_key_parse(jk_arena_printf(&bench->arena, "member/%s/1", repeat(bench, 'a', 96)), &key));
    assert_false(jk_record_key_parse(jk_arena_printf(&bench->arena, "member/%s/1", repeat(bench, 'a', 97)), &key));
    assert_false(jk_record_key_parse(repeat(bench, 'a', 100000), &key));
}

static void test_not_json_objects(void **state)
{
    struct bench *bench = *state;
    static const char *const wrong[] = {"",      "null",       "[]", "7", "{", "{} {}", "{\"label\":1,\"label\":1}",
                                        "\"a\"", "{'label':1}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        bad(bench, "account/7", wrong[i], "JSON object");
    bad(bench, "account/7", with(bench, ACCOUNT, "{", "{\"disabled\":false,"), "JSON object");
    bad(bench, "account/7", with(bench, ACCOUNT, "ci", "a\xff"), "JSON object");
    bad(bench, "account/7", with(bench, ACCOUNT, "ci", "a\\u0000"), "JSON object");
}

/* Each field of each kind: missing, of another type, renamed. */
static void try_fields(struct bench *bench, const char *key, const char *value, const char *const *fields)
{
    for (size_t i = 0; fields[i]; i++) {
        const char *quoted = jk_arena_printf(&bench->arena, "\"%s\":", fields[i]);
        bad(bench, key, with(bench, value, quoted, "\"other\":"), fields[i]);
        bad(bench, key, with(bench, value, quoted, jk_arena_printf(&bench->arena, "%s{},\"o\":", quoted)), fields[i]);
    }
    bad(bench, key, with(bench, value, "{", "{\"other\":1,"), "not known");
}

static void test_each_field_is_demanded(void **state)
{
    struct bench *bench = *state;
    try_fields(bench, "account/7", ACCOUNT,
               (const char *const[]){"label", "roles", "team", "disabled", "created_us", NULL});
    try_fields(
        bench, "token/7", TOKEN,
        (const char *const[]){"account", "hash", "scopes", "label", "created_us", "expires_us", "revoked", NULL});
    try_fields(bench, "member/nota-ai/7", MEMBER, (const char *const[]){"publisher", "role", "since_us", NULL});
    try_fields(
        bench, "request/7", REQUEST,
        (const char *const[]){"kind", "state", "publisher", "account", "evidence", "created_us", "decided_us", NULL});
    try_fields(bench, "renewal/" HEX_A, RENEWAL, (const char *const[]){"account", "size", "time_us", NULL});
    try_fields(bench, "blob/" HEX_A, BLOB, (const char *const[]){"kind", "size", "weights", "created_us", NULL});
    try_fields(bench, "ruling/7", RULER, (const char *const[]){"account", NULL});
    try_fields(bench, "creator/a", CREATOR, (const char *const[]){"account", NULL});
}

static void test_account_limits(void **state)
{
    struct bench *bench = *state;
    good(bench, "account/1", with(bench, ACCOUNT, "ci", repeat(bench, 'x', 200)));
    bad(bench, "account/1", with(bench, ACCOUNT, "ci", repeat(bench, 'x', 201)), "label");
    bad(bench, "account/1", with(bench, ACCOUNT, "ci", "a\\nb"), "label");
    good(bench, "account/1", with(bench, ACCOUNT, "ci", ""));
    good(bench, "account/1",
         with(bench, ACCOUNT, "\"lg\"", jk_arena_printf(&bench->arena, "\"%s\"", repeat(bench, 'x', 63))));
    bad(bench, "account/1",
        with(bench, ACCOUNT, "\"lg\"", jk_arena_printf(&bench->arena, "\"%s\"", repeat(bench, 'x', 64))), "team");
    bad(bench, "account/1", with(bench, ACCOUNT, "\"lg\"", "\"LG\""), "team");
    bad(bench, "account/1", with(bench, ACCOUNT, "\"lg\"", "\"\""), "team");
    bad(bench, "account/1", with(bench, ACCOUNT, "[\"team\"]", "[]"), "team");
    bad(bench, "account/1", with(bench, ACCOUNT, "[\"team\"]", "[\"team\",\"team\"]"), "roles");
    bad(bench, "account/1", with(bench, ACCOUNT, "[\"team\"]", "[\"team\",\"root\"]"), "roles");
    bad(bench, "account/1", with(bench, ACCOUNT, "[\"team\"]", "[\"team\",2]"), "roles");
    bad(bench, "account/1", with(bench, ACCOUNT, ":5", ":-1"), "created_us");
    bad(bench, "account/1", with(bench, ACCOUNT, ":5", ":5.0"), "created_us");
    good(bench, "account/1", with(bench, ACCOUNT, ":5", ":253402300799999999"));
    bad(bench, "account/1", with(bench, ACCOUNT, ":5", ":253402300800000000"), "created_us");
    bad(bench, "account/1", with(bench, ACCOUNT, ":5", ":99999999999999999999"), "JSON");
}

static void test_other_limits(void **state)
{
    struct bench *bench = *state;
    bad(bench, "token/1", with(bench, TOKEN, HEX_A, HEX_0), "hash");
    bad(bench, "token/1", with(bench, TOKEN, HEX_A, "AAAA"), "hash");
    bad(bench, "token/1", with(bench, TOKEN, ":7", ":0"), "account");
    bad(bench, "token/1", with(bench, TOKEN, ":7", ":16777216"), "account");
    bad(bench, "token/1", with(bench, TOKEN, "models", "all"), "scopes");
    bad(bench, "member/other/7", MEMBER, "publisher");
    bad(bench, "member/nota-ai/7", with(bench, MEMBER, "owner", "boss"), "role");
    good(bench, "request/1", with(bench, REQUEST, "a\\nb", repeat(bench, 'e', 1024)));
    bad(bench, "request/1", with(bench, REQUEST, "a\\nb", repeat(bench, 'e', 1025)), "evidence");
    bad(bench, "request/1", with(bench, REQUEST, "LGAI", "a/b"), "publisher");
    good(bench, "blob/" HEX_A, with(bench, BLOB, "\"" HEX_A "\"", "null"));
    bad(bench, "blob/" HEX_A, with(bench, BLOB, HEX_A, HEX_0), "weights");
    bad(bench, "blob/" HEX_A, with(bench, BLOB, "manifest", "license"), "weights");
    bad(bench, "blob/" HEX_A, with(bench, BLOB, "manifest", "hub-record"), "weights");
    bad(bench, "blob/" HEX_A, with(bench, BLOB, "manifest", "other"), "kind");
    bad(bench, "blob/" HEX_A, with(bench, BLOB, "}", ",\"models\":1}"), "not known");
    good(bench, "blob/" HEX_A, "{\"kind\":\"hub-record\",\"size\":12,\"weights\":null,\"created_us\":5}");
    assert_int_equal(bench->facts.blob.kind, JK_BLOB_KIND_HUB_RECORD);
    bad(bench, "blob/" HEX_A, "{\"kind\":\"census-list\",\"size\":12,\"weights\":null,\"created_us\":5}", "models");
    bad(bench, "blob/" HEX_A, with(bench, BLOB, ":12", ":-1"), "size");
    bad(bench, "renewal/" HEX_A, with(bench, RENEWAL, ":12", ":0"), "size");
    bad(bench, "renewal/" HEX_A, with(bench, RENEWAL, ":12", ":4294967295"), "size");
}

/* Which teams an account acted for: unknown where it is absent. */
static void test_teams_of_an_account(void **state)
{
    struct bench *bench = *state;
    good(bench, "account/7", ACCOUNT);
    assert_false(bench->facts.account.teams_known);
    good(bench, "account/7", with(bench, ACCOUNT, "}", ",\"acted_for\":\"\"}"));
    assert_true(bench->facts.account.teams_known);
    good(bench, "account/7", with(bench, ACCOUNT, "}", ",\"acted_for\":\"lg upstage\"}"));
    assert_string_equal(bench->facts.account.acted_for, "lg upstage");
    static const char *const wrong[] = {"lg ", " lg", "lg  upstage", "LG", "lg,upstage"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        bad(bench, "account/7",
            with(bench, ACCOUNT, "}", jk_arena_printf(&bench->arena, ",\"acted_for\":\"%s\"}", wrong[i])), "acted_for");
}

static void test_verifiers(void **state)
{
    struct bench *bench = *state;
    const char *account =
        with(bench, with(bench, ACCOUNT, "[\"team\"],\"team\":\"lg\"", "[\"verifier\"],\"team\":\"\""), "}",
             ",\"verifier\":\"lab\"}");
    good(bench, "account/7", account);
    assert_string_equal(bench->facts.account.verifier, "lab");
    bad(bench, "account/7", with(bench, account, ",\"verifier\":\"lab\"", ""), "verifier");
    bad(bench, "account/7", with(bench, account, "\"lab\"", "\"\""), "verifier");
    bad(bench, "account/7", with(bench, account, "[\"verifier\"]", "[\"admin\"]"), "verifier");
    bad(bench, "account/7", with(bench, account, "[\"verifier\"]", "[\"verifier\",\"admin\"]"), "roles");
    good(bench, "account/7", with(bench, ACCOUNT, "}", ",\"spoke_for\":\"lab/3 other/0\"}"));
    assert_string_equal(bench->facts.account.spoke_for, "lab/3 other/0");
    static const char *const wrong[] = {"", "lab", "lab/", "lab/x", "/3", "LAB/3", "lab/3 ", "lab/3,other/0"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        bad(bench, "account/7",
            with(bench, ACCOUNT, "}", jk_arena_printf(&bench->arena, ",\"spoke_for\":\"%s\"}", wrong[i])), "spoke_for");
    struct jk_record record;
    struct jk_account attests = {.id = 2,
                                 .roles = JK_ROLE_VERIFIER,
                                 .label = "l",
                                 .verifier = "lab",
                                 .grants = {[4] = {7, 3}},
                                 .spoke_for = "lab/3"};
    assert_true(jk_record_account(&bench->arena, &attests, &record));
    good(bench, record.key, record.value);
    assert_memory_equal(&bench->facts.account, &attests, sizeof attests);
}

/* What older versions did not write: read where it stands, and not missed where it does not. */
static void test_later_fields(void **state)
{
    struct bench *bench = *state;
    static const char grants[] = "\"grants\":[{\"role\":\"team\",\"since_us\":9,\"by\":0}]";
    const char *account = with(bench, ACCOUNT, "}", ",\"created_by\":3}");
    good(bench, "account/7", ACCOUNT);
    assert_int_equal(bench->facts.account.created_by, 0);
    assert_int_equal(jk_account_grant(&bench->facts.account, JK_ROLE_TEAM)->since_us, 0);
    good(bench, "account/7", account);
    assert_int_equal(bench->facts.account.created_by, 3);
    bad(bench, "account/7", with(bench, account, ":3}", ":0}"), "created_by");
    account = with(bench, ACCOUNT, "}", ",\"admin_until_us\":9}");
    good(bench, "account/7", account);
    assert_int_equal(bench->facts.account.admin_until_us, 9);
    bad(bench, "account/7", with(bench, account, ":9}", ":0}"), "admin_until_us");
    account = with(bench, ACCOUNT, "}", jk_arena_printf(&bench->arena, ",%s}", grants));
    good(bench, "account/7", account);
    assert_int_equal(jk_account_grant(&bench->facts.account, JK_ROLE_TEAM)->since_us, 9);
    assert_int_equal(jk_account_grant(&bench->facts.account, JK_ROLE_TEAM)->by, 0);
    static const char *const wrong[][2] = {
        {"[{", "[7,{"},
        {":[{", ":{},\"o\":[{"},
        {"\"team\",\"since", "\"admin\",\"since"},
        {"\"since_us\":9,", ""},
        {":9", ":0"},
        {"\"by\":0", "\"by\":-1"},
        {",\"by\":0", ""},
        {"\"by\":0", "\"by\":0,\"x\":1"},
        {"0}]", "0},{\"role\":\"team\",\"since_us\":9,\"by\":0}]"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        bad(bench, "account/7", with(bench, account, wrong[i][0], wrong[i][1]), "grants");
    bad(bench, "account/7", with(bench, ACCOUNT, "}", ",\"grants\":[]}"), "grants");

    const char *blob = with(bench, BLOB, "}", ",\"renewed_us\":6}");
    good(bench, "blob/" HEX_A, BLOB);
    assert_int_equal(jk_blob_brought_us(&bench->facts.blob), 5);
    good(bench, "blob/" HEX_A, blob);
    assert_int_equal(jk_blob_brought_us(&bench->facts.blob), 6);
    bad(bench, "blob/" HEX_A, with(bench, blob, ":6", ":0"), "renewed_us");
    blob = with(bench, BLOB, "}", ",\"state\":\"removed\",\"withdrawn_us\":9}");
    good(bench, "blob/" HEX_A, blob);
    assert_int_equal(bench->facts.blob.state, JK_BLOB_REMOVED);
    assert_int_equal(bench->facts.blob.withdrawn_us, 9);
    bad(bench, "blob/" HEX_A, with(bench, blob, ":9}", ":9,\"reason\":\"" HEX_A "\"}"), "not known");
    bad(bench, "blob/" HEX_A, with(bench, blob, "removed", "withdrawn"), "reason");
    bad(bench, "blob/" HEX_A, with(bench, blob, ",\"withdrawn_us\":9", ""), "withdrawn_us");

    const char *token = with(bench, TOKEN, "}", ",\"made_by\":7,\"made_with\":8}");
    good(bench, "token/9", TOKEN);
    assert_int_equal(jk_token_parent(&bench->facts.token), 0);
    good(bench, "token/9", token);
    assert_int_equal(jk_token_parent(&bench->facts.token), 8);
    good(bench, "token/9", with(bench, token, "made_by\":7", "made_by\":6")); /* another account's: no parent */
    assert_int_equal(jk_token_parent(&bench->facts.token), 0);
    assert_int_equal(bench->facts.token.made_by, 6);
    bad(bench, "token/8", token, "made_with"); /* itself */
    bad(bench, "token/9", with(bench, TOKEN, "}", ",\"made_by\":7}"), "made_with");
    bad(bench, "token/9", with(bench, TOKEN, "}", ",\"made_with\":7}"), "made_by");

    good(bench, "member/nota-ai/7", with(bench, MEMBER, "}", ",\"stood\":4294967294}"));
    assert_int_equal(bench->facts.member.stood, 4294967294);
    bad(bench, "member/nota-ai/7", with(bench, MEMBER, "}", ",\"stood\":0}"), "stood");
    bad(bench, "member/nota-ai/7", with(bench, MEMBER, "}", ",\"stood\":4294967295}"), "stood");
    bad(bench, "member/nota-ai/7", with(bench, with(bench, MEMBER, "}", ",\"stood\":5}"), "owner", "writer"), "stood");

    good(bench, "ruling/7", with(bench, RULER, "}", ",\"token\":4,\"granted_by\":0}"));
    assert_int_equal(bench->facts.ruler.token, 4);
    bad(bench, "ruling/7", with(bench, RULER, "}", ",\"token\":4}"), "granted_by");
    bad(bench, "ruling/7", with(bench, RULER, "}", ",\"granted_by\":1}"), "token");
}

static void test_kinds_of_requests(void **state)
{
    struct bench *bench = *state;
    const char *owner = with(bench, with(bench, REQUEST, "claim", "owner"), "}", ",\"owner\":12}");
    const char *create =
        with(bench, with(bench, REQUEST, "claim", "create"), "}", ",\"looks_like\":\"LG AI Research\"}");
    good(bench, "request/3", owner);
    assert_int_equal(bench->facts.request.kind, JK_REQUEST_OWNER);
    assert_int_equal(bench->facts.request.owner, 12);
    bad(bench, "request/3", with(bench, REQUEST, "claim", "owner"), "owner");
    bad(bench, "request/3", with(bench, owner, "\"kind\":\"owner\"", "\"kind\":\"claim\""), "not known");
    good(bench, "request/3", create);
    assert_string_equal(bench->facts.request.looks_like, "LG AI Research");
    good(bench, "request/3", with(bench, REQUEST, "claim", "create"));
    assert_string_equal(bench->facts.request.looks_like, "");
    bad(bench, "request/3", with(bench, create, "LG AI Research", ""), "looks_like");
    bad(bench, "request/3", with(bench, create, "\"kind\":\"create\"", "\"kind\":\"claim\""), "not known");
}

static void test_value_length(void **state)
{
    struct bench *bench = *state;
    size_t room = JK_RECORD_VALUE_MAX - strlen(ACCOUNT);
    good(bench, "account/1", with(bench, ACCOUNT, "{", jk_arena_printf(&bench->arena, "{%*s", (int)room, "")));
    bad(bench, "account/1", with(bench, ACCOUNT, "{", jk_arena_printf(&bench->arena, "{%*s", (int)room + 1, "")),
        "16384");
}

static void test_failure_leaves_the_output(void **state)
{
    struct bench *bench = *state;
    good(bench, "account/7", ACCOUNT);
    bad(bench, "account/8", with(bench, ACCOUNT, ":5", ":-1"), "account/8");
    assert_int_equal(bench->facts.account.id, 7);
    assert_string_equal(bench->error.reason, "RECORD_MALFORMED");
}

/* The longest of everything, written and read back. */
static void test_writes_what_it_reads(void **state)
{
    struct bench *bench = *state;
    struct jk_record record;
    struct jk_publisher_request request = {
        .id = JK_SERIES_MAX, .kind = JK_REQUEST_CREATE, .state = JK_REQUEST_REFUSED, .account = 1, .decided_us = 9};
    memset(request.evidence, 1, sizeof request.evidence - 1);
    memset(request.publisher, 'A', sizeof request.publisher - 1);
    assert_true(jk_record_request(&bench->arena, &request, &record));
    good(bench, record.key, record.value);
    assert_memory_equal(&bench->facts.request, &request, sizeof request);
    memset(request.looks_like, 'A', sizeof request.looks_like - 1);
    assert_true(jk_record_request(&bench->arena, &request, &record));
    good(bench, record.key, record.value);
    assert_memory_equal(&bench->facts.request, &request, sizeof request);
    struct jk_account account = {.id = 2,
                                 .roles = 15,
                                 .label = "\xed\x95\x9c\"\\",
                                 .team = "skt",
                                 .disabled = true,
                                 .created_by = JK_SERIES_MAX,
                                 .grants = {{1, 0}, {2, 3}, {4, JK_SERIES_MAX}},
                                 .admin_until_us = 5};
    assert_true(jk_record_account(&bench->arena, &account, &record));
    good(bench, record.key, record.value);
    assert_memory_equal(&bench->facts.account, &account, sizeof account);
    struct jk_token token = {.id = 3, .account = 2, .scopes = 31, .hash = {{1}}, .expires_us = 4, .revoked = true};
    assert_true(jk_record_token(&bench->arena, &token, &record));
    good(bench, record.key, record.value);
    assert_memory_equal(&bench->facts.token, &token, sizeof token);
    token.made_by = token.made_with = 2;
    assert_true(jk_record_token(&bench->arena, &token, &record));
    good(bench, record.key, record.value);
    assert_memory_equal(&bench->facts.token, &token, sizeof token);
    struct jk_member member = {
        .publisher = "Upstage", .account = 2, .role = JK_MEMBER_OWNER, .since_us = 3, .stood = UINT32_MAX - 1};
    assert_true(jk_record_member(&bench->arena, &member, &record));
    assert_string_equal(record.key, "member/upstage/2");
    good(bench, record.key, record.value);
    assert_string_equal(bench->facts.member.publisher, "Upstage");
    assert_int_equal(bench->facts.member.stood, UINT32_MAX - 1);
    struct jk_creator creator = {.publisher = "upstage", .account = JK_SERIES_MAX};
    assert_true(jk_record_creator(&bench->arena, &creator, &record));
    assert_string_equal(record.key, "creator/upstage");
    good(bench, record.key, record.value);
    assert_string_equal(bench->facts.creator.publisher, "upstage");
    assert_int_equal(bench->facts.creator.account, JK_SERIES_MAX);
    struct jk_ruler ruler = {1, 2, 3, 4};
    assert_true(jk_record_ruler(&bench->arena, &ruler, &record));
    good(bench, record.key, record.value);
    assert_memory_equal(&bench->facts.ruler, &ruler, sizeof ruler);
    struct jk_blob_facts blob = {.digest = {{9}}, .size = INT64_MAX, .created_us = 1};
    assert_true(jk_record_blob(&bench->arena, &blob, &record));
    good(bench, record.key, record.value);
    assert_int_equal(bench->facts.blob.size, INT64_MAX);
    assert_int_equal(bench->facts.blob.kind, JK_BLOB_KIND_LICENSE);
    blob.kind = JK_BLOB_KIND_CENSUS_LIST;
    blob.models = 100000;
    blob.renewed_us = 2;
    blob.state = JK_BLOB_REMOVED;
    blob.withdrawn_us = 3;
    assert_true(jk_record_blob(&bench->arena, &blob, &record));
    good(bench, record.key, record.value);
    assert_memory_equal(&bench->facts.blob, &blob, sizeof blob);
}

static void test_kinds_of_texts(void **state)
{
    struct bench *bench = *state;
    struct jk_record record;
    for (int kind = JK_BLOB_KIND_CHALLENGE; kind <= JK_BLOB_KIND_EVIDENCE; kind++) {
        struct jk_blob_facts blob = {.digest = {{9}}, .size = 1, .created_us = 1, .kind = (enum jk_blob_kind)kind};
        assert_true(jk_record_blob(&bench->arena, &blob, &record));
        good(bench, record.key, record.value);
        assert_memory_equal(&bench->facts.blob, &blob, sizeof blob);
    }
}

static void test_blob_in_a_bundle(void **state)
{
    struct bench *bench = *state;
    struct jk_record record;
    struct jk_blob_facts blob = {.digest = {{9}},
                                 .size = 1,
                                 .created_us = 1,
                                 .kind = JK_BLOB_KIND_HUB_RECORD,
                                 .bundle = UINT32_MAX,
                                 .bundle_at = 7};
    assert_true(jk_record_blob(&bench->arena, &blob, &record));
    good(bench, record.key, record.value);
    assert_memory_equal(&bench->facts.blob, &blob, sizeof blob);
    bad(bench, record.key, with(bench, record.value, "\"bundle\":4294967295", "\"bundle\":0"), "bundle");
    bad(bench, record.key, with(bench, record.value, "\"bundle_at\":7", "\"bundle_at\":-1"), "bundle_at");
}

static void test_hub_records(void **state)
{
    struct bench *bench = *state;
    struct jk_record record;
    struct jk_hub_records *records = jk_arena_zalloc(&bench->arena, 1, sizeof *records);
    *records = (struct jk_hub_records){.index = 7, .created_us = 5, .count = JK_HUB_RECORDS_MAX};
    for (uint32_t i = 0; i < records->count; i++) {
        records->digests[i] = (struct jk_digest){{0xff, (unsigned char)i}};
        records->sizes[i] = UINT32_MAX;
    }
    assert_true(jk_record_hub_records(&bench->arena, records, &record)); /* the largest fits */
    assert_true(strlen(record.value) <= JK_RECORD_VALUE_MAX);
    good(bench, record.key, record.value);
    assert_memory_equal(&bench->facts.hub_records, records, sizeof *records);
    const char *one = "{\"created_us\":5,\"records\":\"" HEX_A ":1\"}";
    good(bench, "hub-records/7", one);
    bad(bench, "hub-records/7", with(bench, one, HEX_A ":1", ""), "records");
    bad(bench, "hub-records/7", with(bench, one, ":1\"", "\""), "records");
    bad(bench, "hub-records/7", with(bench, one, ":1\"", ":01\""), "records");
    bad(bench, "hub-records/7", with(bench, one, ":1\"", ":4294967296\""), "records");
    bad(bench, "hub-records/7", with(bench, one, ":1\"", ":1 \""), "records");
    bad(bench, "hub-records/7", with(bench, one, HEX_A, "AB"), "records");
    records->count = 0;
    assert_false(jk_record_hub_records(&bench->arena, records, &record));
}

static void test_writing_fails_whole(void **state)
{
    struct bench *bench = *state;
    struct jk_record record = {.key = "kept"};
    struct jk_account account = {.id = 2, .label = "\xff"};
    assert_false(jk_record_account(&bench->arena, &account, &record));
    struct jk_member member = {.publisher = "a", .account = 2, .role = (enum jk_member_role)3};
    assert_false(jk_record_member(&bench->arena, &member, &record));
    struct jk_arena small;
    jk_arena_init(&small, 16);
    account.label[0] = '\0';
    assert_false(jk_record_account(&small, &account, &record));
    assert_true(small.exhausted);
    jk_arena_done(&small);
    assert_string_equal(record.key, "kept");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_each_kind),     cmocka_unit_test(test_keys),
        cmocka_unit_test(test_not_json_objects),    cmocka_unit_test(test_each_field_is_demanded),
        cmocka_unit_test(test_account_limits),      cmocka_unit_test(test_other_limits),
        cmocka_unit_test(test_teams_of_an_account), cmocka_unit_test(test_verifiers),
        cmocka_unit_test(test_later_fields),        cmocka_unit_test(test_kinds_of_requests),
        cmocka_unit_test(test_value_length),        cmocka_unit_test(test_failure_leaves_the_output),
        cmocka_unit_test(test_kinds_of_texts),      cmocka_unit_test(test_hub_records),
        cmocka_unit_test(test_blob_in_a_bundle),    cmocka_unit_test(test_writes_what_it_reads),
        cmocka_unit_test(test_writing_fails_whole),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
