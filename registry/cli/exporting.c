/* See exporting.h. */
#include "cli/exporting.h"

#include "cli/console/print.h"
#include "cli/console/progress.h"

typedef enum jk_status export_fn(const struct jk_export_options *options, struct jk_export_summary *out_summary,
                                 struct jk_error *error);

static enum jk_status with_bar(struct jk_cli *cli, struct jk_audit_log *log, const char *folder, const char *what,
                               export_fn *run, struct jk_export_summary *out_summary)
{
    struct jk_progress progress;
    struct jk_export_options options = {
        .audit = log->audit, .folder = folder, .progress = jk_progress_show, .context = &progress};
    jk_progress_begin_items(&progress, cli->err, cli->err_terminal && !cli->json, cli->utf8, what, "entries");
    enum jk_status status = run(&options, out_summary, &cli->error);
    jk_progress_end(&progress);
    return status;
}

enum jk_status jk_exporting_write(struct jk_cli *cli, struct jk_audit_log *log, const char *folder,
                                  struct jk_export_summary *out_summary)
{
    return with_bar(cli, log, folder, "writing tables", jk_export_write, out_summary);
}

enum jk_status jk_exporting_compare(struct jk_cli *cli, struct jk_audit_log *log, const char *folder,
                                    struct jk_export_summary *out_summary)
{
    return with_bar(cli, log, folder, "comparing tables", jk_export_compare, out_summary);
}

void jk_exporting_print(struct jk_cli *cli, const struct jk_export_summary *summary)
{
    static const struct jk_column columns[] = {{"table", false}, {"rows", true}};
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (int i = 0; i < JK_EXPORT_TABLES; i++) {
        jk_table_cell(&table, jk_export_file((enum jk_export_table)i));
        jk_table_cell(&table, jk_print_number(cli, (int64_t)summary->rows[i]));
    }
    jk_print_table(cli, &table);
}

json_t *jk_exporting_json(const char *folder, const struct jk_export_summary *summary)
{
    json_t *tables = json_object();
    char root[JK_DIGEST_HEX + 1];
    jk_digest_hex(&summary->root, root);
    for (int i = 0; i < JK_EXPORT_TABLES; i++)
        json_object_set_new(tables, jk_export_file((enum jk_export_table)i),
                            json_integer((json_int_t)summary->rows[i]));
    return json_pack("{s:s, s:I, s:s, s:o}", "folder", folder, "log_size", (json_int_t)summary->size, "root_hash", root,
                     "tables", tables);
}
