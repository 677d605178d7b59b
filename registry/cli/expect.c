/* See expect.h. */
#include "cli/expect.h"

#include "base/defer.h"
#include "cli/console/local.h"
#include "reply/json.h"

#include <stdlib.h>

#define FILE_MAX   (64u << 20)
#define VALUE_ROOM 160

/* ---- reading ---- */

static bool holds_counts(const json_t *value)
{
    return json_is_integer(json_object_get(value, "log_size")) &&
           (json_is_array(json_object_get(value, "bases")) || json_is_object(json_object_get(value, "scope")));
}

enum jk_status jk_expect_load(struct jk_cli *cli, const char *path, json_t **out_expected)
{
    struct jk_span text;
    JK_TRY(jk_local_read(path, FILE_MAX, &cli->arena, &text, &cli->error));
    json_t *all = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
    json_t *counts = json_is_object(json_object_get(all, "counts")) ? json_object_get(all, "counts") : all;
    if (holds_counts(counts)) {
        *out_expected = json_incref(counts);
        json_decref(all);
        return JK_OK;
    }
    json_decref(all);
    return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "EXPECT_MALFORMED",
                   "--expect: %.300s is not output of jokbo count --json", path);
}

static void wish_scope(const json_t *scope, struct jk_count_wish *wish)
{
    const char *base = json_string_value(json_object_get(scope, "base_model"));
    const char *team = json_string_value(json_object_get(scope, "team"));
    wish->has_scope = true;
    wish->scope.kind_case = base   ? JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL
                            : team ? JOKBO__V1__COUNT_SCOPE__KIND_TEAM
                                   : JOKBO__V1__COUNT_SCOPE__KIND_ALL;
    if (base)
        wish->scope.base_model = (char *)(uintptr_t)base;
    else if (team)
        wish->scope.team = (char *)(uintptr_t)team;
    else
        wish->scope.all = true;
}

/* Splits in their order; as many groups of each as there are. */
static void wish_groups(const json_t *groups, struct jk_count_wish *wish)
{
    size_t i;
    json_t *group;
    json_array_foreach(groups, i, group)
    {
        int value;
        bool known = false;
        const char *word = json_string_value(json_object_get(group, "grouping"));
        if (!word || !jk_json_enum_parse(&jokbo__v1__grouping__descriptor, word, &value)) continue;
        for (size_t k = 0; k < wish->grouping_count; k++)
            known = known || (int)wish->groupings[k] == value;
        if (!known && wish->grouping_count < JK_COUNT_GROUPINGS)
            wish->groupings[wish->grouping_count++] = (Jokbo__V1__Grouping)value;
    }
    if (json_array_size(groups) > 0) wish->page_size = (int32_t)json_array_size(groups);
}

enum jk_status jk_expect_wish(struct jk_cli *cli, const json_t *expected, struct jk_count_wish *wish)
{
    const json_t *scope = json_object_get(expected, "scope");
    json_int_t size = json_integer_value(json_object_get(expected, "log_size"));
    if (size < 0) return jk_cli_usage(cli, "--expect: its log_size is negative");
    if (!wish->has_as_of) {
        wish->has_as_of = true;
        wish->as_of.kind_case = JOKBO__V1__AS_OF__KIND_LOG_SIZE;
        wish->as_of.log_size = size;
    }
    if (scope && !wish->has_scope) wish_scope(scope, wish);
    if (scope && wish->grouping_count == 0) wish_groups(json_object_get(expected, "groups"), wish);
    return JK_OK;
}

/* ---- comparing ---- */

struct difference {
    struct jk_text path;
    const char *scope;              /* of the innermost count around it */
    const json_t *expected, *found; /* NULL: not there */
};

static bool differs(struct difference *at, const json_t *expected, const json_t *found);

/* Goes one step down; the path is taken back where all is alike. */
static bool differs_at(struct difference *at, const char *key, size_t index, const json_t *expected,
                       const json_t *found)
{
    size_t len = at->path.len;
    if (key)
        jk_text_addf(&at->path, "%s%s", len > 0 ? "." : "", key);
    else
        jk_text_addf(&at->path, "[%zu]", index);
    if (differs(at, expected, found)) return true;
    at->path.len = len;
    if (at->path.bytes) at->path.bytes[len] = '\0';
    return false;
}

static bool objects_differ(struct difference *at, json_t *expected, json_t *found)
{
    const char *key;
    json_t *value;
    const json_t *scope = json_object_get(expected, "scope");
    const char *before = at->scope, *name = json_string_value(json_object_get(scope, "base_model"));
    if (!name) name = json_string_value(json_object_get(scope, "team"));
    if (scope) at->scope = name ? name : "all";
    json_object_foreach(expected, key, value)
    {
        if (strcmp(key, "next_page_token") == 0) continue;
        if (differs_at(at, key, 0, value, json_object_get(found, key))) return true;
    }
    json_object_foreach(found, key,
                        value) if (!json_object_get(expected, key) && differs_at(at, key, 0, NULL, value)) return true;
    at->scope = before;
    return false;
}

static bool arrays_differ(struct difference *at, const json_t *expected, const json_t *found)
{
    size_t count = json_array_size(expected), other = json_array_size(found);
    for (size_t i = 0; i < count || i < other; i++)
        if (differs_at(at, NULL, i, json_array_get(expected, i), json_array_get(found, i))) return true;
    return false;
}

/* As deep as the message, which is checked to be of that shape by the found side. */
static bool differs(struct difference *at, const json_t *expected, const json_t *found)
{
    if (json_is_object(expected) && json_is_object(found))
        return objects_differ(at, (json_t *)(uintptr_t)expected, (json_t *)(uintptr_t)found);
    if (json_is_array(expected) && json_is_array(found)) return arrays_differ(at, expected, found);
    if (expected && found && json_equal(expected, found)) return false;
    at->expected = expected;
    at->found = found;
    return true;
}

static void value_text(const json_t *value, char out[VALUE_ROOM])
{
    char *dump = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    if (dump)
        jk_text_shorten(jk_span_of(dump), out, VALUE_ROOM);
    else
        snprintf(out, VALUE_ROOM, "nothing");
    free(dump);
}

enum jk_status jk_expect_compare(const json_t *expected, const json_t *found, struct jk_error *error)
{
    struct difference at = {.scope = NULL};
    char want[VALUE_ROOM], have[VALUE_ROOM];
    jk_text_init(&at.path, 1 << 12);
    enum jk_status status = JK_OK;
    if (differs(&at, expected, found)) {
        value_text(at.expected, want);
        value_text(at.found, have);
        jk_error_fact(error, "count", "%s", at.path.bytes ? at.path.bytes : "");
        jk_error_fact(error, "expected", "%s", want);
        jk_error_fact(error, "found", "%s", have);
        status = jk_fail(error, JK_DATA_LOSS, "AUDIT_COUNT", "%s%s%s%s: expected %s; the log gives %s",
                         at.path.bytes ? at.path.bytes : "the whole", at.scope ? " (" : "", at.scope ? at.scope : "",
                         at.scope ? ")" : "", want, have);
    }
    jk_text_done(&at.path);
    return status;
}
