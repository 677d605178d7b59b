/* `census apply`: writes what `census plan` shows, and says in the log that the run was complete. */
#include <stdlib.h>

#include "base/defer.h"
#include "base/array.h"
#include "book/book_ask.h"
#include "census/intern.h"
#include "census/line_record.h"
#include "census/record.h"
#include "cli/census_batch.h"
#include "cli/commands.h"
#include "cli/console/print.h"
#include "cli/upload.h"
#include "domain/census_list.h"
#include "reply/message.h"

#define REGISTRY (&jokbo__v1__registry__descriptor)

/* ---- the list of a complete run ---- */

/* Of two lines about one id, the first is the one that counts. */
struct listing {
    struct jk_arena line;
    struct jk_intern ids;
    struct jk_arena texts; /* what items have besides */
    struct jk_census_item *items;
    size_t room;
};

/* The plan was made of the same lines: what the log did not have, it has read whole. */
static enum jk_status read_recorded(struct jk_span bytes, struct jk_census_item *item, struct jk_error *error)
{
    struct jk_hub_record record;
    if (!jk_hub_record_names(bytes, &record)) JK_TRY(jk_hub_record_read(bytes, &record, error));
    *item = (struct jk_census_item){record.id, record.identity, record.revision, JK_OBSERVED_PRESENT};
    return JK_OK;
}

static enum jk_status read_item(struct listing *listing, struct jk_span bytes, struct jk_census_item *item,
                                bool *out_told, struct jk_error *error)
{
    static const enum jk_observed states[] = {
        [JK_CENSUS_PRESENT] = JK_OBSERVED_PRESENT, [JK_CENSUS_SAME] = JK_OBSERVED_PRESENT,
        [JK_CENSUS_MOVED] = JK_OBSERVED_MOVED,     [JK_CENSUS_ABSENT] = JK_OBSERVED_ABSENT,
        [JK_CENSUS_UNKNOWN] = JK_OBSERVED_ABSENT,  [JK_CENSUS_UNREADABLE] = JK_OBSERVED_ABSENT};
    struct jk_span record;
    *out_told = true;
    if (jk_census_line_record(bytes, &listing->line, &record)) return read_recorded(record, item, error);
    struct jk_census_line *line = jk_arena_alloc(&listing->line, sizeof *line);
    if (!line) return jk_out_of_memory(error);
    JK_TRY(jk_census_line_read(bytes, &listing->line, line, error));
    if (line->state == JK_CENSUS_PRESENT) return read_recorded(line->record, item, error);
    *out_told = line->state != JK_CENSUS_UNKNOWN && line->state != JK_CENSUS_UNREADABLE;
    *item = (struct jk_census_item){line->id, line->identity, line->revision, states[line->state]};
    return JK_OK;
}

static struct jk_span kept_word(struct listing *listing, struct jk_span text)
{
    const char *copy = text.len > 0 ? jk_arena_copy(&listing->texts, text.at, text.len) : NULL;
    return copy ? (struct jk_span){copy, text.len} : JK_SPAN("");
}

static enum jk_status keep_item(struct listing *listing, const struct jk_census_item *item, struct jk_error *error)
{
    uint32_t before = listing->ids.count, at = jk_intern_add(&listing->ids, item->id);
    if (before == listing->ids.count) return listing->ids.failed ? jk_out_of_memory(error) : JK_OK;
    if (!JK_ARRAY_GROW(listing->items, at, listing->room)) return jk_out_of_memory(error);
    listing->items[at] = (struct jk_census_item){jk_intern_text(&listing->ids, at), kept_word(listing, item->identity),
                                                 kept_word(listing, item->revision), item->state};
    return listing->texts.exhausted ? jk_out_of_memory(error) : JK_OK;
}

static enum jk_status add_item(void *context, struct jk_span bytes, uint64_t offset, struct jk_error *error)
{
    struct listing *listing = context;
    struct jk_census_item item = {.state = JK_OBSERVED_ABSENT};
    bool told = false;
    (void)offset;
    enum jk_status status = read_item(listing, bytes, &item, &told, error);
    if (status == JK_OK && told) status = keep_item(listing, &item, error);
    jk_arena_reset(&listing->line);
    return status;
}

static int compare_items(const void *left, const void *right)
{
    const struct jk_census_item *a = left, *b = right;
    return jk_span_compare(a->id, b->id);
}

static enum jk_status make_list(struct jk_census_opened *opened, struct jk_text *out, uint64_t *out_models)
{
    struct listing listing = {.room = 0};
    jk_arena_init(&listing.line, 16u << 20);
    jk_arena_init(&listing.texts, SIZE_MAX / 4);
    jk_intern_init(&listing.ids, false);
    enum jk_status status = jk_census_each(opened, "listing", add_item, &listing);
    *out_models = listing.ids.count;
    if (status == JK_OK && *out_models > 1) qsort(listing.items, *out_models, sizeof *listing.items, compare_items);
    jk_census_list_begin(out);
    for (size_t i = 0; status == JK_OK && i < *out_models; i++)
        jk_census_list_add(out, &listing.items[i]);
    if (status == JK_OK && out->failed) status = jk_out_of_memory(&opened->cli->error);
    jk_intern_done(&listing.ids);
    jk_arena_done(&listing.texts);
    jk_arena_done(&listing.line);
    free(listing.items);
    return status;
}

/* ---- the end of a complete run ---- */

static enum jk_status ask_complete(struct jk_census_opened *opened, struct jk_span list, uint64_t models,
                                   Jokbo__V1__Census **out_census)
{
    Jokbo__V1__CompleteCensusRequest request = JOKBO__V1__COMPLETE_CENSUS_REQUEST__INIT;
    struct jk_cli *cli = opened->cli;
    const struct jk_census_run *run = &opened->run;
    struct jk_digest digest = jk_digest_of(list);
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&digest, hex);
    request.hub = jk_arena_copy(&cli->arena, run->hub.at, run->hub.len);
    request.bases = jk_arena_zalloc(&cli->arena, run->base_count + 1, sizeof *request.bases);
    if (!request.hub || !request.bases) return jk_out_of_memory(&cli->error);
    for (size_t i = 0; i < run->base_count; i++)
        request.bases[request.n_bases++] = jk_arena_copy(&cli->arena, run->bases[i].at, run->bases[i].len);
    request.start_time = jk_to_timestamp(&cli->arena, run->started_us);
    request.models = (int64_t)models;
    request.list_sha256 = hex;
    request.request_id = jk_census_request_id(opened, jk_span_of(hex));
    if (cli->arena.exhausted) return jk_out_of_memory(&cli->error);
    return jk_cli_call(cli, REGISTRY, "CompleteCensus", &request.base, out_census);
}

/* NULL where the log says it already. */
static enum jk_status complete_run(struct jk_census_opened *opened, Jokbo__V1__Census **out_census)
{
    JK_CLEANUP(jk_text_done) struct jk_text list;
    struct jk_cli *cli = opened->cli;
    uint64_t models;
    jk_text_init(&list, JK_CENSUS_LIST_MAX);
    JK_TRY(make_list(opened, &list, &models));
    JK_TRY(jk_cli_upload_blob(cli, JOKBO__V1__BLOB_KIND__BLOB_KIND_CENSUS_LIST, jk_text_span(&list), "list"));
    enum jk_status status = ask_complete(opened, jk_text_span(&list), models, out_census);
    bool again = status == JK_ALREADY_EXISTS && cli->error.reason && strcmp(cli->error.reason, "CENSUS_EXISTS") == 0;
    if (!again) return status;
    jk_error_init(&cli->error, &cli->arena);
    *out_census = NULL;
    return JK_OK;
}

/* Why a run gets no entry of its own; NULL if it gets one. An absence that was not written would be believed to be none;
 * of a rename that was refused the log still says that the model is there, which is so. */
static const char *why_incomplete(const struct jk_census_opened *opened, const struct jk_census_written *written)
{
    if (!opened->run.complete) return "the run is not complete, so the log says nothing of it as a whole";
    for (size_t i = 0; i < written->refused_count; i++)
        if (written->refused[i].action == JK_PLAN_ABSENT)
            return "what is gone was not all written, so the log does not say that the run was complete";
    return NULL;
}

/* ---- the order of runs ---- */

static enum jk_status fail_older(const struct jk_census_opened *opened, uint32_t entry, const char *what)
{
    char began[JK_TIME_TEXT];
    jk_time_format(opened->run.started_us, began);
    jk_error_fact(&opened->cli->error, "log_index", "%u", entry);
    return jk_fail(&opened->cli->error, JK_FAILED_PRECONDITION, "CENSUS_OLDER",
                   "The run began at %s, but log entry %u %s: read the hub again", began, entry, what);
}

/* What was seen of the step's repository since the run began, otherwise than the run has it; NULL: nothing. That it has
 * moved to where the run has it may be this run's own entry, of an apply that was cut off. */
static const struct jk_observation *seen_since(const struct jk_census_opened *opened, const struct jk_plan_step *step)
{
    const struct jk_book *book = opened->book;
    uint32_t n = jk_book_size(book), slot = jk_book_observed(book, opened->run.hub, step->identity, n);
    if (slot == JK_NONE) slot = jk_book_observed_id(book, opened->run.hub, step->id, n);
    const struct jk_observation *seen = slot == JK_NONE ? NULL : jk_book_observation(book, slot);
    if (!seen || jk_book_time(book, seen->from) <= opened->run.started_us) return NULL;
    bool arrives = seen->state == JK_OBSERVED_MOVED && step->record && jk_span_equal(seen->to, step->id);
    return arrives ? NULL : seen;
}

/* An older run would write over what was seen later, and bring back what is gone. */
static enum jk_status check_none_newer(const struct jk_census_opened *opened)
{
    uint32_t n = jk_book_size(opened->book), slot = jk_book_last_census(opened->book, opened->run.hub, JK_NONE, n);
    const struct jk_census *last = slot == JK_NONE ? NULL : jk_book_census(opened->book, slot);
    if (last && last->started_us > opened->run.started_us)
        return fail_older(opened, last->from, "is that of a run which began later");
    for (size_t i = 0; i < jk_plan_count(opened->plan); i++) {
        const struct jk_plan_step *step = jk_plan_step(opened->plan, i);
        if (step->action > JK_PLAN_ABSENT) break;
        const struct jk_observation *seen = seen_since(opened, step);
        if (!seen) continue;
        const char *what = jk_arena_printf(&opened->cli->arena, "has seen %.*s otherwise since", JK_SPAN_ARG(step->id));
        return fail_older(opened, seen->from, what ? what : "has seen one of its models otherwise since");
    }
    return JK_OK;
}

/* ---- what came of it ---- */

struct outcome {
    const struct jk_census_opened *opened;
    struct jk_census_written written;
    size_t blocked, left_alone;
    const char *incomplete; /* NULL: it got an entry, now or before */
    const Jokbo__V1__Census *census;
};

static json_t *outcome_json(const struct outcome *outcome)
{
    const struct jk_census_written *written = &outcome->written;
    json_t *steps = json_object(), *refused = json_array(), *root;
    for (int i = 0; i <= JK_PLAN_ABSENT; i++)
        json_object_set_new(steps, jk_plan_action_text((enum jk_plan_action)i),
                            json_integer((json_int_t)written->steps[i]));
    for (size_t i = 0; i < written->refused_count; i++)
        json_array_append_new(refused,
                              json_pack("{s:s, s:s, s:s}", "action", jk_plan_action_text(written->refused[i].action),
                                        "id", written->refused[i].id, "why", written->refused[i].why));
    root = json_pack("{s:o, s:o, s:o, s:I, s:I, s:I}", "run", jk_census_run_json(outcome->opened), "written", steps,
                     "refused", refused, "blocked", (json_int_t)outcome->blocked, "left_alone",
                     (json_int_t)outcome->left_alone, "entries", (json_int_t)written->entries);
    if (outcome->census) json_object_set_new(root, "census", jk_json_message(&outcome->census->base));
    if (outcome->incomplete) json_object_set_new(root, "incomplete", json_string(outcome->incomplete));
    return root;
}

static void print_written(struct jk_cli *cli, const struct outcome *outcome)
{
    static const char *const words[] = {
        [JK_PLAN_RENAME] = "renamed",          [JK_PLAN_TRANSFER] = "moved to another publisher",
        [JK_PLAN_MOVED] = "moved on the hub",  [JK_PLAN_REGISTER] = "registered",
        [JK_PLAN_RELEASE] = "released anew",   [JK_PLAN_OBSERVE] = "observed",
        [JK_PLAN_ABSENT] = "observed as gone",
    };
    struct jk_table table;
    bool any = false;
    jk_print_facts_init(&table, cli);
    for (int i = 0; i <= JK_PLAN_ABSENT; i++) {
        if (outcome->written.steps[i] == 0) continue;
        jk_print_fact(&table, words[i], jk_print_number(cli, (int64_t)outcome->written.steps[i]));
        any = true;
    }
    if (any) jk_print_fact(&table, "entries", jk_print_number(cli, (int64_t)outcome->written.entries));
    if (any)
        jk_print_table(cli, &table);
    else
        fprintf(cli->out, "Nothing to write: the log says already what the hub said.\n");
}

static void print_refused(struct jk_cli *cli, const struct jk_census_written *written)
{
    static const struct jk_column columns[] = {
        {"refused", false}, {"repository", false, .wrap = true}, {"", false, .wrap = true}};
    struct jk_table table;
    if (written->refused_count == 0) return;
    jk_table_init(&table, &cli->arena, columns, 3);
    for (size_t i = 0; i < written->refused_count; i++) {
        jk_table_cell(&table, jk_plan_action_text(written->refused[i].action));
        jk_table_cell(&table, written->refused[i].id);
        jk_table_cell(&table, written->refused[i].why);
    }
    fputc('\n', cli->out);
    jk_print_table(cli, &table);
}

static void print_outcome(struct jk_cli *cli, const struct outcome *outcome)
{
    print_written(cli, outcome);
    print_refused(cli, &outcome->written);
    if (outcome->blocked > 0)
        fprintf(cli->out, "\n%s blocked: jokbo census plan says why.\n",
                jk_print_plural(cli, (int64_t)outcome->blocked, "model is", "models are"));
    fputc('\n', cli->out);
    if (outcome->incomplete)
        fprintf(cli->out, "No census entry: %s.\n", outcome->incomplete);
    else if (outcome->census)
        fprintf(cli->out, "The run is complete by log entry %s: %s.\n",
                jk_print_number(cli, outcome->census->log_index),
                jk_print_plural(cli, outcome->census->models, "model", "models"));
    else
        fprintf(cli->out, "The log says already that this run was complete.\n");
}

static enum jk_status tell_outcome(struct jk_cli *cli, const struct outcome *outcome)
{
    size_t refused = outcome->written.refused_count;
    if (cli->json)
        JK_TRY(jk_print_json(cli, outcome_json(outcome)));
    else
        print_outcome(cli, outcome);
    if (refused == 0) return JK_OK;
    cli->told = cli->json;
    return jk_fail(&cli->error, JK_FAILED_PRECONDITION, "CENSUS_REFUSED",
                   "the registry refused %zu of the models; all others are written", refused);
}

enum jk_status jk_run_census_apply(struct jk_cli *cli)
{
    JK_CLEANUP(jk_census_close) struct jk_census_opened opened;
    struct outcome outcome = {.opened = &opened};
    Jokbo__V1__Census *census = NULL;
    JK_TRY(jk_census_open(cli, jk_cli_operand(cli, 0), &opened));
    JK_TRY(check_none_newer(&opened));
    enum jk_status status = jk_census_write(&opened, &outcome.written);
    outcome.blocked = jk_plan_of(opened.plan, JK_PLAN_BLOCKED);
    outcome.left_alone = jk_plan_of(opened.plan, JK_PLAN_LEFT);
    jk_census_forget_plan(&opened);
    if (status == JK_OK) outcome.incomplete = why_incomplete(&opened, &outcome.written);
    if (status == JK_OK && !outcome.incomplete) status = complete_run(&opened, &census);
    outcome.census = census;
    if (status == JK_OK) status = tell_outcome(cli, &outcome);
    jk_census_written_done(&outcome.written);
    return status;
}
