/* See glance.h. */
#include "book/glance.h"

#include "book/book_internal.h"

bool jk_glance_take(struct jk_glance *glance, const struct jk_book *book, uint32_t release, uint32_t n)
{
    if (!jk_vouched_of(book, release)) return false;
    *glance = (struct jk_glance){
        .vouching = {.book = book, .n = n},
        .pair = {jk_book_release(book, release)->model, release, JK_NONE, JK_NONE},
        .screening = jk_book_last_screening(book, release, n),
    };
    glance->attested = jk_deciding_evidence(&glance->vouching, &glance->pair);
    return glance->screening != JK_NONE || jk_book_last_challenge(book, release, n) != JK_NONE;
}

bool jk_glance_screened(const struct jk_glance *glance, uint32_t parent, enum jk_grade *out_grade)
{
    if (glance->screening == JK_NONE) return false;
    *out_grade = (enum jk_grade)jk_book_evidence(glance->vouching.book, glance->screening)->grades[parent].grade;
    return true;
}

bool jk_glance_attested(const struct jk_glance *glance, uint32_t parent, enum jk_grade *out_grade)
{
    return glance->attested != JK_NONE &&
           jk_edge_grade(&glance->vouching, &glance->pair, glance->pair.release, parent, out_grade);
}

/* What is told of a parent, see jk_glance_weakest. */
static bool grade_toward(const struct jk_glance *glance, uint32_t parent, enum jk_grade *out_grade, bool *out_attested)
{
    enum jk_grade screened;
    *out_attested = jk_glance_attested(glance, parent, out_grade);
    if (*out_attested && *out_grade != JK_GRADE_NONE) return true;
    if (!jk_glance_screened(glance, parent, &screened) || (*out_attested && screened == JK_GRADE_NONE))
        return *out_attested;
    *out_grade = screened;
    *out_attested = false;
    return true;
}

bool jk_glance_weakest(const struct jk_glance *glance, enum jk_grade *out_grade, bool *out_attested)
{
    uint32_t parents = jk_book_release(glance->vouching.book, glance->pair.release)->parent_count;
    bool any = false;
    for (uint32_t i = 0; i < parents; i++) {
        enum jk_grade grade;
        bool attested;
        if (!grade_toward(glance, i, &grade, &attested)) continue;
        if (!any || grade < *out_grade || (grade == *out_grade && attested))
            *out_grade = grade, *out_attested = attested;
        any = true;
    }
    return any;
}

/* ---- roots ---- */

/* How strong a path is by its weakest edge. Between contradicted and none is unproven, which counts as none: where both
 * are the same, what is proven is told. */
enum strength { NO_PATH = -1, CONTRADICTED, UNPROVEN, PROVEN /* none; the better grades follow */ };

struct climb {
    const struct jk_vouching *vouching;
    const struct jk_vouched_pair *pair;
    struct {
        uint32_t release;
        int strength; /* of the best path to it found so far */
    } met[JK_GLANCE_RELEASES];
    uint32_t count;
    int best; /* of those that lead to the root */
    bool changed, full;
};

static int strength_of(const struct climb *climb, uint32_t release, uint32_t parent)
{
    enum jk_grade grade;
    if (!jk_edge_grade(climb->vouching, climb->pair, release, parent, &grade)) return UNPROVEN;
    return grade == JK_GRADE_CONTRADICTED ? CONTRADICTED : PROVEN + (int)grade - JK_GRADE_NONE;
}

static void reach_above(struct climb *climb, uint32_t release, int strength)
{
    for (uint32_t i = 0; i < climb->count; i++) {
        if (climb->met[i].release != release) continue;
        if (strength > climb->met[i].strength) climb->changed = true, climb->met[i].strength = strength;
        return;
    }
    if (climb->count == JK_GLANCE_RELEASES) {
        climb->full = true;
        return;
    }
    climb->met[climb->count].release = release;
    climb->met[climb->count++].strength = strength;
}

static void climb_from(struct climb *climb, uint32_t release, int strength)
{
    const struct jk_book *book = climb->vouching->book;
    const struct jk_release *facts = jk_book_release(book, release);
    for (uint32_t i = 0; i < facts->parent_count; i++) {
        uint32_t above = jk_book_parent_above(book, &facts->parents[i], false, climb->vouching->n);
        if (above == JK_NONE) continue;
        int edge = strength_of(climb, release, i), weakest = edge < strength ? edge : strength;
        uint32_t model = jk_book_release(book, above)->model;
        if (model == climb->pair->root) {
            if (weakest > climb->best) climb->best = weakest;
        } else if (!jk_book_base(book, model, climb->vouching->n)) {
            reach_above(climb, above, weakest);
        }
    }
}

/* Again as long as a better path was found to one that was climbed from already: strengths only rise, and are few. */
bool jk_glance_root(const struct jk_book *book, const struct jk_vouched_pair *pair, uint32_t n,
                    enum jk_grade *out_grade)
{
    const struct jk_vouching vouching = {.book = book, .n = n};
    struct climb climb = {.vouching = &vouching, .pair = pair, .best = NO_PATH};
    if (jk_book_attests(book, n) == 0) return false;
    climb.met[climb.count++].release = pair->release;
    climb.met[0].strength = PROVEN + JK_GRADE_SAME;
    do {
        climb.changed = false;
        for (uint32_t i = 0; i < climb.count && !climb.full; i++)
            climb_from(&climb, climb.met[i].release, climb.met[i].strength);
    } while (climb.changed && !climb.full);
    if (climb.full || climb.best == NO_PATH || climb.best == UNPROVEN) return false;
    *out_grade =
        climb.best == CONTRADICTED ? JK_GRADE_CONTRADICTED : (enum jk_grade)(climb.best - PROVEN + JK_GRADE_NONE);
    return true;
}
