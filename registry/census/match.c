/* See match.h. */
#include "census/match.h"

/* By the newest observation under that id, or of the model of that name. */
static void match_observed(const struct jk_book *book, uint32_t slot, struct jk_span identity,
                           struct jk_match *out_match)
{
    const struct jk_observation *seen = jk_book_observation(book, slot);
    bool other = identity.len > 0 && seen->identity.len > 0 && !jk_span_equal(identity, seen->identity);
    out_match->observation = slot;
    if (other)
        out_match->before = seen->identity;
    else
        out_match->model = seen->model;
}

void jk_match_repository(const struct jk_book *book, struct jk_span hub, struct jk_span id, struct jk_span identity,
                         uint32_t n, struct jk_match *out_match)
{
    *out_match = (struct jk_match){.model = JK_NONE, .observation = jk_book_observed(book, hub, identity, n)};
    if (out_match->observation != JK_NONE) {
        out_match->by_identity = true;
        out_match->model = jk_book_observation(book, out_match->observation)->model;
        return;
    }
    uint32_t named = jk_book_find_model(book, id, n), slot = jk_book_observed_id(book, hub, id, n);
    if (slot == JK_NONE && named != JK_NONE) slot = jk_book_last_observation(book, named, n);
    if (slot != JK_NONE)
        match_observed(book, slot, identity, out_match);
    else
        out_match->model = named;
}
