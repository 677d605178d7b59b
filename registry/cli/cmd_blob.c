/* Stored manifests and licence texts: showing one, and withdrawing one. */
#include <jokbo/v1/registry.pb-c.h>

#include "cli/commands.h"
#include "cli/console/print.h"

#define REGISTRY (&jokbo__v1__registry__descriptor)

static enum jk_status show_blob(struct jk_cli *cli, const Jokbo__V1__Blob *blob)
{
    struct jk_table table;
    if (cli->json) return jk_print_message(cli, &blob->base);
    jk_print_facts_init(&table, cli);
    jk_print_fact(&table, "sha256", blob->sha256);
    jk_print_fact(&table, "kind", jk_print_word(cli, &jokbo__v1__blob_kind__descriptor, (int)blob->kind));
    jk_print_fact(&table, "bytes", jk_print_number(cli, blob->size));
    jk_print_fact(&table, "weights", blob->weights_sha256);
    jk_print_fact(&table, "stored", blob->create_time ? jk_print_time(cli, blob->create_time) : NULL);
    jk_print_fact(&table, "state", jk_print_word(cli, &jokbo__v1__blob_state__descriptor, (int)blob->state));
    jk_print_fact(&table, "withdrawn", blob->withdraw_time ? jk_print_time(cli, blob->withdraw_time) : NULL);
    jk_print_fact(&table, "reason", blob->reason_sha256);
    jk_print_table(cli, &table);
    return JK_OK;
}

enum jk_status jk_run_blob_get(struct jk_cli *cli)
{
    Jokbo__V1__GetBlobRequest request = JOKBO__V1__GET_BLOB_REQUEST__INIT;
    Jokbo__V1__Blob *blob;
    request.sha256 = jk_cli_operand(cli, 0);
    JK_TRY(jk_cli_call(cli, REGISTRY, "GetBlob", &request.base, &blob));
    return show_blob(cli, blob);
}

enum jk_status jk_run_blob_withdraw(struct jk_cli *cli)
{
    Jokbo__V1__WithdrawBlobRequest request = JOKBO__V1__WITHDRAW_BLOB_REQUEST__INIT;
    Jokbo__V1__Blob *blob;
    bool lift = jk_cli_has(cli, JK_OPTION_LIFT);
    if (!lift && !jk_cli_has(cli, JK_OPTION_REASON))
        return jk_cli_missing(cli, "reason", "missing: give --reason TEXT");
    request.sha256 = jk_cli_operand(cli, 0);
    request.reason = jk_cli_text(cli, JK_OPTION_REASON);
    request.lift = lift;
    request.request_id = jk_cli_request_id(cli);
    request.validate_only = jk_cli_has(cli, JK_OPTION_DRY_RUN);
    JK_TRY(jk_cli_call(cli, REGISTRY, "WithdrawBlob", &request.base, &blob));
    return show_blob(cli, blob);
}
