/* See keys.h. A key is the beginning of the SHA-256 of "file " or "tensor " and the digest's bytes, of a tensor
 * followed by its type, its shape and its slice, if it is one, each with a space. It is never seen outside, and may change with a migration. */
#include "weights/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "domain/manifest.h"

static void add_key(struct jk_sha256 *hash, struct jk_key *out)
{
    struct jk_digest digest;
    jk_sha256_end(hash, &digest);
    memcpy(out->bytes, digest.bytes, sizeof out->bytes);
}

static void hash_word(struct jk_sha256 *hash, struct jk_span word)
{
    jk_sha256_add(hash, word.at, word.len);
    jk_sha256_add(hash, " ", 1);
}

static void key_of_item(struct jk_sha256 *hash, const struct jk_item *item, struct jk_key *out)
{
    char slice[24];
    jk_sha256_begin(hash);
    hash_word(hash, JK_SPAN("tensor"));
    jk_sha256_add(hash, item->digest.bytes, sizeof item->digest.bytes);
    hash_word(hash, item->dtype);
    hash_word(hash, item->shape);
    (void)snprintf(slice, sizeof slice, "%llu", (unsigned long long)item->slice);
    if (item->slice != JK_WHOLE) hash_word(hash, jk_span_of(slice));
    add_key(hash, out);
}

static void key_of_file(struct jk_sha256 *hash, const struct jk_digest *digest, struct jk_key *out)
{
    jk_sha256_begin(hash);
    hash_word(hash, JK_SPAN("file"));
    jk_sha256_add(hash, digest->bytes, sizeof digest->bytes);
    add_key(hash, out);
}

bool jk_key_of_file(const struct jk_digest *digest, struct jk_key *out_key)
{
    struct jk_sha256 *hash = jk_sha256_new();
    if (hash) key_of_file(hash, digest, out_key);
    jk_sha256_free(hash);
    return hash != NULL;
}

static int order_keys(const void *a, const void *b)
{
    return memcmp(a, b, JK_KEY_BYTES);
}

static size_t sort_keys(struct jk_key *keys, size_t count)
{
    size_t kept = 0;
    if (count > 0) qsort(keys, count, sizeof *keys, order_keys);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || order_keys(&keys[i], &keys[kept - 1]) != 0) keys[kept++] = keys[i];
    return kept;
}

static size_t count_weight_files(struct jk_span manifest)
{
    struct jk_span rest = jk_manifest_lines(manifest);
    struct jk_manifest_line line;
    size_t count = 0;
    while (jk_manifest_next(&rest, &line) && line.kind == JK_MANIFEST_FILE)
        count += jk_manifest_is_weights(line.path);
    return count;
}

struct jk_key *jk_keys_of(struct jk_span manifest, const struct jk_sketches *model, size_t *out_count)
{
    struct jk_span rest = jk_manifest_lines(manifest);
    struct jk_manifest_line line;
    struct jk_sha256 *hash = jk_sha256_new();
    struct jk_key *keys = malloc((count_weight_files(manifest) + model->count + 1) * sizeof *keys);
    size_t count = 0;
    if (hash && keys) {
        while (jk_manifest_next(&rest, &line) && line.kind == JK_MANIFEST_FILE)
            if (jk_manifest_is_weights(line.path)) key_of_file(hash, &line.digest, &keys[count++]);
        for (size_t i = 0; i < model->count; i++)
            if (model->items[i].has_digest) key_of_item(hash, &model->items[i], &keys[count++]);
        *out_count = sort_keys(keys, count);
    } else {
        free(keys);
        keys = NULL;
    }
    jk_sha256_free(hash);
    return keys;
}
