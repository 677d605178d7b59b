/* See listing.h. Memory for checking: 32 bytes for each weight file. */
#include "domain/listing.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/text.h"
#include "domain/lines.h"
#include "domain/manifest.h"

#define HEAD "jokbo/listing/v1"

struct reading {
    struct jk_lines lines;
    struct jk_span path;       /* of the previous line */
    struct jk_digest *weights; /* of the weight files so far */
    size_t weight_count, room;
    struct jk_listing_summary summary;
    bool exhausted; /* out of memory */
};

static const char *read_listed_file(struct reading *reading)
{
    struct jk_listing_summary *summary = &reading->summary;
    struct jk_listing_file file;
    struct jk_span rest;
    if (!jk_line_value(reading->lines.line, JK_SPAN("file"), &rest)) return "must be a file line";
    const char *fault = jk_manifest_read_file(rest, &file.digest, &file.size, &file.path);
    if (fault) return fault;
    if (summary->files == JK_LISTING_FILES_MAX) return "is one file too many: at most 100,000";
    if (summary->files > 0 && jk_span_compare(reading->path, file.path) >= 0)
        return "is out of order or a duplicate: file lines are sorted by the bytes of their paths";
    if (__builtin_add_overflow(summary->bytes, file.size, &summary->bytes)) return "makes the sizes overflow 64 bits";
    reading->path = file.path;
    summary->files++;
    if (!jk_manifest_is_weights(file.path)) return NULL;
    reading->exhausted = !JK_ARRAY_GROW(reading->weights, reading->weight_count, reading->room);
    if (reading->exhausted) return "finds no memory";
    reading->weights[reading->weight_count++] = file.digest;
    return NULL;
}

static const char *read_listing(struct reading *reading)
{
    struct jk_lines *lines = &reading->lines;
    if (!jk_lines_next(lines) || !jk_span_is(lines->line, HEAD)) return "must be \"" HEAD "\"";
    while (lines->rest.len) {
        if (!jk_lines_next(lines)) return "must end in a line feed";
        const char *fault = read_listed_file(reading);
        if (fault) return fault;
    }
    return reading->summary.files > 0 ? NULL : "must be followed by a file line: at least one is needed";
}

static enum jk_status fail_listing(const struct reading *reading, const char *fault, struct jk_error *error)
{
    char shown[200];
    if (reading->exhausted) return jk_out_of_memory(error);
    jk_text_shorten(reading->lines.line, shown, sizeof shown);
    return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_LISTING", "Line %u of the listing, \"%s\", %s.",
                   reading->lines.number, shown, fault);
}

bool jk_listing_digests(struct jk_span bytes, struct jk_digest *weights, size_t weight_count,
                        struct jk_digest *out_listing, struct jk_digest *out_weight_files)
{
    struct jk_sha256 *hash = jk_sha256_new();
    if (!hash) return false;
    *out_listing = jk_digest_of(bytes);
    jk_manifest_set_of(hash, weights, weight_count, out_weight_files);
    jk_sha256_free(hash);
    return true;
}

enum jk_status jk_listing_check(struct jk_span bytes, struct jk_listing_summary *out_summary, struct jk_error *error)
{
    if (bytes.len > JK_LISTING_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_LISTING",
                       "The listing has %zu bytes: at most 64 MiB are allowed.", bytes.len);
    struct reading reading = {.lines = jk_lines_of(bytes)};
    struct jk_listing_summary *summary = &reading.summary;
    const char *fault = read_listing(&reading);
    if (!fault)
        reading.exhausted = !jk_listing_digests(bytes, reading.weights, reading.weight_count, &summary->listing,
                                                &summary->weight_files);
    enum jk_status status = JK_OK;
    if (fault || reading.exhausted)
        status = fail_listing(&reading, fault, error);
    else
        *out_summary = *summary;
    free(reading.weights);
    return status;
}

void jk_listing_begin(struct jk_text *out)
{
    jk_text_add_str(out, HEAD "\n");
}

void jk_listing_add(struct jk_text *out, const struct jk_listing_file *file)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&file->digest, hex);
    jk_text_add(out, JK_SPAN("file "));
    jk_text_add(out, (struct jk_span){hex, JK_DIGEST_HEX});
    jk_text_add_char(out, ' ');
    jk_text_add_u64(out, file->size);
    jk_text_add_char(out, ' ');
    jk_text_add(out, file->path);
    jk_text_add_char(out, '\n');
}
