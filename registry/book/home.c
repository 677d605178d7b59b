/* See home.h. */
#include "book/home.h"

#include <stdio.h>

#include "domain/ident.h"

const struct jk_namespace *jk_book_namespace_on(const struct jk_book *book, struct jk_span hub, struct jk_span id,
                                                uint32_t n)
{
    char organisation[JK_EXTERNAL_MAX + 1];
    struct jk_span part, name;
    jk_ident_split(id, &part, &name);
    int len = snprintf(organisation, sizeof organisation, "%.*s/%.*s", JK_SPAN_ARG(hub), JK_SPAN_ARG(part));
    if (len < 0 || (size_t)len >= sizeof organisation) return NULL;
    return jk_book_namespace_of(book, (struct jk_span){organisation, (size_t)len}, n);
}

bool jk_book_may_speak_for(const struct jk_book *book, uint32_t publisher, struct jk_span hub, struct jk_span id,
                           uint32_t n)
{
    if (!jk_book_is_claimed(book, publisher, n)) return true;
    const struct jk_namespace *held = jk_book_namespace_on(book, hub, id, n);
    return held && held->holder == publisher;
}
