/* Reducing a hub's object to a record. Each part is written by itself; files come last, into the room that the others
 * leave. */
#include "census/record.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/defer.h"
#include "census/record_inside.h"
#include "declare/card.h"
#include "declare/hub.h"
#include "declare/json.h"
#include "declare/reference.h"
#include "domain/ident.h"

/* ---- what a record keeps ---- */

bool jk_hub_record_keeps(struct jk_span key)
{
    return key.len <= JK_HUB_RECORD_KEY_MAX && jk_card_key(key) != NULL;
}

bool jk_hub_record_has_mappings(struct jk_span key)
{
    const char *meant = jk_card_key(key);
    return meant && strcmp(meant, "base_model") == 0;
}

/* Tags about parents and licences go before others where there is not enough room. */
static bool is_telling_tag(struct jk_span tag)
{
    return jk_span_starts(tag, JK_SPAN("base_model:")) || jk_span_starts(tag, JK_SPAN("license:"));
}

/* ---- parts ---- */

/* `"key":`, with a comma before it but for the first. */
static void add_key(struct jk_text *out, struct jk_span key)
{
    if (out->len > 0) jk_text_add_char(out, ',');
    jk_canonical_add_string(out, key);
    jk_text_add_char(out, ':');
}

static void add_text(struct jk_text *out, const char *key, struct jk_span text)
{
    if (text.len == 0) return;
    add_key(out, jk_span_of(key));
    jk_canonical_add_string(out, text);
}

static void add_time(struct jk_text *out, const json_t *object, const char *key)
{
    char text[JK_TIME_TEXT];
    int64_t time_us;
    if (!jk_time_parse(jk_declared_json_span(json_object_get(object, key)), &time_us)) return;
    jk_time_format(time_us, text);
    add_text(out, key, jk_span_of(text));
}

static void add_flag(struct jk_text *out, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_boolean(value)) return;
    add_key(out, jk_span_of(key));
    jk_text_add_str(out, json_is_true(value) ? "true" : "false");
}

/* How a gate opens is told by two words; that there is one, by anything else but false. */
static void add_gated(struct jk_text *out, const json_t *object)
{
    const json_t *value = json_object_get(object, "gated");
    struct jk_span word = jk_declared_json_span(value);
    if (jk_span_equal(word, JK_SPAN("auto")) || jk_span_equal(word, JK_SPAN("manual")))
        add_text(out, "gated", word);
    else if (json_is_boolean(value))
        add_flag(out, object, "gated");
    else if (word.len > 0)
        jk_text_addf(out, "%s\"gated\":true", out->len > 0 ? "," : "");
}

/* ---- cardData ---- */

struct member {
    struct jk_span key;
    const json_t *value;
};

static int by_key(const void *a, const void *b)
{
    return jk_span_compare(((const struct member *)a)->key, ((const struct member *)b)->key);
}

/* Those members whose keys `keeps` takes, sorted; NULL for none, or without memory. The caller frees them. */
static struct member *sorted_members(const json_t *object, bool (*keeps)(struct jk_span key), size_t *out_count)
{
    struct member *members = malloc((json_object_size(object) + 1) * sizeof *members);
    const char *key;
    json_t *value;
    *out_count = 0;
    if (!members) return NULL;
    json_object_foreach((json_t *)object, key, value)
    {
        if (keeps(jk_span_of(key))) members[(*out_count)++] = (struct member){jk_span_of(key), value};
    }
    if (*out_count > 1) qsort(members, *out_count, sizeof *members, by_key);
    return members;
}

static bool add_card_text(struct jk_text *out, const json_t *value)
{
    struct jk_span text = jk_declared_json_span(value);
    if (text.len == 0 || text.len > JK_HUB_RECORD_TEXT_MAX) return false;
    jk_canonical_add_string(out, text);
    return true;
}

static void add_mapping(struct jk_text *out, const json_t *mapping)
{
    JK_CLEANUP(jk_text_done) struct jk_text inner;
    size_t count;
    struct member *members = sorted_members(mapping, jk_reference_key, &count);
    jk_text_init(&inner, 0);
    for (size_t i = 0; members && i < count; i++) {
        struct jk_span text = jk_declared_json_span(members[i].value);
        if (text.len <= JK_HUB_RECORD_TEXT_MAX) add_text(&inner, members[i].key.at, text);
    }
    out->failed = out->failed || inner.failed || !members;
    if (inner.len > 0) jk_text_addf(out, "{%s}", inner.bytes);
    free(members);
}

static void add_card_list(struct jk_text *out, const json_t *list, bool mappings)
{
    JK_CLEANUP(jk_text_done) struct jk_text inner;
    size_t index, kept = 0;
    json_t *item;
    jk_text_init(&inner, 0);
    json_array_foreach(list, index, item)
    {
        size_t before = inner.len;
        if (kept == JK_HUB_RECORD_LIST_MAX) break;
        if (kept > 0) jk_text_add_char(&inner, ',');
        size_t begun = inner.len;
        if (json_is_object(item) && mappings)
            add_mapping(&inner, item);
        else
            (void)add_card_text(&inner, item);
        if (inner.len == begun)
            inner.len = before;
        else
            kept++;
    }
    out->failed = out->failed || inner.failed;
    if (kept == 0) return;
    jk_text_add_char(out, '[');
    jk_text_add(out, (struct jk_span){inner.bytes, inner.len});
    jk_text_add_char(out, ']');
}

/* A value without anything that a record keeps leaves nothing. */
static void add_card_value(struct jk_text *out, const struct member *member)
{
    bool mappings = jk_hub_record_has_mappings(member->key);
    if (json_is_array(member->value))
        add_card_list(out, member->value, mappings);
    else if (json_is_object(member->value) && mappings)
        add_mapping(out, member->value);
    else
        (void)add_card_text(out, member->value);
}

static void add_card(struct jk_text *out, const json_t *object)
{
    JK_CLEANUP(jk_text_done) struct jk_text card;
    JK_CLEANUP(jk_text_done) struct jk_text value;
    size_t count;
    struct member *members = sorted_members(json_object_get(object, "cardData"), jk_hub_record_keeps, &count);
    jk_text_init(&card, 0);
    jk_text_init(&value, 0);
    for (size_t i = 0; members && i < count; i++) {
        size_t before = card.len;
        jk_text_clear(&value);
        add_card_value(&value, &members[i]);
        if (value.len == 0) continue;
        add_key(&card, members[i].key);
        jk_text_add(&card, jk_text_span(&value));
        if (card.len + strlen("{}") > JK_HUB_RECORD_CARD_MAX) card.len = before;
    }
    out->failed = out->failed || card.failed || value.failed || !members;
    free(members);
    if (card.len == 0) return;
    add_key(out, JK_SPAN("cardData"));
    jk_text_add_char(out, '{');
    jk_text_add(out, (struct jk_span){card.bytes, card.len});
    jk_text_add_char(out, '}');
}

/* ---- tags ---- */

/* Marks those that there is room for, of one sort; *used are the bytes that they take with their commas. */
static void choose_tags(const json_t *tags, bool telling, bool *chosen, size_t *used)
{
    JK_CLEANUP(jk_text_done) struct jk_text written;
    size_t index;
    json_t *item;
    jk_text_init(&written, 0);
    json_array_foreach(tags, index, item)
    {
        struct jk_span tag = jk_declared_json_span(item);
        if (tag.len == 0 || tag.len > JK_HUB_RECORD_TAG_MAX || is_telling_tag(tag) != telling) continue;
        jk_text_clear(&written);
        jk_canonical_add_string(&written, tag);
        if (*used + written.len + 1 > JK_HUB_RECORD_TAGS_MAX) continue;
        *used += written.len + 1;
        chosen[index] = true;
    }
}

static void add_tags(struct jk_text *out, const json_t *object)
{
    const json_t *tags = json_object_get(object, "tags");
    size_t index, used = 0;
    json_t *item;
    bool *chosen = calloc(json_array_size(tags) + 1, sizeof *chosen), first = true;
    out->failed = out->failed || !chosen;
    if (!chosen) return;
    choose_tags(tags, true, chosen, &used);
    choose_tags(tags, false, chosen, &used);
    json_array_foreach(tags, index, item)
    {
        if (!chosen[index]) continue;
        if (first) add_key(out, JK_SPAN("tags"));
        jk_text_add_char(out, first ? '[' : ',');
        jk_canonical_add_string(out, jk_declared_json_span(item));
        first = false;
    }
    if (!first) jk_text_add_char(out, ']');
    free(chosen);
}

/* ---- the whole ---- */

static void add_omissions(struct jk_text *out, const struct jk_hub_record_files *files)
{
    if (files->left_out == 0) return;
    add_key(out, JK_SPAN("left_out"));
    jk_text_addf(out, "{\"files\":%u", files->left_out);
    if (files->left_out_lfs > 0) jk_text_addf(out, ",\"lfs\":%u", files->left_out_lfs);
    if (files->left_out_weights > 0) jk_text_addf(out, ",\"weights\":%u", files->left_out_weights);
    jk_text_add_char(out, '}');
}

/* The parts before what was left out, those between it and the files, and the tags. */
struct parts {
    struct jk_text before, between, tags;
};

static void write_parts(struct parts *parts, const json_t *object, struct jk_span id)
{
    struct jk_span identity = jk_declared_json_span(json_object_get(object, "_id"));
    struct jk_span revision = jk_declared_json_span(json_object_get(object, "sha"));
    if (!jk_ident_identity_fault(identity)) add_text(&parts->before, "_id", identity);
    add_card(&parts->before, object);
    add_time(&parts->before, object, "createdAt");
    add_flag(&parts->before, object, "disabled");
    add_gated(&parts->before, object);
    add_text(&parts->before, "id", id);
    add_time(&parts->before, object, "lastModified");
    add_flag(&parts->between, object, "private");
    if (jk_ident_revision_fault(revision) == NULL) add_text(&parts->between, "sha", revision);
    add_tags(&parts->tags, object);
}

static void join(struct jk_text *out, struct parts *parts, const struct jk_hub_record_files *files)
{
    struct jk_text *head = &parts->before;
    add_omissions(head, files);
    jk_text_add_char(out, '{');
    jk_text_add(out, jk_text_span(head));
    if (parts->between.len > 0) jk_text_addf(out, ",%s", parts->between.bytes);
    if (files->text.len > 0) {
        jk_text_add_str(out, ",\"siblings\":[");
        jk_text_add(out, jk_text_span(&files->text));
        jk_text_add_char(out, ']');
    }
    if (parts->tags.len > 0) jk_text_addf(out, ",%s", parts->tags.bytes);
    jk_text_add_char(out, '}');
}

static enum jk_status reduce(const json_t *object, struct jk_span id, struct parts *parts, struct jk_text *out,
                             struct jk_error *error)
{
    struct jk_hub_record_files files = {.left_out = 0};
    size_t before = out->len;
    write_parts(parts, object, id);
    size_t used = parts->before.len + parts->between.len + parts->tags.len + (parts->between.len > 0) +
                  (parts->tags.len > 0) + strlen("{,\"siblings\":[]}");
    enum jk_status status = jk_hub_record_reduce_files(object, JK_HUB_RECORD_BODY_MAX - used, &files, error);
    if (status == JK_OK) {
        join(out, parts, &files);
        bool failed = out->failed || parts->before.failed || parts->between.failed || parts->tags.failed;
        if (failed) {
            out->len = before;
            status = jk_out_of_memory(error);
        }
    }
    jk_text_done(&files.text);
    return status;
}

/* The field that has the model's name: `modelId` in older answers. */
static struct jk_span id_of(const json_t *object, struct jk_error *error)
{
    struct jk_span id = jk_declared_json_span(json_object_get(object, "id"));
    if (id.len == 0) id = jk_declared_json_span(json_object_get(object, "modelId"));
    const char *fault = id.len == 0 ? "is needed" : jk_ident_model_fault(id);
    char shown[200];
    jk_text_shorten(id, shown, sizeof shown);
    if (fault) jk_error_field(error, "hub_model.id", "\"%s\": a model's name %s", shown, fault);
    return fault ? JK_SPAN("") : id;
}

enum jk_status jk_hub_record_reduce_json(const json_t *object, struct jk_text *out, struct jk_error *error)
{
    struct parts parts = {.before = {.len = 0}};
    struct jk_span id = id_of(object, error);
    if (id.len == 0) return jk_error_result(error);
    enum jk_status status = reduce(object, id, &parts, out, error);
    jk_text_done(&parts.before);
    jk_text_done(&parts.between);
    jk_text_done(&parts.tags);
    return status;
}

enum jk_status jk_hub_record_reduce(struct jk_span object, struct jk_text *out, struct jk_error *error)
{
    json_t *root = jk_declared_json_within(object, JK_HUB_RECORD_OBJECT_MAX, JK_HUB_RECORD_VALUES_MAX, jk_hub_wanted,
                                           "hub_model", error);
    if (!root) return jk_error_result(error);
    enum jk_status status = jk_hub_record_reduce_json(root, out, error);
    json_decref(root);
    return status;
}
