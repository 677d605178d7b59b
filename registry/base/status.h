/* Result codes, one row each in status.def. A function that can fail returns enum jk_status, which must be checked; the
 * details go into the struct jk_error passed last (base/error.h). No thread, no state. */
#ifndef JK_BASE_STATUS_H
#define JK_BASE_STATUS_H

#include <stdbool.h>

#define JK_MUST_USE __attribute__((warn_unused_result))

enum jk_status {
#define JK_STATUS(name, text, grpc, http, retry) JK_##name = grpc,
#include "base/status.def"
#undef JK_STATUS
};

/* Returns a failure to the caller. */
#define JK_TRY(call)                                                                                                   \
    do {                                                                                                               \
        enum jk_status jk_try_ = (call);                                                                               \
        if (jk_try_ != JK_OK) return jk_try_;                                                                          \
    } while (0)

/* The code's name as gRPC spells it, "UNKNOWN" for a number outside the table. */
const char *jk_status_text(enum jk_status status);
int jk_status_http(enum jk_status status);
bool jk_status_retryable(enum jk_status status);

#endif
