/* The folder of a census run that has been read, for the commands that write or compare it: run.json, the lines of
 * models.jsonl one after the other or by their place, and with the server's log the plan of what would be written. One
 * thread. */
#ifndef JK_CLI_CENSUS_OPENED_H
#define JK_CLI_CENSUS_OPENED_H

#include <jansson.h>
#include <stdio.h>

#include "census/plan.h"
#include "cli/console/cli.h"

struct jk_census_opened {
    struct jk_cli *cli;
    const char *folder;
    struct jk_census_run run;
    struct jk_digest digest; /* of run.json: tells runs apart */
    struct jk_book *book;    /* of the server's log */
    struct jk_plan *plan;
    FILE *models;
    uint64_t size; /* bytes of models.jsonl */
    char *line;    /* the newest, owned */
    size_t room;
};

/* Opens the run, folds the log and makes the plan. RUN_UNFINISHED, INVALID_RUN, INVALID_RECORD with the number of the line, LOCAL_FILE;
 * and what folding gives. The caller closes it, after a failure too. */
JK_MUST_USE enum jk_status jk_census_open(struct jk_cli *cli, const char *folder, struct jk_census_opened *out_opened);
void jk_census_close(struct jk_census_opened *opened);
/* What to say where the plan takes most of what was observed before for gone; NULL where it does not. In the arena. */
const char *jk_census_many_absent(const struct jk_census_opened *opened);
/* Frees plan and book, which are most of the memory, where only the lines are needed any more. */
void jk_census_forget_plan(struct jk_census_opened *opened);

/* Takes a line, with its line feed, which lives until it returns. */
typedef enum jk_status jk_census_take_fn(void *context, struct jk_span line, uint64_t offset, struct jk_error *error);
/* All lines in order, with a progress bar that says `what`. */
JK_MUST_USE enum jk_status jk_census_each(struct jk_census_opened *opened, const char *what, jk_census_take_fn *take,
                                          void *context);
/* The line of a step; it lives until the next. */
JK_MUST_USE enum jk_status jk_census_line_at(struct jk_census_opened *opened, uint64_t offset, uint32_t length,
                                             struct jk_span *out_line);

/* How many rows are shown: --limit; without it a page for people, and everything for programs, which would take a part for
 * the whole. */
size_t jk_census_limit(const struct jk_cli *cli);
/* "huggingface.co, 2 base models, 1,200 models, read on 2026-…": the run in a sentence, in the arena. */
const char *jk_census_run_text(const struct jk_census_opened *opened);
json_t *jk_census_run_json(const struct jk_census_opened *opened);

#endif
