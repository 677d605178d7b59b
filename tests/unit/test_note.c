/* Signed notes: the published vectors, checkpoints among them, the form, the limits, and that nothing that was changed
 * passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/defer.h"
#include "support/vectors.h"
#include "tlog/merkle.h"
#include "tlog/note.h"

#define DASH   "\xe2\x80\x94 "
#define BLOCKS 12

static struct jk_span file;
/* What stands between the lines of dashes, each with its last LF: 0 a heading, 1 the checkpoint, 2 a heading,
 * 3 the receipt, 4 a heading, 5 the empty checkpoint, 6 a heading, 7 the witness's request, 8 the cosignature, 9 the
 * note of a person and what must be rejected. */
static struct jk_span blocks[BLOCKS];
static struct jk_verifier log_key;

static struct jk_span span_between(struct jk_span text, const char *before, const char *after)
{
    const char *start = memmem(text.at, text.len, before, strlen(before));
    JK_CHECK(start != NULL);
    start += strlen(before);
    const char *end = memmem(start, (size_t)(text.at + text.len - start), after, strlen(after));
    JK_CHECK(end != NULL);
    return (struct jk_span){start, (size_t)(end - start)};
}

static int setup(void **state)
{
    (void)state;
    jk_digest_setup();
    file = vectors_read("notes.txt");
    struct jk_span rest = file, line, block = {file.at, 0};
    size_t count = 0;
    while (jk_span_line(&rest, &line)) {
        if (jk_span_equal(line, JK_SPAN("-----"))) {
            JK_CHECK(count < BLOCKS);
            blocks[count++] = block;
            block = (struct jk_span){rest.at, 0};
        } else {
            block.len = (size_t)(rest.at - block.at);
        }
    }
    blocks[count++] = block;
    JK_CHECK(count == 10);
    return jk_verifier_parse(span_between(blocks[0], "verifier key ", "\n"), &log_key) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free((char *)file.at);
    return 0;
}

/* NULL when it verifies, else the reason. */
static const char *verify(struct jk_span note, const struct jk_verifier *key, struct jk_span *out_body)
{
    struct jk_span body = {"untouched", 9};
    struct jk_error error;
    jk_error_init(&error, NULL);
    if (jk_note_verify(note, key, &body, &error) == JK_OK) {
        assert_false(jk_error_is_set(&error));
        if (out_body) *out_body = body;
        return NULL;
    }
    assert_int_equal(error.status, JK_INVALID_ARGUMENT);
    assert_true(error.message[0] != '\0');
    assert_true(jk_span_equal(body, JK_SPAN("untouched")));
    return error.reason;
}

static void refuse(struct jk_span note, const char *reason)
{
    const char *got = verify(note, &log_key, NULL);
    if (!got) fail_msg("verified: %.*s", (int)note.len, note.len ? note.at : "");
    assert_string_equal(got, reason);
}

static void refuse_text(const struct jk_text *note, const char *reason)
{
    assert_false(note->failed);
    refuse(jk_text_span(note), reason);
}

static struct jk_checkpoint checkpoint_of(struct jk_span body)
{
    struct jk_checkpoint checkpoint;
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_checkpoint_parse(body, &checkpoint, &error), JK_OK);
    return checkpoint;
}

/* The fifteen leaves that the heading names. */
static void testdata_leaves(struct jk_digest out_leaves[15])
{
    struct jk_span words = span_between(blocks[0], "(leaves: ", ")"), word;
    size_t count = 0;
    while (vectors_word(&words, &word)) {
        assert_true(count < 15);
        out_leaves[count++] = jk_merkle_leaf(word);
    }
    assert_int_equal(count, 15);
}

static struct jk_digest root_of(const struct jk_digest *leaves, size_t count)
{
    struct jk_edge edge;
    jk_edge_init(&edge);
    for (size_t i = 0; i < count; i++)
        jk_edge_append(&edge, &leaves[i]);
    return jk_edge_root(&edge);
}

static struct jk_digest base64_digest(struct jk_span text)
{
    struct jk_digest digest;
    size_t len;
    assert_true(jk_base64_decode(text, digest.bytes, sizeof(digest.bytes), &len));
    assert_int_equal(len, sizeof(digest.bytes));
    return digest;
}

static void test_vector_checkpoint(void **state)
{
    (void)state;
    struct jk_digest leaves[15];
    struct jk_span body;
    assert_null(verify(blocks[1], &log_key, &body));
    struct jk_checkpoint checkpoint = checkpoint_of(body);
    assert_true(jk_span_equal(checkpoint.origin, JK_SPAN("example.com/log/testdata")));
    assert_int_equal(checkpoint.size, 15);
    testdata_leaves(leaves);
    struct jk_digest root = root_of(leaves, 15);
    assert_true(jk_digest_equal(&root, &checkpoint.root));
}

static void test_vector_empty_checkpoint(void **state)
{
    (void)state;
    struct jk_span body;
    struct jk_digest empty = jk_merkle_empty();
    assert_null(verify(blocks[5], &log_key, &body));
    struct jk_checkpoint checkpoint = checkpoint_of(body);
    assert_int_equal(checkpoint.size, 0);
    assert_true(jk_digest_equal(&checkpoint.root, &empty));
}

static void test_vector_receipt(void **state)
{
    (void)state;
    struct jk_span rest = blocks[3], line, body;
    struct jk_proof proof = {0};
    struct jk_digest leaf = jk_merkle_leaf(JK_SPAN("six")), stated;
    assert_true(jk_digest_parse(span_between(blocks[2], "leaf hash ", ")"), &stated));
    assert_true(jk_digest_equal(&leaf, &stated));
    assert_true(jk_span_line(&rest, &line) && jk_span_equal(line, JK_SPAN("c2sp.org/tlog-proof@v1")));
    assert_true(jk_span_line(&rest, &line) && jk_span_equal(line, JK_SPAN("index 5")));
    while (jk_span_line(&rest, &line) && line.len > 0)
        proof.hashes[proof.count++] = base64_digest(line);
    assert_int_equal(proof.count, 4);
    assert_null(verify(rest, &log_key, &body));
    struct jk_checkpoint checkpoint = checkpoint_of(body);
    assert_true(jk_merkle_verify_inclusion(&leaf, 5, checkpoint.size, &proof, &checkpoint.root));
    assert_false(jk_merkle_verify_inclusion(&leaf, 6, checkpoint.size, &proof, &checkpoint.root));
}

static void test_vector_growth(void **state)
{
    (void)state;
    struct jk_digest leaves[15];
    struct jk_proof proof = {.count = 1};
    testdata_leaves(leaves);
    struct jk_digest old_root = root_of(leaves, 8), root = root_of(leaves, 15);
    proof.hashes[0] = base64_digest(span_between(blocks[7], "old 8\n", "\n"));
    assert_true(jk_merkle_verify_consistency(8, &old_root, 15, &root, &proof));
}

/* A witness's line is of a key type that we do not know: it stays in the note and disturbs nobody. */
static void test_vector_cosignature_is_kept(void **state)
{
    (void)state;
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};
    struct jk_span line = span_between(blocks[8], DASH, "\n"), key = span_between(blocks[8], "verifier key ", "\n");
    struct jk_span body, signatures;
    struct jk_verifier witness;
    struct jk_error error;
    assert_true(jk_span_starts(line, JK_SPAN("witness.example/w1 ")));
    assert_false(jk_verifier_parse(key, &witness));
    jk_text_add(&note, blocks[1]);
    jk_text_add_str(&note, DASH);
    jk_text_add(&note, line);
    jk_text_add_char(&note, '\n');
    assert_null(verify(jk_text_span(&note), &log_key, &body));
    assert_int_equal(checkpoint_of(body).size, 15);
    jk_error_init(&error, NULL);
    assert_int_equal(jk_note_open(jk_text_span(&note), &body, &signatures, &error), JK_OK);
    assert_true(jk_span_ends(signatures, (struct jk_span){line.at, line.len + 1}));
    assert_true(jk_span_starts(signatures, JK_SPAN(DASH "example.com/log/testdata ")));
}

static void test_vector_neumann(void **state)
{
    (void)state;
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};
    struct jk_span text = span_between(blocks[9], ", text\n", "signature "), body;
    struct jk_verifier neumann;
    assert_true(jk_verifier_parse(span_between(blocks[9], "A signed note: verifier key ", ","), &neumann));
    assert_string_equal(neumann.name, "PeterNeumann");
    assert_int_equal(neumann.key_id, 0xc74f20a3);
    jk_text_add(&note, text);
    jk_text_add_str(&note, "\n" DASH "PeterNeumann ");
    jk_text_add(&note, span_between(blocks[9], "\nsignature ", "\n"));
    jk_text_add_char(&note, '\n');
    assert_null(verify(jk_text_span(&note), &neumann, &body));
    assert_true(jk_span_equal(body, text));
    refuse_text(&note, "NOTE_UNSIGNED");
}

static void test_no_signature(void **state)
{
    (void)state;
    struct jk_span body, signatures;
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_note_open(blocks[1], &body, &signatures, &error), JK_OK);
    refuse(body, "NOTE_MALFORMED");
    refuse((struct jk_span){blocks[1].at, body.len + 1}, "NOTE_MALFORMED");
    refuse(signatures, "NOTE_MALFORMED");
    refuse(JK_SPAN(""), "NOTE_MALFORMED");
    refuse((struct jk_span){NULL, 0}, "NOTE_MALFORMED");
    refuse(JK_SPAN("\n"), "NOTE_MALFORMED");
    refuse(JK_SPAN("\n\n"), "NOTE_MALFORMED");
    refuse(JK_SPAN("text\n\n\n"), "NOTE_MALFORMED");
}

static void test_every_cut_is_refused(void **state)
{
    (void)state;
    for (size_t len = 0; len < blocks[1].len; len++)
        refuse((struct jk_span){blocks[1].at, len}, "NOTE_MALFORMED");
}

static void test_every_flipped_bit_is_refused(void **state)
{
    (void)state;
    char *copy = malloc(blocks[1].len);
    assert_non_null(copy);
    memcpy(copy, blocks[1].at, blocks[1].len);
    struct jk_span note = {copy, blocks[1].len};
    assert_null(verify(note, &log_key, NULL));
    for (size_t i = 0; i < 8 * note.len; i++) {
        copy[i / 8] ^= (char)(1U << (i % 8));
        if (!verify(note, &log_key, NULL)) fail_msg("bit %zu of byte %zu may be changed", i % 8, i / 8);
        copy[i / 8] ^= (char)(1U << (i % 8));
    }
    free(copy);
}

/* The base64 of the last character's neighbours decodes to another signature. */
static void test_changed_signature_of_known_key(void **state)
{
    (void)state;
    char *copy = malloc(blocks[1].len);
    assert_non_null(copy);
    memcpy(copy, blocks[1].at, blocks[1].len);
    char *digit = &copy[blocks[1].len - 10];
    *digit = *digit == 'A' ? 'B' : 'A';
    refuse((struct jk_span){copy, blocks[1].len}, "NOTE_SIGNATURE_WRONG");
    free(copy);
}

/* With the right one before it, a wrong signature of the same key still fails the note. */
static void test_wrong_signature_beside_right_one(void **state)
{
    (void)state;
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};
    struct jk_span line = span_between(blocks[1], DASH, "\n");
    jk_text_add(&note, blocks[1]);
    jk_text_add_str(&note, DASH);
    jk_text_add(&note, line);
    jk_text_add_char(&note, '\n');
    assert_null(verify(jk_text_span(&note), &log_key, NULL));
    note.bytes[note.len - 10] = note.bytes[note.len - 10] == 'A' ? 'B' : 'A';
    refuse_text(&note, "NOTE_SIGNATURE_WRONG");
}

static void test_short_signature_of_known_key(void **state)
{
    (void)state;
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};
    struct jk_span body, signatures;
    struct jk_error error;
    unsigned char blob[69] = {0x33, 0xd7, 0xb4, 0x96};
    jk_error_init(&error, NULL);
    assert_int_equal(jk_note_open(blocks[1], &body, &signatures, &error), JK_OK);
    for (size_t len = 5; len <= sizeof(blob); len++) {
        jk_text_clear(&note);
        jk_text_add(&note, body);
        jk_text_add_str(&note, "\n" DASH "example.com/log/testdata ");
        jk_base64_encode(&note, blob, len);
        jk_text_add_char(&note, '\n');
        refuse_text(&note, "NOTE_SIGNATURE_WRONG");
    }
}

static void test_bytes_inside(void **state)
{
    (void)state;
    static const char bad[] = {0x00, 0x01, 0x09, 0x0d, 0x1f, (char)0xff, (char)0xc0, (char)0x80};
    for (size_t i = 0; i < sizeof(bad); i++) {
        JK_CLEANUP(jk_text_done) struct jk_text note = {0};
        jk_text_add(&note, blocks[1]);
        note.bytes[3] = bad[i];
        refuse_text(&note, "NOTE_MALFORMED");
    }
}

static void refuse_signature_line(const char *line)
{
    JK_CLEANUP(jk_text_done) struct jk_text before = {0}, after = {0};
    struct jk_span body, signatures;
    struct jk_error error;
    jk_error_init(&error, NULL);
    assert_int_equal(jk_note_open(blocks[1], &body, &signatures, &error), JK_OK);
    jk_text_add(&before, body);
    jk_text_addf(&before, "\n%s\n", line);
    jk_text_add(&before, signatures);
    refuse_text(&before, "NOTE_MALFORMED");
    jk_text_add(&after, blocks[1]);
    jk_text_addf(&after, "%s\n", line);
    refuse_text(&after, "NOTE_MALFORMED");
}

static void test_malformed_signature_lines(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "bytes after the last signature",
        DASH,
        DASH "name",
        DASH "name ",
        DASH " AAAAAAAA",
        DASH "a name AAAAAAAA",
        DASH "a+name AAAAAAAA",
        DASH "a\xc2\xa0name AAAAAAAA",
        DASH "a\xe3\x80\x80name AAAAAAAA",
        DASH "name  AAAAAAAA",
        DASH "name AAAAAAAA ",
        DASH "name AAAAAAA",
        DASH "name AAAAAAAA=",
        DASH "name AAAAAAB=", /* unused bits set */
        DASH "name AAAAA*AA",
        DASH "name AAAA",     /* a key id's three quarters */
        DASH "name AAAAAA==", /* a key id without signature */
        " " DASH "name AAAAAAAA",
        "- name AAAAAAAA",
        "\xe2\x80\x93 name AAAAAAAA",
        "\xe2\x80\x94name AAAAAAAA",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        refuse_signature_line(lines[i]);
}

/* Behind the signatures it leaves none after the last empty line; before them it belongs to the body. */
static void test_empty_line_too_many(void **state)
{
    (void)state;
    JK_CLEANUP(jk_text_done) struct jk_text behind = {0}, before = {0};
    const char *dash = memmem(blocks[1].at, blocks[1].len, DASH, sizeof(DASH) - 1);
    size_t body = (size_t)(dash - blocks[1].at);
    jk_text_add(&behind, blocks[1]);
    jk_text_add_char(&behind, '\n');
    refuse_text(&behind, "NOTE_MALFORMED");
    jk_text_add(&before, (struct jk_span){blocks[1].at, body});
    jk_text_add_char(&before, '\n');
    jk_text_add(&before, (struct jk_span){dash, blocks[1].len - body});
    refuse_text(&before, "NOTE_SIGNATURE_WRONG");
}

static void unknown_line(struct jk_text *note, size_t blob_len)
{
    unsigned char *blob = calloc(blob_len, 1);
    assert_non_null(blob);
    jk_text_add_str(note, DASH "somebody.example ");
    jk_base64_encode(note, blob, blob_len);
    jk_text_add_char(note, '\n');
    free(blob);
}

/* Signatures of other types may be longer than ours: read in pieces, padding only at the very end. */
static void test_unknown_signatures_of_any_length(void **state)
{
    (void)state;
    static const size_t lens[] = {5, 6, 7, 68, 766, 767, 768, 769, 1535, 1536, 1537, 4000, 40000};
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        JK_CLEANUP(jk_text_done) struct jk_text note = {0};
        jk_text_add(&note, blocks[1]);
        unknown_line(&note, lens[i]);
        assert_null(verify(jk_text_span(&note), &log_key, NULL));
        if (lens[i] <= 768) continue;
        size_t start = blocks[1].len + sizeof(DASH "somebody.example ") - 1;
        memcpy(note.bytes + start + 1020, "AAA=", 4);
        refuse_text(&note, "NOTE_MALFORMED");
    }
}

static void test_signature_limit(void **state)
{
    (void)state;
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};
    jk_text_add(&note, blocks[1]);
    for (int i = 1; i < JK_NOTE_SIGNATURES; i++)
        unknown_line(&note, 68);
    assert_null(verify(jk_text_span(&note), &log_key, NULL));
    unknown_line(&note, 68);
    refuse_text(&note, "NOTE_MALFORMED");
}

static void new_signer(struct jk_signer **out_signer, const char *name)
{
    unsigned char seed[32];
    for (unsigned i = 0; i < 32; i++)
        seed[i] = (unsigned char)i;
    *out_signer = jk_signer_new(jk_span_of(name), seed);
}

static enum jk_status sign(const struct jk_signer *signer, struct jk_span body, struct jk_text *out_note,
                           const char **out_reason)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    enum jk_status status = jk_note_sign(signer, body, out_note, &error);
    *out_reason = error.reason;
    return status;
}

/* The seed 00 01 … 1f is the one of the cosignature's key: the public key is known. */
static void test_signer_has_the_known_public_key(void **state)
{
    (void)state;
    struct jk_signer *signer;
    unsigned char known[33];
    size_t len;
    struct jk_span key = span_between(blocks[8], "witness.example/w1+e75f6532+", "\n");
    assert_true(jk_base64_decode(key, known, sizeof(known), &len));
    assert_int_equal(len, 33);
    new_signer(&signer, "witness.example/w1");
    assert_non_null(signer);
    assert_memory_equal(jk_signer_verifier(signer)->public_key, known + 1, 32);
    jk_signer_free(signer);
    jk_signer_free(NULL);
}

/* The cosignature's 64 bytes are plain Ed25519 over its message. */
static void test_bare_signature_matches_cosignature(void **state)
{
    (void)state;
    JK_CLEANUP(jk_text_done) struct jk_text message = {0};
    struct jk_signer *signer;
    struct jk_span body;
    unsigned char known[76], signature[JK_SIGNATURE_SIZE];
    size_t len;
    assert_true(
        jk_base64_decode(span_between(blocks[8], DASH "witness.example/w1 ", "\n"), known, sizeof(known), &len));
    assert_int_equal(len, 76);
    assert_null(verify(blocks[1], &log_key, &body));
    jk_text_add_str(&message, "cosignature/v1\ntime 1679315147\n");
    jk_text_add(&message, body);
    new_signer(&signer, "witness.example/w1");
    assert_true(jk_signer_sign(signer, jk_text_span(&message), signature));
    assert_memory_equal(signature, known + 12, sizeof(signature));
    assert_true(jk_verifier_check(jk_signer_verifier(signer), jk_text_span(&message), signature));
    message.bytes[0] ^= 1;
    assert_false(jk_verifier_check(jk_signer_verifier(signer), jk_text_span(&message), signature));
    jk_signer_free(signer);
}

static void round_trip(const struct jk_signer *signer, struct jk_span text)
{
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};
    struct jk_span body, signatures;
    struct jk_error error;
    const char *reason;
    assert_int_equal(sign(signer, text, &note, &reason), JK_OK);
    assert_null(verify(jk_text_span(&note), jk_signer_verifier(signer), &body));
    assert_true(jk_span_equal(body, text));
    jk_error_init(&error, NULL);
    assert_int_equal(jk_note_open(jk_text_span(&note), &body, &signatures, &error), JK_OK);
    assert_int_equal(body.len + 1 + signatures.len, note.len);
    refuse_text(&note, "NOTE_UNSIGNED");
    note.bytes[0] ^= 0x01; /* an ASCII letter or LF */
    assert_non_null(verify(jk_text_span(&note), jk_signer_verifier(signer), NULL));
}

static void test_sign_round_trip(void **state)
{
    (void)state;
    struct jk_signer *signer;
    new_signer(&signer, "jokbo.example/log");
    assert_non_null(signer);
    round_trip(signer, JK_SPAN("\n"));
    round_trip(signer, JK_SPAN("text\n"));
    round_trip(signer, JK_SPAN("text\n\n"));
    round_trip(signer, JK_SPAN("text\n\nwith an empty line\n"));
    round_trip(signer, JK_SPAN("a note in a note\n\n" DASH "name AAAAAAAA\n"));
    round_trip(signer, JK_SPAN("K-AI 모델\n"));
    jk_signer_free(signer);
}

static void test_sign_refuses(void **state)
{
    (void)state;
    JK_CLEANUP(jk_text_done) struct jk_text note = {0}, narrow = {.limit = 40};
    static const char *const bad[] = {"", "no line feed", "tab\t\n", "\xff\n", "\x01\n"};
    struct jk_signer *signer;
    const char *reason;
    new_signer(&signer, "jokbo.example/log");
    jk_text_add_str(&note, "kept");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(sign(signer, jk_span_of(bad[i]), &note, &reason), JK_INVALID_ARGUMENT);
        assert_string_equal(reason, "NOTE_MALFORMED");
        assert_string_equal(note.bytes, "kept");
    }
    assert_int_equal(sign(signer, JK_SPAN("text\n"), &narrow, &reason), JK_RESOURCE_EXHAUSTED);
    assert_int_equal(narrow.len, 0);
    jk_signer_free(signer);
}

/* The largest text whose note is JK_NOTE_MAX bytes, and one byte more. */
static void test_note_size_limit(void **state)
{
    (void)state;
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};
    struct jk_signer *signer;
    const char *reason;
    size_t most = JK_NOTE_MAX - (sizeof("\n" DASH "n ") - 1 + 92 + 1);
    char *text = malloc(most + 1);
    assert_non_null(text);
    memset(text, 'a', most + 1);
    text[most - 1] = text[most] = '\n';
    new_signer(&signer, "n");
    assert_int_equal(sign(signer, (struct jk_span){text, most}, &note, &reason), JK_OK);
    assert_int_equal(note.len, JK_NOTE_MAX);
    assert_null(verify(jk_text_span(&note), jk_signer_verifier(signer), NULL));
    size_t len = note.len;
    assert_int_equal(sign(signer, (struct jk_span){text, most + 1}, &note, &reason), JK_INVALID_ARGUMENT);
    assert_int_equal(note.len, len);
    jk_signer_free(signer);
    free(text);
}

/* Right in all but its length: what is refused is the one byte too many. */
static void test_open_size_limit(void **state)
{
    (void)state;
    for (size_t len = JK_NOTE_MAX; len <= JK_NOTE_MAX + 1; len++) {
        JK_CLEANUP(jk_text_done) struct jk_text note = {0};
        struct jk_span body, signatures;
        struct jk_error error;
        struct jk_span tail = JK_SPAN("\n\n" DASH "n AAAAAAAA\n");
        while (note.len < len - tail.len)
            jk_text_add_char(&note, 'a');
        jk_text_add(&note, tail);
        assert_int_equal(note.len, len);
        jk_error_init(&error, NULL);
        enum jk_status want = len == JK_NOTE_MAX ? JK_OK : JK_INVALID_ARGUMENT;
        assert_int_equal(jk_note_open(jk_text_span(&note), &body, &signatures, &error), want);
    }
}

static void test_longest_name_signs(void **state)
{
    (void)state;
    char name[JK_ORIGIN_MAX + 2];
    struct jk_signer *signer;
    memset(name, 'n', sizeof(name));
    name[JK_ORIGIN_MAX] = '\0';
    new_signer(&signer, name);
    assert_non_null(signer);
    assert_string_equal(jk_signer_verifier(signer)->name, name);
    round_trip(signer, JK_SPAN("text\n"));
    jk_signer_free(signer);
    name[JK_ORIGIN_MAX] = 'n';
    name[JK_ORIGIN_MAX + 1] = '\0';
    new_signer(&signer, name);
    assert_null(signer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector_checkpoint),
        cmocka_unit_test(test_vector_empty_checkpoint),
        cmocka_unit_test(test_vector_receipt),
        cmocka_unit_test(test_vector_growth),
        cmocka_unit_test(test_vector_cosignature_is_kept),
        cmocka_unit_test(test_vector_neumann),
        cmocka_unit_test(test_no_signature),
        cmocka_unit_test(test_every_cut_is_refused),
        cmocka_unit_test(test_every_flipped_bit_is_refused),
        cmocka_unit_test(test_changed_signature_of_known_key),
        cmocka_unit_test(test_wrong_signature_beside_right_one),
        cmocka_unit_test(test_short_signature_of_known_key),
        cmocka_unit_test(test_bytes_inside),
        cmocka_unit_test(test_malformed_signature_lines),
        cmocka_unit_test(test_empty_line_too_many),
        cmocka_unit_test(test_unknown_signatures_of_any_length),
        cmocka_unit_test(test_signature_limit),
        cmocka_unit_test(test_signer_has_the_known_public_key),
        cmocka_unit_test(test_bare_signature_matches_cosignature),
        cmocka_unit_test(test_sign_round_trip),
        cmocka_unit_test(test_sign_refuses),
        cmocka_unit_test(test_note_size_limit),
        cmocka_unit_test(test_open_size_limit),
        cmocka_unit_test(test_longest_name_signs),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
