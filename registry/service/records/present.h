/* The interface's messages from the book, at a log size. Pure: reads a view, allocates in an arena. */
#ifndef JK_SERVICE_RECORDS_PRESENT_H
#define JK_SERVICE_RECORDS_PRESENT_H

#include "book/book_ask.h"
#include "service/call/convert.h"
#include "service/call/services.h"

/* What a message is made from. `size` is a log size that the book holds; `directory` tells which manifests lie here. */
struct jk_present {
    const struct jk_book *book;
    struct jk_directory *directory;
    uint32_t size;
    struct jk_arena *arena;
};

/* Each gives NULL when the arena is exhausted. */
Jokbo__V1__Publisher *jk_present_publisher(const struct jk_present *present, uint32_t publisher);
Jokbo__V1__Model *jk_present_model(const struct jk_present *present, uint32_t model);
/* Without its deciding release. */
Jokbo__V1__Model *jk_present_model_alone(const struct jk_present *present, uint32_t model);
/* With its statement, byte for byte as it is hashed. */
Jokbo__V1__Release *jk_present_release(const struct jk_present *present, uint32_t release, bool with_statement);
Jokbo__V1__Team *jk_present_team(const struct jk_present *present, uint32_t team);
Jokbo__V1__BaseModelFacts *jk_present_base(const struct jk_present *present, const struct jk_base_facts *facts);
Jokbo__V1__Root *jk_present_root(const struct jk_present *present, const struct jk_spell *spell);
/* Findings of a model: those that depend on a root name it. */
void jk_present_findings(const struct jk_present *present, uint32_t model, size_t *out_count,
                         Jokbo__V1__Finding ***out_findings);
/* Bits of 1 << FindingKind that hold for a model at all. */
unsigned jk_finding_kinds(const struct jk_present *present, uint32_t model);
/* The same from a spell's flags alone. */
unsigned jk_finding_kinds_of_flags(uint32_t flags);

/* The statement of a release, from the book. */
struct jk_span jk_present_statement(const struct jk_present *present, uint32_t release);
/* Present name of a model. */
struct jk_span jk_present_name(const struct jk_present *present, uint32_t model);

#endif
