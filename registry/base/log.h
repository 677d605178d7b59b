/* Structured logging to standard error: one line per event, as key=value or JSON. Thread-safe. Used by main, service,
 * rpc, http and the loops of threads; pure code never logs. No secrets and no personal data; values are escaped and cut
 * at 1,024 bytes. Limits: 20 lines a second of any event, except debug; the next line of any event is then preceded by
 * "log-left-out of=EVENT suppressed=N". */
#ifndef JK_BASE_LOG_H
#define JK_BASE_LOG_H

#include "base/span.h"

enum jk_log_level { JK_LOG_DEBUG, JK_LOG_INFO, JK_LOG_WARN, JK_LOG_ERROR };
enum jk_log_format { JK_LOG_LOGFMT, JK_LOG_JSON };

void jk_log_setup(enum jk_log_level least, enum jk_log_format format);
bool jk_log_wanted(enum jk_log_level level);
/* Key-value pairs, ended by NULL: jk_log(JK_LOG_INFO, "listening", "address", text, NULL). `event` is a short
 * lower-case phrase with hyphens. */
void jk_log(enum jk_log_level level, const char *event, ...) __attribute__((sentinel));
/* Reports suppressed lines now; for when no further line may come for a while. */
void jk_log_settle(void);
/* A number as a value, valid until the same thread has converted eight more. */
const char *jk_log_i64(int64_t value);

#endif
