/* See explain.h. */
#include "reply/explain.h"

#include "base/defer.h"
#include "book/book_ask.h"
#include "book/stage.h"
#include "book/why.h"
#include "reply/counts.h"
#include "reply/explain_vouching.h"
#include "reply/lookup.h"
#include "reply/message.h"
#include "reply/root.h"

/* ---- sentences ---- */

/* What a sentence is made of; texts in the arena. */
struct parts {
    const char *root, *team, *license, *other, *other_license, *publisher;
    const char *hub, *repository; /* where it was seen last, if it was */
    unsigned long long entry, depth, most, ruling, days;
    const char *relation;
    uint32_t flags; /* the row's: self and affiliate by the publisher at registration, or else by that of the name */
    bool ancestor, named, unknown; /* `named`: an artifact; `unknown`: what the licence permits */
    bool foreign;                  /* the root was not made from scratch, as the roster says */
};

static struct jk_span model_name(const struct jk_explained *explained, uint32_t model)
{
    return jk_book_alias(explained->book, model, explained->size)->name;
}

static const char *text_in_arena(const struct jk_explained *explained, struct jk_span text)
{
    return jk_to_string(explained->arena, text);
}

/* Where a licence does not permit what is demanded: whether all that is missing is not known. */
static bool is_unknown(const struct jk_explained *explained, struct jk_span license)
{
    enum jk_permission given[JK_PERMISSION_KINDS];
    const struct jk_policy *policy = explained->policy;
    if (policy->rules > 1)
        jk_book_permissions_listed(explained->book, license, explained->size, given);
    else
        jk_book_permissions(explained->book, license, explained->size, given);
    for (int i = 0; i < JK_PERMISSION_KINDS; i++)
        if (given[i] < policy->demands[i] && given[i] != JK_PERMISSION_UNKNOWN) return false;
    return true;
}

static struct parts collect_parts(const struct jk_explained *explained, const struct jk_verdict *row,
                                  const struct jk_why *why)
{
    const struct jk_book *book = explained->book;
    uint32_t n = explained->size;
    const struct jk_ruling *ruling = explained->policy->rules == 1
                                         ? jk_book_ruling_of(book, row->model, n)
                                         : jk_book_pair_ruling_of(book, row->model, row->root, n);
    const struct jk_release *release = jk_book_release(book, row->release);
    const struct jk_base_facts *base = jk_book_base(book, row->root, n);
    struct parts parts = {.root = text_in_arena(explained, model_name(explained, row->root)),
                          .team = text_in_arena(explained, jk_book_team(book, base->team)->id),
                          .license = text_in_arena(explained, jk_book_license_text(book, release->license)),
                          .other = "",
                          .other_license = "",
                          .publisher = text_in_arena(explained, jk_book_publisher(book, row->publisher)->name),
                          .entry = why->entry,
                          .depth = row->depth,
                          .most = explained->policy->depth,
                          .days = explained->policy->gone_days,
                          .ruling = ruling ? ruling->from : 0,
                          .relation = jk_relation_text((enum jk_relation)row->relation),
                          .flags = row->flags,
                          .foreign = base->from_scratch == JK_ANSWER_NO,
                          .ancestor = why->release != JK_NONE,
                          .named = !jk_digest_is_zero(&release->artifact),
                          .unknown = is_unknown(explained, jk_book_license_text(book, release->license))};
    uint32_t seen = jk_book_last_observation(book, row->model, n);
    parts.hub = seen == JK_NONE ? "" : text_in_arena(explained, jk_book_observation(book, seen)->hub);
    parts.repository = seen == JK_NONE ? "" : text_in_arena(explained, jk_book_observation(book, seen)->id);
    if (why->other != JK_NONE) parts.other = text_in_arena(explained, model_name(explained, why->other));
    if (why->release != JK_NONE)
        parts.other_license =
            text_in_arena(explained, jk_book_license_text(book, jk_book_release(book, why->release)->license));
    return parts;
}

static char *say_english(const struct jk_explained *explained, enum jk_reason reason, const struct parts *parts)
{
    struct jk_arena *arena = explained->arena;
    switch (reason) {
    case JK_REASON_YANKED:
        return jk_arena_printf(arena, "every release was yanked, the last one by entry %llu", parts->entry);
    case JK_REASON_GONE:
        return jk_arena_printf(arena, "%s has not shown %s for %llu days or longer", parts->hub, parts->repository,
                               parts->days);
    case JK_REASON_EXCLUDED:
        return jk_arena_printf(arena, "the ruling of entry %llu excludes it", parts->ruling);
    case JK_REASON_NOT_PARTICIPATING:
        return jk_arena_printf(arena, "team %s of %s does not take part in the stage", parts->team, parts->root);
    case JK_REASON_NOT_PROGRAMME:
        return jk_arena_printf(arena, "%s was not made for the programme", parts->root);
    case JK_REASON_FOREIGN_BASE:
        return jk_arena_printf(
            arena, parts->foreign ? "%s was not made from scratch" : "whether %s was made from scratch is not known",
            parts->root);
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
    case JK_REASON_NEAR_DUPLICATE:
        return jk_arena_printf(arena, "its weights are nearly those of %s, which goes first", parts->other);
    case JK_REASON_CAP:
        return jk_arena_printf(arena, "publisher %s has as many as count, the last of them %s", parts->publisher,
                               parts->other);
    default:
        return jk_to_string(arena, jk_span_of(jk_reason_english(reason)));
    }
}

static char *say_korean(const struct jk_explained *explained, enum jk_reason reason, const struct parts *parts)
{
    struct jk_arena *arena = explained->arena;
    switch (reason) {
    case JK_REASON_YANKED:
        return jk_arena_printf(arena, "모든 릴리스가 철회됨(마지막은 %llu번 항목)", parts->entry);
    case JK_REASON_GONE:
        return jk_arena_printf(arena, "허브 %s에서 %s이(가) %llu일 이상 보이지 않음", parts->hub, parts->repository,
                               parts->days);
    case JK_REASON_EXCLUDED:
        return jk_arena_printf(arena, "%llu번 항목의 결정으로 제외됨", parts->ruling);
    case JK_REASON_NOT_PARTICIPATING:
        return jk_arena_printf(arena, "원 모델 %s의 팀 %s이(가) 해당 단계에 참가하지 않음", parts->root, parts->team);
    case JK_REASON_NOT_PROGRAMME:
        return jk_arena_printf(arena, "원 모델 %s이(가) 사업에서 만들어지지 않음", parts->root);
    case JK_REASON_FOREIGN_BASE:
        return jk_arena_printf(arena,
                               parts->foreign ? "원 모델 %s이(가) 프롬 스크래치가 아님"
                                              : "원 모델 %s이(가) 프롬 스크래치인지 알려지지 않음",
                               parts->root);
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
    case JK_REASON_NEAR_DUPLICATE:
        return jk_arena_printf(arena, "먼저인 %s과(와) 가중치가 거의 같음", parts->other);
    case JK_REASON_CAP:
        return jk_arena_printf(arena, "게시자 %s의 상한에 이름(마지막으로 집계된 것은 %s)", parts->publisher,
                               parts->other);
    default:
        return jk_to_string(arena, jk_span_of(jk_reason_korean(reason)));
    }
}

/* ---- messages ---- */

/* What a derivative is explained from, for all of its roots. */
struct grounds {
    struct jk_whys whys;
    struct jk_vouching vouching;
};

static enum jk_status explain_reason(const struct jk_explained *explained, struct grounds *grounds,
                                     const struct jk_verdict *row, enum jk_reason reason, Jokbo__V1__RootStanding *out)
{
    Jokbo__V1__ReasonFact *fact = JK_MESSAGE(explained->arena, Jokbo__V1__ReasonFact, jokbo__v1__reason_fact);
    struct jk_error *error = explained->error;
    struct jk_why why;
    if (!fact) return jk_out_of_memory(error);
    JK_TRY(jk_why_find(&grounds->whys, row, reason, &why, error));
    struct parts parts = collect_parts(explained, row, &why);
    fact->reason = jk_counts_reason(reason);
    if (reason == JK_REASON_UNATTESTED || reason == JK_REASON_EVIDENCE) {
        struct jk_vouching_words words;
        JK_TRY(jk_explain_vouching(explained, &grounds->vouching, row, reason, &words));
        fact->fact = words.english;
        fact->fact_ko = words.korean;
    } else {
        fact->fact = say_english(explained, reason, &parts);
        fact->fact_ko = say_korean(explained, reason, &parts);
    }
    fact->log_index = why.entry;
    if (reason == JK_REASON_LICENSE_NOT_OPEN) fact->detail = parts.unknown ? (char *)"unknown" : (char *)"forbids";
    fact->other = (char *)(uintptr_t)parts.other;
    if (!fact->fact || !fact->fact_ko) return jk_out_of_memory(error);
    out->reasons[out->n_reasons++] = fact;
    return JK_OK;
}

/* What would apply if what verifiers have not said yet counted against it. */
static enum jk_status explain_pending(const struct jk_explained *explained, struct grounds *grounds,
                                      const struct jk_verdict *row, Jokbo__V1__RootStanding *out)
{
    static const enum jk_reason awaited[] = {JK_REASON_UNATTESTED, JK_REASON_EVIDENCE};
    const struct jk_vouched_pair pair = jk_vouched_pair_of(jk_standing_verdicts(explained->standing), row);
    jk_reasons missing;
    bool ignored;
    out->pending = (Jokbo__V1__ReasonFact **)jk_pointers(explained->arena, 2);
    if (!out->pending ||
        !jk_vouching_reasons(&grounds->vouching, &pair, (enum jk_relation)row->relation, &missing, &ignored))
        return jk_out_of_memory(explained->error);
    for (int i = 0; i < 2; i++) {
        if (!(missing >> awaited[i] & 1)) continue;
        Jokbo__V1__ReasonFact *fact = JK_MESSAGE(explained->arena, Jokbo__V1__ReasonFact, jokbo__v1__reason_fact);
        struct jk_vouching_words words;
        if (!fact) return jk_out_of_memory(explained->error);
        JK_TRY(jk_explain_vouching(explained, &grounds->vouching, row, awaited[i], &words));
        fact->reason = jk_counts_reason(awaited[i]);
        fact->fact = words.english;
        fact->fact_ko = words.korean;
        out->pending[out->n_pending++] = fact;
    }
    return JK_OK;
}

static enum jk_status explain_root(const struct jk_explained *explained, struct grounds *grounds,
                                   const struct jk_verdict *row, Jokbo__V1__RootStanding *out)
{
    struct jk_spell spell = {
        .root = row->root, .depth = row->depth, .flags = row->flags & JK_VERDICT_ADOPTED ? JK_FLAG_ADOPTED_ONLY : 0};
    out->root = jk_to_root(explained->arena, explained->book, explained->size, &spell);
    out->reasons = (Jokbo__V1__ReasonFact **)jk_pointers(explained->arena, JK_REASON_COUNT);
    if (!out->root || !out->reasons) return jk_out_of_memory(explained->error);
    out->counts = row->reasons == 0;
    if (out->counts && row->flags & JK_VERDICT_PENDING) JK_TRY(explain_pending(explained, grounds, row, out));
    for (int i = 0; i < JK_REASON_COUNT; i++)
        if (row->reasons >> i & 1) JK_TRY(explain_reason(explained, grounds, row, (enum jk_reason)i, out));
    return JK_OK;
}

static bool add_disputes(const struct jk_explained *explained, Jokbo__V1__Standing *out)
{
    const struct jk_book *book = explained->book;
    uint32_t n = explained->size, count = jk_book_disputes(book, n), open = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct jk_dispute *dispute = jk_book_dispute(book, i);
        open += dispute->model == explained->rows->model && dispute->resolved >= n;
    }
    if (!(out->open_disputes = jk_arena_zalloc(explained->arena, open + 1, sizeof(int64_t)))) return false;
    for (uint32_t i = 0; i < count; i++) {
        const struct jk_dispute *dispute = jk_book_dispute(book, i);
        if (dispute->model != explained->rows->model || dispute->resolved < n) continue;
        out->open_disputes[out->n_open_disputes++] = dispute->from;
    }
    return true;
}

static void end_grounds(struct grounds *grounds)
{
    jk_vouching_done(&grounds->vouching);
}

static enum jk_status explain_derivative(const struct jk_explained *explained, Jokbo__V1__Standing *out)
{
    struct jk_arena *arena = explained->arena;
    struct jk_error *error = explained->error;
    enum jk_reason place = JK_REASON_COUNT;
    struct jk_scope all = {.type = JK_SCOPE_ALL};
    JK_CLEANUP(end_grounds) struct grounds grounds;
    jk_whys_init(&grounds.whys, explained->book, explained->standing, explained->policy, explained->stage_entry);
    jk_vouching_init(&grounds.vouching, explained->book, explained->policy, explained->size, false);
    (void)jk_standing_place(explained->standing, explained->rows, explained->count, all, &place);
    out->name = jk_to_string(arena, model_name(explained, explained->rows->model));
    out->log_index = jk_book_model(explained->book, explained->rows->model)->index;
    out->counts = place == JK_REASON_COUNT;
    out->reason = jk_counts_reason(place);
    out->policy_sha256 = jk_to_hex(arena, explained->policy_sha256);
    out->roots = (Jokbo__V1__RootStanding **)jk_pointers(arena, explained->count);
    if (!out->roots || !add_disputes(explained, out)) return jk_out_of_memory(error);
    for (size_t i = 0; i < explained->count; i++) {
        Jokbo__V1__RootStanding *root = JK_MESSAGE(arena, Jokbo__V1__RootStanding, jokbo__v1__root_standing);
        if (!root) return jk_out_of_memory(error);
        JK_TRY(explain_root(explained, &grounds, &explained->rows[i], root));
        out->roots[out->n_roots++] = root;
    }
    return arena->exhausted ? jk_out_of_memory(error) : JK_OK;
}

/* Old names always resolve. */
static enum jk_status find_explained(const struct jk_explained *explained, const struct jk_book *names, uint32_t newest,
                                     const char *name, uint32_t size, uint32_t *out_model)
{
    *out_model = jk_book_find_model(names, jk_span_of(name), newest);
    if (*out_model == JK_NONE) return jk_model_not_found(names, newest, jk_span_of(name), explained->error);
    if (jk_book_model(names, *out_model)->index < size) return JK_OK;
    return jk_fail(explained->error, JK_NOT_FOUND, "MODEL_NOT_FOUND",
                   "\"%.200s\" was not registered yet at log size %u", name, size);
}

enum jk_status jk_explain_named(struct jk_explained *explained, const struct jk_book *names, uint32_t newest,
                                const char *name, Jokbo__V1__Standing *out)
{
    uint32_t size = (uint32_t)out->log_size, model;
    JK_TRY(find_explained(explained, names, newest, name, size, &model));
    explained->rows = jk_standing_of(explained->standing, model, &explained->count);
    if (explained->rows) return explain_derivative(explained, out);
    return jk_fail(explained->error, JK_FAILED_PRECONDITION, "NOT_A_DERIVATIVE",
                   "\"%.200s\" is not a derivative of a base model at log size %u", name, size);
}
