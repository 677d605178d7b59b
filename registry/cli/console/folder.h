/* What lies in a folder: each file once, by its path within it. Folders and files whose names begin with a dot are a
 * tool's own, and passed over. One thread. */
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
    bool more; /* there are more than were asked for */
};

/* Sorted by name; at most `most` files, from folders at most `deep` within. What cannot be opened is passed over. False
 * where there is not enough memory. */
bool jk_folder_list(const char *path, unsigned deep, size_t most, struct jk_arena *arena, struct jk_folder *out_folder);

#endif
