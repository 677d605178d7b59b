/* Lists of the interface, page by page. */
#ifndef JK_CLI_CONSOLE_PAGES_H
#define JK_CLI_CONSOLE_PAGES_H

#include <jansson.h>

#include "cli/console/cli.h"

#define JK_PAGES_DEFAULT 100

struct jk_pages {
    const ProtobufCServiceDescriptor *service;
    const char *method;
    ProtobufCMessage *request; /* its page_size and page_token are set here */
    const char *field;         /* of the reply, that holds the items: "models" */
    uint64_t limit;            /* 0: all */
};

struct jk_list {
    ProtobufCMessage **items; /* in the arena */
    size_t count;
    int64_t total;    /* as the server says */
    int64_t log_size; /* 0 where the reply has none */
    int32_t revision; /* of a closed stage's report, 0 for none; then up to which log size rulings are taken */
    int64_t rulings_size;
};

JK_MUST_USE enum jk_status jk_pages_fetch(struct jk_cli *cli, const struct jk_pages *pages, struct jk_list *out_list);
/* --limit, or the default. */
uint64_t jk_pages_limit(const struct jk_cli *cli);
/* The items alone, and {"<field>": […], "total_size": n, "log_size": n} and what a revision has; NULL: out of memory.
 */
json_t *jk_pages_items_json(const struct jk_list *list);
json_t *jk_pages_json(const struct jk_pages *pages, const struct jk_list *list);
JK_MUST_USE enum jk_status jk_pages_print_json(struct jk_cli *cli, const struct jk_pages *pages,
                                               const struct jk_list *list);
/* "3 of 120; --limit 0 shows all", on err, where something was left out. */
void jk_pages_note(struct jk_cli *cli, const struct jk_list *list);

#endif
