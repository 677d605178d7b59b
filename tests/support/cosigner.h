/* A witness for tests: its key, and the cosignatures that it gives. */
#ifndef JK_TESTS_COSIGNER_H
#define JK_TESTS_COSIGNER_H

#include "base/defer.h"
#include "tlog/cosignature.h"
#include "tlog/note_inside.h"

/* The cosigner's key that belongs to a signer's name and key. */
static inline struct jk_cosigner cosigner_of(const struct jk_signer *signer)
{
    struct jk_cosigner cosigner = {.key = *jk_signer_verifier(signer)};
    cosigner.key.key_id = jk_typed_key_id(jk_span_of(cosigner.key.name), JK_TYPE_COSIGNER, cosigner.key.public_key);
    return cosigner;
}

static inline void cosigner_write(const struct jk_cosigner *cosigner, struct jk_text *out)
{
    jk_typed_key_write(&cosigner->key, JK_TYPE_COSIGNER, out);
}

/* Appends the line of a cosignature of that time; false where memory is out. */
static inline bool cosignature_make(const struct jk_signer *signer, struct jk_span body, uint64_t time_s,
                                    struct jk_text *out_line)
{
    struct jk_cosigner cosigner = cosigner_of(signer);
    unsigned char blob[JK_TIMESTAMP_SIZE + JK_SIGNATURE_SIZE];
    JK_CLEANUP(jk_text_done) struct jk_text message = {0};
    for (int i = 0; i < JK_TIMESTAMP_SIZE; i++)
        blob[i] = (unsigned char)(time_s >> (56 - 8 * i));
    jk_text_addf(&message, "cosignature/v1\ntime %llu\n", (unsigned long long)time_s);
    jk_text_add(&message, body);
    if (message.failed || !jk_signer_sign(signer, jk_text_span(&message), blob + JK_TIMESTAMP_SIZE)) return false;
    jk_signature_line_write(&cosigner.key, (struct jk_span){(char *)blob, sizeof blob}, out_line);
    return !out_line->failed;
}

#endif
