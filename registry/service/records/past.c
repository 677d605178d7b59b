/* See past.h. */
#include "service/records/past.h"

#include <string.h>

#include "base/span.h"

bool jk_past_note(char *list, size_t room, const char *word)
{
    struct jk_span rest = jk_span_of(list), one;
    size_t len = rest.len, more = strlen(word);
    while (rest.len) {
        jk_span_cut(&rest, ' ', &one);
        if (jk_span_equal(one, jk_span_of(word))) return true;
    }
    if (len + 1 + more >= room) return false;
    if (len) list[len++] = ' ';
    memcpy(list + len, word, more + 1);
    return true;
}
