/* See gather.h. */
#include "declare/gather.h"

#include <stdlib.h>

#include "base/text.h"
#include "declare/config.h"

/* Adds what was found wrong to what is told already, each of its own field, or all of `field`. */
static void add_mistakes(struct jk_error *mistakes, const struct jk_error *found, const char *field)
{
    size_t kept = found->violation_count < JK_ERROR_VIOLATIONS ? found->violation_count : JK_ERROR_VIOLATIONS;
    for (size_t i = 0; i < kept; i++)
        jk_error_field(mistakes, field ? field : found->violations[i].field, "%s", found->violations[i].rule);
}

static const char *copy_name(struct jk_sources *sources, struct jk_span name)
{
    return jk_arena_copy(sources->doubts.arena, name.at, name.len);
}

/* Why no text can be made of the bytes; NULL where it can. */
static const char *no_text(struct jk_span bytes)
{
    if (jk_files_is_pointer(bytes))
        return "it is a pointer of Git LFS, not the file itself: fetch that first (git lfs pull)";
    bool wide = jk_span_starts(bytes, JK_SPAN("\xFF\xFE")) || jk_span_starts(bytes, JK_SPAN("\xFE\xFF"));
    return wide ? "it is UTF-16: save it as UTF-8" : NULL;
}

static bool lies_within(struct jk_span path, const char *name)
{
    struct jk_span end = jk_span_of(name);
    return path.len > end.len && jk_span_ends(path, end) && path.at[path.len - end.len - 1] == '/';
}

/* What lies in a folder within may be of another model, or of a checkpoint: it is told, not read. */
static void tell_within(struct jk_sources *sources, const struct jk_files *files, const char *name)
{
    for (size_t i = 0; i < files->count; i++) {
        if (!lies_within(files->items[i].name, name)) continue;
        jk_doubts_add(&sources->doubts, "%s is ignored: it is not in the model's own folder",
                      jk_doubts_shown(&sources->doubts, files->items[i].name));
        return;
    }
}

/* The file of that kind with its bytes; NULL where there is none, or only a pointer to it, which is a mistake. */
static const struct jk_file *text_of(struct jk_sources *sources, const struct jk_files *files, enum jk_file_kind kind,
                                     struct jk_error *mistakes)
{
    size_t best = jk_files_best(files, kind);
    const struct jk_file *file = best < files->count ? &files->items[best] : NULL;
    const char *why = file && file->bytes.at ? no_text(file->bytes) : NULL;
    if (!file || !file->bytes.at) return NULL;
    if (!why) return file;
    sources->unread = true;
    jk_error_field(mistakes, jk_doubts_shown(&sources->doubts, file->name), "%s", why);
    return NULL;
}

/* Others of the same kind are told, so that nobody wonders which was read. */
static void tell_others(struct jk_sources *sources, const struct jk_files *files, const struct jk_file *taken,
                        enum jk_file_kind kind)
{
    for (size_t i = 0; i < files->count; i++)
        if (&files->items[i] != taken && jk_file_is(&files->items[i], kind))
            jk_doubts_add(&sources->doubts, "%s is ignored: %s was read",
                          jk_doubts_shown(&sources->doubts, files->items[i].name),
                          jk_doubts_shown(&sources->doubts, taken->name));
}

/* Where there is no card: what may have been meant as one. */
static void tell_other_readme(struct jk_sources *sources, const struct jk_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        struct jk_span path = files->items[i].name;
        if (!jk_span_starts_fold(jk_span_after_last(path, '/'), JK_SPAN("readme"))) continue;
        if (jk_file_is(&files->items[i], JK_FILE_CARD)) return; /* it is one, and was not sent or cannot be read */
        jk_doubts_add(&sources->doubts, "%s is ignored: the card is README.md in the model's own folder",
                      jk_doubts_shown(&sources->doubts, path));
        return;
    }
}

static void gather_card(struct jk_sources *sources, const struct jk_files *files, struct jk_error *mistakes)
{
    const struct jk_file *file = text_of(sources, files, JK_FILE_CARD, mistakes);
    struct jk_error fault;
    if (!file) {
        tell_other_readme(sources, files);
        return;
    }
    sources->card_file = copy_name(sources, file->name);
    if (!jk_span_equal(file->name, JK_SPAN("README.md")))
        jk_doubts_add(&sources->doubts, "%s is read as the model's card; the Hub only looks for README.md",
                      jk_doubts_shown(&sources->doubts, file->name));
    tell_others(sources, files, file, JK_FILE_CARD);
    jk_error_init(&fault, mistakes->arena);
    sources->has_card = jk_card_parse(file->bytes, sources->doubts.arena, &sources->card, &fault) == JK_OK;
    sources->unread = sources->unread || !sources->has_card;
    if (!sources->has_card) add_mistakes(mistakes, &fault, NULL);
    if (sources->has_card) jk_doubts_add_all(&sources->doubts, &sources->card.doubts);
}

static void gather_adapter(struct jk_sources *sources, const struct jk_files *files, struct jk_error *mistakes)
{
    const struct jk_file *file = text_of(sources, files, JK_FILE_ADAPTER_CONFIG, mistakes);
    struct jk_error fault;
    if (!file) {
        tell_within(sources, files, "adapter_config.json");
        return;
    }
    jk_error_init(&fault, mistakes->arena);
    sources->has_adapter = jk_adapter_parse(file->bytes, sources->doubts.arena, &sources->adapter, &fault) == JK_OK;
    sources->unread = sources->unread || !sources->has_adapter;
    if (!sources->has_adapter) add_mistakes(mistakes, &fault, NULL);
}

/* mergekit writes its recipe into the card, too; a card that was copied has that of another model. */
static void tell_recipe_in_card(struct jk_sources *sources, const struct jk_files *files)
{
    size_t best = jk_files_best(files, JK_FILE_CARD);
    struct jk_span rest = best < files->count ? files->items[best].bytes : JK_SPAN(""), line;
    if (!sources->has_card || sources->card.parents.count > 0 || !rest.at) return;
    for (unsigned number = 1; jk_span_line(&rest, &line); number++) {
        if (!jk_span_starts(line, JK_SPAN("merge_method:"))) continue;
        jk_doubts_add(&sources->doubts,
                      "the card shows a recipe of mergekit around its line %u, which is not read: it may be that of "
                      "another model",
                      number);
        return;
    }
}

static void gather_recipe(struct jk_sources *sources, const struct jk_files *files, struct jk_error *mistakes)
{
    const struct jk_file *file = text_of(sources, files, JK_FILE_RECIPE, mistakes);
    struct jk_error fault;
    if (!file) {
        tell_within(sources, files, "mergekit_config.yml");
        tell_recipe_in_card(sources, files);
        return;
    }
    sources->recipe_file = copy_name(sources, file->name);
    tell_others(sources, files, file, JK_FILE_RECIPE);
    jk_error_init(&fault, mistakes->arena);
    bool read = jk_mergekit_parse(file->bytes, sources->doubts.arena, &sources->mergekit, &fault) == JK_OK;
    sources->unread = sources->unread || !read;
    if (!read) add_mistakes(mistakes, &fault, sources->recipe_file);
    sources->has_mergekit = read && (sources->mergekit.parents.count > 0 || sources->mergekit.method.len > 0);
    if (read && !sources->has_mergekit)
        jk_doubts_add(&sources->doubts, "%s names no models, as a mergekit recipe would",
                      jk_doubts_shown(&sources->doubts, file->name));
}

/* ---- GGUF ---- */

static void pass_over(struct jk_sources *sources, struct jk_span name, const char *why)
{
    jk_doubts_add(&sources->doubts, "%s is ignored: %s", jk_doubts_shown(&sources->doubts, name), why);
}

/* A split model may have hundreds of parts: the first is named, the others are counted. */
static void tell_passed(struct jk_sources *sources, const struct jk_files *files)
{
    const struct jk_file *part = NULL;
    size_t more = 0;
    for (size_t i = 0; i < files->count; i++) {
        const struct jk_file *file = &files->items[i];
        const char *why = jk_file_is(file, JK_FILE_GGUF) ? jk_files_gguf_passed(file->name) : NULL;
        bool split = why && strstr(why, "split");
        if (why && !split) pass_over(sources, file->name, why);
        if (split && part) more++;
        if (split && (!part || jk_span_compare(file->name, part->name) < 0)) part = file;
    }
    if (!part) return;
    const char *why = "a further part of a split file; the metadata is in the first";
    const char *many =
        more == 0 ? NULL : jk_arena_printf(sources->doubts.arena, "%s, and so are %zu others", why, more);
    pass_over(sources, part->name, many ? many : why);
}

/* Takes what a file that could be read says: of several, the first that names parents. */
static void take_gguf(struct jk_sources *sources, const struct jk_file *file, const struct jk_gguf *gguf)
{
    struct jk_names parents = {0};
    jk_gguf_parents(gguf, &sources->doubts, &parents);
    bool adapter = jk_span_equal_fold(gguf->type, JK_SPAN("adapter"));
    const char **kind = adapter ? &sources->gguf_adapter : &sources->gguf_weights;
    if (!*kind) *kind = copy_name(sources, file->name);
    if (gguf->partial && file->whole)
        jk_doubts_add(&sources->doubts, "%s is cut: it ends before its metadata does",
                      jk_doubts_shown(&sources->doubts, file->name));
    bool first = !sources->has_gguf, better = sources->gguf_parents.count == 0 && parents.count > 0;
    if (!first && !better) {
        if (parents.count > 0 && !jk_parents_same(&parents, &sources->gguf_parents, sources->doubts.arena))
            jk_doubts_add(&sources->doubts, "%s names %s%s as parent, other than %s does",
                          jk_doubts_shown(&sources->doubts, file->name),
                          jk_doubts_shown(&sources->doubts, parents.items[0]), parents.count > 1 ? " and others" : "",
                          sources->gguf_file);
        return;
    }
    sources->gguf = *gguf;
    sources->gguf_parents = parents;
    sources->gguf_file = copy_name(sources, file->name);
    sources->has_gguf = true;
}

static void gather_one_gguf(struct jk_sources *sources, const struct jk_file *file)
{
    struct jk_gguf gguf;
    struct jk_error fault;
    jk_error_init(&fault, NULL);
    if (!file->bytes.at) {
        if (!sources->gguf_weights) sources->gguf_weights = copy_name(sources, file->name);
    } else if (jk_files_is_pointer(file->bytes)) {
        if (!sources->gguf_weights) sources->gguf_weights = copy_name(sources, file->name);
        pass_over(sources, file->name, "it is a pointer of Git LFS, not the file itself");
    } else if (jk_gguf_parse(file->bytes, &gguf, &fault) != JK_OK) {
        bool begins = jk_span_starts(file->bytes, JK_SPAN("GGUF"));
        if (begins && !sources->gguf_weights) sources->gguf_weights = copy_name(sources, file->name);
        pass_over(sources, file->name, fault.message);
    } else if (jk_gguf_is_other(&gguf)) {
        pass_over(sources, file->name, jk_gguf_is_other(&gguf));
    } else {
        take_gguf(sources, file, &gguf);
    }
}

/* ---- what the files are ---- */

static const char *name_of(struct jk_sources *sources, const struct jk_files *files, enum jk_file_kind kind)
{
    size_t best = jk_files_best(files, kind);
    return best < files->count ? copy_name(sources, files->items[best].name) : NULL;
}

static void take_quantization(struct jk_sources *sources, const struct jk_files *files, struct jk_span method)
{
    if (method.len == 0) return;
    size_t best = jk_files_best(files, JK_FILE_WEIGHTS);
    bool head = best < files->count && files->items[best].bytes.at && !jk_files_is_pointer(files->items[best].bytes);
    if (!head || jk_config_is_packed(files->items[best].bytes))
        sources->quantization = method;
    else
        jk_doubts_add(&sources->doubts,
                      "config.json has a quantization_config (%s), but the weights beside it are not packed",
                      jk_doubts_shown(&sources->doubts, method));
}

/* The file itself goes before what the Hub tells of it. */
static void gather_config(struct jk_sources *sources, const struct jk_files *files)
{
    struct jk_config config;
    struct jk_error fault;
    size_t best = jk_files_best(files, JK_FILE_CONFIG);
    if (best == files->count || !files->items[best].bytes.at) {
        take_quantization(sources, files, sources->hub.quantization);
        return;
    }
    jk_error_init(&fault, sources->doubts.arena);
    if (jk_config_parse(files->items[best].bytes, sources->doubts.arena, &config, &fault) != JK_OK) {
        jk_doubts_add(&sources->doubts, "config.json cannot be read: %s",
                      fault.violation_count > 0 ? fault.violations[0].rule : fault.message);
        return;
    }
    sources->loaded_from = config.loaded_from;
    take_quantization(sources, files, config.quantization);
}

/* What the tensors are goes before what the file is called: an adapter's are no whole weights. */
static void gather_head(struct jk_sources *sources, const struct jk_files *files)
{
    size_t best = jk_files_best(files, JK_FILE_WEIGHTS);
    const struct jk_file *file = best < files->count ? &files->items[best] : NULL;
    if (!file || !file->bytes.at || !jk_span_ends(file->name, JK_SPAN(".safetensors"))) return;
    if (jk_weight_head_read(file->bytes, file->size, sources->doubts.arena, &sources->head)) return;
    sources->head_file = copy_name(sources, file->name);
    if (sources->head.adapter) sources->weights = NULL;
}

static void gather_kinds(struct jk_sources *sources, const struct jk_files *files)
{
    sources->adapter_weights = name_of(sources, files, JK_FILE_ADAPTER_WEIGHTS);
    sources->weights = name_of(sources, files, JK_FILE_WEIGHTS);
    gather_head(sources, files);
    size_t best = jk_files_best(files, JK_FILE_CONVERTED);
    if (best == files->count) return;
    const char *format = jk_files_format(files->items[best].name);
    sources->converted = format ? format : "OpenVINO";
}

static void gather_hub(struct jk_sources *sources, struct jk_span hub_model, struct jk_error *mistakes)
{
    struct jk_error fault;
    if (hub_model.len == 0) return;
    jk_error_init(&fault, mistakes->arena);
    sources->has_hub = jk_hub_parse(hub_model, sources->doubts.arena, &sources->hub, &fault) == JK_OK;
    sources->unread = sources->unread || !sources->has_hub;
    if (!sources->has_hub) add_mistakes(mistakes, &fault, NULL);
}

/* A card that was sent goes before the Hub's reading of it, which adds the relation that the Hub sees. */
static void take_hub_card(struct jk_sources *sources)
{
    struct jk_hub *hub = &sources->hub;
    if (!sources->has_hub) return;
    if (hub->card.tag_relation.len == 0) hub->card.tag_relation = hub->relation;
    if (sources->card.tag_relation.len == 0) sources->card.tag_relation = hub->card.tag_relation;
    if (!hub->has_card || sources->card_file) return;
    sources->card = sources->hub.card;
    sources->has_card = true;
    sources->card_file = "the Hub's cardData";
    jk_doubts_add_all(&sources->doubts, &sources->card.doubts);
}

static int by_file_name(const void *a, const void *b)
{
    return jk_span_compare(((const struct jk_file *)a)->name, ((const struct jk_file *)b)->name);
}

/* The files given, and those that only the Hub lists; sorted, so that the order in which they come decides nothing. */
static struct jk_files all_files(struct jk_sources *sources, const struct jk_files *files)
{
    const struct jk_files *listed = &sources->hub.files;
    struct jk_file *items = jk_arena_zalloc(sources->doubts.arena, files->count + listed->count + 1, sizeof *items);
    struct jk_files all = {items, 0};
    if (!items) return *files;
    if (files->count > 0) memcpy(items, files->items, files->count * sizeof *items);
    qsort(items, files->count, sizeof *items, by_file_name);
    all.count = files->count;
    for (size_t i = 0; i < listed->count; i++)
        if (!bsearch(&listed->items[i], items, files->count, sizeof *items, by_file_name))
            items[all.count++] = listed->items[i];
    return all;
}

static void gather_files(struct jk_sources *sources, const struct jk_files *files, struct jk_error *mistakes)
{
    struct jk_files all = all_files(sources, files);
    jk_files_sort_out(&all);
    gather_card(sources, &all, mistakes);
    take_hub_card(sources);
    gather_adapter(sources, &all, mistakes);
    gather_recipe(sources, &all, mistakes);
    size_t best[JK_FILES_GGUF_MAX], count = jk_files_gguf(&all, best, JK_FILES_GGUF_MAX);
    for (size_t i = 0; i < count; i++)
        gather_one_gguf(sources, &all.items[best[i]]);
    tell_passed(sources, &all);
    gather_config(sources, &all);
    gather_kinds(sources, &all);
}

void jk_gather(const struct jk_files *files, struct jk_span hub_model, struct jk_arena *arena,
               struct jk_sources *out_sources, struct jk_error *mistakes)
{
    *out_sources = (struct jk_sources){.doubts = {.arena = arena}};
    gather_hub(out_sources, hub_model, mistakes);
    gather_files(out_sources, files, mistakes);
}

void jk_gather_hub(const json_t *hub_model, const struct jk_files *files, struct jk_arena *arena,
                   struct jk_sources *out_sources, struct jk_error *mistakes)
{
    *out_sources = (struct jk_sources){.doubts = {.arena = arena}, .has_hub = true};
    jk_hub_read(hub_model, arena, &out_sources->hub, mistakes);
    gather_files(out_sources, files, mistakes);
}
