/* See run.h. */
#include "census/run.h"

#include <stdlib.h>

#include "base/defer.h"
#include "base/text.h"
#include "census/line_record.h"
#include "census/record_inside.h"
#include "declare/json.h"
#include "domain/ident.h"

#define FORMAT "jokbo/census-run/v1"

static const char *const states[] = {
    [JK_CENSUS_PRESENT] = "present", [JK_CENSUS_MOVED] = "moved", [JK_CENSUS_ABSENT] = "absent",
    [JK_CENSUS_UNKNOWN] = "unknown", [JK_CENSUS_SAME] = "same",   [JK_CENSUS_UNREADABLE] = "unreadable"};

const char *jk_census_state_text(enum jk_census_state state)
{
    return states[state];
}

void jk_census_line_declare(struct jk_census_line *line, const struct jk_declaration *declaration)
{
    line->parents = declaration->parents;
    line->relation = declaration->relation;
    line->relation_from = jk_span_of(declaration->relation_from);
    line->parents_from = jk_span_of(declaration->parents_from);
    line->note_count = declaration->notes.count;
    for (size_t i = 0; i < line->note_count; i++)
        line->notes[i] = jk_span_of(declaration->notes.items[i]);
}

/* ---- writing ---- */

static void begin_member(struct jk_text *out, const char *key)
{
    if (out->len > 0 && out->bytes[out->len - 1] != '{') jk_text_add_char(out, ',');
    jk_canonical_add_string(out, jk_span_of(key));
    jk_text_add_char(out, ':');
}

static void write_text(struct jk_text *out, const char *key, struct jk_span text)
{
    if (text.len == 0) return;
    begin_member(out, key);
    jk_canonical_add_string(out, text);
}

static void write_list(struct jk_text *out, const char *key, const struct jk_span *texts, size_t count)
{
    begin_member(out, key);
    jk_text_add_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) jk_text_add_char(out, ',');
        jk_canonical_add_string(out, texts[i]);
    }
    jk_text_add_char(out, ']');
}

static void write_date(struct jk_text *out, const char *key, int64_t time_us)
{
    char text[JK_TIME_TEXT];
    if (time_us == JK_TIME_NONE) return;
    jk_time_format(time_us, text);
    write_text(out, key, jk_span_of(text));
}

static void write_declared(struct jk_text *out, const struct jk_census_line *line)
{
    begin_member(out, "declared");
    jk_text_add_char(out, '{');
    write_text(out, "relation", jk_span_of(jk_relation_text(line->relation)));
    write_text(out, "relation_from", line->relation_from);
    write_list(out, "parents", line->parents.items, line->parents.count);
    write_text(out, "parents_from", line->parents_from);
    write_list(out, "notes", line->notes, line->note_count);
    jk_text_add_char(out, '}');
}

static void write_weights_header(struct jk_text *out, const struct jk_census_head *head)
{
    if (head->file.len == 0) return;
    begin_member(out, "header");
    jk_text_add_char(out, '{');
    write_text(out, "file", head->file);
    write_text(out, "why", head->why);
    if (head->why.len == 0)
        jk_text_addf(out, ",\"tensors\":%llu,\"parameters\":%llu", (unsigned long long)head->tensors,
                     (unsigned long long)head->parameters);
    write_text(out, "types", head->types);
    jk_text_add_char(out, '}');
}

void jk_census_line_write(const struct jk_census_line *line, struct jk_text *out)
{
    jk_text_add_str(out, "{");
    if (out->failed) return;
    write_text(out, "state", jk_span_of(states[line->state]));
    if (line->state == JK_CENSUS_PRESENT) {
        struct jk_span hub = jk_span_of(jk_relation_text(line->hub_relation));
        write_text(out, "record", line->record);
        write_declared(out, line);
        write_text(out, "hub_relation", hub.len > 0 ? hub : JK_SPAN("none"));
        write_weights_header(out, &line->head);
    } else {
        write_text(out, "id", line->id);
        write_text(out, "to", line->to);
        write_text(out, "identity", line->identity);
        write_text(out, "revision", line->revision);
        write_text(out, "tags", line->tags);
        write_text(out, "why", line->why);
    }
    jk_text_add_str(out, "}\n");
}

static void write_children(struct jk_text *out, const struct jk_census_run *run)
{
    begin_member(out, "children");
    jk_text_add_char(out, '{');
    for (size_t i = 0; i < run->children_count; i++) {
        if (i > 0) jk_text_add_char(out, ',');
        jk_canonical_add_string(out, run->children[i].id);
        jk_text_addf(out, ":%llu", (unsigned long long)run->children[i].count);
    }
    jk_text_add_char(out, '}');
}

void jk_census_run_write(const struct jk_census_run *run, struct jk_text *out)
{
    jk_text_add_str(out, "{");
    if (out->failed) return;
    write_text(out, "format", JK_SPAN(FORMAT));
    write_text(out, "hub", run->hub);
    write_list(out, "bases", run->bases, run->base_count);
    write_date(out, "started", run->started_us);
    write_date(out, "finished", run->finished_us);
    begin_member(out, "complete");
    jk_text_add_str(out, run->complete ? "true" : "false");
    begin_member(out, "models");
    jk_text_addf(out, "%llu", (unsigned long long)run->models);
    write_children(out, run);
    jk_text_add_str(out, "}\n");
}

/* ---- reading ---- */

struct reader {
    struct jk_arena *arena;
    struct jk_error *error;
    const char *what; /* "run.json", "A line of models.jsonl" */
    bool failed;
};

static void wrong_member(struct reader *reader, const char *key, const char *rule)
{
    if (!reader->failed)
        (void)jk_fail(reader->error, JK_INVALID_ARGUMENT, "INVALID_RUN", "%s: %s %s.", reader->what, key, rule);
    reader->failed = true;
}

static struct jk_span copied(struct reader *reader, const char *bytes, size_t len)
{
    const char *copy = jk_arena_copy(reader->arena, bytes, len);
    if (!copy && !reader->failed) (void)jk_out_of_memory(reader->error);
    reader->failed = reader->failed || !copy;
    return copy ? (struct jk_span){copy, len} : JK_SPAN("");
}

/* Empty where there is none. */
static struct jk_span text_member(struct reader *reader, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value)) return JK_SPAN("");
    if (json_is_string(value)) return copied(reader, json_string_value(value), json_string_length(value));
    wrong_member(reader, key, "must be a text");
    return JK_SPAN("");
}

/* At most `most` texts; returns how many. */
static size_t texts_member(struct reader *reader, const json_t *object, const char *key, struct jk_span *out_texts,
                           size_t most)
{
    const json_t *list = json_object_get(object, key);
    size_t index, count = json_array_size(list);
    json_t *item;
    if (list && !json_is_array(list)) wrong_member(reader, key, "must be a list of texts");
    if (count > most) wrong_member(reader, key, "has too many texts");
    if (reader->failed) return 0;
    json_array_foreach(list, index, item)
    {
        if (!json_is_string(item)) wrong_member(reader, key, "must be a list of texts");
        if (reader->failed) return 0;
        out_texts[index] = copied(reader, json_string_value(item), json_string_length(item));
    }
    return count;
}

static struct jk_span id_member(struct reader *reader, const json_t *object, const char *key)
{
    struct jk_span id = text_member(reader, object, key);
    if (jk_ident_model_fault(id)) wrong_member(reader, key, "must be a model's name, publisher/model");
    return id;
}

static enum jk_relation relation_member(struct reader *reader, const json_t *object, const char *key, bool hub)
{
    struct jk_span word = text_member(reader, object, key);
    enum jk_relation relation = JK_RELATION_NONE;
    if (word.len == 0 || (hub && jk_span_equal(word, JK_SPAN("none")))) return JK_RELATION_NONE;
    if (!jk_relation_parse(word, &relation) || (hub && jk_relation_on_hub(relation) != relation))
        wrong_member(reader, key, hub ? "must be finetune, adapter, quantized, merge or none" : "must be a relation");
    return relation;
}

static void read_declared(struct reader *reader, const json_t *declared, struct jk_census_line *line)
{
    struct jk_names *parents = &line->parents;
    if (!json_is_object(declared)) wrong_member(reader, "declared", "must be an object");
    line->relation = relation_member(reader, declared, "relation", false);
    line->relation_from = text_member(reader, declared, "relation_from");
    line->parents_from = text_member(reader, declared, "parents_from");
    parents->count = texts_member(reader, declared, "parents", parents->items, JK_PARENTS_MAX);
    line->note_count = texts_member(reader, declared, "notes", line->notes, JK_DOUBTS_MAX);
}

static bool find_state(struct jk_span word, enum jk_census_state *out_state)
{
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (!jk_span_equal(word, jk_span_of(states[i]))) continue;
        *out_state = (enum jk_census_state)i;
        return true;
    }
    return false;
}

static uint64_t number_of(struct reader *reader, const json_t *value, const char *key)
{
    if (json_is_integer(value) && json_integer_value(value) >= 0) return (uint64_t)json_integer_value(value);
    wrong_member(reader, key, "must be a number");
    return 0;
}

static void read_weights_header(struct reader *reader, const json_t *header, struct jk_census_head *head)
{
    if (!header) return;
    if (!json_is_object(header)) wrong_member(reader, "header", "must be an object");
    head->file = text_member(reader, header, "file");
    head->why = text_member(reader, header, "why");
    head->types = text_member(reader, header, "types");
    if (head->file.len == 0) wrong_member(reader, "header", "must name its file");
    if (head->why.len > 0) return;
    head->tensors = number_of(reader, json_object_get(header, "tensors"), "tensors");
    head->parameters = number_of(reader, json_object_get(header, "parameters"), "parameters");
}

/* What a line says of a present one besides its record. */
static void read_present(struct reader *reader, const json_t *root, struct jk_census_line *line)
{
    if (line->record.len == 0) wrong_member(reader, "record", "is needed");
    read_declared(reader, json_object_get(root, "declared"), line);
    line->hub_relation = relation_member(reader, root, "hub_relation", true);
    read_weights_header(reader, json_object_get(root, "header"), &line->head);
}

static void read_line(struct reader *reader, const json_t *root, struct jk_census_line *line)
{
    if (!find_state(text_member(reader, root, "state"), &line->state))
        wrong_member(reader, "state", "must be present, same, moved, absent, unreadable or unknown");
    if (reader->failed) return;
    if (line->state == JK_CENSUS_PRESENT) {
        line->record = text_member(reader, root, "record");
        read_present(reader, root, line);
        return;
    }
    line->id = id_member(reader, root, "id");
    if (line->state == JK_CENSUS_MOVED) line->to = id_member(reader, root, "to");
    line->identity = text_member(reader, root, "identity");
    if (line->identity.len > 0 && jk_ident_identity_fault(line->identity))
        wrong_member(reader, "identity", "must be 1 to 64 letters and digits");
    line->why = text_member(reader, root, "why");
    line->revision = text_member(reader, root, "revision");
    line->tags = text_member(reader, root, "tags");
    bool revision = jk_ident_revision_fault(line->revision) == NULL;
    if (!revision && (line->state == JK_CENSUS_SAME || line->revision.len > 0))
        wrong_member(reader, "revision", "must be 40 or 64 hexadecimal digits");
}

/* NULL, with the fault told, where the bytes are no JSON object. */
static json_t *parse_json(struct reader *reader, struct jk_span bytes, size_t most)
{
    json_error_t fault;
    json_t *root = NULL;
    if (bytes.len > most) {
        (void)jk_fail(reader->error, JK_INVALID_ARGUMENT, "INVALID_RUN", "%s: it is larger than %zu MiB.", reader->what,
                      most >> 20);
        return NULL;
    }
    root = json_loadb(bytes.len > 0 ? bytes.at : "", bytes.len, 0, &fault);
    if (root && json_is_object(root)) return root;
    (void)jk_fail(reader->error, JK_INVALID_ARGUMENT, "INVALID_RUN", "%s: it must be a JSON object (%s).", reader->what,
                  root ? "it is a list" : fault.text);
    json_decref(root);
    return NULL;
}

/* Of a line as it is written, the record is most: it is taken off first, and the members after it are read as an object of
 * their own. False for any other line, of which nothing is read. */
static bool read_written_line(struct reader *reader, struct jk_span bytes, struct jk_census_line *line)
{
    struct jk_span record, rest;
    if (!jk_census_line_split(bytes, reader->arena, &record, &rest) || !jk_utf8_valid(record)) return false;
    char *members = jk_arena_copy(reader->arena, rest.at, rest.len);
    if (!members) return false;
    members[0] = '{';
    json_t *root = json_loadb(members, rest.len, 0, NULL);
    bool whole = json_object_size(root) > 0 && !json_object_get(root, "state") && !json_object_get(root, "record");
    if (whole) {
        line->state = JK_CENSUS_PRESENT;
        line->record = record;
        read_present(reader, root, line);
    }
    json_decref(root);
    return whole;
}

enum jk_status jk_census_line_read(struct jk_span bytes, struct jk_arena *arena, struct jk_census_line *out_line,
                                   struct jk_error *error)
{
    struct reader reader = {arena, error, "A line of models.jsonl", false};
    *out_line = (struct jk_census_line){.state = JK_CENSUS_UNKNOWN};
    if (bytes.len <= JK_CENSUS_LINE_MAX && read_written_line(&reader, bytes, out_line))
        return reader.failed ? error->status : JK_OK;
    json_t *root = parse_json(&reader, bytes, JK_CENSUS_LINE_MAX);
    if (!root) return error->status;
    read_line(&reader, root, out_line);
    json_decref(root);
    return reader.failed ? error->status : JK_OK;
}

static int64_t date_member(struct reader *reader, const json_t *object, const char *key)
{
    struct jk_span text = text_member(reader, object, key);
    int64_t time_us = JK_TIME_NONE;
    if (text.len > 0 && !jk_time_parse_canonical(text, &time_us))
        wrong_member(reader, key, "must be a time as 2026-01-15T00:00:00.000000Z");
    return time_us;
}

static void *array_of(struct reader *reader, size_t count, size_t size)
{
    void *array = jk_arena_zalloc(reader->arena, count + 1, size);
    if (!array && !reader->failed) (void)jk_out_of_memory(reader->error);
    reader->failed = reader->failed || !array;
    return array;
}

static int compare_bases(const void *a, const void *b)
{
    return jk_span_compare(*(const struct jk_span *)a, *(const struct jk_span *)b);
}

static void read_bases(struct reader *reader, const json_t *root, struct jk_census_run *run)
{
    size_t count = json_array_size(json_object_get(root, "bases"));
    run->bases = array_of(reader, count, sizeof *run->bases);
    if (reader->failed) return;
    run->base_count = texts_member(reader, root, "bases", run->bases, count);
    for (size_t i = 0; i < run->base_count; i++)
        if (jk_ident_model_fault(run->bases[i])) wrong_member(reader, "bases", "must be names of base models");
    if (run->base_count > 1) qsort(run->bases, run->base_count, sizeof *run->bases, compare_bases);
}

static int compare_children(const void *a, const void *b)
{
    return jk_span_compare(((const struct jk_census_children *)a)->id, ((const struct jk_census_children *)b)->id);
}

static void read_children(struct reader *reader, const json_t *root, struct jk_census_run *run)
{
    json_t *children = json_object_get(root, "children"), *value;
    const char *key;
    if (children && !json_is_object(children)) wrong_member(reader, "children", "must be an object of numbers");
    run->children = array_of(reader, json_object_size(children), sizeof *run->children);
    if (reader->failed) return;
    json_object_foreach(children, key, value)
    {
        struct jk_census_children *child = &run->children[run->children_count++];
        *child = (struct jk_census_children){copied(reader, key, strlen(key)), number_of(reader, value, "children")};
    }
    if (run->children_count > 1) qsort(run->children, run->children_count, sizeof *run->children, compare_children);
}

static void read_run(struct reader *reader, const json_t *root, struct jk_census_run *run)
{
    const json_t *complete = json_object_get(root, "complete");
    if (!jk_span_equal(text_member(reader, root, "format"), JK_SPAN(FORMAT)))
        wrong_member(reader, "format", "must be " FORMAT);
    run->hub = text_member(reader, root, "hub");
    if (run->hub.len == 0) wrong_member(reader, "hub", "is needed");
    run->started_us = date_member(reader, root, "started");
    run->finished_us = date_member(reader, root, "finished");
    if (run->started_us == JK_TIME_NONE) wrong_member(reader, "started", "is needed");
    if (!json_is_boolean(complete)) wrong_member(reader, "complete", "must be true or false");
    run->complete = json_is_true(complete);
    run->models = number_of(reader, json_object_get(root, "models"), "models");
    read_bases(reader, root, run);
    read_children(reader, root, run);
}

enum jk_status jk_census_run_read(struct jk_span bytes, struct jk_arena *arena, struct jk_census_run *out_run,
                                  struct jk_error *error)
{
    struct reader reader = {arena, error, "run.json", false};
    json_t *root = parse_json(&reader, bytes, JK_CENSUS_RUN_MAX);
    if (!root) return error->status;
    *out_run = (struct jk_census_run){.models = 0};
    read_run(&reader, root, out_run);
    json_decref(root);
    return reader.failed ? error->status : JK_OK;
}
