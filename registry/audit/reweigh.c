/* See reweigh.h: what is checked in which order, and the index. */
#include "audit/reweigh_inside.h"

#include <stdlib.h>

#include "base/array.h"
#include "book/holdings.h"
#include "book/vouched.h"

const char *const jk_reweigh_words[JK_REWEIGH_VERDICTS] = {[JK_REWEIGH_SAME] = "same",
                                                           [JK_REWEIGH_DIFFERS] = "differs",
                                                           [JK_REWEIGH_WITHDRAWN] = "withdrawn",
                                                           [JK_REWEIGH_ABSENT] = "absent"};

/* ---- what is fetched ---- */

enum jk_status jk_reweigh_fetch(const struct jk_reweighing *reweighing, const struct jk_digest *digest,
                                const char *what, size_t most, struct jk_text *out_bytes,
                                struct jk_reweigh_finding *finding, bool *out_found, struct jk_error *error)
{
    const struct jk_reweigh_options *options = reweighing->options;
    char expected[JK_DIGEST_HEX + 1], found[JK_DIGEST_HEX + 1];
    JK_TRY(options->fetch(options->context, digest, most, out_bytes, out_found, error));
    if (!*out_found) {
        finding->verdict = JK_REWEIGH_ABSENT;
        finding->blob = *digest;
        finding->what = what;
        return JK_OK;
    }
    struct jk_digest served = jk_digest_of(jk_text_span(out_bytes));
    *out_found = jk_digest_equal(&served, digest);
    if (*out_found) return JK_OK;
    jk_digest_hex(digest, expected);
    jk_digest_hex(&served, found);
    jk_reweigh_differs(finding, what, jk_span_of(expected), jk_span_of(found));
    return JK_OK;
}

enum jk_status jk_reweigh_challenge(struct jk_reweighing *reweighing, const struct jk_digest *digest,
                                    struct jk_reweigh_finding *finding, bool *out_found, struct jk_error *error)
{
    struct jk_text *text = &reweighing->challenge;
    *out_found = text->len > 0 && jk_digest_equal(&reweighing->challenge_digest, digest);
    if (*out_found) return JK_OK;
    jk_text_clear(text);
    JK_TRY(
        jk_reweigh_fetch(reweighing, digest, "challenge text", JK_CHALLENGE_TEXT_MAX, text, finding, out_found, error));
    if (*out_found)
        reweighing->challenge_digest = *digest;
    else
        jk_text_clear(text);
    return JK_OK;
}

enum jk_status jk_reweigh_open(struct jk_reweighing *reweighing, const struct jk_digest *artifact, bool lasting,
                               const struct jk_examined **out_model, enum jk_reweigh_verdict *out_why,
                               struct jk_error *error)
{
    enum jk_shelved shelved;
    *out_model = NULL;
    *out_why = JK_REWEIGH_WITHDRAWN;
    if (!jk_book_is_held(reweighing->book, artifact, reweighing->size) &&
        !jk_book_keeps_reference(reweighing->book, artifact, reweighing->size))
        return JK_OK;
    JK_TRY(jk_shelf_open(reweighing->shelf, artifact, lasting, &shelved, out_model, error));
    *out_why = shelved == JK_SHELVED_ABSENT ? JK_REWEIGH_ABSENT : JK_REWEIGH_DIFFERS;
    return JK_OK;
}

void jk_reweigh_tell_unread(struct jk_reweigh_finding *finding, const struct jk_unread *unread)
{
    char expected[JK_DIGEST_HEX + 1];
    jk_digest_hex(&unread->artifact, expected);
    if (unread->why == JK_REWEIGH_DIFFERS)
        jk_reweigh_differs(finding, "manifest", jk_span_of(expected), JK_SPAN("bytes that are not this manifest"));
    finding->verdict = unread->why;
    finding->blob = unread->artifact;
    finding->what = "manifest";
}

/* ---- the index ---- */

bool jk_unread_add(struct jk_unread_list *list, const struct jk_unread *unread)
{
    if (!JK_ARRAY_GROW(list->items, list->count, list->room)) return false;
    list->items[list->count++] = *unread;
    return true;
}

static enum jk_status tell_held(const struct jk_reweighing *reweighing, const struct jk_holding *holding,
                                const struct jk_unread *unread, struct jk_error *error)
{
    const struct jk_reweigh_options *options = reweighing->options;
    struct jk_reweigh_finding finding = {.entry = holding->from,
                                         .kind = JK_KIND_HELD,
                                         .release = jk_book_release(reweighing->book, holding->release)->hash};
    if (unread->why == JK_REWEIGH_WITHDRAWN) return JK_OK;
    jk_reweigh_tell_unread(&finding, unread);
    return options->take(options->context, &finding, error);
}

static enum jk_status enter_one(struct jk_reweighing *reweighing, const struct jk_holding *holding,
                                struct jk_error *error)
{
    struct jk_unread unread = {.artifact = jk_book_release(reweighing->book, holding->release)->artifact};
    const struct jk_examined *model;
    if (reweighing->entered[holding->release]) return JK_OK;
    JK_TRY(jk_reweigh_open(reweighing, &unread.artifact, false, &model, &unread.why, error));
    reweighing->entered[holding->release] = true;
    if (!model) {
        if (!jk_unread_add(&reweighing->unread, &unread)) return jk_out_of_memory(error);
        return tell_held(reweighing, holding, &unread, error);
    }
    enum jk_status status = jk_catalogue_add(reweighing->catalogue, model, error);
    jk_shelf_close(reweighing->shelf, model);
    return status;
}

enum jk_status jk_reweigh_enter(struct jk_reweighing *reweighing, uint32_t n, struct jk_error *error)
{
    uint32_t count = jk_book_holdings(reweighing->book, n);
    for (; reweighing->holdings < count; reweighing->holdings++)
        JK_TRY(enter_one(reweighing, jk_book_holding(reweighing->book, reweighing->holdings), error));
    return JK_OK;
}

/* ---- what an examination asks for ---- */

static const struct jk_book *enter_book(void *context)
{
    return ((struct jk_reweighing *)context)->book;
}

static void leave_book(void *context)
{
    (void)context;
}

static enum jk_status open_model(void *context, const struct jk_digest *artifact, bool lasting,
                                 const struct jk_examined **out_model, struct jk_error *error)
{
    struct jk_reweighing *reweighing = context;
    struct jk_unread unread = {.artifact = *artifact};
    JK_TRY(jk_reweigh_open(reweighing, artifact, lasting, out_model, &unread.why, error));
    return *out_model || jk_unread_add(&reweighing->left_out, &unread) ? JK_OK : jk_out_of_memory(error);
}

static void close_model(void *context, const struct jk_examined *model)
{
    jk_shelf_close(((struct jk_reweighing *)context)->shelf, model);
}

static enum jk_status find_in_catalogue(void *context, const struct jk_examined *model, unsigned found,
                                        bool (*take)(void *taking, const struct jk_digest *artifacts, size_t count),
                                        void *taking, struct jk_error *error)
{
    return jk_catalogue_find(((struct jk_reweighing *)context)->catalogue, model, found, take, taking, error);
}

static bool never_stops(void *context)
{
    (void)context;
    return false;
}

/* ---- all of it, in log order ---- */

static enum jk_status take_finding(struct jk_reweighing *reweighing, const struct jk_reweigh_finding *finding,
                                   struct jk_error *error)
{
    const struct jk_reweigh_options *options = reweighing->options;
    reweighing->done++;
    if (options->progress) options->progress(options->context, reweighing->done, reweighing->total);
    return options->take(options->context, finding, error);
}

static enum jk_status reweigh_attest(struct jk_reweighing *reweighing, uint32_t slot, struct jk_error *error)
{
    const struct jk_attest *attest = jk_book_attest(reweighing->book, slot);
    struct jk_reweigh_finding finding = {.entry = attest->from,
                                         .kind = JK_KIND_ATTEST,
                                         .release = jk_book_release(reweighing->book, attest->release)->hash};
    if (jk_digest_is_zero(&attest->sketches)) return JK_OK;
    JK_TRY(jk_reweigh_attest(reweighing, slot, &finding, error));
    return take_finding(reweighing, &finding, error);
}

static enum jk_status reweigh_evidence(struct jk_reweighing *reweighing, uint32_t slot, struct jk_error *error)
{
    const struct jk_weights_evidence *evidence = jk_book_evidence(reweighing->book, slot);
    struct jk_reweigh_finding finding = {.entry = evidence->from,
                                         .kind = JK_KIND_EVIDENCE,
                                         .release = jk_book_release(reweighing->book, evidence->release)->hash};
    JK_TRY(jk_reweigh_evidence(reweighing, slot, &finding, error));
    return take_finding(reweighing, &finding, error);
}

static enum jk_status reweigh_all(struct jk_reweighing *reweighing, struct jk_error *error)
{
    const struct jk_book *book = reweighing->book;
    uint32_t attests = jk_book_attests(book, reweighing->size), evidences = jk_book_evidences(book, reweighing->size);
    uint32_t a = 0, e = 0;
    reweighing->total = evidences;
    for (uint32_t i = 0; i < attests; i++)
        reweighing->total += !jk_digest_is_zero(&jk_book_attest(book, i)->sketches);
    while (a < attests || e < evidences) {
        bool attest =
            e == evidences || (a < attests && jk_book_attest(book, a)->from < jk_book_evidence(book, e)->from);
        JK_TRY(attest ? reweigh_attest(reweighing, a++, error) : reweigh_evidence(reweighing, e++, error));
    }
    return JK_OK;
}

enum jk_status jk_reweigh(const struct jk_reweigh_options *options, struct jk_error *error)
{
    struct jk_reweighing reweighing = {.options = options, .book = jk_audit_book(options->audit)};
    reweighing.size = jk_book_size(reweighing.book);
    reweighing.outside = (struct jk_examination){&reweighing, enter_book,        leave_book, open_model,
                                                 close_model, find_in_catalogue, never_stops};
    reweighing.shelf = jk_shelf_new(options->fetch, options->context, options->shelf_room);
    reweighing.catalogue = jk_catalogue_new(options->index_most);
    reweighing.entered = calloc((size_t)jk_book_releases(reweighing.book, reweighing.size) + 1, 1);
    jk_text_init(&reweighing.challenge, JK_CHALLENGE_TEXT_MAX);
    bool ready = reweighing.shelf && reweighing.catalogue && reweighing.entered;
    enum jk_status status = ready ? reweigh_all(&reweighing, error) : jk_out_of_memory(error);
    jk_shelf_free(reweighing.shelf);
    jk_catalogue_free(reweighing.catalogue);
    jk_text_done(&reweighing.challenge);
    free(reweighing.entered);
    free(reweighing.unread.items);
    free(reweighing.left_out.items);
    return status;
}
