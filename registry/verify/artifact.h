/* Files on disk checked against a manifest, and the manifest against the statement of a release. Reads every byte that
 * the manifest covers, on all cores. */
#ifndef JK_VERIFY_ARTIFACT_H
#define JK_VERIFY_ARTIFACT_H

#include "cli/console/progress.h"
#include "verify/evidence.h"

#define JK_ARTIFACT_NAMED 12 /* files and lines that differ and are named; further ones are counted */

struct jk_artifact {
    const char *folder; /* where the manifest's paths begin */
    struct jk_span manifest;
    const struct jk_statement *statement; /* NULL: of none */
    const char *manifest_path;            /* a file that is not looked at where it lies in the folder; NULL: none */
    unsigned threads;                     /* that read the files; 0: one a core */
    FILE *shown;                          /* where the progress bar goes */
    bool terminal, utf8;                  /* whether that is one, and takes UTF-8 */
    /* Out: of version 1, it does not list all headers and tensors of its files, or has a weight file that is not sound.
     * That is no failure. */
    bool partial;
};

/* Results "manifest"; "file" for each file that differs, and as a note for those with something that cannot be compared;
 * "files"; "header", "tensor" or "sketch" for each line that is not what a file holds, and "tensors"; "unlisted" for what
 * is in the folder and not in the manifest: weights, code, what may contain either (an archive) and what is no file (a
 * link to a folder) fail, with their sum where not all are named; the rest is a note. A file whose name is in the
 * manifest in another Unicode form is found, and a "name" result says so. What cannot be read here, or was not for want
 * of memory, fails as local trouble: results->local. */
void jk_artifact_check(struct jk_artifact *artifact, struct jk_results *results);

#endif
