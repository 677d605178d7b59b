/* The body of a checkpoint, C2SP tlog-checkpoint: origin, size, root. Pure; see note.h. */
#include "tlog/merkle.h"
#include "tlog/note.h"

#define SHORT 256

void jk_checkpoint_write(const struct jk_checkpoint *checkpoint, struct jk_text *out_body)
{
    jk_text_add(out_body, checkpoint->origin);
    jk_text_addf(out_body, "\n%llu\n", (unsigned long long)checkpoint->size);
    jk_base64_encode(out_body, checkpoint->root.bytes, JK_DIGEST_SIZE);
    jk_text_add_char(out_body, '\n');
}

static enum jk_status malformed_checkpoint(struct jk_error *error, const char *line, struct jk_span value,
                                           const char *rule)
{
    char shown[SHORT];

    jk_text_shorten(value, shown, sizeof(shown));
    return jk_fail(error, JK_INVALID_ARGUMENT, "CHECKPOINT_MALFORMED", "the checkpoint's %s \"%s\" %s", line, shown,
                   rule);
}

/* Exactly three lines, each ending in LF. */
static bool split_lines(struct jk_span body, struct jk_span out_lines[3])
{
    for (int i = 0; i < 3; i++) {
        if (!jk_span_cut(&body, '\n', &out_lines[i])) return false;
    }
    return body.len == 0;
}

enum jk_status jk_checkpoint_parse(struct jk_span body, struct jk_checkpoint *out, struct jk_error *error)
{
    struct jk_digest empty = jk_merkle_empty();
    struct jk_checkpoint checkpoint;
    struct jk_span lines[3];

    if (!split_lines(body, lines))
        return malformed_checkpoint(error, "text", body,
                                    "must be three lines, each ending in a line feed: origin, size, root");
    if (!jk_note_name_valid(lines[0]))
        return malformed_checkpoint(error, "origin", lines[0],
                                    "must be a key name: not empty, without spaces and \"+\"");
    if (!jk_span_to_u64(lines[1], &checkpoint.size) || checkpoint.size > JK_TREE_MAX)
        return malformed_checkpoint(error, "size", lines[1],
                                    "must be a decimal number without leading zeros, below 2^63");
    size_t len;
    if (!jk_base64_decode(lines[2], checkpoint.root.bytes, sizeof(checkpoint.root.bytes), &len) ||
        len != JK_DIGEST_SIZE)
        return malformed_checkpoint(error, "root", lines[2], "must be 32 bytes in padded base64");
    if (checkpoint.size == 0 && !jk_digest_equal(&checkpoint.root, &empty))
        return malformed_checkpoint(error, "root", lines[2], "must be the SHA-256 of nothing where the size is 0");
    checkpoint.origin = lines[0];
    *out = checkpoint;
    return JK_OK;
}
