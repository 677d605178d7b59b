/* Uploading manifests and licence texts under their digests. */
#ifndef JK_CLI_UPLOAD_H
#define JK_CLI_UPLOAD_H

#include <jokbo/v1/registry.pb-c.h>

#include "cli/console/cli.h"

#define JK_LICENSE_TEXT_MAX (1u << 20)

/* `what` is shown beside the progress bar. */
JK_MUST_USE enum jk_status jk_cli_upload_blob(struct jk_cli *cli, Jokbo__V1__BlobKind kind, struct jk_span bytes,
                                              const char *what);

#endif
