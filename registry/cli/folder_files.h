/* The files in a folder: each once, by its path within it. Folders and files whose names begin with a dot belong to
 * tools, and are ignored, and so is whatever cannot be opened: this serves those who look for files that they know.
 * Who must account for every file of a model takes scan/walk.h, which leaves out nothing in silence. One thread. */
#ifndef JK_CLI_FOLDER_FILES_H
#define JK_CLI_FOLDER_FILES_H

#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

struct jk_folder_file {
    struct jk_span name; /* with "/"; NUL-terminated, in the arena */
    uint64_t size;
};

struct jk_folder_files {
    struct jk_folder_file *files;
    size_t count;
    bool more; /* there are more than the limit */
};

/* Sorted by name; at most `most` files, from folders nested at most `deep`. False if there is not enough memory. */
bool jk_list_folder_files(const char *path, unsigned deep, size_t most, struct jk_arena *arena,
                          struct jk_folder_files *out_folder);

#endif
