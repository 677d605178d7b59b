/* A declared release on its way to a lineage statement: first its grammar, on any thread, then, in its turn on the
 * sequencer, what only the book knows: names, parents' hashes, paths, cycles. All mistakes of a draft are collected
 * before it fails. */
#ifndef JK_SERVICE_RECORDS_DRAFT_H
#define JK_SERVICE_RECORDS_DRAFT_H

#include "service/call/convert.h"
#include "service/call/services.h"

struct jk_draft_parent {
    bool external;
    bool inherited;         /* taken over from the release before, where it is pinned: stays what it is */
    bool faulty;            /* its grammar: told already */
    struct jk_span name;    /* as declared; external: canonical host/id */
    struct jk_span version; /* version or revision; empty: none given */
    struct jk_digest hash;  /* zero: none given */
};

struct jk_draft {
    char prefix[32]; /* of field names: "derivative.", "derivatives[12].", "release." */
    struct jk_span name, version, license;
    enum jk_relation relation;
    struct jk_digest license_text, artifact, weights;
    struct jk_draft_parent *parents;
    size_t parent_count;
    size_t earlier; /* drafts that lie right before this one: items of its batch, which may be its parents */
};

/* The grammar of every field; violations go into `error`. `base`: a base model's release, without relation and parents.
 */
void jk_draft_read(const Jokbo__V1__Derivative *message, const char *prefix, struct jk_arena *arena,
                   struct jk_draft *out_draft, struct jk_error *error);

/* What a draft comes to at the book's present size. */
struct jk_resolved {
    struct jk_statement statement; /* spans in the book and the draft */
    struct jk_span text;           /* the statement's bytes, in the arena */
    struct jk_digest hash;
};

/* Resolves parents and writes the statement under `name` (the model's canonical name). `model`: the model that gets a
 * further release, JK_NONE for a new one. Checks parents' existence, hashes, doubles, self, cycles, at least one path
 * to a base model, and that an uploaded manifest says the same weights. With JK_EARLIER_ITEM as reason nothing is wrong
 * but a parent that is an earlier item of the batch and not there. */
#define JK_EARLIER_ITEM "EARLIER_ITEM"
JK_MUST_USE enum jk_status jk_draft_resolve(const struct jk_draft *draft, const struct jk_turn *turn,
                                            struct jk_span name, uint32_t model, bool needs_path,
                                            struct jk_arena *arena, struct jk_resolved *out_resolved,
                                            struct jk_error *error);

/* What the book knows to be wrong with a draft whose grammar is wrong already, so that all mistakes show at once. On
 * any thread, within a view. `further`: a release of a model that is there, which may leave out relation and parents.
 */
void jk_draft_note_mistakes(const struct jk_draft *draft, bool further, const struct jk_view *view,
                            struct jk_directory *directory, struct jk_arena *arena, struct jk_error *error);

/* That no parent leads to a base model: each of them, with what is near. Whoever calls it knows that. */
void jk_draft_note_dead_ends(const struct jk_draft *draft, const struct jk_view *view, struct jk_directory *directory,
                             struct jk_arena *arena, struct jk_error *error);

#endif
