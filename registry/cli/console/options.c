/* Parsing the command line by the tables. Two passes: options and operands are separated without knowing the command
 * (only the tables); then the first operands name the command, and every option is checked against what it accepts. */
#include "cli/console/options.h"

#include <stdio.h>

#include "base/distance.h"
#include "base/text.h"
#include "cli/console/number.h"

const struct jk_option jk_option_table[JK_OPTION_COUNT] = {
#define JK_OPTION(id, name, kind, common, value, help) {name, JK_OPTION_KIND_##kind, common, value, help},
#include "cli/console/options.def"
#undef JK_OPTION
};

const struct jk_command jk_command_table[] = {
#define JK_COMMAND(run, who, name, operands, least, most, options, summary, details)                                   \
    {JK_FOR_##who, name, operands, least, most, options, summary, details},
#include "cli/console/commands.def"
#undef JK_COMMAND
};

const size_t jk_command_count = sizeof jk_command_table / sizeof jk_command_table[0];

#define NEAREST_ROOM 40

/* Both texts cut at NEAREST_ROOM bytes: for hints only. */
static unsigned apart(const char *a, const char *b)
{
    struct jk_span left = {a, strnlen(a, NEAREST_ROOM)}, right = {b, strnlen(b, NEAREST_ROOM)};
    return jk_distance(left, right, NEAREST_ROOM, false);
}

/* So far apart nothing is near any more: a guess that shares nothing with what was typed helps nobody. */
static unsigned too_far(const char *name)
{
    return (unsigned)strnlen(name, NEAREST_ROOM) / 2 + 1;
}

/* Whether `word` is one of the words that `mark` separates in `list`. */
static bool holds_word(const char *list, char mark, struct jk_span word)
{
    struct jk_span rest = jk_span_of(list), head;
    while (rest.len > 0) {
        (void)jk_span_cut(&rest, mark, &head);
        if (jk_span_equal(head, word)) return true;
    }
    return false;
}

bool jk_command_takes(const struct jk_command *command, enum jk_option_id id)
{
    const struct jk_option *option = &jk_option_table[id];
    return option->common || holds_word(command->options, ' ', jk_span_of(option->name));
}

static bool is_choice(const char *value)
{
    return strchr(value, '|') && !(value[0] >= 'A' && value[0] <= 'Z');
}

static enum jk_status check_value(const struct jk_option *option, const char *text, struct jk_error *error)
{
    uint64_t number;
    char shown[128];
    jk_text_shorten(jk_span_of(text), shown, sizeof shown);
    if (option->kind == JK_OPTION_KIND_COUNT && !jk_number_parse(text, &number))
        return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "--%s \"%s\" must be a whole number from 0", option->name,
                       shown);
    if (is_choice(option->value) && !holds_word(option->value, '|', jk_span_of(text)))
        return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "--%s \"%s\" must be one of %s", option->name, shown,
                       option->value);
    if (!jk_utf8_valid(jk_span_of(text)))
        return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "--%s is not UTF-8", option->name);
    return JK_OK;
}

static enum jk_status add_value(struct jk_options *out, enum jk_option_id id, const char *text, struct jk_error *error)
{
    if (out->value_count == JK_OPTION_VALUES_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "more than %d options", JK_OPTION_VALUES_MAX);

    /* reports all wrong values together, so that they can be fixed in one go */
    struct jk_error fault;
    size_t len = strlen(error->message);
    jk_error_init(&fault, NULL);
    if (check_value(&jk_option_table[id], text, &fault) != JK_OK) {
        if (!jk_error_is_set(error))
            (void)jk_fail(error, fault.status, fault.reason, "%s", fault.message);
        else if (len + strlen(fault.message) + sizeof "; " <= sizeof error->message)
            snprintf(error->message + len, sizeof error->message - len, "; %s", fault.message);
    }

    out->values[out->value_count++] = (struct jk_option_value){id, text};
    return JK_OK;
}

static enum jk_status no_option(const struct jk_options *out, const char *name, struct jk_error *error)
{
    size_t used;
    const struct jk_command *command = jk_command_find(out->operands, out->operand_count, &used);
    const char *nearest = NULL;
    unsigned least = too_far(name);
    for (size_t i = 0; i < JK_OPTION_COUNT; i++) {
        unsigned now = apart(name, jk_option_table[i].name);
        if (now < least && (!command || jk_command_takes(command, i))) nearest = jk_option_table[i].name, least = now;
    }

    if (nearest)
        return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "there is no option --%s; did you mean --%s?", name,
                       nearest);
    return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "there is no option --%s: jokbo %s%s--help lists them", name,
                   command ? command->name : "", command ? " " : "");
}

/* One word that begins with "--", and the next where it takes a value. */
static enum jk_status take_option(int argc, char **argv, int *at, struct jk_options *out, struct jk_error *error)
{
    const char *word = argv[*at] + 2, *equal = strchr(word, '=');
    struct jk_span name = {word, equal ? (size_t)(equal - word) : strlen(word)};
    enum jk_option_id id = 0;
    while (id < JK_OPTION_COUNT && !jk_span_equal(jk_span_of(jk_option_table[id].name), name))
        id++;
    char shown[128];
    jk_text_shorten(name, shown, sizeof shown);
    if (id == JK_OPTION_COUNT) return no_option(out, shown, error);
    bool flag = jk_option_table[id].kind == JK_OPTION_KIND_FLAG;
    if (flag && equal) return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "--%s takes no value", shown);
    if (flag) return add_value(out, id, "", error);
    if (equal) return add_value(out, id, equal + 1, error);
    if (*at + 1 >= argc)
        return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "--%s needs a value: %s", shown, jk_option_table[id].value);
    *at += 1;
    return add_value(out, id, argv[*at], error);
}

static enum jk_status add_operand(struct jk_options *out, const char *text, struct jk_error *error)
{
    if (out->operand_count == JK_OPERANDS_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "more than %d operands", JK_OPERANDS_MAX);
    if (!jk_utf8_valid(jk_span_of(text)))
        return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "operand %zu is not UTF-8", out->operand_count + 1);
    out->operands[out->operand_count++] = text;
    return JK_OK;
}

static enum jk_status split_options(int argc, char **argv, struct jk_options *out, struct jk_error *error)
{
    bool only_operands = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (only_operands || word[0] != '-' || word[1] == '\0') {
            JK_TRY(add_operand(out, word, error));
        } else if (strcmp(word, "--") == 0) {
            only_operands = true;
        } else if (strcmp(word, "--version") == 0 && out->operand_count == 0) {
            JK_TRY(add_operand(out, word + 2, error)); /* the command of that name */
        } else if (strcmp(word, "-h") == 0) {
            JK_TRY(add_value(out, JK_OPTION_HELP, "", error));
        } else if (word[1] == '-') {
            JK_TRY(take_option(argc, argv, &i, out, error));
        } else {
            return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE",
                           "there is no option %.20s; options have long names: --help", word);
        }
    }
    return JK_OK;
}

static bool names_command(const struct jk_command *command, const char *const *words, size_t count, size_t *out_used)
{
    struct jk_span rest = jk_span_of(command->name), word;
    size_t used = 0;
    while (rest.len > 0) {
        (void)jk_span_cut(&rest, ' ', &word);
        if (used == count || !jk_span_equal(word, jk_span_of(words[used]))) return false;
        used++;
    }
    *out_used = used;
    return true;
}

const struct jk_command *jk_command_find(const char *const *words, size_t count, size_t *out_used)
{
    const struct jk_command *best = NULL;
    *out_used = 0;
    for (size_t i = 0; i < jk_command_count; i++) {
        size_t used;
        if (names_command(&jk_command_table[i], words, count, &used) && used > *out_used)
            best = &jk_command_table[i], *out_used = used;
    }
    return best;
}

/* The words of a command group, such as "publisher", that need a second word. */
static bool is_group(const char *word)
{
    for (size_t i = 0; i < jk_command_count; i++) {
        const char *name = jk_command_table[i].name;
        size_t len = strlen(word);
        if (strncmp(name, word, len) == 0 && name[len] == ' ') return true;
    }
    return false;
}

static enum jk_status no_command(const char *const *given, size_t count, struct jk_error *error)
{
    char words[128], shown[128];
    bool group = is_group(given[0]), two = group && count > 1;
    snprintf(words, sizeof words, "%s%s%s", given[0], two ? " " : "", two ? given[1] : "");
    jk_text_shorten(jk_span_of(words), shown, sizeof shown);
    if (group && !two)
        return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "\"%s\" needs a second word: jokbo help lists them", shown);

    const char *nearest = NULL;
    unsigned least = too_far(shown);
    for (size_t i = 0; i < jk_command_count; i++) {
        unsigned now = apart(shown, jk_command_table[i].name);
        if (now < least) nearest = jk_command_table[i].name, least = now;
    }

    return nearest ? jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "there is no command \"%s\"; did you mean \"%s\"?",
                             shown, nearest)
                   : jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "there is no command \"%s\"", shown);
}

enum jk_status jk_command_for_help(const char *const *words, size_t count, const struct jk_command **out_command,
                                   struct jk_error *error)
{
    size_t used;
    *out_command = jk_command_find(words, count, &used);
    bool group = count == 1 && is_group(words[0]);
    return *out_command || count == 0 || group ? JK_OK : no_command(words, count, error);
}

static enum jk_status check_operands(const struct jk_options *out, struct jk_error *error)
{
    const struct jk_command *command = out->command;
    if (out->operand_count < command->least)
        return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "an operand is missing: jokbo %s %s", command->name,
                       command->operands);
    if (out->operand_count > command->most)
        return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "one operand too many: jokbo %s%s%s", command->name,
                       command->operands[0] ? " " : "", command->operands);
    return JK_OK;
}

enum jk_status jk_options_parse(int argc, char **argv, struct jk_options *out, struct jk_error *error)
{
    *out = (struct jk_options){0};
    enum jk_status status = split_options(argc, argv, out, error);
    if (status == JK_OK && !jk_error_is_set(error)) {
        size_t used;
        if (out->operand_count == 0) return JK_OK;
        out->command = jk_command_find(out->operands, out->operand_count, &used);
        bool help = jk_options_has(out, JK_OPTION_HELP);
        if (!out->command && help) return jk_command_for_help(out->operands, out->operand_count, &out->command, error);
        if (!out->command) return no_command(out->operands, out->operand_count, error);
        out->operand_count -= used;
        memmove(out->operands, out->operands + used, out->operand_count * sizeof out->operands[0]);
        for (size_t i = 0; i < out->value_count; i++)
            if (!jk_command_takes(out->command, out->values[i].id))
                return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "jokbo %s has no option --%s", out->command->name,
                               jk_option_table[out->values[i].id].name);
        return help ? JK_OK : check_operands(out, error);
    }
    if (status == JK_OK) status = error->status;
    for (int i = 1; i < argc && !jk_options_has(out, JK_OPTION_JSON); i++)
        if (strcmp(argv[i], "--json") == 0 && out->value_count < JK_OPTION_VALUES_MAX)
            out->values[out->value_count++] = (struct jk_option_value){JK_OPTION_JSON, ""};
    return status;
}

const char *jk_options_text(const struct jk_options *options, enum jk_option_id id)
{
    for (size_t i = options->value_count; i-- > 0;)
        if (options->values[i].id == id) return options->values[i].text;
    return NULL;
}

bool jk_options_has(const struct jk_options *options, enum jk_option_id id)
{
    return jk_options_text(options, id) != NULL;
}

size_t jk_options_list(const struct jk_options *options, enum jk_option_id id, const char **out_values, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; i < options->value_count && count < room; i++)
        if (options->values[i].id == id) out_values[count++] = options->values[i].text;
    return count;
}

uint64_t jk_options_count(const struct jk_options *options, enum jk_option_id id, uint64_t otherwise)
{
    const char *text = jk_options_text(options, id);
    uint64_t number;
    return text && jk_number_parse(text, &number) ? number : otherwise;
}
