/* ExplainStanding: whether one derivative counts under a rule, and for each reason why not the entry and the fact that
 * it follows from. On a reader thread, from a kept standing. */
#include "book/why.h"
#include "reply/counts.h"
#include "reply/lookup.h"
#include "service/call/handlers.h"
#include "service/evaluate/question.h"
#include "service/records/present.h"

struct explaining {
    struct jk_call *call;
    const struct jk_question *question;
    const struct jk_standing *standing;
    struct jk_present present;
    const struct jk_verdict *rows; /* of the derivative */
    size_t count;
};

/* ---- sentences ---- */

/* What a sentence is made of; texts in the arena. */
struct parts {
    const char *root, *team, *license, *other, *other_license, *publisher;
    unsigned long long entry, depth, most, ruling;
    const char *relation;
    uint32_t flags; /* the row's: self and affiliate by the publisher at registration, or else by that of the name */
    bool ancestor, named, unknown; /* `named`: an artifact; `unknown`: what the licence permits */
};

static const char *text_in_arena(const struct explaining *explaining, struct jk_span text)
{
    return jk_to_string(explaining->present.arena, text);
}

/* Where a licence does not permit what is demanded: whether all that is missing is not known. */
static bool is_unknown(const struct explaining *explaining, struct jk_span license)
{
    enum jk_permission given[JK_PERMISSION_KINDS];
    const struct jk_policy *policy = &explaining->question->rule.policy;
    jk_book_permissions(explaining->present.book, license, explaining->present.size, given);
    for (int i = 0; i < JK_PERMISSION_KINDS; i++)
        if (given[i] < policy->demands[i] && given[i] != JK_PERMISSION_UNKNOWN) return false;
    return true;
}

static struct parts collect_parts(const struct explaining *explaining, const struct jk_verdict *row,
                                  const struct jk_why *why)
{
    const struct jk_book *book = explaining->present.book;
    uint32_t n = explaining->present.size;
    const struct jk_ruling *ruling = explaining->question->rule.policy.rules == 1
                                         ? jk_book_ruling_of(book, row->model, n)
                                         : jk_book_pair_ruling_of(book, row->model, row->root, n);
    const struct jk_release *release = jk_book_release(book, row->release);
    struct parts parts = {.root = text_in_arena(explaining, jk_present_name(&explaining->present, row->root)),
                          .team =
                              text_in_arena(explaining, jk_book_team(book, jk_book_base(book, row->root, n)->team)->id),
                          .license = text_in_arena(explaining, jk_book_license_text(book, release->license)),
                          .other = "",
                          .other_license = "",
                          .publisher = text_in_arena(explaining, jk_book_publisher(book, row->publisher)->name),
                          .entry = why->entry,
                          .depth = row->depth,
                          .most = explaining->question->rule.policy.depth,
                          .ruling = ruling ? ruling->from : 0,
                          .relation = jk_relation_text((enum jk_relation)row->relation),
                          .flags = row->flags,
                          .ancestor = why->release != JK_NONE,
                          .named = !jk_digest_is_zero(&release->artifact),
                          .unknown = is_unknown(explaining, jk_book_license_text(book, release->license))};
    if (why->other != JK_NONE)
        parts.other = text_in_arena(explaining, jk_present_name(&explaining->present, why->other));
    if (why->release != JK_NONE)
        parts.other_license =
            text_in_arena(explaining, jk_book_license_text(book, jk_book_release(book, why->release)->license));
    return parts;
}

static char *say_english(const struct explaining *explaining, enum jk_reason reason, const struct parts *parts)
{
    struct jk_arena *arena = explaining->present.arena;
    switch (reason) {
    case JK_REASON_YANKED:
        return jk_arena_printf(arena, "every release was yanked, the last one by entry %llu", parts->entry);
    case JK_REASON_EXCLUDED:
        return jk_arena_printf(arena, "the ruling of entry %llu excludes it", parts->ruling);
    case JK_REASON_NOT_PARTICIPATING:
        return jk_arena_printf(arena, "team %s of %s does not take part in the stage", parts->team, parts->root);
    case JK_REASON_NOT_PROGRAMME:
        return jk_arena_printf(arena, "%s was not made for the programme", parts->root);
    case JK_REASON_FOREIGN_BASE:
        return jk_arena_printf(arena, "%s is not known to be made from scratch", parts->root);
    case JK_REASON_RELATION:
        return jk_arena_printf(arena, "its relation %s is not among those counted", parts->relation);
    case JK_REASON_DEPTH:
        return jk_arena_printf(arena, "%llu steps from %s, of %llu at most", parts->depth, parts->root, parts->most);
    case JK_REASON_SELF:
        return jk_arena_printf(arena, "it was %s a publisher of team %s, whose model %s is",
                               parts->flags & JK_FLAG_SELF ? "registered under" : "moved to", parts->team, parts->root);
    case JK_REASON_AFFILIATE:
        return jk_arena_printf(arena, "it was %s a publisher that an affiliate of team %s operates",
                               parts->flags & JK_FLAG_AFFILIATE ? "registered under" : "moved to", parts->team);
    case JK_REASON_ADOPTED_PATH:
        return jk_arena_printf(arena, "%s is reached only through an adoption by %s", parts->root, parts->other);
    case JK_REASON_NO_ARTIFACT:
        return parts->named ? jk_arena_printf(arena, "the manifest of its artifact is not held, or says other weights")
                            : jk_arena_printf(arena, "it names no artifact");
    case JK_REASON_LICENSE_NOT_OPEN:
        return parts->unknown ? jk_arena_printf(arena, "what license %s permits is not known", parts->license)
                              : jk_arena_printf(arena, "license %s does not permit what is demanded", parts->license);
    case JK_REASON_LICENSE_CONFLICT:
        return jk_arena_printf(arena, "license %s of a child of %s under %s", parts->license, parts->other,
                               parts->other_license);
    case JK_REASON_NAMING:
        return jk_arena_printf(arena, "its name does not begin as the license of %s demands", parts->root);
    case JK_REASON_UNVERIFIED:
        return jk_arena_printf(arena, "publisher %s is not verified", parts->publisher);
    case JK_REASON_DUPLICATE:
        return parts->ancestor ? jk_arena_printf(arena, "its weights are those of its ancestor %s", parts->other)
                               : jk_arena_printf(arena, "its weights are those of %s, which goes first", parts->other);
    case JK_REASON_CAP:
        return jk_arena_printf(arena, "publisher %s has as many as count, the last of them %s", parts->publisher,
                               parts->other);
    default:
        return jk_to_string(arena, jk_span_of(jk_reason_english(reason)));
    }
}

static char *say_korean(const struct explaining *explaining, enum jk_reason reason, const struct parts *parts)
{
    struct jk_arena *arena = explaining->present.arena;
    switch (reason) {
    case JK_REASON_YANKED:
        return jk_arena_printf(arena, "모든 릴리스가 철회됨(마지막은 %llu번 항목)", parts->entry);
    case JK_REASON_EXCLUDED:
        return jk_arena_printf(arena, "%llu번 항목의 결정으로 제외됨", parts->ruling);
    case JK_REASON_NOT_PARTICIPATING:
        return jk_arena_printf(arena, "원 모델 %s의 팀 %s이(가) 해당 단계에 참가하지 않음", parts->root, parts->team);
    case JK_REASON_NOT_PROGRAMME:
        return jk_arena_printf(arena, "원 모델 %s이(가) 사업에서 만들어지지 않음", parts->root);
    case JK_REASON_FOREIGN_BASE:
        return jk_arena_printf(arena, "원 모델 %s이(가) 프롬 스크래치로 확인되지 않음", parts->root);
    case JK_REASON_RELATION:
        return jk_arena_printf(arena, "관계 %s은(는) 집계하지 않음", parts->relation);
    case JK_REASON_DEPTH:
        return jk_arena_printf(arena, "원 모델 %s에서 %llu단계 떨어짐(최대 %llu단계)", parts->root, parts->depth,
                               parts->most);
    case JK_REASON_SELF:
        return jk_arena_printf(arena, "원 모델 %s의 팀 %s의 게시자로 %s", parts->root, parts->team,
                               parts->flags & JK_FLAG_SELF ? "등록됨" : "옮겨짐");
    case JK_REASON_AFFILIATE:
        return jk_arena_printf(arena, "팀 %s의 협력 기관이 운영하는 게시자로 %s", parts->team,
                               parts->flags & JK_FLAG_AFFILIATE ? "등록됨" : "옮겨짐");
    case JK_REASON_ADOPTED_PATH:
        return jk_arena_printf(arena, "%s의 외부 모델 연결을 거쳐야만 원 모델 %s에 이름", parts->other, parts->root);
    case JK_REASON_NO_ARTIFACT:
        return parts->named
                   ? jk_arena_printf(arena, "산출물의 매니페스트가 보관되어 있지 않거나 다른 가중치를 담고 있음")
                   : jk_arena_printf(arena, "산출물을 밝히지 않음");
    case JK_REASON_LICENSE_NOT_OPEN:
        return parts->unknown
                   ? jk_arena_printf(arena, "라이선스 %s이(가) 무엇을 허락하는지 알려져 있지 않음", parts->license)
                   : jk_arena_printf(arena, "라이선스 %s이(가) 요구되는 이용을 허락하지 않음", parts->license);
    case JK_REASON_LICENSE_CONFLICT:
        return jk_arena_printf(arena, "라이선스 %s이(가) 조상 %s의 라이선스 %s보다 많이 허락함", parts->license,
                               parts->other, parts->other_license);
    case JK_REASON_NAMING:
        return jk_arena_printf(arena, "이름이 원 모델 %s의 라이선스가 요구하는 대로 시작하지 않음", parts->root);
    case JK_REASON_UNVERIFIED:
        return jk_arena_printf(arena, "게시자 %s이(가) 확인되지 않음", parts->publisher);
    case JK_REASON_DUPLICATE:
        return parts->ancestor ? jk_arena_printf(arena, "조상 모델 %s과(와) 가중치가 같음", parts->other)
                               : jk_arena_printf(arena, "먼저인 %s과(와) 가중치가 같음", parts->other);
    case JK_REASON_CAP:
        return jk_arena_printf(arena, "게시자 %s의 상한에 이름(마지막으로 집계된 것은 %s)", parts->publisher,
                               parts->other);
    default:
        return jk_to_string(arena, jk_span_of(jk_reason_korean(reason)));
    }
}

/* ---- messages ---- */

static enum jk_status explain_reason(const struct explaining *explaining, const struct jk_verdict *row,
                                     enum jk_reason reason, Jokbo__V1__RootStanding *out)
{
    Jokbo__V1__ReasonFact *fact = JK_MESSAGE(explaining->present.arena, Jokbo__V1__ReasonFact, jokbo__v1__reason_fact);
    struct jk_error *error = &explaining->call->error;
    struct jk_why why;
    if (!fact) return jk_out_of_memory(error);
    JK_TRY(jk_why_find(explaining->present.book, explaining->standing, &explaining->question->rule.policy,
                       explaining->question->rule.from, row, reason, &why, error));
    struct parts parts = collect_parts(explaining, row, &why);
    fact->reason = jk_counts_reason(reason);
    fact->fact = say_english(explaining, reason, &parts);
    fact->fact_ko = say_korean(explaining, reason, &parts);
    fact->log_index = why.entry;
    if (reason == JK_REASON_LICENSE_NOT_OPEN) fact->detail = parts.unknown ? (char *)"unknown" : (char *)"forbids";
    fact->other = (char *)(uintptr_t)parts.other;
    if (!fact->fact || !fact->fact_ko) return jk_out_of_memory(error);
    out->reasons[out->n_reasons++] = fact;
    return JK_OK;
}

static enum jk_status explain_root(const struct explaining *explaining, const struct jk_verdict *row,
                                   Jokbo__V1__RootStanding *out)
{
    struct jk_spell spell = {
        .root = row->root, .depth = row->depth, .flags = row->flags & JK_VERDICT_ADOPTED ? JK_FLAG_ADOPTED_ONLY : 0};
    out->root = jk_present_root(&explaining->present, &spell);
    out->reasons = (Jokbo__V1__ReasonFact **)jk_pointers(explaining->present.arena, JK_REASON_COUNT);
    if (!out->root || !out->reasons) return jk_out_of_memory(&explaining->call->error);
    out->counts = row->reasons == 0;
    for (int i = 0; i < JK_REASON_COUNT; i++)
        if (row->reasons >> i & 1) JK_TRY(explain_reason(explaining, row, (enum jk_reason)i, out));
    return JK_OK;
}

static bool add_disputes(const struct explaining *explaining, Jokbo__V1__Standing *out)
{
    const struct jk_book *book = explaining->present.book;
    uint32_t n = explaining->present.size, count = jk_book_disputes(book, n), open = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct jk_dispute *dispute = jk_book_dispute(book, i);
        open += dispute->model == explaining->rows->model && dispute->resolved >= n;
    }
    if (!(out->open_disputes = jk_arena_zalloc(explaining->present.arena, open + 1, sizeof(int64_t)))) return false;
    for (uint32_t i = 0; i < count; i++) {
        const struct jk_dispute *dispute = jk_book_dispute(book, i);
        if (dispute->model != explaining->rows->model || dispute->resolved < n) continue;
        out->open_disputes[out->n_open_disputes++] = dispute->from;
    }
    return true;
}

static enum jk_status explain_derivative(const struct explaining *explaining, Jokbo__V1__Standing *out)
{
    struct jk_arena *arena = explaining->present.arena;
    struct jk_error *error = &explaining->call->error;
    enum jk_reason place = JK_REASON_COUNT;
    struct jk_scope all = {.type = JK_SCOPE_ALL};
    (void)jk_standing_place(explaining->standing, explaining->rows, explaining->count, all, &place);
    out->name = jk_to_string(arena, jk_present_name(&explaining->present, explaining->rows->model));
    out->log_index = jk_book_model(explaining->present.book, explaining->rows->model)->index;
    out->counts = place == JK_REASON_COUNT;
    out->reason = jk_counts_reason(place);
    out->policy_sha256 = jk_to_hex(arena, &explaining->question->rule.digest);
    out->roots = (Jokbo__V1__RootStanding **)jk_pointers(arena, explaining->count);
    if (!out->roots || !add_disputes(explaining, out)) return jk_out_of_memory(error);
    for (size_t i = 0; i < explaining->count; i++) {
        Jokbo__V1__RootStanding *root = JK_MESSAGE(arena, Jokbo__V1__RootStanding, jokbo__v1__root_standing);
        if (!root) return jk_out_of_memory(error);
        JK_TRY(explain_root(explaining, &explaining->rows[i], root));
        out->roots[out->n_roots++] = root;
    }
    return arena->exhausted ? jk_out_of_memory(error) : JK_OK;
}

/* ---- registered after the cut-off: as it is now, left out for each of its roots ---- */

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

/* The derivative by a name that it has or had, as of now: names resolve for ever. */
static enum jk_status explain_model(struct explaining *explaining, const struct jk_view *view, const char *name,
                                    Jokbo__V1__Standing *out)
{
    struct jk_error *error = &explaining->call->error;
    uint32_t model = jk_book_find_model(view->book, jk_span_of(name), view->size);
    if (model == JK_NONE) return jk_model_not_found(view->book, view->size, jk_span_of(name), error);
    out->log_size = explaining->question->size;
    out->revision = (int32_t)explaining->question->revision;
    out->rulings_size = explaining->question->m;
    if (jk_book_model(view->book, model)->index >= explaining->question->size) {
        if (explaining->question->revision && jk_book_spell(view->book, model, view->size, NULL))
            return explain_late(explaining, view, model, out);
        return jk_fail(error, JK_NOT_FOUND, "MODEL_NOT_FOUND", "\"%.200s\" was not registered yet at log size %u", name,
                       explaining->question->size);
    }
    explaining->rows = jk_standing_of(explaining->standing, model, &explaining->count);
    if (explaining->rows) return explain_derivative(explaining, out);
    return jk_fail(error, JK_FAILED_PRECONDITION, "NOT_A_DERIVATIVE",
                   "\"%.200s\" is not a derivative of a base model at log size %u", name, explaining->question->size);
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
