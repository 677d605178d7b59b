/* Permissions, licence classes, name rules, and the Hub's identifiers (registry/data/hub-licenses.tsv, embedded). Pure:
 * the table has some hundred rows and is searched line by line, so there is no state to set up. */
#include "domain/license.h"

#include "domain/ident.h"
#include "domain/spdx.h"

extern const unsigned char jk_data_hub_licenses[];
extern const size_t jk_data_hub_licenses_len;

static const char *const permissions_text[] = {
    [JK_PERMISSION_NO] = "NO",
    [JK_PERMISSION_UNKNOWN] = "UNKNOWN",
    [JK_PERMISSION_CONDITIONAL] = "CONDITIONAL",
    [JK_PERMISSION_YES] = "YES",
};

static const char *const classes_text[JK_LICENSE_CLASSES] = {
    [JK_LICENSE_OPEN] = "open",
    [JK_LICENSE_CONDITIONAL] = "conditional",
    [JK_LICENSE_NON_COMMERCIAL] = "non-commercial",
    [JK_LICENSE_NO_DERIVATIVES] = "no-derivatives",
    [JK_LICENSE_UNKNOWN] = "unknown",
};

const char *jk_permission_text(enum jk_permission permission)
{
    return (unsigned)permission <= JK_PERMISSION_YES ? permissions_text[permission] : "UNKNOWN";
}

bool jk_permission_parse(struct jk_span text, enum jk_permission *out_permission)
{
    for (int i = JK_PERMISSION_NO; i <= JK_PERMISSION_YES; i++) {
        if (!jk_span_equal(text, jk_span_of(permissions_text[i]))) continue;
        *out_permission = (enum jk_permission)i;
        return true;
    }
    return false;
}

static bool any_is(const enum jk_permission permissions[JK_PERMISSION_KINDS], enum jk_permission value)
{
    for (int i = 0; i < JK_PERMISSION_KINDS; i++)
        if (permissions[i] == value) return true;
    return false;
}

enum jk_license_class jk_license_class_of(const enum jk_permission permissions[JK_PERMISSION_KINDS])
{
    if (permissions[JK_MAY_DERIVE] == JK_PERMISSION_NO) return JK_LICENSE_NO_DERIVATIVES;
    if (permissions[JK_MAY_COMMERCIAL] == JK_PERMISSION_NO) return JK_LICENSE_NON_COMMERCIAL;
    if (any_is(permissions, JK_PERMISSION_UNKNOWN)) return JK_LICENSE_UNKNOWN;
    /* Nobody may pass a derivative on: for a registry that amounts to having none. */
    if (permissions[JK_MAY_REDISTRIBUTE] == JK_PERMISSION_NO) return JK_LICENSE_NO_DERIVATIVES;
    return any_is(permissions, JK_PERMISSION_CONDITIONAL) ? JK_LICENSE_CONDITIONAL : JK_LICENSE_OPEN;
}

const char *jk_license_class_text(enum jk_license_class class)
{
    return (unsigned)class < JK_LICENSE_CLASSES ? classes_text[class] : "unknown";
}

/* ---- what the list tells ---- */

/* Whether one of the words between the dashes is it: "NC" of CC-BY-NC-4.0. */
static bool has_word(struct jk_span identifier, struct jk_span word)
{
    for (bool more = true; more;) {
        struct jk_span part;
        more = jk_span_cut(&identifier, '-', &part);
        if (jk_span_equal_fold(part, word)) return true;
    }
    return false;
}

bool jk_license_of_list(struct jk_span identifier, enum jk_permission out_permissions[JK_PERMISSION_KINDS])
{
    bool commons = jk_span_starts_fold(identifier, JK_SPAN("CC-BY-")) && jk_spdx_find(identifier).len > 0;
    if (!commons && !jk_spdx_is_open(identifier)) return false;
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        out_permissions[kind] = JK_PERMISSION_YES;
    if (commons && has_word(identifier, JK_SPAN("NC"))) out_permissions[JK_MAY_COMMERCIAL] = JK_PERMISSION_NO;
    if (commons && has_word(identifier, JK_SPAN("ND"))) out_permissions[JK_MAY_DERIVE] = JK_PERMISSION_NO;
    return true;
}

/* ---- names that licences bind ---- */

static bool starts_leniently(struct jk_span name, struct jk_span form)
{
    char folded_name[JK_NAME_PART_MAX], folded_form[JK_LABEL_MAX];
    if (name.len > sizeof folded_name || form.len > sizeof folded_form) return false;
    struct jk_span a = {folded_name, jk_ident_fold_lenient(name, folded_name)};
    struct jk_span b = {folded_form, jk_ident_fold_lenient(form, folded_form)};
    return b.len > 0 && jk_span_starts(a, b);
}

struct jk_name_verdict jk_license_name_check(struct jk_span model_part, struct jk_span name_forms)
{
    struct jk_name_verdict verdict = {.literal = name_forms.len == 0, .lenient = name_forms.len == 0};
    for (bool more = name_forms.len > 0; more;) {
        struct jk_span form;
        more = jk_span_cut(&name_forms, '|', &form);
        if (form.len == 0) continue;
        verdict.literal |= jk_span_starts(model_part, form);
        verdict.lenient |= verdict.literal || starts_leniently(model_part, form);
    }
    return verdict;
}

/* ---- the Hub's identifiers ---- */

struct hub_row {
    struct jk_span license, name, families, expression;
};

static bool is_any(struct jk_span column)
{
    return jk_span_equal(column, JK_SPAN("-"));
}

static bool next_row(struct jk_span *rest, struct hub_row *row)
{
    struct jk_span line;
    while (jk_span_line(rest, &line)) {
        if (line.len == 0 || line.at[0] == '#') continue;
        if (jk_span_cut(&line, '\t', &row->license) && jk_span_cut(&line, '\t', &row->name) &&
            jk_span_cut(&line, '\t', &row->families)) {
            row->expression = line;
            return true;
        }
    }
    return false;
}

static bool is_of_family(struct jk_span family, struct jk_span prefixes)
{
    for (bool more = true; more;) {
        struct jk_span prefix;
        more = jk_span_cut(&prefixes, ' ', &prefix);
        if (prefix.len && jk_span_starts_fold(family, prefix)) return true;
    }
    return false;
}

/* Licences are written by hand: "K EXAONE" is k-exaone, "Apache 2.0" apache-2.0. */
static bool same_leniently(struct jk_span a, struct jk_span b)
{
    char folded_a[JK_NAME_PART_MAX], folded_b[JK_NAME_PART_MAX];
    if (a.len > sizeof folded_a || b.len > sizeof folded_b) return false;
    struct jk_span x = {folded_a, jk_ident_fold_lenient(a, folded_a)};
    struct jk_span y = {folded_b, jk_ident_fold_lenient(b, folded_b)};
    return x.len > 0 && jk_span_equal(x, y);
}

static bool row_fits(const struct hub_row *row, struct jk_span license, struct jk_span name,
                     const struct jk_span *families, size_t family_count)
{
    if (!same_leniently(row->license, license)) return false;
    if (!is_any(row->name) && !same_leniently(row->name, name)) return false;
    if (is_any(row->families)) return true;
    for (size_t i = 0; i < family_count; i++)
        if (is_of_family(families[i], row->families)) return true;
    return false;
}

/* The first matching row. A row bound to a family counts only if no row of another family contradicts it: a merge of
 * two families whose licences share a name gets neither licence. */
struct jk_span jk_license_from_hub(struct jk_span license, struct jk_span license_name, const struct jk_span *families,
                                   size_t family_count)
{
    struct jk_span rest = {(const char *)jk_data_hub_licenses, jk_data_hub_licenses_len}, bound = {0};
    bool contradicted = false;
    license = jk_span_trim(license);
    license_name = jk_span_trim(license_name);
    struct hub_row row;
    while (next_row(&rest, &row)) {
        if (!row_fits(&row, license, license_name, families, family_count)) continue;
        if (is_any(row.families)) return bound.len && !contradicted ? bound : row.expression;
        contradicted |= bound.len && !jk_span_equal(bound, row.expression);
        bound = row.expression;
    }
    return bound.len && !contradicted ? bound : jk_spdx_find(license);
}
