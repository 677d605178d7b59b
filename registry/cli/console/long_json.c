/* See long_json.h. */
#include "cli/console/long_json.h"

#include <stdlib.h>

static enum jk_status check_out(struct jk_cli *cli)
{
    return ferror(cli->out) ? jk_fail(&cli->error, JK_INTERNAL, "OUTPUT", "the result could not be written") : JK_OK;
}

/* NULL, with the error; the caller frees it. */
static char *dumped(struct jk_cli *cli, json_t *value)
{
    char *text = value ? json_dumps(value, JSON_INDENT(2)) : NULL;
    json_decref(value);
    if (!text && !jk_error_is_set(&cli->error)) (void)jk_out_of_memory(&cli->error);
    return text;
}

enum jk_status jk_long_json_begin(struct jk_cli *cli, json_t *head, const char *list, struct jk_long_json *out_json)
{
    *out_json = (struct jk_long_json){.cli = cli};
    char *text = dumped(cli, head);
    if (!text) return cli->error.status;
    fprintf(cli->out, "%.*s,\n  \"%s\": [", (int)(strlen(text) - strlen("\n}")), text, list);
    free(text);
    return check_out(cli);
}

enum jk_status jk_long_json_item(struct jk_long_json *json, json_t *item)
{
    struct jk_cli *cli = json->cli;
    char *text = dumped(cli, item);
    if (!text) return cli->error.status;
    struct jk_span rest = jk_span_of(text), line;
    for (bool first = true; jk_span_line(&rest, &line); first = false)
        fprintf(cli->out, "%s\n    %.*s", first && json->begun ? "," : "", JK_SPAN_ARG(line));
    json->begun = true;
    free(text);
    return check_out(cli);
}

enum jk_status jk_long_json_end(struct jk_long_json *json)
{
    fprintf(json->cli->out, "%s]\n}\n", json->begun ? "\n  " : "");
    return check_out(json->cli);
}
