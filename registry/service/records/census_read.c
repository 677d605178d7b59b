/* Reading a step of RecordCensus: its grammar, and whether it says what its record does. See census_step.h. */
#include <stdio.h>

#include "census/observation.h"
#include "domain/ident.h"
#include "reply/lookup.h"
#include "service/records/census_step.h"

#define VERSION_DIGITS 12 /* of the revision, in a version */

struct reading {
    struct jk_census_step *step;
    struct jk_arena *arena;
    struct jk_error *error;
};

static const char *path(const struct reading *reading, const char *name)
{
    const char *path = jk_arena_printf(reading->arena, "%s%s", reading->step->prefix, name);
    return path ? path : name;
}

static void check_span(const struct reading *reading, const char *name, struct jk_span value, const char *why)
{
    if (why) jk_check_span(reading->error, path(reading, name), value, why);
}

static void read_model(const struct reading *reading, const char *name, const char *value, struct jk_span *out)
{
    *out = jk_span_of(value);
    if (out->len) check_span(reading, name, *out, jk_ident_model_fault(*out));
}

static void read_id(const struct reading *reading, const char *name, const char *value, struct jk_span *out)
{
    *out = jk_span_of(value);
    check_span(reading, name, *out, jk_ident_model_fault(*out));
}

static void read_identity(const struct reading *reading, const char *value)
{
    struct jk_span text = jk_span_of(value);
    reading->step->seen.identity = text;
    if (text.len > 0 && jk_ident_identity_fault(text))
        check_span(reading, "identity", text, "must be up to 64 letters and digits, or empty");
}

/* ---- present ---- */

static void read_record(const struct reading *reading, const ProtobufCBinaryData *bytes)
{
    struct jk_census_step *step = reading->step;
    struct jk_error one;
    step->record = (struct jk_span){(const char *)bytes->data, bytes->len};
    if (!bytes->len) {
        jk_error_field(reading->error, path(reading, "record"), "is required");
        return;
    }
    jk_error_init(&one, NULL);
    if (jk_observation_of(step->record, &step->seen, &one) != JK_OK)
        jk_error_field(reading->error, path(reading, "record"), "is not canonical: %s", one.message);
}

static void check_declared_name(const struct reading *reading)
{
    const struct jk_census_step *step = reading->step;
    struct jk_span wanted = step->model.len ? step->model : step->seen.id;
    if (!wanted.len || jk_span_equal_fold(step->draft->name, wanted)) return;
    jk_error_field(reading->error, path(reading, "derivative.name"), "\"%.*s\" is not \"%.*s\", %s",
                   JK_SPAN_ARG(step->draft->name), JK_SPAN_ARG(wanted),
                   step->model.len ? "the model of the step" : "the repository's name in the record");
}

static void check_declared_version(const struct reading *reading)
{
    const struct jk_census_step *step = reading->step;
    struct jk_span version = step->draft->version, digits = step->seen.revision_hex, hub = JK_SPAN("hub-");
    if (digits.len < VERSION_DIGITS) return;
    digits.len = VERSION_DIGITS;
    bool begins = jk_span_starts(version, hub) &&
                  jk_span_starts((struct jk_span){version.at + hub.len, version.len - hub.len}, digits);
    if (begins) return;
    jk_error_field(reading->error, path(reading, "derivative.version"),
                   "\"%.*s\" does not begin with \"hub-%.*s\", which the record's revision gives", JK_SPAN_ARG(version),
                   JK_SPAN_ARG(digits));
}

static void read_present(const struct reading *reading, const Jokbo__V1__CensusPresent *message)
{
    struct jk_census_step *step = reading->step;
    step->seen.observed = JK_OBSERVED_PRESENT;
    read_record(reading, &message->record);
    read_model(reading, "model", message->model, &step->model);
    step->declares = message->derivative != NULL;
    if (!step->declares) return;
    jk_draft_read(message->derivative, path(reading, "derivative."), reading->arena, step->draft, reading->error);
    /* A census sees no file, so it cannot say what is in one. */
    static const char rule[] = "is given, but a census has no file's bytes: leave it out";
    if (*message->derivative->license_text_sha256)
        jk_error_field(reading->error, path(reading, "derivative.license_text_sha256"), "%s", rule);
    if (*message->derivative->artifact_sha256)
        jk_error_field(reading->error, path(reading, "derivative.artifact_sha256"), "%s", rule);
    if (*message->derivative->weights_sha256)
        jk_error_field(reading->error, path(reading, "derivative.weights_sha256"), "%s", rule);
    check_declared_name(reading);
    check_declared_version(reading);
}

/* ---- moved, absent ---- */

static void read_moved(const struct reading *reading, const Jokbo__V1__CensusMoved *message)
{
    struct jk_census_step *step = reading->step;
    step->seen.observed = JK_OBSERVED_MOVED;
    read_id(reading, "id", message->id, &step->seen.id);
    read_id(reading, "to", message->to, &step->seen.to);
    read_identity(reading, message->identity);
    read_model(reading, "model", message->model, &step->model);
    read_model(reading, "new_model", message->new_model, &step->new_model);
    if (jk_span_equal(step->seen.id, step->seen.to))
        check_span(reading, "to", step->seen.to, "is the name that it has had until now");
    if (!step->new_model.len) return;
    if (!step->model.len) check_span(reading, "new_model", step->new_model, "is given without a model");
    if (!jk_span_equal_fold(step->new_model, step->seen.to))
        check_span(reading, "new_model", step->new_model, "must be `to`, or empty if the model keeps its name");
}

static void read_absent(const struct reading *reading, const Jokbo__V1__CensusAbsent *message)
{
    reading->step->seen.observed = JK_OBSERVED_ABSENT;
    read_id(reading, "id", message->id, &reading->step->seen.id);
    read_identity(reading, message->identity);
    read_model(reading, "model", message->model, &reading->step->model);
}

void jk_census_check_hub(struct jk_span hub, struct jk_error *error)
{
    char external[JK_EXTERNAL_MAX + 1];
    struct jk_span id;
    const char *why = jk_ident_host_fault(hub);
    int len = why ? 0 : snprintf(external, sizeof external, "%.*s/a", JK_SPAN_ARG(hub));
    if (!why &&
        ((size_t)len >= sizeof external || jk_ident_is_hub_respelled((struct jk_span){external, (size_t)len}, &id)))
        why = "is another address of the Hugging Face Hub: give huggingface.co";
    if (why) jk_check_span(error, "hub", hub, why);
}

void jk_census_step_read(const Jokbo__V1__CensusStep *message, struct jk_span hub, struct jk_draft *drafts,
                         size_t place, struct jk_arena *arena, struct jk_census_step *out_step, struct jk_error *error)
{
    static const char *const words[] = {[JOKBO__V1__CENSUS_STEP__STATE_PRESENT] = "present.",
                                        [JOKBO__V1__CENSUS_STEP__STATE_MOVED] = "moved.",
                                        [JOKBO__V1__CENSUS_STEP__STATE_ABSENT] = "absent."};
    struct reading reading = {.step = out_step, .arena = arena, .error = error};
    bool known = message->state_case == JOKBO__V1__CENSUS_STEP__STATE_PRESENT ||
                 message->state_case == JOKBO__V1__CENSUS_STEP__STATE_MOVED ||
                 message->state_case == JOKBO__V1__CENSUS_STEP__STATE_ABSENT;
    *out_step = (struct jk_census_step){.seen = {.kind = JK_KIND_OBSERVE,
                                                 .actor = {.type = JK_ACTOR_REGISTRAR},
                                                 .created_us = JK_TIME_NONE,
                                                 .modified_us = JK_TIME_NONE},
                                        .draft = &drafts[place]};
    (void)snprintf(out_step->prefix, sizeof out_step->prefix, "steps[%u].%s", (unsigned)place,
                   known ? words[message->state_case] : "");
    if (!known)
        jk_error_field(error, path(&reading, "state"), "is empty: give present, moved or absent");
    else if (message->state_case == JOKBO__V1__CENSUS_STEP__STATE_PRESENT)
        read_present(&reading, message->present);
    else if (message->state_case == JOKBO__V1__CENSUS_STEP__STATE_MOVED)
        read_moved(&reading, message->moved);
    else
        read_absent(&reading, message->absent);
    out_step->seen.hub = hub;
    out_step->draft->earlier = place;
}
