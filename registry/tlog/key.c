/* Names, signers and verifiers of signed notes. OpenSSL's Ed25519; see note.h. */
#include "tlog/note.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "tlog/note_inside.h"

#define KEY_BYTES 33 /* type and public key */

struct jk_signer {
    EVP_PKEY *key;
    struct jk_verifier verifier;
};

/* Unicode's White_Space, except for characters below U+0021. */
static bool is_wide_space(uint32_t c)
{
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x3000;
}

bool jk_note_name_valid(struct jk_span name)
{
    if (name.len == 0 || name.len > JK_ORIGIN_MAX || !jk_utf8_valid(name)) return false;
    for (size_t at = 0; at < name.len;) {
        /* the code point in valid UTF-8 */
        unsigned char first = (unsigned char)name.at[at++];
        unsigned more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
        uint32_t point = more == 0 ? first : first & (0x3fU >> more);
        while (more-- > 0)
            point = point << 6 | ((unsigned char)name.at[at++] & 0x3f);
        bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);

        if (control || point == ' ' || point == '+' || is_wide_space(point)) return false;
    }
    return true;
}

static void typed_key(unsigned char type, const unsigned char public_key[32], unsigned char out_bytes[KEY_BYTES])
{
    out_bytes[0] = type;
    memcpy(out_bytes + 1, public_key, 32);
}

uint32_t jk_typed_key_id(struct jk_span name, unsigned char type, const unsigned char public_key[32])
{
    unsigned char key[KEY_BYTES];
    typed_key(type, public_key, key);
    const struct jk_span parts[3] = {name, JK_SPAN("\n"), {(const char *)key, sizeof(key)}};
    struct jk_digest digest = jk_digest_parts(parts, 3);

    return (uint32_t)digest.bytes[0] << 24 | (uint32_t)digest.bytes[1] << 16 | (uint32_t)digest.bytes[2] << 8 |
           (uint32_t)digest.bytes[3];
}

/* `name` is valid. */
static void verifier_fill(struct jk_verifier *verifier, struct jk_span name, unsigned char type)
{
    memcpy(verifier->name, name.at, name.len);
    verifier->name[name.len] = '\0';
    verifier->key_id = jk_typed_key_id(name, type, verifier->public_key);
}

struct jk_signer *jk_signer_new(struct jk_span name, const unsigned char seed[32])
{
    struct jk_signer *signer;
    size_t len = 32;

    if (!jk_note_name_valid(name)) return NULL;
    signer = calloc(1, sizeof(*signer));
    if (!signer) return NULL;
    signer->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    if (!signer->key || EVP_PKEY_get_raw_public_key(signer->key, signer->verifier.public_key, &len) != 1 || len != 32) {
        jk_signer_free(signer);
        return NULL;
    }
    verifier_fill(&signer->verifier, name, JK_TYPE_ED25519);
    return signer;
}

void jk_signer_free(struct jk_signer *signer)
{
    if (!signer) return;
    EVP_PKEY_free(signer->key); /* OpenSSL clears private keys */
    free(signer);
}

const struct jk_verifier *jk_signer_verifier(const struct jk_signer *signer)
{
    return &signer->verifier;
}

bool jk_signer_sign(const struct jk_signer *signer, struct jk_span message,
                    unsigned char out_signature[JK_SIGNATURE_SIZE])
{
    unsigned char signature[JK_SIGNATURE_SIZE];
    size_t len = sizeof(signature);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context && EVP_DigestSignInit(context, NULL, NULL, NULL, signer->key) == 1 &&
                EVP_DigestSign(context, signature, &len, (const unsigned char *)message.at, message.len) == 1 &&
                len == sizeof(signature);

    EVP_MD_CTX_free(context);
    if (done) memcpy(out_signature, signature, sizeof(signature));
    return done;
}

bool jk_verifier_check(const struct jk_verifier *verifier, struct jk_span message,
                       const unsigned char signature[JK_SIGNATURE_SIZE])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, verifier->public_key, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool right =
        key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
        EVP_DigestVerify(context, signature, JK_SIGNATURE_SIZE, (const unsigned char *)message.at, message.len) == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return right;
}

bool jk_typed_key_parse(struct jk_span text, unsigned char type, struct jk_verifier *out_verifier)
{
    struct jk_verifier verifier = {0};
    struct jk_span name, hex;
    unsigned char key[KEY_BYTES], id[4];
    size_t len;

    if (!jk_span_cut(&text, '+', &name) || !jk_span_cut(&text, '+', &hex) || !jk_note_name_valid(name)) return false;
    if (hex.len != 2 * sizeof(id) || !jk_hex_decode(hex, id, sizeof(id))) return false;
    if (!jk_base64_decode(text, key, sizeof(key), &len) || len != KEY_BYTES || key[0] != type) return false;
    memcpy(verifier.public_key, key + 1, 32);
    verifier_fill(&verifier, name, type);
    if (verifier.key_id != ((uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | (uint32_t)id[3]))
        return false;
    *out_verifier = verifier;
    return true;
}

bool jk_foreign_key_parse(struct jk_span text, unsigned char *out_type, struct jk_digest *out_digest)
{
    unsigned char key[JK_FOREIGN_KEY_MAX], id[4];
    struct jk_span name, hex;
    size_t len;

    if (!jk_span_cut(&text, '+', &name) || !jk_span_cut(&text, '+', &hex) || !jk_note_name_valid(name)) return false;
    if (hex.len != 2 * sizeof(id) || !jk_hex_decode(hex, id, sizeof(id))) return false;
    if (!jk_base64_decode(text, key, sizeof(key), &len) || len < 2) return false;
    *out_type = key[0];
    *out_digest = jk_digest_of((struct jk_span){(const char *)key, len});
    return true;
}

void jk_typed_key_write(const struct jk_verifier *verifier, unsigned char type, struct jk_text *out)
{
    unsigned char key[KEY_BYTES];

    typed_key(type, verifier->public_key, key);
    jk_text_addf(out, "%s+%08x+", verifier->name, verifier->key_id);
    jk_base64_encode(out, key, sizeof(key));
}

bool jk_verifier_parse(struct jk_span text, struct jk_verifier *out_verifier)
{
    return jk_typed_key_parse(text, JK_TYPE_ED25519, out_verifier);
}

void jk_verifier_write(const struct jk_verifier *verifier, struct jk_text *out)
{
    jk_typed_key_write(verifier, JK_TYPE_ED25519, out);
}
