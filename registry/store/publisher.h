/* Internal to the publisher: what its thread (publisher.c) and one publication (publication.c) share. Thread: the
 * publisher's, but for `stopping` and `stop_ms`. */
#ifndef JK_STORE_PUBLISHER_H
#define JK_STORE_PUBLISHER_H

#include "store/state.h"
#include "tiles/published.h"

#define JK_PUBLISH_LOCK_MS 1000 /* how long to wait for another process that writes to the folder */
#define JK_PUBLISH_LAST_MS 3000 /* for the last publication, when stopping */

struct jk_log_publisher {
    struct jk_store *store;
    struct jk_folder *folder;
    struct jk_conn conn;
    struct jk_published public; /* the folder's checkpoint when last read */
    struct jk_text note;        /* the one to be published */
    struct jk_checkpoint checkpoint;
    struct jk_text bundle; /* the unfinished bundle, so that its entries are read only once */
    uint64_t bundle_first;
    unsigned bundle_count;
    bool tidied;
    int64_t next_ms;
    unsigned failures;
    char refusal[64]; /* last logged reason */
    pthread_t thread;
    bool started;
    atomic_bool stopping;
    int64_t stop_ms; /* once stopping, no longer than until then */
};

/* Copies the store's newest checkpoint into note and checkpoint. Note and size belong together: the size is the note's
 * own. */
JK_MUST_USE enum jk_status jk_publication_note(struct jk_log_publisher *publisher, struct jk_error *error);
/* Publishes it. ABORTED: another server was faster, and ours has to catch up before trying again. DATA_LOSS and
 * FAILED_PRECONDITION: folder, database and log contradict each other. CANCELLED: the server is stopping. */
JK_MUST_USE enum jk_status jk_publication(struct jk_log_publisher *publisher, struct jk_error *error);

#endif
