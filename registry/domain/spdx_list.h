/* The pinned SPDX list: look-ups in the embedded text, and the closest identifier to a mistaken one. Pure, for
 * domain/spdx.c and for whoever suggests one. The build embeds the list sorted, so a look-up is a binary search over
 * its lines: no index, and no state to set up. */
#ifndef JK_DOMAIN_SPDX_LIST_H
#define JK_DOMAIN_SPDX_LIST_H

#include "base/span.h"

enum jk_spdx_sort { JK_SPDX_LICENSE, JK_SPDX_EXCEPTION };

#define JK_SPDX_ID_MAX 64 /* longest word, in bytes, for which a suggestion is sought */

/* The canonical spelling; empty if the list has no such entry of that kind. */
struct jk_span jk_spdx_list_find(struct jk_span identifier, enum jk_spdx_sort sort);
/* Whether the list says of a licence that it is open: approved by the OSI, or free by the FSF. */
bool jk_spdx_list_is_open(struct jk_span identifier);
/* The identifier that the writer of `words` may have meant ("Apache 2", "GPLv3", "apache-2.O"); empty if none is close.
 * Takes up to a tenth of a millisecond: for error messages only. */
struct jk_span jk_spdx_list_nearest(struct jk_span words, enum jk_spdx_sort sort);

#endif
