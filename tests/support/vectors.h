/* Reading the published vectors of tests/data/vectors in unit tests. A file that is missing fails the test. */
#ifndef JK_SUPPORT_VECTORS_H
#define JK_SUPPORT_VECTORS_H

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/span.h"

/* The whole file, the caller's to free(); JK_TESTS_DIR is the folder of the tests. */
static inline struct jk_span vectors_read(const char *name)
{
    char path[1024];
    JK_CHECK(snprintf(path, sizeof(path), "%s/data/vectors/%s", JK_TESTS_DIR, name) < (int)sizeof(path));
    FILE *file = fopen(path, "rb");
    JK_CHECK(file != NULL);
    JK_CHECK(fseek(file, 0, SEEK_END) == 0);
    long size = ftell(file);
    JK_CHECK(size > 0);
    rewind(file);
    char *bytes = malloc((size_t)size);
    JK_CHECK(bytes != NULL && fread(bytes, 1, (size_t)size, file) == (size_t)size);
    fclose(file);
    return (struct jk_span){bytes, (size_t)size};
}

/* The next word of a line, by spaces; false at its end. */
static inline bool vectors_word(struct jk_span *line, struct jk_span *out_word)
{
    *line = jk_span_trim(*line);
    if (line->len == 0) return false;
    (void)jk_span_cut(line, ' ', out_word);
    return true;
}

static inline uint64_t vectors_number(struct jk_span *line)
{
    struct jk_span word;
    uint64_t value = 0;
    JK_CHECK(vectors_word(line, &word) && jk_span_to_u64(word, &value));
    return value;
}

/* The n-th of a file's blocks, which lines of five dashes part; from 0. */
static inline struct jk_span vectors_block(struct jk_span file, unsigned n)
{
    struct jk_span rest = file, line, block = {file.at, 0};
    while (jk_span_line(&rest, &line)) {
        bool end = jk_span_equal(line, JK_SPAN("-----"));
        if (end && n-- == 0) return block;
        if (end)
            block = (struct jk_span){rest.at, 0};
        else
            block.len = (size_t)(rest.at - block.at);
    }
    JK_CHECK(n == 0);
    return block;
}

#endif
