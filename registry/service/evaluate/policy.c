/* RecordPolicy, GetPolicy, ListPolicies. Who counts by a name gets its newest version: so that nobody alone puts another
 * in its place, a further version takes two evaluators, and the names of the ready policies begin with their texts. */
#include "service/call/handlers.h"
#include "service/evaluate/impartial.h"
#include "service/evaluate/ready.h"
#include "service/records/short_list.h"
#include "service/evaluate/stages.h"

/* ---- record ---- */

static enum jk_status check_new(struct jk_turn *turn, const struct jk_policy *policy, struct jk_error *error)
{
    uint32_t taken =
        jk_book_find_policy_name(turn->book, jk_span_of(policy->name), policy->version, jk_turn_size(turn));
    if (taken == JK_NONE) return JK_OK;
    const struct jk_policy_row *row = jk_book_policy(turn->book, taken);
    struct jk_digest digest = jk_policy_digest(policy);
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&row->digest, hex);
    jk_error_fact(error, "log_index", "%u", row->from);
    jk_error_fact(error, "sha256", "%s", hex);
    if (jk_digest_equal(&digest, &row->digest))
        return jk_fail(error, JK_ALREADY_EXISTS, "POLICY_EXISTS",
                       "This policy is already recorded, by log entry %u: %s@%u", row->from, policy->name,
                       policy->version);
    return jk_fail(error, JK_ALREADY_EXISTS, "POLICY_VERSION_TAKEN",
                   "The policy %s has another text as its version %u, by log entry %u; a policy never changes: give a "
                   "new version",
                   policy->name, policy->version, row->from);
}

/* The first version of a name. */
static enum jk_status check_first(const struct jk_policy *policy, struct jk_error *error)
{
    struct jk_digest digest = jk_policy_digest(policy), its;
    uint32_t version;
    bool ready;
    JK_TRY(jk_ready_find(policy->name, &ready, &its, &version, error));
    if (!ready || jk_digest_equal(&digest, &its)) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "POLICY_READY",
                   "%s is the name of a policy that comes with Jokbo, whose text as version %u is another: give yours "
                   "another name, or record that one first",
                   policy->name, version);
}

/* A further version; out: whether it is recorded at once, or only proposed. `newest`: the entry of the newest one. */
static enum jk_status check_further(struct jk_change *change, struct jk_turn *turn, const struct jk_policy *policy,
                                    const struct jk_policy_row *newest, bool *out_now, struct jk_error *error)
{
    struct jk_digest digest = jk_policy_digest(policy);
    struct jk_proposal first = jk_four_eyes_kept(turn, newest->from, &digest), own;
    uint32_t next = newest->policy.version + 1;
    *out_now = !jk_services_of(change->call)->four_eyes;
    if (policy->version != next) {
        jk_error_fact(error, "next", "%u", next);
        return jk_fail(error, JK_FAILED_PRECONDITION, "POLICY_VERSION_GAP",
                       "The newest version of the policy %s is %u: the next one is %u", policy->name, next - 1, next);
    }
    if (*out_now) return JK_OK;
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), turn->arena};
    bool same = jk_proposal_stands(&present, &first, turn->time_us);
    *out_now = same && first.account != change->call->principal.account;
    if (*out_now) return jk_four_eyes_second(change, turn, &first, true, error);
    JK_TRY(jk_four_eyes_propose(change, turn, &own, error));
    return same ? JK_OK : jk_four_eyes_keep(turn, newest->from, &own, &digest, error);
}

static enum jk_status reply_policy(struct jk_change *change, struct jk_turn *turn, const struct jk_policy *policy,
                                   bool recorded, ProtobufCMessage **out_reply)
{
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), &change->call->arena};
    Jokbo__V1__Policy *reply;
    if (recorded) {
        reply = jk_present_policy(
            &present, jk_book_find_policy_name(turn->book, jk_span_of(policy->name), policy->version, present.size));
        if (reply) reply->log_index = jk_change_index(change, (uint32_t)reply->log_index);
    } else if ((reply = jk_explain_policy(&present, policy))) {
        reply->proposed = true;
    }
    if (!reply) return jk_out_of_memory(&change->call->error);
    *out_reply = &reply->base;
    return JK_OK;
}

static enum jk_status decide_record(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const struct jk_policy *policy = change->input;
    struct jk_error *error = &change->call->error;
    struct jk_entry entry = {.kind = JK_KIND_POLICY, .actor = {.type = JK_ACTOR_EVALUATOR}};
    struct jk_text text;
    uint32_t index, newest = jk_book_find_policy_name(turn->book, jk_span_of(policy->name), 0, jk_turn_size(turn));
    bool now = true;
    JK_TRY(jk_check_referee(change, turn, error));
    JK_TRY(check_new(turn, policy, error));
    if (newest == JK_NONE)
        JK_TRY(check_first(policy, error));
    else
        JK_TRY(check_further(change, turn, policy, jk_book_policy(turn->book, newest), &now, error));
    if (!now) return reply_policy(change, turn, policy, false, out_reply);
    jk_text_init(&text, 0);
    jk_policy_write(policy, &text);
    entry.policy = jk_text_span(&text);
    enum jk_status status = text.failed ? jk_out_of_memory(error) : jk_turn_append(turn, &entry, &index, error);
    jk_text_done(&text);
    JK_TRY(status);
    return reply_policy(change, turn, policy, true, out_reply);
}

void jk_record_policy(struct jk_call *call)
{
    const Jokbo__V1__RecordPolicyRequest *request = (const void *)call->request;
    struct jk_policy *policy = jk_arena_zalloc(&call->arena, 1, sizeof *policy);
    enum jk_status status =
        policy ? jk_policy_read(jk_span_of(request->text), policy, &call->error) : jk_out_of_memory(&call->error);
    if (status == JK_OK)
        jk_change_submit(call, decide_record, policy);
    else
        jk_call_fail(call);
}

/* ---- read ---- */

void jk_get_policy(struct jk_call *call)
{
    const Jokbo__V1__GetPolicyRequest *request = (const void *)call->request;
    Jokbo__V1__Policy *reply = NULL;
    struct jk_view view;
    jk_store_view(jk_store_of(call), &view);
    struct jk_present present = {view.book, jk_store_directory(jk_store_of(call)), view.size, &call->arena};
    uint32_t slot = jk_policy_find(view.book, jk_span_of(request->policy), view.size);
    if (slot != JK_NONE) reply = jk_present_policy(&present, slot);
    jk_store_view_end(jk_store_of(call));
    if (reply) {
        jk_call_finish(call, &reply->base);
        return;
    }
    (void)(slot == JK_NONE ? jk_policy_not_found(&call->error, request->policy) : jk_out_of_memory(&call->error));
    jk_call_fail(call);
}

void jk_list_policies(struct jk_call *call)
{
    struct jk_short_list list;
    Jokbo__V1__ListPoliciesResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListPoliciesResponse, jokbo__v1__list_policies_response);
    enum jk_status status = jk_short_list_begin(call, &list);
    if (status == JK_OK) {
        uint32_t count = jk_book_policies(list.view.book, list.present.size);
        for (uint32_t slot = 0; slot < count; slot++)
            if (jk_short_list_wants(&list, slot))
                jk_short_list_take(&list, slot, jk_present_policy(&list.present, slot));
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK && reply) JK_SHORT_LIST_REPLY(&list, reply, policies);
    jk_short_list_end(&list, status, &reply->base);
}
