/* The checkpoint of a published folder: a signed note in the file "checkpoint", written after the tiles of its size. It
 * only grows: never to a smaller size, never to another root at the same size. At the same size signature lines
 * (cosignatures) are merged. Thread: one at a time; writing needs the folder's lock. */
#ifndef JK_TILES_PUBLISHED_H
#define JK_TILES_PUBLISHED_H

#include "tiles/folder.h"
#include "tlog/note.h"

#define JK_PUBLISHED_FILE "checkpoint"
#define JK_PUBLISHED_KEY  "log.vkey"

struct jk_published {
    bool present; /* false: nothing has been published yet */
    struct jk_text note;
    struct jk_checkpoint checkpoint; /* its origin points into note */
};
void jk_published_init(struct jk_published *published);
void jk_published_done(struct jk_published *published);
/* Checks its form, not its signatures. DATA_LOSS (PUBLIC_CHECKPOINT) if the file is not a checkpoint. */
JK_MUST_USE enum jk_status jk_published_read(struct jk_folder *folder, struct jk_published *out_published,
                                             struct jk_error *error);
/* ABORTED (CHECKPOINT_AHEAD) if the folder's is larger: another process was faster. DATA_LOSS (CHECKPOINT_CHANGED) if
 * it has another root or origin. */
JK_MUST_USE enum jk_status jk_published_put(struct jk_folder *folder, struct jk_span note, struct jk_error *error);
/* The common body with the signature lines of both; if both have one by the same key (name and id), that of `fresh` is
 * kept. The notes must have the same body. Lines beyond JK_NOTE_SIGNATURES are left out. */
JK_MUST_USE enum jk_status jk_published_join(struct jk_span fresh, struct jk_span earlier, struct jk_text *out_note,
                                             struct jk_error *error);

#endif
