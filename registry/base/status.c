/* The table of result codes, made from status.def. No state. */
#include "base/status.h"

#include <stddef.h>

struct row {
    const char *text;
    int http;
    bool retryable;
};

static const struct row rows[] = {
#define JK_STATUS(name, text, grpc, http, retry) [grpc] = {text, http, retry},
#include "base/status.def"
#undef JK_STATUS
};

/* A number outside the table can only come from a peer: it reads as UNKNOWN. */
static const struct row *status_row(enum jk_status status)
{
    size_t index = (size_t)status;
    return index < sizeof rows / sizeof rows[0] ? &rows[index] : &rows[JK_UNKNOWN];
}

const char *jk_status_text(enum jk_status status)
{
    return status_row(status)->text;
}

int jk_status_http(enum jk_status status)
{
    return status_row(status)->http;
}

bool jk_status_retryable(enum jk_status status)
{
    return status_row(status)->retryable;
}
