/* ExplainStanding: reply/explain.h, and what was registered after a cut-off. On a reader thread, from a kept standing. */
#include "reply/counts.h"
#include "reply/explain.h"
#include "service/call/handlers.h"
#include "service/evaluate/question.h"
#include "service/records/present.h"

struct explaining {
    struct jk_call *call;
    const struct jk_question *question;
    const struct jk_standing *standing;
    struct jk_present present;
};

/* ---- registered after the cut-off: its current state, left out for each of its roots ---- */

static enum jk_status explain_late_root(const struct jk_present *present, const struct jk_spell *spell, uint32_t n,
                                        Jokbo__V1__RootStanding *out)
{
    struct jk_arena *arena = present->arena;
    unsigned entry = jk_book_model(present->book, spell->derivative)->index;
    Jokbo__V1__ReasonFact *fact = JK_MESSAGE(arena, Jokbo__V1__ReasonFact, jokbo__v1__reason_fact);
    out->root = jk_present_root(present, spell);
    out->reasons = (Jokbo__V1__ReasonFact **)jk_pointers(arena, 1);
    if (!fact || !out->root || !out->reasons) return JK_RESOURCE_EXHAUSTED;
    fact->reason = jk_counts_reason(JK_REASON_LATE);
    fact->fact = jk_arena_printf(arena, "it was registered by entry %u; those before entry %u count", entry, n);
    fact->fact_ko = jk_arena_printf(arena, "%u번 항목으로 등록됨(%u번 앞의 항목만 집계)", entry, n);
    fact->log_index = entry;
    out->reasons[out->n_reasons++] = fact;
    return JK_OK;
}

static enum jk_status explain_late(const struct explaining *explaining, const struct jk_view *view, uint32_t model,
                                   Jokbo__V1__Standing *out)
{
    struct jk_present now = explaining->present;
    const struct jk_spell *spell = NULL;
    now.book = view->book;
    now.size = view->size;
    out->name = jk_to_string(now.arena, jk_present_name(&now, model));
    out->log_index = jk_book_model(view->book, model)->index;
    out->reason = jk_counts_reason(JK_REASON_LATE);
    out->policy_sha256 = jk_to_hex(now.arena, &explaining->question->rule.digest);
    out->roots = (Jokbo__V1__RootStanding **)jk_pointers(now.arena, JK_BOOK_BASES);
    while (out->roots && (spell = jk_book_spell(view->book, model, view->size, spell)) != NULL) {
        Jokbo__V1__RootStanding *root = JK_MESSAGE(now.arena, Jokbo__V1__RootStanding, jokbo__v1__root_standing);
        if (!root || explain_late_root(&now, spell, explaining->question->size, root) != JK_OK)
            return jk_out_of_memory(&explaining->call->error);
        out->roots[out->n_roots++] = root;
    }
    return now.arena->exhausted ? jk_out_of_memory(&explaining->call->error) : JK_OK;
}

/* A derivative that was registered after the cut-off of a stage. */
static bool is_late(const struct jk_question *question, const struct jk_view *view, uint32_t model)
{
    return question->revision && model != JK_NONE && jk_book_model(view->book, model)->index >= question->size &&
           jk_book_spell(view->book, model, view->size, NULL);
}

/* The derivative by a current or former name, as of now. */
static enum jk_status explain_model(struct explaining *explaining, const struct jk_view *view, const char *name,
                                    Jokbo__V1__Standing *out)
{
    uint32_t model = jk_book_find_model(view->book, jk_span_of(name), view->size);
    out->log_size = explaining->question->size;
    out->revision = (int32_t)explaining->question->revision;
    out->rulings_size = explaining->question->m;
    if (is_late(explaining->question, view, model)) return explain_late(explaining, view, model, out);
    struct jk_explained explained = {.book = explaining->present.book,
                                     .size = explaining->present.size,
                                     .standing = explaining->standing,
                                     .policy = &explaining->question->rule.policy,
                                     .policy_sha256 = &explaining->question->rule.digest,
                                     .stage_entry = explaining->question->rule.from,
                                     .arena = explaining->present.arena,
                                     .error = &explaining->call->error};
    return jk_explain_named(&explained, view->book, view->size, name, out);
}

static enum jk_status answer_standing(struct jk_call *call, struct jk_question *question,
                                      const ProtobufCMessage **out_reply)
{
    const Jokbo__V1__ExplainStandingRequest *request = (const void *)call->request;
    struct explaining explaining = {
        .call = call,
        .question = question,
        .standing = question->kept->standing,
        .present = {question->book, jk_store_directory(jk_store_of(call)), question->book_size, &call->arena}};
    Jokbo__V1__Standing *reply = JK_MESSAGE(&call->arena, Jokbo__V1__Standing, jokbo__v1__standing);
    if (!reply) return jk_out_of_memory(&call->error);
    *out_reply = &reply->base;
    return explain_model(&explaining, &question->view, request->name, reply);
}

void jk_explain_standing(struct jk_call *call)
{
    const Jokbo__V1__ExplainStandingRequest *request = (const void *)call->request;
    struct jk_question *question = jk_arena_alloc(&call->arena, sizeof *question);
    if (!*request->name) jk_error_field(&call->error, "name", "is required: publisher/model");
    if (!request->rule) jk_error_field(&call->error, "rule", "is required: a policy or a stage");
    enum jk_status status = question ? jk_error_result(&call->error) : jk_out_of_memory(&call->error);
    if (status != JK_OK) {
        jk_call_fail(call);
        return;
    }
    *question = (struct jk_question){.rule_asked = request->rule, .as_of = request->as_of, .walks = true};
    jk_question_ask(call, question, answer_standing);
}
