/* The files in a folder: each once, by its path within it. Folders and files whose names begin with a dot belong to
 * tools, and are ignored. One thread. */
#ifndef JK_CLI_CONSOLE_FOLDER_H
#define JK_CLI_CONSOLE_FOLDER_H

#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

struct jk_folder_file {
    struct jk_span name; /* with "/"; NUL-terminated, in the arena */
    uint64_t size;
};

struct jk_folder {
    struct jk_folder_file *files;
    size_t count;
    bool more; /* there are more than the limit */
};

/* Sorted by name; at most `most` files, from folders nested at most `deep`. What cannot be opened is ignored. False if
 * there is not enough memory. */
bool jk_folder_list(const char *path, unsigned deep, size_t most, struct jk_arena *arena, struct jk_folder *out_folder);

#endif
