/* See print.h. */
#include "cli/console/print.h"

#include <stdlib.h>

#include "base/defer.h"
#include "cli/console/table_fit.h"

static const char *const codes[] = {"1", "2", "31", "32", "33", "36"};

static enum jk_status dump(struct jk_cli *cli, json_t *value, size_t flags)
{
    bool done = value && json_dumpf(value, cli->out, flags) == 0 && fputc('\n', cli->out) != EOF;
    json_decref(value);
    return done ? JK_OK : jk_fail(&cli->error, JK_INTERNAL, "OUTPUT", "the result could not be written");
}

enum jk_status jk_print_json(struct jk_cli *cli, json_t *value)
{
    return dump(cli, value, JSON_INDENT(2));
}

enum jk_status jk_print_json_line(struct jk_cli *cli, json_t *value)
{
    return dump(cli, value, JSON_COMPACT);
}

enum jk_status jk_print_message(struct jk_cli *cli, const ProtobufCMessage *message)
{
    return jk_print_json(cli, jk_json_message(message));
}

size_t jk_print_width(const struct jk_cli *cli)
{
    return cli->out_terminal ? cli->width : 0;
}

void jk_print_folded(struct jk_cli *cli, const char *text, size_t indent)
{
    JK_CLEANUP(jk_text_done) struct jk_text lines;
    jk_text_init(&lines, 0);
    jk_table_fold(jk_span_of(jk_print_safe(cli, text)), jk_print_width(cli), indent, &lines);
    if (lines.len > 0) fprintf(cli->out, "%s", lines.bytes);
}

void jk_print_note(struct jk_cli *cli, const char *text)
{
    JK_CLEANUP(jk_text_done) struct jk_text lines;
    jk_text_init(&lines, 0);
    jk_table_fold(jk_span_of(text), cli->err_terminal ? jk_print_width(cli) : 0, 2, &lines);
    if (lines.len > 0) fprintf(cli->err, "%s", lines.bytes);
}

void jk_print_table(struct jk_cli *cli, struct jk_table *table)
{
    JK_CLEANUP(jk_text_done) struct jk_text note;
    jk_text_init(&note, 0);
    table->width = jk_print_width(cli);
    jk_table_print(table, cli->color, cli->out);
    jk_table_add_hidden(table, &note);
    if (note.len > 0) fprintf(cli->err, "%s", note.bytes);
}

void jk_print_facts_init(struct jk_table *table, struct jk_cli *cli)
{
    static const struct jk_column columns[] = {{"", false}, {"", false}};
    jk_table_init(table, &cli->arena, columns, 2);
}

void jk_print_facts_wrapped(struct jk_table *table, struct jk_cli *cli)
{
    static const struct jk_column columns[] = {{"", false}, {"", false, .wrap = true}};
    jk_table_init(table, &cli->arena, columns, 2);
}

void jk_print_fact(struct jk_table *table, const char *name, const char *value)
{
    if (!value || !value[0]) return;
    jk_table_cell(table, name);
    jk_table_cell(table, value);
}

const char *jk_print_safe(struct jk_cli *cli, const char *text)
{
    return jk_table_safe(&cli->arena, text);
}

const char *jk_print_painted(struct jk_cli *cli, enum jk_paint paint, const char *text)
{
    const char *safe = jk_print_safe(cli, text);
    if (!cli->color) return safe;
    const char *painted = jk_arena_printf(&cli->arena, "\033[%sm%s\033[0m", codes[paint], safe);
    return painted ? painted : safe;
}

const char *jk_print_number(struct jk_cli *cli, int64_t value)
{
    char plain[32], grouped[48];
    size_t len = (size_t)snprintf(plain, sizeof plain, "%lld", (long long)value), used = 0;
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0 && plain[i - 1] != '-') grouped[used++] = ',';
        grouped[used++] = plain[i];
    }
    const char *copy = jk_arena_copy(&cli->arena, grouped, used);
    return copy ? copy : "";
}

const char *jk_print_hundredths(struct jk_cli *cli, uint32_t share)
{
    const char *text = jk_arena_printf(&cli->arena, "%u.%02u %%", share / 100, share % 100);
    return text ? text : "";
}

const char *jk_print_plural(struct jk_cli *cli, int64_t value, const char *one, const char *many)
{
    const char *text = jk_arena_printf(&cli->arena, "%s %s", jk_print_number(cli, value), value == 1 ? one : many);
    return text ? text : "";
}

const char *jk_print_word(struct jk_cli *cli, const ProtobufCEnumDescriptor *type, int value)
{
    char word[JK_JSON_WORD];
    jk_json_enum_word(type, value, word);
    const char *copy = jk_arena_copy(&cli->arena, word, strlen(word));
    return copy ? copy : "";
}

const char *jk_print_time(struct jk_cli *cli, const Google__Protobuf__Timestamp *time)
{
    char text[JK_TIME_TEXT];
    jk_json_time_people(time, text);
    const char *copy = jk_arena_copy(&cli->arena, text, strlen(text));
    return copy ? copy : "";
}

const char *jk_print_moment(struct jk_cli *cli, const Google__Protobuf__Timestamp *time)
{
    char text[JK_MOMENT_TEXT];
    if (!time) return "";
    jk_time_format_moment(jk_json_time_us(time), text);
    const char *copy = jk_arena_copy(&cli->arena, text, strlen(text));
    return copy ? copy : "";
}
