/* Bundles and reports compressed with gzip, for clients that accept it. They hardly ever change under their names, so
 * compressed data is cached: a small table of reference-counted texts (the table and every answer in progress hold references), the
 * least used evicted first. A damaged one that was remade is a different file, and the compressed form of the
 * damaged one is no longer sent. Compression runs on the thread that serves the request, so
 * callers give nothing long. Threads: any. Limits: SLOTS texts, KEPT_MOST bytes. */
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/check.h"
#include "http/inside.h"

#define SLOTS     128
#define KEPT_MOST (16u << 20)
#define LEVEL     5

struct zip {
    atomic_uint holds;
    size_t len;
    unsigned char bytes[];
};

/* Which file it was that lay under the name. */
struct origin {
    dev_t device;
    ino_t number;
    struct timespec changed;
};

struct slot {
    char file[JK_ROUTE_FILE]; /* empty: free */
    struct origin origin;
    struct zip *zip;
    uint64_t used; /* when, in turns */
};

struct jk_http_zips {
    pthread_mutex_t lock;
    struct slot slots[SLOTS];
    size_t kept; /* bytes */
    uint64_t turn;
};

struct jk_http_zips *jk_http_zips_new(void)
{
    struct jk_http_zips *zips = calloc(1, sizeof *zips);
    if (zips) JK_CHECK(pthread_mutex_init(&zips->lock, NULL) == 0);
    return zips;
}

static void let_go(void *held)
{
    struct zip *zip = held;
    if (atomic_fetch_sub(&zip->holds, 1) == 1) free(zip);
}

static void empty(struct jk_http_zips *zips, struct slot *slot)
{
    if (!slot->file[0]) return;
    zips->kept -= slot->zip->len;
    let_go(slot->zip);
    *slot = (struct slot){0};
}

void jk_http_zips_free(struct jk_http_zips *zips)
{
    if (!zips) return;
    for (size_t i = 0; i < SLOTS; i++)
        empty(zips, &zips->slots[i]);
    pthread_mutex_destroy(&zips->lock);
    free(zips);
}

/* ---- compressing ---- */

/* Held once. */
static struct zip *make_zip(int fd, size_t size)
{
    char *source = malloc(size), *made = NULL;
    size_t len;
    bool good = source && jk_http_read(fd, source, size, 0) &&
                jk_http_gzip((struct jk_span){source, size}, LEVEL, offsetof(struct zip, bytes), &made, &len);
    free(source);
    if (!good) return NULL;
    struct zip *zip = (struct zip *)(void *)made;
    zip->len = len;
    atomic_init(&zip->holds, 1);
    return zip;
}

/* ---- the table ---- */

static struct slot *find_zip(struct jk_http_zips *zips, const char *file)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (zips->slots[i].file[0] && strcmp(zips->slots[i].file, file) == 0) return &zips->slots[i];
    return NULL;
}

static struct slot *least_used(struct jk_http_zips *zips, bool taken)
{
    struct slot *least = NULL;
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &zips->slots[i];
        if (taken && !slot->file[0]) continue;
        if (!least || slot->used < least->used) least = slot;
    }
    return least;
}

static struct zip *kept_zip(struct jk_http_zips *zips, const char *file, const struct origin *origin)
{
    struct zip *zip = NULL;
    pthread_mutex_lock(&zips->lock);
    struct slot *slot = find_zip(zips, file);
    if (slot && (slot->origin.device != origin->device || slot->origin.number != origin->number ||
                 slot->origin.changed.tv_sec != origin->changed.tv_sec ||
                 slot->origin.changed.tv_nsec != origin->changed.tv_nsec)) {
        empty(zips, slot);
        slot = NULL;
    }
    if (slot) {
        slot->used = ++zips->turn;
        zip = slot->zip;
        atomic_fetch_add(&zip->holds, 1);
    }
    pthread_mutex_unlock(&zips->lock);
    return zip;
}

struct MHD_Response *jk_http_zip(struct jk_http_zips *zips, const char *file, int fd, size_t size)
{
    struct stat facts;
    if (size == 0 || fstat(fd, &facts) != 0) return NULL;
    struct origin origin = {facts.st_dev, facts.st_ino, facts.st_ctim};
    struct zip *zip = kept_zip(zips, file, &origin);
    if (!zip) {
        zip = make_zip(fd, size);
        if (!zip) return NULL;

        /* if another thread was faster with the same bundle, this copy is used only for its own answer */
        pthread_mutex_lock(&zips->lock);
        if (zip->len <= KEPT_MOST / 4 && !find_zip(zips, file)) {
            while (zips->kept + zip->len > KEPT_MOST)
                empty(zips, least_used(zips, true));
            struct slot *slot = least_used(zips, false);
            empty(zips, slot);
            atomic_fetch_add(&zip->holds, 1);
            *slot = (struct slot){.zip = zip, .origin = origin, .used = ++zips->turn};
            memcpy(slot->file, file, strlen(file) + 1);
            zips->kept += zip->len;
        }
        pthread_mutex_unlock(&zips->lock);
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback_cls(zip->len, zip->bytes, let_go, zip);
    if (!response) let_go(zip);
    jk_http_add(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    return response;
}
