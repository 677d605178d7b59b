/* Policies and cosignatures from anybody. Input: a checkpoint, a NUL and a policy, or a policy alone. What is accepted
 * holds the rules; what is refused says why. */
#include "base/check.h"
#include "base/defer.h"
#include "support/cosigner.h"
#include "tlog/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char cosigner_key[] = "witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";

static void check_groups(const struct jk_trust *policy)
{
    uint64_t used = 0;

    for (uint32_t i = 0; i < policy->group_count; i++) {
        const struct jk_trust_group *group = &policy->groups[i];
        uint64_t defined =
            (((uint64_t)1 << policy->witness_count) - 1) | ((((uint64_t)1 << i) - 1) << JK_TRUST_WITNESSES);

        JK_CHECK(group->least >= 1 && group->least <= (uint32_t)__builtin_popcountll(group->members));
        JK_CHECK((group->members & ~defined) == 0 && (group->members & used) == 0);
        used |= group->members;
    }
}

/* More cosignatures never break a quorum. */
static void check_quorum(const struct jk_trust *policy)
{
    bool before = jk_trust_quorum(policy, 0);

    JK_CHECK(before == (policy->quorum == JK_TRUST_NOBODY));
    for (uint32_t i = 0; i < policy->witness_count; i++) {
        bool now = jk_trust_quorum(policy, (uint32_t)(((uint64_t)2 << i) - 1));

        JK_CHECK(now || !before);
        before = now;
    }
    JK_CHECK(jk_trust_quorum(policy, UINT32_MAX));
}

static void try_policy(struct jk_span text, struct jk_span note)
{
    const struct jk_trust *policy;
    struct jk_trust_verdict verdict;
    struct jk_arena arena;
    struct jk_error error;
    enum jk_status status;

    jk_arena_init(&arena, 1 << 20);
    jk_error_init(&error, NULL);
    status = jk_trust_read(text, &arena, &policy, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    if (status == JK_OK) {
        check_groups(policy);
        check_quorum(policy);
        if (jk_trust_check(policy, note, NULL, &verdict, &error) == JK_OK)
            JK_CHECK(verdict.quorum && jk_trust_quorum(policy, verdict.cosigned) &&
                     (verdict.cosigned & jk_trust_foreign(policy)) == 0 && jk_trust_reachable(policy));
    }
    jk_arena_done(&arena);
}

static void try_cosigner(struct jk_span input)
{
    JK_CLEANUP(jk_text_done) struct jk_text text = {0};
    struct jk_cosigner cosigner;

    if (!jk_cosigner_parse(input, &cosigner)) return;
    cosigner_write(&cosigner, &text);
    JK_CHECK(!text.failed && jk_span_equal(jk_text_span(&text), input));
}

static void try_cosignature(struct jk_span input)
{
    struct jk_cosignature found;
    struct jk_cosigner cosigner;
    struct jk_span body, lines;
    struct jk_error error;

    jk_error_init(&error, NULL);
    JK_CHECK(jk_cosigner_parse(JK_SPAN(cosigner_key), &cosigner));
    if (jk_note_open(input, &body, &lines, &error) != JK_OK) {
        body = (struct jk_span){input.at, 0};
        lines = input;
    }
    jk_error_init(&error, NULL);
    if (jk_cosignature_verify(body, lines, &cosigner, &found, &error) != JK_OK) return;
    JK_CHECK(found.time_s > 0 && found.line.at >= lines.at && jk_span_ends(found.line, JK_SPAN("\n")));
    JK_CHECK(found.line.at + found.line.len <= lines.at + lines.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span input = {(const char *)data, size}, note;

    jk_digest_setup();
    if (!jk_span_cut(&input, '\0', &note)) {
        input = note;
        note.len = 0;
    }
    try_policy(input, note);
    try_cosignature(note.len > 0 ? note : input);
    try_cosigner(input);
    return 0;
}
