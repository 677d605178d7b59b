/* Asks the witnesses of a policy for cosignatures after each publication: in the background, each on a thread of its
 * own, so that neither a registration nor a publication ever waits for a slow or absent witness.
 *
 * They are asked in rounds, all about the same checkpoint: the newest one published when the round began, skipping any
 * in between. The next round begins when each has answered, failed, or is backing off. Without rounds, the witnesses of
 * a log that grows all the time would each cosign different sizes, and a quorum would seldom cosign the same one. Each
 * thread asks (1 s at most), passes the verified line on, and waits for the next round. A witness that fails is asked
 * again after 1 s, then 2, … 60 s; each reason is logged once. If a witness knows a larger log than ours, the port is
 * asked how large the log is: only if that is smaller, too, was the log rolled back, which is reported once and never
 * revoked. Limits: JK_TRUST_WITNESSES threads; one exchange each. What a witness last cosigned is kept in memory only:
 * after a restart it tells us itself (409). */
#ifndef JK_WITNESS_WITNESS_H
#define JK_WITNESS_WITNESS_H

#include "tlog/merkle.h"
#include "tlog/trust.h"

#define JK_WITNESS_TIMEOUT_MS 1000

/* The current state, for metrics. */
struct jk_witness_report {
    uint64_t published;   /* size that the round is about */
    uint64_t newest;      /* the largest size that any of them cosigned */
    uint64_t quorum_size; /* the largest that a quorum cosigned */
    uint32_t asked;       /* witnesses with a URL */
    uint32_t cosigned;    /* how many of them cosigned the newest size */
    uint32_t failing;     /* how many of them failed the last time */
};

/* What the threads ask the log, and tell it. Called on any of them, possibly at once. */
struct jk_witness_port {
    void *context;
    /* False if the log has no such sizes. */
    bool (*prove)(void *context, uint64_t old_size, uint64_t size, struct jk_proof *out_proof);
    /* The log's size as its database has it now, including other servers' writes. May take a while, but always returns.
     */
    enum jk_status (*log_size)(void *context, uint64_t *out_size, struct jk_error *error);
    /* A verified signature line for the checkpoint of that size; dropped if that is no longer the published one. Not
     * called for a size that this witness has cosigned before. */
    void (*cosign)(void *context, uint64_t size, struct jk_span line);
    /* The time of each cosignature, as it arrives. */
    void (*timed)(void *context, uint64_t time_s);
    /* The witness cosigned a log of `size` entries, but the database holds `ours`: it was rolled back. */
    void (*ahead)(void *context, const char *witness, uint64_t size, uint64_t ours);
    /* The current state, after each answer or failure. */
    void (*changed)(void *context, const struct jk_witness_report *report);
};

struct jk_witness_options {
    const struct jk_trust *policy; /* outlives the pool; foreign witnesses and those without a URL are not asked */
    struct jk_witness_port port;
    int timeout_ms;      /* for an exchange; 0: JK_WITNESS_TIMEOUT_MS */
    const char *ca_file; /* NULL: the system's */
};

struct jk_witness_pool;

/* One of these keys must be in the policy's logs; otherwise FAILED_PRECONDITION (TRUST_LOG): the file is for another
 * log. */
JK_MUST_USE enum jk_status jk_witness_check_trust(const struct jk_trust *policy, const struct jk_verifier *keys,
                                                  size_t count, struct jk_error *error);
JK_MUST_USE enum jk_status jk_witness_start(const struct jk_witness_options *options, struct jk_witness_pool **out_pool,
                                            struct jk_error *error);
/* Ends the threads, once the current exchanges are over, so within about 2 s. Accepts NULL. Nobody is asked about
 * anything published after that. */
void jk_witness_stop(struct jk_witness_pool *pool);
/* After the stop, once nobody can call jk_witness_published any more. Accepts NULL. */
void jk_witness_free(struct jk_witness_pool *pool);
/* Announces that a new checkpoint is public. Copies it and returns at once; any thread. */
void jk_witness_published(struct jk_witness_pool *pool, struct jk_span note, uint64_t size);

void jk_witness_look(struct jk_witness_pool *pool, struct jk_witness_report *out);

/* Starts another round for the newest checkpoint even if all have cosigned it (tlog-witness allows that: the old size
 * is then the checkpoint's), to get the time in their cosignatures. Returns at once; any thread. A failing witness is
 * left alone until its back-off is over. */
void jk_witness_ask_again(struct jk_witness_pool *pool);
/* The newest cosignature of each counts. */
struct jk_witness_since {
    bool quorum_wanted; /* by the policy */
    bool quorum, any;   /* a quorum, or any one, of them cosigned with that time or a later one */
};
void jk_witness_since(struct jk_witness_pool *pool, uint64_t time_s, struct jk_witness_since *out);
/* Whether the witnesses that are asked could form a quorum. */
bool jk_witness_may_agree(const struct jk_witness_pool *pool);

#endif
