/* See teams.h. */
#include "service/evaluate/teams.h"

#include "service/evaluate/impartial.h"

static enum jk_status keep_proposal(struct jk_turn *turn, const struct jk_stage *stage,
                                    const struct jk_proposal *proposal, struct jk_span teams, struct jk_error *error)
{
    struct jk_teams_proposal kept = {.stage = stage->from,
                                     .account = proposal->account,
                                     .token = proposal->token,
                                     .granted_by = proposal->granted_by,
                                     .time_us = proposal->time_us};
    struct jk_record record;
    if (teams.len > JK_TEAMS_TEXT_MAX) return jk_out_of_memory(error); /* 64 ids of 63 bytes are less */
    memcpy(kept.teams, teams.at, teams.len);
    if (!jk_record_teams(turn->arena, &kept, &record)) return jk_out_of_memory(error);
    return jk_turn_record(turn, &record, error);
}

/* What is waiting for a second evaluator; false if nothing is. */
static bool find_proposal(const struct jk_present *present, const struct jk_stage *stage, int64_t now_us,
                          struct jk_teams_proposal *out_kept, struct jk_proposal *out_first)
{
    if (!jk_directory_teams(present->directory, stage->from, out_kept) || !out_kept->teams[0]) return false;
    *out_first = (struct jk_proposal){out_kept->account, out_kept->token, out_kept->granted_by, out_kept->time_us};
    return jk_proposal_stands(present, out_first, now_us);
}

enum jk_status jk_teams_put(const struct jk_change *change, struct jk_turn *turn, const struct jk_stage *stage,
                            struct jk_span teams, bool *out_now, struct jk_error *error)
{
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), turn->arena};
    struct jk_teams_proposal kept;
    struct jk_proposal first, own;
    *out_now = !jk_services_of(change->call)->four_eyes;
    if (*out_now) return jk_four_eyes_rested(change, turn, error);
    bool same =
        find_proposal(&present, stage, turn->time_us, &kept, &first) && jk_span_equal(jk_span_of(kept.teams), teams);
    *out_now = same && first.account != change->call->principal.account;
    if (*out_now) return jk_four_eyes_second(change, turn, &first, true, error);
    JK_TRY(jk_four_eyes_propose(change, turn, &own, error));
    return same ? JK_OK : keep_proposal(turn, stage, &own, teams, error);
}

enum jk_status jk_teams_withdraw(const struct jk_change *change, struct jk_turn *turn, const struct jk_stage *stage,
                                 struct jk_error *error)
{
    struct jk_present present = {turn->book, turn->directory, jk_turn_size(turn), turn->arena};
    struct jk_teams_proposal kept;
    struct jk_proposal first;
    if (!find_proposal(&present, stage, turn->time_us, &kept, &first)) return JK_OK;
    JK_TRY(jk_four_eyes_rested(change, turn, error));
    return keep_proposal(turn, stage, &first, JK_SPAN(""), error);
}

void jk_teams_present(const struct jk_present *present, const struct jk_stage *stage, int64_t now_us,
                      Jokbo__V1__Stage *out)
{
    struct jk_teams_proposal kept;
    struct jk_proposal first;
    if (now_us >= stage->cutoff_us || !find_proposal(present, stage, now_us, &kept, &first)) return;
    jk_present_teams(present, jk_span_of(kept.teams), &out->n_proposed_teams, &out->proposed_teams);
    out->propose_time = jk_to_timestamp(present->arena, kept.time_us);
}
