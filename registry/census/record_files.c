/* A record's files: which there is room for, and how they are written. Those that tell what a model is come first: the
 * weights of which the hub knows the digest, then others of which it does, then other weights. */
#include <stdlib.h>

#include "base/defer.h"
#include "census/record_inside.h"
#include "declare/json.h"
#include "domain/manifest.h"

struct file {
    struct jk_span name, path; /* the path is percent-encoded; in `encoded` or where the name is */
    char *encoded;             /* owned; NULL where the name needs no encoding */
    size_t index;              /* in the object's list */
    const json_t *lfs;         /* its record of Git LFS; NULL for none */
    struct jk_digest digest;
    uint64_t size;
    bool readable, has_size, weights, kept;
};

struct files {
    struct file *items;
    size_t count;
};

static bool needs_encoding(struct jk_span name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.at[i] <= ' ' || name.at[i] == '%' || name.at[i] == 0x7f) return true;
    return false;
}

bool jk_hub_record_path(struct jk_span name, struct jk_text *room, struct jk_span *out_path)
{
    *out_path = name;
    if (name.len > JK_HUB_RECORD_TEXT_MAX) return false;
    if (needs_encoding(name)) {
        jk_text_clear(room);
        jk_percent_encode(room, name, "", false);
        *out_path = jk_text_span(room);
    }
    return !room->failed && jk_manifest_path_fault(*out_path) == NULL;
}

/* A number of bytes; as text, too. */
static bool size_of(const json_t *value, uint64_t *out_size)
{
    struct jk_span text = jk_declared_json_span(value);
    if (json_is_integer(value) && json_integer_value(value) >= 0)
        *out_size = (uint64_t)json_integer_value(value);
    else if (!json_is_string(value) || !jk_span_to_u64(text, out_size))
        return false;
    return *out_size <= JK_HUB_RECORD_SIZE_MAX;
}

/* False where the item names no file at all. */
static bool read_sibling(const json_t *item, size_t index, struct jk_text *room, struct file *out_file)
{
    const json_t *name = json_object_get(item, "rfilename"), *lfs = json_object_get(item, "lfs");
    const json_t *digest = json_object_get(lfs, "sha256");
    if (!json_is_string(name) || json_string_length(name) == 0) return false;
    *out_file = (struct file){.name = {json_string_value(name), json_string_length(name)}, .index = index};
    out_file->weights = jk_manifest_is_weights(out_file->name);
    out_file->readable = jk_hub_record_path(out_file->name, room, &out_file->path);
    out_file->has_size = size_of(json_object_get(item, "size"), &out_file->size);
    if (json_is_object(lfs)) {
        struct jk_span hex = jk_declared_json_span(digest);
        out_file->lfs = lfs;
        out_file->has_size = size_of(json_object_get(lfs, "size"), &out_file->size) || out_file->has_size;
        if (!out_file->has_size || !json_is_string(digest) || !jk_digest_parse(hex, &out_file->digest))
            out_file->readable = false;
    }
    if (out_file->path.at == out_file->name.at) return true;
    out_file->encoded = jk_text_take(room);
    out_file->path.at = out_file->encoded;
    return true;
}

static int by_path(const void *a, const void *b)
{
    const struct file *one = a, *two = b;
    int order = jk_span_compare(one->path, two->path);
    return order != 0 ? order : (one->index > two->index) - (one->index < two->index);
}

/* Sorted, and of the same path the first alone. False without memory. */
static bool gather_siblings(const json_t *siblings, struct files *files)
{
    JK_CLEANUP(jk_text_done) struct jk_text room;
    size_t index, kept = 0;
    json_t *item;
    jk_text_init(&room, 0);
    files->items = calloc(json_array_size(siblings) + 1, sizeof *files->items);
    if (!files->items) return false;
    json_array_foreach(siblings, index, item)
    {
        if (read_sibling(item, index, &room, &files->items[files->count])) files->count++;
    }
    if (files->count > 1) qsort(files->items, files->count, sizeof *files->items, by_path);
    for (size_t i = 0; i < files->count; i++) {
        struct file file = files->items[i];
        if (kept > 0 && jk_span_equal(file.path, files->items[kept - 1].path))
            free(file.encoded);
        else
            files->items[kept++] = file;
    }
    files->count = kept;
    return !room.failed;
}

static void add_large(struct jk_text *out, const char hex[JK_DIGEST_HEX + 1], uint64_t size)
{
    jk_text_add(out, JK_SPAN("\"lfs\":{\"sha256\":\""));
    jk_text_add(out, (struct jk_span){hex, JK_DIGEST_HEX});
    jk_text_add(out, JK_SPAN("\",\"size\":"));
    jk_text_add_u64(out, size);
    jk_text_add(out, JK_SPAN("},"));
}

static void write_file(struct jk_text *out, const struct file *file)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&file->digest, hex);
    jk_text_add_char(out, '{');
    if (file->lfs) add_large(out, hex, file->size);
    jk_text_add_str(out, "\"rfilename\":");
    jk_canonical_add_string(out, file->name);
    if (!file->lfs && file->has_size) {
        jk_text_add(out, JK_SPAN(",\"size\":"));
        jk_text_add_u64(out, file->size);
    }
    jk_text_add_char(out, '}');
}

/* Keeps files of one sort while there is room; the first that finds none ends all. */
static bool keep_sort(struct files *files, bool lfs, bool weights, size_t room, size_t *used)
{
    JK_CLEANUP(jk_text_done) struct jk_text written;
    jk_text_init(&written, 0);
    for (size_t i = 0; i < files->count; i++) {
        struct file *file = &files->items[i];
        if (!file->readable || (file->lfs != NULL) != lfs || file->weights != weights) continue;
        jk_text_clear(&written);
        write_file(&written, file);
        if (*used + written.len > room) return false;
        *used += written.len + 1;
        file->kept = true;
    }
    return true;
}

/* What was left out when an object was reduced before. */
static uint32_t left_before(const json_t *object, const char *key)
{
    uint64_t number;
    const json_t *value = json_object_get(json_object_get(object, "left_out"), key);
    if (!json_is_integer(value) || !size_of(value, &number)) return 0;
    return number > JK_HUB_RECORD_SIBLINGS_MAX ? JK_HUB_RECORD_SIBLINGS_MAX : (uint32_t)number;
}

static uint32_t at_most(uint32_t number, uint32_t most)
{
    return number < most ? number : most;
}

static void write_kept(const struct files *kept, const json_t *object, struct jk_hub_record_files *files)
{
    files->left_out = left_before(object, "files");
    files->left_out_lfs = left_before(object, "lfs");
    files->left_out_weights = left_before(object, "weights");
    for (size_t i = 0; i < kept->count; i++) {
        const struct file *file = &kept->items[i];
        if (file->kept) {
            if (files->text.len > 0) jk_text_add_char(&files->text, ',');
            write_file(&files->text, file);
            continue;
        }
        files->left_out++;
        files->left_out_lfs += file->lfs != NULL;
        files->left_out_weights += file->lfs && file->weights;
    }
    files->left_out = at_most(files->left_out, JK_HUB_RECORD_SIBLINGS_MAX);
    files->left_out_lfs = at_most(files->left_out_lfs, files->left_out);
    files->left_out_weights = at_most(files->left_out_weights, files->left_out_lfs);
}

enum jk_status jk_hub_record_reduce_files(const json_t *object, size_t room, struct jk_hub_record_files *files,
                                          struct jk_error *error)
{
    const json_t *siblings = json_object_get(object, "siblings");
    struct files gathered = {.count = 0};
    size_t used = 0, count = json_array_size(siblings);
    jk_text_init(&files->text, 0);
    if (count > JK_HUB_RECORD_SIBLINGS_MAX) {
        jk_error_field(error, "hub_model.siblings", "it lists %zu files; at most 100,000 are allowed", count);
        return jk_error_result(error);
    }
    bool whole = gather_siblings(siblings, &gathered);
    if (whole) {
        (void)(keep_sort(&gathered, true, true, room, &used) && keep_sort(&gathered, true, false, room, &used) &&
               keep_sort(&gathered, false, true, room, &used) && keep_sort(&gathered, false, false, room, &used));
        write_kept(&gathered, object, files);
    }
    for (size_t i = 0; i < gathered.count; i++)
        free(gathered.items[i].encoded);
    free(gathered.items);
    return whole && !files->text.failed ? JK_OK : jk_out_of_memory(error);
}
