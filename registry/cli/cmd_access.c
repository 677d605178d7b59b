/* Accounts, tokens, and who the caller is. */
#include <jokbo/v1/access.pb-c.h>

#include "base/defer.h"
#include "cli/commands.h"
#include "cli/console/number.h"
#include "cli/console/print.h"
#include "cli/console/prompt.h"
#include "cli/console/sheet.h"
#include "cli/console/words.h"

#define ACCESS     (&jokbo__v1__access__descriptor)
#define ROLES_MAX  8
#define SCOPES_MAX 8
#define DAY_S      86400

/* "models, publishers"; in the arena. */
static const char *words_of(struct jk_cli *cli, const ProtobufCEnumDescriptor *type, const int *values, size_t count)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 0);
    for (size_t i = 0; i < count; i++)
        jk_text_addf(&text, "%s%s", i > 0 ? ", " : "", jk_print_word(cli, type, values[i]));
    const char *copy = jk_arena_copy(&cli->arena, text.bytes ? text.bytes : "", text.len);
    return copy ? copy : "";
}

static const char *roles_of(struct jk_cli *cli, const Jokbo__V1__Account *account)
{
    return words_of(cli, &jokbo__v1__role__descriptor, (const int *)account->roles, account->n_roles);
}

static const char *grants_of(struct jk_cli *cli, const Jokbo__V1__Account *account)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 0);
    for (size_t i = 0; i < account->n_grants; i++) {
        const Jokbo__V1__RoleGrant *grant = account->grants[i];
        jk_text_addf(&text, "%s%s since %s by %s", i > 0 ? "; " : "",
                     jk_print_word(cli, &jokbo__v1__role__descriptor, (int)grant->role),
                     jk_print_time(cli, grant->since_time),
                     grant->granted_by ? jk_print_number(cli, grant->granted_by) : "the server");
    }
    const char *copy = jk_arena_copy(&cli->arena, text.bytes ? text.bytes : "", text.len);
    return copy ? copy : "";
}

/* If there is any beside its present one. */
static const char *teams_of(struct jk_cli *cli, const Jokbo__V1__Account *account)
{
    const char *all = "";
    for (size_t i = 0; i < account->n_acted_for; i++)
        if (strcmp(account->acted_for[i], account->team) != 0)
            all = jk_arena_printf(&cli->arena, "%s%s%s", all, *all ? ", " : "", account->acted_for[i]);
    return all;
}

static void account_facts(struct jk_cli *cli, const Jokbo__V1__Account *account, const char *scopes)
{
    struct jk_table table;
    jk_print_facts_init(&table, cli);
    jk_print_fact(&table, "account", jk_print_number(cli, account->id));
    jk_print_fact(&table, "label", account->label);
    jk_print_fact(&table, "roles", account->n_roles > 0 ? roles_of(cli, account) : "none");
    jk_print_fact(&table, "given", grants_of(cli, account));
    jk_print_fact(&table, "team", account->team);
    jk_print_fact(&table, "verifier", account->verifier);
    jk_print_fact(&table, "has acted for", teams_of(cli, account));
    jk_print_fact(&table, "token's scopes", scopes);
    jk_print_fact(&table, "state", account->disabled ? "disabled" : "");
    jk_print_fact(&table, "created", jk_print_time(cli, account->create_time));
    jk_print_fact(&table, "created by", account->created_by ? jk_print_number(cli, account->created_by) : "");
    jk_print_table(cli, &table);
    if (account->notice[0]) fprintf(cli->out, "\n%s\n", jk_print_safe(cli, account->notice));
}

static const char *member_word(Jokbo__V1__MemberRole role)
{
    return role == JOKBO__V1__MEMBER_ROLE__MEMBER_ROLE_OWNER ? "Owner" : "Writer";
}

enum jk_status jk_run_whoami(struct jk_cli *cli)
{
    Jokbo__V1__GetCallerRequest request = JOKBO__V1__GET_CALLER_REQUEST__INIT;
    Jokbo__V1__Caller *caller;
    JK_TRY(jk_cli_call(cli, ACCESS, "GetCaller", &request.base, &caller));
    if (cli->json) return jk_print_message(cli, &caller->base);
    const char *scopes =
        words_of(cli, &jokbo__v1__token_scope__descriptor, (const int *)caller->scopes, caller->n_scopes);
    if (caller->account) account_facts(cli, caller->account, scopes);
    for (size_t i = 0; i < caller->n_memberships; i++)
        fprintf(cli->out, "%s of %s\n", member_word(caller->memberships[i]->role),
                jk_print_safe(cli, caller->memberships[i]->publisher));
    for (size_t i = 0; i < caller->n_invitations; i++) {
        const char *name = jk_print_safe(cli, caller->invitations[i]->publisher);
        fprintf(cli->out, "Invited as %s of %s: jokbo publisher join %s\n",
                jk_print_word(cli, &jokbo__v1__member_role__descriptor, (int)caller->invitations[i]->invited), name,
                name);
    }
    return JK_OK;
}

static enum jk_status show_account(struct jk_cli *cli, const Jokbo__V1__Account *account)
{
    if (cli->json) return jk_print_message(cli, &account->base);
    account_facts(cli, account, "");
    return JK_OK;
}

enum jk_status jk_run_account_create(struct jk_cli *cli)
{
    Jokbo__V1__CreateAccountRequest request = JOKBO__V1__CREATE_ACCOUNT_REQUEST__INIT;
    Jokbo__V1__Account *account;
    int roles[ROLES_MAX];
    JK_TRY(jk_words_values(cli, JK_OPTION_ROLE, &jokbo__v1__role__descriptor, roles, ROLES_MAX, &request.n_roles));
    request.roles = (Jokbo__V1__Role *)roles;
    request.label = jk_cli_operand(cli, 0);
    request.team = jk_cli_text(cli, JK_OPTION_TEAM);
    request.verifier = jk_cli_text(cli, JK_OPTION_VERIFIER);
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(jk_cli_call(cli, ACCESS, "CreateAccount", &request.base, &account));
    return show_account(cli, account);
}

enum jk_status jk_run_account_list(struct jk_cli *cli)
{
    static const struct jk_column columns[] = {{"account", true},
                                               {"label", false, .wrap = true},
                                               {"roles", false, .wrap = true},
                                               {"acts for", false, .wrap = true},
                                               {"", false},
                                               {"created", false, .spare = 1},
                                               {"by", true, .spare = 2}};
    Jokbo__V1__ListAccountsRequest request = JOKBO__V1__LIST_ACCOUNTS_REQUEST__INIT;
    struct jk_pages pages = {ACCESS, "ListAccounts", &request.base, "accounts", jk_pages_limit(cli)};
    struct jk_list list;
    struct jk_table table;
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    if (cli->csv) return jk_sheet_list(cli, "id,label,roles,team,verifier,disabled,create_time,created_by", &list);
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < list.count; i++) {
        const Jokbo__V1__Account *account = (const Jokbo__V1__Account *)list.items[i];
        jk_table_cellf(&table, "%lld", (long long)account->id);
        jk_table_cell(&table, account->label);
        jk_table_cell(&table, roles_of(cli, account));
        jk_table_cell(&table, *account->team ? account->team : account->verifier);
        jk_table_cell(&table, account->disabled ? "disabled" : "");
        jk_table_cell(&table, jk_print_time(cli, account->create_time));
        jk_table_cell(&table, account->created_by ? jk_print_number(cli, account->created_by) : "");
    }
    jk_print_table(cli, &table);
    jk_pages_note(cli, &list);
    return JK_OK;
}

/* The account as it is now: a change replaces all of it. */
static enum jk_status find_account(struct jk_cli *cli, int64_t id, Jokbo__V1__Account **out_account)
{
    Jokbo__V1__ListAccountsRequest request = JOKBO__V1__LIST_ACCOUNTS_REQUEST__INIT;
    struct jk_pages pages = {ACCESS, "ListAccounts", &request.base, "accounts", 0};
    struct jk_list list;
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    for (size_t i = 0; i < list.count; i++) {
        Jokbo__V1__Account *account = (Jokbo__V1__Account *)list.items[i];
        if (account->id != id) continue;
        *out_account = account;
        return JK_OK;
    }
    return jk_fail(&cli->error, JK_NOT_FOUND, "ACCOUNT_NOT_FOUND", "there is no account %lld: jokbo account list",
                   (long long)id);
}

static enum jk_status change_roles(struct jk_cli *cli, Jokbo__V1__Account *account, int roles[ROLES_MAX])
{
    const char *first = jk_options_text(&cli->options, JK_OPTION_ROLE);
    size_t count = 0;
    if (!first) return JK_OK;
    if (strcmp(first, "none") != 0)
        JK_TRY(jk_words_values(cli, JK_OPTION_ROLE, &jokbo__v1__role__descriptor, roles, ROLES_MAX, &count));
    account->roles = (Jokbo__V1__Role *)roles;
    account->n_roles = count;
    bool team = false, verifier = false;
    for (size_t i = 0; i < count; i++) {
        team = team || roles[i] == JOKBO__V1__ROLE__ROLE_TEAM;
        verifier = verifier || roles[i] == JOKBO__V1__ROLE__ROLE_VERIFIER;
    }
    if (!team) account->team = (char *)protobuf_c_empty_string; /* which goes with the role */
    if (!verifier) account->verifier = (char *)protobuf_c_empty_string;
    return JK_OK;
}

enum jk_status jk_run_account_update(struct jk_cli *cli)
{
    Jokbo__V1__UpdateAccountRequest request = JOKBO__V1__UPDATE_ACCOUNT_REQUEST__INIT;
    Jokbo__V1__Account *account;
    int64_t id;
    int roles[ROLES_MAX];
    bool disable = jk_cli_has(cli, JK_OPTION_DISABLE), enable = jk_cli_has(cli, JK_OPTION_ENABLE);
    JK_TRY(jk_words_number(cli, 0, "NUMBER", &id));
    if (disable && enable) return jk_cli_usage(cli, "--disable and --enable cannot be combined");
    JK_TRY(find_account(cli, id, &account));
    JK_TRY(change_roles(cli, account, roles));
    if (jk_cli_has(cli, JK_OPTION_LABEL)) account->label = jk_cli_text(cli, JK_OPTION_LABEL);
    if (jk_cli_has(cli, JK_OPTION_TEAM)) account->team = jk_cli_text(cli, JK_OPTION_TEAM);
    if (jk_cli_has(cli, JK_OPTION_VERIFIER)) account->verifier = jk_cli_text(cli, JK_OPTION_VERIFIER);
    if (disable || enable) account->disabled = disable;
    request.account = account;
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(jk_cli_call(cli, ACCESS, "UpdateAccount", &request.base, &account));
    return show_account(cli, account);
}

/* Days, or "never". */
static enum jk_status read_lifetime(struct jk_cli *cli, int64_t *out_seconds)
{
    const char *text = jk_options_text(&cli->options, JK_OPTION_LIFETIME);
    uint64_t days = 0;
    *out_seconds = 0;
    if (!text) return JK_OK;
    if (strcmp(text, "never") == 0) {
        *out_seconds = -1;
        return JK_OK;
    }
    if (!jk_number_parse(text, &days) || days == 0 || days > 3650)
        return jk_cli_usage(cli, "--lifetime must be 1 to 3650 days, or never");
    *out_seconds = (int64_t)days * DAY_S;
    return JK_OK;
}

enum jk_status jk_run_token_create(struct jk_cli *cli)
{
    Jokbo__V1__CreateTokenRequest request = JOKBO__V1__CREATE_TOKEN_REQUEST__INIT;
    Jokbo__V1__CreateTokenResponse *reply;
    int scopes[SCOPES_MAX];
    JK_TRY(jk_words_values(cli, JK_OPTION_SCOPE, &jokbo__v1__token_scope__descriptor, scopes, SCOPES_MAX,
                           &request.n_scopes));
    JK_TRY(read_lifetime(cli, &request.lifetime_seconds));
    request.scopes = (Jokbo__V1__TokenScope *)scopes;
    request.account = (int64_t)jk_options_count(&cli->options, JK_OPTION_ACCOUNT, 0);
    request.label = jk_cli_text(cli, JK_OPTION_LABEL);
    JK_TRY(jk_cli_call(cli, ACCESS, "CreateToken", &request.base, &reply));
    if (cli->json) return jk_print_message(cli, &reply->base);
    fprintf(cli->out, "%s\n", jk_print_safe(cli, reply->secret));
    if (reply->token) {
        const char *end = jk_print_time(cli, reply->token->expire_time);
        fprintf(cli->err, "Token %lld, %s%s. It is shown only once: keep it in a file of mode 600, for --token-file.\n",
                (long long)reply->token->id, end[0] ? "until " : "without an end", end);
        if (reply->token->parent)
            fprintf(cli->err,
                    "It ends with token %lld, which created it: no later than that, and as soon as that is "
                    "revoked.\n",
                    (long long)reply->token->parent);
    }
    return JK_OK;
}

enum jk_status jk_run_token_list(struct jk_cli *cli)
{
    static const struct jk_column columns[] = {{"token", true},
                                               {"account", true},
                                               {"label", false, .wrap = true},
                                               {"scopes", false, .wrap = true},
                                               {"made by", false, .spare = 3},
                                               {"made", false, .spare = 2},
                                               {"ends", false, .spare = 1},
                                               {"", false}};
    Jokbo__V1__ListTokensRequest request = JOKBO__V1__LIST_TOKENS_REQUEST__INIT;
    struct jk_pages pages = {ACCESS, "ListTokens", &request.base, "tokens", jk_pages_limit(cli)};
    struct jk_list list;
    struct jk_table table;
    request.account = (int64_t)jk_options_count(&cli->options, JK_OPTION_ACCOUNT, 0);
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    if (cli->csv)
        return jk_sheet_list(cli, "id,account,label,scopes,create_time,expire_time,revoked,parent,made_by", &list);
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < list.count; i++) {
        const Jokbo__V1__Token *token = (const Jokbo__V1__Token *)list.items[i];
        jk_table_cellf(&table, "%lld", (long long)token->id);
        jk_table_cellf(&table, "%lld", (long long)token->account);
        jk_table_cell(&table, token->label);
        jk_table_cell(&table,
                      words_of(cli, &jokbo__v1__token_scope__descriptor, (const int *)token->scopes, token->n_scopes));
        /* The token that it ends with, or the other account that created it. */
        const char *text = token->parent
                               ? jk_arena_printf(&cli->arena, "token %lld, ends with it", (long long)token->parent)
                           : token->made_by ? jk_arena_printf(&cli->arena, "account %lld", (long long)token->made_by)
                                            : NULL;
        jk_table_cell(&table, text ? text : "");
        jk_table_cell(&table, jk_print_time(cli, token->create_time));
        jk_table_cell(&table, token->expire_time ? jk_print_time(cli, token->expire_time) : "never");
        jk_table_cell(&table, token->revoked ? "revoked" : "");
    }
    jk_print_table(cli, &table);
    jk_pages_note(cli, &list);
    return JK_OK;
}

/* The next command would fail, and nothing here makes another token. */
static enum jk_status agree_to_revoke(struct jk_cli *cli, int64_t id, bool *out_agreed)
{
    *out_agreed = true;
    if (jk_cli_has(cli, JK_OPTION_YES)) return JK_OK;

    /* Is it the token in use, or one with which that ends? */
    Jokbo__V1__GetCallerRequest request = JOKBO__V1__GET_CALLER_REQUEST__INIT;
    Jokbo__V1__Caller *caller;
    JK_TRY(jk_cli_call(cli, ACCESS, "GetCaller", &request.base, &caller));
    bool ends = false;
    for (size_t i = 0; i < caller->n_tokens; i++)
        ends = ends || caller->tokens[i] == id;

    if (!ends) return JK_OK;
    if (!jk_cli_can_ask(cli))
        return jk_cli_usage(cli, "revoking token %lld ends the token in use; --yes does it all the same",
                            (long long)id);
    *out_agreed = jk_prompt_yes(cli, "This ends the token in use. Revoke it?");
    return JK_OK;
}

enum jk_status jk_run_token_revoke(struct jk_cli *cli)
{
    bool agreed;
    Jokbo__V1__RevokeTokenRequest request = JOKBO__V1__REVOKE_TOKEN_REQUEST__INIT;
    Jokbo__V1__Token *token;
    JK_TRY(jk_words_number(cli, 0, "NUMBER", &request.id));
    JK_TRY(agree_to_revoke(cli, request.id, &agreed));
    if (!agreed) {
        fprintf(cli->out, "Nothing was revoked.\n");
        return JK_OK;
    }
    request.request_id = jk_cli_request_id(cli);
    JK_TRY(jk_cli_call(cli, ACCESS, "RevokeToken", &request.base, &token));
    if (cli->json) return jk_print_message(cli, &token->base);
    fprintf(cli->out, "Token %lld is revoked.\n", (long long)token->id);
    return JK_OK;
}
