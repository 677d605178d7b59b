/* A log kept as files: what a URL publishes, fetched into a folder, which can then be checked and served again.
 * Incremental: full tiles never change, and partial ones are replaced by fuller ones. Several fetchers work in
 * parallel, each with its own connection; UNAVAILABLE, 429 and 5xx are retried with growing pauses. Only one process
 * works in a folder at a time (lock file); the mirror object belongs to one thread.
 *
 * The checkpoint is put in place last, after the caller has verified what it covers, so a mirror never has an
 * unverified checkpoint. Rejected files are moved aside as `.rejected/<file>`, and fetched again next time.
 *
 * Failures: those of fetch/ and audit/copy.h; NOT_FOUND with reason MIRROR_ABSENT for an answer of 404 or 410;
 * UNAVAILABLE with FETCH_FAILED for others; ABORTED with MIRROR_BUSY if another process works in the folder. */
#ifndef JK_AUDIT_MIRROR_H
#define JK_AUDIT_MIRROR_H

#include "audit/copy.h"

#define JK_MIRROR_JOBS_MAX 16

struct jk_mirror_options {
    const char *url;     /* the log's prefix: http or https */
    const char *folder;  /* created if missing; NULL: jk_mirror_place gives it, once the source was asked */
    unsigned jobs;       /* 1 to JK_MIRROR_JOBS_MAX */
    int timeout_ms;      /* for one file */
    int pause_ms;        /* before the second try; doubles with each further one. 0: 200 */
    const char *ca_file; /* NULL: the system's */
    void (*progress)(void *context, uint64_t done, uint64_t total); /* tiles; on the calling thread; NULL: none */
    void *context;
};

struct jk_mirror;

JK_MUST_USE enum jk_status jk_mirror_open(const struct jk_mirror_options *options, struct jk_mirror **out_mirror,
                                          struct jk_error *error);
void jk_mirror_close(struct jk_mirror *mirror); /* accepts NULL */
/* The folder of a mirror that was opened without one. Until then only _get and _get_large may be called. After a
 * failure (LOCAL_FILE, MIRROR_BUSY) another folder may be tried. */
JK_MUST_USE enum jk_status jk_mirror_place(struct jk_mirror *mirror, const char *folder, struct jk_error *error);
int jk_mirror_folder(const struct jk_mirror *mirror); /* its descriptor, the mirror's; -1: none yet */
/* One small file of the source, not kept. */
JK_MUST_USE enum jk_status jk_mirror_get(struct jk_mirror *mirror, const char *path, struct jk_text *out_bytes,
                                         struct jk_error *error);
/* The same for a large file, of at most `most` bytes. */
JK_MUST_USE enum jk_status jk_mirror_get_large(struct jk_mirror *mirror, const char *path, size_t most,
                                               struct jk_text *out_bytes, struct jk_error *error);
/* Fetches every missing tile of a tree of that size. *out_fetched: how many. */
JK_MUST_USE enum jk_status jk_mirror_fill(struct jk_mirror *mirror, uint64_t size, uint64_t *out_fetched,
                                          struct jk_error *error);
/* Adopts what was verified: writes keys and checkpoint, and removes partial tiles of smaller sizes. */
JK_MUST_USE enum jk_status jk_mirror_accept(struct jk_mirror *mirror, struct jk_span keys, struct jk_span note,
                                            uint64_t size, struct jk_error *error);
/* After a finding at that size: moves the faulty files (NULL: none) aside, and removes everything fetched since the
 * mirror's own checkpoint, so that the next run fetches it again. Returns how many were moved aside. */
unsigned jk_mirror_reject(struct jk_mirror *mirror, uint64_t size, const char *path, const char *other_path);

#endif
