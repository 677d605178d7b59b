/* struct jk_error to google.rpc.Status. See failure.h. */
#include "reply/failure.h"

#include <google/rpc/error_details.pb-c.h>
#include <stdio.h>

#include "reply/message.h"

#define TYPE_URL     "type.googleapis.com/"
#define DETAILS_MOST 5
#define FACTS_MOST   (JK_ERROR_FACTS + 2)

/* What is being built, and what it may still take. */
struct builder {
    const struct jk_error *error;
    struct jk_arena *arena;
    size_t left; /* bytes of serialised details */
    Google__Protobuf__Any *details[DETAILS_MOST];
    size_t detail_count;
    size_t omitted_violations, omitted_facts;
};

const char *jk_failure_message(const struct jk_error *error)
{
    return error->message[0] ? error->message : jk_status_text(error->status);
}

static void charge(struct builder *build, size_t size)
{
    build->left -= size < build->left ? size : build->left;
}

/* Adds the message as an Any; without memory it is left out. */
static void add_detail(struct builder *build, const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    Google__Protobuf__Any *any = jk_arena_alloc(build->arena, sizeof *any);
    uint8_t *bytes = jk_arena_alloc(build->arena, size);
    char *url = jk_arena_printf(build->arena, TYPE_URL "%s", message->descriptor->name);
    if (!any || !bytes || !url) return;
    google__protobuf__any__init(any);
    any->type_url = url;
    any->value.len = protobuf_c_message_pack(message, bytes);
    any->value.data = bytes;
    build->details[build->detail_count++] = any;
}

/* How many of the violations fit; each is charged with what it takes, generously. */
static size_t fitting_violations(struct builder *build, size_t overhead)
{
    const struct jk_error *error = build->error;
    size_t most = error->violation_count < JK_ERROR_VIOLATIONS ? error->violation_count : JK_ERROR_VIOLATIONS;
    size_t count = 0;
    while (count < most) {
        const struct jk_violation *violation = &error->violations[count];
        size_t size = strlen(violation->field) + strlen(violation->rule) + overhead;
        if (size > build->left) break;
        charge(build, size);
        count++;
    }
    build->omitted_violations = error->violation_count - count;
    return count;
}

static void add_bad_request(struct builder *build)
{
    Google__Rpc__BadRequest__FieldViolation rows[JK_ERROR_VIOLATIONS], *pointers[JK_ERROR_VIOLATIONS];
    Google__Rpc__BadRequest detail = GOOGLE__RPC__BAD_REQUEST__INIT;
    charge(build, 64);
    size_t count = fitting_violations(build, 12);
    for (size_t i = 0; i < count; i++) {
        google__rpc__bad_request__field_violation__init(&rows[i]);
        rows[i].field = (char *)build->error->violations[i].field;
        rows[i].description = (char *)build->error->violations[i].rule;
        pointers[i] = &rows[i];
    }
    detail.n_field_violations = count;
    detail.field_violations = pointers;
    if (count > 0) add_detail(build, &detail.base);
}

static const char *reason_of(const struct jk_error *error)
{
    return error->reason ? error->reason : jk_status_text(error->status);
}

static void add_precondition(struct builder *build)
{
    Google__Rpc__PreconditionFailure__Violation rows[JK_ERROR_VIOLATIONS], *pointers[JK_ERROR_VIOLATIONS];
    Google__Rpc__PreconditionFailure detail = GOOGLE__RPC__PRECONDITION_FAILURE__INIT;
    charge(build, 64);
    size_t count = fitting_violations(build, 16 + strlen(reason_of(build->error)));
    for (size_t i = 0; i < count; i++) {
        google__rpc__precondition_failure__violation__init(&rows[i]);
        rows[i].type = (char *)reason_of(build->error);
        rows[i].subject = (char *)build->error->violations[i].field;
        rows[i].description = (char *)build->error->violations[i].rule;
        pointers[i] = &rows[i];
    }
    detail.n_violations = count;
    detail.violations = pointers;
    if (count > 0) add_detail(build, &detail.base);
}

static void add_resource(struct builder *build)
{
    const struct jk_error *error = build->error;
    size_t size = 64 + strlen(error->resource_type) + strlen(error->resource_name);
    if (size > build->left) return;
    charge(build, size);
    Google__Rpc__ResourceInfo detail = GOOGLE__RPC__RESOURCE_INFO__INIT;
    detail.resource_type = (char *)error->resource_type;
    detail.resource_name = (char *)error->resource_name;
    add_detail(build, &detail.base);
}

static void add_info(struct builder *build, size_t fact_count)
{
    Google__Rpc__ErrorInfo__MetadataEntry rows[FACTS_MOST], *pointers[FACTS_MOST];
    char violations[24], facts[24];
    Google__Rpc__ErrorInfo detail = GOOGLE__RPC__ERROR_INFO__INIT;
    for (size_t i = 0; i < FACTS_MOST; i++) {
        google__rpc__error_info__metadata_entry__init(&rows[i]);
        pointers[i] = &rows[i];
    }
    for (size_t i = 0; i < fact_count; i++) {
        rows[i].key = (char *)build->error->facts[i].key;
        rows[i].value = (char *)build->error->facts[i].value;
    }
    snprintf(violations, sizeof violations, "%zu", build->omitted_violations);
    snprintf(facts, sizeof facts, "%zu", build->omitted_facts);
    if (build->omitted_violations > 0) {
        rows[fact_count].key = "omitted_violations";
        rows[fact_count++].value = violations;
    }
    if (build->omitted_facts > 0) {
        rows[fact_count].key = "omitted_facts";
        rows[fact_count++].value = facts;
    }
    detail.reason = (char *)reason_of(build->error);
    detail.domain = JK_ERROR_DOMAIN;
    detail.n_metadata = fact_count;
    detail.metadata = pointers;
    add_detail(build, &detail.base);
}

/* In the order of their worth: what is added first gets the room. */
static void add_all(struct builder *build)
{
    const struct jk_error *error = build->error;
    charge(build, 160 + strlen(reason_of(error)) + strlen(jk_failure_message(error)));
    if (error->retry_ms > 0) {
        Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
        Google__Rpc__RetryInfo detail = GOOGLE__RPC__RETRY_INFO__INIT;
        delay.seconds = build->error->retry_ms / 1000;
        delay.nanos = build->error->retry_ms % 1000 * 1000000;
        detail.retry_delay = &delay;
        charge(build, 80);
        add_detail(build, &detail.base);
    }
    if (error->resource_type && error->resource_name) add_resource(build);

    /* facts may take what is there but for 1 KiB, which is kept for the first violations */
    size_t facts = 0;
    while (facts < error->fact_count) {
        size_t size = strlen(error->facts[facts].key) + strlen(error->facts[facts].value) + 12;
        if (size + 1024 > build->left) break;
        charge(build, size);
        facts++;
    }
    build->omitted_facts = error->fact_count - facts;

    if (error->violation_count > 0 && error->status == JK_FAILED_PRECONDITION)
        add_precondition(build);
    else if (error->violation_count > 0)
        add_bad_request(build);
    add_info(build, facts);
}

Google__Rpc__Status *jk_failure_status(const struct jk_error *error, size_t room, struct jk_arena *arena)
{
    struct builder build = {.error = error, .arena = arena, .left = room};
    Google__Rpc__Status *status = JK_MESSAGE(arena, Google__Rpc__Status, google__rpc__status);
    if (!status) return NULL;
    add_all(&build);
    status->code = (int32_t)error->status;
    status->message = (char *)jk_failure_message(error);
    status->n_details = build.detail_count;
    status->details = (Google__Protobuf__Any **)jk_pointers(arena, build.detail_count);
    if (!status->details) status->n_details = 0;
    for (size_t i = 0; i < status->n_details; i++)
        status->details[i] = build.details[i];
    return status;
}
