/* See attesting_find.h. */
#include "cli/attesting_find.h"

#include <jokbo/v1/evidence.pb-c.h>

#include "cli/console/pages.h"
#include "domain/lineage.h"
#include "domain/manifest.h"
#include "verify/download.h"
#include "verify/yanked.h"

/* ---- releases ---- */

/* The statement, of whose bytes the lineage hash is: so whoever hands it out cannot change it. */
static enum jk_status read_statement(struct jk_cli *cli, const Jokbo__V1__Release *release,
                                     const struct jk_digest *wanted, struct jk_digest *out_hash,
                                     struct jk_statement *out_statement)
{
    struct jk_span text = jk_span_of(release->statement);
    struct jk_digest said;
    *out_hash = jk_statement_hash(text);
    if (jk_digest_parse(jk_span_of(release->lineage_hash), &said) && jk_digest_equal(wanted ? wanted : &said, out_hash))
        return jk_statement_parse(text, out_statement, &cli->error);
    return jk_fail(&cli->error, JK_DATA_LOSS, "STATEMENT_WRONG",
                   "%.200s@%.100s: what the server says of this release is not what its lineage hash is of",
                   release->model, release->version);
}

static enum jk_status take_registered(struct jk_cli *cli, const struct jk_parent_line *line,
                                      struct jk_attested *out_model)
{
    char hex[JK_DIGEST_HEX + 1];
    Jokbo__V1__Release *release;
    struct jk_statement statement;
    jk_digest_hex(&line->hash, hex);
    JK_TRY(jk_release_find(cli, NULL, hex, &release));
    JK_TRY(read_statement(cli, release, &line->hash, &out_model->hash, &statement));
    out_model->artifact = statement.artifact;
    return JK_OK;
}

/* Of a model outside the registry a reference may tell the manifest; without one it has none. */
static enum jk_status take_external(struct jk_cli *cli, const struct jk_parent_line *line,
                                    struct jk_attested *out_model)
{
    Jokbo__V1__ListReferencesRequest request = JOKBO__V1__LIST_REFERENCES_REQUEST__INIT;
    struct jk_pages pages = {&jokbo__v1__evidence__descriptor, "ListReferences", &request.base, "references", 0};
    struct jk_list list;
    out_model->hash = line->hash;
    request.external = (char *)(uintptr_t)jk_arena_copy(&cli->arena, line->name.at, line->name.len);
    if (!request.external) return jk_out_of_memory(&cli->error);
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    for (size_t i = 0; i < list.count; i++) {
        const Jokbo__V1__Reference *reference = (const Jokbo__V1__Reference *)list.items[i];
        if (reference->withdrawn || !jk_span_equal(jk_span_of(reference->revision), line->version)) continue;
        if (!jk_digest_parse(jk_span_of(reference->artifact_sha256), &out_model->artifact))
            return jk_fail(&cli->error, JK_INTERNAL, "REPLY_MALFORMED",
                           "the server's reference of %.200s has no digest", reference->external);
    }
    return JK_OK;
}

static enum jk_status take_parent(struct jk_cli *cli, const struct jk_parent_line *line, struct jk_attested *out_model)
{
    out_model->name = jk_arena_printf(&cli->arena, "%.*s%s%.*s", JK_SPAN_ARG(line->name), line->version.len ? "@" : "",
                                      JK_SPAN_ARG(line->version));
    if (!out_model->name) return jk_out_of_memory(&cli->error);
    return line->external ? take_external(cli, line, out_model) : take_registered(cli, line, out_model);
}

enum jk_status jk_attesting_find(struct jk_attesting *attesting, const char *name, const struct jk_digest *hash,
                                 const Jokbo__V1__Release **out_release)
{
    struct jk_cli *cli = attesting->cli;
    char hex[JK_DIGEST_HEX + 1];
    Jokbo__V1__Release *release;
    struct jk_statement statement;
    struct jk_digest found;
    if (hash) jk_digest_hex(hash, hex);
    JK_TRY(jk_release_find(cli, name, hash ? hex : NULL, &release));
    JK_TRY(read_statement(cli, release, hash, &found, &statement));
    attesting->models = jk_arena_zalloc(&cli->arena, 1 + statement.parent_count, sizeof *attesting->models);
    const char *called = jk_arena_printf(&cli->arena, "%s@%s", release->model, release->version);
    if (!attesting->models || !called) return jk_out_of_memory(&cli->error);
    attesting->models[0] = (struct jk_attested){.hash = found, .name = called, .artifact = statement.artifact};
    attesting->count = 1 + statement.parent_count;
    for (size_t i = 0; i < statement.parent_count; i++)
        JK_TRY(take_parent(cli, &statement.parents[i], &attesting->models[1 + i]));
    *out_release = release;
    return JK_OK;
}

/* ---- manifests ---- */

enum jk_status jk_attesting_manifest(struct jk_attesting *attesting, struct jk_attested *model)
{
    struct jk_cli *cli = attesting->cli;
    char hex[JK_DIGEST_HEX + 1];
    struct jk_manifest_summary unused;
    if (jk_digest_is_zero(&model->artifact))
        return jk_fail(&cli->error, JK_FAILED_PRECONDITION, "MANIFEST_UNNAMED",
                       "%.200s: neither its release nor a reference names a manifest", model->name);
    if (!cli->settings.http)
        return jk_cli_usage(cli, "the manifest of %.200s is fetched over HTTP: --http URL", model->name);
    jk_digest_hex(&model->artifact, hex);
    JK_TRY(jk_download_manifest(cli, hex, ": without it nobody can say what the weights should be", &model->manifest,
                                &cli->error));
    struct jk_digest found = jk_digest_of(model->manifest);
    if (jk_digest_equal(&found, &model->artifact)) return jk_manifest_check(model->manifest, &unused, &cli->error);
    return jk_fail(&cli->error, JK_DATA_LOSS, "MANIFEST_WRONG", "%.200s: what is served is not its manifest",
                   model->name);
}
