/* See cache.h. */
#include "scan/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/defer.h"
#include "base/files.h"
#include "base/regular.h"
#include "base/search.h"

#define HEAD    "jokbo/scan-cache/v1\n"
#define MOST    (128u << 20) /* bytes; a larger one is begun anew */
#define RACY_NS 100000000    /* a file that changed so short a time ago may change again without showing */
#define WASTE   (1u << 20)   /* bytes of records of no use that are always borne */

struct record {
    struct jk_span named, lines;
    struct jk_scan_facts facts;
    struct jk_digest digest;
    uint32_t tensors, sketches;
    size_t at; /* of two of a name the later counts */
};

struct jk_scan_cache {
    char *path, *bytes;
    size_t len, written;
    struct record *records; /* by name, the later of a name last */
    size_t count, room;
    int fd; /* to append to; -1: it cannot be written */
};

/* ---- reading ---- */

static bool take_record_number(struct jk_span *rest, uint64_t *out)
{
    struct jk_span word;
    return jk_span_cut(rest, ' ', &word) && jk_span_to_u64(word, out);
}

static bool read_cached(struct jk_span body, struct record *out)
{
    struct jk_span line, word;
    uint64_t numbers[7];
    if (!jk_span_line(&body, &line)) return false;
    for (size_t i = 0; i < 7; i++)
        if (!take_record_number(&line, &numbers[i])) return false;
    if (!jk_span_cut(&line, ' ', &word) || !jk_digest_parse(word, &out->digest)) return false;
    out->facts = (struct jk_scan_facts){numbers[0], numbers[1], numbers[2], (int64_t)numbers[3], (int64_t)numbers[4]};
    out->tensors = (uint32_t)numbers[5];
    out->sketches = (uint32_t)numbers[6];
    out->named = line;
    out->lines = body;
    return true;
}

static bool add_record(struct jk_scan_cache *cache, const struct record *record)
{
    if (!JK_ARRAY_GROW(cache->records, cache->count, cache->room)) return false;
    cache->records[cache->count++] = *record;
    return true;
}

/* "<digest of the body> <length of the body>", and the body. False at the end, and at damage. */
static bool next_record(struct jk_span *rest, struct record *out)
{
    struct jk_span line, word;
    struct jk_digest said, found;
    uint64_t len;
    if (!jk_span_line(rest, &line) || !jk_span_cut(&line, ' ', &word) || !jk_digest_parse(word, &said) ||
        !jk_span_to_u64(line, &len) || len > rest->len)
        return false;
    struct jk_span body = {rest->at, (size_t)len};
    found = jk_digest_of(body);
    *rest = (struct jk_span){rest->at + len, rest->len - (size_t)len};
    return jk_digest_equal(&said, &found) && read_cached(body, out);
}

static int by_recorded_name(const void *a, const void *b)
{
    const struct record *one = a, *two = b;
    int order = jk_span_compare(one->named, two->named);
    return order ? order : (one->at > two->at) - (one->at < two->at);
}

static void read_records(struct jk_scan_cache *cache)
{
    struct jk_span rest = {cache->bytes, cache->len};
    struct record record;
    if (!jk_span_starts(rest, JK_SPAN(HEAD))) {
        cache->len = 0;
        return;
    }
    rest = (struct jk_span){rest.at + strlen(HEAD), rest.len - strlen(HEAD)};
    struct jk_span unread = rest; /* from the first record on that is damaged */
    while (next_record(&rest, &record)) {
        record.at = cache->count;
        if (!add_record(cache, &record)) break;
        unread = rest;
    }
    cache->len -= unread.len;
    if (cache->count > 1) qsort(cache->records, cache->count, sizeof *cache->records, by_recorded_name);
}

static void read_file(struct jk_scan_cache *cache)
{
    const char *why;
    struct stat facts;
    int fd = jk_regular_open(AT_FDCWD, cache->path, false, &why);
    if (fd < 0) return;
    if (fstat(fd, &facts) == 0 && facts.st_size <= MOST) cache->bytes = malloc((size_t)facts.st_size + 1);
    ssize_t got = 0;
    while (cache->bytes && cache->len < (size_t)facts.st_size &&
           (got = read(fd, cache->bytes + cache->len, (size_t)facts.st_size - cache->len)) > 0)
        cache->len += (size_t)got;
    close(fd);
    if (cache->bytes) read_records(cache);
}

/* What is damaged, and all behind it, goes. */
static void open_to_append(struct jk_scan_cache *cache)
{
    cache->fd = open(cache->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (cache->fd < 0) return;
    bool ready = ftruncate(cache->fd, (off_t)cache->len) == 0 && lseek(cache->fd, 0, SEEK_END) >= 0;
    if (ready && cache->len == 0) ready = write(cache->fd, HEAD, strlen(HEAD)) == (ssize_t)strlen(HEAD);
    if (ready) return;
    close(cache->fd);
    cache->fd = -1;
}

struct jk_scan_cache *jk_scan_cache_open(const char *path)
{
    struct jk_scan_cache *cache = calloc(1, sizeof *cache);
    if (cache) cache->path = strdup(path);
    if (!cache || !cache->path) {
        free(cache);
        return NULL;
    }
    cache->fd = -1;
    read_file(cache);
    open_to_append(cache);
    cache->written = cache->len;
    return cache;
}

/* ---- asking ---- */

bool jk_scan_cache_known(const struct jk_scan_cache *cache, struct jk_scan_file *file)
{
    struct record key = {.named = file->named, .at = SIZE_MAX};
    /* the first above, so that the one before it is the latest of the name */
    size_t above = JK_LOWER_BOUND(cache->count, at, by_recorded_name(&cache->records[at], &key) < 0);
    const struct record *record = above > 0 ? &cache->records[above - 1] : NULL;
    if (!record || !jk_span_equal(record->named, file->named) ||
        memcmp(&record->facts, &file->facts, sizeof file->facts) != 0)
        return false;
    file->digest = record->digest;
    file->tensors = record->tensors;
    file->sketches = record->sketches;
    jk_text_add(&file->lines, record->lines);
    return !file->lines.failed;
}

/* ---- writing ---- */

static void write_record(const struct jk_scan_file *file, struct jk_text *out)
{
    JK_CLEANUP(jk_text_done) struct jk_text body;
    char hex[JK_DIGEST_HEX + 1];
    jk_text_init(&body, 0);
    jk_digest_hex(&file->digest, hex);
    jk_text_addf(&body, "%llu %llu %llu %lld %lld %u %u %s ", (unsigned long long)file->facts.device,
                 (unsigned long long)file->facts.inode, (unsigned long long)file->facts.size,
                 (long long)file->facts.modified_ns, (long long)file->facts.changed_ns, file->tensors, file->sketches,
                 hex);
    jk_text_add(&body, file->named);
    jk_text_add_char(&body, '\n');
    jk_text_add(&body, jk_text_span(&file->lines));
    struct jk_digest digest = jk_digest_of(jk_text_span(&body));
    jk_digest_hex(&digest, hex);
    jk_text_addf(out, "%s %zu\n", hex, body.len);
    jk_text_add(out, jk_text_span(&body));
    out->failed |= body.failed;
}

static bool is_worth_keeping(const struct jk_scan_file *file)
{
    return file->done && !file->fault[0] && !file->note[0] && file->facts.size >= JK_SCAN_CACHE_LEAST &&
           file->facts.modified_ns >= 0 && file->facts.changed_ns >= 0;
}

void jk_scan_cache_found(struct jk_scan_cache *cache, const struct jk_scan_file *file)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    int64_t now_ns = jk_now_us() * 1000;
    jk_text_init(&text, 0);
    if (cache->fd < 0 || file->again || !is_worth_keeping(file) || now_ns - file->facts.changed_ns < RACY_NS) return;
    write_record(file, &text);
    if (text.failed) return;
    if (write(cache->fd, text.bytes, text.len) == (ssize_t)text.len) {
        cache->written += text.len;
        return;
    }
    close(cache->fd); /* half a record ends the next reading there */
    cache->fd = -1;
}

static void tidy_cache(const struct jk_scan_cache *cache, const struct jk_scan_file *files, size_t count)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    JK_CLEANUP(jk_text_done) struct jk_text beside;
    size_t useful = 0;
    jk_text_init(&text, 0);
    jk_text_init(&beside, 0);
    for (size_t i = 0; i < count; i++)
        if (is_worth_keeping(&files[i])) useful += files[i].lines.len + files[i].named.len + 256;
    if (cache->written < 2 * useful + WASTE) return;
    jk_text_add_str(&text, HEAD);
    for (size_t i = 0; i < count; i++)
        if (is_worth_keeping(&files[i])) write_record(&files[i], &text);
    /* Into a file beside it, which takes its place. */
    jk_text_addf(&beside, "%s.new", cache->path);
    if (text.failed || beside.failed) return;
    (void)jk_file_replace(AT_FDCWD, beside.bytes, cache->path, jk_text_span(&text), 0600,
                          false); /* else the old stays */
}

void jk_scan_cache_close(struct jk_scan_cache *cache, const struct jk_scan_file *files, size_t count)
{
    if (!cache) return;
    if (cache->fd >= 0) {
        tidy_cache(cache, files, count);
        close(cache->fd);
    }
    free(cache->records);
    free(cache->bytes);
    free(cache->path);
    free(cache);
}
