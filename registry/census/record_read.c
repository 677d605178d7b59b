/* Reading a record, in one pass without building a tree. It accepts exactly what reducing writes: members, order,
 * spelling and limits. */
#include "base/clock.h"
#include "base/defer.h"
#include "census/record_inside.h"
#include "declare/card.h"
#include "declare/reference.h"
#include "domain/ident.h"
#include "domain/listing.h"
#include "domain/manifest.h"

struct scan {
    struct jk_span all, rest;
    const char *fault;      /* the end of a sentence; NULL so far */
    bool members;           /* one was read: the next has a comma before it */
    size_t left_out_bytes;  /* of that member with its comma */
    struct jk_text listing; /* of the files so far; empty for none */
    struct jk_text weights; /* digests of the weight files in it */
    struct jk_text room[2]; /* for the paths of this file and the previous one */
    struct jk_hub_record *record;
};

static bool wrong(struct scan *scan, const char *fault)
{
    if (!scan->fault) scan->fault = fault;
    return false;
}

static inline bool take(struct scan *scan, const char *literal, const char *fault)
{
    return jk_canonical_take(&scan->rest, literal) || wrong(scan, fault);
}

#define KEY(name) JK_SPAN("\"" name "\":")

/* Whether the next member has this key, as written before its value, which is then taken. */
static bool take_key(struct scan *scan, struct jk_span key)
{
    struct jk_span rest = scan->rest;
    if (scan->members && !jk_canonical_take(&rest, ",")) return false;
    if (!jk_span_starts(rest, key)) return false;
    scan->rest = (struct jk_span){rest.at + key.len, rest.len - key.len};
    scan->members = true;
    return true;
}

/* A string without escapes. */
static bool take_plain(struct scan *scan, struct jk_span *out_text)
{
    struct jk_canonical_string string;
    if (!jk_canonical_take_string(&scan->rest, &string) || string.len != string.raw.len)
        return wrong(scan, "must have a text here");
    *out_text = string.raw;
    return true;
}

static bool read_identity(struct scan *scan)
{
    if (!take_plain(scan, &scan->record->identity)) return false;
    return !jk_ident_identity_fault(scan->record->identity) ||
           wrong(scan, "must have an _id of 1 to 64 letters and digits");
}

static bool read_date(struct scan *scan, int64_t *out_time_us)
{
    struct jk_span text;
    if (!take_plain(scan, &text)) return false;
    return jk_time_parse_canonical(text, out_time_us) || wrong(scan, "must have a time as 2026-01-15T00:00:00.000000Z");
}

static bool read_flag(struct scan *scan, bool *out_flag)
{
    *out_flag = jk_canonical_take(&scan->rest, "true");
    return *out_flag || take(scan, "false", "must have true or false here");
}

static bool read_gated(struct scan *scan)
{
    static const struct {
        const char *word;
        enum jk_gating gating;
    } words[] = {{"false", JK_GATING_OPEN},
                 {"true", JK_GATING_OTHER},
                 {"\"auto\"", JK_GATING_AUTO},
                 {"\"manual\"", JK_GATING_MANUAL}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!jk_canonical_take(&scan->rest, words[i].word)) continue;
        scan->record->gating = words[i].gating;
        return true;
    }
    return wrong(scan, "must have gated as false, true, \"auto\" or \"manual\"");
}

/* ---- cardData ---- */

static bool read_card_text(struct scan *scan)
{
    struct jk_canonical_string string;
    if (!jk_canonical_take_string(&scan->rest, &string)) return wrong(scan, "must have a text in cardData here");
    return (string.len > 0 && string.len <= JK_HUB_RECORD_TEXT_MAX) ||
           wrong(scan, "must have texts of 1 to 1,024 bytes in cardData");
}

/* A key and its colon; keys come in the order of their bytes. */
static bool read_card_key(struct scan *scan, char previous[JK_HUB_RECORD_KEY_MAX], size_t *previous_len, bool first,
                          struct jk_span *out_key)
{
    struct jk_canonical_string string;
    char room[JK_HUB_RECORD_KEY_MAX];
    struct jk_span key;
    if (!jk_canonical_take_string(&scan->rest, &string) || !jk_canonical_text(&string, room, sizeof room, &key))
        return wrong(scan, "must have a key of at most 64 bytes in cardData here");
    if (!first && jk_span_compare((struct jk_span){previous, *previous_len}, key) >= 0)
        return wrong(scan, "must have the keys in the order of their bytes");
    if (key.len > 0) memcpy(previous, key.at, key.len);
    *previous_len = key.len;
    *out_key = (struct jk_span){previous, key.len};
    return take(scan, ":", "must have a colon after a key");
}

static bool read_mapping(struct scan *scan)
{
    char previous[JK_HUB_RECORD_KEY_MAX];
    size_t len = 0;
    struct jk_span key;
    for (bool first = true; first || jk_canonical_take(&scan->rest, ","); first = false) {
        if (!read_card_key(scan, previous, &len, first, &key) || !read_card_text(scan)) return false;
        if (!jk_reference_key(key)) return wrong(scan, "must keep in a mapping only the keys that name a model");
    }
    return take(scan, "}", "must end a mapping here");
}

static bool read_card_list(struct scan *scan, bool mappings)
{
    size_t count = 0;
    do {
        bool mapping = mappings && jk_canonical_take(&scan->rest, "{");
        if (!(mapping ? read_mapping(scan) : read_card_text(scan))) return false;
        if (++count > JK_HUB_RECORD_LIST_MAX) return wrong(scan, "must have at most 64 items in a list of cardData");
    } while (jk_canonical_take(&scan->rest, ","));
    return take(scan, "]", "must end a list here");
}

static bool read_card_value(struct scan *scan, bool mappings)
{
    if (jk_canonical_take(&scan->rest, "[")) return read_card_list(scan, mappings);
    if (mappings && jk_canonical_take(&scan->rest, "{")) return read_mapping(scan);
    return read_card_text(scan);
}

static bool read_card(struct scan *scan)
{
    const char *begin = scan->rest.at;
    char previous[JK_HUB_RECORD_KEY_MAX];
    size_t len = 0;
    struct jk_span key;
    if (!take(scan, "{", "must have an object for cardData")) return false;
    for (bool first = true; first || jk_canonical_take(&scan->rest, ","); first = false) {
        if (!read_card_key(scan, previous, &len, first, &key)) return false;
        if (!jk_hub_record_keeps(key))
            return wrong(scan, "must keep in cardData only what tells of parents and licence");
        if (!read_card_value(scan, jk_hub_record_has_mappings(key))) return false;
    }
    if (!take(scan, "}", "must end cardData here")) return false;
    scan->record->card = (struct jk_span){begin, (size_t)(scan->rest.at - begin)};
    return scan->record->card.len <= JK_HUB_RECORD_CARD_MAX ||
           wrong(scan, "must have at most 16,384 bytes of cardData");
}

/* ---- files and tags ---- */

static bool read_left_out(struct scan *scan, const char *before)
{
    struct jk_hub_record *record = scan->record;
    uint64_t files = 0, lfs = 0, weights = 0;
    bool whole = jk_canonical_take(&scan->rest, "{\"files\":") && jk_canonical_take_number(&scan->rest, &files);
    if (whole && jk_canonical_take(&scan->rest, ",\"lfs\":"))
        whole = jk_canonical_take_number(&scan->rest, &lfs) && lfs > 0;
    if (whole && lfs > 0 && jk_canonical_take(&scan->rest, ",\"weights\":"))
        whole = jk_canonical_take_number(&scan->rest, &weights) && weights > 0;
    if (!whole || !jk_canonical_take(&scan->rest, "}") || files == 0 || files > JK_HUB_RECORD_SIBLINGS_MAX ||
        lfs > files || weights > lfs)
        return wrong(scan, "must have left_out with files, lfs of these and weights of these, from 1 to 100,000");
    record->left_out = (uint32_t)files;
    record->left_out_lfs = (uint32_t)lfs;
    record->left_out_weights = (uint32_t)weights;
    scan->left_out_bytes = (size_t)(scan->rest.at - before);
    return true;
}

static bool read_lfs(struct scan *scan, struct jk_listing_file *out_file)
{
    struct jk_span hex;
    if (!take_plain(scan, &hex)) return false;
    if (!jk_digest_parse(hex, &out_file->digest)) return wrong(scan, "must have a SHA-256 in lower-case hexadecimal");
    return (jk_canonical_take(&scan->rest, ",\"size\":") && jk_canonical_take_number(&scan->rest, &out_file->size) &&
            out_file->size <= JK_HUB_RECORD_SIZE_MAX && jk_canonical_take(&scan->rest, "},")) ||
           wrong(scan, "must have the size of an LFS file after its digest, at most 2^53 - 1");
}

static bool read_file_name(struct scan *scan, struct jk_span *previous, struct jk_span *out_path)
{
    struct jk_text *room = &scan->room[scan->record->files % 2];
    struct jk_canonical_string string;
    char name[JK_HUB_RECORD_TEXT_MAX];
    struct jk_span text;
    if (!take(scan, "\"rfilename\":", "must have the name of a file here")) return false;
    if (!jk_canonical_take_string(&scan->rest, &string) || !jk_canonical_text(&string, name, sizeof name, &text) ||
        !jk_hub_record_path(text, room, out_path))
        return wrong(scan, "must have a file's name that a listing can have");
    if (out_path->at == name) {
        jk_text_clear(room);
        jk_text_add(room, text);
        *out_path = jk_text_span(room);
    }
    if (previous->len > 0 && jk_span_compare(*previous, *out_path) >= 0)
        return wrong(scan, "must have the files in the order of their paths, each once");
    *previous = *out_path;
    return true;
}

static void list_file(struct scan *scan, const struct jk_listing_file *file)
{
    struct jk_span digest = {(const char *)file->digest.bytes, JK_DIGEST_SIZE};
    if (scan->listing.len == 0) jk_listing_begin(&scan->listing);
    jk_listing_add(&scan->listing, file);
    if (jk_manifest_is_weights(file->path)) jk_text_add(&scan->weights, digest);
}

static bool read_sibling(struct scan *scan, struct jk_span *previous)
{
    struct jk_listing_file file = {.size = 0};
    if (!take(scan, "{", "must have an object for each file")) return false;
    bool lfs = jk_canonical_take(&scan->rest, "\"lfs\":{\"sha256\":");
    if ((lfs && !read_lfs(scan, &file)) || !read_file_name(scan, previous, &file.path)) return false;
    if (!lfs && jk_canonical_take(&scan->rest, ",\"size\":") &&
        (!jk_canonical_take_number(&scan->rest, &file.size) || file.size > JK_HUB_RECORD_SIZE_MAX))
        return wrong(scan, "must have a size of at most 2^53 - 1");
    scan->record->files++;
    scan->record->lfs_files += lfs;
    if (lfs) list_file(scan, &file);
    return take(scan, "}", "must end a file here");
}

static bool read_siblings(struct scan *scan)
{
    struct jk_span previous = {0};
    if (!take(scan, "[", "must have a list of files")) return false;
    do {
        if (!read_sibling(scan, &previous)) return false;
    } while (jk_canonical_take(&scan->rest, ","));
    return take(scan, "]", "must end the files here");
}

static bool read_record_tags(struct scan *scan)
{
    const char *begin = scan->rest.at;
    struct jk_canonical_string tag;
    if (!take(scan, "[", "must have a list of tags")) return false;
    do {
        if (!jk_canonical_take_string(&scan->rest, &tag) || tag.len == 0 || tag.len > JK_HUB_RECORD_TAG_MAX)
            return wrong(scan, "must have tags of 1 to 256 bytes");
    } while (jk_canonical_take(&scan->rest, ","));
    if (!take(scan, "]", "must end the tags here")) return false;
    scan->record->tags = (struct jk_span){begin, (size_t)(scan->rest.at - begin)};
    return scan->record->tags.len <= JK_HUB_RECORD_TAGS_MAX + 1 ||
           wrong(scan, "must have at most 16,384 bytes of tags");
}

/* ---- the whole ---- */

static bool read_id(struct scan *scan)
{
    struct jk_hub_record *record = scan->record;
    if (!take_key(scan, KEY("id")))
        return wrong(scan, "must have an id here, and its members in the order of their bytes");
    return take_plain(scan, &record->id) &&
           (jk_ident_model_fault(record->id) == NULL || wrong(scan, "must have an id of the form publisher/model"));
}

static bool read_revision(struct scan *scan)
{
    struct jk_hub_record *record = scan->record;
    return take_plain(scan, &record->revision) &&
           (jk_ident_revision_fault(record->revision) == NULL || wrong(scan, "must have a commit for its sha"));
}

static bool read_members(struct scan *scan)
{
    struct jk_hub_record *record = scan->record;
    if (!take(scan, "{", "must be one JSON object")) return false;
    if (take_key(scan, KEY("_id")) && !read_identity(scan)) return false;
    if (take_key(scan, KEY("cardData")) && !read_card(scan)) return false;
    if (take_key(scan, KEY("createdAt")) && !read_date(scan, &record->created_us)) return false;
    if (take_key(scan, KEY("disabled")) && !read_flag(scan, &record->disabled)) return false;
    if (take_key(scan, KEY("gated")) && !read_gated(scan)) return false;
    if (!read_id(scan)) return false;
    if (take_key(scan, KEY("lastModified")) && !read_date(scan, &record->modified_us)) return false;
    const char *before = scan->rest.at;
    if (take_key(scan, KEY("left_out")) && !read_left_out(scan, before)) return false;
    if (take_key(scan, KEY("private")) && !read_flag(scan, &record->is_private)) return false;
    if (take_key(scan, KEY("sha")) && !read_revision(scan)) return false;
    if (take_key(scan, KEY("siblings")) && !read_siblings(scan)) return false;
    if (take_key(scan, KEY("tags")) && !read_record_tags(scan)) return false;
    if (!take(scan, "}", "must have its members alone, in the order of their bytes")) return false;
    if (record->files > 0 && scan->all.len - scan->left_out_bytes > JK_HUB_RECORD_BODY_MAX)
        return wrong(scan, "must have at most 65,400 bytes besides left_out");
    return scan->rest.len == 0 || wrong(scan, "must end with its object");
}

static void scan_done(struct scan *scan)
{
    jk_text_done(&scan->listing);
    jk_text_done(&scan->weights);
    jk_text_done(&scan->room[0]);
    jk_text_done(&scan->room[1]);
}

static bool scan_record(struct scan *scan, struct jk_span bytes, struct jk_hub_record *out_record)
{
    *scan = (struct scan){.all = bytes, .rest = bytes, .record = out_record};
    *out_record = (struct jk_hub_record){.created_us = JK_TIME_NONE, .modified_us = JK_TIME_NONE};
    return read_members(scan);
}

/* A listing and a set of which not all is known are none. That it is in order was found as it was read. */
static enum jk_status take_listing(struct scan *scan, struct jk_error *error)
{
    struct jk_hub_record *record = scan->record;
    struct jk_digest listing, *weights = (struct jk_digest *)scan->weights.bytes, weight_files;
    size_t weight_count = scan->weights.len / sizeof *weights;
    if (scan->listing.failed || scan->weights.failed) return jk_out_of_memory(error);
    if (scan->listing.len == 0) return JK_OK;
    if (!jk_listing_digests(jk_text_span(&scan->listing), weights, weight_count, &listing, &weight_files))
        return jk_out_of_memory(error);
    if (record->left_out_lfs == 0) record->listing = listing;
    if (record->left_out_weights == 0) record->weight_files = weight_files;
    return JK_OK;
}

static enum jk_status refuse_record(const struct scan *scan, struct jk_error *error)
{
    size_t at = scan->all.len - scan->rest.len;
    char shown[200];
    jk_text_shorten(scan->rest, shown, sizeof shown);
    return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_RECORD", "The record of a model, at byte %zu (\"%s\"), %s.", at,
                   shown, scan->fault ? scan->fault : "cannot be read");
}

enum jk_status jk_hub_record_read(struct jk_span bytes, struct jk_hub_record *out_record, struct jk_error *error)
{
    struct jk_hub_record record;
    struct scan scan = {.rest = bytes, .all = bytes};
    if (bytes.len > JK_HUB_RECORD_MAX)
        scan.fault = "must have at most 65,536 bytes";
    else if (!jk_utf8_valid(bytes))
        scan.fault = "must be UTF-8";
    enum jk_status status =
        !scan.fault && scan_record(&scan, bytes, &record) ? take_listing(&scan, error) : refuse_record(&scan, error);
    scan_done(&scan);
    if (status != JK_OK) return status;
    record.record = jk_digest_of(bytes);
    *out_record = record;
    return JK_OK;
}

/* ---- the names alone ---- */

/* Passes over a value of any kind. */
static bool pass_value(struct jk_span *rest)
{
    if (jk_canonical_pass(rest)) return true;
    size_t len = 0;
    while (len < rest->len && rest->at[len] != ',' && rest->at[len] != '}')
        len++;
    *rest = (struct jk_span){rest->at + len, rest->len - len};
    return len > 0;
}

bool jk_hub_record_names(struct jk_span bytes, struct jk_hub_record *out_record)
{
    struct jk_hub_record record = {.created_us = JK_TIME_NONE, .modified_us = JK_TIME_NONE};
    struct jk_canonical_string key, text;
    for (bool first = true; jk_canonical_take(&bytes, first ? "{" : ","); first = false) {
        if (!jk_canonical_take_string(&bytes, &key) || !jk_canonical_take(&bytes, ":")) return false;
        struct jk_span *name = jk_span_equal(key.raw, JK_SPAN("_id"))   ? &record.identity
                               : jk_span_equal(key.raw, JK_SPAN("id"))  ? &record.id
                               : jk_span_equal(key.raw, JK_SPAN("sha")) ? &record.revision
                                                                        : NULL;
        if (!name && !pass_value(&bytes)) return false;
        if (!name) continue;
        if (!jk_canonical_take_string(&bytes, &text) || text.len != text.raw.len) return false;
        *name = text.raw;
    }
    *out_record = record;
    return record.id.len > 0 && jk_canonical_take(&bytes, "}") && bytes.len == 0;
}

/* ---- the licence alone ---- */

static void add_license_members(struct jk_span card, struct jk_text *out)
{
    struct jk_canonical_string string;
    char room[JK_HUB_RECORD_KEY_MAX];
    struct jk_span key, rest = card;
    for (bool first = true; jk_canonical_take(&rest, first ? "{" : ","); first = false) {
        const char *begin = rest.at;
        if (!jk_canonical_take_string(&rest, &string) || !jk_canonical_text(&string, room, sizeof room, &key) ||
            !jk_canonical_take(&rest, ":") || !jk_canonical_pass(&rest))
            return;
        const char *meant = jk_card_key(key);
        if (!meant || (strcmp(meant, "license") != 0 && strcmp(meant, "license_name") != 0)) continue;
        if (out->bytes[out->len - 1] != '{') jk_text_add_char(out, ',');
        jk_text_add(out, (struct jk_span){begin, (size_t)(rest.at - begin)});
    }
}

void jk_hub_record_license(const struct jk_hub_record *record, struct jk_text *out)
{
    struct jk_canonical_string tag;
    struct jk_span rest = record->tags;
    jk_text_add_str(out, "{\"cardData\":{");
    if (out->failed) return;
    add_license_members(record->card, out);
    jk_text_add_str(out, "},\"tags\":[");
    for (bool first = true; jk_canonical_take(&rest, first ? "[" : ","); first = false) {
        if (!jk_canonical_take_string(&rest, &tag)) break;
        if (!jk_span_starts(tag.raw, JK_SPAN("license:"))) continue;
        jk_text_addf(out, "\"%.*s\"", JK_SPAN_ARG(tag.raw));
        break;
    }
    jk_text_add_str(out, "]}");
}
