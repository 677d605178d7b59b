/* The checks of `jokbo verify` that need no server: receipts with their entries, keys, files beside a card, and files
 * against a manifest. Each kind of damage must fail, and in the check that it belongs to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/console/local.h"
#include "cli/console/place.h"
#include "tlog/forest.h"
#include "verify/artifact.h"
#include "verify/evidence.h"
#include "verify/receipts.h"

#define ORIGIN "example.com/log"
#define INDEX  5
#define SIZE   9

static const char statement[] =
    "jokbo/lineage/v1\nmodel hanbit/a\nrelease 1\nrelation finetune\nlicense Apache-2.0\n"
    "license-text none\nartifact none\nweights none\n"
    "parent 1111111111111111111111111111111111111111111111111111111111111111 skt/b@initial\n";
static const char head[] = "jokbo/entry/v1\nkind register\ntime 2026-11-22T00:00:00.000000Z\nactor publisher hanbit\n";
static const char yank[] = "jokbo/entry/v1\nkind yank\ntime 2026-11-22T00:00:00.000000Z\nactor publisher hanbit\n"
                           "release 2222222222222222222222222222222222222222222222222222222222222222\ntext none\n";

static struct jk_arena arena;
static struct jk_error error;
static struct jk_signer *signer, *other;
static struct jk_keys keys;
static char folder[] = "/tmp/jokbo-evidence-XXXXXX";

static int open_all(void **unused)
{
    static const unsigned char seed[32] = {7}, other_seed[32] = {8};
    (void)unused;
    signer = jk_signer_new(JK_SPAN(ORIGIN), seed);
    other = jk_signer_new(JK_SPAN(ORIGIN), other_seed);
    keys =
        (struct jk_keys){.items = {*jk_signer_verifier(signer)}, .count = 1, .from = JK_KEYS_GIVEN, .where = "--key"};
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *where)
{
    (void)facts;
    (void)type;
    (void)where;
    return remove(path);
}

static int close_all(void **unused)
{
    (void)unused;
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    jk_signer_free(signer);
    jk_signer_free(other);
    return 0;
}

static int setup(void **unused)
{
    (void)unused;
    jk_arena_init(&arena, 32u << 20);
    jk_error_init(&error, &arena);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    jk_arena_done(&arena);
    return 0;
}

static struct jk_span kept(struct jk_text *text)
{
    struct jk_span copy = {jk_arena_copy(&arena, text->bytes, text->len), text->len};
    assert_false(text->failed);
    jk_text_done(text);
    return copy;
}

/* The receipt of an entry that stands among others, signed by whom. `more` are signature lines after the log's. */
static struct jk_span receipt_of(struct jk_span entry, struct jk_signer *whose, const char *more)
{
    struct jk_forest *forest = jk_forest_new();
    struct jk_checkpoint checkpoint = {.origin = jk_span_of(jk_signer_verifier(whose)->name), .size = SIZE};
    struct jk_text body = {0}, note = {0}, receipt = {0};
    struct jk_proof proof;
    assert_true(forest && jk_forest_reserve(forest, SIZE));
    for (unsigned i = 0; i < SIZE; i++) {
        struct jk_digest leaf = jk_merkle_leaf(i == INDEX ? entry : (struct jk_span){(const char *)&i, sizeof i});
        jk_forest_append(forest, &leaf);
    }
    assert_true(jk_merkle_root_at(jk_forest_read, forest, SIZE, &checkpoint.root));
    jk_checkpoint_write(&checkpoint, &body);
    assert_int_equal(jk_note_sign(whose, jk_text_span(&body), &note, &error), JK_OK);
    jk_text_add_str(&note, more);
    assert_true(jk_merkle_inclusion(jk_forest_read, forest, INDEX, SIZE, &proof));
    jk_receipt_write(INDEX, &proof, jk_text_span(&note), &receipt);
    jk_forest_free(forest);
    jk_text_done(&body);
    jk_text_done(&note);
    return kept(&receipt);
}

static struct jk_span registration(void)
{
    const char *text = jk_arena_printf(&arena, "%s%s", head, statement);
    return jk_span_of(text);
}

static struct jk_results checked(struct jk_span receipt, struct jk_span entry, const struct jk_digest *expected,
                                 struct jk_evidence *out)
{
    struct jk_evidence evidence = {.receipt_text = receipt, .entry_text = entry, .expected = expected};
    struct jk_results results;
    jk_results_init(&results, &arena);
    jk_evidence_read(&evidence, &results);
    jk_evidence_check(&evidence, &keys, &results);
    if (out) *out = evidence;
    return results;
}

/* The state of a check; NOTE where it was not made. */
static enum jk_result_state state_of(const struct jk_results *results, const char *check)
{
    enum jk_result_state worst = JK_RESULT_NOTE;
    for (size_t i = 0; i < results->count; i++)
        if (strcmp(results->items[i].check, check) == 0 && worst != JK_RESULT_FAILS) worst = results->items[i].state;
    return worst;
}

static bool says(const struct jk_results *results, const char *check, const char *text)
{
    for (size_t i = 0; i < results->count; i++)
        if (strcmp(results->items[i].check, check) == 0 && strstr(results->items[i].text, text)) return true;
    return false;
}

static void a_good_receipt_holds(void **unused)
{
    struct jk_evidence evidence;
    struct jk_span entry = registration();
    struct jk_digest hash = jk_digest_of(jk_span_of(statement));
    struct jk_results results = checked(receipt_of(entry, signer, ""), entry, &hash, &evidence);
    char hex[JK_DIGEST_HEX + 1];
    (void)unused;
    jk_digest_hex(&hash, hex);
    assert_int_equal(results.fails, 0);
    assert_true(says(&results, "lineage hash", hex));
    assert_int_equal(state_of(&results, "lineage hash"), JK_RESULT_HOLDS);
    assert_int_equal(state_of(&results, "inclusion"), JK_RESULT_HOLDS);
    assert_int_equal(state_of(&results, "signature"), JK_RESULT_HOLDS);
    assert_true(says(&results, "signature", "--key"));
    assert_true(says(&results, "cosignatures", "none"));
    assert_true(evidence.signed_well);
    assert_true(jk_span_equal(evidence.statement.model, JK_SPAN("hanbit/a")));
}

static void a_yank_has_the_hash_of_its_release(void **unused)
{
    struct jk_span entry = jk_span_of(yank);
    struct jk_evidence evidence;
    struct jk_results results = checked(receipt_of(entry, signer, ""), entry, NULL, &evidence);
    (void)unused;
    assert_int_equal(results.fails, 0);
    assert_true(says(&results, "entry", "yank of the release with lineage hash 2222"));
    assert_int_equal(evidence.lineage.bytes[0], 0x22);
    struct jk_digest another = jk_digest_of(JK_SPAN("x"));
    results = checked(receipt_of(entry, signer, ""), entry, &another, NULL);
    assert_int_equal(state_of(&results, "lineage hash"), JK_RESULT_FAILS);
}

/* No byte of the entry may change, and inclusion always tells. */
static void every_byte_of_the_entry_counts(void **unused)
{
    struct jk_span entry = registration(), receipt = receipt_of(entry, signer, "");
    char *bytes = jk_arena_copy(&arena, entry.at, entry.len);
    (void)unused;
    for (size_t i = 0; i < entry.len; i++) {
        bytes[i] ^= 1;
        struct jk_results results = checked(receipt, (struct jk_span){bytes, entry.len}, NULL, NULL);
        assert_int_equal(state_of(&results, "inclusion"), JK_RESULT_FAILS);
        assert_int_equal(state_of(&results, "signature"), JK_RESULT_HOLDS);
        bytes[i] ^= 1;
    }
}

static void every_byte_of_the_receipt_counts(void **unused)
{
    struct jk_span entry = registration(), receipt = receipt_of(entry, signer, "");
    char *bytes = jk_arena_copy(&arena, receipt.at, receipt.len);
    (void)unused;
    for (size_t i = 0; i < receipt.len; i++) {
        bytes[i] ^= 1;
        struct jk_results results = checked((struct jk_span){bytes, receipt.len}, entry, NULL, NULL);
        assert_true(results.fails > 0);
        bytes[i] ^= 1;
    }
}

static void the_wrong_ones_are_told_apart(void **unused)
{
    struct jk_span entry = registration();
    struct jk_digest another = jk_digest_of(JK_SPAN("x"));
    (void)unused;
    struct jk_results results = checked(receipt_of(entry, signer, ""), entry, &another, NULL);
    assert_int_equal(state_of(&results, "lineage hash"), JK_RESULT_FAILS);
    assert_int_equal(state_of(&results, "inclusion"), JK_RESULT_HOLDS);
    results = checked(receipt_of(entry, other, ""), entry, NULL, NULL);
    assert_int_equal(state_of(&results, "signature"), JK_RESULT_FAILS);
    assert_int_equal(state_of(&results, "inclusion"), JK_RESULT_HOLDS);
    results = checked(JK_SPAN("no receipt"), entry, NULL, NULL);
    assert_int_equal(state_of(&results, "receipt"), JK_RESULT_FAILS);
    results = checked(receipt_of(JK_SPAN("no entry"), signer, ""), JK_SPAN("no entry"), NULL, NULL);
    assert_int_equal(state_of(&results, "entry"), JK_RESULT_FAILS);
    assert_int_equal(state_of(&results, "inclusion"), JK_RESULT_HOLDS);
    assert_int_equal(results.fails, 1);
}

static void without_the_entry_the_signature_is_checked(void **unused)
{
    struct jk_results results = checked(receipt_of(registration(), signer, ""), (struct jk_span){0}, NULL, NULL);
    (void)unused;
    assert_int_equal(results.fails, 0);
    assert_int_equal(state_of(&results, "signature"), JK_RESULT_HOLDS);
    assert_int_equal(state_of(&results, "inclusion"), JK_RESULT_NOTE);
}

static void cosignatures_are_named(void **unused)
{
    struct jk_span entry = registration();
    struct jk_results results =
        checked(receipt_of(entry, signer, "\xe2\x80\x94 w.example/one AAAAAAAA\n\xe2\x80\x94 w.example/two AAAAAAAB\n"),
                entry, NULL, NULL);
    (void)unused;
    assert_int_equal(results.fails, 0);
    assert_true(says(&results, "cosignatures", "2, not verified here: w.example/one, w.example/two"));
}

/* ---- keys ---- */

static const char *key_text(const struct jk_signer *whose)
{
    return jk_keys_text(jk_signer_verifier(whose), &arena);
}

static void keys_come_as_text_or_file(void **unused)
{
    const char *both = jk_arena_printf(&arena, "%s\n\n%s\n", key_text(other), key_text(signer));
    const char *path = jk_arena_printf(&arena, "%s/keys", folder), *bad = jk_arena_printf(&arena, "%s/bad", folder);
    struct jk_span entry = registration(), receipt = receipt_of(entry, signer, "");
    struct jk_receipt parsed;
    const struct jk_verifier *which;
    struct jk_keys found;
    (void)unused;
    assert_int_equal(jk_place_file(folder, "keys", jk_span_of(both), &arena, &error), JK_OK);
    assert_int_equal(jk_place_file(folder, "bad", JK_SPAN("no key\n"), &arena, &error), JK_OK);
    assert_int_equal(jk_keys_read(key_text(signer), "--key", &arena, &found, &error), JK_OK);
    assert_int_equal(found.count, 1);
    assert_int_equal(jk_keys_read(path, "--key", &arena, &found, &error), JK_OK);
    assert_int_equal(found.count, 2);
    assert_int_equal(jk_receipt_parse(receipt, &parsed, &error), JK_OK);
    assert_int_equal(jk_keys_verify(&found, JK_SPAN(ORIGIN), parsed.note, &which, &error), JK_OK);
    assert_ptr_equal(which, &found.items[1]);
    assert_int_equal(jk_keys_verify(&found, JK_SPAN("example.com/b"), parsed.note, &which, &error),
                     JK_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "KEY_OF_OTHER_LOG");
    jk_error_init(&error, &arena);
    assert_int_equal(jk_keys_read(bad, "--key", &arena, &found, &error), JK_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "LOCAL_FILE");
    jk_error_init(&error, &arena);
    assert_int_equal(jk_keys_read("nothing+here", "--key", &arena, &found, &error), JK_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "USAGE");
}

static void keys_have_their_time(void **unused)
{
    struct jk_span entry = registration(), receipt = receipt_of(entry, signer, "");
    struct jk_receipt parsed;
    struct jk_keys given, kept;
    const struct jk_verifier *which;
    (void)unused;
    assert_int_equal(jk_receipt_parse(receipt, &parsed, &error), JK_OK);
    unsigned long long size = parsed.checkpoint.size;
    /* the given key leads to the one that signed */
    assert_int_equal(jk_keys_read(key_text(other), "--key", &arena, &given, &error), JK_OK);
    assert_int_equal(jk_keys_verify(&given, JK_SPAN(ORIGIN), parsed.note, &which, &error), JK_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "KEY_CHANGED");
    const char *lines = jk_arena_printf(&arena, "%s\n%s %llu\n", key_text(signer), key_text(other), size);
    assert_true(jk_keys_parse_kept(jk_span_of(lines), &kept));
    assert_false(jk_keys_parse(jk_span_of(lines), &(struct jk_keys){0}));
    jk_keys_follow(&given, &kept, &arena);
    assert_int_equal(given.count, 2);
    assert_string_equal(given.followed, key_text(signer));
    assert_int_equal(jk_keys_verify(&given, JK_SPAN(ORIGIN), parsed.note, &which, &error), JK_OK);
    assert_ptr_equal(which, &given.items[1]);
    /* a key that has ended signs what lies within its time, and nothing above; it is led to by no newer one */
    for (unsigned below = 0; below < 2; below++) {
        lines = jk_arena_printf(&arena, "%s\n%s %llu\n", key_text(other), key_text(signer), size - below);
        assert_true(jk_keys_parse_kept(jk_span_of(lines), &kept));
        jk_error_init(&error, &arena);
        assert_int_equal(jk_keys_verify(&kept, JK_SPAN(ORIGIN), parsed.note, &which, &error),
                         below ? JK_INVALID_ARGUMENT : JK_OK);
        if (below) assert_string_equal(error.reason, "KEY_RETIRED");
        jk_error_init(&error, &arena);
        assert_int_equal(jk_keys_read(key_text(other), "--key", &arena, &given, &error), JK_OK);
        jk_keys_follow(&given, &kept, &arena);
        assert_int_equal(given.count, 1);
    }
    assert_false(jk_keys_parse_kept(JK_SPAN("x 1\n"), &kept));
    lines = jk_arena_printf(&arena, "%s 0\n", key_text(signer));
    assert_false(jk_keys_parse_kept(jk_span_of(lines), &kept));
    lines = jk_arena_printf(&arena, "%s -1\n", key_text(signer));
    assert_false(jk_keys_parse_kept(jk_span_of(lines), &kept));
}

static void as_many_keys_as_there_is_room_for(void **unused)
{
    struct jk_text lines = {0};
    struct jk_keys found = {0};
    (void)unused;
    for (int i = 0; i < JK_KEYS_MAX; i++)
        jk_text_addf(&lines, "%s\n", key_text(signer));
    assert_true(jk_keys_parse(jk_text_span(&lines), &found));
    assert_int_equal(found.count, JK_KEYS_MAX);
    jk_text_addf(&lines, "%s\n", key_text(signer));
    assert_false(jk_keys_parse(jk_text_span(&lines), &found));
    assert_false(jk_keys_parse(JK_SPAN("\n"), &found));
    jk_text_done(&lines);
}

/* ---- receipts beside a card ---- */

static void receipts_lie_beside_the_card(void **unused)
{
    struct jk_span receipt = receipt_of(registration(), signer, "");
    struct jk_receipt_file file = {.receipt = receipt, .entry = JK_SPAN("e"), .manifest = JK_SPAN("m")}, found;
    const char **paths;
    size_t count;
    (void)unused;
    assert_int_equal(jk_receipts_write(folder, JK_SPAN("hanbit/a"), JK_SPAN("1.0"), "", &file, &arena, &error), JK_OK);
    assert_string_equal(file.path + strlen(folder), "/.jokbo/receipts/hanbit/a@1.0.receipt");
    assert_int_equal(jk_receipts_read(file.path, &arena, &found, &error), JK_OK);
    assert_true(jk_span_equal(found.receipt, file.receipt) && jk_span_equal(found.entry, file.entry) &&
                jk_span_equal(found.manifest, file.manifest));
    file.manifest = (struct jk_span){0};
    assert_int_equal(jk_receipts_write(folder, JK_SPAN("hanbit/a"), JK_SPAN("1.0"), "@yank-7", &file, &arena, &error),
                     JK_OK);
    assert_int_equal(jk_receipts_list(folder, &arena, &paths, &count, &error), JK_OK);
    assert_int_equal(count, 2);
    assert_string_equal(paths[1] + strlen(folder), "/.jokbo/receipts/hanbit/a@1.0@yank-7.receipt");
    assert_int_equal(jk_receipts_read(paths[1], &arena, &found, &error), JK_OK);
    assert_int_equal(found.manifest.len, 0);
}

/* The receipt of that log for the same release, and under which name it lies. */
static void lies_at(const char *origin, const char *name, bool yields)
{
    static const unsigned char seed[32] = {9};
    struct jk_signer *log = jk_signer_new(jk_span_of(origin), seed);
    struct jk_receipt_file file = {.receipt = receipt_of(registration(), log, ""), .entry = JK_SPAN("e")}, found;
    const char *path = jk_arena_printf(&arena, "%s/.jokbo/receipts/hanbit/b@1%s.receipt", folder, name);
    assert_int_equal(jk_receipts_write(folder, JK_SPAN("hanbit/b"), JK_SPAN("1"), "", &file, &arena, &error), JK_OK);
    assert_string_equal(file.path, path);
    assert_int_equal(file.yields_to != NULL, yields);
    assert_int_equal(jk_receipts_read(path, &arena, &found, &error), JK_OK);
    assert_true(jk_span_equal(found.receipt, file.receipt));
    jk_signer_free(log);
}

/* Whatever was written before stays, and each is found under its own name again; what is no receipt is replaced. */
static void receipts_of_other_logs_stay(void **unused)
{
    struct jk_digest digests[] = {jk_digest_of(JK_SPAN("c.example/log")), jk_digest_of(JK_SPAN("d.example/a,b"))};
    char hex[2][JK_DIGEST_HEX + 1];
    (void)unused;
    for (int i = 0; i < 2; i++)
        jk_digest_hex(&digests[i], hex[i]);
    for (int round = 0; round < 2; round++) {
        lies_at("a.example/log", "", false);
        lies_at("b.example/log", "@of-log", true);
        lies_at("c.example/log", jk_arena_printf(&arena, "@of-%.16s", hex[0]), true);
        lies_at("d.example/a,b", jk_arena_printf(&arena, "@of-%.16s", hex[1]), true);
    }
    const char *beside = jk_arena_printf(&arena, "%s/.jokbo/receipts/hanbit", folder);
    assert_int_equal(jk_place_file(beside, "b@1.receipt", JK_SPAN("damaged"), &arena, &error), JK_OK);
    lies_at("a.example/log", "", false);
}

/* What the server says is no path. */
static void names_of_the_server_make_no_paths(void **unused)
{
    const char *names[][2] = {{"../../x", "1"}, {"hanbit/../x", "1"}, {"hanbit", "1"}, {"hanbit/a", "../1"},
                              {"/a", "1"},      {"hanbit/a/b", "1"},  {"hanbit/a", ""}};
    struct jk_receipt_file file = {.receipt = JK_SPAN("r")};
    (void)unused;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        jk_error_init(&error, &arena);
        assert_int_equal(
            jk_receipts_write(folder, jk_span_of(names[i][0]), jk_span_of(names[i][1]), "", &file, &arena, &error),
            JK_INVALID_ARGUMENT);
    }
}

static void the_home_of_receipts(void **unused)
{
    (void)unused;
    assert_string_equal(jk_receipts_home(NULL, &arena), ".");
    assert_string_equal(jk_receipts_home("-", &arena), ".");
    assert_string_equal(jk_receipts_home("README.md", &arena), ".");
    assert_string_equal(jk_receipts_home("/README.md", &arena), "/");
    assert_string_equal(jk_receipts_home("a/b/README.md", &arena), "a/b");
    assert_string_equal(jk_receipts_home(folder, &arena), folder);
}

/* ---- files ---- */

static void remove_from_folder(const char *name)
{
    assert_int_equal(remove(jk_arena_printf(&arena, "%s/%s", folder, name)), 0);
}

static const char *file_line(const char *path, const char *bytes)
{
    struct jk_digest digest = jk_digest_of(jk_span_of(bytes));
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&digest, hex);
    return jk_arena_printf(&arena, "file %s %zu %s\n", hex, strlen(bytes), path);
}

static struct jk_results compare(const char *manifest, bool other_digest)
{
    struct jk_statement said = {0};
    struct jk_results results;
    said.artifact = jk_digest_of(jk_span_of(other_digest ? "x" : manifest));
    struct jk_artifact artifact = {
        .folder = folder, .manifest = jk_span_of(manifest), .statement = &said, .shown = stderr};
    jk_results_init(&results, &arena);
    jk_artifact_check(&artifact, &results);
    return results;
}

static void files_are_compared(void **unused)
{
    const char *manifest =
        jk_arena_printf(&arena, "jokbo/manifest/v1\n%s%s", file_line("a%20b", "one"), file_line("sub/c.bin", "two"));
    const char *sub = jk_arena_printf(&arena, "%s/sub", folder);
    (void)unused;
    assert_int_equal(jk_place_folder(sub, 0700, &arena, &error), JK_OK);
    assert_int_equal(jk_place_file(folder, "a b", JK_SPAN("one"), &arena, &error), JK_OK);
    struct jk_results results = compare(manifest, false);
    assert_int_equal(results.fails, 2);
    assert_true(says(&results, "file", "sub/c.bin: it is missing"));
    assert_true(says(&results, "files", "1 of 2 differ"));
    assert_int_equal(jk_place_file(sub, "c.bin", JK_SPAN("two"), &arena, &error), JK_OK);
    results = compare(manifest, false);
    assert_int_equal(results.fails, 0);
    assert_true(says(&results, "files", "2 files of 6 bytes"));
    assert_int_equal(jk_place_file(sub, "c.bin", JK_SPAN("twO"), &arena, &error), JK_OK);
    results = compare(manifest, false);
    assert_true(says(&results, "file", "sub/c.bin: SHA-256 "));
    assert_int_equal(jk_place_file(sub, "c.bin", JK_SPAN("two "), &arena, &error), JK_OK);
    results = compare(manifest, false);
    assert_true(says(&results, "file", "sub/c.bin: 4 bytes here, 3 in the manifest"));
    results = compare(manifest, true);
    assert_int_equal(state_of(&results, "manifest"), JK_RESULT_FAILS);
    assert_int_equal(results.fails, 1);
    results = compare("jokbo/manifest/v1\nfile x\n", false);
    assert_int_equal(state_of(&results, "manifest"), JK_RESULT_FAILS);
    remove_from_folder("sub/c.bin");
}

/* A folder, or a pipe that would never end, in a file's place. */
static void what_is_no_file_differs(void **unused)
{
    const char *manifest =
        jk_arena_printf(&arena, "jokbo/manifest/v1\n%s%s", file_line("folder", ""), file_line("pipe", ""));
    (void)unused;
    assert_int_equal(mkdir(jk_arena_printf(&arena, "%s/folder", folder), 0700), 0);
    assert_int_equal(mkfifo(jk_arena_printf(&arena, "%s/pipe", folder), 0600), 0);
    struct jk_results results = compare(manifest, false);
    assert_true(says(&results, "files", "2 of 2 differ"));
    remove_from_folder("pipe");
}

/* A name that is too long for this system, as one that it may not read, is trouble of its own: the file may be right. */
static void what_cannot_be_read_is_told_apart(void **unused)
{
    char name[300];
    (void)unused;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    struct jk_text manifest = {0};
    jk_text_add_str(&manifest, "jokbo/manifest/v1\n");
    for (int i = 100; i < 120; i++)
        jk_text_add_str(&manifest, file_line(jk_arena_printf(&arena, "gone-%d", i), "x"));
    struct jk_results results = compare(manifest.bytes, false);
    assert_null(results.local);
    jk_text_add_str(&manifest, file_line(name, "x"));
    results = compare(manifest.bytes, false);
    assert_non_null(results.local);
    assert_non_null(strstr(results.local, "nnn…: File name too long"));
    assert_true(says(&results, "files", "20 of 21 differ from the manifest, and 1 could not be read"));
    jk_text_done(&manifest);
    manifest = (struct jk_text){0};
    jk_text_add_str(&manifest, "jokbo/manifest/v1\n");
    jk_text_add_str(&manifest, file_line("a.txt/within", "x"));
    assert_int_equal(jk_place_file(folder, "a.txt", JK_SPAN("one"), &arena, &error), JK_OK);
    results = compare(manifest.bytes, false);
    assert_int_equal(results.fails, 2);
    assert_null(results.local);
    remove_from_folder("a.txt");
    jk_text_done(&manifest);
}

/* Many that differ: the first are named, all are counted. */
static void names_are_bounded(void **unused)
{
    struct jk_text manifest = {0};
    (void)unused;
    jk_text_add_str(&manifest, "jokbo/manifest/v1\n");
    for (int i = 100; i < 200; i++)
        jk_text_add_str(&manifest, file_line(jk_arena_printf(&arena, "gone-%d", i), "x"));
    struct jk_results results = compare(manifest.bytes, false);
    assert_int_equal(results.fails, JK_ARTIFACT_NAMED + 1);
    assert_true(says(&results, "files", "100 of 100 differ"));
    jk_text_done(&manifest);
}

/* A link to a folder of code is not walked, and would pass if only files were looked at. */
static void a_link_that_is_not_listed_fails(void **unused)
{
    const char *manifest = jk_arena_printf(&arena, "jokbo/manifest/v1\n%s", file_line("a.bin", "one"));
    (void)unused;
    assert_int_equal(jk_place_file(folder, "a.bin", JK_SPAN("one"), &arena, &error), JK_OK);
    assert_int_equal(symlink("/", jk_arena_printf(&arena, "%s/code", folder)), 0);
    struct jk_results results = compare(manifest, false);
    assert_int_equal(results.fails, 1);
    assert_true(says(&results, "unlisted", "code: the manifest does not list it, and it is a symbolic link to a"));
    assert_true(says(&results, "files", "1 file of 3 bytes"));
    remove_from_folder("code");
    remove_from_folder("a.bin");
}

static void unlisted_code_is_counted_past_the_named(void **unused)
{
    const char *manifest = jk_arena_printf(&arena, "jokbo/manifest/v1\n%s", file_line("a.bin", "one"));
    (void)unused;
    assert_int_equal(jk_place_file(folder, "a.bin", JK_SPAN("one"), &arena, &error), JK_OK);
    for (int i = 100; i < 120; i++)
        assert_int_equal(jk_place_file(folder, jk_arena_printf(&arena, "m%d.py", i), JK_SPAN("x"), &arena, &error),
                         JK_OK);
    struct jk_results results = compare(manifest, false);
    assert_int_equal(results.fails, JK_ARTIFACT_NAMED + 1);
    assert_true(says(&results, "unlisted", "does not list 20 that are weights, code or no files; 8 of them"));
    for (int i = 100; i < 120; i++)
        remove_from_folder(jk_arena_printf(&arena, "m%d.py", i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_good_receipt_holds),
        TEST(a_yank_has_the_hash_of_its_release),
        TEST(every_byte_of_the_entry_counts),
        TEST(every_byte_of_the_receipt_counts),
        TEST(the_wrong_ones_are_told_apart),
        TEST(without_the_entry_the_signature_is_checked),
        TEST(cosignatures_are_named),
        TEST(keys_come_as_text_or_file),
        TEST(keys_have_their_time),
        TEST(as_many_keys_as_there_is_room_for),
        TEST(receipts_lie_beside_the_card),
        TEST(receipts_of_other_logs_stay),
        TEST(names_of_the_server_make_no_paths),
        TEST(the_home_of_receipts),
        TEST(files_are_compared),
        TEST(what_is_no_file_differs),
        TEST(what_cannot_be_read_is_told_apart),
        TEST(names_are_bounded),
        TEST(a_link_that_is_not_listed_fails),
        TEST(unlisted_code_is_counted_past_the_named),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, open_all, close_all);
}
