/* Publishers, their members, and requests for names. */
#include <jokbo/v1/access.pb-c.h>
#include <jokbo/v1/registry.pb-c.h>

#include "cli/commands.h"
#include "cli/console/number.h"
#include "cli/console/print.h"
#include "cli/console/prompt.h"
#include "cli/console/sheet.h"
#include "cli/console/words.h"

#define REGISTRY (&jokbo__v1__registry__descriptor)
#define ACCESS   (&jokbo__v1__access__descriptor)

static enum jk_status show_publisher(struct jk_cli *cli, const Jokbo__V1__Publisher *publisher)
{
    struct jk_table table;
    if (cli->json) return jk_print_message(cli, &publisher->base);
    fprintf(cli->out, "%s\n", jk_print_painted(cli, JK_PAINT_BOLD, publisher->name));
    jk_print_facts_init(&table, cli);
    jk_print_fact(&table, "verified", publisher->verified ? "yes" : "no");
    jk_print_fact(&table, "claimed", publisher->claimed ? "yes" : "no: entered by a registrar");
    jk_print_fact(&table, "team", publisher->team);
    jk_print_fact(&table, "models", jk_print_number(cli, publisher->model_count));
    jk_print_fact(&table, "created", jk_print_time(cli, publisher->create_time));
    jk_print_fact(&table, "log index", jk_print_number(cli, publisher->log_index));
    jk_print_table(cli, &table);
    if (publisher->notice[0]) fprintf(cli->out, "\n%s\n", jk_print_safe(cli, publisher->notice));
    return JK_OK;
}

/* Whether a person agrees, having seen which names are near to it. */
static enum jk_status agree_to_create(struct jk_cli *cli, Jokbo__V1__CreatePublisherRequest *request, bool *out_agreed)
{
    Jokbo__V1__Publisher *publisher;
    *out_agreed = true;
    if (request->validate_only || jk_cli_has(cli, JK_OPTION_YES) || !jk_cli_can_ask(cli)) return JK_OK;
    request->validate_only = true;
    JK_TRY(jk_cli_call(cli, REGISTRY, "CreatePublisher", &request->base, &publisher));
    request->validate_only = false;
    fprintf(cli->err, "%s.\n", jk_print_safe(cli, publisher->notice));
    *out_agreed = jk_prompt_yes(cli, "Create this publisher?");
    return JK_OK;
}

enum jk_status jk_run_publisher_create(struct jk_cli *cli)
{
    Jokbo__V1__CreatePublisherRequest request = JOKBO__V1__CREATE_PUBLISHER_REQUEST__INIT;
    Jokbo__V1__Publisher *publisher;
    bool agreed;
    request.name = jk_cli_operand(cli, 0);
    request.on_behalf = jk_cli_has(cli, JK_OPTION_ON_BEHALF);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(agree_to_create(cli, &request, &agreed));
    if (!agreed) {
        fprintf(cli->out, "Nothing was written.\n");
        return JK_OK;
    }
    request.request_id = jk_cli_request_id(cli);
    JK_TRY(jk_cli_call(cli, REGISTRY, "CreatePublisher", &request.base, &publisher));
    return show_publisher(cli, publisher);
}

enum jk_status jk_run_publisher_show(struct jk_cli *cli)
{
    Jokbo__V1__GetPublisherRequest request = JOKBO__V1__GET_PUBLISHER_REQUEST__INIT;
    Jokbo__V1__Publisher *publisher;
    request.name = jk_cli_operand(cli, 0);
    JK_TRY(jk_cli_call(cli, REGISTRY, "GetPublisher", &request.base, &publisher));
    return show_publisher(cli, publisher);
}

enum jk_status jk_run_publisher_list(struct jk_cli *cli)
{
    static const struct jk_column columns[] = {{"index", true},     {"publisher", false, .wrap = true},
                                               {"models", true},    {"team", false, .wrap = true},
                                               {"verified", false}, {"claimed", false}};
    Jokbo__V1__ListPublishersRequest request = JOKBO__V1__LIST_PUBLISHERS_REQUEST__INIT;
    struct jk_pages pages = {REGISTRY, "ListPublishers", &request.base, "publishers", jk_pages_limit(cli)};
    struct jk_list list;
    struct jk_table table;
    request.unclaimed = jk_cli_has(cli, JK_OPTION_UNCLAIMED);
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    if (cli->csv) return jk_sheet_list(cli, "log_index,name,create_time,team,verified,claimed,model_count", &list);
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < list.count; i++) {
        const Jokbo__V1__Publisher *publisher = (const Jokbo__V1__Publisher *)list.items[i];
        jk_table_cell(&table, jk_print_number(cli, publisher->log_index));
        jk_table_cell(&table, publisher->name);
        jk_table_cell(&table, jk_print_number(cli, publisher->model_count));
        jk_table_cell(&table, publisher->team);
        jk_table_cell(&table, publisher->verified ? "yes" : "no");
        jk_table_cell(&table, publisher->claimed ? "yes" : "no");
    }
    jk_print_table(cli, &table);
    jk_pages_note(cli, &list);
    return JK_OK;
}

enum jk_status jk_run_publisher_members(struct jk_cli *cli)
{
    static const struct jk_column columns[] = {{"account", true}, {"role", false}, {"since", false}, {"", false}};
    Jokbo__V1__ListMembersRequest request = JOKBO__V1__LIST_MEMBERS_REQUEST__INIT;
    struct jk_pages pages = {ACCESS, "ListMembers", &request.base, "members", jk_pages_limit(cli)};
    struct jk_list list;
    struct jk_table table;
    request.publisher = jk_cli_operand(cli, 0);
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    if (cli->csv) return jk_sheet_list(cli, "publisher,account,role,create_time,invited", &list);
    jk_table_init(&table, &cli->arena, columns, 4);
    for (size_t i = 0; i < list.count; i++) {
        const Jokbo__V1__Member *member = (const Jokbo__V1__Member *)list.items[i];
        jk_table_cellf(&table, "%lld", (long long)member->account);
        jk_table_cell(&table, jk_print_word(cli, &jokbo__v1__member_role__descriptor,
                                            (int)(member->invited ? member->invited : member->role)));
        jk_table_cell(&table, jk_print_time(cli, member->create_time));
        jk_table_cell(&table, member->invited ? "invited" : "");
    }
    jk_print_table(cli, &table);
    jk_pages_note(cli, &list);
    return JK_OK;
}

static void print_notice(struct jk_cli *cli, const char *notice)
{
    if (notice[0]) fprintf(cli->out, "%s\n", jk_print_safe(cli, notice));
}

static const char *with_article(Jokbo__V1__MemberRole role)
{
    return role == JOKBO__V1__MEMBER_ROLE__MEMBER_ROLE_OWNER ? "an owner" : "a writer";
}

static enum jk_status show_member(struct jk_cli *cli, const Jokbo__V1__Member *member)
{
    if (cli->json) return jk_print_message(cli, &member->base);
    const char *name = jk_print_safe(cli, member->publisher);
    if (member->invited)
        fprintf(cli->out,
                "Account %lld is invited to be %s of %s, and is one once it accepts: jokbo publisher join %s\n",
                (long long)member->account, with_article(member->invited), name, name);
    else
        fprintf(cli->out, "Account %lld is now %s of %s.\n", (long long)member->account, with_article(member->role),
                name);
    print_notice(cli, member->notice);
    return JK_OK;
}

enum jk_status jk_run_publisher_add_member(struct jk_cli *cli)
{
    Jokbo__V1__SetMemberRequest request = JOKBO__V1__SET_MEMBER_REQUEST__INIT;
    Jokbo__V1__Member *member;
    int roles[2] = {JOKBO__V1__MEMBER_ROLE__MEMBER_ROLE_WRITER};
    size_t count;
    JK_TRY(jk_words_values(cli, JK_OPTION_ROLE, &jokbo__v1__member_role__descriptor, roles, 2, &count));
    if (count > 1) return jk_cli_usage(cli, "a member has one role");
    JK_TRY(jk_words_number(cli, 1, "ACCOUNT", &request.account));
    request.publisher = jk_cli_operand(cli, 0);
    request.role = (Jokbo__V1__MemberRole)roles[0];
    request.request_id = jk_cli_request_id(cli);
    JK_TRY(jk_cli_call(cli, ACCESS, "SetMember", &request.base, &member));
    return show_member(cli, member);
}

enum jk_status jk_run_publisher_join(struct jk_cli *cli)
{
    Jokbo__V1__AcceptMembershipRequest request = JOKBO__V1__ACCEPT_MEMBERSHIP_REQUEST__INIT;
    Jokbo__V1__Member *member;
    request.publisher = jk_cli_operand(cli, 0);
    request.request_id = jk_cli_request_id(cli);
    JK_TRY(jk_cli_call(cli, ACCESS, "AcceptMembership", &request.base, &member));
    return show_member(cli, member);
}

enum jk_status jk_run_publisher_remove_member(struct jk_cli *cli)
{
    Jokbo__V1__RemoveMemberRequest request = JOKBO__V1__REMOVE_MEMBER_REQUEST__INIT;
    Jokbo__V1__Member *member;
    JK_TRY(jk_words_number(cli, 1, "ACCOUNT", &request.account));
    request.publisher = jk_cli_operand(cli, 0);
    request.request_id = jk_cli_request_id(cli);
    JK_TRY(jk_cli_call(cli, ACCESS, "RemoveMember", &request.base, &member));
    if (cli->json) return jk_print_message(cli, &member->base);
    fprintf(cli->out, "Account %lld is no longer a member of %s, nor invited.\n", (long long)member->account,
            jk_print_safe(cli, member->publisher));
    print_notice(cli, member->notice);
    return JK_OK;
}

/* What is asked for beside the publisher: an owner, or a name that looks like another. */
static const char *request_detail(struct jk_cli *cli, const Jokbo__V1__PublisherRequest *request)
{
    const char *text = request->owner ? jk_arena_printf(&cli->arena, "account %lld", (long long)request->owner)
                       : request->looks_like[0]
                           ? jk_arena_printf(&cli->arena, "looks like %s", jk_print_safe(cli, request->looks_like))
                           : NULL;
    return text ? text : "";
}

static const char *purpose_of(Jokbo__V1__PublisherRequestKind kind)
{
    if (kind == JOKBO__V1__PUBLISHER_REQUEST_KIND__PUBLISHER_REQUEST_KIND_OWNER) return "for a further owner of";
    return kind == JOKBO__V1__PUBLISHER_REQUEST_KIND__PUBLISHER_REQUEST_KIND_CLAIM ? "to claim" : "to create";
}

static enum jk_status show_request(struct jk_cli *cli, const Jokbo__V1__PublisherRequest *request)
{
    if (cli->json) return jk_print_message(cli, &request->base);
    const char *detail = request_detail(cli, request);
    fprintf(cli->out, "Request %lld %s %s%s%s%s: %s.\n", (long long)request->id, purpose_of(request->kind),
            jk_print_safe(cli, request->publisher), detail[0] ? " (" : "", detail, detail[0] ? ")" : "",
            jk_print_word(cli, &jokbo__v1__publisher_request_state__descriptor, (int)request->state));
    print_notice(cli, request->notice);
    return JK_OK;
}

static enum jk_status request_publisher(struct jk_cli *cli, Jokbo__V1__PublisherRequestKind kind, int64_t owner)
{
    Jokbo__V1__RequestPublisherRequest request = JOKBO__V1__REQUEST_PUBLISHER_REQUEST__INIT;
    Jokbo__V1__PublisherRequest *reply;
    if (!jk_cli_has(cli, JK_OPTION_EVIDENCE))
        return jk_cli_missing(cli, "evidence",
                              owner ? "missing: give --evidence TEXT that shows who the new owner is"
                                    : "missing: give --evidence TEXT that shows your right to the name");
    request.kind = kind;
    request.owner = owner;
    request.publisher = jk_cli_operand(cli, 0);
    request.evidence = jk_cli_text(cli, JK_OPTION_EVIDENCE);
    request.request_id = jk_cli_request_id(cli);
    JK_TRY(jk_cli_call(cli, ACCESS, "RequestPublisher", &request.base, &reply));
    return show_request(cli, reply);
}

enum jk_status jk_run_publisher_request(struct jk_cli *cli)
{
    return request_publisher(cli, JOKBO__V1__PUBLISHER_REQUEST_KIND__PUBLISHER_REQUEST_KIND_CREATE, 0);
}

enum jk_status jk_run_publisher_claim(struct jk_cli *cli)
{
    return request_publisher(cli, JOKBO__V1__PUBLISHER_REQUEST_KIND__PUBLISHER_REQUEST_KIND_CLAIM, 0);
}

enum jk_status jk_run_publisher_request_owner(struct jk_cli *cli)
{
    int64_t owner;
    JK_TRY(jk_words_number(cli, 1, "ACCOUNT", &owner));
    return request_publisher(cli, JOKBO__V1__PUBLISHER_REQUEST_KIND__PUBLISHER_REQUEST_KIND_OWNER, owner);
}

enum jk_status jk_run_publisher_requests(struct jk_cli *cli)
{
    static const struct jk_column columns[] = {
        {"number", true},  {"kind", false},  {"publisher", false, .wrap = true}, {"", false, .wrap = true},
        {"account", true}, {"state", false}, {"asked", false, .spare = 1},       {"evidence", false, .wrap = true}};
    Jokbo__V1__ListPublisherRequestsRequest request = JOKBO__V1__LIST_PUBLISHER_REQUESTS_REQUEST__INIT;
    struct jk_pages pages = {ACCESS, "ListPublisherRequests", &request.base, "requests", jk_pages_limit(cli)};
    struct jk_list list;
    struct jk_table table;
    request.pending = jk_cli_has(cli, JK_OPTION_PENDING);
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    if (cli->csv)
        return jk_sheet_list(cli, "id,kind,state,publisher,account,owner,looks_like,evidence,create_time", &list);
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < list.count; i++) {
        const Jokbo__V1__PublisherRequest *one = (const Jokbo__V1__PublisherRequest *)list.items[i];
        jk_table_cellf(&table, "%lld", (long long)one->id);
        jk_table_cell(&table, jk_print_word(cli, &jokbo__v1__publisher_request_kind__descriptor, (int)one->kind));
        jk_table_cell(&table, one->publisher);
        jk_table_cell(&table, request_detail(cli, one));
        jk_table_cellf(&table, "%lld", (long long)one->account);
        jk_table_cell(&table, jk_print_word(cli, &jokbo__v1__publisher_request_state__descriptor, (int)one->state));
        jk_table_cell(&table, jk_print_time(cli, one->create_time));
        jk_table_cell(&table, one->evidence);
    }
    jk_print_table(cli, &table);
    jk_pages_note(cli, &list);
    return JK_OK;
}

static enum jk_status decide_publisher_request(struct jk_cli *cli, bool approve)
{
    Jokbo__V1__DecidePublisherRequestRequest request = JOKBO__V1__DECIDE_PUBLISHER_REQUEST_REQUEST__INIT;
    Jokbo__V1__PublisherRequest *reply;
    JK_TRY(jk_words_number(cli, 0, "REQUEST", &request.id));
    request.approve = approve;
    request.evidence = jk_cli_text(cli, JK_OPTION_EVIDENCE);
    request.request_id = jk_cli_request_id(cli);
    JK_TRY(jk_cli_call(cli, ACCESS, "DecidePublisherRequest", &request.base, &reply));
    return show_request(cli, reply);
}

enum jk_status jk_run_publisher_approve(struct jk_cli *cli)
{
    return decide_publisher_request(cli, true);
}

enum jk_status jk_run_publisher_refuse(struct jk_cli *cli)
{
    return decide_publisher_request(cli, false);
}

static enum jk_status verify(struct jk_cli *cli, bool undo)
{
    Jokbo__V1__VerifyPublisherRequest request = JOKBO__V1__VERIFY_PUBLISHER_REQUEST__INIT;
    Jokbo__V1__Publisher *publisher;
    int64_t owners[JK_OPTION_VALUES_MAX];
    if (!jk_cli_has(cli, JK_OPTION_EVIDENCE))
        return jk_cli_missing(cli, "evidence",
                              "missing: give --evidence KIND, such as domain or business-registration");
    const char *values[JK_OPTION_VALUES_MAX];
    request.n_owners = jk_options_list(&cli->options, JK_OPTION_OWNER, values, JK_OPTION_VALUES_MAX);
    for (size_t i = 0; i < request.n_owners; i++) {
        uint64_t number;
        if (!jk_number_parse(values[i], &number) || number == 0 || number > INT64_MAX)
            return jk_cli_usage(cli, "--owner \"%.60s\" must be the number of an account, from 1", values[i]);
        owners[i] = (int64_t)number;
    }
    request.owners = owners;
    request.name = jk_cli_operand(cli, 0);
    request.evidence = jk_cli_text(cli, JK_OPTION_EVIDENCE);
    request.details = jk_cli_text(cli, JK_OPTION_DETAILS);
    request.undo = undo;
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(jk_cli_call(cli, REGISTRY, "VerifyPublisher", &request.base, &publisher));
    return show_publisher(cli, publisher);
}

enum jk_status jk_run_publisher_verify(struct jk_cli *cli)
{
    return verify(cli, false);
}

enum jk_status jk_run_publisher_unverify(struct jk_cli *cli)
{
    return verify(cli, true);
}
