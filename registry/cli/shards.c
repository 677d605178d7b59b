/* See shards.h. */
#include "cli/shards.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/defer.h"
#include "cli/console/local.h"
#include "cli/console/print.h"
#include "domain/manifest.h"

#define INDEX_MAX (64u << 20)
#define ARENA     (256u << 20) /* of one index: its bytes, and the names in it */
#define INDEX     ".safetensors.index.json"

/* The tensors that the folder's safetensors files hold, by path and name. */
struct held {
    struct jk_manifest_line *lines;
    size_t count;
};

static int by_place(const void *a, const void *b)
{
    const struct jk_manifest_line *one = a, *two = b;
    int order = jk_span_compare(one->path, two->path);
    return order ? order : jk_span_compare(one->name, two->name);
}

static struct held gather(const struct jk_digesting *digesting)
{
    struct held held = {0};
    struct jk_manifest_line line;
    size_t count = 0;
    for (size_t i = 0; i < digesting->count; i++)
        count += digesting->files[i].kind == JK_SCAN_SAFETENSORS ? digesting->files[i].tensors : 0;
    held.lines = malloc((count + 1) * sizeof *held.lines);
    for (size_t i = 0; held.lines && i < digesting->count; i++) {
        struct jk_span rest = jk_text_span(&digesting->files[i].lines);
        while (jk_manifest_next(&rest, &line))
            if (line.kind == JK_MANIFEST_TENSOR && held.count < count) held.lines[held.count++] = line;
    }
    if (held.count > 1) qsort(held.lines, held.count, sizeof *held.lines, by_place);
    return held;
}

static void free_held(struct held *held)
{
    free(held->lines);
}

/* As a manifest writes it, below the index's folder. False: there is no memory. */
static bool encode(struct jk_arena *arena, struct jk_span folder, const char *text, struct jk_span *out_encoded)
{
    JK_CLEANUP(jk_text_done) struct jk_text out;
    jk_text_init(&out, 0);
    jk_text_add(&out, folder);
    jk_percent_encode(&out, jk_span_of(text), "", false);
    const char *copy = out.failed ? NULL : jk_arena_copy(arena, out.bytes ? out.bytes : "", out.len);
    *out_encoded = (struct jk_span){copy, copy ? out.len : 0};
    return copy != NULL;
}

/* ---- safetensors with an index ---- */

/* Whoever has no memory left accuses nobody. */
static void tell_map(const struct jk_digesting *digesting, const struct jk_scan_file *index, json_t *map,
                     const struct held *held, struct jk_arena *arena)
{
    struct jk_cli *cli = digesting->cli;
    const char *tensor, *slash = memrchr(index->named.at, '/', index->named.len), *first_tensor = NULL,
                        *first_file = NULL;
    struct jk_span folder = {index->named.at, slash ? (size_t)(slash + 1 - index->named.at) : 0};
    size_t missing = 0;
    json_t *file;
    json_object_foreach(map, tensor, file)
    {
        struct jk_manifest_line key = {0};
        if (!encode(arena, folder, json_is_string(file) ? json_string_value(file) : "", &key.path) ||
            !encode(arena, (struct jk_span){0}, tensor, &key.name))
            return;
        if (held->count && bsearch(&key, held->lines, held->count, sizeof key, by_place)) continue;
        if (missing++ > 0) continue;
        first_tensor = tensor;
        first_file = json_is_string(file) ? json_string_value(file) : "no file";
    }
    if (missing > 0)
        fprintf(cli->err, "%s: says that %s is in %s, which is not so%s\n", jk_print_safe(cli, index->path),
                jk_print_safe(cli, first_tensor), jk_print_safe(cli, first_file),
                missing > 1 ? "; nor are others where it says" : "");
}

static void tell_index(const struct jk_digesting *digesting, const struct jk_scan_file *index, const struct held *held)
{
    JK_CLEANUP(jk_arena_done) struct jk_arena arena;
    struct jk_cli *cli = digesting->cli;
    struct jk_span bytes;
    struct jk_error error;
    json_error_t fault;
    jk_arena_init(&arena, ARENA);
    jk_error_init(&error, &arena);
    const char *path = jk_arena_printf(&arena, "%s/%s", digesting->folder, index->path);
    if (!path || jk_local_read(path, INDEX_MAX, &arena, &bytes, &error) != JK_OK) return;
    json_t *root = json_loadb(bytes.at, bytes.len, JSON_REJECT_DUPLICATES, &fault),
           *map = json_object_get(root, "weight_map");
    if (json_is_object(map))
        tell_map(digesting, index, map, held, &arena);
    else
        fprintf(cli->err, "%s: is no index of safetensors files\n", jk_print_safe(cli, index->path));
    json_decref(root);
}

/* ---- split GGUF: NAME-00002-of-00005.gguf ---- */

static bool split_number(struct jk_span *name, struct jk_span before, uint64_t *out)
{
    if (name->len < before.len + 5) return false;
    struct jk_span digits = {name->at + name->len - 5, 5}, mark = {digits.at - before.len, before.len};
    *out = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9') return false;
        *out = *out * 10 + (uint64_t)(digits.at[i] - '0');
    }
    name->len -= before.len + 5;
    return jk_span_equal(mark, before);
}

/* The name before the numbers. */
static bool is_split(struct jk_span named, struct jk_span *out_name, uint64_t *out_number, uint64_t *out_count)
{
    struct jk_span ending = JK_SPAN(".gguf"), name = {named.at, named.len - ending.len};
    if (named.len < ending.len || !jk_span_ends(named, ending)) return false;
    if (!split_number(&name, JK_SPAN("-of-"), out_count) || !split_number(&name, JK_SPAN("-"), out_number))
        return false;
    *out_name = name;
    return true;
}

/* Files are sorted by name, so that the parts of one model lie together, in order. */
static void tell_splits(const struct jk_digesting *digesting)
{
    struct jk_cli *cli = digesting->cli;
    struct jk_span name, next;
    uint64_t number, count, other, others;
    for (size_t i = 0, end; i < digesting->count; i = end) {
        end = i + 1;
        if (!is_split(digesting->files[i].named, &name, &number, &count)) continue;
        while (end < digesting->count && is_split(digesting->files[end].named, &next, &other, &others) &&
               jk_span_equal(next, name) && others == count)
            end++;
        if (end - i != count)
            fprintf(cli->err, "%s: of %llu parts only %zu are here\n", jk_print_safe(cli, digesting->files[i].path),
                    (unsigned long long)count, end - i);
    }
}

void jk_shards_tell(const struct jk_digesting *digesting)
{
    JK_CLEANUP(free_held) struct held held = gather(digesting);
    for (size_t i = 0; i < digesting->count; i++)
        if (jk_span_ends(digesting->files[i].named, JK_SPAN(INDEX))) tell_index(digesting, &digesting->files[i], &held);
    tell_splits(digesting);
}
