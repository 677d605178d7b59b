/* The grammar of a declared release. */
#include "service/records/draft.h"

#include <stdio.h>

#include "domain/ident.h"
#include "domain/spdx.h"
#include "reply/lookup.h"

/* "derivatives[3].license" in the error's arena. */
static const char *field(const struct jk_draft *draft, struct jk_arena *arena, const char *name)
{
    const char *path = jk_arena_printf(arena, "%s%s", draft->prefix, name);
    return path ? path : name;
}

static const char *parent_field(const struct jk_draft *draft, struct jk_arena *arena, size_t i, const char *name)
{
    const char *path = jk_arena_printf(arena, "%sparents[%zu].%s", draft->prefix, i, name);
    return path ? path : name;
}

static void read_license(const Jokbo__V1__Derivative *message, struct jk_arena *arena, struct jk_draft *draft,
                         struct jk_error *error)
{
    struct jk_text canonical;
    struct jk_span given = jk_span_of(message->license);
    draft->license = JK_SPAN("NOASSERTION");
    if (!given.len) return;
    jk_text_init(&canonical, JK_LICENSE_MAX);
    if (jk_spdx_canonical(given, field(draft, arena, "license"), &canonical, error) == JK_OK) {
        draft->license.at = jk_arena_copy(arena, canonical.bytes, canonical.len);
        draft->license.len = draft->license.at ? canonical.len : 0;
    }
    jk_text_done(&canonical);
}

/* A faulty parent is not examined any further. */
static void parent_fault(struct jk_draft *draft, struct jk_arena *arena, size_t i, const char *name,
                         struct jk_span value, const char *why, struct jk_error *error)
{
    jk_check_span(error, parent_field(draft, arena, i, name), value, why);
    draft->parents[i].faulty = true;
}

static void read_registered(const Jokbo__V1__RegisteredParent *message, struct jk_arena *arena, struct jk_draft *draft,
                            size_t i, struct jk_error *error)
{
    struct jk_draft_parent *parent = &draft->parents[i];
    struct jk_span text = jk_span_of(message->name);
    const char *why;
    if (jk_ident_is_local_path(text)) {
        parent_fault(draft, arena, i, "registered.name", text,
                     "is a path on a local disk; name the model stored there, as publisher/model", error);
        return;
    }
    jk_split_version(text, &parent->name, &parent->version);
    why = jk_ident_model_fault(parent->name);
    if (!why && parent->version.len) why = jk_ident_version_fault(parent->version);
    if (why) parent_fault(draft, arena, i, "registered.name", text, why, error);
    jk_from_hex(message->lineage_hash, parent_field(draft, arena, i, "registered.lineage_hash"), &parent->hash, error);
}

static void read_external(const Jokbo__V1__ExternalParent *message, struct jk_arena *arena, struct jk_draft *draft,
                          size_t i, struct jk_error *error)
{
    struct jk_draft_parent *parent = &draft->parents[i];
    parent->external = true;
    parent->name = jk_span_of(message->name);
    parent->version = jk_span_of(message->revision);
    const char *why = jk_ident_is_local_path(parent->name)
                          ? "is a path on a local disk; name the model stored there, as host/id or publisher/model"
                          : jk_ident_external_fault(parent->name);
    if (why) parent_fault(draft, arena, i, "external.name", parent->name, why, error);
    struct jk_span id;
    if (jk_ident_is_hub_respelled(parent->name, &id)) /* a field's path is made only when it is needed */
        jk_check_hub_spelling(error, parent_field(draft, arena, i, "external.name"), parent->name);
    why = parent->version.len ? jk_ident_revision_fault(parent->version) : NULL;
    if (why) parent_fault(draft, arena, i, "external.revision", parent->version, why, error);
}

static void read_parent(const Jokbo__V1__Parent *message, struct jk_arena *arena, struct jk_draft *draft, size_t i,
                        struct jk_error *error)
{
    switch (message->kind_case) {
    case JOKBO__V1__PARENT__KIND_REGISTERED:
        read_registered(message->registered, arena, draft, i, error);
        break;
    case JOKBO__V1__PARENT__KIND_EXTERNAL:
        read_external(message->external, arena, draft, i, error);
        break;
    default:
        jk_error_field(error, parent_field(draft, arena, i, "kind"), "is empty: give `registered` or `external`");
        draft->parents[i].faulty = true;
    }
}

static void read_draft_parents(const Jokbo__V1__Derivative *message, struct jk_arena *arena, struct jk_draft *draft,
                               struct jk_error *error)
{
    size_t count = message->n_parents < JK_PARENTS_MAX ? message->n_parents : JK_PARENTS_MAX;
    if (message->n_parents > count)
        jk_error_field(error, field(draft, arena, "parents"), "%zu parents are too many: at most %d",
                       message->n_parents, JK_PARENTS_MAX);
    draft->parents = jk_arena_zalloc(arena, count + 1, sizeof *draft->parents);
    if (!draft->parents) {
        (void)jk_out_of_memory(error);
        return;
    }
    draft->parent_count = count;
    for (size_t i = 0; i < count; i++)
        read_parent(message->parents[i], arena, draft, i, error);
}

/* The field's path is made only where it is told. */
static void read_declared_digest(const char *hex, const char *name, struct jk_arena *arena,
                                 const struct jk_draft *draft, struct jk_digest *out_digest, struct jk_error *error)
{
    bool given = *hex && jk_digest_parse(jk_span_of(hex), out_digest) && !jk_digest_is_zero(out_digest);
    if (*hex && !given) jk_from_hex(hex, field(draft, arena, name), out_digest, error);
}

void jk_draft_read(const Jokbo__V1__Derivative *message, const char *prefix, struct jk_arena *arena,
                   struct jk_draft *out_draft, struct jk_error *error)
{
    memset(out_draft, 0, sizeof *out_draft);
    snprintf(out_draft->prefix, sizeof out_draft->prefix, "%s", prefix);
    out_draft->name = jk_span_of(message->name);
    out_draft->version = jk_span_of(message->version);
    const char *why = jk_ident_model_fault(out_draft->name);
    if (why) jk_check_span(error, field(out_draft, arena, "name"), out_draft->name, why);
    why = jk_ident_version_fault(out_draft->version);
    if (why) jk_check_span(error, field(out_draft, arena, "version"), out_draft->version, why);
    if (!jk_from_relation(message->relation, &out_draft->relation))
        jk_error_field(error, field(out_draft, arena, "relation"), "%d is not a relation", (int)message->relation);
    read_license(message, arena, out_draft, error);
    read_declared_digest(message->license_text_sha256, "license_text_sha256", arena, out_draft,
                         &out_draft->license_text, error);
    read_declared_digest(message->artifact_sha256, "artifact_sha256", arena, out_draft, &out_draft->artifact, error);
    read_declared_digest(message->weights_sha256, "weights_sha256", arena, out_draft, &out_draft->weights, error);
    read_draft_parents(message, arena, out_draft, error);
}
