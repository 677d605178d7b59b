/* Reports of closed stages: a file as the server has it, or a table from the report's JSON. */
#include <jokbo/v1/stage.pb-c.h>

#include "base/defer.h"
#include "cli/commands.h"
#include "cli/console/place.h"
#include "cli/console/print.h"
#include "cli/console/sheet.h"
#include "cli/console/report_table.h"

#define STAGES (&jokbo__v1__stages__descriptor)

#define FILE_OF(file) JOKBO__V1__REPORT_FILE__REPORT_FILE_##file

static const struct {
    const char *word;
    Jokbo__V1__ReportFile file;
} formats[] = {{"json", FILE_OF(JSON)},
               {"tsv", FILE_OF(TABLE)},
               {"members", FILE_OF(MEMBERS)},
               {"left-out", FILE_OF(LEFT_OUT)},
               {"certificate", FILE_OF(CERTIFICATE)},
               {"html", FILE_OF(HTML)},
               {"csv", FILE_OF(CSV)},
               {"counted-csv", FILE_OF(COUNTED_CSV)},
               {"left-out-csv", FILE_OF(LEFT_OUT_CSV)}};

/* ---- getting a file ---- */

struct taking {
    struct jk_cli *cli;
    struct jk_text *text; /* NULL: written out as it comes */
};

static enum jk_status take_report_piece(void *context, const ProtobufCMessage *message, struct jk_error *error)
{
    const Jokbo__V1__ReportPiece *piece = (const Jokbo__V1__ReportPiece *)message;
    const struct taking *taking = context;
    struct jk_span bytes = {(const char *)piece->data.data, piece->data.len};
    if (taking->text) {
        jk_text_add(taking->text, bytes);
        if (taking->text->failed)
            return jk_fail(error, JK_RESOURCE_EXHAUSTED, "REPORT_TOO_LARGE", "the file is too large to be stored");
        return JK_OK;
    }
    if (bytes.len == 0 || fwrite(bytes.at, 1, bytes.len, taking->cli->out) == bytes.len) return JK_OK;
    return jk_fail(error, JK_INTERNAL, "OUTPUT", "the result could not be written");
}

static enum jk_status get_file(struct jk_cli *cli, char *stage, int32_t revision, Jokbo__V1__ReportFile file,
                               struct jk_text *text, struct jk_error *error)
{
    Jokbo__V1__GetReportRequest request = JOKBO__V1__GET_REPORT_REQUEST__INIT;
    struct taking taking = {cli, text};
    JK_TRY(jk_cli_connect(cli));
    request.stage = stage;
    request.revision = revision;
    request.file = file;
    return jk_client_download(cli->client, STAGES, "GetReport", &request.base, take_report_piece, &taking, error);
}

/* ---- the table ---- */

/* NULL where there is none, or it cannot be had: then nothing is compared. */
static struct jk_summary *get_previous(struct jk_cli *cli, const struct jk_summary *summary)
{
    JK_CLEANUP(jk_text_done) struct jk_text json;
    struct jk_summary *previous = NULL;
    struct jk_error why;
    char *stage = summary->previous ? jk_arena_printf(&cli->arena, "%s", summary->previous) : NULL;
    jk_text_init(&json, JK_SUMMARY_MAX);
    jk_error_init(&why, &cli->arena);
    if (!stage) return NULL;
    enum jk_status status = get_file(cli, stage, (int32_t)summary->previous_revision, FILE_OF(JSON), &json, &why);
    if (status == JK_OK) status = jk_summary_read(jk_text_span(&json), &previous, &why);
    if (status == JK_OK) return previous;
    fprintf(cli->err, "No comparison with stage %s: %s\n", stage, jk_print_safe(cli, why.message));
    return NULL;
}

static enum jk_status make_table(struct jk_cli *cli, int32_t revision, struct jk_text *out)
{
    bool out_file = jk_cli_has(cli, JK_OPTION_OUT);
    struct jk_report_style style = {cli->color && !out_file, cli->utf8, out_file ? 0 : jk_print_width(cli)};
    JK_CLEANUP(jk_text_done) struct jk_text json;
    struct jk_summary *summary, *previous;
    jk_text_init(&json, JK_SUMMARY_MAX);
    JK_TRY(get_file(cli, jk_cli_operand(cli, 0), revision, FILE_OF(JSON), &json, &cli->error));
    JK_TRY(jk_summary_read(jk_text_span(&json), &summary, &cli->error));
    previous = get_previous(cli, summary);
    jk_report_table(summary, previous, style, &cli->arena, out);
    jk_summary_free(previous);
    jk_summary_free(summary);
    return out->failed ? jk_out_of_memory(&cli->error) : JK_OK;
}

/* ---- the command ---- */

enum jk_status jk_run_stage_report(struct jk_cli *cli)
{
    const char *format = cli->csv ? "csv" : jk_cli_text(cli, JK_OPTION_FORMAT);
    uint64_t revision = jk_options_count(&cli->options, JK_OPTION_REVISION, 0);
    Jokbo__V1__ReportFile file = cli->json ? FILE_OF(JSON) : FILE_OF(UNSPECIFIED);
    bool out = jk_cli_has(cli, JK_OPTION_OUT);
    JK_CLEANUP(jk_text_done) struct jk_text text = {0};
    if (cli->csv && jk_cli_has(cli, JK_OPTION_FORMAT)) return jk_cli_usage(cli, "give one of --csv and --format");
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(format, formats[i].word) == 0) file = formats[i].file;
    if (revision > INT32_MAX || (jk_cli_has(cli, JK_OPTION_REVISION) && revision == 0))
        return jk_cli_usage(cli, "--revision must be a number from 1 up");
    jk_text_add_str(&text, jk_sheet_mark(cli));
    if (file != FILE_OF(UNSPECIFIED) && !out && text.len == 0)
        return get_file(cli, jk_cli_operand(cli, 0), (int32_t)revision, file, NULL, &cli->error);
    if (file == FILE_OF(UNSPECIFIED))
        JK_TRY(make_table(cli, (int32_t)revision, &text));
    else
        JK_TRY(get_file(cli, jk_cli_operand(cli, 0), (int32_t)revision, file, &text, &cli->error));
    if (out) return jk_place_path(jk_cli_text(cli, JK_OPTION_OUT), jk_text_span(&text), &cli->arena, &cli->error);
    fwrite(text.bytes, 1, text.len, cli->out);
    return JK_OK;
}
