/* See help.h. Two columns, the left one as wide as its widest row needs, within bounds. */
#include "cli/console/help.h"

#include "cli/console/faults.h"

#define LEFT_MAX 40

static void print_row(const char *left, const char *right, FILE *file)
{
    if (strlen(left) > LEFT_MAX)
        fprintf(file, "  %s\n  %-*s  %s\n", left, LEFT_MAX, "", right);
    else
        fprintf(file, "  %-*s  %s\n", LEFT_MAX, left, right);
}

static void print_option(const struct jk_option *option, FILE *file)
{
    char left[160];
    snprintf(left, sizeof left, "--%s%s%s", option->name, option->value[0] ? " " : "", option->value);
    print_row(left, option->help, file);
}

static void print_commands(const char *group, FILE *file)
{
    for (size_t i = 0; i < jk_command_count; i++) {
        const struct jk_command *command = &jk_command_table[i];
        char left[160];
        size_t len = group ? strlen(group) : 0;
        if (group && (strncmp(command->name, group, len) != 0 || command->name[len] != ' ')) continue;
        snprintf(left, sizeof left, "%s%s%s", command->name, command->operands[0] ? " " : "", command->operands);
        print_row(left, command->summary, file);
    }
}

static void print_common(FILE *file)
{
    fprintf(file, "\nCommon options (in brackets: environment variable, key in the config file):\n");
    for (size_t i = 0; i < JK_OPTION_COUNT; i++)
        if (jk_option_table[i].common) print_option(&jk_option_table[i], file);
}

static void print_exits(FILE *file)
{
    fprintf(file, "\nExit codes:\n");
#define JK_EXIT(name, number, text) fprintf(file, "  %d  %s\n", number, text);
#include "cli/console/exit.def"
#undef JK_EXIT
}

void jk_help_overview(FILE *file)
{
    fprintf(file, "jokbo (족보): the registry of derivative AI models.\n\nUsage: jokbo COMMAND [operands] [options]\n\n"
                  "Commands:\n");
    print_commands(NULL, file);
    print_common(file);
    print_exits(file);
    fprintf(file, "\nTo begin: jokbo register README.md --name publisher/model --dry-run\n");
}

void jk_help_group(const char *group, FILE *file)
{
    fprintf(file, "Usage: jokbo %s COMMAND [operands] [options]\n\nCommands:\n", group);
    print_commands(group, file);
}

void jk_help_command(const struct jk_command *command, FILE *file)
{
    fprintf(file, "Usage: jokbo %s%s%s [options]\n\n%s\n", command->name, command->operands[0] ? " " : "",
            command->operands, command->summary);
    if (command->details[0]) fprintf(file, "\n%s\n", command->details);
    if (command->options[0]) fprintf(file, "\nOptions:\n");
    for (size_t i = 0; i < JK_OPTION_COUNT; i++)
        if (!jk_option_table[i].common && jk_command_takes(command, i)) print_option(&jk_option_table[i], file);
    print_common(file);
    print_exits(file);
}
