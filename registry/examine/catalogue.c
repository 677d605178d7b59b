/* See catalogue.h. Keys lie in sorted runs. A model's are a run at first; a run that is not much shorter than the one before it
 * is merged with that, so that there are few, each at least twice as long as the next. */
#include "examine/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "examine/examination.h"
#include "weights/keys.h"
#include "weights/signature.h"

#define RUNS_MAX 64 /* each is twice as long as the next */

struct place {
    struct jk_key key;
    uint32_t model; /* its number */
};

struct run {
    struct place *places;
    size_t count;
};

/* A shape is kept as the beginning of its SHA-256, like a key. */
struct signed_model {
    struct jk_key shape;
    uint32_t model;
    uint64_t bits[JK_SKETCH_BUCKETS / 64];
};

struct jk_catalogue {
    uint64_t most, bytes; /* of places */
    struct run runs[RUNS_MAX];
    size_t run_count;
    struct jk_digest *artifacts; /* by number */
    size_t model_count, model_room;
    struct signed_model *signatures;
    size_t signature_count, signature_room;
};

struct jk_catalogue *jk_catalogue_new(uint64_t most)
{
    struct jk_catalogue *catalogue = calloc(1, sizeof *catalogue);
    if (catalogue) catalogue->most = most;
    return catalogue;
}

void jk_catalogue_free(struct jk_catalogue *catalogue)
{
    if (!catalogue) return;
    for (size_t i = 0; i < catalogue->run_count; i++)
        free(catalogue->runs[i].places);
    free(catalogue->artifacts);
    free(catalogue->signatures);
    free(catalogue);
}

/* ---- runs ---- */

static bool merge_last_two(struct jk_catalogue *catalogue)
{
    struct run *one = &catalogue->runs[catalogue->run_count - 2], *two = one + 1;
    size_t count = one->count + two->count, i = 0, j = 0;
    struct place *places = malloc(count * sizeof *places);
    if (!places) return false;
    for (size_t at = 0; at < count; at++) {
        bool first = j == two->count ||
                     (i < one->count && memcmp(one->places[i].key.bytes, two->places[j].key.bytes, JK_KEY_BYTES) <= 0);
        places[at] = first ? one->places[i++] : two->places[j++];
    }
    free(one->places);
    free(two->places);
    *one = (struct run){places, count};
    catalogue->run_count--;
    return true;
}

static bool add_keys(struct jk_catalogue *catalogue, const struct jk_key *keys, size_t count)
{
    if (count == 0) return true;
    struct place *places = malloc(count * sizeof *places);
    if (!places) return false;
    for (size_t i = 0; i < count; i++)
        places[i] = (struct place){keys[i], (uint32_t)catalogue->model_count};
    catalogue->runs[catalogue->run_count++] = (struct run){places, count};
    catalogue->bytes += count * sizeof *places;
    while (catalogue->run_count > 1) {
        const struct run *last = &catalogue->runs[catalogue->run_count - 1];
        if (2 * last->count <= last[-1].count) break;
        if (!merge_last_two(catalogue)) return false;
    }
    return true;
}

/* ---- models ---- */

static struct jk_key key_of_shape(struct jk_span shape)
{
    struct jk_digest digest = jk_digest_of(shape);
    struct jk_key key;
    memcpy(key.bytes, digest.bytes, sizeof key.bytes);
    return key;
}

static bool add_signature(struct jk_catalogue *catalogue, const struct jk_signature *signature)
{
    if (!JK_ARRAY_GROW(catalogue->signatures, catalogue->signature_count, catalogue->signature_room)) return false;
    struct signed_model *row = &catalogue->signatures[catalogue->signature_count++];
    *row = (struct signed_model){.shape = key_of_shape(signature->shape), .model = (uint32_t)catalogue->model_count};
    memcpy(row->bits, signature->bits, sizeof row->bits);
    return true;
}

static bool enter_model(struct jk_catalogue *catalogue, const struct jk_examined *model, const struct jk_key *keys,
                        size_t count)
{
    struct jk_signature signature;
    if (!JK_ARRAY_GROW(catalogue->artifacts, catalogue->model_count, catalogue->model_room) ||
        !add_keys(catalogue, keys, count))
        return false;
    if (jk_signature_of(&model->sketches, &signature) && !add_signature(catalogue, &signature)) return false;
    catalogue->artifacts[catalogue->model_count++] = model->artifact;
    return true;
}

enum jk_status jk_catalogue_add(struct jk_catalogue *catalogue, const struct jk_examined *model, struct jk_error *error)
{
    size_t count;
    struct jk_key *keys = jk_keys_of(jk_text_span(&model->manifest), &model->sketches, &count);
    if (!keys) return jk_out_of_memory(error);
    uint64_t bytes = 2 * (catalogue->bytes + (uint64_t)count * sizeof(struct place)) +
                     (uint64_t)catalogue->model_count * (sizeof *catalogue->artifacts + sizeof *catalogue->signatures);
    enum jk_status status = JK_OK;
    if (bytes > catalogue->most)
        status = jk_fail(error, JK_RESOURCE_EXHAUSTED, "INDEX_TOO_LARGE",
                         "the index of %zu manifests would take more than %llu MiB", catalogue->model_count + 1,
                         (unsigned long long)(catalogue->most >> 20));
    else if (!enter_model(catalogue, model, keys, count))
        status = jk_out_of_memory(error);
    free(keys);
    return status;
}

/* ---- finding ---- */

struct giving {
    const struct jk_catalogue *catalogue;
    bool (*take)(void *taking, const struct jk_digest *artifacts, size_t count);
    void *taking;
    bool ended;
    size_t count;
    struct jk_digest artifacts[JK_FOUND_AT_ONCE];
};

static void give_found(struct giving *giving)
{
    if (giving->count > 0 && !giving->ended)
        giving->ended = !giving->take(giving->taking, giving->artifacts, giving->count);
    giving->count = 0;
}

static void take_down(struct giving *giving, uint32_t model)
{
    giving->artifacts[giving->count++] = giving->catalogue->artifacts[model];
    if (giving->count == JK_FOUND_AT_ONCE) give_found(giving);
}

static size_t first_place(const struct run *run, const struct jk_key *key)
{
    size_t low = 0, high = run->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(run->places[middle].key.bytes, key->bytes, JK_KEY_BYTES) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A model that has several of the keys is given once: its number is marked. */
static void find_key(struct giving *giving, const struct jk_key *key, unsigned char *given)
{
    for (size_t i = 0; i < giving->catalogue->run_count && !giving->ended; i++) {
        const struct run *run = &giving->catalogue->runs[i];
        for (size_t at = first_place(run, key); at < run->count && !giving->ended; at++) {
            const struct place *place = &run->places[at];
            if (memcmp(place->key.bytes, key->bytes, JK_KEY_BYTES) != 0) break;
            if (given[place->model]) continue;
            given[place->model] = 1;
            take_down(giving, place->model);
        }
    }
}

static bool find_equal(struct giving *giving, const struct jk_examined *model)
{
    size_t count;
    struct jk_key *keys = jk_keys_of(jk_text_span(&model->manifest), &model->sketches, &count);
    unsigned char *given = calloc(giving->catalogue->model_count + 1, 1);
    bool done = keys && given;
    for (size_t i = 0; done && i < count && !giving->ended; i++)
        find_key(giving, &keys[i], given);
    free(given);
    free(keys);
    return done;
}

static void find_alike(struct giving *giving, const struct jk_examined *model)
{
    const struct jk_catalogue *catalogue = giving->catalogue;
    struct jk_signature signature;
    if (!jk_signature_of(&model->sketches, &signature)) return;
    struct jk_key shape = key_of_shape(signature.shape);
    for (size_t i = 0; i < catalogue->signature_count && !giving->ended; i++) {
        const struct signed_model *row = &catalogue->signatures[i];
        if (memcmp(row->shape.bytes, shape.bytes, JK_KEY_BYTES) == 0 &&
            jk_signature_distance(row->bits, signature.bits) <= JK_SIGNATURE_PLACES)
            take_down(giving, row->model);
    }
}

enum jk_status jk_catalogue_find(const struct jk_catalogue *catalogue, const struct jk_examined *model, unsigned found,
                                 bool (*take)(void *taking, const struct jk_digest *artifacts, size_t count),
                                 void *taking, struct jk_error *error)
{
    struct giving *giving = calloc(1, sizeof *giving);
    if (!giving) return jk_out_of_memory(error);
    *giving = (struct giving){.catalogue = catalogue, .take = take, .taking = taking};
    bool done = true;
    if (found == JK_FOUND_EQUAL)
        done = find_equal(giving, model);
    else
        find_alike(giving, model);
    give_found(giving);
    free(giving);
    return done ? JK_OK : jk_out_of_memory(error);
}
