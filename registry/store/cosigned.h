/* Checkpoints with the cosignatures that witnesses gave for them: the last few published, and the newest that a quorum
 * cosigned, however old. In memory only; after a start it begins with what the public folder's checkpoint has. No lock
 * of its own: the store's publish_lock. Limits: JK_COSIGNED_KEPT notes of JK_NOTE_MAX bytes. */
#ifndef JK_STORE_COSIGNED_H
#define JK_STORE_COSIGNED_H

#include "tlog/note.h"

/* A witness answers within two seconds, during which twenty are published. */
#define JK_COSIGNED_KEPT 32

struct jk_cosigned_note {
    uint64_t size;       /* of the log; 0: empty slot */
    struct jk_text note; /* the log's signature lines, then cosignatures */
    size_t signed_len;   /* of it, up to the first cosignature */
    bool cosigned;       /* by any witness */
    bool quorum;
};

struct jk_cosigned {
    struct jk_cosigned_note notes[JK_COSIGNED_KEPT];
};

void jk_cosigned_done(struct jk_cosigned *cosigned); /* accepts a zeroed struct */
/* This was published: cosignatures for it may follow, and it may already contain some. One that is already kept is left
 * unchanged. */
void jk_cosigned_publish(struct jk_cosigned *cosigned, uint64_t size, struct jk_span note);
/* Adds verified signature lines to the checkpoint of that size; of two by one witness the later is kept. False: it is
 * no longer kept, or has no room. */
bool jk_cosigned_add(struct jk_cosigned *cosigned, uint64_t size, struct jk_span lines);
void jk_cosigned_set_quorum(struct jk_cosigned *cosigned, uint64_t size);
/* The cosigned checkpoint of that size; NULL: none. */
const struct jk_cosigned_note *jk_cosigned_at(const struct jk_cosigned *cosigned, uint64_t size);
/* The newest that a quorum cosigned; otherwise the newest that any witness did; NULL: none did. */
const struct jk_cosigned_note *jk_cosigned_best(const struct jk_cosigned *cosigned);

#endif
