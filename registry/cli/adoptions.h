/* Adoptions as text: shared by `adopt`, `adoption list`, `dispute` and `claims`. */
#ifndef JK_CLI_ADOPTIONS_H
#define JK_CLI_ADOPTIONS_H

#include <jokbo/v1/registry.pb-c.h>

#include "cli/console/pages.h"

/* "host/id" from what a user wrote, in the command's arena; NULL with a usage error if it cannot be one. */
char *jk_adoptions_external(struct jk_cli *cli, const char *given);

struct jk_adoptions_wish {
    const char *team, *model; /* empty: any */
    int64_t after;            /* log index; 0: all */
    bool ended;               /* those that ended too */
    uint64_t limit;           /* 0: all */
};
JK_MUST_USE enum jk_status jk_adoptions_fetch(struct jk_cli *cli, const struct jk_adoptions_wish *wish,
                                              struct jk_list *out_list);
void jk_adoptions_print(struct jk_cli *cli, const struct jk_list *list);

#endif
