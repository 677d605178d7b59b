/* Reading and writing policies. Each reason's parameters have one reader and one writer, in one table. */
#include "domain/policy.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"

#define MAGIC "jokbo/policy/v1"
#define WORDS 16

/* The words of one line. */
struct words {
    struct jk_span at[WORDS];
    size_t count, next;
};

static const char *const demand_words[JK_PERMISSION_KINDS] = {
    [JK_MAY_COMMERCIAL] = "commercial", [JK_MAY_DERIVE] = "derivatives", [JK_MAY_REDISTRIBUTE] = "redistribution"};

/* ---- parameters: read takes words and returns what is wrong with them, or NULL; write adds " word…" ---- */

static const char *read_number(struct words *words, uint32_t most, uint32_t *out)
{
    uint64_t value;
    if (words->next == words->count || !jk_span_to_u64(words->at[words->next++], &value) || value < 1 || value > most)
        return "needs a whole number of at least 1 after \"on\"";
    *out = (uint32_t)value;
    return NULL;
}

static const char *read_days(struct words *words, struct jk_policy *policy)
{
    const char *wrong = read_number(words, JK_POLICY_DAYS_MAX, &policy->gone_days);
    return wrong ? "needs a number of days from 1 to 365 after \"on\"" : NULL;
}

static void write_days(const struct jk_policy *policy, struct jk_text *out)
{
    jk_text_addf(out, " %u", policy->gone_days);
}

static const char *read_depth(struct words *words, struct jk_policy *policy)
{
    return read_number(words, JK_POLICY_DEPTH_MAX, &policy->depth);
}

static void write_depth(const struct jk_policy *policy, struct jk_text *out)
{
    jk_text_addf(out, " %u", policy->depth);
}

static const char *read_cap(struct words *words, struct jk_policy *policy)
{
    return read_number(words, JK_POLICY_CAP_MAX, &policy->cap);
}

static void write_cap(const struct jk_policy *policy, struct jk_text *out)
{
    jk_text_addf(out, " %u", policy->cap);
}

static const char *read_relations(struct words *words, struct jk_policy *policy)
{
    enum jk_relation relation;
    if (words->next == words->count) return "needs the relations that count after \"on\", such as finetune merge";
    for (; words->next < words->count; words->next++) {
        if (!jk_relation_parse(words->at[words->next], &relation)) return "names a relation that does not exist";
        if (policy->relations >> relation & 1) return "names a relation twice";
        policy->relations |= 1u << relation;
    }
    return NULL;
}

static void write_relations(const struct jk_policy *policy, struct jk_text *out)
{
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++)
        if (policy->relations >> i & 1) jk_text_addf(out, " %s", jk_relation_text((enum jk_relation)i));
}

static const char *read_demand(struct words *words, enum jk_permission *out)
{
    if (words->next == words->count || !jk_permission_parse(words->at[words->next++], out) || *out == JK_PERMISSION_NO)
        return "takes YES, CONDITIONAL or UNKNOWN after each of commercial, derivatives, redistribution";
    return NULL;
}

/* One of two words. */
static bool read_choice(struct words *words, const char *yes, const char *no, bool *out)
{
    if (words->next == words->count) return false;
    struct jk_span word = words->at[words->next++];
    *out = jk_span_equal(word, jk_span_of(yes));
    return *out || jk_span_equal(word, jk_span_of(no));
}

/* Since rule set 2, "unknown" has a word of its own, at the end. */
static const char *read_unknown_permits(struct words *words, struct jk_policy *policy)
{
    if (words->next < words->count && jk_span_equal(words->at[words->next++], JK_SPAN("unknown")) &&
        read_choice(words, "pass", "fail", &policy->unknown_permits))
        return NULL;
    return "needs unknown pass or unknown fail at its end";
}

static const char *read_demands(struct words *words, struct jk_policy *policy)
{
    const char *wrong = NULL;
    if (words->next == words->count) return "needs a requirement after \"on\", such as commercial CONDITIONAL";
    while (!wrong && words->next < words->count) {
        if (policy->rules > 1 && jk_span_equal(words->at[words->next], JK_SPAN("unknown"))) break;
        struct jk_span word = words->at[words->next++];
        int kind = 0;
        while (kind < JK_PERMISSION_KINDS && !jk_span_equal(word, jk_span_of(demand_words[kind])))
            kind++;
        if (kind == JK_PERMISSION_KINDS) return "knows commercial, derivatives and redistribution only";
        if (policy->demands[kind] != JK_PERMISSION_NO) return "has a requirement twice";
        wrong = read_demand(words, &policy->demands[kind]);
    }
    return wrong || policy->rules == 1 ? wrong : read_unknown_permits(words, policy);
}

static void write_demands(const struct jk_policy *policy, struct jk_text *out)
{
    for (int i = 0; i < JK_PERMISSION_KINDS; i++)
        if (policy->demands[i] != JK_PERMISSION_NO)
            jk_text_addf(out, " %s %s", demand_words[i], jk_permission_text(policy->demands[i]));
    if (policy->rules > 1) jk_text_add_str(out, policy->unknown_permits ? " unknown pass" : " unknown fail");
}

/* Rule set 1 knows only the claim, and has no word for it. */
static const char *read_artifact(struct words *words, struct jk_policy *policy)
{
    if (policy->rules == 1 || read_choice(words, "held", "claimed", &policy->held)) return NULL;
    return "needs held or claimed after \"on\"";
}

static void write_artifact(const struct jk_policy *policy, struct jk_text *out)
{
    if (policy->rules > 1) jk_text_add_str(out, policy->held ? " held" : " claimed");
}

static const char *read_unknown(struct words *words, struct jk_policy *policy)
{
    return read_choice(words, "unknown-passes", "unknown-fails", &policy->unknown_passes)
               ? NULL
               : "needs unknown-passes or unknown-fails after \"on\"";
}

static void write_unknown(const struct jk_policy *policy, struct jk_text *out)
{
    jk_text_add_str(out, policy->unknown_passes ? " unknown-passes" : " unknown-fails");
}

static const char *read_naming(struct words *words, struct jk_policy *policy)
{
    return read_choice(words, "lenient", "literal", &policy->lenient) ? NULL : "needs literal or lenient after \"on\"";
}

static void write_naming(const struct jk_policy *policy, struct jk_text *out)
{
    jk_text_add_str(out, policy->lenient ? " lenient" : " literal");
}

static const char *read_verifiers(struct words *words, struct jk_policy *policy)
{
    const char *wrong = read_number(words, JK_POLICY_VERIFIERS_MAX, &policy->verifiers);
    return wrong ? "needs how many verifiers must agree, from 1 to 16, after \"on\"" : NULL;
}

static void write_verifiers(const struct jk_policy *policy, struct jk_text *out)
{
    jk_text_addf(out, " %u", policy->verifiers);
}

/* Relations that are not named do not count. */
static const char *read_grades(struct words *words, struct jk_policy *policy)
{
    if (words->next == words->count) return "needs the least grade of each relation after \"on\", such as finetune=kin";
    for (; words->next < words->count; words->next++) {
        struct jk_span grade_word = words->at[words->next], word;
        enum jk_relation relation;
        enum jk_grade grade;
        if (!jk_span_cut(&grade_word, '=', &word) || !jk_relation_parse(word, &relation))
            return "names a relation that does not exist: each is written like finetune=kin";
        if (!jk_grade_parse(grade_word, &grade) || grade < JK_GRADE_SHAPE)
            return "takes shape, part, kin, near or same after each relation";
        if (policy->grades[relation] != JK_GRADE_CONTRADICTED) return "names a relation twice";
        policy->grades[relation] = grade;
    }
    return NULL;
}

static void write_grades(const struct jk_policy *policy, struct jk_text *out)
{
    for (int i = JK_RELATION_FINETUNE; i < JK_RELATION_COUNT; i++)
        if (policy->grades[i] != JK_GRADE_CONTRADICTED)
            jk_text_addf(out, " %s=%s", jk_relation_text((enum jk_relation)i), jk_grade_text(policy->grades[i]));
}

static const struct {
    const char *(*read)(struct words *words, struct jk_policy *policy);
    void (*write)(const struct jk_policy *policy, struct jk_text *out);
} parameters[JK_REASON_COUNT] = {
    [JK_REASON_GONE] = {read_days, write_days},
    [JK_REASON_FOREIGN_BASE] = {read_unknown, write_unknown},
    [JK_REASON_RELATION] = {read_relations, write_relations},
    [JK_REASON_DEPTH] = {read_depth, write_depth},
    [JK_REASON_NO_ARTIFACT] = {read_artifact, write_artifact},
    [JK_REASON_LICENSE_NOT_OPEN] = {read_demands, write_demands},
    [JK_REASON_NAMING] = {read_naming, write_naming},
    [JK_REASON_UNATTESTED] = {read_verifiers, write_verifiers},
    [JK_REASON_EVIDENCE] = {read_grades, write_grades},
    [JK_REASON_CAP] = {read_cap, write_cap},
};

/* ---- writing ---- */

void jk_policy_write(const struct jk_policy *policy, struct jk_text *out)
{
    jk_text_addf(out, MAGIC "\nname %s\nversion %u\nrules %u\n", policy->name, policy->version, policy->rules);
    for (int i = jk_reason_next(0, policy->rules); i < JK_REASON_COUNT; i = jk_reason_next(i + 1, policy->rules)) {
        bool on = jk_policy_has(policy, (enum jk_reason)i);
        jk_text_addf(out, "%s %s", jk_reason_word((enum jk_reason)i), on ? "on" : "off");
        if (on && parameters[i].write) parameters[i].write(policy, out);
        jk_text_add_char(out, '\n');
    }
}

struct jk_digest jk_policy_digest(const struct jk_policy *policy)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_policy_write(policy, &text);
    struct jk_digest digest = jk_digest_of(jk_text_span(&text));
    jk_text_done(&text);
    return digest;
}

/* ---- reading ---- */

struct reading {
    struct jk_policy policy;
    struct jk_error *error;
    unsigned line;
    jk_reasons seen;
    bool magic, name, version, rules;
};

static void wrong_word(struct reading *reading, struct jk_span word, const char *why)
{
    char field[32], shown[96];
    snprintf(field, sizeof field, "line %u", reading->line);
    jk_text_shorten(word, shown, sizeof shown);
    jk_error_field(reading->error, field, "\"%s\" %s", shown, why);
}

/* False if there are more words than any line has. */
static bool split_words(struct jk_span line, struct words *words)
{
    *words = (struct words){.count = 0};
    for (size_t i = 0; i < line.len;) {
        size_t end = i;
        while (end < line.len && line.at[end] != ' ' && line.at[end] != '\t')
            end++;
        if (end > i) {
            if (words->count == WORDS) return false;
            words->at[words->count++] = (struct jk_span){line.at + i, end - i};
        }
        i = end + 1;
    }
    return true;
}

static bool name_valid(struct jk_span name)
{
    if (name.len < 1 || name.len > JK_POLICY_NAME_MAX) return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        bool edge = i == 0 || i == name.len - 1;
        if (!jk_ascii_lower(c) && !jk_ascii_digit(c) && !(c == '-' && !edge)) return false;
    }
    return true;
}

static void read_name(struct reading *reading, const struct words *words)
{
    if (reading->name || words->count != 2 || !name_valid(words->at[1])) {
        wrong_word(reading, words->count > 1 ? words->at[1] : words->at[0],
                   reading->name ? "is a second name"
                                 : "is not a valid policy name: 1 to 63 of a-z, 0-9 and -, the last not at either end");
        return;
    }
    memcpy(reading->policy.name, words->at[1].at, words->at[1].len);
    reading->name = true;
}

static void read_version(struct reading *reading, struct words *words, bool *seen, uint32_t most, uint32_t *out)
{
    words->next = 1;
    if (*seen || words->count != 2 || read_number(words, most, out))
        wrong_word(reading, words->at[0],
                   *seen ? "stands there twice" : "needs one whole number, from 1 to the highest known here");
    *seen = true;
}

static void read_reason(struct reading *reading, enum jk_reason reason, struct words *words)
{
    const char *why = NULL;
    bool on = words->count > 1 && jk_span_equal(words->at[1], JK_SPAN("on"));
    words->next = 2;
    if (!(jk_reasons_of(reading->policy.rules) >> reason & 1))
        why = "is not a reason of this rule set";
    else if (reading->seen >> reason & 1)
        why = "stands there twice";
    else if (!on && (words->count < 2 || !jk_span_equal(words->at[1], JK_SPAN("off"))))
        why = "needs on or off after it";
    else if (!on && reason == JK_REASON_LATE)
        why = "cannot be off: what comes after the cut-off never counts";
    else if (on && parameters[reason].read)
        why = parameters[reason].read(words, &reading->policy);
    if (!why && words->next < words->count) why = "has too many words after it";
    if (why) wrong_word(reading, words->at[0], why);
    reading->seen |= (jk_reasons)1 << reason;
    if (on) reading->policy.on |= (jk_reasons)1 << reason;
}

/* A word is shown without what no terminal shows, so the character is named by itself. False: there is one. */
static bool check_characters(struct reading *reading, struct jk_span line)
{
    char field[32];
    uint32_t code = '\t';
    while (code == '\t' || !jk_utf8_is_control(code))
        if (!jk_utf8_next(&line, &code)) break;
    bool is_nul = line.len > 0 && line.at[0] == '\0', is_control = code != '\t' && jk_utf8_is_control(code);
    if (line.len == 0 && !is_control) return true;
    snprintf(field, sizeof field, "line %u", reading->line);
    if (is_control || is_nul)
        jk_error_field(reading->error, field, "contains the control character U+%04X",
                       is_control ? (unsigned)code : 0u);
    else
        jk_error_field(reading->error, field, "is not UTF-8");
    return false;
}

static void read_rule(struct reading *reading, struct jk_span line)
{
    struct words words;
    enum jk_reason reason;
    uint32_t rules; /* known already */
    if (line.len == 0 || line.at[0] == '#' || !check_characters(reading, line)) return;
    if (!split_words(line, &words)) {
        wrong_word(reading, line, "has too many words");
        return;
    }
    struct jk_span word = words.at[0];
    if (!reading->magic && words.count == 1 && jk_span_equal(word, JK_SPAN(MAGIC)))
        reading->magic = true;
    else if (!reading->magic)
        wrong_word(reading, word, "comes before the first line, which must be " MAGIC), reading->magic = true;
    else if (jk_span_equal(word, JK_SPAN("name")))
        read_name(reading, &words);
    else if (jk_span_equal(word, JK_SPAN("version")))
        read_version(reading, &words, &reading->version, JK_POLICY_VERSION_MAX, &reading->policy.version);
    else if (jk_span_equal(word, JK_SPAN("rules")))
        read_version(reading, &words, &reading->rules, JK_RULE_SET, &rules);
    else if (jk_reason_parse(word, &reason))
        read_reason(reading, reason, &words);
    else
        wrong_word(reading, word, "is neither a reason nor name, version or rules");
}

/* The rule set decides which lines there are and what they may contain, and its own line may come last. */
static uint32_t find_rules(struct jk_span file)
{
    struct jk_span line;
    struct words words;
    uint32_t rules;
    while (jk_span_line(&file, &line)) {
        if (!split_words(jk_span_trim(line), &words) || words.count != 2) continue;
        words.next = 1;
        if (jk_span_equal(words.at[0], JK_SPAN("rules")) && !read_number(&words, JK_RULE_SET, &rules)) return rules;
    }
    return JK_RULE_SET;
}

enum jk_status jk_policy_read(struct jk_span file, struct jk_policy *out_policy, struct jk_error *error)
{
    struct reading reading = {.error = error, .policy.rules = find_rules(file)};
    struct jk_span line;
    if (file.len > JK_POLICY_FILE_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "POLICY_TOO_LARGE",
                       "the policy has %zu bytes; at most %d are allowed", file.len, JK_POLICY_FILE_MAX);
    while (jk_span_line(&file, &line)) {
        reading.line++;
        read_rule(&reading, jk_span_trim(line));
    }
    if (!reading.magic) jk_error_field(reading.error, "line 1", "must be " MAGIC);
    if (!reading.name) jk_error_field(reading.error, "name", "is missing: write a line \"name <name>\"");
    if (!reading.version) jk_error_field(reading.error, "version", "is missing: write a line \"version 1\"");
    if (!reading.rules) jk_error_field(reading.error, "rules", "is missing: write a line \"rules %d\"", JK_RULE_SET);
    jk_reasons wanted = jk_reasons_of(reading.policy.rules);
    for (int i = 0; i < JK_REASON_COUNT; i++)
        if (wanted >> i & 1 & ~(reading.seen >> i))
            jk_error_field(reading.error, jk_reason_word((enum jk_reason)i), "is missing: switch it on or off");
    JK_TRY(jk_error_result(error));
    *out_policy = reading.policy;
    return JK_OK;
}

enum jk_status jk_policy_parse(struct jk_span text, struct jk_policy *out_policy, struct jk_error *error)
{
    struct jk_policy policy;
    struct jk_error found;
    struct jk_text again;
    jk_error_init(&found, NULL);
    if (text.len > JK_POLICY_MAX || jk_policy_read(text, &policy, &found) != JK_OK)
        return jk_fail(error, JK_DATA_LOSS, "POLICY_MALFORMED", "not a policy: %s", found.message);
    jk_text_init(&again, 0);
    jk_policy_write(&policy, &again);
    bool canonical = jk_span_equal(jk_text_span(&again), text);
    jk_text_done(&again);
    if (!canonical) return jk_fail(error, JK_DATA_LOSS, "POLICY_MALFORMED", "the policy is not in its canonical form");
    *out_policy = policy;
    return JK_OK;
}
