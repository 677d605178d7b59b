/* Writes public folders of logs without a server, for tests that read them: checkpoint, log.vkey, bundles, hash tiles.
 *   make_log size FOLDER SIZE                  one log of exactly so many entries
 *   make_log histories FOLDER FIRST COUNT STEPS SIZES
 *   make_log stages FOLDER LIE                 a log with closed stages and their files (support/stage_log.h)
 * The second makes a random history (support/history.h) in FOLDER/<seed> for each of COUNT seeds from FIRST on, and
 * beside it FOLDER/<seed>/counts: the book's answers for each scope at SIZES sampled sizes, one JSON object a line.
 * Ends the program where anything fails. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/check.h"
#include "book/book_ask.h"
#include "book/count.h"
#include "support/history.h"
#include "support/stage_log.h"
#include "tlog/forest.h"
#include "tlog/note.h"
#include "tlog/tile.h"

#define PATH_ROOM 512

struct made_log {
    struct jk_ledger ledger;
    struct jk_forest *forest;
    const char *folder;
    struct jk_text text; /* of the file in the making */
};

/* ---- files ---- */

static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
}

static FILE *open_file(const char *folder, const char *name)
{
    char path[PATH_ROOM];
    JK_CHECK(snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path);
    make_folders(path);
    FILE *file = fopen(path, "wb");
    JK_CHECK(file != NULL);
    return file;
}

static void write_file(struct made_log *log, const char *name)
{
    FILE *file = open_file(log->folder, name);
    JK_CHECK(!log->text.failed && fwrite(log->text.bytes, 1, log->text.len, file) == log->text.len);
    JK_CHECK(fclose(file) == 0);
    jk_text_clear(&log->text);
}

static void add_hash(struct made_log *log, const struct jk_tile *tile, uint64_t index)
{
    struct jk_digest hash;
    JK_CHECK(jk_forest_read(log->forest, tile->level * JK_TILE_BITS, index, &hash));
    jk_text_add(&log->text, (struct jk_span){(const char *)&hash, JK_DIGEST_SIZE});
}

static void write_tile(struct made_log *log, const struct jk_tile *tile)
{
    char path[JK_TILE_PATH];
    for (uint64_t i = tile->index * JK_TILE_WIDTH; i < tile->index * JK_TILE_WIDTH + tile->width; i++)
        if (tile->kind == JK_TILE_ENTRIES)
            JK_CHECK(jk_tile_entry_add(&log->text, log->ledger.entries[i]));
        else
            add_hash(log, tile, i);
    jk_tile_path(tile, path);
    write_file(log, path);
}

static void write_checkpoint(struct made_log *log)
{
    struct jk_error error;
    struct jk_text body;
    struct jk_checkpoint checkpoint = {.origin = jk_book_origin(log->ledger.book), .size = log->ledger.count};
    struct jk_signer *signer = jk_signer_new(checkpoint.origin, (const unsigned char *)JK_LEDGER_SEED);
    jk_error_init(&error, NULL);
    jk_text_init(&body, 0);
    JK_CHECK(signer && jk_merkle_root_at(jk_forest_read, log->forest, checkpoint.size, &checkpoint.root));
    jk_checkpoint_write(&checkpoint, &body);
    JK_CHECK(jk_note_sign(signer, jk_text_span(&body), &log->text, &error) == JK_OK);
    write_file(log, "checkpoint");
    jk_verifier_write(jk_signer_verifier(signer), &log->text);
    jk_text_add_char(&log->text, '\n');
    write_file(log, "log.vkey");
    jk_text_done(&body);
    jk_signer_free(signer);
}

static void write_log(struct made_log *log)
{
    struct jk_tile_walk walk;
    struct jk_tile tile;
    log->forest = jk_forest_new();
    JK_CHECK(log->forest && jk_forest_reserve(log->forest, log->ledger.count));
    for (uint32_t i = 0; i < log->ledger.count; i++) {
        struct jk_digest leaf = jk_merkle_leaf(log->ledger.entries[i]);
        jk_forest_append(log->forest, &leaf);
    }
    jk_tile_walk_init(&walk, 0, log->ledger.count);
    while (jk_tile_walk_next(&walk, &tile))
        write_tile(log, &tile);
    write_checkpoint(log);
    jk_forest_free(log->forest);
}

/* ---- counts ---- */

static void print_numbers(FILE *file, const struct jk_total *total)
{
    fprintf(file,
            "\"registered\":%u,\"yanked\":%u,\"counted\":%u,\"direct\":%u,\"transitive\":%u,\"independent\":%u,"
            "\"license_clean\":%u,\"distinct_publishers\":%u,\"distinct_weights\":%u,\"adopted\":%u,\"groups\":[",
            total->registered, total->yanked, total->counted, total->direct, total->transitive, total->independent,
            total->license_clean, total->distinct_publishers, total->distinct_weights, total->adopted);
}

static void print_group(FILE *file, const char *grouping, struct jk_span key, uint32_t count)
{
    fprintf(file, "[\"%s\",\"%.*s\",%u],", grouping, (int)key.len, key.len ? key.at : "", count);
}

static void print_counters(FILE *file, const struct jk_total *total)
{
    char text[32];
    for (int i = 1; i < JK_RELATION_COUNT; i++)
        print_group(file, "relation", jk_span_of(jk_relation_text((enum jk_relation)i)), total->by_relation[i]);
    for (int i = 0; i < JK_LICENSE_CLASSES; i++)
        print_group(file, "license-class", jk_span_of(jk_license_class_text((enum jk_license_class)i)),
                    total->by_license_class[i]);
    for (int i = 1; i <= JK_COUNT_DEPTHS; i++) {
        snprintf(text, sizeof text, "%d%s", i, i == JK_COUNT_DEPTHS ? "+" : "");
        if (total->by_depth[i]) print_group(file, "depth", jk_span_of(text), total->by_depth[i]);
    }
    for (unsigned i = 0; i < JK_COUNT_MONTHS; i++) {
        jk_month_format(i, text);
        if (total->by_month[i]) print_group(file, "month", jk_span_of(text), total->by_month[i]);
    }
}

static void print_groups(FILE *file, const struct jk_book *book, struct jk_scope scope, uint32_t n, enum jk_group_by by)
{
    struct jk_arena arena;
    struct jk_error error;
    struct jk_group *groups;
    size_t count;
    jk_error_init(&error, NULL);
    jk_arena_init(&arena, 1 << 20);
    JK_CHECK(jk_count_groups(book, scope, by, n, &arena, &groups, &count, &error) == JK_OK);
    for (size_t i = 0; i < count; i++)
        if (by == JK_GROUP_PUBLISHER)
            print_group(file, "publisher", jk_book_publisher(book, groups[i].slot)->name, groups[i].count);
        else
            print_group(file, "license", jk_book_license_text(book, groups[i].slot), groups[i].count);
    jk_arena_done(&arena);
}

static void print_scope(FILE *file, const struct jk_book *book, struct jk_scope scope, const char *kind,
                        struct jk_span name, uint32_t n)
{
    static struct jk_total total;
    struct jk_error error;
    jk_error_init(&error, NULL);
    JK_CHECK(jk_count_at(book, scope, n, &total, &error) == JK_OK);
    fprintf(file, "{\"size\":%u,\"kind\":\"%s\",\"name\":\"%.*s\",", n, kind, JK_SPAN_ARG(name));
    print_numbers(file, &total);
    print_counters(file, &total);
    print_groups(file, book, scope, n, JK_GROUP_PUBLISHER);
    print_groups(file, book, scope, n, JK_GROUP_LICENSE);
    fprintf(file, "[\"\",\"\",0]]}\n");
}

static void print_counts_at(FILE *file, const struct jk_book *book, uint32_t n)
{
    uint32_t model;
    for (uint32_t i = 0; (model = jk_book_listed(book, i, n)) != JK_NONE; i++)
        if (jk_book_base(book, model, n))
            print_scope(file, book, (struct jk_scope){JK_SCOPE_BASE, model}, "base",
                        jk_book_alias(book, model, n)->name, n);
    for (uint32_t team = 0; team < jk_book_teams(book, n); team++)
        print_scope(file, book, (struct jk_scope){JK_SCOPE_TEAM, team}, "team", jk_book_team(book, team)->id, n);
    print_scope(file, book, (struct jk_scope){JK_SCOPE_ALL, 0}, "all", JK_SPAN(""), n);
}

/* ---- the two uses ---- */

static void make_history(const char *parent, uint64_t seed, uint32_t steps, uint32_t sizes)
{
    char folder[PATH_ROOM];
    struct made_log log = {.folder = folder};
    struct jk_random random = {seed};
    uint32_t kinds[JK_KIND_COUNT] = {0};
    JK_CHECK(snprintf(folder, sizeof folder, "%s/%llu", parent, (unsigned long long)seed) < (int)sizeof folder);
    jk_text_init(&log.text, 0);
    jk_ledger_init(&log.ledger);
    jk_history_make(&log.ledger, seed, steps, kinds);
    write_log(&log);
    FILE *file = open_file(folder, "counts");
    for (uint32_t i = 0; i + 1 < sizes; i++)
        print_counts_at(file, log.ledger.book, jk_random_below(&random, log.ledger.count));
    print_counts_at(file, log.ledger.book, log.ledger.count);
    JK_CHECK(fclose(file) == 0);
    jk_ledger_done(&log.ledger);
    jk_text_done(&log.text);
}

static void make_size(const char *folder, uint32_t size)
{
    char name[32];
    struct made_log log = {.folder = folder};
    jk_text_init(&log.text, 0);
    jk_ledger_init(&log.ledger); /* entry 0 */
    while (log.ledger.count < size) {
        snprintf(name, sizeof name, "publisher-%u", log.ledger.count);
        JK_CHECK(jk_ledger_publisher(&log.ledger, name) == JK_OK);
    }
    write_log(&log);
    jk_ledger_done(&log.ledger);
    jk_text_done(&log.text);
}

/* LIE as in stage_log.h, but from 1 on: 1 is none. */
static void make_stages(const char *folder, uint32_t lie)
{
    struct jk_stage_log log;
    jk_stage_log_make(&log, lie - 1);
    jk_stage_log_publish(&log, folder, 0, JK_SPAN(""));
    jk_stage_log_done(&log);
}

static uint32_t number_of(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    JK_CHECK(*text && !*end && value > 0 && value <= 10000000);
    return (uint32_t)value;
}

int main(int count, char **words)
{
    if (count == 4 && strcmp(words[1], "size") == 0) {
        make_size(words[2], number_of(words[3]));
    } else if (count == 4 && strcmp(words[1], "stages") == 0) {
        make_stages(words[2], number_of(words[3]));
    } else if (count == 7 && strcmp(words[1], "histories") == 0) {
        uint32_t first = number_of(words[3]), many = number_of(words[4]);
        for (uint32_t i = 0; i < many; i++)
            make_history(words[2], first + i, number_of(words[5]), number_of(words[6]));
    } else {
        fprintf(stderr,
                "usage: make_log size FOLDER SIZE | make_log stages FOLDER LIE | make_log histories FOLDER FIRST COUNT "
                "STEPS SIZES\n");
        return 2;
    }
    return 0;
}
