/* Where the server is, who the caller is, how to print: options take precedence over the environment, and that over the
 * settings file that profile.h finds. */
#ifndef JK_CLI_CONSOLE_SETTINGS_H
#define JK_CLI_CONSOLE_SETTINGS_H

#include "base/text.h"
#include "cli/console/options.h"

#define JK_DEFAULT_SERVER    "127.0.0.1:7443"
#define JK_DEFAULT_HTTP      "http://127.0.0.1:7480" /* beside the default server */
#define JK_DEFAULT_TIMEOUT_S 30
#define JK_TIMEOUT_MAX_S     3600

enum jk_color { JK_COLOR_AUTO, JK_COLOR_ALWAYS, JK_COLOR_NEVER };

struct jk_settings {
    const char *server;
    const char *token;     /* NULL for none; secret */
    const char *ca;        /* file, NULL for the system's */
    const char *key;       /* verifier key of the log, or a file that holds it; NULL for none */
    const char *key_where; /* "--key", "JOKBO_KEY" or "the config file" */
    const char *http;      /* where the log's files are served, without a slash at the end; NULL: not known */
    bool tls;
    enum jk_color color;
    unsigned timeout_s;
    bool loopback; /* the server is on this machine */
};

/* Reads the environment, the file of settings and the token file. Strings lie in the arena or in the options. Warnings,
 * one a line, are added to `warnings`. Failures: USAGE, LOCAL_FILE. */
JK_MUST_USE enum jk_status jk_settings_load(const struct jk_options *options, struct jk_arena *arena,
                                            struct jk_settings *out_settings, struct jk_text *warnings,
                                            struct jk_error *error);

/* Of the environment; NULL for an absent or empty one. */
const char *jk_settings_variable(const char *name);
/* Whether an address is on this machine: unix:, localhost, 127.x.x.x, [::1]. */
bool jk_settings_is_loopback(const char *server);

#endif
