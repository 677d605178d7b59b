/* Rulings and disputes; see stage.h. A ruling takes effect with its own entry, or with the one that confirms it. */
#include "book/book_internal.h"

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

/* Entries of rulings rise with their slots. */
uint32_t jk_book_find_ruling(const struct jk_book *book, uint64_t index, uint32_t n)
{
    uint32_t low = 0, high = jk_book_rulings(book, n), count = high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (jk_ruling_row(book, middle)->from < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && jk_ruling_row(book, low)->from == index ? low : JK_NONE;
}

/* The entry with which it took effect, among the first n; JK_NONE: it has none. */
static uint32_t effect_of(const struct jk_ruling *ruling, uint32_t n)
{
    if (!ruling->needs_second) return ruling->from < n ? ruling->from : JK_NONE;
    return ruling->decided < n && ruling->confirmed ? ruling->decided : JK_NONE;
}

const struct jk_ruling *jk_book_ruling_of(const struct jk_book *book, uint32_t model, uint32_t n)
{
    const struct jk_ruling *found = NULL;
    uint32_t slot = jk_model_row(book, model)->rulings;
    for (; slot != JK_NONE; slot = jk_ruling_row(book, slot)->older) {
        const struct jk_ruling *ruling = jk_ruling_row(book, slot);
        uint32_t effect = effect_of(ruling, n);
        if (effect != JK_NONE && (!found || effect > effect_of(found, n))) found = ruling;
    }
    return found;
}

bool jk_book_is_excluded(const struct jk_book *book, uint32_t model, uint32_t n)
{
    const struct jk_ruling *ruling = jk_book_ruling_of(book, model, n);
    return ruling && ruling->exclude;
}

enum jk_ruling_state jk_book_ruling_state(const struct jk_book *book, uint32_t slot, uint32_t n)
{
    const struct jk_ruling *ruling = jk_ruling_row(book, slot);
    if (ruling->needs_second && ruling->decided >= n) return JK_RULING_PENDING;
    if (effect_of(ruling, n) == JK_NONE) return JK_RULING_REJECTED;
    return jk_book_ruling_of(book, ruling->model, n) == ruling ? JK_RULING_IN_FORCE : JK_RULING_REPLACED;
}

static enum jk_status apply_ruling(struct jk_book *book, const struct jk_entry *entry, bool exclude,
                                   struct jk_error *error)
{
    uint32_t model = jk_book_find_model(book, entry->model, JK_NOW), slot;
    if (model == JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: there is no model %.*s", book->size, JK_SPAN_ARG(entry->model));
    struct jk_ruling *row = jk_book_append(book, &book->rulings, &slot);
    if (!row) return JK_OK;
    *row = (struct jk_ruling){.from = book->size,
                              .model = model,
                              .exclude = exclude,
                              .needs_second = entry->needs_second == JK_ANSWER_YES,
                              .reason = jk_book_copy(book, entry->evidence),
                              .text = entry->text,
                              .decided = JK_NONE,
                              .older = jk_model_row(book, model)->rulings};
    jk_book_set(book, &jk_model_row(book, model)->rulings, slot);
    jk_book_touch(book, model);
    jk_book_want_alone(book, model);
    return JK_OK;
}

enum jk_status jk_book_apply_exclude(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return apply_ruling(book, entry, true, error);
}

enum jk_status jk_book_apply_restore(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return apply_ruling(book, entry, false, error);
}

static enum jk_status decide(struct jk_book *book, const struct jk_entry *entry, bool confirmed, struct jk_error *error)
{
    uint32_t slot = jk_book_find_ruling(book, entry->target, JK_NOW);
    struct jk_ruling *ruling = slot == JK_NONE ? NULL : jk_ruling_row(book, slot);
    if (!ruling || !ruling->needs_second || ruling->decided != JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: entry %llu is no ruling that waits for a second evaluator", book->size,
                              (unsigned long long)entry->target);
    jk_book_set(book, &ruling->decided, book->size);
    jk_journal_copy(&book->journal, &ruling->confirmed, &confirmed, sizeof confirmed);
    jk_book_touch(book, ruling->model);
    jk_book_want_alone(book, ruling->model);
    return JK_OK;
}

enum jk_status jk_book_apply_confirm(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return decide(book, entry, true, error);
}

enum jk_status jk_book_apply_reject(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return decide(book, entry, false, error);
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

uint32_t jk_book_find_dispute(const struct jk_book *book, uint64_t index, uint32_t n)
{
    for (uint32_t slot = jk_book_disputes(book, n); slot-- > 0;)
        if (jk_dispute_row(book, slot)->from == index) return slot;
    return JK_NONE;
}

/* What a dispute names, found; false where something of it is not there. */
static bool find_subject(const struct jk_book *book, const struct jk_entry *entry, struct jk_dispute *out_dispute)
{
    out_dispute->model = jk_book_find_model(book, entry->model, JK_NOW);
    out_dispute->ruling = out_dispute->stage = JK_NONE;
    if (entry->target != JK_TARGET_NONE) out_dispute->ruling = jk_book_find_ruling(book, entry->target, JK_NOW);
    if (entry->stage.len) out_dispute->stage = jk_book_find_stage(book, entry->stage, JK_NOW);
    if (out_dispute->model == JK_NONE || (entry->stage.len && out_dispute->stage == JK_NONE)) return false;
    if ((entry->about == JK_ABOUT_RULING) != (entry->target != JK_TARGET_NONE)) return false;
    return entry->about != JK_ABOUT_RULING ||
           (out_dispute->ruling != JK_NONE && jk_ruling_row(book, out_dispute->ruling)->model == out_dispute->model);
}

static struct jk_span actor_text(struct jk_book *book, const struct jk_actor *actor)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_actor_write(actor, &text);
    struct jk_span copy = jk_book_copy(book, jk_text_span(&text));
    book->failed = book->failed || text.failed;
    jk_text_done(&text);
    return copy;
}

enum jk_status jk_book_apply_dispute(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    struct jk_dispute dispute = {.from = book->size, .about = entry->about, .text = entry->text, .resolved = JK_NONE};
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
    row->actor = actor_text(book, &entry->actor);
    jk_book_touch(book, dispute.model);
    return JK_OK;
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
    return JK_OK;
}
