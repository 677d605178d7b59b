/* See count_sheet.h. */
#include "cli/count_sheet.h"

#include "base/defer.h"
#include "cli/overview.h"
#include "reply/json.h"

/* ---- columns ---- */

static void add_reason_column(int reason, struct jk_text *columns)
{
    char word[JK_JSON_WORD], name[JK_JSON_WORD];
    jk_json_enum_word(&jokbo__v1__reason__descriptor, reason, word);
    memcpy(name, word, sizeof name);
    for (char *dash = strchr(name, '-'); dash; dash = strchr(dash, '-'))
        *dash = '_';
    jk_text_addf(columns, ",left_out_%s=left_out.%s", name, word);
}

const char *jk_count_reason_columns(struct jk_cli *cli, const char *columns)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    const ProtobufCEnumDescriptor *reasons = &jokbo__v1__reason__descriptor;
    jk_text_init(&text, 0);
    jk_text_add_str(&text, columns);
    for (unsigned i = 0; i < reasons->n_values; i++)
        if (reasons->values[i].value != 0) add_reason_column(reasons->values[i].value, &text);
    const char *copy = text.failed ? NULL : jk_arena_copy(&cli->arena, text.bytes, text.len);
    return copy ? copy : columns;
}

const char *jk_count_columns(struct jk_cli *cli, bool ruled)
{
    static const char plain[] = "scope=kind,name,registered,yanked,counted,direct,transitive,independent,license_clean,"
                                "distinct_publishers,distinct_weights,adopted,log_size,log_time";
    static const char under_a_rule[] =
        "scope=kind,name,registered,counted,direct,transitive,independent,license_clean,"
        "distinct_publishers,distinct_weights,adopted,pending,log_size,log_time,policy_sha256,"
        "revision,rulings_size";
    return ruled ? jk_count_reason_columns(cli, under_a_rule) : plain;
}

/* ---- rows ---- */

/* "kind" and "name": base, team or all, as in a report's table. */
static void set_scope(const Jokbo__V1__DerivativeCount *count, json_t *row)
{
    const char *kind = "all";
    if (count->scope && count->scope->kind_case == JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL) kind = "base";
    if (count->scope && count->scope->kind_case == JOKBO__V1__COUNT_SCOPE__KIND_TEAM) kind = "team";
    json_object_set_new(row, "kind", json_string(kind));
    json_object_set_new(row, "name", json_string(jk_overview_scope(count)));
}

json_t *jk_count_row(const Jokbo__V1__DerivativeCount *count)
{
    json_t *row = jk_json_message(&count->base), *left_out = json_object();
    char word[JK_JSON_WORD];
    for (size_t i = 0; i < count->n_left_out; i++)
        json_object_set_new(left_out,
                            jk_json_enum_word(&jokbo__v1__reason__descriptor, (int)count->left_out[i]->reason, word),
                            json_integer(count->left_out[i]->count));
    if (row) set_scope(count, row);
    if (!row || json_object_set_new(row, "left_out", left_out) == 0) return row;
    json_decref(row);
    return NULL;
}

static enum jk_status print_groups(struct jk_cli *cli, const Jokbo__V1__DerivativeCount *count)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < count->n_groups; i++) {
        json_t *row = jk_json_message(&count->groups[i]->base);
        if (row) set_scope(count, row);
        json_array_append_new(rows, row);
    }
    JK_TRY(jk_sheet_print(cli, "scope=kind,name,grouping,key,count,from_census", rows));
    if (count->next_page_token[0])
        fprintf(cli->err,
                "There are more groups by licence, publisher or hub-month; --limit 0 shows up to 1,000 of each.\n");
    return JK_OK;
}

enum jk_status jk_count_sheet(struct jk_cli *cli, const Jokbo__V1__DerivativeCount *count,
                              const struct jk_count_wish *wish)
{
    const char *columns = jk_count_columns(cli, count->policy_sha256[0] != '\0');
    if (wish->grouping_count > 0) return print_groups(cli, count);
    JK_TRY(jk_sheet_begin(cli, columns));
    return jk_sheet_row(cli, columns, jk_count_row(count));
}

/* The reply tells once for all what each row tells too. */
static void add_count_row(json_t *rows, const Jokbo__V1__ListCountsResponse *counts, Jokbo__V1__DerivativeCount *count)
{
    Jokbo__V1__DerivativeCount own = *count;
    own.log_size = counts->log_size;
    own.log_time = counts->log_time;
    own.revision = counts->revision;
    own.rulings_size = counts->rulings_size;
    json_array_append_new(rows, jk_count_row(&own));
}

enum jk_status jk_count_sheet_all(struct jk_cli *cli, const Jokbo__V1__ListCountsResponse *counts)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < counts->n_bases; i++)
        add_count_row(rows, counts, counts->bases[i]);
    for (size_t i = 0; i < counts->n_teams; i++)
        add_count_row(rows, counts, counts->teams[i]);
    if (counts->all) add_count_row(rows, counts, counts->all);
    return jk_sheet_print(cli, jk_count_columns(cli, counts->all && counts->all->policy_sha256[0]), rows);
}
