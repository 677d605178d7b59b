/* See policy_effect.h. */
#include "cli/policy_effect.h"

#include "base/defer.h"
#include "book/book_ask.h"
#include "book/standing.h"
#include "cli/console/print.h"
#include "cli/count_sheet.h"
#include "cli/fold.h"

static const struct jk_scope everything = {JK_SCOPE_ALL, 0};

static void free_book(struct jk_book **book)
{
    jk_book_free(*book);
}

static void free_standing(struct jk_standing **standing)
{
    jk_standing_free(*standing);
}

static enum jk_status stand(struct jk_cli *cli, const struct jk_book *book, const struct jk_policy *policy,
                            struct jk_standing **out_standing)
{
    struct jk_standing_query query = {.policy = policy, .n = jk_book_size(book)};
    return jk_standing_make(book, &query, out_standing, &cli->error);
}

static char *versioned_name(struct jk_cli *cli, const struct jk_policy *policy)
{
    char *text = jk_arena_printf(&cli->arena, "%s@%u", policy->name, policy->version);
    return text ? text : (char *)"";
}

static json_t *policy_json(const struct jk_policy *policy)
{
    char hex[JK_DIGEST_HEX + 1];
    struct jk_digest digest = jk_policy_digest(policy);
    jk_digest_hex(&digest, hex);
    return json_pack("{s:s, s:I, s:s}", "name", policy->name, "version", (json_int_t)policy->version, "sha256", hex);
}

/* ---- check ---- */

struct checking {
    struct jk_cli *cli;
    const struct jk_policy *policy;
    const struct jk_book *book;
    const struct jk_standing *standing;
    struct jk_table table;
    json_t *rows; /* NULL: for people */
};

static json_t *left_out_json(const struct checking *checking, const struct jk_policy_total *total)
{
    json_t *out = json_object();
    for (int i = 0; i < JK_REASON_COUNT; i++)
        if (jk_policy_has(checking->policy, (enum jk_reason)i))
            json_object_set_new(out, jk_reason_word((enum jk_reason)i), json_integer(total->left_out[i]));
    return out;
}

static enum jk_status add_scope(struct checking *checking, const char *kind, struct jk_span name, struct jk_scope scope,
                                struct jk_policy_total *out_total)
{
    struct jk_cli *cli = checking->cli;
    struct jk_total *plain = jk_arena_zalloc(&cli->arena, 1, sizeof *plain);
    if (!plain) return jk_out_of_memory(&cli->error);
    JK_TRY(jk_count_at(checking->book, scope, jk_book_size(checking->book), plain, &cli->error));
    JK_TRY(jk_standing_total(checking->standing, checking->book, scope, out_total, &cli->error));
    const struct jk_total *under = &out_total->plain;
    if (checking->rows) {
        json_array_append_new(checking->rows,
                              json_pack("{s:s, s:s%, s:I, s:I, s:I, s:o}", "kind", kind, "name", name.at, name.len,
                                        "registered", (json_int_t)under->registered, "counted_today",
                                        (json_int_t)plain->counted, "counted", (json_int_t)under->counted, "left_out",
                                        left_out_json(checking, out_total)));
        return JK_OK;
    }
    jk_table_cellf(&checking->table, "%.*s", JK_SPAN_ARG(name));
    jk_table_cell(&checking->table, jk_print_number(cli, under->registered));
    jk_table_cell(&checking->table, jk_print_number(cli, plain->counted));
    jk_table_cell(&checking->table, jk_print_number(cli, under->counted));
    return JK_OK;
}

static enum jk_status add_scopes(struct checking *checking, struct jk_policy_total *total)
{
    const struct jk_book *book = checking->book;
    uint32_t n = jk_book_size(book), teams = jk_book_teams(book, n), model;
    for (uint32_t position = 0; (model = jk_book_listed(book, position, n)) != JK_NONE; position++)
        if (jk_book_base(book, model, n))
            JK_TRY(add_scope(checking, "base", jk_book_alias(book, model, n)->name,
                             (struct jk_scope){JK_SCOPE_BASE, model}, total));
    for (uint32_t team = 0; team < teams; team++)
        JK_TRY(
            add_scope(checking, "team", jk_book_team(book, team)->id, (struct jk_scope){JK_SCOPE_TEAM, team}, total));
    return add_scope(checking, "all", JK_SPAN("all"), everything, total);
}

/* "left out" of the grand total, by the reason that each is shown under. */
static void print_left_out(struct jk_cli *cli, const struct jk_policy *policy, const struct jk_policy_total *total)
{
    static const struct jk_column columns[] = {
        {"left out", true}, {"reason", false}, {"", false, .wrap = true}, {"", false, .wrap = true}};
    const char *lang = jk_options_text(&cli->options, JK_OPTION_LANG);
    bool en = !lang || strcmp(lang, "ko") != 0, ko = !lang || strcmp(lang, "en") != 0, any = false;
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, 4);
    for (int i = 0; i < JK_REASON_COUNT; i++) {
        enum jk_reason reason = (enum jk_reason)i;
        if (!jk_policy_has(policy, reason) || !total->left_out[i]) continue;
        jk_table_cell(&table, jk_print_number(cli, total->left_out[i]));
        jk_table_cell(&table, jk_reason_word(reason));
        jk_table_cell(&table, en ? jk_reason_english(reason) : "");
        jk_table_cell(&table, ko ? jk_reason_korean(reason) : "");
        any = true;
    }
    if (!any) return;
    fputc('\n', cli->out);
    jk_print_table(cli, &table);
}

static enum jk_status check_counts(struct jk_cli *cli, const struct jk_policy *policy, json_t *rows, uint32_t *out_size)
{
    static const struct jk_column columns[] = {
        {"", false, .wrap = true}, {"registered", true}, {"counted today", true}, {"", true}};
    struct jk_column titled[4];
    struct checking checking = {.cli = cli, .policy = policy, .rows = rows};
    JK_CLEANUP(free_book) struct jk_book *book = NULL;
    JK_CLEANUP(free_standing) struct jk_standing *standing = NULL;
    struct jk_policy_total *total = jk_arena_zalloc(&cli->arena, 1, sizeof *total);
    if (!total) return jk_out_of_memory(&cli->error);
    JK_TRY(jk_fold_log(cli, &book));
    JK_TRY(stand(cli, book, policy, &standing));
    memcpy(titled, columns, sizeof titled);
    titled[3].title = versioned_name(cli, policy);
    jk_table_init(&checking.table, &cli->arena, titled, 4);
    checking.book = book;
    checking.standing = standing;
    JK_TRY(add_scopes(&checking, total));
    *out_size = jk_book_size(book);
    if (rows) return JK_OK;
    fputc('\n', cli->out);
    jk_print_table(cli, &checking.table);
    print_left_out(cli, policy, total);
    fprintf(cli->out, "\nAt log size %s, with every team taking part.\n", jk_print_number(cli, *out_size));
    return JK_OK;
}

static char *explain(struct jk_cli *cli, const struct jk_policy *policy, bool korean)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_policy_explain(policy, korean, &text);
    char *copy = text.failed ? NULL : jk_arena_copy(&cli->arena, text.bytes, text.len);
    jk_text_done(&text);
    return copy ? copy : (char *)"";
}

/* No server is no failure: the explanation stands. */
static enum jk_status try_counts(struct jk_cli *cli, const struct jk_policy *policy, json_t *rows, uint32_t *out_size)
{
    if (jk_cli_has(cli, JK_OPTION_OFFLINE)) return JK_OK;
    enum jk_status status = check_counts(cli, policy, rows, out_size);
    if (status != JK_UNAVAILABLE || *out_size) return status;
    fprintf(cli->err, "No server at %s answers: the policy is explained, but not tried out.\n",
            jk_print_safe(cli, cli->settings.server));
    jk_error_init(&cli->error, &cli->arena);
    return JK_OK;
}

/* The counts alone: without a server there is nothing to say. */
static enum jk_status check_csv(struct jk_cli *cli, const struct jk_policy *policy)
{
    uint32_t size;
    if (jk_cli_has(cli, JK_OPTION_OFFLINE))
        return jk_cli_usage(cli, "--csv prints counts, which need a server: it cannot be combined with --offline");
    json_t *rows = json_array();
    enum jk_status status = rows ? check_counts(cli, policy, rows, &size) : jk_out_of_memory(&cli->error);
    if (status == JK_OK)
        return jk_sheet_print(cli, jk_count_reason_columns(cli, "scope=kind,name,registered,counted_today,counted"),
                              rows);
    json_decref(rows);
    return status;
}

enum jk_status jk_policy_check(struct jk_cli *cli, const struct jk_policy *policy)
{
    char *english = explain(cli, policy, false), *korean = explain(cli, policy, true);
    uint32_t size = 0;
    if (cli->csv) return check_csv(cli, policy);
    if (!cli->json) {
        jk_policy_print_explanation(cli, english, korean);
        return try_counts(cli, policy, NULL, &size);
    }
    json_t *rows = json_array();
    enum jk_status status = rows ? try_counts(cli, policy, rows, &size) : JK_RESOURCE_EXHAUSTED;
    if (status != JK_OK) {
        json_decref(rows);
        return status;
    }
    json_t *root =
        json_pack("{s:o, s:s, s:s}", "policy", policy_json(policy), "explanation", english, "explanation_ko", korean);
    json_object_set_new(root, "counts", size ? json_incref(rows) : json_null());
    json_object_set_new(root, "log_size", size ? json_integer(size) : json_null());
    json_decref(rows);
    return jk_print_json(cli, root);
}

/* ---- diff ---- */

struct diffing {
    struct jk_cli *cli;
    const struct jk_book *book;
    const struct jk_standing *before, *after;
    uint32_t moves[JK_REASON_COUNT + 1][JK_REASON_COUNT + 1];
    uint32_t changed, counted_before, counted_after;
    uint64_t limit;
    struct jk_table table;
    json_t *rows; /* NULL: for people */
};

static const char *place_word(enum jk_reason reason)
{
    return reason == JK_REASON_COUNT ? "counts" : jk_reason_word(reason);
}

/* Of each root its reasons. */
static json_t *roots_json(const struct diffing *diffing, const struct jk_verdict *rows, size_t count)
{
    json_t *out = json_array();
    for (size_t i = 0; i < count; i++) {
        struct jk_span root = jk_book_alias(diffing->book, rows[i].root, jk_book_size(diffing->book))->name;
        json_t *reasons = json_array();
        for (int reason = 0; reason < JK_REASON_COUNT; reason++)
            if (rows[i].reasons >> reason & 1)
                json_array_append_new(reasons, json_string(jk_reason_word((enum jk_reason)reason)));
        json_array_append_new(out, json_pack("{s:s%, s:o}", "root", root.at, root.len, "reasons", reasons));
    }
    return out;
}

static json_t *place_json(const struct diffing *diffing, enum jk_reason place, const struct jk_verdict *rows,
                          size_t count)
{
    return json_pack("{s:b, s:s?, s:o}", "counts", place == JK_REASON_COUNT, "reason",
                     place == JK_REASON_COUNT ? NULL : jk_reason_word(place), "roots",
                     roots_json(diffing, rows, count));
}

static void tell_change(struct diffing *diffing, uint32_t model, enum jk_reason before, enum jk_reason after)
{
    size_t before_count, after_count;
    const struct jk_verdict *before_rows = jk_standing_of(diffing->before, model, &before_count),
                            *after_rows = jk_standing_of(diffing->after, model, &after_count);
    struct jk_span name = jk_book_alias(diffing->book, model, jk_book_size(diffing->book))->name;
    if (diffing->limit && diffing->changed > diffing->limit) return;
    if (diffing->rows) {
        json_array_append_new(diffing->rows, json_pack("{s:s%, s:I, s:o, s:o}", "name", name.at, name.len, "log_index",
                                                       (json_int_t)jk_book_model(diffing->book, model)->index, "before",
                                                       place_json(diffing, before, before_rows, before_count), "after",
                                                       place_json(diffing, after, after_rows, after_count)));
        return;
    }
    jk_table_cellf(&diffing->table, "%.*s", JK_SPAN_ARG(name));
    jk_table_cell(&diffing->table, place_word(before));
    jk_table_cell(&diffing->table, place_word(after));
    /* "self, no-artifact": all that hold, of any root. */
    jk_reasons reasons = 0;
    const char *text = "";
    for (size_t i = 0; i < after_count; i++)
        reasons |= after_rows[i].reasons;
    for (int reason = 0; reason < JK_REASON_COUNT && text; reason++)
        if (reasons >> reason & 1)
            text = jk_arena_printf(&diffing->cli->arena, "%s%s%s", text, *text ? ", " : "",
                                   jk_reason_word((enum jk_reason)reason));
    jk_table_cell(&diffing->table, text ? text : "");
}

static void compare_model(struct diffing *diffing, uint32_t model)
{
    size_t before_count, after_count;
    enum jk_reason before, after;
    const struct jk_verdict *before_rows = jk_standing_of(diffing->before, model, &before_count),
                            *after_rows = jk_standing_of(diffing->after, model, &after_count);
    if (!jk_standing_place(diffing->before, before_rows, before_count, everything, &before) ||
        !jk_standing_place(diffing->after, after_rows, after_count, everything, &after))
        return;
    diffing->counted_before += before == JK_REASON_COUNT;
    diffing->counted_after += after == JK_REASON_COUNT;
    if (before == after) return;
    diffing->changed++;
    diffing->moves[before][after]++;
    tell_change(diffing, model, before, after);
}

static void compare_all(struct diffing *diffing)
{
    size_t count;
    const struct jk_verdict *rows = jk_standing_rows(diffing->before, &count);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || rows[i].model != rows[i - 1].model) compare_model(diffing, rows[i].model);
}

static void note_limit(struct jk_cli *cli, const struct diffing *diffing)
{
    if (diffing->limit && diffing->changed > diffing->limit)
        fprintf(cli->err, "%llu of %s; --limit 0 shows all.\n", (unsigned long long)diffing->limit,
                jk_print_number(cli, diffing->changed));
}

static void print_diff(struct jk_cli *cli, struct diffing *diffing, const char *before, const char *after)
{
    const char *sum =
        jk_arena_printf(&cli->arena, "%s: %s; %s: %s. %s, at log size %s.", before,
                        jk_print_plural(cli, diffing->counted_before, "derivative counts", "derivatives count"), after,
                        jk_print_number(cli, diffing->counted_after),
                        jk_print_plural(cli, diffing->changed, "changes standing", "change standing"),
                        jk_print_number(cli, jk_book_size(diffing->book)));
    jk_print_folded(cli, sum ? sum : "", 2);
    if (!diffing->changed) return;
    fputc('\n', cli->out);
    static const struct jk_column columns[] = {
        {"derivatives", true}, {"before", false}, {"after", false}, {"", false, .wrap = true}};
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, 4);
    for (int from = 0; from <= JK_REASON_COUNT; from++)
        for (int to = 0; to <= JK_REASON_COUNT; to++) {
            if (!diffing->moves[from][to]) continue;
            jk_table_cell(&table, jk_print_number(cli, diffing->moves[from][to]));
            jk_table_cell(&table, place_word((enum jk_reason)from));
            jk_table_cell(&table, place_word((enum jk_reason)to));
            jk_table_cell(&table, to == JK_REASON_COUNT ? "" : jk_reason_english((enum jk_reason)to));
        }
    jk_print_table(cli, &table);
    fputc('\n', cli->out);
    jk_print_table(cli, &diffing->table);
    note_limit(cli, diffing);
}

static enum jk_status diff_csv(struct jk_cli *cli, const struct diffing *diffing)
{
    JK_TRY(jk_sheet_print(cli,
                          "log_index,name,counts_before=before.counts,reason_before=before.reason,"
                          "counts_after=after.counts,reason_after=after.reason,roots_after=after.roots.root,"
                          "reasons_after=after.roots.reasons",
                          diffing->rows));
    note_limit(cli, diffing);
    return JK_OK;
}

enum jk_status jk_policy_diff(struct jk_cli *cli, const struct jk_policy *before, const struct jk_policy *after)
{
    static const struct jk_column columns[] = {{"derivative", false, .wrap = true},
                                               {"before", false},
                                               {"after", false},
                                               {"all reasons after", false, .wrap = true}};
    struct diffing diffing = {
        .cli = cli, .limit = jk_pages_limit(cli), .rows = cli->json || cli->csv ? json_array() : NULL};
    JK_CLEANUP(free_book) struct jk_book *book = NULL;
    JK_CLEANUP(free_standing) struct jk_standing *first = NULL;
    JK_CLEANUP(free_standing) struct jk_standing *second = NULL;
    enum jk_status status = jk_fold_log(cli, &book);
    if (status == JK_OK) status = stand(cli, book, before, &first);
    if (status == JK_OK) status = stand(cli, book, after, &second);
    if (status != JK_OK) {
        json_decref(diffing.rows);
        return status;
    }
    jk_table_init(&diffing.table, &cli->arena, columns, 4);
    diffing.book = book;
    diffing.before = first;
    diffing.after = second;
    compare_all(&diffing);
    if (cli->csv) return diff_csv(cli, &diffing);
    if (!cli->json) {
        print_diff(cli, &diffing, versioned_name(cli, before), versioned_name(cli, after));
        return JK_OK;
    }
    return jk_print_json(cli, json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:o}", "before", policy_json(before), "after",
                                        policy_json(after), "log_size", (json_int_t)jk_book_size(book),
                                        "counted_before", (json_int_t)diffing.counted_before, "counted_after",
                                        (json_int_t)diffing.counted_after, "changed", (json_int_t)diffing.changed,
                                        "changes", diffing.rows));
}
