/* ApplyRoster: compares the request with the book, and appends an entry for each difference. First the grammar of
 * everything, on the rpc thread; then the comparison, in the write's turn. */
#include <stdio.h>

#include "book/book_ask.h"
#include "domain/ident.h"
#include "domain/spdx.h"
#include "service/call/authority.h"
#include "service/records/draft.h"
#include "service/call/handlers.h"

/* ---- grammar ---- */

struct reading {
    struct jk_arena *arena;
    struct jk_error *error;
};

static const char *path(const struct reading *reading, const char *list, size_t i, const char *name)
{
    const char *text = jk_arena_printf(reading->arena, "%s[%zu].%s", list, i, name);
    return text ? text : name;
}

static void check_item(const struct reading *reading, const char *list, size_t i, const char *name, const char *value,
                       const char *why)
{
    if (why) jk_check_field(reading->error, path(reading, list, i, name), value, why);
}

static void check_team_item(const struct reading *reading, const Jokbo__V1__Team *team, size_t i)
{
    check_item(reading, "teams", i, "id", team->id, jk_ident_team_fault(jk_span_of(team->id)));
    check_item(reading, "teams", i, "name", team->name, jk_ident_label_fault(jk_span_of(team->name)));
    check_item(reading, "teams", i, "name_ko", team->name_ko, jk_ident_label_fault(jk_span_of(team->name_ko)));
    if (!team->join_time) jk_error_field(reading->error, path(reading, "teams", i, "join_time"), "is required");
    (void)jk_from_timestamp(team->join_time, path(reading, "teams", i, "join_time"), reading->error);
    (void)jk_from_timestamp(team->leave_time, path(reading, "teams", i, "leave_time"), reading->error);
    for (size_t k = 0; k < team->n_publishers; k++)
        check_item(reading, "teams", i, "publishers", team->publishers[k],
                   jk_ident_part_fault(jk_span_of(team->publishers[k])));
    for (size_t k = 0; k < team->n_affiliations; k++) {
        const Jokbo__V1__Affiliation *affiliation = team->affiliations[k];
        check_item(reading, "teams", i, "affiliations.institution", affiliation->institution,
                   jk_ident_label_fault(jk_span_of(affiliation->institution)));
        (void)jk_from_timestamp(affiliation->from_time, path(reading, "teams", i, "affiliations.from_time"),
                                reading->error);
        (void)jk_from_timestamp(affiliation->until_time, path(reading, "teams", i, "affiliations.until_time"),
                                reading->error);
    }
}

static void check_operation(const struct reading *reading, const Jokbo__V1__Operation *operation, size_t i)
{
    check_item(reading, "operations", i, "institution", operation->institution,
               jk_ident_label_fault(jk_span_of(operation->institution)));
    check_item(reading, "operations", i, "publisher", operation->publisher,
               jk_ident_part_fault(jk_span_of(operation->publisher)));
    (void)jk_from_timestamp(operation->from_time, path(reading, "operations", i, "from_time"), reading->error);
    (void)jk_from_timestamp(operation->until_time, path(reading, "operations", i, "until_time"), reading->error);
}

static void check_optional_label(const struct reading *reading, size_t i, const char *name, const char *value)
{
    if (*value) check_item(reading, "models", i, name, value, jk_ident_label_fault(jk_span_of(value)));
}

static void check_model(const struct reading *reading, const Jokbo__V1__RosterModel *model, size_t i)
{
    const Jokbo__V1__BaseModelFacts *facts = model->facts;
    enum jk_answer answer;
    check_item(reading, "models", i, "name", model->name, jk_ident_model_fault(jk_span_of(model->name)));
    if (!facts) {
        jk_error_field(reading->error, path(reading, "models", i, "facts"), "is required");
        return;
    }
    check_item(reading, "models", i, "facts.team", facts->team, jk_ident_team_fault(jk_span_of(facts->team)));
    if (!jk_from_answer(facts->from_scratch, &answer))
        jk_error_field(reading->error, path(reading, "models", i, "facts.from_scratch"), "%d: give yes, no or unknown",
                       (int)facts->from_scratch);
    check_optional_label(reading, i, "facts.built_on", facts->built_on);
    check_optional_label(reading, i, "facts.released", facts->released);
    check_optional_label(reading, i, "facts.parameters", facts->parameters);
}

static void check_license(const struct reading *reading, const Jokbo__V1__LicenseFacts *license, size_t i)
{
    const int values[] = {license->commercial, license->derivatives, license->redistribution};
    static const char *const names[] = {"commercial", "derivatives", "redistribution"};
    enum jk_permission permission;
    struct jk_text canonical;
    jk_text_init(&canonical, JK_LICENSE_MAX);
    struct jk_span text = jk_span_of(license->license);
    bool plain = !memchr(text.at, ' ', text.len) && !jk_span_equal(text, JK_SPAN("NOASSERTION"));
    if (!plain)
        check_item(reading, "licenses", i, "license", license->license, "is not one identifier");
    else if (jk_spdx_canonical(text, path(reading, "licenses", i, "license"), &canonical, reading->error) == JK_OK &&
             !jk_span_equal(jk_text_span(&canonical), text))
        check_item(reading, "licenses", i, "license", license->license, "is not in canonical spelling");
    jk_text_done(&canonical);
    for (size_t k = 0; k < 3; k++)
        if (!jk_from_permission(values[k], &permission))
            jk_error_field(reading->error, path(reading, "licenses", i, names[k]),
                           "%d: give no, unknown, conditional or yes", values[k]);
    for (size_t k = 0; k < license->n_name_forms; k++)
        if (jk_ident_label_fault(jk_span_of(license->name_forms[k])) || strchr(license->name_forms[k], '|'))
            check_item(reading, "licenses", i, "name_forms", license->name_forms[k], "is not the beginning of a name");
}

static enum jk_status check_roster(struct jk_call *call, const Jokbo__V1__ApplyRosterRequest *request)
{
    struct reading reading = {&call->arena, &call->error};
    size_t items = request->n_teams + request->n_operations + request->n_models + request->n_licenses;
    for (size_t i = 0; i < request->n_teams; i++)
        items += request->teams[i]->n_publishers + request->teams[i]->n_affiliations;
    if (items > JK_ROSTER_ITEMS_MAX) {
        jk_error_field(&call->error, "teams", "%zu facts in all: at most %d a request", items, JK_ROSTER_ITEMS_MAX);
        return jk_error_result(&call->error);
    }
    for (size_t i = 0; i < request->n_teams; i++)
        check_team_item(&reading, request->teams[i], i);
    for (size_t i = 0; i < request->n_operations; i++)
        check_operation(&reading, request->operations[i], i);
    for (size_t i = 0; i < request->n_models; i++)
        check_model(&reading, request->models[i], i);
    for (size_t i = 0; i < request->n_licenses; i++)
        check_license(&reading, request->licenses[i], i);
    if (strlen(request->evidence) > JK_TEXT_MAX)
        jk_error_field(&call->error, "evidence", "is longer than %d bytes", JK_TEXT_MAX);
    return jk_error_result(&call->error);
}

/* ---- differences ---- */

struct applying {
    struct jk_turn *turn;
    struct jk_arena *arena;
    struct jk_error *error;
    struct jk_digest evidence;
    Jokbo__V1__ApplyRosterResponse *reply;
    size_t room;
    uint32_t first_index;
};

static enum jk_status put_change(struct applying *applying, struct jk_entry *entry, const char *line)
{
    uint32_t index;
    entry->actor.type = JK_ACTOR_ADMIN;
    JK_TRY(jk_turn_append(applying->turn, entry, &index, applying->error));
    if (!applying->reply->n_changes) applying->first_index = index;
    if (!line || applying->reply->n_changes == applying->room) return jk_out_of_memory(applying->error);
    applying->reply->changes[applying->reply->n_changes++] = (char *)(uintptr_t)line;
    return JK_OK;
}

static uint32_t now(const struct applying *applying)
{
    return jk_turn_size(applying->turn);
}

static bool same_bond(const struct jk_bond *bond, const struct jk_entry *entry)
{
    return bond->from_us == entry->from_us && bond->until_us == entry->until_us;
}

/* Ensures that a name on the roster exists as a publisher, which can be claimed later. */
static enum jk_status ensure_publisher(struct applying *applying, struct jk_span name)
{
    struct jk_entry entry = {.kind = JK_KIND_PUBLISHER, .publisher = name, .basis = JK_BASIS_ROSTER};
    if (jk_book_find_publisher(applying->turn->book, name, now(applying)) != JK_NONE) return JK_OK;
    return put_change(applying, &entry, jk_arena_printf(applying->arena, "publisher %.*s", JK_SPAN_ARG(name)));
}

static enum jk_status apply_team_publisher(struct applying *applying, const Jokbo__V1__Team *team,
                                           const char *publisher)
{
    struct jk_entry entry = {.kind = JK_KIND_TEAM_PUBLISHER,
                             .team = jk_span_of(team->id),
                             .publisher = jk_span_of(publisher),
                             .from_us = JK_TIME_NONE,
                             .until_us = JK_TIME_NONE};
    struct jk_bond bond;
    JK_TRY(ensure_publisher(applying, entry.publisher));
    uint32_t slot = jk_book_find_team(applying->turn->book, entry.team, now(applying));
    if (jk_book_membership(applying->turn->book, entry.publisher, slot, now(applying), &bond) &&
        same_bond(&bond, &entry))
        return JK_OK;
    return put_change(applying, &entry,
                      jk_arena_printf(applying->arena, "team %s has publisher %s", team->id, publisher));
}

static enum jk_status apply_affiliation(struct applying *applying, const Jokbo__V1__Team *team,
                                        const Jokbo__V1__Affiliation *affiliation)
{
    struct jk_entry entry = {.kind = JK_KIND_AFFILIATION,
                             .team = jk_span_of(team->id),
                             .institution = jk_span_of(affiliation->institution),
                             .from_us = jk_from_timestamp(affiliation->from_time, "", applying->error),
                             .until_us = jk_from_timestamp(affiliation->until_time, "", applying->error),
                             .text = applying->evidence};
    struct jk_bond bond;
    uint32_t slot = jk_book_find_team(applying->turn->book, entry.team, now(applying));
    if (jk_book_affiliation(applying->turn->book, entry.institution, slot, now(applying), &bond) &&
        same_bond(&bond, &entry))
        return JK_OK;
    return put_change(applying, &entry,
                      jk_arena_printf(applying->arena, "%s is affiliated with %s", affiliation->institution, team->id));
}

static enum jk_status apply_team(struct applying *applying, const Jokbo__V1__Team *team)
{
    struct jk_entry entry = {.kind = JK_KIND_TEAM,
                             .team = jk_span_of(team->id),
                             .name = jk_span_of(team->name),
                             .name_ko = jk_span_of(team->name_ko),
                             .joined_us = jk_from_timestamp(team->join_time, "", applying->error),
                             .left_us = jk_from_timestamp(team->leave_time, "", applying->error)};
    uint32_t slot = jk_book_find_team(applying->turn->book, entry.team, now(applying));
    const struct jk_team *known = slot != JK_NONE ? jk_book_team(applying->turn->book, slot) : NULL;
    bool same = known && jk_span_equal(known->name, entry.name) && jk_span_equal(known->name_ko, entry.name_ko) &&
                known->joined_us == entry.joined_us && known->left_us == entry.left_us;
    if (!same) JK_TRY(put_change(applying, &entry, jk_arena_printf(applying->arena, "team %s", team->id)));
    for (size_t i = 0; i < team->n_publishers; i++)
        JK_TRY(apply_team_publisher(applying, team, team->publishers[i]));
    for (size_t i = 0; i < team->n_affiliations; i++)
        JK_TRY(apply_affiliation(applying, team, team->affiliations[i]));
    return JK_OK;
}

static enum jk_status apply_operation(struct applying *applying, const Jokbo__V1__Operation *operation)
{
    struct jk_entry entry = {.kind = JK_KIND_OPERATES,
                             .institution = jk_span_of(operation->institution),
                             .publisher = jk_span_of(operation->publisher),
                             .from_us = jk_from_timestamp(operation->from_time, "", applying->error),
                             .until_us = jk_from_timestamp(operation->until_time, "", applying->error),
                             .text = applying->evidence};
    struct jk_bond bond;
    JK_TRY(ensure_publisher(applying, entry.publisher));
    if (jk_book_operation(applying->turn->book, entry.institution, entry.publisher, now(applying), &bond) &&
        same_bond(&bond, &entry))
        return JK_OK;
    return put_change(applying, &entry,
                      jk_arena_printf(applying->arena, "%s operates %s", operation->institution, operation->publisher));
}

/* ---- base models ---- */

/* Registers a new base model, with release `initial`. */
static enum jk_status register_base(struct applying *applying, const Jokbo__V1__RosterModel *model, size_t i,
                                    struct jk_span name)
{
    Jokbo__V1__Derivative message = JOKBO__V1__DERIVATIVE__INIT;
    struct jk_entry entry = {.kind = JK_KIND_REGISTER};
    struct jk_draft draft;
    struct jk_resolved resolved;
    char prefix[32];
    snprintf(prefix, sizeof prefix, "models[%u].", (unsigned)i);
    message.name = (char *)(uintptr_t)name.at;
    message.version = (char *)(uintptr_t) "initial";
    message.license = model->license;
    jk_draft_read(&message, prefix, applying->arena, &draft, applying->error);
    JK_TRY(jk_error_result(applying->error));
    JK_TRY(jk_draft_resolve(&draft, applying->turn, name, JK_NONE, false, applying->arena, &resolved, applying->error));
    entry.statement = resolved.text;
    return put_change(applying, &entry,
                      jk_arena_printf(applying->arena, "model %.*s with release initial", JK_SPAN_ARG(name)));
}

static bool same_facts(const struct jk_base_facts *known, const struct jk_entry *entry, uint32_t team)
{
    return known && known->team == team && known->programme == (entry->programme == JK_ANSWER_YES) &&
           known->from_scratch == entry->from_scratch && jk_span_equal(known->built_on, entry->built_on) &&
           jk_span_equal(known->released, entry->released) && jk_span_equal(known->parameters, entry->parameters) &&
           known->listed == (entry->listed == JK_ANSWER_YES);
}

static enum jk_status apply_model(struct applying *applying, const Jokbo__V1__RosterModel *model, size_t i)
{
    struct jk_book *book = applying->turn->book;
    const Jokbo__V1__BaseModelFacts *facts = model->facts;
    struct jk_span publisher, part, name = jk_span_of(model->name);
    uint32_t team = jk_book_find_team(book, jk_span_of(facts->team), now(applying));
    if (team == JK_NONE) {
        const char *field = jk_arena_printf(applying->arena, "models[%zu].facts.team", i);
        jk_error_field(applying->error, field ? field : "models", "\"%s\" is not a team on the roster", facts->team);
        return jk_error_result(applying->error);
    }
    jk_ident_split(name, &publisher, &part);
    JK_TRY(ensure_publisher(applying, publisher));
    uint32_t slot = jk_book_find_model(book, name, now(applying));
    if (slot == JK_NONE && !facts->listed) return JK_OK;
    if (slot == JK_NONE) JK_TRY(register_base(applying, model, i, name));
    slot = jk_book_find_model(book, name, now(applying));
    struct jk_entry entry = {.kind = JK_KIND_BASE,
                             .model = jk_book_alias(book, slot, now(applying))->name,
                             .team = jk_span_of(facts->team),
                             .programme = facts->programme ? JK_ANSWER_YES : JK_ANSWER_NO,
                             .built_on = jk_span_of(facts->built_on),
                             .released = jk_span_of(facts->released),
                             .parameters = jk_span_of(facts->parameters),
                             .listed = facts->listed ? JK_ANSWER_YES : JK_ANSWER_NO};
    (void)jk_from_answer(facts->from_scratch, &entry.from_scratch);
    const struct jk_base_facts *known = jk_book_base(book, slot, now(applying));
    if (same_facts(known, &entry, team) || (!known && !facts->listed)) return JK_OK;
    return put_change(applying, &entry,
                      jk_arena_printf(applying->arena, "base model %s of team %s%s", model->name, facts->team,
                                      facts->listed ? "" : " is off the roster"));
}

/* ---- licences ---- */

static struct jk_span join_forms(struct applying *applying, const Jokbo__V1__LicenseFacts *license)
{
    const char *text = license->n_name_forms ? license->name_forms[0] : "";
    for (size_t i = 1; i < license->n_name_forms && text; i++)
        text = jk_arena_printf(applying->arena, "%s|%s", text, license->name_forms[i]);
    return jk_span_of(text ? text : "");
}

static enum jk_status apply_license(struct applying *applying, const Jokbo__V1__LicenseFacts *license)
{
    struct jk_entry entry = {
        .kind = JK_KIND_LICENSE, .license = jk_span_of(license->license), .name_forms = join_forms(applying, license)};
    enum jk_permission known[JK_PERMISSION_KINDS];
    struct jk_span forms;
    (void)jk_from_permission(license->commercial, &entry.permissions[JK_MAY_COMMERCIAL]);
    (void)jk_from_permission(license->derivatives, &entry.permissions[JK_MAY_DERIVE]);
    (void)jk_from_permission(license->redistribution, &entry.permissions[JK_MAY_REDISTRIBUTE]);
    if (jk_book_license_facts(applying->turn->book, entry.license, now(applying), known, &forms) &&
        memcmp(known, entry.permissions, sizeof known) == 0 && jk_span_equal(forms, entry.name_forms))
        return JK_OK;
    return put_change(applying, &entry, jk_arena_printf(applying->arena, "licence %s", license->license));
}

static enum jk_status decide_roster(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__ApplyRosterRequest *request = (const void *)change->call->request;
    struct jk_arena *arena = &change->call->arena;
    struct applying applying = {
        .turn = turn, .arena = arena, .error = &change->call->error, .room = JK_WRITE_ENTRIES_MAX};
    Jokbo__V1__ApplyRosterResponse *reply =
        JK_MESSAGE(arena, Jokbo__V1__ApplyRosterResponse, jokbo__v1__apply_roster_response);
    if (!reply || !(reply->changes = (char **)jk_pointers(arena, applying.room)))
        return jk_out_of_memory(applying.error);
    applying.reply = reply;
    if (*request->evidence)
        JK_TRY(jk_turn_text(turn, jk_span_of(request->evidence), &applying.evidence, applying.error));
    for (size_t i = 0; i < request->n_licenses; i++)
        JK_TRY(apply_license(&applying, request->licenses[i]));
    for (size_t i = 0; i < request->n_teams; i++)
        JK_TRY(apply_team(&applying, request->teams[i]));
    for (size_t i = 0; i < request->n_operations; i++)
        JK_TRY(apply_operation(&applying, request->operations[i]));
    for (size_t i = 0; i < request->n_models; i++)
        JK_TRY(apply_model(&applying, request->models[i], i));
    if (reply->n_changes) reply->first_log_index = jk_change_index(change, applying.first_index);
    reply->log_size = jk_change_size(change, turn);
    *out_reply = &reply->base;
    return JK_OK;
}

void jk_apply_roster(struct jk_call *call)
{
    if (check_roster(call, (const void *)call->request) == JK_OK)
        jk_change_submit(call, decide_roster, NULL);
    else
        jk_call_fail(call);
}
