/* ListCounted: the derivatives behind a count. Walks the book on a reader thread, in strides that let writers in; the
 * state at a log size never changes, so the strides agree. For a revision of a report with two sizes the walk covers
 * the book of the cut-off, and then those in the log's book that came too late for it. */
#include "book/book_ask.h"
#include "book/glance.h"
#include "reply/counts.h"
#include "service/call/handlers.h"
#include "service/evaluate/question.h"
#include "service/records/findings.h"
#include "service/records/present.h"

#define STRIDE 8192

struct counted {
    struct jk_call *call;
    const Jokbo__V1__ListCountedRequest *request;
    const struct jk_page *page;
    const struct jk_kept_standing *kept; /* with a rule */
    struct jk_present present;           /* of the book that is walked */
    struct jk_scope scope;               /* in it */
    uint32_t models;                     /* where its walk ends */
    uint32_t since;                      /* only what was registered with this entry or later */
    uint32_t last;
    bool more, late;       /* late: the walk of those that came too late */
    struct newest *newest; /* NULL: the oldest come first */
    Jokbo__V1__ListCountedResponse *reply;
};

/* The newest first: a walk over all finds the last that lie before the page's beginning, another begins at these. */
struct newest {
    bool taking;       /* the second walk */
    uint32_t eligible; /* how many lie before the page's beginning */
    uint32_t *last;    /* slots of the last page-size of these: a ring */
};

/* ---- the group filter ---- */

static bool key_is(struct jk_span key, const char *text)
{
    return jk_span_equal(key, jk_span_of(text));
}

static bool in_depth(struct jk_span key, unsigned depth)
{
    uint64_t wanted;
    if (key_is(key, "16+")) return depth >= JK_COUNT_DEPTHS;
    return jk_span_to_u64(key, &wanted) && wanted == depth && depth < JK_COUNT_DEPTHS;
}

static bool in_hub_month(const struct counted *counted, struct jk_span key, uint32_t model)
{
    char text[8] = "none";
    uint32_t month = jk_count_hub_month(counted->present.book, model, counted->present.size);
    if (month < JK_COUNT_MONTHS) jk_month_format(month, text);
    return key_is(key, text);
}

static bool in_group(const struct counted *counted, uint32_t model, const struct jk_share *share)
{
    const Jokbo__V1__CountGroup *group = counted->request->group;
    struct jk_span key = jk_span_of(group ? group->key : "");
    char month[8];
    if (!group) return true;
    switch (group->grouping) {
    case JOKBO__V1__GROUPING__GROUPING_RELATION:
        return key_is(key, jk_relation_text((enum jk_relation)share->relation));
    case JOKBO__V1__GROUPING__GROUPING_HUB_RELATION:
        return key_is(key, jk_relation_text(jk_relation_on_hub((enum jk_relation)share->relation)));
    case JOKBO__V1__GROUPING__GROUPING_LICENSE_CLASS:
        return key_is(key, jk_license_class_text((enum jk_license_class)share->license_class));
    case JOKBO__V1__GROUPING__GROUPING_LICENSE:
        return jk_span_equal(key, jk_book_license_text(counted->present.book, share->license));
    case JOKBO__V1__GROUPING__GROUPING_PUBLISHER:
        return jk_span_equal_fold(key, jk_book_publisher(counted->present.book, share->publisher)->name);
    case JOKBO__V1__GROUPING__GROUPING_DEPTH:
        return in_depth(key, share->depth);
    case JOKBO__V1__GROUPING__GROUPING_MONTH:
        jk_month_format(share->month, month);
        return key_is(key, month);
    case JOKBO__V1__GROUPING__GROUPING_HUB_MONTH:
        return in_hub_month(counted, key, model);
    default:
        return false;
    }
}

/* ---- one derivative ---- */

static bool in_scope(const struct counted *counted, uint32_t root)
{
    if (counted->scope.type == JK_SCOPE_ALL) return true;
    if (counted->scope.type == JK_SCOPE_BASE) return root == counted->scope.slot;
    const struct jk_base_facts *base = jk_book_base(counted->present.book, root, counted->present.size);
    return base && base->team == counted->scope.slot;
}

/* Under a rule with the depth that the policy looks at. */
static void add_counted_root(const struct counted *counted, const struct jk_spell *spell,
                             Jokbo__V1__CountedDerivative *out)
{
    Jokbo__V1__Root *root = jk_present_root(&counted->present, spell);
    size_t count = 0;
    const struct jk_verdict *rows =
        counted->kept && !counted->late ? jk_standing_of(counted->kept->standing, spell->derivative, &count) : NULL;
    for (size_t i = 0; root && i < count; i++)
        if (rows[i].root == spell->root) root->depth = rows[i].depth;
    if (root) out->roots[out->n_roots++] = root;
}

/* Roots in the scope, and the findings that hold for them. */
static void add_counted_roots(const struct counted *counted, uint32_t model, Jokbo__V1__CountedDerivative *out)
{
    const struct jk_spell *spell = NULL;
    uint32_t flags = 0, n = counted->present.size;
    size_t count = 0;
    while ((spell = jk_book_spell(counted->present.book, model, n, spell)))
        if (in_scope(counted, spell->root)) count++, flags |= spell->flags;
    unsigned kinds = jk_finding_kinds_of_flags(flags);
    out->roots = (Jokbo__V1__Root **)jk_pointers(counted->present.arena, count);
    out->findings = jk_arena_zalloc(counted->present.arena, 32, sizeof *out->findings);
    if (!out->roots || !out->findings) return;
    while ((spell = jk_book_spell(counted->present.book, model, n, spell)))
        if (in_scope(counted, spell->root)) add_counted_root(counted, spell, out);
    for (unsigned kind = 1; kind < 32; kind++)
        if (kinds & (1u << kind)) out->findings[out->n_findings++] = (Jokbo__V1__FindingKind)kind;
}

/* Of a model that is yanked whole, the entry that made it so. */
static int64_t last_yank(const struct counted *counted, uint32_t model)
{
    const struct jk_book *book = counted->present.book;
    uint32_t last = 0;
    for (uint32_t slot = jk_book_newest(book, model, counted->present.size); slot != JK_NONE;
         slot = jk_book_release(book, slot)->older) {
        uint32_t yank = jk_book_yanked_by(book, slot, counted->present.size);
        if (yank != JK_NONE && yank > last) last = yank;
    }
    return last;
}

static Jokbo__V1__CountedDerivative *present_counted(const struct counted *counted, uint32_t model,
                                                     const struct jk_share *share)
{
    const struct jk_book *book = counted->present.book;
    struct jk_arena *arena = counted->present.arena;
    Jokbo__V1__CountedDerivative *out = JK_MESSAGE(arena, Jokbo__V1__CountedDerivative, jokbo__v1__counted_derivative);
    uint32_t release = jk_book_standing_release(book, model, counted->present.size);
    struct jk_glance glance;
    enum jk_grade grade;
    bool attested;
    if (!out) return NULL;
    out->name = jk_to_string(arena, jk_present_name(&counted->present, model));
    out->log_index = jk_book_model(book, model)->index;
    out->create_time = jk_to_timestamp(arena, jk_book_time(book, jk_book_model(book, model)->index));
    out->lineage_hash = jk_to_hex(arena, &jk_book_release(book, release)->hash);
    out->relation = jk_to_relation((enum jk_relation)share->relation);
    out->license = jk_to_string(arena, jk_book_license_text(book, share->license));
    out->license_class = jk_to_license_class((enum jk_license_class)share->license_class);
    out->publisher = jk_to_string(arena, jk_book_publisher(book, share->publisher)->name);
    out->depth = share->depth;
    out->independent = share->independent;
    out->yanked = !share->counted;
    if (out->yanked) out->yank_index = last_yank(counted, model);
    add_counted_roots(counted, model, out);
    if (jk_glance_take(&glance, book, release, counted->present.size) &&
        jk_glance_weakest(&glance, &grade, &attested)) {
        out->grade = jk_to_grade(grade);
        out->attested = attested;
    }
    return out;
}

/* ---- under a rule ---- */

static void add_row_reasons(const struct counted *counted, const struct jk_verdict *row,
                            Jokbo__V1__CountedDerivative *out)
{
    struct jk_arena *arena = counted->present.arena;
    Jokbo__V1__RootReasons *one = JK_MESSAGE(arena, Jokbo__V1__RootReasons, jokbo__v1__root_reasons);
    if (!one || !(one->reasons = jk_arena_zalloc(arena, JK_REASON_COUNT, sizeof *one->reasons))) return;
    one->root = jk_to_string(arena, jk_present_name(&counted->present, row->root));
    for (int i = 0; i < JK_REASON_COUNT; i++)
        if (row->reasons >> i & 1) one->reasons[one->n_reasons++] = jk_counts_reason((enum jk_reason)i);
    out->root_reasons[out->n_root_reasons++] = one;
}

/* In the order of `roots`, which is that of the spells. */
static void add_root_reasons(const struct counted *counted, uint32_t model, Jokbo__V1__CountedDerivative *out)
{
    const struct jk_spell *spell = NULL;
    size_t count;
    const struct jk_verdict *rows = jk_standing_of(counted->kept->standing, model, &count);
    out->root_reasons = (Jokbo__V1__RootReasons **)jk_pointers(counted->present.arena, count);
    if (!out->root_reasons) return;
    out->pending = out->reason == JOKBO__V1__REASON__REASON_UNSPECIFIED &&
                   jk_standing_is_pending(counted->kept->standing, rows, count, counted->scope);
    while ((spell = jk_book_spell(counted->present.book, model, counted->present.size, spell)) != NULL) {
        if (!in_scope(counted, spell->root)) continue;
        for (size_t i = 0; i < count; i++)
            if (rows[i].root == spell->root) add_row_reasons(counted, &rows[i], out);
    }
}

/* A late one has that reason alone, for each of its roots. */
static void add_late_reasons(const struct counted *counted, uint32_t model, Jokbo__V1__CountedDerivative *out)
{
    struct jk_verdict late = {.reasons = 1u << JK_REASON_LATE};
    const struct jk_spell *spell = NULL;
    out->root_reasons = (Jokbo__V1__RootReasons **)jk_pointers(counted->present.arena, out->n_roots);
    while (out->root_reasons &&
           (spell = jk_book_spell(counted->present.book, model, counted->present.size, spell)) != NULL) {
        late.root = spell->root;
        if (in_scope(counted, spell->root)) add_row_reasons(counted, &late, out);
    }
}

/* Whether its standing is wanted; *out_reason is its place in the scope, *share its worth there as the policy sees it.
 */
static bool is_wanted(const struct counted *counted, uint32_t model, struct jk_share *share, enum jk_reason *out_reason)
{
    const Jokbo__V1__ListCountedRequest *request = counted->request;
    size_t count;
    if (counted->late) {
        *out_reason = JK_REASON_LATE;
        return request->reason ? request->reason == JOKBO__V1__REASON__REASON_LATE : request->left_out;
    }
    const struct jk_verdict *rows = jk_standing_of(counted->kept->standing, model, &count);
    if (!rows || !jk_standing_place(counted->kept->standing, rows, count, counted->scope, out_reason)) return false;
    jk_standing_look(counted->kept->standing, rows, count, counted->scope, share);
    if (request->reason) return jk_counts_reason(*out_reason) == request->reason;
    return (*out_reason != JK_REASON_COUNT) == request->left_out;
}

/* ---- the walk ---- */

static bool is_among_newest(struct counted *counted, uint32_t model)
{
    struct newest *newest = counted->newest;
    if (counted->page->resumed && model >= counted->page->after) return false;
    if (newest->taking) return true;
    newest->last[newest->eligible++ % counted->page->size] = model;
    return false;
}

/* Asked of each that is wanted, in order of registration. */
static bool is_on_page(struct counted *counted, uint32_t model)
{
    if (counted->newest) return is_among_newest(counted, model);
    if (counted->page->resumed && model <= counted->page->after) return false;
    if (counted->reply->n_derivatives < counted->page->size) return true;
    counted->more = true;
    return false;
}

static bool visit(struct counted *counted, uint32_t model)
{
    enum jk_reason reason = JK_REASON_COUNT;
    struct jk_share share;
    if (jk_book_model(counted->present.book, model)->index < counted->since) return true;
    jk_share_of(counted->present.book, model, counted->scope, counted->present.size, &share);
    if (counted->kept && !is_wanted(counted, model, &share, &reason)) return true;
    const Jokbo__V1__ListCountedRequest *request = counted->request;
    bool shown = counted->kept || (request->left_out ? !share.counted : share.counted || request->include_yanked);
    if (!share.present || !shown || !in_group(counted, model, &share)) return true;
    counted->reply->total_size++;
    if (!is_on_page(counted, model)) return true;
    Jokbo__V1__CountedDerivative *item = present_counted(counted, model, &share);
    if (!item) return false;
    if (counted->kept) {
        item->reason = jk_counts_reason(reason);
        if (counted->late) {
            add_late_reasons(counted, model, item);
        } else {
            add_root_reasons(counted, model, item);
        }
    } else if (request->left_out) {
        item->reason = jk_counts_reason(JK_REASON_YANKED);
    }
    if (counted->reply->n_derivatives == 0 || !counted->newest) counted->last = model;
    counted->reply->derivatives[counted->reply->n_derivatives++] = item;
    return true;
}

/* Those that came too late: in the log's book, from the first slot that the state of the cut-off does not have. */
static bool begin_late(struct counted *counted, const struct jk_view *view)
{
    if (!counted->kept || counted->late) return false;
    struct jk_late late = jk_kept_late(counted->kept, view);
    struct jk_scope scope;
    if (late.n == late.m || !jk_late_scope(&late, counted->present.book, counted->scope, &scope)) return false;
    counted->late = true;
    counted->scope = scope;
    counted->present.book = late.full;
    counted->present.size = late.m;
    counted->models = jk_book_models(late.full, late.m);
    return true;
}

static bool walk_stride(struct counted *counted, const struct jk_view *view, uint32_t *next)
{
    bool going = true;
    uint32_t end = *next + STRIDE < counted->models ? *next + STRIDE : counted->models;
    for (; going && *next < end; ++*next)
        going = visit(counted, *next);
    if (going && *next >= counted->models && !begin_late(counted, view)) going = false;
    return going && !atomic_load(&counted->call->cancelled);
}

/* In the log's book, which has all entries that the other one has. */
static uint32_t entry_since(const struct jk_question *question, int64_t since_us)
{
    if (since_us == JK_TIME_NONE) return 0;
    return jk_book_size_at(question->view.book, question->view.size, since_us);
}

static enum jk_status begin_walk(struct jk_call *call, const struct jk_question *question, struct counted *out)
{
    const Jokbo__V1__ListCountedRequest *request = (const void *)call->request;
    int64_t since_us = jk_from_timestamp(request->registered_since, "registered_since", &call->error);
    *out = (struct counted){
        .call = call,
        .request = request,
        .page = &question->page,
        .kept = question->kept,
        .present = {question->book, jk_store_directory(jk_store_of(call)), question->book_size, &call->arena},
        .scope = question->scope,
        .models = jk_book_models(question->book, question->book_size),
        .since = entry_since(question, since_us)};
    out->reply = JK_MESSAGE(&call->arena, Jokbo__V1__ListCountedResponse, jokbo__v1__list_counted_response);
    if (!out->reply) return jk_out_of_memory(&call->error);
    out->reply->derivatives = (Jokbo__V1__CountedDerivative **)jk_pointers(&call->arena, question->page.size);
    return out->reply->derivatives ? JK_OK : jk_out_of_memory(&call->error);
}

static enum jk_status walk_from(uint32_t next, struct jk_call *call, struct jk_question *question,
                                struct newest *newest, struct counted *counted)
{
    JK_TRY(begin_walk(call, question, counted));
    counted->newest = newest;
    uint32_t first = jk_book_models(question->book, counted->since);
    if (next < first) next = first;
    while (walk_stride(counted, &question->view, &next))
        jk_question_pause(call, question);
    return JK_OK;
}

static enum jk_status walk_newest(struct jk_call *call, struct jk_question *question, struct counted *counted)
{
    uint32_t size = question->page.size;
    struct newest newest = {.last = jk_arena_zalloc(&call->arena, size, sizeof *newest.last)};
    if (!newest.last) return jk_out_of_memory(&call->error);
    JK_TRY(walk_from(0, call, question, &newest, counted));
    counted->newest = NULL;
    if (newest.eligible == 0) return JK_OK;
    int64_t total = counted->reply->total_size;
    bool more = newest.eligible > size;
    newest.taking = true;
    JK_TRY(walk_from(newest.last[more ? newest.eligible % size : 0], call, question, &newest, counted));
    counted->newest = NULL;
    counted->more = more;
    counted->reply->total_size = total;
    Jokbo__V1__CountedDerivative **rows = counted->reply->derivatives;
    for (size_t i = 0, end = counted->reply->n_derivatives; i + 1 < end; i++, end--) {
        Jokbo__V1__CountedDerivative *row = rows[i];
        rows[i] = rows[end - 1];
        rows[end - 1] = row;
    }
    return JK_OK;
}

static enum jk_status answer_counted(struct jk_call *call, struct jk_question *question,
                                     const ProtobufCMessage **out_reply)
{
    struct counted counted;
    const Jokbo__V1__ListCountedRequest *request = (const void *)call->request;
    JK_TRY(request->newest_first ? walk_newest(call, question, &counted)
                                 : walk_from(0, call, question, NULL, &counted));
    counted.reply->log_size = question->size;
    counted.reply->revision = (int32_t)question->revision;
    counted.reply->rulings_size = question->m;
    if (counted.more) counted.reply->next_page_token = jk_question_token(call, question, counted.last);
    *out_reply = &counted.reply->base;
    return JK_OK;
}

/* ---- what is asked for ---- */

static enum jk_status check_fields(struct jk_call *call, const Jokbo__V1__ListCountedRequest *request)
{
    const Jokbo__V1__CountGroup *group = request->group;
    if (group && (group->grouping < 1 || group->grouping > JOKBO__V1__GROUPING__GROUPING_HUB_MONTH))
        jk_error_field(&call->error, "group.grouping", "%d is not a grouping", (int)group->grouping);
    if (!request->rule && request->left_out && request->include_yanked)
        jk_error_field(&call->error, "include_yanked",
                       "cannot be combined with left_out, which lists yanked ones alone");
    if (!request->rule && request->reason) jk_error_field(&call->error, "reason", "goes with a rule");
    if (request->rule && request->include_yanked)
        jk_error_field(&call->error, "include_yanked", "cannot be combined with a rule: use left_out");
    (void)jk_from_timestamp(request->registered_since, "registered_since", &call->error);
    return jk_error_result(&call->error);
}

static enum jk_status read_counted(struct jk_call *call, struct jk_question *question)
{
    const Jokbo__V1__ListCountedRequest *request = (const void *)call->request;
    *question = (struct jk_question){.scope_asked = request->scope,
                                     .rule_asked = request->rule,
                                     .as_of = request->as_of,
                                     .scoped = true,
                                     .walks = true};
    JK_TRY(check_fields(call, request));
    return jk_page_read(call, &question->page);
}

void jk_list_counted(struct jk_call *call)
{
    struct jk_question *question = jk_arena_alloc(&call->arena, sizeof *question);
    enum jk_status status = question ? read_counted(call, question) : jk_out_of_memory(&call->error);
    if (status == JK_OK)
        jk_question_ask(call, question, answer_counted);
    else
        jk_call_fail(call);
}
