/* The folder of a census run while it is being read: models.jsonl grows by a line a model, and `journal` says what has
 * been met and done, so that a run that was killed at any point continues: each model that is done has its place in
 * models.jsonl there, and what lies beyond the last one is dropped. run.json, at last, says whether the run is complete;
 * the journal of a complete one is removed. One thread. */
#ifndef JK_CLI_CENSUS_OUT_H
#define JK_CLI_CENSUS_OUT_H

#include <stdio.h>

#include "census/crawl.h"
#include "census/run.h"
#include "cli/console/cli.h"

struct jk_census_out {
    struct jk_cli *cli;
    const char *folder;
    FILE *models, *journal;
    int lock;            /* the folder, whose lock lasts as long as it is open; -1: none */
    struct jk_text line; /* of models.jsonl */
    struct jk_text note; /* of the journal, to be noted */
    uint64_t written;    /* bytes of models.jsonl */
    uint64_t lines;      /* of it */
    uint64_t tally[JK_CENSUS_STATES];
    uint64_t refused; /* objects that are no model's, and lines that are none */
    int64_t started_us;
    struct jk_census_children *children; /* as the hub counts; in the arena of the command line */
    size_t children_count, children_room;
    bool resumed;
    bool grouped; /* written in large pieces: reading again is cheap */
};

/* What a run is of: two with the same text are the same. */
struct jk_census_run_of {
    const char *hub, *source;
    const char *const *bases;
    size_t base_count;
    bool whole; /* a file that is said to be complete */
};

/* Makes the folder, or with --resume continues what lies there: the crawl is as it was. Reasons RUN_EXISTS, RUN_BUSY, RUN_DIFFERS,
 * LOCAL_FILE. */
JK_MUST_USE enum jk_status jk_census_out_open(struct jk_cli *cli, const char *folder, const struct jk_census_run_of *of,
                                              struct jk_crawl *crawl, struct jk_census_out *out);
void jk_census_out_close(struct jk_census_out *out);

/* Writes the line about the model at that position, which is done with that, unless it is unknown. */
JK_MUST_USE enum jk_status jk_census_out_put(struct jk_census_out *out, struct jk_crawl *crawl, uint32_t at,
                                             const struct jk_census_line *line);
/* Writes `note` into the journal. */
JK_MUST_USE enum jk_status jk_census_out_note(struct jk_census_out *out);
/* How many children the hub says that a model has. */
JK_MUST_USE enum jk_status jk_census_out_count(struct jk_census_out *out, struct jk_span id, uint64_t number);
/* Notes how many objects in the list of that model are no model's; the journal is not written by this. */
void jk_census_out_nameless(struct jk_census_out *out, struct jk_crawl *crawl, uint32_t at, uint64_t number);
/* False: it was not asked. out_number may be NULL. */
bool jk_census_out_counted(const struct jk_census_out *out, struct jk_span id, uint64_t *out_number);
/* The end: run.json, and no journal if the run is complete. */
JK_MUST_USE enum jk_status jk_census_out_finish(struct jk_census_out *out, const struct jk_census_run_of *of,
                                                bool complete);

#endif
