/* See reference.h. */
#include "declare/reference.h"

#include "base/text.h"
#include "declare/words.h"
#include "domain/ident.h"

static const char *const places[] = {"repo_url", "url", "repo_id", "repo", "id", "model_id", "path", "model"},
                         *const names[] = {"name", "model_name"}, *const revisions[] = {"revision", "commit", "sha"},
                         *const makers[] = {"organization", "organisation", "org", "author", "publisher"};

static bool is_one_of(struct jk_span key, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (jk_span_equal(key, jk_span_of(keys[i]))) return true;
    return false;
}

bool jk_reference_key(struct jk_span key)
{
    return is_one_of(key, places, sizeof places / sizeof places[0]) ||
           is_one_of(key, names, sizeof names / sizeof names[0]) ||
           is_one_of(key, makers, sizeof makers / sizeof makers[0]);
}

/* The first of the keys that has a text. */
static struct jk_span first_text(const struct jk_yaml *mapping, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct jk_span text = jk_yaml_text(jk_yaml_member(mapping, keys[i]));
        if (text.len > 0) return text;
    }
    return JK_SPAN("");
}

static void dashed(struct jk_text *out, struct jk_span words)
{
    bool gap = false;
    words = jk_words_trim(words);
    for (size_t i = 0; i < words.len; i++) {
        bool blank = words.at[i] == ' ' || words.at[i] == '\t';
        if (blank && !gap) jk_text_add_char(out, '-');
        if (!blank) jk_text_add_char(out, words.at[i]);
        gap = blank;
    }
}

struct jk_span jk_reference_join(struct jk_span organization, struct jk_span name, struct jk_arena *arena)
{
    struct jk_text text;
    if (organization.len == 0 || name.len == 0) return JK_SPAN("");
    jk_text_init(&text, 4096);
    dashed(&text, organization);
    jk_text_add_char(&text, '/');
    dashed(&text, name);
    const char *copy = text.failed ? NULL : jk_arena_copy(arena, text.bytes, text.len);
    struct jk_span joined = copy ? (struct jk_span){copy, text.len} : JK_SPAN("");
    jk_text_done(&text);
    return joined;
}

/* The model that a mapping names by repo_url, url, id, path or name, or by name and organization, which is told as a
 * guess; empty for none. */
static struct jk_span reference_of(const struct jk_yaml *mapping, struct jk_doubts *doubts)
{
    struct jk_span place = first_text(mapping, places, sizeof places / sizeof places[0]);
    struct jk_span name = first_text(mapping, names, sizeof names / sizeof names[0]);
    if (place.len > 0) return place;
    if (name.len == 0 || memchr(name.at, '/', name.len)) return name;
    struct jk_span maker = first_text(mapping, makers, sizeof makers / sizeof makers[0]);
    struct jk_span joined = jk_reference_join(maker, name, doubts->arena);
    if (joined.len > 0)
        jk_doubts_add(doubts, "%s is composed of an organization and a name: check that there is such a model",
                      jk_doubts_shown(doubts, joined));
    return joined;
}

/* The name with the commit that the mapping gives beside it; a branch or tag is told, and left out. */
static struct jk_span at_revision(struct jk_span name, const struct jk_yaml *mapping, struct jk_doubts *doubts)
{
    struct jk_span revision = jk_words_trim(first_text(mapping, revisions, sizeof revisions / sizeof revisions[0]));
    if (name.len == 0 || revision.len == 0 || memchr(name.at, '@', name.len)) return name;
    if (jk_span_equal(revision, JK_SPAN("main")) || jk_span_equal(revision, JK_SPAN("master"))) return name;
    if (jk_ident_revision_fault(revision)) {
        jk_doubts_add(doubts, "the revision \"%s\" of %s is no commit, and is left out",
                      jk_doubts_shown(doubts, revision), jk_doubts_shown(doubts, name));
        return name;
    }
    const char *pinned = jk_arena_printf(doubts->arena, "%.*s@%.*s", JK_SPAN_ARG(name), JK_SPAN_ARG(revision));
    return pinned ? jk_span_of(pinned) : name;
}

void jk_reference_read_all(const struct jk_yaml *node, struct jk_doubts *doubts, struct jk_names *out_names,
                           const char *field, const char *file, struct jk_error *error)
{
    if (jk_yaml_is_null(node)) return;
    const struct jk_yaml *item = node->kind == JK_YAML_SEQUENCE ? node->first : node;
    for (; item; item = node->kind == JK_YAML_SEQUENCE ? item->next : NULL) {
        struct jk_span name =
            item->kind == JK_YAML_MAPPING ? at_revision(reference_of(item, doubts), item, doubts) : jk_yaml_text(item);
        if (name.len == 0 && item->kind != JK_YAML_SCALAR)
            jk_error_field(error, field, "line %u of %s: a model's name is needed here, as in \"%s: publisher/model\"",
                           item->line, file, field);
        /* Several lines of one text are several names. */
        for (struct jk_span line; jk_span_line(&name, &line);)
            jk_names_add(out_names, line);
    }
}
