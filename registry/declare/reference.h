/* A model named in YAML: by its name, or by a mapping that says where it is, as in cards, recipes and configurations.
 * Pure; spans are in the arena. */
#ifndef JK_DECLARE_REFERENCE_H
#define JK_DECLARE_REFERENCE_H

#include "base/error.h"
#include "declare/doubts.h"
#include "declare/parents.h"
#include "declare/yaml.h"

/* "LGAI EXAONE", "EXAONE 4.0 1.2B" become LGAI-EXAONE/EXAONE-4.0-1.2B; empty where one of them is. */
struct jk_span jk_reference_join(struct jk_span organization, struct jk_span name, struct jk_arena *arena);
/* Whether a mapping may name a model by this key. */
bool jk_reference_key(struct jk_span key);
/* Adds each name in `node`: one, or a list of them. Anything that names nothing is a mistake in `field`, with its line
 * in `file` ("the card"). */
void jk_reference_read_all(const struct jk_yaml *node, struct jk_doubts *doubts, struct jk_names *out_names,
                           const char *field, const char *file, struct jk_error *error);

#endif
