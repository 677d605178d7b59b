/* Where the files that a manifest lists lie in a folder. A name may lie there in another Unicode form: who made the
 * manifest and who has the folder need not have had the same system. Pure. */
#ifndef JK_VERIFY_PLACED_H
#define JK_VERIFY_PLACED_H

#include "scan/walk.h"

/* For each file of the walk, the path under which the manifest, which has been checked, lists it: its own, or the same
 * name in another form; empty: none. Where no rule says that two forms are of one name, a file of the listed size in
 * the same folder is taken: only its content shows whether it is that file. `out_names` has room for walk->count, and is
 * zeroed. False: out of memory. */
bool jk_placed_names(const struct jk_walk *walk, struct jk_span manifest, struct jk_span *out_names);

#endif
