/* The command line's tables and their parsing, the config file, and the words of enums. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <jokbo/v1/registry.pb-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/console/complete.h"
#include "cli/console/faults.h"
#include "cli/console/help.h"
#include "cli/console/settings.h"
#include "cli/console/wrap.h"
#include "reply/json.h"

static struct jk_arena arena;
static struct jk_error error;
static struct jk_options options;

static int setup(void **state)
{
    (void)state;
    jk_arena_init(&arena, 8u << 20);
    const char *names[] = {"JOKBO_SERVER", "JOKBO_TOKEN",   "JOKBO_TOKEN_FILE", "JOKBO_CA",
                           "JOKBO_CONFIG", "JOKBO_TIMEOUT", "JOKBO_KEY",        "JOKBO_HTTP"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    setenv("HOME", "/nonexistent", 1);
    unsetenv("XDG_CONFIG_HOME");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    jk_arena_done(&arena);
    return 0;
}

/* Words separated by spaces, after the program's name. */
static enum jk_status parse(const char *line)
{
    char *argv[600] = {"jokbo"};
    int argc = 1;
    char *copy = jk_arena_copy(&arena, line, strlen(line));
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    jk_error_init(&error, &arena);
    return jk_options_parse(argc, argv, &options, &error);
}

static void good(const char *line, const char *command)
{
    if (parse(line) != JK_OK) fail_msg("%s: %s", line, error.message);
    assert_string_equal(options.command ? options.command->name : "", command);
}

static void refused(const char *line, const char *part)
{
    assert_int_equal(parse(line), JK_INVALID_ARGUMENT);
    assert_int_equal(jk_faults_exit(&error), JK_EXIT_USAGE);
    if (!strstr(error.message, part)) fail_msg("%s: \"%s\" lacks \"%s\"", line, error.message, part);
}

static void test_commands(void **state)
{
    (void)state;
    good("", "");
    good("show a/b", "show");
    good("publisher create kim", "publisher create");
    assert_int_equal(options.operand_count, 1);
    assert_string_equal(options.operands[0], "kim");
    good("--json show a/b", "show");
    good("show -- --odd", "show");
    assert_string_equal(options.operands[0], "--odd");
    good("register -", "register");
    good("show --help", "show");
    good("publisher --help", "");
    good("-h", "");
    refused("shwo a/b", "did you mean \"show\"");
    refused("nosuch --help", "there is no command \"nosuch\"");
    refused("publisher creat --help", "did you mean \"publisher create\"");
    refused("nosuch word --help", "there is no command \"nosuch\"");
    refused("publisher", "second word");
    refused("publisher creat x", "did you mean \"publisher create\"");
    refused("show", "operand is missing");
    refused("show a b", "too many");
    refused("show a/b --team x", "has no option --team");
}

static void test_values(void **state)
{
    (void)state;
    good("list --limit 5 --limit=7 --relation quantized", "list");
    assert_int_equal(jk_options_count(&options, JK_OPTION_LIMIT, 100), 7);
    assert_int_equal(jk_options_count(&options, JK_OPTION_AFTER, 3), 3);
    assert_string_equal(jk_options_text(&options, JK_OPTION_RELATION), "quantized");
    assert_null(jk_options_text(&options, JK_OPTION_TEAM));
    good("register x --parent a/b --parent=c/d", "register");
    const char *parents[4];
    assert_int_equal(jk_options_list(&options, JK_OPTION_PARENT, parents, 4), 2);
    assert_string_equal(parents[1], "c/d");
    assert_int_equal(jk_options_list(&options, JK_OPTION_PARENT, parents, 1), 1);
    refused("list --limit", "needs a value");
    refused("list --limit x", "whole number");
    refused("list --limit -1", "whole number");
    refused("list --relation quantised", "must be one of finetune");
    refused("list --relation x --limit y", "must be one of finetune");
    refused("list --relation x --limit y", "--limit \"y\" must be a whole number");
    refused("list --yanked=1", "takes no value");
    good("list --limit 1,234,567", "list");
    assert_int_equal(jk_options_count(&options, JK_OPTION_LIMIT, 100), 1234567);
    static const char *const wrong[] = {"1,0", "12,34", ",123", "1,234,", "1234,567", "1,,234", "0,123", ","};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char line[64];
        snprintf(line, sizeof line, "list --limit %s", wrong[i]);
        refused(line, "whole number");
    }
    refused("list --lmit 1", "did you mean --limit");
    refused("count --grup relation", "there is no option --grup: jokbo count --help lists them");
    refused("lineage --upp x", "did you mean --up?");
    refused("--nothing-like-it", "jokbo --help lists them");
    refused("list -x", "long names");
    refused("show \xff", "UTF-8");
    refused("list --contains \xff", "UTF-8");
}

static void test_limits(void **state)
{
    (void)state;
    struct jk_text line;
    jk_text_init(&line, 0);
    jk_text_add_str(&line, "register");
    for (int i = 0; i < JK_OPTION_VALUES_MAX; i++)
        jk_text_add_str(&line, " --json");
    good(line.bytes, "register");
    jk_text_add_str(&line, " --json");
    refused(line.bytes, "more than 256");
    jk_text_clear(&line);
    for (int i = 0; i <= JK_OPERANDS_MAX; i++)
        jk_text_add_str(&line, " a");
    refused(line.bytes, "more than 64");
    jk_text_done(&line);
}

static void test_json_survives_mistakes(void **state)
{
    (void)state;
    refused("show --bogus --json a/b", "no option --bogus");
    assert_true(jk_options_has(&options, JK_OPTION_JSON));
}

/* Every option that a command names is in the table, every name is used once, and every row can be found. */
static void test_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < jk_command_count; i++) {
        struct jk_span rest = jk_span_of(jk_command_table[i].options), word;
        while (rest.len > 0) {
            (void)jk_span_cut(&rest, ' ', &word);
            size_t o = 0;
            while (o < JK_OPTION_COUNT && !jk_span_equal(word, jk_span_of(jk_option_table[o].name)))
                o++;
            if (o == JK_OPTION_COUNT) fail_msg("%s: no option %.*s", jk_command_table[i].name, JK_SPAN_ARG(word));
            assert_false(jk_option_table[o].common);
        }
        good(jk_arena_printf(&arena, "%s --help", jk_command_table[i].name), jk_command_table[i].name);
    }
    for (size_t o = 0; o < JK_OPTION_COUNT; o++) {
        bool used = jk_option_table[o].common;
        for (size_t i = 0; i < jk_command_count; i++)
            used |= jk_command_takes(&jk_command_table[i], o);
        if (!used) fail_msg("--%s is of no use", jk_option_table[o].name);
        assert_int_equal(jk_option_table[o].kind == JK_OPTION_KIND_FLAG, jk_option_table[o].value[0] == '\0');
    }
}

/* Line ends and the blanks that follow become one blank. */
static void flatten(char *text)
{
    char *to = text;
    for (const char *at = text; *at; at++) {
        bool blank = *at == ' ' || *at == '\n';
        if (blank && to > text && to[-1] == ' ') continue;
        *to++ = blank ? ' ' : *at;
    }
    *to = '\0';
}

static void assert_wrapped(const char *text, struct jk_column_of_text place, const char *expected)
{
    char *bytes;
    size_t len;
    FILE *file = open_memstream(&bytes, &len);
    jk_wrap_print(text, place, file);
    fclose(file);
    assert_string_equal(bytes, expected);
    free(bytes);
}

static void test_wrapping(void **state)
{
    (void)state;
    const struct jk_column_of_text narrow = {2, 4, 12};
    assert_wrapped("", narrow, "\n");
    assert_wrapped("one two", narrow, "one two\n");
    assert_wrapped("one two three\nfour", narrow, "one two\n    three\n    four\n");
    assert_wrapped("--by one|two|three", narrow, "--by one|\n    two|\n    three\n");
    assert_wrapped("a-word-that-is-too-long so", narrow, "a-word-that-is-too-long\n    so\n");
}

static void test_help_keeps_to_the_width(void **state)
{
    (void)state;
    char *bytes;
    size_t len;
    FILE *file = open_memstream(&bytes, &len);
    jk_help_overview(file, 80);
    for (size_t i = 0; i < jk_command_count; i++)
        jk_help_command(&jk_command_table[i], file, 80);
    fclose(file);
    struct jk_span rest = {bytes, len}, line;
    while (jk_span_line(&rest, &line))
        if (!jk_span_starts(line, JK_SPAN("Usage: "))) assert_in_range(line.len, 0, 82); /* 족보 is six bytes */
    free(bytes);
}

static void test_help_and_completion(void **state)
{
    (void)state;
    char *bytes;
    size_t len;
    FILE *file = open_memstream(&bytes, &len);
    jk_help_overview(file, 80);
    for (size_t i = 0; i < jk_command_count; i++)
        jk_help_command(&jk_command_table[i], file, 80);
    assert_true(jk_complete_write("bash", file));
    assert_true(jk_complete_write("zsh", file));
    assert_true(jk_complete_write("fish", file));
    assert_false(jk_complete_write("tcsh", file));
    fclose(file);
    flatten(bytes);
    for (size_t i = 0; i < jk_command_count; i++)
        assert_non_null(strstr(bytes, jk_command_table[i].summary));
    assert_non_null(strstr(bytes, "--by relation|hub-relation|"));
    assert_non_null(strstr(bytes, "complete -o filenames -F _jokbo jokbo"));
    free(bytes);
}

static enum jk_status load(const char *line, struct jk_settings *settings, struct jk_text *warnings)
{
    good(line, "whoami");
    jk_text_clear(warnings);
    return jk_settings_load(&options, &arena, settings, warnings, &error);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void test_precedence(void **state)
{
    (void)state;
    struct jk_settings settings;
    struct jk_text warnings;
    char folder[] = "/tmp/jokbo-test-XXXXXX", line[256], path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/config", folder);
    snprintf(line, sizeof line, "whoami --config %s", path);
    jk_text_init(&warnings, 0);
    assert_int_equal(load("whoami", &settings, &warnings), JK_OK);
    assert_string_equal(settings.server, JK_DEFAULT_SERVER);
    assert_null(settings.token);
    assert_false(settings.tls);
    write_file(path, "# comment\n\nserver = example.org:443\n token=file-token\ncolor = never\n", 0600);
    assert_int_equal(load(line, &settings, &warnings), JK_OK);
    assert_string_equal(settings.server, "example.org:443");
    assert_string_equal(settings.token, "file-token");
    assert_true(settings.tls);
    assert_int_equal(settings.color, JK_COLOR_NEVER);
    assert_int_equal(warnings.len, 0);
    setenv("JOKBO_TOKEN", "env-token", 1);
    assert_int_equal(load(line, &settings, &warnings), JK_OK);
    assert_string_equal(settings.token, "env-token");
    assert_int_equal(load("whoami --token flag-token --server unix:/x", &settings, &warnings), JK_OK);
    assert_string_equal(settings.token, "flag-token");
    assert_true(settings.loopback);
    unsetenv("JOKBO_TOKEN");
    chmod(path, 0604);
    assert_int_equal(load(line, &settings, &warnings), JK_OK);
    assert_null(settings.token);
    assert_non_null(strstr(warnings.bytes, "chmod 600"));
    write_file(path, "serve = x\n", 0600);
    assert_int_equal(load(line, &settings, &warnings), JK_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "line 1"));
    unlink(path);
    assert_int_equal(load(line, &settings, &warnings), JK_INVALID_ARGUMENT);
    assert_int_equal(jk_faults_exit(&error), JK_EXIT_LOCAL_FILE);
    rmdir(folder);
    jk_text_done(&warnings);
}

static enum jk_status load_verify(const char *line, struct jk_settings *settings)
{
    struct jk_text warnings;
    jk_text_init(&warnings, 0);
    good(line, "verify");
    enum jk_status status = jk_settings_load(&options, &arena, settings, &warnings, &error);
    jk_text_done(&warnings);
    return status;
}

/* Where the log's key and files are. */
static void test_key_and_http(void **state)
{
    (void)state;
    struct jk_settings settings;
    assert_int_equal(load_verify("verify x", &settings), JK_OK);
    assert_null(settings.key);
    assert_string_equal(settings.http, JK_DEFAULT_HTTP);
    assert_int_equal(load_verify("verify x --server example.org:443", &settings), JK_OK);
    assert_null(settings.http);
    setenv("JOKBO_KEY", "env-key", 1);
    setenv("JOKBO_HTTP", "https://example.org/log//", 1);
    assert_int_equal(load_verify("verify x", &settings), JK_OK);
    assert_string_equal(settings.key, "env-key");
    assert_string_equal(settings.key_where, "JOKBO_KEY");
    assert_string_equal(settings.http, "https://example.org/log");
    assert_int_equal(load_verify("verify x --key k --http http://a", &settings), JK_OK);
    assert_string_equal(settings.key, "k");
    assert_string_equal(settings.key_where, "--key");
    assert_string_equal(settings.http, "http://a");
    assert_int_equal(load_verify("verify x --http ftp://a", &settings), JK_INVALID_ARGUMENT);
    assert_int_equal(jk_faults_exit(&error), JK_EXIT_USAGE);
    unsetenv("JOKBO_KEY");
    unsetenv("JOKBO_HTTP");
}

/* Each kind of failed check has a code of its own. */
static void test_exit_codes_of_checks(void **state)
{
    (void)state;
    const struct {
        const char *reason;
        enum jk_exit code;
    } rows[] = {{"NOT_VERIFIED", JK_EXIT_NOT_VERIFIED},
                {"LOG_FORKED", JK_EXIT_FORKED},
                {"RECEIPT_WRONG", JK_EXIT_RECEIPT_WRONG}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        jk_error_init(&error, &arena);
        assert_int_equal(jk_fail(&error, JK_FAILED_PRECONDITION, rows[i].reason, "x"), JK_FAILED_PRECONDITION);
        assert_int_equal(jk_faults_exit(&error), rows[i].code);
    }
}

static void test_settings_refused(void **state)
{
    (void)state;
    struct jk_settings settings;
    struct jk_text warnings;
    const char *const bad[] = {"--server x",       "--server https://x:1", "--server :1", "--server x:0",
                               "--server x:65536", "--server unix:",       "--timeout 0", "--timeout 3601",
                               "--tls --no-tls",   "--token a\tb"};
    jk_text_init(&warnings, 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (load(jk_arena_printf(&arena, "whoami %s", bad[i]), &settings, &warnings) == JK_OK) fail_msg("%s", bad[i]);
        assert_int_equal(jk_faults_exit(&error), JK_EXIT_USAGE);
    }
    assert_int_equal(load("whoami --timeout 3600 --server x:65535", &settings, &warnings), JK_OK);
    assert_true(jk_settings_is_loopback("127.0.0.1:1") && jk_settings_is_loopback("[::1]:1") &&
                jk_settings_is_loopback("localhost:1"));
    assert_false(jk_settings_is_loopback("127.0.0.1.evil.org:1") || jk_settings_is_loopback("10.0.0.1:1"));
    jk_text_done(&warnings);
}

static void test_enum_words(void **state)
{
    (void)state;
    char word[JK_JSON_WORD];
    int value = 0;
    const ProtobufCEnumDescriptor *findings = &jokbo__v1__finding_kind__descriptor;
    assert_string_equal(jk_json_enum_word(findings, JOKBO__V1__FINDING_KIND__FINDING_KIND_LICENSE_CONFLICT, word),
                        "license-conflict");
    assert_string_equal(jk_json_enum_word(findings, 0, word), "");
    assert_string_equal(jk_json_enum_word(findings, 99, word), "99");
    assert_true(jk_json_enum_parse(findings, "self", &value));
    assert_int_equal(value, 1);
    assert_false(jk_json_enum_parse(findings, "unspecified", &value));
    assert_false(jk_json_enum_parse(findings, "", &value));
}

static void test_message_json(void **state)
{
    (void)state;
    Jokbo__V1__Derivative derivative = JOKBO__V1__DERIVATIVE__INIT;
    Jokbo__V1__RegisteredParent registered = JOKBO__V1__REGISTERED_PARENT__INIT;
    Jokbo__V1__Parent parent = JOKBO__V1__PARENT__INIT, *parents[] = {&parent};
    registered.name = "a/b";
    parent.kind_case = JOKBO__V1__PARENT__KIND_REGISTERED;
    parent.registered = &registered;
    derivative.name = "족보/x";
    derivative.relation = JOKBO__V1__RELATION__RELATION_QUANTIZED;
    derivative.parents = parents;
    derivative.n_parents = 1;
    json_t *value = jk_json_message(&derivative.base);
    char *text = json_dumps(value, JSON_COMPACT);
    assert_non_null(strstr(text, "{\"name\":\"족보/x\",\"version\":\"\",\"relation\":\"quantized\""));
    assert_non_null(strstr(text, "\"parents\":[{\"registered\":{\"name\":\"a/b\",\"lineage_hash\":\"\"}}]"));
    free(text);
    json_decref(value);
}

static void test_times_in_json(void **state)
{
    (void)state;
    Jokbo__V1__Publisher publisher = JOKBO__V1__PUBLISHER__INIT;
    Google__Protobuf__Timestamp time;
    char people[JK_TIME_TEXT];
    jk_json_time_set(1768435200000001, &time);
    assert_string_equal(jk_json_time_people(&time, people), "2026-01-15 09:00 KST");
    assert_string_equal(jk_json_time_people(NULL, people), "");
    json_t *value = jk_json_message(&publisher.base);
    assert_true(json_is_null(json_object_get(value, "create_time")));
    json_decref(value);
    publisher.create_time = &time;
    value = jk_json_message(&publisher.base);
    assert_string_equal(json_string_value(json_object_get(value, "create_time")), "2026-01-15T00:00:00.000001Z");
    assert_true(json_is_false(json_object_get(value, "verified")));
    assert_true(json_is_integer(json_object_get(value, "log_index")));
    json_decref(value);
}

static void test_exits(void **state)
{
    (void)state;
    static const struct {
        enum jk_status status;
        enum jk_exit exit;
    } rows[] = {{JK_INVALID_ARGUMENT, JK_EXIT_REFUSED},
                {JK_FAILED_PRECONDITION, JK_EXIT_REFUSED},
                {JK_NOT_FOUND, JK_EXIT_NOT_FOUND},
                {JK_ALREADY_EXISTS, JK_EXIT_CONFLICT},
                {JK_ABORTED, JK_EXIT_CONFLICT},
                {JK_UNAUTHENTICATED, JK_EXIT_NOT_PERMITTED},
                {JK_PERMISSION_DENIED, JK_EXIT_NOT_PERMITTED},
                {JK_UNAVAILABLE, JK_EXIT_TRY_AGAIN},
                {JK_DEADLINE_EXCEEDED, JK_EXIT_TRY_AGAIN},
                {JK_RESOURCE_EXHAUSTED, JK_EXIT_TRY_AGAIN},
                {JK_INTERNAL, JK_EXIT_INTERNAL},
                {JK_UNKNOWN, JK_EXIT_INTERNAL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        jk_error_init(&error, &arena);
        (void)jk_fail(&error, rows[i].status, "X", "x");
        assert_int_equal(jk_faults_exit(&error), rows[i].exit);
    }
    jk_error_init(&error, &arena);
    (void)jk_fail(&error, JK_INVALID_ARGUMENT, "INPUT_INCOMPLETE", "x");
    assert_int_equal(jk_faults_exit(&error), JK_EXIT_INCOMPLETE);
}

/* A status of the server with bytes that are none: the message stays, nothing else comes of it. */
static void test_server_errors(void **state)
{
    (void)state;
    jk_error_init(&error, &arena);
    assert_int_equal(jk_faults_from_server(5, JK_SPAN("no\033such"), JK_SPAN("\xff\xff\xff"), &error), JK_NOT_FOUND);
    assert_string_equal(error.message, "no?such");
    assert_int_equal(error.violation_count, 0);
    jk_error_init(&error, &arena);
    assert_int_equal(jk_faults_from_server(99, JK_SPAN(""), JK_SPAN(""), &error), JK_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands),      cmocka_unit_test(test_values),
        cmocka_unit_test(test_limits),        cmocka_unit_test(test_json_survives_mistakes),
        cmocka_unit_test(test_tables),        cmocka_unit_test(test_help_and_completion),
        cmocka_unit_test(test_wrapping),      cmocka_unit_test(test_help_keeps_to_the_width),
        cmocka_unit_test(test_precedence),    cmocka_unit_test(test_settings_refused),
        cmocka_unit_test(test_key_and_http),  cmocka_unit_test(test_exit_codes_of_checks),
        cmocka_unit_test(test_enum_words),    cmocka_unit_test(test_message_json),
        cmocka_unit_test(test_times_in_json), cmocka_unit_test(test_exits),
        cmocka_unit_test(test_server_errors),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
