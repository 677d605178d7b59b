/* Combining the three sources of settings. */
#include "cli/console/settings.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "cli/console/local.h"
#include "cli/console/profile.h"

#define CONFIG_MAX     (64u << 10)
#define TOKEN_FILE_MAX 4096u

/* What the config file says. */
struct config_file {
    struct jk_arena *arena;
    const char *server, *token, *token_file, *ca, *color, *timeout, *key, *http;
};

static enum jk_status usage(struct jk_error *error, const char *what, const char *value, const char *rule)
{
    char shown[128];
    jk_text_shorten(jk_span_of(value), shown, sizeof shown);
    return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "%s \"%s\" %s", what, shown, rule);
}

static enum jk_status take_setting(struct config_file *file, struct jk_span key, struct jk_span value, unsigned line,
                                   struct jk_error *error)
{
    struct {
        const char *key;
        const char **place;
    } places[] = {{"server", &file->server}, {"token", &file->token}, {"token_file", &file->token_file},
                  {"ca", &file->ca},         {"color", &file->color}, {"timeout", &file->timeout},
                  {"key", &file->key},       {"http", &file->http}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (!jk_span_equal(key, jk_span_of(places[i].key))) continue;
        *places[i].place = jk_arena_copy(file->arena, value.at, value.len);
        return JK_OK;
    }
    char shown[64];
    jk_text_shorten(key, shown, sizeof shown);
    return jk_fail(
        error, JK_INVALID_ARGUMENT, "LOCAL_FILE",
        "config file, line %u: there is no setting \"%s\"; there are server, token, token_file, ca, color, timeout, "
        "key, http",
        line, shown);
}

/* Lines "key = value"; "#" begins a comment line. */
static enum jk_status read_settings(struct jk_span text, struct config_file *file, struct jk_error *error)
{
    struct jk_span rest = text, line, key;
    for (unsigned number = 1; jk_span_line(&rest, &line); number++) {
        line = jk_span_trim(line);
        if (line.len == 0 || line.at[0] == '#') continue;
        if (!jk_span_cut(&line, '=', &key))
            return jk_fail(error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "config file, line %u: it must be \"key = value\"",
                           number);
        JK_TRY(take_setting(file, jk_span_trim(key), jk_span_trim(line), number, error));
    }
    return JK_OK;
}

const char *jk_settings_variable(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

static enum jk_status read_config(const struct jk_options *options, struct config_file *file, struct jk_text *warnings,
                                  struct jk_error *error)
{
    const char *path;
    struct jk_span text;
    JK_TRY(jk_profile_file(options, file->arena, &path, warnings, error));
    if (!path) return JK_OK;
    JK_TRY(jk_local_read(path, CONFIG_MAX, file->arena, &text, error));
    JK_TRY(read_settings(text, file, error));
    if (file->token && jk_local_readers(path) == 2) {
        file->token = NULL;
        jk_text_addf(warnings,
                     "the token in %s is not used, because everybody on this machine can read it: chmod 600 %s\n", path,
                     path);
    }
    return JK_OK;
}

/* A token given nearer to the call goes before one from further away, whether text or file. */
static enum jk_status choose_token(const struct jk_options *options, const struct config_file *file,
                                   struct jk_settings *settings, struct jk_text *warnings, struct jk_error *error)
{
    const char *texts[] = {jk_options_text(options, JK_OPTION_TOKEN), jk_settings_variable("JOKBO_TOKEN"), file->token};
    const char *paths[] = {jk_options_text(options, JK_OPTION_TOKEN_FILE), jk_settings_variable("JOKBO_TOKEN_FILE"),
                           file->token_file};
    for (size_t i = 0; i < 3 && !settings->token; i++) {
        if (texts[i])
            settings->token = texts[i];
        else if (paths[i]) {
            struct jk_span text;
            JK_TRY(jk_local_read(paths[i], TOKEN_FILE_MAX, file->arena, &text, error));
            text = jk_span_trim(text);
            settings->token = jk_arena_copy(file->arena, text.at, text.len);
            if (jk_local_readers(paths[i]) > 0)
                jk_text_addf(warnings, "others on this machine can read %s: chmod 600 %s\n", paths[i], paths[i]);
        }
    }
    for (const char *c = settings->token ? settings->token : ""; *c; c++)
        if (*c <= ' ' || *c > '~')
            return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "the token contains characters that no token has");
    return JK_OK;
}

static const char *choose_setting(const struct jk_options *options, enum jk_option_id id, const char *variable,
                                  const char *file, const char *otherwise)
{
    const char *text = jk_options_text(options, id);
    if (!text && variable) text = jk_settings_variable(variable);
    if (!text) text = file;
    return text ? text : otherwise;
}

bool jk_settings_is_loopback(const char *server)
{
    struct jk_span address = jk_span_of(server);
    const char *colon = strrchr(server, ':');
    if (jk_span_starts(address, JK_SPAN("unix:"))) return true;
    if (colon) address.len = (size_t)(colon - server);
    if (jk_span_equal_fold(address, JK_SPAN("localhost")) || jk_span_equal(address, JK_SPAN("[::1]"))) return true;
    if (!jk_span_starts(address, JK_SPAN("127."))) return false;
    for (size_t i = 0; i < address.len; i++)
        if (address.at[i] != '.' && !jk_ascii_digit(address.at[i])) return false;
    return true;
}

static enum jk_status check_server(const char *server, struct jk_error *error)
{
    if (strncmp(server, "unix:", 5) == 0)
        return server[5] ? JK_OK : usage(error, "the server", server, "needs a path after unix:");
    const char *colon = strrchr(server, ':');
    uint64_t port;
    if (!colon || colon == server || !jk_span_to_u64(jk_span_of(colon + 1), &port) || port == 0 || port > 65535)
        return usage(error, "the server", server, "must be host:port or unix:/path");
    return strstr(server, "://") ? usage(error, "the server", server, "must be host:port, without a scheme") : JK_OK;
}

static enum jk_status choose_color(const char *text, struct jk_settings *settings, struct jk_error *error)
{
    const char *words[] = {"auto", "always", "never"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, words[i]) != 0) continue;
        settings->color = (enum jk_color)i;
        return JK_OK;
    }
    return usage(error, "color", text, "must be auto, always or never");
}

static void choose_key(const struct jk_options *options, const char *file, struct jk_settings *settings)
{
    const char *texts[] = {jk_options_text(options, JK_OPTION_KEY), jk_settings_variable("JOKBO_KEY"), file};
    const char *const places[] = {"--key", "JOKBO_KEY", "the config file"};
    for (size_t i = 0; i < 3 && !settings->key; i++) {
        settings->key = texts[i];
        settings->key_where = places[i];
    }
}

static enum jk_status choose_http(const char *text, struct jk_arena *arena, struct jk_settings *settings,
                                  struct jk_error *error)
{
    struct jk_span url = jk_span_of(text);
    if (!text) return JK_OK;
    if (!jk_span_is_url(url)) return usage(error, "http", text, "must be a URL that begins with http:// or https://");
    while (url.len > 0 && url.at[url.len - 1] == '/')
        url.len--;
    settings->http = jk_arena_copy(arena, url.at, url.len);
    return JK_OK;
}

static enum jk_status choose_tls(const struct jk_options *options, struct jk_settings *settings,
                                 struct jk_text *warnings, struct jk_error *error)
{
    bool on = jk_options_has(options, JK_OPTION_TLS), off = jk_options_has(options, JK_OPTION_NO_TLS);
    if (on && off) return jk_fail(error, JK_INVALID_ARGUMENT, "USAGE", "--tls and --no-tls cannot be combined");
    settings->tls = !off && (on || settings->ca || !settings->loopback);
    if (!settings->tls && !settings->loopback && settings->token)
        jk_text_add_str(warnings, "the token travels in plain text: use TLS\n");
    return JK_OK;
}

enum jk_status jk_settings_load(const struct jk_options *options, struct jk_arena *arena,
                                struct jk_settings *out_settings, struct jk_text *warnings, struct jk_error *error)
{
    struct config_file file = {.arena = arena};
    struct jk_settings settings = {0};
    JK_TRY(read_config(options, &file, warnings, error));
    settings.server = choose_setting(options, JK_OPTION_SERVER, "JOKBO_SERVER", file.server, JK_DEFAULT_SERVER);
    settings.ca = choose_setting(options, JK_OPTION_CA, "JOKBO_CA", file.ca, NULL);
    settings.loopback = jk_settings_is_loopback(settings.server);
    choose_key(options, file.key, &settings);
    /* A file that names another server than the one asked says where another log's files are. */
    JK_TRY(choose_http(choose_setting(options, JK_OPTION_HTTP, "JOKBO_HTTP",
                                      file.server && strcmp(file.server, settings.server) != 0 ? NULL : file.http,
                                      strcmp(settings.server, JK_DEFAULT_SERVER) == 0 ? JK_DEFAULT_HTTP : NULL),
                       arena, &settings, error));
    JK_TRY(check_server(settings.server, error));

    const char *text = choose_setting(options, JK_OPTION_TIMEOUT, "JOKBO_TIMEOUT", file.timeout, NULL);
    uint64_t seconds = JK_DEFAULT_TIMEOUT_S;
    if (text && (!jk_span_to_u64(jk_span_of(text), &seconds) || seconds < 1 || seconds > JK_TIMEOUT_MAX_S))
        return usage(error, "timeout", text, "must be 1 to 3600 seconds");
    settings.timeout_s = (unsigned)seconds;

    JK_TRY(choose_color(choose_setting(options, JK_OPTION_COLOR, NULL, file.color, "auto"), &settings, error));
    JK_TRY(choose_token(options, &file, &settings, warnings, error));
    JK_TRY(choose_tls(options, &settings, warnings, error));
    *out_settings = settings;
    return JK_OK;
}
