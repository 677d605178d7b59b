/* The text of tokens: made from 256 random bits, recognised by its form, stored only as its SHA-256. Pure but for the
 * random bytes; secrets are wiped. */
#include "auth/access.h"
#include "auth/token.h"

#define TOKEN_BYTES 32

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void jk_token_make(char out_text[JK_TOKEN_TEXT])
{
    unsigned char bytes[TOKEN_BYTES];
    jk_random_bytes(bytes, sizeof bytes);
    memcpy(out_text, JK_TOKEN_PREFIX, sizeof JK_TOKEN_PREFIX - 1);

    /* unpadded base64url (RFC 4648, section 5) of 32 bytes: 43 characters, the last of which holds four bits */
    char *out = out_text + sizeof JK_TOKEN_PREFIX - 1;
    unsigned held = 0, bits = 0;
    for (size_t i = 0; i < TOKEN_BYTES; i++) {
        held = held << 8 | bytes[i];
        bits += 8;
        while (bits >= 6) {
            bits -= 6;
            *out++ = alphabet[held >> bits & 63];
        }
    }
    *out++ = alphabet[held << (6 - bits) & 63];
    *out = '\0';

    explicit_bzero(bytes, sizeof bytes);
}

struct jk_digest jk_token_hash(struct jk_span text)
{
    return jk_digest_of(text);
}

bool jk_token_is_shaped(struct jk_span text)
{
    if (text.len != JK_TOKEN_TEXT - 1 || !jk_span_starts(text, JK_SPAN(JK_TOKEN_PREFIX))) return false;
    for (size_t i = sizeof JK_TOKEN_PREFIX - 1; i < text.len; i++)
        if (!memchr(alphabet, text.at[i], sizeof alphabet - 1)) return false;
    return true;
}
