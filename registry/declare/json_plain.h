/* JSON that no reader of it can object to or take otherwise, told by one look over its bytes: so that what is in order is
 * copied or passed over whole, and only the rest is looked at byte by byte. Pure. */
#ifndef JK_DECLARE_JSON_PLAIN_H
#define JK_DECLARE_JSON_PLAIN_H

#include "base/span.h"

#define JK_JSON_PLAIN_DEEP 64 /* levels of lists and objects; what is deeper is not called plain */

/* How many bytes the value at the beginning of `text` takes; 0 where it is not plain, though another reader may have it:
 * words as NaN, a number of more digits than every reader knows, a character that no text may have, a level too deep. Adds
 * to *commas how many commas and opening brackets it has outside of texts, and to *lines its line feeds. */
size_t jk_json_plain(struct jk_span text, size_t *commas, size_t *lines);
/* How many bytes of white space there are at the beginning. */
size_t jk_json_space(struct jk_span text, size_t *lines);

#endif
