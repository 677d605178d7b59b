/* See explain_vouching.h. */
#include "reply/explain_vouching.h"

#include "book/vouching.h"
#include "reply/message.h"

/* How many have to agree, how many do and do not. */
static void say_votes(const struct jk_explained *explained, const struct jk_vouching *vouching,
                      const struct jk_vouched_pair *pair, struct jk_vouching_words *out)
{
    struct jk_arena *arena = explained->arena;
    struct jk_votes votes = jk_votes_on(vouching, pair);
    out->english = jk_arena_printf(arena, "verifiers that agree: %u, that differ: %u; at least %u have to agree",
                                   votes.agree, votes.differ, explained->policy->verifiers);
    out->korean = jk_arena_printf(arena, "일치를 확인한 검증 기관 %u곳, 다르다고 한 곳 %u곳(필요한 수 %u곳)",
                                  votes.agree, votes.differ, explained->policy->verifiers);
}

/* Which grade the weights have toward the root, and which one is demanded. */
static bool say_grade(const struct jk_explained *explained, struct jk_vouching *vouching,
                      const struct jk_vouched_pair *pair, enum jk_relation relation, struct jk_vouching_words *out)
{
    struct jk_arena *arena = explained->arena;
    enum jk_grade least = explained->policy->grades[relation], grade;
    bool missing;
    const char *word = jk_relation_text(relation),
               *root = jk_to_string(arena, jk_book_alias(explained->book, pair->root, explained->size)->name);
    if (least == JK_GRADE_CONTRADICTED) {
        out->english = jk_arena_printf(arena, "weights cannot show the relation %s", word);
        out->korean = jk_arena_printf(arena, "가중치로는 %s 관계를 보일 수 없음", word);
        return true;
    }
    if (!jk_root_grade(vouching, pair, &grade) || !jk_root_may_have(vouching, pair, least, &missing)) return false;
    if (grade == JK_GRADES) {
        out->english = jk_arena_printf(arena, "no declared path leads to %s", root);
        out->korean = jk_arena_printf(arena, "%s에 이르는 선언된 경로가 없음", root);
        return true;
    }
    out->english =
        jk_arena_printf(arena,
                        missing ? "no challenge shows yet that it is made from %s: its grade is %s, and %s needs %s"
                                : "the grade of its weights toward %s is %s, and %s needs %s",
                        root, jk_grade_text(grade), word, jk_grade_text(least));
    out->korean = jk_arena_printf(arena,
                                  missing ? "%s에서 나왔음을 보인 대조가 아직 없음(등급 %s, %s에 필요한 등급 %s)"
                                          : "%s에 대한 가중치 등급이 %s(%s에 필요한 등급 %s)",
                                  root, jk_grade_text(grade), word, jk_grade_text(least));
    return true;
}

enum jk_status jk_explain_vouching(const struct jk_explained *explained, struct jk_vouching *vouching,
                                   const struct jk_verdict *row, enum jk_reason reason, struct jk_vouching_words *out)
{
    const struct jk_vouched_pair pair = jk_vouched_pair_of(jk_standing_verdicts(explained->standing), row);
    bool said = true;
    if (reason == JK_REASON_UNATTESTED)
        say_votes(explained, vouching, &pair, out);
    else
        said = say_grade(explained, vouching, &pair, (enum jk_relation)row->relation, out);
    return said && out->english && out->korean ? JK_OK : jk_out_of_memory(explained->error);
}
