/* Reading a policy, line by line; see trust.h. Judging a checkpoint by it is trust_verdict.c's. */
#include "tlog/trust.h"

#include "tlog/note_inside.h"

#define SHORT     256
#define WORDS_MAX (3 + JK_TRUST_WITNESSES + JK_TRUST_GROUPS)

struct reading {
    struct jk_trust *policy;
    struct jk_arena *arena;
    struct jk_error *error;
    unsigned line;
    struct jk_span words[WORDS_MAX];
    size_t count;
    uint64_t used; /* members of any group */
    bool has_quorum;
};

static enum jk_status wrong_value(struct reading *reading, struct jk_span value, const char *rule)
{
    char shown[SHORT];

    jk_text_shorten(value, shown, sizeof(shown));
    return jk_fail(reading->error, JK_INVALID_ARGUMENT, "TRUST_MALFORMED", "line %u of the policy: \"%s\" %s",
                   reading->line, shown, rule);
}

static enum jk_status keep_word(struct reading *reading, struct jk_span word, const char **out_text)
{
    if (word.len > JK_TRUST_WORD_MAX) return wrong_value(reading, word, "is too long: at most 1,024 bytes are allowed");
    *out_text = jk_arena_copy(reading->arena, word.at, word.len);
    if (*out_text) return JK_OK;
    return jk_out_of_memory(reading->error);
}

static enum jk_status keep_url(struct reading *reading, size_t at, const char **out_url)
{
    *out_url = NULL;
    return at < reading->count ? keep_word(reading, reading->words[at], out_url) : JK_OK;
}

static enum jk_status count_words(struct reading *reading, size_t least, size_t most, const char *form)
{
    if (reading->count >= least && reading->count <= most) return JK_OK;
    return wrong_value(reading, reading->words[0], form);
}

/* A witness's or group's number; false if there is no such name. */
static bool find_member(const struct jk_trust *policy, struct jk_span name, uint32_t *out_number)
{
    for (uint32_t i = 0; i < policy->witness_count; i++) {
        *out_number = i;
        if (jk_span_equal(jk_span_of(policy->witnesses[i].name), name)) return true;
    }
    for (uint32_t i = 0; i < policy->group_count; i++) {
        *out_number = JK_TRUST_WITNESSES + i;
        if (jk_span_equal(jk_span_of(policy->groups[i].name), name)) return true;
    }
    return false;
}

static enum jk_status keep_name(struct reading *reading, struct jk_span name, const char **out_name)
{
    uint32_t taken;

    if (jk_span_equal(name, JK_SPAN("none")))
        return wrong_value(reading, name, "cannot be used as a name: it stands for no witness at all");
    if (find_member(reading->policy, name, &taken)) return wrong_value(reading, name, "is the name of an earlier line");
    return keep_word(reading, name, out_name);
}

static enum jk_status read_log(struct reading *reading)
{
    struct jk_trust *policy = reading->policy;
    struct jk_trust_log log;

    JK_TRY(count_words(reading, 2, 3, "takes a verifier key and, optionally, a URL"));
    if (policy->log_count == JK_TRUST_LOGS)
        return wrong_value(reading, reading->words[1], "is one log too many: at most 32");
    if (!jk_verifier_parse(reading->words[1], &log.key))
        return wrong_value(reading, reading->words[1],
                           "is not a log's key: <name>+<key id>+<base64> of an Ed25519 key (type 0x01) is needed");
    for (uint32_t i = 0; i < policy->log_count; i++) {
        if (memcmp(policy->logs[i].key.public_key, log.key.public_key, sizeof(policy->logs[i].key.public_key)) == 0)
            return wrong_value(reading, reading->words[1], "has the public key of an earlier log");
    }
    JK_TRY(keep_url(reading, 2, &log.url));
    policy->logs[policy->log_count++] = log;
    return JK_OK;
}

/* A log's key (type 0x01) as a witness's is a mistake; any other type may be a future kind of witness key. */
static bool read_witness_key(struct jk_span word, struct jk_trust_witness *witness)
{
    if (!jk_foreign_key_parse(word, &witness->type, &witness->digest)) return false;
    witness->foreign = witness->type != JK_TYPE_COSIGNER;
    return witness->foreign ? witness->type != JK_TYPE_ED25519 : jk_cosigner_parse(word, &witness->cosigner);
}

static enum jk_status read_witness(struct reading *reading)
{
    struct jk_trust *policy = reading->policy;
    struct jk_trust_witness witness = {.foreign = false};

    JK_TRY(count_words(reading, 3, 4, "takes a name, a cosigner's key and, optionally, a URL"));
    if (policy->witness_count == JK_TRUST_WITNESSES)
        return wrong_value(reading, reading->words[1], "is one witness too many: at most 32");
    JK_TRY(keep_name(reading, reading->words[1], &witness.name));
    if (!read_witness_key(reading->words[2], &witness))
        return wrong_value(
            reading, reading->words[2],
            "is not a witness's key: <name>+<key id>+<base64> of an Ed25519 cosigner (type 0x04) is needed");
    for (uint32_t i = 0; i < policy->witness_count; i++) {
        if (jk_digest_equal(&policy->witnesses[i].digest, &witness.digest))
            return wrong_value(reading, reading->words[2], "has the public key of an earlier witness");
    }
    JK_TRY(keep_url(reading, 3, &witness.url));
    policy->witnesses[policy->witness_count++] = witness;
    return JK_OK;
}

static enum jk_status read_least(struct reading *reading, size_t members, uint32_t *out_least)
{
    struct jk_span word = reading->words[2];
    uint64_t least;

    if (jk_span_equal(word, JK_SPAN("any")))
        least = 1;
    else if (jk_span_equal(word, JK_SPAN("all")))
        least = members;
    else if (!jk_span_to_u64(word, &least) || least < 1 || least > members)
        return wrong_value(reading, word, "must be any, all, or a number from 1 to the number of members");
    *out_least = (uint32_t)least;
    return JK_OK;
}

static enum jk_status read_group(struct reading *reading)
{
    struct jk_trust *policy = reading->policy;
    struct jk_trust_group group = {0};

    JK_TRY(count_words(reading, 4, WORDS_MAX, "takes a name, any, all or a number, and at least one member"));
    if (policy->group_count == JK_TRUST_GROUPS)
        return wrong_value(reading, reading->words[1], "is one group too many: at most 32");
    JK_TRY(keep_name(reading, reading->words[1], &group.name));
    JK_TRY(read_least(reading, reading->count - 3, &group.least));
    for (size_t i = 3; i < reading->count; i++) {
        /* a name may be a member only once, across all groups, so that a witness counts only once */
        uint32_t number;
        if (!find_member(reading->policy, reading->words[i], &number))
            return wrong_value(reading, reading->words[i], "is not a witness or group of an earlier line");
        if (reading->used & (uint64_t)1 << number)
            return wrong_value(reading, reading->words[i], "is a member of a group already");
        reading->used |= (uint64_t)1 << number;
        group.members |= (uint64_t)1 << number;
    }
    policy->groups[policy->group_count++] = group;
    return JK_OK;
}

static enum jk_status read_quorum(struct reading *reading)
{
    JK_TRY(count_words(reading, 2, 2, "takes one name, or none"));
    if (reading->has_quorum) return wrong_value(reading, reading->words[1], "is a second quorum: give one");
    reading->has_quorum = true;
    if (jk_span_equal(reading->words[1], JK_SPAN("none"))) return JK_OK;
    if (find_member(reading->policy, reading->words[1], &reading->policy->quorum)) return JK_OK;
    return wrong_value(reading, reading->words[1], "is not a witness or group of an earlier line");
}

static enum jk_status split_line(struct reading *reading, struct jk_span line)
{
    reading->count = 0;
    for (size_t at = 0; at < line.len;) {
        size_t from = at;

        while (at < line.len && line.at[at] != ' ' && line.at[at] != '\t')
            at++;
        if (at > from && line.at[from] == '#' && reading->count == 0) return JK_OK;
        if (at > from && reading->count == WORDS_MAX) return wrong_value(reading, line, "has too many words");
        if (at > from) reading->words[reading->count++] = (struct jk_span){line.at + from, at - from};
        if (at < line.len) at++;
    }
    return JK_OK;
}

static enum jk_status read_policy_line(struct reading *reading, struct jk_span line)
{
    static const struct {
        struct jk_span word;
        enum jk_status (*read)(struct reading *reading);
    } kinds[] = {{JK_SPAN("log"), read_log},
                 {JK_SPAN("witness"), read_witness},
                 {JK_SPAN("group"), read_group},
                 {JK_SPAN("quorum"), read_quorum}};

    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.at[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return wrong_value(reading, line, "holds a control character: remove it");
    }
    JK_TRY(split_line(reading, line));
    if (reading->count == 0) return JK_OK;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (jk_span_equal(reading->words[0], kinds[i].word)) return kinds[i].read(reading);
    }
    return wrong_value(reading, reading->words[0],
                       "does not begin a line of a policy: log, witness, group and quorum do");
}

static enum jk_status read_trust(struct reading *reading, struct jk_span text)
{
    struct jk_span line;

    if (text.len > 0 && text.at[text.len - 1] != '\n')
        return jk_fail(reading->error, JK_INVALID_ARGUMENT, "TRUST_MALFORMED",
                       "the policy's last line does not end in a line feed: it may be cut short");
    while (jk_span_line(&text, &line)) {
        reading->line++;
        JK_TRY(read_policy_line(reading, line));
    }
    if (reading->has_quorum) return JK_OK;
    return jk_fail(reading->error, JK_INVALID_ARGUMENT, "TRUST_MALFORMED",
                   "the policy has no quorum line: add \"quorum <name>\", or \"quorum none\"");
}

enum jk_status jk_trust_read(struct jk_span text, struct jk_arena *arena, const struct jk_trust **out_policy,
                             struct jk_error *error)
{
    struct reading reading = {.arena = arena, .error = error};

    if (text.len > JK_TRUST_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "TRUST_MALFORMED",
                       "the policy has %zu bytes; at most %d are allowed: shorten it", text.len, JK_TRUST_MAX);
    reading.policy = jk_arena_zalloc(arena, 1, sizeof(*reading.policy));
    if (!reading.policy) return jk_out_of_memory(error);
    reading.policy->quorum = JK_TRUST_NOBODY;
    JK_TRY(read_trust(&reading, text));
    *out_policy = reading.policy;
    return JK_OK;
}
