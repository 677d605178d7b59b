/* Rosters and licence facts from anybody: read or refused; what is read can be packed, and is within the limits. */
#include "base/check.h"
#include "declare/rosterfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span input = {(const char *)data, size};
    struct jk_arena arena;
    struct jk_error error;
    const char *note;
    Jokbo__V1__ApplyRosterRequest roster = JOKBO__V1__APPLY_ROSTER_REQUEST__INIT;
    Jokbo__V1__ApplyRosterRequest licenses = JOKBO__V1__APPLY_ROSTER_REQUEST__INIT;
    jk_arena_init(&arena, 64u << 20);
    jk_error_init(&error, &arena);
    if (jk_roster_parse(input, &arena, &roster, &note, &error) == JK_OK) {
        JK_CHECK(roster.n_teams + roster.n_models + roster.n_operations <= JK_ROSTER_ITEMS_MAX);
        JK_CHECK(jokbo__v1__apply_roster_request__get_packed_size(&roster) <= 64 * (size + 64));
    } else {
        JK_CHECK(jk_error_is_set(&error));
    }
    jk_error_init(&error, &arena);
    if (jk_roster_parse_licenses(input, &arena, &licenses, &error) == JK_OK)
        JK_CHECK(licenses.n_licenses <= JK_ROSTER_ITEMS_MAX);
    jk_arena_done(&arena);
    return 0;
}
