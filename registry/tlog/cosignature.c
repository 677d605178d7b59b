/* Verifying cosignatures; see cosignature.h. */
#include "tlog/cosignature.h"

#include "base/defer.h"
#include "tlog/note_inside.h"

#define TIME_MAX INT64_MAX

bool jk_cosigner_parse(struct jk_span text, struct jk_cosigner *out_cosigner)
{
    return jk_typed_key_parse(text, JK_TYPE_COSIGNER, &out_cosigner->key);
}

static uint64_t read_time(const unsigned char bytes[JK_TIMESTAMP_SIZE])
{
    uint64_t time_s = 0;

    for (int i = 0; i < JK_TIMESTAMP_SIZE; i++)
        time_s = time_s << 8 | bytes[i];
    return time_s;
}

/* A checkpoint's cosignature always has a time: zero is for subtrees only. */
static bool check_cosignature(const struct jk_signature_line *line, struct jk_span body,
                              const struct jk_cosigner *cosigner, uint64_t *out_time_s)
{
    JK_CLEANUP(jk_text_done) struct jk_text message = {0};
    uint64_t time_s;

    if (line->blob_len != JK_SIGNATURE_KEPT) return false;
    time_s = read_time(line->blob + JK_KEY_ID_SIZE);
    if (time_s == 0 || time_s > TIME_MAX) return false;
    jk_text_addf(&message, "cosignature/v1\ntime %llu\n", (unsigned long long)time_s);
    jk_text_add(&message, body);
    *out_time_s = time_s;
    return !message.failed &&
           jk_verifier_check(&cosigner->key, jk_text_span(&message), line->blob + JK_KEY_ID_SIZE + JK_TIMESTAMP_SIZE);
}

enum jk_status jk_cosignature_verify(struct jk_span body, struct jk_span lines, const struct jk_cosigner *cosigner,
                                     struct jk_cosignature *out, struct jk_error *error)
{
    const char *end = lines.len > 0 ? lines.at + lines.len : lines.at;
    struct jk_cosignature found = {0};
    struct jk_signature_line parts;
    struct jk_span line;

    while (jk_span_line(&lines, &line)) {
        uint64_t time_s;

        if (!jk_signature_line_read(line, &parts) || !jk_signature_line_is_of(&parts, &cosigner->key)) continue;
        if (!check_cosignature(&parts, body, cosigner, &time_s) || line.at + line.len == end)
            return jk_fail(error, JK_INVALID_ARGUMENT, "COSIGNATURE_WRONG",
                           "the cosignature of %s+%08x does not fit the checkpoint: one of them was changed",
                           cosigner->key.name, cosigner->key.key_id);
        if (time_s > found.time_s) found = (struct jk_cosignature){time_s, {line.at, line.len + 1}};
    }
    if (found.time_s == 0)
        return jk_fail(error, JK_INVALID_ARGUMENT, "COSIGNATURE_ABSENT", "the checkpoint has no cosignature by %s+%08x",
                       cosigner->key.name, cosigner->key.key_id);
    *out = found;
    return JK_OK;
}
