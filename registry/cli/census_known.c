/* See census_known.h. */
#include "cli/census_known.h"

#include <jokbo/v1/registry.pb-c.h>
#include <stdlib.h>

#include "cli/console/pages.h"
#include "cli/fold.h"
#include "domain/entry.h"
#include "domain/ident.h"

#define REGISTRY (&jokbo__v1__registry__descriptor)
#define OBSERVE  JK_SPAN("jokbo/entry/v1\nkind observe\n")

/* ---- the log ---- */

static bool make_known_room(struct jk_census_known *known)
{
    if (known->seen.count < known->room) return true;
    uint32_t room = known->room > 0 ? 2 * known->room : 1024;
    struct jk_span *models = realloc(known->models, room * sizeof *models);
    if (models) known->models = models;
    int64_t *modified_us = realloc(known->modified_us, room * sizeof *modified_us);
    if (modified_us) known->modified_us = modified_us;
    if (!models || !modified_us) return false;
    known->room = room;
    return true;
}

static struct jk_span kept_text(struct jk_census_known *known, struct jk_span text)
{
    const char *copy = text.len > 0 ? jk_arena_copy(&known->seen.arena, text.at, text.len) : NULL;
    return copy ? (struct jk_span){copy, text.len} : JK_SPAN("");
}

static enum jk_status note_observed(struct jk_census_known *known, const struct jk_entry *entry, struct jk_error *error)
{
    struct jk_crawl_item met = {.id = entry->id, .way = JK_CRAWL_BEFORE};
    uint32_t at;
    if (!jk_span_equal(entry->hub, known->hub)) return JK_OK;
    if (!make_known_room(known)) return jk_out_of_memory(error);
    JK_TRY(jk_crawl_meet(&known->seen, &met, NULL, &at, error));
    struct jk_crawl_item *item = &known->seen.items[at];
    item->done = entry->observed == JK_OBSERVED_PRESENT;
    item->listed = entry->observed == JK_OBSERVED_MOVED;
    item->identity = kept_text(known, entry->identity);
    item->revision = kept_text(known, entry->revision_hex);
    known->models[at] = kept_text(known, entry->model);
    known->modified_us[at] = entry->modified_us;
    return known->seen.arena.exhausted ? jk_out_of_memory(error) : JK_OK;
}

static enum jk_status take_observed(void *context, const ProtobufCBinaryData *entries, size_t count,
                                    struct jk_error *error)
{
    struct jk_entry entry;
    for (size_t i = 0; i < count; i++) {
        struct jk_span bytes = {(const char *)entries[i].data, entries[i].len};
        if (!jk_span_starts(bytes, OBSERVE)) continue;
        JK_TRY(jk_entry_parse(bytes, &entry, error));
        JK_TRY(note_observed(context, &entry, error));
    }
    return JK_OK;
}

enum jk_status jk_census_known_read(struct jk_cli *cli, struct jk_span hub, struct jk_census_known *out_known)
{
    *out_known = (struct jk_census_known){.hub = hub};
    if (!jk_crawl_init(&out_known->seen)) return jk_out_of_memory(&cli->error);
    if (jk_cli_has(cli, JK_OPTION_OFFLINE)) return JK_OK;
    return jk_fold_each(cli, take_observed, out_known);
}

void jk_census_known_done(struct jk_census_known *known)
{
    jk_crawl_done(&known->seen);
    free(known->models);
    free(known->modified_us);
    known->models = NULL;
    known->modified_us = NULL;
}

/* ---- the registry ---- */

static enum jk_status add_below(struct jk_cli *cli, const char *base, struct jk_crawl *names)
{
    Jokbo__V1__ListModelsRequest request = JOKBO__V1__LIST_MODELS_REQUEST__INIT;
    struct jk_pages pages = {REGISTRY, "ListModels", &request.base, "models", 0};
    struct jk_list list;
    uint32_t at;
    request.root = (char *)base;
    request.include_yanked = 1;
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    for (size_t i = 0; i < list.count; i++) {
        struct jk_crawl_item met = {.id = jk_span_of(((const Jokbo__V1__Model *)list.items[i])->name)};
        JK_TRY(jk_crawl_meet(names, &met, NULL, &at, &cli->error));
    }
    return JK_OK;
}

enum jk_status jk_census_known_narrow(struct jk_cli *cli, const char *const *bases, size_t count,
                                      struct jk_census_known *known)
{
    struct jk_crawl names;
    enum jk_status status = jk_crawl_init(&names) ? JK_OK : jk_out_of_memory(&cli->error);
    for (size_t i = 0; status == JK_OK && i < count; i++)
        status = add_below(cli, bases[i], &names);
    for (uint32_t i = 0; status == JK_OK && i < known->seen.count; i++)
        if (known->models[i].len == 0 || jk_crawl_find(&names, known->models[i]) == JK_CRAWL_NONE)
            known->seen.items[i].done = known->seen.items[i].listed = false;
    jk_crawl_done(&names);
    return status;
}

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
