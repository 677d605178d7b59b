/* Options from flags, environment and file, in that order: a later source never overrides an earlier one; then
 * defaults. */
#include "daemon/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX_BYTES (64 << 10)

enum kind { TEXT, NUMBER, CHOICE, FLAG };

struct option {
    enum kind kind;
    const char *name, *value, *fallback, *help;
    long long least, most;
    size_t offset;
};

static const struct option options[] = {
#define JK_OPTION(kind, field, name, value, fallback, least, most, help)                                               \
    {kind, name, value, fallback, help, least, most, offsetof(struct jk_config, field)},
#include "daemon/config.def"
#undef JK_OPTION
};
#define OPTIONS (sizeof options / sizeof *options)

struct reading {
    struct jk_config *config;
    struct jk_error *error;
    bool set[OPTIONS];
    unsigned line[OPTIONS]; /* line in the file, from 1 */
    const char *file;
};

static size_t find_config_option(struct jk_span name)
{
    size_t i = 0;
    while (i < OPTIONS && !jk_span_equal(name, jk_span_of(options[i].name)))
        i++;
    return i;
}

static bool is_choice(struct jk_span value, const char *choices)
{
    struct jk_span rest = jk_span_of(choices), one;
    while (rest.len) {
        (void)jk_span_cut(&rest, '|', &one);
        if (jk_span_equal(one, value)) return true;
    }
    return false;
}

static void refuse_value(struct reading *reading, const struct option *option, const char *source, struct jk_span value,
                         const char *allowed)
{
    char shown[96], field[64];
    jk_text_shorten(value, shown, sizeof shown);
    snprintf(field, sizeof field, "--%s", option->name);
    jk_error_field(reading->error, field, "\"%s\" (from %s): %s", shown, source, allowed);
}

static void set_number(struct reading *reading, const struct option *option, const char *source, struct jk_span value)
{
    uint64_t number;
    char allowed[96];
    if (jk_span_to_u64(value, &number) && number >= (uint64_t)option->least && number <= (uint64_t)option->most) {
        *(long long *)((char *)reading->config + option->offset) = (long long)number;
        return;
    }
    snprintf(allowed, sizeof allowed, "give a number from %lld to %lld", option->least, option->most);
    refuse_value(reading, option, source, value, allowed);
}

static void set(struct reading *reading, size_t i, const char *source, struct jk_span value)
{
    const struct option *option = &options[i];
    char allowed[96];
    if (reading->set[i]) return;
    reading->set[i] = true;
    if (option->kind == NUMBER) {
        set_number(reading, option, source, value);
        return;
    }
    const char *choices = option->kind == CHOICE ? option->value : option->kind == FLAG ? "on|off" : NULL;
    if (choices && !is_choice(value, choices)) {
        snprintf(allowed, sizeof allowed, "give one of %s", choices);
        refuse_value(reading, option, source, value, allowed);
        return;
    }
    if (option->kind == TEXT && (value.len > (size_t)option->most || !jk_utf8_valid(value))) {
        snprintf(allowed, sizeof allowed, "give at most %lld bytes of UTF-8", option->most);
        refuse_value(reading, option, source, value, allowed);
        return;
    }
    const char *copy = jk_arena_copy(reading->config->arena, value.at, value.len);
    if (copy) *(const char **)((char *)reading->config + option->offset) = copy;
}

/* ---- flags ---- */

static bool is_wish(const char *argument, enum jk_config_wish *out_wish)
{
    if (!strcmp(argument, "--help") || !strcmp(argument, "-h") || !strcmp(argument, "help"))
        *out_wish = JK_CONFIG_HELP;
    else if (!strcmp(argument, "--version") || !strcmp(argument, "version"))
        *out_wish = JK_CONFIG_VERSION;
    else if (!strcmp(argument, "migrate"))
        *out_wish = JK_CONFIG_MIGRATE;
    else if (!strcmp(argument, "recover"))
        *out_wish = JK_CONFIG_RECOVER;
    else
        return false;
    return true;
}

static bool is_key_wish(const char *first, const char *second, enum jk_config_wish *out_wish)
{
    bool rotate = !strcmp(second, "rotate");
    if (strcmp(first, "key") != 0 || (!rotate && strcmp(second, "retire") != 0)) return false;
    *out_wish = rotate ? JK_CONFIG_ROTATE : JK_CONFIG_RETIRE;
    return true;
}

static void unknown_flag(struct reading *reading, const char *argument)
{
    char shown[96];
    jk_text_shorten(jk_span_of(argument), shown, sizeof shown);
    jk_error_field(reading->error, shown, "is not an option of jokbod; see jokbod --help");
}

/* OPTIONS: --config itself. */
static void take_flag(struct reading *reading, size_t option, struct jk_span value)
{
    char field[64];
    snprintf(field, sizeof field, "--%s", option == OPTIONS ? "config" : options[option].name);
    if (option == OPTIONS ? reading->file != NULL : reading->set[option])
        jk_error_field(reading->error, field, "is given twice: give it once");
    else if (option == OPTIONS)
        reading->file = value.at;
    else
        set(reading, option, "the command line", value);
}

static void read_flags(struct reading *reading, int argc, char **argv, enum jk_config_wish *out_wish)
{
    for (int i = 1; i < argc; i++) {
        struct jk_span name, value = jk_span_of(argv[i]);
        if (is_wish(argv[i], out_wish)) continue;
        if (i + 1 < argc && is_key_wish(argv[i], argv[i + 1], out_wish)) {
            i++;
            continue;
        }
        if (!strcmp(argv[i], "tiles") && i + 1 < argc && !strcmp(argv[i + 1], "rebuild")) {
            *out_wish = JK_CONFIG_REBUILD;
            i++;
            continue;
        }
        if (strncmp(argv[i], "--", 2) != 0) {
            unknown_flag(reading, argv[i]);
            continue;
        }
        bool joined = jk_span_cut(&value, '=', &name);
        if (!joined) name = jk_span_of(argv[i]);
        name.at += 2;
        name.len -= 2;
        size_t option = find_config_option(name);
        bool config = jk_span_equal(name, JK_SPAN("config"));
        if (option == OPTIONS && !config) {
            unknown_flag(reading, argv[i]);
        } else if (!joined && option < OPTIONS && options[option].kind == FLAG) {
            take_flag(reading, option, JK_SPAN("on"));
        } else if (!joined && i + 1 == argc) {
            jk_error_field(reading->error, argv[i], "needs a value");
        } else {
            if (!joined) value = jk_span_of(argv[++i]);
            take_flag(reading, option, value);
        }
    }
}

/* ---- environment ---- */

static void read_environment(struct reading *reading, char *(*environment)(const char *name))
{
    char name[64];
    for (size_t i = 0; i < OPTIONS; i++) {
        snprintf(name, sizeof name, "JOKBOD_%s", options[i].name);
        for (char *c = name; *c; c++)
            *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
        const char *value = environment(name);
        if (value) set(reading, i, name, jk_span_of(value));
    }
    if (!reading->file) reading->file = environment("JOKBOD_CONFIG");
}

/* ---- file ---- */

static void read_config_line(struct reading *reading, struct jk_span line, unsigned number)
{
    struct jk_span name;
    char source[64];
    line = jk_span_trim(line);
    if (!line.len || line.at[0] == '#') return;
    snprintf(source, sizeof source, "line %u of the file", number);
    size_t option = jk_span_cut(&line, '=', &name) ? find_config_option(jk_span_trim(name)) : OPTIONS;
    if (option == OPTIONS) {
        jk_error_field(reading->error, "--config", "%s is not \"name = value\" with the name of an option", source);
    } else if (reading->line[option]) {
        jk_error_field(reading->error, "--config", "%s gives --%s twice, after line %u: give it once", source,
                       options[option].name, reading->line[option]);
    } else {
        reading->line[option] = number;
        set(reading, option, source, jk_span_trim(line));
    }
}

static void read_config_file(struct reading *reading)
{
    if (!reading->file) return;
    char *bytes = malloc(FILE_MAX_BYTES + 1);
    FILE *file = bytes ? fopen(reading->file, "re") : NULL;
    size_t len = file ? fread(bytes, 1, FILE_MAX_BYTES + 1, file) : 0;
    struct jk_span rest = {bytes, len}, line;
    if (!file)
        jk_error_field(reading->error, "--config", "\"%.200s\" cannot be read: %s", reading->file, strerror(errno));
    else if (len > FILE_MAX_BYTES)
        jk_error_field(reading->error, "--config", "\"%.200s\" is larger than %d bytes", reading->file, FILE_MAX_BYTES);
    else
        for (unsigned number = 1; jk_span_line(&rest, &line); number++)
            read_config_line(reading, line, number);
    if (file) fclose(file);
    free(bytes);
}

enum jk_status jk_config_read(int argc, char **argv, char *(*environment)(const char *name), struct jk_arena *arena,
                              struct jk_config *out_config, enum jk_config_wish *out_wish, struct jk_error *error)
{
    struct reading reading = {.config = out_config, .error = error};
    memset(out_config, 0, sizeof *out_config);
    out_config->arena = arena;
    *out_wish = JK_CONFIG_SERVE;
    read_flags(&reading, argc, argv, out_wish);
    if (*out_wish == JK_CONFIG_HELP || *out_wish == JK_CONFIG_VERSION) return JK_OK;
    read_environment(&reading, environment);
    read_config_file(&reading);
    for (size_t i = 0; i < OPTIONS; i++)
        set(&reading, i, "the default", jk_span_of(options[i].fallback));
    if (!*out_config->data) out_config->data = ".data";
    return jk_error_result(error);
}

void jk_config_help(struct jk_text *out)
{
    jk_text_add_str(
        out, "jokbod: the registry's server\n\n"
             "  jokbod [options]            serves until SIGTERM or Ctrl-C\n"
             "  jokbod migrate [options]    brings the schema of --database up to date and ends\n"
             "  jokbod key rotate [options] makes the next signing key; run once more, with this server stopped,\n"
             "                              it hands the log over to that key: then both sign\n"
             "  jokbod key retire [options] ends the older key's time (this server stopped)\n"
             "  jokbod tiles rebuild [options]  writes the public folder anew from the database and ends\n"
             "  jokbod recover --from DIR|URL [options]\n"
             "                              replays what the database lacks from a published log and ends\n"
             "  jokbod --help | --version\n\n"
             "Options, each also as JOKBOD_NAME in the environment, or as \"name = value\" in the file that\n"
             "--config FILE (JOKBOD_CONFIG) names; a flag goes before the environment, that before the file:\n\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        jk_text_addf(out, "  --%s%s%s\n      %s", options[i].name, *options[i].value ? " " : "", options[i].value,
                     options[i].help);
        if (*options[i].fallback) jk_text_addf(out, " (default %s)", options[i].fallback);
        if (options[i].kind == NUMBER) jk_text_addf(out, "; %lld to %lld", options[i].least, options[i].most);
        jk_text_add_str(out, "\n");
    }
    jk_text_add_str(
        out, "\nEnds with 0 after a stop in good order, 1 when it cannot start or go on, 2 for wrong options.\n");
}
