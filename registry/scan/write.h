/* The manifest of files that were read. Pure. Source: registry/formats/manifest.md, version 2. */
#ifndef JK_SCAN_WRITE_H
#define JK_SCAN_WRITE_H

#include "scan/scan.h"

/* `files`: sound ones, sorted by the bytes of their names. INVALID_ARGUMENT where a manifest cannot hold them: too
 * many, or too many bytes; two sketches of one name. */
JK_MUST_USE enum jk_status jk_scan_write(const struct jk_scan_file *files, size_t count, struct jk_text *out,
                                         struct jk_error *error);

#endif
