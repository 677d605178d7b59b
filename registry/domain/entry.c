/* Log entries as text, both ways, from the rows of entry.def. Pure; the parser allocates nothing and is the hot loop
 * of every replay. Source: registry/formats/entry.md. A field's type has one writer and one reader, side by side. */
#include "domain/entry.h"

#include <stddef.h>

#include "base/ascii.h"
#include "domain/grade.h"
#include "domain/ident.h"
#include "domain/lineage.h"
#include "domain/lines.h"
#include "domain/policy.h"

#define ENTRY_HEAD     "jokbo/entry/v1"
#define STATEMENT_HEAD "jokbo/lineage/v1\n"
#define DIGEST_PREFIX  "sha256:"
#define KEY_BYTES      33 /* of a verifier key: the type 0x01 and an Ed25519 public key */
#define SIGNATURE_SIZE 64
#define FIELDS_AT      offsetof(struct jk_entry, origin) /* from here on: not in registrations and releases */

enum field_type {
    JK_FIELD_LABEL,
    JK_FIELD_LABEL_NONE,
    JK_FIELD_FORMS_NONE,
    JK_FIELD_KEY,
    JK_FIELD_SIGNATURE,
    JK_FIELD_PURPOSE,
    JK_FIELD_LICENSE,
    JK_FIELD_TEAM,
    JK_FIELD_PUBLISHER,
    JK_FIELD_MODEL,
    JK_FIELD_EXTERNAL,
    JK_FIELD_ORGANISATION,
    JK_FIELD_DIGEST,
    JK_FIELD_DIGEST_NONE,
    JK_FIELD_HASH,
    JK_FIELD_TIME,
    JK_FIELD_TIME_NONE,
    JK_FIELD_PERMISSION,
    JK_FIELD_YES_NO,
    JK_FIELD_YES_NO_UNKNOWN,
    JK_FIELD_BASIS,
    JK_FIELD_LAST_OPTIONAL, /* the line may be absent; the last of its kind */
    JK_FIELD_POLICY,
    JK_FIELD_TEAM_NONE,
    JK_FIELD_TEAMS,
    JK_FIELD_NUMBER,
    JK_FIELD_NUMBER_NONE,
    JK_FIELD_ABOUT,
    JK_FIELD_OUTCOME,
    JK_FIELD_HOST,
    JK_FIELD_IDENTITY_NONE,
    JK_FIELD_REVISION_NONE,
    JK_FIELD_STATE,
    JK_FIELD_MODEL_NONE,
    JK_FIELD_MODELS,
    JK_FIELD_GRADES_NONE,
    JK_FIELD_HASHES_NONE,
    JK_FIELD_STATEMENT
};

struct field {
    struct jk_span word; /* empty: the value is the rest of the entry */
    enum field_type type;
    size_t offset; /* offset in struct jk_entry */
};

struct kind_row {
    struct jk_span text;
    const struct field *fields;
    size_t count;
};

#define F(word, type, member)          {{(word), sizeof(word) - 1}, JK_FIELD_##type, offsetof(struct jk_entry, member)},
#define JK_ENTRY_KIND(name, text, ...) static const struct field fields_##name[] = {__VA_ARGS__};
#include "domain/entry.def"
#undef JK_ENTRY_KIND
#undef F

static const struct kind_row kinds[JK_KIND_COUNT] = {
#define JK_ENTRY_KIND(name, text, ...)                                                                                 \
    [JK_KIND_##name] = {{(text), sizeof(text) - 1}, fields_##name, sizeof fields_##name / sizeof fields_##name[0]},
#include "domain/entry.def"
#undef JK_ENTRY_KIND
};

static const char *const answers[] = {"no", "yes", "unknown"};
static const char *const bases[] = {"self", "registrar", "approved", "roster"};
static const char *const abouts[] = {"parent", "ruling", "standing"};
static const char *const outcomes[] = {"upheld", "dismissed"};
static const char *const observed_states[] = {"present", "moved", "absent"};
#define WORD(text)                                                                                                     \
    {                                                                                                                  \
        (text), sizeof(text) - 1                                                                                       \
    }
static const struct jk_span actors[] = {
    [JK_ACTOR_SERVER] = WORD("server"),    [JK_ACTOR_PUBLISHER] = WORD("publisher "),
    [JK_ACTOR_TEAM] = WORD("team "),       [JK_ACTOR_REGISTRAR] = WORD("role registrar"),
    [JK_ACTOR_ADMIN] = WORD("role admin"), [JK_ACTOR_EVALUATOR] = WORD("role evaluator"),
    [JK_ACTOR_ISSUER] = WORD("issuer "),   [JK_ACTOR_VERIFIER] = WORD("verifier "),
};
#undef WORD

#define WORDS(table) (table), sizeof(table) / sizeof((table)[0])

/* The word's index in the table, or -1. */
static int word_index(struct jk_span text, const char *const *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (jk_span_is(text, table[i])) return (int)i;
    return -1;
}

const char *jk_observed_text(enum jk_observed observed)
{
    return observed_states[observed];
}

const char *jk_kind_text(enum jk_kind kind)
{
    return (unsigned)kind < JK_KIND_COUNT ? kinds[kind].text.at : "";
}

bool jk_kind_is_word(enum jk_kind kind)
{
    switch (kind) {
    case JK_KIND_VERIFY:
    case JK_KIND_UNVERIFY:
    case JK_KIND_CLAIM:
    case JK_KIND_NAMESPACE:
    case JK_KIND_NAMESPACE_END:
    case JK_KIND_ADOPT:
    case JK_KIND_UNADOPT:
    case JK_KIND_CONFIRM:
    case JK_KIND_HELD:
    case JK_KIND_OBSERVE:
    case JK_KIND_CENSUS:
    case JK_KIND_REFERENCE:
    case JK_KIND_ATTEST:
        return true;
    default:
        return false;
    }
}

bool jk_kind_parse(struct jk_span text, enum jk_kind *out_kind)
{
    for (int i = 0; i < JK_KIND_COUNT; i++) {
        if (text.len != kinds[i].text.len || memcmp(text.at, kinds[i].text.at, text.len) != 0) continue;
        *out_kind = (enum jk_kind)i;
        return true;
    }
    return false;
}

/* ---- actors ---- */

/* An OIDC issuer: ASCII without white space, at most as long as a label; http is allowed for loopback in tests and
 * closed networks. */
static bool is_issuer(struct jk_span url)
{
    struct jk_span https = JK_SPAN("https://"), http = JK_SPAN("http://");
    size_t scheme = jk_span_starts(url, https) ? https.len : jk_span_starts(url, http) ? http.len : 0;
    if (scheme == 0 || url.len <= scheme || url.len > JK_LABEL_MAX) return false;
    for (size_t i = 0; i < url.len; i++)
        if (url.at[i] < 0x21 || url.at[i] > 0x7e) return false;
    return true;
}

static bool actor_name_is_valid(const struct jk_actor *actor)
{
    switch (actor->type) {
    case JK_ACTOR_PUBLISHER:
        return jk_ident_part_fault(actor->name) == NULL;
    case JK_ACTOR_TEAM:
    case JK_ACTOR_VERIFIER:
        return jk_ident_team_fault(actor->name) == NULL;
    case JK_ACTOR_ISSUER:
        return is_issuer(actor->name);
    default:
        return actor->name.len == 0;
    }
}

void jk_actor_write(const struct jk_actor *actor, struct jk_text *out)
{
    jk_text_add(out, actors[actor->type]);
    if (actor->type == JK_ACTOR_PUBLISHER || actor->type == JK_ACTOR_TEAM || actor->type == JK_ACTOR_ISSUER ||
        actor->type == JK_ACTOR_VERIFIER)
        jk_text_add(out, actor->name);
}

bool jk_actor_parse(struct jk_span text, struct jk_actor *out_actor)
{
    for (int i = JK_ACTOR_SERVER; i <= JK_ACTOR_VERIFIER; i++) {
        struct jk_span word = actors[i];
        if (text.len < word.len || memcmp(text.at, word.at, word.len) != 0) continue;
        struct jk_actor actor = {(enum jk_actor_type)i, {text.at + word.len, text.len - word.len}};
        if (!actor_name_is_valid(&actor)) return false;
        *out_actor = actor;
        return true;
    }
    return false;
}

/* ---- writing ---- */

static void write_digest(struct jk_text *out, const struct jk_digest *digest, bool bare)
{
    char value[sizeof DIGEST_PREFIX + JK_DIGEST_HEX] = DIGEST_PREFIX;
    size_t prefix = sizeof DIGEST_PREFIX - 1;
    jk_digest_hex(digest, value + prefix);
    jk_text_add(out,
                bare ? (struct jk_span){value + prefix, JK_DIGEST_HEX} : (struct jk_span){value, sizeof value - 1});
}

static void write_time(struct jk_text *out, int64_t time_us)
{
    char text[JK_TIME_TEXT];
    jk_time_format(time_us, text);
    jk_text_add(out, (struct jk_span){text, JK_TIME_TEXT - 1});
}

/* True if the field holds the value that is written "none". */
static bool is_none(enum field_type type, const void *member)
{
    switch (type) {
    case JK_FIELD_LABEL_NONE:
    case JK_FIELD_FORMS_NONE:
    case JK_FIELD_TEAM_NONE:
    case JK_FIELD_IDENTITY_NONE:
    case JK_FIELD_REVISION_NONE:
    case JK_FIELD_MODEL_NONE:
    case JK_FIELD_GRADES_NONE:
    case JK_FIELD_HASHES_NONE:
        return ((const struct jk_span *)member)->len == 0;
    case JK_FIELD_DIGEST_NONE:
        return jk_digest_is_zero(member);
    case JK_FIELD_TIME_NONE:
        return *(const int64_t *)member == JK_TIME_NONE;
    case JK_FIELD_NUMBER_NONE:
        return *(const uint64_t *)member == JK_TARGET_NONE;
    default:
        return false;
    }
}

static void write_value(struct jk_text *out, enum field_type type, const void *member)
{
    switch (type) {
    case JK_FIELD_DIGEST:
    case JK_FIELD_DIGEST_NONE:
        write_digest(out, member, false);
        break;
    case JK_FIELD_HASH:
        write_digest(out, member, true);
        break;
    case JK_FIELD_TIME:
    case JK_FIELD_TIME_NONE:
        write_time(out, *(const int64_t *)member);
        break;
    case JK_FIELD_PERMISSION:
        jk_text_add_str(out, jk_permission_text(*(const enum jk_permission *)member));
        break;
    case JK_FIELD_YES_NO:
    case JK_FIELD_YES_NO_UNKNOWN:
        jk_text_add_str(out, answers[*(const enum jk_answer *)member]);
        break;
    case JK_FIELD_BASIS:
        jk_text_add_str(out, bases[*(const enum jk_basis *)member]);
        break;
    case JK_FIELD_ABOUT:
        jk_text_add_str(out, abouts[*(const enum jk_about *)member]);
        break;
    case JK_FIELD_OUTCOME:
        jk_text_add_str(out, outcomes[*(const enum jk_outcome *)member]);
        break;
    case JK_FIELD_STATE:
        jk_text_add_str(out, observed_states[*(const enum jk_observed *)member]);
        break;
    case JK_FIELD_NUMBER:
    case JK_FIELD_NUMBER_NONE:
        jk_text_add_u64(out, *(const uint64_t *)member);
        break;
    default:
        jk_text_add(out, *(const struct jk_span *)member);
        break;
    }
}

/* The rest of the entry, verbatim. */
static bool is_verbatim(enum field_type type)
{
    return type == JK_FIELD_STATEMENT || type == JK_FIELD_POLICY;
}

static void write_field(struct jk_text *out, const struct field *field, const struct jk_entry *entry)
{
    const void *member = (const char *)entry + field->offset;
    if (field->type == JK_FIELD_LAST_OPTIONAL && ((const struct jk_span *)member)->len == 0) return;
    if (is_verbatim(field->type)) { /* contains its own line ends */
        jk_text_add(out, *(const struct jk_span *)member);
        return;
    }
    jk_text_add(out, field->word);
    jk_text_add_char(out, ' ');
    if (is_none(field->type, member))
        jk_text_add(out, JK_SPAN("none"));
    else
        write_value(out, field->type, member);
    jk_text_add_char(out, '\n');
}

void jk_entry_write(const struct jk_entry *entry, struct jk_text *out)
{
    size_t start = out->len;
    const struct kind_row *row = &kinds[entry->kind];
    jk_text_add(out, JK_SPAN(ENTRY_HEAD "\nkind "));
    jk_text_add(out, row->text);
    jk_text_add(out, JK_SPAN("\ntime "));
    write_time(out, entry->time_us);
    jk_text_add(out, JK_SPAN("\nactor "));
    jk_actor_write(&entry->actor, out);
    jk_text_add_char(out, '\n');
    for (size_t i = 0; i < row->count; i++)
        write_field(out, &row->fields[i], entry);
    if (out->len - start > JK_ENTRY_MAX) out->failed = true;
}

/* ---- parsing: each reader returns NULL, or what is wrong as the end of a sentence ---- */

static const char *read_digest(struct jk_span value, struct jk_digest *out_digest)
{
    struct jk_span prefix = JK_SPAN(DIGEST_PREFIX);
    if (value.len != prefix.len + JK_DIGEST_HEX || memcmp(value.at, prefix.at, prefix.len) != 0 ||
        !jk_digest_parse((struct jk_span){value.at + prefix.len, JK_DIGEST_HEX}, out_digest))
        return "must be sha256: and 64 lower-case hexadecimal digits";
    return jk_digest_is_zero(out_digest) ? "must not be all zeros, which stands for none" : NULL;
}

static const char *read_span(struct jk_span value, const char *fault, struct jk_span *out_span)
{
    if (!fault) *out_span = value;
    return fault;
}

static const char *read_word(struct jk_span value, const char *const *table, size_t count, unsigned *out_index)
{
    int index = word_index(value, table, count);
    if (index < 0) return "is not one of the words that the format knows here";
    *out_index = (unsigned)index;
    return NULL;
}

/* A verifier key of C2SP signed-note: <name>+<8 hex>+<base64 of type and public key>. */
static const char *key_fault(struct jk_span value)
{
    static const char fault[] = "must be a verifier key: <name>+<8 hexadecimal digits>+<base64 of an Ed25519 key>";
    struct jk_span name, id, rest = value;
    unsigned char hash[4], key[KEY_BYTES];
    size_t len;
    if (!jk_span_cut(&rest, '+', &name) || jk_ident_label_fault(name) || memchr(name.at, ' ', name.len)) return fault;
    if (!jk_span_cut(&rest, '+', &id) || id.len != 8 || !jk_hex_decode(id, hash, sizeof hash)) return fault;
    if (!jk_base64_decode(rest, key, sizeof key, &len) || len != sizeof key || key[0] != 1) return fault;
    return NULL;
}

/* Checks its form only; tlog/rotation.h verifies it. */
static const char *signature_fault(struct jk_span value)
{
    unsigned char bytes[SIGNATURE_SIZE];
    size_t len;
    if (jk_base64_decode(value, bytes, sizeof bytes, &len) && len == sizeof bytes) return NULL;
    return "must be an Ed25519 signature: 64 bytes in base64";
}

/* A single identifier, including LicenseRef and DocumentRef; whether it is on the SPDX list is the caller's question.
 */
static const char *license_id_fault(struct jk_span value)
{
    if (value.len > JK_LABEL_MAX) return "is longer than 200 bytes";
    for (size_t i = 0; i < value.len; i++) {
        char c = value.at[i];
        if (!jk_ascii_alnum(c) && (c == 0 || !strchr(".-:+", c))) return "must be one licence identifier";
    }
    return NULL;
}

static const char *forms_fault(struct jk_span value)
{
    const char *fault = jk_ident_label_fault(value);
    if (fault) return fault;
    for (bool more = true; more;) {
        struct jk_span form;
        more = jk_span_cut(&value, '|', &form);
        if (form.len == 0) return "has an empty form";
    }
    return NULL;
}

static const char *statement_fault(struct jk_span value)
{
    if (value.len > JK_STATEMENT_MAX) return "has a lineage statement longer than 60,000 bytes";
    if (!jk_span_starts(value, JK_SPAN(STATEMENT_HEAD)) || value.at[value.len - 1] != '\n')
        return "must be followed by a lineage statement";
    return NULL;
}

static const char *policy_fault(struct jk_span value)
{
    struct jk_policy policy;
    struct jk_error error;
    jk_error_init(&error, NULL);
    return jk_policy_parse(value, &policy, &error) == JK_OK ? NULL : "must be followed by a policy in canonical form";
}

/* Names with a space between, sorted by bytes, each once. */
struct list_rule {
    const char *(*name_fault)(struct jk_span name);
    size_t most;
    const char *unsorted, *too_many;
};

static const char *list_fault(struct jk_span value, const struct list_rule *rule)
{
    struct jk_span last = {"", 0}, name;
    size_t count = 0;
    for (bool more = true; more; last = name) {
        more = jk_span_cut(&value, ' ', &name);
        const char *fault = rule->name_fault(name);
        if (fault) return fault;
        if (count > 0 && jk_span_compare(last, name) >= 0) return rule->unsorted;
        if (++count > rule->most) return rule->too_many;
    }
    return NULL;
}

static const struct list_rule teams = {jk_ident_team_fault, JK_STAGE_TEAMS_MAX, "must name each team once, sorted",
                                       "names more than 64 teams"};
static const struct list_rule models = {jk_ident_model_fault, JK_CENSUS_BASES_MAX, "must name each model once, sorted",
                                        "names more than 500 models"};

static const char *hash_fault(struct jk_span value)
{
    struct jk_digest digest;
    return jk_digest_parse(value, &digest) ? NULL : "must be lineage hashes of 64 lower-case hexadecimal digits";
}

static const struct list_rule releases = {hash_fault, JK_NEAR_MAX, "must name each release once, sorted",
                                          "names more than 32 releases"};

/* Toward each parent, in the order of the release's statement. */
static const char *grades_fault(struct jk_span value)
{
    struct jk_graded graded;
    const char *fault;
    size_t count = 0;
    while (jk_graded_next(&value, &graded, &fault))
        if (++count > JK_GRADED_MAX) return "names more than 64 parents";
    return fault;
}

/* The last checkpoint of a log that ended: origin, size, and the root in hexadecimal digits. */
static const char *last_fault(struct jk_span value)
{
    struct jk_span origin, size;
    struct jk_digest root;
    uint64_t number;
    bool good = jk_span_cut(&value, ' ', &origin) && jk_span_cut(&value, ' ', &size) && origin.len <= 255 &&
                origin.len > 0 && !memchr(origin.at, '+', origin.len) && jk_span_to_u64(size, &number) &&
                jk_digest_parse(value, &root);
    return good ? NULL : "must be an origin, a size and a root of 64 hexadecimal digits";
}

static const char *read_text(struct jk_span value, enum field_type type, struct jk_span *out_span)
{
    switch (type) {
    case JK_FIELD_FORMS_NONE:
        return read_span(value, forms_fault(value), out_span);
    case JK_FIELD_KEY:
        return read_span(value, key_fault(value), out_span);
    case JK_FIELD_SIGNATURE:
        return read_span(value, signature_fault(value), out_span);
    case JK_FIELD_LICENSE:
        return read_span(value, license_id_fault(value), out_span);
    case JK_FIELD_TEAM:
    case JK_FIELD_TEAM_NONE:
        return read_span(value, jk_ident_team_fault(value), out_span);
    case JK_FIELD_TEAMS:
        return read_span(value, list_fault(value, &teams), out_span);
    case JK_FIELD_LAST_OPTIONAL:
        return read_span(value, last_fault(value), out_span);
    case JK_FIELD_POLICY:
        return read_span(value, policy_fault(value), out_span);
    case JK_FIELD_PUBLISHER:
        return read_span(value, jk_ident_part_fault(value), out_span);
    case JK_FIELD_MODEL:
    case JK_FIELD_MODEL_NONE:
        return read_span(value, jk_ident_model_fault(value), out_span);
    case JK_FIELD_EXTERNAL:
        return read_span(value, jk_ident_external_fault(value), out_span);
    case JK_FIELD_ORGANISATION:
        return read_span(value, jk_ident_organisation_fault(value), out_span);
    case JK_FIELD_HOST:
        return read_span(value, jk_ident_host_fault(value), out_span);
    case JK_FIELD_IDENTITY_NONE:
        return read_span(value, jk_ident_identity_fault(value), out_span);
    case JK_FIELD_REVISION_NONE:
        return read_span(value, jk_ident_revision_fault(value), out_span);
    case JK_FIELD_MODELS:
        return read_span(value, list_fault(value, &models), out_span);
    case JK_FIELD_GRADES_NONE:
        return read_span(value, grades_fault(value), out_span);
    case JK_FIELD_HASHES_NONE:
        return read_span(value, list_fault(value, &releases), out_span);
    case JK_FIELD_STATEMENT:
        return read_span(value, statement_fault(value), out_span);
    case JK_FIELD_PURPOSE:
        if (!jk_span_is(value, "registry") && !jk_span_is(value, "demo")) return "must be \"registry\" or \"demo\"";
        return read_span(value, NULL, out_span);
    default:
        return read_span(value, jk_ident_label_fault(value), out_span);
    }
}

static const char *read_time(struct jk_span value, int64_t *out_time_us)
{
    return jk_time_parse_canonical(value, out_time_us) ? NULL : "must have a time as in 2026-01-15T00:00:00.000000Z";
}

static const char *read_number(struct jk_span value, uint64_t *out_number)
{
    if (jk_span_to_u64(value, out_number) && *out_number <= INT64_MAX) return NULL;
    return "must be a whole number without leading zeros";
}

static const char *read_value(struct jk_span value, enum field_type type, void *member)
{
    unsigned index = 0;
    const char *fault;
    switch (type) {
    case JK_FIELD_DIGEST:
    case JK_FIELD_DIGEST_NONE:
        return read_digest(value, member);
    case JK_FIELD_HASH:
        return jk_digest_parse(value, member) ? NULL : "must be 64 lower-case hexadecimal digits";
    case JK_FIELD_TIME:
    case JK_FIELD_TIME_NONE:
        return read_time(value, member);
    case JK_FIELD_PERMISSION:
        return jk_permission_parse(value, member) ? NULL : "must be NO, UNKNOWN, CONDITIONAL or YES";
    case JK_FIELD_YES_NO:
    case JK_FIELD_YES_NO_UNKNOWN:
        fault = read_word(value, answers, type == JK_FIELD_YES_NO ? 2 : 3, &index);
        if (!fault) *(enum jk_answer *)member = (enum jk_answer)index;
        return fault;
    case JK_FIELD_BASIS:
        fault = read_word(value, WORDS(bases), &index);
        if (!fault) *(enum jk_basis *)member = (enum jk_basis)index;
        return fault;
    case JK_FIELD_ABOUT:
        fault = read_word(value, WORDS(abouts), &index);
        if (!fault) *(enum jk_about *)member = (enum jk_about)index;
        return fault;
    case JK_FIELD_OUTCOME:
        fault = read_word(value, WORDS(outcomes), &index);
        if (!fault) *(enum jk_outcome *)member = (enum jk_outcome)index;
        return fault;
    case JK_FIELD_STATE:
        fault = read_word(value, WORDS(observed_states), &index);
        if (!fault) *(enum jk_observed *)member = (enum jk_observed)index;
        return fault;
    case JK_FIELD_NUMBER:
    case JK_FIELD_NUMBER_NONE:
        return read_number(value, member);
    default:
        return read_text(value, type, member);
    }
}

static bool allows_none(enum field_type type)
{
    switch (type) {
    case JK_FIELD_LABEL_NONE:
    case JK_FIELD_FORMS_NONE:
    case JK_FIELD_DIGEST_NONE:
    case JK_FIELD_TIME_NONE:
    case JK_FIELD_TEAM_NONE:
    case JK_FIELD_NUMBER_NONE:
    case JK_FIELD_IDENTITY_NONE:
    case JK_FIELD_REVISION_NONE:
    case JK_FIELD_MODEL_NONE:
    case JK_FIELD_GRADES_NONE:
    case JK_FIELD_HASHES_NONE:
        return true;
    default:
        return false;
    }
}

static const char *read_field(struct jk_lines *lines, const struct field *field, struct jk_entry *entry)
{
    void *member = (char *)entry + field->offset;
    struct jk_span value;
    if (is_verbatim(field->type)) {
        value = lines->rest;
        lines->rest = (struct jk_span){value.at + value.len, 0};
        return read_value(value, field->type, member);
    }
    if (field->type == JK_FIELD_LAST_OPTIONAL && lines->rest.len == 0) return NULL;
    jk_lines_next(lines);
    if (!jk_line_value(lines->line, field->word, &value)) return "is not the field that the format requires here";
    if (!allows_none(field->type) || !jk_span_is(value, "none")) return read_value(value, field->type, member);
    if (field->type == JK_FIELD_TIME_NONE) *(int64_t *)member = JK_TIME_NONE;
    if (field->type == JK_FIELD_NUMBER_NONE) *(uint64_t *)member = JK_TARGET_NONE;
    return NULL;
}

static const char *read_head(struct jk_lines *lines, struct jk_entry *entry)
{
    struct jk_span value;
    if (!jk_lines_next(lines) || !jk_span_is(lines->line, ENTRY_HEAD)) return "must be \"" ENTRY_HEAD "\"";
    jk_lines_next(lines);
    if (!jk_line_value(lines->line, JK_SPAN("kind"), &value) || !jk_kind_parse(value, &entry->kind))
        return "must name a known kind";
    jk_lines_next(lines);
    if (!jk_line_value(lines->line, JK_SPAN("time"), &value)) return "must be the time";
    const char *fault = read_time(value, &entry->time_us);
    if (fault) return fault;
    jk_lines_next(lines);
    if (!jk_line_value(lines->line, JK_SPAN("actor"), &value) || !jk_actor_parse(value, &entry->actor))
        return "must name an actor: server, publisher, team, role, issuer or verifier";
    return NULL;
}

static const char *read_entry(struct jk_lines *lines, struct jk_entry *entry)
{
    const char *fault = read_head(lines, entry);
    if (fault) return fault;
    const struct kind_row *row = &kinds[entry->kind];
    /* Nearly all entries of a log are of these kinds: fields that only others have are not even cleared. */
    if (entry->kind != JK_KIND_REGISTER && entry->kind != JK_KIND_RELEASE)
        memset((char *)entry + FIELDS_AT, 0, sizeof *entry - FIELDS_AT);
    for (size_t i = 0; i < row->count; i++)
        if ((fault = read_field(lines, &row->fields[i], entry))) return fault;
    if (lines->rest.len == 0) return NULL;
    jk_lines_next(lines);
    return "is one too many for an entry of this kind";
}

enum jk_status jk_entry_parse(struct jk_span bytes, struct jk_entry *out_entry, struct jk_error *error)
{
    if (bytes.len > JK_ENTRY_MAX)
        return jk_fail(error, JK_DATA_LOSS, "INVALID_ENTRY", "The entry has %zu bytes: at most %d are allowed.",
                       bytes.len, JK_ENTRY_MAX);
    memset(out_entry, 0, FIELDS_AT);
    struct jk_lines lines = jk_lines_of(bytes);
    const char *fault = read_entry(&lines, out_entry);
    if (!fault) return JK_OK;
    char shown[200];
    jk_text_shorten(lines.line, shown, sizeof shown);
    return jk_fail(error, JK_DATA_LOSS, "INVALID_ENTRY", "Line %u of the entry, \"%s\", %s.", lines.number, shown,
                   fault);
}
