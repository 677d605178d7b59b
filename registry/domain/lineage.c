/* The lineage statement, written and parsed side by side (registry/formats/lineage.md). Pure. Limits: JK_STATEMENT_MAX
 * bytes, JK_PARENTS_MAX parents; the parser allocates nothing. */
#include "domain/lineage.h"

#include <stdlib.h>

#include "base/check.h"
#include "domain/ident.h"
#include "domain/lines.h"
#include "domain/spdx.h"

#define STATEMENT_HEAD "jokbo/lineage/v1"
#define DIGEST_PREFIX  "sha256:"

void jk_statement_clear(struct jk_statement *statement, size_t parent_count)
{
    JK_CHECK(parent_count <= JK_PARENTS_MAX);
    memset(statement, 0, offsetof(struct jk_statement, parents) + parent_count * sizeof statement->parents[0]);
    statement->parent_count = parent_count;
}

/* ---- writing ---- */

static void write_statement_line(struct jk_text *out, const char *word, struct jk_span value)
{
    jk_text_add_str(out, word);
    jk_text_add_char(out, ' ');
    jk_text_add(out, value);
    jk_text_add_char(out, '\n');
}

static void write_digest(struct jk_text *out, const char *word, const struct jk_digest *digest)
{
    char value[sizeof DIGEST_PREFIX + JK_DIGEST_HEX] = DIGEST_PREFIX;
    if (jk_digest_is_zero(digest)) {
        write_statement_line(out, word, JK_SPAN("none"));
        return;
    }
    jk_digest_hex(digest, value + sizeof DIGEST_PREFIX - 1);
    write_statement_line(out, word, (struct jk_span){value, sizeof value - 1});
}

/* By the bytes of their lines: the hash comes first and has a fixed length, and no hash occurs twice. */
static int compare_parents(const void *a, const void *b)
{
    const struct jk_parent_line *left = a, *right = b;
    return jk_digest_compare(&left->hash, &right->hash);
}

static void write_parent(struct jk_text *out, const struct jk_parent_line *parent)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&parent->hash, hex);
    jk_text_add_str(out, "parent ");
    jk_text_add(out, (struct jk_span){hex, JK_DIGEST_HEX});
    jk_text_add_str(out, parent->external ? " external " : " ");
    jk_text_add(out, parent->name);
    jk_text_add_char(out, '@');
    jk_text_add(out, parent->external && parent->version.len == 0 ? JK_SPAN("none") : parent->version);
    jk_text_add_char(out, '\n');
}

void jk_statement_write(struct jk_statement *statement, struct jk_text *out)
{
    size_t start = out->len;
    jk_text_add_str(out, STATEMENT_HEAD "\n");
    write_statement_line(out, "model", statement->model);
    write_statement_line(out, "release", statement->version);
    if (statement->relation != JK_RELATION_NONE)
        write_statement_line(out, "relation", jk_span_of(jk_relation_text(statement->relation)));
    write_statement_line(out, "license", statement->license);
    write_digest(out, "license-text", &statement->license_text);
    write_digest(out, "artifact", &statement->artifact);
    write_digest(out, "weights", &statement->weights);
    if (statement->parent_count > 1)
        qsort(statement->parents, statement->parent_count, sizeof statement->parents[0], compare_parents);
    for (size_t i = 0; i < statement->parent_count; i++)
        write_parent(out, &statement->parents[i]);
    if (out->len - start > JK_STATEMENT_MAX) out->failed = true;
}

/* ---- parsing ---- */

/* Each reader returns NULL, or what is wrong with the line as the end of a sentence. */

static const char *read_digest(struct jk_span value, struct jk_digest *out_digest)
{
    struct jk_span prefix = JK_SPAN(DIGEST_PREFIX);
    if (jk_span_is(value, "none")) return NULL;
    if (!jk_span_starts(value, prefix)) return "must be \"none\" or sha256: and 64 hexadecimal digits";
    if (!jk_digest_parse((struct jk_span){value.at + prefix.len, value.len - prefix.len}, out_digest))
        return "must have 64 lower-case hexadecimal digits after sha256:";
    return jk_digest_is_zero(out_digest) ? "must not be all zeros: write \"none\"" : NULL;
}

/* Characters, length and single spaces; the SPDX list is not consulted, since a log outlives the list it was made with.
 */
static const char *license_text_fault(struct jk_span value)
{
    if (value.len > JK_LICENSE_MAX) return "has a licence longer than 1,024 bytes";
    static const bool expected[256] = {
        ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, [' '] = true, ['.'] = true,
        ['+'] = true,         [':'] = true,         ['('] = true,         [')'] = true, ['-'] = true,
    };
    char before = ' ';
    for (size_t i = 0; i < value.len; i++) {
        char c = value.at[i];
        if (!expected[(unsigned char)c]) return "has a licence with a character that is not allowed in expressions";
        if (c == ' ' && before == ' ') return "has a licence with an extra space";
        before = c;
    }
    return before == ' ' ? "has a licence that ends in a space" : NULL;
}

static const char *read_parent_id(struct jk_span value, struct jk_parent_line *parent)
{
    struct jk_span id, version = value;
    if (!jk_span_cut(&version, '@', &id)) return "must be a name, \"@\" and a version";
    parent->name = id;
    parent->version = version;
    if (!parent->external) {
        const char *fault = jk_ident_model_fault(id);
        return fault ? fault : jk_ident_version_fault(version);
    }
    if (jk_span_is(version, "none"))
        parent->version.len = 0;
    else if (jk_ident_revision_fault(version))
        return jk_ident_revision_fault(version);
    return jk_ident_external_fault(id);
}

static const char *read_parent(struct jk_span value, struct jk_parent_line *parent)
{
    struct jk_span hex, rest = value, external;
    if (!jk_span_cut(&rest, ' ', &hex) || !jk_digest_parse(hex, &parent->hash))
        return "must have a lineage hash of 64 lower-case hexadecimal digits";
    parent->external = jk_line_value(rest, JK_SPAN("external"), &external);
    return read_parent_id(parent->external ? external : rest, parent);
}

static const char *read_parents(struct jk_lines *lines, struct jk_statement *statement)
{
    while (lines->rest.len) {
        struct jk_span value;
        if (!jk_lines_next(lines) || !jk_line_value(lines->line, JK_SPAN("parent"), &value))
            return "must be a whole parent line";
        if (statement->relation == JK_RELATION_NONE) return "must be left out: without a relation there are no parents";
        if (statement->parent_count == JK_PARENTS_MAX) return "is one parent too many: at most 64";
        struct jk_parent_line *parent = &statement->parents[statement->parent_count];
        const char *fault = read_parent(value, parent);
        if (fault) return fault;
        if (statement->parent_count++ && compare_parents(parent - 1, parent) >= 0)
            return "is out of order or occurs twice: parents are sorted by bytes";
    }
    bool derived = statement->relation != JK_RELATION_NONE;
    return derived && statement->parent_count == 0 ? "must be followed by a parent: there is a relation" : NULL;
}

static inline const char *read_word(struct jk_lines *lines, struct jk_span word, struct jk_span *out_value)
{
    jk_lines_next(lines);
    return jk_line_value(lines->line, word, out_value) ? NULL : "has another field than the format requires";
}

static const char *read_digests(struct jk_lines *lines, struct jk_statement *statement)
{
    struct jk_span value;
    const char *fault = read_word(lines, JK_SPAN("license-text"), &value);
    if (!fault) fault = read_digest(value, &statement->license_text);
    if (!fault) fault = read_word(lines, JK_SPAN("artifact"), &value);
    if (!fault) fault = read_digest(value, &statement->artifact);
    if (!fault) fault = read_word(lines, JK_SPAN("weights"), &value);
    return fault ? fault : read_digest(value, &statement->weights);
}

static const char *read_statement(struct jk_lines *lines, struct jk_statement *statement)
{
    struct jk_span value;
    if (!jk_lines_next(lines) || !jk_span_is(lines->line, STATEMENT_HEAD)) return "must be \"" STATEMENT_HEAD "\"";
    const char *fault = read_word(lines, JK_SPAN("model"), &statement->model);
    if (!fault) fault = jk_ident_model_fault(statement->model);
    if (!fault) fault = read_word(lines, JK_SPAN("release"), &statement->version);
    if (!fault) fault = jk_ident_version_fault(statement->version);
    if (fault) return fault;
    jk_lines_next(lines);
    if (jk_line_value(lines->line, JK_SPAN("relation"), &value)) {
        if (!jk_relation_parse(value, &statement->relation)) return "does not name a known relation";
        jk_lines_next(lines);
    }
    if (!jk_line_value(lines->line, JK_SPAN("license"), &statement->license)) return "must be the licence";
    fault = license_text_fault(statement->license);
    if (!fault) fault = read_digests(lines, statement);
    return fault ? fault : read_parents(lines, statement);
}

enum jk_status jk_statement_parse(struct jk_span text, struct jk_statement *out_statement, struct jk_error *error)
{
    if (text.len > JK_STATEMENT_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_STATEMENT",
                       "The lineage statement has %zu bytes: at most %d are allowed.", text.len, JK_STATEMENT_MAX);
    jk_statement_clear(out_statement, 0); /* parents are filled in one by one */
    struct jk_lines lines = jk_lines_of(text);
    const char *fault = read_statement(&lines, out_statement);
    if (!fault) return JK_OK;
    char shown[200];
    jk_text_shorten(lines.line, shown, sizeof shown);
    return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_STATEMENT", "Line %u of the lineage statement, \"%s\", %s.",
                   lines.number, shown, fault);
}

struct jk_digest jk_statement_hash(struct jk_span text)
{
    return jk_digest_of(text);
}

/* ---- external models ---- */

struct jk_digest jk_external_hash(struct jk_span host_and_id, struct jk_span revision)
{
    const struct jk_span parts[] = {
        JK_SPAN(STATEMENT_HEAD "\nexternal "),     host_and_id,   JK_SPAN("\nrevision "),
        revision.len ? revision : JK_SPAN("none"), JK_SPAN("\n"),
    };
    return jk_digest_parts(parts, sizeof parts / sizeof parts[0]);
}
