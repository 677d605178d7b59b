/* PutStage, GetStage, ListStages. */
#include <stdio.h>
#include <stdlib.h>

#include "closing/close.h"
#include "domain/ident.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/evaluate/impartial.h"
#include "service/evaluate/stages.h"
#include "service/evaluate/teams.h"
#include "service/records/short_list.h"

/* ---- put: checks that need no book ---- */

static void check_label(struct jk_call *call, const char *field, const char *text)
{
    jk_check_field(&call->error, field, text, jk_ident_label_fault(jk_span_of(text)));
}

static int64_t check_time(struct jk_call *call, const char *field, const Google__Protobuf__Timestamp *time)
{
    if (!time) jk_error_field(&call->error, field, "is required");
    return jk_from_timestamp(time, field, &call->error);
}

static void check_times(struct jk_call *call, const Jokbo__V1__Stage *stage, struct jk_entry *entry)
{
    entry->from_us = check_time(call, "stage.open_time", stage->open_time);
    entry->until_us = check_time(call, "stage.cutoff_time", stage->cutoff_time);
    entry->disputes_us = jk_from_timestamp(stage->dispute_end_time, "stage.dispute_end_time", &call->error);
    if (entry->until_us == JK_TIME_NONE) return;
    if (entry->from_us != JK_TIME_NONE && entry->until_us <= entry->from_us)
        jk_error_field(&call->error, "stage.cutoff_time", "is not after open_time");
    if (entry->disputes_us != JK_TIME_NONE && entry->disputes_us < entry->until_us)
        jk_error_field(&call->error, "stage.dispute_end_time", "is before cutoff_time");
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted by bytes, separated by one space, as in the entry. */
static struct jk_span join_teams(struct jk_call *call, char *const *teams, size_t count)
{
    size_t len = 0, at = 0;
    for (size_t i = 0; i < count; i++)
        len += strlen(teams[i]) + 1;
    char *out = jk_arena_alloc(&call->arena, len);
    if (!out) return JK_SPAN("");
    for (size_t i = 0; i < count; i++) {
        size_t part = strlen(teams[i]);
        if (i) out[at++] = ' ';
        memcpy(out + at, teams[i], part);
        at += part;
    }
    return (struct jk_span){out, at};
}

static void check_teams(struct jk_call *call, const Jokbo__V1__Stage *stage, struct jk_entry *entry)
{
    size_t count = stage->n_teams;
    if (count < 1 || count > JK_STAGE_TEAMS_MAX) {
        jk_error_field(&call->error, "stage.teams", "%zu teams: give 1 to %d", count, JK_STAGE_TEAMS_MAX);
        return;
    }
    char **teams = (char **)jk_pointers(&call->arena, count);
    if (!teams) return;
    for (size_t i = 0; i < count; i++) {
        char field[32];
        snprintf(field, sizeof field, "stage.teams[%zu]", i);
        teams[i] = stage->teams[i];
        jk_check_field(&call->error, field, teams[i], jk_ident_team_fault(jk_span_of(teams[i])));
    }
    qsort(teams, count, sizeof *teams, by_bytes);
    for (size_t i = 1; i < count; i++)
        if (strcmp(teams[i - 1], teams[i]) == 0 && (i < 2 || strcmp(teams[i - 2], teams[i]) != 0))
            jk_check_field(&call->error, "stage.teams", teams[i], "is given twice");
    entry->teams = join_teams(call, teams, count);
}

static void check_stage(struct jk_call *call, const Jokbo__V1__Stage *stage, struct jk_entry *entry)
{
    *entry = (struct jk_entry){.kind = JK_KIND_STAGE,
                               .actor = {.type = JK_ACTOR_EVALUATOR},
                               .stage = jk_span_of(stage->id),
                               .name = jk_span_of(stage->title),
                               .name_ko = jk_span_of(stage->title_ko),
                               .evidence = jk_span_of(stage->source)};
    jk_check_field(&call->error, "stage.id", stage->id, jk_ident_team_fault(entry->stage));
    check_label(call, "stage.title", stage->title);
    check_label(call, "stage.title_ko", stage->title_ko);
    check_times(call, stage, entry);
    if (!*stage->policy) jk_error_field(&call->error, "stage.policy", "is required: a name, name@version, or digest");
    check_teams(call, stage, entry);
    check_label(call, "stage.source", stage->source);
}

/* ---- put: in its turn ---- */

static enum jk_status need_teams(struct jk_turn *turn, const Jokbo__V1__Stage *stage, struct jk_arena *arena,
                                 struct jk_error *error)
{
    const char *missing = "";
    for (size_t i = 0; i < stage->n_teams && missing; i++)
        if (jk_book_find_team(turn->book, jk_span_of(stage->teams[i]), jk_turn_size(turn)) == JK_NONE)
            missing = jk_arena_printf(arena, "%s%s%s", missing, *missing ? ", " : "", stage->teams[i]);
    if (!missing) return jk_out_of_memory(error);
    if (!*missing) return JK_OK;
    jk_error_resource(error, "jokbo.v1/Team", missing);
    return jk_fail(error, JK_NOT_FOUND, "TEAM_NOT_FOUND", "Not on the roster: %s; see jokbo roster show", missing);
}

static enum jk_status check_etag(struct jk_turn *turn, uint32_t slot, const char *etag, struct jk_error *error)
{
    char now[JK_ETAG_TEXT] = "";
    if (!*etag) return JK_OK;
    if (slot != JK_NONE) jk_stage_etag(turn->book, slot, jk_turn_size(turn), now);
    if (*now && strcmp(now, etag) == 0) return JK_OK;
    return jk_fail(error, JK_ABORTED, "ETAG_DIFFERS",
                   *now ? "The stage has changed since it was read (etag is now %s); read it again"
                        : "There is no such stage yet%s; leave the etag out to create it",
                   now);
}

static bool is_same_stage(const struct jk_stage *now, const struct jk_entry *entry)
{
    return now && jk_span_equal(now->title, entry->name) && jk_span_equal(now->title_ko, entry->name_ko) &&
           jk_span_equal(now->source, entry->evidence) && now->opens_us == entry->from_us &&
           now->cutoff_us == entry->until_us && now->disputes_us == entry->disputes_us &&
           jk_digest_equal(&now->policy, &entry->digest) && jk_span_equal(now->teams, entry->teams);
}

#define AHEAD_US INT64_C(3600000000)

/* Where evaluators rest, a stage's cut-off is said an hour ahead at least, so that it is seen before it has passed. */
static enum jk_status check_length(const struct jk_change *change, const struct jk_turn *turn,
                                   const struct jk_stage *now, const struct jk_entry *entry, struct jk_error *error)
{
    if (!jk_services_of(change->call)->evaluator_rest_us || entry->until_us - turn->time_us >= AHEAD_US) return JK_OK;
    if (now && now->cutoff_us == entry->until_us) return JK_OK;
    jk_error_field(error, "stage.cutoff_time", "is less than an hour ahead");
    return jk_error_result(error);
}

/* A change to an open stage takes two: a team removed at the last moment could not come back. */
static enum jk_status put_stage(struct jk_change *change, struct jk_turn *turn, struct jk_entry *entry,
                                struct jk_error *error)
{
    uint32_t slot = jk_book_find_stage(turn->book, entry->stage, jk_turn_size(turn)), index;
    const struct jk_stage *now = slot == JK_NONE ? NULL : jk_book_stage(turn->book, slot, jk_turn_size(turn));
    if (is_same_stage(now, entry)) return jk_teams_withdraw(change, turn, now, error); /* as it stands: no entry */
    const char *fault = jk_book_stage_fault(turn->book, entry, turn->time_us);
    if (fault)
        return jk_fail(error, JK_FAILED_PRECONDITION, "STAGE_FIXED", "The stage \"%.*s\" %s", JK_SPAN_ARG(entry->stage),
                       fault);
    JK_TRY(check_length(change, turn, now, entry, error));
    bool at_once = true;
    if (now && now->opens_us <= turn->time_us) JK_TRY(jk_teams_put(change, turn, now, entry->teams, &at_once, error));
    return at_once ? jk_turn_append(turn, entry, &index, error) : JK_OK;
}

static enum jk_status decide_put(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__PutStageRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    struct jk_arena *arena = &change->call->arena;
    struct jk_entry *entry = change->input;
    uint32_t n = jk_turn_size(turn), policy = jk_policy_find(turn->book, jk_span_of(request->stage->policy), n);
    JK_TRY(jk_check_referee(change, turn, error));
    if (policy == JK_NONE) return jk_policy_not_found(error, request->stage->policy);
    entry->digest = jk_book_policy(turn->book, policy)->digest;
    JK_TRY(need_teams(turn, request->stage, arena, error));
    JK_TRY(check_etag(turn, jk_book_find_stage(turn->book, entry->stage, n), request->stage->etag, error));
    JK_TRY(put_stage(change, turn, entry, error));
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), arena};
    uint32_t stage = jk_book_find_stage(turn->book, entry->stage, present.size);
    Jokbo__V1__Stage *reply = jk_present_stage(&present, stage, NULL);
    if (!reply) return jk_out_of_memory(error);
    jk_teams_present(&present, jk_book_stage(turn->book, stage, present.size), turn->time_us, reply);
    if (change->write.dry) reply->log_index = 0;
    *out_reply = &reply->base;
    return JK_OK;
}

void jk_put_stage(struct jk_call *call)
{
    const Jokbo__V1__PutStageRequest *request = (const void *)call->request;
    struct jk_entry *entry = jk_arena_zalloc(&call->arena, 1, sizeof *entry);
    if (!request->stage)
        jk_error_field(&call->error, "stage", "is required");
    else if (entry)
        check_stage(call, request->stage, entry);
    enum jk_status status = call->arena.exhausted ? jk_out_of_memory(&call->error) : jk_error_result(&call->error);
    if (status == JK_OK)
        jk_change_submit(call, decide_put, entry);
    else
        jk_call_fail(call);
}

/* ---- read ---- */

static void answer_with_texts(struct jk_call *call, enum jk_status status, struct jk_texts *texts,
                              const ProtobufCMessage *reply)
{
    if (status == JK_OK) status = jk_texts_read(texts, call);
    jk_call_answer(call, status, reply);
}

/* Who has to act next. */
static Jokbo__V1__StageWait wait_of(struct jk_call *call, const struct jk_view *view, uint32_t slot)
{
    struct jk_services *services = jk_services_of(call);
    struct jk_due_facts facts;
    if (jk_book_closing(view->book, slot, 0, view->size)) return JOKBO__V1__STAGE_WAIT__STAGE_WAIT_UNSPECIFIED;
    jk_close_facts(services->store, services->witnesses, jk_book_stage(view->book, slot, view->size),
                   jk_store_clock_us(services->store), &facts);
    switch (jk_due_by_people(&facts)) {
    case JK_DUE_WITNESSES:
        return JOKBO__V1__STAGE_WAIT__STAGE_WAIT_WITNESSES;
    case JK_DUE_TWO_PEOPLE:
        return services->four_eyes ? JOKBO__V1__STAGE_WAIT__STAGE_WAIT_TWO_EVALUATORS
                                   : JOKBO__V1__STAGE_WAIT__STAGE_WAIT_EVALUATOR;
    case JK_DUE_PERSON:
        return facts.rested && !facts.quorum && !facts.witnessed ? JOKBO__V1__STAGE_WAIT__STAGE_WAIT_EVALUATOR
                                                                 : JOKBO__V1__STAGE_WAIT__STAGE_WAIT_UNSPECIFIED;
    default:
        return JOKBO__V1__STAGE_WAIT__STAGE_WAIT_UNSPECIFIED;
    }
}

/* According to this server's own clock. */
static Jokbo__V1__Stage *present_as_now(struct jk_call *call, const struct jk_present *present,
                                        const struct jk_view *view, uint32_t slot, struct jk_texts *texts)
{
    Jokbo__V1__Stage *stage = jk_present_stage(present, slot, texts);
    if (!stage) return NULL;
    stage->wait = wait_of(call, view, slot);
    jk_teams_present(present, jk_book_stage(view->book, slot, view->size), jk_store_clock_us(jk_store_of(call)), stage);
    return stage;
}

void jk_get_stage(struct jk_call *call)
{
    const Jokbo__V1__GetStageRequest *request = (const void *)call->request;
    const ProtobufCMessage *reply = NULL;
    struct jk_texts texts = {0};
    struct jk_view view;
    enum jk_status status = JK_OK;
    jk_store_view(jk_store_of(call), &view);
    struct jk_present present = {view.book, jk_store_directory(jk_store_of(call)), view.size, &call->arena};
    uint32_t slot = jk_book_find_stage(view.book, jk_span_of(request->id), view.size);
    if (slot == JK_NONE) {
        status = jk_stage_not_found(&call->error, request->id);
    } else {
        jk_texts_init(&texts, &call->arena, jk_stage_revisions(&present, slot));
        reply = (const ProtobufCMessage *)present_as_now(call, &present, &view, slot, &texts);
    }
    jk_store_view_end(jk_store_of(call));
    answer_with_texts(call, status, &texts, reply);
}

static enum jk_status walk_stages(struct jk_call *call, struct jk_short_list *list, struct jk_texts *out_texts)
{
    const struct jk_present *present = &list->present;
    uint32_t count = jk_book_stages(list->view.book, present->size);
    size_t room = 0;
    for (uint32_t slot = 0; slot < count; slot++)
        room += jk_stage_revisions(present, slot);
    jk_texts_init(out_texts, &call->arena, room);
    for (uint32_t slot = 0; slot < count; slot++)
        if (jk_short_list_wants(list, slot))
            jk_short_list_take(list, slot, present_as_now(call, present, &list->view, slot, out_texts));
    return call->arena.exhausted ? jk_out_of_memory(&call->error) : JK_OK;
}

void jk_list_stages(struct jk_call *call)
{
    struct jk_short_list list;
    struct jk_texts texts = {0};
    Jokbo__V1__ListStagesResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListStagesResponse, jokbo__v1__list_stages_response);
    enum jk_status status = jk_short_list_begin(call, &list);
    if (status == JK_OK) {
        status = walk_stages(call, &list, &texts);
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK) status = jk_texts_read(&texts, call);
    if (status == JK_OK && reply) JK_SHORT_LIST_REPLY(&list, reply, stages);
    jk_short_list_end(&list, status, &reply->base);
}
