/* Checking a manifest: one pass over the lines, computing the digests on the way (registry/formats/manifest.md). Pure.
 * Memory: 64 bytes for each file; for each tensor nothing in version 1, and 96 bytes in version 2, whose lines must
 * agree with each other. The weights digest needs the tensor lines sorted and without their paths. They already are in
 * that order, since the path comes last, after a space, which sorts before every byte of a name; so they are hashed as
 * they come. */
#include "domain/manifest.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/ascii.h"
#include "base/text.h"
#include "domain/lines.h"

#define HEAD_1         "jokbo/manifest/v1"
#define HEAD_2         "jokbo/manifest/v2"
#define SAFETENSORS    ".safetensors"
#define GGUF           ".gguf"
#define DTYPE_MAX      16
#define DIMENSIONS_MAX JK_MANIFEST_DIMENSIONS_MAX
#define HEADER_LEAST   10 /* bytes of a safetensors file without tensors: a length, and {} */

enum group { GROUP_NONE, GROUP_FILE, GROUP_HEADER, GROUP_TENSOR, GROUP_SKETCH };

struct file {
    struct jk_span path;
    struct jk_digest digest;
    uint64_t size, tensor_bytes;
    bool has_header;
};

/* A tensor line of version 2, to compare with the sketch lines. */
struct tensor {
    struct jk_span path, name, dtype, shape, line;
    uint32_t number; /* of the line */
};

struct check {
    struct jk_lines lines;
    enum group group, reading;                   /* of the previous line, and of this one */
    struct jk_span previous;                     /* what the group's next line is compared with: file path, or line */
    struct jk_span previous_path, previous_name; /* of the previous sketch */
    struct file *files;
    size_t room;
    struct tensor *tensors; /* version 2 only; sorted by path and name once all are read */
    size_t tensor_room;
    bool tensors_sorted;
    struct jk_sha256 *tensor_hash;
    struct jk_manifest_summary summary;
    bool exhausted; /* out of memory */
};

static bool ends_in_one(struct jk_span path, const char *const *endings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct jk_span ending = jk_span_of(endings[i]);
        if (path.len < ending.len) continue;
        if (jk_span_equal_fold((struct jk_span){path.at + path.len - ending.len, ending.len}, ending)) return true;
    }
    return false;
}

bool jk_manifest_is_weights(struct jk_span path)
{
    static const char *const endings[] = {".gguf", ".onnx",    ".bin",         ".pt",  ".pth",    ".ckpt",
                                          ".h5",   ".msgpack", ".safetensors", ".npz", ".tflite", ".mlmodel"};
    return ends_in_one(path, endings, sizeof endings / sizeof endings[0]);
}

bool jk_manifest_is_code(struct jk_span path)
{
    static const char *const endings[] = {".py",  ".pyc", ".pyd", ".pyx",   ".ipynb", ".sh",    ".bash",   ".bat",
                                          ".cmd", ".ps1", ".so",  ".dll",   ".exe",   ".dylib", ".js",     ".mjs",
                                          ".cjs", ".ts",  ".jar", ".class", ".wasm",  ".pkl",   ".pickle", ".joblib",
                                          ".lua", ".rb",  ".pl",  ".c",     ".cc",    ".cpp",   ".cu",     ".h"};
    return ends_in_one(path, endings, sizeof endings / sizeof endings[0]);
}

bool jk_manifest_is_container(struct jk_span path)
{
    static const char *const endings[] = {
        ".npy",    ".keras", ".hdf5",   ".nemo", ".mar", ".pb",  ".params", ".pdparams",   ".pdmodel",   ".pdiparams",
        ".distcp", ".ot",    ".engine", ".plan", ".trt", ".mnn", ".ggml",   ".caffemodel", ".llamafile", ".tar",
        ".tgz",    ".gz",    ".bz2",    ".xz",   ".zst", ".zip", ".7z",     ".rar",        ".whl",       ".egg"};
    return ends_in_one(path, endings, sizeof endings / sizeof endings[0]);
}

/* ---- words; each reader returns NULL, or what is wrong as the end of a sentence ---- */

static int hex_digit(char c)
{
    return jk_ascii_digit(c) ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Percent-encoded as the format requires: space, "%" and control characters, and nothing else. */
static bool is_encoded(struct jk_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c <= ' ' || c == 0x7f) return false;
        if (c != '%') continue;
        int high = i + 2 < text.len ? hex_digit(text.at[i + 1]) : -1, low = high < 0 ? -1 : hex_digit(text.at[i + 2]);
        int byte = low < 0 ? -1 : high * 16 + low;
        if (byte <= 0 || (byte > ' ' && byte != '%' && byte != 0x7f)) return false;
        i += 2;
    }
    return jk_utf8_valid(text);
}

const char *jk_manifest_path_fault(struct jk_span path)
{
    if (path.len == 0 || path.len > JK_MANIFEST_PATH_MAX) return "must have a path of 1 to 1,024 bytes";
    if (!is_encoded(path)) return "must percent-encode space, \"%\" and control characters of the path, and only them";
    for (bool more = true; more;) {
        struct jk_span segment;
        more = jk_span_cut(&path, '/', &segment);
        if (segment.len == 0 || jk_span_is(segment, ".") || jk_span_is(segment, ".."))
            return "must have a relative path without an empty, \".\" or \"..\" segment";
    }
    return NULL;
}

static const char *dtype_fault(struct jk_span dtype)
{
    if (dtype.len == 0 || dtype.len > DTYPE_MAX || !jk_ascii_upper(dtype.at[0]))
        return "must have a safetensors dtype, as BF16";
    for (size_t i = 1; i < dtype.len; i++) {
        char c = dtype.at[i];
        if (!jk_ascii_upper(c) && !jk_ascii_digit(c) && c != '_') return "must have a safetensors dtype, as BF16";
    }
    return NULL;
}

static const char *shape_fault(struct jk_span shape)
{
    size_t dimensions = 0;
    uint64_t size;
    if (jk_span_is(shape, "scalar")) return NULL;
    for (bool more = true; more; dimensions++) {
        struct jk_span dimension;
        more = jk_span_cut(&shape, 'x', &dimension);
        if (dimensions == DIMENSIONS_MAX || !jk_span_to_u64(dimension, &size))
            return "must have a shape as 4096x128, of at most 32 dimensions, or scalar";
    }
    return NULL;
}

static bool take_word(struct jk_span *rest, struct jk_span *out_word)
{
    return jk_span_cut(rest, ' ', out_word);
}

/* Bits of an element; 0 for types not known here. */
static unsigned dtype_bits(struct jk_span dtype)
{
    static const struct {
        const char *word;
        unsigned bits;
    } types[] = {
#define JK_DTYPE(word, elements, bytes, unpack) {#word, 8 * (bytes) / (elements)},
#include "domain/dtype.def"
#undef JK_DTYPE
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (jk_span_is(dtype, types[i].word)) return types[i].bits;
    return 0;
}

/* ---- lines ---- */

const char *jk_manifest_read_file(struct jk_span rest, struct jk_digest *out_digest, uint64_t *out_size,
                                  struct jk_span *out_path)
{
    struct jk_span word;
    if (!take_word(&rest, &word) || !jk_digest_parse(word, out_digest))
        return "must have a SHA-256 in lower-case hexadecimal";
    if (!take_word(&rest, &word) || !jk_span_to_u64(word, out_size)) return "must have a decimal size in bytes";
    *out_path = rest;
    return jk_manifest_path_fault(rest);
}

static const char *read_file_line(struct check *check, struct jk_span rest)
{
    struct jk_digest digest;
    uint64_t size;
    const char *fault = jk_manifest_read_file(rest, &digest, &size, &rest);
    if (fault) return fault;
    if (check->group == GROUP_FILE && jk_span_compare(check->previous, rest) >= 0)
        return "is out of order or a duplicate: file lines are sorted by the bytes of their paths";
    check->previous = rest;
    struct jk_manifest_summary *summary = &check->summary;
    if (summary->files == JK_MANIFEST_FILES_MAX) return "is one file too many: at most 100,000";
    if (__builtin_add_overflow(summary->bytes, size, &summary->bytes)) return "makes the sizes overflow 64 bits";
    if (!JK_ARRAY_GROW(check->files, check->summary.files, check->room)) {
        check->exhausted = true;
        return "finds no memory";
    }
    check->files[summary->files++] = (struct file){.path = rest, .digest = digest, .size = size};
    return NULL;
}

static int compare_path(const void *key, const void *element)
{
    return jk_span_compare(*(const struct jk_span *)key, ((const struct file *)element)->path);
}

static const char *find_file(struct check *check, struct jk_span path, struct file **out_file)
{
    bool named = jk_span_ends(path, JK_SPAN(SAFETENSORS)) ||
                 (check->reading == GROUP_SKETCH && jk_span_ends(path, JK_SPAN(GGUF)));
    if (!named)
        return check->reading == GROUP_SKETCH ? "must have a path that ends in .safetensors or .gguf"
                                              : "must have a path that ends in .safetensors";
    *out_file = check->summary.files
                    ? bsearch(&path, check->files, check->summary.files, sizeof check->files[0], compare_path)
                    : NULL;
    return *out_file ? NULL : "must have the path of one of the file lines";
}

/* Lines of a group after the first: sorted, without duplicates. */
static const char *check_order(struct check *check, enum group group)
{
    if (check->group == group && jk_span_compare(check->previous, check->lines.line) >= 0)
        return "is out of order or a duplicate: lines of a group are sorted by bytes";
    check->previous = check->lines.line;
    return NULL;
}

static const char *read_header(struct check *check, struct jk_span rest)
{
    struct jk_span hex;
    struct jk_digest digest;
    struct file *file;
    if (!take_word(&rest, &hex) || !jk_digest_parse(hex, &digest))
        return "must have a SHA-256 in lower-case hexadecimal";
    const char *fault = find_file(check, rest, &file);
    if (fault) return fault;
    if (file->has_header) return "is a second header for its path";
    file->has_header = true;
    return check_order(check, GROUP_HEADER);
}

static const char *name_fault(struct jk_span name)
{
    if (name.len > 0 && name.len <= JK_MANIFEST_PATH_MAX && is_encoded(name)) return NULL;
    return "must have a name of 1 to 1,024 bytes with space, \"%\" and control characters percent-encoded";
}

/* Version 2: kept for the sketch lines, and checked against header and file. */
static const char *keep_tensor(struct check *check, const struct tensor *tensor, struct file *file)
{
    uint64_t elements, bytes;
    unsigned bits = dtype_bits(tensor->dtype);
    if (!file->has_header) return "must have the path of a header line";
    if (!jk_manifest_elements(tensor->shape, &elements)) return "must have a shape of fewer than 2^64 elements";
    if (__builtin_mul_overflow(elements, (uint64_t)bits, &bytes) ||
        __builtin_add_overflow(file->tensor_bytes, bytes / 8, &file->tensor_bytes) || file->size < HEADER_LEAST ||
        (bits > 0 && file->tensor_bytes > file->size - HEADER_LEAST))
        return "makes the tensors of its file larger than the file line says it is";
    check->exhausted = !JK_ARRAY_GROW(check->tensors, check->summary.tensors, check->tensor_room);
    if (check->exhausted) return "finds no memory";
    check->tensors[check->summary.tensors] = *tensor;
    return NULL;
}

static const char *read_tensor(struct check *check, struct jk_span rest)
{
    struct jk_span hex, dtype, shape, name;
    struct jk_digest digest;
    struct file *file;
    const char *fault;
    if (!take_word(&rest, &hex) || !jk_digest_parse(hex, &digest))
        return "must have a SHA-256 in lower-case hexadecimal";
    if (!take_word(&rest, &dtype) || !take_word(&rest, &shape) || !take_word(&rest, &name))
        return "must be: tensor <sha256> <dtype> <shape> <name> <path>";
    if ((fault = dtype_fault(dtype)) || (fault = shape_fault(shape)) || (fault = find_file(check, rest, &file)))
        return fault;
    if ((fault = name_fault(name)) || (fault = check_order(check, GROUP_TENSOR))) return fault;
    struct tensor tensor = {rest, name, dtype, shape, check->lines.line, check->lines.number};
    if (check->summary.version == 2 && (fault = keep_tensor(check, &tensor, file))) return fault;
    jk_sha256_add(check->tensor_hash, check->lines.line.at, (size_t)(name.at + name.len - check->lines.line.at));
    jk_sha256_add(check->tensor_hash, "\n", 1);
    check->summary.tensors++;
    return NULL;
}

/* ---- sketches, and what must agree in version 2 ---- */

static int compare_tensors(const void *a, const void *b)
{
    const struct tensor *one = a, *two = b;
    int order = jk_span_compare(one->path, two->path);
    if (order == 0) order = jk_span_compare(one->name, two->name);
    return order ? order : (one->number > two->number) - (one->number < two->number);
}

static int compare_to_tensor(const void *key, const void *element)
{
    const struct tensor *one = key, *two = element;
    int order = jk_span_compare(one->path, two->path);
    return order ? order : jk_span_compare(one->name, two->name);
}

/* Once all are read: sorts them; no tensor of a file may have two lines. */
static const char *sort_tensors(struct check *check)
{
    if (check->tensors_sorted) return NULL;
    check->tensors_sorted = true;
    if (check->summary.tensors < 2) return NULL;
    qsort(check->tensors, check->summary.tensors, sizeof check->tensors[0], compare_tensors);
    for (size_t i = 1; i < check->summary.tensors; i++) {
        if (compare_to_tensor(&check->tensors[i - 1], &check->tensors[i]) != 0) continue;
        check->lines.line = check->tensors[i].line;
        check->lines.number = check->tensors[i].number;
        return "contradicts an earlier line about the same tensor";
    }
    return NULL;
}

/* The shape of a slice: the tensor's without its first dimension, which is the number of slices. */
static bool is_slice_of(struct jk_span sliced, struct jk_span shape, uint64_t slice)
{
    struct jk_span first;
    uint64_t slices;
    return jk_span_cut(&shape, 'x', &first) && jk_span_to_u64(first, &slices) && slice < slices &&
           jk_span_equal(shape, sliced);
}

/* A sketch in a safetensors file must belong to one of its tensor lines: to a matrix, or to a slice of a tensor with
 * more dimensions. */
static const char *sketch_of_tensor(struct check *check, const struct tensor *sketch)
{
    struct tensor key = *sketch;
    const struct tensor *found;
    uint64_t slice, dimensions[DIMENSIONS_MAX];
    size_t count = check->summary.tensors;
    found = count ? bsearch(&key, check->tensors, count, sizeof key, compare_to_tensor) : NULL;
    if (found && jk_manifest_shape(found->shape, dimensions) == 2)
        return jk_span_equal(found->dtype, sketch->dtype) && jk_span_equal(found->shape, sketch->shape)
                   ? NULL
                   : "contradicts the dtype or shape of its tensor line";
    if (!jk_manifest_slice(sketch->name, &key.name, &slice))
        return "must be of a tensor line of two dimensions, or of a slice of one of more";
    found = count ? bsearch(&key, check->tensors, count, sizeof key, compare_to_tensor) : NULL;
    if (!found) return "must be of a tensor line of two dimensions, or of a slice of one of more";
    if (jk_span_equal(found->dtype, sketch->dtype) && is_slice_of(sketch->shape, found->shape, slice)) return NULL;
    return "contradicts the dtype or shape of its tensor line";
}

/* 256 numbers of 16 bits; the largest absolute value must be 32,767. */
static const char *sketch_fault(struct jk_span base64)
{
    unsigned char bytes[JK_MANIFEST_SKETCH_BYTES];
    size_t len;
    int most = 0;
    if (!jk_base64_decode(base64, bytes, sizeof bytes, &len) || len != sizeof bytes)
        return "must have a sketch of 512 bytes in base64";
    for (size_t i = 0; i < sizeof bytes; i += 2) {
        int value = (int16_t)(uint16_t)(bytes[i] << 8 | bytes[i + 1]);
        most = abs(value) > most ? abs(value) : most;
    }
    return most == INT16_MAX ? NULL : "must have a sketch whose largest number is 32,767";
}

static const char *read_sketch(struct check *check, struct jk_span rest)
{
    struct jk_span base64;
    struct tensor sketch;
    struct file *file;
    uint64_t elements, dimensions[DIMENSIONS_MAX];
    const char *fault = sort_tensors(check);
    if (fault) return fault;
    if (!take_word(&rest, &base64) || !take_word(&rest, &sketch.dtype) || !take_word(&rest, &sketch.shape) ||
        !take_word(&rest, &sketch.name))
        return "must be: sketch <base64> <dtype> <shape> <name> <path>";
    sketch.path = rest;
    if ((fault = sketch_fault(base64)) || (fault = dtype_fault(sketch.dtype)) || (fault = shape_fault(sketch.shape)) ||
        (fault = name_fault(sketch.name)) || (fault = find_file(check, rest, &file)))
        return fault;
    if (jk_manifest_shape(sketch.shape, dimensions) < 2 || !jk_manifest_elements(sketch.shape, &elements) ||
        elements < JK_MANIFEST_SKETCH_ELEMENTS)
        return "must have a shape of at least two dimensions and 16,384 elements";
    int order = jk_span_compare(check->previous_path, sketch.path);
    if (order == 0) order = jk_span_compare(check->previous_name, sketch.name);
    if (check->group == GROUP_SKETCH && order >= 0)
        return "is out of order or a duplicate: sketch lines are sorted by path, then name";
    check->previous_path = sketch.path;
    check->previous_name = sketch.name;
    check->summary.sketches++;
    return jk_span_ends(rest, JK_SPAN(GGUF)) ? NULL : sketch_of_tensor(check, &sketch);
}

static const char *read_manifest_line(struct check *check)
{
    static const struct {
        struct jk_span word;
        const char *(*read)(struct check *check, struct jk_span rest);
    } groups[] = {
        [GROUP_FILE] = {{"file", 4}, read_file_line},
        [GROUP_HEADER] = {{"header", 6}, read_header},
        [GROUP_TENSOR] = {{"tensor", 6}, read_tensor},
        [GROUP_SKETCH] = {{"sketch", 6}, read_sketch},
    };
    bool second = check->summary.version == 2;
    struct jk_span rest;
    for (int i = GROUP_FILE; i <= (second ? GROUP_SKETCH : GROUP_TENSOR); i++) {
        if (!jk_line_value(check->lines.line, groups[i].word, &rest)) continue;
        if (i < (int)check->group)
            return second ? "is out of order: file lines, then header, tensor and sketch lines"
                          : "is out of order: file lines, then header lines, then tensor lines";
        check->reading = (enum group)i;
        const char *fault = groups[i].read(check, rest);
        check->group = (enum group)i;
        return fault;
    }
    return second ? "must be a file, header, tensor or sketch line" : "must be a file, header or tensor line";
}

static const char *read_manifest(struct check *check)
{
    struct jk_lines *lines = &check->lines;
    bool whole = jk_lines_next(lines);
    check->summary.version = jk_span_is(lines->line, HEAD_1) ? 1 : 2;
    if (!whole || (check->summary.version == 2 && !jk_span_is(lines->line, HEAD_2)))
        return "must be \"" HEAD_1 "\" or \"" HEAD_2 "\"";
    while (lines->rest.len) {
        if (!jk_lines_next(lines)) return "must end in a line feed";
        const char *fault = read_manifest_line(check);
        if (fault) return fault;
    }
    if (!check->summary.files) return "must be followed by a file line: at least one is needed";
    return check->summary.version == 2 ? sort_tensors(check) : NULL;
}

/* ---- digests ---- */

static int compare_digest(const void *a, const void *b)
{
    return jk_digest_compare(a, b);
}

/* Over the digests, which are sorted; as a set, each counts once. Zero if there are none. */
static void digest_files(struct jk_sha256 *hash, struct jk_digest *digests, size_t count, bool set,
                         struct jk_digest *out_digest)
{
    *out_digest = (struct jk_digest){0};
    if (count == 0) return;
    qsort(digests, count, sizeof *digests, compare_digest);
    jk_sha256_begin(hash);
    for (size_t i = 0; i < count; i++) {
        char line[JK_DIGEST_HEX + 1];
        if (set && i > 0 && jk_digest_equal(&digests[i], &digests[i - 1])) continue;
        jk_digest_hex(&digests[i], line);
        line[JK_DIGEST_HEX] = '\n';
        jk_sha256_add(hash, line, sizeof line);
    }
    jk_sha256_end(hash, out_digest);
}

void jk_manifest_set_of(struct jk_sha256 *hash, struct jk_digest *digests, size_t count, struct jk_digest *out_set)
{
    digest_files(hash, digests, count, true, out_set);
}

static bool finish(struct check *check, struct jk_span bytes, struct jk_manifest_summary *out_summary)
{
    struct jk_digest *digests = malloc(check->summary.files * sizeof *digests);
    size_t count = 0;
    if (!digests) return false;
    for (size_t i = 0; i < check->summary.files; i++)
        if (jk_manifest_is_weights(check->files[i].path)) digests[count++] = check->files[i].digest;
    if (check->summary.tensors)
        jk_sha256_end(check->tensor_hash, &check->summary.weights);
    else
        digest_files(check->tensor_hash, digests, count, false, &check->summary.weights);
    digest_files(check->tensor_hash, digests, count, true, &check->summary.weight_files);
    check->summary.artifact = jk_digest_of(bytes);
    *out_summary = check->summary;
    free(digests);
    return true;
}

static enum jk_status fail_manifest(const struct check *check, const char *fault, struct jk_error *error)
{
    char shown[200];
    if (check->exhausted) return jk_out_of_memory(error);
    jk_text_shorten(check->lines.line, shown, sizeof shown);
    return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_MANIFEST", "Line %u of the manifest, \"%s\", %s.",
                   check->lines.number, shown, fault);
}

enum jk_status jk_manifest_check(struct jk_span bytes, struct jk_manifest_summary *out_summary, struct jk_error *error)
{
    if (bytes.len > JK_MANIFEST_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_MANIFEST",
                       "The manifest has %zu bytes: at most 64 MiB are allowed.", bytes.len);
    struct check check = {.lines = jk_lines_of(bytes), .tensor_hash = jk_sha256_new()};
    const char *fault = NULL;
    check.exhausted = !check.tensor_hash;
    if (check.tensor_hash) {
        jk_sha256_begin(check.tensor_hash);
        fault = read_manifest(&check);
        if (!fault && !finish(&check, bytes, out_summary)) check.exhausted = true;
    }
    enum jk_status status = fault || check.exhausted ? fail_manifest(&check, fault, error) : JK_OK;
    free(check.files);
    free(check.tensors);
    jk_sha256_free(check.tensor_hash);
    return status;
}
