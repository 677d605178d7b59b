/* Signed notes: splitting, checking and signing. Pure but for OpenSSL's Ed25519; see note.h. */
#include "tlog/note.h"

#include "base/defer.h"

#define MARK         "\xe2\x80\x94 " /* U+2014 and a space open a signature line */
#define KEY_ID_BYTES 4
#define BLOB_BYTES   (KEY_ID_BYTES + JK_SIGNATURE_SIZE)
#define CHUNK_TEXT   1024 /* base64 is read in pieces: lines of other key types may be long */
#define CHUNK_BYTES  (CHUNK_TEXT / 4 * 3)
#define SHORT        256

struct signature {
    struct jk_span name;
    unsigned char blob[BLOB_BYTES]; /* key id and the first bytes of the signature */
    size_t blob_len;                /* of the whole: may exceed BLOB_BYTES */
};

static enum jk_status malformed(struct jk_error *error, const char *rule)
{
    return jk_fail(error, JK_INVALID_ARGUMENT, "NOTE_MALFORMED", "the note %s", rule);
}

static bool has_control(struct jk_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] < 0x20 && text.at[i] != '\n') return true;
    }
    return false;
}

/* What holds for a note and for its body alike. */
static enum jk_status check_text(struct jk_span text, struct jk_error *error)
{
    if (text.len > JK_NOTE_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "NOTE_MALFORMED",
                       "the note has %zu bytes; at most %d are allowed: shorten it", text.len, JK_NOTE_MAX);
    if (text.len == 0 || text.at[text.len - 1] != '\n')
        return malformed(error, "does not end in a line feed: add the last one");
    if (!jk_utf8_valid(text))
        return malformed(error, "is not valid UTF-8 without NUL: send the bytes as they were signed");
    if (has_control(text)) return malformed(error, "holds a control character other than line feed: remove it");
    return JK_OK;
}

/* Strict base64 of any length, of which only the first bytes are kept. */
static bool read_blob(struct jk_span text, struct signature *out)
{
    unsigned char chunk[CHUNK_BYTES];

    out->blob_len = 0;
    while (text.len > 0) {
        size_t take = text.len < CHUNK_TEXT ? text.len : CHUNK_TEXT;
        size_t len;

        if (!jk_base64_decode((struct jk_span){text.at, take}, chunk, sizeof(chunk), &len)) return false;
        text = (struct jk_span){text.at + take, text.len - take};
        if (text.len > 0 && len != CHUNK_BYTES) return false; /* padding amid the text */
        if (out->blob_len == 0) memcpy(out->blob, chunk, len < BLOB_BYTES ? len : BLOB_BYTES);
        out->blob_len += len;
    }
    return out->blob_len > KEY_ID_BYTES;
}

static bool read_signature(struct jk_span line, struct signature *out)
{
    if (!jk_span_starts(line, JK_SPAN(MARK))) return false;
    line = (struct jk_span){line.at + sizeof(MARK) - 1, line.len - (sizeof(MARK) - 1)};
    return jk_span_cut(&line, ' ', &out->name) && jk_note_name_valid(out->name) && read_blob(line, out);
}

static enum jk_status bad_line(struct jk_span line, struct jk_error *error)
{
    char shown[SHORT];

    jk_text_shorten(line, shown, sizeof(shown));
    return jk_fail(error, JK_INVALID_ARGUMENT, "NOTE_MALFORMED",
                   "the line \"%s\" is no signature line: after the last empty line only lines of the form "
                   "\"\u2014 <name> <base64>\" may stand",
                   shown);
}

static enum jk_status check_signatures(struct jk_span lines, struct jk_error *error)
{
    struct signature signature;
    struct jk_span line;
    size_t count = 0;

    while (jk_span_line(&lines, &line)) {
        if (++count > JK_NOTE_SIGNATURES)
            return jk_fail(error, JK_INVALID_ARGUMENT, "NOTE_MALFORMED",
                           "the note has more than %d signature lines: leave out those that are not needed",
                           JK_NOTE_SIGNATURES);
        if (!read_signature(line, &signature)) return bad_line(line, error);
    }
    return count > 0 ? JK_OK : malformed(error, "has no signature line after its last empty line: sign it");
}

/* The last empty line parts body and signatures: a body may hold empty lines of its own. */
static bool split_note(struct jk_span note, struct jk_span *out_body, struct jk_span *out_signatures)
{
    const char *found = memrchr(note.at, '\n', note.len);

    while (found && found > note.at && found[-1] != '\n')
        found = memrchr(note.at, '\n', (size_t)(found - note.at));
    if (!found || found == note.at) return false;
    *out_body = (struct jk_span){note.at, (size_t)(found - note.at)};
    *out_signatures = (struct jk_span){found + 1, note.len - out_body->len - 1};
    return true;
}

enum jk_status jk_note_open(struct jk_span note, struct jk_span *out_body, struct jk_span *out_signatures,
                            struct jk_error *error)
{
    struct jk_span body, signatures;

    JK_TRY(check_text(note, error));
    if (!split_note(note, &body, &signatures))
        return malformed(error, "has no empty line between body and signatures: add one");
    JK_TRY(check_signatures(signatures, error));
    *out_body = body;
    *out_signatures = signatures;
    return JK_OK;
}

static void key_id_bytes(uint32_t key_id, unsigned char out_bytes[KEY_ID_BYTES])
{
    for (int i = 0; i < KEY_ID_BYTES; i++)
        out_bytes[i] = (unsigned char)(key_id >> (24 - 8 * i));
}

static bool is_of(const struct signature *signature, const struct jk_verifier *verifier)
{
    unsigned char key_id[KEY_ID_BYTES];

    key_id_bytes(verifier->key_id, key_id);
    return jk_span_equal(signature->name, jk_span_of(verifier->name)) &&
           memcmp(signature->blob, key_id, KEY_ID_BYTES) == 0;
}

/* `lines` have passed check_signatures. */
static enum jk_status verify_lines(struct jk_span body, struct jk_span lines, const struct jk_verifier *verifier,
                                   struct jk_error *error)
{
    struct signature signature;
    struct jk_span line;
    bool found = false;

    while (jk_span_line(&lines, &line)) {
        if (!read_signature(line, &signature) || !is_of(&signature, verifier)) continue;
        if (signature.blob_len != BLOB_BYTES || !jk_verifier_check(verifier, body, signature.blob + KEY_ID_BYTES))
            return jk_fail(error, JK_INVALID_ARGUMENT, "NOTE_SIGNATURE_WRONG",
                           "the signature of %s+%08x does not fit the note: one of them was changed; fetch it again",
                           verifier->name, verifier->key_id);
        found = true;
    }
    if (!found)
        return jk_fail(error, JK_INVALID_ARGUMENT, "NOTE_UNSIGNED",
                       "the note holds no signature of %s+%08x: check which verifier key belongs to it", verifier->name,
                       verifier->key_id);
    return JK_OK;
}

enum jk_status jk_note_verify(struct jk_span note, const struct jk_verifier *verifier, struct jk_span *out_body,
                              struct jk_error *error)
{
    struct jk_span body, signatures;

    JK_TRY(jk_note_open(note, &body, &signatures, error));
    JK_TRY(verify_lines(body, signatures, verifier, error));
    *out_body = body;
    return JK_OK;
}

/* Built apart, so that a failure leaves out_note as it was. */
enum jk_status jk_note_sign(const struct jk_signer *signer, struct jk_span body, struct jk_text *out_note,
                            struct jk_error *error)
{
    const struct jk_verifier *verifier = jk_signer_verifier(signer);
    unsigned char blob[BLOB_BYTES];
    JK_CLEANUP(jk_text_done) struct jk_text note = {0};

    JK_TRY(check_text(body, error));
    key_id_bytes(verifier->key_id, blob);
    if (!jk_signer_sign(signer, body, blob + KEY_ID_BYTES))
        return jk_fail(error, JK_INTERNAL, "SIGNING_FAILED", "OpenSSL could not sign the note");
    jk_text_add(&note, body);
    jk_text_addf(&note, "\n" MARK "%s ", verifier->name);
    jk_base64_encode(&note, blob, sizeof(blob));
    jk_text_add_char(&note, '\n');
    if (note.len > JK_NOTE_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "NOTE_MALFORMED",
                       "the signed note would have %zu bytes; at most %d are allowed: shorten the text", note.len,
                       JK_NOTE_MAX);
    if (!note.failed) jk_text_add(out_note, jk_text_span(&note));
    if (note.failed || out_note->failed)
        return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NOTE_TOO_LONG", "there is no room for the signed note");
    return JK_OK;
}
