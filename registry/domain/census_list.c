/* See census_list.h. */
#include "domain/census_list.h"

#include "domain/ident.h"
#include "domain/lines.h"

#define HEAD "jokbo/census/v1"

static bool is_state(struct jk_span word)
{
    for (int i = JK_OBSERVED_PRESENT; i <= JK_OBSERVED_ABSENT; i++)
        if (jk_span_is(word, jk_observed_text((enum jk_observed)i))) return true;
    return false;
}

static const char *parse_item(struct jk_span line, struct jk_span *out_id)
{
    struct jk_span identity, revision, rest = line;
    if (!jk_span_cut(&rest, ' ', out_id) || jk_ident_model_fault(*out_id)) return "must begin with organisation/name";
    if (!jk_span_cut(&rest, ' ', &identity) || !jk_span_cut(&rest, ' ', &revision))
        return "must have an identity, a revision and a state";
    if (!jk_span_is(identity, "none") && jk_ident_identity_fault(identity))
        return "must have an identity of 1 to 64 letters and digits, or none";
    if (!jk_span_is(revision, "none") && jk_ident_revision_fault(revision))
        return "must have a revision of 40 or 64 hexadecimal digits, or none";
    return is_state(rest) ? NULL : "must end in present, moved or absent";
}

static const char *read_items(struct jk_lines *lines, uint64_t *out_models)
{
    struct jk_span last = {"", 0}, id;
    if (!jk_lines_next(lines) || !jk_span_is(lines->line, HEAD)) return "must be \"" HEAD "\"";
    for (*out_models = 0; lines->rest.len; ++*out_models, last = id) {
        if (!jk_lines_next(lines)) return "must end in a line feed";
        const char *fault = parse_item(lines->line, &id);
        if (fault) return fault;
        if (jk_span_compare(last, id) >= 0) return "is out of order or a duplicate: lines are sorted by their bytes";
    }
    return NULL;
}

enum jk_status jk_census_list_check(struct jk_span bytes, uint64_t *out_models, struct jk_error *error)
{
    struct jk_lines lines = jk_lines_of(bytes);
    char shown[200];
    uint64_t models;
    if (bytes.len > JK_CENSUS_LIST_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_CENSUS_LIST",
                       "The list has %zu bytes: at most 64 MiB are allowed", bytes.len);
    const char *fault = read_items(&lines, &models);
    if (!fault) {
        *out_models = models;
        return JK_OK;
    }
    jk_text_shorten(lines.line, shown, sizeof shown);
    return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_CENSUS_LIST", "Line %u of the list, \"%s\", %s", lines.number,
                   shown, fault);
}

void jk_census_list_begin(struct jk_text *out)
{
    jk_text_add_str(out, HEAD "\n");
}

static void add_or_none(struct jk_text *out, struct jk_span word)
{
    jk_text_add(out, word.len ? word : JK_SPAN("none"));
    jk_text_add_char(out, ' ');
}

void jk_census_list_add(struct jk_text *out, const struct jk_census_item *item)
{
    add_or_none(out, item->id);
    add_or_none(out, item->identity);
    add_or_none(out, item->revision);
    jk_text_add_str(out, jk_observed_text(item->state));
    jk_text_add_char(out, '\n');
}
