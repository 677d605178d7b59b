/* Findings as sentences. */
#ifndef JK_CLI_FINDINGS_H
#define JK_CLI_FINDINGS_H

#include <jokbo/v1/registry.pb-c.h>

#include "cli/console/cli.h"

void jk_findings_print(struct jk_cli *cli, Jokbo__V1__Finding *const *findings, size_t count);
/* "self, license-unknown", each kind once; in the arena. */
const char *jk_findings_words(struct jk_cli *cli, Jokbo__V1__Finding *const *findings, size_t count);

#endif
