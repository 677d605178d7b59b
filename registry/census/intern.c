/* See intern.h. A chained hash table whose buckets double with the rows. */
#include "census/intern.h"

#include <stdlib.h>

#include "book/index.h"

#define FIRST_ROOM 1024u

struct jk_intern_row {
    const char *at;
    uint32_t len, hash, next;
};

void jk_intern_init(struct jk_intern *intern, bool fold)
{
    *intern = (struct jk_intern){.fold = fold};
    jk_arena_init(&intern->texts, SIZE_MAX / 4);
}

void jk_intern_close(struct jk_intern *intern)
{
    free(intern->rows);
    free(intern->buckets);
    intern->rows = NULL;
    intern->buckets = NULL;
    intern->count = intern->room = 0;
}

void jk_intern_done(struct jk_intern *intern)
{
    jk_intern_close(intern);
    jk_arena_done(&intern->texts);
    *intern = (struct jk_intern){.fold = intern->fold};
}

static uint32_t hash_of(const struct jk_intern *intern, struct jk_span text)
{
    return intern->fold ? jk_hash_fold(text, 0) : jk_hash_text(text);
}

static uint32_t find_hashed(const struct jk_intern *intern, struct jk_span text, uint32_t hash)
{
    uint32_t row = intern->room > 0 ? intern->buckets[hash & (intern->room - 1)] : JK_INTERN_NONE;
    for (; row != JK_INTERN_NONE; row = intern->rows[row].next) {
        struct jk_span there = {intern->rows[row].at, intern->rows[row].len};
        if (intern->rows[row].hash != hash) continue;
        if (intern->fold ? jk_span_equal_fold(there, text) : jk_span_equal(there, text)) return row;
    }
    return JK_INTERN_NONE;
}

uint32_t jk_intern_find(const struct jk_intern *intern, struct jk_span text)
{
    return find_hashed(intern, text, hash_of(intern, text));
}

static bool grow_rows(struct jk_intern *intern)
{
    if (intern->count < intern->room) return true;
    uint32_t room = intern->room ? intern->room * 2 : FIRST_ROOM;
    struct jk_intern_row *rows = realloc(intern->rows, room * sizeof *rows);
    if (rows) intern->rows = rows;
    uint32_t *buckets = rows ? malloc(room * sizeof *buckets) : NULL;
    if (!buckets) return false;
    memset(buckets, 0xff, room * sizeof *buckets);
    for (uint32_t i = 0; i < intern->count; i++) {
        uint32_t *bucket = &buckets[rows[i].hash & (room - 1)];
        rows[i].next = *bucket;
        *bucket = i;
    }
    free(intern->buckets);
    intern->buckets = buckets;
    intern->room = room;
    return true;
}

uint32_t jk_intern_add(struct jk_intern *intern, struct jk_span text)
{
    uint32_t hash = hash_of(intern, text), found = find_hashed(intern, text, hash);
    if (found != JK_INTERN_NONE || intern->failed) return found;
    const char *copy = grow_rows(intern) ? jk_arena_copy(&intern->texts, text.at ? text.at : "", text.len) : NULL;
    intern->failed = !copy;
    if (!copy) return JK_INTERN_NONE;
    uint32_t *bucket = &intern->buckets[hash & (intern->room - 1)];
    intern->rows[intern->count] = (struct jk_intern_row){copy, (uint32_t)text.len, hash, *bucket};
    *bucket = intern->count;
    return intern->count++;
}

struct jk_span jk_intern_text(const struct jk_intern *intern, uint32_t number)
{
    if (number >= intern->count) return (struct jk_span){"", 0};
    return (struct jk_span){intern->rows[number].at, intern->rows[number].len};
}
