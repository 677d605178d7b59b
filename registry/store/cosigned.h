/* Checkpoints with the cosignatures that witnesses gave for them: of those that were published last, and of the newest
 * that a quorum cosigned, however long ago that was. In memory only; after a start it begins with what the public
 * folder's checkpoint bears. No lock of its own: the store's publish_lock. Limits: JK_COSIGNED_KEPT notes of
 * JK_NOTE_MAX bytes. */
#ifndef JK_STORE_COSIGNED_H
#define JK_STORE_COSIGNED_H

#include "tlog/note.h"

/* A witness answers within two seconds, in which twenty are published. */
#define JK_COSIGNED_KEPT 32

struct jk_cosigned_note {
    uint64_t size;       /* of the log; 0: nothing is here */
    struct jk_text note; /* the log's signature lines, then cosignatures */
    size_t signed_len;   /* of it, up to the first cosignature */
    bool cosigned;       /* by anybody */
    bool quorum;
};

struct jk_cosigned {
    struct jk_cosigned_note notes[JK_COSIGNED_KEPT];
};

void jk_cosigned_done(struct jk_cosigned *cosigned); /* accepts a zeroed struct */
/* This was published: cosignatures for it may come, and may be in it already. One that is kept is left alone. */
void jk_cosigned_publish(struct jk_cosigned *cosigned, uint64_t size, struct jk_span note);
/* Verified signature lines for the checkpoint of that size; of a witness's two the later one stays. False: it is not
 * kept any more, or there is no room in it. */
bool jk_cosigned_add(struct jk_cosigned *cosigned, uint64_t size, struct jk_span lines);
void jk_cosigned_set_quorum(struct jk_cosigned *cosigned, uint64_t size);
/* The cosigned checkpoint of that size; NULL: there is none. */
const struct jk_cosigned_note *jk_cosigned_at(const struct jk_cosigned *cosigned, uint64_t size);
/* The newest that a quorum cosigned; where there is none, the newest that anybody did; NULL: nobody did. */
const struct jk_cosigned_note *jk_cosigned_best(const struct jk_cosigned *cosigned);

#endif
