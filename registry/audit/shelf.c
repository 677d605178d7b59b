/* See shelf.h. */
#include "audit/shelf.h"

#include <stdlib.h>

#include "domain/manifest.h"

#define KEPT_MAX 4096 /* models: they are looked through one by one */

struct kept {
    struct jk_examined model; /* first */
    bool lasting;
    unsigned open;
    uint64_t used; /* the number of its last opening */
};

struct jk_shelf {
    jk_fetch_blob_fn *fetch;
    void *context;
    uint64_t room, bytes;
    struct kept *kept[KEPT_MAX];
    size_t count;
    uint64_t openings;
};

struct jk_shelf *jk_shelf_new(jk_fetch_blob_fn *fetch, void *context, uint64_t room)
{
    struct jk_shelf *shelf = calloc(1, sizeof *shelf);
    if (!shelf) return NULL;
    shelf->fetch = fetch;
    shelf->context = context;
    shelf->room = room;
    return shelf;
}

static void free_kept(struct kept *kept)
{
    jk_examined_done(&kept->model);
    free(kept);
}

void jk_shelf_free(struct jk_shelf *shelf)
{
    if (!shelf) return;
    for (size_t i = 0; i < shelf->count; i++)
        free_kept(shelf->kept[i]);
    free(shelf);
}

/* The one that is missed least: others before lasting ones, then the one that was not used for the longest time. Lasting
 * ones make no room for what is not, nor for one another as long as they are in use: each would push out the next.
 * shelf->count: there is none. */
static size_t least_missed(const struct jk_shelf *shelf, bool lasting)
{
    size_t least = shelf->count;
    uint64_t recent = 2 * shelf->count + 64;
    for (size_t i = 0; i < shelf->count; i++) {
        const struct kept *one = shelf->kept[i], *best = least < shelf->count ? shelf->kept[least] : NULL;
        if (one->open > 0 || (one->lasting && (!lasting || shelf->openings - one->used <= recent))) continue;
        if (!best || one->lasting < best->lasting || (one->lasting == best->lasting && one->used < best->used))
            least = i;
    }
    return least;
}

static void keep(struct jk_shelf *shelf, struct kept *kept)
{
    size_t bytes = jk_examined_bytes(&kept->model);
    while (shelf->count == KEPT_MAX || shelf->bytes + bytes > shelf->room) {
        size_t least = least_missed(shelf, kept->lasting);
        if (least == shelf->count) return;
        shelf->bytes -= jk_examined_bytes(&shelf->kept[least]->model);
        free_kept(shelf->kept[least]);
        shelf->kept[least] = shelf->kept[--shelf->count];
    }
    shelf->bytes += bytes;
    shelf->kept[shelf->count++] = kept;
}

static struct kept *kept_of(const struct jk_shelf *shelf, const struct jk_digest *artifact)
{
    for (size_t i = 0; i < shelf->count; i++)
        if (jk_digest_equal(&shelf->kept[i]->model.artifact, artifact)) return shelf->kept[i];
    return NULL;
}

static enum jk_status fetch_model(const struct jk_shelf *shelf, const struct jk_digest *artifact,
                                  enum jk_shelved *out_shelved, struct jk_examined *out_model, struct jk_error *error)
{
    struct jk_text text;
    struct jk_error fault;
    bool found;
    jk_text_init(&text, JK_MANIFEST_MAX);
    jk_error_init(&fault, NULL);
    enum jk_status status = shelf->fetch(shelf->context, artifact, JK_MANIFEST_MAX, &text, &found, error);
    *out_shelved = JK_SHELVED_ABSENT;
    if (status == JK_OK && found) {
        status = jk_examined_read(out_model, artifact, &text, &fault);
        *out_shelved = status == JK_OK ? JK_SHELVED : JK_SHELVED_DAMAGED;
        status = status == JK_RESOURCE_EXHAUSTED ? jk_out_of_memory(error) : JK_OK;
    }
    jk_text_done(&text);
    return status;
}

enum jk_status jk_shelf_open(struct jk_shelf *shelf, const struct jk_digest *artifact, bool lasting,
                             enum jk_shelved *out_shelved, const struct jk_examined **out_model, struct jk_error *error)
{
    struct kept *kept = kept_of(shelf, artifact);
    *out_model = NULL;
    *out_shelved = JK_SHELVED;
    shelf->openings++;
    if (!kept) {
        if (!(kept = calloc(1, sizeof *kept))) return jk_out_of_memory(error);
        enum jk_status status = fetch_model(shelf, artifact, out_shelved, &kept->model, error);
        if (status != JK_OK || *out_shelved != JK_SHELVED) {
            free(kept);
            return status;
        }
        kept->lasting = lasting;
        keep(shelf, kept);
    }
    kept->lasting = kept->lasting || lasting;
    kept->used = shelf->openings;
    kept->open++;
    *out_model = &kept->model;
    return JK_OK;
}

void jk_shelf_close(struct jk_shelf *shelf, const struct jk_examined *model)
{
    struct kept *kept = (struct kept *)model;
    kept->open--;
    if (kept->open == 0 && kept_of(shelf, &model->artifact) != kept) free_kept(kept);
}
