/* Decoding google.rpc.Status, and printing errors. The server's text is untrusted: control characters never reach the
 * terminal (jk_error filters them). */
#include "cli/console/faults.h"

#include <google/rpc/error_details.pb-c.h>
#include <google/rpc/status.pb-c.h>
#include <jansson.h>

#include "base/text.h"
#include "reply/message.h"

#define DETAILS_ARENA (4u << 20)
#define RED           "\033[31m"
#define PLAIN         "\033[0m"

static void take_info(const Google__Rpc__ErrorInfo *info, struct jk_error *error)
{
    error->reason = error->arena ? jk_arena_copy(error->arena, info->reason, strlen(info->reason)) : NULL;
    for (size_t i = 0; i < info->n_metadata; i++) {
        const char *key = info->metadata[i]->key, *value = info->metadata[i]->value;
        if (strcmp(key, "receipt") == 0)
            jk_error_fact_text(error, key, jk_span_of(value)); /* has lines, and is parsed before anything else */
        else
            jk_error_fact(error, key, "%s", value);
    }
}

static void take_detail(const ProtobufCMessage *detail, struct jk_error *error)
{
    const ProtobufCMessageDescriptor *type = detail->descriptor;
    const Google__Rpc__ResourceInfo *resource = (const Google__Rpc__ResourceInfo *)detail;
    if (type == &google__rpc__error_info__descriptor) {
        take_info((const Google__Rpc__ErrorInfo *)detail, error);
    } else if (type == &google__rpc__bad_request__descriptor) {
        const Google__Rpc__BadRequest *bad = (const Google__Rpc__BadRequest *)detail;
        for (size_t i = 0; i < bad->n_field_violations; i++)
            jk_error_field(error, bad->field_violations[i]->field, "%s", bad->field_violations[i]->description);
    } else if (type == &google__rpc__precondition_failure__descriptor) {
        const Google__Rpc__PreconditionFailure *failure = (const Google__Rpc__PreconditionFailure *)detail;
        for (size_t i = 0; i < failure->n_violations; i++)
            jk_error_field(error, failure->violations[i]->subject, "%s", failure->violations[i]->description);
    } else if (type == &google__rpc__retry_info__descriptor) {
        const Google__Rpc__RetryInfo *retry = (const Google__Rpc__RetryInfo *)detail;
        if (retry->retry_delay && retry->retry_delay->seconds >= 0) {
            int64_t ms = retry->retry_delay->seconds > 3600
                             ? 3600000
                             : retry->retry_delay->seconds * 1000 + retry->retry_delay->nanos / 1000000;
            error->retry_ms = ms > 0 ? (int)ms : 0;
        }
    } else {
        jk_error_resource(error, resource->resource_type, resource->resource_name);
    }
}

/* Unpacks one Any where it is of a type known here. */
static ProtobufCMessage *unpack_detail(const Google__Protobuf__Any *any, ProtobufCAllocator *allocator)
{
    const ProtobufCMessageDescriptor *types[] = {
        &google__rpc__error_info__descriptor, &google__rpc__bad_request__descriptor,
        &google__rpc__precondition_failure__descriptor, &google__rpc__retry_info__descriptor,
        &google__rpc__resource_info__descriptor};
    const char *name = strrchr(any->type_url, '/');
    for (size_t i = 0; name && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(name + 1, types[i]->name) == 0)
            return protobuf_c_message_unpack(types[i], allocator, any->value.len, any->value.data);
    return NULL;
}

enum jk_status jk_faults_from_server(int grpc_status, struct jk_span message, struct jk_span details,
                                     struct jk_error *error)
{
    enum jk_status status =
        grpc_status > 0 && grpc_status <= (int)JK_UNAUTHENTICATED ? (enum jk_status)grpc_status : JK_UNKNOWN;
    (void)jk_fail(error, status, NULL, "%.*s", JK_SPAN_ARG(message));
    if (details.len > 0) {
        struct jk_arena arena;
        jk_arena_init(&arena, DETAILS_ARENA);
        ProtobufCAllocator allocator = jk_arena_allocator(&arena);
        Google__Rpc__Status *received =
            google__rpc__status__unpack(&allocator, details.len, (const uint8_t *)details.at);
        for (size_t i = 0; received && i < received->n_details; i++) {
            const ProtobufCMessage *detail = unpack_detail(received->details[i], &allocator);
            if (detail) take_detail(detail, error);
        }
        jk_arena_done(&arena);
    }
    return status;
}

static bool has_reason(const struct jk_error *error, const char *reason)
{
    return error->reason && strcmp(error->reason, reason) == 0;
}

/* The findings of audit/audit.h. */
static bool is_audit(const struct jk_error *error)
{
    return error->reason && strncmp(error->reason, "AUDIT_", strlen("AUDIT_")) == 0;
}

/* Of what is served over HTTP. */
static bool is_mirror(const struct jk_error *error)
{
    return error->reason && (strncmp(error->reason, "MIRROR_", strlen("MIRROR_")) == 0 ||
                             strncmp(error->reason, "FETCH_", strlen("FETCH_")) == 0);
}

enum jk_exit jk_faults_exit(const struct jk_error *error)
{
    if (has_reason(error, "USAGE")) return JK_EXIT_USAGE;
    if (has_reason(error, "INPUT_INCOMPLETE")) return JK_EXIT_INCOMPLETE;
    if (has_reason(error, "LOCAL_FILE")) return JK_EXIT_LOCAL_FILE;
    if (has_reason(error, "NOT_VERIFIED")) return JK_EXIT_NOT_VERIFIED;
    if (has_reason(error, "LOG_FORKED")) return JK_EXIT_FORKED;
    if (has_reason(error, "RECEIPT_WRONG")) return JK_EXIT_RECEIPT_WRONG;
    if (has_reason(error, "NOT_COSIGNED")) return JK_EXIT_TRY_AGAIN;
    if (is_audit(error)) return JK_EXIT_NOT_VERIFIED;
    switch (error->status) {
    case JK_OK:
        return JK_EXIT_OK;
    case JK_INVALID_ARGUMENT:
    case JK_FAILED_PRECONDITION:
    case JK_OUT_OF_RANGE:
        return JK_EXIT_REFUSED;
    case JK_NOT_FOUND:
        return JK_EXIT_NOT_FOUND;
    case JK_ALREADY_EXISTS:
    case JK_ABORTED:
        return JK_EXIT_CONFLICT;
    case JK_UNAUTHENTICATED:
    case JK_PERMISSION_DENIED:
        return JK_EXIT_NOT_PERMITTED;
    case JK_UNAVAILABLE:
    case JK_DEADLINE_EXCEEDED:
    case JK_RESOURCE_EXHAUSTED:
        return JK_EXIT_TRY_AGAIN;
    default:
        return JK_EXIT_INTERNAL;
    }
}

const char *jk_faults_fact(const struct jk_error *error, const char *key)
{
    for (size_t i = 0; i < error->fact_count; i++)
        if (strcmp(error->facts[i].key, key) == 0) return error->facts[i].value;
    return NULL;
}

/* What the reader can do about it, NULL where the error says so itself. */
static const char *hint_for(const struct jk_error *error)
{
    if (has_reason(error, "LOG_FORKED"))
        return "Keep both checkpoints, and show them to the operator and to others. Two of one size are a proof by "
               "themselves; of two sizes, that nobody can show how one grew into the other.";
    if (has_reason(error, "RECEIPT_WRONG"))
        return "jokbo verify MODEL asks again; if that fails, too, tell the operator.";
    if (has_reason(error, "NOT_COSIGNED"))
        return "Witnesses cosign soon after a publication, where the server asks any: try again shortly.";
    if (is_mirror(error)) return "Is the log served there? Its checkpoint is at URL/checkpoint.";
    if (has_reason(error, "HUB_FAILED"))
        return "What was read is kept: the same command with --resume goes on from there.";
    if (has_reason(error, "NO_EVIDENCE"))
        return "jokbo show MODEL@VERSION says which manifest a release names, jokbo blob get SHA256 whether it is "
               "stored. "
               "jokbo digest makes one, jokbo publish --manifest brings it; its turn then comes by itself.";
    if (has_reason(error, "LOCAL_FILE")) return NULL;
    if (has_reason(error, "USAGE")) return "jokbo help lists the commands; jokbo COMMAND --help its options.";
    switch (error->status) {
    case JK_UNAUTHENTICATED:
        return "Give a token that works: --token-file FILE, or JOKBO_TOKEN.";
    case JK_PERMISSION_DENIED:
        return "jokbo whoami shows whose token it is, and what it may do.";
    case JK_UNAVAILABLE:
        return "Is the server running, and is its address right? --server ADDRESS, or JOKBO_SERVER.";
    case JK_DEADLINE_EXCEEDED:
        return "Try again, or wait longer: --timeout SECONDS.";
    case JK_RESOURCE_EXHAUSTED:
        return "A limit has been reached: try again later.";
    case JK_UNIMPLEMENTED:
        return "The server does not know this call: is it a different version?";
    default:
        return NULL;
    }
}

static size_t kept_violations(const struct jk_error *error)
{
    return error->violation_count < JK_ERROR_VIOLATIONS ? error->violation_count : JK_ERROR_VIOLATIONS;
}

/* A request's field as its sender knows it: by the option that sets it. */
static const char *field_as_given(const char *field)
{
    static const struct {
        const char *field, *given;
    } names[] = {
        {"derivative.name", "--name"},
        {"derivative.version", "--release"},
        {"derivative.license", "--license"},
        {"derivative.parents", "parents"}, /* a card's, or --parent */
        {"release.version", "--release"},
        {"release.license", "--license"},
        {"stage.title", "--title"},
        {"stage.title_ko", "--title-ko"},
        {"stage.open_time", "--opens"},
        {"stage.cutoff_time", "--cut-off"},
        {"stage.dispute_end_time", "--disputes-until"},
        {"stage.policy", "--policy"},
        {"stage.teams", "--teams"},
        {"stage.source", "--source"},
        {"as_of.log_size", "--as-of"},
        {"as_of.time", "--as-of"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t len = strlen(names[i].field);
        if (strncmp(field, names[i].field, len) == 0 && (field[len] == '\0' || field[len] == '['))
            return names[i].given;
    }
    return field;
}

void jk_faults_print(const struct jk_error *error, FILE *file, bool color)
{
    size_t kept = kept_violations(error);
    const char *hint = hint_for(error);
    const char *message = error->message[0] ? error->message : jk_status_text(error->status);
    fprintf(file, "%sjokbo:%s ", color ? RED : "", color ? PLAIN : "");
    if (kept == 0)
        fprintf(file, "%s\n", message);
    else if (has_reason(error, "INVALID_FIELD"))
        fprintf(file, "%zu %s to fix:\n", error->violation_count, error->violation_count == 1 ? "thing" : "things");
    else
        fprintf(file, "%s:\n", message);
    for (size_t i = 0; i < kept; i++)
        fprintf(file, "  %s: %s\n", field_as_given(error->violations[i].field), error->violations[i].rule);
    if (kept < error->violation_count) fprintf(file, "  and %zu more\n", error->violation_count - kept);
    if (hint) fprintf(file, "%s\n", hint);
}

void jk_faults_print_json(const struct jk_error *error, FILE *file)
{
    json_t *violations = json_array();
    for (size_t i = 0; i < kept_violations(error); i++)
        json_array_append_new(violations, json_pack("{s:s, s:s}", "field", error->violations[i].field, "rule",
                                                    error->violations[i].rule));
    json_t *facts = json_object();
    for (size_t i = 0; i < error->fact_count; i++)
        json_object_set_new(facts, error->facts[i].key, json_string(error->facts[i].value));
    json_t *root = json_pack("{s:{s:s, s:s?, s:i, s:s, s:o, s:o}}", "error", "code", jk_status_text(error->status),
                             "reason", error->reason, "exit_code", (int)jk_faults_exit(error), "message",
                             error->message[0] ? error->message : jk_status_text(error->status), "violations",
                             violations, "metadata", facts);
    if (root && json_dumpf(root, file, JSON_INDENT(2)) == 0) fputc('\n', file);
    json_decref(root);
}
