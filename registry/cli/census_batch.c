/* See census_batch.h. */
#include "cli/census_batch.h"

#include <stdlib.h>

#include "cli/console/progress.h"

#define REGISTRY   (&jokbo__v1__registry__descriptor)
#define STEPS_MAX  1000                       /* of a request */
#define BYTES_MAX  ((1u << 20) - (16u << 10)) /* of its steps: a request may have 1 MiB */
#define BATCH_ROOM (16u << 20)                /* what one batch is made of */

struct batch {
    struct jk_census_opened *opened;
    struct jk_census_written *written;
    struct jk_arena arena; /* of the steps in it */
    struct jk_arena line;  /* of the line that one is made of */
    const struct jk_plan_step *plan[STEPS_MAX];
    Jokbo__V1__CensusStep *steps[STEPS_MAX];
    size_t count, bytes;
    struct jk_progress progress;
    uint64_t done;
};

/* ---- a step as a message ---- */

static char *text_of(struct batch *batch, struct jk_span text)
{
    char *copy = jk_arena_copy(&batch->arena, text.at ? text.at : "", text.len);
    return copy ? copy : (char *)"";
}

static void *message_of(struct batch *batch, size_t size, void (*init)(void *))
{
    void *message = jk_arena_alloc(&batch->arena, size);
    if (message) init(message);
    return message;
}

#define MESSAGE(batch, type, name) ((type *)message_of((batch), sizeof(type), (void (*)(void *))name##__init))

static Jokbo__V1__Parent *parent_of(struct batch *batch, const struct jk_plan_parent *parent)
{
    Jokbo__V1__Parent *message = MESSAGE(batch, Jokbo__V1__Parent, jokbo__v1__parent);
    if (!message) return NULL;
    if (parent->external) {
        message->kind_case = JOKBO__V1__PARENT__KIND_EXTERNAL;
        message->external = MESSAGE(batch, Jokbo__V1__ExternalParent, jokbo__v1__external_parent);
        if (!message->external) return NULL;
        message->external->name = text_of(batch, parent->name);
        message->external->revision = text_of(batch, parent->version);
        return message;
    }
    message->kind_case = JOKBO__V1__PARENT__KIND_REGISTERED;
    message->registered = MESSAGE(batch, Jokbo__V1__RegisteredParent, jokbo__v1__registered_parent);
    if (!message->registered) return NULL;
    message->registered->name =
        jk_arena_printf(&batch->arena, "%.*s@%.*s", JK_SPAN_ARG(parent->name), JK_SPAN_ARG(parent->version));
    return message->registered->name ? message : NULL;
}

static Jokbo__V1__Derivative *derivative_of(struct batch *batch, const struct jk_plan_step *step)
{
    Jokbo__V1__Derivative *message = MESSAGE(batch, Jokbo__V1__Derivative, jokbo__v1__derivative);
    if (!message) return NULL;
    message->name = text_of(batch, step->action == JK_PLAN_REGISTER ? step->id : step->model);
    message->version = text_of(batch, step->version);
    message->relation = (Jokbo__V1__Relation)step->relation;
    message->license = text_of(batch, step->license);
    message->parents = jk_arena_zalloc(&batch->arena, step->parent_count + (size_t)1, sizeof *message->parents);
    for (uint32_t i = 0; message->parents && i < step->parent_count; i++)
        if (!(message->parents[message->n_parents++] = parent_of(batch, &step->parents[i]))) return NULL;
    return message->parents ? message : NULL;
}

static enum jk_status attach_record(struct batch *batch, const struct jk_plan_step *step,
                                    ProtobufCBinaryData *out_record)
{
    struct jk_error *error = &batch->opened->cli->error;
    struct jk_census_line *line = jk_arena_alloc(&batch->line, sizeof *line);
    struct jk_span bytes;
    if (!line) return jk_out_of_memory(error);
    JK_TRY(jk_census_line_at(batch->opened, step->offset, step->length, &bytes));
    enum jk_status status = jk_census_line_read(bytes, &batch->line, line, error);
    if (status == JK_OK && line->record.len == 0)
        status = jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_RUN", "The run has no record of %.*s: read the hub again",
                         JK_SPAN_ARG(step->id));
    if (status == JK_OK) {
        out_record->data = (uint8_t *)text_of(batch, line->record);
        out_record->len = line->record.len;
    }
    jk_arena_reset(&batch->line);
    return status;
}

static enum jk_status fill_present(struct batch *batch, const struct jk_plan_step *step, Jokbo__V1__CensusStep *message)
{
    bool registers = step->action == JK_PLAN_REGISTER, declares = registers || step->action == JK_PLAN_RELEASE;
    Jokbo__V1__CensusPresent *present = MESSAGE(batch, Jokbo__V1__CensusPresent, jokbo__v1__census_present);
    if (!present) return jk_out_of_memory(&batch->opened->cli->error);
    message->state_case = JOKBO__V1__CENSUS_STEP__STATE_PRESENT;
    message->present = present;
    if (!registers) present->model = text_of(batch, step->model);
    if (declares && !(present->derivative = derivative_of(batch, step)))
        return jk_out_of_memory(&batch->opened->cli->error);
    return attach_record(batch, step, &present->record);
}

static enum jk_status fill_moved(struct batch *batch, const struct jk_plan_step *step, Jokbo__V1__CensusStep *message)
{
    Jokbo__V1__CensusMoved *moved = MESSAGE(batch, Jokbo__V1__CensusMoved, jokbo__v1__census_moved);
    if (!moved) return jk_out_of_memory(&batch->opened->cli->error);
    message->state_case = JOKBO__V1__CENSUS_STEP__STATE_MOVED;
    message->moved = moved;
    moved->id = text_of(batch, step->id);
    moved->identity = text_of(batch, step->identity);
    moved->to = text_of(batch, step->to);
    moved->model = text_of(batch, step->model);
    if (step->action != JK_PLAN_MOVED) moved->new_model = moved->to;
    return JK_OK;
}

static enum jk_status fill_absent(struct batch *batch, const struct jk_plan_step *step, Jokbo__V1__CensusStep *message)
{
    Jokbo__V1__CensusAbsent *absent = MESSAGE(batch, Jokbo__V1__CensusAbsent, jokbo__v1__census_absent);
    if (!absent) return jk_out_of_memory(&batch->opened->cli->error);
    message->state_case = JOKBO__V1__CENSUS_STEP__STATE_ABSENT;
    message->absent = absent;
    absent->id = text_of(batch, step->id);
    absent->identity = text_of(batch, step->identity);
    absent->model = text_of(batch, step->model);
    return JK_OK;
}

static enum jk_status make_message(struct batch *batch, const struct jk_plan_step *step,
                                   Jokbo__V1__CensusStep **out_message)
{
    *out_message = MESSAGE(batch, Jokbo__V1__CensusStep, jokbo__v1__census_step);
    if (!*out_message) return jk_out_of_memory(&batch->opened->cli->error);
    switch (step->action) {
    case JK_PLAN_RENAME:
    case JK_PLAN_TRANSFER:
    case JK_PLAN_MOVED:
        JK_TRY(fill_moved(batch, step, *out_message));
        break;
    case JK_PLAN_ABSENT:
        JK_TRY(fill_absent(batch, step, *out_message));
        break;
    default:
        JK_TRY(fill_present(batch, step, *out_message));
    }
    return batch->arena.exhausted ? jk_out_of_memory(&batch->opened->cli->error) : JK_OK;
}

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
    if (written->refused_count == written->refused_room) {
        size_t room = written->refused_room > 0 ? 2 * written->refused_room : 64;
        struct jk_census_refused *grown = realloc(written->refused, room * sizeof *grown);
        if (!grown) return jk_out_of_memory(&batch->opened->cli->error);
        written->refused = grown;
        written->refused_room = room;
    }
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

static enum jk_status send_once(struct batch *batch, Jokbo__V1__RecordCensusResponse **out_reply)
{
    Jokbo__V1__RecordCensusRequest request = JOKBO__V1__RECORD_CENSUS_REQUEST__INIT;
    struct jk_cli *cli = batch->opened->cli;
    request.hub = text_of(batch, batch->opened->run.hub);
    request.n_steps = batch->count;
    request.steps = batch->steps;
    JK_TRY(give_id(batch, &request));
    return jk_cli_call(cli, REGISTRY, "RecordCensus", &request.base, out_reply);
}

static enum jk_status send_batch(struct batch *batch)
{
    struct jk_census_written *written = batch->written;
    Jokbo__V1__RecordCensusResponse *reply = NULL;
    batch->done += batch->count;
    while (batch->count > 0) {
        enum jk_status status = send_once(batch, &reply);
        if (status == JK_OK) break;
        JK_TRY(drop_refused(batch, status));
    }
    for (size_t i = 0; i < batch->count; i++)
        written->steps[batch->plan[i]->action]++;
    if (batch->count > 0) {
        written->entries += (uint64_t)reply->entries;
        written->log_size = (uint64_t)reply->log_size;
    }
    jk_progress_to(&batch->progress, batch->done, batch->progress.total);
    batch->count = batch->bytes = 0;
    jk_arena_reset(&batch->arena);
    return JK_OK;
}

static enum jk_status queue_step(struct batch *batch, const struct jk_plan_step *step)
{
    Jokbo__V1__CensusStep *message;
    JK_TRY(make_message(batch, step, &message));
    size_t size = protobuf_c_message_get_packed_size(&message->base) + 8;
    if (batch->count == STEPS_MAX || batch->bytes + size > BYTES_MAX) {
        JK_TRY(send_batch(batch)); /* which empties the arena, with this message in it */
        JK_TRY(make_message(batch, step, &message));
    }
    batch->plan[batch->count] = step;
    batch->steps[batch->count++] = message;
    batch->bytes += size;
    return JK_OK;
}

static enum jk_status send_all(struct batch *batch)
{
    const struct jk_plan *plan = batch->opened->plan;
    for (size_t i = 0; i < jk_plan_count(plan); i++) {
        const struct jk_plan_step *step = jk_plan_step(plan, i);
        if (step->action <= JK_PLAN_ABSENT) JK_TRY(queue_step(batch, step));
    }
    return send_batch(batch);
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
    struct batch *batch = calloc(1, sizeof *batch);
    if (!batch) return jk_out_of_memory(&cli->error);
    batch->opened = opened;
    batch->written = out_written;
    jk_arena_init(&batch->arena, BATCH_ROOM);
    jk_arena_init(&batch->line, BATCH_ROOM);
    jk_progress_begin_items(&batch->progress, cli->err, cli->err_terminal && !cli->json, cli->utf8, "writing",
                            "models");
    for (int i = 0; i <= JK_PLAN_ABSENT; i++)
        batch->progress.total += jk_plan_of(opened->plan, (enum jk_plan_action)i);
    enum jk_status status = send_all(batch);
    jk_progress_end(&batch->progress);
    jk_arena_done(&batch->arena);
    jk_arena_done(&batch->line);
    free(batch);
    return status;
}

void jk_census_written_done(struct jk_census_written *written)
{
    free(written->refused);
    *written = (struct jk_census_written){.refused = NULL};
}
