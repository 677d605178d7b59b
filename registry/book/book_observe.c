/* What registrars saw on a hub: `observe` entries about single repositories, and `census` entries about whole runs. See
 * book.h. */
#include "book/book_internal.h"

/* Of a repository that is there the entry tells everything, of one that is not only where it went. */
static const char *observed_fault(const struct jk_entry *entry)
{
    bool present = entry->observed == JK_OBSERVED_PRESENT, moved = entry->observed == JK_OBSERVED_MOVED;
    if (moved == (entry->to.len == 0)) return "`to` belongs to what has moved, and to nothing else";
    if (present && jk_digest_is_zero(&entry->record)) return "what is present has a record";
    if (jk_digest_is_zero(&entry->listing) && !jk_digest_is_zero(&entry->weight_files))
        return "weight files are those of a listing";
    bool told = entry->revision_hex.len > 0 || !jk_digest_is_zero(&entry->listing) ||
                !jk_digest_is_zero(&entry->record) || entry->created_us != JK_TIME_NONE ||
                entry->modified_us != JK_TIME_NONE;
    return told && !present ? "revision, listing, record and dates are those of what is present" : NULL;
}

enum jk_status jk_book_apply_observe(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    const char *fault = observed_fault(entry);
    if (fault) return JK_BOOK_REFUSE(error, "entry %u: %s", book->size, fault);
    if (entry->model.len > 0 && jk_book_find_model(book, entry->model, JK_NOW) == JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: there is no model %.*s", book->size, JK_SPAN_ARG(entry->model));
    return JK_OK;
}

enum jk_status jk_book_apply_census(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    struct jk_span rest = entry->bases, name;
    for (bool more = true; more;) {
        more = jk_span_cut(&rest, ' ', &name);
        uint32_t model = jk_book_find_model(book, name, JK_NOW);
        if (model == JK_NONE || !jk_book_base(book, model, JK_NOW))
            return JK_BOOK_REFUSE(error, "entry %u: %.*s is no base model", book->size, JK_SPAN_ARG(name));
    }
    if (entry->started_us > entry->time_us)
        return JK_BOOK_REFUSE(error, "entry %u: the run began after its entry", book->size);
    return JK_OK;
}
