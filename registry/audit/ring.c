/* See ring.h. One lock; a worker holds it only to choose its next bundle and to hand it over. */
#include "audit/ring.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/pages.h"

#define SLOTS_A_WORKER 4
#define ERROR_ARENA    (64u << 10)

struct jk_ring {
    pthread_mutex_t lock;
    pthread_cond_t free, ready;
    int folder;
    uint64_t size, bundles; /* of the log */
    uint64_t next, taken;   /* the next bundle for a worker; for the taker */
    bool stopped;
    unsigned slot_count, worker_count;
    struct jk_slot *slots;
    struct jk_parsed_entry *parsed; /* of all slots; NULL where nothing is folded */
    pthread_t workers[JK_AUDIT_JOBS_MAX];
};

struct jk_digest jk_ring_root_of(struct jk_digest hashes[JK_TILE_WIDTH])
{
    for (unsigned count = JK_TILE_WIDTH; count > 1; count /= 2)
        for (unsigned i = 0; i < count / 2; i++)
            hashes[i] = jk_merkle_node(&hashes[2 * i], &hashes[2 * i + 1]);
    return hashes[0];
}

/* ---- what a worker does ---- */

static enum jk_status leaf_differs(struct jk_slot *slot, unsigned at, const struct jk_digest *expected)
{
    char want[JK_DIGEST_HEX + 1], have[JK_DIGEST_HEX + 1];
    unsigned long long index = slot->bundle * JK_TILE_WIDTH + at;
    jk_digest_hex(expected, want);
    jk_digest_hex(&slot->leaves[at], have);
    jk_error_fact(&slot->error, "file", "%s", slot->entries.path);
    jk_error_fact(&slot->error, "other_file", "%s", slot->hashes.path);
    jk_error_fact(&slot->error, "index", "%llu", index);
    jk_error_fact(&slot->error, "expected", "%s", want);
    jk_error_fact(&slot->error, "found", "%s", have);
    return jk_fail(&slot->error, JK_DATA_LOSS, "AUDIT_LEAF",
                   "entry %llu: expected the leaf hash %s (%s); the entry in %s has %s", index, want, slot->hashes.path,
                   slot->entries.path, have);
}

static enum jk_status check_bundle(const struct jk_ring *ring, struct jk_slot *slot)
{
    struct jk_tile tile = {JK_TILE_ENTRIES, 0, slot->width, slot->bundle};
    JK_TRY(jk_copy_tile(ring->folder, &tile, &slot->entries, &slot->error));
    tile.kind = JK_TILE_HASHES;
    JK_TRY(jk_copy_tile(ring->folder, &tile, &slot->hashes, &slot->error));
    const char *expected = slot->hashes.text.bytes;
    for (unsigned i = 0; i < slot->width; i++) {
        struct jk_digest want;
        slot->leaves[i] = jk_merkle_leaf(slot->entries.entries[i]);
        memcpy(want.bytes, expected + (size_t)i * JK_DIGEST_SIZE, JK_DIGEST_SIZE);
        if (!jk_digest_equal(&want, &slot->leaves[i])) return leaf_differs(slot, i, &want);
    }
    if (slot->parsed) {
        /* Stops at the first that is not an entry. Whether that is the log's first fault is known only to the thread
         * that folds the entries before it. */
        unsigned i = 0;
        while (i < slot->width &&
               jk_parsed_entry_read(slot->entries.entries[i], &slot->parsed[i], &slot->error) == JK_OK)
            i++;
        slot->parsed_count = i;
    }
    if (slot->width < JK_TILE_WIDTH) return JK_OK;
    struct jk_digest hashes[JK_TILE_WIDTH];
    memcpy(hashes, slot->leaves, sizeof hashes);
    slot->root = jk_ring_root_of(hashes);
    return JK_OK;
}

/* The next bundle's slot once it is free; NULL when there is nothing left to do. The lock is held. */
static struct jk_slot *choose_bundle(struct jk_ring *ring)
{
    while (!ring->stopped && ring->next < ring->bundles && ring->next - ring->taken >= ring->slot_count)
        pthread_cond_wait(&ring->free, &ring->lock);
    if (ring->stopped || ring->next == ring->bundles) return NULL;
    struct jk_slot *slot = &ring->slots[ring->next % ring->slot_count];
    JK_CHECK(!slot->ready);
    slot->bundle = ring->next++;
    slot->width = jk_tile_width_at(0, slot->bundle, ring->size);
    return slot;
}

static void *work(void *context)
{
    struct jk_ring *ring = context;
    struct jk_slot *slot;
    pthread_mutex_lock(&ring->lock);
    while ((slot = choose_bundle(ring)) != NULL) {
        pthread_mutex_unlock(&ring->lock);
        slot->status = check_bundle(ring, slot);
        pthread_mutex_lock(&ring->lock);
        slot->ready = true;
        pthread_cond_signal(&ring->ready);
    }
    pthread_mutex_unlock(&ring->lock);
    return NULL;
}

/* ---- the taker's side ---- */

struct jk_slot *jk_ring_take(struct jk_ring *ring)
{
    if (ring->taken == ring->bundles) return NULL;
    struct jk_slot *slot = &ring->slots[ring->taken % ring->slot_count];
    pthread_mutex_lock(&ring->lock);
    while (!slot->ready)
        pthread_cond_wait(&ring->ready, &ring->lock);
    pthread_mutex_unlock(&ring->lock);
    return slot;
}

void jk_ring_give(struct jk_ring *ring, struct jk_slot *slot)
{
    pthread_mutex_lock(&ring->lock);
    slot->ready = false;
    ring->taken++;
    pthread_cond_signal(&ring->free);
    pthread_mutex_unlock(&ring->lock);
}

/* ---- start and stop ---- */

/* What all slots parse lies side by side, since together it fills some large pages. */
static bool share_parsed(struct jk_ring *ring)
{
    ring->parsed = jk_pages_alloc((size_t)ring->slot_count * JK_TILE_WIDTH * sizeof *ring->parsed);
    for (unsigned i = 0; ring->parsed && i < ring->slot_count; i++)
        ring->slots[i].parsed = ring->parsed + (size_t)i * JK_TILE_WIDTH;
    return ring->parsed != NULL;
}

static void free_ring(struct jk_ring *ring)
{
    for (unsigned i = 0; i < ring->slot_count; i++) {
        jk_tile_bytes_done(&ring->slots[i].entries);
        jk_tile_bytes_done(&ring->slots[i].hashes);
        jk_arena_done(&ring->slots[i].arena);
    }
    pthread_cond_destroy(&ring->free);
    pthread_cond_destroy(&ring->ready);
    pthread_mutex_destroy(&ring->lock);
    free(ring->parsed);
    free(ring->slots);
    free(ring);
}

void jk_ring_stop(struct jk_ring *ring)
{
    if (!ring) return;
    pthread_mutex_lock(&ring->lock);
    ring->stopped = true;
    pthread_cond_broadcast(&ring->free);
    pthread_mutex_unlock(&ring->lock);
    for (unsigned i = 0; i < ring->worker_count; i++)
        pthread_join(ring->workers[i], NULL);
    free_ring(ring);
}

static struct jk_ring *new_ring(const struct jk_audit_options *options, uint64_t size)
{
    struct jk_ring *ring = calloc(1, sizeof *ring);
    if (!ring) return NULL;
    JK_CHECK(pthread_mutex_init(&ring->lock, NULL) == 0);
    JK_CHECK(pthread_cond_init(&ring->free, NULL) == 0 && pthread_cond_init(&ring->ready, NULL) == 0);
    ring->folder = options->folder;
    ring->size = size;
    ring->bundles = size / JK_TILE_WIDTH + (size % JK_TILE_WIDTH != 0);
    ring->slots = calloc((size_t)options->jobs * SLOTS_A_WORKER, sizeof *ring->slots);
    if (ring->slots) ring->slot_count = options->jobs * SLOTS_A_WORKER;
    for (unsigned i = 0; i < ring->slot_count; i++) {
        jk_tile_bytes_init(&ring->slots[i].entries);
        jk_tile_bytes_init(&ring->slots[i].hashes);
        jk_arena_init(&ring->slots[i].arena, ERROR_ARENA);
        jk_error_init(&ring->slots[i].error, &ring->slots[i].arena);
    }
    if (ring->slots && (!options->fold || share_parsed(ring))) return ring;
    free_ring(ring);
    return NULL;
}

enum jk_status jk_ring_start(const struct jk_audit_options *options, uint64_t size, struct jk_ring **out_ring,
                             struct jk_error *error)
{
    JK_CHECK(options->jobs >= 1 && options->jobs <= JK_AUDIT_JOBS_MAX);
    struct jk_ring *ring = new_ring(options, size);
    if (!ring) return jk_out_of_memory(error);
    while (ring->worker_count < options->jobs &&
           pthread_create(&ring->workers[ring->worker_count], NULL, work, ring) == 0)
        ring->worker_count++;
    if (ring->worker_count == 0) {
        jk_ring_stop(ring);
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_THREAD", "no thread could be started");
    }
    *out_ring = ring;
    return JK_OK;
}
