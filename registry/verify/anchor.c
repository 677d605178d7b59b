/* See anchor.h. */
#include "verify/anchor.h"

#include <stdlib.h>

#include "verify/witnessed.h"

#define LOG (&jokbo__v1__log__descriptor)

/* A call whose failure is not the run's. */
static enum jk_status ask_log(struct jk_cli *cli, const char *method, const ProtobufCMessage *request, void *out_reply,
                              struct jk_error *error)
{
    ProtobufCMessage *reply;
    if (!cli->client) JK_TRY(jk_client_new(&cli->settings, &cli->arena, &cli->client, error));
    JK_TRY(jk_client_call(cli->client, LOG, method, request, &cli->arena, &reply, error));
    memcpy(out_reply, &reply, sizeof reply);
    return JK_OK;
}

static enum jk_status check_origin(struct jk_cli *cli, struct jk_span wanted, const char *origin,
                                   struct jk_error *error)
{
    cli->server_log = origin;
    if (jk_span_equal(jk_span_of(origin), wanted)) return JK_OK;
    return jk_fail(error, JK_INVALID_ARGUMENT, "LOG_OTHER", "the server at %.200s keeps the log %.200s, not %.*s",
                   cli->settings.server, origin, (int)jk_utf8_cut(wanted, 200).len, wanted.at);
}

enum jk_status jk_anchor_same_log(struct jk_cli *cli, struct jk_span origin, struct jk_error *error)
{
    Jokbo__V1__GetCheckpointRequest request = JOKBO__V1__GET_CHECKPOINT_REQUEST__INIT;
    Jokbo__V1__Checkpoint *reply;
    if (cli->server_log) return check_origin(cli, origin, cli->server_log, error);
    JK_TRY(ask_log(cli, "GetCheckpoint", &request.base, &reply, error));
    return check_origin(cli, origin, reply->origin, error);
}

enum jk_status jk_anchor_newest(struct jk_anchor *anchor, struct jk_error *error)
{
    Jokbo__V1__GetCheckpointRequest request = JOKBO__V1__GET_CHECKPOINT_REQUEST__INIT;
    Jokbo__V1__Checkpoint *reply;
    if (anchor->newest) return JK_OK;
    JK_TRY(ask_log(anchor->cli, "GetCheckpoint", &request.base, &reply, error));
    JK_TRY(check_origin(anchor->cli, jk_span_of(anchor->origin), reply->origin, error));
    anchor->newest = reply;
    return JK_OK;
}

/* ---- keys ---- */

static void key_of_first_use(struct jk_anchor *anchor)
{
    struct jk_keys *keys = &anchor->keys;
    if (anchor->offline) {
        (void)jk_fail(&anchor->keyless, JK_INVALID_ARGUMENT, "INPUT_INCOMPLETE",
                      "no verifier key of the log %.200s is known here: --key gives it", anchor->origin);
        return;
    }
    if (jk_anchor_newest(anchor, &anchor->keyless) != JK_OK) return;
    if (!jk_keys_parse(jk_span_of(anchor->newest->verifier_key), keys)) {
        keys->count = 0;
        (void)jk_fail(&anchor->keyless, JK_DATA_LOSS, "KEY_MALFORMED", "the server gives no verifier key");
        return;
    }
    keys->from = JK_KEYS_FIRST_USE;
}

enum jk_status jk_anchor_open(struct jk_cli *cli, struct jk_span origin, bool offline, struct jk_anchor *out_anchor)
{
    const char *state = jk_memory_state(&cli->arena);
    *out_anchor = (struct jk_anchor){.cli = cli, .offline = offline};
    out_anchor->origin = jk_arena_copy(&cli->arena, origin.at, origin.len);
    if (!out_anchor->origin) return jk_out_of_memory(&cli->error);
    jk_error_init(&out_anchor->forgets, &cli->arena);
    jk_error_init(&out_anchor->keyless, &cli->arena);
    out_anchor->remembers =
        jk_memory_open(state, origin, &cli->arena, &out_anchor->memory, &out_anchor->forgets) == JK_OK;
    const struct jk_settings *settings = &cli->settings;
    struct jk_keys *keys = &out_anchor->keys;
    if (settings->key)
        JK_TRY(jk_keys_read(settings->key, settings->key_where, &cli->arena, keys, &cli->error));
    else if (cli->witnessed)
        jk_witnessed_keys(cli->witnessed, jk_span_of(out_anchor->origin), keys);
    if (keys->count > 0) {
        if (out_anchor->remembers) jk_keys_follow(keys, &out_anchor->memory.keys, &cli->arena);
    } else if (out_anchor->remembers && out_anchor->memory.keys.count > 0) {
        *keys = out_anchor->memory.keys;
        keys->from = JK_KEYS_REMEMBERED;
    } else {
        key_of_first_use(out_anchor);
    }
    return JK_OK;
}

enum jk_status jk_anchor_check_server(struct jk_anchor *anchor, struct jk_error *error)
{
    JK_TRY(jk_anchor_newest(anchor, error));
    if (anchor->keys.count == 0) return JK_OK;
    return jk_keys_verify(&anchor->keys, jk_span_of(anchor->origin), jk_span_of(anchor->newest->note), NULL, error);
}

const struct jk_verifier *jk_anchor_keep_key(struct jk_anchor *anchor, struct jk_span note)
{
    const struct jk_verifier *key;
    struct jk_error unused;
    jk_error_init(&unused, NULL);
    if (anchor->keys.from != JK_KEYS_FIRST_USE) return NULL;
    if (jk_keys_verify(&anchor->keys, jk_span_of(anchor->origin), note, &key, &unused) != JK_OK) return NULL;
    anchor->key_kept = anchor->remembers && jk_memory_keep_key(&anchor->memory, key, &unused) == JK_OK;
    return key;
}

void jk_anchor_tell_key(const struct jk_anchor *anchor, struct jk_results *results)
{
    const struct jk_keys *keys = &anchor->keys;
    const char *text = keys->count > 0 ? jk_keys_text(&keys->items[0], results->arena) : "";
    if (keys->count == 0)
        jk_results_add(results, "key", JK_RESULT_SKIPPED, "%s", anchor->keyless.message);
    else if (keys->from == JK_KEYS_GIVEN)
        jk_results_add(results, "key", JK_RESULT_NOTE, "from %s: %s%s%s", keys->where, text,
                       keys->followed ? ", which an audit followed to " : "", keys->followed ? keys->followed : "");
    else
        jk_results_add(
            results, "key", JK_RESULT_NOTE,
            "from first use%s: this proves only that nothing has changed since. Compare %s with one obtained another "
            "way, and give that with --key",
            keys->from == JK_KEYS_REMEMBERED ? ", remembered" : "", text);
}

/* ---- witnesses ---- */

enum jk_status jk_anchor_check_policy(const struct jk_anchor *anchor, struct jk_span note,
                                      struct jk_trust_verdict *out_verdict, struct jk_error *error)
{
    const struct jk_verifier *key;
    struct jk_span origin = jk_span_of(anchor->origin);
    struct jk_keys named;
    JK_TRY(jk_keys_verify(&anchor->keys, origin, note, &key, error));
    jk_witnessed_keys(anchor->cli->witnessed, origin, &named);
    if (named.count != 0) { /* whether the policy names others only, jk_witnessed_check says */
        if (anchor->remembers) jk_keys_follow(&named, &anchor->memory.keys, &anchor->cli->arena);
        JK_TRY(jk_keys_verify(&named, origin, note, NULL, error));
    }

    return jk_witnessed_check(anchor->cli->witnessed, note, key, out_verdict, error);
}

enum jk_status jk_anchor_cosigned(struct jk_anchor *anchor, struct jk_span *out_note, struct jk_error *error)
{
    Jokbo__V1__GetCheckpointRequest request = JOKBO__V1__GET_CHECKPOINT_REQUEST__INIT;
    Jokbo__V1__Checkpoint *reply;
    struct jk_error why;
    request.cosigned = true;
    jk_error_init(&why, &anchor->cli->arena);
    enum jk_status status = ask_log(anchor->cli, "GetCheckpoint", &request.base, &reply, &why);
    if (status == JK_OK) {
        JK_TRY(check_origin(anchor->cli, jk_span_of(anchor->origin), reply->origin, error));
        *out_note = jk_span_of(reply->note);
        return JK_OK;
    }
    if (!why.reason || strcmp(why.reason, "NOT_COSIGNED") != 0)
        return jk_fail(error, status, why.reason, "%s", why.message);
    JK_TRY(jk_anchor_newest(anchor, error));
    *out_note = jk_span_of(anchor->newest->note);
    return JK_OK;
}

/* ---- growth ---- */

static enum jk_status take_hashes(const Jokbo__V1__ConsistencyProof *reply, struct jk_proof *out_proof,
                                  struct jk_error *error)
{
    if (reply->n_hashes > JK_PROOF_MAX)
        return jk_fail(error, JK_DATA_LOSS, "PROOF_MALFORMED", "the server's proof is too long");
    for (size_t i = 0; i < reply->n_hashes; i++) {
        if (reply->hashes[i].len != JK_DIGEST_SIZE)
            return jk_fail(error, JK_DATA_LOSS, "PROOF_MALFORMED",
                           "the server's proof contains something other than hashes");
        memcpy(out_proof->hashes[i].bytes, reply->hashes[i].data, JK_DIGEST_SIZE);
    }
    out_proof->count = (uint32_t)reply->n_hashes;
    return JK_OK;
}

enum jk_status jk_anchor_prove_root(struct jk_anchor *anchor, uint64_t old_size, const struct jk_checkpoint *checkpoint,
                                    struct jk_digest *out_root, struct jk_error *error)
{
    Jokbo__V1__GetConsistencyProofRequest request = JOKBO__V1__GET_CONSISTENCY_PROOF_REQUEST__INIT;
    Jokbo__V1__ConsistencyProof *reply;
    struct jk_proof proof = {0};
    request.first_size = (int64_t)old_size;
    request.second_size = (int64_t)checkpoint->size;
    JK_TRY(ask_log(anchor->cli, "GetConsistencyProof", &request.base, &reply, error));
    JK_TRY(take_hashes(reply, &proof, error));
    if (reply->first_root_hash.len == JK_DIGEST_SIZE) {
        memcpy(out_root->bytes, reply->first_root_hash.data, JK_DIGEST_SIZE);
        if (jk_merkle_verify_consistency(old_size, out_root, checkpoint->size, &checkpoint->root, &proof)) return JK_OK;
    }
    return jk_fail(error, JK_FAILED_PRECONDITION, "NOT_VERIFIED",
                   "the server's proof does not lead from its root of size %llu to the signed one of size %llu",
                   (unsigned long long)old_size, (unsigned long long)checkpoint->size);
}

static enum jk_status prove_by_server(void *context, uint64_t old_size, uint64_t size, struct jk_proof *out_proof,
                                      struct jk_error *error)
{
    Jokbo__V1__GetConsistencyProofRequest request = JOKBO__V1__GET_CONSISTENCY_PROOF_REQUEST__INIT;
    Jokbo__V1__ConsistencyProof *reply;
    struct jk_anchor *anchor = context;
    struct jk_error why;
    out_proof->count = 0;
    if (old_size == 0) return JK_OK; /* the empty proof */
    /* One from another log's server would not hold, and would look as if this log had changed its past. */
    JK_TRY(jk_anchor_check_server(anchor, error));
    request.first_size = (int64_t)old_size;
    request.second_size = (int64_t)size;
    jk_error_init(&why, error->arena);
    enum jk_status status = ask_log(anchor->cli, "GetConsistencyProof", &request.base, &reply, &why);
    if (status == JK_OK) return take_hashes(reply, out_proof, error);
    if (status != JK_OUT_OF_RANGE) return jk_fail(error, status, why.reason, "%s", why.message);
    return jk_fail(error, JK_UNAVAILABLE, "LOG_BEHIND",
                   "the server does not know size %llu, which was seen before: it lags behind, or was rolled back",
                   (unsigned long long)size);
}

enum jk_status jk_anchor_advance(struct jk_anchor *anchor, struct jk_span note, enum jk_growth *out_growth,
                                 struct jk_error *error)
{
    if (!anchor->remembers) return jk_fail(error, anchor->forgets.status, "LOCAL_FILE", "%s", anchor->forgets.message);
    enum jk_status status =
        jk_memory_advance(&anchor->memory, note, anchor->offline ? NULL : prove_by_server, anchor, out_growth, error);
    if (status == JK_OK || !error->reason || strcmp(error->reason, "LOG_FORKED") != 0) return status;
    anchor->clash[0] = jk_arena_copy(&anchor->cli->arena, anchor->memory.note.at, anchor->memory.note.len);
    anchor->clash[1] = jk_arena_copy(&anchor->cli->arena, note.at, note.len);
    return status;
}

/* What was compared, and what is kept of it. */
struct growth_told {
    enum jk_growth growth;
    uint64_t before, size;
    const char *known;  /* how `before` is known */
    const char *unkept; /* why `size` cannot be remembered; NULL: it is */
};

static void tell_growth(const struct growth_told *told, const char *check, struct jk_results *results)
{
    unsigned long long old = told->before, now = told->size;
    const char *link = told->unkept ? ", which cannot be remembered: " : "", *why = told->unkept ? told->unkept : "";
    switch (told->growth) {
    case JK_GROWTH_FIRST:
        jk_results_add(results, check, JK_RESULT_NOTE, "nothing was remembered of this log%s its size, %llu, %s%s",
                       told->unkept ? ", and" : "; from now on", now, told->unkept ? "cannot be: " : "is", why);
        return;
    case JK_GROWTH_SAME:
        jk_results_add(results, check, JK_RESULT_HOLDS, "size %llu is the checkpoint %s", now, told->known);
        return;
    case JK_GROWTH_GREW:
        jk_results_add(results, check, JK_RESULT_HOLDS, "the log has only grown: from size %llu, %s, to size %llu%s%s",
                       old, told->known, now, link, why);
        return;
    case JK_GROWTH_OLDER:
        jk_results_add(results, check, JK_RESULT_HOLDS, "its tree of size %llu is the beginning of that %s, %llu", now,
                       told->known, old);
        return;
    case JK_GROWTH_UNPROVEN:
        jk_results_add(results, check, JK_RESULT_SKIPPED,
                       "offline: whether sizes %llu, here, and %llu, %s, are of one log needs a proof from the server",
                       now, old, told->known);
    }
}

void jk_anchor_check_growth(struct jk_anchor *anchor, struct jk_span note, const char *check,
                            struct jk_results *results, struct jk_error *error)
{
    struct growth_told told = {.before = anchor->memory.note.len > 0 ? anchor->memory.checkpoint.size : 0,
                               .known = anchor->memory.unkept ? "seen in this run" : "remembered"};
    struct jk_span body = {0}, signatures;
    struct jk_checkpoint checkpoint = {0};
    enum jk_status status = jk_anchor_advance(anchor, note, &told.growth, error);
    if (status != JK_OK) {
        if (anchor->clash[0]) jk_results_add(results, check, JK_RESULT_FAILS, "%s", error->message);
        return;
    }
    if (jk_note_open(note, &body, &signatures, error) != JK_OK) return;
    if (jk_checkpoint_parse(body, &checkpoint, error) != JK_OK) return;
    told.size = checkpoint.size;
    told.unkept = anchor->memory.unkept;
    tell_growth(&told, check, results);
}
