/* Whether a model's parts are all there: the index of sharded safetensors, and the numbers of a split GGUF. A download
 * that stopped half-way has a manifest like any other, so it is told. Pure but for reading the index files, which are
 * at most 64 MiB. */
#ifndef JK_CLI_SHARDS_H
#define JK_CLI_SHARDS_H

#include "cli/digesting.h"

/* On cli->err, a line for each index or split model that is not what the folder holds. */
void jk_shards_tell(const struct jk_digesting *digesting);

#endif
