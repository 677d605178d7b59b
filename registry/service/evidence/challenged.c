/* See challenged.h. */
#include "service/evidence/challenged.h"

#include "auth/access.h"
#include "service/evaluate/impartial.h"
#include "weights/challenge_text.h"

/* ---- messages ---- */

static void present_answer(const struct jk_present *present, const struct jk_attest *attest, Jokbo__V1__Challenge *out)
{
    out->state = attest->agrees ? JOKBO__V1__CHALLENGE_STATE__CHALLENGE_STATE_AGREES
                                : JOKBO__V1__CHALLENGE_STATE__CHALLENGE_STATE_DIFFERS;
    out->attest_index = attest->from;
    out->found_sha256 = jk_to_hex(present->arena, &attest->artifact);
    out->differs = jk_to_string(present->arena, attest->differs);
    if (!jk_digest_is_zero(&attest->sketches)) out->sketches_sha256 = jk_to_hex(present->arena, &attest->sketches);
}

Jokbo__V1__Challenge *jk_present_challenge(const struct jk_present *present, uint32_t slot, int64_t now_us)
{
    const struct jk_challenge *facts = jk_book_challenge(present->book, slot);
    const struct jk_release *release = jk_book_release(present->book, facts->release);
    uint32_t answer = jk_book_answer(present->book, slot, present->size);
    struct jk_appointment appointment;
    Jokbo__V1__Challenge *out = JK_MESSAGE(present->arena, Jokbo__V1__Challenge, jokbo__v1__challenge);
    if (!out) return NULL;
    out->log_index = facts->from;
    out->verifier = jk_to_string(present->arena, jk_book_verifier_id(present->book, facts->verifier));
    out->model = jk_to_string(present->arena, jk_present_name(present, release->model));
    out->version = jk_to_string(present->arena, release->version);
    out->lineage_hash = jk_to_hex(present->arena, &release->hash);
    out->artifact_sha256 = jk_to_hex(present->arena, &release->artifact);
    out->create_time = jk_to_timestamp(present->arena, jk_book_time(present->book, facts->from));
    out->state = jk_book_challenge_is_open(present->book, slot, present->size, now_us)
                     ? JOKBO__V1__CHALLENGE_STATE__CHALLENGE_STATE_OPEN
                     : JOKBO__V1__CHALLENGE_STATE__CHALLENGE_STATE_ABANDONED;
    if (answer != JK_NONE) present_answer(present, jk_book_attest(present->book, answer), out);
    out->verifier_in_effect = jk_book_appointment(present->book, facts->verifier, present->size, &appointment);
    out->log_size = present->size;
    return out;
}

/* ---- the key ---- */

bool jk_challenge_key_of(struct jk_forest *forest, uint32_t entry, const struct jk_digest *release,
                         struct jk_digest *out_key)
{
    struct jk_digest root;
    if (!jk_merkle_root_at(jk_forest_read, forest, (uint64_t)entry + 1, &root)) return false;
    *out_key = jk_challenge_key(&root, release);
    return true;
}

enum jk_status jk_challenge_reply(struct jk_change *change, struct jk_turn *turn, uint32_t slot,
                                  ProtobufCMessage **out_reply)
{
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), &change->call->arena, NULL};
    Jokbo__V1__Challenge *reply = jk_present_challenge(&present, slot, turn->time_us);
    if (!reply) return jk_out_of_memory(&change->call->error);
    reply->log_index = jk_change_index(change, jk_book_challenge(turn->book, slot)->from);
    reply->attest_index = jk_change_index(change, (uint32_t)reply->attest_index);
    *out_reply = &reply->base;
    return JK_OK;
}

/* Without memory the reply stays without the key, which ListChallenges gives as well. */
void jk_challenge_complete(struct jk_change *change)
{
    struct jk_store *store = jk_store_of(change->call);
    struct jk_span *packed = &change->write.reply;
    struct jk_digest key, release;
    struct jk_view view;
    Jokbo__V1__Challenge *reply =
        jokbo__v1__challenge__unpack(NULL, packed->len, (const uint8_t *)(const void *)packed->at);
    if (!reply) return;
    jk_store_view(store, &view);
    bool made = reply->log_index < view.size && jk_digest_parse(jk_span_of(reply->lineage_hash), &release) &&
                jk_challenge_key_of(view.forest, (uint32_t)reply->log_index, &release, &key);
    jk_store_view_end(store);
    if (made) {
        Jokbo__V1__Challenge addition = JOKBO__V1__CHALLENGE__INIT;
        char hex[JK_DIGEST_HEX + 1];
        jk_digest_hex(&key, hex);
        addition.key = hex;
        size_t len = jokbo__v1__challenge__get_packed_size(&addition);
        uint8_t *bytes = jk_arena_alloc(&change->call->arena, packed->len + len);
        if (bytes) { /* the fields of a message may be in any order */
            memcpy(bytes, packed->at, packed->len);
            jokbo__v1__challenge__pack(&addition, bytes + packed->len);
            *packed = (struct jk_span){(char *)bytes, packed->len + len};
        }
    }
    jokbo__v1__challenge__free_unpacked(reply, NULL);
}

/* ---- who ---- */

/* Present and former publishers of a model. */
static enum jk_status check_hands(const struct jk_change *change, const struct jk_turn *turn, uint32_t model,
                                  struct jk_error *error)
{
    const struct jk_alias *alias = jk_book_alias(turn->book, model, jk_turn_size(turn));
    for (; alias; alias = jk_book_older_alias(turn->book, alias))
        JK_TRY(jk_check_may_vouch(change, turn, alias->publisher, error));
    return JK_OK;
}

/* The registered model that a parent is, of an external one the model that has adopted it; JK_NONE: none. */
static uint32_t model_of_parent(const struct jk_turn *turn, const struct jk_parent *parent)
{
    if (!parent->external) return jk_book_release(turn->book, parent->slot)->model;
    const struct jk_adoption *adoption = jk_book_adoption_of(turn->book, parent->slot, jk_turn_size(turn));
    return adoption ? adoption->model : (uint32_t)JK_NONE;
}

enum jk_status jk_verifier_in_effect(const struct jk_book *book, const char *id, uint32_t n, uint32_t *out_verifier,
                                     struct jk_error *error)
{
    struct jk_appointment appointment;
    *out_verifier = jk_book_find_verifier(book, jk_span_of(id), n);
    if (*out_verifier != JK_NONE && jk_book_appointment(book, *out_verifier, n, &appointment)) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "VERIFIER_ENDED",
                   "\"%s\" is not a verifier now, or not yet; see jokbo verifier list", id);
}

enum jk_status jk_challenger_check(struct jk_change *change, struct jk_turn *turn, uint32_t release,
                                   uint32_t *out_verifier, struct jk_error *error)
{
    const struct jk_release *facts = jk_book_release(turn->book, release);
    JK_TRY(
        jk_verifier_in_effect(turn->book, change->call->principal.verifier, jk_turn_size(turn), out_verifier, error));
    JK_TRY(jk_verifier_rested(change, turn, error));
    JK_TRY(jk_check_no_team(change, turn, error));
    JK_TRY(check_hands(change, turn, facts->model, error));
    for (uint32_t i = 0; i < facts->parent_count; i++) {
        uint32_t parent = model_of_parent(turn, &facts->parents[i]);
        if (parent != JK_NONE) JK_TRY(check_hands(change, turn, parent, error));
    }
    return JK_OK;
}
