/* Reading, merging and publishing checkpoints; see published.h. */
#include "tiles/published.h"

#define KEY_ID 4

void jk_published_init(struct jk_published *published)
{
    *published = (struct jk_published){.present = false};
    jk_text_init(&published->note, JK_NOTE_MAX);
}

void jk_published_done(struct jk_published *published)
{
    jk_text_done(&published->note);
}

static enum jk_status open_published(struct jk_span note, struct jk_span *out_body, struct jk_span *out_signatures,
                                     struct jk_checkpoint *out_checkpoint, struct jk_error *error)
{
    JK_TRY(jk_note_open(note, out_body, out_signatures, error));
    return jk_checkpoint_parse(*out_body, out_checkpoint, error);
}

enum jk_status jk_published_read(struct jk_folder *folder, struct jk_published *out_published, struct jk_error *error)
{
    struct jk_error why;
    struct jk_span body, signatures;
    enum jk_status status;

    jk_error_init(&why, NULL);
    out_published->present = false;
    status = jk_folder_read(folder, JK_PUBLISHED_FILE, &out_published->note, &why);
    if (status == JK_NOT_FOUND) return JK_OK;
    if (status == JK_UNAVAILABLE) return jk_fail(error, status, why.reason, "%s", why.message);
    if (status == JK_OK)
        status =
            open_published(jk_text_span(&out_published->note), &body, &signatures, &out_published->checkpoint, &why);
    if (status != JK_OK)
        return jk_fail(error, JK_DATA_LOSS, "PUBLIC_CHECKPOINT",
                       "%s/" JK_PUBLISHED_FILE " is not a checkpoint (%.200s): remove it, and run jokbod tiles rebuild",
                       jk_folder_path(folder), why.message);
    out_published->present = true;
    return JK_OK;
}

/* ---- signature lines ---- */

/* "— <name> <base64>": the name, and the first decoded bytes. */
static bool signer_of(struct jk_span line, struct jk_span *out_name, unsigned char out_id[KEY_ID])
{
    struct jk_span dash, rest = line;
    unsigned char bytes[6]; /* eight base64 digits */
    size_t len;

    return jk_span_cut(&rest, ' ', &dash) && jk_span_cut(&rest, ' ', out_name) && rest.len >= 8 &&
           jk_base64_decode((struct jk_span){rest.at, 8}, bytes, sizeof(bytes), &len) && len >= KEY_ID &&
           memcpy(out_id, bytes, KEY_ID) != NULL;
}

static bool same_signer(struct jk_span a, struct jk_span b)
{
    unsigned char id_a[KEY_ID], id_b[KEY_ID];
    struct jk_span name_a, name_b;

    if (!signer_of(a, &name_a, id_a) || !signer_of(b, &name_b, id_b)) return jk_span_equal(a, b);
    return jk_span_equal(name_a, name_b) && memcmp(id_a, id_b, KEY_ID) == 0;
}

static bool has_signer(struct jk_span lines, struct jk_span line, size_t *out_count)
{
    struct jk_span one;
    bool found = false;

    *out_count = 0;
    while (jk_span_line(&lines, &one)) {
        found = found || same_signer(one, line);
        ++*out_count;
    }
    return found;
}

/* Ours come first, so that foreign lines in the folder cannot crowd them out. */
static void add_signature_lines(struct jk_text *note, size_t body_len, struct jk_span lines)
{
    struct jk_span line;
    size_t count;

    while (jk_span_line(&lines, &line)) {
        struct jk_span there = {note->bytes + body_len, note->len - body_len};

        if (has_signer(there, line, &count) || count >= JK_NOTE_SIGNATURES) continue;
        jk_text_add(note, line);
        jk_text_add_char(note, '\n');
    }
}

enum jk_status jk_published_join(struct jk_span fresh, struct jk_span earlier, struct jk_text *out_note,
                                 struct jk_error *error)
{
    struct jk_span body, body_earlier, lines, lines_earlier;
    size_t start;

    JK_TRY(jk_note_open(fresh, &body, &lines, error));
    JK_TRY(jk_note_open(earlier, &body_earlier, &lines_earlier, error));
    if (!jk_span_equal(body, body_earlier))
        return jk_fail(error, JK_INTERNAL, "NOTES_DIFFER", "notes with different texts cannot be merged");
    jk_text_clear(out_note);
    jk_text_add(out_note, body);
    jk_text_add_char(out_note, '\n');
    start = out_note->len;
    add_signature_lines(out_note, start, lines);
    add_signature_lines(out_note, start, lines_earlier);
    return out_note->failed ? jk_fail(error, JK_RESOURCE_EXHAUSTED, "NOTE_TOO_LARGE",
                                      "the checkpoint and its signatures would have more than %d bytes", JK_NOTE_MAX)
                            : JK_OK;
}

/* ---- putting up ---- */

static enum jk_status check_growth(const struct jk_folder *folder, const struct jk_checkpoint *old,
                                   const struct jk_checkpoint *new, struct jk_error *error)
{
    if (!jk_span_equal(old->origin, new->origin))
        return jk_fail(error, JK_DATA_LOSS, "CHECKPOINT_CHANGED",
                       "%s holds the log \"%.*s\", not \"%.*s\": give each log a folder of its own",
                       jk_folder_path(folder), JK_SPAN_ARG(old->origin), JK_SPAN_ARG(new->origin));
    if (old->size > new->size)
        return jk_fail(error, JK_ABORTED, "CHECKPOINT_AHEAD", "%s holds %llu entries already, more than %llu",
                       jk_folder_path(folder), (unsigned long long)old->size, (unsigned long long)new->size);
    if (old->size == new->size && !jk_digest_equal(&old->root, &new->root))
        return jk_fail(error, JK_DATA_LOSS, "CHECKPOINT_CHANGED",
                       "%s/" JK_PUBLISHED_FILE " has another root for the same %llu entries: the log was forked",
                       jk_folder_path(folder), (unsigned long long)old->size);
    return JK_OK;
}

static enum jk_status put_over(struct jk_folder *folder, const struct jk_published *old, struct jk_span note,
                               struct jk_error *error)
{
    struct jk_text joined;
    enum jk_status status;

    jk_text_init(&joined, JK_NOTE_MAX);
    status = jk_published_join(note, jk_text_span(&old->note), &joined, error);
    if (status == JK_OK && !jk_span_equal(jk_text_span(&joined), jk_text_span(&old->note)))
        status = jk_folder_replace(folder, JK_PUBLISHED_FILE, jk_text_span(&joined), error);
    jk_text_done(&joined);
    return status;
}

enum jk_status jk_published_put(struct jk_folder *folder, struct jk_span note, struct jk_error *error)
{
    struct jk_span body, signatures;
    struct jk_checkpoint new;
    struct jk_published old;
    enum jk_status status;

    JK_TRY(open_published(note, &body, &signatures, &new, error));
    jk_published_init(&old);
    status = jk_published_read(folder, &old, error);
    if (status == JK_OK && old.present) status = check_growth(folder, &old.checkpoint, &new, error);
    if (status == JK_OK)
        status = old.present && old.checkpoint.size == new.size
                     ? put_over(folder, &old, note, error)
                     : jk_folder_replace(folder, JK_PUBLISHED_FILE, note, error);
    jk_published_done(&old);
    return status;
}
