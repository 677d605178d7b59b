/* The files of a model's folder, by the names that a manifest gives them. Symbolic links to files are followed (the
 * Hub's cache is made of them); .jokbo, .git and .cache are left out at any depth. One thread. */
#ifndef JK_SCAN_WALK_H
#define JK_SCAN_WALK_H

#include "base/error.h"

#define JK_WALK_DEPTH_MAX 64

struct jk_walked {
    const char *path;     /* below the folder */
    struct jk_span named; /* the same as a manifest writes it */
    uint64_t size;
    uint64_t device, inode;
    const char *odd; /* why it cannot be part of a model, in words that follow its name: a pipe, say; NULL: it can */
    bool unread;     /* odd by trouble of this machine, as a folder that may not be read */
};

struct jk_walk {
    struct jk_arena arena;
    struct jk_walked *files; /* by the bytes of `named` */
    size_t count, room;
};

void jk_walk_done(struct jk_walk *walk); /* accepts a zeroed struct */
/* Fails where there is no such folder, on more than 100,000 files, and for want of memory. */
JK_MUST_USE enum jk_status jk_walk_folder(const char *folder, struct jk_walk *out_walk, struct jk_error *error);

/* Takes the file at `path` out, by whatever name it lies in the folder: a manifest is not part of what it describes.
 * NULL, or no such file: nothing is taken out. */
void jk_walk_leave_out(struct jk_walk *walk, const char *path);

/* The file that a manifest's path names; NULL: none lies there. */
const struct jk_walked *jk_walk_find(const struct jk_walk *walk, struct jk_span named);

/* LOCAL_FILE names the first that is odd. */
JK_MUST_USE enum jk_status jk_walk_refuse_odd(const struct jk_walk *walk, struct jk_error *error);

#endif
