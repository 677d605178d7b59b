/* See census_known.h. */
#include "cli/census_known.h"

#include <jokbo/v1/registry.pb-c.h>
#include <stdlib.h>

#include "base/array.h"
#include "cli/console/pages.h"
#include "cli/fold.h"
#include "domain/ident.h"

#define REGISTRY (&jokbo__v1__registry__descriptor)

/* ---- the log ---- */

/* Base models of the registry: slots; none for all. */
struct scope {
    const struct jk_book *book;
    uint32_t n;
    uint32_t *bases;
    size_t base_count;
    bool narrow; /* only what is below these */
};

static bool is_in_scope(const struct scope *scope, uint32_t base)
{
    for (size_t i = 0; i < scope->base_count; i++)
        if (scope->bases[i] == base) return true;
    return false;
}

/* By all of its releases, as models are listed below a base model. */
static bool is_below(const struct scope *scope, uint32_t model)
{
    const struct jk_spell *spell = NULL;
    if (!scope->narrow) return true;
    if (model == JK_NONE) return false;
    if (is_in_scope(scope, model)) return true;
    while ((spell = jk_book_spell(scope->book, model, scope->n, spell)))
        if (is_in_scope(scope, spell->root)) return true;
    return false;
}

static enum jk_status note_observed(struct jk_census_known *known, const struct scope *scope,
                                    const struct jk_observation *observed, struct jk_error *error)
{
    struct jk_crawl_item met = {
        .id = observed->id, .identity = observed->identity, .revision = observed->revision, .way = JK_CRAWL_BEFORE};
    bool below = is_below(scope, observed->model);
    uint32_t at;
    if (!JK_ARRAY_GROW(known->modified_us, known->seen.count, known->room)) return jk_out_of_memory(error);
    JK_TRY(jk_crawl_meet(&known->seen, &met, NULL, &at, error));
    known->seen.items[at].done = below && observed->state == JK_OBSERVED_PRESENT;
    known->seen.items[at].listed = below && observed->state == JK_OBSERVED_MOVED;
    known->modified_us[at] = observed->modified_us;
    return JK_OK;
}

static enum jk_status note_all_observed(struct jk_census_known *known, const struct scope *scope,
                                        struct jk_error *error)
{
    uint32_t count = jk_book_observations(scope->book, scope->n);
    for (uint32_t i = 0; i < count; i++) {
        const struct jk_observation *observed = jk_book_observation(scope->book, i);
        if (!jk_span_equal(observed->hub, known->hub)) continue;
        if (jk_book_observed_id(scope->book, known->hub, observed->id, scope->n) != i) continue; /* not the newest */
        JK_TRY(note_observed(known, scope, observed, error));
    }
    return JK_OK;
}

static enum jk_status read_book(struct jk_cli *cli, const char *const *bases, size_t count, struct scope *scope,
                                struct jk_census_known *known)
{
    scope->n = jk_book_size(scope->book);
    scope->bases = jk_arena_zalloc(&cli->arena, count, sizeof *scope->bases);
    if (!scope->bases) return jk_out_of_memory(&cli->error);
    for (; scope->base_count < count; scope->base_count++)
        scope->bases[scope->base_count] =
            jk_book_find_model(scope->book, jk_span_of(bases[scope->base_count]), scope->n);
    return note_all_observed(known, scope, &cli->error);
}

enum jk_status jk_census_known_read(struct jk_cli *cli, struct jk_span hub, const char *const *bases, size_t count,
                                    struct jk_census_known *out_known)
{
    struct scope scope = {.narrow = jk_cli_has(cli, JK_OPTION_BASE)};
    struct jk_book *book;
    *out_known = (struct jk_census_known){.hub = hub};
    if (!jk_crawl_init(&out_known->seen)) return jk_out_of_memory(&cli->error);
    if (jk_cli_has(cli, JK_OPTION_OFFLINE)) return JK_OK;
    JK_TRY(jk_fold_log(cli, &book));
    scope.book = book;
    enum jk_status status = read_book(cli, bases, count, &scope, out_known);
    jk_book_free(book);
    return status;
}

void jk_census_known_done(struct jk_census_known *known)
{
    jk_crawl_done(&known->seen);
    free(known->modified_us);
    known->modified_us = NULL;
}

/* ---- the registry ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_among(const struct jk_list *list, const char *name, const char **out_name)
{
    for (size_t i = 0; i < list->count; i++) {
        *out_name = ((const Jokbo__V1__Model *)list->items[i])->name;
        if (jk_span_equal_fold(jk_span_of(*out_name), jk_span_of(name))) return true;
    }
    return false;
}

/* Those given, as the registry spells them, each once. */
static enum jk_status choose_bases(struct jk_cli *cli, const struct jk_list *list, const char **bases, size_t *count)
{
    const char *given[JK_OPTION_VALUES_MAX];
    size_t wanted = jk_options_list(&cli->options, JK_OPTION_BASE, given, JK_OPTION_VALUES_MAX);
    for (size_t i = 0; i < list->count && wanted == 0; i++)
        bases[(*count)++] = ((const Jokbo__V1__Model *)list->items[i])->name;
    for (size_t i = 0; i < wanted; i++) {
        if (!is_among(list, given[i], &bases[*count]))
            return jk_fail(&cli->error, JK_NOT_FOUND, "NOT_A_BASE_MODEL", "%.200s is not a base model of the registry",
                           given[i]);
        ++*count;
    }
    qsort(bases, *count, sizeof *bases, by_text);
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (kept == 0 || strcmp(bases[kept - 1], bases[i]) != 0) bases[kept++] = bases[i];
    *count = kept;
    return JK_OK;
}

/* Without a registry, the names given are believed. */
static enum jk_status list_bases(struct jk_cli *cli, struct jk_list *out_list)
{
    Jokbo__V1__ListBaseModelsRequest request = JOKBO__V1__LIST_BASE_MODELS_REQUEST__INIT;
    struct jk_pages pages = {REGISTRY, "ListBaseModels", &request.base, "models", 0};
    const char *given[JK_OPTION_VALUES_MAX];
    if (!jk_cli_has(cli, JK_OPTION_OFFLINE)) return jk_pages_fetch(cli, &pages, out_list);
    size_t count = jk_options_list(&cli->options, JK_OPTION_BASE, given, JK_OPTION_VALUES_MAX);
    if (count == 0) return jk_cli_usage(cli, "--offline asks no registry for its roster: give --base");
    *out_list = (struct jk_list){.items = jk_arena_zalloc(&cli->arena, count, sizeof *out_list->items)};
    for (size_t i = 0; out_list->items && i < count; i++) {
        Jokbo__V1__Model *model = jk_arena_alloc(&cli->arena, sizeof *model);
        const char *fault = jk_ident_model_fault(jk_span_of(given[i]));
        if (fault) return jk_cli_usage(cli, "--base: \"%.200s\": a model's name %s", given[i], fault);
        if (!model) return jk_out_of_memory(&cli->error);
        jokbo__v1__model__init(model);
        model->name = (char *)given[i];
        out_list->items[out_list->count++] = &model->base;
    }
    return out_list->items ? JK_OK : jk_out_of_memory(&cli->error);
}

enum jk_status jk_census_bases(struct jk_cli *cli, const char ***out_bases, size_t *out_count)
{
    struct jk_list list;
    *out_count = 0;
    JK_TRY(list_bases(cli, &list));
    *out_bases = jk_arena_zalloc(&cli->arena, list.count + JK_OPTION_VALUES_MAX, sizeof **out_bases);
    if (!*out_bases) return jk_out_of_memory(&cli->error);
    JK_TRY(choose_bases(cli, &list, *out_bases, out_count));
    if (*out_count > 0 && *out_count <= JK_CENSUS_BASES_MAX) return JK_OK;
    return jk_fail(&cli->error, JK_NOT_FOUND, "NOT_A_BASE_MODEL",
                   "the roster has %zu base models; a census is of 1 to %d of them", list.count, JK_CENSUS_BASES_MAX);
}
