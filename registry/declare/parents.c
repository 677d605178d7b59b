/* See parents.h. */
#include "declare/parents.h"

#include "base/defer.h"
#include "base/text.h"
#include "declare/words.h"
#include "domain/ident.h"

bool jk_names_hold(const struct jk_names *names, struct jk_span name)
{
    for (size_t i = 0; i < names->count; i++)
        if (jk_span_equal_fold(names->items[i], name)) return true;
    return false;
}

void jk_names_add(struct jk_names *names, struct jk_span name)
{
    name = jk_words_trim(name);
    if (name.len == 0 || jk_names_hold(names, name)) return;
    if (names->count == JK_PARENTS_MAX)
        names->dropped++;
    else
        names->items[names->count++] = name;
}

void jk_names_add_all(struct jk_names *names, const struct jk_names *more)
{
    for (size_t i = 0; i < more->count; i++)
        jk_names_add(names, more->items[i]);
    names->dropped += more->dropped;
}

static struct jk_span after(struct jk_span text, size_t len)
{
    return (struct jk_span){text.at + len, text.len - len};
}

/* Takes "@…" off the end, where there is one. */
static struct jk_span split_version(struct jk_span *text)
{
    struct jk_span version = {0};
    for (size_t i = text->len; i-- > 0 && text->at[i] != '/';) {
        if (text->at[i] != '@') continue;
        version = after(*text, i + 1);
        text->len = i;
        break;
    }
    return version;
}

/* "[name](target)" is its target. */
static struct jk_span link_target(struct jk_span text)
{
    if (text.len < 4 || text.at[0] != '[' || text.at[text.len - 1] != ')') return text;
    for (size_t i = 1; i + 2 < text.len; i++)
        if (text.at[i] == ']' && text.at[i + 1] == '(') return (struct jk_span){text.at + i + 2, text.len - i - 3};
    return text;
}

/* The mark that a name in quotes begins with is as long as the one that it ends with; 0 for none. */
static size_t quoted(struct jk_span text)
{
    static const char *const pairs[][2] = {{"\"", "\""}, {"'", "'"}, {"`", "`"}, {"<", ">"}, {"“", "”"}, {"‘", "’"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct jk_span open = jk_span_of(pairs[i][0]), close = jk_span_of(pairs[i][1]);
        if (text.len >= open.len + close.len && jk_span_starts(text, open) && jk_span_ends(text, close))
            return open.len;
    }
    return 0;
}

/* A hyphen or slash that looks like the one on the keyboard, as word processors and input methods put it; 0: another. */
static char typed_as(uint32_t code)
{
    if ((code >= 0x2010 && code <= 0x2013) || code == 0x2212 || code == 0xFF0D) return '-';
    return code == 0x2044 || code == 0x2215 || code == 0xFF0F ? '/' : 0;
}

static struct jk_span with_plain_marks(struct jk_span text, struct jk_arena *arena)
{
    char *copy = NULL;
    size_t len = 0;
    for (struct jk_span rest = text; rest.len > 0;) {
        uint32_t code;
        const char *at = rest.at;
        char mark = jk_utf8_next(&rest, &code) ? typed_as(code) : 0;
        if (rest.at == at) rest = (struct jk_span){at + 1, rest.len - 1};
        if (mark && !copy) {
            copy = jk_arena_copy(arena, text.at, text.len);
            if (!copy) return text;
        }
        size_t wide = (size_t)(rest.at - at);
        if (copy && mark)
            copy[len++] = mark;
        else if (copy)
            memmove(copy + len, at, wide), len += wide;
        else
            len += wide;
    }
    return copy ? (struct jk_span){copy, len} : text;
}

static bool is_separator(char c)
{
    return c == '/' || c == '\\';
}

/* The segment before the next "/" or "\". */
static struct jk_span segment_of(struct jk_span text)
{
    size_t len = 0;
    while (len < text.len && !is_separator(text.at[len]))
        len++;
    return (struct jk_span){text.at, len};
}

/* "skt--A.X-3.1-Light" is skt/A.X-3.1-Light: no name holds "--". */
static bool read_cache_name(struct jk_span folder, struct jk_arena *arena, struct jk_span *out_name)
{
    for (size_t i = 1; i + 2 < folder.len; i++) {
        if (folder.at[i] != '-' || folder.at[i + 1] != '-') continue;
        const char *name = jk_arena_printf(arena, "%.*s/%.*s", (int)i, folder.at, JK_SPAN_ARG(after(folder, i + 2)));
        *out_name = jk_span_of(name);
        return name && !jk_ident_model_fault(*out_name);
    }
    return false;
}

/* A path such as ~/.cache/huggingface/hub/models--ORG--NAME/snapshots/<commit>, of any system. */
static bool read_cache_path(struct jk_span text, struct jk_arena *arena, struct jk_parent_text *parent)
{
    const struct jk_span mark = JK_SPAN("models--"), snapshots = JK_SPAN("snapshots");
    for (size_t i = 0; i < text.len; i++) {
        struct jk_span rest = after(text, i);
        if ((i > 0 && !is_separator(text.at[i - 1])) || !jk_span_starts(rest, mark)) continue;
        struct jk_span folder = segment_of(rest);
        if (!read_cache_name(after(folder, mark.len), arena, &parent->name)) return false;
        rest = after(rest, folder.len);
        if (rest.len > 1 && jk_span_equal(segment_of(after(rest, 1)), snapshots) && rest.len > snapshots.len + 2)
            parent->version = segment_of(after(rest, snapshots.len + 2));
        if (jk_ident_revision_fault(parent->version)) parent->version = JK_SPAN("");
        parent->on_hub = true;
        return true;
    }
    return false;
}

static const char *read_external(struct jk_span text, struct jk_arena *arena, struct jk_parent_text *out_parent)
{
    JK_CLEANUP(jk_text_done) struct jk_text canonical;
    jk_text_init(&canonical, 0);
    if (!jk_ident_external_from(text, &canonical))
        return "is neither publisher/model nor host/id nor a URL of a model: write it as the Hub shows it, "
               "publisher/model";
    const char *copy = jk_arena_copy(arena, canonical.bytes, canonical.len);
    if (!copy) return "is too long";
    out_parent->external = true;
    out_parent->name = (struct jk_span){copy, canonical.len};
    return NULL;
}

/* Takes the host of the Hub off, in all of its spellings; false where there is none. */
static bool take_hub(struct jk_span *text)
{
    const struct jk_span before[] = {JK_SPAN("https://"), JK_SPAN("http://"), JK_SPAN("//")};
    const struct jk_span hosts[] = {JK_SPAN("huggingface.co/"), JK_SPAN("hf-mirror.com/")};
    struct jk_span rest = *text;
    bool found = jk_span_starts_fold(rest, JK_SPAN("hf://"));
    if (found) rest = after(rest, 5);
    for (size_t i = 0; !found && i < sizeof before / sizeof before[0]; i++)
        if (jk_span_starts_fold(rest, before[i])) rest = after(rest, before[i].len);
    for (size_t i = 0; !found && i < sizeof hosts / sizeof hosts[0]; i++) {
        found = jk_span_starts_fold(rest, hosts[i]);
        if (found) rest = after(rest, hosts[i].len);
    }
    if (!found && !jk_ident_is_hub_respelled(rest, &rest)) return false;
    *text = rest;
    return true;
}

/* The revision in "publisher/model/tree/<commit>/…". */
static struct jk_span viewed_revision(struct jk_span rest)
{
    const struct jk_span views[] = {JK_SPAN("tree"), JK_SPAN("blob"), JK_SPAN("resolve"), JK_SPAN("commit"),
                                    JK_SPAN("raw")};
    struct jk_span view = segment_of(rest);
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        if (!jk_span_equal(view, views[i]) || rest.len <= view.len + 1) continue;
        struct jk_span revision = segment_of(after(rest, view.len + 1));
        return jk_ident_revision_fault(revision) ? JK_SPAN("") : revision;
    }
    return JK_SPAN("");
}

/* What follows the Hub's host: "publisher/model[@revision | /view/revision | :quantization | ?query | #part]". */
static const char *read_on_hub(struct jk_span rest, struct jk_parent_text *parent)
{
    struct jk_span publisher, model;
    for (size_t i = 0; i < rest.len; i++)
        if (rest.at[i] == '?' || rest.at[i] == '#') rest.len = i;
    if (jk_span_starts(rest, JK_SPAN("api/models/"))) rest = after(rest, 11);
    struct jk_span whole = rest;
    bool more = jk_span_cut(&rest, '/', &publisher);
    model = more ? segment_of(rest) : JK_SPAN("");
    if (more && (jk_span_equal(publisher, JK_SPAN("datasets")) || jk_span_equal(publisher, JK_SPAN("spaces"))))
        return "is no model of the Hub: give what it was made from as publisher/model";
    if (rest.len > model.len) parent->version = viewed_revision(after(rest, model.len + 1));
    if (memchr(model.at, '@', model.len)) parent->version = split_version(&model);
    const char *colon = model.len > 0 ? memchr(model.at, ':', model.len) : NULL;
    if (colon) model.len = (size_t)(colon - model.at);
    if (model.len > 4 && jk_span_ends(model, JK_SPAN(".git"))) model.len -= 4; /* as it is cloned: no name ends so */
    parent->name = (struct jk_span){whole.at, more ? (size_t)(model.at + model.len - whole.at) : whole.len};
    parent->on_hub = !jk_ident_model_fault(parent->name);
    return NULL;
}

/* publisher/model, host/id, or a URL of another hub. */
static const char *read_plain(struct jk_span name, struct jk_arena *arena, struct jk_parent_text *parent)
{
    parent->version = split_version(&name);
    if (parent->version.at && parent->version.len == 0)
        return "ends in \"@\": give a version after it, or leave it out";
    parent->name = name;
    if (memchr(name.at ? name.at : "", ',', name.len) && !jk_span_is_url(name))
        return "is several names in one: write each by itself, as a list";
    size_t count = 0;
    for (size_t i = 0; i < name.len; i++)
        count += name.at[i] == '/';
    if (jk_span_is_url(name) || count > 1) return read_external(name, arena, parent);
    if (jk_ident_model_fault(name)) return "is no model's name: publisher/model, host/id or a URL is needed";
    return NULL;
}

static const char *check_version(struct jk_parent_text *parent)
{
    if (jk_span_equal(parent->version, JK_SPAN("main")) || jk_span_equal(parent->version, JK_SPAN("master")))
        parent->version = JK_SPAN("");
    if (parent->version.len == 0) return NULL;
    if (parent->external && jk_ident_revision_fault(parent->version))
        return "has a revision that is no commit (40 or 64 lower-case hexadecimal digits): leave a branch or tag out";
    if (!parent->external && jk_ident_version_fault(parent->version)) return "has a version that no release can have";
    return NULL;
}

const char *jk_parents_read(struct jk_span text, struct jk_arena *arena, struct jk_parent_text *out_parent)
{
    struct jk_parent_text parent = {0};
    /* What pasting leaves about a name. */
    text = link_target(with_plain_marks(jk_words_visible(text, arena), arena));
    for (size_t mark; (mark = quoted(text)) > 0;)
        text = jk_words_trim((struct jk_span){text.at + mark, text.len - 2 * mark});
    while (text.len > 1 && text.at[text.len - 1] == '/')
        text.len--;
    struct jk_span rest = text;
    const char *fault = NULL;
    bool cached = read_cache_path(text, arena, &parent);
    if (!cached && jk_ident_is_local_path(text) && !jk_span_starts(text, JK_SPAN("//")))
        return "is a path on a disk, which means nothing to others: give the model that is there as publisher/model";
    if (!cached && take_hub(&rest)) {
        fault = read_on_hub(rest, &parent);
        parent.by_host = !jk_span_is_url(text) && !jk_span_starts_fold(text, JK_SPAN("hf://"));
        if (!fault && !parent.on_hub) fault = read_plain(text, arena, &parent); /* models of old have no publisher */
    } else if (!cached) {
        fault = read_plain(text, arena, &parent);
    }
    if (!fault) fault = check_version(&parent);
    if (!fault) *out_parent = parent;
    return fault;
}

/* The name that a text means, or the text where it means none. */
static struct jk_span meant_name(struct jk_span text, struct jk_arena *arena)
{
    struct jk_parent_text parent;
    return jk_parents_read(text, arena, &parent) ? text : parent.name;
}

static bool all_in(const struct jk_names *a, const struct jk_names *b, struct jk_arena *arena)
{
    for (size_t i = 0; i < a->count; i++) {
        struct jk_span name = meant_name(a->items[i], arena);
        bool found = jk_names_hold(b, name);
        for (size_t k = 0; k < b->count && !found; k++)
            found = jk_span_equal_fold(meant_name(b->items[k], arena), name);
        if (!found) return false;
    }
    return true;
}

struct jk_span jk_parents_id_on(const struct jk_parent_text *parent, struct jk_span hub)
{
    struct jk_span id = parent->name, host;
    if (!parent->external) return id;
    bool here = jk_span_cut(&id, '/', &host) && jk_span_equal_fold(host, hub) && !jk_ident_model_fault(id);
    return here ? id : JK_SPAN("");
}

bool jk_parents_same(const struct jk_names *a, const struct jk_names *b, struct jk_arena *arena)
{
    return all_in(a, b, arena) && all_in(b, a, arena);
}
