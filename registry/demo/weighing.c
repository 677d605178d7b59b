/* See weighing.h. */
#include "demo/weighing.h"

#include <jokbo/v1/evidence.pb-c.h>
#include <string.h>

#include "demo/demo.h"

/* ---- weights ---- */

static enum jk_status fail_weights(struct jk_demo_play *play, const struct jk_demo_line *line, const char *name,
                                   const char *fault)
{
    return jk_fail(&play->cli->error, JK_INVALID_ARGUMENT, "DEMO", "line %u of the script: %s \"%.60s\"", line->number,
                   fault, name);
}

enum jk_status jk_demo_step_weights(struct jk_demo_play *play, const struct jk_demo_line *line)
{
    const char *name = line->words[0], *from = line->word_count > 3 ? line->words[2] : NULL;
    const struct jk_demo_kept *other = from ? jk_demo_find_kept(play, jk_span_of(from)) : NULL;
    if (jk_demo_find_kept(play, jk_span_of(name)))
        return fail_weights(play, line, name, "something is already kept as");
    if (from && !(other && other->weights)) return fail_weights(play, line, from, "there are no weights");
    if (strchr(name, '/')) return fail_weights(play, line, name, "no \"/\" may be in a name of weights:");

    struct jk_demo_weights *weights = jk_arena_alloc(&play->cli->arena, sizeof *weights);
    const char *folder = jk_arena_printf(&play->cli->arena, "%s/%s", play->folder, name);
    if (!weights || !folder) return jk_out_of_memory(&play->cli->error);
    if (from) {
        *weights = *other->weights;
        jk_demo_weights_add_noise(weights, name, line->share);
    } else {
        jk_demo_weights_draw(weights, name);
    }
    jk_demo_keep(play, (struct jk_demo_kept){name, folder, weights});
    return jk_demo_weights_save(weights, folder, &play->cli->error);
}

/* ---- evidence ---- */

static bool is_complete(const Jokbo__V1__ReleaseEvidence *evidence)
{
    bool complete = evidence->log_index > 0;
    for (size_t i = 0; i < evidence->n_challenges; i++) {
        const Jokbo__V1__ChallengeEvidence *one = evidence->challenges[i];
        bool agrees = one->challenge->state == JOKBO__V1__CHALLENGE_STATE__CHALLENGE_STATE_AGREES;
        complete = complete && (!agrees || one->log_index > 0);
    }
    return complete;
}

/* At a log size, once the server has reached it. */
static enum jk_status ask_evidence(struct jk_demo_play *play, const char *model, int64_t size, bool *out_complete)
{
    Jokbo__V1__GetEvidenceRequest request = JOKBO__V1__GET_EVIDENCE_REQUEST__INIT;
    Jokbo__V1__ReleaseEvidence *reply;
    struct jk_error *error = &play->cli->error;
    request.model = (char *)(uintptr_t)model;
    request.min_log_size = size;
    enum jk_status status =
        jk_cli_call(play->cli, &jokbo__v1__evidence__descriptor, "GetEvidence", &request.base, &reply);
    *out_complete = status == JK_OK && is_complete(reply);
    if (status != JK_FAILED_PRECONDITION || !error->reason || strcmp(error->reason, "NO_EVIDENCE") != 0) return status;
    jk_error_init(error, &play->cli->arena);
    return JK_OK;
}

enum jk_status jk_demo_step_evidence(struct jk_demo_play *play, const struct jk_demo_line *line)
{
    Jokbo__V1__Clock *clock;
    enum jk_status status = JK_OK;
    bool complete = false;
    JK_TRY(jk_demo_now(play->cli, &clock));
    for (int64_t size = clock->log_size; status == JK_OK && !complete; size++)
        status = ask_evidence(play, line->words[0], size, &complete);
    if (status != JK_UNAVAILABLE) return status;
    jk_error_init(&play->cli->error, &play->cli->arena);
    return jk_fail(&play->cli->error, JK_FAILED_PRECONDITION, "DEMO",
                   "line %u of the script: the server has not said what the weights of %.200s show; was it started "
                   "with --evidence off?",
                   line->number, line->words[0]);
}
