/* What a failed assertion does: one line to standard error, then abort(), so that there is a core dump. Uses neither
 * the log nor malloc, since either may be what is broken. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn void jk_check_failed(const char *file, int line, const char *what)
{
    char text[512];
    int len = snprintf(text, sizeof text - 1, "check failed: %s:%d: %s", file, line, what);
    size_t used = len < 0 ? 0 : (size_t)len;
    if (used > sizeof text - 2) used = sizeof text - 2;
    text[used] = '\n';
    ssize_t written = write(STDERR_FILENO, text, used + 1);
    (void)written; /* there is nobody left to report to */
    abort();
}
