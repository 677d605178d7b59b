/* Rulings and disputes; see stage.h. A ruling takes effect with its own entry, or with the one that confirms it. */
#include "book/book_internal.h"
#include "book/claims.h"

/* ---- rulings ---- */

uint32_t jk_book_rulings(const struct jk_book *book, uint32_t n)
{
    uint32_t count = book->rulings.count;
    while (count > 0 && jk_ruling_row(book, count - 1)->from >= n)
        count--;
    return count;
}

const struct jk_ruling *jk_book_ruling(const struct jk_book *book, uint32_t slot)
{
    return jk_ruling_row(book, slot);
}

/* Slots are in the order of the rulings' entries. */
uint32_t jk_book_find_ruling(const struct jk_book *book, uint64_t index, uint32_t n)
{
    uint32_t count = jk_book_rulings(book, n);
    uint32_t slot = JK_LOWER_BOUND(count, at, jk_ruling_row(book, at)->from < index);
    return slot < count && jk_ruling_row(book, slot)->from == index ? slot : JK_NONE;
}

uint32_t jk_book_ruling_effect(const struct jk_ruling *ruling, uint32_t n)
{
    if (!ruling->needs_second) return ruling->from < n ? ruling->from : JK_NONE;
    return ruling->decided < n && ruling->confirmed ? ruling->decided : JK_NONE;
}

/* Of a chain of rulings, the last in effect: of kinds up to one, about the whole or one root (JK_NONE: only about the
 * whole). */
static const struct jk_ruling *last_in_effect(const struct jk_book *book, uint32_t slot, enum jk_ruling_kind most,
                                              uint32_t root, uint32_t n)
{
    const struct jk_ruling *found = NULL;
    uint32_t last = JK_NONE;
    for (; slot != JK_NONE; slot = jk_ruling_row(book, slot)->older) {
        const struct jk_ruling *ruling = jk_ruling_row(book, slot);
        uint32_t effect = jk_book_ruling_effect(ruling, n);
        if (ruling->kind > most || effect == JK_NONE) continue;
        if (ruling->root != JK_NONE && ruling->root != root) continue;
        if (found && effect < last) continue;
        found = ruling;
        last = effect;
    }
    return found;
}

const struct jk_ruling *jk_book_ruling_of(const struct jk_book *book, uint32_t model, uint32_t n)
{
    return last_in_effect(book, jk_model_row(book, model)->rulings, JK_RULING_RESTORE, JK_NONE, n);
}

bool jk_book_is_excluded(const struct jk_book *book, uint32_t model, uint32_t n)
{
    const struct jk_ruling *ruling = jk_book_ruling_of(book, model, n);
    return ruling && ruling->kind == JK_RULING_EXCLUDE;
}

const struct jk_ruling *jk_book_pair_ruling_of(const struct jk_book *book, uint32_t model, uint32_t root, uint32_t n)
{
    return last_in_effect(book, jk_model_row(book, model)->rulings, JK_RULING_RESTORE, root, n);
}

bool jk_book_is_pair_excluded(const struct jk_book *book, uint32_t model, uint32_t root, uint32_t n)
{
    const struct jk_ruling *ruling =
        last_in_effect(book, jk_model_row(book, model)->rulings, JK_RULING_RESTORE, root, n);
    return ruling && ruling->kind == JK_RULING_EXCLUDE;
}

const struct jk_ruling *jk_book_verifier_ruling_of(const struct jk_book *book, uint32_t verifier, uint32_t n)
{
    return last_in_effect(book, jk_verifier_row(book, verifier)->rulings, JK_RULING_VERIFIER_END, JK_NONE, n);
}

static bool speak_of_the_same(const struct jk_book *book, const struct jk_ruling *a, const struct jk_ruling *b)
{
    for (int kind = 0; kind < JK_CONTENT_KINDS; kind++) {
        uint32_t slot = jk_ruled_content(book, a, (enum jk_content)kind);
        if (slot != JK_NONE && slot == jk_ruled_content(book, b, (enum jk_content)kind)) return true;
    }
    return false;
}

/* Whether a later ruling about the same thing took effect by n: about its content for an origin, about the external for
 * an adoption. */
static bool is_overtaken(const struct jk_book *book, const struct jk_ruling *ruling, uint32_t n)
{
    uint32_t effect = jk_book_ruling_effect(ruling, n);
    for (uint32_t slot = 0; slot < jk_book_rulings(book, n); slot++) {
        const struct jk_ruling *other = jk_ruling_row(book, slot);
        uint32_t its = jk_book_ruling_effect(other, n);
        if (its == JK_NONE || its <= effect || (other->kind == JK_RULING_ORIGIN) != (ruling->kind == JK_RULING_ORIGIN))
            continue;
        bool same = ruling->kind == JK_RULING_ORIGIN
                        ? other->model != ruling->model && speak_of_the_same(book, ruling, other)
                        : jk_span_equal_fold(ruling->external, other->external);
        if (same) return true;
    }
    return false;
}

static bool is_in_force(const struct jk_book *book, const struct jk_ruling *ruling, uint32_t n)
{
    if (ruling->verifier != JK_NONE) return jk_book_verifier_ruling_of(book, ruling->verifier, n) == ruling;
    if (ruling->kind > JK_RULING_RESTORE) return !is_overtaken(book, ruling, n);
    if (ruling->root == JK_NONE) return jk_book_ruling_of(book, ruling->model, n) == ruling;
    return jk_book_pair_ruling_of(book, ruling->model, ruling->root, n) == ruling;
}

enum jk_ruling_state jk_book_ruling_state(const struct jk_book *book, uint32_t slot, uint32_t n)
{
    const struct jk_ruling *ruling = jk_ruling_row(book, slot);
    if (ruling->needs_second && ruling->decided >= n) return JK_RULING_PENDING;
    if (jk_book_ruling_effect(ruling, n) == JK_NONE) return JK_RULING_REJECTED;
    return is_in_force(book, ruling, n) ? JK_RULING_IN_FORCE : JK_RULING_REPLACED;
}

/* ---- rulings: applying ---- */

static enum jk_status find_model(const struct jk_book *book, struct jk_span name, uint32_t *out_model,
                                 struct jk_error *error)
{
    *out_model = jk_book_find_model(book, name, JK_NOW);
    if (*out_model != JK_NONE) return JK_OK;
    return JK_BOOK_REFUSE(error, "entry %u: there is no model %.*s", book->size, JK_SPAN_ARG(name));
}

static void ruled_on(struct jk_book *book, uint32_t model)
{
    jk_book_touch(book, model);
    jk_book_want_alone(book, model);
}

/* `what` gives its kind and subject; the rest comes from the entry. */
static void add_ruling(struct jk_book *book, const struct jk_entry *entry, const struct jk_ruling *what)
{
    uint32_t slot;
    bool about_model = what->model != JK_NONE;
    uint32_t *newest =
        about_model ? &jk_model_row(book, what->model)->rulings : &jk_verifier_row(book, what->verifier)->rulings;
    struct jk_ruling *row = jk_book_append(book, &book->rulings, &slot);
    if (!row) return;
    *row = *what;
    row->from = book->size;
    row->needs_second = entry->needs_second == JK_ANSWER_YES;
    row->reason = jk_book_copy(book, entry->evidence);
    row->text = entry->text;
    row->decided = JK_NONE;
    row->older = *newest;
    jk_book_set(book, newest, slot);
    row->older_origin = book->origins;
    if (row->kind == JK_RULING_ORIGIN) jk_book_set(book, &book->origins, slot);
    if (about_model) ruled_on(book, what->model);
}

static enum jk_status rule_on_standing(struct jk_book *book, const struct jk_entry *entry, enum jk_ruling_kind kind,
                                       bool pair, struct jk_error *error)
{
    struct jk_ruling ruling = {.kind = kind, .root = JK_NONE, .release = JK_NONE, .verifier = JK_NONE};
    JK_TRY(find_model(book, entry->model, &ruling.model, error));
    if (pair) JK_TRY(find_model(book, entry->root, &ruling.root, error));
    add_ruling(book, entry, &ruling);
    return JK_OK;
}

enum jk_status jk_book_apply_exclude(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return rule_on_standing(book, entry, JK_RULING_EXCLUDE, false, error);
}

enum jk_status jk_book_apply_restore(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return rule_on_standing(book, entry, JK_RULING_RESTORE, false, error);
}

enum jk_status jk_book_apply_exclude_root(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return rule_on_standing(book, entry, JK_RULING_EXCLUDE, true, error);
}

enum jk_status jk_book_apply_restore_root(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return rule_on_standing(book, entry, JK_RULING_RESTORE, true, error);
}

enum jk_status jk_book_apply_origin(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    struct jk_ruling ruling = {.kind = JK_RULING_ORIGIN, .root = JK_NONE, .verifier = JK_NONE};
    JK_TRY(find_model(book, entry->model, &ruling.model, error));
    ruling.release = jk_book_find_release(book, &entry->release, JK_NOW);
    if (ruling.release == JK_NONE || jk_release_row(book, ruling.release)->pub.model != ruling.model)
        return JK_BOOK_REFUSE(error, "entry %u: %.*s has no release of this hash", book->size,
                              JK_SPAN_ARG(entry->model));
    add_ruling(book, entry, &ruling);
    return JK_OK;
}

enum jk_status jk_book_apply_approval(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    struct jk_ruling ruling = {.kind = entry->kind == JK_KIND_APPROVE_ADOPT ? JK_RULING_ADOPT : JK_RULING_UNADOPT,
                               .root = JK_NONE,
                               .release = JK_NONE,
                               .verifier = JK_NONE};
    JK_TRY(find_model(book, entry->model, &ruling.model, error));
    ruling.external = jk_book_copy(book, entry->external);
    add_ruling(book, entry, &ruling);
    return JK_OK;
}

enum jk_status jk_book_apply_verifier(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    bool ends = entry->kind == JK_KIND_VERIFIER_END;
    struct jk_ruling ruling = {.kind = ends ? JK_RULING_VERIFIER_END : JK_RULING_VERIFIER,
                               .model = JK_NONE,
                               .root = JK_NONE,
                               .release = JK_NONE};
    if (ends && jk_book_find_verifier(book, entry->verifier, JK_NOW) == JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: there is no verifier %.*s", book->size, JK_SPAN_ARG(entry->verifier));
    ruling.verifier = jk_book_intern_verifier(book, entry->verifier);
    if (ruling.verifier == JK_NONE) return JK_OK; /* out of memory: said at the end */
    if (!ends) ruling.institution = jk_book_copy(book, entry->institution);
    add_ruling(book, entry, &ruling);
    return JK_OK;
}

static enum jk_status decide_waiting_ruling(struct jk_book *book, const struct jk_entry *entry, bool confirmed,
                                            struct jk_error *error)
{
    uint32_t slot = jk_book_find_ruling(book, entry->target, JK_NOW);
    struct jk_ruling *ruling = slot == JK_NONE ? NULL : jk_ruling_row(book, slot);
    if (!ruling || !ruling->needs_second || ruling->decided != JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: entry %llu is no ruling that waits for a second evaluator", book->size,
                              (unsigned long long)entry->target);
    jk_book_set(book, &ruling->decided, book->size);
    jk_journal_copy(&book->journal, &ruling->confirmed, &confirmed, sizeof confirmed);
    if (ruling->model != JK_NONE) ruled_on(book, ruling->model);
    return JK_OK;
}

enum jk_status jk_book_apply_confirm(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return decide_waiting_ruling(book, entry, true, error);
}

enum jk_status jk_book_apply_reject(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return decide_waiting_ruling(book, entry, false, error);
}

/* ---- disputes ---- */

uint32_t jk_book_disputes(const struct jk_book *book, uint32_t n)
{
    uint32_t count = book->disputes.count;
    while (count > 0 && jk_dispute_row(book, count - 1)->from >= n)
        count--;
    return count;
}

const struct jk_dispute *jk_book_dispute(const struct jk_book *book, uint32_t slot)
{
    return jk_dispute_row(book, slot);
}

uint32_t jk_book_disputed(const struct jk_book *book, uint32_t model)
{
    const struct jk_more_row *more = jk_more_of(book, model);
    return more ? more->disputed : JK_NONE;
}

uint32_t jk_book_find_dispute(const struct jk_book *book, uint64_t index, uint32_t n)
{
    for (uint32_t slot = jk_book_disputes(book, n); slot-- > 0;)
        if (jk_dispute_row(book, slot)->from == index) return slot;
    return JK_NONE;
}

/* Looks up what a dispute names; false if any of it does not exist. */
static bool find_subject(const struct jk_book *book, const struct jk_entry *entry, struct jk_dispute *dispute)
{
    dispute->model = jk_book_find_model(book, entry->model, JK_NOW);
    if (entry->stage.len) dispute->stage = jk_book_find_stage(book, entry->stage, JK_NOW);
    if (dispute->model == JK_NONE || (entry->stage.len && dispute->stage == JK_NONE)) return false;
    if (dispute->about == JK_ABOUT_ORIGIN) {
        dispute->against = jk_book_find_model(book, entry->against, JK_NOW);
        return dispute->against != JK_NONE && dispute->against != dispute->model;
    }
    if (dispute->about == JK_ABOUT_ADOPTION) {
        dispute->external = jk_book_find_external(book, entry->external, JK_NOW);
        if (dispute->external == JK_NONE) return false;
        const struct jk_adoption *adoption = jk_book_adoption_of(book, dispute->external, JK_NOW);
        return adoption && adoption->model == dispute->model;
    }
    if ((dispute->about == JK_ABOUT_RULING) != (entry->target != JK_TARGET_NONE)) return false;
    if (dispute->about != JK_ABOUT_RULING) return true;
    dispute->ruling = jk_book_find_ruling(book, entry->target, JK_NOW);
    return dispute->ruling != JK_NONE && jk_ruling_row(book, dispute->ruling)->model == dispute->model;
}

/* Disputes against one model, and those about adoptions of one external, are found without walking all the others. */
static void chain_dispute(struct jk_book *book, struct jk_dispute *row, uint32_t slot)
{
    struct jk_more_row *more = row->against == JK_NONE ? NULL : jk_book_need_more(book, row->against);
    uint32_t *newest = more                       ? &more->disputed
                       : row->external != JK_NONE ? &jk_external_row(book, row->external)->pub.disputed
                                                  : NULL;
    if (!newest) return; /* nothing to chain it to; or out of memory, which is said at the end */
    row->older_same = *newest;
    jk_book_set(book, newest, slot);
}

static enum jk_status add_dispute(struct jk_book *book, const struct jk_entry *entry, enum jk_about about,
                                  struct jk_error *error)
{
    struct jk_dispute dispute = {.from = book->size,
                                 .about = about,
                                 .against = JK_NONE,
                                 .external = JK_NONE,
                                 .publisher = JK_NONE,
                                 .ruling = JK_NONE,
                                 .stage = JK_NONE,
                                 .text = entry->text,
                                 .resolved = JK_NONE};
    uint32_t slot;
    if (!find_subject(book, entry, &dispute))
        return JK_BOOK_REFUSE(error, "entry %u: the dispute is about something that is not there", book->size);
    if (dispute.stage != JK_NONE) {
        int64_t end_us = jk_book_stage(book, dispute.stage, JK_NOW)->disputes_us;
        if (end_us != JK_TIME_NONE && entry->time_us >= end_us)
            return JK_BOOK_REFUSE(error, "entry %u: the time for disputes of the stage is over", book->size);
    }
    struct jk_dispute *row = jk_book_append(book, &book->disputes, &slot);
    if (!row) return JK_OK;
    *row = dispute;
    row->actor = jk_book_copy_actor(book, &entry->actor);
    if (entry->actor.type == JK_ACTOR_PUBLISHER)
        row->publisher = jk_book_find_publisher(book, entry->actor.name, JK_NOW);
    row->older_same = JK_NONE;
    chain_dispute(book, row, slot);
    jk_book_touch(book, dispute.model);
    if (dispute.against != JK_NONE) jk_book_touch(book, dispute.against);
    return JK_OK;
}

enum jk_status jk_book_apply_dispute(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return add_dispute(book, entry, entry->about, error);
}

enum jk_status jk_book_apply_dispute_origin(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return add_dispute(book, entry, JK_ABOUT_ORIGIN, error);
}

enum jk_status jk_book_apply_dispute_adoption(struct jk_book *book, const struct jk_entry *entry,
                                              struct jk_error *error)
{
    return add_dispute(book, entry, JK_ABOUT_ADOPTION, error);
}

enum jk_status jk_book_apply_resolve(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    uint32_t slot = jk_book_find_dispute(book, entry->target, JK_NOW);
    struct jk_dispute *dispute = slot == JK_NONE ? NULL : jk_dispute_row(book, slot);
    if (!dispute || dispute->resolved != JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: entry %llu is no open dispute", book->size,
                              (unsigned long long)entry->target);
    jk_book_set(book, &dispute->resolved, book->size);
    jk_journal_copy(&book->journal, &dispute->outcome, &entry->outcome, sizeof dispute->outcome);
    jk_book_touch(book, dispute->model);
    if (dispute->against != JK_NONE) jk_book_touch(book, dispute->against);
    return JK_OK;
}
