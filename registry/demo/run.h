/* The state while a demo's script is played, and the running of one line: sets the clock, runs a jokbo command with the
 * account that the line names, and judges the outcome. One thread; memory is in the run's arena. */
#ifndef JK_DEMO_RUN_H
#define JK_DEMO_RUN_H

#include "cli/console/cli.h"
#include "cli/console/progress.h"
#include "demo/script.h"
#include "demo/weights.h"
#include "demo/world.h"

#define JK_DEMO_ACTORS 16
#define JK_DEMO_KEPT   100
#define JK_DEMO_BATCH  800

struct jk_demo_actor {
    const char *name; /* as the script has it */
    int64_t account;  /* 0: the caller */
    struct jk_settings settings;
    struct jk_client *client;
};

struct jk_demo_kept {
    const char *name;
    const char *text;                      /* the log index; of weights, their folder */
    const struct jk_demo_weights *weights; /* NULL: it is none */
};

struct jk_demo_play {
    struct jk_cli *cli;
    struct jk_cli *inner; /* runs the script's commands; its arena is emptied after each */
    size_t derivatives;   /* in all */
    struct jk_demo_world *world;
    unsigned shared; /* per mille of the derivatives that came so far */
    size_t made, written;
    bool going_on;  /* the next steps may have been done already */
    bool played;    /* everything was done before */
    int64_t memory; /* the account that remembers */
    struct jk_demo_actor actors[JK_DEMO_ACTORS];
    size_t actor_count;
    struct jk_demo_kept kept[JK_DEMO_KEPT];
    size_t kept_count;
    const char *folder; /* of this run alone: for weights, and for what commands remember; NULL: there is none yet */
    int64_t clock_us;   /* the demo's, at least */
    struct jk_progress progress;
    size_t done, steps;
};

/* Moves the clock to that time, unless it is past it. */
JK_MUST_USE enum jk_status jk_demo_clock(struct jk_demo_play *play, int64_t time_us);
/* Runs a jokbo command; `salt` distinguishes several requests of one line. */
JK_MUST_USE enum jk_status jk_demo_run(struct jk_demo_play *play, const struct jk_demo_line *line,
                                       const char *const *words, size_t count, size_t salt);
/* What an earlier line keeps under that name; NULL: nothing. */
const struct jk_demo_kept *jk_demo_find_kept(const struct jk_demo_play *play, struct jk_span name);
/* Keeps one more, as far as there is room. */
void jk_demo_keep(struct jk_demo_play *play, struct jk_demo_kept kept);
/* A request id that follows from the line and the salt. */
char *jk_demo_request_id(struct jk_demo_play *play, const struct jk_demo_line *line, size_t salt);
void jk_demo_progress(struct jk_demo_play *play, size_t more);

#endif
