/* Files that the source of an audit serves beside the log's own. */
#ifndef JK_VERIFY_AUDIT_SERVED_H
#define JK_VERIFY_AUDIT_SERVED_H

#include "verify/audit_log.h"

/* A file of at most `most` bytes, of the folder or URL. *out_found false: it is not there. */
JK_MUST_USE enum jk_status jk_audit_served(struct jk_cli *cli, const struct jk_audit_log *log, const char *path,
                                           size_t most, struct jk_text *out, bool *out_found);

#endif
