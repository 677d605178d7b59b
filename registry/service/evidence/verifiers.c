/* SetVerifier and ListVerifiers: which institutions attest. Appointing one, and ending that, are rulings (ruling.h). */
#include <stdlib.h>

#include "book/vouched.h"
#include "domain/ident.h"
#include "service/call/handlers.h"
#include "service/evaluate/ruling.h"
#include "service/records/short_list.h"

/* ---- set ---- */

static enum jk_status check_news(struct jk_turn *turn, const struct jk_entry *entry, struct jk_error *error)
{
    struct jk_appointment now;
    uint32_t n = jk_turn_size(turn), slot = jk_book_find_verifier(turn->book, entry->verifier, n);
    bool in_effect = slot != JK_NONE && jk_book_appointment(turn->book, slot, n, &now);
    if (entry->kind == JK_KIND_VERIFIER_END) {
        if (in_effect) return JK_OK;
        jk_error_resource(error, "jokbo.v1/Verifier", "");
        return jk_fail(error, JK_NOT_FOUND, "VERIFIER_NOT_FOUND",
                       "\"%.*s\" is not a verifier now; see jokbo verifier list", JK_SPAN_ARG(entry->verifier));
    }
    if (!in_effect || !jk_span_equal(now.institution, entry->institution)) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "ALREADY_SO", "\"%.*s\" is the verifier of \"%.*s\" already",
                   JK_SPAN_ARG(entry->verifier), JK_SPAN_ARG(entry->institution));
}

static enum jk_status decide_set(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__SetVerifierRequest *request = (const void *)change->call->request;
    struct jk_error *error = &change->call->error;
    struct jk_entry entry = {.kind = request->end ? JK_KIND_VERIFIER_END : JK_KIND_VERIFIER,
                             .verifier = jk_span_of(request->verifier),
                             .institution = jk_span_of(request->institution),
                             .evidence = jk_span_of(request->reason)};
    uint32_t index;
    JK_TRY(check_news(turn, &entry, error));
    JK_TRY(jk_ruling_append(change, turn, &entry, request->text, &index, error));
    return jk_ruling_reply(change, turn, index, request->text, out_reply);
}

void jk_set_verifier(struct jk_call *call)
{
    const Jokbo__V1__SetVerifierRequest *request = (const void *)call->request;
    struct jk_error *error = &call->error;
    jk_check_field(error, "verifier", request->verifier, jk_ident_team_fault(jk_span_of(request->verifier)));
    if (!request->end)
        jk_check_field(error, "institution", request->institution,
                       jk_ident_label_fault(jk_span_of(request->institution)));
    else if (*request->institution)
        jk_error_field(error, "institution", "is for an appointment: leave it out with `end`");
    jk_check_field(error, "reason", request->reason, jk_ident_label_fault(jk_span_of(request->reason)));
    jk_check_reason(error, "text", request->text, false);
    if (jk_error_result(error) == JK_OK)
        jk_change_submit(call, decide_set, NULL);
    else
        jk_call_fail(call);
}

/* ---- list ---- */

static int compare_ids(const void *a, const void *b)
{
    return jk_span_compare(((const struct jk_appointment *)a)->id, ((const struct jk_appointment *)b)->id);
}

/* Those in effect, by id, in the arena; NULL: out of memory. */
static struct jk_appointment *in_effect(const struct jk_present *present, size_t *out_count)
{
    uint32_t all = jk_book_verifiers(present->book, present->size);
    struct jk_appointment *list = jk_arena_alloc(present->arena, (all + 1) * sizeof *list);
    *out_count = 0;
    for (uint32_t slot = 0; list && slot < all; slot++)
        if (jk_book_appointment(present->book, slot, present->size, &list[*out_count])) ++*out_count;
    if (list) qsort(list, *out_count, sizeof *list, compare_ids);
    return list;
}

/* How many attestations each verifier made, by slot; NULL: out of memory. */
static uint32_t *count_attestations(const struct jk_present *present)
{
    uint32_t attests = jk_book_attests(present->book, present->size);
    uint32_t *counts =
        jk_arena_zalloc(present->arena, jk_book_verifiers(present->book, present->size) + 1, sizeof *counts);
    for (uint32_t slot = 0; counts && slot < attests; slot++)
        counts[jk_book_attest(present->book, slot)->verifier]++;
    return counts;
}

static Jokbo__V1__Verifier *present_verifier(const struct jk_present *present, const struct jk_appointment *facts,
                                             const uint32_t *attestations)
{
    Jokbo__V1__Verifier *out = JK_MESSAGE(present->arena, Jokbo__V1__Verifier, jokbo__v1__verifier);
    if (!out) return NULL;
    out->id = jk_to_string(present->arena, facts->id);
    out->institution = jk_to_string(present->arena, facts->institution);
    out->log_index = facts->since;
    out->since_time = jk_to_timestamp(present->arena, jk_book_time(present->book, facts->since));
    out->attestations = attestations[facts->verifier];
    return out;
}

static enum jk_status walk_verifiers(struct jk_call *call, struct jk_short_list *list)
{
    size_t count;
    const struct jk_appointment *verifiers = in_effect(&list->present, &count);
    const uint32_t *attestations = count_attestations(&list->present);
    if (!verifiers || !attestations) return jk_out_of_memory(&call->error);
    for (size_t i = 0; i < count; i++)
        if (jk_short_list_wants(list, i))
            jk_short_list_take(list, i, present_verifier(&list->present, &verifiers[i], attestations));
    return JK_OK;
}

void jk_list_verifiers(struct jk_call *call)
{
    struct jk_short_list list;
    Jokbo__V1__ListVerifiersResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListVerifiersResponse, jokbo__v1__list_verifiers_response);
    enum jk_status status = jk_short_list_begin(call, &list);
    if (status == JK_OK) {
        status = walk_verifiers(call, &list);
        jk_store_view_end(jk_store_of(call));
    }
    if (status == JK_OK && reply) JK_SHORT_LIST_REPLY(&list, reply, verifiers);
    jk_short_list_end(&list, status, &reply->base);
}
