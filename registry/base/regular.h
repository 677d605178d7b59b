/* Opening a file that a user named, or that is in a folder: regular files only, and without ever blocking, as a pipe
 * without a writer, a socket or a device would. Any thread, no state. */
#ifndef JK_BASE_REGULAR_H
#define JK_BASE_REGULAR_H

#include <stdbool.h>

/* Opens for reading, relative to `folder` (AT_FDCWD: the working directory). Returns the descriptor; or -1, with the
 * reason in *out_why, which stands by itself: a static string ("it is a folder") or errno's. errno is 0 if the path exists but is not a
 * regular file. `follow`: follow a symbolic link as the last component. */
int jk_regular_open(int folder, const char *path, bool follow, const char **out_why);

#endif
