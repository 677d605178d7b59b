/* What a step of RecordCensus writes, in the write's turn: the model's own entry, if there is to be one, and what was
 * seen; and the record's bytes. See census_step.h. */
#include "service/records/census_step.h"

#include "book/home.h"
#include "domain/ident.h"
#include "service/records/naming.h"

struct work {
    struct jk_change *change;
    struct jk_turn *turn;
    const struct jk_census_step *step;
    struct jk_resolved *resolved;
    struct jk_census_work *census;
    struct jk_census_written *written;
    struct jk_error *error;
};

static const struct jk_actor registrar = {.type = JK_ACTOR_REGISTRAR};

/* ---- who may be written for ---- */

static enum jk_status check_free_to_write(const struct work *work, uint32_t publisher, struct jk_span id)
{
    struct jk_span organisation, part;
    if (jk_book_may_speak_for(work->turn->book, publisher, work->step->seen.hub, id, jk_turn_size(work->turn)))
        return JK_OK;
    jk_ident_split(id, &organisation, &part);
    struct jk_span name = jk_book_publisher(work->turn->book, publisher)->name;
    return jk_fail(
        work->error, JK_FAILED_PRECONDITION, "PUBLISHER_CLAIMED",
        "The publisher \"%.*s\" is somebody's, who is not known to hold %.*s/%.*s: have a registrar record that with "
        "`jokbo namespace set`, or an admin transfer the name",
        JK_SPAN_ARG(name), JK_SPAN_ARG(work->step->seen.hub), JK_SPAN_ARG(organisation));
}

static enum jk_status check_no_base(const struct work *work, uint32_t model)
{
    if (!jk_book_base(work->turn->book, model, jk_turn_size(work->turn))) return JK_OK;
    return jk_fail(work->error, JK_FAILED_PRECONDITION, "TARGET_IS_BASE",
                   "\"%.*s\" is a base model: its releases and its name are its team's",
                   JK_SPAN_ARG(jk_name_of(work->turn, model)));
}

/* ---- whether the model is of this repository ---- */

static const struct jk_observation *at_slot(const struct work *work, uint32_t slot)
{
    return slot == JK_NONE ? NULL : jk_book_observation(work->turn->book, slot);
}

static const struct jk_observation *last_of_model(const struct work *work, uint32_t model)
{
    return at_slot(work, jk_book_last_observation(work->turn->book, model, jk_turn_size(work->turn)));
}

/* What was said last of the repository of this step: by its identity, else by its name. */
static const struct jk_observation *last_of_repository(const struct work *work)
{
    const struct jk_entry *seen = &work->step->seen;
    uint32_t n = jk_turn_size(work->turn), slot = JK_NONE;
    if (seen->identity.len) slot = jk_book_observed(work->turn->book, seen->hub, seen->identity, n);
    if (slot == JK_NONE) slot = jk_book_observed_id(work->turn->book, seen->hub, seen->id, n);
    return at_slot(work, slot);
}

static enum jk_status fail_other(const struct work *work, uint32_t model, struct jk_span id, struct jk_span identity)
{
    return jk_fail(
        work->error, JK_FAILED_PRECONDITION, "OTHER_REPOSITORY",
        "\"%.*s\" is of another repository, which was last seen as %.*s%s%.*s; what is under \"%.*s\" now is another "
        "model",
        JK_SPAN_ARG(jk_name_of(work->turn, model)), JK_SPAN_ARG(id), identity.len ? " with the identity " : "",
        JK_SPAN_ARG(identity), JK_SPAN_ARG(work->step->seen.id));
}

static enum jk_status fail_never_observed(const struct work *work, struct jk_span name)
{
    return jk_fail(work->error, JK_FAILED_PRECONDITION, "NEVER_OBSERVED",
                   "\"%.*s\" was never seen on %.*s, so it cannot have gone or moved there", JK_SPAN_ARG(name),
                   JK_SPAN_ARG(work->step->seen.hub));
}

static enum jk_status fail_registered(const struct work *work, uint32_t model)
{
    return jk_fail(work->error, JK_FAILED_PRECONDITION, "OTHER_REPOSITORY",
                   "The repository \"%.*s\" is that of the registered model \"%.*s\": give it as the step's model",
                   JK_SPAN_ARG(work->step->seen.id), JK_SPAN_ARG(jk_name_of(work->turn, model)));
}

static bool identity_differs(const struct jk_observation *last, const struct jk_entry *seen)
{
    return seen->identity.len && last->identity.len && !jk_span_equal(seen->identity, last->identity);
}

/* What is said to have moved has been seen under its new name since. */
static bool has_arrived(const struct jk_observation *last, const struct jk_entry *seen)
{
    return seen->observed == JK_OBSERVED_MOVED && jk_span_equal(last->id, seen->to);
}

static bool is_seen_before(const struct work *work, const struct jk_observation *last)
{
    const struct jk_entry *seen = &work->step->seen;
    bool same = seen->identity.len && jk_span_equal(seen->identity, last->identity);
    return same || jk_span_equal_fold(seen->id, last->id) || has_arrived(last, seen) ||
           (last->state == JK_OBSERVED_MOVED && jk_span_equal_fold(seen->id, last->to));
}

/* The first time that a hub is seen to have the model. Its name is the only evidence, which is enough where the name is
 * nobody's yet, or the roster's. */
static enum jk_status check_first(const struct work *work, uint32_t model)
{
    const struct jk_entry *seen = &work->step->seen;
    struct jk_span name = jk_name_of(work->turn, model);
    if (seen->observed != JK_OBSERVED_PRESENT) return fail_never_observed(work, name);
    if (!jk_span_equal_fold(name, seen->id)) return fail_other(work, model, name, (struct jk_span){"", 0});
    if (jk_book_base(work->turn->book, model, jk_turn_size(work->turn))) return JK_OK;
    return check_free_to_write(work, jk_publisher_of(work->turn, model), seen->id);
}

static enum jk_status check_repository(const struct work *work, uint32_t model)
{
    const struct jk_entry *seen = &work->step->seen;
    const struct jk_observation *last = last_of_model(work, model);
    if (!last || !jk_span_equal(last->hub, seen->hub)) return check_first(work, model);
    return identity_differs(last, seen) || !is_seen_before(work, last)
               ? fail_other(work, model, last->id, last->identity)
               : JK_OK;
}

/* ---- the model's own entry ---- */

static enum jk_status append_statement(const struct work *work, enum jk_kind kind)
{
    return jk_registration_append(work->turn, kind, &registrar, work->resolved, &work->written->change, work->error);
}

/* The model of the identical statement, which an earlier request wrote; JK_NONE: none. */
static uint32_t find_same(const struct work *work)
{
    uint32_t same = jk_book_find_release(work->turn->book, &work->resolved->hash, jk_turn_size(work->turn));
    return same == JK_NONE ? JK_NONE : jk_book_release(work->turn->book, same)->model;
}

static enum jk_status fail_name_taken(const struct work *work, uint32_t model)
{
    return jk_fail(
        work->error, JK_ALREADY_EXISTS, "NAME_TAKEN",
        "The name \"%.*s\" has belonged to %.*s since log entry %u: if it is of the same repository, give it as the "
        "step's model",
        JK_SPAN_ARG(work->step->draft->name), JK_SPAN_ARG(jk_name_of(work->turn, model)),
        jk_book_model(work->turn->book, model)->index);
}

static enum jk_status register_model(const struct work *work)
{
    const struct jk_draft *draft = work->step->draft;
    struct jk_turn *turn = work->turn;
    struct jk_span part, model_part;
    uint32_t publisher;
    jk_ident_split(draft->name, &part, &model_part);
    JK_TRY(jk_register_publisher(work->change, turn, part, &publisher, work->error));
    JK_TRY(check_free_to_write(work, publisher, work->step->seen.id));
    struct jk_span name = jk_name_under(work->change, turn, publisher, draft->name);
    uint32_t taken = jk_book_find_model(turn->book, name, jk_turn_size(turn));
    JK_TRY(jk_draft_resolve(draft, turn, name, taken, true, &work->change->call->arena, work->resolved, work->error));
    work->written->model = find_same(work);
    if (work->written->model != JK_NONE) return check_repository(work, work->written->model);
    if (taken != JK_NONE) return fail_name_taken(work, taken);
    /* Under another name, that is: a rename which the request does not tell of. */
    const struct jk_entry *seen = &work->step->seen;
    uint32_t slot = JK_NONE;
    if (seen->identity.len)
        slot = jk_book_observed(work->turn->book, seen->hub, seen->identity, jk_turn_size(work->turn));
    const struct jk_observation *last = at_slot(work, slot);
    if (last && last->model != JK_NONE) return fail_registered(work, last->model);
    JK_TRY(append_statement(work, JK_KIND_REGISTER));
    work->written->model = jk_book_find_model(turn->book, name, jk_turn_size(turn));
    return JK_OK;
}

/* What the publisher itself has said with digests is not replaced by what was seen without them. */
static enum jk_status check_says_no_less(const struct work *work, uint32_t model)
{
    uint32_t slot = jk_book_deciding(work->turn->book, model, jk_turn_size(work->turn));
    const struct jk_release *decides = slot == JK_NONE ? NULL : jk_book_release(work->turn->book, slot);
    if (!decides || (jk_digest_is_zero(&decides->weights) && jk_digest_is_zero(&decides->artifact) &&
                     jk_digest_is_zero(&decides->license_text)))
        return JK_OK;
    return jk_fail(
        work->error, JK_FAILED_PRECONDITION, "RELEASE_SAYS_LESS",
        "The release \"%.*s\", which decides now, gives digests, and one of a census has none: only record what was "
        "seen",
        JK_SPAN_ARG(decides->version));
}

static enum jk_status release_model(const struct work *work, uint32_t model)
{
    struct jk_draft *draft = work->step->draft;
    struct jk_turn *turn = work->turn;
    JK_TRY(check_no_base(work, model));
    JK_TRY(check_free_to_write(work, jk_publisher_of(turn, model), work->step->seen.id));
    JK_TRY(jk_release_inherit(work->change, turn, model, draft, work->error));
    JK_TRY(jk_draft_resolve(draft, turn, jk_name_of(turn, model), model, true, &work->change->call->arena,
                            work->resolved, work->error));
    if (find_same(work) != JK_NONE) return JK_OK;
    JK_TRY(jk_version_check(turn, model, draft, work->error));
    JK_TRY(check_says_no_less(work, model));
    return append_statement(work, JK_KIND_RELEASE);
}

/* Under the same publisher a rename, otherwise a transfer; both publishers are as free for this as for a registration. */
static enum jk_status move_model(const struct work *work, uint32_t model)
{
    struct jk_turn *turn = work->turn;
    struct jk_entry entry = {.actor = registrar, .model = jk_name_of(turn, model)};
    struct jk_span part, model_part;
    uint32_t from = jk_publisher_of(turn, model), to;
    JK_TRY(check_no_base(work, model));
    JK_TRY(check_free_to_write(work, from, work->step->seen.id));
    jk_ident_split(work->step->new_model, &part, &model_part);
    JK_TRY(jk_register_publisher(work->change, turn, part, &to, work->error));
    JK_TRY(check_free_to_write(work, to, work->step->seen.to));
    entry.kind = to == from ? JK_KIND_RENAME : JK_KIND_TRANSFER;
    entry.to = jk_name_under(work->change, turn, to, work->step->new_model);
    if (jk_span_equal(entry.model, entry.to)) return JK_OK;
    JK_TRY(jk_name_check(turn, model, entry.to, work->error));
    return jk_turn_append(turn, &entry, &work->written->change, work->error);
}

/* ---- what was seen ---- */

static bool says_the_same(const struct jk_observation *last, const struct jk_entry *seen)
{
    if (has_arrived(last, seen)) return true;
    return last->state == seen->observed && jk_span_equal(last->hub, seen->hub) && jk_span_equal(last->id, seen->id) &&
           jk_span_equal(last->identity, seen->identity) && jk_span_equal(last->to, seen->to) &&
           jk_digest_equal(&last->record, &seen->record) && jk_digest_equal(&last->listing, &seen->listing) &&
           jk_digest_equal(&last->weight_files, &seen->weight_files);
}

enum jk_status jk_census_bring(struct jk_census_work *work, struct jk_error *error)
{
    struct jk_record record;
    if (work->brought.count == 0) return JK_OK;
    if (!jk_record_hub_records(work->turn->arena, &work->brought, &record)) return jk_out_of_memory(error);
    JK_TRY(jk_turn_bundle_store(work->turn, work->brought.index, work->bytes, work->brought.count, error));
    work->brought.count = 0;
    memset(work->places, 0, sizeof work->places);
    return jk_turn_record(work->turn, &record, error);
}

static enum jk_status bring_alone(const struct work *work, const struct jk_digest *digest)
{
    struct jk_blob_facts facts = {.digest = *digest,
                                  .kind = JK_BLOB_KIND_HUB_RECORD,
                                  .size = work->step->record.len,
                                  .created_us = work->turn->time_us};
    struct jk_record record;
    JK_TRY(jk_turn_blob_store(work->turn, digest, work->step->record, work->error));
    if (!jk_record_blob(work->turn->arena, &facts, &record)) return jk_out_of_memory(work->error);
    return jk_turn_record(work->turn, &record, work->error);
}

/* Where the digest is among those brought, or would be: then the place is free. */
static uint16_t *place_of(struct jk_census_work *census, const struct jk_digest *digest)
{
    uint32_t at;
    memcpy(&at, digest->bytes, sizeof at);
    for (;; at++) {
        uint16_t *place = &census->places[at % JK_CENSUS_PLACES];
        if (*place == 0 || jk_digest_equal(&census->brought.digests[*place - 1], digest)) return place;
    }
}

static void bring(struct jk_census_work *census, const struct jk_digest *digest, struct jk_span bytes)
{
    struct jk_hub_records *brought = &census->brought;
    uint32_t at = brought->count++;
    *place_of(census, digest) = (uint16_t)brought->count;
    brought->digests[at] = *digest;
    brought->sizes[at] = (uint32_t)bytes.len;
    census->bytes[at] = bytes;
}

/* Its bytes, in the same transaction, unless they are here, or an admin has withdrawn them. One that was here before has
 * a record of its own, which is replaced. */
static enum jk_status keep_record(const struct work *work)
{
    const struct jk_digest *digest = &work->step->seen.record;
    struct jk_blob_facts facts;
    if (work->step->seen.observed != JK_OBSERVED_PRESENT) return JK_OK;
    bool known = jk_directory_blob(work->turn->directory, digest, &facts);
    if ((known && facts.state != JK_BLOB_LIFTED) || *place_of(work->census, digest) != 0) return JK_OK;
    if (known || work->written->observe == JK_NONE) return bring_alone(work, digest);
    /* The entry that speaks of it first names the record of many. */
    struct jk_hub_records *brought = &work->census->brought;
    if (brought->count == 0) brought->index = work->written->observe;
    brought->created_us = work->turn->time_us;
    bring(work->census, digest, work->step->record);
    return JK_OK;
}

static enum jk_status append_seen(const struct work *work)
{
    struct jk_turn *turn = work->turn;
    uint32_t model = work->written->model;
    struct jk_entry entry = work->step->seen;
    const struct jk_observation *last = model != JK_NONE ? last_of_model(work, model) : last_of_repository(work);
    if (last && (model == JK_NONE) == (last->model == JK_NONE) && says_the_same(last, &entry)) return JK_OK;
    if (model != JK_NONE) entry.model = jk_name_of(turn, model);
    return jk_turn_append(turn, &entry, &work->written->observe, work->error);
}

/* Of a repository without a model here, too, only what was once seen can be gone. */
static enum jk_status check_unregistered(const struct work *work)
{
    const struct jk_entry *seen = &work->step->seen;
    const struct jk_observation *last = last_of_repository(work);
    if (last && !identity_differs(last, seen) && last->model != JK_NONE) return fail_registered(work, last->model);
    if (last || seen->observed == JK_OBSERVED_PRESENT) return JK_OK;
    return fail_never_observed(work, seen->id);
}

/* What has moved is said of the name that it still has. */
static enum jk_status enter_known(const struct work *work)
{
    uint32_t model;
    JK_TRY(jk_need_model(work->turn, work->step->model, &model, work->error));
    JK_TRY(check_repository(work, model));
    work->written->model = model;
    if (work->step->declares) JK_TRY(release_model(work, model));
    JK_TRY(append_seen(work));
    return work->step->new_model.len ? move_model(work, model) : JK_OK;
}

enum jk_status jk_census_step_enter(struct jk_census_work *census, const struct jk_census_step *step,
                                    struct jk_census_written *out_written, struct jk_error *error)
{
    struct work work = {.change = census->change,
                        .turn = census->turn,
                        .step = step,
                        .resolved = &census->resolved,
                        .census = census,
                        .written = out_written,
                        .error = error};
    *out_written = (struct jk_census_written){JK_NONE, JK_NONE, JK_NONE};
    if (step->model.len) {
        JK_TRY(enter_known(&work));
    } else {
        JK_TRY(step->declares ? register_model(&work) : check_unregistered(&work));
        JK_TRY(append_seen(&work));
    }
    JK_TRY(keep_record(&work));
    return census->brought.count == JK_HUB_RECORDS_MAX ? jk_census_bring(census, error) : JK_OK;
}
