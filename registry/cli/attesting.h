/* A release with its parents, as who attests it sees them: which folder has the weights of each, and the sketches that
 * are made of these under a challenge's key. One thread; memory in the run's arena. */
#ifndef JK_CLI_ATTESTING_H
#define JK_CLI_ATTESTING_H

#include "base/digest.h"
#include "cli/console/cli.h"

struct jk_attested {
    struct jk_digest hash;     /* lineage hash, of a release or of an external model's statement */
    const char *name;          /* publisher/model@version, host/id@revision, or the hash where no name is known */
    struct jk_digest artifact; /* of its manifest; zero: it has none */
    struct jk_span manifest;   /* which has been checked; empty: it is not here */
    const char *folder;        /* with its weights; NULL: none */
};

struct jk_attesting {
    struct jk_cli *cli;
    struct jk_attested *models; /* the release, then its parents in the statement's order */
    size_t count;
};

/* Which folders there are: the release's (NULL: none), and those of --parent-dir. USAGE, LOCAL_FILE. */
JK_MUST_USE enum jk_status jk_attesting_folders(struct jk_attesting *attesting, const char *folder);
/* The manifest of the files that the model's manifest lists, as they lie in its folder, with sketches under the key;
 * whether these files are the listed ones is for the caller to see. To be done() in any case. Fails as
 * jk_digesting_run. */
JK_MUST_USE enum jk_status jk_attesting_sketch(const struct jk_attesting *attesting, const struct jk_attested *model,
                                               const struct jk_digest *key, struct jk_text *out_manifest);

#endif
