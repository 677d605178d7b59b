/* See census_batch.h. */
#include "cli/census_batch.h"

#include <stdlib.h>

#include "base/array.h"
#include "census/intern.h"
#include "cli/census_message.h"
#include "cli/console/client.h"
#include "cli/console/progress.h"
#include "domain/ident.h"

#define REGISTRY   (&jokbo__v1__registry__descriptor)
#define STEPS_MAX  1000                       /* of a request */
#define BYTES_MAX  ((1u << 20) - (16u << 10)) /* of its steps: a request may have 1 MiB */
#define BATCH_ROOM (16u << 20)                /* what one batch is made of */
#define UNDER_WAY  4                          /* batches at once, with the one being made */

struct batch {
    struct jk_census_opened *opened;
    struct jk_census_written *written;
    struct jk_arena arena;       /* of the steps in it, and of the reply */
    struct jk_intern names;      /* of the models that it registers or releases */
    struct jk_intern publishers; /* of these */
    struct jk_intern weights;    /* the digests of their weight files */
    const struct jk_plan_step *plan[STEPS_MAX];
    Jokbo__V1__CensusStep *steps[STEPS_MAX];
    size_t count, bytes;
    bool alone; /* something moves or goes in it: none before it or after it is under way */
    Jokbo__V1__RecordCensusRequest request;
    struct jk_client_sent *sent; /* NULL: not sent */
};

/* The batches in a ring: those under way in the order in which they were sent, and behind them the one being made. */
struct sending {
    struct batch batches[UNDER_WAY];
    size_t first, sent;
    struct jk_progress progress;
    uint64_t done;
};

/* ---- sending ---- */

char *jk_census_request_id(const struct jk_census_opened *opened, struct jk_span bytes)
{
    struct jk_span parts[] = {{(const char *)opened->digest.bytes, JK_DIGEST_SIZE}, bytes};
    struct jk_digest digest = jk_digest_parts(parts, 2);
    char hex[33] = "";
    digest.bytes[6] = (unsigned char)((digest.bytes[6] & 0x0F) | 0x80); /* RFC 9562, version 8 */
    digest.bytes[8] = (unsigned char)((digest.bytes[8] & 0x3F) | 0x80);
    jk_hex_encode(digest.bytes, 16, hex);
    return jk_arena_printf(&opened->cli->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                           hex + 20);
}

static enum jk_status give_id(struct batch *batch, Jokbo__V1__RecordCensusRequest *request)
{
    size_t size = protobuf_c_message_get_packed_size(&request->base);
    uint8_t *bytes = malloc(size + 1);
    if (!bytes) return jk_out_of_memory(&batch->opened->cli->error);
    (void)protobuf_c_message_pack(&request->base, bytes);
    request->request_id = jk_census_request_id(batch->opened, (struct jk_span){(const char *)bytes, size});
    free(bytes);
    return request->request_id ? JK_OK : jk_out_of_memory(&batch->opened->cli->error);
}

static enum jk_status refuse(struct batch *batch, size_t at, const char *rule)
{
    struct jk_census_written *written = batch->written;
    if (!JK_ARRAY_GROW(written->refused, written->refused_count, written->refused_room))
        return jk_out_of_memory(&batch->opened->cli->error);
    const struct jk_plan_step *step = batch->plan[at];
    const char *id = jk_arena_copy(&batch->opened->cli->arena, step->id.at, step->id.len);
    if (!id) return jk_out_of_memory(&batch->opened->cli->error);
    written->refused[written->refused_count++] = (struct jk_census_refused){step->action, id, rule};
    batch->plan[at] = NULL;
    return JK_OK;
}

/* The step of "steps[17].record"; false for anything else. */
static bool step_of_field(const char *field, size_t count, size_t *out_at)
{
    struct jk_span rest = jk_span_of(field), number;
    uint64_t at;
    if (!jk_span_starts(rest, JK_SPAN("steps["))) return false;
    rest = (struct jk_span){rest.at + 6, rest.len - 6};
    if (!jk_span_cut(&rest, ']', &number) || !jk_span_to_u64(number, &at) || at >= count) return false;
    *out_at = (size_t)at;
    return true;
}

/* Takes the steps that the server objects to out of the batch. What it says otherwise is a failure of the whole. */
static enum jk_status drop_refused(struct batch *batch, enum jk_status status)
{
    struct jk_error *error = &batch->opened->cli->error, before = *error;
    size_t left = 0, dropped = 0, at;
    if (status != JK_INVALID_ARGUMENT && status != JK_FAILED_PRECONDITION && status != JK_NOT_FOUND &&
        status != JK_ALREADY_EXISTS)
        return status;
    for (size_t i = 0; i < before.violation_count && i < JK_ERROR_VIOLATIONS; i++) {
        if (!step_of_field(before.violations[i].field, batch->count, &at)) return status;
        if (!batch->plan[at]) continue;
        JK_TRY(refuse(batch, at, before.violations[i].rule));
        dropped++;
    }
    if (dropped == 0) return status;
    for (size_t i = 0; i < batch->count; i++) {
        if (!batch->plan[i]) continue;
        batch->plan[left] = batch->plan[i];
        batch->steps[left++] = batch->steps[i];
    }
    batch->count = left;
    jk_error_init(error, &batch->opened->cli->arena);
    return JK_OK;
}

static enum jk_status make_request(struct batch *batch)
{
    batch->request = (Jokbo__V1__RecordCensusRequest)JOKBO__V1__RECORD_CENSUS_REQUEST__INIT;
    struct jk_span hub = batch->opened->run.hub;
    batch->request.hub = jk_arena_copy(&batch->arena, hub.at, hub.len);
    batch->request.n_steps = batch->count;
    batch->request.steps = batch->steps;
    if (!batch->request.hub) return jk_out_of_memory(&batch->opened->cli->error);
    return give_id(batch, &batch->request);
}

/* The answer to what was sent; then again, as often as steps of it are refused, without these. */
static enum jk_status take_answer(struct batch *batch, Jokbo__V1__RecordCensusResponse **out_reply)
{
    struct jk_cli *cli = batch->opened->cli;
    ProtobufCMessage *reply = NULL;
    enum jk_status status = jk_client_wait(batch->sent, &batch->request.base, &batch->arena, &reply, &cli->error);
    batch->sent = NULL;
    *out_reply = (Jokbo__V1__RecordCensusResponse *)reply;
    while (status != JK_OK) {
        JK_TRY(drop_refused(batch, status));
        if (batch->count == 0) return JK_OK;
        JK_TRY(make_request(batch));
        status = jk_cli_call(cli, REGISTRY, "RecordCensus", &batch->request.base, out_reply);
    }
    return JK_OK;
}

/* ---- what it writes ---- */

static void begin_writes(struct batch *batch)
{
    jk_intern_init(&batch->names, true);
    jk_intern_init(&batch->publishers, true);
    jk_intern_init(&batch->weights, false);
}

static void forget_writes(struct batch *batch)
{
    jk_intern_done(&batch->names);
    jk_intern_done(&batch->publishers);
    jk_intern_done(&batch->weights);
}

static struct jk_span publisher_of(struct jk_span name)
{
    struct jk_span publisher, model;
    jk_ident_split(name, &publisher, &model);
    return publisher;
}

static struct jk_span weights_of(const struct jk_plan_step *step)
{
    return (struct jk_span){(const char *)step->weight_files.bytes, JK_DIGEST_SIZE};
}

static bool note_writes(struct batch *batch, const struct jk_plan_step *step)
{
    bool registers = step->action == JK_PLAN_REGISTER;
    if (registers || step->action == JK_PLAN_RELEASE)
        (void)jk_intern_add(&batch->names, registers ? step->id : step->model);
    if (registers) (void)jk_intern_add(&batch->publishers, publisher_of(step->id));
    if (!jk_digest_is_zero(&step->weight_files)) (void)jk_intern_add(&batch->weights, weights_of(step));
    return !batch->names.failed && !batch->publishers.failed && !batch->weights.failed;
}

/* Whether what the log says in the end would depend on which of the two is written first: the step is made from what the
 * batch registers or releases; it has the weights of one of these, and of such models the first goes before the others;
 * or it gives its publisher, whom the first makes, another spelling. */
static bool depends_on(const struct jk_plan_step *step, const struct batch *before)
{
    for (uint32_t i = 0; i < step->parent_count; i++)
        if (jk_intern_find(&before->names, step->parents[i].name) != JK_INTERN_NONE) return true;
    if (!jk_digest_is_zero(&step->weight_files) && jk_intern_find(&before->weights, weights_of(step)) != JK_INTERN_NONE)
        return true;
    if (step->action != JK_PLAN_REGISTER) return false;
    struct jk_span publisher = publisher_of(step->id);
    uint32_t made = jk_intern_find(&before->publishers, publisher);
    return made != JK_INTERN_NONE && !jk_span_equal(jk_intern_text(&before->publishers, made), publisher);
}

static void empty_batch(struct batch *batch)
{
    batch->count = batch->bytes = 0;
    batch->alone = false;
    jk_arena_reset(&batch->arena);
    forget_writes(batch);
    begin_writes(batch);
}

static enum jk_status finish_first(struct sending *sending)
{
    struct batch *batch = &sending->batches[sending->first];
    struct jk_census_written *written = batch->written;
    Jokbo__V1__RecordCensusResponse *reply = NULL;
    size_t count = batch->count;
    enum jk_status status = take_answer(batch, &reply);
    for (size_t i = 0; status == JK_OK && i < batch->count; i++)
        written->steps[batch->plan[i]->action]++;
    if (status == JK_OK && batch->count > 0) written->entries += (uint64_t)reply->entries;
    sending->done += count;
    jk_progress_to(&sending->progress, sending->done, sending->progress.total);
    empty_batch(batch);
    sending->first = (sending->first + 1) % UNDER_WAY;
    sending->sent--;
    return status;
}

static enum jk_status finish_all(struct sending *sending)
{
    while (sending->sent > 0)
        JK_TRY(finish_first(sending));
    return JK_OK;
}

/* After a failure: what else is under way may be written all the same, and is not told. */
static void abandon_all(struct sending *sending)
{
    struct jk_error error;
    ProtobufCMessage *reply;
    jk_error_init(&error, NULL);
    for (size_t i = 0; i < UNDER_WAY; i++) {
        struct batch *batch = &sending->batches[i];
        if (batch->sent) (void)!jk_client_wait(batch->sent, &batch->request.base, &batch->arena, &reply, &error);
        jk_arena_done(&batch->arena);
        forget_writes(batch);
    }
}

static struct batch *being_made(struct sending *sending)
{
    return &sending->batches[(sending->first + sending->sent) % UNDER_WAY];
}

static bool follows(const struct batch *batch, const struct batch *before)
{
    for (size_t i = 0; i < batch->count; i++)
        if (depends_on(batch->plan[i], before)) return true;
    return false;
}

/* Those before it that must have been written when it is sent: requests of several calls may be taken in any order. */
static enum jk_status await_earlier(struct sending *sending, const struct batch *batch)
{
    size_t wait = 0;
    for (size_t i = 0; i < sending->sent; i++) {
        const struct batch *before = &sending->batches[(sending->first + i) % UNDER_WAY];
        if (batch->alone || before->alone || follows(batch, before)) wait = i + 1;
    }
    for (; wait > 0; wait--)
        JK_TRY(finish_first(sending));
    return JK_OK;
}

static enum jk_status send_batch(struct sending *sending)
{
    struct batch *batch = being_made(sending);
    struct jk_cli *cli = batch->opened->cli;
    if (batch->count == 0) return JK_OK;
    JK_TRY(await_earlier(sending, batch));
    JK_TRY(make_request(batch));
    batch->sent = jk_client_send(cli->client, REGISTRY, "RecordCensus", &batch->request.base);
    if (!batch->sent) return jk_out_of_memory(&cli->error);
    sending->sent++;
    return sending->sent == UNDER_WAY ? finish_first(sending) : JK_OK;
}

static bool stands_alone(enum jk_plan_action action)
{
    return action == JK_PLAN_RENAME || action == JK_PLAN_TRANSFER || action == JK_PLAN_MOVED ||
           action == JK_PLAN_ABSENT;
}

static enum jk_status queue_step(struct sending *sending, const struct jk_plan_step *step)
{
    struct batch *batch = being_made(sending);
    struct jk_cli *cli = batch->opened->cli;
    Jokbo__V1__CensusStep *message;
    JK_TRY(jk_census_message(batch->opened, step, &batch->arena, &message));
    size_t size = protobuf_c_message_get_packed_size(&message->base) + 8;
    if (batch->count == STEPS_MAX || batch->bytes + size > BYTES_MAX) {
        JK_TRY(send_batch(sending)); /* this message goes with it, unused */
        batch = being_made(sending);
        JK_TRY(jk_census_message(batch->opened, step, &batch->arena, &message));
    }
    batch->plan[batch->count] = step;
    batch->steps[batch->count++] = message;
    batch->bytes += size;
    batch->alone = batch->alone || stands_alone(step->action);
    return note_writes(batch, step) ? JK_OK : jk_out_of_memory(&cli->error);
}

static enum jk_status send_all(struct sending *sending, const struct jk_plan *plan)
{
    for (size_t i = 0; i < jk_plan_count(plan); i++) {
        const struct jk_plan_step *step = jk_plan_step(plan, i);
        if (step->action <= JK_PLAN_ABSENT) JK_TRY(queue_step(sending, step));
    }
    JK_TRY(send_batch(sending));
    return finish_all(sending);
}

static enum jk_status check_absent(const struct jk_census_opened *opened)
{
    const char *many = jk_cli_has(opened->cli, JK_OPTION_MANY_ABSENT) ? NULL : jk_census_many_absent(opened);
    if (!many) return JK_OK;
    return jk_fail(&opened->cli->error, JK_FAILED_PRECONDITION, "MANY_ABSENT",
                   "%s: look at jokbo census plan and at the hub; --many-absent writes it nevertheless", many);
}

enum jk_status jk_census_write(struct jk_census_opened *opened, struct jk_census_written *out_written)
{
    struct jk_cli *cli = opened->cli;
    *out_written = (struct jk_census_written){.refused = NULL};
    JK_TRY(check_absent(opened));
    JK_TRY(jk_cli_connect(cli));
    struct sending *sending = calloc(1, sizeof *sending);
    if (!sending) return jk_out_of_memory(&cli->error);
    for (size_t i = 0; i < UNDER_WAY; i++) {
        sending->batches[i].opened = opened;
        sending->batches[i].written = out_written;
        jk_arena_init(&sending->batches[i].arena, BATCH_ROOM);
        begin_writes(&sending->batches[i]);
    }
    jk_progress_begin_items(&sending->progress, cli->err, cli->err_terminal && !cli->json, cli->utf8, "writing",
                            "models");
    for (int i = 0; i <= JK_PLAN_ABSENT; i++)
        sending->progress.total += jk_plan_of(opened->plan, (enum jk_plan_action)i);
    enum jk_status status = send_all(sending, opened->plan);
    jk_progress_end(&sending->progress);
    abandon_all(sending);
    free(sending);
    return status;
}

void jk_census_written_done(struct jk_census_written *written)
{
    free(written->refused);
    *written = (struct jk_census_written){.refused = NULL};
}
