/* The report as JSON: jansson's compact form with sorted keys, and a line feed. Specified in
 * registry/formats/report.md. */
#include <jansson.h>
#include <stdlib.h>

#include "base/clock.h"
#include "report/report_inside.h"

/* An object in the making; what fails is said once, at the end. */
struct writer {
    json_t *object;
    bool failed;
};

static struct writer begin_object(void)
{
    json_t *object = json_object();
    return (struct writer){object, object == NULL};
}

static void put_value(struct writer *writer, const char *key, json_t *value)
{
    if (writer->failed)
        json_decref(value);
    else if (json_object_set_new(writer->object, key, value) != 0)
        writer->failed = true;
}

/* The object, or NULL where anything failed. */
static json_t *end_object(struct writer *writer)
{
    if (!writer->failed) return writer->object;
    json_decref(writer->object);
    return NULL;
}

static json_t *text(struct jk_span span)
{
    return json_stringn(span.at, span.len);
}

static void put_text(struct writer *writer, const char *key, struct jk_span span)
{
    put_value(writer, key, text(span));
}

static void put_number(struct writer *writer, const char *key, uint32_t number)
{
    put_value(writer, key, json_integer(number));
}

static void put_digest(struct writer *writer, const char *key, const struct jk_digest *digest)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(digest, hex);
    put_value(writer, key, json_string(hex));
}

static json_t *append_value(json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) == 0) return list;
    json_decref(list);
    return NULL;
}

/* ---- what it speaks of ---- */

static json_t *stage_of(const struct jk_report_stage *stage)
{
    struct writer writer = begin_object();
    put_text(&writer, "id", stage->id);
    put_text(&writer, "source", stage->source);
    put_text(&writer, "title", stage->title);
    put_text(&writer, "title_ko", stage->title_ko);
    return end_object(&writer);
}

static json_t *policy_of(const struct jk_policy *policy)
{
    struct writer writer = begin_object();
    struct jk_digest digest = jk_policy_digest(policy);
    struct jk_text canonical;
    jk_text_init(&canonical, 0);
    jk_policy_write(policy, &canonical);
    put_value(&writer, "name", json_string(policy->name));
    put_number(&writer, "version", policy->version);
    put_number(&writer, "rules", policy->rules);
    put_digest(&writer, "sha256", &digest);
    put_value(&writer, "text", canonical.failed ? NULL : text(jk_text_span(&canonical)));
    jk_text_done(&canonical);
    return end_object(&writer);
}

static json_t *previous_of(const struct jk_report_stage *stage)
{
    if (stage->previous_revision == 0) return json_null();
    struct writer writer = begin_object();
    put_text(&writer, "stage", stage->previous);
    put_number(&writer, "revision", stage->previous_revision);
    return end_object(&writer);
}

static json_t *digests_of(const struct jk_report_digests *digests)
{
    struct writer writer = begin_object();
    put_digest(&writer, "table", &digests->table);
    put_digest(&writer, "members", &digests->members);
    put_digest(&writer, "left_out", &digests->left_out);
    return end_object(&writer);
}

/* ---- the rows ---- */

static json_t *left_out_of(const struct jk_policy_total *total, uint32_t rules)
{
    struct writer writer = begin_object();
    for (int i = jk_reason_next(0, rules); i < JK_REASON_COUNT; i = jk_reason_next(i + 1, rules))
        put_number(&writer, jk_reason_word((enum jk_reason)i), total->left_out[i]);
    return end_object(&writer);
}

static json_t *relations_of(const struct jk_total *plain)
{
    struct writer writer = begin_object();
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++)
        put_number(&writer, jk_relation_text((enum jk_relation)i), plain->by_relation[i]);
    return end_object(&writer);
}

static json_t *classes_of(const struct jk_total *plain)
{
    struct writer writer = begin_object();
    for (int i = 0; i < JK_LICENSE_CLASSES; i++)
        put_number(&writer, jk_license_class_text((enum jk_license_class)i), plain->by_license_class[i]);
    return end_object(&writer);
}

static json_t *depths_of(const struct jk_total *plain)
{
    struct writer writer = begin_object();
    for (int i = 1; i <= JK_COUNT_DEPTHS; i++) {
        char key[8];
        snprintf(key, sizeof key, "%d%s", i, i == JK_COUNT_DEPTHS ? "+" : "");
        if (plain->by_depth[i]) put_number(&writer, key, plain->by_depth[i]);
    }
    return end_object(&writer);
}

static json_t *months_of(const struct jk_total *plain)
{
    struct writer writer = begin_object();
    for (unsigned i = 0; i < JK_COUNT_MONTHS; i++) {
        char key[8];
        if (plain->by_month[i] == 0) continue;
        jk_month_format(i, key);
        put_number(&writer, key, plain->by_month[i]);
    }
    return end_object(&writer);
}

static json_t *publishers_of(const struct jk_report_row *row)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < row->publisher_count; i++) {
        struct writer writer = begin_object();
        put_text(&writer, "publisher", row->publishers[i].name);
        put_number(&writer, "counted", row->publishers[i].counted);
        list = append_value(list, end_object(&writer));
    }
    return list;
}

static json_t *row_json(const struct jk_report_row *row, uint32_t rules)
{
    const struct jk_total *plain = &row->total.plain;
    struct writer writer = begin_object();
    put_value(&writer, "scope", json_string(jk_report_scope_word(row->scope.type)));
    put_text(&writer, "name", row->name);
    put_value(&writer, "team", row->scope.type == JK_SCOPE_ALL ? json_null() : text(row->team));
    put_number(&writer, "registered", plain->registered);
    put_number(&writer, "counted", plain->counted);
    put_number(&writer, "direct", plain->direct);
    put_number(&writer, "transitive", plain->transitive);
    put_number(&writer, "independent", plain->independent);
    put_number(&writer, "license_clean", plain->license_clean);
    put_number(&writer, "distinct_publishers", plain->distinct_publishers);
    put_number(&writer, "distinct_weights", plain->distinct_weights);
    put_value(&writer, "relations", relations_of(plain));
    put_value(&writer, "license_classes", classes_of(plain));
    put_value(&writer, "depths", depths_of(plain));
    put_value(&writer, "months", months_of(plain));
    if (rules > 1) {
        put_number(&writer, "adopted", plain->adopted);
        put_number(&writer, "pending", row->total.pending);
    }
    put_value(&writer, "left_out", left_out_of(&row->total, rules));
    put_value(&writer, "publishers", publishers_of(row));
    put_number(&writer, "publishers_other", row->publishers_other);
    return end_object(&writer);
}

enum jk_status jk_report_json(const struct jk_report *report, const struct jk_report_digests *digests,
                              struct jk_text *out, struct jk_error *error)
{
    struct writer writer = begin_object();
    char cutoff[JK_TIME_TEXT];
    jk_time_format(report->stage.cutoff_us, cutoff);
    put_value(&writer, "format", json_string(jk_report_format(report->stage.policy.rules)));
    put_text(&writer, "origin", report->stage.origin);
    put_value(&writer, "stage", stage_of(&report->stage));
    put_number(&writer, "revision", report->stage.revision);
    put_value(&writer, "cutoff", json_string(cutoff));
    put_number(&writer, "n", report->stage.n);
    put_number(&writer, "m", report->stage.m);
    put_digest(&writer, "root_n", &report->stage.root_n);
    put_digest(&writer, "root_m", &report->stage.root_m);
    put_value(&writer, "policy", policy_of(&report->stage.policy));
    json_t *list = json_array();
    for (size_t i = 0; list && i < report->stage.team_count; i++)
        list = append_value(list, text(report->stage.teams[i]));
    put_value(&writer, "teams", list);
    put_value(&writer, "previous", previous_of(&report->stage));

    list = json_array();
    for (size_t i = 0; list && i < report->count; i++)
        list = append_value(list, row_json(&report->rows[i], report->stage.policy.rules));
    put_value(&writer, "rows", list);
    put_value(&writer, "digests", digests_of(digests));
    json_t *object = end_object(&writer);
    char *json = object ? json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(object);
    if (json) {
        jk_text_add_str(out, json);
        jk_text_add_char(out, '\n');
    }
    bool made = json && !out->failed;
    free(json);
    return made ? JK_OK : jk_out_of_memory(error);
}
