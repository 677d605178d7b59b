/* Printing results: JSON, or sentences and tables with a little colour. */
#ifndef JK_CLI_CONSOLE_PRINT_H
#define JK_CLI_CONSOLE_PRINT_H

#include <jansson.h>

#include "cli/console/cli.h"
#include "cli/console/table.h"
#include "reply/json.h"

enum jk_paint { JK_PAINT_BOLD, JK_PAINT_DIM, JK_PAINT_RED, JK_PAINT_GREEN, JK_PAINT_YELLOW, JK_PAINT_CYAN };

/* Prints and frees; an object on lines of its own. NULL (out of memory) is INTERNAL. */
JK_MUST_USE enum jk_status jk_print_json(struct jk_cli *cli, json_t *value);
/* The same on one line, for streams. */
JK_MUST_USE enum jk_status jk_print_json_line(struct jk_cli *cli, json_t *value);
JK_MUST_USE enum jk_status jk_print_message(struct jk_cli *cli, const ProtobufCMessage *message);
/* The width that lines should keep to: the terminal's; 0 where there is none. */
size_t jk_print_width(const struct jk_cli *cli);
/* A line to `out`, made safe and folded to the terminal, its further lines set in by `indent` spaces. */
void jk_print_folded(struct jk_cli *cli, const char *text, size_t indent);
/* A line to `err`, folded to the terminal. */
void jk_print_note(struct jk_cli *cli, const char *text);
/* Fitted to the terminal, with a note on what was dropped; complete if there is none. */
void jk_print_table(struct jk_cli *cli, struct jk_table *table);
/* "name    value" rows, printed by jk_print_table; empty values are left out. */
void jk_print_fact(struct jk_table *table, const char *name, const char *value);
void jk_print_facts_init(struct jk_table *table, struct jk_cli *cli);
/* The same, with values that wrap on a narrow screen. */
void jk_print_facts_wrapped(struct jk_table *table, struct jk_cli *cli);
/* The text between the colour's codes, where colours are on; in the arena. */
const char *jk_print_painted(struct jk_cli *cli, enum jk_paint paint, const char *text);
/* "1,234,567"; in the arena. */
const char *jk_print_number(struct jk_cli *cli, int64_t value);
/* "12.34 %" of 1234 hundredths of a per cent; in the arena. */
const char *jk_print_hundredths(struct jk_cli *cli, uint32_t share);
/* "1 release", "3 releases". */
const char *jk_print_plural(struct jk_cli *cli, int64_t value, const char *one, const char *many);
const char *jk_print_safe(struct jk_cli *cli, const char *text);
/* The word of an enum's value, in the arena; "" for unspecified. */
const char *jk_print_word(struct jk_cli *cli, const ProtobufCEnumDescriptor *type, int value);
const char *jk_print_time(struct jk_cli *cli, const Google__Protobuf__Timestamp *time);
/* To the microsecond where there are any, in Asia/Seoul and as stored:
 * "2026-08-01 00:00:00 +09:00 (2026-07-31T15:00:00Z)"; "" where absent. */
const char *jk_print_moment(struct jk_cli *cli, const Google__Protobuf__Timestamp *time);

#endif
