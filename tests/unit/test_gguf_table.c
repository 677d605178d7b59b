/* The reader of GGUF's tensors on files built in memory: places and padding, every beginning of a file, and each rule
 * broken once. */
#include "support/golden.h"

#include <stdlib.h>

#include "base/text.h"
#include "weights/gguf_table.h"

enum { U32 = 4, BOOL = 7, STRING = 8, ARRAY = 9 };

static void number(struct jk_text *file, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        jk_text_add_char(file, (char)(value >> (8 * i)));
}

static void string(struct jk_text *file, const char *text)
{
    number(file, strlen(text), 8);
    jk_text_add_str(file, text);
}

static void head(struct jk_text *file, uint32_t version, uint64_t tensors, uint64_t keys)
{
    jk_text_init(file, 0);
    jk_text_add_str(file, "GGUF");
    number(file, version, 4);
    number(file, tensors, 8);
    number(file, keys, 8);
}

static void tensor(struct jk_text *file, const char *name, uint64_t columns, uint64_t rows, uint32_t type,
                   uint64_t offset)
{
    string(file, name);
    number(file, 2, 4);
    number(file, columns, 8);
    number(file, rows, 8);
    number(file, type, 4);
    number(file, offset, 8);
}

static void pad(struct jk_text *file, size_t alignment, size_t data)
{
    while (file->len % alignment != 0)
        jk_text_add_char(file, 0);
    for (size_t i = 0; i < data; i++)
        jk_text_add_char(file, 'd');
}

struct outcome {
    bool read, cut;
    struct jk_tensors table;
    struct jk_fault fault;
};

static struct outcome read_file(const struct jk_text *file, size_t given, uint64_t size)
{
    struct outcome outcome = {0};
    char *copy = malloc(given + 1);
    memcpy(copy, file->bytes, given);
    outcome.read =
        jk_gguf_table_read((struct jk_span){copy, given}, size, &outcome.table, &outcome.cut, &outcome.fault);
    free(copy);
    return outcome;
}

static void refused(struct jk_text *file, const char *rule, bool unknown)
{
    struct outcome outcome = read_file(file, file->len, file->len);
    if (outcome.read) fail_msg("accepted where it should say: %s", rule);
    if (!strstr(outcome.fault.rule, rule)) fail_msg("\"%s\" does not say \"%s\"", outcome.fault.rule, rule);
    assert_int_equal(outcome.fault.unknown, unknown);
    assert_true(outcome.fault.offset <= file->len && !outcome.cut);
    jk_tensors_done(&outcome.table);
    jk_text_done(file);
}

/* Two tensors behind metadata of all kinds; the second is of blocks. */
static void build(struct jk_text *file)
{
    head(file, 3, 2, 3);
    string(file, "general.alignment");
    number(file, U32, 4);
    number(file, 64, 4);
    string(file, "tokens");
    number(file, ARRAY, 4);
    number(file, STRING, 4);
    number(file, 2, 8);
    string(file, "x");
    string(file, "");
    string(file, "flag");
    number(file, BOOL, 4);
    number(file, 1, 1);
    tensor(file, "a.weight", 3, 5, 0, 0);   /* F32: 60 bytes */
    tensor(file, "b.weight", 64, 2, 8, 64); /* Q8_0: 136 bytes */
    pad(file, 64, 64 + 136);
}

static void places(void **state)
{
    (void)state;
    struct jk_text file;
    build(&file);
    struct outcome outcome = read_file(&file, file.len, file.len);
    if (!outcome.read) fail_msg("offset %llu: %s", (unsigned long long)outcome.fault.offset, outcome.fault.rule);
    const struct jk_tensor *one = &outcome.table.tensors[0], *two = &outcome.table.tensors[1];
    assert_int_equal(outcome.table.count, 2);
    assert_int_equal(outcome.table.data % 64, 0);
    assert_int_equal(one->begin, outcome.table.data);
    assert_int_equal(one->end - one->begin, 60);
    assert_int_equal(one->shape[0], 5); /* the usual order */
    assert_int_equal(one->shape[1], 3);
    assert_int_equal(two->begin, outcome.table.data + 64);
    assert_int_equal(two->end, file.len);
    assert_string_equal(two->type->word, "Q8_0");
    jk_tensors_done(&outcome.table);
    jk_text_done(&file);
}

static void every_beginning(void **state)
{
    (void)state;
    struct jk_text file;
    build(&file);
    size_t whole = 0;
    for (size_t len = 0; len <= file.len; len++) {
        struct outcome cut = read_file(&file, len, len), more = read_file(&file, len, file.len);
        assert_int_equal(cut.read, len == file.len);
        assert_false(cut.cut);
        assert_int_equal(more.read, !more.cut); /* either the header is there, or more is asked for */
        whole += more.read;
        jk_tensors_done(&cut.table);
        jk_tensors_done(&more.table);
    }
    assert_in_range(whole, 200, 64 + 64 + 136 + 1);
    jk_text_done(&file);
}

static void bytes_after(void **state)
{
    (void)state;
    struct jk_text file;
    build(&file);
    pad(&file, 64, 0); /* the last tensor's padding may be there */
    struct outcome outcome = read_file(&file, file.len, file.len);
    assert_true(outcome.read);
    jk_tensors_done(&outcome.table);
    jk_text_add_char(&file, 'x');
    refused(&file, "bytes after the last tensor", false);
}

static void one_tensor(struct jk_text *file, const char *name, uint64_t columns, uint64_t rows, uint32_t type,
                       uint64_t offset)
{
    head(file, 3, 1, 0);
    tensor(file, name, columns, rows, type, offset);
    pad(file, 32, 4096);
}

/* Their values are not known, but their place is. */
static void types_without_sketches(void **state)
{
    (void)state;
    static const struct {
        unsigned type, elements, bytes;
    } types[] = {{39, 32, 17}, {40, 64, 36}, {41, 128, 18}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct jk_text file;
        head(&file, 3, 1, 0);
        tensor(&file, "w", types[i].elements, 3, types[i].type, 0);
        pad(&file, 32, (size_t)3 * types[i].bytes);
        struct outcome outcome = read_file(&file, file.len, file.len);
        assert_true(outcome.read && !outcome.table.tensors[0].type->unpack);
        assert_int_equal(outcome.table.tensors[0].end, file.len);
        jk_tensors_done(&outcome.table);
        jk_text_done(&file);
    }
}

static void refuses_tensors(void **state)
{
    (void)state;
    struct jk_text file;
    one_tensor(&file, "", 32, 1, 0, 0);
    refused(&file, "1 to 64 bytes", false);
    one_tensor(&file, "0123456789012345678901234567890123456789012345678901234567890123x", 32, 1, 0, 0);
    refused(&file, "1 to 64 bytes", false);
    one_tensor(&file, "w", 32, 1, 4, 0);
    refused(&file, "type 4", true);
    one_tensor(&file, "w", 32, 1, 999, 0);
    refused(&file, "type 999", true);
    one_tensor(&file, "w", 33, 1, 8, 0);
    refused(&file, "no whole blocks of Q8_0", false);
    one_tensor(&file, "w", 32, 1, 0, 32);
    refused(&file, "must be 0", false);
    one_tensor(&file, "w", 1025, 1, 0, 0);
    refused(&file, "beyond the file", false);
    head(&file, 3, 1, 0);
    tensor(&file, "empty", 0, 1, 0, 0); /* nothing, in data that would begin behind the file's end */
    assert_int_not_equal(file.len % 32, 0);
    refused(&file, "beyond the file", false);
    one_tensor(&file, "w", UINT64_MAX, 2, 0, 0);
    refused(&file, "overflows", false);
    one_tensor(&file, "w", UINT64_MAX, 1, 0, 0);
    refused(&file, "no whole blocks", false);
    head(&file, 3, 2, 0);
    tensor(&file, "w", 8, 1, 0, 0);
    tensor(&file, "w", 8, 1, 0, 32);
    pad(&file, 32, 64);
    refused(&file, "a second tensor \"w\"", false);
    head(&file, 3, 2, 0);
    tensor(&file, "v", 8, 1, 0, 0);
    tensor(&file, "w", 8, 1, 0, 0);
    pad(&file, 32, 64);
    refused(&file, "must be 32", false);
    head(&file, 3, 1, 0);
    string(&file, "w");
    number(&file, 5, 4);
    pad(&file, 32, 64);
    refused(&file, "at most 4", false);
}

static void refuses_heads(void **state)
{
    (void)state;
    struct jk_text file;
    head(&file, 1, 0, 0);
    refused(&file, "version is 1", true);
    head(&file, 4, 0, 0);
    refused(&file, "version is 4", true);
    head(&file, 0x03000000, 0, 0);
    refused(&file, "big-endian", true);
    head(&file, 3, JK_TENSORS_MAX + 1, 0);
    refused(&file, "at most 500,000", false);
    head(&file, 3, 0, 65537);
    refused(&file, "at most 65,536", false);
    head(&file, 3, UINT64_MAX, UINT64_MAX);
    refused(&file, "at most 500,000", false);
    head(&file, 3, 0, 1);
    file.bytes[0] = 'g';
    refused(&file, "begins with \"GGUF\"", false);
}

static void key(struct jk_text *file, const char *name, uint32_t type, uint64_t value, unsigned size)
{
    string(file, name);
    number(file, type, 4);
    number(file, value, size);
}

static void refuses_metadata(void **state)
{
    (void)state;
    struct jk_text file;
    for (unsigned i = 0; i < 3; i++) {
        static const uint32_t wrong[] = {0, 4, 48};
        head(&file, 3, 0, 1);
        key(&file, "general.alignment", U32, wrong[i], 4);
        refused(&file, "a power of two", false);
    }
    head(&file, 3, 0, 1);
    key(&file, "general.alignment", 10, 32, 8);
    refused(&file, "must be a uint32", false);
    head(&file, 3, 0, 2);
    key(&file, "k", U32, 1, 4);
    key(&file, "k", U32, 1, 4);
    refused(&file, "a key stands twice", false);
    head(&file, 3, 0, 1);
    key(&file, "k", BOOL, 2, 1);
    refused(&file, "0 or 1", false);
    head(&file, 3, 0, 1);
    key(&file, "k", 13, 0, 8);
    refused(&file, "type 13", false);
    head(&file, 3, 0, 1);
    key(&file, "", U32, 0, 4);
    refused(&file, "a key must have", false);
    head(&file, 3, 0, 1);
    string(&file, "k");
    for (unsigned depth = 0; depth < 6; depth++) {
        number(&file, ARRAY, 4);
        if (depth > 0) number(&file, 1, 8);
    }
    refused(&file, "more than 4 deep", false);
    head(&file, 3, 0, 1);
    string(&file, "k");
    number(&file, ARRAY, 4);
    number(&file, 10, 4);
    number(&file, UINT64_MAX, 8);
    refused(&file, "ends within its header", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),           cmocka_unit_test(every_beginning),
        cmocka_unit_test(bytes_after),      cmocka_unit_test(types_without_sketches),
        cmocka_unit_test(refuses_tensors),  cmocka_unit_test(refuses_heads),
        cmocka_unit_test(refuses_metadata),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
