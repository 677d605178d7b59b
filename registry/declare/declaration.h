/* What a developer declares of a release, gathered by priority from what was given, card, adapter_config.json,
 * mergekit, GGUF, inference. Pure. Each value remembers where it is from; where sources contradict each other, a note
 * says so. */
#ifndef JK_DECLARE_DECLARATION_H
#define JK_DECLARE_DECLARATION_H

#include "declare/adapter.h"
#include "declare/card.h"
#include "declare/gguf.h"
#include "declare/mergekit.h"
#include "domain/relation.h"

#define JK_NOTES_MAX 64

/* The files, as far as they exist. */
struct jk_sources {
    struct jk_card card;
    struct jk_adapter adapter;
    struct jk_mergekit mergekit;
    struct jk_gguf gguf;
    bool has_card, has_adapter, has_mergekit, has_gguf;
    const char *gguf_file; /* its name, for notes */
};

/* What was given beside the files, which goes before them. NULL: not given. */
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
    const char *notes[JK_NOTES_MAX];
    size_t note_count;
    struct jk_arena *arena;
};

/* Name, version, parents, by priority. Mistakes are added as violations. */
void jk_declaration_fill(struct jk_declaration *declaration, const struct jk_given *given,
                         const struct jk_sources *sources, struct jk_error *error);
/* What to say where no source names a parent: the end of a sentence that begins with the field. */
const char *jk_declaration_missing_parents(const struct jk_declaration *declaration, const struct jk_sources *sources);
/* The relation, once name and parents are known. */
void jk_declaration_relate(struct jk_declaration *declaration, const struct jk_given *given,
                           const struct jk_sources *sources, struct jk_error *error);
void jk_declaration_note(struct jk_declaration *declaration, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
