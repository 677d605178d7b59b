/* Files on the disk against the manifest of a release, and the manifest against its statement. Reads every byte that
 * the manifest names. One thread. */
#ifndef JK_VERIFY_ARTIFACT_H
#define JK_VERIFY_ARTIFACT_H

#include "cli/console/progress.h"
#include "verify/evidence.h"

#define JK_ARTIFACT_NAMED 12 /* files that differ and are named; further ones are counted */

struct jk_artifact {
    const char *folder; /* where the manifest's paths begin */
    struct jk_span manifest;
    const struct jk_statement *statement;
    FILE *shown;         /* where the progress bar goes */
    bool terminal, utf8; /* whether that is one, and takes UTF-8 */
};

/* Results "manifest", "file" for each file that differs, and "files". A file whose name stands in the manifest in
 * another Unicode form is found, which a "name" result tells. Of what lies in the folder and not in the manifest,
 * weights and code are named as "unlisted", for whoever loads the model may load them; the rest is not looked at. */
void jk_artifact_check(const struct jk_artifact *artifact, struct jk_results *results);

#endif
