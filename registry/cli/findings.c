/* See findings.h. */
#include "cli/findings.h"

#include <stdlib.h>

#include "cli/console/print.h"

void jk_findings_print(struct jk_cli *cli, Jokbo__V1__Finding *const *findings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *word = jk_print_word(cli, &jokbo__v1__finding_kind__descriptor, (int)findings[i]->kind);
        const char *root = findings[i]->root;
        fprintf(cli->out, "%s %s%s%s%s\n",
                jk_print_painted(cli, JK_PAINT_YELLOW, jk_arena_printf(&cli->arena, "%s:", word)),
                jk_print_safe(cli, findings[i]->text), root[0] ? " (" : "", jk_print_safe(cli, root),
                root[0] ? ")" : "");
    }
}

static bool is_repeated(Jokbo__V1__Finding *const *findings, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (findings[i]->kind == findings[at]->kind) return true;
    return false;
}

const char *jk_findings_words(struct jk_cli *cli, Jokbo__V1__Finding *const *findings, size_t count)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    for (size_t i = 0; i < count; i++) {
        if (is_repeated(findings, i)) continue;
        if (text.len > 0) jk_text_add_str(&text, ", ");
        jk_text_add_str(&text, jk_print_word(cli, &jokbo__v1__finding_kind__descriptor, (int)findings[i]->kind));
    }
    const char *copy = jk_arena_copy(&cli->arena, text.bytes ? text.bytes : "", text.len);
    jk_text_done(&text);
    return copy ? copy : "";
}
