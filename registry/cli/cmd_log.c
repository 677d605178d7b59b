/* The log: its newest checkpoint, its entries, and what this user remembers of it. */
#include <jokbo/v1/log.pb-c.h>

#include "cli/commands.h"
#include "cli/console/print.h"
#include "cli/console/prompt.h"
#include "cli/console/sheet.h"
#include "demo/demo.h"
#include "verify/memory.h"

#define LOG           (&jokbo__v1__log__descriptor)
#define ENTRY_COLUMNS "log_index,entry"

enum jk_status jk_run_log_checkpoint(struct jk_cli *cli)
{
    Jokbo__V1__GetCheckpointRequest request = JOKBO__V1__GET_CHECKPOINT_REQUEST__INIT;
    Jokbo__V1__Checkpoint *checkpoint;
    request.cosigned = jk_cli_has(cli, JK_OPTION_COSIGNED);
    JK_TRY(jk_cli_call(cli, LOG, "GetCheckpoint", &request.base, &checkpoint));
    if (cli->json) return jk_print_message(cli, &checkpoint->base);
    fprintf(cli->out, "%s", checkpoint->note);
    if (jk_demo_is(jk_span_of(checkpoint->origin))) fprintf(cli->err, "%s\n", JK_DEMO_NOTE);
    fprintf(cli->err,
            "Verifier key, as the server gives it: %s\nA key from the server that it is meant to check proves nothing: "
            "compare "
            "it with one obtained another way.\n",
            jk_print_safe(cli, checkpoint->verifier_key));
    return JK_OK;
}

enum jk_status jk_run_log_forget(struct jk_cli *cli)
{
    const char *origin = jk_cli_operand(cli, 0), *state = jk_memory_state(&cli->arena);
    struct jk_memory memory = {0};
    if (state) JK_TRY(jk_memory_open(state, jk_span_of(origin), &cli->arena, &memory, &cli->error));
    if (memory.keys.count == 0 && memory.note.len == 0)
        return jk_fail(&cli->error, JK_NOT_FOUND, "NOT_REMEMBERED", "Nothing is remembered about a log %.250s", origin);
    if (jk_cli_can_ask(cli) && !jk_cli_has(cli, JK_OPTION_YES) &&
        !jk_prompt_yes(cli,
                       "Forget it? If this log still exists, you will no longer notice if it rewrites its past.")) {
        fprintf(cli->out, "Nothing was forgotten.\n");
        return JK_OK;
    }
    JK_TRY(jk_memory_forget(&memory, &cli->error));
    const struct jk_keys *keys = &memory.keys;
    int64_t size = memory.note.len > 0 ? (int64_t)memory.checkpoint.size : 0;
    const char *key = keys->count > 0 ? jk_keys_short(&keys->items[0], &cli->arena) : NULL;
    if (cli->json)
        return jk_print_json(cli, json_pack("{s:s, s:s?, s:s?, s:I}", "origin", jk_cli_operand(cli, 0), "key", key,
                                            "since", keys->since, "log_size", (json_int_t)size));
    fprintf(cli->out, "Forgotten: %s", jk_print_safe(cli, jk_cli_operand(cli, 0)));
    if (key) fprintf(cli->out, ", key %s of %s", jk_print_safe(cli, key), keys->since);
    if (size > 0) fprintf(cli->out, ", checkpoint of size %s", jk_print_number(cli, size));
    fprintf(cli->out, "\n");
    return JK_OK;
}

static json_t *entry_json(int64_t index, struct jk_span text)
{
    json_t *value = jk_utf8_valid(text) ? json_stringn(text.at ? text.at : "", text.len) : json_null();
    return json_pack("{s:I, s:o}", "log_index", (json_int_t)index, "entry", value);
}

/* An entry is text by its format; bytes that are none show as they are in JSON (base64) and as "?" on a terminal. */
static enum jk_status print_entry(struct jk_cli *cli, int64_t index, const ProtobufCBinaryData *entry)
{
    struct jk_span text = {(const char *)entry->data, entry->len};
    if (cli->csv) return jk_sheet_row(cli, ENTRY_COLUMNS, entry_json(index, text));
    if (cli->json) return jk_print_json_line(cli, entry_json(index, text));
    char title[48];
    snprintf(title, sizeof title, "# %lld", (long long)index);
    fprintf(cli->out, "%s\n", jk_print_painted(cli, JK_PAINT_DIM, title));
    for (struct jk_span line; jk_span_line(&text, &line);) {
        const char *copy = jk_arena_copy(&cli->arena, line.at, line.len);
        fprintf(cli->out, "%s\n", jk_print_safe(cli, copy));
    }
    fputc('\n', cli->out);
    return JK_OK;
}

static enum jk_status take_entries(void *context, const ProtobufCMessage *message, struct jk_error *error)
{
    struct jk_cli *cli = context;
    const Jokbo__V1__ReadEntriesResponse *reply = (const Jokbo__V1__ReadEntriesResponse *)message;
    struct jk_arena kept = cli->arena; /* what one message needs is given back: a log may be long */
    enum jk_status status = JK_OK;
    jk_arena_init(&cli->arena, JK_CLI_ARENA);
    for (size_t i = 0; i < reply->n_entries && status == JK_OK; i++)
        status = print_entry(cli, reply->start + (int64_t)i, &reply->entries[i]);
    jk_arena_done(&cli->arena);
    cli->arena = kept;
    if (status == JK_OK && ferror(cli->out))
        status = jk_fail(error, JK_INTERNAL, "OUTPUT", "the result could not be written");
    return status;
}

enum jk_status jk_run_log_entries(struct jk_cli *cli)
{
    Jokbo__V1__ReadEntriesRequest request = JOKBO__V1__READ_ENTRIES_REQUEST__INIT;
    uint64_t from = jk_options_count(&cli->options, JK_OPTION_FROM, 0),
             to = jk_options_count(&cli->options, JK_OPTION_TO, 0);
    if (from > INT64_MAX || to > INT64_MAX) return jk_cli_usage(cli, "--from and --to must be log indexes");
    if (jk_cli_has(cli, JK_OPTION_TO) && to <= from) return jk_cli_usage(cli, "--to must be more than --from");
    request.start = (int64_t)from;
    request.end = (int64_t)to;
    JK_TRY(jk_cli_connect(cli));
    if (cli->csv) JK_TRY(jk_sheet_begin(cli, ENTRY_COLUMNS));
    return jk_client_download(cli->client, LOG, "ReadEntries", &request.base, take_entries, cli, &cli->error);
}
