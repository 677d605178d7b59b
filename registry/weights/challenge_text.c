/* See challenge_text.h. */
#include "weights/challenge_text.h"

#include "domain/lines.h"
#include "domain/manifest.h"

#define HEAD        "jokbo/challenge/v1"
#define MODEL       "model "
#define SHA256      "sha256:"
#define PARENTS_MAX JK_GRADED_MAX

struct jk_digest jk_challenge_key(const struct jk_digest *root, const struct jk_digest *release)
{
    const struct jk_span parts[] = {{(const char *)root->bytes, JK_DIGEST_SIZE},
                                    {(const char *)release->bytes, JK_DIGEST_SIZE}};
    return jk_digest_parts(parts, 2);
}

/* ---- writing ---- */

void jk_challenge_text_begin(struct jk_text *out, const struct jk_digest *release, uint64_t challenge,
                             const struct jk_digest *key)
{
    char release_hex[JK_DIGEST_HEX + 1], key_hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(release, release_hex);
    jk_digest_hex(key, key_hex);
    jk_text_addf(out, HEAD "\nrelease %s\nchallenge %llu\nkey %s\n", release_hex, (unsigned long long)challenge,
                 key_hex);
}

void jk_challenge_text_add(struct jk_text *out, const struct jk_digest *release, const struct jk_digest *artifact,
                           struct jk_span manifest)
{
    char release_hex[JK_DIGEST_HEX + 1], artifact_hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(release, release_hex);
    jk_digest_hex(artifact, artifact_hex);
    jk_text_addf(out, MODEL "%s " SHA256 "%s\n", release_hex, artifact_hex);
    jk_text_add(out, manifest);
}

/* ---- reading; each reader returns NULL, or what is wrong as the end of a sentence ---- */

struct reading {
    struct jk_lines lines;
    struct jk_challenge_text *out;
    bool only_check; /* without the sketches */
};

static bool next_value(struct jk_lines *lines, struct jk_span word, struct jk_span *out_value)
{
    return jk_lines_next(lines) && jk_line_value(lines->line, word, out_value);
}

static const char *read_challenge_head(struct jk_lines *lines, struct jk_challenge_text *out)
{
    struct jk_span value;
    if (!jk_lines_next(lines) || !jk_span_is(lines->line, HEAD)) return "must be \"" HEAD "\"";
    if (!next_value(lines, JK_SPAN("release"), &value) || !jk_digest_parse(value, &out->release))
        return "must be: release <lineage hash, 64 lower-case hexadecimal digits>";
    if (!next_value(lines, JK_SPAN("challenge"), &value) || !jk_span_to_u64(value, &out->challenge))
        return "must be: challenge <index of an entry>";
    if (!next_value(lines, JK_SPAN("key"), &value) || !jk_digest_parse(value, &out->key))
        return "must be: key <64 lower-case hexadecimal digits>";
    return NULL;
}

/* The lines up to the next model; they are counted. */
static struct jk_span take_section(struct jk_lines *lines)
{
    struct jk_span section = {lines->rest.at, 0}, word = JK_SPAN(MODEL);
    while (lines->rest.len > 0 && !jk_span_starts(lines->rest, word) && jk_lines_next(lines))
        section.len = (size_t)(lines->rest.at - section.at);
    return section;
}

static const char *read_model_line(struct reading *reading, struct jk_challenge_model *model)
{
    struct jk_challenge_text *out = reading->out;
    struct jk_span prefix = JK_SPAN(SHA256), rest, hash;
    if (!next_value(&reading->lines, JK_SPAN("model"), &rest) || !jk_span_cut(&rest, ' ', &hash) ||
        !jk_digest_parse(hash, &model->release) || !jk_span_starts(rest, prefix) ||
        !jk_digest_parse((struct jk_span){rest.at + prefix.len, rest.len - prefix.len}, &model->artifact))
        return "must be: model <lineage hash> sha256:<64 lower-case hexadecimal digits>";
    if (out->count == 0)
        return jk_digest_equal(&model->release, &out->release) ? NULL : "must be of the release itself: it comes first";
    if (out->count > PARENTS_MAX) return "is one parent too many: at most 64";
    if (jk_digest_equal(&model->release, &out->release)) return "is of the release again";
    if (out->count > 1 && jk_digest_compare(&out->models[out->count - 1].release, &model->release) >= 0)
        return "is out of order or a duplicate: parents are sorted by their lineage hashes";
    return NULL;
}

static enum jk_status fail_challenge(const struct jk_lines *lines, const char *fault, struct jk_error *error)
{
    char shown[200];
    jk_text_shorten(lines->line, shown, sizeof shown);
    return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_CHALLENGE_TEXT", "Line %u of the challenge text, \"%s\", %s.",
                   lines->number, shown, fault);
}

static enum jk_status take_manifest(const struct reading *reading, struct jk_challenge_model *model,
                                    uint32_t *out_version, struct jk_error *error)
{
    struct jk_manifest_summary summary;
    if (reading->only_check) {
        JK_TRY(jk_manifest_check(model->manifest, &summary, error));
        *out_version = summary.version;
        return JK_OK;
    }
    JK_TRY(jk_sketches_read(model->manifest, &model->sketches, error));
    *out_version = model->sketches.version;
    return JK_OK;
}

/* A section is a manifest of version 2. */
static enum jk_status read_section(struct reading *reading, struct jk_challenge_model *model, struct jk_error *error)
{
    struct jk_error inner;
    jk_error_init(&inner, NULL);
    uint32_t before = reading->lines.number, version;
    model->manifest = take_section(&reading->lines);
    if (take_manifest(reading, model, &version, &inner) != JK_OK)
        return jk_fail(error, inner.status,
                       inner.status == JK_INVALID_ARGUMENT ? "INVALID_CHALLENGE_TEXT" : inner.reason,
                       "The manifest after line %u of the challenge text: %s", before, inner.message);
    if (version == 2) return JK_OK;
    return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_CHALLENGE_TEXT",
                   "The manifest after line %u of the challenge text is of version 1: version 2 is needed.", before);
}

static enum jk_status read_challenge(struct jk_span text, bool only_check, struct jk_challenge_text *out,
                                     struct jk_error *error)
{
    struct reading reading = {jk_lines_of(text), out, only_check};
    *out = (struct jk_challenge_text){0};
    if (text.len > JK_CHALLENGE_TEXT_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_CHALLENGE_TEXT",
                       "The challenge text has %zu bytes: at most 64 MiB are allowed.", text.len);
    if (!jk_span_ends(text, JK_SPAN("\n")))
        return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_CHALLENGE_TEXT",
                       "The challenge text must end in a line feed.");
    const char *fault = read_challenge_head(&reading.lines, out);
    if (fault) return fail_challenge(&reading.lines, fault, error);
    do {
        struct jk_challenge_model model = {0};
        if ((fault = read_model_line(&reading, &model))) return fail_challenge(&reading.lines, fault, error);
        out->models[out->count++] = model;
        JK_TRY(read_section(&reading, &out->models[out->count - 1], error));
    } while (reading.lines.rest.len > 0);
    return JK_OK;
}

enum jk_status jk_challenge_text_read(struct jk_span text, struct jk_challenge_text *out, struct jk_error *error)
{
    return read_challenge(text, false, out, error);
}

enum jk_status jk_challenge_text_check(struct jk_span text, struct jk_error *error)
{
    struct jk_challenge_text read;
    enum jk_status status = read_challenge(text, true, &read, error);
    jk_challenge_text_done(&read);
    return status;
}

void jk_challenge_text_done(struct jk_challenge_text *text)
{
    for (size_t i = 0; i < text->count; i++)
        jk_sketches_done(&text->models[i].sketches);
    *text = (struct jk_challenge_text){0};
}

/* ---- against the manifest that is held ---- */

static bool next_but_sketch(struct jk_span *rest, struct jk_manifest_line *out_line)
{
    return jk_manifest_next(rest, out_line) && out_line->kind != JK_MANIFEST_SKETCH; /* these come last */
}

bool jk_manifests_agree(struct jk_span one, struct jk_span two)
{
    struct jk_span rests[] = {jk_manifest_lines(one), jk_manifest_lines(two)};
    for (;;) {
        struct jk_manifest_line lines[2];
        bool first = next_but_sketch(&rests[0], &lines[0]), second = next_but_sketch(&rests[1], &lines[1]);
        if (!first || !second) return first == second;
        if (!jk_span_equal(lines[0].text, lines[1].text)) return false;
    }
}
