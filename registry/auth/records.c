/* Records from JSON (jansson). A reader takes one field after another, remembers the first fault, and finally refuses
 * fields that were not taken. */
#include "auth/records.h"

#include <jansson.h>

#include "auth/access.h"
#include "base/text.h"
#include "domain/ident.h"

#define TIME_MAX_US 253402300799999999 /* the end of the year 9999 */

const char *const jk_member_words[] = {"none", "writer", "owner", NULL};
const char *const jk_request_kind_words[] = {"create", "claim", "owner", NULL};
const char *const jk_request_state_words[] = {"pending", "approved", "refused", NULL};
const char *const jk_blob_words[] = {"license", "manifest", "hub-record", "census-list", "challenge", "evidence", NULL};
const char *const jk_blob_state_words[] = {"stored", "withdrawn", "lifted", "removed", NULL};

struct reader {
    const json_t *object;
    size_t taken;
    const char *field; /* the first bad field, NULL so far */
    const char *rule;
};

static void fault_field(struct reader *reader, const char *field, const char *rule)
{
    if (reader->field) return;
    reader->field = field;
    reader->rule = rule;
}

static const json_t *take_field(struct reader *reader, const char *field)
{
    const json_t *value = json_object_get(reader->object, field);
    if (value) reader->taken++;
    return value;
}

static int64_t take_int(struct reader *reader, const char *field, int64_t least, int64_t most)
{
    const json_t *value = take_field(reader, field);
    int64_t number = json_integer_value(value);
    if (json_is_integer(value) && number >= least && number <= most) return number;
    fault_field(reader, field, "must be an integer within its limits");
    return least;
}

static int64_t take_time(struct reader *reader, const char *field)
{
    return take_int(reader, field, 0, TIME_MAX_US);
}

static uint64_t take_integer(struct reader *reader, const char *field)
{
    return (uint64_t)take_int(reader, field, 1, (int64_t)JK_SERIES_MAX);
}

/* Whether a field is present that older versions did not write. */
static bool has_field(const struct reader *reader, const char *field)
{
    return json_object_get(reader->object, field) != NULL;
}

static bool take_bool(struct reader *reader, const char *field)
{
    const json_t *value = take_field(reader, field);
    if (!json_is_boolean(value)) fault_field(reader, field, "must be true or false");
    return json_is_true(value);
}

/* The text, which jansson guarantees to be valid UTF-8 without NUL; empty if absent. */
static struct jk_span take_span(struct reader *reader, const char *field)
{
    const json_t *value = take_field(reader, field);
    if (json_is_string(value)) return (struct jk_span){json_string_value(value), json_string_length(value)};
    fault_field(reader, field, "must be a string");
    return JK_SPAN("");
}

/* Copies into room bytes, NUL-terminated; `check` validates it unless it is empty and may be. */
static void take_text(struct reader *reader, const char *field, bool may_be_empty, const char *(*check)(struct jk_span),
                      char *out, size_t room)
{
    struct jk_span text = take_span(reader, field);
    const char *wrong = check && (text.len > 0 || !may_be_empty) ? check(text) : NULL;
    if (text.len >= room) wrong = "is too long";
    if (wrong) fault_field(reader, field, wrong);
    if (reader->field) return;
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
}

static void take_digest(struct reader *reader, const char *field, struct jk_digest *out_digest)
{
    if (jk_digest_parse(take_span(reader, field), out_digest) && !jk_digest_is_zero(out_digest)) return;
    fault_field(reader, field, "must be 64 lower-case hexadecimal digits, not all zero");
}

/* null is a digest of zeros. */
static void take_digest_or_null(struct reader *reader, const char *field, struct jk_digest *out_digest)
{
    if (json_is_null(json_object_get(reader->object, field)))
        (void)take_field(reader, field);
    else
        take_digest(reader, field, out_digest);
}

static unsigned take_word(struct reader *reader, const char *field, const char *const *words)
{
    struct jk_span text = take_span(reader, field);
    for (unsigned i = 0; words[i]; i++)
        if (jk_span_equal(text, jk_span_of(words[i]))) return i;
    fault_field(reader, field, "is not one of its words");
    return 0;
}

static unsigned take_bits(struct reader *reader, const char *field, bool (*parse)(struct jk_span, unsigned *))
{
    const json_t *list = take_field(reader, field);
    unsigned bits = 0;
    if (!json_is_array(list)) fault_field(reader, field, "must be a list of words");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        struct jk_span text = {json_string_value(item), json_string_length(item)};
        unsigned bit = 0;
        if (!json_is_string(item) || !parse(text, &bit) || (bits & bit))
            fault_field(reader, field, "holds what is not one of its words, or one twice");
        bits |= bit;
    }
    return bits;
}

static void read_grant(struct reader *reader, const json_t *item, struct jk_account *account)
{
    struct reader inner = {.object = item};
    unsigned bit = 0;
    if (!jk_role_parse(take_span(&inner, "role"), &bit) || !(account->roles & bit)) {
        fault_field(reader, "grants", "holds a role that the account does not have");
        return;
    }
    struct jk_grant *grant = &account->grants[__builtin_ctz(bit)];
    if (grant->since_us) fault_field(reader, "grants", "holds a role twice");
    grant->since_us = take_int(&inner, "since_us", 1, TIME_MAX_US);
    grant->by = (uint64_t)take_int(&inner, "by", 0, (int64_t)JK_SERIES_MAX);
    if (inner.field || inner.taken != json_object_size(item))
        fault_field(reader, "grants", "must hold role, since_us and by of each, and nothing else");
}

static const char *teams_fault(struct jk_span teams)
{
    struct jk_span team;
    const char *fault = NULL;
    for (bool more = true; more && !fault;) {
        more = jk_span_cut(&teams, ' ', &team);
        fault = jk_ident_team_fault(team);
    }
    return fault;
}

static const char *spoke_for_fault(struct jk_span items)
{
    struct jk_span item, verifier;
    const char *fault = NULL;
    uint64_t by;
    for (bool more = true; more && !fault;) {
        more = jk_span_cut(&items, ' ', &item);
        jk_span_cut(&item, '/', &verifier);
        fault = jk_ident_team_fault(verifier);
        if (!fault && (!jk_span_to_u64(item, &by) || by > JK_SERIES_MAX))
            fault = "must say which account gave the role";
    }
    return fault;
}

static void read_account(struct reader *reader, struct jk_record_facts *facts)
{
    struct jk_account *account = &facts->account;
    account->id = facts->key.id;
    take_text(reader, "label", true, jk_ident_label_fault, account->label, sizeof account->label);
    account->roles = take_bits(reader, "roles", jk_role_parse);
    take_text(reader, "team", true, jk_ident_team_fault, account->team, sizeof account->team);
    account->disabled = take_bool(reader, "disabled");
    account->created_us = take_time(reader, "created_us");
    if (!(account->roles & JK_ROLE_TEAM) != !account->team[0])
        fault_field(reader, "team", "must be there with the role \"team\", and only then");

    /* who granted a role was not always recorded: if it is absent, it is unknown */
    if (has_field(reader, "created_by")) account->created_by = take_integer(reader, "created_by");
    if (has_field(reader, "admin_until_us"))
        account->admin_until_us = take_int(reader, "admin_until_us", 1, TIME_MAX_US);
    if (has_field(reader, "grants")) {
        const json_t *list = take_field(reader, "grants");
        if (!json_array_size(list)) fault_field(reader, "grants", "must be a list, and not empty");
        for (size_t i = 0; i < json_array_size(list); i++)
            read_grant(reader, json_array_get(list, i), account);
    }

    /* which teams an account has acted for was not always recorded: if it is absent, it is unknown */
    account->teams_known = has_field(reader, "acted_for");
    if (account->teams_known)
        take_text(reader, "acted_for", true, teams_fault, account->acted_for, sizeof account->acted_for);
    /* An account that attests has that role alone. */
    if (has_field(reader, "verifier"))
        take_text(reader, "verifier", false, jk_ident_team_fault, account->verifier, sizeof account->verifier);
    if (!(account->roles & JK_ROLE_VERIFIER) != !account->verifier[0])
        fault_field(reader, "verifier", "must be there with the role \"verifier\", and only then");
    if ((account->roles & JK_ROLE_VERIFIER) && account->roles != JK_ROLE_VERIFIER)
        fault_field(reader, "roles", "holds \"verifier\" together with another");
    if (has_field(reader, "spoke_for"))
        take_text(reader, "spoke_for", false, spoke_for_fault, account->spoke_for, sizeof account->spoke_for);
}

static void read_token(struct reader *reader, struct jk_record_facts *facts)
{
    struct jk_token *token = &facts->token;
    token->id = facts->key.id;
    token->account = take_integer(reader, "account");
    take_digest(reader, "hash", &token->hash);
    token->scopes = take_bits(reader, "scopes", jk_scope_parse);
    take_text(reader, "label", true, jk_ident_label_fault, token->label, sizeof token->label);
    token->created_us = take_time(reader, "created_us");
    token->expires_us = take_time(reader, "expires_us");
    token->revoked = take_bool(reader, "revoked");
    if (!has_field(reader, "made_by") && !has_field(reader, "made_with")) return;
    token->made_by = take_integer(reader, "made_by");
    token->made_with = take_integer(reader, "made_with");
    if (token->made_with >= token->id) fault_field(reader, "made_with", "must be the number of an earlier token");
}

static void read_member(struct reader *reader, struct jk_record_facts *facts)
{
    struct jk_member *member = &facts->member;
    member->account = facts->key.id;
    take_text(reader, "publisher", false, jk_ident_part_fault, member->publisher, sizeof member->publisher);
    if (!jk_span_equal_fold(jk_span_of(member->publisher), jk_span_of(facts->key.publisher)))
        fault_field(reader, "publisher", "must be the key's, but for case");
    member->role = (enum jk_member_role)take_word(reader, "role", jk_member_words);
    member->since_us = take_time(reader, "since_us");

    /* there used to be no invitations: everybody who was added was a member at once */
    if (has_field(reader, "never")) member->never = take_bool(reader, "never");
    if (has_field(reader, "invited") || has_field(reader, "invited_by")) {
        member->invited = (enum jk_member_role)take_word(reader, "invited", jk_member_words);
        member->invited_by = take_integer(reader, "invited_by");
        if (member->invited == JK_MEMBER_NONE) fault_field(reader, "invited", "must be a role where it is there");
    }
    if (member->role != JK_MEMBER_NONE && (member->never || member->invited != JK_MEMBER_NONE))
        fault_field(reader, "role", "must be none of who is invited, or never was a member");

    if (!has_field(reader, "stood")) return;
    member->stood = (uint32_t)take_int(reader, "stood", 1, UINT32_MAX - 1);
    if (member->role != JK_MEMBER_OWNER && member->invited != JK_MEMBER_OWNER)
        fault_field(reader, "stood", "must not be there but for an owner");
}

static void read_creator(struct reader *reader, struct jk_record_facts *facts)
{
    memcpy(facts->creator.publisher, facts->key.publisher, sizeof facts->creator.publisher);
    facts->creator.account = take_integer(reader, "account");
}

static void read_request(struct reader *reader, struct jk_record_facts *facts)
{
    struct jk_publisher_request *request = &facts->request;
    request->id = facts->key.id;
    request->kind = (enum jk_request_kind)take_word(reader, "kind", jk_request_kind_words);
    request->state = (enum jk_request_state)take_word(reader, "state", jk_request_state_words);
    take_text(reader, "publisher", false, jk_ident_part_fault, request->publisher, sizeof request->publisher);
    request->account = take_integer(reader, "account");
    take_text(reader, "evidence", true, NULL, request->evidence, sizeof request->evidence);
    request->created_us = take_time(reader, "created_us");
    request->decided_us = take_time(reader, "decided_us");
    if (request->kind == JK_REQUEST_OWNER) request->owner = take_integer(reader, "owner");
    if (request->kind == JK_REQUEST_CREATE && has_field(reader, "looks_like"))
        take_text(reader, "looks_like", false, jk_ident_label_fault, request->looks_like, sizeof request->looks_like);
}

static void read_blob(struct reader *reader, struct jk_record_facts *facts)
{
    struct jk_blob_facts *blob = &facts->blob;
    blob->digest = facts->key.digest;
    blob->kind = (enum jk_blob_kind)take_word(reader, "kind", jk_blob_words);
    bool manifest = blob->kind == JK_BLOB_KIND_MANIFEST;
    blob->size = (uint64_t)take_int(reader, "size", 0, INT64_MAX);
    take_digest_or_null(reader, "weights", &blob->weights);
    blob->files_known = json_object_get(reader->object, "files") != NULL; /* not so in records of earlier versions */
    if (blob->files_known) take_digest_or_null(reader, "files", &blob->weight_files);
    if (!manifest && blob->files_known) fault_field(reader, "files", "must not be there but for a manifest");
    if (!manifest && !jk_digest_is_zero(&blob->weights))
        fault_field(reader, "weights", "must be null but for a manifest");
    if (blob->kind == JK_BLOB_KIND_CENSUS_LIST) blob->models = (uint64_t)take_int(reader, "models", 0, INT64_MAX);
    blob->created_us = take_time(reader, "created_us");
    if (has_field(reader, "renewed_us")) blob->renewed_us = take_int(reader, "renewed_us", 1, TIME_MAX_US);
    if (has_field(reader, "bundle")) {
        blob->bundle = (uint64_t)take_int(reader, "bundle", 1, UINT32_MAX);
        blob->bundle_at = (uint32_t)take_int(reader, "bundle_at", 0, UINT32_MAX);
    }
    blob->state = JK_BLOB_STORED;
    if (!json_object_get(reader->object, "state")) return; /* blobs could not always be withdrawn */
    blob->state = (enum jk_blob_state)take_word(reader, "state", jk_blob_state_words);
    if (blob->state == JK_BLOB_STORED) fault_field(reader, "state", "must not be there where the blob is stored");
    blob->withdrawn_us = take_time(reader, "withdrawn_us");
    if (blob->state != JK_BLOB_REMOVED) take_digest(reader, "reason", &blob->reason);
}

static bool take_hub_record(struct jk_span item, struct jk_hub_records *records)
{
    struct jk_span hex;
    uint64_t size;
    if (records->count == JK_HUB_RECORDS_MAX || !jk_span_cut(&item, ':', &hex)) return false;
    if (!jk_digest_parse(hex, &records->digests[records->count]) || !jk_span_to_u64(item, &size) || size > UINT32_MAX)
        return false;
    records->sizes[records->count++] = (uint32_t)size;
    return true;
}

static void read_hub_records(struct reader *reader, struct jk_record_facts *facts)
{
    struct jk_hub_records *records = &facts->hub_records;
    records->index = facts->key.id;
    records->created_us = take_time(reader, "created_us");
    struct jk_span list = take_span(reader, "records"), item;
    for (bool more = true; more;) {
        more = jk_span_cut(&list, ' ', &item);
        if (take_hub_record(item, records)) continue;
        fault_field(reader, "records", "must be 1 to 200 digests, each with a size");
        return;
    }
}

static void read_ruler(struct reader *reader, struct jk_record_facts *facts)
{
    facts->ruler = (struct jk_ruler){.ruling = facts->key.id, .account = take_integer(reader, "account")};
    if (!has_field(reader, "token") && !has_field(reader, "granted_by")) return;
    facts->ruler.token = take_integer(reader, "token");
    facts->ruler.granted_by = (uint64_t)take_int(reader, "granted_by", 0, (int64_t)JK_SERIES_MAX);
    if (!has_field(reader, "time_us") && !has_field(reader, "what")) return;
    facts->ruler.time_us = take_int(reader, "time_us", 1, TIME_MAX_US);
    take_digest(reader, "what", &facts->ruler.what);
}

static void read_proposed_teams(struct reader *reader, struct jk_record_facts *facts)
{
    struct jk_teams_proposal *proposal = &facts->teams;
    proposal->stage = facts->key.id;
    proposal->account = take_integer(reader, "account");
    proposal->token = take_integer(reader, "token");
    proposal->granted_by = (uint64_t)take_int(reader, "granted_by", 0, (int64_t)JK_SERIES_MAX);
    proposal->time_us = take_time(reader, "time_us");
    take_text(reader, "teams", true, teams_fault, proposal->teams, sizeof proposal->teams);
}

static void read_renewal(struct reader *reader, struct jk_record_facts *facts)
{
    facts->renewal = (struct jk_renewal){.release = facts->key.digest, .account = take_integer(reader, "account")};
    facts->renewal.size = (uint32_t)take_int(reader, "size", 1, UINT32_MAX - 1);
    facts->renewal.time_us = take_time(reader, "time_us");
}

static void read_clock(struct reader *reader, struct jk_record_facts *facts)
{
    facts->ahead_us = take_int(reader, "ahead_us", -TIME_MAX_US, TIME_MAX_US);
}

static void read_life(struct reader *reader, struct jk_record_facts *facts)
{
    struct jk_life *life = &facts->life;
    life->seen_us = take_time(reader, "seen_us");
    life->rest_from_us = take_time(reader, "rest_from_us");
    life->rest_until_us = take_time(reader, "rest_until_us");
    if (life->rest_until_us < life->rest_from_us)
        fault_field(reader, "rest_until_us", "must not lie before rest_from_us");
}

/* One row per kind: the first part of the key, or the whole key of a kind with only one record, and how to read the
 * value. */
static const struct {
    const char *prefix;
    void (*read)(struct reader *reader, struct jk_record_facts *facts);
} kinds[] = {
    [JK_RECORD_ACCOUNT] = {"account/", read_account}, [JK_RECORD_TOKEN] = {"token/", read_token},
    [JK_RECORD_MEMBER] = {"member/", read_member},    [JK_RECORD_CREATOR] = {"creator/", read_creator},
    [JK_RECORD_REQUEST] = {"request/", read_request}, [JK_RECORD_BLOB] = {"blob/", read_blob},
    [JK_RECORD_RULER] = {"ruling/", read_ruler},      [JK_RECORD_TEAMS] = {"teams/", read_proposed_teams},
    [JK_RECORD_RENEWAL] = {"renewal/", read_renewal}, [JK_RECORD_HUB_RECORDS] = {"hub-records/", read_hub_records},
    [JK_RECORD_CLOCK] = {"clock/demo", read_clock},   [JK_RECORD_LIFE] = {"clock/life", read_life},
};

static bool parse_number(struct jk_span text, uint64_t *out_id)
{
    return jk_span_to_u64(text, out_id) && *out_id >= 1 && *out_id <= JK_SERIES_MAX;
}

/* A publisher's name, already case-folded. */
static bool parse_publisher(struct jk_span publisher, struct jk_record_key *key)
{
    if (jk_ident_part_fault(publisher)) return false;
    jk_ident_fold(publisher, key->publisher);
    key->publisher[publisher.len] = '\0';
    return jk_span_equal(publisher, jk_span_of(key->publisher));
}

static bool parse_member_key(struct jk_span rest, struct jk_record_key *key)
{
    struct jk_span publisher;
    return jk_span_cut(&rest, '/', &publisher) && parse_publisher(publisher, key) && parse_number(rest, &key->id);
}

bool jk_record_key_parse(const char *text, struct jk_record_key *out_key)
{
    struct jk_span all = {text, strnlen(text, JK_RECORD_KEY_MAX + 1)};
    if (all.len > JK_RECORD_KEY_MAX) return false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct jk_span prefix = jk_span_of(kinds[i].prefix);
        if (!jk_span_starts(all, prefix)) continue;
        struct jk_span rest = {all.at + prefix.len, all.len - prefix.len};
        struct jk_record_key key = {.kind = (enum jk_record_kind)i};
        bool good = i == JK_RECORD_MEMBER                           ? parse_member_key(rest, &key)
                    : i == JK_RECORD_CREATOR                        ? parse_publisher(rest, &key)
                    : i == JK_RECORD_BLOB || i == JK_RECORD_RENEWAL ? jk_digest_parse(rest, &key.digest)
                    : i == JK_RECORD_RULER || i == JK_RECORD_TEAMS || i == JK_RECORD_HUB_RECORDS
                        ? (jk_span_to_u64(rest, &key.id) && key.id >= 1 && key.id < UINT32_MAX)
                    : i == JK_RECORD_CLOCK ? rest.len == 0
                    : i == JK_RECORD_LIFE  ? rest.len == 0
                                           : parse_number(rest, &key.id);
        if (good) *out_key = key;
        return good;
    }
    return false;
}

static enum jk_status refuse_record(const char *key, const char *field, const char *rule, struct jk_error *error)
{
    char shown[128];
    jk_text_shorten((struct jk_span){key, strnlen(key, JK_RECORD_KEY_MAX + 1)}, shown, sizeof shown);
    jk_error_fact(error, "record", "%s", shown);
    return jk_fail(error, JK_DATA_LOSS, "RECORD_MALFORMED",
                   "the record \"%s\" cannot be used: %s %s; restore the table \"record\" from a backup, or use the "
                   "version of the server that wrote it",
                   shown, field, rule);
}

static enum jk_status read_facts(const struct jk_record *record, json_t *object, struct jk_record_facts *facts,
                                 struct jk_error *error)
{
    struct reader reader = {.object = object};
    kinds[facts->key.kind].read(&reader, facts);
    if (reader.field) return refuse_record(record->key, reader.field, reader.rule, error);
    if (reader.taken != json_object_size(object))
        return refuse_record(record->key, "its value", "holds a field that is not known", error);
    return JK_OK;
}

enum jk_status jk_record_parse(const struct jk_record *record, struct jk_record_facts *out_facts,
                               struct jk_error *error)
{
    struct jk_record_facts facts;
    memset(&facts, 0, sizeof facts);
    if (!jk_record_key_parse(record->key, &facts.key))
        return refuse_record(record->key, "its key", "is not of the form of any record", error);
    size_t len = strnlen(record->value, JK_RECORD_VALUE_MAX + 1);
    if (len > JK_RECORD_VALUE_MAX) return refuse_record(record->key, "its value", "is longer than 16384 bytes", error);
    json_t *object = json_loadb(record->value, len, JSON_REJECT_DUPLICATES, NULL);
    enum jk_status status = json_is_object(object) ? read_facts(record, object, &facts, error)
                                                   : refuse_record(record->key, "its value",
                                                                   "is not a JSON object with each field once", error);
    json_decref(object);
    if (status == JK_OK) *out_facts = facts;
    return status;
}
