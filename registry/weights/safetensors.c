/* See safetensors.h. A reader of its own rather than a JSON library: each fault has an offset, and the names, the only
 * texts that are kept, stay where they are unless they have escapes. */
#include "weights/safetensors.h"

#include "base/text.h"

#define METADATA "__metadata__"

struct reader {
    struct jk_span text;
    size_t at;
    struct jk_tensors *table;
    struct jk_fault *fault;
};

enum field { FIELD_DTYPE = 1, FIELD_SHAPE = 2, FIELD_OFFSETS = 4 };

struct entry {
    struct jk_tensor tensor;
    struct jk_span dtype;
    uint64_t shape[JK_TENSOR_DIMENSIONS_MAX], offsets[2];
    unsigned fields; /* that were there */
};

#define FAULT(reader, ...) jk_fault_at((reader)->fault, JK_SAFETENSORS_LENGTH + (reader)->at, __VA_ARGS__)

static int peek(const struct reader *reader)
{
    return reader->at < reader->text.len ? (unsigned char)reader->text.at[reader->at] : -1;
}

static void skip_space(struct reader *reader)
{
    for (int c = peek(reader); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(reader))
        reader->at++;
}

/* The mark after white space, taken. */
static bool take(struct reader *reader, char mark)
{
    skip_space(reader);
    if (peek(reader) != mark) return FAULT(reader, "\"%c\" is missing", mark);
    reader->at++;
    return true;
}

static bool take_if(struct reader *reader, char mark)
{
    skip_space(reader);
    if (peek(reader) != mark) return false;
    reader->at++;
    return true;
}

/* ---- texts ---- */

static bool hex_unit(struct reader *reader, uint32_t *out)
{
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int c = peek(reader), digit = c >= '0' && c <= '9'   ? c - '0'
                                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                             : -1;
        if (digit < 0) return FAULT(reader, "\"\\u\" needs four hexadecimal digits");
        unit = unit << 4 | (uint32_t)digit;
        reader->at++;
    }
    *out = unit;
    return true;
}

static char *put_utf8(char *to, uint32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    *to++ = (char)(first[more] | code >> (6 * more));
    while (more-- > 0)
        *to++ = (char)(0x80 | (code >> (6 * more) & 0x3f));
    return to;
}

/* After "\u": one unit, or two that are a pair. */
static bool take_unicode(struct reader *reader, char **to)
{
    uint32_t unit = 0, low = 0;
    if (!hex_unit(reader, &unit)) return false;
    if (unit >= 0xdc00 && unit < 0xe000) return FAULT(reader, "half of a surrogate pair");
    if (unit >= 0xd800 && unit < 0xdc00) {
        if (peek(reader) != '\\') return FAULT(reader, "half of a surrogate pair");
        reader->at++;
        if (peek(reader) != 'u') return FAULT(reader, "half of a surrogate pair");
        reader->at++;
        if (!hex_unit(reader, &low)) return false;
        if (low < 0xdc00 || low >= 0xe000) return FAULT(reader, "half of a surrogate pair");
        unit = 0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00));
    }
    if (unit == 0) return FAULT(reader, "a text must not hold NUL");
    *to = put_utf8(*to, unit);
    return true;
}

static bool take_escape(struct reader *reader, char **to)
{
    static const char marks[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    int c = peek(reader);
    const char *mark = c > 0 ? memchr(marks, c, sizeof marks - 1) : NULL;
    if (c == 'u') {
        reader->at++;
        return take_unicode(reader, to);
    }
    if (!mark) return FAULT(reader, "an escape that JSON does not have");
    *(*to)++ = meant[mark - marks];
    reader->at++;
    return true;
}

/* The end of the text that begins at `at`, where it is written without escapes; the first backslash otherwise. */
static size_t plain_end(const struct reader *reader)
{
    size_t end = reader->at;
    while (end < reader->text.len && reader->text.at[end] != '"' && reader->text.at[end] != '\\' &&
           (unsigned char)reader->text.at[end] >= 0x20)
        end++;
    return end;
}

static size_t text_room(const struct reader *reader)
{
    size_t end = reader->at;
    while (end < reader->text.len && reader->text.at[end] != '"')
        end += reader->text.at[end] == '\\' ? 2 : 1;
    return (end < reader->text.len ? end : reader->text.len) - reader->at;
}

static bool take_escaped(struct reader *reader, struct jk_span *out)
{
    char *begin = jk_arena_alloc(&reader->table->arena, text_room(reader) + 1), *to = begin;
    if (!begin) return FAULT(reader, "no memory is left for its names");
    for (int c = peek(reader); c != '"'; c = peek(reader)) {
        if (c < 0) return FAULT(reader, "a text does not end");
        if (c < 0x20) return FAULT(reader, "a control character within a text");
        reader->at++;
        if (c != '\\')
            *to++ = (char)c;
        else if (!take_escape(reader, &to))
            return false;
    }
    reader->at++;
    *out = (struct jk_span){begin, (size_t)(to - begin)};
    return true;
}

/* A text; its UTF-8 was checked with the header's. */
static bool take_text(struct reader *reader, struct jk_span *out)
{
    if (!take(reader, '"')) return false;
    size_t end = plain_end(reader);
    if (end == reader->text.len || reader->text.at[end] != '"') return take_escaped(reader, out);
    *out = (struct jk_span){reader->text.at + reader->at, end - reader->at};
    reader->at = end + 1;
    return true;
}

/* ---- numbers and lists of them ---- */

static bool take_number(struct reader *reader, uint64_t *out)
{
    skip_space(reader);
    size_t begin = reader->at;
    while (peek(reader) >= '0' && peek(reader) <= '9')
        reader->at++;
    struct jk_span digits = {reader->text.at + begin, reader->at - begin};
    int next = peek(reader);
    if (digits.len > 0 && next != '.' && next != 'e' && next != 'E' && jk_span_to_u64(digits, out)) return true;
    reader->at = begin;
    return FAULT(reader, "must be a whole number below 2^64");
}

/* "[1, 2]" with at most `room` numbers. */
static bool take_numbers(struct reader *reader, uint64_t *out, size_t room, size_t *out_count)
{
    size_t count = 0;
    if (!take(reader, '[')) return false;
    bool more = !take_if(reader, ']');
    while (more) {
        if (count == room) return FAULT(reader, "at most %zu numbers may stand here", room);
        if (!take_number(reader, &out[count++])) return false;
        more = take_if(reader, ',');
        if (!more && !take(reader, ']')) return false;
    }
    *out_count = count;
    return true;
}

/* ---- a tensor ---- */

static bool take_field(struct reader *reader, struct entry *entry)
{
    struct jk_span key;
    size_t count = 0, key_at = reader->at;
    if (!take_text(reader, &key) || !take(reader, ':')) return false;
    unsigned field = jk_span_equal(key, JK_SPAN("dtype"))          ? FIELD_DTYPE
                     : jk_span_equal(key, JK_SPAN("shape"))        ? FIELD_SHAPE
                     : jk_span_equal(key, JK_SPAN("data_offsets")) ? FIELD_OFFSETS
                                                                   : 0;
    if (!field || entry->fields & field) {
        reader->at = key_at;
        return field ? FAULT(reader, "a field stands twice")
                     : FAULT(reader, "a tensor has dtype, shape and data_offsets alone");
    }
    entry->fields |= field;
    if (field == FIELD_DTYPE) return take_text(reader, &entry->dtype);
    if (field == FIELD_SHAPE) {
        if (!take_numbers(reader, entry->shape, JK_TENSOR_DIMENSIONS_MAX, &count)) return false;
        entry->tensor.dimensions = (uint32_t)count;
        return true;
    }
    return take_numbers(reader, entry->offsets, 2, &count) &&
           (count == 2 || FAULT(reader, "data_offsets are two numbers"));
}

/* What the fields mean together. */
static bool settle_header(struct reader *reader, struct entry *entry)
{
    struct jk_tensor *tensor = &entry->tensor;
    uint64_t bytes, data = reader->table->data;
    if (entry->fields != (FIELD_DTYPE | FIELD_SHAPE | FIELD_OFFSETS))
        return FAULT(reader, "a tensor needs dtype, shape and data_offsets");
    tensor->type = jk_type_safetensors(entry->dtype);
    if (!tensor->type)
        return FAULT(reader, "the dtype \"%.*s\" is not one of safetensors'",
                     (int)(entry->dtype.len < 40 ? entry->dtype.len : 40), entry->dtype.at);
    if (!jk_tensors_elements(entry->shape, tensor->dimensions, &tensor->elements) ||
        !jk_type_size(tensor->type, tensor->elements, &bytes))
        return FAULT(reader, "the shape does not come to a whole number of bytes below 2^64");
    if (entry->offsets[0] > entry->offsets[1]) return FAULT(reader, "data_offsets go backwards");
    if (entry->offsets[1] - entry->offsets[0] != bytes)
        return FAULT(reader, "data_offsets hold %llu bytes, but dtype and shape come to %llu",
                     (unsigned long long)(entry->offsets[1] - entry->offsets[0]), (unsigned long long)bytes);
    if (__builtin_add_overflow(entry->offsets[0], data, &tensor->begin) ||
        __builtin_add_overflow(entry->offsets[1], data, &tensor->end))
        return FAULT(reader, "data_offsets lie beyond the file");
    tensor->shape = jk_tensors_shape(reader->table, entry->shape, tensor->dimensions);
    return tensor->shape || FAULT(reader, "no memory is left for its tensors");
}

static bool take_safetensor(struct reader *reader, struct jk_span name, uint64_t at)
{
    struct entry entry = {.tensor = {.name = name, .at = at}};
    if (name.len == 0) return FAULT(reader, "a tensor without a name");
    if (!take(reader, '{')) return false;
    bool more = !take_if(reader, '}');
    while (more) {
        skip_space(reader);
        if (!take_field(reader, &entry)) return false;
        more = take_if(reader, ',');
        if (!more && !take(reader, '}')) return false;
    }
    return settle_header(reader, &entry) && jk_tensors_add(reader->table, &entry.tensor, reader->fault);
}

/* Texts by their names, of no meaning here. No name twice: what one reader shows another must not hide. */
static bool take_metadata(struct reader *reader)
{
    struct jk_tensors names;
    struct jk_tensor name = {0};
    struct jk_span value;
    if (!take(reader, '{')) return false;
    jk_tensors_begin(&names);
    bool more = !take_if(reader, '}'), sound = true;
    while (more && sound) {
        skip_space(reader);
        name.at = JK_SAFETENSORS_LENGTH + reader->at;
        sound = take_text(reader, &name.name) && take(reader, ':') && take_text(reader, &value) &&
                jk_tensors_add(&names, &name, reader->fault);
        more = sound && take_if(reader, ',');
        if (sound && !more) sound = take(reader, '}');
    }
    if (sound && !jk_tensors_check_names(&names, reader->fault))
        sound = jk_fault_at(reader->fault, reader->fault->offset, "a key of " METADATA " stands twice");
    jk_tensors_done(&names);
    return sound;
}

static bool take_all(struct reader *reader)
{
    bool metadata = false;
    if (peek(reader) != '{') return FAULT(reader, "the header must begin with \"{\"");
    reader->at++;
    bool more = !take_if(reader, '}');
    while (more) {
        struct jk_span name;
        skip_space(reader);
        uint64_t at = JK_SAFETENSORS_LENGTH + reader->at;
        if (!take_text(reader, &name) || !take(reader, ':')) return false;
        bool is_metadata = jk_span_equal(name, JK_SPAN(METADATA));
        if (is_metadata && metadata) return jk_fault_at(reader->fault, at, "a second " METADATA);
        metadata |= is_metadata;
        if (!(is_metadata ? take_metadata(reader) : take_safetensor(reader, name, at))) return false;
        more = take_if(reader, ',');
        if (!more && !take(reader, '}')) return false;
    }
    skip_space(reader);
    return reader->at == reader->text.len || FAULT(reader, "bytes after the header's end");
}

/* ---- the whole ---- */

/* One after the other from the data's beginning to the file's end. */
static bool check_places(struct jk_tensors *table, uint64_t size, struct jk_fault *fault)
{
    uint64_t next = table->data;
    for (size_t i = 0; i < table->count; i++) {
        const struct jk_tensor *tensor = &table->tensors[i];
        if (tensor->begin > next)
            return jk_fault_at(fault, tensor->at, "a hole of %llu bytes before the tensor's",
                               (unsigned long long)(tensor->begin - next));
        if (tensor->begin < next) return jk_fault_at(fault, tensor->at, "the tensor's bytes overlap those of another");
        next = tensor->end;
    }
    if (next > size)
        return jk_fault_at(fault, size, "the file ends %llu bytes before its last tensor does",
                           (unsigned long long)(next - size));
    return next == size || jk_fault_at(fault, next, "bytes after the last tensor");
}

bool jk_safetensors_length(struct jk_span head, uint64_t size, uint64_t *out_length, struct jk_fault *fault)
{
    uint64_t length = 0;
    if (size < JK_SAFETENSORS_LENGTH || head.len < JK_SAFETENSORS_LENGTH)
        return jk_fault_at(fault, 0, "a file of %llu bytes has no header", (unsigned long long)size);
    for (unsigned i = 0; i < JK_SAFETENSORS_LENGTH; i++)
        length |= (uint64_t)(unsigned char)head.at[i] << (8 * i);
    if (length > JK_SAFETENSORS_HEADER_MAX)
        return jk_fault_at(fault, 0, "a header of %llu bytes; at most 100,000,000", (unsigned long long)length);
    if (length > size - JK_SAFETENSORS_LENGTH)
        return jk_fault_at(fault, 0, "a header of %llu bytes, which end beyond the file", (unsigned long long)length);
    *out_length = length;
    return true;
}

static size_t valid_utf8(struct jk_span text)
{
    struct jk_span rest = text;
    uint32_t code;
    while (jk_utf8_next(&rest, &code))
        continue;
    return text.len - rest.len;
}

bool jk_safetensors_read(struct jk_span header, uint64_t size, struct jk_tensors *table, struct jk_fault *fault)
{
    struct reader reader = {.text = header, .table = table, .fault = fault};
    jk_tensors_begin(table);
    table->data = JK_SAFETENSORS_LENGTH + header.len;
    if (!jk_utf8_valid(header)) {
        reader.at = valid_utf8(header);
        return FAULT(&reader, "the header is not UTF-8");
    }
    if (!take_all(&reader) || !jk_tensors_check_names(table, fault)) return false;
    jk_tensors_sort(table);
    return check_places(table, size, fault);
}
