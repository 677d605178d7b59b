/* The threads that ask; see witness.h. A thread's part in a round:
 *
 *   WAIT --round begun, or back-off over--> ASK --200--> hand on, WAIT
 *                                          |---409--> ASK again from there, once; a size above ours: look at the log
 *                                          +--else--> log the reason once, back off, WAIT */
#include "witness/witness.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/log.h"
#include "fetch/fetch.h"
#include "witness/exchange.h"

#define BACK_OFF_MS     1000
#define BACK_OFF_MAX_MS 60000
#define URL_MAX         (JK_TRUST_WORD_MAX + 32)

struct witness {
    struct jk_witness_pool *pool;
    const struct jk_trust_witness *who;
    uint32_t number;
    pthread_t thread;
    bool started;
    struct jk_fetch *fetch;
    char url[URL_MAX];
    /* its own thread's */
    struct jk_text note, body;
    uint64_t size;  /* of the note */
    uint64_t known; /* what it last cosigned, if known */
    int back_off_ms;
    char reason[32]; /* of the last failure that was logged; empty: none since it last cosigned */
    bool told_ahead;
    /* under the pool's lock */
    uint64_t cosigned; /* size */
    uint64_t time_s;   /* of its newest cosignature */
    uint64_t answered; /* the last round that it took part in to the end */
    bool failing;
};

struct jk_witness_pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct jk_witness_options options;
    struct jk_text note; /* the checkpoint of this round, `turn` */
    uint64_t size, turn, quorum_size;
    struct jk_text next; /* the newest public one, if it is a different one */
    uint64_t next_size;  /* 0: there is none */
    bool again;          /* a round is wanted even though nothing new is public */
    bool stopping;
    struct witness witnesses[JK_TRUST_WITNESSES];
    uint32_t count;
};

enum jk_status jk_witness_check_trust(const struct jk_trust *policy, const struct jk_verifier *keys, size_t count,
                                      struct jk_error *error)
{
    for (uint32_t i = 0; i < policy->log_count; i++) {
        for (size_t k = 0; k < count; k++) {
            const struct jk_verifier *theirs = &policy->logs[i].key;

            if (strcmp(theirs->name, keys[k].name) == 0 && theirs->key_id == keys[k].key_id &&
                memcmp(theirs->public_key, keys[k].public_key, sizeof(theirs->public_key)) == 0)
                return JK_OK;
        }
    }
    return jk_fail(error, JK_FAILED_PRECONDITION, "TRUST_LOG",
                   "the witness policy has no log line with this log's key: its first one should be \"log <what "
                   "log.vkey says>\"");
}

/* ---- results ---- */

static void failed(struct witness *witness, const char *reason, const char *detail)
{
    struct jk_witness_pool *pool = witness->pool;

    witness->back_off_ms = witness->back_off_ms == 0 ? BACK_OFF_MS : witness->back_off_ms * 2;
    if (witness->back_off_ms > BACK_OFF_MAX_MS) witness->back_off_ms = BACK_OFF_MAX_MS;
    pthread_mutex_lock(&pool->lock);
    witness->failing = true;
    pthread_mutex_unlock(&pool->lock);
    if (strcmp(witness->reason, reason) == 0) return;
    (void)snprintf(witness->reason, sizeof(witness->reason), "%s", reason);
    jk_log(JK_LOG_WARN, "witness-failed", "witness", witness->who->name, "reason", reason, "detail", detail, NULL);
}

/* Counts those that cosigned exactly this size; under the lock. */
static uint32_t cosigners_of(const struct jk_witness_pool *pool, uint64_t size)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < pool->count; i++) {
        if (pool->witnesses[i].cosigned == size) found |= (uint32_t)1 << pool->witnesses[i].number;
    }
    return found;
}

static void succeeded(struct witness *witness, const struct jk_cosignature *cosignature)
{
    struct jk_witness_pool *pool = witness->pool;
    const struct jk_witness_port *port = &pool->options.port;
    bool first;

    if (witness->cosigned != witness->size) port->cosign(port->context, witness->size, cosignature->line);
    port->timed(port->context, cosignature->time_s);
    pthread_mutex_lock(&pool->lock);
    first = witness->cosigned == 0 || witness->failing;
    witness->cosigned = witness->size;
    if (cosignature->time_s > witness->time_s) witness->time_s = cosignature->time_s;
    witness->failing = false;
    if (witness->size > pool->quorum_size && jk_trust_quorum(pool->options.policy, cosigners_of(pool, witness->size)))
        pool->quorum_size = witness->size;
    pthread_mutex_unlock(&pool->lock);
    witness->known = witness->size;
    witness->back_off_ms = 0;
    witness->reason[0] = '\0';
    if (first)
        jk_log(JK_LOG_INFO, "witness-cosigned", "witness", witness->who->name, "size",
               jk_log_i64((int64_t)witness->size), NULL);
}

/* It knows a larger log than we published. Another server may have written since; if not, the database lost entries. */
static void look_ahead(struct witness *witness)
{
    const struct jk_witness_port *port = &witness->pool->options.port;
    struct jk_error error;
    uint64_t ours = 0;

    jk_error_init(&error, NULL);
    if (port->log_size(port->context, &ours, &error) != JK_OK) {
        failed(witness, "log-unreachable", error.message);
    } else if (ours < witness->known) {
        failed(witness, "witness-ahead", "it cosigned a larger log than the database has");
        if (!witness->told_ahead) port->ahead(port->context, witness->who->name, witness->known, ours);
        witness->told_ahead = true;
    } else {
        witness->back_off_ms = 0; /* what the other server wrote is about to be published */
    }
}

/* ---- one exchange ---- */

static bool ask_witness(struct witness *witness, struct jk_witness_answer *out_answer)
{
    struct jk_witness_pool *pool = witness->pool;
    struct jk_fetch_reply reply;
    struct jk_proof proof;
    struct jk_error error;

    jk_error_init(&error, NULL);
    if (!pool->options.port.prove(pool->options.port.context, witness->known, witness->size, &proof)) {
        failed(witness, "no-proof", "the log has no proof between these sizes yet");
        return false;
    }
    jk_text_clear(&witness->body);
    jk_witness_ask(witness->known, &proof, jk_text_span(&witness->note), &witness->body);
    if (witness->body.failed) {
        failed(witness, "out-of-memory", "no room for the request");
        return false;
    }
    if (jk_fetch_post(witness->fetch, witness->url, "text/plain", jk_text_span(&witness->body), &reply, &error) !=
        JK_OK) {
        failed(witness, "unreachable", error.message);
        return false;
    }
    jk_witness_answer_read(reply.status, reply.content_type, reply.body, jk_text_span(&witness->note),
                           &witness->who->cosigner, out_answer);
    return true;
}

static void exchange(struct witness *witness)
{
    struct jk_witness_answer answer;

    for (int attempt = 0; attempt < 2; attempt++) {
        if (witness->known > witness->size) {
            look_ahead(witness);
            return;
        }
        if (!ask_witness(witness, &answer)) return;
        if (answer.outcome == JK_WITNESS_COSIGNED) {
            succeeded(witness, &answer.cosignature);
            return;
        }
        if (answer.outcome != JK_WITNESS_ELSEWHERE) {
            static const char *const reasons[] = {[JK_WITNESS_REFUSED] = "refused",
                                                  [JK_WITNESS_GARBAGE] = "garbage",
                                                  [JK_WITNESS_FORGED] = "wrong-signature"};
            witness->known = 0;
            failed(witness, reasons[answer.outcome], answer.detail);
            return;
        }
        witness->known = answer.size;
    }
    failed(witness, "moving", "it names a different size each time: another server may be asking it, too");
}

/* ---- rounds ---- */

/* Every witness that can be asked has been. Under the lock. */
static bool is_round_over(const struct jk_witness_pool *pool)
{
    for (uint32_t i = 0; i < pool->count; i++) {
        if (!pool->witnesses[i].failing && pool->witnesses[i].answered != pool->turn) return false;
    }
    return true;
}

/* Under the lock. */
static void begin_round(struct jk_witness_pool *pool)
{
    struct jk_text note = pool->note;

    if ((pool->next_size == 0 && !pool->again) || !is_round_over(pool)) return;
    if (pool->next_size > 0) {
        pool->note = pool->next;
        pool->size = pool->next_size;
        pool->next = note;
        pool->next_size = 0;
    }
    pool->again = false;
    pool->turn++;
    pthread_cond_broadcast(&pool->changed);
}

/* ---- the thread ---- */

static void *run(void *context)
{
    struct witness *witness = context;
    struct jk_witness_pool *pool = witness->pool;
    struct jk_witness_report report;
    uint64_t turn = 0;
    bool going;

    for (;;) {
        pthread_mutex_lock(&pool->lock);

        /* waits until there is something new, or something to retry; a failing witness is left alone until its
         * back-off is over */
        int64_t until_ms = jk_monotonic_ms() + witness->back_off_ms;
        while (!pool->stopping && witness->back_off_ms > 0 && jk_monotonic_ms() < until_ms)
            (void)jk_condition_wait_until(&pool->changed, &pool->lock, until_ms);
        while (!pool->stopping && witness->back_off_ms == 0 && pool->turn == turn)
            pthread_cond_wait(&pool->changed, &pool->lock);
        going = !pool->stopping;

        turn = pool->turn;
        witness->size = pool->size;
        jk_text_clear(&witness->note);
        jk_text_add(&witness->note, jk_text_span(&pool->note));
        pthread_mutex_unlock(&pool->lock);
        if (!going) return NULL;
        if (witness->note.failed)
            failed(witness, "out-of-memory", "no room for the checkpoint");
        else
            exchange(witness);

        pthread_mutex_lock(&pool->lock);
        witness->answered = turn;
        begin_round(pool);
        pthread_mutex_unlock(&pool->lock);

        jk_witness_look(pool, &report);
        pool->options.port.changed(pool->options.port.context, &report);
    }
}

/* ---- start and stop ---- */

static enum jk_status prepare_witness(struct jk_witness_pool *pool, uint32_t number, struct jk_error *error)
{
    const struct jk_trust_witness *who = &pool->options.policy->witnesses[number];
    struct jk_fetch_options options = {
        .timeout_ms = pool->options.timeout_ms, .body_max = JK_WITNESS_ANSWER_MAX, .ca_file = pool->options.ca_file};
    struct witness *witness = &pool->witnesses[pool->count];
    size_t len = strlen(who->url);

    *witness = (struct witness){.pool = pool, .who = who, .number = number};
    if (!jk_span_is_url(jk_span_of(who->url)))
        return jk_fail(error, JK_INVALID_ARGUMENT, "TRUST_URL",
                       "witness %.60s of the policy has the URL \"%.200s\": it must begin with https:// or http://",
                       who->name, who->url);
    (void)snprintf(witness->url, sizeof(witness->url), "%s%sadd-checkpoint", who->url,
                   who->url[len - 1] == '/' ? "" : "/");
    jk_text_init(&witness->note, JK_NOTE_MAX);
    jk_text_init(&witness->body, JK_WITNESS_BODY_MAX);
    if (!(witness->fetch = jk_fetch_new(&options))) return jk_out_of_memory(error);
    pool->count++;
    return JK_OK;
}

static enum jk_status start_threads(struct jk_witness_pool *pool, struct jk_error *error)
{
    for (uint32_t i = 0; i < pool->options.policy->witness_count; i++) {
        const struct jk_trust_witness *who = &pool->options.policy->witnesses[i];

        if (who->url && !who->foreign) JK_TRY(prepare_witness(pool, i, error));
    }
    for (uint32_t i = 0; i < pool->count; i++) {
        if (pthread_create(&pool->witnesses[i].thread, NULL, run, &pool->witnesses[i]) != 0)
            return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "cannot start a witness's thread");
        pool->witnesses[i].started = true;
    }
    return JK_OK;
}

enum jk_status jk_witness_start(const struct jk_witness_options *options, struct jk_witness_pool **out_pool,
                                struct jk_error *error)
{
    struct jk_witness_pool *pool = calloc(1, sizeof(*pool));
    enum jk_status status;

    if (!pool) return jk_out_of_memory(error);
    pool->options = *options;
    if (pool->options.timeout_ms == 0) pool->options.timeout_ms = JK_WITNESS_TIMEOUT_MS;
    jk_text_init(&pool->note, JK_NOTE_MAX);
    jk_text_init(&pool->next, JK_NOTE_MAX);
    pthread_mutex_init(&pool->lock, NULL);
    jk_condition_init(&pool->changed);
    status = start_threads(pool, error);
    if (status == JK_OK) {
        *out_pool = pool;
    } else {
        jk_witness_stop(pool);
        jk_witness_free(pool);
    }
    return status;
}

void jk_witness_stop(struct jk_witness_pool *pool)
{
    if (!pool) return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    for (uint32_t i = 0; i < pool->count; i++) {
        struct witness *witness = &pool->witnesses[i];

        if (witness->started) pthread_join(witness->thread, NULL);
        witness->started = false;
    }
}

void jk_witness_free(struct jk_witness_pool *pool)
{
    if (!pool) return;
    for (uint32_t i = 0; i < pool->count; i++) {
        jk_fetch_free(pool->witnesses[i].fetch);
        jk_text_done(&pool->witnesses[i].note);
        jk_text_done(&pool->witnesses[i].body);
    }
    jk_text_done(&pool->note);
    jk_text_done(&pool->next);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void jk_witness_published(struct jk_witness_pool *pool, struct jk_span note, uint64_t size)
{
    pthread_mutex_lock(&pool->lock);
    jk_text_clear(&pool->next);
    jk_text_add(&pool->next, note);
    pool->next_size = pool->next.failed ? 0 : size; /* if memory is short, the next checkpoint will do */
    begin_round(pool);
    pthread_mutex_unlock(&pool->lock);
}

void jk_witness_ask_again(struct jk_witness_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->again = pool->size > 0; /* otherwise the first publication starts a round */
    begin_round(pool);
    pthread_mutex_unlock(&pool->lock);
}

void jk_witness_since(struct jk_witness_pool *pool, uint64_t time_s, struct jk_witness_since *out)
{
    uint32_t found = 0;

    pthread_mutex_lock(&pool->lock);
    for (uint32_t i = 0; i < pool->count; i++) {
        if (pool->witnesses[i].time_s > 0 && pool->witnesses[i].time_s >= time_s)
            found |= (uint32_t)1 << pool->witnesses[i].number;
    }
    pthread_mutex_unlock(&pool->lock);
    *out = (struct jk_witness_since){.quorum_wanted = pool->options.policy->quorum != JK_TRUST_NOBODY,
                                     .quorum = jk_trust_quorum(pool->options.policy, found),
                                     .any = found != 0};
}

bool jk_witness_may_agree(const struct jk_witness_pool *pool)
{
    uint32_t asked = 0;

    for (uint32_t i = 0; i < pool->count; i++)
        asked |= (uint32_t)1 << pool->witnesses[i].number;
    return jk_trust_quorum(pool->options.policy, asked);
}

void jk_witness_look(struct jk_witness_pool *pool, struct jk_witness_report *out)
{
    pthread_mutex_lock(&pool->lock);
    *out = (struct jk_witness_report){.published = pool->size, .quorum_size = pool->quorum_size, .asked = pool->count};
    for (uint32_t i = 0; i < pool->count; i++) {
        uint64_t size = pool->witnesses[i].cosigned;

        if (size > out->newest) {
            out->newest = size;
            out->cosigned = 0;
        }
        out->cosigned += size > 0 && size == out->newest;
        out->failing += pool->witnesses[i].failing;
    }
    pthread_mutex_unlock(&pool->lock);
}
