/* `names`: completions of a word on the command line, one per line, for shells. */
#include <jokbo/v1/registry.pb-c.h>
#include <jokbo/v1/stage.pb-c.h>

#include "cli/commands.h"
#include "cli/console/pages.h"
#include "cli/console/profile.h"
#include "verify/memory.h"
#include "verify/receipts.h"

#define NAMES_MAX     200
#define YANKED_MODELS 20 /* each is asked about by itself */

struct kind {
    const char *word;
    const ProtobufCServiceDescriptor *service;
    const char *method, *items, *field; /* of the reply, and of an item: its name */
};

static const struct kind kinds[] = {
    {"base", &jokbo__v1__registry__descriptor, "ListBaseModels", "models", "name"},
    {"publisher", &jokbo__v1__registry__descriptor, "ListPublishers", "publishers", "name"},
    {"team", &jokbo__v1__registry__descriptor, "ListTeams", "teams", "id"},
    {"policy", &jokbo__v1__stages__descriptor, "ListPolicies", "policies", "name"},
    {"stage", &jokbo__v1__stages__descriptor, "ListStages", "stages", "id"},
};

/* The shell expands what it is offered: of a name with any other character nothing must get there, whatever a server
 * sends. */
static bool is_plain(const char *name)
{
    return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/@:+-")] == '\0';
}

static void print_if_begun(struct jk_cli *cli, const char *name)
{
    const char *beginning = jk_cli_operand(cli, 1);
    if (is_plain(name) && strncasecmp(name, beginning, strlen(beginning)) == 0) fprintf(cli->out, "%s\n", name);
}

static void print_beginning_so(struct jk_cli *cli, const struct jk_list *list, const char *field)
{
    for (size_t i = 0; i < list->count; i++) {
        const ProtobufCFieldDescriptor *found =
            protobuf_c_message_descriptor_get_field_by_name(list->items[i]->descriptor, field);
        const char *name;
        memcpy(&name, (const char *)list->items[i] + found->offset, sizeof name);
        print_if_begun(cli, name);
    }
}

/* They lie in the user's home: no server is asked. */
static enum jk_status print_profiles(struct jk_cli *cli)
{
    const char *names[NAMES_MAX];
    size_t count = jk_profile_list(&cli->arena, names, NAMES_MAX);
    for (size_t i = 0; i < count; i++)
        print_if_begun(cli, names[i]);
    return JK_OK;
}

/* What this user remembers of logs. */
static enum jk_status print_origins(struct jk_cli *cli)
{
    const char *state = jk_memory_state(&cli->arena), *origins[NAMES_MAX];
    size_t count = state ? jk_memory_list(state, &cli->arena, origins, NAMES_MAX) : 0;
    for (size_t i = 0; i < count; i++)
        print_if_begun(cli, origins[i]);
    return JK_OK;
}

/* Those of the model whose folder this is. The shell offers hidden folders only to somebody who types the dot. */
static enum jk_status print_receipts(struct jk_cli *cli)
{
    const char **paths;
    size_t count;
    JK_TRY(jk_receipts_list(".", &cli->arena, &paths, &count, &cli->error));
    for (size_t i = 0; i < count && i < NAMES_MAX; i++)
        print_if_begun(cli, paths[i] + strlen("./"));
    return JK_OK;
}

/* There may be millions: the server is asked for those that hold what was typed. */
static enum jk_status print_models(struct jk_cli *cli)
{
    Jokbo__V1__ListModelsRequest request = JOKBO__V1__LIST_MODELS_REQUEST__INIT;
    struct jk_pages pages = {&jokbo__v1__registry__descriptor, "ListModels", &request.base, "models", NAMES_MAX};
    struct jk_list list;
    request.name_contains = jk_cli_operand(cli, 1);
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    print_beginning_so(cli, &list, "name");
    return JK_OK;
}

/* Those of one model that are yanked. */
static enum jk_status print_yanked_of(struct jk_cli *cli, const char *model)
{
    Jokbo__V1__ListReleasesRequest request = JOKBO__V1__LIST_RELEASES_REQUEST__INIT;
    struct jk_pages pages = {&jokbo__v1__registry__descriptor, "ListReleases", &request.base, "releases", NAMES_MAX};
    struct jk_list list;
    request.model = (char *)(uintptr_t)model;
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    for (size_t i = 0; i < list.count; i++) {
        const Jokbo__V1__Release *release = (const Jokbo__V1__Release *)list.items[i];
        const char *name = jk_arena_printf(&cli->arena, "%s@%s", model, release->version);
        if (name && release->yanked) print_if_begun(cli, name);
    }
    return JK_OK;
}

/* Yanked releases: of the model that is typed in full, else of those models that have no other. */
static enum jk_status print_yanked(struct jk_cli *cli)
{
    Jokbo__V1__ListModelsRequest request = JOKBO__V1__LIST_MODELS_REQUEST__INIT;
    struct jk_pages pages = {&jokbo__v1__registry__descriptor, "ListModels", &request.base, "models", YANKED_MODELS};
    struct jk_span rest = jk_span_of(jk_cli_operand(cli, 1)), typed;
    struct jk_list list;
    (void)jk_span_cut(&rest, '@', &typed);
    const char *model = jk_arena_copy(&cli->arena, typed.at, typed.len);
    if (!model) return jk_out_of_memory(&cli->error);
    if (strchr(model, '/') && print_yanked_of(cli, model) == JK_OK) return JK_OK;
    jk_error_init(&cli->error, &cli->arena);
    request.name_contains = (char *)(uintptr_t)model;
    request.include_yanked = true;
    request.finding = JOKBO__V1__FINDING_KIND__FINDING_KIND_YANKED;
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    for (size_t i = 0; i < list.count; i++)
        JK_TRY(print_yanked_of(cli, ((const Jokbo__V1__Model *)list.items[i])->name));
    return JK_OK;
}

enum jk_status jk_run_names(struct jk_cli *cli)
{
    union {
        ProtobufCMessage base;
        Jokbo__V1__ListBaseModelsRequest bases;
        Jokbo__V1__ListPublishersRequest publishers;
        Jokbo__V1__ListTeamsRequest teams;
        Jokbo__V1__ListPoliciesRequest policies;
        Jokbo__V1__ListStagesRequest stages;
    } request;
    const char *word = jk_cli_operand(cli, 0);
    if (strcmp(word, "model") == 0) return print_models(cli);
    if (strcmp(word, "yanked") == 0) return print_yanked(cli);
    if (strcmp(word, "profile") == 0) return print_profiles(cli);
    if (strcmp(word, "origin") == 0) return print_origins(cli);
    if (strcmp(word, "receipt") == 0) return print_receipts(cli);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct jk_list list;
        if (strcmp(word, kinds[i].word) != 0) continue;
        const ProtobufCMethodDescriptor *method =
            protobuf_c_service_descriptor_get_method_by_name(kinds[i].service, kinds[i].method);
        protobuf_c_message_init(method->input, &request);
        struct jk_pages pages = {kinds[i].service, kinds[i].method, &request.base, kinds[i].items, NAMES_MAX};
        JK_TRY(jk_pages_fetch(cli, &pages, &list));
        print_beginning_so(cli, &list, kinds[i].field);
        return JK_OK;
    }
    return jk_cli_usage(cli, "the kind must be model, yanked, base, publisher, team, stage, policy, profile, origin or "
                             "receipt");
}
