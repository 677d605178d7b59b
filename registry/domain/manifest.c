/* The manifest's check: one pass over the lines, the digests computed on the way (registry/formats/manifest.md). Pure.
 * Memory: 48 bytes a file and nothing for a tensor. The weights digest leaves the paths out of the tensor lines and
 * wants them sorted: they are already, since the path comes last, after a space, which sorts before every byte of a
 * name; so they are hashed as they come. */
#include "domain/manifest.h"

#include <stdlib.h>

#include "base/text.h"
#include "domain/lines.h"

#define MANIFEST_HEAD  "jokbo/manifest/v1"
#define SAFETENSORS    ".safetensors"
#define DTYPE_MAX      16
#define DIMENSIONS_MAX 32

enum group { GROUP_NONE, GROUP_FILE, GROUP_HEADER, GROUP_TENSOR };

struct file {
    struct jk_span path;
    struct jk_digest digest;
    bool has_header;
};

struct check {
    struct jk_lines lines;
    enum group group;
    struct jk_span previous; /* what the next line of the group is compared with: file path, or line */
    struct file *files;
    size_t room;
    struct jk_sha256 *tensor_hash;
    struct jk_manifest_summary summary;
    bool exhausted; /* out of memory */
};

bool jk_manifest_is_weights(struct jk_span path)
{
    static const char *const endings[] = {".gguf", ".onnx",    ".bin",         ".pt",  ".pth",    ".ckpt",
                                          ".h5",   ".msgpack", ".safetensors", ".npz", ".tflite", ".mlmodel"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        struct jk_span ending = jk_span_of(endings[i]);
        if (path.len < ending.len) continue;
        if (jk_span_equal_fold((struct jk_span){path.at + path.len - ending.len, ending.len}, ending)) return true;
    }
    return false;
}

/* ---- words; each answers NULL, or the fault as the end of a sentence ---- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Percent-encoded as the format demands: space, "%" and control characters, and nothing else. */
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

static const char *path_fault(struct jk_span path)
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
    if (dtype.len == 0 || dtype.len > DTYPE_MAX || dtype.at[0] < 'A' || dtype.at[0] > 'Z')
        return "must have a safetensors dtype, as BF16";
    for (size_t i = 1; i < dtype.len; i++) {
        char c = dtype.at[i];
        if ((c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_') return "must have a safetensors dtype, as BF16";
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

/* ---- lines ---- */

static bool grow_files(struct check *check)
{
    if (check->summary.files < check->room) return true;
    size_t room = check->room ? check->room * 2 : 64;
    struct file *files = realloc(check->files, room * sizeof *files);
    if (!files) return false;
    check->files = files;
    check->room = room;
    return true;
}

static const char *add_file(struct check *check, struct jk_span path, const struct jk_digest *digest, uint64_t size)
{
    struct jk_manifest_summary *summary = &check->summary;
    if (summary->files == JK_MANIFEST_FILES_MAX) return "is one file too many: at most 100,000";
    if (__builtin_add_overflow(summary->bytes, size, &summary->bytes)) return "makes the sizes overflow 64 bits";
    if (!grow_files(check)) {
        check->exhausted = true;
        return "finds no memory";
    }
    check->files[summary->files++] = (struct file){.path = path, .digest = *digest};
    return NULL;
}

static const char *read_file(struct check *check, struct jk_span rest)
{
    struct jk_span hex, size_text;
    struct jk_digest digest;
    uint64_t size;
    if (!take_word(&rest, &hex) || !jk_digest_parse(hex, &digest))
        return "must have a SHA-256 in lower-case hexadecimal";
    if (!take_word(&rest, &size_text) || !jk_span_to_u64(size_text, &size)) return "must have a decimal size in bytes";
    const char *fault = path_fault(rest);
    if (fault) return fault;
    if (check->group == GROUP_FILE && jk_span_compare(check->previous, rest) >= 0)
        return "is out of order or twice: file lines are sorted by the bytes of their paths";
    check->previous = rest;
    return add_file(check, rest, &digest, size);
}

static int compare_path(const void *key, const void *element)
{
    return jk_span_compare(*(const struct jk_span *)key, ((const struct file *)element)->path);
}

static const char *find_file(struct check *check, struct jk_span path, struct file **out_file)
{
    if (!jk_span_ends(path, JK_SPAN(SAFETENSORS))) return "must have a path that ends in .safetensors";
    *out_file = check->summary.files
                    ? bsearch(&path, check->files, check->summary.files, sizeof check->files[0], compare_path)
                    : NULL;
    return *out_file ? NULL : "must have the path of one of the file lines";
}

/* Lines of a group after the first: sorted, none twice. */
static const char *check_order(struct check *check, enum group group)
{
    if (check->group == group && jk_span_compare(check->previous, check->lines.line) >= 0)
        return "is out of order or twice: lines of a group are sorted by bytes";
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
    if (name.len == 0 || name.len > JK_MANIFEST_PATH_MAX || !is_encoded(name))
        return "must have a name of 1 to 1,024 bytes with space, \"%\" and control characters percent-encoded";
    if ((fault = check_order(check, GROUP_TENSOR))) return fault;
    jk_sha256_add(check->tensor_hash, check->lines.line.at, (size_t)(name.at + name.len - check->lines.line.at));
    jk_sha256_add(check->tensor_hash, "\n", 1);
    check->summary.tensors++;
    return NULL;
}

static const char *read_line(struct check *check)
{
    static const struct {
        struct jk_span word;
        const char *(*read)(struct check *check, struct jk_span rest);
    } groups[] = {
        [GROUP_FILE] = {{"file", 4}, read_file},
        [GROUP_HEADER] = {{"header", 6}, read_header},
        [GROUP_TENSOR] = {{"tensor", 6}, read_tensor},
    };
    struct jk_span rest;
    for (int i = GROUP_FILE; i <= GROUP_TENSOR; i++) {
        if (!jk_line_value(check->lines.line, groups[i].word, &rest)) continue;
        if (i < (int)check->group) return "is out of order: file lines, then header lines, then tensor lines";
        const char *fault = groups[i].read(check, rest);
        check->group = (enum group)i;
        return fault;
    }
    return "must be a file, header or tensor line";
}

static const char *read_lines(struct check *check)
{
    struct jk_lines *lines = &check->lines;
    if (!jk_lines_next(lines) || !jk_span_is(lines->line, MANIFEST_HEAD)) return "must be \"" MANIFEST_HEAD "\"";
    while (lines->rest.len) {
        if (!jk_lines_next(lines)) return "must end in a line feed";
        const char *fault = read_line(check);
        if (fault) return fault;
    }
    return check->summary.files ? NULL : "must be followed by a file line: at least one is needed";
}

/* ---- digests ---- */

static int compare_digest(const void *a, const void *b)
{
    return jk_digest_compare(&((const struct file *)a)->digest, &((const struct file *)b)->digest);
}

/* Moves the weight files to the front of the array, sorted by their digests; how many there are. */
static size_t gather_weight_files(struct check *check)
{
    size_t count = 0;
    for (size_t i = 0; i < check->summary.files; i++)
        if (jk_manifest_is_weights(check->files[i].path)) check->files[count++] = check->files[i];
    if (count > 0) qsort(check->files, count, sizeof check->files[0], compare_digest);
    return count;
}

/* Over the digests of the first `count` files; as a set each counts once. Zero for none. */
static void digest_files(struct check *check, size_t count, bool set, struct jk_digest *out_digest)
{
    if (count == 0) return;
    jk_sha256_begin(check->tensor_hash);
    for (size_t i = 0; i < count; i++) {
        char line[JK_DIGEST_HEX + 1];
        if (set && i > 0 && jk_digest_equal(&check->files[i].digest, &check->files[i - 1].digest)) continue;
        jk_digest_hex(&check->files[i].digest, line);
        line[JK_DIGEST_HEX] = '\n';
        jk_sha256_add(check->tensor_hash, line, sizeof line);
    }
    jk_sha256_end(check->tensor_hash, out_digest);
}

static void finish(struct check *check, struct jk_span bytes, struct jk_manifest_summary *out_summary)
{
    if (check->summary.tensors) jk_sha256_end(check->tensor_hash, &check->summary.weights);
    size_t count = gather_weight_files(check);
    if (!check->summary.tensors) digest_files(check, count, false, &check->summary.weights);
    digest_files(check, count, true, &check->summary.weight_files);
    check->summary.artifact = jk_digest_of(bytes);
    *out_summary = check->summary;
}

static enum jk_status fail(const struct check *check, const char *fault, struct jk_error *error)
{
    char shown[200];
    if (check->exhausted)
        return jk_out_of_memory(error);
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
        fault = read_lines(&check);
        if (!fault) finish(&check, bytes, out_summary);
    }
    enum jk_status status = fault || check.exhausted ? fail(&check, fault, error) : JK_OK;
    free(check.files);
    jk_sha256_free(check.tensor_hash);
    return status;
}
