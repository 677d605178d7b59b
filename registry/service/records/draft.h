/* A declared release on its way to a lineage statement: first its grammar, on any thread; then, in its turn on the
 * sequencer, what only the book knows: names, parents' hashes, paths, cycles. All mistakes of a draft are collected
 * before it fails. */
#ifndef JK_SERVICE_RECORDS_DRAFT_H
#define JK_SERVICE_RECORDS_DRAFT_H

#include "service/call/convert.h"
#include "service/call/services.h"

struct jk_draft_parent {
    bool external;
    bool inherited;         /* copied from the previous release, which pinned it: not resolved again */
    bool faulty;            /* its grammar; already reported */
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
    size_t earlier; /* drafts immediately before this one: items of its batch, which may be its parents */
};

/* The grammar of every field; violations go into `error`. `base`: a base model's release, without relation and parents.
 */
void jk_draft_read(const Jokbo__V1__Derivative *message, const char *prefix, struct jk_arena *arena,
                   struct jk_draft *out_draft, struct jk_error *error);

/* A draft resolved at the book's current size. */
struct jk_resolved {
    struct jk_statement statement; /* spans in the book and the draft */
    struct jk_span text;           /* the statement's bytes, in the arena */
    struct jk_digest hash;
};

/* Resolves parents and writes the statement under `name` (the model's canonical name). `model`: the model that gets a
 * further release, JK_NONE for a new one. Checks that parents exist, their hashes, duplicates, self, cycles, at least
 * one path to a base model, and that an uploaded manifest states the same weights. The reason JK_EARLIER_ITEM means
 * that the only mistake is a parent that is an earlier item of the batch and does not exist. */
#define JK_EARLIER_ITEM "EARLIER_ITEM"
JK_MUST_USE enum jk_status jk_draft_resolve(const struct jk_draft *draft, const struct jk_turn *turn,
                                            struct jk_span name, uint32_t model, bool needs_path,
                                            struct jk_arena *arena, struct jk_resolved *out_resolved,
                                            struct jk_error *error);

/* What the book finds wrong with a draft whose grammar is already wrong, so that all mistakes show at once. On any
 * thread, within a view. `further`: a release of an existing model, which may leave out relation and parents. */
void jk_draft_note_mistakes(const struct jk_draft *draft, bool further, const struct jk_view *view,
                            struct jk_directory *directory, struct jk_arena *arena, struct jk_error *error);

/* Reports that no parent leads to a base model: each of them, with suggestions. The caller has established it. */
void jk_draft_note_dead_ends(const struct jk_draft *draft, const struct jk_view *view, struct jk_directory *directory,
                             struct jk_arena *arena, struct jk_error *error);

#endif
