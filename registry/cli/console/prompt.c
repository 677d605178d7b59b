/* See prompt.h. */
#include "cli/console/prompt.h"

struct jk_span jk_prompt_line(struct jk_cli *cli, const char *question)
{
    char line[JK_PROMPT_MAX];
    fprintf(cli->err, "%s ", question);
    fflush(cli->err);
    if (!fgets(line, sizeof line, cli->in)) return JK_SPAN("");
    struct jk_span text = jk_span_trim(jk_span_of(line));
    char *copy = jk_arena_copy(&cli->arena, text.at, text.len);
    return copy && jk_utf8_valid(text) ? (struct jk_span){copy, text.len} : JK_SPAN("");
}

bool jk_prompt_yes(struct jk_cli *cli, const char *question)
{
    char line[JK_PROMPT_MAX];
    fprintf(cli->err, "%s [y/N] ", question);
    fflush(cli->err);
    if (!fgets(line, sizeof line, cli->in)) return false;
    struct jk_span text = jk_span_trim(jk_span_of(line));
    return jk_span_equal_fold(text, JK_SPAN("y")) || jk_span_equal_fold(text, JK_SPAN("yes"));
}
