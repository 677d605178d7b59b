/* What a challenge text shows of a release toward each of its parents: the grades of registry/formats/evidence.md, in
 * words for people and as JSON. One thread; memory in the run's arena. */
#ifndef JK_CLI_CHALLENGE_GRADES_H
#define JK_CLI_CHALLENGE_GRADES_H

#include <jansson.h>

#include "cli/attesting.h"
#include "weights/challenge_text.h"

struct jk_challenge_grade {
    const struct jk_attested *parent;
    struct jk_graded graded;
    bool proven; /* its weights are in the text: what is not compared has no grade */
};

/* One for each parent, in the statement's order; *out_count is 0 for a release without parents. */
JK_MUST_USE enum jk_status jk_challenge_grades(const struct jk_attesting *attesting,
                                               const struct jk_challenge_text *text,
                                               struct jk_challenge_grade **out_grades, size_t *out_count);
/* What a grade toward a declared parent says, in a few words. */
const char *jk_grade_says(enum jk_grade grade);
void jk_challenge_grades_print(struct jk_cli *cli, const struct jk_challenge_grade *grades, size_t count);
json_t *jk_challenge_grades_json(const struct jk_challenge_grade *grades, size_t count);

#endif
