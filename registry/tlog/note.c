/* Signed notes: splitting, checking and signing. Pure but for OpenSSL's Ed25519; see note.h. */
#include "tlog/note.h"

#include "base/check.h"
#include "base/defer.h"
#include "tlog/note_inside.h"

#define BLOB_BYTES  (JK_KEY_ID_SIZE + JK_SIGNATURE_SIZE)
#define CHUNK_TEXT  1024 /* base64 is decoded in pieces: lines of other key types may be long */
#define CHUNK_BYTES (CHUNK_TEXT / 4 * 3)
#define SHORT       256

static enum jk_status malformed_note(struct jk_error *error, const char *rule)
{
    return jk_fail(error, JK_INVALID_ARGUMENT, "NOTE_MALFORMED", "the note %s", rule);
}

/* Checks that apply to both a note and its body. */
static enum jk_status check_text(struct jk_span text, struct jk_error *error)
{
    if (text.len > JK_NOTE_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "NOTE_MALFORMED",
                       "the note has %zu bytes; at most %d are allowed: shorten it", text.len, JK_NOTE_MAX);
    if (text.len == 0 || text.at[text.len - 1] != '\n')
        return malformed_note(error, "does not end in a line feed: add the last one");
    if (!jk_utf8_valid(text))
        return malformed_note(error, "is not valid UTF-8 without NUL: send the bytes as they were signed");
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] < 0x20 && text.at[i] != '\n')
            return malformed_note(error, "holds a control character other than line feed: remove it");
    }
    return JK_OK;
}

/* Strict base64 of any length, of which only the first bytes are kept. */
static bool read_blob(struct jk_span text, struct jk_signature_line *out)
{
    unsigned char chunk[CHUNK_BYTES];

    out->blob_len = 0;
    while (text.len > 0) {
        size_t take = text.len < CHUNK_TEXT ? text.len : CHUNK_TEXT;
        size_t len;

        if (!jk_base64_decode((struct jk_span){text.at, take}, chunk, sizeof(chunk), &len)) return false;
        text = (struct jk_span){text.at + take, text.len - take};
        if (text.len > 0 && len != CHUNK_BYTES) return false; /* padding in the middle of the text */
        if (out->blob_len == 0) memcpy(out->blob, chunk, len < JK_SIGNATURE_KEPT ? len : JK_SIGNATURE_KEPT);
        out->blob_len += len;
    }
    return out->blob_len > JK_KEY_ID_SIZE;
}

bool jk_signature_line_read(struct jk_span line, struct jk_signature_line *out)
{
    if (!jk_span_starts(line, JK_SPAN(JK_NOTE_MARK))) return false;
    line = (struct jk_span){line.at + sizeof(JK_NOTE_MARK) - 1, line.len - (sizeof(JK_NOTE_MARK) - 1)};
    return jk_span_cut(&line, ' ', &out->name) && jk_note_name_valid(out->name) && read_blob(line, out);
}

static enum jk_status bad_line(struct jk_span line, struct jk_error *error)
{
    char shown[SHORT];

    jk_text_shorten(line, shown, sizeof(shown));
    return jk_fail(
        error, JK_INVALID_ARGUMENT, "NOTE_MALFORMED",
        "the line \"%s\" is not a signature line: after the last empty line there may only be lines of the form "
        "\"\u2014 <name> <base64>\"",
        shown);
}

static enum jk_status check_signatures(struct jk_span lines, struct jk_error *error)
{
    struct jk_signature_line signature;
    struct jk_span line;
    size_t count = 0;

    while (jk_span_line(&lines, &line)) {
        if (++count > JK_NOTE_SIGNATURES)
            return jk_fail(error, JK_INVALID_ARGUMENT, "NOTE_MALFORMED",
                           "the note has more than %d signature lines: leave out those that are not needed",
                           JK_NOTE_SIGNATURES);
        if (!jk_signature_line_read(line, &signature)) return bad_line(line, error);
    }
    return count > 0 ? JK_OK : malformed_note(error, "has no signature line after its last empty line: sign it");
}

enum jk_status jk_note_open(struct jk_span note, struct jk_span *out_body, struct jk_span *out_signatures,
                            struct jk_error *error)
{
    struct jk_span body, signatures;

    JK_TRY(check_text(note, error));

    /* the last empty line separates body and signatures: a body may contain empty lines itself */
    const char *found = memrchr(note.at, '\n', note.len);
    while (found && found > note.at && found[-1] != '\n')
        found = memrchr(note.at, '\n', (size_t)(found - note.at));
    if (!found || found == note.at)
        return malformed_note(error, "has no empty line between body and signatures: add one");
    body = (struct jk_span){note.at, (size_t)(found - note.at)};
    signatures = (struct jk_span){found + 1, note.len - body.len - 1};

    JK_TRY(check_signatures(signatures, error));
    *out_body = body;
    *out_signatures = signatures;
    return JK_OK;
}

static void key_id_bytes(uint32_t key_id, unsigned char out_bytes[JK_KEY_ID_SIZE])
{
    for (int i = 0; i < JK_KEY_ID_SIZE; i++)
        out_bytes[i] = (unsigned char)(key_id >> (24 - 8 * i));
}

bool jk_signature_line_is_of(const struct jk_signature_line *line, const struct jk_verifier *verifier)
{
    unsigned char key_id[JK_KEY_ID_SIZE];

    key_id_bytes(verifier->key_id, key_id);
    return jk_span_equal(line->name, jk_span_of(verifier->name)) && memcmp(line->blob, key_id, sizeof(key_id)) == 0;
}

void jk_signature_line_write(const struct jk_verifier *verifier, struct jk_span signature, struct jk_text *out)
{
    unsigned char blob[JK_SIGNATURE_KEPT];
    size_t len = JK_KEY_ID_SIZE + signature.len;

    JK_CHECK(len <= sizeof(blob));
    key_id_bytes(verifier->key_id, blob);
    memcpy(blob + JK_KEY_ID_SIZE, signature.at, signature.len);
    jk_text_addf(out, JK_NOTE_MARK "%s ", verifier->name);
    jk_base64_encode(out, blob, len);
    jk_text_add_char(out, '\n');
}

enum jk_status jk_note_verify(struct jk_span note, const struct jk_verifier *verifier, struct jk_span *out_body,
                              struct jk_error *error)
{
    struct jk_span body, signatures;

    JK_TRY(jk_note_open(note, &body, &signatures, error));

    struct jk_span lines = signatures;
    struct jk_signature_line signature;
    struct jk_span line;
    bool found = false;
    while (jk_span_line(&lines, &line)) {
        if (!jk_signature_line_read(line, &signature) || !jk_signature_line_is_of(&signature, verifier)) continue;
        if (signature.blob_len != BLOB_BYTES || !jk_verifier_check(verifier, body, signature.blob + JK_KEY_ID_SIZE))
            return jk_fail(error, JK_INVALID_ARGUMENT, "NOTE_SIGNATURE_WRONG",
                           "the signature of %s+%08x does not fit the note: one of them was changed; fetch it again",
                           verifier->name, verifier->key_id);
        found = true;
    }
    if (!found)
        return jk_fail(error, JK_INVALID_ARGUMENT, "NOTE_UNSIGNED",
                       "the note has no signature by %s+%08x: check which verifier key belongs to it", verifier->name,
                       verifier->key_id);

    *out_body = body;
    return JK_OK;
}

enum jk_status jk_note_sign_line(const struct jk_signer *signer, struct jk_span body, struct jk_text *out_line,
                                 struct jk_error *error)
{
    unsigned char signature[JK_SIGNATURE_SIZE];

    if (!jk_signer_sign(signer, body, signature))
        return jk_fail(error, JK_INTERNAL, "SIGNING_FAILED", "OpenSSL could not sign the note");
    jk_signature_line_write(jk_signer_verifier(signer), (struct jk_span){(char *)signature, sizeof(signature)},
                            out_line);
    if (out_line->failed)
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NOTE_TOO_LARGE", "there is no room for the signed note");
    return JK_OK;
}

/* Built separately, so that a failure leaves out_note unchanged. */
enum jk_status jk_note_sign(const struct jk_signer *signer, struct jk_span body, struct jk_text *out_note,
                            struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};

    JK_TRY(check_text(body, error));
    jk_text_add(&note, body);
    jk_text_add_char(&note, '\n');
    JK_TRY(jk_note_sign_line(signer, body, &note, error));
    if (note.len > JK_NOTE_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "NOTE_MALFORMED",
                       "the signed note would have %zu bytes; at most %d are allowed: shorten the text", note.len,
                       JK_NOTE_MAX);
    jk_text_add(out_note, jk_text_span(&note));
    if (out_note->failed)
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NOTE_TOO_LARGE", "there is no room for the signed note");
    return JK_OK;
}
