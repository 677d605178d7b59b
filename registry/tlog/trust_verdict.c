/* Judging a checkpoint by a policy; see trust.h. */
#include "tlog/trust.h"

#include <stdio.h>

#include "base/defer.h"

/* Groups refer only to earlier ones, so one pass from first to last is enough. */
bool jk_trust_quorum(const struct jk_trust *policy, uint32_t witnesses)
{
    uint64_t standing = witnesses;

    if (policy->quorum == JK_TRUST_NOBODY) return true;
    for (uint32_t i = 0; i < policy->group_count; i++) {
        const struct jk_trust_group *group = &policy->groups[i];

        if ((uint32_t)__builtin_popcountll(standing & group->members) >= group->least)
            standing |= (uint64_t)1 << (JK_TRUST_WITNESSES + i);
    }
    return standing >> policy->quorum & 1;
}

uint32_t jk_trust_foreign(const struct jk_trust *policy)
{
    uint32_t foreign = 0;

    for (uint32_t i = 0; i < policy->witness_count; i++)
        foreign |= (uint32_t)policy->witnesses[i].foreign << i;
    return foreign;
}

bool jk_trust_reachable(const struct jk_trust *policy)
{
    return jk_trust_quorum(policy, ~jk_trust_foreign(policy));
}

/* As c2sp.org/signed-note and tlog-cosignature assign them. */
void jk_trust_type_text(unsigned char type, char out_text[JK_TRUST_TYPE_TEXT])
{
    static const struct {
        unsigned char type;
        const char *text;
    } names[] = {{0x01, "Ed25519"}, {0x02, "ECDSA"}, {0x04, "Ed25519"}, {0x05, "RFC 6962"}, {0x06, "ML-DSA-44"}};

    (void)snprintf(out_text, JK_TRUST_TYPE_TEXT, "type 0x%02x", type);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (names[i].type == type) (void)snprintf(out_text, JK_TRUST_TYPE_TEXT, "%s", names[i].text);
    }
}

/* Any of the policy's logs with that origin is enough; if none matches, the first failure is reported. */
static enum jk_status check_logs(const struct jk_trust *policy, struct jk_span note, struct jk_span origin,
                                 struct jk_error *error)
{
    struct jk_error first;
    struct jk_span body;

    jk_error_init(&first, NULL);
    for (uint32_t i = 0; i < policy->log_count; i++) {
        struct jk_error failure;

        if (!jk_span_equal(jk_span_of(policy->logs[i].key.name), origin)) continue;
        jk_error_init(&failure, NULL);
        if (jk_note_verify(note, &policy->logs[i].key, &body, &failure) == JK_OK) return JK_OK;
        if (!jk_error_is_set(&first)) first = failure;
    }
    if (jk_error_is_set(&first)) return jk_fail(error, first.status, first.reason, "%s", first.message);
    return jk_fail(error, JK_INVALID_ARGUMENT, "TRUST_LOG", "the policy does not list the log \"%.*s\"",
                   JK_SPAN_ARG(origin));
}

static enum jk_status check_key(struct jk_span note, struct jk_span origin, const struct jk_verifier *log_key,
                                struct jk_error *error)
{
    struct jk_span body;

    JK_TRY(jk_note_verify(note, log_key, &body, error));
    if (jk_span_equal(jk_span_of(log_key->name), origin)) return JK_OK;
    return jk_fail(error, JK_INVALID_ARGUMENT, "TRUST_LOG", "the checkpoint is of the log \"%.*s\", the key of \"%s\"",
                   JK_SPAN_ARG(origin), log_key->name);
}

enum jk_status jk_trust_look(const struct jk_trust *policy, struct jk_span note, const struct jk_verifier *log_key,
                             struct jk_trust_verdict *out, struct jk_error *error)
{
    struct jk_trust_verdict verdict = {0};
    struct jk_span body, lines;

    JK_TRY(jk_note_open(note, &body, &lines, error));
    JK_TRY(jk_checkpoint_parse(body, &verdict.checkpoint, error));
    if (policy->log_count == 0 && !log_key)
        return jk_fail(error, JK_INVALID_ARGUMENT, "TRUST_LOG",
                       "the policy names no log: add a log line, or give the log's key");
    if (policy->log_count > 0) JK_TRY(check_logs(policy, note, verdict.checkpoint.origin, error));
    if (log_key) JK_TRY(check_key(note, verdict.checkpoint.origin, log_key, error));

    for (uint32_t i = 0; i < policy->witness_count; i++) {
        struct jk_cosignature cosignature;
        struct jk_error failure;
        enum jk_status status;

        if (policy->witnesses[i].foreign) continue;
        jk_error_init(&failure, NULL);
        status = jk_cosignature_verify(body, lines, &policy->witnesses[i].cosigner, &cosignature, &failure);
        if (status != JK_OK && strcmp(failure.reason, "COSIGNATURE_ABSENT") == 0) continue;
        if (status != JK_OK) return jk_fail(error, status, failure.reason, "%s", failure.message);
        verdict.cosigned |= (uint32_t)1 << i;
        verdict.times_s[i] = cosignature.time_s;
    }
    verdict.quorum = jk_trust_quorum(policy, verdict.cosigned);

    *out = verdict;
    return JK_OK;
}

static void list(const struct jk_trust *policy, uint32_t which, struct jk_text *out)
{
    for (uint32_t i = 0; i < policy->witness_count; i++) {
        const struct jk_trust_witness *witness = &policy->witnesses[i];
        char type[JK_TRUST_TYPE_TEXT];

        if (!(which >> i & 1)) continue;
        jk_text_addf(out, "%s%.60s", out->len > 0 ? ", " : "", witness->name);
        jk_trust_type_text(witness->type, type);
        if (witness->foreign) jk_text_addf(out, " (%s)", type);
    }
    if (out->len == 0) jk_text_add_str(out, "nobody");
}

/* "; …" about those whose keys are of an unknown type; empty if there are none. */
static void add_foreign(const struct jk_trust *policy, struct jk_text *out)
{
    JK_CLEANUP(jk_text_done) struct jk_text names = {0};

    if (jk_trust_foreign(policy) == 0) return;
    list(policy, jk_trust_foreign(policy), &names);
    jk_text_addf(out, "; with keys of unknown types: %s%s", names.failed ? "?" : names.bytes,
                 jk_trust_reachable(policy) ? "" : ", without which there is no quorum");
}

static enum jk_status no_quorum(const struct jk_trust *policy, const struct jk_trust_verdict *verdict,
                                struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text present = {0}, absent = {0}, foreign = {0};

    list(policy, verdict->cosigned, &present);
    list(policy, ~verdict->cosigned & ~jk_trust_foreign(policy), &absent);
    add_foreign(policy, &foreign);
    return jk_fail(error, JK_INVALID_ARGUMENT, "TRUST_QUORUM",
                   "the checkpoint of size %llu does not have the cosignatures that the policy requires: %s cosigned; "
                   "not yet: %s%s",
                   (unsigned long long)verdict->checkpoint.size, present.failed ? "?" : present.bytes,
                   absent.failed ? "?" : absent.bytes, foreign.len && !foreign.failed ? foreign.bytes : "");
}

enum jk_status jk_trust_check(const struct jk_trust *policy, struct jk_span note, const struct jk_verifier *log_key,
                              struct jk_trust_verdict *out, struct jk_error *error)
{
    struct jk_trust_verdict verdict;

    JK_TRY(jk_trust_look(policy, note, log_key, &verdict, error));
    if (!verdict.quorum) return no_quorum(policy, &verdict, error);
    *out = verdict;
    return JK_OK;
}
