/* See audit_served.h. */
#include "verify/audit_served.h"

enum jk_status jk_audit_served(struct jk_cli *cli, const struct jk_audit_log *log, const char *path, size_t most,
                               struct jk_text *out, bool *out_found)
{
    struct jk_error why;
    if (!log->mirror) return jk_copy_read(log->descriptor, path, most, out, out_found, &cli->error);
    jk_error_init(&why, &cli->arena);
    enum jk_status status = jk_mirror_get_large(log->mirror, path, most, out, &why);
    *out_found = status == JK_OK;
    if (status == JK_OK || status == JK_NOT_FOUND) return JK_OK;
    return jk_fail(&cli->error, status, why.reason, "%s", why.message);
}
