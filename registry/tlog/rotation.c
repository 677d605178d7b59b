/* Replacing a log's signing key; see rotation.h. */
#include "tlog/rotation.h"

#include "base/defer.h"

static bool write_message(const struct jk_verifier *next, struct jk_text *out)
{
    jk_text_addf(out, "jokbo/key/v1\norigin %s\nkey ", next->name);
    jk_verifier_write(next, out);
    jk_text_add_char(out, '\n');
    return !out->failed;
}

bool jk_rotation_sign(const struct jk_signer *signer, const struct jk_verifier *next, struct jk_text *out_signature)
{
    JK_CLEANUP(jk_text_done) struct jk_text message = {0};
    unsigned char signature[JK_SIGNATURE_SIZE];

    if (!write_message(next, &message) || !jk_signer_sign(signer, jk_text_span(&message), signature)) return false;
    jk_base64_encode(out_signature, signature, sizeof(signature));
    return !out_signature->failed;
}

bool jk_rotation_verify(struct jk_span previous, struct jk_span next, struct jk_span signature)
{
    JK_CLEANUP(jk_text_done) struct jk_text message = {0};
    struct jk_verifier old_key, new_key;
    unsigned char bytes[JK_SIGNATURE_SIZE];
    size_t len;

    return jk_verifier_parse(previous, &old_key) && jk_verifier_parse(next, &new_key) &&
           strcmp(old_key.name, new_key.name) == 0 && jk_base64_decode(signature, bytes, sizeof(bytes), &len) &&
           len == sizeof(bytes) && write_message(&new_key, &message) &&
           jk_verifier_check(&old_key, jk_text_span(&message), bytes);
}
