/* Connects the witness threads with the store; see witnesses.h. */
#include "daemon/witnesses.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/defer.h"
#include "base/log.h"
#include "base/metrics.h"

#define LOOK_MS 5000

/* ---- what the threads ask ---- */

static bool prove_to_witness(void *context, uint64_t old_size, uint64_t size, struct jk_proof *out_proof)
{
    struct jk_store *store = context;
    struct jk_view view;
    bool proved;

    jk_store_view(store, &view);
    proved = size <= view.size && jk_merkle_consistency(jk_forest_read, view.forest, old_size, size, out_proof);
    jk_store_view_end(store);
    return proved;
}

static enum jk_status look(void *out_size, struct jk_reader *reader, struct jk_error *error)
{
    return jk_reader_size(reader, out_size, error);
}

/* From the primary, after any write in progress: not older than the question. */
static enum jk_status log_size(void *context, uint64_t *out_size, struct jk_error *error)
{
    return jk_store_read_own(context, look, out_size, jk_monotonic_ms() + LOOK_MS, error);
}

static void cosign(void *context, uint64_t size, struct jk_span line)
{
    jk_store_cosign(context, size, line);
}

static void timed(void *context, uint64_t time_s)
{
    if (time_s <= INT64_MAX / 1000000) jk_store_witnessed(context, (int64_t)time_s * 1000000);
}

static void ahead(void *context, const char *witness, uint64_t size, uint64_t ours)
{
    jk_log(JK_LOG_ERROR, "witness-ahead", "witness", witness, "witness_size", jk_log_i64((int64_t)size), "log_size",
           jk_log_i64((int64_t)ours), "way_out",
           "restore a backup with at least as many entries as the witness saw, or replay them (jokbod recover); where "
           "the witness is wrong, take it out of the policy and start again",
           NULL);
    jk_store_stop_writes(context);
}

static void changed(void *context, const struct jk_witness_report *report)
{
    jk_store_cosigned(context, report->quorum_size);
    jk_metrics_set(JK_METRIC_WITNESSES_ASKED, report->asked);
    jk_metrics_set(JK_METRIC_WITNESSES_COSIGNED, report->cosigned);
    jk_metrics_set(JK_METRIC_WITNESSES_FAILING, report->failing);
    jk_metrics_set(JK_METRIC_WITNESS_QUORUM_SIZE, report->quorum_size);
}

static void published(void *context, uint64_t size, struct jk_span note)
{
    jk_witness_published(context, note, size);
}

/* ---- what closing asks ---- */

/* In whole seconds, because witnesses tell time in seconds: a cut-off within a second is past in the next one. */
static void look_since(void *context, int64_t since_us, struct jk_witnessed *out)
{
    uint64_t since_s = since_us > 0 ? ((uint64_t)since_us + 999999) / 1000000 : 1;
    struct jk_witness_since found;

    jk_witness_since(context, since_s, &found);
    *out = (struct jk_witnessed){found.quorum_wanted, found.quorum, found.any};
}

static void ask_again(void *context)
{
    jk_witness_ask_again(context);
}

struct jk_closing_witnesses jk_witnesses_for_closing(struct jk_witness_pool *pool)
{
    return (struct jk_closing_witnesses){pool, look_since, ask_again};
}

/* ---- start ---- */

/* Any current signing key will do: while one is being rotated, the policy may name either. */
static enum jk_status check_policy_keys(struct jk_store *store, const struct jk_trust *policy, struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text lines = {0};
    struct jk_verifier keys[JK_BOOK_KEYS];
    struct jk_span rest, line;
    size_t count = 0;

    jk_store_keys(store, UINT32_MAX, &lines);
    rest = jk_text_span(&lines);
    while (count < JK_BOOK_KEYS && jk_span_line(&rest, &line)) {
        if (jk_verifier_parse(line, &keys[count])) count++;
    }
    return jk_witness_check_trust(policy, keys, count, error);
}

static enum jk_status read_policy(struct jk_store *store, const char *path, struct jk_arena *arena,
                                  const struct jk_trust **out_policy, struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    struct jk_error why;
    enum jk_status status;

    jk_text_init(&text, JK_TRUST_MAX);

    FILE *file = fopen(path, "re");
    char piece[4096];
    size_t len;
    bool whole;
    if (!file)
        return jk_fail(error, JK_INVALID_ARGUMENT, "WITNESS_POLICY", "--witness-policy: %s: %s", path, strerror(errno));
    while ((len = fread(piece, 1, sizeof(piece), file)) > 0 && !text.failed)
        jk_text_add(&text, (struct jk_span){piece, len});
    whole = !ferror(file) && !text.failed;
    (void)fclose(file);
    if (!whole)
        return jk_fail(error, JK_INVALID_ARGUMENT, "WITNESS_POLICY",
                       "--witness-policy: %s cannot be read, or has more than %d bytes", path, JK_TRUST_MAX);

    jk_error_init(&why, NULL);
    status = jk_trust_read(jk_text_span(&text), arena, out_policy, &why);
    if (status == JK_OK) status = check_policy_keys(store, *out_policy, &why);
    return status == JK_OK ? JK_OK : jk_fail(error, status, why.reason, "%s: %s", path, why.message);
}

enum jk_status jk_witnesses_start(struct jk_store *store, const char *policy_file, struct jk_arena *arena,
                                  struct jk_witness_pool **out_pool, struct jk_error *error)
{
    struct jk_witness_options options = {.port = {store, prove_to_witness, log_size, cosign, timed, ahead, changed}};
    struct jk_witness_report report;

    JK_TRY(read_policy(store, policy_file, arena, &options.policy, error));
    JK_TRY(jk_witness_start(&options, out_pool, error));

    for (uint32_t i = 0; i < options.policy->witness_count; i++) {
        char type[JK_TRUST_TYPE_TEXT];

        if (!options.policy->witnesses[i].foreign) continue;
        jk_trust_type_text(options.policy->witnesses[i].type, type);
        jk_log(JK_LOG_WARN, "witness-key-unknown", "witness", options.policy->witnesses[i].name, "type", type, "detail",
               jk_trust_reachable(options.policy)
                   ? "it is ignored"
                   : "it is ignored, and without it the policy's quorum can never be reached",
               NULL);
    }

    jk_witness_look(*out_pool, &report);
    jk_log(JK_LOG_INFO, "witnesses", "policy", policy_file, "asked", jk_log_i64(report.asked), NULL);
    if (!jk_witness_may_agree(*out_pool))
        jk_log(JK_LOG_WARN, "witness-quorum-unreachable", "policy", policy_file, "detail",
               "the witnesses with a URL cannot form a quorum, so every stage waits for two evaluators", NULL);
    jk_store_on_published(store, published, *out_pool);
    return JK_OK;
}
