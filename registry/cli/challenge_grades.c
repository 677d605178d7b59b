/* See challenge_grades.h. */
#include "cli/challenge_grades.h"

#include "cli/console/print.h"
#include "weights/weighing.h"

static bool is_in_text(const struct jk_challenge_text *text, const struct jk_digest *parent)
{
    for (size_t i = 1; i < text->count; i++)
        if (jk_digest_equal(&text->models[i].release, parent)) return true;
    return false;
}

enum jk_status jk_challenge_grades(const struct jk_attesting *attesting, const struct jk_challenge_text *text,
                                   struct jk_challenge_grade **out_grades, size_t *out_count)
{
    struct jk_cli *cli = attesting->cli;
    const struct jk_digest unnamed = {{0}}; /* neither the text's digest nor the entry's index bears on the grades */
    struct jk_digest parents[JK_GRADED_MAX];
    size_t count = attesting->count - 1;
    struct jk_challenge_grade *grades = jk_arena_zalloc(&cli->arena, count + 1, sizeof *grades);
    for (size_t i = 0; i < count; i++)
        parents[i] = attesting->models[1 + i].hash;
    struct jk_weighing *weighing = grades ? jk_weigh_challenge(text, &unnamed, 0, 0, parents, count) : NULL;
    const struct jk_evidence_text *found = weighing ? jk_weighing_end(weighing) : NULL;
    for (size_t i = 0; found && i < count; i++)
        grades[i] = (struct jk_challenge_grade){&attesting->models[1 + i], found->models[i].graded,
                                                is_in_text(text, &parents[i])};
    jk_weighing_free(weighing);
    if (!found) return jk_out_of_memory(&cli->error);
    *out_grades = grades;
    *out_count = count;
    return JK_OK;
}

const char *jk_grade_says(enum jk_grade grade)
{
    static const char *const words[JK_GRADES] = {
        [JK_GRADE_CONTRADICTED] = "comparable, and nothing in common: not made from it, or changed beyond recognition",
        [JK_GRADE_NONE] = "nothing can be said",
        [JK_GRADE_SHAPE] = "cannot be compared, but its shapes fit",
        [JK_GRADE_PART] = "a part was taken over",
        [JK_GRADE_KIN] = "made from it",
        [JK_GRADE_NEAR] = "nearly the same: a short training, a conversion or noise",
        [JK_GRADE_SAME] = "the same weights"};
    return words[grade];
}

static void add_grade(struct jk_cli *cli, struct jk_table *table, const struct jk_challenge_grade *grade)
{
    const struct jk_graded *graded = &grade->graded;
    const uint32_t shares[] = {graded->equal, graded->near, graded->kin, graded->comparable};
    jk_table_cell(table, grade->parent->name);
    jk_table_cell(table, grade->proven ? jk_grade_text(graded->grade) : "unproven");
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
        jk_table_cell(table, grade->proven ? jk_print_hundredths(cli, shares[i]) : "");
    jk_table_cell(table, grade->proven ? jk_grade_says(graded->grade) : "its weights are not in the challenge text");
}

void jk_challenge_grades_print(struct jk_cli *cli, const struct jk_challenge_grade *grades, size_t count)
{
    static const struct jk_column columns[] = {
        {"parent", false, .wrap = true},    {"grade", false}, {"equal", true, .spare = 3},
        {"nearly equal", true, .spare = 2}, {"kin", true},    {"comparable", true, .spare = 1},
        {"", false, .wrap = true}};
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < count; i++)
        add_grade(cli, &table, &grades[i]);
    if (count > 0)
        jk_print_table(cli, &table);
    else
        fprintf(cli->out, "No parent to be compared with.\n");
}

json_t *jk_challenge_grades_json(const struct jk_challenge_grade *grades, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct jk_graded *graded = &grades[i].graded;
        char hex[JK_DIGEST_HEX + 1];
        jk_digest_hex(&grades[i].parent->hash, hex);
        json_t *item = json_pack("{s:s, s:s, s:s?}", "parent", grades[i].parent->name, "lineage_hash", hex, "grade",
                                 grades[i].proven ? jk_grade_text(graded->grade) : NULL);
        if (item && grades[i].proven)
            json_object_set_new(item, "likeness",
                                json_pack("{s:i, s:i, s:i, s:i}", "equal", (int)graded->equal, "near",
                                          (int)graded->near, "kin", (int)graded->kin, "comparable",
                                          (int)graded->comparable));
        json_array_append_new(list, item);
    }
    return list;
}
