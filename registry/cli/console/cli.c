/* The frame around a command: parse, settings, run, report. */
#include "cli/console/cli.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/defer.h"
#include "base/digest.h"
#include "cli/console/faults.h"
#include "cli/console/help.h"

#define WIDTH_DEFAULT 100
#define WIDTH_LEAST   40
#define WIDTH_MOST    1000

char *jk_cli_text(const struct jk_cli *cli, enum jk_option_id id)
{
    const char *text = jk_options_text(&cli->options, id);
    return (char *)(text ? text : "");
}

char *jk_cli_operand(const struct jk_cli *cli, size_t index)
{
    return (char *)(index < cli->options.operand_count ? cli->options.operands[index] : "");
}

bool jk_cli_has(const struct jk_cli *cli, enum jk_option_id id)
{
    return jk_options_has(&cli->options, id);
}

enum jk_status jk_cli_usage(struct jk_cli *cli, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "USAGE", "%s", text);
}

enum jk_status jk_cli_missing(struct jk_cli *cli, const char *field, const char *mend)
{
    (void)jk_fail(&cli->error, JK_INVALID_ARGUMENT, "INPUT_INCOMPLETE", "%s is missing", field);
    jk_error_field(&cli->error, field, "%s", mend);
    return cli->error.status;
}

bool jk_cli_can_ask(const struct jk_cli *cli)
{
    return cli->in_terminal && cli->out_terminal && !cli->json;
}

char *jk_cli_uuid(struct jk_cli *cli)
{
    unsigned char b[16];
    char hex[33];
    jk_random_bytes(b, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
    jk_hex_encode(b, sizeof b, hex);
    return jk_arena_printf(&cli->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

char *jk_cli_request_id(struct jk_cli *cli)
{
    if (!cli->request_id) cli->request_id = jk_options_text(&cli->options, JK_OPTION_REQUEST_ID);
    if (!cli->request_id) cli->request_id = jk_cli_uuid(cli);
    return (char *)(cli->request_id ? cli->request_id : "");
}

enum jk_status jk_cli_connect(struct jk_cli *cli)
{
    return cli->client ? JK_OK : jk_client_new(&cli->settings, &cli->arena, &cli->client, &cli->error);
}

enum jk_status jk_cli_call(struct jk_cli *cli, const ProtobufCServiceDescriptor *service, const char *method,
                           const ProtobufCMessage *request, void *out_reply)
{
    ProtobufCMessage *reply;
    JK_TRY(jk_cli_connect(cli));
    JK_TRY(jk_client_call(cli->client, service, method, request, &cli->arena, &reply, &cli->error));
    memcpy(out_reply, &reply, sizeof reply);
    return JK_OK;
}

static bool wants_color(const struct jk_cli *cli, bool terminal)
{
    const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
    if (cli->settings.color != JK_COLOR_AUTO) return cli->settings.color == JK_COLOR_ALWAYS;
    return terminal && !(none && none[0]) && !(term && strcmp(term, "dumb") == 0);
}

/* Without a terminal as whoever reads the output asks for it (POSIX, COLUMNS), a pager or a manual page, say. */
static size_t width_of(struct jk_cli *cli)
{
    struct winsize size;
    uint64_t columns;
    const char *asked = getenv("COLUMNS");
    if (cli->out_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    bool given =
        asked && jk_span_to_u64(jk_span_of(asked), &columns) && columns >= WIDTH_LEAST && columns <= WIDTH_MOST;
    cli->width_guessed = !given;
    return given ? (size_t)columns : WIDTH_DEFAULT;
}

static enum jk_status show_help(struct jk_cli *cli)
{
    bool asked = jk_cli_has(cli, JK_OPTION_HELP);
    if (cli->options.command)
        jk_help_command(cli->options.command, cli->out, cli->width);
    else if (asked && cli->options.operand_count > 0)
        jk_help_group(cli->options.operands[0], cli->out, cli->width);
    else
        jk_help_overview(asked ? cli->out : cli->err, cli->width);
    return asked ? JK_OK : jk_cli_usage(cli, "a command is missing");
}

static enum jk_status run_command(struct jk_cli *cli, int argc, char **argv)
{
    enum jk_status status = jk_options_parse(argc, argv, &cli->options, &cli->error);
    cli->json = jk_cli_has(cli, JK_OPTION_JSON);
    if (status != JK_OK) return status;
    if (!cli->options.command || jk_cli_has(cli, JK_OPTION_HELP)) return show_help(cli);

    /* an export writes CSV, and answers as ever */
    const struct jk_command *command = cli->options.command;
    bool asked = jk_cli_has(cli, JK_OPTION_CSV) || jk_cli_has(cli, JK_OPTION_CSV_BOM);
    cli->csv = asked && command && jk_command_takes(command, JK_OPTION_CSV_BOM);

    if (cli->json && cli->csv) return jk_cli_usage(cli, "--json and --csv cannot be combined");
    JK_CLEANUP(jk_text_done) struct jk_text warnings;
    jk_text_init(&warnings, 1 << 16);
    enum jk_status loaded = jk_settings_load(&cli->options, &cli->arena, &cli->settings, &warnings, &cli->error);
    struct jk_span rest = jk_text_span(&warnings), line;
    while (jk_span_line(&rest, &line))
        fprintf(cli->err, "jokbo: note: %.*s\n", JK_SPAN_ARG(line));
    JK_TRY(loaded);
    cli->color = wants_color(cli, cli->out_terminal) && !cli->json && !cli->csv;
    return cli->run(cli);
}

static int report(struct jk_cli *cli)
{
    struct jk_error *error = &cli->error;
    bool lost = fflush(cli->out) != 0 || ferror(cli->out);
    if (lost && errno == EPIPE) return JK_EXIT_OK; /* the reader has closed the pipe, like head(1) */
    if (lost && !jk_error_is_set(error)) (void)jk_fail(error, JK_INTERNAL, "OUTPUT", "the result could not be written");
    enum jk_status status = jk_error_result(error); /* sums violations up */
    if (status == JK_OK) return JK_EXIT_OK;
    fflush(cli->out);
    if (cli->json && !cli->told) jk_faults_print_json(error, cli->out);
    jk_faults_print(error, cli->err, wants_color(cli, cli->err_terminal));
    return (int)jk_faults_exit(error);
}

int jk_cli_main(int argc, char **argv, jk_cli_run_fn *run)
{
    struct jk_cli *cli = calloc(1, sizeof *cli);
    if (!cli) return JK_EXIT_INTERNAL;
    cli->run = run;
    signal(SIGPIPE, SIG_IGN);
    jk_digest_setup();
    jk_arena_init(&cli->arena, JK_CLI_ARENA);
    jk_error_init(&cli->error, &cli->arena);

    cli->in = stdin;
    cli->out = stdout;
    cli->err = stderr;
    cli->in_terminal = isatty(STDIN_FILENO);
    cli->out_terminal = isatty(STDOUT_FILENO);
    cli->err_terminal = isatty(STDERR_FILENO);
    cli->width = width_of(cli);
    setlocale(LC_CTYPE, "");
    cli->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    /* numbers and dates are written the same way everywhere: no other category is set */

    enum jk_status status = run_command(cli, argc, argv);
    if (status != JK_OK && !jk_error_is_set(&cli->error))
        (void)jk_fail(&cli->error, status, "NO_CAUSE", "it failed without giving a reason");
    /* somebody who reads with an expired token should learn of it before a write fails */
    const char *refusal = jk_client_refusal(cli->client);
    if (refusal) fprintf(cli->err, "jokbo: note: asked without the token, which is refused: %s\n", refusal);
    int exit_code = report(cli);
    jk_client_free(cli->client);
    jk_arena_done(&cli->arena);
    free(cli);
    return exit_code;
}
