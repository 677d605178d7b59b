/* A log in a folder, checked whole: a right one is found right and folds to the ledger's book, at sizes on both sides
 * of every tile's edge; and everything that can be wrong in it is noticed and named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/audit.h"
#include "audit/copy.h"
#include "support/history.h"
#include "support/public_log.h"

#define ORIGIN "log.example/test"
#define STEPS  900

struct fixture {
    struct jk_ledger ledger;
    struct jk_public_log log;
    struct jk_arena arena;
    struct jk_error error;
    char folder[64];
};

static struct fixture fixture;

/* A folder of its own for each test: the first `size` entries of one random history. */
static void publish(uint32_t size)
{
    assert_true(size <= fixture.ledger.count);
    strcpy(fixture.folder, "/tmp/jokbo-audit-XXXXXX");
    assert_non_null(mkdtemp(fixture.folder));
    jk_public_log_init(&fixture.log, fixture.folder, ORIGIN);
    for (uint32_t i = 0; i < size; i++)
        jk_public_log_add(&fixture.log, fixture.ledger.entries[i]);
    jk_public_log_publish(&fixture.log);
}

static void discard(void)
{
    char command[128];
    jk_public_log_done(&fixture.log);
    snprintf(command, sizeof command, "rm -rf '%s'", fixture.folder);
    assert_int_equal(system(command), 0);
}

static int setup(void **state)
{
    uint32_t kinds[JK_KIND_COUNT] = {0};
    (void)state;
    jk_ledger_init(&fixture.ledger);
    jk_history_make(&fixture.ledger, 11, STEPS, kinds);
    assert_true(fixture.ledger.count > 600);
    jk_arena_init(&fixture.arena, 1u << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    jk_ledger_done(&fixture.ledger);
    jk_arena_done(&fixture.arena);
    return 0;
}

static struct jk_audit_keys keys_of(const struct jk_signer *signer)
{
    struct jk_audit_keys keys = {.keys = {*jk_signer_verifier(signer)}, .count = 1};
    return keys;
}

/* The audit as a caller makes it, from the files alone; *out_audit NULL on a failure, which is in fixture.error. */
static enum jk_status audit(unsigned jobs, bool fold, struct jk_audit **out_audit)
{
    struct jk_audit_keys keys = keys_of(fixture.log.signer);
    struct jk_audit_options options = {.jobs = jobs, .fold = fold};
    struct jk_audit_signed head;
    struct jk_text note;
    bool found;
    *out_audit = NULL;
    jk_arena_reset(&fixture.arena);
    jk_error_init(&fixture.error, &fixture.arena);
    jk_text_init(&note, 0);
    assert_int_equal(jk_copy_open(fixture.folder, &options.folder, &fixture.error), JK_OK);
    assert_int_equal(jk_copy_read(options.folder, "checkpoint", JK_NOTE_MAX, &note, &found, &fixture.error), JK_OK);
    enum jk_status status = jk_audit_open_note(jk_text_span(&note), &keys, &head, &fixture.error);
    if (status == JK_OK) status = jk_audit_run(&options, &head, out_audit, &fixture.error);
    jk_text_done(&note);
    return status;
}

static const char *fact(const char *key)
{
    for (size_t i = 0; i < fixture.error.fact_count; i++)
        if (strcmp(fixture.error.facts[i].key, key) == 0) return fixture.error.facts[i].value;
    return "";
}

/* The audit fails with this reason, at this file and entry (NULL: not told). */
static void found(const char *reason, const char *file, const char *index)
{
    struct jk_audit *none;
    for (unsigned jobs = 1; jobs <= 3; jobs += 2) {
        assert_int_equal(audit(jobs, true, &none), JK_DATA_LOSS);
        assert_null(none);
        assert_string_equal(fixture.error.reason, reason);
        if (file) assert_string_equal(fact("file"), file);
        if (index) assert_string_equal(fact("index"), index);
        if (file) assert_non_null(strstr(fixture.error.message, file));
    }
}

/* ---- a log that is right ---- */

static void test_sizes(void **state)
{
    static const uint32_t sizes[] = {1, 2, 255, 256, 257, 511, 512, 600};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct jk_audit *right;
        publish(sizes[i]);
        for (unsigned jobs = 1; jobs <= 3; jobs++) {
            assert_int_equal(audit(jobs, jobs != 2, &right), JK_OK);
            assert_int_equal(jk_audit_size(right), sizes[i]);
            const struct jk_book *book = jk_audit_book(right);
            assert_true((book == NULL) == (jobs == 2));
            if (book) assert_int_equal(jk_book_size(book), sizes[i]);
            if (book) assert_int_equal(jk_book_models(book, sizes[i]), jk_book_models(fixture.ledger.book, sizes[i]));
            jk_audit_free(right);
        }
        discard();
    }
}

static void test_empty_log(void **state)
{
    struct jk_audit *right;
    (void)state;
    publish(0);
    assert_int_equal(audit(2, true, &right), JK_OK);
    assert_int_equal(jk_audit_size(right), 0);
    jk_audit_free(right);
    discard();
}

/* Leaves made up, no fold: far enough for a tile at level 2. */
static void test_three_levels(void **state)
{
    struct jk_audit *right;
    struct jk_digest root, expected;
    (void)state;
    publish(0);
    for (uint32_t i = 0; i < 65536 + 300; i++)
        jk_public_log_add(&fixture.log, (struct jk_span){(const char *)&i, sizeof i});
    jk_public_log_publish(&fixture.log);
    assert_int_equal(audit(3, false, &right), JK_OK);
    static const uint64_t sizes[] = {0, 1, 2, 3, 255, 256, 257, 1000, 65535, 65536, 65537, 65791, 65792, 65836};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_true(jk_merkle_root_at(jk_forest_read, fixture.log.forest, sizes[i], &expected));
        assert_int_equal(jk_audit_root(right, sizes[i], &root, &fixture.error), JK_OK);
        assert_memory_equal(root.bytes, expected.bytes, JK_DIGEST_SIZE);
    }
    jk_audit_free(right);
    jk_public_log_flip(&fixture.log, "tile/2/000.p/1", 5);
    assert_int_equal(audit(3, false, &right), JK_DATA_LOSS);
    assert_string_equal(fixture.error.reason, "AUDIT_TILE");
    assert_string_equal(fact("file"), "tile/2/000.p/1");
    discard();
}

/* A partial tile may have gone where the full one has come. */
static void test_full_for_partial(void **state)
{
    struct jk_audit *right;
    struct jk_text note;
    char path[160];
    (void)state;
    publish(300);
    jk_text_init(&note, 0);
    jk_public_log_read(&fixture.log, "checkpoint", &note);
    for (uint32_t i = 300; i < 600; i++)
        jk_public_log_add(&fixture.log, fixture.ledger.entries[i]);
    jk_public_log_publish(&fixture.log);
    jk_public_log_write(&fixture.log, "checkpoint", jk_text_span(&note));
    snprintf(path, sizeof path, "%s/tile/entries/001.p/44", fixture.folder);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof path, "%s/tile/0/001.p/44", fixture.folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(audit(2, true, &right), JK_OK);
    assert_int_equal(jk_audit_size(right), 300);
    jk_audit_free(right);
    jk_text_done(&note);
    discard();
}

/* ---- what can be wrong ---- */

static void test_flipped_bits(void **state)
{
    (void)state;
    publish(600);
    jk_public_log_flip(&fixture.log, "tile/0/001", 3 * JK_DIGEST_SIZE);
    found("AUDIT_LEAF", "tile/entries/001", "259");
    assert_string_equal(fact("other_file"), "tile/0/001");
    jk_public_log_flip(&fixture.log, "tile/0/001", 3 * JK_DIGEST_SIZE);
    jk_public_log_flip(&fixture.log, "tile/entries/000", 10);
    found("AUDIT_LEAF", "tile/entries/000", "0");
    jk_public_log_flip(&fixture.log, "tile/entries/000", 10);
    jk_public_log_flip(&fixture.log, "tile/entries/002.p/88", 40);
    found("AUDIT_LEAF", "tile/entries/002.p/88", "512");
    jk_public_log_flip(&fixture.log, "tile/entries/002.p/88", 40);
    jk_public_log_flip(&fixture.log, "tile/1/000.p/2", JK_DIGEST_SIZE);
    found("AUDIT_TILE", "tile/1/000.p/2", "256");
    discard();
}

static void test_first_of_several(void **state)
{
    (void)state;
    publish(600);
    jk_public_log_flip(&fixture.log, "tile/entries/002.p/88", 40);
    jk_public_log_flip(&fixture.log, "tile/entries/001", 40);
    jk_public_log_flip(&fixture.log, "tile/1/000.p/2", 40);
    found("AUDIT_LEAF", "tile/entries/001", "256");
    discard();
}

/* An entry and its hash changed together: the root tells. */
static void test_changed_entry(void **state)
{
    struct jk_text bundle;
    struct jk_span rest, entry;
    (void)state;
    publish(200);
    jk_text_init(&bundle, 0);
    jk_public_log_read(&fixture.log, "tile/entries/000.p/200", &bundle);
    rest = jk_text_span(&bundle);
    for (int i = 0; i < 200; i++)
        assert_true(jk_tile_entry_next(&rest, &entry));
    ((char *)(uintptr_t)entry.at)[entry.len - 2] ^= 1;
    struct jk_digest leaf = jk_merkle_leaf(entry);
    jk_public_log_write(&fixture.log, "tile/entries/000.p/200", jk_text_span(&bundle));
    jk_public_log_read(&fixture.log, "tile/0/000.p/200", &bundle);
    memcpy(bundle.bytes + (size_t)199 * JK_DIGEST_SIZE, leaf.bytes, JK_DIGEST_SIZE);
    jk_public_log_write(&fixture.log, "tile/0/000.p/200", jk_text_span(&bundle));
    struct jk_audit *none;
    assert_int_equal(audit(2, false, &none), JK_DATA_LOSS);
    assert_string_equal(fixture.error.reason, "AUDIT_ROOT");
    jk_text_done(&bundle);
    discard();
}

static void test_missing(void **state)
{
    char path[160];
    (void)state;
    static const struct {
        const char *file, *index;
    } cases[] = {{"tile/entries/001", "256"},
                 {"tile/0/000", "0"},
                 {"tile/0/002.p/88", "512"},
                 {"tile/entries/002.p/88", "512"},
                 {"tile/1/000.p/2", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        publish(600);
        snprintf(path, sizeof path, "%s/%s", fixture.folder, cases[i].file);
        assert_int_equal(unlink(path), 0);
        found("AUDIT_MISSING", cases[i].file, cases[i].index);
        discard();
    }
}

static void test_malformed(void **state)
{
    struct jk_text bundle;
    struct jk_span rest, entry;
    (void)state;
    publish(600);
    jk_text_init(&bundle, 0);
    jk_public_log_read(&fixture.log, "tile/entries/001", &bundle);
    struct jk_span whole = jk_text_span(&bundle);
    /* cut short within its last entry */
    jk_public_log_write(&fixture.log, "tile/entries/001", (struct jk_span){whole.at, whole.len - 1});
    found("AUDIT_MALFORMED", "tile/entries/001", "511");
    /* one entry less, and one more */
    rest = whole;
    assert_true(jk_tile_entry_next(&rest, &entry));
    jk_public_log_write(&fixture.log, "tile/entries/001", rest);
    found("AUDIT_MALFORMED", "tile/entries/001", "511");
    assert_true(jk_tile_entry_add(&bundle, JK_SPAN("one more\n")));
    jk_public_log_write(&fixture.log, "tile/entries/001", jk_text_span(&bundle));
    found("AUDIT_MALFORMED", "tile/entries/001", NULL);
    jk_public_log_write(&fixture.log, "tile/entries/001", JK_SPAN(""));
    found("AUDIT_MALFORMED", "tile/entries/001", "256");
    jk_public_log_read(&fixture.log, "tile/0/000", &bundle);
    jk_public_log_write(&fixture.log, "tile/0/000", (struct jk_span){bundle.bytes, bundle.len - JK_DIGEST_SIZE});
    found("AUDIT_MALFORMED", "tile/0/000", NULL);
    jk_text_done(&bundle);
    discard();
}

static void test_checkpoint(void **state)
{
    struct jk_digest root;
    struct jk_audit *none;
    (void)state;
    publish(600);
    /* larger than the tiles */
    assert_true(jk_merkle_root_at(jk_forest_read, fixture.log.forest, 600, &root));
    jk_public_log_sign(&fixture.log, 601, &root);
    jk_public_log_put_note(&fixture.log);
    found("AUDIT_MISSING", "tile/entries/002.p/89", "512");
    /* another root */
    root.bytes[0] ^= 1;
    jk_public_log_sign(&fixture.log, 600, &root);
    jk_public_log_put_note(&fixture.log);
    found("AUDIT_ROOT", NULL, NULL);
    /* a bit in the body, and in the signature */
    jk_public_log_publish(&fixture.log);
    jk_public_log_flip(&fixture.log, "checkpoint", sizeof ORIGIN);
    found("AUDIT_SIGNATURE", NULL, NULL);
    jk_public_log_publish(&fixture.log);
    jk_public_log_flip(&fixture.log, "checkpoint", fixture.log.note.len - 10);
    found("AUDIT_SIGNATURE", NULL, NULL);
    /* no note at all */
    jk_public_log_write(&fixture.log, "checkpoint", JK_SPAN("hello\n"));
    assert_int_equal(audit(1, true, &none), JK_DATA_LOSS);
    discard();
}

static void test_wrong_key(void **state)
{
    struct jk_audit_keys keys;
    struct jk_audit_signed head;
    struct jk_text text;
    unsigned char seed[32] = {1};
    (void)state;
    publish(5);
    struct jk_signer *other = jk_signer_new(JK_SPAN(ORIGIN), seed), *named = jk_signer_new(JK_SPAN("other"), seed);
    jk_error_init(&fixture.error, &fixture.arena);
    keys = keys_of(other);
    assert_int_equal(jk_audit_open_note(jk_text_span(&fixture.log.note), &keys, &head, &fixture.error), JK_DATA_LOSS);
    assert_string_equal(fixture.error.reason, "AUDIT_SIGNATURE");
    /* any of several */
    keys.keys[keys.count++] = *jk_signer_verifier(named);
    keys.keys[keys.count++] = *jk_signer_verifier(fixture.log.signer);
    jk_error_init(&fixture.error, &fixture.arena);
    assert_int_equal(jk_audit_open_note(jk_text_span(&fixture.log.note), &keys, &head, &fixture.error), JK_OK);
    assert_int_equal(head.checkpoint.size, 5);
    /* as text, and what is none */
    jk_text_init(&text, 0);
    for (size_t i = 0; i < keys.count; i++) {
        jk_verifier_write(&keys.keys[i], &text);
        jk_text_add_char(&text, '\n');
    }
    assert_true(jk_audit_keys_parse(jk_text_span(&text), &keys));
    assert_int_equal(keys.count, 3);
    assert_false(jk_audit_keys_parse(JK_SPAN(""), &keys));
    jk_text_add_str(&text, "nonsense\n");
    assert_false(jk_audit_keys_parse(jk_text_span(&text), &keys));
    jk_text_done(&text);
    jk_signer_free(other);
    jk_signer_free(named);
    discard();
}

/* Well hashed and well signed, yet no log of this registry: an entry twice, and another log's entries. */
static void test_entries(void **state)
{
    struct jk_audit *none;
    (void)state;
    publish(300);
    jk_public_log_add(&fixture.log, fixture.ledger.entries[2]);
    jk_public_log_publish(&fixture.log);
    found("AUDIT_ENTRY", "tile/entries/001.p/45", "300");
    discard();
    publish(0);
    jk_public_log_add(&fixture.log, JK_SPAN("not an entry\n"));
    jk_public_log_publish(&fixture.log);
    found("AUDIT_ENTRY", "tile/entries/000.p/1", "0");
    discard();
    strcpy(fixture.folder, "/tmp/jokbo-audit-XXXXXX");
    assert_non_null(mkdtemp(fixture.folder));
    jk_public_log_init(&fixture.log, fixture.folder, "log.example/other");
    jk_public_log_add(&fixture.log, fixture.ledger.entries[0]);
    jk_public_log_publish(&fixture.log);
    found("AUDIT_IDENTITY", NULL, "0");
    assert_int_equal(audit(1, false, &none), JK_OK);
    jk_audit_free(none);
    discard();
}

/* ---- what was seen before ---- */

static void held(uint64_t size, bool changed, enum jk_status expected)
{
    struct jk_audit_keys keys = keys_of(fixture.log.signer);
    struct jk_audit_signed head, earlier;
    struct jk_text now;
    struct jk_audit *right;
    struct jk_digest root;
    assert_int_equal(audit(2, false, &right), JK_OK);
    jk_text_init(&now, 0);
    jk_public_log_read(&fixture.log, "checkpoint", &now);
    assert_true(jk_merkle_root_at(jk_forest_read, fixture.log.forest, size < 600 ? size : 600, &root));
    if (changed) root.bytes[3] ^= 4;
    jk_public_log_sign(&fixture.log, size, &root);
    assert_int_equal(jk_audit_open_note(jk_text_span(&now), &keys, &head, &fixture.error), JK_OK);
    assert_int_equal(jk_audit_open_note(jk_text_span(&fixture.log.note), &keys, &earlier, &fixture.error), JK_OK);
    assert_int_equal(jk_audit_follows(right, &earlier, &head, &fixture.error), expected);
    if (expected != JK_OK) {
        assert_string_equal(fixture.error.reason, "LOG_FORKED");
        assert_int_equal(strtoull(fact("earlier_size"), NULL, 10), size);
    }
    jk_audit_free(right);
    jk_text_done(&now);
}

static void test_earlier(void **state)
{
    (void)state;
    publish(600);
    static const uint64_t sizes[] = {1, 100, 255, 256, 257, 512, 599, 600};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        held(sizes[i], false, JK_OK);
        held(sizes[i], true, JK_DATA_LOSS);
    }
    held(0, false, JK_OK);
    held(601, false, JK_DATA_LOSS);
    discard();
}

static void test_cosigners(void **state)
{
    struct jk_audit_keys keys;
    struct jk_audit_signed head;
    struct jk_span rest, name;
    (void)state;
    publish(3);
    keys = keys_of(fixture.log.signer);
    jk_text_add_str(&fixture.log.note, "\u2014 witness.example/one AAAAAAAA\n\u2014 two BBBBBBBB\n");
    assert_int_equal(jk_audit_open_note(jk_text_span(&fixture.log.note), &keys, &head, &fixture.error), JK_OK);
    jk_audit_cosigners(&head, &rest);
    assert_true(jk_audit_next_cosigner(&head, &rest, &name));
    assert_true(jk_span_equal(name, JK_SPAN("witness.example/one")));
    assert_true(jk_audit_next_cosigner(&head, &rest, &name));
    assert_true(jk_span_equal(name, JK_SPAN("two")));
    assert_false(jk_audit_next_cosigner(&head, &rest, &name));
    discard();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),         cmocka_unit_test(test_empty_log),
        cmocka_unit_test(test_three_levels),  cmocka_unit_test(test_full_for_partial),
        cmocka_unit_test(test_flipped_bits),  cmocka_unit_test(test_first_of_several),
        cmocka_unit_test(test_changed_entry), cmocka_unit_test(test_missing),
        cmocka_unit_test(test_malformed),     cmocka_unit_test(test_checkpoint),
        cmocka_unit_test(test_wrong_key),     cmocka_unit_test(test_entries),
        cmocka_unit_test(test_earlier),       cmocka_unit_test(test_cosigners),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
