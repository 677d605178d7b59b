/* Lines and words of the canonical texts (lineage, entry, manifest, evidence): every line ends in LF, words are
 * separated by one space. Pure and inline, for their readers in domain/ and weights/ only: the parsers run once for each
 * leaf of the log. */
#ifndef JK_DOMAIN_LINES_H
#define JK_DOMAIN_LINES_H

#include "base/span.h"

struct jk_lines {
    struct jk_span rest; /* what has not been read yet */
    struct jk_span line; /* the line just read, without its LF */
    uint32_t number;     /* number of that line, from 1 */
};

static inline struct jk_lines jk_lines_of(struct jk_span text)
{
    return (struct jk_lines){.rest = text, .line = {text.at, 0}, .number = 0};
}

/* The next line. False, with an empty line, at the end and if the LF is missing. */
static inline bool jk_lines_next(struct jk_lines *lines)
{
    const char *end = lines->rest.len ? memchr(lines->rest.at, '\n', lines->rest.len) : NULL;
    lines->number++;
    lines->line = (struct jk_span){lines->rest.at, 0};
    if (!end) return false;
    lines->line.len = (size_t)(end - lines->rest.at);
    lines->rest.at += lines->line.len + 1;
    lines->rest.len -= lines->line.len + 1;
    return true;
}

/* True if the line is `word`, one space and a non-empty value. */
static inline bool jk_line_value(struct jk_span line, struct jk_span word, struct jk_span *out_value)
{
    if (line.len < word.len + 2 || memcmp(line.at, word.at, word.len) != 0 || line.at[word.len] != ' ') return false;
    *out_value = (struct jk_span){line.at + word.len + 1, line.len - word.len - 1};
    return true;
}

static inline bool jk_span_is(struct jk_span text, const char *word)
{
    size_t len = strlen(word);
    return text.len == len && memcmp(text.at, word, len) == 0;
}

#endif
