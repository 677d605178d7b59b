/* Which entry of the log answers a challenge. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/span.h"
#include "cli/challenge_log.h"

static struct jk_entry said_by(enum jk_kind kind, enum jk_actor_type type, const char *name, uint64_t target)
{
    return (struct jk_entry){.kind = kind, .actor = {.type = type, .name = jk_span_of(name)}, .target = target};
}

static void test_its_own_verifier_answers(void **state)
{
    const struct jk_logged_challenge challenge = {.index = 41,
                                                  .entry = said_by(JK_KIND_CHALLENGE, JK_ACTOR_VERIFIER, "lab", 0)};
    struct jk_entry entry = said_by(JK_KIND_ATTEST, JK_ACTOR_VERIFIER, "lab", 41);
    (void)state;
    assert_true(jk_challenge_log_answers(&challenge, &entry));
    entry = said_by(JK_KIND_ATTEST, JK_ACTOR_VERIFIER, "lab", 40);
    assert_false(jk_challenge_log_answers(&challenge, &entry));
    entry = said_by(JK_KIND_ATTEST, JK_ACTOR_VERIFIER, "lab-2", 41);
    assert_false(jk_challenge_log_answers(&challenge, &entry));
    entry = said_by(JK_KIND_ATTEST, JK_ACTOR_TEAM, "lab", 41);
    assert_false(jk_challenge_log_answers(&challenge, &entry));
    entry = said_by(JK_KIND_CHALLENGE, JK_ACTOR_VERIFIER, "lab", 41);
    assert_false(jk_challenge_log_answers(&challenge, &entry));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_its_own_verifier_answers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
