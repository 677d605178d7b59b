/* An export's folder and its contents: the files of all tables and no others. */
#ifndef JK_EXPORT_PLACE_H
#define JK_EXPORT_PLACE_H

#include "base/error.h"
#include "base/text.h"
#include "export/tables.h"

/* The first name in the folder that is not a table, in `room`; "" if there is none. *out_files: how many tables there
 * are. */
#define JK_EXPORT_NAME 256
JK_MUST_USE enum jk_status jk_export_list(int folder, const char *path, char out_other[JK_EXPORT_NAME],
                                          unsigned *out_files, struct jk_error *error);
/* What its log.csv says: the size, and whether it belongs to the log with that origin. False if there is none, or it is
 * not such a file; then neither is set. */
bool jk_export_read_log(int folder, struct jk_span origin, uint64_t *out_size, bool *out_same);
/* Removes the files of all tables. */
void jk_export_empty(int folder);
/* LOCAL_FILE by errno. */
enum jk_status jk_export_local(struct jk_error *error, const char *path, const char *file);

#endif
