/* See reading.h. */
#include "census/reading.h"

#include "base/clock.h"
#include "census/record_inside.h"
#include "declare/json.h"
#include "declare/parent_tag.h"
#include "domain/ident.h"

void jk_reading_init(struct jk_reading *reading)
{
    *reading = (struct jk_reading){.hub_relation = JK_RELATION_NONE};
    jk_arena_init(&reading->arena, JK_READING_MEMORY);
    jk_text_init(&reading->record, 0);
}

void jk_reading_done(struct jk_reading *reading)
{
    jk_arena_done(&reading->arena);
    jk_text_done(&reading->record);
}

/* By the tags, else by baseModels, which only some answers have. */
static enum jk_relation hub_relation(const json_t *object, const struct jk_hub *hub)
{
    size_t index;
    json_t *tag;
    json_array_foreach(json_object_get(object, "tags"), index, tag)
    {
        struct jk_parent_tag parent;
        if (jk_parent_tag_read(jk_declared_json_span(tag), &parent) && parent.relation != JK_RELATION_NONE)
            return parent.relation;
    }
    return jk_relation_of_hub(hub->relation);
}

/* What was wrong with what it declares is told, and no reason to pass over the model. */
static void tell_mistakes(struct jk_declaration *declaration, const struct jk_error *mistakes)
{
    size_t count = mistakes->violation_count < JK_ERROR_VIOLATIONS ? mistakes->violation_count : JK_ERROR_VIOLATIONS;
    for (size_t i = 0; i < count; i++)
        jk_doubts_add(&declaration->notes, "%s: %s", mistakes->violations[i].field, mistakes->violations[i].rule);
}

/* The first by its name: of several parts, each has tensors of the same kind. */
static struct jk_file first_safetensors(const struct jk_files *files)
{
    struct jk_file first = {.size = 0};
    for (size_t i = 0; i < files->count; i++) {
        const struct jk_file *file = &files->items[i];
        bool weights =
            file->size > 0 && jk_span_ends(file->name, JK_SPAN(".safetensors")) && jk_file_is(file, JK_FILE_WEIGHTS);
        if (weights && (first.name.len == 0 || jk_span_compare(file->name, first.name) < 0)) first = *file;
    }
    return first;
}

static enum jk_status declare(struct jk_reading *reading, const json_t *object, const struct jk_file *head,
                              struct jk_error *error)
{
    struct jk_file items[1] = {head ? *head : (struct jk_file){.size = 0}};
    const struct jk_files files = {items, head != NULL};
    struct jk_declaration *declaration = jk_arena_zalloc(&reading->arena, 1, sizeof *declaration);
    struct jk_sources *sources = jk_arena_alloc(&reading->arena, sizeof *sources);
    const struct jk_given given = {.name = NULL};
    struct jk_error mistakes;
    if (!declaration || !sources) return jk_out_of_memory(error);
    jk_error_init(&mistakes, &reading->arena);
    jk_gather_hub(object, &files, &reading->arena, sources, &mistakes);
    declaration->notes.arena = &reading->arena;
    jk_declaration_fill(declaration, &given, sources, &mistakes);
    jk_declaration_relate(declaration, &given, sources, &mistakes);
    tell_mistakes(declaration, &mistakes);
    reading->declared = declaration;
    reading->hub_relation = hub_relation(object, &sources->hub);
    reading->tagged = sources->hub.card.tag_parents;
    reading->weights = first_safetensors(&sources->hub.files);
    reading->head = sources->head;
    reading->head_file = sources->head_file;
    return reading->arena.exhausted ? jk_out_of_memory(error) : JK_OK;
}

static struct jk_span text_of_key(const json_t *object, const char *key)
{
    return jk_declared_json_span(json_object_get(object, key));
}

static struct jk_span copied(struct jk_arena *arena, struct jk_span text)
{
    const char *copy = jk_arena_copy(arena, text.at, text.len);
    return copy ? (struct jk_span){copy, text.len} : JK_SPAN("");
}

static void name(struct jk_arena *arena, const json_t *object, struct jk_span *out_id, struct jk_span *out_identity,
                 struct jk_span *out_revision)
{
    struct jk_span id = text_of_key(object, "id"), identity = text_of_key(object, "_id"),
                   sha = text_of_key(object, "sha");
    *out_id = copied(arena, id.len > 0 ? id : text_of_key(object, "modelId"));
    *out_identity = !jk_ident_identity_fault(identity) ? copied(arena, identity) : JK_SPAN("");
    *out_revision = jk_ident_revision_fault(sha) == NULL ? copied(arena, sha) : JK_SPAN("");
}

enum jk_status jk_reading_take(struct jk_reading *reading, struct jk_span object, const struct jk_file *head,
                               struct jk_error *error)
{
    jk_arena_reset(&reading->arena);
    jk_text_clear(&reading->record);
    json_t *root = jk_declared_json_within(object, JK_HUB_RECORD_OBJECT_MAX, JK_HUB_RECORD_VALUES_MAX, jk_hub_wanted,
                                           "hub_model", error);
    if (!root) return jk_error_result(error);
    enum jk_status status = jk_hub_record_reduce_json(root, &reading->record, error);
    if (status == JK_OK) {
        name(&reading->arena, root, &reading->id, &reading->identity, &reading->revision);
        status = declare(reading, root, head, error);
    }
    json_decref(root);
    return status;
}

/* Those that name a parent, as many as a record would keep, written as it writes them. */
static struct jk_span tags_of_parents(struct jk_arena *arena, const json_t *root)
{
    struct jk_text text;
    json_t *tag;
    size_t index;
    jk_text_init(&text, 0);
    json_array_foreach(json_object_get(root, "tags"), index, tag)
    {
        struct jk_span word = jk_declared_json_span(tag);
        struct jk_parent_tag parent;
        size_t before = text.len;
        if (word.len > JK_HUB_RECORD_TAG_MAX || !jk_parent_tag_read(word, &parent)) continue;
        jk_text_add_char(&text, text.len == 0 ? '[' : ',');
        jk_canonical_add_string(&text, word);
        if (text.len + strlen("]") > JK_HUB_RECORD_TAGS_MAX) text.len = before;
    }
    if (text.len > 0) jk_text_add_char(&text, ']');
    struct jk_span tags = text.failed ? JK_SPAN("") : copied(arena, jk_text_span(&text));
    jk_text_done(&text);
    return tags;
}

/* Anything but false or nothing: a record tells in which way. */
static bool is_restricted(const json_t *root)
{
    static const char *const keys[] = {"gated", "private", "disabled"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *value = json_object_get(root, keys[i]);
        if (value && !json_is_false(value) && !json_is_null(value)) return true;
    }
    return false;
}

bool jk_reading_listed(struct jk_arena *arena, struct jk_span object, struct jk_reading_item *out_item)
{
    struct jk_error ignored;
    *out_item = (struct jk_reading_item){.id = JK_SPAN("")};
    jk_error_init(&ignored, NULL);
    json_t *root = jk_declared_json_within(object, JK_HUB_RECORD_OBJECT_MAX, JK_HUB_RECORD_VALUES_MAX, jk_hub_wanted,
                                           "hub_model", &ignored);
    if (!root) return false;
    name(arena, root, &out_item->id, &out_item->identity, &out_item->revision);
    out_item->name = out_item->id;
    if (jk_ident_model_fault(out_item->id)) out_item->id = JK_SPAN("");
    out_item->tags = tags_of_parents(arena, root);
    if (!jk_time_parse(text_of_key(root, "lastModified"), &out_item->modified_us)) out_item->modified_us = JK_TIME_NONE;
    out_item->restricted = is_restricted(root);
    json_decref(root);
    return true;
}

void jk_reading_line(const struct jk_reading *reading, struct jk_census_line *out_line)
{
    *out_line = (struct jk_census_line){.state = JK_CENSUS_PRESENT,
                                        .id = reading->id,
                                        .record = jk_text_span(&reading->record),
                                        .hub_relation = reading->hub_relation};
    jk_census_line_declare(out_line, reading->declared);
    if (!reading->head_file) return;
    out_line->head = (struct jk_census_head){.file = jk_span_of(reading->head_file),
                                             .tensors = reading->head.tensors,
                                             .parameters = reading->head.parameters,
                                             .types = jk_span_of(reading->head.types)};
}
