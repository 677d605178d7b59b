/* See parents.h. */
#include "declare/parents.h"

#include "base/defer.h"
#include "domain/ident.h"

bool jk_names_hold(const struct jk_names *names, struct jk_span name)
{
    for (size_t i = 0; i < names->count; i++)
        if (jk_span_equal_fold(names->items[i], name)) return true;
    return false;
}

void jk_names_add(struct jk_names *names, struct jk_span name)
{
    if (name.len == 0 || jk_names_hold(names, name)) return;
    if (names->count == JK_PARENTS_MAX)
        names->dropped++;
    else
        names->items[names->count++] = name;
}

/* Takes "@…" off the end, where there is one. */
static struct jk_span split_version(struct jk_span *text)
{
    struct jk_span version = {0};
    for (size_t i = text->len; i-- > 0 && text->at[i] != '/';) {
        if (text->at[i] != '@') continue;
        version = (struct jk_span){text->at + i + 1, text->len - i - 1};
        text->len = i;
        break;
    }
    return version;
}

static const char *read_external(struct jk_span text, struct jk_arena *arena, struct jk_parent_text *out_parent)
{
    JK_CLEANUP(jk_text_done) struct jk_text canonical;
    jk_text_init(&canonical, 0);
    if (!jk_ident_external_from(text, &canonical)) return "is neither publisher/model nor host/id nor a URL of a model";
    const char *copy = jk_arena_copy(arena, canonical.bytes, canonical.len);
    if (!copy) return "is too long";
    out_parent->external = true;
    out_parent->name = (struct jk_span){copy, canonical.len};
    return NULL;
}

/* "huggingface.co/google/gemma-2-9b" of a URL becomes the Hub's own name. */
static void hub_name(struct jk_parent_text *parent)
{
    const struct jk_span hosts[] = {JK_SPAN("huggingface.co/"), JK_SPAN("www.huggingface.co/"), JK_SPAN("hf.co/")};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        if (!jk_span_starts(parent->name, hosts[i])) continue;
        struct jk_span rest = {parent->name.at + hosts[i].len, parent->name.len - hosts[i].len};
        if (jk_ident_model_fault(rest)) continue;
        parent->name = rest;
        parent->external = false;
        parent->on_hub = true;
        return;
    }
}

static bool is_url(struct jk_span text)
{
    return jk_span_starts_fold(text, JK_SPAN("https://")) || jk_span_starts_fold(text, JK_SPAN("http://"));
}

static size_t slashes(struct jk_span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == '/';
    return count;
}

static const char *check_version(const struct jk_parent_text *parent)
{
    if (parent->version.len == 0) return NULL;
    if (parent->external && jk_ident_revision_fault(parent->version))
        return "has a revision that is no commit (40 or 64 lower-case hexadecimal digits): leave a branch or tag out";
    if (!parent->external && jk_ident_version_fault(parent->version)) return "has a version that no release can have";
    return NULL;
}

const char *jk_parents_read(struct jk_span text, struct jk_arena *arena, struct jk_parent_text *out_parent)
{
    struct jk_parent_text parent = {0};
    const char *fault = NULL;
    text = jk_span_trim(text);
    if (jk_ident_is_local_path(text))
        return "is a path on a disk, which says nothing to others: give the model that lies there, as publisher/model";
    struct jk_span name = text;
    parent.version = split_version(&name);
    if (parent.version.at && parent.version.len == 0) return "ends in \"@\": give a version after it, or leave it out";
    parent.name = name;
    if (is_url(text) || slashes(name) > 1)
        fault = read_external(name, arena, &parent);
    else if (jk_ident_model_fault(name))
        fault = "is no model's name: publisher/model, host/id or a URL is needed";
    if (fault) return fault;
    if (is_url(text)) hub_name(&parent);
    fault = check_version(&parent);
    if (!fault) *out_parent = parent;
    return fault;
}
