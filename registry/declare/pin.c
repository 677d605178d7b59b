/* See pin.h. One query per parent: parents are few. */
#include "declare/pin.h"

#include "base/text.h"
#include "domain/ident.h"

static Jokbo__V1__Parent *new_parent(const struct jk_registered *registered)
{
    Jokbo__V1__Parent *parent = jk_arena_alloc(registered->arena, sizeof *parent);
    if (parent) jokbo__v1__parent__init(parent);
    return parent;
}

static bool set_registered(const struct jk_registered *registered, struct jk_pinned *item,
                           const Jokbo__V1__Release *release)
{
    Jokbo__V1__RegisteredParent *pinned = jk_arena_alloc(registered->arena, sizeof *pinned);
    item->parent = new_parent(registered);
    item->shown = jk_arena_printf(registered->arena, "%s@%s", item->model->name, release->version);
    if (!pinned || !item->parent || !item->shown) return false;
    jokbo__v1__registered_parent__init(pinned);
    pinned->name = (char *)item->shown;
    pinned->lineage_hash = release->lineage_hash;
    item->parent->kind_case = JOKBO__V1__PARENT__KIND_REGISTERED;
    item->parent->registered = pinned;
    return true;
}

static bool set_external(const struct jk_registered *registered, struct jk_pinned *item, const char *name,
                         struct jk_span revision)
{
    Jokbo__V1__ExternalParent *external = jk_arena_alloc(registered->arena, sizeof *external);
    const char *mark = revision.len > 0 ? "@" : "";
    item->parent = new_parent(registered);
    item->shown =
        name ? jk_arena_printf(registered->arena, "external %s%s%.*s", name, mark, JK_SPAN_ARG(revision)) : NULL;
    if (!external || !item->parent || !item->shown) return false;
    jokbo__v1__external_parent__init(external);
    external->name = (char *)name;
    external->revision = jk_arena_copy(registered->arena, revision.at ? revision.at : "", revision.len);
    item->parent->kind_case = JOKBO__V1__PARENT__KIND_EXTERNAL;
    item->parent->external = external;
    return external->revision != NULL;
}

/* What a card names by a commit of the Hub is the registered model; which of its releases that was, nobody says. */
static bool pass_commit(const struct jk_registered *registered, struct jk_pinned *item, struct jk_span version)
{
    const Jokbo__V1__Release *release = item->model->release;
    if (jk_ident_revision_fault(version) || !release || release->yanked || item->model->yanked) return false;
    item->note = jk_arena_printf(registered->arena,
                                 "the revision %.*s of %s is left out: no release of that name is registered, and "
                                 "%s is taken. If another is meant, give --parent %s@VERSION",
                                 JK_SPAN_ARG(version), item->model->name, release->version, item->model->name);
    return item->note != NULL;
}

/* A registered model at the version asked for, or at its deciding release. */
static enum jk_status pin(const struct jk_registered *registered, struct jk_pinned *item, struct jk_span version,
                          bool by_person, struct jk_error *mistakes)
{
    Jokbo__V1__Release *release = item->model->release;
    const char *name = item->model->name;
    if (version.len > 0) {
        const char *full = jk_arena_printf(registered->arena, "%s@%.*s", name, JK_SPAN_ARG(version));
        if (!full) return jk_out_of_memory(registered->error);
        JK_TRY(registered->release(registered->context, full, &release));
        if (!release && !by_person && pass_commit(registered, item, version)) release = item->model->release;
        if (!release) {
            jk_error_field(mistakes, "parents", "%s has no release %.*s: jokbo releases %s lists them", name,
                           JK_SPAN_ARG(version), name);
            return JK_OK;
        }
    } else if (!release || release->yanked || item->model->yanked) {
        jk_error_field(mistakes, "parents", "%s has no release that is not yanked: name one with %s@VERSION", name,
                       name);
        return JK_OK;
    }
    return set_registered(registered, item, release) ? JK_OK : jk_out_of_memory(registered->error);
}

/* What is not registered is taken for the Hub's model of that name. */
static enum jk_status on_hub(const struct jk_registered *registered, struct jk_pinned *item,
                             const struct jk_parent_text *text, struct jk_error *mistakes)
{
    if (text->version.len > 0 && jk_ident_revision_fault(text->version)) {
        jk_error_field(mistakes, "parents",
                       "%.*s %s, and %.*s is no commit of a model on the Hugging Face Hub: "
                       "correct the name, or leave the version out",
                       JK_SPAN_ARG(text->name),
                       item->note ? "is not proven to be the one that is registered" : "is not registered",
                       JK_SPAN_ARG(text->version));
        return JK_OK;
    }
    const char *name = jk_arena_printf(registered->arena, "huggingface.co/%.*s", JK_SPAN_ARG(text->name));
    return set_external(registered, item, name, text->version) ? JK_OK : jk_out_of_memory(registered->error);
}

/* The registered model of that name belongs to somebody whose right to it is not proven: the one on the Hub is meant.
 */
static enum jk_status on_hub_after_all(const struct jk_registered *registered, struct jk_pinned *item,
                                       const struct jk_parent_text *text, struct jk_error *mistakes)
{
    item->note =
        jk_arena_printf(registered->arena,
                        "%.*s was taken for the model on the Hugging Face Hub: the one that is registered here is "
                        "somebody's for whom that name is not proven. If it is meant, give --parent %.*s",
                        JK_SPAN_ARG(text->name), JK_SPAN_ARG(text->name));
    item->model = NULL;
    return item->note ? on_hub(registered, item, text, mistakes) : jk_out_of_memory(registered->error);
}

static bool is_self(const struct jk_pinned *item, struct jk_span name, struct jk_span own_name)
{
    if (own_name.len == 0) return false;
    return jk_span_equal_fold(name, own_name) ||
           (item->model && jk_span_equal_fold(jk_span_of(item->model->name), own_name));
}

static enum jk_status resolve_one(const struct jk_registered *registered, struct jk_pinned *item, bool by_person,
                                  struct jk_span own_name, struct jk_error *mistakes)
{
    struct jk_parent_text text;
    char shown[128];
    const char *fault = jk_parents_read(item->given, registered->arena, &text);
    jk_text_shorten(item->given, shown, sizeof shown);
    if (fault) {
        jk_error_field(mistakes, "parents", "\"%s\" %s", shown, fault);
        return JK_OK;
    }
    if (text.external) {
        const char *external = jk_arena_copy(registered->arena, text.name.at, text.name.len);
        return set_external(registered, item, external, text.version) ? JK_OK : jk_out_of_memory(registered->error);
    }
    if (by_person && text.by_host) return on_hub(registered, item, &text, mistakes);
    bool self = is_self(item, text.name, own_name);
    const char *name = jk_arena_copy(registered->arena, text.name.at, text.name.len);
    if (!name) return jk_out_of_memory(registered->error);
    if (!self) JK_TRY(registered->model(registered->context, name, &item->model));
    if (self || is_self(item, text.name, own_name)) {
        jk_error_field(mistakes, "parents", "%s is the model itself: name the model it was made from", shown);
        return JK_OK;
    }
    if (!item->model) return on_hub(registered, item, &text, mistakes);
    bool chosen = by_person && !text.on_hub;
    return chosen || item->model->meant_by_hub_name ? pin(registered, item, text.version, by_person, mistakes)
                                                    : on_hub_after_all(registered, item, &text, mistakes);
}

/* One model may be named twice, in two spellings. */
static bool is_there(const struct jk_pins *pins, const char *shown)
{
    for (size_t i = 0; i < pins->count; i++)
        if (jk_span_equal_fold(jk_span_of(pins->items[i].shown), jk_span_of(shown))) return true;
    return false;
}

enum jk_status jk_pin_parents(const struct jk_registered *registered, const struct jk_names *names, bool by_person,
                              struct jk_span own_name, struct jk_pins *out_pins, struct jk_error *mistakes)
{
    out_pins->count = 0;
    for (size_t i = 0; i < names->count; i++) {
        struct jk_pinned item = {.given = names->items[i]};
        JK_TRY(resolve_one(registered, &item, by_person, own_name, mistakes));
        if (item.parent && !is_there(out_pins, item.shown)) out_pins->items[out_pins->count++] = item;
    }
    return JK_OK;
}

size_t jk_pin_families(const struct jk_pins *pins, struct jk_span *out_families, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; i < pins->count && count < room; i++) {
        const struct jk_pinned *item = &pins->items[i];
        const char *name = item->model ? item->model->name : item->parent->external->name;
        out_families[count++] = jk_span_after_last(jk_span_of(name), '/');
        for (size_t r = 0; item->model && r < item->model->n_roots && count < room; r++)
            out_families[count++] = jk_span_after_last(jk_span_of(item->model->roots[r]->name), '/');
    }
    return count;
}
