/* Finds, among all manifests that were entered, those that have something equal to a model's, or whose signature is alike:
 * in memory, for whoever has no database. Pure; one thread. Source: registry/formats/evidence.md, What is compared.
 *
 * Memory: 20 bytes for each considered tensor and weight file, for a moment twice as much while they are sorted in, and 88
 * for each manifest. A million manifests of 300 tensors each take 6 GB, and 12 GB for a moment. */
#ifndef JK_EXAMINE_CATALOGUE_H
#define JK_EXAMINE_CATALOGUE_H

#include "examine/model.h"

struct jk_catalogue;

/* `most`: bytes that it may take for a moment. NULL: out of memory. */
struct jk_catalogue *jk_catalogue_new(uint64_t most);
void jk_catalogue_free(struct jk_catalogue *catalogue); /* accepts NULL */
/* Enters a model, each once. RESOURCE_EXHAUSTED (INDEX_TOO_LARGE): it would take more than it may. */
JK_MUST_USE enum jk_status jk_catalogue_add(struct jk_catalogue *catalogue, const struct jk_examined *model,
                                            struct jk_error *error);
/* Gives `take` the artifacts of what was entered, as in struct jk_examination; each at least once. */
JK_MUST_USE enum jk_status
jk_catalogue_find(const struct jk_catalogue *catalogue, const struct jk_examined *model, unsigned found,
                  bool (*take)(void *taking, const struct jk_digest *artifacts, size_t count), void *taking,
                  struct jk_error *error);

#endif
