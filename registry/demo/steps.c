/* The demo's own steps; see steps.h. */
#include "demo/steps.h"

#include <jokbo/v1/access.pb-c.h>
#include <jokbo/v1/demo.pb-c.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/console/local.h"
#include "cli/console/pages.h"
#include "declare/rosterfile.h"
#include "declare/yaml.h"
#include "demo/weighing.h"
#include "reply/json.h"

#define REGISTRY (&jokbo__v1__registry__descriptor)
#define ACCESS   (&jokbo__v1__access__descriptor)
#define DEMO     (&jokbo__v1__demo__descriptor)
#define WEEK_US  (INT64_C(7) * 24 * 3600 * 1000000)
#define DAY_TEXT 11

/* ---- the roster as it was known ---- */

struct day {
    int64_t time_us;
    char text[DAY_TEXT]; /* 2026-01-15, at UTC+09:00 */
    const char *undated; /* programme models without a date are there from this day; NULL: always */
};

static bool is_known(const struct day *day, const Google__Protobuf__Timestamp *time)
{
    return !time || jk_json_time_us(time) <= day->time_us;
}

/* "2026-08-03", or a month or year alone, which is known once it has begun. */
static bool is_released(const struct day *day, const Jokbo__V1__BaseModelFacts *facts)
{
    const char *date = facts->released;
    if (!date[0]) return !facts->programme || !day->undated || strcmp(day->undated, day->text) <= 0;
    return strncmp(date, day->text, strlen(date)) <= 0;
}

static bool has_team(const Jokbo__V1__ApplyRosterRequest *request, const char *id)
{
    for (size_t i = 0; i < request->n_teams; i++)
        if (strcmp(request->teams[i]->id, id) == 0) return true;
    return false;
}

static enum jk_status step_roster(struct jk_demo_play *play, const struct jk_demo_line *line)
{
    Jokbo__V1__ApplyRosterRequest request = JOKBO__V1__APPLY_ROSTER_REQUEST__INIT;
    Jokbo__V1__ApplyRosterResponse *reply;
    struct jk_cli *cli = play->cli;
    struct day day = {.time_us = line->time_us, .undated = line->word_count > 1 ? line->words[1] : NULL};
    char text[JK_TIME_TEXT];
    struct jk_span file;
    const char *note;
    jk_time_format(line->time_us + INT64_C(9) * 3600 * 1000000, text);
    snprintf(day.text, sizeof day.text, "%.10s", text);
    JK_TRY(jk_local_read(line->words[0], JK_YAML_BYTES_MAX, &cli->arena, &file, &cli->error));
    JK_TRY(jk_roster_parse(file, &cli->arena, &request, &note, &cli->error));

    size_t teams = 0, models = 0;
    for (size_t i = 0; i < request.n_teams; i++) {
        if (!is_known(&day, request.teams[i]->join_time)) continue;

        size_t kept = 0;
        for (size_t k = 0; k < request.teams[i]->n_affiliations; k++)
            if (is_known(&day, request.teams[i]->affiliations[k]->from_time))
                request.teams[i]->affiliations[kept++] = request.teams[i]->affiliations[k];
        request.teams[i]->n_affiliations = kept;
        if (!is_known(&day, request.teams[i]->leave_time)) request.teams[i]->leave_time = NULL;

        request.teams[teams++] = request.teams[i];
    }
    request.n_teams = teams;
    for (size_t i = 0; i < request.n_models; i++)
        if (has_team(&request, request.models[i]->facts->team) && is_released(&day, request.models[i]->facts))
            request.models[models++] = request.models[i];
    request.n_models = models;

    for (size_t i = 0; play->world && i < request.n_models; i++)
        jk_demo_world_offer(play->world, request.models[i]->name, request.models[i]->license);
    request.evidence = (char *)"";
    request.request_id = jk_demo_request_id(play, line, 0);
    return jk_cli_call(cli, REGISTRY, "ApplyRoster", &request.base, &reply);
}

/* ---- accounts ---- */

/* The first whose label begins so; 0: none. */
static enum jk_status find_account(struct jk_demo_play *play, const char *beginning, const Jokbo__V1__Account **out)
{
    Jokbo__V1__ListAccountsRequest request = JOKBO__V1__LIST_ACCOUNTS_REQUEST__INIT;
    struct jk_pages pages = {ACCESS, "ListAccounts", &request.base, "accounts", 0};
    struct jk_list list;
    *out = NULL;
    JK_TRY(jk_pages_fetch(play->cli, &pages, &list));
    for (size_t i = 0; i < list.count && !*out; i++) {
        const Jokbo__V1__Account *account = (const Jokbo__V1__Account *)list.items[i];
        if (strncmp(account->label, beginning, strlen(beginning)) == 0) *out = account;
    }
    return JK_OK;
}

static char *memory_label(struct jk_demo_play *play, const char *state)
{
    char *label =
        jk_arena_printf(&play->cli->arena, "%s %zu derivatives, %s", JK_DEMO_TOKEN_LABEL, play->derivatives, state);
    return label ? label : (char *)"";
}

enum jk_status jk_demo_remember(struct jk_demo_play *play)
{
    Jokbo__V1__CreateAccountRequest request = JOKBO__V1__CREATE_ACCOUNT_REQUEST__INIT;
    const Jokbo__V1__Account *known;
    Jokbo__V1__Account *made;
    JK_TRY(find_account(play, JK_DEMO_TOKEN_LABEL " ", &known));
    if (known) {
        play->memory = known->id;
        play->played = strcmp(known->label, memory_label(play, "played")) == 0;
        if (play->played || strcmp(known->label, memory_label(play, "begun")) == 0) return JK_OK;
        return jk_fail(
            &play->cli->error, JK_FAILED_PRECONDITION, "DEMO",
            "this demo holds another play already (%.100s): give the same --derivatives, or an empty data folder",
            known->label);
    }
    request.label = memory_label(play, "begun");
    JK_TRY(jk_cli_call(play->cli, ACCESS, "CreateAccount", &request.base, &made));
    play->memory = made->id;
    return JK_OK;
}

enum jk_status jk_demo_remember_end(struct jk_demo_play *play)
{
    Jokbo__V1__UpdateAccountRequest request = JOKBO__V1__UPDATE_ACCOUNT_REQUEST__INIT;
    Jokbo__V1__Account account = JOKBO__V1__ACCOUNT__INIT, *reply;
    account.id = play->memory;
    account.label = memory_label(play, "played");
    request.account = &account;
    return jk_cli_call(play->cli, ACCESS, "UpdateAccount", &request.base, &reply);
}

static enum jk_status make_account(struct jk_demo_play *play, const struct jk_demo_line *line, int64_t *out_id)
{
    Jokbo__V1__CreateAccountRequest request = JOKBO__V1__CREATE_ACCOUNT_REQUEST__INIT;
    Jokbo__V1__Account *account;
    Jokbo__V1__Role roles[1];
    int role = 0;
    bool has_role = line->word_count > 2;
    if (has_role && !jk_json_enum_parse(&jokbo__v1__role__descriptor, line->words[2], &role))
        return jk_fail(&play->cli->error, JK_INVALID_ARGUMENT, "DEMO", "line %u of the script: \"%s\" is no role",
                       line->number, line->words[2]);
    roles[0] = (Jokbo__V1__Role)role;
    request.label = (char *)(uintptr_t)line->words[1];
    request.roles = roles;
    request.n_roles = has_role;
    if (line->word_count > 3 && roles[0] == JOKBO__V1__ROLE__ROLE_VERIFIER)
        request.verifier = (char *)(uintptr_t)line->words[3];
    else if (line->word_count > 3)
        request.team = (char *)(uintptr_t)line->words[3];
    JK_TRY(jk_cli_call(play->cli, ACCESS, "CreateAccount", &request.base, &account));
    *out_id = account->id;
    return JK_OK;
}

/* Its expiry would go by the demo's clock, which jumps: so it has none, and is revoked after the play. */
static enum jk_status make_token(struct jk_demo_play *play, int64_t account, const char **out_secret)
{
    Jokbo__V1__CreateTokenRequest request = JOKBO__V1__CREATE_TOKEN_REQUEST__INIT;
    Jokbo__V1__TokenScope scopes[] = {JOKBO__V1__TOKEN_SCOPE__TOKEN_SCOPE_MODELS,
                                      JOKBO__V1__TOKEN_SCOPE__TOKEN_SCOPE_PUBLISHERS,
                                      JOKBO__V1__TOKEN_SCOPE__TOKEN_SCOPE_ROSTER};
    Jokbo__V1__CreateTokenResponse *reply;
    request.account = account;
    request.label = (char *)JK_DEMO_TOKEN_LABEL;
    request.scopes = scopes;
    request.n_scopes = sizeof scopes / sizeof scopes[0];
    request.lifetime_seconds = -1;
    JK_TRY(jk_cli_call(play->cli, ACCESS, "CreateToken", &request.base, &reply));
    *out_secret = reply->secret;
    return JK_OK;
}

static enum jk_status step_account(struct jk_demo_play *play, const struct jk_demo_line *line)
{
    struct jk_demo_actor *actor = &play->actors[play->actor_count];
    struct jk_cli *cli = play->cli;
    const Jokbo__V1__Account *known;
    int64_t account;
    if (play->actor_count == JK_DEMO_ACTORS)
        return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "DEMO", "line %u of the script: more than %d accounts",
                       line->number, JK_DEMO_ACTORS);
    JK_TRY(find_account(play, line->words[1], &known));
    account = known ? known->id : 0;
    if (!known) JK_TRY(make_account(play, line, &account));
    *actor = (struct jk_demo_actor){.name = line->words[0], .account = account, .settings = cli->settings};
    JK_TRY(make_token(play, account, &actor->settings.token));
    JK_TRY(jk_client_new(&actor->settings, &cli->arena, &actor->client, &cli->error));
    play->actor_count++;
    return JK_OK;
}

static enum jk_status end_tokens_of(struct jk_demo_play *play, int64_t account)
{
    Jokbo__V1__ListTokensRequest request = JOKBO__V1__LIST_TOKENS_REQUEST__INIT;
    struct jk_pages pages = {ACCESS, "ListTokens", &request.base, "tokens", 0};
    struct jk_list list;
    request.account = account;
    JK_TRY(jk_pages_fetch(play->cli, &pages, &list));
    for (size_t i = 0; i < list.count; i++) {
        Jokbo__V1__RevokeTokenRequest revoke = JOKBO__V1__REVOKE_TOKEN_REQUEST__INIT;
        const Jokbo__V1__Token *token = (const Jokbo__V1__Token *)list.items[i];
        Jokbo__V1__Token *reply;
        if (token->revoked || strcmp(token->label, JK_DEMO_TOKEN_LABEL) != 0) continue;
        revoke.id = token->id;
        JK_TRY(jk_cli_call(play->cli, ACCESS, "RevokeToken", &revoke.base, &reply));
    }
    return JK_OK;
}

enum jk_status jk_demo_end_tokens(struct jk_demo_play *play)
{
    for (size_t i = 1; i < play->actor_count; i++)
        JK_TRY(end_tokens_of(play, play->actors[i].account));
    return JK_OK;
}

/* ---- derivatives ---- */

static enum jk_status step_world(struct jk_demo_play *play, const struct jk_demo_line *line)
{
    struct jk_cli *cli = play->cli;
    struct jk_span file;
    if (play->world)
        return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "DEMO", "line %u of the script: there is a world already",
                       line->number);
    JK_TRY(jk_local_read(line->words[0], JK_YAML_BYTES_MAX, &cli->arena, &file, &cli->error));
    return jk_demo_world_read(file, play->derivatives, &cli->arena, &play->world, &cli->error);
}

/* All of a batch are there, or none: the last tells. */
static enum jk_status is_batch_there(struct jk_demo_play *play, const Jokbo__V1__Derivative *last, bool *out_there)
{
    Jokbo__V1__GetModelRequest request = JOKBO__V1__GET_MODEL_REQUEST__INIT;
    Jokbo__V1__Model *model;
    *out_there = false;
    if (!play->going_on) return JK_OK;
    request.name = last->name;
    enum jk_status status = jk_cli_call(play->cli, REGISTRY, "GetModel", &request.base, &model);
    *out_there = status == JK_OK;
    if (status != JK_NOT_FOUND) return status;
    jk_error_init(&play->cli->error, &play->cli->arena);
    play->going_on = false;
    return JK_OK;
}

static enum jk_status write_batch(struct jk_demo_play *play, const struct jk_demo_line *line,
                                  Jokbo__V1__Derivative **items, size_t count, size_t salt)
{
    Jokbo__V1__BatchRegisterDerivativesRequest request = JOKBO__V1__BATCH_REGISTER_DERIVATIVES_REQUEST__INIT;
    Jokbo__V1__BatchRegisterDerivativesResponse *reply;
    bool there;
    JK_TRY(is_batch_there(play, items[count - 1], &there));
    play->made += count;
    jk_demo_progress(play, count);
    if (there) return JK_OK;
    request.derivatives = items;
    request.n_derivatives = count;
    request.request_id = jk_demo_request_id(play, line, salt);
    JK_TRY(jk_cli_call(play->cli, REGISTRY, "BatchRegisterDerivatives", &request.base, &reply));
    play->written += count;
    return JK_OK;
}

static enum jk_status one_batch(struct jk_demo_play *play, const struct jk_demo_line *line, size_t count, size_t salt)
{
    Jokbo__V1__Derivative *items[JK_DEMO_BATCH];
    for (size_t i = 0; i < count; i++) {
        items[i] = jk_demo_world_next(play->world);
        if (!items[i])
            return jk_fail(
                &play->cli->error, JK_INVALID_ARGUMENT, "DEMO",
                "line %u of the script: there is no base model on the roster to derive from, or not enough memory",
                line->number);
    }
    return count ? write_batch(play, line, items, count, salt) : JK_OK;
}

static enum jk_status need_world(struct jk_demo_play *play, const struct jk_demo_line *line)
{
    if (play->world) return JK_OK;
    return jk_fail(&play->cli->error, JK_INVALID_ARGUMENT, "DEMO",
                   "line %u of the script: needs a line \"world FILE\" before it", line->number);
}

/* A batch a week, or more where they are too many for one. */
static enum jk_status step_derivatives(struct jk_demo_play *play, const struct jk_demo_line *line)
{
    int64_t span_us = line->until_us - line->time_us;
    size_t from = play->derivatives * play->shared / 1000, to, pieces;
    JK_TRY(need_world(play, line));
    play->shared = play->shared + line->share < 1000 ? play->shared + line->share : 1000;
    to = play->derivatives * play->shared / 1000;
    pieces = (size_t)(span_us / WEEK_US) + 1;
    if (pieces < (to - from) / JK_DEMO_BATCH + 1) pieces = (to - from) / JK_DEMO_BATCH + 1;
    for (size_t i = 0; i < pieces; i++) {
        size_t count = (to - from) * (i + 1) / pieces - (to - from) * i / pieces;
        JK_TRY(jk_demo_clock(play, line->time_us + span_us / (int64_t)pieces * (int64_t)i));
        JK_TRY(one_batch(play, line, count, i));
    }
    return JK_OK;
}

/* ---- the log's key ---- */

static enum jk_status step_key(struct jk_demo_play *play, const struct jk_demo_line *line)
{
    Jokbo__V1__ChangeKeyRequest request = JOKBO__V1__CHANGE_KEY_REQUEST__INIT;
    Jokbo__V1__LogKeys *reply;
    request.retire = strcmp(line->words[0], "retire") == 0;
    request.request_id = jk_demo_request_id(play, line, 0);
    return jk_cli_call(play->cli, DEMO, "ChangeKey", &request.base, &reply);
}

/* ---- what becomes of them ---- */

static enum jk_status step_yanks(struct jk_demo_play *play, const struct jk_demo_line *line)
{
    JK_TRY(need_world(play, line));
    for (size_t i = 0; i < play->made * line->share / 1000; i++) {
        const struct jk_demo_made *made = jk_demo_world_take(play->world);
        const char *name = made ? jk_arena_printf(&play->cli->arena, "%s@1", made->name) : NULL;
        const char *words[] = {"yank", name, "--reason", "invented for the demo"};
        if (!name) return made ? jk_out_of_memory(&play->cli->error) : JK_OK;
        JK_TRY(jk_demo_run(play, line, words, 4, i));
    }
    return JK_OK;
}

static enum jk_status step_verify(struct jk_demo_play *play, const struct jk_demo_line *line)
{
    const char *name;
    JK_TRY(need_world(play, line));
    for (size_t i = 0; i < line->share && (name = jk_demo_world_publisher(play->world)) != NULL; i++) {
        const char *words[] = {"publisher", "verify", name, "--evidence", "invented"};
        JK_TRY(jk_demo_run(play, line, words, 5, i));
    }
    return JK_OK;
}

enum jk_status jk_demo_step(struct jk_demo_play *play, const struct jk_demo_line *line)
{
    switch (line->step) {
    case JK_DEMO_ROSTER:
        return step_roster(play, line);
    case JK_DEMO_WORLD:
        return step_world(play, line);
    case JK_DEMO_ACCOUNT:
        return step_account(play, line);
    case JK_DEMO_DERIVATIVES:
        return step_derivatives(play, line);
    case JK_DEMO_KEY:
        return step_key(play, line);
    case JK_DEMO_YANKS:
        return step_yanks(play, line);
    case JK_DEMO_VERIFY:
        return step_verify(play, line);
    case JK_DEMO_WEIGHTS:
        return jk_demo_step_weights(play, line);
    case JK_DEMO_EVIDENCE:
        return jk_demo_step_evidence(play, line);
    case JK_DEMO_COMMAND:
        break;
    }
    return JK_OK;
}
