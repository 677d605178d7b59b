/* GetModel, GetRelease, ListModels, ListDerivatives: answered from the book, except for why a release was yanked. */
#include <stdlib.h>

#include "book/book_ask.h"
#include "book/glance.h"
#include "domain/ident.h"
#include "domain/spdx.h"
#include "reply/lookup.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/call/page.h"
#include "service/records/digest_models.h"
#include "service/records/findings.h"
#include "service/records/present.h"
#include "service/call/texts.h"
#include "service/records/twin.h"
#include "service/records/typed.h"

static struct jk_present present_of(struct jk_call *call, const struct jk_view *view, uint32_t size)
{
    return (struct jk_present){.book = view->book,
                               .directory = jk_store_directory(jk_store_of(call)),
                               .size = size,
                               .arena = &call->arena,
                               .now_us = jk_store_clock_us(jk_store_of(call))};
}

/* ---- one ---- */

void jk_get_model(struct jk_call *call)
{
    const Jokbo__V1__GetModelRequest *request = (const void *)call->request;
    struct jk_view view;
    struct jk_span name = jk_span_of(request->name);
    Jokbo__V1__Model *reply = NULL;
    enum jk_status status = JK_OK;
    jk_store_view(jk_store_of(call), &view);
    struct jk_present present = present_of(call, &view, view.size);
    uint32_t model = jk_book_find_model(view.book, name, view.size);
    if (model == JK_NONE)
        status = jk_model_not_found(view.book, view.size, name, &call->error);
    else if ((reply = jk_present_model(&present, model))) {
        jk_present_root_grades(&present, model, reply);
        reply->meant_by_hub_name =
            jk_twin_is_meant(view.book, present.directory, name, call->principal.account, view.size);
    }
    jk_store_view_end(jk_store_of(call));
    jk_call_answer(call, status, (const ProtobufCMessage *)reply);
}

static enum jk_status find_asked_release(struct jk_call *call, const struct jk_view *view, uint32_t *out_release)
{
    const Jokbo__V1__GetReleaseRequest *request = (const void *)call->request;
    struct jk_digest hash;
    struct jk_span name, version;
    if (request->which_case == JOKBO__V1__GET_RELEASE_REQUEST__WHICH_LINEAGE_HASH) {
        jk_from_hex(request->lineage_hash, "lineage_hash", &hash, &call->error);
        JK_TRY(jk_error_result(&call->error));
        *out_release = jk_book_find_release(view->book, &hash, view->size);
        if (*out_release != JK_NONE) return JK_OK;
        return jk_fail(&call->error, JK_NOT_FOUND, "RELEASE_NOT_FOUND", "No release has the lineage hash %s",
                       request->lineage_hash);
    }
    jk_split_version(jk_span_of(request->which_case ? request->name : ""), &name, &version);
    if (!version.len) name = jk_span_of(request->which_case ? request->name : "");
    uint32_t model = jk_book_find_model(view->book, name, view->size);
    if (model == JK_NONE) return jk_model_not_found(view->book, view->size, name, &call->error);
    *out_release = version.len ? jk_book_find_version(view->book, model, version, view->size)
                               : jk_book_standing_release(view->book, model, view->size);
    if (*out_release != JK_NONE) return JK_OK;
    return jk_fail(&call->error, JK_NOT_FOUND, "RELEASE_NOT_FOUND", "The model \"%.*s\" has no release \"%.*s\"",
                   JK_SPAN_ARG(name), JK_SPAN_ARG(version));
}

/* On a reader thread: with the text that is stored outside the log. */
static void answer_yanked(struct jk_call *call)
{
    Jokbo__V1__Release *release = call->state;
    struct jk_texts texts;
    jk_texts_init(&texts, &call->arena, 1);
    jk_texts_note_entry(&texts, (uint32_t)release->yank_index, &release->yank_reason);
    enum jk_status status = jk_texts_read(&texts, call);
    jk_call_answer(call, status, &release->base);
}

void jk_get_release(struct jk_call *call)
{
    struct jk_view view;
    uint32_t slot;
    Jokbo__V1__Release *release = NULL;
    jk_store_view(jk_store_of(call), &view);
    struct jk_present present = present_of(call, &view, view.size);
    enum jk_status status = find_asked_release(call, &view, &slot);
    if (status == JK_OK) release = jk_present_release(&present, slot, true);
    jk_store_view_end(jk_store_of(call));
    if (status == JK_OK && release && release->yanked) {
        call->state = release;
        jk_call_on_reader(call, answer_yanked);
    } else {
        jk_call_answer(call, status, release ? &release->base : NULL);
    }
}

/* ---- lists of models: a walk over slots, in order of registration or the other way round ---- */

struct walk {
    struct jk_call *call;
    struct jk_page page;
    struct jk_present present;
    bool (*wants)(const struct walk *walk, uint32_t model);
    const void *filter;
    int64_t after_index, before_index; /* of registrations, each without it; 0: all */
    int64_t since_us;                  /* not registered before; JK_TIME_NONE: all */
    bool newest_first;
    uint32_t size;
    bool begun;
    uint32_t from, end; /* slots that are left */
    Jokbo__V1__Model **models;
    size_t count;
    int32_t total;
    uint32_t last;
    bool more;
};

#define WALK_STRIDE 8192 /* models visited before writers get a chance; as-of answers never change in between */

static bool take_model(struct walk *walk, uint32_t model)
{
    walk->total++;
    bool newest_first = walk->newest_first;
    if (walk->page.resumed && (newest_first ? model >= walk->page.after : model <= walk->page.after)) return true;
    if (walk->count == walk->page.size) {
        walk->more = true;
        return true;
    }
    Jokbo__V1__Model *message = jk_present_model(&walk->present, model);
    if (!message) return false;
    walk->models[walk->count++] = message;
    walk->last = model;
    return true;
}

/* Their slots are in order of registration. */
static uint32_t models_before(const struct walk *walk, const struct jk_book *book, int64_t index)
{
    return jk_book_models(book, index < walk->size ? (uint32_t)index : walk->size);
}

/* The range of slots to walk, in the view in which the walk begins. */
static void begin_range(struct walk *walk, const struct jk_book *book)
{
    walk->from = walk->after_index > 0 ? models_before(walk, book, walk->after_index + 1) : 0;
    walk->end = models_before(walk, book, walk->before_index > 0 ? walk->before_index : walk->size);
    if (walk->since_us != JK_TIME_NONE) {
        uint32_t first = models_before(walk, book, jk_book_size_at(book, walk->size, walk->since_us));
        if (first > walk->from) walk->from = first;
    }
}

/* From either end of what is left of the range. */
static bool run_stride(struct walk *walk)
{
    struct jk_view view;
    bool going = true;
    jk_store_view(jk_store_of(walk->call), &view);
    if (!walk->begun) {
        if (!walk->size) walk->size = jk_page_log_size_at(&walk->page, view.size);
        walk->present = present_of(walk->call, &view, walk->size);
        begin_range(walk, view.book);
        walk->begun = true;
    }
    for (uint32_t i = 0; going && i < WALK_STRIDE && walk->from < walk->end; i++) {
        uint32_t model = walk->newest_first ? --walk->end : walk->from++;
        if (walk->wants(walk, model)) going = take_model(walk, model);
    }
    jk_store_view_end(jk_store_of(walk->call));
    return going && walk->from < walk->end && !atomic_load(&walk->call->cancelled);
}

static enum jk_status run_walk(struct walk *walk)
{
    JK_TRY(jk_page_read(walk->call, &walk->page));
    walk->models = (Jokbo__V1__Model **)jk_pointers(&walk->call->arena, walk->page.size);
    if (!walk->models) return jk_out_of_memory(&walk->call->error);
    while (run_stride(walk))
        continue;
    return walk->call->arena.exhausted ? jk_out_of_memory(&walk->call->error) : JK_OK;
}

static char *next_token(struct walk *walk)
{
    return walk->more ? jk_page_token(walk->call, &walk->page, walk->size, walk->last)
                      : (char *)protobuf_c_empty_string;
}

/* ---- ListModels ---- */

struct filter {
    const Jokbo__V1__ListModelsRequest *request;
    struct jk_typed typed; /* name_contains: a name has to contain all its words, and spaces alone are in none */
    uint32_t root, team;   /* slots, JK_NONE for any */
    enum jk_license_class class;
    struct jk_span license;       /* empty for any */
    struct jk_digest sha256;      /* zero for any */
    struct jk_digest_models with; /* those that have it */
};

static bool wants_name(const struct walk *walk, const struct filter *filter, uint32_t model)
{
    const struct jk_alias *alias = jk_book_alias(walk->present.book, model, walk->size);
    struct jk_span publisher = jk_span_of(filter->request->publisher);
    if (publisher.len && !jk_span_equal_fold(jk_book_publisher(walk->present.book, alias->publisher)->name, publisher))
        return false;
    return !*filter->request->name_contains || jk_typed_has_words(&filter->typed, alias->name);
}

static bool wants_roots(const struct walk *walk, const struct filter *filter, uint32_t model)
{
    const struct jk_spell *spell = NULL;
    if (filter->request->derivatives_only && !jk_book_spell(walk->present.book, model, walk->size, NULL)) return false;
    if (filter->root == JK_NONE && filter->team == JK_NONE) return true;
    while ((spell = jk_book_spell(walk->present.book, model, walk->size, spell))) {
        const struct jk_base_facts *base = jk_book_base(walk->present.book, spell->root, walk->size);
        bool root = filter->root == JK_NONE || spell->root == filter->root;
        if (root && (filter->team == JK_NONE || (base && base->team == filter->team))) return true;
    }
    return false;
}

static bool wants_release(const struct walk *walk, const struct filter *filter, uint32_t model)
{
    const struct jk_book *book = walk->present.book;
    uint32_t slot = jk_book_deciding(book, model, walk->size);
    enum jk_permission permissions[JK_PERMISSION_KINDS];
    if (slot == JK_NONE && !filter->request->include_yanked) return false;
    if (slot == JK_NONE) slot = jk_book_newest(book, model, walk->size);
    const struct jk_release *release = jk_book_release(book, slot);
    struct jk_span license = jk_book_license_text(book, release->license);
    if (filter->request->relation && (int)filter->request->relation != (int)release->relation) return false;
    if (filter->license.len && !jk_span_equal_fold(license, filter->license)) return false;
    if (!filter->request->license_class) return true;
    jk_book_permissions(book, license, walk->size, permissions);
    return jk_license_class_of(permissions) == filter->class;
}

static bool shows_grade(const struct walk *walk, uint32_t model, Jokbo__V1__Grade wanted)
{
    const struct jk_book *book = walk->present.book;
    struct jk_glance glance;
    enum jk_grade grade;
    bool attested;
    return jk_glance_take(&glance, book, jk_book_standing_release(book, model, walk->size), walk->size) &&
           jk_glance_weakest(&glance, &grade, &attested) && jk_to_grade(grade) == wanted;
}

static bool wants_model(const struct walk *walk, uint32_t model)
{
    const struct filter *filter = walk->filter;
    const Jokbo__V1__ListModelsRequest *request = filter->request;
    if (*request->sha256 && !jk_digest_models_have(&filter->with, model)) return false;
    if (!wants_name(walk, filter, model) || !wants_release(walk, filter, model) || !wants_roots(walk, filter, model))
        return false;
    if (request->grade && !shows_grade(walk, model, request->grade)) return false;
    return !request->finding || (jk_finding_kinds(&walk->present, model) & (1u << request->finding));
}

static enum jk_status read_filter(struct jk_call *call, struct filter *filter)
{
    const Jokbo__V1__ListModelsRequest *request = filter->request;
    enum jk_relation relation;
    enum jk_grade grade;
    struct jk_view view;
    if (!jk_from_relation(request->relation, &relation))
        jk_error_field(&call->error, "relation", "%d is not a relation", (int)request->relation);
    if (request->license_class && !jk_from_license_class(request->license_class, &filter->class))
        jk_error_field(&call->error, "license_class", "%d is not a licence class", (int)request->license_class);
    if ((int)request->finding < 0 || request->finding > JOKBO__V1__FINDING_KIND__FINDING_KIND_ADOPTED_PATH)
        jk_error_field(&call->error, "finding", "%d is not a finding", (int)request->finding);
    if (request->grade && !jk_from_grade((int)request->grade, &grade))
        jk_error_field(&call->error, "grade", "%d is not a grade", (int)request->grade);
    if (request->after_log_index < 0)
        jk_error_field(&call->error, "after_log_index", "%lld is negative", (long long)request->after_log_index);
    if (request->before_log_index < 0)
        jk_error_field(&call->error, "before_log_index", "%lld is negative", (long long)request->before_log_index);
    if (strlen(request->name_contains) > JK_TYPED_MAX)
        jk_error_field(&call->error, "name_contains", "is longer than %d bytes", JK_TYPED_MAX);
    (void)jk_typed_read(jk_span_of(request->name_contains), " ", &filter->typed);
    struct jk_span license = jk_spdx_spelt(jk_span_of(request->license), &call->arena);
    filter->license = license.len > 0 ? license : jk_span_of(request->license);
    jk_from_hex(request->sha256, "sha256", &filter->sha256, &call->error);
    JK_TRY(jk_error_result(&call->error));
    jk_store_view(jk_store_of(call), &view);
    filter->root = *request->root ? jk_book_find_model(view.book, jk_span_of(request->root), view.size) : JK_NONE;
    filter->team = *request->team ? jk_book_find_team(view.book, jk_span_of(request->team), view.size) : JK_NONE;
    enum jk_status status = JK_OK;
    if (*request->root && filter->root == JK_NONE)
        status = jk_model_not_found(view.book, view.size, jk_span_of(request->root), &call->error);
    else if (*request->publisher &&
             jk_book_find_publisher(view.book, jk_span_of(request->publisher), view.size) == JK_NONE)
        status = jk_fail(&call->error, JK_NOT_FOUND, "PUBLISHER_NOT_FOUND", "There is no publisher \"%.96s\"",
                         request->publisher);
    else if (*request->team && filter->team == JK_NONE)
        status = jk_fail(&call->error, JK_NOT_FOUND, "TEAM_NOT_FOUND", "There is no team \"%.63s\"", request->team);
    jk_store_view_end(jk_store_of(call));
    return status;
}

void jk_list_models(struct jk_call *call)
{
    const Jokbo__V1__ListModelsRequest *request = (const void *)call->request;
    struct filter filter = {.request = request};
    struct walk walk = {.call = call,
                        .wants = wants_model,
                        .filter = &filter,
                        .after_index = request->after_log_index,
                        .before_index = request->before_log_index,
                        .since_us = jk_from_timestamp(request->registered_since, "registered_since", &call->error),
                        .newest_first = request->newest_first};
    Jokbo__V1__ListModelsResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListModelsResponse, jokbo__v1__list_models_response);
    enum jk_status status = reply ? read_filter(call, &filter) : jk_out_of_memory(&call->error);
    if (status == JK_OK && !jk_digest_is_zero(&filter.sha256))
        status = jk_digest_models_find(call, &filter.sha256, &filter.with);
    if (status == JK_OK) status = run_walk(&walk);
    if (status == JK_OK) {
        reply->n_models = walk.count;
        reply->models = walk.models;
        reply->total_size = walk.total;
        reply->next_page_token = next_token(&walk);
        reply->log_size = walk.size;
    }
    jk_call_answer(call, status, reply ? &reply->base : NULL);
}

/* ---- ListDerivatives: first the set, as a bitmap over model slots, then the walk ---- */

struct family {
    unsigned char *bits;
    uint32_t *queue;
    uint32_t room, head, tail;
    bool include_yanked;
};

static bool in_family(const struct family *family, uint32_t model)
{
    return family->bits[model / 8] & (1u << model % 8);
}

static void join_family(struct family *family, uint32_t model)
{
    if (in_family(family, model)) return;
    family->bits[model / 8] |= (unsigned char)(1u << model % 8);
    family->queue[family->tail++] = model;
}

/* A release makes its model a child only if it is the deciding one, or the newest of a yanked model. */
static bool decides(const struct jk_book *book, uint32_t release, uint32_t n)
{
    uint32_t model = jk_book_release(book, release)->model;
    return release == jk_book_standing_release(book, model, n);
}

static void join_children(const struct jk_book *book, struct family *family, uint32_t model, uint32_t n)
{
    uint32_t external, cursor = 0, child;
    for (uint32_t release = jk_book_newest(book, model, n); release != JK_NONE;
         release = jk_book_release(book, release)->older) {
        uint32_t edge = 0;
        while ((child = jk_book_child_of_release(book, release, n, &edge)) != JK_NONE)
            if (decides(book, child, n)) join_family(family, jk_book_release(book, child)->model);
    }
    while ((external = jk_book_adopted_by(book, model, n, &cursor)) != JK_NONE) {
        uint32_t edge = 0;
        while ((child = jk_book_child_of_external(book, external, n, &edge)) != JK_NONE)
            if (decides(book, child, n)) join_family(family, jk_book_release(book, child)->model);
    }
}

static bool gather_family(const struct jk_book *book, struct family *family, uint32_t model, bool transitive,
                          uint32_t n)
{
    family->room = jk_book_models(book, n);
    family->bits = calloc(family->room / 8 + 1, 1);
    family->queue = malloc(((size_t)family->room + 1) * sizeof *family->queue);
    if (!family->bits || !family->queue) return false;
    join_children(book, family, model, n);
    while (transitive && family->head < family->tail)
        join_children(book, family, family->queue[family->head++], n);
    return true;
}

static bool wants_derivative(const struct walk *walk, uint32_t model)
{
    const struct family *family = walk->filter;
    if (model >= family->room || !in_family(family, model)) return false;
    return family->include_yanked || jk_book_deciding(walk->present.book, model, walk->size) != JK_NONE;
}

static enum jk_status start_family(struct jk_call *call, struct walk *walk, struct family *family)
{
    const Jokbo__V1__ListDerivativesRequest *request = (const void *)call->request;
    struct jk_page page;
    struct jk_view view;
    JK_TRY(jk_page_read(call, &page));
    jk_store_view(jk_store_of(call), &view);
    enum jk_status status = JK_OK;
    walk->size = page.resumed && page.log_size <= view.size ? page.log_size : view.size;
    walk->present = present_of(call, &view, walk->size);
    uint32_t model = jk_book_find_model(view.book, jk_span_of(request->model), walk->size);
    if (model == JK_NONE)
        status = jk_model_not_found(view.book, walk->size, jk_span_of(request->model), &call->error);
    else if (!gather_family(view.book, family, model, request->transitive, walk->size))
        status = jk_out_of_memory(&call->error);
    jk_store_view_end(jk_store_of(call));
    return status;
}

void jk_list_derivatives(struct jk_call *call)
{
    const Jokbo__V1__ListDerivativesRequest *request = (const void *)call->request;
    struct family family = {.include_yanked = request->include_yanked};
    struct walk walk = {.call = call, .wants = wants_derivative, .filter = &family, .since_us = JK_TIME_NONE};
    Jokbo__V1__ListDerivativesResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListDerivativesResponse, jokbo__v1__list_derivatives_response);
    enum jk_status status = reply ? start_family(call, &walk, &family) : jk_out_of_memory(&call->error);
    if (status == JK_OK) status = run_walk(&walk);
    if (status == JK_OK) {
        reply->n_models = walk.count;
        reply->models = walk.models;
        reply->total_size = walk.total;
        reply->next_page_token = next_token(&walk);
        reply->log_size = walk.size;
    }
    free(family.bits);
    free(family.queue);
    jk_call_answer(call, status, reply ? &reply->base : NULL);
}
