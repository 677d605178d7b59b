/* Licences of ancestors as rule set 2 reads them, slowly: every ancestor looked at for every question. Included by
 * slow_standing.h only. Rules: registry/formats/policy.md. */
#ifndef JK_TESTS_SLOW_LIMITS_H
#define JK_TESTS_SLOW_LIMITS_H

#include "book/book_ask.h"
#include "book/standing.h"

#define PAIRS 4096

static uint64_t unheard_limits; /* conflicts with nobody but ancestors that have no say */

static uint32_t parent_of(const struct jk_book *book, const struct jk_parent *parent, bool declared, uint32_t n)
{
    if (!parent->external) return parent->slot;
    const struct jk_adoption *adoption = declared ? NULL : jk_book_adoption_of(book, parent->slot, n);
    if (!adoption) return JK_NONE;
    uint32_t deciding = jk_book_deciding(book, adoption->model, n);
    return deciding == JK_NONE ? jk_book_newest(book, adoption->model, n) : deciding;
}

static bool is_verified_at(const struct jk_book *book, uint32_t release, uint32_t n)
{
    uint32_t model = jk_book_release(book, release)->model;
    return jk_book_is_verified(book, jk_book_alias(book, model, n)->publisher, n);
}

static void permissions_of(const struct jk_book *book, uint32_t release, uint32_t n, enum jk_permission *out)
{
    jk_book_permissions(book, jk_book_license_text(book, jk_book_release(book, release)->license), n, out);
}

struct limits {
    const struct jk_book *book;
    const struct jk_policy *policy;
    uint32_t n, release;
    uint32_t size; /* at which it binds, or not */
    bool seen[PAIRS];
};

static bool binds(const struct limits *of, uint32_t above)
{
    uint32_t model = jk_book_release(of->book, above)->model;
    if (!jk_policy_has(of->policy, JK_REASON_UNVERIFIED)) return true;
    if (jk_book_model(of->book, model)->index >= of->size) return false; /* below an adoption: it came later */
    return is_verified_at(of->book, above, of->size) || jk_book_base(of->book, model, of->size);
}

/* Whether any above permits less, of those that bind. */
static bool is_limited(struct limits *of, uint32_t from)
{
    enum jk_permission own[JK_PERMISSION_KINDS], theirs[JK_PERMISSION_KINDS];
    const struct jk_release *release = jk_book_release(of->book, from);
    bool found = false;
    permissions_of(of->book, of->release, of->n, own);
    for (uint32_t i = 0; i < release->parent_count; i++) {
        uint32_t above =
            parent_of(of->book, &release->parents[i], jk_policy_has(of->policy, JK_REASON_ADOPTED_PATH), of->n);
        if (above == JK_NONE || of->seen[above]) continue;
        of->seen[above] = true;
        found = is_limited(of, above) || found;
        if (!binds(of, above)) continue;
        permissions_of(of->book, above, of->n, theirs);
        found = found || theirs[JK_MAY_DERIVE] == JK_PERMISSION_NO;
        for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
            found = found || (own[kind] != JK_PERMISSION_UNKNOWN && theirs[kind] != JK_PERMISSION_UNKNOWN &&
                              own[kind] > theirs[kind]);
    }
    return found;
}

static bool conflicts(const struct jk_book *book, const struct jk_standing_query *query, const struct jk_spell *spell)
{
    static struct limits of;
    of = (struct limits){
        .book = book, .policy = query->policy, .n = query->n, .release = spell->release, .size = query->n};
    bool found = is_limited(&of, spell->release);
    bool declared = jk_policy_has(query->policy, JK_REASON_ADOPTED_PATH);
    unheard_limits += !found && spell->flags & (declared ? JK_FLAG_DECLARED_KNOWN_CONFLICT : JK_FLAG_KNOWN_CONFLICT);
    return found;
}

#endif
