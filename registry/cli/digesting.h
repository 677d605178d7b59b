/* Making the manifest of a folder, for the commands that need one: with a progress bar, a cache in the user's home, and
 * all that is wrong told at once. One thread, and those of scan/. */
#ifndef JK_CLI_DIGESTING_H
#define JK_CLI_DIGESTING_H

#include "cli/console/cli.h"
#include "cli/console/progress.h"
#include "scan/cache.h"
#include "scan/walk.h"

struct jk_digesting {
    /* given */
    struct jk_cli *cli;
    const char *folder;
    const char *out;       /* a file that is not part of the model, where it lies in the folder; NULL: none */
    unsigned threads;      /* 0: one a core */
    bool anew;             /* nothing that was found before is believed */
    struct jk_span listed; /* a checked manifest, whose files alone are read; empty: all files of the folder */
    const struct jk_digest *challenge; /* sketches under this key, and nothing is remembered; NULL: public ones */
    /* made */
    struct jk_text manifest;
    struct jk_scan_file *files;
    size_t count;
    struct jk_walk walk;
    struct jk_scan_cache *cache;
    struct jk_progress progress;
};

/* What is taken as mere bytes, and what is missing of a model in parts, is told on cli->err. UNSOUND_WEIGHTS or
 * LOCAL_FILE names each file that is wrong. */
JK_MUST_USE enum jk_status jk_digesting_run(struct jk_digesting *digesting);
void jk_digesting_done(struct jk_digesting *digesting); /* accepts a zeroed struct */

#endif
