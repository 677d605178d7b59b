/* ListPublisherCounts: who published what counts (book/ranking.h). Walks the book on a reader thread, in strides that let
 * writers in; the state at a log size never changes, so the strides agree. */
#include "book/ranking.h"
#include "reply/message.h"
#include "service/call/convert.h"
#include "service/call/handlers.h"
#include "service/evaluate/question.h"

#define STRIDE 8192

struct asked {
    struct jk_question question; /* first */
    int64_t since_us;
};

struct answer {
    const struct jk_question *question;
    struct jk_arena *arena;
    struct jk_ranking *ranking;
};

/* ---- messages ---- */

static Jokbo__V1__RelationCounts *present_relations(struct jk_arena *arena, const uint32_t counts[JK_RELATION_COUNT])
{
    Jokbo__V1__RelationCounts *out = JK_MESSAGE(arena, Jokbo__V1__RelationCounts, jokbo__v1__relation_counts);
    if (!out) return NULL;
    out->finetune = counts[JK_RELATION_FINETUNE];
    out->adapter = counts[JK_RELATION_ADAPTER];
    out->quantized = counts[JK_RELATION_QUANTIZED];
    out->merge = counts[JK_RELATION_MERGE];
    out->distill = counts[JK_RELATION_DISTILL];
    out->convert = counts[JK_RELATION_CONVERT];
    out->prune = counts[JK_RELATION_PRUNE];
    out->draft = counts[JK_RELATION_DRAFT];
    return out;
}

static char *team_id(const struct answer *answer, uint32_t team)
{
    struct jk_span id = team == JK_NONE ? JK_SPAN("") : jk_book_team(answer->question->book, team)->id;
    return jk_to_string(answer->arena, id);
}

static void add_roots_team(Jokbo__V1__PublisherCount *out, char *team)
{
    for (size_t i = 0; i < out->n_teams; i++)
        if (strcmp(out->teams[i], team) == 0) return;
    if (*team) out->teams[out->n_teams++] = team;
}

static void add_roots(const struct answer *answer, const struct jk_ranked_root *roots, size_t count,
                      Jokbo__V1__PublisherCount *out)
{
    const struct jk_book *book = answer->question->book;
    uint32_t n = answer->question->book_size;
    out->roots = (Jokbo__V1__RootCount **)jk_pointers(answer->arena, count);
    out->teams = (char **)jk_pointers(answer->arena, count);
    for (size_t i = 0; out->roots && out->teams && i < count; i++) {
        Jokbo__V1__RootCount *root = JK_MESSAGE(answer->arena, Jokbo__V1__RootCount, jokbo__v1__root_count);
        const struct jk_base_facts *base = jk_book_base(book, roots[i].root, n);
        if (!root) return;
        root->root = jk_to_string(answer->arena, jk_book_alias(book, roots[i].root, n)->name);
        root->team = team_id(answer, base ? base->team : JK_NONE);
        root->count = roots[i].count;
        out->roots[out->n_roots++] = root;
        add_roots_team(out, root->team);
    }
}

static Jokbo__V1__PublisherCount *present_numbers(const struct answer *answer, const struct jk_ranked *row)
{
    const struct jk_book *book = answer->question->book;
    Jokbo__V1__PublisherCount *out = JK_MESSAGE(answer->arena, Jokbo__V1__PublisherCount, jokbo__v1__publisher_count);
    if (!out) return NULL;
    out->counted = row->count;
    out->relations = present_relations(answer->arena, row->by_relation);
    if (row->newest == JK_NONE) return out;
    uint32_t index = jk_book_model(book, row->newest)->index;
    out->newest_log_index = index;
    out->newest_time = jk_to_timestamp(answer->arena, jk_book_time(book, index));
    return out;
}

static Jokbo__V1__PublisherCount *present_place(const struct answer *answer, size_t place)
{
    const struct jk_book *book = answer->question->book;
    uint32_t n = answer->question->book_size;
    const struct jk_ranked *row = jk_ranking_row(answer->ranking, place);
    Jokbo__V1__PublisherCount *out = present_numbers(answer, row);
    size_t count;
    struct jk_ranked_root *roots = jk_ranking_roots(answer->ranking, place, answer->arena, &count);
    if (!out || !roots) return NULL;
    out->place = (int32_t)place + 1;
    out->publisher = jk_to_string(answer->arena, jk_book_publisher(book, row->publisher)->name);
    out->verified = jk_book_is_verified(book, row->publisher, n);
    out->claimed = jk_book_is_claimed(book, row->publisher, n);
    out->team = team_id(answer, jk_book_team_of(book, row->publisher, jk_book_time(book, n - 1), n));
    add_roots(answer, roots, count, out);
    return out;
}

static Jokbo__V1__PublisherCount *present_all(const struct answer *answer)
{
    struct jk_ranked sum = jk_ranking_sum(answer->ranking);
    Jokbo__V1__PublisherCount *out = present_numbers(answer, &sum);
    size_t count;
    struct jk_ranked_root *roots = jk_ranking_sum_roots(answer->ranking, answer->arena, &count);
    if (out && roots) add_roots(answer, roots, count, out);
    return out;
}

static void add_team_counts(const struct answer *answer, Jokbo__V1__ListPublisherCountsResponse *reply)
{
    uint32_t teams = jk_book_teams(answer->question->book, answer->question->book_size);
    reply->teams = (Jokbo__V1__TeamCount **)jk_pointers(answer->arena, teams);
    for (uint32_t slot = 0; reply->teams && slot < teams; slot++) {
        uint32_t count = jk_ranking_of_team(answer->ranking, slot);
        Jokbo__V1__TeamCount *team =
            count > 0 ? JK_MESSAGE(answer->arena, Jokbo__V1__TeamCount, jokbo__v1__team_count) : NULL;
        if (!team) continue;
        team->team = team_id(answer, slot);
        team->count = count;
        reply->teams[reply->n_teams++] = team;
    }
}

static enum jk_status present_page(struct jk_call *call, const struct answer *answer,
                                   Jokbo__V1__ListPublisherCountsResponse *reply)
{
    const struct jk_page *page = &answer->question->page;
    size_t total = jk_ranking_count(answer->ranking), place = page->resumed ? page->after : 0;
    size_t end = total - place > page->size ? place + page->size : total;
    if (place > total) end = place = total;
    reply->publishers = (Jokbo__V1__PublisherCount **)jk_pointers(answer->arena, end - place);
    reply->all = present_all(answer);
    add_team_counts(answer, reply);
    for (; reply->publishers && place < end; place++)
        if ((reply->publishers[reply->n_publishers] = present_place(answer, place))) reply->n_publishers++;
    reply->total_size = (int32_t)total;
    if (end < total) reply->next_page_token = jk_question_token(call, answer->question, end);
    reply->log_size = answer->question->size;
    reply->revision = (int32_t)answer->question->revision;
    reply->rulings_size = answer->question->m;
    return answer->arena->exhausted ? jk_out_of_memory(&call->error) : JK_OK;
}

/* ---- the walk ---- */

/* Slots of models are in order of registration, and times of entries never go back. */
static uint32_t first_since(const struct jk_question *question, int64_t since_us)
{
    if (since_us == JK_TIME_NONE) return 0;
    uint32_t n = question->book_size;
    return jk_book_models(question->book, jk_book_size_at(question->book, n, since_us));
}

static enum jk_status walk(struct jk_call *call, struct asked *asked, struct jk_ranking *ranking)
{
    struct jk_question *question = &asked->question;
    uint32_t models = jk_book_models(question->book, question->book_size);
    for (uint32_t next = first_since(question, asked->since_us); next < models && !atomic_load(&call->cancelled);) {
        uint32_t end = models - next > STRIDE ? next + STRIDE : models;
        if (!jk_ranking_add(ranking, next, end)) return jk_out_of_memory(&call->error);
        next = end;
        if (next < models) jk_question_pause(call, question);
    }
    return JK_OK;
}

static enum jk_status answer_publishers(struct jk_call *call, struct jk_question *question,
                                        const ProtobufCMessage **out_reply)
{
    const Jokbo__V1__ListPublisherCountsRequest *request = (const void *)call->request;
    struct jk_ranking_query query = {.book = question->book,
                                     .scope = question->scope,
                                     .n = question->book_size,
                                     .standing = question->kept ? question->kept->standing : NULL};
    Jokbo__V1__ListPublisherCountsResponse *reply =
        JK_MESSAGE(&call->arena, Jokbo__V1__ListPublisherCountsResponse, jokbo__v1__list_publisher_counts_response);
    struct answer answer = {question, &call->arena, jk_ranking_new(&query)};
    if (!reply || !answer.ranking) {
        jk_ranking_free(answer.ranking);
        return jk_out_of_memory(&call->error);
    }
    enum jk_status status = walk(call, (struct asked *)question, answer.ranking);
    if (status == JK_OK && !jk_ranking_sort(answer.ranking, request->newest_first))
        status = jk_out_of_memory(&call->error);
    if (status == JK_OK) status = present_page(call, &answer, reply);
    jk_ranking_free(answer.ranking);
    *out_reply = &reply->base;
    return status;
}

/* ---- what is asked for ---- */

static enum jk_status read_ranking_request(struct jk_call *call, struct asked *asked)
{
    const Jokbo__V1__ListPublisherCountsRequest *request = (const void *)call->request;
    *asked = (struct asked){.question = {.scope_asked = request->scope,
                                         .rule_asked = request->rule,
                                         .as_of = request->as_of,
                                         .scoped = true,
                                         .walks = true},
                            .since_us = jk_from_timestamp(request->registered_since, "registered_since", &call->error)};
    JK_TRY(jk_error_result(&call->error));
    return jk_page_read(call, &asked->question.page);
}

void jk_list_publisher_counts(struct jk_call *call)
{
    struct asked *asked = jk_arena_alloc(&call->arena, sizeof *asked);
    enum jk_status status = asked ? read_ranking_request(call, asked) : jk_out_of_memory(&call->error);
    if (status == JK_OK)
        jk_question_ask(call, &asked->question, answer_publishers);
    else
        jk_call_fail(call);
}
