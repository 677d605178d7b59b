/* Playing a demo's script against a demo's server: the clock before each step, each step by the account that the script
 * names. One thread; memory in the run's arena. Every write carries a request id that follows from the script's line,
 * so that a second run, after one that was interrupted, finds what is there (within the seven days that a server keeps
 * replies) and goes on; derivatives are found by their names. An account without roles or tokens remembers, by its
 * label, how many derivatives the play has, and that it came to its end: then nothing is done a second time. */
#ifndef JK_DEMO_PLAY_H
#define JK_DEMO_PLAY_H

#include "cli/console/cli.h"
#include "cli/console/progress.h"
#include "demo/script.h"
#include "demo/world.h"

#define JK_DEMO_ACTORS      16
#define JK_DEMO_KEPT        100
#define JK_DEMO_BATCH       800
#define JK_DEMO_TOKEN_LABEL "jokbo demo load"

struct jk_demo_actor {
    const char *name; /* as the script has it */
    int64_t account;  /* 0: the caller */
    struct jk_settings settings;
    struct jk_client *client;
};

struct jk_demo_kept {
    const char *name;
    char text[24]; /* the log index */
};

struct jk_demo_play {
    struct jk_cli *cli;
    struct jk_cli *inner; /* runs the script's commands; its arena is emptied after each */
    size_t derivatives;   /* in all */
    struct jk_demo_world *world;
    unsigned shared; /* per mille of the derivatives that came so far */
    size_t made, written;
    bool going_on;  /* what comes may be there already */
    bool played;    /* all of it was there before */
    int64_t memory; /* the account that remembers */
    struct jk_demo_actor actors[JK_DEMO_ACTORS];
    size_t actor_count;
    struct jk_demo_kept kept[JK_DEMO_KEPT];
    size_t kept_count;
    int64_t clock_us; /* the demo's, at least */
    struct jk_progress progress;
    size_t done, steps;
};

/* Plays all of it. `out_play` says what was done, in failure as well. */
JK_MUST_USE enum jk_status jk_demo_play(struct jk_cli *cli, const struct jk_demo_script *script, size_t derivatives,
                                        struct jk_demo_play *out_play);

/* ---- between demo_play.c and demo_steps.c ---- */
/* Moves the clock to that moment, where it is not past it. */
JK_MUST_USE enum jk_status jk_demo_clock(struct jk_demo_play *play, int64_t time_us);
/* Runs a command of jokbo; `salt` tells apart what one line does several times. */
JK_MUST_USE enum jk_status jk_demo_run(struct jk_demo_play *play, const struct jk_demo_line *line,
                                       const char *const *words, size_t count, size_t salt);
/* A request id that follows from the line and the salt. */
char *jk_demo_request_id(struct jk_demo_play *play, const struct jk_demo_line *line, size_t salt);
void jk_demo_progress(struct jk_demo_play *play, size_t more);
/* A step of the demo's own. */
JK_MUST_USE enum jk_status jk_demo_step(struct jk_demo_play *play, const struct jk_demo_line *line);
/* What the server's account remembers: sets `memory` and `played`. FAILED_PRECONDITION where another play was begun. */
JK_MUST_USE enum jk_status jk_demo_remember(struct jk_demo_play *play);
JK_MUST_USE enum jk_status jk_demo_remember_end(struct jk_demo_play *play);
/* Ends the tokens that were made for the script's accounts. */
JK_MUST_USE enum jk_status jk_demo_end_tokens(struct jk_demo_play *play);

#endif
