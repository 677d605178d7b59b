/* What a developer declares about a release, gathered in order of precedence from what was given, card, tags,
 * adapter_config.json, mergekit, GGUF, the Hub, inference. Pure. Each value remembers its source; if sources contradict
 * each other, a note says so. */
#ifndef JK_DECLARE_DECLARATION_H
#define JK_DECLARE_DECLARATION_H

#include "declare/gather.h"
#include "domain/relation.h"

/* Values given besides the files, which take precedence over them. NULL: not given. */
struct jk_given {
    const char *name, *name_from; /* publisher/model, and what it was given by: "--name" */
    const char *version, *relation, *license;
    struct jk_names parents;
};

struct jk_declaration {
    struct jk_span name, version;
    struct jk_names parents;
    enum jk_relation relation;                                           /* NONE: not given (publishing) */
    struct jk_span license;                                              /* --license, as written; else empty */
    const char *name_from, *version_from, *parents_from, *relation_from; /* "--name", "card", …; "" for nowhere */
    struct jk_doubts notes;
};

/* Name, version, parents, in order of precedence. Mistakes are added as violations. */
void jk_declaration_fill(struct jk_declaration *declaration, const struct jk_given *given,
                         const struct jk_sources *sources, struct jk_error *error);
/* The message if no source names a parent: the end of a sentence that begins with the field. NULL if a file that might
 * name one could not be read, which is already reported. */
const char *jk_declaration_missing_parents(const struct jk_declaration *declaration, const struct jk_sources *sources);
/* The relation, once name and parents are known. */
void jk_declaration_relate(struct jk_declaration *declaration, const struct jk_given *given,
                           const struct jk_sources *sources, struct jk_error *error);
/* Adds the registry's violations for the release to the mistakes, each field once, without those that follow from a
 * file that could not be read. Fields lose their prefix: "derivative.parents[2].name" becomes parents. */
void jk_declaration_add_faults(const struct jk_declaration *declaration, const struct jk_sources *sources,
                               const struct jk_error *found, struct jk_error *mistakes);

#endif
