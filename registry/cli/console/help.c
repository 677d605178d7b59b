/* See help.h. Two columns, broken to the terminal's width. */
#include "cli/console/help.h"

#include "cli/console/faults.h"
#include "cli/console/wrap.h"

#define LEFT_MAX  36
#define LEFT_LEAD "  "
#define WIDE      100 /* longer lines are hard to read, however wide the terminal is */

struct sheet {
    FILE *file;
    size_t width;
};

static struct sheet sheet_on(FILE *file, size_t width)
{
    return (struct sheet){file, width < WIDE ? width : WIDE};
}

static void paragraph(const struct sheet *sheet, const char *text)
{
    jk_wrap_print(text, (struct jk_column_of_text){.width = sheet->width}, sheet->file);
}

/* A left text that needs more than its column has lines of its own. */
static void print_row(const struct sheet *sheet, const char *left, const char *right)
{
    const size_t lead = sizeof LEFT_LEAD - 1, column = lead + LEFT_MAX + 2;
    if (strlen(left) > LEFT_MAX) {
        fputs(LEFT_LEAD, sheet->file);
        jk_wrap_print(left, (struct jk_column_of_text){lead, lead + 4, sheet->width}, sheet->file);
        fprintf(sheet->file, "%*s", (int)column, "");
    } else {
        fprintf(sheet->file, LEFT_LEAD "%-*s  ", LEFT_MAX, left);
    }
    jk_wrap_print(right, (struct jk_column_of_text){column, column, sheet->width}, sheet->file);
}

static void print_option(const struct sheet *sheet, const struct jk_option *option)
{
    char left[512];
    snprintf(left, sizeof left, "--%s%s%s", option->name, option->value[0] ? " " : "", option->value);
    print_row(sheet, left, option->help);
}

static void print_command(const struct sheet *sheet, const struct jk_command *command)
{
    char left[160];
    snprintf(left, sizeof left, "%s%s%s", command->name, command->operands[0] ? " " : "", command->operands);
    print_row(sheet, left, command->summary);
}

static void print_common(const struct sheet *sheet)
{
    fprintf(sheet->file, "\nCommon options (in brackets: environment variable, key in the config file):\n");
    for (size_t i = 0; i < JK_OPTION_COUNT; i++)
        if (jk_option_table[i].common) print_option(sheet, &jk_option_table[i]);
}

static void print_exits(const struct sheet *sheet)
{
    fprintf(sheet->file, "\nExit codes:\n");
#define JK_EXIT(name, number, text)                                                                                    \
    fprintf(sheet->file, "  %-4d", number);                                                                            \
    jk_wrap_print(text, (struct jk_column_of_text){6, 6, sheet->width}, sheet->file);
#include "cli/console/exit.def"
#undef JK_EXIT
}

void jk_help_overview(FILE *file, size_t width)
{
    struct sheet sheet = sheet_on(file, width);
    fprintf(file, "jokbo (족보): the registry of derivative AI models.\n\nUsage: jokbo COMMAND [operands] [options]\n");

    static const char *const headings[JK_FOR_COUNT] = {
        "Register and publish",  "Look at models",
        "Count, and ask why",    "Doubt: receipts, the log, an audit",
        "Evaluate (evaluators)", "Keep the registry (registrars, admins)",
        "This program",
    };
    for (unsigned who = 0; who < JK_FOR_COUNT; who++) {
        fprintf(sheet.file, "\n%s:\n", headings[who]);
        for (size_t i = 0; i < jk_command_count; i++)
            if (jk_command_table[i].who == who) print_command(&sheet, &jk_command_table[i]);
    }

    print_common(&sheet);
    print_exits(&sheet);
    fprintf(file, "\nTo begin: jokbo register README.md --name publisher/model --dry-run\n");
}

void jk_help_group(const char *group, FILE *file, size_t width)
{
    struct sheet sheet = sheet_on(file, width);
    fprintf(file, "Usage: jokbo %s COMMAND [operands] [options]\n\nCommands:\n", group);

    size_t len = strlen(group);
    for (size_t i = 0; i < jk_command_count; i++) {
        const char *name = jk_command_table[i].name;
        if (strncmp(name, group, len) == 0 && name[len] == ' ') print_command(&sheet, &jk_command_table[i]);
    }
}

void jk_help_command(const struct jk_command *command, FILE *file, size_t width)
{
    struct sheet sheet = sheet_on(file, width);
    fprintf(file, "Usage: jokbo %s%s%s [options]\n\n", command->name, command->operands[0] ? " " : "",
            command->operands);
    paragraph(&sheet, command->summary);
    if (command->details[0]) fputc('\n', file), paragraph(&sheet, command->details);
    if (command->options[0]) fprintf(file, "\nOptions:\n");
    for (size_t i = 0; i < JK_OPTION_COUNT; i++)
        if (!jk_option_table[i].common && jk_command_takes(command, i)) print_option(&sheet, &jk_option_table[i]);
    print_common(&sheet);
    print_exits(&sheet);
}
