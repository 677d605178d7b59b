/* The safetensors reader: published vectors, each rule broken once with the offset that it is found at, and every
 * beginning of a good header. */
#include "support/golden.h"

#include <stdlib.h>

#include "base/text.h"
#include "weights/safetensors.h"

#define H "{\"test\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}"

struct outcome {
    bool read;
    struct jk_tensors table;
    struct jk_fault fault;
};

/* Of a file with that header and so many bytes of data; the copy ends where the header does, so that looking further
 * shows. */
static struct outcome read_header(struct jk_span header, uint64_t data)
{
    struct outcome outcome = {0};
    char *copy = malloc(header.len + 1);
    memcpy(copy, header.at, header.len);
    outcome.read =
        jk_safetensors_read((struct jk_span){copy, header.len}, 8 + header.len + data, &outcome.table, &outcome.fault);
    if (outcome.table.count > 0) { /* outlives the copy */
        struct jk_tensor *first = outcome.table.tensors;
        first->name.at = jk_arena_copy(&outcome.table.arena, first->name.at, first->name.len);
    }
    free(copy);
    return outcome;
}

static void accepted(const char *header, uint64_t data, size_t tensors)
{
    struct outcome outcome = read_header(jk_span_of(header), data);
    if (!outcome.read)
        fail_msg("%s: offset %llu: %s", header, (unsigned long long)outcome.fault.offset, outcome.fault.rule);
    assert_int_equal(outcome.table.count, tensors);
    jk_tensors_done(&outcome.table);
}

static void refused(const char *header, uint64_t data, uint64_t offset, const char *rule)
{
    struct outcome outcome = read_header(jk_span_of(header), data);
    if (outcome.read) fail_msg("accepted: %s", header);
    if (!strstr(outcome.fault.rule, rule)) fail_msg("%s: \"%s\" does not say \"%s\"", header, outcome.fault.rule, rule);
    if (offset && outcome.fault.offset != offset)
        fail_msg("%s: %s: at %llu, not %llu", header, rule, (unsigned long long)outcome.fault.offset,
                 (unsigned long long)offset);
    jk_tensors_done(&outcome.table);
}

static void published(void **state)
{
    (void)state;
    accepted(H, 16, 1);
    accepted("{\"test\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4, 1);
    accepted("{}\r \t\n", 0, 0);
    accepted("{\"test\":{\"dtype\":\"I32\",\"shape\":[2,0],\"data_offsets\":[0, 0]}}", 0, 1);
    refused(H, 16 + 33, 8 + 60 + 16, "bytes after the last tensor");
    refused(H, 14, 8 + 60 + 14, "ends 2 bytes before");
    refused("\xff", 0, 8, "UTF-8");
    refused("{", 0, 9, "");
    refused("{\"test\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0, 4]}}", 4, 0,
            "hold 4 bytes, but dtype and shape come to 16");
    refused("{\"test\":{\"dtype\":\"I32\",\"shape\":[2,18446744073709551614],\"data_offsets\":[0,16]}}", 16, 0,
            "whole number of bytes");
    refused("{\"test\":{\"dtype\":\"I32\",\"shape\":[2,9223372036854775807],\"data_offsets\":[0,16]}}", 16, 0,
            "whole number of bytes");
}

static void lengths(void **state)
{
    (void)state;
    struct jk_fault fault = {0};
    uint64_t length = 0;
    assert_true(jk_safetensors_length(JK_SPAN("\x3c\0\0\0\0\0\0\0"), 84, &length, &fault));
    assert_int_equal(length, 60);
    assert_false(jk_safetensors_length(JK_SPAN("\x3c\0\0\0\0\xff\xff\xff"), 84, &length, &fault));
    assert_non_null(strstr(fault.rule, "at most 100,000,000"));
    assert_false(jk_safetensors_length(JK_SPAN(""), 0, &length, &fault));
    assert_false(jk_safetensors_length(JK_SPAN("\x3c\0\0\0\0\0\0\0"), 8, &length, &fault));
    assert_non_null(strstr(fault.rule, "beyond the file"));
}

#define T(fields)         "{\"w\":{" fields "}}"
#define W(name, from, to) "\"" name "\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[" #from "," #to "]}"

static void tensors_together(void **state)
{
    (void)state;
    accepted("{" W("b", 4, 8) "," W("a", 0, 4) "}", 8, 2); /* in any order */
    refused("{" W("a", 0, 4) "," W("a", 4, 8) "}", 8, 8 + 53, "a second tensor \"a\"");
    refused("{" W("a", 0, 4) "," W("\\u0061", 4, 8) "}", 8, 0, "a second tensor");
    refused("{" W("a", 0, 4) "," W("b", 6, 10) "}", 10, 0, "a hole of 2 bytes");
    refused("{" W("a", 1, 5) "}", 5, 0, "a hole of 1 bytes");
    refused("{" W("a", 0, 4) "," W("b", 2, 6) "}", 6, 0, "overlap");
    refused("{" W("a", 0, 4) "," W("b", 0, 4) "}", 4, 0, "overlap");
    refused("{" W("a", 4, 0) "}", 4, 0, "backwards");
    refused(T("\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[18446744073709551612,18446744073709551615]"), 4, 0,
            "hold 3 bytes");
}

static void fields(void **state)
{
    (void)state;
    refused(T("\"dtype\":\"U8\",\"shape\":[4]"), 4, 0, "needs dtype, shape and data_offsets");
    refused(T("\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]"), 4, 8 + 19,
            "a field stands twice");
    refused(T("\"dtype\":\"U8\",\"more\":1,\"shape\":[4],\"data_offsets\":[0,4]"), 4, 0, "alone");
    refused(T("\"dtype\":\"u8\",\"shape\":[4],\"data_offsets\":[0,4]"), 4, 0, "dtype \"u8\"");
    refused(T("\"dtype\":\"U8\",\"shape\":[-4],\"data_offsets\":[0,4]"), 4, 0, "whole number");
    refused(T("\"dtype\":\"U8\",\"shape\":[4.0],\"data_offsets\":[0,4]"), 4, 0, "whole number");
    refused(T("\"dtype\":\"U8\",\"shape\":[4e0],\"data_offsets\":[0,4]"), 4, 0, "whole number");
    refused(T("\"dtype\":\"U8\",\"shape\":[04],\"data_offsets\":[0,4]"), 4, 0, "whole number");
    refused(T("\"dtype\":\"U8\",\"shape\":[4,],\"data_offsets\":[0,4]"), 4, 0, "whole number");
    refused(T("\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0]"), 4, 0, "two numbers");
    refused(T("\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4,4]"), 4, 0, "at most 2 numbers");
    refused(T("\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,2]"), 2, 0, "whole number of bytes");
    accepted(T("\"dtype\":\"F4\",\"shape\":[4],\"data_offsets\":[0,2]"), 2, 1);
    accepted(T("\"dtype\":\"F6_E3M2\",\"shape\":[2,2],\"data_offsets\":[0,3]"), 3, 1);
    refused("{\"\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4, 0, "without a name");
    refused(" {}", 0, 8, "begin with");
    refused("{}x", 0, 8 + 2, "after the header's end");
    refused("{\"w\":1}", 0, 0, "\"{\" is missing");
    refused("[]", 0, 8, "begin with");
    accepted("{\"__metadata__\":{\"format\":\"pt\",\"a\\n\":\"\\ud83d\\ude00\"}}", 0, 0);
    refused("{\"__metadata__\":{\"a\":1}}", 0, 0, "\"\"\" is missing");
    refused("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, 0, "stands twice");
    refused("{\"__metadata__\":{},\"__metadata__\":{}}", 0, 0, "a second");
    refused("{\"__metadata__\":{\"a\":\"\\ud83d\"}}", 0, 0, "surrogate");
    refused("{\"__metadata__\":{\"a\":\"\\u0000\"}}", 0, 0, "NUL");
    refused("{\"__metadata__\":{\"a\":\"\\x\"}}", 0, 0, "escape");
    refused("{\"__metadata__\":{\"a\":\"\n\"}}", 0, 0, "control character");
}

static void dimension_limit(void **state)
{
    (void)state;
    for (int dimensions = 32; dimensions <= 33; dimensions++) {
        struct jk_text text;
        jk_text_init(&text, 0);
        jk_text_add_str(&text, "{\"w\":{\"dtype\":\"U8\",\"shape\":[1");
        for (int i = 1; i < dimensions; i++)
            jk_text_add_str(&text, ",1");
        jk_text_add_str(&text, "],\"data_offsets\":[0,1]}}");
        if (dimensions == 32)
            accepted(text.bytes, 1, 1);
        else
            refused(text.bytes, 1, 0, "at most 32 numbers");
        jk_text_done(&text);
    }
}

static void names(void **state)
{
    (void)state;
    struct outcome outcome = read_header(
        JK_SPAN("{\"a\\u00e9\\\"/\\ud83d\\ude00\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}"), 2);
    assert_true(outcome.read);
    assert_true(jk_span_equal(outcome.table.tensors[0].name, JK_SPAN("a\xc3\xa9\"/\xf0\x9f\x98\x80")));
    assert_int_equal(outcome.table.tensors[0].end - outcome.table.tensors[0].begin, 2);
    jk_tensors_done(&outcome.table);
}

static void every_beginning(void **state)
{
    (void)state;
    struct jk_span whole =
        JK_SPAN("{\"__metadata__\":{\"a\":\"\\u00e9\"},\"w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}");
    for (size_t len = 0; len < whole.len; len++) {
        struct outcome outcome = read_header((struct jk_span){whole.at, len}, 2);
        assert_false(outcome.read);
        assert_true(outcome.fault.offset <= 8 + len && outcome.fault.rule[0]);
        jk_tensors_done(&outcome.table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published),       cmocka_unit_test(lengths),         cmocka_unit_test(tensors_together),
        cmocka_unit_test(fields),          cmocka_unit_test(dimension_limit), cmocka_unit_test(names),
        cmocka_unit_test(every_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
