/* registry/formats/vectors.txt, which strangers begin with: each text by the readers and digests that the registry
 * itself uses, and the text in hexadecimal against the text in lines. */
#include "support/golden.h"

#include "base/text.h"
#include "census/record.h"
#include "domain/entry.h"
#include "domain/lineage.h"
#include "domain/listing.h"
#include "domain/manifest.h"
#include "domain/policy.h"
#include "tlog/forest.h"
#include "tlog/note.h"

struct block {
    struct jk_span word;
    struct jk_text text, hex;
    struct jk_span results; /* lines */
};

struct replay {
    struct jk_forest *forest; /* over the entries so far */
    unsigned met;             /* kinds of blocks, as bits */
};

/* ---- reading ---- */

static void add_line(struct block *block, struct jk_span line)
{
    size_t skipped = line.len > 1 ? 2 : 1;
    jk_text_add(&block->text, (struct jk_span){line.at + skipped, line.len - skipped});
    jk_text_add_char(&block->text, '\n');
}

static void take_hex(struct block *block)
{
    struct jk_span line, word;
    uint64_t len = 0;
    assert_true(jk_span_line(&block->results, &line) && jk_span_cut(&line, ' ', &word));
    assert_span_equal(word, JK_SPAN("bytes"));
    assert_true(jk_span_to_u64(line, &len) && len == block->text.len);
    for (size_t i = 0; i < block->text.len; i++)
        jk_text_addf(&block->hex, "%02x", (unsigned char)block->text.bytes[i]);
    assert_true(jk_span_line(&block->results, &line) && jk_span_cut(&line, ' ', &word));
    assert_span_equal(word, JK_SPAN("hex"));
    assert_span_equal(line, jk_text_span(&block->hex));
}

/* A block ends with an empty line or the file; false at the end. */
static bool next_block(struct jk_span *rest, struct block *block)
{
    struct jk_span line = {0};
    jk_text_clear(&block->text);
    jk_text_clear(&block->hex);
    while (jk_span_line(rest, &line) && (line.len == 0 || line.at[0] == '#'))
        ;
    if (line.len == 0) return false;
    block->word = line;
    block->results = (struct jk_span){rest->at, 0};
    while (jk_span_line(rest, &line) && line.len > 0) {
        if (line.at[0] != '|') continue;
        add_line(block, line);
        block->results.at = rest->at;
    }
    block->results.len = (size_t)(rest->at - block->results.at);
    if (block->text.len > 0) take_hex(block);
    return true;
}

/* ---- what comes of a text ---- */

static void result_is(struct block *block, const char *word, const struct jk_digest *digest)
{
    struct jk_span line, found;
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(digest, hex);
    assert_true(jk_span_line(&block->results, &line) && jk_span_cut(&line, ' ', &found));
    assert_span_equal(found, jk_span_of(word));
    assert_span_equal(line, jk_span_of(hex));
}

static void replay_manifest(struct replay *replay, struct block *block)
{
    struct jk_manifest_summary summary;
    struct jk_error error;
    (void)replay;
    jk_error_init(&error, NULL);
    if (jk_manifest_check(jk_text_span(&block->text), &summary, &error) != JK_OK) fail_msg("%s", error.message);
    result_is(block, "artifact", &summary.artifact);
    result_is(block, "weights", &summary.weights);
    result_is(block, "weight-files", &summary.weight_files);
}

static void replay_listing(struct replay *replay, struct block *block)
{
    struct jk_listing_summary summary;
    struct jk_error error;
    (void)replay;
    jk_error_init(&error, NULL);
    if (jk_listing_check(jk_text_span(&block->text), &summary, &error) != JK_OK) fail_msg("%s", error.message);
    result_is(block, "listing", &summary.listing);
    result_is(block, "weight-files", &summary.weight_files);
}

static void replay_record(struct replay *replay, struct block *block)
{
    struct jk_hub_record record;
    struct jk_error error;
    (void)replay;
    jk_error_init(&error, NULL);
    struct jk_span bytes = {block->text.bytes, block->text.len - 1};
    if (jk_hub_record_read(bytes, &record, &error) != JK_OK) fail_msg("%s", error.message);
    result_is(block, "record", &record.record);
    result_is(block, "listing", &record.listing);
    result_is(block, "weight-files", &record.weight_files);
}

static void replay_statement(struct replay *replay, struct block *block)
{
    struct jk_digest hash = jk_statement_hash(jk_text_span(&block->text));
    struct jk_statement statement;
    struct jk_error error;
    (void)replay;
    jk_error_init(&error, NULL);
    if (jk_statement_parse(jk_text_span(&block->text), &statement, &error) != JK_OK) fail_msg("%s", error.message);
    result_is(block, "lineage-hash", &hash);
}

static void replay_external(struct replay *replay, struct block *block)
{
    struct jk_span rest = jk_text_span(&block->text), line, word;
    (void)replay;
    assert_true(jk_span_line(&rest, &line) && jk_span_line(&rest, &line) && jk_span_cut(&line, ' ', &word));
    struct jk_digest hash = jk_external_hash(line, (struct jk_span){0});
    result_is(block, "lineage-hash", &hash);
}

static void replay_policy(struct replay *replay, struct block *block)
{
    struct jk_policy policy;
    struct jk_error error;
    (void)replay;
    jk_error_init(&error, NULL);
    if (jk_policy_parse(jk_text_span(&block->text), &policy, &error) != JK_OK) fail_msg("%s", error.message);
    struct jk_digest digest = jk_policy_digest(&policy);
    result_is(block, "sha256", &digest);
}

static void replay_entry(struct replay *replay, struct block *block)
{
    struct jk_digest leaf = jk_merkle_leaf(jk_text_span(&block->text));
    struct jk_entry entry;
    struct jk_error error;
    jk_error_init(&error, NULL);
    if (jk_entry_parse(jk_text_span(&block->text), &entry, &error) != JK_OK) fail_msg("%s", error.message);
    result_is(block, "leaf-hash", &leaf);
    assert_true(jk_forest_reserve(replay->forest, 1));
    jk_forest_append(replay->forest, &leaf);
}

static void replay_tree(struct replay *replay, struct block *block)
{
    uint64_t size = jk_forest_size(replay->forest);
    assert_true(size >= 3);
    for (uint64_t n = 0; n <= size; n++) {
        struct jk_digest root = jk_merkle_empty();
        char word[32];
        if (n > 0) assert_true(jk_merkle_root_at(jk_forest_read, replay->forest, n, &root));
        snprintf(word, sizeof word, "root %u", (unsigned)n);
        struct jk_span line;
        char hex[JK_DIGEST_HEX + 1];
        jk_digest_hex(&root, hex);
        assert_true(jk_span_line(&block->results, &line));
        assert_true(jk_span_starts(line, jk_span_of(word)));
        assert_true(jk_span_ends(line, jk_span_of(hex)));
    }
}

static void replay_checkpoint(struct replay *replay, struct block *block)
{
    struct jk_span line, word, body;
    struct jk_checkpoint checkpoint;
    struct jk_verifier verifier;
    struct jk_digest root;
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_true(jk_span_line(&block->results, &line) && jk_span_cut(&line, ' ', &word));
    assert_true(jk_verifier_parse(line, &verifier));
    if (jk_note_verify(jk_text_span(&block->text), &verifier, &body, &error) != JK_OK) fail_msg("%s", error.message);
    assert_int_equal(jk_checkpoint_parse(body, &checkpoint, &error), JK_OK);
    assert_int_equal(checkpoint.size, jk_forest_size(replay->forest));
    assert_true(jk_merkle_root_at(jk_forest_read, replay->forest, checkpoint.size, &root));
    assert_true(jk_digest_equal(&root, &checkpoint.root));
}

static void every_vector(void **state)
{
    static const struct {
        const char *word;
        void (*replay)(struct replay *replay, struct block *block);
    } words[] = {{"manifest", replay_manifest},   {"listing", replay_listing},   {"record", replay_record},
                 {"statement", replay_statement}, {"external", replay_external}, {"policy", replay_policy},
                 {"entry", replay_entry},         {"tree", replay_tree},         {"checkpoint", replay_checkpoint}};
    static char file[1 << 16];
    struct jk_span rest = golden_read("../../registry/formats/vectors.txt", file, sizeof file), line;
    struct replay replay = {.forest = jk_forest_new()};
    struct block block = {0};
    (void)state;
    assert_non_null(replay.forest);
    while (next_block(&rest, &block)) {
        bool known = false;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            if (!jk_span_equal(block.word, jk_span_of(words[i].word))) continue;
            words[i].replay(&replay, &block);
            replay.met |= 1u << i;
            known = true;
        }
        if (!known) fail_msg("no such block: %.*s", JK_SPAN_ARG(block.word));
        assert_true(!jk_span_line(&block.results, &line) || line.len == 0);
    }
    assert_int_equal(replay.met, (1u << sizeof words / sizeof *words) - 1);
    jk_text_done(&block.text);
    jk_text_done(&block.hex);
    jk_forest_free(replay.forest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_vector)};
    jk_digest_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
