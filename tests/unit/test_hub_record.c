/* A hub's record: what is kept of its objects with all their oddities, what is refused, the limits, and that reading
 * accepts just what reducing writes. */
#include "support/golden.h"

#include <stdlib.h>

#include "base/defer.h"
#include "base/text.h"
#include "census/record.h"
#include "declare/hub.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C40 "cccccccccccccccccccccccccccccccccccccccc"

static struct jk_text reduced_text;

/* What is read of the names alone is what a whole reading has. */
static void names_are(struct jk_span bytes, const struct jk_hub_record *record)
{
    struct jk_hub_record names;
    assert_true(jk_hub_record_names(bytes, &names));
    assert_span_equal(names.id, record->id);
    assert_span_equal(names.identity, record->identity);
    assert_span_equal(names.revision, record->revision);
}

/* Reduces, reads, and reduces again. */
static struct jk_span reduced(struct jk_span object, struct jk_hub_record *record)
{
    JK_CLEANUP(jk_text_done) struct jk_text again;
    struct jk_error error;
    jk_text_init(&again, 0);
    jk_text_clear(&reduced_text);
    jk_error_init(&error, NULL);
    if (jk_hub_record_reduce(object, &reduced_text, &error) != JK_OK)
        fail_msg("%s: %.*s", error.message, (int)(object.len < 500 ? object.len : 500), object.at);
    if (jk_hub_record_read(jk_text_span(&reduced_text), record, &error) != JK_OK) fail_msg("%s", error.message);
    if (jk_hub_record_reduce(jk_text_span(&reduced_text), &again, &error) != JK_OK) fail_msg("%s", error.message);
    assert_span_equal(jk_text_span(&again), jk_text_span(&reduced_text));
    names_are(jk_text_span(&reduced_text), record);
    return jk_text_span(&reduced_text);
}

static void becomes(const char *object, const char *record)
{
    struct jk_hub_record read;
    assert_span_equal(reduced(jk_span_of(object), &read), jk_span_of(record));
}

/* An item of a list that is already parsed gives the same record, behind what the text has. */
static void of_a_list(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    struct jk_error error;
    json_t *list = json_loads("[{\"id\":\"a/b\",\"likes\":1},{\"id\":\"a\"}]", 0, NULL);
    (void)state;
    jk_text_init(&text, 0);
    jk_text_add_str(&text, "before ");
    jk_error_init(&error, NULL);
    assert_int_equal(jk_hub_record_reduce_json(json_array_get(list, 0), &text, &error), JK_OK);
    assert_span_equal(jk_text_span(&text), JK_SPAN("before {\"id\":\"a/b\"}"));
    assert_int_equal(jk_hub_record_reduce_json(json_array_get(list, 1), &text, &error), JK_INVALID_ARGUMENT);
    assert_span_equal(jk_text_span(&text), JK_SPAN("before {\"id\":\"a/b\"}"));
    json_decref(list);
}

static void names_of_no_record(void **state)
{
    static const char *const texts[] = {"",
                                        "{}",
                                        "[]",
                                        "{\"id\":\"a/b\"",
                                        "{\"id\":7}",
                                        "{\"id\":\"a\\nb\"}",
                                        "{\"id\":\"a/b\"}x",
                                        "{\"id\":\"a/b\",\"tags\":[\"a\"}",
                                        "{\"private\":,\"id\":\"a/b\"}"};
    struct jk_hub_record names;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (jk_hub_record_names(jk_span_of(texts[i]), &names)) fail_msg("%s has names", texts[i]);
}

static void not_reduced(const char *object, const char *part_of_message)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    struct jk_error error;
    jk_text_init(&text, 0);
    jk_error_init(&error, NULL);
    if (jk_hub_record_reduce(jk_span_of(object), &text, &error) != JK_INVALID_ARGUMENT) fail_msg("reduced: %s", object);
    if (!strstr(error.message, part_of_message)) fail_msg("%s — does not say: %s", error.message, part_of_message);
    assert_int_equal(text.len, 0);
}

static void whole_object(void **state)
{
    struct jk_hub_record record;
    (void)state;
    struct jk_span text = reduced(
        JK_SPAN("{\"modelId\": \"kim/other\", \"id\": \"kim/Solar-ko\", \"_id\": \"66b2aa1e1c9e4b0f\", \"sha\": \"" C40
                "\", \"private\": false, \"gated\": \"manual\", \"disabled\": true, \"downloads\": 7, \"likes\": 3,"
                " \"author\": \"kim\", \"createdAt\": \"2024-08-07T01:33:50.000Z\","
                " \"lastModified\": \"2024-09-01T10:00:00+09:00\", \"library_name\": \"peft\","
                " \"cardData\": {\"license\": \"other\", \"license_name\": \"exaone\", \"license_link\": \"LICENSE\","
                " \"base_model\": [\"team/Solar\"], \"base_model_relation\": \"adapter\", \"language\": [\"ko\"]},"
                " \"tags\": [\"peft\", \"base_model:team/Solar\", \"license:other\"],"
                " \"siblings\": [{\"rfilename\": \"z.gguf\", \"size\": 9, \"blobId\": \"x\","
                " \"lfs\": {\"sha256\": \"" A64 "\", \"size\": 9, \"pointerSize\": 134}},"
                " {\"rfilename\": \"README.md\", \"size\": 20}, {\"rfilename\": \"a.png\","
                " \"lfs\": {\"sha256\": \"" B64 "\", \"size\": 5}}]}"),
        &record);
    assert_span_equal(
        text,
        JK_SPAN("{\"_id\":\"66b2aa1e1c9e4b0f\",\"cardData\":{\"base_model\":[\"team/Solar\"],"
                "\"base_model_relation\":\"adapter\",\"license\":\"other\",\"license_link\":\"LICENSE\","
                "\"license_name\":\"exaone\"},\"createdAt\":\"2024-08-07T01:33:50.000000Z\",\"disabled\":true,"
                "\"gated\":\"manual\",\"id\":\"kim/Solar-ko\",\"lastModified\":\"2024-09-01T01:00:00.000000Z\","
                "\"private\":false,\"sha\":\"" C40 "\",\"siblings\":[{\"rfilename\":\"README.md\",\"size\":20},"
                "{\"lfs\":{\"sha256\":\"" B64 "\",\"size\":5},\"rfilename\":\"a.png\"},{\"lfs\":{\"sha256\":\"" A64
                "\",\"size\":9},\"rfilename\":\"z.gguf\"}],"
                "\"tags\":[\"peft\",\"base_model:team/Solar\",\"license:other\"]}"));
    assert_span_equal(record.id, JK_SPAN("kim/Solar-ko"));
    assert_span_equal(record.identity, JK_SPAN("66b2aa1e1c9e4b0f"));
    assert_span_equal(record.revision, JK_SPAN(C40));
    assert_int_equal(record.gating, JK_GATING_MANUAL);
    assert_true(record.disabled && !record.is_private);
    assert_true(record.created_us == INT64_C(1722994430000000) && record.modified_us == INT64_C(1725152400000000));
    assert_int_equal(record.files, 3);
    assert_int_equal(record.lfs_files, 2);
    struct jk_digest whole = jk_digest_of(text);
    assert_true(jk_digest_equal(&record.record, &whole));
}

static void listing_of_it(void **state)
{
    struct jk_hub_record record;
    (void)state;
    /* By their paths as a listing writes them, "%20" stands before "a!". */
    (void)reduced(JK_SPAN("{\"id\":\"a/b\",\"siblings\":[{\"rfilename\":\"a!.gguf\",\"lfs\":{\"sha256\":\"" A64
                          "\",\"size\":\"12\"}},{\"rfilename\":\"a b\\\\%20.gguf\",\"lfs\":{\"sha256\":\"" B64
                          "\",\"size\":3}},{\"rfilename\":\"config.json\"}]}"),
                  &record);
    struct jk_digest digest = jk_digest_of(JK_SPAN("jokbo/listing/v1\nfile " A64 " 12 a!.gguf\n"
                                                   "file " B64 " 3 a%20b\\%2520.gguf\n"));
    struct jk_digest weights = jk_digest_of(JK_SPAN(A64 "\n" B64 "\n"));
    assert_true(jk_digest_equal(&record.listing, &digest));
    assert_true(jk_digest_equal(&record.weight_files, &weights));
    reduced(JK_SPAN("{\"id\":\"a/b\",\"siblings\":[{\"rfilename\":\"model.safetensors\",\"size\":3}]}"), &record);
    assert_true(jk_digest_is_zero(&record.listing) && jk_digest_is_zero(&record.weight_files));
}

static void oddities(void **state)
{
    static const struct {
        const char *object, *record;
    } rows[] = {
        {"{\"id\":\"a/b\"}", "{\"id\":\"a/b\"}"},
        {"\xEF\xBB\xBF{\"id\":\"a/b\",\"downloads\":NaN}", "{\"id\":\"a/b\"}"},
        {"{\"modelId\":\"a/b\",\"id\":\"\"}", "{\"id\":\"a/b\"}"},
        {"{\"id\":\"a/b\",\"cardData\":null,\"tags\":null,\"siblings\":null,\"sha\":null,\"gated\":null}",
         "{\"id\":\"a/b\"}"},
        {"{\"id\":\"a/b\",\"cardData\":\"x\",\"tags\":{\"a\":1},\"siblings\":\"x\",\"_id\":7,\"private\":\"no\"}",
         "{\"id\":\"a/b\"}"},
        {"{\"id\":\"a/b\",\"cardData\":[],\"tags\":[],\"siblings\":[{}, 3, {\"rfilename\": 4}]}", "{\"id\":\"a/b\"}"},
        {"{\"id\":\"a/b\",\"gated\":false}", "{\"gated\":false,\"id\":\"a/b\"}"},
        {"{\"id\":\"a/b\",\"gated\":true}", "{\"gated\":true,\"id\":\"a/b\"}"},
        {"{\"id\":\"a/b\",\"gated\":\"auto\"}", "{\"gated\":\"auto\",\"id\":\"a/b\"}"},
        {"{\"id\":\"a/b\",\"gated\":\"on request\"}", "{\"gated\":true,\"id\":\"a/b\"}"},
        {"{\"id\":\"a/b\",\"sha\":\"main\",\"_id\":\"a-b\",\"createdAt\":\"yesterday\"}", "{\"id\":\"a/b\"}"},
        /* lists where strings are expected, and the other way round; numbers and null among strings */
        {"{\"id\":\"a/b\",\"cardData\":{\"license\":[\"mit\",null,4,[\"x\"],{\"a\":\"b\"},\"\"],"
         "\"base_model\":\"c/d\",\"base_model_relation\":[\"merge\"],\"license_name\":{\"x\":\"y\"}}}",
         "{\"cardData\":{\"base_model\":\"c/d\",\"base_model_relation\":[\"merge\"],\"license\":[\"mit\"]},"
         "\"id\":\"a/b\"}"},
        /* spellings of keys, and mappings that name a model */
        {"{\"id\":\"a/b\",\"cardData\":{\"License\":\"mit\",\"base models\":[{\"name\":\"x\",\"organization\":\"y\","
         "\"note\":\"private\",\"version\":\"2\"},\"c/d\",{\"note\":\"z\"}],\"license\":\"\",\"email\":\"a@b\"}}",
         "{\"cardData\":{\"License\":\"mit\",\"base models\":[{\"name\":\"x\",\"organization\":\"y\"},\"c/d\"]},"
         "\"id\":\"a/b\"}"},
        {"{\"id\":\"a/b\",\"tags\":[\"\\u001f\\t\\\"\\\\/\\u20ac\\u007f\",1,\"x\",\"x\"]}",
         "{\"id\":\"a/b\",\"tags\":[\"\\u001f\\t\\\"\\\\/\xE2\x82\xAC\x7f\",\"x\",\"x\"]}"},
        /* sizes: as strings, negative, with a fraction, too large */
        {"{\"id\":\"a/b\",\"siblings\":[{\"rfilename\":\"a\",\"size\":\"7\"},{\"rfilename\":\"b\",\"size\":-1},"
         "{\"rfilename\":\"c\",\"size\":1.5},{\"rfilename\":\"d\",\"size\":9007199254740991},"
         "{\"rfilename\":\"e\",\"size\":9007199254740992}]}",
         "{\"id\":\"a/b\",\"siblings\":[{\"rfilename\":\"a\",\"size\":7},{\"rfilename\":\"b\"},{\"rfilename\":\"c\"},"
         "{\"rfilename\":\"d\",\"size\":9007199254740991},{\"rfilename\":\"e\"}]}"},
        /* one file twice: the first; names that a listing cannot have; an LFS file without its digest */
        {"{\"id\":\"a/b\",\"siblings\":[{\"rfilename\":\"a\",\"size\":1},{\"rfilename\":\"a\",\"size\":2},"
         "{\"rfilename\":\"../c\"},{\"rfilename\":\"/d\"},{\"rfilename\":\"e.bin\",\"lfs\":{\"size\":3}},"
         "{\"rfilename\":\"f\",\"lfs\":{\"sha256\":\"" A64 "\"}}]}",
         "{\"id\":\"a/b\",\"left_out\":{\"files\":4,\"lfs\":2,\"weights\":1},"
         "\"siblings\":[{\"rfilename\":\"a\",\"size\":1}]}"},
        {"{\"id\":\"a/b\",\"siblings\":[{\"rfilename\":\"f\",\"size\":\"8\",\"lfs\":{\"sha256\":\"" A64 "\"}}]}",
         "{\"id\":\"a/b\",\"siblings\":[{\"lfs\":{\"sha256\":\"" A64 "\",\"size\":8},\"rfilename\":\"f\"}]}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        becomes(rows[i].object, rows[i].record);
}

static void objects_without_record(void **state)
{
    (void)state;
    not_reduced("", "hub_model");
    not_reduced("[]", "it must be a JSON object");
    not_reduced("{\"id\":\"a/b\"", "line 1");
    not_reduced("{}", "a model's name is needed");
    not_reduced("{\"id\":[\"a/b\"]}", "a model's name is needed");
    not_reduced("{\"id\":\"gpt2\"}", "\"gpt2\": a model's name");
    not_reduced("{\"id\":\"a/b\\n\"}", "a model's name");
    not_reduced("{\"id\":\"a/b\",\"tags\":[\"\xff\"]}", "hub_model");
}

/* ---- what reading refuses ---- */

static void refused(const char *bytes, const char *part_of_message)
{
    struct jk_hub_record record = {.files = 77};
    struct jk_error error;
    jk_error_init(&error, NULL);
    if (jk_hub_record_read(jk_span_of(bytes), &record, &error) != JK_INVALID_ARGUMENT) fail_msg("accepted: %s", bytes);
    assert_string_equal(error.reason, "INVALID_RECORD");
    if (!strstr(error.message, part_of_message)) fail_msg("%s — does not say: %s", error.message, part_of_message);
    assert_int_equal(record.files, 77);
}

static void not_canonical(void **state)
{
    static const struct {
        const char *bytes, *says;
    } rows[] = {
        {"", "at byte 0 (\"\"), must be one JSON object"},
        {"{}", "must have an id here"},
        {"{\"id\":\"a\"}", "form publisher/model"},
        {"{\"id\": \"a/b\"}", "must have a text here"},
        {"{\"id\":\"a\\/b\"}", "must have a text here"},
        {"{\"id\":\"a/b\"}\n", "must end with its object"},
        {"{\"id\":\"a/b\",\"_id\":\"1\"}", "must have its members alone, in the order of their bytes"},
        {"{\"id\":\"a/b\",\"x\":1}", "must have its members alone"},
        {"{\"_id\":\"\",\"id\":\"a/b\"}", "letters and digits"},
        {"{\"gated\":\"x\",\"id\":\"a/b\"}", "must have gated as"},
        {"{\"disabled\":1,\"id\":\"a/b\"}", "true or false"},
        {"{\"createdAt\":\"2024-08-07T01:33:50Z\",\"id\":\"a/b\"}", "must have a time as"},
        {"{\"id\":\"a/b\",\"sha\":\"abc\"}", "must have a commit"},
        {"{\"id\":\"a/b\",\"tags\":[]}", "tags of 1 to 256 bytes"},
        {"{\"id\":\"a/b\",\"tags\":[\"\"]}", "tags of 1 to 256 bytes"},
        {"{\"id\":\"a/b\",\"tags\":[\"\\u0041\"]}", "tags of 1 to 256 bytes"},
        {"{\"id\":\"a/b\",\"tags\":[\"\\u0009\"]}", "tags of 1 to 256 bytes"},
        {"{\"id\":\"a/b\",\"tags\":[\"\\u001F\"]}", "tags of 1 to 256 bytes"},
        {"{\"id\":\"a/b\",\"tags\":[\"\\u0000\"]}", "tags of 1 to 256 bytes"},
        {"{\"id\":\"a/b\",\"tags\":[\"\t\"]}", "tags of 1 to 256 bytes"},
        {"{\"id\":\"a/b\",\"tags\":[\"\xff\"]}", "must be UTF-8"},
        {"{\"cardData\":{},\"id\":\"a/b\"}", "must have a key"},
        {"{\"cardData\":{\"language\":\"ko\"},\"id\":\"a/b\"}", "only what tells of parents and licence"},
        {"{\"cardData\":{\"license\":\"mit\",\"base_model\":\"c/d\"},\"id\":\"a/b\"}", "in the order of their bytes"},
        {"{\"cardData\":{\"license\":{\"name\":\"mit\"}},\"id\":\"a/b\"}", "must have a text in cardData"},
        {"{\"cardData\":{\"base_model\":{\"x\":\"y\"}},\"id\":\"a/b\"}", "only the keys that name a model"},
        {"{\"cardData\":{\"base_model\":[[\"c/d\"]]},\"id\":\"a/b\"}", "must have a text in cardData"},
        {"{\"id\":\"a/b\",\"siblings\":[]}", "must have an object for each file"},
        {"{\"id\":\"a/b\",\"siblings\":[{\"rfilename\":\"b\"},{\"rfilename\":\"a\"}]}", "in the order of their paths"},
        {"{\"id\":\"a/b\",\"siblings\":[{\"rfilename\":\"a\"},{\"rfilename\":\"a\"}]}", "each once"},
        {"{\"id\":\"a/b\",\"siblings\":[{\"rfilename\":\"../a\"}]}", "that a listing can have"},
        {"{\"id\":\"a/b\",\"siblings\":[{\"rfilename\":\"a\",\"size\":01}]}", "must have a size"},
        {"{\"id\":\"a/b\",\"siblings\":[{\"rfilename\":\"a\",\"size\":9007199254740992}]}", "must have a size"},
        {"{\"id\":\"a/b\",\"siblings\":[{\"lfs\":{\"sha256\":\"" A64 "\",\"size\":1},\"rfilename\":\"a\",\"size\":1}]}",
         "must end a file here"},
        {"{\"id\":\"a/b\",\"siblings\":[{\"lfs\":{\"sha256\":\"AA\",\"size\":1},\"rfilename\":\"a\"}]}", "SHA-256"},
        {"{\"id\":\"a/b\",\"left_out\":{\"files\":0}}", "must have left_out with"},
        {"{\"id\":\"a/b\",\"left_out\":{\"files\":1,\"lfs\":2}}", "must have left_out with"},
        {"{\"id\":\"a/b\",\"left_out\":{\"files\":1,\"lfs\":0}}", "must have left_out with"},
        {"{\"id\":\"a/b\",\"left_out\":{\"files\":1,\"weights\":1}}", "must have left_out with"},
        {"{\"id\":\"a/b\",\"left_out\":{\"files\":100001}}", "must have left_out with"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refused(rows[i].bytes, rows[i].says);
}

/* A tag of 18 letters, in which the text stands in the place of one of them. */
static void put_tag(struct jk_text *out, size_t at, const char *text)
{
    jk_text_clear(out);
    jk_text_add_str(out, "{\"id\":\"a/b\",\"tags\":[\"");
    for (size_t i = 0; i < 18; i++)
        jk_text_add_str(out, i == at ? text : "x");
    jk_text_add_str(out, "\"]}");
}

/* Strings are read and written some bytes at once. */
static void each_byte_at_each_place(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    struct jk_hub_record record;
    struct jk_error error;
    char plain[2] = "", escape[7];
    (void)state;
    jk_text_init(&text, 0);
    for (size_t at = 0; at < 18; at++) {
        for (unsigned byte = 1; byte < 0x80; byte++) {
            bool escaped = byte < ' ' || byte == '"' || byte == '\\';
            plain[0] = (char)byte;
            put_tag(&text, at, plain);
            jk_error_init(&error, NULL);
            bool read = jk_hub_record_read(jk_text_span(&text), &record, &error) == JK_OK;
            if (read == escaped) fail_msg("byte %02x at %zu is %s", byte, at, read ? "accepted" : "refused");
            snprintf(escape, sizeof escape, "\\u%04x", byte);
            put_tag(&text, at, escape);
            (void)reduced(jk_text_span(&text), &record);
            if (!escaped) assert_true(memchr(record.tags.at, '\\', record.tags.len) == NULL);
        }
        put_tag(&text, at, "\xea\xb0\x80");
        assert_true(jk_hub_record_read(jk_text_span(&text), &record, &error) == JK_OK);
    }
}

/* ---- limits ---- */

/* So many files, of which every third is a weight file in LFS, then an image in LFS, then a text. */
static void add_siblings(struct jk_text *text, unsigned count)
{
    jk_text_add_str(text, "\"siblings\":[");
    for (unsigned i = 0; i < count; i++) {
        static const char *const endings[] = {"bin", "png", "txt"};
        jk_text_addf(text, "%s{\"rfilename\":\"%06u.%s\"", i > 0 ? "," : "", i, endings[i % 3]);
        if (i % 3 < 2) jk_text_addf(text, ",\"lfs\":{\"sha256\":\"%064x\",\"size\":%u}", i + 1, i);
        jk_text_add_char(text, '}');
    }
    jk_text_add_str(text, "]");
}

static void many_files(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text object;
    struct jk_hub_record record;
    (void)state;
    jk_text_init(&object, 0);
    jk_text_add_str(&object, "{\"id\":\"a/b\",");
    add_siblings(&object, 100000);
    jk_text_add_char(&object, '}');
    struct jk_span bytes = reduced(jk_text_span(&object), &record);
    assert_true(bytes.len <= JK_HUB_RECORD_MAX && bytes.len > 65000);
    assert_int_equal(record.files + record.left_out, 100000);
    assert_int_equal(record.lfs_files, record.files);
    assert_int_equal(record.lfs_files + record.left_out_lfs, 66667);
    assert_int_equal(record.left_out_lfs - record.left_out_weights, 33333);
    assert_true(jk_digest_is_zero(&record.listing) && jk_digest_is_zero(&record.weight_files));
    jk_text_clear(&object);
    jk_text_add_str(&object, "{\"id\":\"a/b\",");
    add_siblings(&object, 100001);
    jk_text_add_char(&object, '}');
    not_reduced(object.bytes, "it lists 100001 files; at most 100,000 are allowed");
}

/* All weight files are kept, and others are not: the set is known, the listing is not. */
static void weights_first(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text object;
    struct jk_hub_record record;
    (void)state;
    jk_text_init(&object, 0);
    jk_text_add_str(&object, "{\"id\":\"a/b\",");
    add_siblings(&object, 900);
    jk_text_add_char(&object, '}');
    (void)reduced(jk_text_span(&object), &record);
    assert_int_equal(record.left_out_weights, 0);
    assert_true(record.left_out_lfs > 0 && record.lfs_files > 300);
    assert_true(jk_digest_is_zero(&record.listing) && !jk_digest_is_zero(&record.weight_files));
    assert_int_equal(record.left_out - record.left_out_lfs, 300);
}

static void large_cards(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text object;
    struct jk_hub_record record;
    (void)state;
    jk_text_init(&object, 0);
    jk_text_add_str(&object, "{\"id\":\"a/b\",\"cardData\":{\"license\":\"mit\",\"base_model\":[");
    for (unsigned i = 0; i < 100; i++)
        jk_text_addf(&object, "%s\"org/model-%0250u\"", i > 0 ? "," : "", i);
    jk_text_addf(&object, "],\"license_name\":\"%01025u\",\"License\":\"%01024u\"},\"tags\":[\"%0257u\"", 1, 2, 3);
    for (unsigned i = 0; i < 500; i++)
        jk_text_addf(&object, ",\"%0100u\"", i);
    jk_text_add_str(&object, ",\"license:mit\",\"base_model:c/d\"]}");
    struct jk_span bytes = reduced(jk_text_span(&object), &record);
    assert_true(record.tags.len <= 16385 && record.tags.len > 16200);
    assert_true(record.card.len <= 16384);
    assert_true(jk_span_ends(record.tags, JK_SPAN(",\"license:mit\",\"base_model:c/d\"]")));
    /* 64 parents would take more than there is room for, so that they are left out, and the licence is not. */
    assert_true(jk_span_ends(record.card, JK_SPAN("\",\"license\":\"mit\"}")));
    assert_null(memmem(bytes.at, bytes.len, "base_model\":[", 13));
    assert_null(memmem(bytes.at, bytes.len, "license_name", 12));
}

static void licence_alone(void **state)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    struct jk_hub_record record;
    struct jk_hub *hub = calloc(1, sizeof *hub);
    struct jk_arena arena;
    struct jk_error error;
    (void)state;
    jk_text_init(&text, 0);
    jk_arena_init(&arena, 1u << 20);
    jk_error_init(&error, &arena);
    (void)reduced(JK_SPAN("{\"id\":\"a/b\",\"cardData\":{\"base_model\":\"c/d\",\"Licence\":\"other\","
                          "\"license_link\":\"x\",\"license_name\":\"exaone\"},"
                          "\"tags\":[\"x\",\"license:other\",\"license:mit\"]}"),
                  &record);
    jk_hub_record_license(&record, &text);
    assert_span_equal(jk_text_span(&text), JK_SPAN("{\"cardData\":{\"Licence\":\"other\",\"license_name\":\"exaone\"},"
                                                   "\"tags\":[\"license:other\"]}"));
    assert_int_equal(jk_hub_parse(jk_text_span(&text), &arena, hub, &error), JK_OK);
    assert_span_equal(hub->card.licenses.items[0], JK_SPAN("other"));
    assert_span_equal(hub->card.license_name, JK_SPAN("exaone"));
    assert_span_equal(hub->card.tag_license, JK_SPAN("other"));
    jk_text_clear(&text);
    (void)reduced(JK_SPAN("{\"id\":\"a/b\"}"), &record);
    jk_hub_record_license(&record, &text);
    assert_span_equal(jk_text_span(&text), JK_SPAN("{\"cardData\":{},\"tags\":[]}"));
    jk_arena_done(&arena);
    free(hub);
}

static int clean_up(void **state)
{
    (void)state;
    jk_text_done(&reduced_text);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_object),
        cmocka_unit_test(listing_of_it),
        cmocka_unit_test(oddities),
        cmocka_unit_test(not_canonical),
        cmocka_unit_test(each_byte_at_each_place),
        cmocka_unit_test(many_files),
        cmocka_unit_test(objects_without_record),
        cmocka_unit_test(weights_first),
        cmocka_unit_test(large_cards),
        cmocka_unit_test(licence_alone),
        cmocka_unit_test(of_a_list),
        cmocka_unit_test(names_of_no_record),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, clean_up);
}
