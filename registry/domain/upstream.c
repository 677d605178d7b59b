/* The list of organisations, searched line by line: publishers are created rarely, and the list is short. */
#include "domain/upstream.h"

#include "domain/skeleton.h"

extern const unsigned char jk_data_upstream[];
extern const size_t jk_data_upstream_len;

struct jk_span jk_upstream_alike(struct jk_span publisher)
{
    struct jk_span rest = {(const char *)jk_data_upstream, jk_data_upstream_len}, line;
    struct jk_skeletons asked, listed;
    jk_skeletons_make(publisher, &asked);
    while (jk_span_line(&rest, &line)) {
        line = jk_span_trim(line);
        if (line.len == 0 || line.at[0] == '#') continue;
        jk_skeletons_make(line, &listed);
        if (jk_skeletons_alike(&asked, &listed)) return line;
    }
    return (struct jk_span){0};
}
