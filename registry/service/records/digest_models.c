#include "service/records/digest_models.h"

#include <stdlib.h>

#include "book/claims.h"
#include "service/call/page.h"
#include "service/call/services.h"
#include "store/weighed.h"
#include "weights/keys.h"

static void mark_model_of(const struct jk_book *book, struct jk_digest_models *models, uint32_t release)
{
    uint32_t model = jk_book_release(book, release)->model;
    if (model < models->room) models->bits[model / 8] |= (unsigned char)(1u << model % 8);
}

bool jk_digest_models_have(const struct jk_digest_models *models, uint32_t model)
{
    return model < models->room && models->bits[model / 8] & (1u << model % 8);
}

static void add_artifact(const struct jk_book *book, struct jk_digest_models *models, const struct jk_digest *artifact,
                         uint32_t n)
{
    uint32_t release = jk_book_find_artifact(book, artifact, n);
    for (; release != JK_NONE; release = jk_book_next_with_artifact(book, release, n))
        mark_model_of(book, models, release);
}

/* What releases state, which the log says. */
static void add_stated(const struct jk_book *book, struct jk_digest_models *models, const struct jk_digest *digest,
                       uint32_t n)
{
    uint32_t release = jk_book_find_release(book, digest, n);
    if (release != JK_NONE) mark_model_of(book, models, release);
    add_artifact(book, models, digest, n);
    release = jk_book_find_weights(book, digest, n);
    if (release == JK_NONE) return;
    struct jk_content_walk walk =
        jk_content_walk_begin(book, JK_CONTENT_WEIGHTS, jk_content_of(book, release, JK_CONTENT_WEIGHTS, n));
    while ((release = jk_content_walk_next(book, &walk, n)) != JK_NONE)
        mark_model_of(book, models, release);
}

/* ---- what manifests list ---- */

static void add_page(struct jk_call *call, struct jk_digest_models *models, const struct jk_weighed_page *page,
                     uint32_t n)
{
    struct jk_view view;
    jk_store_view(jk_store_of(call), &view);
    for (size_t i = 0; i < page->count; i++)
        if (jk_book_is_held(view.book, &page->artifacts[i], n)) add_artifact(view.book, models, &page->artifacts[i], n);
    jk_store_view_end(jk_store_of(call));
}

static enum jk_status add_listed(struct jk_call *call, struct jk_digest_models *models, const struct jk_digest *digest,
                                 uint32_t n)
{
    struct jk_key key;
    struct jk_weighed_manifest wanted = {.keys = &key, .key_count = 1};
    struct jk_weighed_page *page = calloc(1, sizeof *page);
    enum jk_status status = page && jk_key_of_file(digest, &key) ? JK_OK : jk_out_of_memory(&call->error);
    bool more = true;
    while (status == JK_OK && more && !atomic_load(&call->cancelled)) {
        status = jk_reader_weighed_equal(call->reader, &wanted, page, &call->error);
        if (status == JK_OK) add_page(call, models, page, n);
        more = status == JK_OK && page->count == JK_WEIGHED_PAGE;
    }
    free(page);
    return status;
}

enum jk_status jk_digest_models_find(struct jk_call *call, const struct jk_digest *digest,
                                     struct jk_digest_models *out_models)
{
    struct jk_page page;
    struct jk_view view;
    JK_TRY(jk_page_read(call, &page));
    jk_store_view(jk_store_of(call), &view);
    uint32_t n = jk_page_log_size_at(&page, view.size);
    out_models->room = jk_book_models(view.book, n);
    out_models->bits = jk_arena_zalloc(&call->arena, out_models->room / 8 + 1, 1);
    if (out_models->bits) add_stated(view.book, out_models, digest, n);
    jk_store_view_end(jk_store_of(call));
    return out_models->bits ? add_listed(call, out_models, digest, n) : jk_out_of_memory(&call->error);
}
