/* Choosing each value by priority, and saying what was passed over. */
#include "declare/declaration.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "declare/infer.h"
#include "domain/ident.h"

/* One source of parents. */
struct candidate {
    const char *from;
    struct jk_names names;
};

void jk_declaration_note(struct jk_declaration *declaration, const char *format, ...)
{
    char text[512];
    va_list args;
    if (declaration->note_count == JK_NOTES_MAX) return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *copy = jk_arena_copy(declaration->arena, text, strlen(text));
    if (copy) declaration->notes[declaration->note_count++] = copy;
}

static void shorten(struct jk_span value, char out[128])
{
    jk_text_shorten(value, out, 128);
}

static void fill_name(struct jk_declaration *declaration, const struct jk_given *given, struct jk_error *error)
{
    char shown[128];
    if (!given->name) return;
    declaration->name = jk_span_trim(jk_span_of(given->name));
    declaration->name_from = given->name_from;
    const char *fault = jk_ident_model_fault(declaration->name);
    shorten(declaration->name, shown);
    if (fault) jk_error_field(error, "name", "\"%s\" %s", shown, fault);
}

static void fill_version(struct jk_declaration *declaration, const struct jk_given *given,
                         const struct jk_sources *sources, struct jk_error *error)
{
    char shown[128];
    const char *flag = given->version;
    struct jk_span version = flag ? jk_span_of(flag) : sources->card.version;
    const char *fault = version.len > 0 || flag ? jk_ident_version_fault(version) : NULL;
    shorten(version, shown);
    if (flag && fault) jk_error_field(error, "version", "\"%s\" %s", shown, fault);
    if (!flag && fault) jk_declaration_note(declaration, "the card's version \"%s\" %s: 1 is taken", shown, fault);
    bool usable = version.len > 0 && (flag || !fault);
    declaration->version = usable ? version : JK_SPAN("1");
    declaration->version_from = flag ? "--release" : usable ? "card" : "default";
}

static void gguf_parents(const struct jk_gguf *gguf, struct jk_names *names)
{
    struct jk_span hub = JK_SPAN("https://huggingface.co/");
    for (size_t i = 0; i < JK_GGUF_BASES_MAX; i++) {
        struct jk_span base = gguf->bases[i];
        if (jk_span_starts(base, hub)) base = (struct jk_span){base.at + hub.len, base.len - hub.len};
        jk_names_add(names, base);
    }
}

static bool same_names(const struct jk_names *a, const struct jk_names *b)
{
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++)
        if (!jk_names_hold(b, a->items[i])) return false;
    return true;
}

static void note_conflict(struct jk_declaration *declaration, const struct candidate *other)
{
    char shown[128];
    if (other->names.count == 0 || same_names(&other->names, &declaration->parents)) return;
    shorten(other->names.items[0], shown);
    const char *more = other->names.count > 1 ? " and others" : "";
    jk_declaration_note(declaration, "%s names %s%s as parent; %s was taken instead", other->from, shown, more,
                        declaration->parents_from);
}

const char *jk_declaration_missing_parents(const struct jk_declaration *declaration, const struct jk_sources *sources)
{
    char shown[128];
    struct jk_span base = sources->adapter.base;
    if (!sources->has_adapter) return "none is declared: add base_model to the card, or give --parent publisher/model";
    if (base.len == 0)
        return "adapter_config.json names no model (base_model_name_or_path is null or absent): give it with --parent "
               "publisher/model";
    shorten(base, shown);
    const char *text = jk_arena_printf(declaration->arena,
                                       "adapter_config.json names \"%s\", a path on a disk: give the model "
                                       "that lies there with --parent publisher/model",
                                       shown);
    return text ? text : "adapter_config.json names a path on a disk: give the model that lies there with --parent";
}

static void note_source(struct jk_declaration *declaration, const struct jk_sources *sources)
{
    char shown[128];
    if (sources->has_adapter && jk_ident_is_local_path(sources->adapter.base) && declaration->parents.count > 0) {
        shorten(sources->adapter.base, shown);
        jk_declaration_note(declaration, "adapter_config.json names the path \"%s\", which says nothing to others",
                            shown);
    }
    if (strcmp(declaration->parents_from, "gguf") == 0)
        jk_declaration_note(declaration,
                            "the parents are from %s, which often names the grandparent: check them, or give "
                            "--parent",
                            sources->gguf_file ? sources->gguf_file : "the GGUF file");
}

static void fill_parents(struct jk_declaration *declaration, const struct jk_given *given,
                         const struct jk_sources *sources, struct jk_error *error)
{
    struct candidate list[] = {{.from = "--parent"},       {.from = "card"},     {.from = "tags"},
                               {.from = "adapter_config"}, {.from = "mergekit"}, {.from = "gguf"}};
    const size_t count = sizeof list / sizeof list[0];
    list[0].names = given->parents;
    list[1].names = sources->card.parents;
    list[2].names = sources->card.tag_parents;
    if (!jk_ident_is_local_path(sources->adapter.base)) jk_names_add(&list[3].names, sources->adapter.base);
    list[4].names = sources->mergekit.parents;
    gguf_parents(&sources->gguf, &list[5].names);
    if (list[0].names.dropped > 0)
        jk_error_field(error, "parents", "%zu are given; 64 is the most", list[0].names.count + list[0].names.dropped);
    size_t chosen = 0;
    while (chosen < count && list[chosen].names.count == 0)
        chosen++;
    if (chosen < count) {
        declaration->parents = list[chosen].names;
        declaration->parents_from = list[chosen].from;
    }
    for (size_t i = chosen + 1; i < count; i++)
        note_conflict(declaration, &list[i]);
    note_source(declaration, sources);
}

void jk_declaration_fill(struct jk_declaration *declaration, const struct jk_given *given,
                         const struct jk_sources *sources, struct jk_error *error)
{
    declaration->name_from = declaration->version_from = declaration->parents_from = declaration->relation_from = "";
    fill_name(declaration, given, error);
    fill_version(declaration, given, sources, error);
    fill_parents(declaration, given, sources, error);
    if (given->license) declaration->license = jk_span_trim(jk_span_of(given->license));
    if (sources->card.several_licenses)
        jk_declaration_note(declaration,
                            "the card lists several licences, the first was taken: --license says more, as in "
                            "\"MIT AND Apache-2.0\"");
}

static bool parse_relation(struct jk_span text, enum jk_relation *out_relation)
{
    char lower[32];
    if (text.len >= sizeof lower) return false;
    jk_ident_fold(text, lower);
    return jk_relation_parse((struct jk_span){lower, text.len}, out_relation);
}

void jk_declaration_relate(struct jk_declaration *declaration, const struct jk_given *given,
                           const struct jk_sources *sources, struct jk_error *error)
{
    char shown[128];
    const char *flag = given->relation, *why;
    struct jk_span declared = sources->card.relation;
    struct jk_signs signs = {sources->has_card ? &sources->card : NULL,
                             declaration->name,
                             sources->has_adapter,
                             sources->has_mergekit,
                             sources->gguf_file != NULL,
                             declaration->parents.count};
    if (flag && jk_relation_parse(jk_span_of(flag), &declaration->relation)) {
        declaration->relation_from = "--relation";
    } else if (declared.len > 0 && parse_relation(declared, &declaration->relation)) {
        declaration->relation_from = "declared";
    } else {
        shorten(declared, shown);
        if (declared.len > 0)
            jk_error_field(error, "relation",
                           "the card's base_model_relation \"%s\" is none of finetune, adapter, quantized, "
                           "merge, distill, convert, prune, draft: mend it, or give --relation",
                           shown);
        jk_infer_relation(&signs, &declaration->relation, &why);
        declaration->relation_from = why;
    }
}
