/* The heads of safetensors files on a hub, by ranged requests: GET /ORG/NAME/resolve/COMMIT/FILE, whose redirects lead to
 * wherever the hub keeps its large files. A token goes to the hub alone. One thread. */
#ifndef JK_CLI_CENSUS_HEADS_H
#define JK_CLI_CENSUS_HEADS_H

#include "cli/census_hub.h"
#include "declare/files.h"

struct jk_heads {
    struct jk_hub_client hub, away; /* the hub's own origin, and all others */
    struct jk_text url;
    struct jk_text at; /* the hub's address, and where a redirect has led */
};

/* Of an open hub. The caller closes it, after a failure too. */
JK_MUST_USE enum jk_status jk_heads_open(const struct jk_hub_client *hub, struct jk_heads *out_heads);
void jk_heads_close(struct jk_heads *heads);

/* The head of a file of a model, whole, in file->bytes, until the next call: its size must be known. *out_why: why it is
 * not to be had, as the end of a sentence about the file, in the arena; NULL: it was had. HUB_FAILED: the hub failed, which
 * says nothing of the file. */
JK_MUST_USE enum jk_status jk_heads_get(struct jk_heads *heads, struct jk_span id, struct jk_span revision,
                                        struct jk_file *file, struct jk_arena *arena, const char **out_why,
                                        struct jk_error *error);

#endif
