/* The licence that a model's files declare, as SPDX. Pure; everything is in the arena. A list of licences means all of
 * them (AND), since nothing says that one may be chosen. */
#ifndef JK_DECLARE_LICENSING_H
#define JK_DECLARE_LICENSING_H

#include "declare/gather.h"

struct jk_licensing {
    struct jk_span expression; /* canonical; NOASSERTION where it says that it is none of the Hub's; empty for none */
    const char *from;          /* "card", "tags", "gguf"; "" where nothing declares one */
    const char *written;       /* as it is declared: "license other, license_name exaone"; "" for none */
    const char *file;          /* which declares it, as it is told: "the card", "x.gguf" */
    struct jk_span near;       /* without an expression: the SPDX identifier that may be meant; empty for none */
};

/* `families`: model parts of the names of parents and their roots, by which one name means several licences. What the
 * mapping changed is told. */
void jk_licensing_of(const struct jk_sources *sources, const struct jk_span *families, size_t family_count,
                     struct jk_doubts *notes, struct jk_licensing *out_licensing);
/* Where it is declared and not known, which alone is only a note: the mistake "license", to be listed beside others, so
 * that whoever corrects the card does so once. */
void jk_licensing_check(const struct jk_licensing *licensing, struct jk_error *mistakes);
/* What will be stored: the expression, or NOASSERTION with a note; no note if a file that might name one could not be
 * read. */
struct jk_span jk_licensing_stored(const struct jk_licensing *licensing, const struct jk_sources *sources,
                                   struct jk_doubts *notes);

#endif
