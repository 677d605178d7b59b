/* Reading the front matter: first the fences, then the fields. What the registry does not use is passed over. */
#include "declare/card.h"

#include "base/text.h"
#include "declare/yaml.h"

static struct jk_span without_blank_end(struct jk_span line)
{
    while (line.len > 0 && strchr(" \t\r", line.at[line.len - 1]))
        line.len--;
    return line;
}

static bool is_fence(struct jk_span line)
{
    return jk_span_equal(without_blank_end(line), JK_SPAN("---"));
}

/* Takes what may stand before the first fence, and the fence itself. */
static bool open_fence(struct jk_span *rest, unsigned *line_number)
{
    struct jk_span line;
    if (jk_span_starts(*rest, JK_SPAN("\xEF\xBB\xBF"))) *rest = (struct jk_span){rest->at + 3, rest->len - 3};
    while (jk_span_line(rest, &line)) {
        ++*line_number;
        line = jk_span_trim(line);
        if (line.len > 0) return is_fence(line);
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
        if (!is_fence(line)) continue;
        *out_front = (struct jk_span){begin, (size_t)(line.at - begin)};
        *out_line = number + 1;
        return true;
    }
    *out_unclosed = true;
    return false;
}

static void read_parents(const struct jk_yaml *node, struct jk_names *names, struct jk_error *error)
{
    if (jk_yaml_is_null(node)) return;
    if (node->kind == JK_YAML_SCALAR) {
        jk_names_add(names, jk_yaml_text(node));
        return;
    }
    if (node->kind == JK_YAML_MAPPING) {
        jk_error_field(error, "base_model", "line %u of the card: it must be a name or a list of names", node->line);
        return;
    }
    for (const struct jk_yaml *item = node->first; item; item = item->next) {
        if (item->kind == JK_YAML_SCALAR)
            jk_names_add(names, jk_yaml_text(item));
        else
            jk_error_field(error, "base_model", "line %u of the card: each item must be a name", item->line);
    }
    if (names->dropped > 0)
        jk_error_field(error, "base_model", "the card names %zu parents; 64 is the most",
                       names->count + names->dropped);
}

/* "base_model:org/name" or "base_model:quantized:org/name". */
static void read_parent_tag(struct jk_card *card, struct jk_span tag)
{
    struct jk_span rest = tag, head, relation;
    if (!jk_span_cut(&rest, ':', &head) || !jk_span_equal(head, JK_SPAN("base_model"))) return;
    struct jk_span name = rest;
    if (jk_span_cut(&rest, ':', &relation) && !memchr(relation.at, '/', relation.len)) {
        name = rest;
        if (card->tag_relation.len == 0) card->tag_relation = relation;
    }
    if (memchr(name.at, '/', name.len)) jk_names_add(&card->tag_parents, jk_span_trim(name));
}

static void add_tag(struct jk_card *card, const struct jk_yaml *node)
{
    struct jk_span tag = jk_yaml_text(node);
    if (tag.len == 0 || card->tag_count == JK_CARD_TAGS_MAX) return;
    card->tags[card->tag_count++] = tag;
    if (jk_span_starts(tag, JK_SPAN("base_model:"))) read_parent_tag(card, tag);
}

static void read_tags(struct jk_card *card, const struct jk_yaml *node)
{
    if (!node) return;
    if (node->kind == JK_YAML_SCALAR) add_tag(card, node);
    for (const struct jk_yaml *item = node->first; item; item = item->next)
        add_tag(card, item);
}

static void read_license(struct jk_card *card, const struct jk_yaml *node)
{
    if (node && node->kind == JK_YAML_SEQUENCE) {
        card->several_licenses = node->count > 1;
        node = node->first;
    }
    card->license = jk_yaml_text(node);
}

/* A value that must be one word or phrase: a mapping or list there is a mistake worth telling. */
static struct jk_span read_text(const struct jk_yaml *root, const char *key, struct jk_error *error)
{
    const struct jk_yaml *node = jk_yaml_member(root, key);
    if (node && node->kind != JK_YAML_SCALAR)
        jk_error_field(error, key, "line %u of the card: it must be one value, not a list or mapping", node->line);
    return jk_yaml_text(node);
}

static void read_fields(struct jk_card *card, const struct jk_yaml *root, struct jk_error *error)
{
    read_parents(jk_yaml_member(root, "base_model"), &card->parents, error);
    read_tags(card, jk_yaml_member(root, "tags"));
    read_license(card, jk_yaml_member(root, "license"));
    card->relation = read_text(root, "base_model_relation", error);
    card->license_name = read_text(root, "license_name", error);
    card->license_link = read_text(root, "license_link", error);
    card->library = read_text(root, "library_name", error);
    card->pipeline = read_text(root, "pipeline_tag", error);
    card->version = jk_yaml_text(jk_yaml_member(root, "version"));
}

static enum jk_status card_fault(struct jk_error *error, const struct jk_error *from)
{
    jk_error_field(error, "card", "its front matter cannot be read: %s", from->message);
    return jk_error_result(error);
}

enum jk_status jk_card_parse(struct jk_span text, struct jk_arena *arena, struct jk_card *out_card,
                             struct jk_error *error)
{
    struct jk_card card = {0};
    struct jk_span front;
    unsigned line;
    bool unclosed;
    card.front_matter = find_front_matter(text, &front, &line, &unclosed);
    if (unclosed) jk_error_field(error, "card", "its front matter has no end: close it with a line \"---\"");
    if (unclosed) return jk_error_result(error);
    if (card.front_matter) {
        if (front.len > JK_CARD_FRONT_MAX) jk_error_field(error, "card", "its front matter is larger than 256 KiB");
        if (front.len > JK_CARD_FRONT_MAX) return jk_error_result(error);
        struct jk_error yaml;
        jk_error_init(&yaml, NULL);
        const struct jk_yaml *root;
        if (jk_yaml_parse(front, line, arena, &root, &yaml) != JK_OK) return card_fault(error, &yaml);
        if (root && root->kind != JK_YAML_MAPPING)
            jk_error_field(error, "card", "its front matter must be lines of \"key: value\"");
        read_fields(&card, root, error);
    }
    if (jk_error_is_set(error)) return jk_error_result(error);
    *out_card = card;
    return JK_OK;
}

bool jk_card_has_tag(const struct jk_card *card, const char *tag)
{
    for (size_t i = 0; i < card->tag_count; i++)
        if (jk_span_equal_fold(card->tags[i], jk_span_of(tag))) return true;
    return false;
}
