/* The order of play; see play.h. */
#include "demo/play.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>

#include "demo/demo.h"
#include "demo/steps.h"
#include "reply/json.h"

#define INNER_ARENA        (64u << 20)
#define REMOVE_DESCRIPTORS 16

static enum jk_status play_line(struct jk_demo_play *play, const struct jk_demo_line *line)
{
    JK_TRY(jk_demo_clock(play, line->time_us));
    JK_TRY(line->step == JK_DEMO_COMMAND ? jk_demo_run(play, line, line->words, line->word_count, 0)
                                         : jk_demo_step(play, line));
    jk_demo_progress(play, 1);
    return JK_OK;
}

/* The run's folder is also where its commands remember logs and files: all demos have one name, so a log that its user
 * remembered would be taken for a forgery of the next. Called before there are other threads. */
static enum jk_status begin_folder(struct jk_demo_play *play)
{
    const char *place = getenv("TMPDIR");
    char *folder = jk_arena_printf(&play->cli->arena, "%s/jokbo-demo-XXXXXX", place && *place ? place : "/tmp");
    if (!folder) return jk_out_of_memory(&play->cli->error);
    if (!mkdtemp(folder))
        return jk_fail(&play->cli->error, JK_INTERNAL, "LOCAL_FILE", "%.200s could not be made: %s", folder,
                       strerror(errno));
    play->folder = folder;
    if (setenv("XDG_STATE_HOME", folder, 1) != 0 || setenv("XDG_CACHE_HOME", folder, 1) != 0)
        return jk_out_of_memory(&play->cli->error);
    return JK_OK;
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
    (void)facts;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void end_folder(struct jk_demo_play *play)
{
    if (play->folder) (void)nftw(play->folder, remove_one, REMOVE_DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

static enum jk_status begin_play(struct jk_demo_play *play, const struct jk_demo_script *script)
{
    struct jk_cli *cli = play->cli;
    play->inner = jk_arena_zalloc(&cli->arena, 1, sizeof *play->inner);
    if (!play->inner) return jk_out_of_memory(&cli->error);
    jk_arena_init(&play->inner->arena, INNER_ARENA);
    JK_TRY(begin_folder(play));
    JK_TRY(jk_cli_connect(cli));
    play->actors[play->actor_count++] = (struct jk_demo_actor){"admin", 0, cli->settings, cli->client};

    Jokbo__V1__Clock *clock;
    JK_TRY(jk_demo_now(play->cli, &clock));
    if (!clock->demo)
        return jk_fail(&play->cli->error, JK_FAILED_PRECONDITION, "NOT_A_DEMO",
                       "the server at %.200s serves no demo, and invented data is written to no other log: start one "
                       "with jokbod --demo, or ./registry/start --demo",
                       play->cli->settings.server);
    play->clock_us = jk_json_time_us(clock->time);

    play->going_on = script->count > 0 && play->clock_us > script->lines[0].time_us;
    return jk_demo_remember(play);
}

enum jk_status jk_demo_play(struct jk_cli *cli, const struct jk_demo_script *script, size_t derivatives,
                            struct jk_demo_play *out_play)
{
    struct jk_demo_play *play = out_play;
    *play = (struct jk_demo_play){.cli = cli, .derivatives = derivatives};
    play->steps = derivatives + script->count;
    jk_progress_begin_items(&play->progress, cli->err, cli->err_terminal, cli->utf8, "the programme so far", "steps");
    enum jk_status status = begin_play(play, script);
    for (size_t i = 0; i < script->count && status == JK_OK && !play->played; i++)
        status = play_line(play, &script->lines[i]);
    if (status == JK_OK && !play->played) status = jk_demo_remember_end(play);

    /* in failure too; what is told is the play's own failure */
    struct jk_error *error = &play->cli->error, failure = *error;
    jk_progress_end(&play->progress);
    jk_error_init(error, &play->cli->arena);
    enum jk_status ended = jk_demo_end_tokens(play);
    end_folder(play);
    if (status != JK_OK) *error = failure;
    for (size_t i = 1; i < play->actor_count; i++)
        jk_client_free(play->actors[i].client);
    if (play->inner) jk_arena_done(&play->inner->arena);
    return status != JK_OK ? status : ended;
}
