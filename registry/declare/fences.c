/* See fences.h. */
#include "declare/fences.h"

bool jk_fences_is_one(struct jk_span line)
{
    while (line.len > 0 && strchr(" \t\r", line.at[line.len - 1]))
        line.len--;
    return jk_span_equal(line, JK_SPAN("---"));
}

/* Also "<!-- ---" and "--- -->": the comment begins or ends with the block. */
static bool is_fence(struct jk_span line)
{
    line = jk_span_trim(line);
    if (jk_span_starts(line, JK_SPAN("<!--"))) line = (struct jk_span){line.at + 4, line.len - 4};
    if (jk_span_ends(line, JK_SPAN("-->"))) line.len -= 3;
    return jk_span_equal(jk_span_trim(line), JK_SPAN("---"));
}

struct jk_fences jk_fences_of(struct jk_span text)
{
    return (struct jk_fences){.rest = text};
}

bool jk_fences_next(struct jk_fences *fences, struct jk_span *out_block, unsigned *out_line)
{
    struct jk_span line;
    while (jk_span_line(&fences->rest, &line)) {
        fences->line++;
        if (jk_span_starts(line, JK_SPAN("```")) || jk_span_starts(line, JK_SPAN("~~~")))
            fences->in_code = !fences->in_code;
        if (fences->in_code || !is_fence(line)) continue;
        bool whole = fences->begin.at != NULL;
        if (whole) {
            *out_block = (struct jk_span){fences->begin.at, (size_t)(line.at - fences->begin.at)};
            *out_line = fences->begin_line;
        }
        fences->begin = fences->rest;
        fences->begin_line = fences->line + 1;
        if (whole) return true;
    }
    return false;
}
