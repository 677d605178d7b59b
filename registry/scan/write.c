/* See write.h. */
#include "scan/write.h"

#include <stdlib.h>

#include "base/array.h"
#include "domain/manifest.h"

#define HEAD "jokbo/manifest/v2\n"

struct lines {
    struct jk_manifest_line *items;
    size_t count, room;
};

/* By group; then sketches by (path, name), and the others by their bytes. */
static int in_line_order(const void *a, const void *b)
{
    const struct jk_manifest_line *one = a, *two = b;
    if (one->kind != two->kind) return one->kind < two->kind ? -1 : 1;
    if (one->kind != JK_MANIFEST_SKETCH) return jk_span_compare(one->text, two->text);
    int order = jk_span_compare(one->path, two->path);
    return order ? order : jk_span_compare(one->name, two->name);
}

static bool gather(const struct jk_scan_file *file, struct lines *lines)
{
    struct jk_span rest = jk_text_span(&file->lines);
    struct jk_manifest_line line;
    while (jk_manifest_next(&rest, &line)) {
        if (!JK_ARRAY_GROW(lines->items, lines->count, lines->room)) return false;
        lines->items[lines->count++] = line;
    }
    return true;
}

static void write_file_lines(const struct jk_scan_file *files, size_t count, struct jk_text *out)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_text_add_str(out, HEAD);
    for (size_t i = 0; i < count; i++) {
        jk_digest_hex(&files[i].digest, hex);
        jk_text_addf(out, "file %s %llu ", hex, (unsigned long long)files[i].facts.size);
        jk_text_add(out, files[i].named);
        jk_text_add_char(out, '\n');
    }
}

enum jk_status jk_scan_write(const struct jk_scan_file *files, size_t count, struct jk_text *out,
                             struct jk_error *error)
{
    struct jk_manifest_summary summary;
    struct lines lines = {0};
    bool gathered = true;
    size_t bytes = sizeof HEAD + count * 128;
    for (size_t i = 0; i < count && gathered; i++) {
        gathered = gather(&files[i], &lines);
        bytes += files[i].lines.len + files[i].named.len;
    }
    jk_text_reserve(out, bytes);
    if (gathered) {
        write_file_lines(files, count, out);
        if (lines.count > 1) qsort(lines.items, lines.count, sizeof *lines.items, in_line_order);
        for (size_t i = 0; i < lines.count; i++) {
            jk_text_add(out, lines.items[i].text);
            jk_text_add_char(out, '\n');
        }
    }
    free(lines.items);
    if (!gathered || out->failed) return jk_out_of_memory(error);
    return jk_manifest_check(jk_text_span(out), &summary, error);
}
