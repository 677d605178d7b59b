/* See observed.h. */
#include "service/records/observed.h"

static Jokbo__V1__ObservedState to_state(enum jk_observed state)
{
    static const Jokbo__V1__ObservedState states[] = {
        [JK_OBSERVED_PRESENT] = JOKBO__V1__OBSERVED_STATE__OBSERVED_STATE_PRESENT,
        [JK_OBSERVED_MOVED] = JOKBO__V1__OBSERVED_STATE__OBSERVED_STATE_MOVED,
        [JK_OBSERVED_ABSENT] = JOKBO__V1__OBSERVED_STATE__OBSERVED_STATE_ABSENT};
    return states[state];
}

static uint32_t later(uint32_t a, uint32_t b)
{
    return a == JK_NONE || (b != JK_NONE && b > a) ? b : a;
}

/* The newest complete run over a base model, or over any of those that a derivative descends from. */
static uint32_t last_run(const struct jk_present *present, uint32_t model, struct jk_span hub)
{
    const struct jk_book *book = present->book;
    const struct jk_spell *spell = NULL;
    uint32_t found = JK_NONE;
    if (jk_book_base(book, model, present->size)) found = jk_book_last_census(book, hub, model, present->size);
    while ((spell = jk_book_spell(book, model, present->size, spell)) != NULL)
        found = later(found, jk_book_last_census(book, hub, spell->root, present->size));
    return found;
}

Jokbo__V1__Observation *jk_present_observation(const struct jk_present *present, uint32_t model)
{
    const struct jk_book *book = present->book;
    uint32_t slot = jk_book_last_observation(book, model, present->size);
    Jokbo__V1__Observation *out =
        slot == JK_NONE ? NULL : JK_MESSAGE(present->arena, Jokbo__V1__Observation, jokbo__v1__observation);
    if (!out) return NULL;
    const struct jk_observation *seen = jk_book_observation(book, slot);
    uint32_t run = last_run(present, model, seen->hub);
    out->hub = jk_to_string(present->arena, seen->hub);
    out->id = jk_to_string(present->arena, seen->id);
    out->state = to_state(seen->state);
    out->moved_to = jk_to_string(present->arena, seen->to);
    out->revision = jk_to_string(present->arena, seen->revision);
    out->record_sha256 = jk_to_hex(present->arena, &seen->record);
    out->listing_sha256 = jk_to_hex(present->arena, &seen->listing);
    out->log_index = seen->from;
    out->observe_time = jk_to_timestamp(present->arena, jk_book_time(book, seen->from));
    if (run != JK_NONE)
        out->census_time = jk_to_timestamp(present->arena, jk_book_time(book, jk_book_census(book, run)->from));
    out->hub_create_time = jk_to_timestamp(present->arena, seen->created_us);
    out->hub_update_time = jk_to_timestamp(present->arena, seen->modified_us);
    return out;
}
