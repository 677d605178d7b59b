/* See lookalike.h. */
#include "book/lookalike.h"

#include "domain/upstream.h"

static const char *const kinds[] = {
    [JK_RESERVED_PUBLISHER] = "a publisher on the roster",
    [JK_RESERVED_TEAM] = "the id of a K-AI team",
    [JK_RESERVED_COMPANY] = "the name of a K-AI company",
};

bool jk_lookalike_find(const struct jk_book *book, uint32_t n, struct jk_span name, struct jk_lookalike *out_found)
{
    const struct jk_reserved *reserved = jk_book_find_reserved(book, name, n);
    struct jk_span like = reserved ? reserved->text : jk_upstream_alike(name);
    if (!like.len) return false;
    *out_found = (struct jk_lookalike){.like = like,
                                       .what = reserved ? kinds[reserved->kind] : "an upstream organisation",
                                       .upstream = !reserved,
                                       .same = jk_span_equal_fold(like, name)};
    return true;
}

bool jk_lookalike_takes_approval(const struct jk_book *book, uint32_t n, struct jk_span name, bool registrar,
                                 struct jk_lookalike *out_found)
{
    return jk_lookalike_find(book, n, name, out_found) && !(registrar && out_found->upstream && out_found->same);
}

enum jk_status jk_lookalike_check(const struct jk_book *book, uint32_t n, struct jk_span name, bool registrar,
                                  struct jk_error *error)
{
    struct jk_lookalike found;
    if (!jk_lookalike_takes_approval(book, n, name, registrar, &found)) return JK_OK;
    jk_error_fact(error, "looks_like", "%.*s", JK_SPAN_ARG(found.like));
    return jk_fail(error, JK_FAILED_PRECONDITION, "NAME_RESERVED",
                   "The name \"%.*s\" %s \"%.*s\", %s; it takes an admin's approval: jokbo publisher request %.*s",
                   JK_SPAN_ARG(name), found.same ? "is that of" : "looks like", JK_SPAN_ARG(found.like), found.what,
                   JK_SPAN_ARG(name));
}
