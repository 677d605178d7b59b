/* See impartial.h. */
#include "service/evaluate/impartial.h"

#include "service/evaluate/stages.h"
#include "service/records/registration.h"

/* Its base models' family, and what its own publishers have made. */
static bool is_of_team(struct jk_change *change, struct jk_turn *turn, uint32_t model, uint32_t team)
{
    struct jk_present present = jk_present_turn(change, turn);
    return jk_leads_to_team(&present, model, team) ||
           jk_book_team_of(turn->book, jk_publisher_of(turn, model), turn->time_us, present.size) == team;
}

static enum jk_status check_team(struct jk_change *change, struct jk_turn *turn, uint32_t model, struct jk_error *error)
{
    const struct jk_principal *caller = &change->call->principal;
    if (!(caller->roles & JK_ROLE_TEAM)) return JK_OK;
    uint32_t team = jk_book_find_team(turn->book, jk_span_of(caller->team), jk_turn_size(turn));
    if (team == JK_NONE || !is_of_team(change, turn, model, team)) return JK_OK;
    return jk_fail(
        error, JK_PERMISSION_DENIED, "OWN_TEAM",
        "\"%.*s\" is of the family of the team %s, for which this account acts; an evaluator who has no part "
        "in it decides",
        JK_SPAN_ARG(jk_book_alias(turn->book, model, jk_turn_size(turn))->name), caller->team);
}

enum jk_status jk_check_impartial(struct jk_change *change, struct jk_turn *turn, uint32_t model,
                                  struct jk_error *error)
{
    struct jk_span publisher = jk_book_publisher(turn->book, jk_publisher_of(turn, model))->name;
    if (!jk_services_of(change->call)->four_eyes) return JK_OK;
    JK_TRY(jk_check_not_own(change, turn, publisher, error));
    return check_team(change, turn, model, error);
}
