/* Grades: how far a model's weights bear out that it was made from a parent. Pure. Source: registry/formats/entry.md for
 * the words and items, registry/formats/evidence.md for when a grade is given. */
#ifndef JK_DOMAIN_GRADE_H
#define JK_DOMAIN_GRADE_H

#include "base/digest.h"
#include "base/text.h"

/* From the weakest to the strongest. */
enum jk_grade {
    JK_GRADE_CONTRADICTED, /* comparable, and nothing in common */
    JK_GRADE_NONE,         /* not comparable, or there is nothing to compare */
    JK_GRADE_SHAPE,        /* an adapter or packed quantization whose shapes fit the parent's */
    JK_GRADE_PART,         /* a part is kin */
    JK_GRADE_KIN,
    JK_GRADE_NEAR, /* nearly equal: a short training, a conversion or noise */
    JK_GRADE_SAME,
    JK_GRADES
};

#define JK_SHARE_ALL  10000u /* shares are in hundredths of a per cent */
#define JK_GRADED_MAX 64     /* parents in one entry: as many as a release may have */
#define JK_NEAR_MAX   32     /* nearly equal releases in one entry */

/* Toward one parent: an item of an `evidence` entry. */
struct jk_graded {
    struct jk_digest parent; /* lineage hash */
    enum jk_grade grade;
    uint32_t equal, near, kin, comparable; /* shares of the child's elements; near includes equal, kin both */
};

const char *jk_grade_text(enum jk_grade grade);
bool jk_grade_parse(struct jk_span text, enum jk_grade *out_grade);

/* Appends `<hash>=<grade>/<equal>/<near>/<kin>/<comparable>`. */
void jk_graded_write(const struct jk_graded *graded, struct jk_text *out);
/* Takes the next item off a list separated by single spaces; false at its end, or with *out_fault (the end of a
 * sentence) where the item is not canonical. */
bool jk_graded_next(struct jk_span *list, struct jk_graded *out_graded, const char **out_fault);

#endif
