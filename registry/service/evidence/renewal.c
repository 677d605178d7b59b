/* RenewEvidence. What was wished is a private record, written without an entry: the entry is the evidence that follows, with
 * which the wish is fulfilled by itself, as that is of a larger size. What one account gains by it is small: for each of its
 * releases an entry and a text a day, and the examiner's time when its publisher has its turn. */
#include "service/evidence/renewal.h"

#include "book/holdings.h"
#include "book/vouched.h"
#include "examine/agenda.h"
#include "service/call/authority.h"
#include "service/call/handlers.h"
#include "service/evaluate/stages.h"
#include "service/records/present.h"

#define BETWEEN_US INT64_C(86400000000) /* two wishes for one release, of those who have a part in it */

uint32_t jk_renewal_waits(const struct jk_book *book, struct jk_directory *directory, uint32_t release, uint32_t n)
{
    struct jk_renewal wish;
    uint32_t newest = jk_book_last_screening(book, release, n);
    if (!jk_directory_renewal(directory, &jk_book_release(book, release)->hash, &wish)) return 0;
    bool fulfilled = newest != JK_NONE && jk_book_evidence(book, newest)->at >= wish.size;
    return fulfilled || !jk_book_release_is_held(book, release, n) ? 0 : wish.size;
}

struct renewing {
    uint32_t release, newest; /* slots; newest: its evidence from public sketches */
    uint32_t waits;           /* size that is waited for; 0: nothing is */
    bool trusted;             /* an evaluator or registrar */
};

/* Nothing is judged: what comes out follows from the log. Whoever may say what others are compared with may have it
 * compared, too. */
static enum jk_status check_renewer(struct jk_change *change, struct jk_turn *turn, uint32_t model,
                                    struct renewing *renewing, struct jk_error *error)
{
    struct jk_actor actor;
    renewing->trusted = (change->call->principal.roles & (JK_ROLE_EVALUATOR | JK_ROLE_REGISTRAR)) != 0;
    return renewing->trusted ? JK_OK : jk_act_for_model(change, turn, model, &actor, error);
}

static enum jk_status check_computed(const struct jk_turn *turn, const struct renewing *renewing,
                                     struct jk_error *error)
{
    const struct jk_release *release = jk_book_release(turn->book, renewing->release);
    if (!jk_book_release_is_held(turn->book, renewing->release, jk_turn_size(turn)))
        return jk_fail(
            error, JK_FAILED_PRECONDITION, "NO_EVIDENCE",
            "The manifest of the release \"%.*s\" of \"%.*s\" is not stored here, so nothing can be compared",
            JK_SPAN_ARG(release->version), JK_SPAN_ARG(jk_name_of(turn, release->model)));
    if (renewing->newest != JK_NONE) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "NO_EVIDENCE",
                   "The release \"%.*s\" of \"%.*s\" waits for its first evidence, which will be of what is known then",
                   JK_SPAN_ARG(release->version), JK_SPAN_ARG(jk_name_of(turn, release->model)));
}

/* What is there has to be older than something; and those who have a part in the release are limited. */
static enum jk_status check_wish(const struct jk_turn *turn, const struct renewing *renewing, struct jk_error *error)
{
    const struct jk_digest *hash = &jk_book_release(turn->book, renewing->release)->hash;
    uint32_t at = jk_book_evidence(turn->book, renewing->newest)->at;
    struct jk_renewal last;
    if (!jk_evidence_is_outdated(turn->book, at, jk_turn_size(turn)))
        return jk_fail(error, JK_FAILED_PRECONDITION, "RENEWAL_NOT_NEEDED",
                       "The evidence was computed at log size %u, and since then no reference, manifest, base model or "
                       "adoption has come",
                       at);
    if (renewing->trusted || !jk_directory_renewal(turn->directory, hash, &last)) return JK_OK;
    int64_t left_us = last.time_us + BETWEEN_US - turn->time_us;
    if (left_us <= 0) return JK_OK;
    error->retry_ms = left_us / 1000 + 1;
    return jk_fail(
        error, JK_RESOURCE_EXHAUSTED, "RENEWAL_QUOTA",
        "The evidence of this release was asked for anew less than 24 hours ago; ask again in %lld minutes, or "
        "ask an evaluator or registrar",
        (long long)(left_us / 60000000 + 1));
}

static enum jk_status record_wish(const struct jk_change *change, struct jk_turn *turn, struct renewing *renewing,
                                  struct jk_error *error)
{
    struct jk_renewal wish = {.release = jk_book_release(turn->book, renewing->release)->hash,
                              .account = change->call->principal.account,
                              .size = jk_turn_size(turn),
                              .time_us = turn->time_us};
    struct jk_record record;
    renewing->waits = wish.size;
    if (!jk_record_renewal(turn->arena, &wish, &record)) return jk_out_of_memory(error);
    return jk_turn_record(turn, &record, error);
}

static enum jk_status tell_renewal(const struct jk_change *change, const struct jk_turn *turn,
                                   const struct renewing *renewing, ProtobufCMessage **out_reply)
{
    struct jk_arena *arena = &change->call->arena;
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), arena, NULL};
    const struct jk_release *release = jk_book_release(turn->book, renewing->release);
    const struct jk_weights_evidence *evidence = jk_book_evidence(turn->book, renewing->newest);
    Jokbo__V1__EvidenceRenewal *reply = JK_MESSAGE(arena, Jokbo__V1__EvidenceRenewal, jokbo__v1__evidence_renewal);
    if (!reply) return jk_out_of_memory(&change->call->error);
    reply->model = jk_to_string(arena, jk_present_name(&present, release->model));
    reply->version = jk_to_string(arena, release->version);
    reply->lineage_hash = jk_to_hex(arena, &release->hash);
    reply->log_index = evidence->from;
    reply->at_size = evidence->at;
    reply->renewal_size = renewing->waits;
    reply->log_size = present.size;
    *out_reply = &reply->base;
    return reply->model && reply->version && reply->lineage_hash ? JK_OK : jk_out_of_memory(&change->call->error);
}

/* One that waits already does for whatever was there when it was asked for; only who is trusted asks for more at once. */
static enum jk_status decide_renewal(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__RenewEvidenceRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    uint32_t model, n = jk_turn_size(turn);
    struct renewing renewing;
    JK_TRY(jk_need_release(turn, jk_span_of(request->model), &model, &renewing.release, error));
    JK_TRY(check_renewer(change, turn, model, &renewing, error));
    renewing.newest = jk_book_last_screening(turn->book, renewing.release, n);
    JK_TRY(check_computed(turn, &renewing, error));
    renewing.waits = jk_renewal_waits(turn->book, turn->directory, renewing.release, n);
    if (!renewing.waits || (renewing.trusted && jk_evidence_is_outdated(turn->book, renewing.waits, n))) {
        JK_TRY(check_wish(turn, &renewing, error));
        JK_TRY(record_wish(change, turn, &renewing, error));
    }
    return tell_renewal(change, turn, &renewing, out_reply);
}

void jk_renew_evidence(struct jk_call *call)
{
    const Jokbo__V1__RenewEvidenceRequest *request = (const void *)call->request;
    jk_check_release_name(&call->error, "model", request->model);
    if (jk_error_result(&call->error) == JK_OK)
        jk_change_submit(call, decide_renewal, NULL);
    else
        jk_call_fail(call);
}
