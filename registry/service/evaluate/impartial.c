/* See impartial.h. */
#include "service/evaluate/impartial.h"

#include "service/evaluate/common.h"

#include "book/book_ask.h"
#include "book/claims.h"
#include "book/vouched.h"
#include "service/call/authority.h"

/* ---- teams ---- */

/* The team that an account acts or has acted for, or for one of whose publishers it does or did; empty for none, in
 * `arena`, unless that is exhausted. */
static struct jk_span acted_for(const struct jk_present *present, const struct jk_account *account, int64_t now_us)
{
    struct jk_span teams = jk_span_of(account->acted_for), team = jk_span_of(account->team);
    const struct jk_member *hands;
    if (!team.len && teams.len) jk_span_cut(&teams, ' ', &team);
    if (team.len) return jk_span_of(jk_to_string(present->arena, team));
    size_t count = jk_directory_list_hands(present->directory, account->id, present->arena, &hands);
    for (size_t i = 0; i < count && !present->arena->exhausted; i++) {
        uint32_t publisher = jk_book_find_publisher(present->book, jk_span_of(hands[i].publisher), present->size);
        uint32_t slot =
            publisher == JK_NONE ? (uint32_t)JK_NONE : jk_book_team_of(present->book, publisher, now_us, present->size);
        if (slot != JK_NONE) return jk_book_team(present->book, slot)->id;
    }
    return JK_SPAN("");
}

enum jk_status jk_check_no_team(const struct jk_change *change, const struct jk_turn *turn, struct jk_error *error)
{
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), turn->arena};
    struct jk_account account;
    if (!jk_services_of(change->call)->four_eyes) return JK_OK;
    if (!jk_directory_account(turn->directory, change->call->principal.account, &account)) return JK_OK;
    struct jk_span team = acted_for(&present, &account, turn->time_us);
    if (turn->arena->exhausted) return jk_out_of_memory(error);
    if (team.len)
        return jk_fail(error, JK_PERMISSION_DENIED, "OWN_TEAM",
                       "This account acts, or has acted, for the team %.*s, a rival of all others: it judges no models "
                       "and sets no rules for them; an evaluator who acts for no team does",
                       JK_SPAN_ARG(team));
    if (account.teams_known || !(account.roles & JK_ROLE_EVALUATOR)) return JK_OK;
    return jk_fail(error, JK_PERMISSION_DENIED, "TEAMS_UNKNOWN",
                   "It is not recorded whether this account has acted for a team: an admin who knows that it has not "
                   "must revoke the role evaluator and grant it again");
}

enum jk_status jk_check_referee(const struct jk_change *change, const struct jk_turn *turn, struct jk_error *error)
{
    JK_TRY(jk_four_eyes_settled(change, turn, error));
    return jk_check_no_team(change, turn, error);
}

bool jk_proposal_stands(const struct jk_present *present, const struct jk_proposal *first, int64_t now_us)
{
    struct jk_account account;
    return jk_four_eyes_stands(present->directory, first) &&
           jk_directory_account(present->directory, first->account, &account) && account.teams_known &&
           !acted_for(present, &account, now_us).len && !present->arena->exhausted;
}

/* ---- publishers ---- */

/* One decision: each publisher is asked about once, however many of its models have the content. */
struct hearing {
    const struct jk_change *change;
    const struct jk_turn *turn;
    unsigned char *asked; /* a bit for each publisher */
    struct jk_error *error;
};

static enum jk_status begin_hearing(struct hearing *hearing)
{
    size_t publishers = jk_book_publishers(hearing->turn->book, jk_turn_size(hearing->turn));
    hearing->asked = jk_arena_zalloc(hearing->turn->arena, publishers / 8 + 1, 1);
    return hearing->asked ? JK_OK : jk_out_of_memory(hearing->error);
}

static enum jk_status check_publisher(struct hearing *hearing, uint32_t publisher)
{
    unsigned char *asked = &hearing->asked[publisher / 8], bit = (unsigned char)(1u << publisher % 8);
    if (*asked & bit) return JK_OK;
    *asked |= bit;
    struct jk_span name = jk_book_publisher(hearing->turn->book, publisher)->name;
    return jk_check_not_own(hearing->change, hearing->turn, name, hearing->error);
}

/* Present and former ones. */
static enum jk_status check_publishers_of(struct hearing *hearing, uint32_t model)
{
    const struct jk_turn *turn = hearing->turn;
    const struct jk_alias *alias = jk_book_alias(turn->book, model, jk_turn_size(turn));
    for (; alias; alias = jk_book_older_alias(turn->book, alias))
        JK_TRY(check_publisher(hearing, alias->publisher));
    return JK_OK;
}

static enum jk_status check_roots(struct hearing *hearing, uint32_t model)
{
    const struct jk_turn *turn = hearing->turn;
    uint32_t n = jk_turn_size(turn);
    const struct jk_spell *spell = NULL;
    while ((spell = jk_book_spell(turn->book, model, n, spell)))
        JK_TRY(check_publishers_of(hearing, spell->root));
    return JK_OK;
}

/* Whether one of the model's publishers, present or former, is the caller's. */
static bool is_of_caller(const struct hearing *hearing, uint32_t model)
{
    const struct jk_turn *turn = hearing->turn;
    const struct jk_alias *alias = jk_book_alias(turn->book, model, jk_turn_size(turn));
    uint64_t account = hearing->change->call->principal.account;
    for (; alias; alias = jk_book_older_alias(turn->book, alias))
        if (jk_directory_had_a_hand(turn->directory, jk_book_publisher(turn->book, alias->publisher)->name, account))
            return true;
    return false;
}

/* Whether by this content, which both have or had, the model goes before the other: its claim is the older one, or a
 * ruling on origin gives it the content. */
static bool outranks(const struct jk_turn *turn, uint32_t model, uint32_t other, enum jk_content kind, uint32_t slot)
{
    uint32_t n = jk_turn_size(turn), theirs = jk_content_since(turn->book, other, kind, slot, n);
    if (theirs == JK_NONE) return false;
    if (jk_content_since(turn->book, model, kind, slot, n) <= theirs) return true;
    return jk_claim_age(turn->book, other, kind, slot, n).since != JK_NONE &&
           jk_first_claim(turn->book, kind, slot, n) == model;
}

/* Of a content, all models that have it; or only those before which `judged` goes by it, where it is not JK_NONE. */
static enum jk_status check_content(struct hearing *hearing, enum jk_content kind, uint32_t slot, uint32_t judged)
{
    const struct jk_turn *turn = hearing->turn;
    uint32_t n = jk_turn_size(turn), holder, last = JK_NONE;
    struct jk_content_walk walk = jk_content_walk_begin(turn->book, kind, slot);
    while ((holder = jk_content_walk_next(turn->book, &walk, n)) != JK_NONE) {
        uint32_t model = jk_book_release(turn->book, holder)->model;
        if (model == last || model == judged) continue;
        last = model;
        bool told = judged == JK_NONE || (is_of_caller(hearing, model) && outranks(turn, judged, model, kind, slot));
        if (told) JK_TRY(check_publishers_of(hearing, model));
    }
    return JK_OK;
}

static enum jk_status check_contents(struct hearing *hearing, uint32_t release, uint32_t judged)
{
    const struct jk_turn *turn = hearing->turn;
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++)
        JK_TRY(check_content(hearing, (enum jk_content)kind,
                             jk_content_of(turn->book, release, (enum jk_content)kind, jk_turn_size(turn)), judged));
    return JK_OK;
}

/* Whoever has anything that the two sides may dispute has a part in it. */
static enum jk_status check_other_side(struct hearing *hearing, const struct jk_judged *judged)
{
    struct jk_common *shared;
    size_t count;
    JK_TRY(check_publishers_of(hearing, judged->against));
    JK_TRY(check_roots(hearing, judged->against));
    JK_TRY(
        jk_common_find(hearing->turn, judged->model, judged->against, judged->stage, &shared, &count, hearing->error));
    for (size_t i = 0; i < count; i++)
        JK_TRY(check_content(hearing, shared[i].kind, shared[i].slot, JK_NONE));
    return JK_OK;
}

static enum jk_status check_external(struct hearing *hearing, uint32_t external)
{
    const struct jk_turn *turn = hearing->turn;
    uint32_t n = jk_turn_size(turn), cursor = 0, child;
    const struct jk_adoption *adoption = jk_book_adoption_of(turn->book, external, n);
    if (adoption) JK_TRY(check_publishers_of(hearing, adoption->model));
    while ((child = jk_book_child_of_external(turn->book, external, n, &cursor)) != JK_NONE)
        JK_TRY(check_publishers_of(hearing, jk_book_release(turn->book, child)->model));
    return JK_OK;
}

static enum jk_status check_verifier(struct hearing *hearing, uint32_t verifier)
{
    const struct jk_turn *turn = hearing->turn;
    struct jk_span id = jk_book_verifier_id(turn->book, verifier);
    if (!jk_directory_makes_verifier(turn->directory, id, hearing->change->call->principal.account)) return JK_OK;
    return jk_fail(
        hearing->error, JK_PERMISSION_DENIED, "OWN_VERIFIER",
        "This account is or was one of the verifier \"%.*s\", or created one, or gave it the role or a token: "
        "another evaluator must do this",
        JK_SPAN_ARG(id));
}

enum jk_status jk_check_impartial(struct jk_change *change, struct jk_turn *turn, const struct jk_judged *judged,
                                  struct jk_error *error)
{
    struct hearing hearing = {change, turn, NULL, error};
    if (!jk_services_of(change->call)->four_eyes) return JK_OK;
    JK_TRY(jk_check_no_team(change, turn, error));
    if (judged->verifier != JK_NONE) JK_TRY(check_verifier(&hearing, judged->verifier));
    if (judged->model == JK_NONE) return JK_OK;
    JK_TRY(begin_hearing(&hearing));
    JK_TRY(check_publishers_of(&hearing, judged->model));
    JK_TRY(check_roots(&hearing, judged->model));
    if (judged->release != JK_NONE)
        JK_TRY(check_contents(&hearing, judged->release, JK_NONE));
    else if (judged->against != JK_NONE)
        JK_TRY(check_other_side(&hearing, judged));
    else
        JK_TRY(check_contents(&hearing, jk_book_standing_release(turn->book, judged->model, jk_turn_size(turn)),
                              judged->model));
    return judged->external == JK_NONE ? JK_OK : check_external(&hearing, judged->external);
}
