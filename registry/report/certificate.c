/* Writing and reading certificates: each line has one writer and one reader, in one table. */
#include "report/certificate.h"

#include <stddef.h>

#include "domain/ident.h"
#include "tlog/note.h"

#define DIGEST "sha256:"

struct field {
    const char *word;
    const char *rule; /* what a reader is told */
    size_t at, root;  /* offsets in struct jk_certificate; root: of a tree, 0 for none */
    enum { NAME, NUMBER, TREE, HASH } form;
};

#define AT(member) offsetof(struct jk_certificate, member)
#define A_DIGEST   "sha256: and 64 lower-case hexadecimal digits"
#define A_NUMBER   "a whole number below 2^32, without leading zeros"
#define A_TREE     "a log's size and, after one space, its root as 64 lower-case hexadecimal digits"

static const struct field fields[] = {
    {"stage", "a stage's id", AT(stage), 0, NAME}, {"revision", A_NUMBER, AT(revision), 0, NUMBER},
    {"n", A_TREE, AT(n), AT(root_n), TREE},        {"m", A_TREE, AT(m), AT(root_m), TREE},
    {"policy", A_DIGEST, AT(policy), 0, HASH},     {"rules", A_NUMBER, AT(rules), 0, NUMBER},
    {"table", A_DIGEST, AT(table), 0, HASH},       {"json", A_DIGEST, AT(json), 0, HASH},
    {"members", A_DIGEST, AT(members), 0, HASH},   {"left-out", A_DIGEST, AT(left_out), 0, HASH},
};
#define FIELDS (sizeof fields / sizeof fields[0])

struct jk_certificate jk_certificate_of(const struct jk_report *report, const struct jk_report_texts *texts)
{
    const struct jk_report_stage *stage = &report->stage;
    return (struct jk_certificate){
        .origin = stage->origin,
        .stage = stage->id,
        .revision = stage->revision,
        .n = stage->n,
        .m = stage->m,
        .root_n = stage->root_n,
        .root_m = stage->root_m,
        .policy = jk_policy_digest(&stage->policy),
        .rules = stage->policy.rules,
        .table = texts->table_sha256,
        .json = texts->json_sha256,
        .members = texts->members_sha256,
        .left_out = texts->left_out_sha256,
    };
}

/* ---- writing ---- */

static void write_hex(const struct jk_digest *digest, struct jk_text *out)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(digest, hex);
    jk_text_add_str(out, hex);
}

void jk_certificate_text(const struct jk_certificate *certificate, struct jk_text *out_body)
{
    jk_text_add(out_body, certificate->origin);
    jk_text_add_str(out_body, "\n" JK_CERTIFICATE_FORMAT "\n");
    for (size_t i = 0; i < FIELDS; i++) {
        const char *base = (const char *)certificate;
        jk_text_addf(out_body, "%s ", fields[i].word);
        switch (fields[i].form) {
        case NAME:
            jk_text_add(out_body, *(const struct jk_span *)(const void *)(base + fields[i].at));
            break;
        case NUMBER:
            jk_text_addf(out_body, "%u", *(const uint32_t *)(const void *)(base + fields[i].at));
            break;
        case TREE:
            jk_text_addf(out_body, "%u ", *(const uint32_t *)(const void *)(base + fields[i].at));
            write_hex((const struct jk_digest *)(const void *)(base + fields[i].root), out_body);
            break;
        case HASH:
            jk_text_add_str(out_body, DIGEST);
            write_hex((const struct jk_digest *)(const void *)(base + fields[i].at), out_body);
            break;
        }
        jk_text_add_char(out_body, '\n');
    }
}

/* ---- reading ---- */

static enum jk_status malformed_certificate(struct jk_error *error, size_t line, const char *what, const char *rule)
{
    jk_error_fact(error, "line", "%zu", line);
    return jk_fail(error, JK_DATA_LOSS, "CERTIFICATE_MALFORMED", "not a count certificate: line %zu%s%s%s must be %s",
                   line, what ? " (" : "", what ? what : "", what ? ")" : "", rule);
}

static bool read_u32(struct jk_span text, uint32_t *out)
{
    uint64_t value;
    if (!jk_span_to_u64(text, &value) || value > UINT32_MAX) return false;
    *out = (uint32_t)value;
    return true;
}

static bool read_certified_digest(struct jk_span text, struct jk_digest *out)
{
    if (!jk_span_starts(text, JK_SPAN(DIGEST))) return false;
    return jk_digest_parse((struct jk_span){text.at + sizeof DIGEST - 1, text.len - (sizeof DIGEST - 1)}, out);
}

static bool read_value(struct jk_certificate *certificate, const struct field *field, struct jk_span value)
{
    char *base = (char *)certificate;
    struct jk_span size;
    switch (field->form) {
    case NAME:
        if (jk_ident_team_fault(value)) return false;
        *(struct jk_span *)(void *)(base + field->at) = value;
        return true;
    case NUMBER:
        return read_u32(value, (uint32_t *)(void *)(base + field->at));
    case TREE:
        return jk_span_cut(&value, ' ', &size) && read_u32(size, (uint32_t *)(void *)(base + field->at)) &&
               jk_digest_parse(value, (struct jk_digest *)(void *)(base + field->root));
    case HASH:
        return read_certified_digest(value, (struct jk_digest *)(void *)(base + field->at));
    }
    return false;
}

static enum jk_status check_sense(const struct jk_certificate *certificate, struct jk_error *error)
{
    if (certificate->revision < 1) return malformed_certificate(error, 4, "revision", "at least 1");
    if (certificate->m < certificate->n) return malformed_certificate(error, 6, "m", "at least n");
    if (certificate->revision == 1 && certificate->m != certificate->n)
        return malformed_certificate(error, 6, "m", "n for revision 1");
    if (certificate->m == certificate->n && !jk_digest_equal(&certificate->root_n, &certificate->root_m))
        return malformed_certificate(error, 6, "m", "the same root as for n, for the sizes are equal");
    return certificate->rules >= 1 ? JK_OK : malformed_certificate(error, 8, "rules", "at least 1");
}

enum jk_status jk_certificate_parse(struct jk_span body, struct jk_certificate *out_certificate, struct jk_error *error)
{
    struct jk_certificate certificate = {.revision = 0};
    struct jk_span rest = body, version;
    if (body.len > JK_CERTIFICATE_MAX)
        return jk_fail(error, JK_DATA_LOSS, "CERTIFICATE_MALFORMED",
                       "not a count certificate: it has %zu bytes, and at most %d are allowed", body.len,
                       JK_CERTIFICATE_MAX);
    if (!jk_span_cut(&rest, '\n', &certificate.origin) || certificate.origin.len > JK_CERTIFICATE_ORIGIN_MAX ||
        !jk_note_name_valid(certificate.origin))
        return malformed_certificate(error, 1, "origin", "the log's origin, 1 to 248 bytes without space or '+'");
    if (!jk_span_cut(&rest, '\n', &version) || !jk_span_equal(version, JK_SPAN(JK_CERTIFICATE_FORMAT)))
        return malformed_certificate(error, 2, NULL, JK_CERTIFICATE_FORMAT);

    struct jk_span line, word;
    for (size_t i = 0; i < FIELDS; i++) {
        if (!jk_span_cut(&rest, '\n', &line) || !jk_span_cut(&line, ' ', &word) ||
            !jk_span_equal(word, jk_span_of(fields[i].word)) || !read_value(&certificate, &fields[i], line))
            return malformed_certificate(error, i + 3, fields[i].word, fields[i].rule);
    }
    if (rest.len != 0) return malformed_certificate(error, FIELDS + 3, NULL, "absent");

    JK_TRY(check_sense(&certificate, error));
    *out_certificate = certificate;
    return JK_OK;
}
