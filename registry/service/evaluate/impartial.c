/* See impartial.h. */
#include "service/evaluate/impartial.h"

#include "book/book_ask.h"
#include "book/claims.h"
#include "service/call/authority.h"

/* ---- teams ---- */

/* The team that the account acts for, or for one of whose publishers it acts or has acted; JK_NONE for none. */
static uint32_t team_of_caller(const struct jk_principal *caller, const struct jk_turn *turn)
{
    uint32_t n = jk_turn_size(turn), count = jk_book_publishers(turn->book, n);
    if (caller->roles & JK_ROLE_TEAM) return jk_book_find_team(turn->book, jk_span_of(caller->team), n);
    for (uint32_t publisher = 0; publisher < count; publisher++) {
        struct jk_member member;
        uint32_t team = jk_book_team_of(turn->book, publisher, turn->time_us, n);
        if (team == JK_NONE) continue;
        struct jk_span name = jk_book_publisher(turn->book, publisher)->name;
        if (jk_directory_member(turn->directory, name, caller->account, &member) && !member.never) return team;
    }
    return JK_NONE;
}

static enum jk_status check_no_team(const struct jk_change *change, const struct jk_turn *turn, struct jk_error *error)
{
    uint32_t team = team_of_caller(&change->call->principal, turn);
    if (team == JK_NONE) return JK_OK;
    return jk_fail(error, JK_PERMISSION_DENIED, "OWN_TEAM",
                   "This account acts, or has acted, for the team %.*s, a rival of all others: it judges no models; an "
                   "evaluator who acts for no team does",
                   JK_SPAN_ARG(jk_book_team(turn->book, team)->id));
}

/* ---- publishers ---- */

/* Present and former ones. */
static enum jk_status check_publishers_of(const struct jk_change *change, const struct jk_turn *turn, uint32_t model,
                                          struct jk_error *error)
{
    const struct jk_alias *alias = jk_book_alias(turn->book, model, jk_turn_size(turn));
    uint32_t last = JK_NONE;
    for (; alias; alias = jk_book_older_alias(turn->book, alias)) {
        if (alias->publisher == last) continue;
        last = alias->publisher;
        JK_TRY(jk_check_not_own(change, turn, jk_book_publisher(turn->book, last)->name, error));
    }
    return JK_OK;
}

static enum jk_status check_roots(const struct jk_change *change, const struct jk_turn *turn, uint32_t model,
                                  struct jk_error *error)
{
    uint32_t n = jk_turn_size(turn);
    const struct jk_spell *spell = NULL;
    while ((spell = jk_book_spell(turn->book, model, n, spell)))
        JK_TRY(check_publishers_of(change, turn, spell->root, error));
    return JK_OK;
}

/* Of what one release has, all who have it. */
static enum jk_status check_holders(const struct jk_change *change, const struct jk_turn *turn, uint32_t release,
                                    struct jk_error *error)
{
    uint32_t n = jk_turn_size(turn), holder, last = JK_NONE;
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++) {
        uint32_t slot = jk_content_of(turn->book, release, (enum jk_content)kind, n);
        struct jk_content_walk walk = jk_content_walk_begin(turn->book, (enum jk_content)kind, slot);
        while ((holder = jk_content_walk_next(turn->book, &walk, n)) != JK_NONE) {
            uint32_t model = jk_book_release(turn->book, holder)->model;
            if (model == last) continue;
            last = model;
            JK_TRY(check_publishers_of(change, turn, model, error));
        }
    }
    return JK_OK;
}

static enum jk_status check_external(const struct jk_change *change, const struct jk_turn *turn, uint32_t external,
                                     struct jk_error *error)
{
    uint32_t n = jk_turn_size(turn), cursor = 0, child;
    const struct jk_adoption *adoption = jk_book_adoption_of(turn->book, external, n);
    if (adoption) JK_TRY(check_publishers_of(change, turn, adoption->model, error));
    while ((child = jk_book_child_of_external(turn->book, external, n, &cursor)) != JK_NONE)
        JK_TRY(check_publishers_of(change, turn, jk_book_release(turn->book, child)->model, error));
    return JK_OK;
}

enum jk_status jk_check_impartial(struct jk_change *change, struct jk_turn *turn, const struct jk_judged *judged,
                                  struct jk_error *error)
{
    uint32_t n = jk_turn_size(turn), standing = jk_book_standing_release(turn->book, judged->model, n);
    if (!jk_services_of(change->call)->four_eyes) return JK_OK;
    JK_TRY(check_no_team(change, turn, error));
    JK_TRY(check_publishers_of(change, turn, judged->model, error));
    JK_TRY(check_roots(change, turn, judged->model, error));
    JK_TRY(check_holders(change, turn, standing, error));
    if (judged->release != JK_NONE && judged->release != standing)
        JK_TRY(check_holders(change, turn, judged->release, error));
    return judged->external == JK_NONE ? JK_OK : check_external(change, turn, judged->external, error);
}
