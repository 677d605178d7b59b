/* References, manifests of models that are not registered: add, list. */
#include <jokbo/v1/evidence.pb-c.h>

#include "cli/adoptions.h"
#include "cli/commands.h"
#include "cli/console/local.h"
#include "cli/console/moment.h"
#include "cli/console/print.h"
#include "cli/console/sheet.h"
#include "cli/upload.h"
#include "domain/manifest.h"
#include "reply/json.h"

#define EVIDENCE (&jokbo__v1__evidence__descriptor)

/* HOST/ID[@REVISION]; no id has an "@". */
static enum jk_status split_revision(struct jk_cli *cli, const char *given, char **out_external, char **out_revision)
{
    const char *at = strrchr(given, '@');
    const char *name = jk_arena_copy(&cli->arena, given, at ? (size_t)(at - given) : strlen(given));
    if (!name) return jk_out_of_memory(&cli->error);
    *out_revision = (char *)(uintptr_t)(at ? at + 1 : "");
    *out_external = jk_adoptions_external(cli, name);
    return *out_external ? JK_OK : cli->error.status;
}

static enum jk_status read_release_time(struct jk_cli *cli, Google__Protobuf__Timestamp *room,
                                        Google__Protobuf__Timestamp **out)
{
    int64_t time_us;
    if (!jk_cli_has(cli, JK_OPTION_RELEASED)) return JK_OK;
    if (!jk_moment_parse(jk_span_of(jk_cli_text(cli, JK_OPTION_RELEASED)), &time_us))
        return jk_cli_usage(cli, "--released \"%.60s\" must be a date such as 2025-03-01, or a time",
                            jk_cli_text(cli, JK_OPTION_RELEASED));
    jk_json_time_set(time_us, room);
    *out = room;
    return JK_OK;
}

/* Reads and checks the manifest; uploads it unless nothing is to be changed. */
static enum jk_status bring_manifest(struct jk_cli *cli, const char *path, char out_hex[JK_DIGEST_HEX + 1])
{
    struct jk_manifest_summary summary;
    struct jk_span manifest;
    JK_TRY(jk_local_read(path, JK_MANIFEST_MAX, &cli->arena, &manifest, &cli->error));
    JK_TRY(jk_manifest_check(manifest, &summary, &cli->error));
    jk_digest_hex(&summary.artifact, out_hex);
    if (jk_cli_has(cli, JK_OPTION_DRY_RUN)) return JK_OK;
    return jk_cli_upload_blob(cli, JOKBO__V1__BLOB_KIND__BLOB_KIND_MANIFEST, manifest, "manifest");
}

static const char *reference_name(struct jk_cli *cli, const Jokbo__V1__Reference *reference)
{
    const char *name = *reference->revision
                           ? jk_arena_printf(&cli->arena, "%s@%s", reference->external, reference->revision)
                           : reference->external;
    return name ? name : reference->external;
}

enum jk_status jk_run_reference_add(struct jk_cli *cli)
{
    Jokbo__V1__AddReferenceRequest request = JOKBO__V1__ADD_REFERENCE_REQUEST__INIT;
    Google__Protobuf__Timestamp released = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    Jokbo__V1__Reference *reference;
    char hex[JK_DIGEST_HEX + 1];
    if (!jk_cli_has(cli, JK_OPTION_SOURCE))
        return jk_cli_missing(cli, "source",
                              "missing: give --source TEXT, where the manifest is from; it is public for ever");
    JK_TRY(split_revision(cli, jk_cli_operand(cli, 0), &request.external, &request.revision));
    JK_TRY(read_release_time(cli, &released, &request.release_time));
    JK_TRY(bring_manifest(cli, jk_cli_operand(cli, 1), hex));
    request.artifact_sha256 = hex;
    request.source = jk_cli_text(cli, JK_OPTION_SOURCE);
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(jk_cli_call(cli, EVIDENCE, "AddReference", &request.base, &reference));
    if (cli->json) return jk_print_message(cli, &reference->base);
    fprintf(cli->out, "%srecorded: %s, manifest %s.\n", request.validate_only ? "would be " : "",
            jk_print_safe(cli, reference_name(cli, reference)), jk_print_safe(cli, reference->artifact_sha256));
    return JK_OK;
}

enum jk_status jk_run_reference_list(struct jk_cli *cli)
{
    static const struct jk_column columns[] = {{"index", true},
                                               {"model", false, .wrap = true},
                                               {"published", false},
                                               {"source", false, .wrap = true},
                                               {"", false}};
    Jokbo__V1__ListReferencesRequest request = JOKBO__V1__LIST_REFERENCES_REQUEST__INIT;
    struct jk_pages pages = {EVIDENCE, "ListReferences", &request.base, "references", jk_pages_limit(cli)};
    struct jk_list list;
    struct jk_table table;
    if (*jk_cli_operand(cli, 0) && !(request.external = jk_adoptions_external(cli, jk_cli_operand(cli, 0))))
        return cli->error.status;
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    if (cli->json) return jk_pages_print_json(cli, &pages, &list);
    if (cli->csv)
        return jk_sheet_list(cli, "log_index,external,revision,artifact_sha256,release_time,source,withdrawn", &list);
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < list.count; i++) {
        const Jokbo__V1__Reference *reference = (const Jokbo__V1__Reference *)list.items[i];
        jk_table_cell(&table, jk_print_number(cli, reference->log_index));
        jk_table_cell(&table, reference_name(cli, reference));
        jk_table_cell(&table, jk_print_time(cli, reference->release_time));
        jk_table_cell(&table, reference->source);
        jk_table_cell(&table, reference->withdrawn ? "withdrawn" : "");
    }
    if (list.count > 0)
        jk_print_table(cli, &table);
    else
        fprintf(cli->err, "No reference.\n");
    jk_pages_note(cli, &list);
    return JK_OK;
}
