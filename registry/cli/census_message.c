/* See census_message.h. */
#include "cli/census_message.h"

#include "census/line_record.h"

struct making {
    struct jk_census_opened *opened;
    struct jk_arena *arena;
};

static char *text_of(const struct making *making, struct jk_span text)
{
    char *copy = jk_arena_copy(making->arena, text.at ? text.at : "", text.len);
    return copy ? copy : (char *)"";
}

static void *message_of(const struct making *making, size_t size, void (*init)(void *))
{
    void *message = jk_arena_alloc(making->arena, size);
    if (message) init(message);
    return message;
}

#define MESSAGE(making, type, name) ((type *)message_of((making), sizeof(type), (void (*)(void *))name##__init))

static Jokbo__V1__Parent *parent_of(const struct making *making, const struct jk_plan_parent *parent)
{
    Jokbo__V1__Parent *message = MESSAGE(making, Jokbo__V1__Parent, jokbo__v1__parent);
    if (!message) return NULL;
    if (parent->external) {
        message->kind_case = JOKBO__V1__PARENT__KIND_EXTERNAL;
        message->external = MESSAGE(making, Jokbo__V1__ExternalParent, jokbo__v1__external_parent);
        if (!message->external) return NULL;
        message->external->name = text_of(making, parent->name);
        message->external->revision = text_of(making, parent->version);
        return message;
    }
    message->kind_case = JOKBO__V1__PARENT__KIND_REGISTERED;
    message->registered = MESSAGE(making, Jokbo__V1__RegisteredParent, jokbo__v1__registered_parent);
    if (!message->registered) return NULL;
    message->registered->name =
        jk_arena_printf(making->arena, "%.*s@%.*s", JK_SPAN_ARG(parent->name), JK_SPAN_ARG(parent->version));
    return message->registered->name ? message : NULL;
}

static Jokbo__V1__Derivative *derivative_of(const struct making *making, const struct jk_plan_step *step)
{
    Jokbo__V1__Derivative *message = MESSAGE(making, Jokbo__V1__Derivative, jokbo__v1__derivative);
    if (!message) return NULL;
    message->name = text_of(making, step->action == JK_PLAN_REGISTER ? step->id : step->model);
    message->version = text_of(making, step->version);
    message->relation = (Jokbo__V1__Relation)step->relation;
    message->license = text_of(making, step->license);
    message->parents = jk_arena_zalloc(making->arena, step->parent_count + (size_t)1, sizeof *message->parents);
    for (uint32_t i = 0; message->parents && i < step->parent_count; i++)
        if (!(message->parents[message->n_parents++] = parent_of(making, &step->parents[i]))) return NULL;
    return message->parents ? message : NULL;
}

static enum jk_status attach_record(const struct making *making, const struct jk_plan_step *step,
                                    ProtobufCBinaryData *out_record)
{
    struct jk_error *error = &making->opened->cli->error;
    struct jk_span line, record;
    JK_TRY(jk_census_line_at(making->opened, step->offset, step->length, &line));
    if (!jk_census_line_record(line, making->arena, &record)) {
        struct jk_census_line *whole = jk_arena_alloc(making->arena, sizeof *whole);
        if (!whole) return jk_out_of_memory(error);
        JK_TRY(jk_census_line_read(line, making->arena, whole, error));
        record = whole->record;
    }
    if (record.len == 0)
        return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_RUN", "The run has no record of %.*s: read the hub again",
                       JK_SPAN_ARG(step->id));
    *out_record = (ProtobufCBinaryData){record.len, (uint8_t *)text_of(making, record)};
    return JK_OK;
}

static enum jk_status fill_present(const struct making *making, const struct jk_plan_step *step,
                                   Jokbo__V1__CensusStep *message)
{
    bool registers = step->action == JK_PLAN_REGISTER, declares = registers || step->action == JK_PLAN_RELEASE;
    Jokbo__V1__CensusPresent *present = MESSAGE(making, Jokbo__V1__CensusPresent, jokbo__v1__census_present);
    if (!present) return jk_out_of_memory(&making->opened->cli->error);
    message->state_case = JOKBO__V1__CENSUS_STEP__STATE_PRESENT;
    message->present = present;
    if (!registers) present->model = text_of(making, step->model);
    if (declares && !(present->derivative = derivative_of(making, step)))
        return jk_out_of_memory(&making->opened->cli->error);
    return attach_record(making, step, &present->record);
}

static enum jk_status fill_moved(const struct making *making, const struct jk_plan_step *step,
                                 Jokbo__V1__CensusStep *message)
{
    Jokbo__V1__CensusMoved *moved = MESSAGE(making, Jokbo__V1__CensusMoved, jokbo__v1__census_moved);
    if (!moved) return jk_out_of_memory(&making->opened->cli->error);
    message->state_case = JOKBO__V1__CENSUS_STEP__STATE_MOVED;
    message->moved = moved;
    moved->id = text_of(making, step->id);
    moved->identity = text_of(making, step->identity);
    moved->to = text_of(making, step->to);
    moved->model = text_of(making, step->model);
    if (step->action != JK_PLAN_MOVED) moved->new_model = moved->to;
    return JK_OK;
}

static enum jk_status fill_absent(const struct making *making, const struct jk_plan_step *step,
                                  Jokbo__V1__CensusStep *message)
{
    Jokbo__V1__CensusAbsent *absent = MESSAGE(making, Jokbo__V1__CensusAbsent, jokbo__v1__census_absent);
    if (!absent) return jk_out_of_memory(&making->opened->cli->error);
    message->state_case = JOKBO__V1__CENSUS_STEP__STATE_ABSENT;
    message->absent = absent;
    absent->id = text_of(making, step->id);
    absent->identity = text_of(making, step->identity);
    absent->model = text_of(making, step->model);
    return JK_OK;
}

enum jk_status jk_census_message(struct jk_census_opened *opened, const struct jk_plan_step *step,
                                 struct jk_arena *arena, Jokbo__V1__CensusStep **out_message)
{
    struct making making = {opened, arena};
    struct jk_error *error = &opened->cli->error;
    enum jk_status status;
    *out_message = MESSAGE(&making, Jokbo__V1__CensusStep, jokbo__v1__census_step);
    if (!*out_message) return jk_out_of_memory(error);
    switch (step->action) {
    case JK_PLAN_RENAME:
    case JK_PLAN_TRANSFER:
    case JK_PLAN_MOVED:
        status = fill_moved(&making, step, *out_message);
        break;
    case JK_PLAN_ABSENT:
        status = fill_absent(&making, step, *out_message);
        break;
    default:
        status = fill_present(&making, step, *out_message);
    }
    return status == JK_OK && arena->exhausted ? jk_out_of_memory(error) : status;
}
