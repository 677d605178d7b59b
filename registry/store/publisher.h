/* The publisher's own: what its thread (publisher.c) and one publication (publication.c) share. Thread: the
 * publisher's, but for `stopping` and `stop_ms`. */
#ifndef JK_STORE_PUBLISHER_H
#define JK_STORE_PUBLISHER_H

#include "store/state.h"
#include "tiles/published.h"

#define JK_PUBLISH_LOCK_MS 1000 /* waits so long for another process that writes to the folder */
#define JK_PUBLISH_LAST_MS 3000 /* for the last publication, when stopping */

struct jk_log_publisher {
    struct jk_store *store;
    struct jk_folder *folder;
    struct jk_conn conn;
    struct jk_published public; /* the folder's checkpoint as it was read last */
    struct jk_text note;        /* the one to be published */
    struct jk_checkpoint checkpoint;
    struct jk_text bundle; /* the open bundle, so that its entries are read once */
    uint64_t bundle_first;
    unsigned bundle_count;
    bool tidied;
    int64_t next_ms;
    unsigned failures;
    char refusal[64]; /* reason last logged */
    pthread_t thread;
    bool started;
    atomic_bool stopping;
    int64_t stop_ms; /* no longer than until then, once stopping */
};

/* The newest checkpoint of the store into note and checkpoint. Note and size belong together: the size is the note's
 * own. */
JK_MUST_USE enum jk_status jk_publication_note(struct jk_log_publisher *publisher, struct jk_error *error);
/* Publishes it. ABORTED: later, another server was quicker, and ours has to follow first. DATA_LOSS and
 * FAILED_PRECONDITION: folder, database and log contradict each other. CANCELLED: the server stops. */
JK_MUST_USE enum jk_status jk_publication(struct jk_log_publisher *publisher, struct jk_error *error);

#endif
