/* Files that the log's server hands out, asked for over HTTP. One thread; memory in the run's arena. */
#ifndef JK_VERIFY_DOWNLOAD_H
#define JK_VERIFY_DOWNLOAD_H

#include "cli/console/cli.h"

/* FILE_ABSENT: the server answers that there is none, by 404 or 410. FETCH_FAILED: it does not answer, or otherwise. */
JK_MUST_USE enum jk_status jk_download(struct jk_cli *cli, const char *url, size_t most, struct jk_span *out_bytes,
                                       struct jk_error *error);
/* The manifest with that SHA-256, of cli->settings.http, which is set. MANIFEST_ABSENT: it is not held; `mend` is the
 * end of the sentence. Its bytes are not held against the digest here. */
JK_MUST_USE enum jk_status jk_download_manifest(struct jk_cli *cli, const char *hex, const char *mend,
                                                struct jk_span *out_manifest, struct jk_error *error);

#endif
