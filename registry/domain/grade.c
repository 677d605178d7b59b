/* The words of grades, and the items of an `evidence` entry in both directions. Pure. */
#include "domain/grade.h"

#define WORD(text)                                                                                                     \
    {                                                                                                                  \
        (text), sizeof(text) - 1                                                                                       \
    }
static const struct jk_span words[JK_GRADES] = {
    [JK_GRADE_CONTRADICTED] = WORD("contradicted"),
    [JK_GRADE_NONE] = WORD("none"),
    [JK_GRADE_SHAPE] = WORD("shape"),
    [JK_GRADE_PART] = WORD("part"),
    [JK_GRADE_KIN] = WORD("kin"),
    [JK_GRADE_NEAR] = WORD("near"),
    [JK_GRADE_SAME] = WORD("same"),
};
#undef WORD

const char *jk_grade_text(enum jk_grade grade)
{
    return (unsigned)grade < JK_GRADES ? words[grade].at : "";
}

bool jk_grade_parse(struct jk_span text, enum jk_grade *out_grade)
{
    for (int i = 0; i < JK_GRADES; i++) {
        if (!jk_span_equal(text, words[i])) continue;
        *out_grade = (enum jk_grade)i;
        return true;
    }
    return false;
}

void jk_graded_write(const struct jk_graded *graded, struct jk_text *out)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&graded->parent, hex);
    jk_text_addf(out, "%s=%s/%u/%u/%u/%u", hex, jk_grade_text(graded->grade), graded->equal, graded->near, graded->kin,
                 graded->comparable);
}

static bool read_item(struct jk_span item, struct jk_graded *out)
{
    struct jk_span hash, grade, share;
    if (!jk_span_cut(&item, '=', &hash) || !jk_digest_parse(hash, &out->parent)) return false;
    if (!jk_span_cut(&item, '/', &grade) || !jk_grade_parse(grade, &out->grade)) return false;
    uint32_t *const shares[] = {&out->equal, &out->near, &out->kin, &out->comparable};
    for (size_t i = 0; i < 4; i++) {
        uint64_t value;
        if (jk_span_cut(&item, '/', &share) != (i < 3) || !jk_span_to_u64(share, &value) || value > JK_SHARE_ALL)
            return false;
        *shares[i] = (uint32_t)value;
    }
    return out->equal <= out->near && out->near <= out->kin && out->kin <= out->comparable;
}

bool jk_graded_next(struct jk_span *list, struct jk_graded *out_graded, const char **out_fault)
{
    *out_fault = NULL;
    if (list->len == 0) return false;
    struct jk_span item;
    bool more = jk_span_cut(list, ' ', &item);
    if (read_item(item, out_graded) && (!more || list->len > 0)) return true;
    *out_fault = "must give each parent as <hash>=<grade>/<equal>/<near>/<kin>/<comparable>, shares from 0 to 10000";
    return false;
}
