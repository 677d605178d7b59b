/* See ceiling.h. The walk goes up and comes back with what was met, as a bit for each permission; so it needs a stack
 * of its own, since lineages may be long. */
#include "book/ceiling.h"

#include <stdlib.h>

#include "book/book_ask.h"
#include "book/book_internal.h"

struct jk_ceiling_row {
    bool known;
    uint8_t met[JK_PERMISSION_KINDS];
};

struct jk_ceiling_step {
    uint32_t release, parent; /* the next parent to look at */
};

void jk_ceiling_init(struct jk_ceiling *ceiling, const struct jk_book *book, const struct jk_policy *policy, uint32_t n)
{
    *ceiling = (struct jk_ceiling){.book = book,
                                   .n = n,
                                   .declared = jk_policy_has(policy, JK_REASON_ADOPTED_PATH),
                                   .verified = jk_policy_has(policy, JK_REASON_UNVERIFIED)};
}

void jk_ceiling_done(struct jk_ceiling *ceiling)
{
    free(ceiling->above);
    free(ceiling->given);
    free(ceiling->steps);
}

static bool make_room(struct jk_ceiling *ceiling)
{
    size_t releases = (size_t)ceiling->book->releases.count + 1;
    if (ceiling->steps) return true;
    ceiling->above = calloc(releases, sizeof *ceiling->above);
    ceiling->given = calloc((size_t)ceiling->book->licenses.count + 1, sizeof *ceiling->given);
    ceiling->steps = malloc(releases * sizeof *ceiling->steps);
    return ceiling->above && ceiling->given && ceiling->steps;
}

bool jk_ceiling_has_say(const struct jk_ceiling *ceiling, uint32_t model)
{
    return !ceiling->verified || jk_book_base(ceiling->book, model, ceiling->n) ||
           jk_book_name_is_verified(ceiling->book, model, ceiling->n);
}

/* The entry since which what decides about it at a size has been as it is then: its name, a verification, the roster. */
static uint32_t decided_since(const struct jk_book *book, uint32_t model, uint32_t size)
{
    const struct jk_alias *alias = jk_book_alias(book, model, size);
    uint32_t since = alias->from, base = jk_book_model(book, model)->base_history;
    uint32_t verified = jk_book_switched_since(book, jk_book_publisher(book, alias->publisher)->verified_history, size);
    if (verified != JK_NONE && verified > since) since = verified;
    for (const struct jk_base_facts *facts; base != JK_NONE; base = facts->older) {
        facts = jk_chunks_at(&book->base_facts, base);
        if (facts->from >= size) continue;
        return facts->from > since ? facts->from : since;
    }
    return since;
}

uint32_t jk_ceiling_last_say(const struct jk_ceiling *ceiling, uint32_t model, uint32_t after, uint32_t until)
{
    struct jk_ceiling then = *ceiling;
    uint32_t registered = jk_book_model(ceiling->book, model)->index;
    if (registered > after) after = registered; /* below an adoption */
    for (then.n = until; then.n > after; then.n = decided_since(ceiling->book, model, then.n))
        if (jk_ceiling_has_say(&then, model)) return then.n;
    return JK_NONE;
}

/* What a licence permits, as a bit of each kind. */
static const struct jk_ceiling_row *given_by(struct jk_ceiling *ceiling, uint32_t license)
{
    enum jk_permission permissions[JK_PERMISSION_KINDS];
    struct jk_ceiling_row *row = &ceiling->given[license];
    if (row->known) return row;
    jk_book_permissions(ceiling->book, jk_book_license_text(ceiling->book, license), ceiling->n, permissions);
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        row->met[kind] = (uint8_t)(1u << permissions[kind]);
    row->known = true;
    return row;
}

static void add(const struct jk_ceiling_row *more, struct jk_ceiling_row *row)
{
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        row->met[kind] |= more->met[kind];
}

/* An ancestor of which all is known adds what is over it; and what it gives itself, if it has a say. */
static void add_ancestor(struct jk_ceiling *ceiling, uint32_t ancestor, struct jk_ceiling_row *row)
{
    const struct jk_release *release = &jk_release_row(ceiling->book, ancestor)->pub;
    add(&ceiling->above[ancestor], row);
    if (jk_ceiling_has_say(ceiling, release->model)) add(given_by(ceiling, release->license), row);
}

/* A release is on the way up once at most, since none descends from itself. */
static void walk(struct jk_ceiling *ceiling, uint32_t release)
{
    uint32_t depth = 1;
    ceiling->steps[0] = (struct jk_ceiling_step){release, 0};
    while (depth > 0) {
        struct jk_ceiling_step *step = &ceiling->steps[depth - 1];
        const struct jk_release *from = &jk_release_row(ceiling->book, step->release)->pub;
        if (step->parent == from->parent_count) {
            ceiling->above[step->release].known = true;
            depth--;
            continue;
        }
        const struct jk_parent *parent = &from->parents[step->parent];
        uint32_t above = jk_book_parent_above(ceiling->book, parent, ceiling->declared, ceiling->n);
        if (above != JK_NONE && !ceiling->above[above].known) {
            ceiling->steps[depth++] = (struct jk_ceiling_step){above, 0};
            continue;
        }
        if (above != JK_NONE) add_ancestor(ceiling, above, &ceiling->above[step->release]);
        step->parent++;
    }
}

bool jk_ceiling_permits_less(struct jk_ceiling *ceiling, uint32_t ancestor, uint32_t release)
{
    const struct jk_ceiling_row *own = given_by(ceiling, jk_release_row(ceiling->book, release)->pub.license);
    const struct jk_ceiling_row *theirs = given_by(ceiling, jk_release_row(ceiling->book, ancestor)->pub.license);
    uint8_t child[JK_PERMISSION_KINDS];
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        for (child[kind] = 0; !(own->met[kind] >> child[kind] & 1);)
            child[kind]++;
    return jk_book_license_flags(child, theirs->met) & JK_FLAG_KNOWN_CONFLICT;
}

bool jk_ceiling_conflicts(struct jk_ceiling *ceiling, uint32_t release, bool *out_conflicts)
{
    enum jk_permission own[JK_PERMISSION_KINDS];
    uint8_t child[JK_PERMISSION_KINDS];
    if (!make_room(ceiling)) return false;
    if (!ceiling->above[release].known) walk(ceiling, release);
    jk_book_permissions(ceiling->book,
                        jk_book_license_text(ceiling->book, jk_release_row(ceiling->book, release)->pub.license),
                        ceiling->n, own);
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        child[kind] = (uint8_t)own[kind];
    *out_conflicts = jk_book_license_flags(child, ceiling->above[release].met) & JK_FLAG_KNOWN_CONFLICT;
    return true;
}
