/* The witnesses of a policy are asked for cosignatures after each publication: in the background, each on a thread of
 * its own, so that neither a registration nor a publication ever waits for one that is slow or absent.
 *
 * They are asked in rounds, all about the same checkpoint: the newest that was published when the round began, whatever
 * was missed meanwhile. The next begins when each has answered, failed, or is failing; else, of a log that grows all
 * the time, each would cosign other sizes than the others, and a quorum would seldom cosign one. Each thread asks (1 s
 * at most); hands the verified line on; and waits for the next round. A witness that fails is asked again after 1 s,
 * then 2, … 60 s; each reason is logged once. A witness that knows a larger log than ours makes the port say how large
 * the log is: only if that is smaller too was the log rolled back, which is reported once and never taken back. Limits:
 * JK_TRUST_WITNESSES threads; one exchange each. What a witness last cosigned is kept in memory only: after a restart
 * it says so itself (409). */
#ifndef JK_WITNESS_WITNESS_H
#define JK_WITNESS_WITNESS_H

#include "tlog/merkle.h"
#include "tlog/trust.h"

#define JK_WITNESS_TIMEOUT_MS 1000

/* How things stand, for metrics. */
struct jk_witness_report {
    uint64_t published;   /* size that the round is about */
    uint64_t newest;      /* the largest size that any of them cosigned */
    uint64_t quorum_size; /* the largest that a quorum cosigned */
    uint32_t asked;       /* witnesses with a URL */
    uint32_t cosigned;    /* of them, how many cosigned the newest size */
    uint32_t failing;     /* of them, how many failed the last time */
};

/* What the threads ask of the log, and tell it. Called on any of them, several at once. */
struct jk_witness_port {
    void *context;
    /* False where the log has no such sizes. */
    bool (*prove)(void *context, uint64_t old_size, uint64_t size, struct jk_proof *out_proof);
    /* The log's size as its database has it now: other servers' writes too. May take a while, but ends. */
    enum jk_status (*log_size)(void *context, uint64_t *out_size, struct jk_error *error);
    /* A verified signature line for the checkpoint of that size; dropped where that is no longer the published one. Not
     * for a size that this witness cosigned before. */
    void (*cosign)(void *context, uint64_t size, struct jk_span line);
    /* Each cosignature's time, as it comes. */
    void (*timed)(void *context, uint64_t time_s);
    /* The witness cosigned a log of `size` entries, the database holds `ours`: it was rolled back. */
    void (*ahead)(void *context, const char *witness, uint64_t size, uint64_t ours);
    /* After each answer or failure: how things stand now. */
    void (*changed)(void *context, const struct jk_witness_report *report);
};

struct jk_witness_options {
    const struct jk_trust *policy; /* outlives the pool; witnesses without URL, and foreign ones, are not asked */
    struct jk_witness_port port;
    int timeout_ms;      /* of an exchange; 0: JK_WITNESS_TIMEOUT_MS */
    const char *ca_file; /* NULL: the system's */
};

struct jk_witness_pool;

/* The policy's logs hold one of these keys; FAILED_PRECONDITION (TRUST_LOG) otherwise: the file is another log's. */
JK_MUST_USE enum jk_status jk_witness_check_trust(const struct jk_trust *policy, const struct jk_verifier *keys,
                                                  size_t count, struct jk_error *error);
JK_MUST_USE enum jk_status jk_witness_start(const struct jk_witness_options *options, struct jk_witness_pool **out_pool,
                                            struct jk_error *error);
/* Ends the threads: after the exchanges that are under way, so within about 2 s. Accepts NULL. What is published after
 * that is left unasked. */
void jk_witness_stop(struct jk_witness_pool *pool);
/* After the stop, once nobody can call jk_witness_published any more. Accepts NULL. */
void jk_witness_free(struct jk_witness_pool *pool);
/* A new checkpoint is public. Copies it and returns at once; any thread. */
void jk_witness_published(struct jk_witness_pool *pool, struct jk_span note, uint64_t size);

void jk_witness_look(struct jk_witness_pool *pool, struct jk_witness_report *out);

/* Has all of them cosign the newest checkpoint in a further round, though they may have cosigned it before (tlog-witness
 * allows that: the old size is then the checkpoint's): for the time in it. Returns at once; any thread. One that fails
 * is left in peace until its back-off is over. */
void jk_witness_ask_again(struct jk_witness_pool *pool);
/* The newest cosignature of each counts. */
struct jk_witness_since {
    bool quorum_wanted; /* by the policy */
    bool quorum, any;   /* of them, one of them, cosigned with that time or a later one */
};
void jk_witness_since(struct jk_witness_pool *pool, uint64_t time_s, struct jk_witness_since *out);
/* Could those that are asked be a quorum? */
bool jk_witness_may_agree(const struct jk_witness_pool *pool);

#endif
