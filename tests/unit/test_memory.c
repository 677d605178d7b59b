/* What the command line remembers of a log: growth, the same, older, forks, damage, other logs, several processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/console/local.h"
#include "cli/console/place.h"
#include "tlog/forest.h"
#include "verify/memory.h"

#define ORIGIN "example.com/log"
#define FOLDER "example.com%2Flog"
#define SIZE   40

static struct jk_arena arena;
static struct jk_error error;
static char state[] = "/tmp/jokbo-memory-XXXXXX";
static struct jk_forest *forests[2]; /* two pasts, equal up to entry 20 */
static struct jk_signer *signer;

static struct jk_forest *grow_forest(int past)
{
    struct jk_forest *forest = jk_forest_new();
    assert_true(forest && jk_forest_reserve(forest, SIZE));
    for (unsigned i = 0; i < SIZE; i++) {
        char text[32];
        int len = snprintf(text, sizeof text, "%u %d", i, i < 20 ? 0 : past);
        struct jk_digest leaf = jk_merkle_leaf((struct jk_span){text, (size_t)len});
        jk_forest_append(forest, &leaf);
    }
    return forest;
}

static int open_all(void **unused)
{
    static const unsigned char seed[32] = {9};
    (void)unused;
    forests[0] = grow_forest(0);
    forests[1] = grow_forest(1);
    signer = jk_signer_new(JK_SPAN(ORIGIN), seed);
    return mkdtemp(state) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *where)
{
    (void)facts;
    (void)type;
    return where->level == 0 ? 0 : remove(path);
}

static void forget(void)
{
    nftw(state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int close_all(void **unused)
{
    (void)unused;
    forget();
    rmdir(state);
    jk_forest_free(forests[0]);
    jk_forest_free(forests[1]);
    jk_signer_free(signer);
    return 0;
}

static int setup(void **unused)
{
    (void)unused;
    forget();
    jk_arena_init(&arena, 64u << 20);
    jk_error_init(&error, &arena);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    jk_arena_done(&arena);
    return 0;
}

/* The signed checkpoint of a past at a size. */
static struct jk_span note_at(int past, uint64_t size, struct jk_arena *where)
{
    struct jk_checkpoint checkpoint = {.origin = JK_SPAN(ORIGIN), .size = size};
    struct jk_text body, note;
    jk_text_init(&body, 0);
    jk_text_init(&note, 0);
    assert_true(jk_merkle_root_at(jk_forest_read, forests[past], size, &checkpoint.root));
    jk_checkpoint_write(&checkpoint, &body);
    assert_int_equal(jk_note_sign(signer, jk_text_span(&body), &note, &error), JK_OK);
    struct jk_span copy = {jk_arena_copy(where, note.bytes, note.len), note.len};
    jk_text_done(&body);
    jk_text_done(&note);
    return copy;
}

/* A server that proves one past. */
static enum jk_status prove(void *context, uint64_t old_size, uint64_t size, struct jk_proof *out, struct jk_error *why)
{
    int past = *(int *)context;
    if (size > SIZE) return jk_fail(why, JK_OUT_OF_RANGE, "SIZE", "no such size");
    assert_true(old_size < size);
    assert_true(jk_merkle_consistency(jk_forest_read, forests[past], old_size, size, out));
    return JK_OK;
}

static struct jk_memory opened(void)
{
    struct jk_memory memory;
    enum jk_status status = jk_memory_open(state, JK_SPAN(ORIGIN), &arena, &memory, &error);
    if (status != JK_OK) fail_msg("%s", error.message);
    return memory;
}

static enum jk_status show(int past, uint64_t size, int prover, enum jk_growth *out_growth)
{
    struct jk_memory memory = opened();
    jk_error_init(&error, &arena);
    return jk_memory_advance(&memory, note_at(past, size, &arena), prover < 0 ? NULL : prove, &prover, out_growth,
                             &error);
}

static void shown(uint64_t size, enum jk_growth expected, uint64_t remembered)
{
    enum jk_growth growth;
    assert_int_equal(show(0, size, 0, &growth), JK_OK);
    assert_int_equal(growth, expected);
    assert_int_equal(opened().checkpoint.size, remembered);
}

static void grows_and_never_shrinks(void **unused)
{
    (void)unused;
    shown(3, JK_GROWTH_FIRST, 3);
    shown(3, JK_GROWTH_SAME, 3);
    shown(17, JK_GROWTH_GREW, 17);
    shown(5, JK_GROWTH_OLDER, 17);
    shown(SIZE, JK_GROWTH_GREW, SIZE);
    shown(1, JK_GROWTH_OLDER, SIZE);
}

static void grows_from_the_empty_tree(void **unused)
{
    (void)unused;
    shown(0, JK_GROWTH_FIRST, 0);
    shown(1, JK_GROWTH_GREW, 1);
}

static void without_a_prover_nothing_moves(void **unused)
{
    enum jk_growth growth;
    (void)unused;
    shown(10, JK_GROWTH_FIRST, 10);
    assert_int_equal(show(0, 11, -1, &growth), JK_OK);
    assert_int_equal(growth, JK_GROWTH_UNPROVEN);
    assert_int_equal(show(0, 9, -1, &growth), JK_OK);
    assert_int_equal(growth, JK_GROWTH_UNPROVEN);
    assert_int_equal(show(0, 10, -1, &growth), JK_OK);
    assert_int_equal(growth, JK_GROWTH_SAME);
    assert_int_equal(opened().checkpoint.size, 10);
}

/* Whatever the server proves, of either past. */
static void refuses_a_fork(void **unused)
{
    struct {
        uint64_t seen, shown;
        int prover;
    } cases[] = {{30, 30, 0}, {30, 30, -1}, {30, 35, 0}, {30, 35, 1}, {30, 25, 0}, {30, 25, 1}};
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum jk_growth growth;
        forget();
        shown(cases[i].seen, JK_GROWTH_FIRST, cases[i].seen);
        assert_int_equal(show(1, cases[i].shown, cases[i].prover, &growth), JK_FAILED_PRECONDITION);
        assert_string_equal(error.reason, "LOG_FORKED");
        struct jk_memory kept = opened();
        assert_true(jk_span_equal(kept.note, note_at(0, cases[i].seen, &arena)));
    }
}

/* Up to where the pasts part, no one can tell them apart. */
static void a_common_past_is_no_fork(void **unused)
{
    enum jk_growth growth;
    (void)unused;
    shown(20, JK_GROWTH_FIRST, 20);
    assert_int_equal(show(1, 30, 1, &growth), JK_OK);
    assert_int_equal(growth, JK_GROWTH_GREW);
}

static void a_prover_that_fails_changes_nothing(void **unused)
{
    struct jk_memory memory;
    enum jk_growth growth;
    int past = 0;
    (void)unused;
    shown(10, JK_GROWTH_FIRST, 10);
    memory = opened();
    memory.checkpoint.size = SIZE + 1; /* remembered beyond what the server has */
    assert_int_equal(jk_memory_advance(&memory, note_at(0, 12, &arena), prove, &past, &growth, &error),
                     JK_OUT_OF_RANGE);
    assert_int_equal(opened().checkpoint.size, 10);
}

static void write_remembered(const char *name, struct jk_span bytes)
{
    const char *folder = jk_arena_printf(&arena, "%s/%s", state, FOLDER);
    assert_int_equal(jk_place_folder(folder, 0700, &arena, &error), JK_OK);
    assert_int_equal(jk_place_file(folder, name, bytes, &arena, &error), JK_OK);
}

static void damage_is_told(void **unused)
{
    const char *checkpoints[] = {"x", "\n", ORIGIN "\n1\nAAAA\n\n", ORIGIN "\n"};
    struct jk_memory memory;
    (void)unused;
    for (size_t i = 0; i < sizeof checkpoints / sizeof checkpoints[0]; i++) {
        write_remembered("checkpoint", jk_span_of(checkpoints[i]));
        jk_error_init(&error, &arena);
        assert_int_equal(jk_memory_open(state, JK_SPAN(ORIGIN), &arena, &memory, &error), JK_INVALID_ARGUMENT);
        assert_string_equal(error.reason, "LOCAL_FILE");
        assert_non_null(strstr(error.message, FOLDER "/checkpoint"));
    }
    forget();
    jk_error_init(&error, &arena);
    write_remembered("key", JK_SPAN("no key\n"));
    assert_int_equal(jk_memory_open(state, JK_SPAN(ORIGIN), &arena, &memory, &error), JK_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, FOLDER "/key"));
}

static void another_logs_checkpoint_is_told(void **unused)
{
    struct jk_memory memory, other;
    enum jk_growth growth;
    int past = 0;
    (void)unused;
    assert_int_equal(jk_memory_open(state, JK_SPAN("example.com/other"), &arena, &other, &error), JK_OK);
    assert_int_equal(jk_memory_advance(&other, note_at(0, 3, &arena), prove, &past, &growth, &error), JK_OK);
    assert_int_equal(jk_memory_open(state, JK_SPAN("example.com/other"), &arena, &memory, &error), JK_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "another log"));
}

/* Each log has a folder of its own, whatever its name. */
static void names_make_no_paths(void **unused)
{
    char longest[JK_ORIGIN_MAX + 1];
    const char *names[] = {".", "..", "../x", "a/b", "a%2Fb", "a:b", "\xEC\xA1\xB1\xEB\xB3\xB4", longest};
    struct jk_memory memories[8];
    (void)unused;
    memset(longest, 'x', sizeof longest);
    longest[JK_ORIGIN_MAX] = '\0';
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(jk_memory_open(state, jk_span_of(names[i]), &arena, &memories[i], &error), JK_OK);
        const char *name = memories[i].folder + strlen(state) + 1;
        assert_true(strlen(name) > 0 && strlen(name) <= 200 && name[0] != '.' && !strchr(name, '/'));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(memories[i].folder, memories[j].folder);
    }
}

static void the_first_key_stays(void **unused)
{
    static const unsigned char seed[32] = {10};
    struct jk_signer *other = jk_signer_new(JK_SPAN(ORIGIN), seed);
    struct jk_memory memory = opened();
    (void)unused;
    assert_int_equal(memory.keys.count, 0);
    assert_int_equal(jk_memory_keep_key(&memory, jk_signer_verifier(signer), &error), JK_OK);
    assert_int_equal(jk_memory_keep_key(&memory, jk_signer_verifier(other), &error), JK_OK);
    memory = opened();
    assert_int_equal(memory.keys.count, 1);
    assert_memory_equal(memory.keys.items[0].public_key, jk_signer_verifier(signer)->public_key, 32);
    jk_signer_free(other);
}

/* The keys that an audit found take the remembered one's place, and no others do. */
static void keys_are_followed(void **unused)
{
    static const unsigned char seeds[2][32] = {{11}, {12}};
    struct jk_signer *next = jk_signer_new(JK_SPAN(ORIGIN), seeds[0]),
                     *alien = jk_signer_new(JK_SPAN(ORIGIN), seeds[1]);
    struct jk_keys found = {
        .items = {*jk_signer_verifier(next), *jk_signer_verifier(signer)}, .until = {JK_KEYS_STILL, 7}, .count = 2};
    struct jk_keys others = {.items = {*jk_signer_verifier(alien)}, .until = {JK_KEYS_STILL}, .count = 1};
    struct jk_memory memory = opened();
    (void)unused;
    assert_int_equal(jk_memory_keep_key(&memory, jk_signer_verifier(signer), &error), JK_OK);
    assert_int_equal(jk_memory_follow_keys(&memory, &others, &error), JK_OK);
    assert_int_equal(jk_keys_find(&memory.keys, jk_signer_verifier(signer)), 0);
    assert_int_equal(jk_memory_follow_keys(&memory, &found, &error), JK_OK);
    memory = opened();
    assert_int_equal(memory.keys.count, 2);
    assert_int_equal(jk_keys_find(&memory.keys, jk_signer_verifier(next)), 0);
    assert_int_equal(jk_keys_find(&memory.keys, jk_signer_verifier(signer)), 1);
    assert_true(memory.keys.until[0] == JK_KEYS_STILL);
    assert_int_equal(memory.keys.until[1], 7);
    found.items[0] = found.items[1]; /* a chain that ends earlier does not put the newest away */
    found.count = 1;
    assert_int_equal(jk_memory_follow_keys(&memory, &found, &error), JK_OK);
    assert_int_equal(memory.keys.count, 2);
    jk_signer_free(next);
    jk_signer_free(alien);
}

/* What cannot be written holds until the run ends, and no key is kept. */
static void advances_unkept(struct jk_memory *memory, const char *why)
{
    enum jk_growth growth;
    int prover = 0;
    assert_null(memory->unkept);
    assert_int_equal(jk_memory_advance(memory, note_at(0, 3, &arena), NULL, NULL, &growth, &error), JK_OK);
    assert_int_equal(growth, JK_GROWTH_FIRST);
    assert_non_null(strstr(memory->unkept, why));
    assert_int_equal(jk_memory_advance(memory, note_at(0, 30, &arena), prove, &prover, &growth, &error), JK_OK);
    assert_int_equal(growth, JK_GROWTH_GREW);
    assert_int_equal(memory->checkpoint.size, 30);
    assert_int_equal(jk_memory_advance(memory, note_at(1, 30, &arena), prove, &prover, &growth, &error),
                     JK_FAILED_PRECONDITION);
    assert_string_equal(error.reason, "LOG_FORKED");
    jk_error_init(&error, &arena);
    assert_int_not_equal(jk_memory_keep_key(memory, jk_signer_verifier(signer), &error), JK_OK);
    assert_string_equal(error.reason, "LOCAL_FILE");
    jk_error_init(&error, &arena);
}

static void a_folder_that_cannot_be_made_is_told(void **unused)
{
    const char *file = jk_arena_printf(&arena, "%s/file", state);
    struct jk_memory memory;
    (void)unused;
    assert_int_equal(jk_place_file(state, "file", JK_SPAN("x"), &arena, &error), JK_OK);
    assert_int_equal(jk_memory_open(file, JK_SPAN(ORIGIN), &arena, &memory, &error), JK_OK);
    advances_unkept(&memory, file);
    assert_int_equal(jk_memory_open(NULL, JK_SPAN(ORIGIN), &arena, &memory, &error), JK_OK);
    advances_unkept(&memory, "neither XDG_STATE_HOME nor HOME is set");
}

/* One process: every size in an order of its own. What it reads never goes down. Returns the number of faults. */
static int work(unsigned number)
{
    uint64_t seen = 0;
    for (unsigned i = 1; i <= SIZE; i++) {
        struct jk_arena own;
        struct jk_memory memory;
        enum jk_growth growth;
        int past = 0;
        jk_arena_init(&own, 8u << 20);
        jk_error_init(&error, &own);
        uint64_t size = 1 + (i * 7 + number * 13) % SIZE;
        bool good = jk_memory_open(state, JK_SPAN(ORIGIN), &own, &memory, &error) == JK_OK &&
                    memory.checkpoint.size >= seen &&
                    jk_memory_advance(&memory, note_at(0, size, &own), prove, &past, &growth, &error) == JK_OK &&
                    memory.checkpoint.size >= size;
        seen = memory.checkpoint.size;
        jk_arena_done(&own);
        if (!good) return 1;
    }
    return 0;
}

static void several_processes_at_once(void **unused)
{
    pid_t children[6];
    (void)unused;
    for (unsigned i = 0; i < 6; i++) {
        children[i] = fork();
        if (children[i] == 0) _exit(work(i));
        assert_true(children[i] > 0);
    }
    for (unsigned i = 0; i < 6; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(opened().checkpoint.size, SIZE);
    assert_true(jk_span_equal(opened().note, note_at(0, SIZE, &arena)));
}

static void where_it_lies(void **unused)
{
    (void)unused;
    setenv("XDG_STATE_HOME", "/somewhere", 1);
    assert_string_equal(jk_memory_state(&arena), "/somewhere/jokbo/log");
    setenv("XDG_STATE_HOME", "relative", 1); /* to be ignored, says the XDG base directory specification */
    setenv("HOME", "/home/a", 1);
    assert_string_equal(jk_memory_state(&arena), "/home/a/.local/state/jokbo/log");
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    assert_null(jk_memory_state(&arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(grows_and_never_shrinks, setup, teardown),
        cmocka_unit_test_setup_teardown(grows_from_the_empty_tree, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_prover_nothing_moves, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_a_fork, setup, teardown),
        cmocka_unit_test_setup_teardown(a_common_past_is_no_fork, setup, teardown),
        cmocka_unit_test_setup_teardown(a_prover_that_fails_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(damage_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(another_logs_checkpoint_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(names_make_no_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(the_first_key_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_are_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_made_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(several_processes_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(where_it_lies, setup, teardown),
    };
    jk_digest_setup();
    return cmocka_run_group_tests(tests, open_all, close_all);
}
