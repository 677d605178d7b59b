/* Whether two accounts count as two independent evaluators; see four_eyes.h. */
#include "service/call/four_eyes.h"

#include "auth/access.h"
#include "base/clock.h"
#include "service/call/convert.h"

static enum jk_status refuse_evaluator(struct jk_error *error, const char *reason, const char *why)
{
    return jk_fail(error, JK_PERMISSION_DENIED, reason, "Four eyes: %s", why);
}

/* ---- one account ---- */

static enum jk_status refuse_unknown(struct jk_error *error)
{
    return refuse_evaluator(error, "GRANT_UNKNOWN",
                            "it is not recorded when this account got the role evaluator, or from whom: an admin must "
                            "revoke the role and grant it again");
}

static enum jk_status refuse_rest(const struct jk_grant *grant, bool verifier, int64_t rest_us, struct jk_error *error)
{
    char since[JK_TIME_TEXT], from[JK_TIME_TEXT];
    jk_time_format(grant->since_us, since);
    jk_time_format(grant->since_us + rest_us, from);
    jk_error_fact(error, "from", "%s", from);
    if (verifier)
        return jk_fail(error, JK_PERMISSION_DENIED, "VERIFIER_RESTS",
                       "A new verifier's account rests first (--evaluator-rest-hours): this one has had the role since "
                       "%s, and may challenge and attest from %s on",
                       since, from);
    return jk_fail(error, JK_PERMISSION_DENIED, "EVALUATOR_RESTS",
                   "A new evaluator rests first (--evaluator-rest-hours): this account has had the role since %s, and "
                   "may rule, confirm and reject from %s on",
                   since, from);
}

/* The first token in a token's ancestry, all of it within one account. False: it does not exist. */
static bool first_of_line(struct jk_directory *directory, uint64_t number, struct jk_token *out_token)
{
    *out_token = (struct jk_token){0};
    for (; number; number = jk_token_parent(out_token))
        if (!jk_directory_token(directory, number, out_token)) return false;
    return true;
}

/* The account that made the first token in a token's ancestry. 0: the server, or not recorded. */
static uint64_t maker_of(struct jk_directory *directory, uint64_t number)
{
    struct jk_token token;
    return first_of_line(directory, number, &token) ? token.made_by : 0;
}

/* `what`: it may do from then on. */
static enum jk_status check_token(struct jk_directory *directory, uint64_t number, int64_t rest_us, int64_t now_us,
                                  const char *what, struct jk_error *error)
{
    char made[JK_TIME_TEXT], from[JK_TIME_TEXT];
    struct jk_token token;
    if (!rest_us || !first_of_line(directory, number, &token) || now_us - token.created_us >= rest_us) return JK_OK;
    jk_time_format(token.created_us, made);
    jk_time_format(token.created_us + rest_us, from);
    jk_error_fact(error, "from", "%s", from);
    return jk_fail(
        error, JK_PERMISSION_DENIED, "TOKEN_RESTS",
        "A new token rests first (--evaluator-rest-hours): this one, or the one that it was made with, was made for "
        "the account by another at %s, and "
        "may %s from %s on; tokens that the account makes itself with an older one need not wait",
        made, what, from);
}

enum jk_status jk_four_eyes_check_rest(struct jk_directory *directory, const struct jk_speaker *speaker,
                                       int64_t rest_us, int64_t now_us, struct jk_grant *out_grant,
                                       struct jk_error *error)
{
    struct jk_account facts;
    if (!jk_directory_account(directory, speaker->account, &facts) || !(facts.roles & JK_ROLE_EVALUATOR))
        return refuse_evaluator(error, "NOT_EVALUATOR", "this account does not have the role evaluator");
    const struct jk_grant *grant = jk_account_grant(&facts, JK_ROLE_EVALUATOR);
    if (rest_us && !grant->since_us) return refuse_unknown(error);
    if (rest_us && now_us - grant->since_us < rest_us) return refuse_rest(grant, false, rest_us, error);
    *out_grant = *grant;
    return check_token(directory, speaker->token, rest_us, now_us, "rule, confirm and reject", error);
}

static bool created(struct jk_directory *directory, uint64_t creator, uint64_t account)
{
    struct jk_account facts;
    return jk_directory_account(directory, account, &facts) && facts.created_by == creator;
}

/* ---- two accounts ---- */

static enum jk_status check_another(const struct jk_proposal *first, const struct jk_speaker *second,
                                    struct jk_error *error)
{
    if (first->account && first->account == second->account)
        return jk_fail(error, JK_PERMISSION_DENIED, "SAME_EVALUATOR",
                       "This account made the ruling; another evaluator must confirm or reject it");
    return JK_OK;
}

/* Whoever grants roles may not confirm, nor whoever could until recently. */
static enum jk_status check_no_admin(struct jk_directory *directory, uint64_t account, int64_t rest_us, int64_t now_us,
                                     struct jk_error *error)
{
    struct jk_account facts;
    if (!jk_directory_account(directory, account, &facts)) return JK_OK;
    if (facts.roles & JK_ROLE_ADMIN)
        return refuse_evaluator(error, "ADMIN_CONFIRMS",
                                "an account with the role admin neither confirms nor rejects, because it gives roles");
    if (rest_us && facts.admin_until_us && now_us - facts.admin_until_us < rest_us)
        return refuse_evaluator(
            error, "LATELY_ADMIN",
            "this account had the role admin until lately, with which it could give roles; another one decides");
    return JK_OK;
}

static enum jk_status check_independent(struct jk_directory *directory, const struct jk_proposal *first,
                                        const struct jk_speaker *second, uint64_t granted_by, struct jk_error *error)
{
    if (created(directory, first->account, second->account) || created(directory, second->account, first->account))
        return refuse_evaluator(error, "CREATED_BY_OTHER",
                                "of the account that ruled and the one that decides, one created the other");
    uint64_t grantors[] = {first->granted_by, granted_by};
    for (size_t i = 0; i < 2; i++)
        if (grantors[i] && (grantors[i] == first->account || grantors[i] == second->account))
            return refuse_evaluator(
                error, "GRANTED_BY_ONE",
                "of the account that ruled and the one that decides, one gave the other or itself the role "
                "evaluator");
    if (maker_of(directory, second->token) == first->account || maker_of(directory, first->token) == second->account)
        return refuse_evaluator(error, "TOKEN_BY_OTHER",
                                "of the account that ruled and the one that decides, one made the other's token");
    return JK_OK;
}

enum jk_status jk_four_eyes_check(struct jk_directory *directory, const struct jk_proposal *first,
                                  const struct jk_speaker *second, int64_t rest_us, int64_t now_us,
                                  struct jk_error *error)
{
    struct jk_grant grant;
    JK_TRY(check_another(first, second, error));
    if (!first->account || !first->token)
        return jk_fail(error, JK_FAILED_PRECONDITION, "RULER_UNKNOWN",
                       "It is not known who made the ruling, so nobody can confirm it; reject it and rule again");
    JK_TRY(jk_four_eyes_check_rest(directory, second, rest_us, now_us, &grant, error));
    JK_TRY(check_no_admin(directory, second->account, rest_us, now_us, error));
    if (!grant.since_us) return refuse_unknown(error);
    if (grant.since_us >= first->time_us)
        return refuse_evaluator(error, "EVALUATOR_LATER",
                                "this account got the role evaluator after the ruling or proposal was made; one that "
                                "had it before must confirm");
    return check_independent(directory, first, second, grant.by, error);
}

/* As for confirming, but for two things without which a ruling could wait for ever: an evaluator of later rejects, and
 * what nobody knows who said. */
static enum jk_status check_rejects(struct jk_directory *directory, const struct jk_proposal *first,
                                    const struct jk_speaker *second, int64_t rest_us, int64_t now_us,
                                    struct jk_error *error)
{
    struct jk_grant grant;
    JK_TRY(check_another(first, second, error));
    JK_TRY(jk_four_eyes_check_rest(directory, second, rest_us, now_us, &grant, error));
    JK_TRY(check_no_admin(directory, second->account, rest_us, now_us, error));
    bool known = first->account && first->token;
    return known ? check_independent(directory, first, second, grant.by, error) : JK_OK;
}

/* ---- callers ---- */

enum jk_status jk_four_eyes_rested(const struct jk_change *change, const struct jk_turn *turn, struct jk_error *error)
{
    const struct jk_principal *caller = &change->call->principal;
    const struct jk_speaker speaker = {caller->account, caller->token};
    struct jk_grant grant;
    return jk_four_eyes_check_rest(turn->directory, &speaker, jk_services_of(change->call)->evaluator_rest_us,
                                   turn->time_us, &grant, error);
}

enum jk_status jk_verifier_rested(const struct jk_change *change, const struct jk_turn *turn, struct jk_error *error)
{
    const struct jk_principal *caller = &change->call->principal;
    int64_t rest_us = jk_services_of(change->call)->evaluator_rest_us;
    struct jk_account facts;
    if (!jk_directory_account(turn->directory, caller->account, &facts) || !(facts.roles & JK_ROLE_VERIFIER))
        return jk_fail(error, JK_PERMISSION_DENIED, "ROLE_REQUIRED", "This account does not have the role verifier");
    const struct jk_grant *grant = jk_account_grant(&facts, JK_ROLE_VERIFIER);
    if (rest_us && turn->time_us - grant->since_us < rest_us) return refuse_rest(grant, true, rest_us, error);
    return check_token(turn->directory, caller->token, rest_us, turn->time_us, "challenge and attest", error);
}

enum jk_status jk_four_eyes_settled(const struct jk_change *change, const struct jk_turn *turn, struct jk_error *error)
{
    const struct jk_principal *caller = &change->call->principal;
    struct jk_account facts;
    struct jk_token token;
    bool first = jk_directory_account(turn->directory, caller->account, &facts) && !facts.created_by &&
                 (facts.roles & JK_ROLE_EVALUATOR) && jk_account_grant(&facts, JK_ROLE_EVALUATOR)->since_us &&
                 !jk_account_grant(&facts, JK_ROLE_EVALUATOR)->by;
    if (first && first_of_line(turn->directory, caller->token, &token) && !token.made_by) return JK_OK;
    return jk_four_eyes_rested(change, turn, error);
}

enum jk_status jk_four_eyes_propose(const struct jk_change *change, const struct jk_turn *turn,
                                    struct jk_proposal *out_proposal, struct jk_error *error)
{
    const struct jk_services *services = jk_services_of(change->call);
    const struct jk_principal *caller = &change->call->principal;
    struct jk_grant grant;
    const struct jk_speaker first = {caller->account, caller->token};
    JK_TRY(jk_four_eyes_check_rest(turn->directory, &first, services->evaluator_rest_us, turn->time_us, &grant, error));
    if (services->four_eyes && !grant.since_us) return refuse_unknown(error);
    if (services->four_eyes && grant.by == caller->account)
        return refuse_evaluator(error, "GRANTED_BY_ONE",
                                "this account granted itself the role evaluator, so nobody could confirm its rulings");
    *out_proposal = (struct jk_proposal){caller->account, caller->token, grant.by, turn->time_us};
    return JK_OK;
}

enum jk_status jk_four_eyes_second(const struct jk_change *change, const struct jk_turn *turn,
                                   const struct jk_proposal *first, bool confirm, struct jk_error *error)
{
    int64_t rest_us = jk_services_of(change->call)->evaluator_rest_us;
    const struct jk_principal *caller = &change->call->principal;
    struct jk_speaker second = {caller->account, caller->token};
    if (confirm) return jk_four_eyes_check(turn->directory, first, &second, rest_us, turn->time_us, error);
    return check_rejects(turn->directory, first, &second, rest_us, turn->time_us, error);
}

bool jk_four_eyes_stands(struct jk_directory *directory, const struct jk_proposal *first)
{
    struct jk_account facts;
    return first->account && jk_directory_account(directory, first->account, &facts) &&
           (facts.roles & JK_ROLE_EVALUATOR) && !facts.disabled;
}

enum jk_status jk_four_eyes_keep(struct jk_turn *turn, uint32_t index, const struct jk_proposal *proposal,
                                 const struct jk_digest *what, struct jk_error *error)
{
    struct jk_record record;
    struct jk_ruler ruler = {index, proposal->account, proposal->token, proposal->granted_by, 0, {{0}}};
    if (what) {
        ruler.time_us = proposal->time_us;
        ruler.what = *what;
    }
    if (!jk_record_ruler(turn->arena, &ruler, &record)) return jk_out_of_memory(error);
    return jk_turn_record(turn, &record, error);
}

struct jk_proposal jk_four_eyes_kept(const struct jk_turn *turn, uint32_t index, const struct jk_digest *what)
{
    struct jk_ruler ruler;
    if (!jk_directory_ruler(turn->directory, index, &ruler)) return (struct jk_proposal){0};
    if (what && !jk_digest_equal(what, &ruler.what)) return (struct jk_proposal){0};
    return (struct jk_proposal){ruler.account, ruler.token, ruler.granted_by,
                                ruler.time_us ? ruler.time_us : jk_book_time(turn->book, index)};
}
