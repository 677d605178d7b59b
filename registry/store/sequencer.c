/* The sequencer: the one thread that writes. It takes whatever waits, puts it into one transaction, and answers.
 *
 *   IDLE --mail--> LOCKING --locked--> DECIDING --decided--> COMMITTING --committed--> KEEPING --> SETTLING --> IDLE
 *     |               |                   |                     |   |                     ^           ^
 *     | no mail       | cannot            | nothing to store    |   | connection lost     | it was    |
 *     v               |                   +---------------------|---|---------------------|---------->+
 *   FOLLOWING         |                                 refused |   v                     | committed |
 *     |               v                                         | UNKNOWN ----------------+           |
 *     +--> IDLE    FAILING <------------------------------------+   | it was not, or nobody can say   |
 *                     ^  |                                          |                                 |
 *                     +--|------------------------------------------+                                 |
 *                        +----------------------------------------------------------------------------+
 *
 * Limits: JK_BATCH_MAX writes a batch, JK_SEQUENCER_BOX waiting. While the database is away writes wait GRACE_MS at
 * most, and a commit whose answer was lost is looked for UNKNOWN_MS long. Nothing else mutates the book. */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/batch.h"
#include "store/beat.h"

#define IDLE_MS    1000
#define DOWN_MS    100
#define GRACE_MS   5000
#define LOCKING_MS 15000
#define UNKNOWN_MS 20000
#define RETRY_MS   500
#define BEAT_MS    60000 /* after a failed attempt at a sign of life */

enum state { IDLE, FOLLOWING, LOCKING, DECIDING, COMMITTING, UNKNOWN, KEEPING, FAILING, SETTLING, STATES };

#define TO(state) (1u << (state))
static const unsigned allowed[STATES] = {
    [IDLE] = TO(LOCKING) | TO(FOLLOWING),
    [FOLLOWING] = TO(IDLE),
    [LOCKING] = TO(DECIDING) | TO(FAILING),
    [DECIDING] = TO(COMMITTING) | TO(SETTLING),
    [COMMITTING] = TO(KEEPING) | TO(UNKNOWN) | TO(FAILING),
    [UNKNOWN] = TO(KEEPING) | TO(FAILING),
    [KEEPING] = TO(SETTLING),
    [FAILING] = TO(SETTLING),
    [SETTLING] = TO(IDLE),
};

struct jk_sequencer {
    struct jk_store *store;
    struct jk_conn conn;
    struct jk_batch batch;
    enum state state;
    struct jk_mail *put_off, **put_off_end; /* taken from the mailbox, but too much for the batch */
    int64_t down_since_ms;                  /* 0: the database is available */
    int64_t followed_ms;
    int64_t beat_ms; /* no further attempt at a sign of life before that */
    bool guard_behind;
    char refusal[64]; /* last logged reason */
};

static void enter_state(struct jk_sequencer *seq, enum state state)
{
    JK_CHECK(allowed[seq->state] & TO(state));
    seq->state = state;
}

/* Each reason once, not at every attempt. */
static void log_refusal(struct jk_sequencer *seq, const struct jk_error *error)
{
    const char *reason = error->reason ? error->reason : "UNKNOWN";

    if (strcmp(reason, seq->refusal) == 0) return;
    (void)snprintf(seq->refusal, sizeof(seq->refusal), "%s", reason);
    jk_log(seq->conn.pg ? JK_LOG_ERROR : JK_LOG_WARN, "writes-refused", "reason", reason, "detail", error->message,
           NULL);
}

static void log_recovered(struct jk_sequencer *seq)
{
    if (seq->refusal[0]) jk_log(JK_LOG_INFO, "writes-accepted", "after", seq->refusal, NULL);
    seq->refusal[0] = '\0';
}

static void note_down(struct jk_sequencer *seq, const struct jk_error *error)
{
    if (seq->down_since_ms == 0) {
        seq->down_since_ms = jk_monotonic_ms();
        jk_log(JK_LOG_WARN, "database-lost", "detail", error->message, NULL);
        jk_store_set_healthy(seq->store, false);
    }
}

/* Connects if necessary; the back-off is conn.c's. */
static enum jk_status connect_once(struct jk_sequencer *seq, struct jk_error *error)
{
    enum jk_status status;

    if (seq->conn.pg) return JK_OK;
    status = jk_conn_up(&seq->conn, JK_CONNECT_TIMEOUT_MS, error);
    if (status != JK_OK) {
        note_down(seq, error);
        return status;
    }
    if (seq->down_since_ms)
        jk_log(JK_LOG_WARN, "database-back", "after_ms", jk_log_i64(jk_monotonic_ms() - seq->down_since_ms), NULL);
    seq->down_since_ms = 0;
    jk_store_set_healthy(seq->store, true);
    return JK_OK;
}

/* Writes wait for a database that restarts, but not for one that stays down. */
static enum jk_status connect_in_grace(struct jk_sequencer *seq, struct jk_error *error)
{
    for (;;) {
        struct jk_error attempt;
        enum jk_status status;

        jk_error_init(&attempt, NULL);
        status = connect_once(seq, &attempt);
        if (status == JK_OK) return JK_OK;
        if (jk_monotonic_ms() - seq->down_since_ms > GRACE_MS || seq->store->stopping)
            return jk_fail(error, status, attempt.reason, "%s", attempt.message);
        jk_sleep_ms(20);
    }
}

/* Reads what others committed until there is no more. */
static enum jk_status follow_others(struct jk_sequencer *seq, struct jk_error *error)
{
    bool more = true;

    seq->followed_ms = jk_monotonic_ms();
    while (more)
        JK_TRY(jk_batch_follow(seq->store, &seq->conn, &more, error));
    return JK_OK;
}

static enum jk_status mend_guard(struct jk_sequencer *seq, struct jk_error *error)
{
    struct jk_store *store = seq->store;

    if (!seq->guard_behind) return JK_OK;
    JK_TRY(jk_guard_write(&store->guard, (struct jk_span){store->checkpoint, store->checkpoint_len}, error));
    seq->guard_behind = false;
    return JK_OK;
}

static void idle(struct jk_sequencer *seq)
{
    struct jk_store *store = seq->store;
    bool heard = store->heard_size > store->size || store->heard_version > store->record_version;
    struct jk_error error;
    enum jk_status status;

    if (seq->conn.pg && !heard && jk_monotonic_ms() - seq->followed_ms < IDLE_MS) return;
    jk_error_init(&error, NULL);
    enter_state(seq, FOLLOWING);
    status = connect_once(seq, &error);
    if (status == JK_OK) {
        status = follow_others(seq, &error);
        if (!seq->conn.pg) note_down(seq, &error);
        if (status == JK_OK) status = mend_guard(seq, &error);
        if (status == JK_OK)
            log_recovered(seq);
        else
            log_refusal(seq, &error);
    }
    enter_state(seq, IDLE);
}

/* One attempt to lock; if it is far behind, it follows first and asks for another attempt. */
static enum jk_status lock_once(struct jk_sequencer *seq, struct jk_error *error)
{
    enum jk_status status;

    JK_TRY(connect_in_grace(seq, error));
    JK_TRY(mend_guard(seq, error));
    status = jk_batch_lock(&seq->batch, &seq->conn, error);
    if (status == JK_OK) return JK_OK;
    if (!seq->conn.pg) note_down(seq, error);
    jk_conn_rollback(&seq->conn);
    if (status == JK_ABORTED) {
        struct jk_error failure;

        jk_error_init(&failure, NULL);
        if (follow_others(seq, &failure) != JK_OK) log_refusal(seq, &failure);
    }
    return status;
}

static bool worth_another(const struct jk_sequencer *seq, enum jk_status status, const struct jk_error *error)
{
    if (seq->store->stopping && !seq->conn.pg) return false;
    if (status == JK_ABORTED) return true;
    if (status != JK_UNAVAILABLE) return false;
    if (!seq->conn.pg) return jk_monotonic_ms() - seq->down_since_ms <= GRACE_MS;
    return strcmp(error->reason, "LOCK_TIMEOUT") == 0 || strcmp(error->reason, "TRANSACTION_ABORTED") == 0 ||
           strcmp(error->reason, "CLOCK_UNSURE") == 0;
}

static enum jk_status lock_head(struct jk_sequencer *seq, struct jk_error *error)
{
    int64_t deadline_ms = jk_monotonic_ms() + LOCKING_MS;

    if (seq->store->rolled_back)
        return jk_fail(error, JK_UNAVAILABLE, "LOG_ROLLED_BACK",
                       "the log takes no writes: a witness saw more entries than the database holds; the server's log "
                       "(witness-ahead) says which");
    if (seq->store->publication_stopped)
        return jk_fail(error, JK_UNAVAILABLE, "PUBLICATION_STOPPED",
                       "the log takes no writes: what is published and what is stored contradict each other; the "
                       "server's log (publication-stopped) says where");
    for (;;) {
        struct jk_error attempt;
        enum jk_status status;

        jk_error_init(&attempt, NULL);
        status = lock_once(seq, &attempt);
        if (status == JK_OK) {
            log_recovered(seq);
            return JK_OK;
        }
        if (worth_another(seq, status, &attempt) && jk_monotonic_ms() < deadline_ms) continue;
        log_refusal(seq, &attempt);
        return jk_fail(error, status, attempt.reason, "%s", attempt.message);
    }
}

/* The answer to COMMIT was lost: asks the database until it answers, or UNKNOWN_MS have passed. */
static enum state resolve(struct jk_sequencer *seq, struct jk_error *error)
{
    int64_t deadline_ms = jk_monotonic_ms() + UNKNOWN_MS;

    do {
        struct jk_error attempt;
        bool committed;

        jk_error_init(&attempt, NULL);
        if (connect_once(seq, &attempt) == JK_OK &&
            jk_batch_find(&seq->batch, &seq->conn, &committed, &attempt) == JK_OK) {
            jk_log(JK_LOG_WARN, "outcome-found", "committed", committed ? "yes" : "no", NULL);
            return committed ? KEEPING : FAILING;
        }
        jk_conn_rollback(&seq->conn);
        jk_sleep_ms(20);
    } while (jk_monotonic_ms() < deadline_ms);
    jk_log(JK_LOG_ERROR, "outcome-unknown", "detail", error->message, NULL);
    jk_error_init(error, NULL);
    (void)jk_fail(error, JK_UNAVAILABLE, "OUTCOME_UNKNOWN",
                  "the connection was lost during the commit: send the same request with the same request_id again");
    return FAILING;
}

static void fail_all(struct jk_sequencer *seq, struct jk_error *error)
{
    /* the log is not ours, or is damaged: to a caller that is a server which cannot write now */
    if (error->status == JK_FAILED_PRECONDITION || error->status == JK_DATA_LOSS || error->status == JK_NOT_FOUND ||
        error->status == JK_ABORTED)
        error->status = JK_UNAVAILABLE;
    if (error->status == JK_UNAVAILABLE) error->retry_ms = RETRY_MS;
    jk_batch_take_back(&seq->batch);
    jk_batch_fail(&seq->batch, error);
}

static void keep_guard(struct jk_sequencer *seq)
{
    struct jk_error error;
    bool moved = seq->batch.entry_count > 0;

    jk_metrics_add(JK_METRIC_BATCH_ENTRIES, 0, 0, seq->batch.entry_count);
    jk_error_init(&error, NULL);
    if (moved && jk_guard_write(&seq->store->guard, jk_text_span(&seq->batch.note), &error) != JK_OK) {
        seq->guard_behind = true;
        jk_log(JK_LOG_ERROR, "guard-unwritable", "detail", error.message, NULL);
    }
    jk_batch_keep(&seq->batch);
}

static void commit(struct jk_sequencer *seq)
{
    struct jk_error error;
    enum state next = KEEPING;

    jk_error_init(&error, NULL);
    enter_state(seq, COMMITTING);
    if (jk_batch_commit(&seq->batch, &seq->conn, &error) != JK_OK) {
        jk_log(JK_LOG_WARN, "commit-failed", "reason", error.reason, "detail", error.message, NULL);
        jk_conn_rollback(&seq->conn);
        next = FAILING;
        if (!seq->conn.pg) {
            note_down(seq, &error);
            enter_state(seq, UNKNOWN);
            next = resolve(seq, &error);
        }
    }
    enter_state(seq, next);
    if (next == KEEPING)
        keep_guard(seq);
    else
        fail_all(seq, &error);
    enter_state(seq, SETTLING);
}

static void put_off(struct jk_sequencer *seq, size_t from)
{
    for (size_t i = from; i < seq->batch.count; i++) {
        struct jk_mail *mail = &seq->batch.slots[i].write->mail;

        mail->next = NULL;
        *seq->put_off_end = mail;
        seq->put_off_end = &mail->next;
    }
    seq->batch.count = from;
}

static void work_batch(struct jk_sequencer *seq)
{
    struct jk_error error;
    int64_t started_us = jk_monotonic_us();
    size_t taken;

    jk_error_init(&error, NULL);
    enter_state(seq, LOCKING);
    if (lock_head(seq, &error) != JK_OK) {
        enter_state(seq, FAILING);
        fail_all(seq, &error);
        enter_state(seq, SETTLING);
    } else {
        enter_state(seq, DECIDING);
        taken = jk_batch_decide(&seq->batch);
        put_off(seq, taken);
        if (!jk_batch_is_empty(&seq->batch)) {
            commit(seq);
        } else {
            jk_conn_rollback(&seq->conn);
            jk_batch_take_back(&seq->batch);
            enter_state(seq, SETTLING);
        }
    }
    jk_log(JK_LOG_DEBUG, "batch", "writes", jk_log_i64((int64_t)seq->batch.count), "entries",
           jk_log_i64((int64_t)seq->batch.entry_count), "size", jk_log_i64(seq->store->size), NULL);
    taken = seq->batch.count;
    jk_batch_settle(&seq->batch);
    jk_metrics_observe(JK_METRIC_BATCH_WRITES, 0, taken);
    jk_metrics_observe(JK_METRIC_BATCH_SECONDS, 0, (uint64_t)(jk_monotonic_us() - started_us));
    enter_state(seq, IDLE);
}

/* What was put off comes first, to keep the order. */
static void gather_batch(struct jk_sequencer *seq)
{
    struct jk_batch *batch = &seq->batch;
    struct jk_mail *mail = NULL;
    int timeout_ms = seq->conn.pg ? IDLE_MS : DOWN_MS;

    jk_batch_clear(batch);
    while (seq->put_off && batch->count < seq->store->batch_max) {
        mail = seq->put_off;
        seq->put_off = mail->next;
        jk_batch_add(batch, (struct jk_write *)mail);
    }
    if (!seq->put_off) seq->put_off_end = &seq->put_off;
    if (batch->count == seq->store->batch_max) return;
    mail = NULL;
    (void)jk_mailbox_take(seq->store->writes, seq->store->batch_max - batch->count, batch->count > 0 ? 0 : timeout_ms,
                          &mail);
    while (mail) {
        struct jk_mail *next = mail->next;

        jk_batch_add(batch, (struct jk_write *)mail);
        mail = next;
    }
}

static void *run_sequencer(void *context)
{
    struct jk_sequencer *seq = context;

    (void)pthread_setname_np(pthread_self(), "jk-sequencer");
    for (;;) {
        gather_batch(seq);
        if (seq->batch.count > 0) {
            atomic_store(&seq->store->writing, true);
            work_batch(seq);
            atomic_store(&seq->store->writing, false);
        } else if (jk_mailbox_is_closed(seq->store->writes) && jk_mailbox_length(seq->store->writes) == 0) {
            break;
        } else {
            idle(seq);
            /* a batch without writes: it records only that a server was running */
            int64_t now_ms = jk_monotonic_ms();
            if (seq->conn.pg && now_ms >= seq->beat_ms && jk_beat_is_due(seq->store)) {
                work_batch(seq);
                if (jk_beat_is_due(seq->store)) seq->beat_ms = now_ms + BEAT_MS; /* it failed */
            }
        }
    }
    jk_conn_drop(&seq->conn);
    return NULL;
}

enum jk_status jk_sequencer_start(struct jk_store *store, struct jk_error *error)
{
    struct jk_sequencer *seq = calloc(1, sizeof(*seq));

    if (!seq) return jk_out_of_memory(error);
    seq->store = store;
    seq->put_off_end = &seq->put_off;
    jk_conn_init(&seq->conn, store->database, JK_CONN_WRITER);
    seq->conn.watch = &store->watches[0];
    jk_batch_init(&seq->batch, store);
    store->sequencer = seq;
    if (pthread_create(&store->sequencer_thread, NULL, run_sequencer, seq) != 0)
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "cannot start the sequencer's thread");
    store->sequencer_started = true;
    return JK_OK;
}

void jk_sequencer_stop(struct jk_store *store)
{
    struct jk_sequencer *seq = store->sequencer;

    if (!seq) return;
    if (store->sequencer_started) pthread_join(store->sequencer_thread, NULL);
    jk_conn_drop(&seq->conn);
    jk_batch_done(&seq->batch);
    free(seq);
    store->sequencer = NULL;
}
