/* `export`: writes the whole log as tables, after checking it like `audit`. */
#include "cli/commands.h"
#include "cli/console/print.h"
#include "cli/exporting.h"
#include "demo/demo.h"
#include "verify/witnessed.h"

/* The log that is given, or where the settings say that its files are served. */
static enum jk_status choose_source(struct jk_cli *cli, const char **out_source, const char **out_folder)
{
    bool given = cli->options.operand_count > 1;
    *out_folder = jk_cli_operand(cli, given ? 1 : 0);
    *out_source = given ? jk_cli_operand(cli, 0) : cli->settings.http;
    if (!given && strstr(*out_folder, "://"))
        return jk_cli_usage(cli, "OUT is missing, the folder for the tables: jokbo export %.200s OUT", *out_folder);
    if (*out_source) return JK_OK;
    return jk_cli_usage(cli, "where are the log's files? Give URL or DIR before the output folder, or --http URL");
}

static enum jk_status run_export(struct jk_cli *cli, struct jk_audit_log *log)
{
    const char *source, *folder;
    struct jk_export_summary summary;
    JK_TRY(choose_source(cli, &source, &folder));
    JK_TRY(jk_witnessed_read(cli));
    JK_TRY(jk_audit_log_check(cli, source, true, log));
    JK_TRY(jk_exporting_write(cli, log, folder, &summary));
    struct jk_span origin = log->head.checkpoint.origin;
    if (cli->json) {
        json_t *root = jk_exporting_json(folder, &summary);
        if (root) json_object_set_new(root, "origin", json_stringn(origin.at, origin.len));
        return jk_print_json(cli, root);
    }
    if (log->trust.is_offered)
        jk_print_note(cli, "The key came from the source itself: compare it with one obtained another way, or give "
                           "that one with --key.");
    if (jk_demo_is(origin)) jk_print_note(cli, JK_DEMO_NOTE);
    fprintf(cli->out, "%.*s at log size %s, as tables in %s\n\n", JK_SPAN_ARG(origin),
            jk_print_number(cli, (int64_t)summary.size), jk_print_safe(cli, folder));
    jk_exporting_print(cli, &summary);
    return JK_OK;
}

enum jk_status jk_run_export(struct jk_cli *cli)
{
    struct jk_audit_log log;
    jk_audit_log_init(&log);
    enum jk_status status = run_export(cli, &log);
    jk_audit_log_done(&log);
    return status;
}
