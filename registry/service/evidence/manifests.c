/* See manifests.h. */
#include "service/evidence/manifests.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/defer.h"
#include "base/log.h"
#include "book/vouched.h"
#include "domain/manifest.h"
#include "examine/examination.h"
#include "service/records/blob.h"
#include "store/weighed.h"
#include "weights/keys.h"
#include "weights/signature.h"

#define CACHE_MAX (256u << 20) /* bytes of lasting models */
#define READ_MS   60000
#define TOLD_MAX  64 /* damaged manifests that are not told again */

struct kept {
    struct jk_examined model; /* first */
    uint64_t used;            /* the number of the opening */
};

struct jk_manifests {
    struct jk_store *store;
    struct kept **kept;
    size_t count, room, bytes;
    uint64_t openings;
    struct jk_digest told[TOLD_MAX]; /* that are damaged, the newest ones */
    size_t told_count;               /* ever */
};

struct jk_manifests *jk_manifests_new(struct jk_store *store)
{
    struct jk_manifests *manifests = calloc(1, sizeof *manifests);
    if (manifests) manifests->store = store;
    return manifests;
}

static void free_kept(struct kept *kept)
{
    jk_examined_done(&kept->model);
    free(kept);
}

void jk_manifests_free(struct jk_manifests *manifests)
{
    if (!manifests) return;
    for (size_t i = 0; i < manifests->count; i++)
        free_kept(manifests->kept[i]);
    free(manifests->kept);
    free(manifests);
}

/* ---- reading one ---- */

struct fetching {
    const struct jk_digest *artifact;
    struct jk_text text;
};

static enum jk_status fetch_bytes(void *context, struct jk_reader *reader, struct jk_error *error)
{
    struct fetching *fetching = context;
    return jk_blob_bytes(reader, fetching->artifact, &fetching->text, error);
}

/* Whether the log says that it is stored: as a release's, or as a reference's. */
static bool is_expected(struct jk_manifests *manifests, const struct jk_digest *artifact)
{
    struct jk_view view;
    jk_store_view(manifests->store, &view);
    bool is =
        jk_book_is_held(view.book, artifact, view.size) || jk_book_keeps_reference(view.book, artifact, view.size);
    jk_store_view_end(manifests->store);
    return is;
}

static void tell_manifest_damaged(struct jk_manifests *manifests, const struct jk_digest *artifact,
                                  const struct jk_error *error)
{
    char hex[JK_DIGEST_HEX + 1];
    for (size_t i = 0; i < manifests->told_count && i < TOLD_MAX; i++)
        if (jk_digest_equal(&manifests->told[i], artifact)) return;
    manifests->told[manifests->told_count++ % TOLD_MAX] = *artifact;
    jk_digest_hex(artifact, hex);
    jk_log(JK_LOG_ERROR, "manifest-damaged", "sha256", hex, "detail", error->message, NULL);
}

static enum jk_status read_manifest(struct jk_manifests *manifests, const struct jk_digest *artifact,
                                    struct jk_examined *out_model, struct jk_error *error)
{
    struct fetching fetching = {.artifact = artifact};
    jk_text_init(&fetching.text, JK_MANIFEST_MAX);
    enum jk_status status =
        jk_store_read_own(manifests->store, fetch_bytes, &fetching, jk_monotonic_ms() + READ_MS, error);
    if (status == JK_OK) status = jk_examined_read(out_model, artifact, &fetching.text, error);
    jk_text_done(&fetching.text);
    if (status != JK_DATA_LOSS) return status;
    if (is_expected(manifests, artifact)) {
        tell_manifest_damaged(manifests, artifact, error);
        return status;
    }
    jk_error_init(error, error->arena);
    return jk_fail(error, JK_FAILED_PRECONDITION, "BLOB_WITHDRAWN", "a manifest was withdrawn meanwhile");
}

/* ---- open and close ---- */

/* Room for one more, by those that were not used for the longest time; not by one that is as new as those of the
 * examination under way, or each would push out the next. */
static bool room_for(struct jk_manifests *manifests, size_t bytes)
{
    uint64_t recent = 2 * manifests->count + 64;
    for (size_t i = 0; i < manifests->count && manifests->bytes + bytes > CACHE_MAX;) {
        struct kept *kept = manifests->kept[i];
        if (manifests->openings - kept->used <= recent) {
            i++;
            continue;
        }
        manifests->bytes -= jk_examined_bytes(&kept->model);
        free_kept(kept);
        manifests->kept[i] = manifests->kept[--manifests->count];
    }
    if (manifests->bytes + bytes > CACHE_MAX) return false;
    return JK_ARRAY_GROW(manifests->kept, manifests->count, manifests->room);
}

static struct kept *kept_of(struct jk_manifests *manifests, const struct jk_digest *artifact)
{
    for (size_t i = 0; i < manifests->count; i++)
        if (jk_digest_equal(&manifests->kept[i]->model.artifact, artifact)) return manifests->kept[i];
    return NULL;
}

enum jk_status jk_manifests_open(struct jk_manifests *manifests, const struct jk_digest *artifact, bool lasting,
                                 const struct jk_examined **out_model, struct jk_error *error)
{
    struct kept *kept = kept_of(manifests, artifact);
    manifests->openings++;
    if (!kept) {
        if (!(kept = calloc(1, sizeof *kept))) return jk_out_of_memory(error);
        enum jk_status status = read_manifest(manifests, artifact, &kept->model, error);
        if (status != JK_OK) {
            free(kept);
            return status;
        }
        size_t bytes = jk_examined_bytes(&kept->model);
        if (lasting && room_for(manifests, bytes)) {
            manifests->bytes += bytes;
            manifests->kept[manifests->count++] = kept;
        }
    }
    kept->used = manifests->openings;
    *out_model = &kept->model;
    return JK_OK;
}

void jk_manifests_close(struct jk_manifests *manifests, const struct jk_examined *model)
{
    struct kept *kept = kept_of(manifests, &model->artifact);
    if (!kept || &kept->model != model) free_kept((struct kept *)model);
}

/* ---- the index ---- */

/* What of a model the index has. The model and *out_keys must outlive it; the keys are freed by the caller. */
static enum jk_status weigh(const struct jk_examined *model, struct jk_key **out_keys,
                            struct jk_weighed_manifest *out_weighed, struct jk_error *error)
{
    struct jk_signature signature;
    *out_weighed = (struct jk_weighed_manifest){.artifact = model->artifact};
    *out_keys = jk_keys_of(jk_text_span(&model->manifest), &model->sketches, &out_weighed->key_count);
    if (!*out_keys) return jk_out_of_memory(error);
    out_weighed->keys = *out_keys;
    if (!jk_signature_of(&model->sketches, &signature)) return JK_OK;
    out_weighed->shape = signature.shape;
    memcpy(out_weighed->bits, signature.bits, sizeof out_weighed->bits);
    return JK_OK;
}

static enum jk_status enter_row(void *context, struct jk_reader *reader, struct jk_error *error)
{
    return jk_reader_weighed_add(reader, context, error);
}

static enum jk_status enter_one(struct jk_manifests *manifests, const struct jk_digest *artifact,
                                struct jk_error *error)
{
    JK_CLEANUP(jk_examined_done) struct jk_examined model = {0};
    struct jk_weighed_manifest weighed;
    struct jk_key *keys;
    enum jk_status status = read_manifest(manifests, artifact, &model, error);
    if (status == JK_DATA_LOSS || status == JK_FAILED_PRECONDITION) {
        jk_error_init(error, NULL);
        return JK_OK;
    }
    JK_TRY(status);
    JK_TRY(weigh(&model, &keys, &weighed, error));
    status = jk_store_read_own(manifests->store, enter_row, &weighed, jk_monotonic_ms() + READ_MS, error);
    free(keys);
    return status;
}

struct looking {
    const struct jk_digest *artifacts;
    size_t count;
    bool *there;
};

static enum jk_status look_for_rows(void *context, struct jk_reader *reader, struct jk_error *error)
{
    const struct looking *looking = context;
    return jk_reader_weighed_there(reader, looking->artifacts, looking->count, looking->there, error);
}

enum jk_status jk_manifests_enter(struct jk_manifests *manifests, const struct jk_digest *artifacts, size_t count,
                                  const atomic_bool *stopping, struct jk_error *error)
{
    struct looking looking = {artifacts, count, calloc(count + 1, sizeof *looking.there)};
    if (!looking.there) return jk_out_of_memory(error);
    enum jk_status status =
        jk_store_read_own(manifests->store, look_for_rows, &looking, jk_monotonic_ms() + READ_MS, error);
    for (size_t i = 0; status == JK_OK && i < count; i++) {
        if (atomic_load(stopping))
            status = jk_fail(error, JK_UNAVAILABLE, "STOPPING", "the server is stopping");
        else if (!looking.there[i])
            status = enter_one(manifests, &artifacts[i], error);
    }
    free(looking.there);
    return status;
}

struct finding {
    const struct jk_weighed_manifest *weighed;
    unsigned found;
    struct jk_weighed_page *page;
};

static enum jk_status find_page(void *context, struct jk_reader *reader, struct jk_error *error)
{
    const struct finding *finding = context;
    if (finding->found == JK_FOUND_EQUAL)
        return jk_reader_weighed_equal(reader, finding->weighed, finding->page, error);
    return jk_reader_weighed_alike(reader, finding->weighed, JK_SIGNATURE_PLACES, finding->page, error);
}

static bool give_page(const struct jk_weighed_page *page,
                      bool (*take)(void *taking, const struct jk_digest *artifacts, size_t count), void *taking)
{
    for (size_t at = 0; at < page->count; at += JK_FOUND_AT_ONCE) {
        size_t left = page->count - at;
        if (!take(taking, page->artifacts + at, left < JK_FOUND_AT_ONCE ? left : JK_FOUND_AT_ONCE)) return false;
    }
    return true;
}

enum jk_status jk_manifests_find(struct jk_manifests *manifests, const struct jk_examined *model, unsigned found,
                                 bool (*take)(void *taking, const struct jk_digest *artifacts, size_t count),
                                 void *taking, struct jk_error *error)
{
    struct jk_weighed_manifest weighed;
    struct jk_key *keys;
    struct finding finding = {&weighed, found, calloc(1, sizeof *finding.page)};
    enum jk_status status = finding.page ? weigh(model, &keys, &weighed, error) : jk_out_of_memory(error);
    if (status != JK_OK) {
        free(finding.page);
        return status;
    }
    bool more = true;
    while (status == JK_OK && more) {
        status = jk_store_read_own(manifests->store, find_page, &finding, jk_monotonic_ms() + READ_MS, error);
        more = status == JK_OK && give_page(finding.page, take, taking) && finding.page->count == JK_WEIGHED_PAGE;
    }
    free(finding.page);
    free(keys);
    return status;
}
