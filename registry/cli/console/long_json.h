/* An object as jk_print_json prints it, with a last member whose list is too long to be held: its items are printed one
 * after the other. One thread. */
#ifndef JK_CLI_CONSOLE_LONG_JSON_H
#define JK_CLI_CONSOLE_LONG_JSON_H

#include <jansson.h>

#include "cli/console/cli.h"

struct jk_long_json {
    struct jk_cli *cli;
    bool begun; /* an item is printed */
};

/* `head` (NULL: out of memory) has the other members, one at least; it is released. */
JK_MUST_USE enum jk_status jk_long_json_begin(struct jk_cli *cli, json_t *head, const char *list,
                                              struct jk_long_json *out_json);
JK_MUST_USE enum jk_status jk_long_json_item(struct jk_long_json *json, json_t *item); /* NULL and releasing as above */
JK_MUST_USE enum jk_status jk_long_json_end(struct jk_long_json *json);

#endif
