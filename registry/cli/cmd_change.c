/* Changes to what is registered: yank, unyank, rename, transfer. */
#include <jokbo/v1/registry.pb-c.h>

#include "cli/commands.h"
#include "cli/console/print.h"
#include "domain/ident.h"
#include "verify/keep.h"
#include "verify/yanked.h"

#define REGISTRY (&jokbo__v1__registry__descriptor)

static const char *would(const struct jk_cli *cli)
{
    return jk_cli_has(cli, JK_OPTION_DRY_RUN) ? "Would be " : "Now ";
}

static enum jk_status check_release_name(struct jk_cli *cli)
{
    if (strchr(jk_cli_operand(cli, 0), '@')) return JK_OK;
    return jk_cli_usage(cli, "a release is needed, as publisher/model@version; jokbo releases %.200s lists them",
                        jk_cli_operand(cli, 0));
}

/* A yank and its undoing: the receipt of their entry is kept in the folder where the command runs. */
static enum jk_status show_release(struct jk_cli *cli, const Jokbo__V1__Release *release, const char *done,
                                   const char *more)
{
    struct jk_keep keep = {.home = ".",
                           .receipt = release->receipt,
                           .model = release->model,
                           .version = release->version,
                           .lineage_hash = release->lineage_hash};
    enum jk_status status = jk_cli_has(cli, JK_OPTION_DRY_RUN) ? JK_OK : jk_keep_receipt(cli, &keep);
    if (cli->json) {
        JK_TRY(status);
        json_t *root = jk_json_message(&release->base);
        if (root) json_object_set_new(root, "receipt_file", keep.file ? json_string(keep.file) : json_null());
        return jk_print_json(cli, root);
    }
    fprintf(cli->out, "%s%s: %s@%s.%s\n", would(cli), done, jk_print_safe(cli, release->model),
            jk_print_safe(cli, release->version), more);
    if (keep.file) fprintf(cli->out, "Receipt: %s\n", jk_print_safe(cli, keep.file));
    if (keep.new_key)
        fprintf(cli->out, "The log's key, %s: %s\n", jk_keep_key_text(&keep), jk_print_safe(cli, keep.new_key));
    return status;
}

/* Nothing to change counts as success, so that pipelines can be repeated. */
static enum jk_status show_unchanged(struct jk_cli *cli)
{
    Jokbo__V1__Release *release;
    jk_error_init(&cli->error, &cli->arena);
    JK_TRY(jk_release_find(cli, jk_cli_operand(cli, 0), NULL, &release));
    if (cli->json) {
        json_t *root = jk_json_message(&release->base);
        if (root) json_object_set_new(root, "receipt_file", json_null());
        if (root) json_object_set_new(root, "status", json_string("unchanged"));
        return jk_print_json(cli, root);
    }
    fprintf(cli->out, "%s %s@%s%s%s. Nothing was written.\n",
            release->yanked ? "Already yanked:" : "Not yanked:", jk_print_safe(cli, release->model),
            jk_print_safe(cli, release->version), release->yanked ? ", " : "",
            jk_print_safe(cli, jk_yanked_text(cli, release)));
    return JK_OK;
}

static bool is_so_already(const struct jk_cli *cli, enum jk_status status, const char *reason)
{
    return status == JK_FAILED_PRECONDITION && cli->error.reason && strcmp(cli->error.reason, reason) == 0;
}

enum jk_status jk_run_yank(struct jk_cli *cli)
{
    Jokbo__V1__YankReleaseRequest request = JOKBO__V1__YANK_RELEASE_REQUEST__INIT;
    Jokbo__V1__Release *release;
    JK_TRY(check_release_name(cli));
    if (!jk_cli_has(cli, JK_OPTION_REASON)) return jk_cli_missing(cli, "reason", "missing: give --reason TEXT");
    request.name = jk_cli_operand(cli, 0);
    request.reason = jk_cli_text(cli, JK_OPTION_REASON);
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    enum jk_status status = jk_cli_call(cli, REGISTRY, "YankRelease", &request.base, &release);
    if (is_so_already(cli, status, "ALREADY_YANKED")) return show_unchanged(cli);
    JK_TRY(status);
    return show_release(cli, release, "yanked", " jokbo unyank takes it back.");
}

enum jk_status jk_run_unyank(struct jk_cli *cli)
{
    Jokbo__V1__UnyankReleaseRequest request = JOKBO__V1__UNYANK_RELEASE_REQUEST__INIT;
    Jokbo__V1__Release *release;
    JK_TRY(check_release_name(cli));
    request.name = jk_cli_operand(cli, 0);
    request.reason = jk_cli_text(cli, JK_OPTION_REASON);
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    enum jk_status status = jk_cli_call(cli, REGISTRY, "UnyankRelease", &request.base, &release);
    if (is_so_already(cli, status, "NOT_YANKED")) return show_unchanged(cli);
    JK_TRY(status);
    return show_release(cli, release, "standing again", "");
}

static enum jk_status show_moved(struct jk_cli *cli, const Jokbo__V1__Model *model)
{
    if (cli->json) return jk_print_message(cli, &model->base);
    fprintf(cli->out, "%s%s. %s resolves to it for ever.\n", would(cli), jk_print_safe(cli, model->name),
            jk_print_safe(cli, jk_cli_operand(cli, 0)));
    return JK_OK;
}

enum jk_status jk_run_rename(struct jk_cli *cli)
{
    Jokbo__V1__RenameModelRequest request = JOKBO__V1__RENAME_MODEL_REQUEST__INIT;
    Jokbo__V1__Model *model;
    request.name = jk_cli_operand(cli, 0);
    request.new_name = jk_cli_operand(cli, 1);
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(jk_cli_call(cli, REGISTRY, "RenameModel", &request.base, &model));
    return show_moved(cli, model);
}

enum jk_status jk_run_transfer(struct jk_cli *cli)
{
    Jokbo__V1__TransferModelRequest request = JOKBO__V1__TRANSFER_MODEL_REQUEST__INIT;
    Jokbo__V1__Model *model;
    request.name = jk_cli_operand(cli, 0);
    request.new_name = jk_cli_operand(cli, 1);
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(jk_cli_call(cli, REGISTRY, "TransferModel", &request.base, &model));
    return show_moved(cli, model);
}
