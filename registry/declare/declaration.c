/* Choosing each value by precedence, and reporting what was ignored. */
#include "declare/declaration.h"

#include "base/defer.h"
#include "base/text.h"
#include "declare/infer.h"
#include "domain/ident.h"

/* One source of parents. */
struct candidate {
    const char *from; /* for the plan */
    const char *file; /* for notes */
    struct jk_names names;
};

#define CANDIDATES 7

static void fill_name(struct jk_declaration *declaration, const struct jk_given *given,
                      const struct jk_sources *sources, struct jk_error *error)
{
    struct jk_span name = given->name ? jk_span_trim(jk_span_of(given->name)) : sources->hub.id;
    if (name.len == 0 && !given->name) return;
    declaration->name = name;
    declaration->name_from = given->name ? given->name_from : "hub";
    const char *fault = jk_ident_model_fault(name);
    if (fault) jk_error_field(error, "name", "\"%s\" %s", jk_doubts_shown(&declaration->notes, name), fault);
}

static void fill_version(struct jk_declaration *declaration, const struct jk_given *given,
                         const struct jk_sources *sources, struct jk_error *error)
{
    const char *flag = given->version;
    struct jk_span version = flag ? jk_span_of(flag) : sources->card.version;
    const char *fault = version.len > 0 || flag ? jk_ident_version_fault(version) : NULL;
    const char *shown = jk_doubts_shown(&declaration->notes, version);
    if (flag && fault) jk_error_field(error, "version", "\"%s\" %s", shown, fault);
    if (!flag && fault) jk_doubts_add(&declaration->notes, "the card's version \"%s\" %s: 1 is taken", shown, fault);
    bool usable = version.len > 0 && (flag || !fault);
    declaration->version = usable ? version : JK_SPAN("1");
    declaration->version_from = flag ? "--release" : usable ? "card" : "default";
}

/* ---- parents ---- */

/* The adapter's base, at the commit that its configuration names. */
static void adapter_parent(struct jk_declaration *declaration, const struct jk_adapter *adapter, struct jk_names *names)
{
    struct jk_parent_text parent;
    struct jk_arena *arena = declaration->notes.arena;
    bool readable = adapter->base.len > 0 && !jk_parents_read(adapter->base, arena, &parent);
    bool commit = adapter->revision.len > 0 && !jk_ident_revision_fault(adapter->revision);
    if (readable && commit && parent.version.len == 0) {
        const char *pinned =
            jk_arena_printf(arena, "%.*s@%.*s", JK_SPAN_ARG(adapter->base), JK_SPAN_ARG(adapter->revision));
        jk_names_add(names, pinned ? jk_span_of(pinned) : adapter->base);
        return;
    }
    jk_names_add(names, adapter->base);
    if (readable && adapter->revision.len > 0 && !commit)
        jk_doubts_add(&declaration->notes,
                      "adapter_config.json names the revision \"%s\", which is no commit, and is "
                      "left out",
                      jk_doubts_shown(&declaration->notes, adapter->revision));
}

static void list_candidates(struct jk_declaration *declaration, const struct jk_given *given,
                            const struct jk_sources *sources, struct candidate out[CANDIDATES])
{
    out[0] = (struct candidate){"--parent", "--parent", given->parents};
    out[1] = (struct candidate){"card", "the card", sources->card.parents};
    out[2] = (struct candidate){"tags", "a tag", sources->card.tag_parents};
    out[3] = (struct candidate){.from = "adapter_config", .file = "adapter_config.json"};
    adapter_parent(declaration, &sources->adapter, &out[3].names);
    out[4] = (struct candidate){"mergekit", sources->recipe_file ? sources->recipe_file : "mergekit",
                                sources->mergekit.parents};
    out[5] =
        (struct candidate){"gguf", sources->gguf_file ? sources->gguf_file : "the GGUF file", sources->gguf_parents};
    out[6] = (struct candidate){"hub", "the Hub", sources->hub.parents};
    jk_names_add_all(&out[6].names, &sources->hub.card.tag_parents);
}

static size_t readable(const struct jk_names *names, struct jk_arena *arena)
{
    size_t count = 0;
    for (size_t i = 0; i < names->count; i++) {
        struct jk_parent_text ignored;
        count += jk_parents_read(names->items[i], arena, &ignored) == NULL;
    }
    return count;
}

/* The first that names a model, or if none does, the first that names anything. Explicitly given parents always win. */
static size_t choose(const struct candidate *list, struct jk_arena *arena)
{
    size_t first = CANDIDATES;
    if (list[0].names.count > 0) return 0;
    for (size_t i = 1; i < CANDIDATES; i++) {
        if (list[i].names.count == 0) continue;
        if (readable(&list[i].names, arena) > 0) return i;
        if (first == CANDIDATES && i != 3) first = i; /* adapter_config's path is told in words of its own */
    }
    return first;
}

static void note_conflict(struct jk_declaration *declaration, const struct candidate *other)
{
    struct jk_doubts *notes = &declaration->notes;
    if (other->names.count == 0 || jk_parents_same(&other->names, &declaration->parents, notes->arena)) return;
    const char *shown = jk_doubts_shown(notes, other->names.items[0]);
    struct jk_parent_text ignored;
    const char *fault = jk_parents_read(other->names.items[0], notes->arena, &ignored);
    if (fault)
        jk_doubts_add(notes, "%s names \"%s\", which %s; %s was used instead", other->file, shown, fault,
                      declaration->parents_from);
    else
        jk_doubts_add(notes, "%s names %s%s as parent; %s was used instead", other->file, shown,
                      other->names.count > 1 ? " and others" : "", declaration->parents_from);
}

/* A model named twice is one parent, however it is written; and beside others, the model itself is none. */
static struct jk_names without_doubles(struct jk_declaration *declaration, const struct jk_names *names)
{
    struct jk_names kept = {.dropped = names->dropped};
    struct jk_span seen[JK_PARENTS_MAX];
    for (size_t i = 0; i < names->count; i++) {
        struct jk_parent_text parent;
        bool read = jk_parents_read(names->items[i], declaration->notes.arena, &parent) == NULL, before = false;
        bool self = read && !parent.external && declaration->name.len > 0 && names->count > 1 &&
                    jk_span_equal_fold(parent.name, declaration->name);
        for (size_t k = 0; k < kept.count && read; k++)
            before = before || (parent.version.len == 0 && jk_span_equal_fold(seen[k], parent.name));
        if (self)
            jk_doubts_add(&declaration->notes, "%s is the model itself, and is ignored",
                          jk_doubts_shown(&declaration->notes, names->items[i]));
        if (self || before) continue;
        seen[kept.count] = read ? parent.name : names->items[i];
        jk_names_add(&kept, names->items[i]);
    }
    return kept.count > 0 ? kept : *names;
}

static void fill_parents(struct jk_declaration *declaration, const struct jk_given *given,
                         const struct jk_sources *sources, struct jk_error *error)
{
    struct candidate list[CANDIDATES];
    list_candidates(declaration, given, sources, list);
    if (given->parents.dropped > 0)
        jk_error_field(error, "parents", "%zu are given; at most 64 are allowed",
                       given->parents.count + given->parents.dropped);
    size_t chosen = choose(list, declaration->notes.arena);
    if (chosen == CANDIDATES) return;
    declaration->parents = chosen == 0 ? list[0].names : without_doubles(declaration, &list[chosen].names);
    declaration->parents_from = list[chosen].from;
    for (size_t i = 0; i < CANDIDATES; i++)
        if (i != chosen) note_conflict(declaration, &list[i]);
    if (strcmp(declaration->parents_from, "gguf") == 0)
        jk_doubts_add(&declaration->notes,
                      "the parents are from %s, which often names the grandparent: check them, or give --parent",
                      list[chosen].file);
}

void jk_declaration_fill(struct jk_declaration *declaration, const struct jk_given *given,
                         const struct jk_sources *sources, struct jk_error *error)
{
    declaration->name_from = declaration->version_from = declaration->parents_from = declaration->relation_from = "";
    jk_doubts_add_all(&declaration->notes, &sources->doubts);
    fill_name(declaration, given, sources, error);
    fill_version(declaration, given, sources, error);
    fill_parents(declaration, given, sources, error);
    if (given->license) declaration->license = jk_span_trim(jk_span_of(given->license));
}

/* What was looked into, and what was doubtful about it: "; README.md and ax.gguf name none; mmproj.gguf is passed
 * over". */
static void add_what_was_read(const struct jk_sources *sources, struct jk_text *out)
{
    const char *const files[] = {sources->card_file, sources->recipe_file, sources->gguf_file};
    size_t count = 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (files[i]) jk_text_addf(out, "%s%s", count++ > 0 ? ", " : ". These were read: ", files[i]);
    if (sources->loaded_from.len > 0)
        jk_text_addf(out, ". config.json was loaded from \"%.*s\"",
                     (int)(sources->loaded_from.len < 100 ? sources->loaded_from.len : 100), sources->loaded_from.at);
    for (size_t i = 0; i < sources->doubts.count && i < 8; i++)
        jk_text_addf(out, ". %s", sources->doubts.items[i]);
}

const char *jk_declaration_missing_parents(const struct jk_declaration *declaration, const struct jk_sources *sources)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    struct jk_span base = sources->adapter.base;
    char shown[128];
    jk_text_init(&text, 0);
    if (sources->unread) return NULL;
    jk_text_shorten(base, shown, sizeof shown);
    if (!sources->has_adapter)
        jk_text_add_str(&text, "none is declared: add base_model to the card, or give --parent publisher/model");
    else if (base.len == 0)
        jk_text_add_str(&text,
                        "adapter_config.json names no model (base_model_name_or_path is null or absent): give it "
                        "with --parent publisher/model");
    else if (jk_ident_is_local_path(base))
        jk_text_addf(&text,
                     "adapter_config.json names \"%s\", a path on a disk: give the model that is there with "
                     "--parent publisher/model",
                     shown);
    else
        jk_text_addf(&text,
                     "adapter_config.json names \"%s\", which is no model's name: give the model with --parent "
                     "publisher/model",
                     shown);
    add_what_was_read(sources, &text);
    const char *copy = text.failed ? NULL : jk_arena_copy(declaration->notes.arena, text.bytes, text.len);
    return copy ? copy : "none is declared: give --parent publisher/model";
}

/* ---- the relation ---- */

static struct jk_signs signs_of(const struct jk_declaration *declaration, const struct jk_sources *sources)
{
    return (struct jk_signs){.card = sources->has_card  ? &sources->card
                                     : sources->has_hub ? &sources->hub.card
                                                        : NULL,
                             .name = declaration->name,
                             .gguf_weights = sources->gguf_weights,
                             .gguf_adapter = sources->gguf_adapter,
                             .adapter_weights = sources->adapter_weights,
                             .weights = sources->weights,
                             .converted = sources->converted,
                             .recipe = sources->has_mergekit ? sources->recipe_file : NULL,
                             .quantization = sources->quantization,
                             .packed_tensors = sources->head.packed,
                             .adapter_tensors = sources->head.adapter,
                             .adapter_config = sources->has_adapter,
                             .parents = &declaration->parents};
}

/* One sentence for all that would have it otherwise. */
static void note_others(struct jk_declaration *declaration, const struct jk_inference *inference)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 512);
    size_t count = 0;
    for (size_t i = 0; i < inference->other_count + 1; i++) {
        const struct jk_inferred *other = i == 0 ? &inference->first : &inference->others[i - 1];
        if (other->relation == declaration->relation || strcmp(other->why, "default") == 0) continue;
        jk_text_addf(&text, "%s%s (%s)", count++ > 0 ? ", " : "", jk_relation_text(other->relation), other->why);
    }
    if (count > 0 && !text.failed)
        jk_doubts_add(&declaration->notes, "the relation is %s (%s), though something else says %s",
                      jk_relation_text(declaration->relation), declaration->relation_from, text.bytes);
}

void jk_declaration_relate(struct jk_declaration *declaration, const struct jk_given *given,
                           const struct jk_sources *sources, struct jk_error *error)
{
    const char *flag = given->relation;
    /* What the card declares; else, from the Hub's record, what it has made of that. */
    struct jk_span declared = sources->card.relation.len > 0 ? sources->card.relation : sources->hub.card.relation;
    struct jk_signs signs = signs_of(declaration, sources);
    struct jk_inference inference;
    if (flag && jk_relation_parse(jk_span_of(flag), &declaration->relation)) {
        declaration->relation_from = "--relation";
        return;
    }
    jk_infer_relation(&signs, &inference);
    declaration->relation = inference.first.relation;
    declaration->relation_from = inference.first.why;
    const char *shown = jk_doubts_shown(&declaration->notes, declared);
    if (declared.len > 0 && jk_infer_word(declared, &declaration->relation)) {
        declaration->relation_from = "declared";
        if (!jk_span_equal_fold(declared, jk_span_of(jk_relation_text(declaration->relation))))
            jk_doubts_add(&declaration->notes, "the card's base_model_relation \"%s\" is taken as %s", shown,
                          jk_relation_text(declaration->relation));
    } else if (declared.len > 0) {
        jk_error_field(error, "relation",
                       "the card's base_model_relation \"%s\" is none of finetune, adapter, quantized, "
                       "merge, distill, convert, prune, draft: correct it, or give --relation",
                       shown);
    }
    note_others(declaration, &inference);
}

/* ---- what the registry finds wrong ---- */

static bool is_named(const struct jk_error *mistakes, struct jk_span field, size_t among)
{
    for (size_t i = 0; i < among; i++)
        if (jk_span_equal(jk_span_of(mistakes->violations[i].field), field)) return true;
    return false;
}

/* "derivative.parents[2].name" is about "parents". */
static struct jk_span short_field(const char *field)
{
    const char *prefixes[] = {"derivative.", "release."};
    for (size_t i = 0; i < 2; i++)
        if (strncmp(field, prefixes[i], strlen(prefixes[i])) == 0) field += strlen(prefixes[i]);
    return (struct jk_span){field, strcspn(field, ".[")};
}

static size_t kept_violations(const struct jk_error *error)
{
    return error->violation_count < JK_ERROR_VIOLATIONS ? error->violation_count : JK_ERROR_VIOLATIONS;
}

void jk_declaration_add_faults(const struct jk_declaration *declaration, const struct jk_sources *sources,
                               const struct jk_error *found, struct jk_error *mistakes)
{
    bool no_parents = sources->unread && declaration->parents.count == 0;
    size_t before = kept_violations(mistakes);
    for (size_t i = 0; i < kept_violations(found); i++) {
        struct jk_span field = short_field(found->violations[i].field);
        bool follows = no_parents && jk_span_equal(field, JK_SPAN("parents"));
        const char *copy = jk_arena_copy(declaration->notes.arena, field.at, field.len);
        if (copy && !follows && !is_named(mistakes, field, before))
            jk_error_field(mistakes, copy, "%s", found->violations[i].rule);
    }
}
