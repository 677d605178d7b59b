/* Repairs of a log that is not being served: remaking the public folder from the database, and completing the database
 * from a published log. No server may be running in the same data directory; a server elsewhere on the same database
 * does no harm. Thread: the caller's alone. Memory: as for a server with that log. */
#ifndef JK_STORE_REPAIR_H
#define JK_STORE_REPAIR_H

#include "store/store.h"

/* Progress callbacks; either may be NULL. */
struct jk_repair_watch {
    void (*progress)(void *context, const char *what, uint64_t done, uint64_t total);
    void (*told)(void *context, const char *text); /* a sentence, or several lines */
    void *context;
};

/* Writes every bundle and tile of the log's size, the verifier key and the checkpoint; existing files with other bytes
 * are replaced, and reported. Out: how many of these. FAILED_PRECONDITION as at a server's start. */
JK_MUST_USE enum jk_status jk_store_rebuild(const struct jk_store_options *options, const struct jk_repair_watch *watch,
                                            uint64_t *out_replaced, struct jk_error *error);

/* A published log: a folder or a URL. `read` fetches a file by its path; NOT_FOUND if there is none. */
struct jk_mirror {
    const char *name;
    enum jk_status (*read)(void *context, const char *path, struct jk_text *out_bytes, struct jk_error *error);
    void *context;
};

struct jk_recovery {
    uint64_t size_before, size; /* of the database's log */
};
/* Replays the entries that the database lacks, verbatim, in chunks of one transaction each; a crash in between leaves a
 * shorter log, and a second run continues. Before anything is written, everything is read once and checked: the
 * mirror's signature by our key, its root over the database's entries and its own, the guard copy's root, the published
 * one. FAILED_PRECONDITION: MIRROR_BEHIND if it has less than was committed or published (the message says what
 * remains), LOG_DIVERGED if it is a different history, MIRROR_FOREIGN if our key did not sign it. DATA_LOSS:
 * MIRROR_DAMAGED. */
JK_MUST_USE enum jk_status jk_store_recover(const struct jk_store_options *options, const struct jk_mirror *mirror,
                                            const struct jk_repair_watch *watch, struct jk_recovery *out_recovery,
                                            struct jk_error *error);

#endif
