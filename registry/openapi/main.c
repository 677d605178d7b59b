/* make_openapi IN OUT: at build time, the OpenAPI document OUT from the descriptor set IN. */
#include <stdio.h>
#include <stdlib.h>

#include "base/defer.h"
#include "openapi/document.h"

#define SET_MOST ((size_t)16 << 20)

static bool read_whole(const char *path, struct jk_text *out)
{
    char piece[65536];
    size_t len;
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    while ((len = fread(piece, 1, sizeof piece, file)) > 0)
        jk_text_add(out, (struct jk_span){piece, len});
    bool good = !ferror(file) && !out->failed;
    return fclose(file) == 0 && good;
}

static bool write_whole(const char *path, struct jk_span bytes)
{
    FILE *file = fopen(path, "wb");
    if (!file) return false;
    bool good = fwrite(bytes.at, 1, bytes.len, file) == bytes.len;
    return fclose(file) == 0 && good;
}

int main(int count, char **arguments)
{
    JK_CLEANUP(jk_text_done) struct jk_text set;
    JK_CLEANUP(jk_text_done) struct jk_text document;
    jk_text_init(&set, SET_MOST);
    jk_text_init(&document, 0);
    if (count != 3) {
        fprintf(stderr, "usage: make_openapi DESCRIPTORS.pb OPENAPI.json\n");
        return 2;
    }
    if (!read_whole(arguments[1], &set)) {
        fprintf(stderr, "make_openapi: %s cannot be read, or is larger than %zu bytes\n", arguments[1], SET_MOST);
        return 1;
    }
    if (!jk_openapi_write(jk_text_span(&set), &document)) {
        fprintf(stderr,
                "make_openapi: %s has a path or a field that cannot be described: see registry/openapi/parameters.h\n",
                arguments[1]);
        return 1;
    }
    if (!write_whole(arguments[2], jk_text_span(&document))) {
        fprintf(stderr, "make_openapi: %s cannot be written\n", arguments[2]);
        return 1;
    }
    return 0;
}
