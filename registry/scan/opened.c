/* See opened.h. */
#include "scan/opened.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/defer.h"
#include "base/regular.h"
#include "domain/manifest.h"
#include "scan/along.h"
#include "weights/gguf_table.h"
#include "weights/safetensors.h"

#define GGUF_FIRST (1u << 20) /* bytes of a header that are read at first */

void jk_opened_fault(struct jk_opened *opened, const char *why)
{
    opened->file->unread = true;
    if (!opened->file->fault[0]) snprintf(opened->file->fault, sizeof opened->file->fault, "%s", why);
}

static void take_facts(const struct stat *facts, struct jk_scan_facts *out)
{
    *out = (struct jk_scan_facts){
        .device = facts->st_dev,
        .inode = facts->st_ino,
        .size = (uint64_t)facts->st_size,
        .modified_ns = facts->st_mtim.tv_sec * 1000000000 + facts->st_mtim.tv_nsec,
        .changed_ns = facts->st_ctim.tv_sec * 1000000000 + facts->st_ctim.tv_nsec,
    };
}

/* Whether an open that failed so, or with 0 for what is no regular file, shows that the folder has no such file. */
static bool tells_absence(int why)
{
    return why == 0 || why == ENOENT || why == ENOTDIR || why == ELOOP;
}

bool jk_opened_open(struct jk_opened *opened, const char *folder)
{
    JK_CLEANUP(jk_text_done) struct jk_text path;
    const char *why = "no memory is left for it";
    struct stat facts;
    jk_text_init(&path, 0);
    jk_text_addf(&path, "%s/%s", folder, opened->file->path);
    opened->fd = path.failed ? -1 : jk_regular_open(AT_FDCWD, path.bytes, true, &why);
    int missed = path.failed ? ENOMEM : errno; /* 0: no regular file is there */
    opened->file->missing = opened->fd < 0 && missed == ENOENT;
    if (opened->fd >= 0 && fstat(opened->fd, &facts) == 0) {
        take_facts(&facts, &opened->file->facts);
        opened->file->kind = jk_scan_kind_of(opened->file->named);
        return true;
    }
    jk_opened_fault(opened, opened->file->missing ? "it is missing" : why);
    if (opened->fd < 0) opened->file->unread = !tells_absence(missed);
    return false;
}

/* ---- headers ---- */

static bool read_tensor_header(struct jk_opened *opened, uint64_t offset, size_t len)
{
    const char *why;
    char *header = realloc(opened->header, len + 1);
    if (!header) {
        jk_opened_fault(opened, "no memory is left for its header");
        return false;
    }
    opened->header = header;
    opened->header_len = len;
    if (jk_piece_read_at(opened->fd, header, len, offset, &why)) return true;
    jk_opened_fault(opened, why);
    return false;
}

static struct jk_span header_span(const struct jk_opened *opened)
{
    return (struct jk_span){opened->header, opened->header_len};
}

/* Damage is a fault. What nobody here knows is told, and the file taken as bytes. */
static bool told(struct jk_opened *opened, const struct jk_fault *fault)
{
    struct jk_scan_file *file = opened->file;
    const char *format = opened->file->kind == JK_SCAN_GGUF ? "GGUF" : "safetensors";
    file->unsound = !fault->unknown;
    if (fault->unknown)
        snprintf(file->note, sizeof file->note, "taken as mere bytes: at offset %llu, %s",
                 (unsigned long long)fault->offset, fault->rule);
    else if (!file->fault[0])
        snprintf(file->fault, sizeof file->fault, "it is not sound %s: at offset %llu, %s", format,
                 (unsigned long long)fault->offset, fault->rule);
    return false;
}

static bool read_safetensors(struct jk_opened *opened)
{
    struct jk_fault fault = {0};
    uint64_t size = opened->file->facts.size, length;
    size_t head = size < JK_SAFETENSORS_LENGTH ? (size_t)size : JK_SAFETENSORS_LENGTH;
    if (!read_tensor_header(opened, 0, head)) return false;
    if (!jk_safetensors_length(header_span(opened), size, &length, &fault)) return told(opened, &fault);
    if (!read_tensor_header(opened, JK_SAFETENSORS_LENGTH, (size_t)length)) return false;
    if (!jk_safetensors_read(header_span(opened), size, &opened->table, &fault)) return told(opened, &fault);
    opened->tensors = calloc(opened->table.count + 1, sizeof *opened->tensors);
    if (opened->tensors) return true;
    jk_opened_fault(opened, "no memory is left for its tensors");
    return false;
}

/* How long the header is shows only when it is read: twice as much each time. */
static bool read_gguf(struct jk_opened *opened)
{
    struct jk_fault fault = {0};
    uint64_t size = opened->file->facts.size;
    bool cut = true;
    for (uint64_t len = GGUF_FIRST; cut; len *= 2) {
        jk_tensors_done(&opened->table);
        if (!read_tensor_header(opened, 0, (size_t)(len < size ? len : size))) return false;
        if (jk_gguf_table_read(header_span(opened), size, &opened->table, &cut, &fault)) return true;
    }
    return told(opened, &fault);
}

/* What a manifest can hold. */
static bool check_names(struct jk_opened *opened)
{
    for (size_t i = 0; i < opened->table.count; i++) {
        JK_CLEANUP(jk_text_done) struct jk_text name;
        jk_text_init(&name, 0);
        jk_percent_encode(&name, opened->table.tensors[i].name, "", false);
        if (!name.failed && name.len <= JK_MANIFEST_PATH_MAX - 24) continue;
        struct jk_fault fault = {.offset = opened->table.tensors[i].at,
                                 .rule = "a tensor's name is longer than 1,000 bytes"};
        return told(opened, &fault);
    }
    return true;
}

bool jk_opened_read_header(struct jk_opened *opened)
{
    if (opened->file->kind == JK_SCAN_OPAQUE) return false;
    bool sound = opened->file->kind == JK_SCAN_SAFETENSORS ? read_safetensors(opened) : read_gguf(opened);
    opened->tabled = sound && check_names(opened);
    if (opened->tabled) opened->file->tensors = (uint32_t)opened->table.count;
    return opened->tabled;
}

/* ---- hashing ---- */

struct hashing {
    struct jk_opened *opened;
    struct jk_sha256_pair *pair;
    size_t tensor; /* the one that lies here, or comes next */
    bool within;   /* its hash has begun */
};

/* Bytes at that offset: those before the next tensor by themselves, the others with their tensor. */
static void hash_bytes(struct hashing *hashing, const unsigned char *bytes, uint64_t len, uint64_t offset)
{
    const struct jk_tensors *table = &hashing->opened->table;
    bool tensors = hashing->opened->tensors && hashing->opened->tabled && !hashing->opened->apart;
    while (len > 0 || (tensors && hashing->tensor < table->count)) {
        const struct jk_tensor *tensor =
            tensors && hashing->tensor < table->count ? &table->tensors[hashing->tensor] : NULL;
        if (tensor && !hashing->within && tensor->begin == offset) {
            jk_sha256_pair_begin(hashing->pair, 1);
            hashing->within = true;
        }
        if (tensor && hashing->within && tensor->end == offset) {
            jk_sha256_pair_end(hashing->pair, 1, &hashing->opened->tensors[hashing->tensor++]);
            hashing->within = false;
            continue;
        }
        if (len == 0) return;
        uint64_t until = tensor ? (hashing->within ? tensor->end : tensor->begin) : UINT64_MAX;
        uint64_t part = until - offset < len ? until - offset : len;
        if (hashing->within)
            jk_sha256_pair_add_both(hashing->pair, bytes, (size_t)part);
        else
            jk_sha256_pair_add(hashing->pair, 0, bytes, (size_t)part);
        bytes += part;
        offset += part;
        len -= part;
    }
}

/* One part after the other, which the hashes take, and then the sketch that it belongs to. */
static bool hash_parts(struct hashing *hashing, struct jk_along *along, unsigned char *room,
                       void (*count)(void *user, uint64_t bytes), void *user)
{
    struct jk_opened *opened = hashing->opened;
    uint64_t size = opened->file->facts.size, sketched;
    const char *why;
    for (uint64_t at = 0, part; at < size; at += part) {
        part = jk_along_part(along, at, size - at < JK_PIECE_READ ? size - at : JK_PIECE_READ);
        if (!jk_piece_read_at(opened->fd, room, (size_t)part, at, &why)) {
            jk_opened_fault(opened, why);
            return false;
        }
        hash_bytes(hashing, room, part, at);
        count(user, part);
        if (!jk_along_add(along, room, part, at, room, &sketched)) return false;
        if (sketched) count(user, sketched);
    }
    return true;
}

bool jk_opened_hash(struct jk_opened *opened, struct jk_sha256_pair *pair, const struct jk_signs *along,
                    unsigned char *room, void (*count)(void *user, uint64_t bytes), void *user)
{
    struct hashing hashing = {.opened = opened, .pair = pair};
    struct jk_along sketching;
    jk_along_begin(&sketching, opened, along);
    jk_sha256_pair_begin(pair, 0);
    bool hashed = hash_parts(&hashing, &sketching, room, count, user);
    jk_along_done(&sketching);
    if (hashed) jk_sha256_pair_end(pair, 0, &opened->file->digest);
    return hashed;
}

bool jk_opened_hash_tensor(struct jk_opened *opened, size_t tensor, struct jk_sha256_pair *pair, unsigned char *room)
{
    const struct jk_tensor *of = &opened->table.tensors[tensor];
    const char *why;
    jk_sha256_pair_begin(pair, 0);
    for (uint64_t at = of->begin, part; at < of->end; at += part) {
        part = of->end - at < JK_PIECE_READ ? of->end - at : JK_PIECE_READ;
        if (!jk_piece_read_at(opened->fd, room, (size_t)part, at, &why)) return false;
        jk_sha256_pair_add(pair, 0, room, (size_t)part);
    }
    jk_sha256_pair_end(pair, 0, &opened->tensors[tensor]);
    return true;
}

/* ---- lines ---- */

static void add_shape(struct jk_text *lines, const uint64_t *shape, uint32_t dimensions)
{
    if (dimensions == 0) jk_text_add_str(lines, "scalar");
    for (uint32_t i = 0; i < dimensions; i++)
        jk_text_addf(lines, i ? "x%llu" : "%llu", (unsigned long long)shape[i]);
}

static void end_line(struct jk_text *lines, const struct jk_opened *opened)
{
    jk_text_add_char(lines, ' ');
    jk_text_add(lines, opened->file->named);
    jk_text_add_char(lines, '\n');
}

void jk_opened_write(struct jk_opened *opened)
{
    struct jk_text *lines = &opened->file->lines;
    char hex[JK_DIGEST_HEX + 1];
    if (!opened->tabled || !opened->tensors) return;
    struct jk_digest header = jk_digest_of(header_span(opened));
    jk_digest_hex(&header, hex);
    jk_text_addf(lines, "header %s", hex);
    end_line(lines, opened);
    for (size_t i = 0; i < opened->table.count; i++) {
        const struct jk_tensor *tensor = &opened->table.tensors[i];
        jk_digest_hex(&opened->tensors[i], hex);
        jk_text_addf(lines, "tensor %s %s ", hex, tensor->type->word);
        add_shape(lines, tensor->shape, tensor->dimensions);
        jk_text_add_char(lines, ' ');
        jk_percent_encode(lines, tensor->name, "", false);
        end_line(lines, opened);
    }
}

static void write_sketch(struct jk_opened *opened, const struct jk_piece *piece, const struct jk_sketch *sketch)
{
    struct jk_text *lines = &opened->file->lines;
    unsigned char bytes[JK_SKETCH_BYTES];
    jk_sketch_write(sketch, bytes);
    jk_text_add_str(lines, "sketch ");
    jk_base64_encode(lines, bytes, sizeof bytes);
    jk_text_addf(lines, " %s ", piece->tensor->type->word);
    add_shape(lines, piece->shape, piece->dimensions);
    jk_text_add_char(lines, ' ');
    jk_percent_encode(lines, piece->tensor->name, "", false);
    if (piece->slice != UINT64_MAX) jk_text_addf(lines, "[%llu]", (unsigned long long)piece->slice);
    end_line(lines, opened);
    opened->file->sketches++;
}

static void note_not_finite(struct jk_opened *opened, const struct jk_piece *piece)
{
    if (!opened->not_finite || piece->tensor < opened->not_finite) opened->not_finite = piece->tensor;
    opened->not_finite_count++;
}

void jk_opened_take(struct jk_opened *opened, const struct jk_piece *piece, enum jk_piece_outcome outcome,
                    const struct jk_sketch *sketch, const char *why)
{
    if (outcome == JK_PIECE_SKETCHED) write_sketch(opened, piece, sketch);
    if (outcome == JK_PIECE_NOT_FINITE) note_not_finite(opened, piece);
    if (outcome == JK_PIECE_FAILED) jk_opened_fault(opened, why);
}

/* ---- the end ---- */

void jk_opened_close(struct jk_opened *opened)
{
    struct jk_scan_facts facts = {0};
    struct stat now;
    if (opened->fd >= 0) {
        if (fstat(opened->fd, &now) == 0) take_facts(&now, &facts);
        if (!opened->file->fault[0] && memcmp(&facts, &opened->file->facts, sizeof facts) != 0)
            jk_opened_fault(opened, "it changed while it was read");
        close(opened->fd);
    }
    if (opened->not_finite) {
        struct jk_span name = jk_utf8_cut(opened->not_finite->name, 80);
        snprintf(opened->file->note, sizeof opened->file->note,
                 "numbers that are not finite (NaN or infinite) are in \"%.*s\"%s no sketch", JK_SPAN_ARG(name),
                 opened->not_finite_count > 1 ? " and others, which so have" : ", which so has");
    }
    if (opened->file->lines.failed) jk_opened_fault(opened, "no memory is left for its lines");
    jk_tensors_done(&opened->table);
    free(opened->header);
    free(opened->tensors);
}
