/* Errors as people and programs see them: decoded from the server's google.rpc.Status, printed, and mapped to an exit
 * code. */
#ifndef JK_CLI_CONSOLE_FAULTS_H
#define JK_CLI_CONSOLE_FAULTS_H

#include <stdio.h>

#include "base/error.h"

enum jk_exit {
#define JK_EXIT(name, number, text) JK_EXIT_##name = number,
#include "cli/console/exit.def"
#undef JK_EXIT
};

/* Fills the error from a call's status, message and the bytes of grpc-status-details-bin (empty for none). */
enum jk_status jk_faults_from_server(int grpc_status, struct jk_span message, struct jk_span details,
                                     struct jk_error *error);
enum jk_exit jk_faults_exit(const struct jk_error *error);
/* The value of a fact, NULL for none. */
const char *jk_faults_fact(const struct jk_error *error, const char *key);
/* One line per error, for people. */
void jk_faults_print(const struct jk_error *error, FILE *file, bool color);
/* {"error": {…}}. */
void jk_faults_print_json(const struct jk_error *error, FILE *file);

#endif
