/* See ready.h. */
#include "service/evaluate/ready.h"

/* A row for each file; tests/integration/test_stages.py tries every one. */
#define READY_POLICIES(row)                                                                                            \
    row(census) row(competition) row(direct) row(evidence) row(hub_like) row(independent) row(open_source) row(strict)

#define DECLARE(name)                                                                                                  \
    extern const unsigned char jk_data_policy_##name[];                                                                \
    extern const size_t jk_data_policy_##name##_len;
READY_POLICIES(DECLARE)

enum jk_status jk_ready_find(const char *name, bool *out_found, struct jk_digest *out_digest, uint32_t *out_version,
                             struct jk_error *error)
{
#define FILE_OF(name) {(const char *)jk_data_policy_##name, jk_data_policy_##name##_len},
    const struct jk_span files[] = {READY_POLICIES(FILE_OF)};
    *out_found = false;
    for (size_t i = 0; i < sizeof files / sizeof *files && !*out_found; i++) {
        struct jk_policy policy;
        JK_TRY(jk_policy_read(files[i], &policy, error));
        if (strcmp(policy.name, name) != 0) continue;
        *out_found = true;
        *out_digest = jk_policy_digest(&policy);
        *out_version = policy.version;
    }
    return JK_OK;
}
