/* Tables of a report's page. See page.h. */
#include <stddef.h>

#include "report/page.h"

/* A column of numbers: where in a total it stands. */
struct column {
    const char *korean, *english;
    size_t at;
    char letter; /* of a reason; else 0 */
};

#define AT(member) offsetof(struct jk_policy_total, member)

static uint32_t value_of(const struct jk_summary_row *row, const struct column *column)
{
    uint32_t value;
    memcpy(&value, (const char *)&row->total + column->at, sizeof value);
    return value;
}

/* ---- what all tables share ---- */

static void add_number(struct jk_text *out, uint32_t number, const char *class)
{
    jk_text_addf(out, "<td class=\"num%s\">", class);
    jk_page_number(out, number);
    jk_text_add_str(out, "</td>");
}

static void add_name(struct jk_text *out, const struct jk_summary_row *row)
{
    jk_text_add_str(out, "<td>");
    if (row->scope == JK_SCOPE_ALL)
        jk_text_add_str(out, "전체 <span class=\"en\" lang=\"en\">all</span>");
    else
        jk_page_str(out, row->name);
    jk_text_add_str(out, "</td>");
}

static void add_group(struct jk_text *out, enum jk_scope_type scope, size_t columns)
{
    static const char *const titles[] = {
        [JK_SCOPE_ALL] = "전체 <span class=\"en\" lang=\"en\">all</span>",
        [JK_SCOPE_TEAM] =
            "팀별 <span class=\"en\" lang=\"en\">teams: a derivative of several bases of a team counts once</span>",
        [JK_SCOPE_BASE] = "기반 모델별 <span class=\"en\" lang=\"en\">base models</span>",
    };
    jk_text_addf(out, "<tr class=\"group\"><th colspan=\"%zu\">%s</th></tr>\n", columns, titles[scope]);
}

typedef void row_fn(const struct jk_summary_row *row, const void *context, struct jk_text *out);

/* All, then teams, then bases, each group under its title. */
static void add_rows(const struct jk_summary *summary, size_t columns, row_fn *add, const void *context,
                     struct jk_text *out)
{
    for (enum jk_scope_type scope = JK_SCOPE_ALL; scope <= JK_SCOPE_BASE; scope++) {
        bool first = true;
        for (size_t i = 0; i < summary->count; i++) {
            if (summary->rows[i].scope != scope) continue;
            if (first) add_group(out, scope, columns);
            first = false;
            jk_text_add_str(out, "<tr>");
            add_name(out, &summary->rows[i]);
            add(&summary->rows[i], context, out);
            jk_text_add_str(out, "</tr>\n");
        }
    }
}

/* ---- numbers ---- */

static const struct column counts[] = {
    {"등록", "registered", AT(plain.registered), 0},
    {"집계", "counted", AT(plain.counted), 0},
    {"직접", "direct", AT(plain.direct), 0},
    {"간접", "transitive", AT(plain.transitive), 0},
    {"독립", "independent", AT(plain.independent), 0},
    {"라이선스 적합", "licence clean", AT(plain.license_clean), 0},
    {"게시자 수", "publishers", AT(plain.distinct_publishers), 0},
    {"가중치 수", "distinct weights", AT(plain.distinct_weights), 0},
};
#define COUNTS (sizeof counts / sizeof *counts)

static void begin_table(struct jk_text *out)
{
    jk_text_add_str(out, "<table><thead><tr><th>이름 <span class=\"en\" lang=\"en\">name</span></th>");
}

static void add_title(struct jk_text *out, const char *korean, const char *english)
{
    jk_text_addf(out, "<th class=\"num\">%s<br/><span class=\"en\" lang=\"en\">%s</span></th>", korean, english);
}

static void add_counts(const struct jk_summary_row *row, const void *context, struct jk_text *out)
{
    (void)context;
    for (size_t i = 0; i < COUNTS; i++) {
        add_number(out, value_of(row, &counts[i]), i == 1 ? " counted" : "");
        if (i == 0) add_number(out, jk_page_left_out(&row->total), "");
    }
}

void jk_page_counts(const struct jk_summary *summary, struct jk_text *out)
{
    begin_table(out);
    for (size_t i = 0; i < COUNTS; i++) {
        add_title(out, counts[i].korean, counts[i].english);
        if (i == 0) add_title(out, "제외", "left out");
    }
    jk_text_add_str(out, "</tr></thead><tbody>\n");
    add_rows(summary, COUNTS + 2, add_counts, NULL, out);
    jk_text_add_str(out, "</tbody></table>\n");
}

/* ---- many narrow columns; those without a number in any row are left out ---- */

struct matrix {
    struct column columns[JK_REASON_COUNT > JK_COUNT_DEPTHS ? JK_REASON_COUNT : JK_COUNT_DEPTHS];
    size_t count;
};

static void add_column(struct matrix *matrix, const struct jk_summary *summary, struct column column)
{
    for (size_t i = 0; i < summary->count; i++) {
        if (value_of(&summary->rows[i], &column) == 0) continue;
        matrix->columns[matrix->count++] = column;
        return;
    }
}

static void add_values(const struct jk_summary_row *row, const void *context, struct jk_text *out)
{
    const struct matrix *matrix = context;
    for (size_t i = 0; i < matrix->count; i++)
        add_number(out, value_of(row, &matrix->columns[i]), "");
}

static void write_matrix(const struct matrix *matrix, const struct jk_summary *summary, struct jk_text *out)
{
    if (matrix->count == 0) {
        jk_text_add_str(out, "<p>없음 <span class=\"en\" lang=\"en\">none</span></p>\n");
        return;
    }
    begin_table(out);
    for (size_t i = 0; i < matrix->count; i++) {
        const struct column *column = &matrix->columns[i];
        if (column->letter)
            jk_text_addf(out, "<th class=\"num\" title=\"%s\">%c</th>", column->english, column->letter);
        else
            add_title(out, column->korean, column->english);
    }
    jk_text_add_str(out, "</tr></thead><tbody>\n");
    add_rows(summary, matrix->count + 1, add_values, matrix, out);
    jk_text_add_str(out, "</tbody></table>\n");
}

void jk_page_reasons(const struct jk_summary *summary, struct jk_text *out)
{
    struct matrix matrix = {.count = 0};
    for (int i = 0; i < JK_REASON_COUNT; i++)
        add_column(&matrix, summary,
                   (struct column){"", jk_reason_word((enum jk_reason)i), AT(left_out) + (size_t)i * sizeof(uint32_t),
                                   jk_page_letter((enum jk_reason)i)});
    write_matrix(&matrix, summary, out);
}

void jk_page_splits(const struct jk_summary *summary, struct jk_text *out)
{
    static const char *const relations[JK_RELATION_COUNT] = {"",     "미세조정", "어댑터",   "양자화", "병합",
                                                             "증류", "변환",     "가지치기", "초안"};
    static const char *const classes[JK_LICENSE_CLASSES] = {"개방", "조건부", "비상업", "변경 금지", "알 수 없음"};
    static const char *const depths[] = {"",  "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",
                                         "9", "10", "11", "12", "13", "14", "15", "16+"};
    struct matrix by_relation = {.count = 0}, by_class = {.count = 0}, by_depth = {.count = 0};
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++)
        add_column(&by_relation, summary,
                   (struct column){relations[i], jk_relation_text((enum jk_relation)i),
                                   AT(plain.by_relation) + (size_t)i * sizeof(uint32_t), 0});
    for (int i = 0; i < JK_LICENSE_CLASSES; i++)
        add_column(&by_class, summary,
                   (struct column){classes[i], jk_license_class_text((enum jk_license_class)i),
                                   AT(plain.by_license_class) + (size_t)i * sizeof(uint32_t), 0});
    for (int i = 1; i <= JK_COUNT_DEPTHS; i++)
        add_column(&by_depth, summary,
                   (struct column){depths[i], "", AT(plain.by_depth) + (size_t)i * sizeof(uint32_t), 0});
    jk_page_heading(out, 3, "관계", "Relation to the parent");
    write_matrix(&by_relation, summary, out);
    jk_page_heading(out, 3, "라이선스 분류", "Licence class");
    write_matrix(&by_class, summary, out);
    jk_page_heading(out, 3, "깊이", "Depth: steps to the base model");
    write_matrix(&by_depth, summary, out);
}

/* ---- the legend ---- */

static void add_meaning(const struct jk_summary *summary, enum jk_reason reason, struct jk_text *out)
{
    bool on = jk_policy_has(&summary->policy, reason);
    jk_text_add_str(out, "<tr><td>");
    jk_page_swatch(out, reason);
    jk_text_addf(
        out, "</td><td><b>%c</b></td><td class=\"word\">%s</td><td>%s <span class=\"en\" lang=\"en\">%s</span></td>",
        jk_page_letter(reason), jk_reason_word(reason), jk_reason_korean(reason), jk_reason_english(reason));
    if (on)
        add_number(out, jk_summary_all(summary)->total.left_out[reason], "");
    else
        jk_text_add_str(out, "<td class=\"num\">적용 안 함 <span class=\"en\" lang=\"en\">off</span></td>");
    jk_text_add_str(out, "</tr>\n");
}

void jk_page_legend(const struct jk_summary *summary, struct jk_text *out)
{
    jk_text_add_str(out,
                    "<table><thead><tr><th></th><th></th><th>사유 <span class=\"en\" lang=\"en\">reason</span></th>"
                    "<th>뜻 <span class=\"en\" lang=\"en\">meaning</span></th><th class=\"num\">전체에서 제외 <span "
                    "class=\"en\" lang=\"en\">left out of all</span></th></tr></thead><tbody>\n<tr><td>");
    jk_page_swatch(out, JK_REASON_COUNT);
    jk_text_add_str(out, "</td><td></td><td>counted</td><td>집계됨 <span class=\"en\" lang=\"en\">counted</span></td>");
    add_number(out, jk_summary_all(summary)->total.plain.counted, " counted");
    jk_text_add_str(out, "</tr>\n");
    uint32_t rules = summary->policy.rules;
    for (int i = jk_reason_next(0, rules); i < JK_REASON_COUNT; i = jk_reason_next(i + 1, rules))
        add_meaning(summary, (enum jk_reason)i, out);
    jk_text_add_str(out, "</tbody></table>\n");
}

/* ---- publishers ---- */

#define PUBLISHERS_SHOWN 20

void jk_page_publishers(const struct jk_summary *summary, struct jk_text *out)
{
    const struct jk_summary_row *all = jk_summary_all(summary);
    size_t shown = all->publisher_count < PUBLISHERS_SHOWN ? all->publisher_count : PUBLISHERS_SHOWN;
    uint32_t left = all->total.plain.counted;
    jk_text_add_str(out, "<table><thead><tr><th>게시자 <span class=\"en\" lang=\"en\">publisher</span></th><th "
                         "class=\"num\">집계 <span class=\"en\" lang=\"en\">counted</span></th></tr></thead><tbody>\n");
    for (size_t i = 0; i < shown; i++) {
        jk_text_add_str(out, "<tr><td>");
        jk_page_str(out, all->publishers[i].name);
        jk_text_add_str(out, "</td>");
        add_number(out, all->publishers[i].counted, "");
        jk_text_add_str(out, "</tr>\n");
        left -= all->publishers[i].counted;
    }
    if (left > 0) {
        jk_text_add_str(out, "<tr><td>그 밖 <span class=\"en\" lang=\"en\">others</span></td>");
        add_number(out, left, "");
        jk_text_add_str(out, "</tr>\n");
    }
    jk_text_add_str(out, "</tbody></table>\n");
}

/* ---- the stage before ---- */

static void add_difference(const struct jk_summary_row *row, const void *context, struct jk_text *out)
{
    const struct jk_summary_row *before = jk_summary_find(context, row->scope, row->name);
    if (!before) {
        jk_text_add_str(out, "<td class=\"num\">–</td>");
        add_number(out, row->total.plain.registered, "");
        jk_text_add_str(out, "<td class=\"num\">–</td>");
        add_number(out, row->total.plain.counted, " counted");
        jk_text_add_str(out, "<td class=\"num\">새로움 <span class=\"en\" lang=\"en\">new</span></td>");
        return;
    }
    add_number(out, before->total.plain.registered, "");
    add_number(out, row->total.plain.registered, "");
    add_number(out, before->total.plain.counted, "");
    add_number(out, row->total.plain.counted, " counted");
    jk_text_add_str(out, "<td class=\"num\">");
    jk_page_change(out, before->total.plain.counted, row->total.plain.counted);
    jk_text_add_str(out, "</td>");
}

static void add_gone(const struct jk_summary *summary, const struct jk_summary *previous, struct jk_text *out)
{
    for (size_t i = 0; i < previous->count; i++) {
        const struct jk_summary_row *row = &previous->rows[i];
        if (jk_summary_find(summary, row->scope, row->name)) continue;
        jk_text_add_str(out, "<p>이번에는 없음 <span class=\"en\" lang=\"en\">not listed any more</span>: ");
        jk_page_str(out, row->name);
        jk_text_add_str(out, " (집계 <span class=\"en\" lang=\"en\">counted</span> ");
        jk_page_number(out, row->total.plain.counted);
        jk_text_add_str(out, ")</p>\n");
    }
}

static bool has_team(const struct jk_summary *summary, const char *team)
{
    for (size_t i = 0; i < summary->team_count; i++)
        if (strcmp(summary->teams[i], team) == 0) return true;
    return false;
}

static void add_teams(const char *words, const struct jk_summary *in, const struct jk_summary *not_in,
                      struct jk_text *out)
{
    bool any = false;
    for (size_t i = 0; i < in->team_count; i++) {
        if (has_team(not_in, in->teams[i])) continue;
        jk_text_add_str(out, any ? ", " : words);
        jk_page_str(out, in->teams[i]);
        any = true;
    }
    if (any) jk_text_add_str(out, "</p>\n");
}

void jk_page_comparison(const struct jk_summary *summary, const struct jk_summary *previous, struct jk_text *out)
{
    if (!jk_digest_equal(&summary->policy_sha256, &previous->policy_sha256))
        jk_text_addf(
            out,
            "<p class=\"note\">정책이 다르므로 숫자를 그대로 견줄 수 없습니다: %s@%u → %s@%u. <span class=\"en\" "
            "lang=\"en\">Counted under different policies: the numbers do not compare as they stand.</span></p>\n",
            previous->policy.name, previous->policy.version, summary->policy.name, summary->policy.version);
    add_teams("<p>새로 참가한 팀 <span class=\"en\" lang=\"en\">teams that joined</span>: ", summary, previous, out);
    add_teams("<p>참가하지 않게 된 팀 <span class=\"en\" lang=\"en\">teams that left</span>: ", previous, summary, out);
    begin_table(out);
    add_title(out, "이전 등록", "registered before");
    add_title(out, "등록", "registered");
    add_title(out, "이전 집계", "counted before");
    add_title(out, "집계", "counted");
    add_title(out, "변화", "change");
    jk_text_add_str(out, "</tr></thead><tbody>\n");
    add_rows(summary, 6, add_difference, previous, out);
    jk_text_add_str(out, "</tbody></table>\n");
    add_gone(summary, previous, out);
}
