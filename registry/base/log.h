/* Structured logging to standard error: one line an event, key=value or JSON. Thread-safe.
 * Written by main, service, rpc, http, and the loops of threads; pure code never logs.
 * No secret and no personal data: a value is escaped and cut at 1,024 bytes.
 * Limits: of one event 20 lines a second, debug excepted; then "log-left-out of=EVENT suppressed=N" says how many are
 * missing, with the next line of any event. */
#ifndef JK_BASE_LOG_H
#define JK_BASE_LOG_H

#include "base/span.h"

enum jk_log_level { JK_LOG_DEBUG, JK_LOG_INFO, JK_LOG_WARN, JK_LOG_ERROR };
enum jk_log_format { JK_LOG_LOGFMT, JK_LOG_JSON };

void jk_log_setup(enum jk_log_level least, enum jk_log_format format);
bool jk_log_wanted(enum jk_log_level level);
/* Pairs of key and value, closed by NULL: jk_log(JK_LOG_INFO, "listening", "address", text, NULL).
 * `event` is a short lower-case phrase with hyphens. */
void jk_log(enum jk_log_level level, const char *event, ...) __attribute__((sentinel));
/* Says what is missing so far, where no further line may come for a while. */
void jk_log_settle(void);
/* A number as a value, valid until the same thread has asked for eight more. */
const char *jk_log_i64(int64_t value);

#endif
