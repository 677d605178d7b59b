/* One run of the command line: its options, where it prints, and its connection. One thread. Results go to `out`,
 * everything else to `err`. Memory that needs no owner of its own is in the arena (at most 512 MiB). */
#ifndef JK_CLI_CONSOLE_CLI_H
#define JK_CLI_CONSOLE_CLI_H

#include <protobuf-c/protobuf-c.h>
#include <stdio.h>

#include "cli/console/client.h"
#include "cli/console/settings.h"

#define JK_CLI_ARENA (512u << 20)

struct jk_cli;

/* Runs the command that cli->options name. */
typedef enum jk_status jk_cli_run_fn(struct jk_cli *cli);

struct jk_cli {
    struct jk_arena arena;
    struct jk_options options;
    struct jk_settings settings;
    struct jk_error error;
    struct jk_client *client;             /* opened by the first call */
    jk_cli_run_fn *run;                   /* what `options` name */
    const struct jk_witnessed *witnessed; /* --trust-policy, once read; NULL: none */
    FILE *in, *out, *err;
    bool in_terminal, out_terminal, err_terminal;
    bool json, csv, color, utf8;
    size_t width;           /* of the terminal in columns; where there is none, as COLUMNS says, or 100 */
    bool width_guessed;     /* neither is there: nothing is left out to keep to it */
    const char *request_id; /* of this run's write, made when first asked for */
    const char *server_log; /* the origin of the log that the server keeps; NULL: not asked yet */
    bool told;              /* the JSON already printed describes the failure: print no error object after it */
};

/* Everything: parses, runs, reports. Returns the exit code (exit.def). */
int jk_cli_main(int argc, char **argv, jk_cli_run_fn *run);

/* One call; *out_reply (a pointer to a message, in the arena) is set on success. `service` and `method` name it. */
JK_MUST_USE enum jk_status jk_cli_call(struct jk_cli *cli, const ProtobufCServiceDescriptor *service,
                                       const char *method, const ProtobufCMessage *request, void *out_reply);
/* Opens the connection, if it is not open. */
JK_MUST_USE enum jk_status jk_cli_connect(struct jk_cli *cli);
/* A random UUID (RFC 4122, version 4), for a second write of a run. NULL: out of memory. */
char *jk_cli_uuid(struct jk_cli *cli);
/* --request-id, or a random UUID, the same throughout the run. Never NULL. */
char *jk_cli_request_id(struct jk_cli *cli);
/* The text of an option, or "". Messages want char *, and never write to it. */
char *jk_cli_text(const struct jk_cli *cli, enum jk_option_id id);
/* An operand, or "". */
char *jk_cli_operand(const struct jk_cli *cli, size_t index);
bool jk_cli_has(const struct jk_cli *cli, enum jk_option_id id);
/* INVALID_ARGUMENT with reason USAGE. */
enum jk_status jk_cli_usage(struct jk_cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A field is missing and nobody can be asked: reason INPUT_INCOMPLETE, with a violation of `field`. */
enum jk_status jk_cli_missing(struct jk_cli *cli, const char *field, const char *mend);
/* Whether a person can be asked: input and output are terminals, and --json was not given. */
bool jk_cli_can_ask(const struct jk_cli *cli);

#endif
