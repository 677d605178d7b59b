/* See public_log.h. */
#include "support/public_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "tlog/tile.h"

static void place_of(const struct jk_public_log *log, const char *path, char out[640])
{
    snprintf(out, 640, "%s/%s", log->folder, path);
}

void jk_public_log_write(const struct jk_public_log *log, const char *path, struct jk_span bytes)
{
    char place[640];
    place_of(log, path, place);
    for (char *slash = place + strlen(log->folder) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        JK_CHECK(mkdir(place, 0755) == 0 || errno == EEXIST);
        *slash = '/';
    }
    int file = open(place, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    JK_CHECK(file >= 0 && write(file, bytes.at, bytes.len) == (ssize_t)bytes.len && close(file) == 0);
}

void jk_public_log_read(const struct jk_public_log *log, const char *path, struct jk_text *out)
{
    char place[640], piece[4096];
    place_of(log, path, place);
    int file = open(place, O_RDONLY | O_CLOEXEC);
    JK_CHECK(file >= 0);
    jk_text_clear(out);
    for (ssize_t got; (got = read(file, piece, sizeof piece)) > 0;)
        jk_text_add(out, (struct jk_span){piece, (size_t)got});
    close(file);
}

void jk_public_log_flip(const struct jk_public_log *log, const char *path, size_t byte)
{
    struct jk_text bytes;
    jk_text_init(&bytes, 0);
    jk_public_log_read(log, path, &bytes);
    JK_CHECK(byte < bytes.len);
    bytes.bytes[byte] ^= 1;
    jk_public_log_write(log, path, jk_text_span(&bytes));
    jk_text_done(&bytes);
}

void jk_public_log_init(struct jk_public_log *log, const char *folder, const char *origin)
{
    unsigned char seed[32];
    struct jk_text key;
    memset(log, 0, sizeof *log);
    memset(seed, JK_PUBLIC_SEED, sizeof seed);
    snprintf(log->folder, sizeof log->folder, "%s", folder);
    log->signer = jk_signer_new(jk_span_of(origin), seed);
    log->forest = jk_forest_new();
    JK_CHECK(log->signer && log->forest);
    jk_text_init(&log->bundle, 0);
    jk_text_init(&log->note, 0);
    jk_text_init(&key, 0);
    jk_verifier_write(jk_signer_verifier(log->signer), &key);
    jk_text_add_char(&key, '\n');
    jk_public_log_write(log, "log.vkey", jk_text_span(&key));
    jk_text_done(&key);
}

void jk_public_log_done(struct jk_public_log *log)
{
    jk_signer_free(log->signer);
    jk_forest_free(log->forest);
    jk_text_done(&log->bundle);
    jk_text_done(&log->note);
}

static void write_hashes(const struct jk_public_log *log, const struct jk_tile *tile)
{
    unsigned char bytes[JK_TILE_WIDTH * JK_DIGEST_SIZE];
    char path[JK_TILE_PATH];
    for (unsigned i = 0; i < tile->width; i++) {
        struct jk_digest hash;
        JK_CHECK(jk_forest_read(log->forest, tile->level * JK_TILE_BITS, tile->index * JK_TILE_WIDTH + i, &hash));
        memcpy(bytes + (size_t)i * JK_DIGEST_SIZE, hash.bytes, JK_DIGEST_SIZE);
    }
    jk_tile_path(tile, path);
    jk_public_log_write(log, path, (struct jk_span){(const char *)bytes, (size_t)tile->width * JK_DIGEST_SIZE});
}

static void write_bundle(const struct jk_public_log *log, uint64_t index, unsigned width)
{
    struct jk_tile tile = {JK_TILE_ENTRIES, 0, width, index};
    char path[JK_TILE_PATH];
    jk_tile_path(&tile, path);
    jk_public_log_write(log, path, jk_text_span(&log->bundle));
}

void jk_public_log_add(struct jk_public_log *log, struct jk_span entry)
{
    struct jk_digest leaf = jk_merkle_leaf(entry);
    JK_CHECK(jk_forest_reserve(log->forest, 1));
    jk_forest_append(log->forest, &leaf);
    JK_CHECK(jk_tile_entry_add(&log->bundle, entry));
    uint64_t size = jk_forest_size(log->forest);
    if (size % JK_TILE_WIDTH != 0) return;
    write_bundle(log, size / JK_TILE_WIDTH - 1, JK_TILE_WIDTH);
    jk_text_clear(&log->bundle);
}

void jk_public_log_sign(struct jk_public_log *log, uint64_t size, const struct jk_digest *root)
{
    struct jk_checkpoint checkpoint = {jk_span_of(jk_signer_verifier(log->signer)->name), size, *root};
    struct jk_error error;
    struct jk_text body;
    jk_error_init(&error, NULL);
    jk_text_init(&body, 0);
    jk_checkpoint_write(&checkpoint, &body);
    jk_text_clear(&log->note);
    JK_CHECK(jk_note_sign(log->signer, jk_text_span(&body), &log->note, &error) == JK_OK);
    jk_text_done(&body);
}

void jk_public_log_put_note(struct jk_public_log *log)
{
    jk_public_log_write(log, "checkpoint", jk_text_span(&log->note));
}

void jk_public_log_publish(struct jk_public_log *log)
{
    struct jk_tile_walk walk;
    struct jk_tile tile;
    struct jk_digest root;
    uint64_t size = jk_forest_size(log->forest);
    jk_tile_walk_init(&walk, log->published, size);
    while (jk_tile_walk_next(&walk, &tile)) {
        if (tile.kind == JK_TILE_HASHES)
            write_hashes(log, &tile);
        else if (tile.width < JK_TILE_WIDTH)
            write_bundle(log, tile.index, tile.width);
    }
    JK_CHECK(jk_merkle_root_at(jk_forest_read, log->forest, size, &root));
    jk_public_log_sign(log, size, &root);
    jk_public_log_put_note(log);
    log->published = size;
}
