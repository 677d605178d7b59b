/* The options of jokbod, from flags, environment and file, all by one table (config.def). Read once at start. */
#ifndef JK_DAEMON_CONFIG_H
#define JK_DAEMON_CONFIG_H

#include "base/error.h"
#include "base/text.h"

struct jk_config {
#define JK_OPTION_TEXT(field)                                            const char *field;
#define JK_OPTION_NUMBER(field)                                          long long field;
#define JK_OPTION_CHOICE(field)                                          const char *field;
#define JK_OPTION_FLAG(field)                                            const char *field; /* on, off */
#define JK_OPTION(kind, field, name, value, fallback, least, most, help) JK_OPTION_##kind(field)
#include "daemon/config.def"
#undef JK_OPTION
#undef JK_OPTION_TEXT
#undef JK_OPTION_NUMBER
#undef JK_OPTION_CHOICE
#undef JK_OPTION_FLAG
    struct jk_arena *arena; /* owns the texts */
};

enum jk_config_wish {
    JK_CONFIG_SERVE,
    JK_CONFIG_MIGRATE,
    JK_CONFIG_REBUILD,
    JK_CONFIG_RECOVER,
    JK_CONFIG_ROTATE,
    JK_CONFIG_RETIRE,
    JK_CONFIG_HELP,
    JK_CONFIG_VERSION
};

/* INVALID_ARGUMENT names every wrong option, its source, its value and what is allowed. `environment`: getenv, or a
 * test's. */
JK_MUST_USE enum jk_status jk_config_read(int argc, char **argv, char *(*environment)(const char *name),
                                          struct jk_arena *arena, struct jk_config *out_config,
                                          enum jk_config_wish *out_wish, struct jk_error *error);
void jk_config_help(struct jk_text *out);

#endif
