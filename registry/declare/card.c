/* Reading the front matter: first the fences, then the fields. What the registry does not use is ignored. */
#include "declare/card.h"

#include "base/ascii.h"
#include "base/distance.h"
#include "base/text.h"
#include "declare/fences.h"
#include "declare/parent_tag.h"
#include "declare/reference.h"
#include "declare/words.h"

/* ---- where it is ---- */

/* Takes what may stand before the first fence, and the fence itself. */
static bool open_fence(struct jk_span *rest, unsigned *line_number)
{
    struct jk_span line;
    if (jk_span_starts(*rest, JK_SPAN("\xEF\xBB\xBF"))) *rest = (struct jk_span){rest->at + 3, rest->len - 3};
    while (jk_span_line(rest, &line)) {
        ++*line_number;
        line = jk_words_trim(line);
        if (line.len > 0) return jk_fences_is_one(line);
    }
    return false;
}

/* False where there is none or (with *out_unclosed) its end is missing. *out_line is the number of its first line. */
static bool find_front_matter(struct jk_span text, struct jk_span *out_front, unsigned *out_line, bool *out_unclosed)
{
    unsigned number = 0;
    struct jk_span rest = text, line;
    *out_unclosed = false;
    if (!open_fence(&rest, &number)) return false;
    const char *begin = rest.at;
    while (jk_span_line(&rest, &line)) {
        if (!jk_fences_is_one(line)) continue;
        *out_front = (struct jk_span){begin, (size_t)(line.at - begin)};
        *out_line = number + 1;
        return true;
    }
    *out_unclosed = true;
    return false;
}

/* ---- keys, as people vary them ---- */

static const struct {
    const char *key, *also;
} also_written[] = {{"base_model", "base_models"},
                    {"license", "licence"},
                    {"license", "licenses"},
                    {"license_name", "licence_name"},
                    {"tags", "tag"}};

static bool means_key(struct jk_span written, const char *key)
{
    bool same = jk_words_same_key(written, jk_span_of(key));
    for (size_t i = 0; i < sizeof also_written / sizeof also_written[0]; i++)
        same = same ||
               (strcmp(also_written[i].key, key) == 0 && jk_words_same_key(written, jk_span_of(also_written[i].also)));
    return same;
}

const char *jk_card_key(struct jk_span written)
{
    static const char *const keys[] = {"base_model", "base_model_relation", "license", "license_name", "license_link"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (jk_span_equal(written, jk_span_of(keys[i]))) return keys[i]; /* as nearly all write them */
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (means_key(written, keys[i])) return keys[i];
    return NULL;
}

/* The key itself goes before its variants; either way a variant is told. */
static const struct jk_yaml *find_key(struct jk_card *card, const struct jk_yaml *root, const char *key)
{
    const struct jk_yaml *found = jk_yaml_member(root, key), *variant = NULL;
    bool empty = jk_yaml_is_null(found);
    for (const struct jk_yaml *child = root ? root->first : NULL; child; child = child->next) {
        if (jk_span_equal(child->key, jk_span_of(key)) || jk_yaml_is_null(child) || !means_key(child->key, key))
            continue;
        const char *shown = jk_doubts_shown(&card->doubts, child->key);
        if (empty && !variant) {
            variant = child;
            jk_doubts_add(&card->doubts, "line %u of the card has \"%s\", which is read as %s", child->line, shown,
                          key);
        } else {
            jk_doubts_add(&card->doubts, "line %u of the card has \"%s\", which is ignored: %s counts", child->line,
                          shown, key);
        }
    }
    return variant ? variant : found;
}

static bool reads_like_front_matter(const struct jk_yaml *root)
{
    static const char *const keys[] = {"base_model", "license", "base_model_relation"};
    if (!root || root->kind != JK_YAML_MAPPING) return false;
    for (const struct jk_yaml *child = root->first; child; child = child->next)
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
            if (means_key(child->key, keys[i])) return true;
    return false;
}

/* The first block further down that reads like front matter; NULL for none. */
static const struct jk_yaml *front_matter_below(struct jk_span text, struct jk_arena *arena, unsigned *out_line)
{
    struct jk_fences fences = jk_fences_of(text);
    struct jk_span block;
    while (jk_fences_next(&fences, &block, out_line)) {
        struct jk_error ignored;
        const struct jk_yaml *root = NULL;
        jk_error_init(&ignored, NULL);
        if (jk_yaml_parse(block, *out_line, arena, &root, &ignored) == JK_OK && reads_like_front_matter(root))
            return root;
    }
    return NULL;
}

/* A key that may have been meant for base_model is told where that names nothing. */
static bool may_mean_parents(struct jk_span written)
{
    static const char *const others[] = {"parent_model", "source_model", "original_model", "finetuned_from"};
    const struct jk_span said = JK_SPAN("basemodel");
    char key[24];
    size_t len = 0;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (jk_words_same_key(written, jk_span_of(others[i]))) return true;
    for (size_t i = 0; i < written.len && len < sizeof key; i++)
        if (jk_ascii_alnum(written.at[i])) key[len++] = jk_ascii_to_lower(written.at[i]);
    struct jk_span folded = {key, len};
    return jk_span_starts(folded, said) || jk_distance(folded, said, 2, false) <= 2;
}

static void tell_keys_like_parents(struct jk_card *card, const struct jk_yaml *root)
{
    for (const struct jk_yaml *child = root ? root->first : NULL; child; child = child->next)
        if (!jk_card_key(child->key) && !jk_yaml_is_null(child) && may_mean_parents(child->key))
            jk_doubts_add(&card->doubts, "line %u of the card has \"%s\", which is ignored: the key is base_model",
                          child->line, jk_doubts_shown(&card->doubts, child->key));
}

/* ---- what it says ---- */

void jk_card_add_tag(struct jk_card *card, struct jk_span tag)
{
    const struct jk_span license = JK_SPAN("license:");
    tag = jk_words_trim(tag);
    if (tag.len == 0) return;
    struct jk_parent_tag parent;
    bool named = jk_parent_tag_read(tag, &parent);
    if (card->tag_relation.len == 0) card->tag_relation = parent.word;
    if (named) jk_names_add(&card->tag_parents, parent.name);
    if (jk_span_starts(tag, license) && card->tag_license.len == 0)
        card->tag_license = jk_words_trim((struct jk_span){tag.at + license.len, tag.len - license.len});
    if (card->tag_count < JK_CARD_TAGS_MAX) card->tags[card->tag_count++] = tag;
}

static void read_tags(struct jk_card *card, const struct jk_yaml *node)
{
    struct jk_span rest = jk_yaml_text(node), tag;
    if (!node) return;
    for (bool more = rest.len > 0; more;) {
        more = jk_span_cut(&rest, ',', &tag);
        jk_card_add_tag(card, tag);
    }
    for (const struct jk_yaml *item = node->first; item; item = item->next) {
        /* "- base_model: org/name" among the tags is a mapping in YAML, but its author meant a tag. */
        if (item->kind == JK_YAML_SCALAR) jk_card_add_tag(card, jk_yaml_text(item));
        const struct jk_yaml *parent = jk_yaml_member(item, "base_model");
        if (jk_yaml_text(parent).len > 0) jk_names_add(&card->tag_parents, jk_yaml_text(parent));
    }
}

static void license_fault(const struct jk_yaml *node, struct jk_error *error)
{
    jk_error_field(error, "license",
                   "line %u of the card: it must be one value, such as apache-2.0, or a list of such values",
                   node->line);
}

static void read_license(struct jk_card *card, const struct jk_yaml *node, struct jk_error *error)
{
    if (!node) return;
    if (node->kind == JK_YAML_MAPPING) license_fault(node, error);
    if (node->kind == JK_YAML_SCALAR) jk_names_add(&card->licenses, jk_yaml_text(node));
    for (const struct jk_yaml *item = node->kind == JK_YAML_SEQUENCE ? node->first : NULL; item; item = item->next)
        if (item->kind == JK_YAML_SCALAR)
            jk_names_add(&card->licenses, jk_yaml_text(item));
        else
            license_fault(item, error);
    if (card->licenses.dropped > 0)
        jk_error_field(error, "license", "the card names %zu licences; at most 64 are allowed",
                       card->licenses.count + card->licenses.dropped);
}

/* A value that must be one word or phrase, which may stand alone in a list: where it is not, that is a mistake worth
 * telling, or for what the registry hardly uses, a doubt. */
static struct jk_span read_text(struct jk_card *card, const struct jk_yaml *root, const char *key,
                                struct jk_error *error)
{
    const struct jk_yaml *node = find_key(card, root, key);
    if (node && node->kind == JK_YAML_SEQUENCE && node->count == 1) node = node->first;
    if (!node || node->kind == JK_YAML_SCALAR) return jk_yaml_text(node);
    if (error)
        jk_error_field(error, key, "line %u of the card: it must be one value, not a list or mapping", node->line);
    else
        jk_doubts_add(&card->doubts, "%s in line %u of the card is not one value, and is ignored", key, node->line);
    return JK_SPAN("");
}

enum jk_status jk_card_read(const struct jk_yaml *root, struct jk_arena *arena, struct jk_card *out_card,
                            struct jk_error *error)
{
    struct jk_card card = {.front_matter = true, .doubts = {.arena = arena}};
    if (root && root->kind != JK_YAML_MAPPING)
        jk_error_field(error, "card", "its front matter must be lines of \"key: value\"");
    else {
        jk_reference_read_all(find_key(&card, root, "base_model"), &card.doubts, &card.parents, "base_model",
                              "the card", error);
        if (card.parents.dropped > 0)
            jk_error_field(error, "base_model", "the card names %zu parents; at most 64 are allowed",
                           card.parents.count + card.parents.dropped);
        read_tags(&card, find_key(&card, root, "tags"));
        if (card.parents.count == 0 && card.tag_parents.count == 0) tell_keys_like_parents(&card, root);
        read_license(&card, find_key(&card, root, "license"), error);
        card.relation = read_text(&card, root, "base_model_relation", error);
        card.license_name = read_text(&card, root, "license_name", error);
        card.library = read_text(&card, root, "library_name", NULL);
        card.quantized_by = jk_yaml_text(jk_yaml_member(root, "quantized_by"));
        card.version = jk_yaml_text(jk_yaml_member(root, "version"));
    }
    *out_card = card;
    return jk_error_result(error);
}

static enum jk_status card_fault(struct jk_error *error, const char *what)
{
    jk_error_field(error, "card", "its front matter %s", what);
    return jk_error_result(error);
}

/* No front matter at the top: the first block below that reads like one, or none. */
static enum jk_status read_below(struct jk_span text, struct jk_arena *arena, struct jk_card *out_card,
                                 struct jk_error *error)
{
    unsigned line;
    const struct jk_yaml *root = front_matter_below(text, arena, &line);
    if (!root) {
        *out_card = (struct jk_card){.doubts = {.arena = arena}};
        return JK_OK;
    }
    JK_TRY(jk_card_read(root, arena, out_card, error));
    jk_doubts_add(&out_card->doubts,
                  "the card's front matter begins in line %u, not at the top, where the Hub looks for it: it is read "
                  "all the same",
                  line);
    return JK_OK;
}

/* A text whose lines end as they did on old Macs gets ends that are known here. */
static struct jk_span with_line_ends(struct jk_span text, struct jk_arena *arena)
{
    if (text.len == 0 || memchr(text.at, '\n', text.len) || !memchr(text.at, '\r', text.len)) return text;
    char *copy = jk_arena_copy(arena, text.at, text.len);
    for (size_t i = 0; copy && i < text.len; i++)
        if (copy[i] == '\r') copy[i] = '\n';
    return copy ? (struct jk_span){copy, text.len} : text;
}

enum jk_status jk_card_parse(struct jk_span text, struct jk_arena *arena, struct jk_card *out_card,
                             struct jk_error *error)
{
    text = with_line_ends(text, arena);
    struct jk_span front;
    unsigned line;
    bool unclosed;
    bool found = find_front_matter(text, &front, &line, &unclosed);
    if (unclosed) return card_fault(error, "has no end: close it with a line \"---\"");
    if (!found) return read_below(text, arena, out_card, error);
    if (front.len > JK_CARD_FRONT_MAX) return card_fault(error, "is larger than 1 MiB");
    struct jk_error yaml;
    jk_error_init(&yaml, NULL);
    const struct jk_yaml *root;
    if (jk_yaml_parse(front, line, arena, &root, &yaml) == JK_OK) return jk_card_read(root, arena, out_card, error);
    jk_error_field(error, "card", "its front matter cannot be read: %s", yaml.message);
    return jk_error_result(error);
}

bool jk_card_has_tag(const struct jk_card *card, const char *tag)
{
    for (size_t i = 0; i < card->tag_count; i++)
        if (jk_span_equal_fold(card->tags[i], jk_span_of(tag))) return true;
    return false;
}
