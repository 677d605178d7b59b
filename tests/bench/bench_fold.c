/* How fast the book folds and counts: bench_fold [registrations]. Makes a roster and that many registrations with the
 * shape of real hubs (a few bases have most children, lineage is shallow), then prints the fold's parts in microseconds
 * an entry: what any thread can do (the leaf's hash; reading, of which the lineage hash), and applying, which one
 * thread does in order. Then milliseconds for a total, and for a standing under a policy, the cube's microseconds a
 * registration, bytes a derivative, and one chain of 10,000 models. All of it is the thread's own CPU time, so that a
 * busy machine measures nearly the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "book/standing.h"
#include "support/hub.h"

#define CHAIN 10000

static int64_t cpu_ns(void)
{
    struct timespec now;
    JK_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t cpu_us(void)
{
    return cpu_ns() / 1000;
}

struct made {
    char *bytes;
    size_t *starts; /* count + 1 of them */
    uint32_t count, most;
    size_t len, room;
};

static void keep(void *context, struct jk_span entry)
{
    struct made *made = context;
    if (made->len + entry.len > made->room) {
        made->room = made->room * 2 + entry.len;
        made->bytes = realloc(made->bytes, made->room);
    }
    if (made->count + 1 >= made->most) {
        made->most = made->most * 2 + 1024;
        made->starts = realloc(made->starts, made->most * sizeof *made->starts);
    }
    JK_CHECK(made->bytes != NULL && made->starts != NULL);
    memcpy(made->bytes + made->len, entry.at, entry.len);
    made->starts[made->count++] = made->len;
    made->len += entry.len;
    made->starts[made->count] = made->len;
}

static struct jk_span entry_at(const struct made *made, uint32_t i)
{
    return (struct jk_span){made->bytes + made->starts[i], made->starts[i + 1] - made->starts[i]};
}

static void fold(struct jk_book *book, const struct made *made)
{
    struct jk_error error;
    for (uint32_t i = 0; i < made->count; i++) {
        jk_error_init(&error, NULL);
        if (jk_book_apply(book, entry_at(made, i), &error) == JK_OK) continue;
        fprintf(stderr, "entry %u: %s\n", i, error.message);
        exit(1);
    }
}

/* ---- the parts of a fold ---- */

#define BATCH 256 /* entries, as in a bundle of the log */

struct times { /* nanoseconds */
    int64_t leaf, read, hash, apply;
};

static void check(enum jk_status status, const struct jk_error *error, uint32_t index)
{
    if (status == JK_OK) return;
    fprintf(stderr, "entry %u: %s\n", index, error->message);
    exit(1);
}

static void hash_leaves(const struct made *made, uint32_t first, uint32_t count)
{
    static volatile unsigned char sink;
    for (uint32_t i = 0; i < count; i++) {
        const struct jk_span parts[] = {{"", 1}, entry_at(made, first + i)};
        sink = jk_digest_parts(parts, 2).bytes[0];
    }
    (void)sink;
}

static void hash_statements(const struct jk_parsed_entry *parsed, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (parsed[i].entry.statement.len == 0) continue;
        struct jk_digest hash = jk_statement_hash(parsed[i].entry.statement);
        JK_CHECK(jk_digest_equal(&hash, &parsed[i].hash));
    }
}

static void fold_batch(struct jk_book *book, const struct made *made, uint32_t first, uint32_t count,
                       struct jk_parsed_entry *parsed, struct times *times)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    int64_t at[5] = {cpu_ns()};
    hash_leaves(made, first, count);
    at[1] = cpu_ns();
    for (uint32_t i = 0; i < count; i++)
        check(jk_parsed_entry_read(entry_at(made, first + i), &parsed[i], &error), &error, first + i);
    at[2] = cpu_ns();
    hash_statements(parsed, count);
    at[3] = cpu_ns();
    size_t applied;
    enum jk_status status = jk_book_apply_many(book, parsed, count, &applied, &error);
    check(status, &error, first + (uint32_t)applied);
    at[4] = cpu_ns();
    times->leaf += at[1] - at[0];
    times->read += at[2] - at[1];
    times->hash += at[3] - at[2];
    times->apply += at[4] - at[3];
}

static void time_parts(const struct made *made)
{
    struct jk_parsed_entry *parsed = malloc(BATCH * sizeof *parsed);
    struct jk_book *book = jk_book_new();
    struct times times = {0};
    JK_CHECK(parsed != NULL && book != NULL);
    for (uint32_t first = 0; first < made->count; first += BATCH) {
        uint32_t left = made->count - first;
        fold_batch(book, made, first, left < BATCH ? left : BATCH, parsed, &times);
    }
    double each = 1000.0 * made->count;
    printf("leaf hash     %8.2f us an entry\n", (double)times.leaf / each);
    printf("read          %8.2f us an entry, of which the lineage hash %.2f\n", (double)times.read / each,
           (double)times.hash / each);
    printf("apply         %8.2f us an entry\n", (double)times.apply / each);
    jk_book_free(book);
    free(parsed);
}

/* ---- the rest ---- */

static void time_count(const struct jk_book *book)
{
    struct jk_error error;
    static struct jk_total total;
    struct jk_scope scopes[] = {{JK_SCOPE_ALL, 0}, {JK_SCOPE_TEAM, 0}, {JK_SCOPE_BASE, 0}};
    const char *const names[] = {"all", "team", "base"};
    jk_error_init(&error, NULL);
    for (int i = 0; i < 3; i++) {
        int64_t start_us = cpu_us();
        JK_CHECK(jk_count_at(book, scopes[i], jk_book_size(book), &total, &error) == JK_OK);
        printf("count_at %-5s %8.1f ms   (%u derivatives, %u publishers, %u weights)\n", names[i],
               (double)(cpu_us() - start_us) / 1000, total.counted, total.distinct_publishers, total.distinct_weights);
    }
}

static int64_t wall_us(void)
{
    struct timespec now;
    JK_CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* As of earlier sizes: plain, and under a policy. */
static void time_as_of(const struct jk_book *book, const char *name, const struct jk_policy *policy)
{
    static const unsigned percents[] = {10, 50, 90, 100};
    static struct jk_policy_total total;
    struct jk_error error;
    jk_error_init(&error, NULL);
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
        struct jk_standing_query query = {.policy = policy,
                                          .n = (uint32_t)((uint64_t)jk_book_size(book) * percents[i] / 100)};
        struct jk_scope all = {JK_SCOPE_ALL, 0};
        struct jk_standing *standing = NULL;
        int64_t cpu = cpu_us(), wall = wall_us(), made = 0;
        if (policy) {
            JK_CHECK(jk_standing_make(book, &query, &standing, &error) == JK_OK);
            made = cpu_us();
            JK_CHECK(jk_standing_total(standing, book, all, &total, &error) == JK_OK);
        } else {
            JK_CHECK(jk_count_at(book, all, query.n, &total.plain, &error) == JK_OK);
        }
        printf("as of %3u %% %-12s %6.1f ms CPU, %6.1f ms", percents[i], name, (double)(cpu_us() - cpu) / 1000,
               (double)(wall_us() - wall) / 1000);
        if (policy) printf(", standing %.1f ms CPU", (double)(made - cpu) / 1000);
        printf("   (%u registered, %u counted)\n", total.plain.registered, total.plain.counted);
        jk_standing_free(standing);
    }
}

/* Under a policy by which most count, and one by which nothing does. */
static void time_standing(const struct jk_book *book)
{
    struct jk_policy policy = {.name = "bench",
                               .version = 1,
                               .rules = 1,
                               .on = jk_reasons_of(1),
                               .relations = UINT32_MAX,
                               .depth = 3,
                               .demands = {JK_PERMISSION_CONDITIONAL, JK_PERMISSION_CONDITIONAL, JK_PERMISSION_UNKNOWN},
                               .unknown_passes = true,
                               .lenient = true,
                               .cap = 1000};
    time_as_of(book, "plain", NULL);
    time_as_of(book, "strict", &policy);
    policy.on = JK_REASON_BIT(LATE) | JK_REASON_BIT(YANKED) | JK_REASON_BIT(EXCLUDED) | JK_REASON_BIT(SELF) |
                JK_REASON_BIT(AFFILIATE) | JK_REASON_BIT(DUPLICATE);
    time_as_of(book, "independent", &policy);
    policy.rules = 2;
    time_as_of(book, "rule set 2", &policy);
}

static void time_cube(struct jk_book *book)
{
    struct jk_error error;
    struct jk_cube *cube = jk_cube_new();
    uint32_t models[256];
    size_t count;
    uint64_t moved = 0;
    jk_error_init(&error, NULL);
    JK_CHECK(cube != NULL);
    int64_t start_us = cpu_us();
    for (; (count = jk_book_changed(book, models, 256)) > 0; moved += count) {
        uint32_t n = jk_book_model(book, models[count - 1])->index + 1;
        if (n < jk_cube_size(cube)) n = jk_book_size(book);
        JK_CHECK(jk_cube_advance(cube, book, models, count, n, &error) == JK_OK);
    }
    printf("cube          %8.2f us a registration\n", (double)(cpu_us() - start_us) / (double)(moved ? moved : 1));
    jk_cube_free(cube);
}

static void time_chain(void)
{
    struct made made = {0};
    (void)jk_hub_make_chain(CHAIN, keep, &made);
    struct jk_book *book = jk_book_new();
    JK_CHECK(book != NULL);
    int64_t start_us = cpu_us();
    fold(book, &made);
    printf("chain         %8.1f ms for %d models, each the parent of the next\n", (double)(cpu_us() - start_us) / 1000,
           CHAIN);
    jk_book_free(book);
    free(made.bytes);
    free(made.starts);
}

/* What the process holds: the book's tables lie in large pages, of which the allocator knows addresses only. */
static size_t resident(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    JK_CHECK(file != NULL && fscanf(file, "%*u %lu", &pages) == 1);
    fclose(file);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

int main(int argc, char **argv)
{
    uint32_t count = argc > 1 ? (uint32_t)atoi(argv[1]) : 1000000;
    struct made made = {0};
    jk_digest_setup();
    (void)jk_hub_make(count, keep, &made);
    size_t before = resident();
    struct jk_book *book = jk_book_new();
    JK_CHECK(book != NULL);
    int64_t start_us = cpu_us();
    fold(book, &made);
    double seconds = (double)(cpu_us() - start_us) / 1e6;
    printf("fold          %8.0f entries/s   (%u entries, %.2f s)\n", made.count / seconds, made.count, seconds);
    printf("memory        %8zu bytes a derivative\n", (resident() - before) / (count ? count : 1));
    time_count(book);
    time_standing(book);
    time_cube(book);
    time_parts(&made);
    time_chain();
    jk_book_free(book);
    free(made.bytes);
    free(made.starts);
    return 0;
}
