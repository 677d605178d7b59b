/* See placed.h. */
#include "verify/placed.h"

#include "base/defer.h"
#include "base/text.h"
#include "domain/manifest.h"
#include "verify/form.h"

static struct jk_span folder_of(struct jk_span name)
{
    size_t len = name.len;
    while (len > 0 && name.at[len - 1] != '/')
        len--;
    return (struct jk_span){name.at, len};
}

/* Among the files that have no name yet; walk->count: none. `path` is as it would be on the disk. */
static size_t find_other_form(const struct jk_walk *walk, const struct jk_span *names, struct jk_span path,
                              uint64_t size)
{
    size_t guess = walk->count;
    for (size_t i = 0; jk_form_varies(path) && i < walk->count; i++) {
        const struct jk_walked *file = &walk->files[i];
        struct jk_span name = jk_span_of(file->path);
        if (names[i].len > 0 || !jk_form_varies(name)) continue;
        if (jk_form_same(name, path)) return i;
        if (guess == walk->count && file->size == size && jk_span_equal(folder_of(name), folder_of(path))) guess = i;
    }
    return guess;
}

static bool place_other_form(const struct jk_walk *walk, const struct jk_manifest_line *line, struct jk_span *names)
{
    JK_CLEANUP(jk_text_done) struct jk_text path;
    jk_text_init(&path, 0);
    if (!jk_percent_decode(&path, line->path) || path.failed) return false;
    size_t at = find_other_form(walk, names, jk_text_span(&path), line->size);
    if (at < walk->count) names[at] = line->path;
    return true;
}

/* Only among what is listed under no name of its own are other forms looked for. */
bool jk_placed_names(const struct jk_walk *walk, struct jk_span manifest, struct jk_span *out_names)
{
    struct jk_span rest = jk_manifest_lines(manifest);
    struct jk_manifest_line line;
    while (jk_manifest_next(&rest, &line) && line.kind == JK_MANIFEST_FILE) {
        const struct jk_walked *file = jk_walk_find(walk, line.path);
        if (file) out_names[file - walk->files] = line.path;
    }
    rest = jk_manifest_lines(manifest);
    while (jk_manifest_next(&rest, &line) && line.kind == JK_MANIFEST_FILE)
        if (!jk_walk_find(walk, line.path) && !place_other_form(walk, &line, out_names)) return false;
    return true;
}
