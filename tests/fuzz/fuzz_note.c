/* Notes, checkpoints and verifier keys from anybody: whatever is accepted says exactly what its bytes say.
 * Input: any bytes, tried as each of the three. */
#include <stdlib.h>

#include "base/check.h"
#include "base/defer.h"
#include "tlog/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char log_key[] = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

static void same_text(const struct jk_text *written, struct jk_span input)
{
    JK_CHECK(!written->failed && jk_span_equal(jk_text_span(written), input));
}

static void try_checkpoint(struct jk_span body)
{
    JK_CLEANUP(jk_text_done) struct jk_text text = {0};
    struct jk_checkpoint checkpoint;
    struct jk_error error;

    jk_error_init(&error, NULL);
    enum jk_status status = jk_checkpoint_parse(body, &checkpoint, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    if (status != JK_OK) return;
    jk_checkpoint_write(&checkpoint, &text);
    same_text(&text, body);
}

static void try_verifier(struct jk_span input)
{
    JK_CLEANUP(jk_text_done) struct jk_text text = {0};
    struct jk_verifier verifier;

    if (!jk_verifier_parse(input, &verifier)) return;
    JK_CHECK(jk_note_name_valid(jk_span_of(verifier.name)));
    jk_verifier_write(&verifier, &text);
    same_text(&text, input);
}

/* Body, empty line and signature lines are the whole note. */
static void check_parts(struct jk_span note, struct jk_span body, struct jk_span signatures)
{
    JK_CHECK(note.len <= JK_NOTE_MAX && jk_utf8_valid(note));
    JK_CHECK(body.at == note.at && body.len > 0 && body.at[body.len - 1] == '\n');
    JK_CHECK(note.at[body.len] == '\n' && signatures.at == note.at + body.len + 1);
    JK_CHECK(body.len + 1 + signatures.len == note.len && signatures.len > 0);
    JK_CHECK(jk_span_starts(signatures, JK_SPAN("\xe2\x80\x94 ")) && jk_span_ends(signatures, JK_SPAN("\n")));
    JK_CHECK(memmem(signatures.at, signatures.len, "\n\n", 2) == NULL);
}

static void try_note(struct jk_span note)
{
    struct jk_span body, signatures, verified;
    struct jk_verifier verifier;
    struct jk_error error;

    jk_error_init(&error, NULL);
    enum jk_status opened = jk_note_open(note, &body, &signatures, &error);
    JK_CHECK((opened == JK_OK) == !jk_error_is_set(&error));
    if (opened == JK_OK) {
        check_parts(note, body, signatures);
        try_checkpoint(body);
    }
    JK_CHECK(jk_verifier_parse(jk_span_of(log_key), &verifier));
    jk_error_init(&error, NULL);
    if (jk_note_verify(note, &verifier, &verified, &error) == JK_OK)
        JK_CHECK(opened == JK_OK && jk_span_equal(verified, body));
}

/* Whatever can be signed opens again as what was signed. */
static void try_sign(struct jk_span body)
{
    static const unsigned char seed[32] = {1};
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};
    struct jk_signer *signer = jk_signer_new(JK_SPAN("fuzz.example"), seed);
    struct jk_span verified;
    struct jk_error error;

    JK_CHECK(signer != NULL);
    jk_error_init(&error, NULL);
    if (jk_note_sign(signer, body, &note, &error) == JK_OK) {
        JK_CHECK(jk_note_verify(jk_text_span(&note), jk_signer_verifier(signer), &verified, &error) == JK_OK);
        JK_CHECK(jk_span_equal(verified, body));
    } else {
        JK_CHECK(note.len == 0);
    }
    jk_signer_free(signer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span input = {(const char *)data, size};

    jk_digest_setup();
    try_note(input);
    try_checkpoint(input);
    try_verifier(input);
    try_sign(input);
    return 0;
}
