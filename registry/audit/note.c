/* Keys and checkpoints: see audit.h. */
#include "audit/audit.h"

bool jk_audit_keys_parse(struct jk_span text, struct jk_audit_keys *out_keys)
{
    struct jk_audit_keys keys = {.count = 0};
    struct jk_span line;
    while (jk_span_line(&text, &line)) {
        line = jk_span_trim(line);
        if (line.len == 0) continue;
        if (keys.count == JK_AUDIT_KEYS_MAX || !jk_verifier_parse(line, &keys.keys[keys.count])) return false;
        keys.count++;
    }
    if (keys.count == 0) return false;
    *out_keys = keys;
    return true;
}

/* A wrong signature of a known key fails at once; a key that did not sign is ignored. NULL: none of them did. */
static enum jk_status find_note_key(struct jk_span note, const struct jk_audit_keys *keys,
                                    const struct jk_verifier **out_key, struct jk_error *error)
{
    struct jk_span body;
    *out_key = NULL;
    for (size_t i = 0; i < keys->count; i++) {
        struct jk_error own;
        jk_error_init(&own, NULL);
        if (jk_note_verify(note, &keys->keys[i], &body, &own) == JK_OK) {
            *out_key = &keys->keys[i];
            return JK_OK;
        }
        if (own.reason && strcmp(own.reason, "NOTE_UNSIGNED") == 0) continue;
        return jk_fail(error, JK_DATA_LOSS, "AUDIT_SIGNATURE", "the checkpoint: %s", own.message);
    }
    return JK_OK;
}

/* Lines are "— <name> <base64>". */
static bool next_name(struct jk_span *rest, struct jk_span *out_name)
{
    struct jk_span line, dash;
    while (jk_span_line(rest, &line))
        if (jk_span_cut(&line, ' ', &dash) && jk_span_cut(&line, ' ', out_name)) return true;
    return false;
}

static bool is_signed_by(struct jk_span lines, struct jk_span name)
{
    struct jk_span signer;
    while (next_name(&lines, &signer))
        if (jk_span_equal(signer, name)) return true;
    return false;
}

static enum jk_status unsigned_note(const struct jk_audit_keys *keys, struct jk_error *error)
{
    return jk_fail(error, JK_DATA_LOSS, "AUDIT_SIGNATURE", "the checkpoint is not signed by the key %.200s+%08x%s",
                   keys->keys[0].name, keys->keys[0].key_id, keys->count > 1 ? " or one of its others" : "");
}

enum jk_status jk_audit_claim_note(struct jk_span note, const struct jk_audit_keys *keys,
                                   struct jk_audit_signed *out_signed, struct jk_error *error)
{
    struct jk_audit_signed made = {.note = note};
    struct jk_span body, lines;
    struct jk_error own;
    JK_TRY(find_note_key(note, keys, &made.key, error));
    jk_error_init(&own, NULL);
    if (jk_note_open(note, &body, &lines, &own) != JK_OK || jk_checkpoint_parse(body, &made.checkpoint, &own) != JK_OK)
        return jk_fail(error, JK_DATA_LOSS, "AUDIT_MALFORMED", "the checkpoint: %s", own.message);
    const struct jk_verifier *key = made.key ? made.key : &keys->keys[0];
    if (!jk_span_equal(made.checkpoint.origin, jk_span_of(key->name)))
        return jk_fail(error, JK_DATA_LOSS, "AUDIT_SIGNATURE", "the checkpoint is of %.*s, and the key of %s",
                       JK_SPAN_ARG(made.checkpoint.origin), key->name);
    if (!is_signed_by(lines, made.checkpoint.origin)) return unsigned_note(keys, error);
    *out_signed = made;
    return JK_OK;
}

enum jk_status jk_audit_open_note(struct jk_span note, const struct jk_audit_keys *keys,
                                  struct jk_audit_signed *out_signed, struct jk_error *error)
{
    struct jk_audit_signed made;
    JK_TRY(jk_audit_claim_note(note, keys, &made, error));
    if (!made.key) return unsigned_note(keys, error);
    *out_signed = made;
    return JK_OK;
}

void jk_audit_cosigners(const struct jk_audit_signed *note, struct jk_span *out_rest)
{
    struct jk_error error;
    struct jk_span body;
    jk_error_init(&error, NULL);
    if (jk_note_open(note->note, &body, out_rest, &error) != JK_OK) *out_rest = (struct jk_span){"", 0};
}

/* The log's own names are left out. */
bool jk_audit_next_cosigner(const struct jk_audit_signed *note, struct jk_span *rest, struct jk_span *out_name)
{
    while (next_name(rest, out_name))
        if (!jk_span_equal(*out_name, note->checkpoint.origin)) return true;
    return false;
}
