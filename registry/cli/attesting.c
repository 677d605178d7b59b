/* See attesting.h. */
#include "cli/attesting.h"

#include "base/defer.h"
#include "cli/console/local.h"
#include "cli/digesting.h"

/* ---- which folder is whose ---- */

/* By its name, with or without the version, or by its lineage hash. */
static bool is_called(const struct jk_attested *model, struct jk_span name)
{
    char hex[JK_DIGEST_HEX + 1];
    struct jk_span rest = jk_span_of(model->name), bare;
    (void)jk_span_cut(&rest, '@', &bare);
    jk_digest_hex(&model->hash, hex);
    return jk_span_equal(name, jk_span_of(model->name)) || jk_span_equal(name, bare) ||
           jk_span_equal(name, jk_span_of(hex));
}

static const char *list_parents(const struct jk_attesting *attesting)
{
    JK_CLEANUP(jk_text_done) struct jk_text names = {0};
    for (size_t i = 1; i < attesting->count; i++)
        jk_text_addf(&names, "%s%s", i > 1 ? ", " : "", attesting->models[i].name);
    const char *copy = jk_arena_copy(&attesting->cli->arena, names.bytes ? names.bytes : "", names.len);
    return copy ? copy : "";
}

static enum jk_status find_parent(const struct jk_attesting *attesting, struct jk_span name, const char *value,
                                  struct jk_attested **out_model)
{
    *out_model = NULL;
    for (size_t i = 1; i < attesting->count; i++) {
        if (!is_called(&attesting->models[i], name)) continue;
        if (*out_model)
            return jk_cli_usage(attesting->cli, "--parent-dir %.200s: several parents have this name: %.1000s", value,
                                list_parents(attesting));
        *out_model = &attesting->models[i];
    }
    return JK_OK;
}

/* NAME=DIR; or DIR alone, where there is one parent. A folder's name may have an equals sign, too. */
static enum jk_status take_parent_folder(struct jk_attesting *attesting, const char *value)
{
    struct jk_cli *cli = attesting->cli;
    struct jk_span rest = jk_span_of(value), name;
    struct jk_attested *model = NULL;
    if (jk_span_cut(&rest, '=', &name)) JK_TRY(find_parent(attesting, name, value, &model));
    const char *folder = model ? rest.at : value;
    if (!model && attesting->count != 2)
        return jk_cli_usage(cli, "--parent-dir %.200s: give NAME=DIR, with one of the release's parents: %.1000s",
                            value, attesting->count > 1 ? list_parents(attesting) : "it has none");
    if (!model) model = &attesting->models[1];
    if (!jk_local_is_folder(folder))
        return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%.200s: it is no folder", folder);
    if (model->folder)
        return jk_cli_usage(cli, "--parent-dir: %.200s has two folders, %.200s and %.200s", model->name, model->folder,
                            folder);
    model->folder = folder;
    return JK_OK;
}

enum jk_status jk_attesting_folders(struct jk_attesting *attesting, const char *folder)
{
    struct jk_cli *cli = attesting->cli;
    const char *values[JK_OPTION_VALUES_MAX];
    size_t count = jk_options_list(&cli->options, JK_OPTION_PARENT_DIR, values, JK_OPTION_VALUES_MAX);
    if (folder && !jk_local_is_folder(folder))
        return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%.200s: it is no folder", folder);
    attesting->models[0].folder = folder;
    for (size_t i = 0; i < count; i++)
        JK_TRY(take_parent_folder(attesting, values[i]));
    return JK_OK;
}

/* ---- sketches ---- */

enum jk_status jk_attesting_sketch(const struct jk_attesting *attesting, const struct jk_attested *model,
                                   const struct jk_digest *key, struct jk_text *out_manifest)
{
    JK_CLEANUP(jk_digesting_done)
    struct jk_digesting digesting = {
        .cli = attesting->cli, .folder = model->folder, .listed = model->manifest, .challenge = key};
    *out_manifest = (struct jk_text){0};
    JK_TRY(jk_digesting_run(&digesting));
    *out_manifest = digesting.manifest;
    digesting.manifest = (struct jk_text){0};
    return JK_OK;
}
