/* See keeping.h. */
#include "web/keeping.h"

#include <inttypes.h>
#include <jokbo/v1/evaluation.pb-c.h>
#include <jokbo/v1/log.pb-c.h>
#include <stdio.h>

#include "base/digest.h"
#include "reply/json.h"

/* The policy cannot mean another one later: it is named with its version, or by its digest. */
static bool is_one_policy(const char *policy)
{
    struct jk_digest digest;
    return strchr(policy, '@') != NULL || jk_digest_parse(jk_span_of(policy), &digest);
}

/* A stage's counts change while it is open, and with its newest revision. */
static bool is_fixed_rule(const Jokbo__V1__CountRule *rule)
{
    return !rule || (rule->kind_case == JOKBO__V1__COUNT_RULE__KIND_POLICY && is_one_policy(rule->policy));
}

static struct jk_keeping count_keeping(const Jokbo__V1__AsOf *as_of, const Jokbo__V1__CountRule *rule)
{
    struct jk_keeping keeping = {.follows = !rule};
    if (!as_of || !is_fixed_rule(rule)) return keeping;
    keeping.fixed = as_of->kind_case == JOKBO__V1__AS_OF__KIND_LOG_SIZE;
    keeping.timed = as_of->kind_case == JOKBO__V1__AS_OF__KIND_TIME && as_of->time;
    if (keeping.timed) keeping.until_us = jk_json_time_us(as_of->time);
    return keeping;
}

static bool is_following(const char *method, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(method, names[i]) == 0) return true;
    return false;
}

static struct jk_keeping keeping_by_type(const char *method, const ProtobufCMessage *request)
{
    static const char *const following[] = {"/jokbo.v1.Registry/ListBaseModels", "/jokbo.v1.Registry/ListTeams",
                                            "/jokbo.v1.Registry/ListDerivatives"};
    if (request->descriptor == &jokbo__v1__count_derivatives_request__descriptor) {
        const Jokbo__V1__CountDerivativesRequest *count = (const void *)request;
        return count_keeping(count->as_of, count->rule);
    }
    if (request->descriptor == &jokbo__v1__list_counts_request__descriptor) {
        const Jokbo__V1__ListCountsRequest *counts = (const void *)request;
        return count_keeping(counts->as_of, counts->rule);
    }
    if (request->descriptor == &jokbo__v1__list_counted_request__descriptor) {
        const Jokbo__V1__ListCountedRequest *counted = (const void *)request;
        return count_keeping(counted->as_of, counted->rule);
    }
    if (request->descriptor == &jokbo__v1__list_publisher_counts_request__descriptor) {
        const Jokbo__V1__ListPublisherCountsRequest *counts = (const void *)request;
        return count_keeping(counts->as_of, counts->rule);
    }
    if (request->descriptor == &jokbo__v1__get_inclusion_proof_request__descriptor) {
        const Jokbo__V1__GetInclusionProofRequest *proof = (const void *)request;
        return (struct jk_keeping){.fixed =
                                       proof->tree_size > 0 &&
                                       proof->entry_case == JOKBO__V1__GET_INCLUSION_PROOF_REQUEST__ENTRY_LOG_INDEX,
                                   .follows = true};
    }
    if (request->descriptor == &jokbo__v1__get_consistency_proof_request__descriptor) {
        const Jokbo__V1__GetConsistencyProofRequest *proof = (const void *)request;
        return (struct jk_keeping){.fixed = proof->second_size > 0, .follows = true};
    }
    return (struct jk_keeping){.follows = is_following(method, following, sizeof following / sizeof *following)};
}

/* A request that has to wait for a log size cannot be answered before. */
static bool demands_size(const ProtobufCMessage *request)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(request->descriptor, "min_log_size");
    return field && *(const int64_t *)(const void *)((const char *)request + field->offset) != 0;
}

struct jk_keeping jk_keeping_of(const char *method, const ProtobufCMessage *request)
{
    struct jk_keeping keeping = keeping_by_type(method, request);
    keeping.follows = keeping.follows && !demands_size(request);
    return keeping;
}

void jk_keeping_settle(struct jk_keeping *keeping, int64_t newest_us)
{
    keeping->fixed = keeping->fixed || (keeping->timed && newest_us >= keeping->until_us);
    keeping->timed = false;
}

const char *jk_keeping_cache(const struct jk_keeping *keeping)
{
    return keeping->fixed ? "public, max-age=31536000, immutable" : "no-cache";
}

/* ---- tags ---- */

static uint64_t log_size_of(const ProtobufCMessage *message)
{
    if (!message) return 0;
    static const char *const names[] = {"log_size", "tree_size", "second_size"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(message->descriptor, names[i]);
        if (field && field->type == PROTOBUF_C_TYPE_INT64)
            return *(const uint64_t *)(const void *)((const char *)message + field->offset);
    }
    return 0;
}

void jk_keeping_tag(const ProtobufCMessage *message, bool csv, struct jk_span body, char out_tag[JK_TAG_TEXT])
{
    struct jk_digest digest = jk_digest_of(body);
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&digest, hex);
    snprintf(out_tag, JK_TAG_TEXT, "W/\"%" PRIu64 "-%c-%.16s\"", log_size_of(message), csv ? 'c' : 'j', hex);
}

bool jk_keeping_same(struct jk_span if_none_match, uint64_t log_size, bool csv, char out_tag[JK_TAG_TEXT])
{
    char begin[JK_TAG_TEXT];
    size_t len = (size_t)snprintf(begin, sizeof begin, "W/\"%" PRIu64 "-%c-", log_size, csv ? 'c' : 'j');
    struct jk_span tag = jk_span_trim(if_none_match);
    if (tag.len != len + 17 || !jk_span_starts(tag, (struct jk_span){begin, len}) || tag.at[tag.len - 1] != '"')
        return false;
    for (size_t i = len; i < len + 16; i++)
        if (!strchr("0123456789abcdef", tag.at[i]) || tag.at[i] == '\0') return false;
    snprintf(out_tag, JK_TAG_TEXT, "%.*s", JK_SPAN_ARG(tag));
    return true;
}
