/* See stages.h. */
#include "service/evaluate/stages.h"

#include "base/defer.h"
#include "book/claims.h"
#include "book/others.h"
#include "book/vouched.h"
#include "domain/ident.h"
#include "reply/lookup.h"

_Static_assert(JOKBO__V1__RULING_STATE__RULING_STATE_PENDING == JK_RULING_PENDING + 1, "state numbers");
_Static_assert(JOKBO__V1__RULING_STATE__RULING_STATE_REPLACED == JK_RULING_REPLACED + 1, "state numbers");
_Static_assert(JOKBO__V1__DISPUTE_SUBJECT__DISPUTE_SUBJECT_PARENT == JK_ABOUT_PARENT + 1, "subject numbers");
_Static_assert(JOKBO__V1__DISPUTE_SUBJECT__DISPUTE_SUBJECT_ADOPTION == JK_ABOUT_ADOPTION + 1, "subject numbers");
_Static_assert(JOKBO__V1__RULING_KIND__RULING_KIND_EXCLUDE == JK_RULING_EXCLUDE + 1, "kind numbers");
_Static_assert(JOKBO__V1__RULING_KIND__RULING_KIND_VERIFIER_END == JK_RULING_VERIFIER_END + 1, "kind numbers");
_Static_assert(JOKBO__V1__DISPUTE_OUTCOME__DISPUTE_OUTCOME_UPHELD == JK_OUTCOME_UPHELD + 1, "outcome numbers");

/* ---- policies ---- */

static char *explain_policy(const struct jk_present *present, const struct jk_policy *policy, bool korean)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_policy_explain(policy, korean, &text);
    char *out = jk_to_string(present->arena, jk_text_span(&text));
    jk_text_done(&text);
    return out;
}

static Jokbo__V1__Policy *policy_message(const struct jk_present *present, const struct jk_policy *policy,
                                         const struct jk_digest *digest)
{
    Jokbo__V1__Policy *out = JK_MESSAGE(present->arena, Jokbo__V1__Policy, jokbo__v1__policy);
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 0);
    jk_policy_write(policy, &text);
    if (!out || text.failed) return NULL;
    out->name = jk_to_string(present->arena, jk_span_of(policy->name));
    out->version = (int32_t)policy->version;
    out->text = jk_to_string(present->arena, jk_text_span(&text));
    out->sha256 = jk_to_hex(present->arena, digest);
    out->explanation = explain_policy(present, policy, false);
    out->explanation_ko = explain_policy(present, policy, true);
    return out;
}

Jokbo__V1__Policy *jk_explain_policy(const struct jk_present *present, const struct jk_policy *policy)
{
    struct jk_digest digest = jk_policy_digest(policy);
    return policy_message(present, policy, &digest);
}

Jokbo__V1__Policy *jk_present_policy(const struct jk_present *present, uint32_t slot)
{
    const struct jk_policy_row *row = jk_book_policy(present->book, slot);
    Jokbo__V1__Policy *out = policy_message(present, &row->policy, &row->digest);
    if (!out) return NULL;
    out->log_index = row->from;
    out->create_time = jk_to_timestamp(present->arena, jk_book_time(present->book, row->from));
    out->log_size = present->size;
    return out;
}

uint32_t jk_policy_find(const struct jk_book *book, struct jk_span text, uint32_t n)
{
    struct jk_digest digest;
    struct jk_span name, rest = text;
    uint64_t version;
    if (jk_digest_parse(text, &digest)) {
        uint32_t found = jk_book_find_policy(book, &digest, n);
        if (found != JK_NONE) return found;
    }
    if (!jk_span_cut(&rest, '@', &name)) return jk_book_find_policy_name(book, text, 0, n);
    if (!jk_span_to_u64(rest, &version) || version < 1 || version > JK_POLICY_VERSION_MAX) return JK_NONE;
    return jk_book_find_policy_name(book, name, (uint32_t)version, n);
}

enum jk_status jk_policy_not_found(struct jk_error *error, const char *text)
{
    char shown[96];
    jk_text_shorten(jk_span_of(text), shown, sizeof shown);
    jk_error_resource(error, "jokbo.v1/Policy", shown);
    return jk_fail(error, JK_NOT_FOUND, "POLICY_NOT_FOUND",
                   "No policy \"%s\" is recorded; give its name, name@version, or digest", shown);
}

/* ---- stages ---- */

static char *policy_name(const struct jk_present *present, const struct jk_digest *digest)
{
    uint32_t slot = jk_book_find_policy(present->book, digest, present->size);
    if (slot == JK_NONE) return (char *)protobuf_c_empty_string;
    const struct jk_policy *policy = &jk_book_policy(present->book, slot)->policy;
    char *text = jk_arena_printf(present->arena, "%s@%u", policy->name, policy->version);
    return text ? text : (char *)protobuf_c_empty_string;
}

Jokbo__V1__Closing *jk_present_closing(const struct jk_present *present, const struct jk_closing *closing,
                                       struct jk_texts *texts)
{
    Jokbo__V1__Closing *out = JK_MESSAGE(present->arena, Jokbo__V1__Closing, jokbo__v1__closing);
    if (!out) return NULL;
    out->stage = jk_to_string(present->arena, jk_book_stage(present->book, closing->stage, present->size)->id);
    out->revision = (int32_t)closing->revision;
    out->n = closing->n;
    out->m = closing->m;
    out->policy_sha256 = jk_to_hex(present->arena, &closing->policy);
    out->table_sha256 = jk_to_hex(present->arena, &closing->table);
    out->json_sha256 = jk_to_hex(present->arena, &closing->json);
    out->members_sha256 = jk_to_hex(present->arena, &closing->members);
    out->left_out_sha256 = jk_to_hex(present->arena, &closing->left_out);
    out->log_index = closing->from;
    out->create_time = jk_to_timestamp(present->arena, jk_book_time(present->book, closing->from));
    jk_texts_note(texts, &closing->text, &out->text);
    return out;
}

uint32_t jk_stage_revisions(const struct jk_present *present, uint32_t stage)
{
    const struct jk_closing *last = jk_book_closing(present->book, stage, 0, present->size);
    return last ? last->revision : 0;
}

static void add_closings(const struct jk_present *present, uint32_t stage, Jokbo__V1__Stage *out,
                         struct jk_texts *texts)
{
    uint32_t revisions = jk_stage_revisions(present, stage);
    out->closings = (Jokbo__V1__Closing **)jk_pointers(present->arena, revisions);
    for (uint32_t revision = 1; out->closings && revision <= revisions; revision++) {
        const struct jk_closing *closing = jk_book_closing(present->book, stage, revision, present->size);
        Jokbo__V1__Closing *item = closing ? jk_present_closing(present, closing, texts) : NULL;
        if (item) out->closings[out->n_closings++] = item;
    }
}

void jk_present_teams(const struct jk_present *present, struct jk_span teams, size_t *out_count, char ***out_teams)
{
    struct jk_span team;
    *out_teams = (char **)jk_pointers(present->arena, JK_STAGE_TEAMS_MAX);
    for (bool more = *out_teams != NULL; more && *out_count < JK_STAGE_TEAMS_MAX;) {
        more = jk_span_cut(&teams, ' ', &team);
        (*out_teams)[(*out_count)++] = jk_to_string(present->arena, team);
    }
}

void jk_stage_etag(const struct jk_book *book, uint32_t stage, uint32_t n, char out_etag[JK_ETAG_TEXT])
{
    const struct jk_closing *last = jk_book_closing(book, stage, 0, n);
    jk_write_etag(jk_book_stage(book, stage, n)->from, last ? last->from : 0, out_etag);
}

Jokbo__V1__Stage *jk_present_stage(const struct jk_present *present, uint32_t stage, struct jk_texts *texts)
{
    const struct jk_stage *facts = jk_book_stage(present->book, stage, present->size);
    Jokbo__V1__Stage *out = JK_MESSAGE(present->arena, Jokbo__V1__Stage, jokbo__v1__stage);
    if (!out) return NULL;
    out->id = jk_to_string(present->arena, facts->id);
    out->title = jk_to_string(present->arena, facts->title);
    out->title_ko = jk_to_string(present->arena, facts->title_ko);
    out->open_time = jk_to_timestamp(present->arena, facts->opens_us);
    out->cutoff_time = jk_to_timestamp(present->arena, facts->cutoff_us);
    out->dispute_end_time = jk_to_timestamp(present->arena, facts->disputes_us);
    out->policy = policy_name(present, &facts->policy);
    out->policy_sha256 = jk_to_hex(present->arena, &facts->policy);
    jk_present_teams(present, facts->teams, &out->n_teams, &out->teams);
    out->source = jk_to_string(present->arena, facts->source);
    out->log_index = facts->from;
    char etag[JK_ETAG_TEXT];
    jk_stage_etag(present->book, stage, present->size, etag);
    out->etag = jk_to_string(present->arena, jk_span_of(etag));
    add_closings(present, stage, out, texts);
    out->log_size = present->size;
    return out;
}

enum jk_status jk_stage_not_found(struct jk_error *error, const char *id)
{
    char shown[96];
    jk_text_shorten(jk_span_of(id), shown, sizeof shown);
    jk_error_resource(error, "jokbo.v1/Stage", shown);
    return jk_fail(error, JK_NOT_FOUND, "STAGE_NOT_FOUND", "There is no stage \"%s\"; see jokbo stage list", shown);
}

enum jk_status jk_revision_not_found(struct jk_error *error, const char *stage, int32_t revision)
{
    return jk_fail(error, JK_NOT_FOUND, "REVISION_NOT_FOUND", "The stage \"%s\" has no revision %d", stage, revision);
}

/* ---- rulings ---- */

static char **name_others(const struct jk_present *present, const struct jk_others *others, size_t *out_count)
{
    char **names = (char **)jk_pointers(present->arena, others->count);
    for (uint32_t i = 0; names && i < others->count; i++)
        names[i] = jk_to_string(present->arena, jk_present_name(present, others->models[i]));
    *out_count = names ? others->count : 0;
    return names;
}

static void add_ruled_others(const struct jk_present *present, const struct jk_ruling *ruling, Jokbo__V1__Ruling *out)
{
    struct jk_others others = {.count = 0};
    uint32_t own_looks = JK_OTHERS_LOOKS, *looks_left = present->looks_left ? present->looks_left : &own_looks;
    jk_others_add(&others, present->book, ruling->release, ruling->from, present->size, JK_NONE, looks_left);
    out->others = name_others(present, &others, &out->n_others);
    out->more_others = others.more;
}

Jokbo__V1__Ruling *jk_present_ruling(const struct jk_present *present, uint32_t slot, struct jk_texts *texts)
{
    const struct jk_ruling *ruling = jk_book_ruling(present->book, slot);
    Jokbo__V1__Ruling *out = JK_MESSAGE(present->arena, Jokbo__V1__Ruling, jokbo__v1__ruling);
    if (!out) return NULL;
    out->log_index = ruling->from;
    if (ruling->model != JK_NONE) out->model = jk_to_string(present->arena, jk_present_name(present, ruling->model));
    if (ruling->verifier != JK_NONE)
        out->verifier = jk_to_string(present->arena, jk_book_verifier_id(present->book, ruling->verifier));
    out->institution = jk_to_string(present->arena, ruling->institution);
    out->kind = (Jokbo__V1__RulingKind)(ruling->kind + 1);
    out->restore = ruling->kind == JK_RULING_RESTORE;
    if (ruling->root != JK_NONE) out->root = jk_to_string(present->arena, jk_present_name(present, ruling->root));
    if (ruling->release != JK_NONE)
        out->lineage_hash = jk_to_hex(present->arena, &jk_book_release(present->book, ruling->release)->hash);
    if (ruling->release != JK_NONE) add_ruled_others(present, ruling, out);
    out->external = jk_to_string(present->arena, ruling->external);
    out->reason = jk_to_string(present->arena, ruling->reason);
    out->state = (Jokbo__V1__RulingState)(jk_book_ruling_state(present->book, slot, present->size) + 1);
    if (ruling->decided < present->size) out->decision_index = ruling->decided;
    out->create_time = jk_to_timestamp(present->arena, jk_book_time(present->book, ruling->from));
    out->log_size = present->size;
    jk_texts_note(texts, &ruling->text, &out->text);
    return out;
}

/* ---- disputes ---- */

static Jokbo__V1__OriginSide *present_side(const struct jk_present *present, uint32_t model, uint32_t other)
{
    static const char *const words[] = {"weights", "artifact", "weight files"};
    Jokbo__V1__OriginSide *out = JK_MESSAGE(present->arena, Jokbo__V1__OriginSide, jokbo__v1__origin_side);
    enum jk_content kind;
    uint32_t slot, publisher = jk_book_alias(present->book, model, present->size)->publisher;
    if (!out) return NULL;
    out->model = jk_to_string(present->arena, jk_present_name(present, model));
    out->verified = jk_book_is_verified(present->book, publisher, present->size);
    out->held = jk_book_holds_manifest(present->book, model, present->size);
    if (!jk_shared_content(present->book, model, other, present->size, &kind, &slot)) return out;
    out->content = jk_to_string(present->arena, jk_span_of(words[kind]));
    out->log_index = jk_content_since(present->book, model, kind, slot, present->size);
    out->time = jk_to_timestamp(present->arena, jk_book_time(present->book, (uint32_t)out->log_index));
    return out;
}

static void add_sides(const struct jk_present *present, const struct jk_dispute *dispute, Jokbo__V1__Dispute *out)
{
    const uint32_t models[] = {dispute->model, dispute->against};
    out->sides = (Jokbo__V1__OriginSide **)jk_pointers(present->arena, 2);
    for (int i = 0; out->sides && i < 2; i++)
        if ((out->sides[i] = present_side(present, models[i], models[1 - i])) != NULL) out->n_sides++;
}

/* Whom else a ruling may concern that follows from it. */
static void add_disputed_others(const struct jk_present *present, const struct jk_dispute *dispute,
                                Jokbo__V1__Dispute *out)
{
    struct jk_others others = {.count = 0};
    uint32_t own_looks = JK_OTHERS_LOOKS, *looks_left = present->looks_left ? present->looks_left : &own_looks;
    const uint32_t models[] = {dispute->model, dispute->against};
    for (int i = 0; i < 2; i++)
        jk_others_add(&others, present->book, jk_book_standing_release(present->book, models[i], present->size),
                      present->size, present->size, models[1 - i], looks_left);
    out->others = name_others(present, &others, &out->n_others);
    out->more_others = others.more;
}

Jokbo__V1__Dispute *jk_present_dispute(const struct jk_present *present, uint32_t slot, struct jk_texts *texts)
{
    const struct jk_dispute *dispute = jk_book_dispute(present->book, slot);
    Jokbo__V1__Dispute *out = JK_MESSAGE(present->arena, Jokbo__V1__Dispute, jokbo__v1__dispute);
    if (!out) return NULL;
    out->log_index = dispute->from;
    out->subject = (Jokbo__V1__DisputeSubject)(dispute->about + 1);
    out->model = jk_to_string(present->arena, jk_present_name(present, dispute->model));
    if (dispute->against != JK_NONE)
        out->against = jk_to_string(present->arena, jk_present_name(present, dispute->against));
    if (dispute->against != JK_NONE) add_sides(present, dispute, out);
    if (dispute->against != JK_NONE) add_disputed_others(present, dispute, out);
    if (dispute->external != JK_NONE)
        out->external = jk_to_string(present->arena, jk_book_external(present->book, dispute->external)->name);
    if (dispute->ruling != JK_NONE) out->ruling = jk_book_ruling(present->book, dispute->ruling)->from;
    if (dispute->stage != JK_NONE)
        out->stage = jk_to_string(present->arena, jk_book_stage(present->book, dispute->stage, present->size)->id);
    out->actor = jk_to_string(present->arena, dispute->actor);
    if (dispute->resolved < present->size) {
        out->outcome = (Jokbo__V1__DisputeOutcome)(dispute->outcome + 1);
        out->resolution_index = dispute->resolved;
        jk_texts_note_entry(texts, dispute->resolved, &out->resolution_text);
    }
    out->create_time = jk_to_timestamp(present->arena, jk_book_time(present->book, dispute->from));
    out->log_size = present->size;
    jk_texts_note(texts, &dispute->text, &out->text);
    return out;
}

/* ---- requests ---- */

void jk_check_model_name(struct jk_error *error, const char *field, const char *name)
{
    jk_check_field(error, field, name, jk_ident_model_fault(jk_span_of(name)));
}

void jk_check_release_name(struct jk_error *error, const char *field, const char *name)
{
    struct jk_span model, version;
    jk_split_version(jk_span_of(name), &model, &version);
    if (!version.len || jk_ident_model_fault(model))
        jk_check_model_name(error, field, name);
    else
        jk_check_field(error, field, name, jk_ident_version_fault(version));
}

enum jk_status jk_filter_model(struct jk_call *call, const struct jk_present *present, const char *name,
                               uint32_t *out_model)
{
    *out_model = JK_NONE;
    if (!*name) return JK_OK;
    *out_model = jk_book_find_model(present->book, jk_span_of(name), present->size);
    if (*out_model != JK_NONE) return JK_OK;
    return jk_model_not_found(present->book, present->size, jk_span_of(name), &call->error);
}

enum jk_status jk_filter_team(struct jk_call *call, const struct jk_present *present, const char *id,
                              uint32_t *out_team)
{
    char shown[JK_TEAM_ID_MAX + 1];
    *out_team = *id ? jk_book_find_team(present->book, jk_span_of(id), present->size) : JK_NONE;
    if (!*id || *out_team != JK_NONE) return JK_OK;
    jk_text_shorten(jk_span_of(id), shown, sizeof shown);
    jk_error_resource(&call->error, "jokbo.v1/Team", shown);
    return jk_fail(&call->error, JK_NOT_FOUND, "TEAM_NOT_FOUND", "There is no team \"%s\"; see jokbo roster show",
                   shown);
}

bool jk_descends_from_base(const struct jk_book *book, uint32_t model, uint32_t base, uint32_t n)
{
    const struct jk_spell *spell = NULL;
    while ((spell = jk_book_spell(book, model, n, spell)))
        if (spell->root == base) return true;
    return false;
}

bool jk_leads_to_team(const struct jk_present *present, uint32_t model, uint32_t team)
{
    const struct jk_base_facts *base = jk_book_base(present->book, model, present->size);
    const struct jk_spell *spell = NULL;
    if (base && base->team == team) return true;
    while ((spell = jk_book_spell(present->book, model, present->size, spell))) {
        base = jk_book_base(present->book, spell->root, present->size);
        if (base && base->team == team) return true;
    }
    return false;
}
