/* The command line: which command, which options. The tables are options.def and commands.def. Pure; the parsed options
 * point into argv and the given arena. At most 256 option values and 64 operands. */
#ifndef JK_CLI_CONSOLE_OPTIONS_H
#define JK_CLI_CONSOLE_OPTIONS_H

#include "base/error.h"

#define JK_OPTION_VALUES_MAX 256
#define JK_OPERANDS_MAX      64

enum jk_option_id {
#define JK_OPTION(id, name, kind, common, value, help) JK_OPTION_##id,
#include "cli/console/options.def"
#undef JK_OPTION
    JK_OPTION_COUNT
};

enum jk_option_kind { JK_OPTION_KIND_FLAG, JK_OPTION_KIND_TEXT, JK_OPTION_KIND_LIST, JK_OPTION_KIND_COUNT };

struct jk_option {
    const char *name;
    enum jk_option_kind kind;
    bool common;
    const char *value; /* what --help calls it; "a|b" allows only these; "" for flags */
    const char *help;
};

/* Whom a command is for, in the order of the help. */
enum jk_for {
    JK_FOR_DEVELOPER,
    JK_FOR_READER,
    JK_FOR_COUNTER,
    JK_FOR_DOUBTER,
    JK_FOR_EVALUATOR,
    JK_FOR_KEEPER,
    JK_FOR_ANYBODY,
    JK_FOR_COUNT
};

struct jk_command {
    enum jk_for who;
    const char *name; /* one or two words */
    const char *operands;
    unsigned least, most; /* operands */
    const char *options;  /* names, separated by spaces; the common ones are implied */
    const char *summary;  /* one line */
    const char *details;  /* lines for --help, or "" */
};

struct jk_option_value {
    enum jk_option_id id;
    const char *text; /* "" for a flag */
};

struct jk_options {
    const struct jk_command *command; /* NULL: none given */
    struct jk_option_value values[JK_OPTION_VALUES_MAX];
    size_t value_count;
    const char *operands[JK_OPERANDS_MAX]; /* without the command's own words */
    size_t operand_count;
};

extern const struct jk_option jk_option_table[JK_OPTION_COUNT];
extern const struct jk_command jk_command_table[];
extern const size_t jk_command_count;

/* INVALID_ARGUMENT with reason USAGE. On failure `out` still knows --json, so that the error comes in the form asked
 * for. */
JK_MUST_USE enum jk_status jk_options_parse(int argc, char **argv, struct jk_options *out, struct jk_error *error);
bool jk_options_has(const struct jk_options *options, enum jk_option_id id);
/* The last value given; NULL where there is none. */
const char *jk_options_text(const struct jk_options *options, enum jk_option_id id);
/* Values of a LIST in order; returns how many were written, at most `room`. */
size_t jk_options_list(const struct jk_options *options, enum jk_option_id id, const char **out_values, size_t room);
/* The number of a COUNT, or `otherwise`. */
uint64_t jk_options_count(const struct jk_options *options, enum jk_option_id id, uint64_t otherwise);

/* Whether the command takes the option. */
bool jk_command_takes(const struct jk_command *command, enum jk_option_id id);
/* The command that the first words name, longest match first; NULL for none. */
const struct jk_command *jk_command_find(const char *const *words, size_t count, size_t *out_used);
/* Whose help these words ask for. *out_command NULL: that of a group, its word alone, or of everything, without words.
 * USAGE where they are neither, with what is near. */
JK_MUST_USE enum jk_status jk_command_for_help(const char *const *words, size_t count,
                                               const struct jk_command **out_command, struct jk_error *error);

#endif
