/* ChallengeRelease, AllowChallenge and ListChallenges. What ends a challenge is attest.c. */
#include "domain/ident.h"
#include "reply/lookup.h"
#include "service/call/handlers.h"
#include "service/evaluate/impartial.h"
#include "service/evaluate/stages.h"
#include "service/evidence/challenged.h"
#include "service/records/short_list.h"

/* How often a verifier has challenged a release; out: the newest challenge, JK_NONE for none. */
static uint32_t count_challenges(const struct jk_turn *turn, uint32_t release, uint32_t verifier, uint32_t *out_newest)
{
    uint32_t count = 0, slot = jk_book_last_challenge(turn->book, release, jk_turn_size(turn));
    *out_newest = JK_NONE;
    for (; slot != JK_NONE; slot = jk_book_older_challenge(turn->book, slot)) {
        if (jk_book_challenge(turn->book, slot)->verifier != verifier) continue;
        if (!count++) *out_newest = slot;
    }
    return count;
}

/* ---- challenge ---- */

static enum jk_status check_not_again(const struct jk_turn *turn, uint32_t release, uint32_t verifier,
                                      struct jk_error *error)
{
    uint32_t n = jk_turn_size(turn), newest, count = count_challenges(turn, release, verifier, &newest);
    if (!count) return JK_OK;
    uint32_t from = jk_book_challenge(turn->book, newest)->from;
    jk_error_fact(error, "challenge", "%u", from);
    if (jk_book_challenge_is_open(turn->book, newest, n, turn->time_us))
        return jk_fail(error, JK_FAILED_PRECONDITION, "CHALLENGED",
                       "The challenge of log entry %u waits for its attestation: answer that one", from);
    if (count <= jk_book_leaves(turn->book, release, verifier, n)) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "CHALLENGED",
                   "This verifier has challenged the release before, in log entry %u; nobody draws until the result "
                   "pleases: an evaluator may allow one more, with jokbo verifier allow",
                   from);
}

static enum jk_status decide_challenge(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__ChallengeReleaseRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    struct jk_entry entry = {.kind = JK_KIND_CHALLENGE, .actor = {.type = JK_ACTOR_VERIFIER}};
    uint32_t model, release, verifier, index;
    JK_TRY(jk_need_release(turn, jk_span_of(request->model), &model, &release, error));
    JK_TRY(jk_challenger_check(change, turn, release, &verifier, error));
    const struct jk_release *facts = jk_book_release(turn->book, release);
    if (jk_digest_is_zero(&facts->artifact))
        return jk_fail(
            error, JK_FAILED_PRECONDITION, "NO_ARTIFACT",
            "The release \"%.*s\" of \"%.*s\" names no artifact: nobody could say whether it is what it says",
            JK_SPAN_ARG(facts->version), JK_SPAN_ARG(jk_name_of(turn, model)));
    JK_TRY(check_not_again(turn, release, verifier, error));
    entry.actor.name = jk_book_verifier_id(turn->book, verifier);
    entry.release = facts->hash;
    entry.nonce = *(const struct jk_digest *)change->input;
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    return jk_challenge_reply(change, turn, jk_book_find_challenge(turn->book, index, jk_turn_size(turn)), out_reply);
}

void jk_challenge_release(struct jk_call *call)
{
    const Jokbo__V1__ChallengeReleaseRequest *request = (const void *)call->request;
    struct jk_digest *nonce = jk_arena_zalloc(&call->arena, 1, sizeof *nonce);
    jk_check_release_name(&call->error, "model", request->model);
    if (nonce)
        jk_from_hex(request->nonce, "nonce", nonce, &call->error);
    else
        (void)jk_out_of_memory(&call->error);
    if (!*request->nonce) jk_error_field(&call->error, "nonce", "is required: 32 random bytes in hexadecimal digits");
    if (jk_error_result(&call->error) == JK_OK)
        jk_change_submit_completed(call, decide_challenge, jk_challenge_complete, nonce);
    else
        jk_call_fail(call);
}

/* ---- allow ---- */

static enum jk_status decide_allow(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__AllowChallengeRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    struct jk_entry entry = {.kind = JK_KIND_CHALLENGE_AGAIN,
                             .actor = {.type = JK_ACTOR_EVALUATOR},
                             .verifier = jk_span_of(request->verifier),
                             .evidence = jk_span_of(request->reason)};
    uint32_t n = jk_turn_size(turn), model, release, index, newest;
    uint32_t verifier = jk_book_find_verifier(turn->book, entry.verifier, n);
    JK_TRY(jk_need_release(turn, jk_span_of(request->model), &model, &release, error));
    if (verifier == JK_NONE)
        return jk_fail(error, JK_NOT_FOUND, "VERIFIER_NOT_FOUND",
                       "There is no verifier \"%s\"; see jokbo verifier list", request->verifier);
    struct jk_judged judged = {model, JK_NONE, JK_NONE, JK_NONE, JK_NONE, verifier};
    JK_TRY(jk_four_eyes_rested(change, turn, error));
    JK_TRY(jk_check_impartial(change, turn, &judged, error));
    entry.release = jk_book_release(turn->book, release)->hash;
    if (count_challenges(turn, release, verifier, &newest) <= jk_book_leaves(turn->book, release, verifier, n))
        return jk_fail(error, JK_FAILED_PRECONDITION, "ALREADY_SO",
                       "The verifier \"%s\" may challenge this release already", request->verifier);
    if (*request->text) JK_TRY(jk_turn_text(turn, jk_span_of(request->text), &entry.text, error));
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    return jk_challenge_reply(change, turn, newest, out_reply);
}

void jk_allow_challenge(struct jk_call *call)
{
    const Jokbo__V1__AllowChallengeRequest *request = (const void *)call->request;
    struct jk_error *error = &call->error;
    jk_check_field(error, "verifier", request->verifier, jk_ident_team_fault(jk_span_of(request->verifier)));
    jk_check_release_name(error, "model", request->model);
    jk_check_field(error, "reason", request->reason, jk_ident_label_fault(jk_span_of(request->reason)));
    jk_check_reason(error, "text", request->text, false);
    if (jk_error_result(error) == JK_OK)
        jk_change_submit_completed(call, decide_allow, jk_challenge_complete, NULL);
    else
        jk_call_fail(call);
}

/* ---- list ---- */

struct filter {
    uint32_t model, release, verifier; /* JK_NONE: any */
};

static enum jk_status read_challenge_filter(struct jk_call *call, const struct jk_present *present, struct filter *out)
{
    const Jokbo__V1__ListChallengesRequest *request = (const void *)call->request;
    struct jk_span name, version;
    *out = (struct filter){JK_NONE, JK_NONE, JK_NONE};
    jk_split_version(jk_span_of(request->model), &name, &version);
    if (name.len) JK_TRY(jk_filter_model(call, present, jk_to_string(present->arena, name), &out->model));
    if (version.len) out->release = jk_book_find_version(present->book, out->model, version, present->size);
    if (version.len && out->release == JK_NONE)
        return jk_fail(&call->error, JK_NOT_FOUND, "RELEASE_NOT_FOUND", "The model \"%.*s\" has no release %.*s",
                       JK_SPAN_ARG(name), JK_SPAN_ARG(version));
    if (*request->verifier)
        out->verifier = jk_book_find_verifier(present->book, jk_span_of(request->verifier), present->size);
    if (!*request->verifier || out->verifier != JK_NONE) return JK_OK;
    return jk_fail(&call->error, JK_NOT_FOUND, "VERIFIER_NOT_FOUND", "There is no verifier \"%s\"", request->verifier);
}

static bool matches(const struct jk_book *book, const struct filter *filter, const struct jk_challenge *challenge)
{
    if (filter->verifier != JK_NONE && challenge->verifier != filter->verifier) return false;
    if (filter->release != JK_NONE) return challenge->release == filter->release;
    return filter->model == JK_NONE || jk_book_release(book, challenge->release)->model == filter->model;
}

static Jokbo__V1__Challenge *present_with_key(const struct jk_short_list *list, uint32_t slot, int64_t now_us)
{
    const struct jk_challenge *facts = jk_book_challenge(list->present.book, slot);
    Jokbo__V1__Challenge *out = jk_present_challenge(&list->present, slot, now_us);
    struct jk_digest key;
    if (out && jk_challenge_key_of(list->view.forest, facts->from,
                                   &jk_book_release(list->present.book, facts->release)->hash, &key))
        out->key = jk_to_hex(list->present.arena, &key);
    return out;
}

/* Newest first: the positions count from the end, which stays where it was on the first page. */
static enum jk_status walk_challenges(struct jk_call *call, struct jk_short_list *list)
{
    uint32_t count = jk_book_challenges(list->present.book, list->present.size);
    int64_t now_us = jk_store_clock_us(jk_store_of(call));
    struct filter filter;
    JK_TRY(read_challenge_filter(call, &list->present, &filter));
    for (uint32_t i = 0; i < count; i++) {
        uint32_t slot = count - 1 - i;
        if (!matches(list->present.book, &filter, jk_book_challenge(list->present.book, slot))) continue;
        if (jk_short_list_wants(list, i)) jk_short_list_take(list, i, present_with_key(list, slot, now_us));
    }
    return JK_OK;
}

void jk_list_challenges(struct jk_call *call)
{
    const Jokbo__V1__ListChallengesRequest *request = (const void *)call->request;
    struct jk_short_list list = {.call = call};
    Jokbo__V1__ListChallengesResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListChallengesResponse, jokbo__v1__list_challenges_response);
    if (*request->model) jk_check_release_name(&call->error, "model", request->model);
    if (*request->verifier)
        jk_check_field(&call->error, "verifier", request->verifier, jk_ident_team_fault(jk_span_of(request->verifier)));
    enum jk_status status = jk_error_result(&call->error);
    if (status == JK_OK) status = jk_short_list_begin(call, &list);
    if (status == JK_OK) {
        status = walk_challenges(call, &list);
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK && reply) JK_SHORT_LIST_REPLY(&list, reply, challenges);
    jk_short_list_end(&list, status, &reply->base);
}
