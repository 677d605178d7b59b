/* Options and operands that stand for enum values and numbers. */
#ifndef JK_CLI_CONSOLE_WORDS_H
#define JK_CLI_CONSOLE_WORDS_H

#include "cli/console/cli.h"

/* The values of a LIST option as numbers of an enum; none given leaves `out_values` as they are, with *out_count 0.
 * USAGE lists the words there are. */
JK_MUST_USE enum jk_status jk_words_values(struct jk_cli *cli, enum jk_option_id id,
                                           const ProtobufCEnumDescriptor *type, int *out_values, size_t room,
                                           size_t *out_count);
/* An operand that is a number from 1. */
JK_MUST_USE enum jk_status jk_words_number(struct jk_cli *cli, size_t operand, const char *what, int64_t *out_number);

#endif
