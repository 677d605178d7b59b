/* CompleteCensus: that a run over a hub was complete, with the list of what it saw, which has been uploaded. */
#include <stdlib.h>

#include "base/clock.h"
#include "book/book_ask.h"
#include "domain/ident.h"
#include "service/call/handlers.h"
#include "service/records/census_step.h"

#define OLDEST_US INT64_C(604800000000) /* how long before its entry a run may have begun */

struct complete {
    struct jk_digest list;
    int64_t started_us;
};

static int compare_bases(const void *a, const void *b)
{
    return jk_span_compare(*(const struct jk_span *)a, *(const struct jk_span *)b);
}

/* The name of each at n, as the entry has it. */
static void find_bases(struct jk_change *change, const struct jk_turn *turn, uint32_t n, struct jk_span *names)
{
    const Jokbo__V1__CompleteCensusRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    for (size_t i = 0; i < request->n_bases; i++) {
        uint32_t model = jk_book_find_model(turn->book, jk_span_of(request->bases[i]), n);
        names[i] = jk_span_of(request->bases[i]);
        if (model != JK_NONE && jk_book_base(turn->book, model, n)) {
            names[i] = jk_book_alias(turn->book, model, n)->name;
            continue;
        }
        const char *field = jk_arena_printf(&change->call->arena, "bases[%zu]", i);
        if (field) jk_check_span(error, field, jk_span_of(request->bases[i]), "is not a base model on the roster");
    }
}

/* Sorted, in the call's arena. */
static enum jk_status join_bases(struct jk_change *change, const struct jk_turn *turn, uint32_t n,
                                 struct jk_span *out_bases)
{
    const Jokbo__V1__CompleteCensusRequest *request = (const void *)change->call->request;
    struct jk_arena *arena = &change->call->arena;
    struct jk_error *error = &change->call->error;
    struct jk_span *names = jk_arena_alloc(arena, request->n_bases * sizeof *names);
    char *text = jk_arena_alloc(arena, request->n_bases * (JK_NAME_MAX + 1));
    if (!names || !text) return jk_out_of_memory(error);
    find_bases(change, turn, n, names);
    JK_TRY(jk_error_result(error)); /* from here on they are names of models, whose length is limited */
    qsort(names, request->n_bases, sizeof *names, compare_bases);
    *out_bases = (struct jk_span){text, 0};
    for (size_t i = 0; i < request->n_bases; i++) {
        if (i && jk_span_equal(names[i - 1], names[i]))
            jk_error_field(error, "bases", "\"%.*s\" is given twice", JK_SPAN_ARG(names[i]));
        if (i) text[out_bases->len++] = ' ';
        memcpy(text + out_bases->len, names[i].at, names[i].len);
        out_bases->len += names[i].len;
    }
    return jk_error_result(error);
}

static enum jk_status check_list(const struct jk_change *change, const struct jk_turn *turn,
                                 const struct complete *complete)
{
    const Jokbo__V1__CompleteCensusRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    struct jk_blob_facts facts;
    bool stored = jk_directory_blob_stored(turn->directory, &complete->list, &facts);
    if (!stored || facts.kind != JK_BLOB_KIND_CENSUS_LIST)
        return jk_fail(error, JK_NOT_FOUND, "BLOB_NOT_FOUND",
                       "list_sha256: no list of a census with the digest %s is stored "
                       "here; upload it first",
                       request->list_sha256);
    if (facts.models != (uint64_t)request->models)
        jk_error_field(error, "models", "%lld is not the number of models in the list, which is %llu",
                       (long long)request->models, (unsigned long long)facts.models);
    return jk_error_result(error);
}

/* What an older run saw may no longer be so, and its entry would come last. */
static enum jk_status check_newest(const struct jk_change *change, const struct jk_entry *entry,
                                   const struct jk_census *last)
{
    char before[JK_TIME_TEXT];
    if (!last || entry->started_us > last->started_us) return JK_OK;
    jk_time_format(last->started_us, before);
    jk_error_fact(&change->call->error, "log_index", "%u", last->from);
    return jk_fail(
        &change->call->error, JK_FAILED_PRECONDITION, "CENSUS_OLDER",
        "start_time: the run began no later than that of log entry %u, which began at %s: read the hub again",
        last->from, before);
}

/* The same run, told again; or an older one. */
static enum jk_status check_new_census(struct jk_change *change, const struct jk_turn *turn,
                                       const struct jk_entry *entry)
{
    const Jokbo__V1__CompleteCensusRequest *request = (const void *)change->call->request;
    uint32_t n = jk_turn_size(turn), slot = jk_book_last_census(turn->book, entry->hub, JK_NONE, n);
    const struct jk_census *last = slot == JK_NONE ? NULL : jk_book_census(turn->book, slot);
    bool same = last && last->started_us == entry->started_us && jk_digest_equal(&last->list, &entry->list) &&
                last->base_count == request->n_bases;
    for (size_t i = 0; same && i < request->n_bases; i++)
        same = jk_census_covers(last, jk_book_find_model(turn->book, jk_span_of(request->bases[i]), n));
    if (!same) return check_newest(change, entry, last);
    change->entry = last->from;
    jk_error_fact(&change->call->error, "log_index", "%u", last->from);
    return jk_fail(&change->call->error, JK_ALREADY_EXISTS, "CENSUS_EXISTS",
                   "Log entry %u says already that this run was complete", last->from);
}

static enum jk_status enter_complete(struct jk_change *change, struct jk_turn *turn)
{
    const Jokbo__V1__CompleteCensusRequest *request = (const void *)change->call->request;
    const struct complete *complete = change->input;
    struct jk_entry entry = {.kind = JK_KIND_CENSUS,
                             .actor = {.type = JK_ACTOR_REGISTRAR},
                             .hub = jk_span_of(request->hub),
                             .started_us = complete->started_us,
                             .models = (uint64_t)request->models,
                             .list = complete->list};
    JK_TRY(join_bases(change, turn, jk_turn_size(turn), &entry.bases));
    struct jk_error *error = &change->call->error;
    char now[JK_TIME_TEXT];
    jk_time_format(turn->time_us, now);
    if (complete->started_us > turn->time_us)
        jk_error_field(error, "start_time", "is later than now, which is %s", now);
    if (complete->started_us < turn->time_us - OLDEST_US)
        jk_error_field(error, "start_time", "is more than 7 days before now, which is %s: run the census again", now);
    JK_TRY(jk_error_result(error));
    JK_TRY(check_list(change, turn, complete));
    JK_TRY(check_new_census(change, turn, &entry));
    return jk_turn_append(turn, &entry, &change->entry, &change->call->error);
}

static enum jk_status tell_complete(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__CompleteCensusRequest *request = (const void *)change->call->request;
    const struct complete *complete = change->input;
    struct jk_arena *arena = &change->call->arena;
    Jokbo__V1__Census *reply = JK_MESSAGE(arena, Jokbo__V1__Census, jokbo__v1__census);
    struct jk_span bases, name;
    if (!reply) return jk_out_of_memory(&change->call->error);
    JK_TRY(join_bases(change, turn, change->entry, &bases));
    reply->bases = (char **)jk_pointers(arena, request->n_bases);
    if (!reply->bases) return jk_out_of_memory(&change->call->error);
    for (bool more = true; more;) {
        more = jk_span_cut(&bases, ' ', &name);
        reply->bases[reply->n_bases++] = jk_to_string(arena, name);
    }
    reply->hub = jk_to_string(arena, jk_span_of(request->hub));
    reply->start_time = jk_to_timestamp(arena, complete->started_us);
    reply->models = request->models;
    reply->list_sha256 = jk_to_hex(arena, &complete->list);
    reply->log_index = jk_change_index(change, change->entry);
    reply->create_time = change->write.dry ? NULL : jk_to_timestamp(arena, jk_book_time(turn->book, change->entry));
    reply->log_size = change->write.dry ? 0 : (int64_t)change->entry + 1;
    *out_reply = &reply->base;
    return JK_OK;
}

static void read_complete(struct jk_call *call, const Jokbo__V1__CompleteCensusRequest *request,
                          struct complete *complete)
{
    struct jk_error *error = &call->error;
    jk_census_check_hub(jk_span_of(request->hub), error);
    if (request->n_bases == 0 || request->n_bases > JK_CENSUS_BASES_MAX)
        jk_error_field(error, "bases", "%zu base models: give 1 to %d", request->n_bases, JK_CENSUS_BASES_MAX);
    if (!request->start_time)
        jk_error_field(error, "start_time", "is required");
    else
        complete->started_us = jk_from_timestamp(request->start_time, "start_time", error);
    if (request->models < 0) jk_error_field(error, "models", "%lld is negative", (long long)request->models);
    jk_from_hex(request->list_sha256, "list_sha256", &complete->list, error);
    if (!*request->list_sha256) jk_error_field(error, "list_sha256", "is required");
}

void jk_complete_census(struct jk_call *call)
{
    struct complete *complete = jk_arena_zalloc(&call->arena, 1, sizeof *complete);
    if (complete) read_complete(call, (const void *)call->request, complete);
    enum jk_status status = complete ? jk_error_result(&call->error) : jk_out_of_memory(&call->error);
    if (status == JK_OK)
        jk_change_submit_entry(call, enter_complete, tell_complete, complete);
    else
        jk_call_fail(call);
}
