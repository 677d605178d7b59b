/* Suggest: what somebody who has typed a text may be looking for. An entry by its number and the teams are found at once;
 * licences by a walk over these, publishers and models by a walk over all, in strides that let writers in. Of each kind
 * only the names that match best are suggested (typed.h): who types a name is not shown what merely has its words. */
#include <jokbo/v1/registry.pb-c.h>
#include <stdlib.h>

#include "book/book_ask.h"
#include "reply/message.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/call/services.h"
#include "service/records/typed.h"

#define AT_MOST 12   /* suggestions */
#define OF_KIND 3    /* of them teams, publishers, licences: each */
#define STRIDE  8192 /* publishers or models visited before writers get a chance */

struct found { /* of one kind: the first of each rank */
    uint32_t slots[JK_TYPED_NOT][AT_MOST];
    size_t counts[JK_TYPED_NOT];
};

struct looking {
    struct jk_call *call;
    struct jk_typed typed;
    uint32_t size;
    bool begun;
    struct found teams, publishers, licenses, models;
    uint32_t *having; /* models by licence, where any licence matches; else NULL */
    uint32_t licenses_known;
    Jokbo__V1__SuggestResponse *reply;
};

static void note(struct looking *looking, struct found *found, struct jk_span name, uint32_t slot)
{
    enum jk_typed_rank rank = jk_typed_rank(&looking->typed, name);
    if (rank != JK_TYPED_NOT && found->counts[rank] < AT_MOST) found->slots[rank][found->counts[rank]++] = slot;
}

/* The best rank at which anything was found. */
static enum jk_typed_rank best_rank(const struct found *found)
{
    enum jk_typed_rank rank = JK_TYPED_BEGINS;
    while (rank != JK_TYPED_NOT && found->counts[rank] == 0)
        rank++;
    return rank;
}

/* Those that begin with the text, then those that contain it; where there are neither, those that have its words. */
static size_t take_best(const struct found *found, size_t most, uint32_t slots[AT_MOST])
{
    enum jk_typed_rank last = best_rank(found) == JK_TYPED_WORDS ? JK_TYPED_WORDS : JK_TYPED_CONTAINS;
    size_t count = 0;
    for (int rank = JK_TYPED_BEGINS; rank <= (int)last; rank++)
        for (size_t i = 0; i < found->counts[rank] && count < most; i++)
            slots[count++] = found->slots[rank][i];
    return count;
}

/* ---- looking ---- */

/* A team by its id and both names, once, by what matches best. */
static void look_at_teams(struct looking *looking, const struct jk_book *book)
{
    for (uint32_t slot = 0, teams = jk_book_teams(book, looking->size); slot < teams; slot++) {
        const struct jk_team *team = jk_book_team(book, slot);
        enum jk_typed_rank by_id = jk_typed_rank(&looking->typed, team->id),
                           by_name = jk_typed_rank(&looking->typed, team->name),
                           in_korean = jk_typed_rank(&looking->typed, team->name_ko);
        struct jk_span best = by_id <= by_name && by_id <= in_korean ? team->id
                              : by_name <= in_korean                 ? team->name
                                                                     : team->name_ko;
        note(looking, &looking->teams, best, slot);
    }
}

/* Which expressions match is known at once, which of these a model has only after the walk. */
static bool begin_licenses(struct looking *looking, const struct jk_book *book)
{
    bool any = false;
    looking->licenses_known = jk_book_licenses(book);
    for (uint32_t slot = 0; slot < looking->licenses_known && !any; slot++)
        any = jk_typed_rank(&looking->typed, jk_book_license_text(book, slot)) != JK_TYPED_NOT;
    if (!any) return true;
    looking->having = calloc(looking->licenses_known, sizeof *looking->having);
    return looking->having != NULL;
}

/* Expressions of a batch that failed are gone again by then. */
static void end_licenses(struct looking *looking, const struct jk_book *book)
{
    uint32_t known = jk_book_licenses(book);
    if (known > looking->licenses_known) known = looking->licenses_known;
    for (uint32_t slot = 0; looking->having && slot < known; slot++)
        if (looking->having[slot] > 0) note(looking, &looking->licenses, jk_book_license_text(book, slot), slot);
}

static void look_at_model(struct looking *looking, const struct jk_book *book, uint32_t model)
{
    note(looking, &looking->models, jk_book_alias(book, model, looking->size)->name, model);
    if (!looking->having) return;
    uint32_t release = jk_book_deciding(book, model, looking->size);
    uint32_t license = release == JK_NONE ? JK_NONE : jk_book_release(book, release)->license;
    if (license != JK_NONE && license < looking->licenses_known) looking->having[license]++;
}

/* ---- the reply ---- */

static Jokbo__V1__Suggestion *suggest(struct looking *looking, Jokbo__V1__SuggestionKind kind, struct jk_span name)
{
    Jokbo__V1__SuggestResponse *reply = looking->reply;
    Jokbo__V1__Suggestion *out = JK_MESSAGE(&looking->call->arena, Jokbo__V1__Suggestion, jokbo__v1__suggestion);
    if (!out || reply->n_suggestions == AT_MOST) return NULL;
    out->kind = kind;
    out->name = jk_to_string(&looking->call->arena, name);
    reply->suggestions[reply->n_suggestions++] = out;
    return out;
}

/* "#7", and 7 where the log has so many. */
static void suggest_entry(struct looking *looking)
{
    struct jk_span text = {looking->typed.text, looking->typed.len};
    uint64_t number;
    if (text.at[0] == '#') text = (struct jk_span){text.at + 1, text.len - 1};
    if (jk_span_to_u64(text, &number) && number < looking->size)
        (void)suggest(looking, JOKBO__V1__SUGGESTION_KIND__SUGGESTION_KIND_ENTRY, text);
}

static void suggest_teams(struct looking *looking, const struct jk_book *book)
{
    uint32_t slots[AT_MOST];
    size_t count = take_best(&looking->teams, OF_KIND, slots);
    for (size_t i = 0; i < count; i++) {
        const struct jk_team *team = jk_book_team(book, slots[i]);
        Jokbo__V1__Suggestion *out = suggest(looking, JOKBO__V1__SUGGESTION_KIND__SUGGESTION_KIND_TEAM, team->id);
        if (!out) return;
        out->title = jk_to_string(&looking->call->arena, team->name);
        out->title_ko = jk_to_string(&looking->call->arena, team->name_ko);
    }
}

static void suggest_publishers(struct looking *looking, const struct jk_book *book)
{
    uint32_t slots[AT_MOST];
    size_t count = take_best(&looking->publishers, OF_KIND, slots);
    for (size_t i = 0; i < count; i++) {
        Jokbo__V1__Suggestion *out = suggest(looking, JOKBO__V1__SUGGESTION_KIND__SUGGESTION_KIND_PUBLISHER,
                                             jk_book_publisher(book, slots[i])->name);
        if (out) out->models = jk_book_models_of(book, slots[i], looking->size);
    }
}

static void suggest_licenses(struct looking *looking, const struct jk_book *book)
{
    uint32_t slots[AT_MOST];
    size_t count = take_best(&looking->licenses, OF_KIND, slots);
    for (size_t i = 0; i < count; i++) {
        Jokbo__V1__Suggestion *out =
            suggest(looking, JOKBO__V1__SUGGESTION_KIND__SUGGESTION_KIND_LICENSE, jk_book_license_text(book, slots[i]));
        if (out) out->models = looking->having[slots[i]];
    }
}

static void suggest_models(struct looking *looking, const struct jk_book *book)
{
    uint32_t slots[AT_MOST];
    size_t count = take_best(&looking->models, AT_MOST - looking->reply->n_suggestions, slots);
    for (size_t i = 0; i < count; i++) {
        bool base = jk_book_base(book, slots[i], looking->size) != NULL;
        (void)suggest(looking,
                      base ? JOKBO__V1__SUGGESTION_KIND__SUGGESTION_KIND_BASE_MODEL
                           : JOKBO__V1__SUGGESTION_KIND__SUGGESTION_KIND_MODEL,
                      jk_book_alias(book, slots[i], looking->size)->name);
    }
}

static enum jk_status suggest_all(struct looking *looking, const struct jk_book *book)
{
    looking->reply->suggestions = (Jokbo__V1__Suggestion **)jk_pointers(&looking->call->arena, AT_MOST);
    if (!looking->reply->suggestions) return jk_out_of_memory(&looking->call->error);
    suggest_entry(looking);
    suggest_teams(looking, book);
    suggest_publishers(looking, book);
    suggest_licenses(looking, book);
    suggest_models(looking, book);
    looking->reply->log_size = looking->size;
    return looking->call->arena.exhausted ? jk_out_of_memory(&looking->call->error) : JK_OK;
}

/* ---- the walk ---- */

/* One stride, in a view. The last one makes the reply. */
static enum jk_status look_in_view(struct looking *looking, const struct jk_view *view, uint32_t *next, bool *out_going)
{
    if (!looking->begun) {
        looking->begun = true;
        looking->size = view->size;
        look_at_teams(looking, view->book);
        if (!begin_licenses(looking, view->book)) return jk_out_of_memory(&looking->call->error);
    }
    uint32_t publishers = jk_book_publishers(view->book, looking->size); /* which come first */
    uint32_t all = publishers + jk_book_models(view->book, looking->size);
    uint32_t end = all - *next > STRIDE ? *next + STRIDE : all;
    for (; *next < end; ++*next)
        if (*next < publishers)
            note(looking, &looking->publishers, jk_book_publisher(view->book, *next)->name, *next);
        else
            look_at_model(looking, view->book, *next - publishers);
    *out_going = *next < all && !atomic_load(&looking->call->cancelled);
    if (*out_going) return JK_OK;
    end_licenses(looking, view->book);
    return suggest_all(looking, view->book);
}

static enum jk_status look_everywhere(struct looking *looking)
{
    enum jk_status status = JK_OK;
    uint32_t next = 0;
    for (bool going = true; going && status == JK_OK;) {
        struct jk_view view;
        going = false;
        jk_store_view(jk_store_of(looking->call), &view);
        status = look_in_view(looking, &view, &next, &going);
        jk_store_view_end(jk_store_of(looking->call));
    }
    return status;
}

void jk_suggest(struct jk_call *call)
{
    const Jokbo__V1__SuggestRequest *request = (const void *)call->request;
    struct looking *looking = jk_arena_zalloc(&call->arena, 1, sizeof *looking);
    enum jk_status status = looking ? JK_OK : jk_out_of_memory(&call->error);
    if (status == JK_OK && !jk_typed_read(jk_span_of(request->text), " -_./", &looking->typed)) {
        jk_error_field(&call->error, "text", "must have 1 to %d bytes", JK_TYPED_MAX);
        status = jk_error_result(&call->error);
    }
    if (status == JK_OK) {
        looking->call = call;
        looking->reply = JK_MESSAGE(&call->arena, Jokbo__V1__SuggestResponse, jokbo__v1__suggest_response);
        status = looking->reply ? look_everywhere(looking) : jk_out_of_memory(&call->error);
        free(looking->having);
    }
    jk_call_answer(call, status, status == JK_OK ? &looking->reply->base : NULL);
}
