/* Reading report.json. See summary.h. */
#include "report/summary.h"

#include <stdlib.h>
#include <strings.h>

#include "base/check.h"
#include "base/clock.h"
#include "domain/entry.h"
#include "domain/ident.h"
#include "report/reader.h"
#include "report/report_inside.h"

#define ARENA_BUDGET ((size_t)256 << 20)
#define ROWS_MAX     4096
#define TEAMS_MAX    64

/* ---- rules of texts ---- */

static const char *policy_name_fault(struct jk_span text)
{
    return jk_ident_team_fault(text); /* the same grammar */
}

static const char *format_fault(struct jk_span text)
{
    for (uint32_t rules = 1; rules <= JK_RULE_SET; rules++)
        if (jk_span_equal(text, jk_span_of(jk_report_format(rules)))) return NULL;
    return "must be jokbo/report/v1 or jokbo/report/v2";
}

static const char *cutoff_fault(struct jk_span text)
{
    int64_t time_us;
    return jk_time_parse_canonical(text, &time_us) ? NULL : "must be a time such as 2026-08-10T15:00:00.000000Z";
}

/* ---- what it speaks of ---- */

static void read_policy(struct jk_fields *top, struct jk_summary *out_summary)
{
    struct jk_fields reader = jk_fields_object(top, "policy");
    struct jk_policy *policy = &out_summary->policy;
    struct jk_error error;
    const char *name = jk_fields_text(&reader, "name", policy_name_fault);
    uint32_t version = jk_fields_number(&reader, "version", 1), rules = jk_fields_number(&reader, "rules", 1);
    const json_t *value = jk_fields_take(&reader, "text");
    const char *text = jk_fields_text_of(&reader, "text", value, NULL);
    out_summary->policy_sha256 = jk_fields_digest(&reader, "sha256");
    jk_fields_end(&reader);
    if (jk_fields_failed(&reader)) return;
    jk_error_init(&error, NULL);
    struct jk_digest digest = jk_digest_of(jk_span_of(text));
    if (jk_policy_parse(jk_span_of(text), policy, &error) != JK_OK)
        jk_fields_fault(&reader, "text", value, "it must be a policy in canonical form");
    else if (strcmp(policy->name, name) != 0 || policy->version != version || policy->rules != rules)
        jk_fields_fault(&reader, "text", value, "it must be the policy that name, version and rules say");
    else if (!jk_digest_equal(&digest, &out_summary->policy_sha256))
        jk_fields_fault(&reader, "sha256", json_object_get(reader.object, "sha256"), "it must be the text's digest");
}

static void read_teams(struct jk_fields *top, struct jk_summary *out_summary)
{
    const json_t *list = jk_fields_list(top, "teams", 1, TEAMS_MAX);
    const char **teams = jk_arena_zalloc(out_summary->arena, TEAMS_MAX, sizeof *teams);
    if (!list || !teams) return;
    out_summary->teams = teams;
    out_summary->team_count = json_array_size(list);
    for (size_t i = 0; i < out_summary->team_count; i++)
        teams[i] = jk_fields_text_of(top, "teams", json_array_get(list, i), jk_ident_team_fault);
}

static void read_previous(struct jk_fields *top, struct jk_summary *out_summary)
{
    if (json_is_null(json_object_get(top->object, "previous"))) {
        (void)jk_fields_take(top, "previous");
        return;
    }
    struct jk_fields reader = jk_fields_object(top, "previous");
    out_summary->previous = jk_fields_text(&reader, "stage", jk_ident_team_fault);
    out_summary->previous_revision = jk_fields_number(&reader, "revision", 1);
    jk_fields_end(&reader);
}

/* ---- a row ---- */

static void check_sum(struct jk_fields *reader, const char *key, uint64_t sum, uint32_t wanted, const char *rule)
{
    if (sum != wanted && !jk_fields_failed(reader))
        jk_fields_fault(reader, key, json_object_get(reader->object, key), rule);
}

/* A part of the counted. */
static uint32_t read_part(struct jk_fields *reader, const char *key, uint32_t counted)
{
    uint32_t number = jk_fields_number(reader, key, 0);
    if (number > counted)
        jk_fields_fault(reader, key, json_object_get(reader->object, key), "it must be at most counted");
    return number;
}

static void read_left_out(struct jk_fields *row, uint32_t rules, struct jk_policy_total *out_total)
{
    struct jk_fields reader = jk_fields_object(row, "left_out");
    uint64_t sum = out_total->plain.counted;
    for (int i = jk_reason_next(0, rules); i < JK_REASON_COUNT; i = jk_reason_next(i + 1, rules))
        sum += out_total->left_out[i] = jk_fields_number(&reader, jk_reason_word((enum jk_reason)i), 0);
    jk_fields_end(&reader);
    check_sum(row, "left_out", sum, out_total->plain.registered, "with the counted it must sum to registered");
}

static void read_splits(struct jk_fields *row, struct jk_total *out_plain)
{
    struct jk_fields relations = jk_fields_object(row, "relations"), classes = jk_fields_object(row, "license_classes");
    uint64_t sum = 0;
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++)
        sum += out_plain->by_relation[i] = jk_fields_number(&relations, jk_relation_text((enum jk_relation)i), 0);
    jk_fields_end(&relations);
    check_sum(row, "relations", sum, out_plain->counted, "it must sum to counted");
    sum = 0;
    for (int i = 0; i < JK_LICENSE_CLASSES; i++)
        sum += out_plain->by_license_class[i] =
            jk_fields_number(&classes, jk_license_class_text((enum jk_license_class)i), 0);
    jk_fields_end(&classes);
    check_sum(row, "license_classes", sum, out_plain->counted, "it must sum to counted");
}

/* Depths and months are without zeros. */
static void read_depths(struct jk_fields *row, struct jk_total *out_plain)
{
    struct jk_fields reader = jk_fields_object(row, "depths");
    uint64_t sum = 0;
    for (int i = 1; i <= JK_COUNT_DEPTHS; i++) {
        char key[8];
        snprintf(key, sizeof key, "%d%s", i, i == JK_COUNT_DEPTHS ? "+" : "");
        if (!json_object_get(reader.object, key)) continue;
        sum += out_plain->by_depth[i] = jk_fields_number(&reader, key, 1);
    }
    jk_fields_end(&reader);
    check_sum(row, "depths", sum, out_plain->counted, "it must sum to counted");
    check_sum(row, "depths", out_plain->by_depth[1], out_plain->direct, "its \"1\" must be direct");
}

static void read_months(struct jk_fields *row, struct jk_total *out_plain)
{
    struct jk_fields reader = jk_fields_object(row, "months");
    uint64_t sum = 0;
    for (void *at = json_object_iter((json_t *)reader.object); at;
         at = json_object_iter_next((json_t *)reader.object, at)) {
        const char *key = json_object_iter_key(at);
        unsigned month;
        if (!jk_month_parse(jk_span_of(key), &month) || month >= JK_COUNT_MONTHS) {
            jk_fields_fault(&reader, key, json_object_iter_value(at),
                            "its name must be a month from 1970-01 to 2069-12");
            return;
        }
        sum += out_plain->by_month[month] = jk_fields_number(&reader, key, 1);
        if (jk_fields_failed(&reader)) return;
    }
    jk_fields_end(&reader);
    check_sum(row, "months", sum, out_plain->counted, "it must sum to counted");
}

static bool in_order(const struct jk_summary_publisher *a, const struct jk_summary_publisher *b)
{
    if (a->counted != b->counted) return a->counted > b->counted;
    return strcmp(a->name, b->name) < 0;
}

static void read_publishers(struct jk_fields *row, struct jk_arena *arena, struct jk_summary_row *out_row)
{
    const json_t *list = jk_fields_list(row, "publishers", 0, JK_REPORT_PUBLISHERS);
    uint64_t sum = out_row->publishers_other = jk_fields_number(row, "publishers_other", 0);
    size_t count = json_array_size(list);
    struct jk_summary_publisher *publishers = jk_arena_zalloc(arena, count + 1, sizeof *publishers);
    if (!list || !publishers) return;
    for (size_t i = 0; i < count && !jk_fields_failed(row); i++) {
        struct jk_fields reader = jk_fields_element(row, "publishers", list, i);
        publishers[i].name = jk_fields_text(&reader, "publisher", jk_ident_part_fault);
        publishers[i].counted = jk_fields_number(&reader, "counted", 1);
        jk_fields_end(&reader);
        sum += publishers[i].counted;
        if (i > 0 && !in_order(&publishers[i - 1], &publishers[i]))
            jk_fields_fault(&reader, NULL, reader.object, "it must follow the one before: by counted, then by name");
    }
    out_row->publishers = publishers;
    out_row->publisher_count = count;
    check_sum(row, "publishers", sum, out_row->total.plain.counted, "with publishers_other it must sum to counted");
}

static void read_scope(struct jk_fields *reader, struct jk_summary_row *out_row)
{
    const json_t *value = jk_fields_take(reader, "scope");
    const char *word = jk_fields_text_of(reader, "scope", value, NULL);
    enum jk_scope_type scope = JK_SCOPE_ALL;
    while (scope <= JK_SCOPE_BASE && strcmp(jk_report_scope_word(scope), word) != 0)
        scope++;
    if (scope > JK_SCOPE_BASE) {
        jk_fields_fault(reader, "scope", value, "it must be base, team or all");
        return;
    }
    out_row->scope = scope;
    out_row->name = jk_fields_text(reader, "name", scope == JK_SCOPE_BASE ? jk_ident_model_fault : jk_ident_team_fault);
    if (scope != JK_SCOPE_ALL)
        out_row->team = jk_fields_text(reader, "team", jk_ident_team_fault);
    else if ((value = jk_fields_take(reader, "team")) != NULL && !json_is_null(value))
        jk_fields_fault(reader, "team", value, "it must be null for all");
}

static void read_row(struct jk_fields *reader, uint32_t rules, struct jk_arena *arena, struct jk_summary_row *out_row)
{
    struct jk_total *plain = &out_row->total.plain;
    read_scope(reader, out_row);
    plain->registered = jk_fields_number(reader, "registered", 0);
    plain->counted = jk_fields_number(reader, "counted", 0);
    plain->direct = read_part(reader, "direct", plain->counted);
    plain->transitive = read_part(reader, "transitive", plain->counted);
    plain->independent = read_part(reader, "independent", plain->counted);
    plain->license_clean = read_part(reader, "license_clean", plain->counted);
    plain->distinct_publishers = read_part(reader, "distinct_publishers", plain->counted);
    plain->distinct_weights = read_part(reader, "distinct_weights", plain->counted);
    check_sum(reader, "transitive", (uint64_t)plain->direct + plain->transitive, plain->counted,
              "with direct it must sum to counted");
    if (rules > 1) {
        plain->adopted = read_part(reader, "adopted", plain->counted);
        out_row->total.pending = read_part(reader, "pending", plain->counted);
    }
    read_left_out(reader, rules, &out_row->total);
    read_splits(reader, plain);
    read_depths(reader, plain);
    read_months(reader, plain);
    read_publishers(reader, arena, out_row);
    jk_fields_end(reader);
}

/* Bases, then teams, then all, which is there once. */
static void read_rows(struct jk_fields *top, struct jk_summary *out_summary)
{
    const json_t *list = jk_fields_list(top, "rows", 1, ROWS_MAX);
    size_t count = json_array_size(list);
    struct jk_summary_row *rows = jk_arena_zalloc(out_summary->arena, count + 1, sizeof *rows);
    if (!list || !rows) return;
    for (size_t i = 0; i < count && !jk_fields_failed(top); i++) {
        struct jk_fields reader = jk_fields_element(top, "rows", list, i);
        rows[i].total.plain.size = out_summary->n;
        read_row(&reader, out_summary->policy.rules, out_summary->arena, &rows[i]);
        bool last = i + 1 == count;
        if ((i > 0 && rows[i].scope > rows[i - 1].scope) || last != (rows[i].scope == JK_SCOPE_ALL))
            jk_fields_fault(&reader, NULL, reader.object, "rows must be bases, then teams, then all, once");
    }
    out_summary->rows = rows;
    out_summary->count = count;
}

/* ---- the whole ---- */

static enum jk_status read_summary(const json_t *document, struct jk_summary *out_summary, struct jk_error *error)
{
    struct jk_reading reading = {.arena = out_summary->arena, .error = error, .status = JK_OK};
    struct jk_fields top = jk_fields_top(&reading, document);
    const char *format = jk_fields_text(&top, "format", format_fault);
    out_summary->origin = jk_fields_text(&top, "origin", jk_ident_label_fault);

    struct jk_fields reader = jk_fields_object(&top, "stage");
    out_summary->id = jk_fields_text(&reader, "id", jk_ident_team_fault);
    out_summary->title = jk_fields_text(&reader, "title", jk_ident_label_fault);
    out_summary->title_ko = jk_fields_text(&reader, "title_ko", jk_ident_label_fault);
    out_summary->source = jk_fields_text(&reader, "source", jk_ident_label_fault);
    jk_fields_end(&reader);

    out_summary->revision = jk_fields_number(&top, "revision", 1);
    const char *cutoff = jk_fields_text(&top, "cutoff", cutoff_fault);
    out_summary->n = jk_fields_number(&top, "n", 0);
    out_summary->m = jk_fields_number(&top, "m", out_summary->n);
    out_summary->root_n = jk_fields_digest(&top, "root_n");
    out_summary->root_m = jk_fields_digest(&top, "root_m");
    read_policy(&top, out_summary);
    if (!jk_fields_failed(&top) && strcmp(format, jk_report_format(out_summary->policy.rules)) != 0)
        jk_fields_fault(&top, "format", json_object_get(top.object, "format"), "it must be the policy's rule set's");
    read_teams(&top, out_summary);
    read_previous(&top, out_summary);

    reader = jk_fields_object(&top, "digests");
    out_summary->table = jk_fields_digest(&reader, "table");
    out_summary->members = jk_fields_digest(&reader, "members");
    out_summary->left_out = jk_fields_digest(&reader, "left_out");
    jk_fields_end(&reader);

    if (!jk_fields_failed(&top)) (void)jk_time_parse_canonical(jk_span_of(cutoff), &out_summary->cutoff_us);

    read_rows(&top, out_summary);
    jk_fields_end(&top);
    if (reading.status == JK_OK && out_summary->arena->exhausted) return jk_out_of_memory(error);
    return reading.status;
}

static struct jk_summary *new_summary(void)
{
    struct jk_summary *summary = calloc(1, sizeof *summary);
    if (!summary) return NULL;
    summary->arena = malloc(sizeof *summary->arena);
    if (summary->arena) jk_arena_init(summary->arena, ARENA_BUDGET);
    if (summary->arena) return summary;
    free(summary);
    return NULL;
}

enum jk_status jk_summary_read(struct jk_span json, struct jk_summary **out_summary, struct jk_error *error)
{
    json_error_t fault;
    if (json.len > JK_SUMMARY_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "BAD_REPORT", "report.json is %zu bytes: it must be at most %zu",
                       json.len, JK_SUMMARY_MAX);
    json_t *document = json_loadb(json.at ? json.at : "", json.len, JSON_REJECT_DUPLICATES, &fault);
    if (!document)
        return jk_fail(error, JK_INVALID_ARGUMENT, "BAD_REPORT", "report.json is no JSON: line %d, column %d: %s",
                       fault.line, fault.column, fault.text);
    struct jk_summary *summary = new_summary();
    enum jk_status status = summary ? read_summary(document, summary, error) : jk_out_of_memory(error);
    json_decref(document);
    if (status != JK_OK) {
        jk_summary_free(summary);
        return status;
    }
    summary->json = jk_digest_of(json);
    *out_summary = summary;
    return JK_OK;
}

void jk_summary_free(struct jk_summary *summary)
{
    if (!summary) return;
    jk_arena_done(summary->arena);
    free(summary->arena);
    free(summary);
}

const struct jk_summary_row *jk_summary_all(const struct jk_summary *summary)
{
    JK_CHECK(summary->count > 0);
    return &summary->rows[summary->count - 1];
}

bool jk_summary_is_demo(const struct jk_summary *summary)
{
    return strcmp(summary->origin, JK_DEMO_ORIGIN) == 0;
}

const struct jk_summary_row *jk_summary_find(const struct jk_summary *summary, enum jk_scope_type scope,
                                             const char *name)
{
    for (size_t i = 0; i < summary->count; i++)
        if (summary->rows[i].scope == scope && strcasecmp(summary->rows[i].name, name) == 0) return &summary->rows[i];
    return NULL;
}
