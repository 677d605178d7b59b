#include "web/pages/parameters.h"

#include <stdio.h>

#include "base/clock.h"
#include "domain/ident.h"
#include "domain/spdx.h"
#include "reply/json.h"
#include "web/pages/since.h"

#define SHOWN_MAX   160  /* bytes of a value that is shown */
#define CHOICES_MAX 4096 /* bytes of a list of choices */

struct kind {
    const char *allowed; /* key of a word */
    bool (*holds)(struct jk_web_page *page, struct jk_span value);
    void (*choices)(struct jk_text *out); /* NULL: the word says all */
};

/* ---- reading ---- */

/* As forms write it: "+" is a space. False: it is not percent-encoded UTF-8, or longer than a value may be. */
static bool decode_value(struct jk_web_page *page, struct jk_span text, struct jk_span *out_value)
{
    struct jk_text decoded;
    *out_value = JK_SPAN("");
    char *spaced = text.len <= 3 * JK_PAGE_TEXT_MAX ? jk_arena_copy(&page->arena, text.at, text.len) : NULL;
    if (!spaced) return false;
    for (size_t i = 0; i < text.len; i++)
        if (spaced[i] == '+') spaced[i] = ' ';
    jk_text_init(&decoded, JK_PAGE_TEXT_MAX);
    bool good = jk_percent_decode(&decoded, (struct jk_span){spaced, text.len}) && !decoded.failed &&
                jk_utf8_valid(jk_text_span(&decoded));
    if (good && decoded.len > 0)
        *out_value =
            jk_span_trim((struct jk_span){jk_arena_copy(&page->arena, decoded.bytes, decoded.len), decoded.len});
    jk_text_done(&decoded);
    return good && out_value->at;
}

/* The next parameter of that name; false: there is none any more. */
static bool next_of(struct jk_span *rest, const char *name, struct jk_span *out_raw)
{
    struct jk_span key;
    while (rest->len > 0) {
        (void)jk_span_cut(rest, '&', out_raw);
        (void)jk_span_cut(out_raw, '=', &key);
        if (jk_span_equal(key, jk_span_of(name))) return true;
    }
    return false;
}

struct jk_span jk_web_page_parameter_again(struct jk_web_page *page, const char *name, size_t nth)
{
    struct jk_span rest = page->query, raw, value;
    while (next_of(&rest, name, &raw))
        if (decode_value(page, raw, &value) && value.len > 0 && nth-- == 0) return value;
    return JK_SPAN("");
}

struct jk_span jk_web_page_parameter(struct jk_web_page *page, const char *name)
{
    return jk_web_page_parameter_again(page, name, 0);
}

/* ---- refusing ---- */

void jk_web_page_refuse(struct jk_web_page *page, const char *parameter, struct jk_span value, const char *allowed,
                        struct jk_span choices)
{
    char shown[SHOWN_MAX];
    struct jk_span english = jk_site_word(page->site, JK_ENGLISH, allowed);
    if (!page->refused) page->refused = jk_shown_list(page->view, "refused");
    struct jk_shown *row = jk_shown_map(page->refused, NULL);
    jk_text_shorten(value, shown, sizeof shown);
    jk_shown_string(row, "parameter", parameter);
    jk_shown_string(row, "value", shown);
    jk_shown_text(row, "allowed", jk_web_page_word(page, allowed));
    jk_shown_text(row, "choices", choices);
    jk_error_field(&page->error, parameter, "\"%s\" is not allowed: %.*s%s%.*s", shown, JK_SPAN_ARG(english),
                   choices.len > 0 ? " " : "", JK_SPAN_ARG(choices));
}

static bool speaks_of(const struct jk_error *error, const char *what)
{
    if (error->reason && strcmp(error->reason, what) == 0) return true;
    for (size_t i = 0; i < error->violation_count && i < JK_ERROR_VIOLATIONS; i++)
        if (strcmp(error->violations[i].field, what) == 0) return true;
    return false;
}

bool jk_web_page_refuse_failed(struct jk_web_page *page, const struct jk_web_page_blame *list,
                               const struct jk_error *error)
{
    bool any = false;
    for (; list && list->what; list++) {
        struct jk_span value = list->value.len > 0 ? list->value : jk_web_page_parameter(page, list->parameter);
        if (value.len == 0 || !speaks_of(error, list->what)) continue;
        jk_web_page_refuse(page, list->parameter, value, list->allowed, JK_SPAN(""));
        any = true;
    }
    return any;
}

void jk_web_page_blame_token(struct jk_web_page *page, const char *parameter)
{
    struct jk_web_page_blame *list = jk_arena_zalloc(&page->arena, 2, sizeof *list);
    if (list) list[0] = (struct jk_web_page_blame){"page_token", parameter, "parameter.token", JK_SPAN("")};
    page->blame = list;
}

static void add_choice(struct jk_text *out, const char *choice)
{
    jk_text_addf(out, "%s%s", out->len > 0 ? ", " : "", choice);
}

void jk_web_page_check_policy(struct jk_web_page *page, const char *parameter,
                              const Jokbo__V1__ListPoliciesResponse *policies)
{
    struct jk_span asked = jk_web_page_parameter(page, parameter);
    struct jk_text choices;
    bool found = asked.len == 0;
    jk_text_init(&choices, CHOICES_MAX);
    for (size_t i = 0; i < policies->n_policies; i++) {
        const Jokbo__V1__Policy *policy = policies->policies[i];
        char name[SHOWN_MAX];
        (void)snprintf(name, sizeof name, "%s@%d", policy->name, (int)policy->version);
        found = found || jk_span_equal(asked, jk_span_of(name)) || jk_span_equal(asked, jk_span_of(policy->name)) ||
                jk_span_equal(asked, jk_span_of(policy->sha256));
        if (!found) add_choice(&choices, name);
    }
    if (!found) jk_web_page_refuse(page, parameter, asked, "parameter.policy", jk_text_span(&choices));
    jk_text_done(&choices);
}

/* ---- kinds ---- */

static bool fits_any(struct jk_web_page *page, struct jk_span value)
{
    (void)page;
    (void)value;
    return true;
}

/* The words of an enum, as they stand in addresses. */
static void enum_choices(struct jk_text *out, const ProtobufCEnumDescriptor *type)
{
    char word[JK_JSON_WORD];
    for (unsigned i = 0; i < type->n_values; i++) {
        const char *found = jk_json_enum_word(type, type->values[i].value, word);
        if (found[0]) add_choice(out, found);
    }
}

static bool is_enum(const ProtobufCEnumDescriptor *type, struct jk_span value)
{
    char word[JK_JSON_WORD];
    for (unsigned i = 0; i < type->n_values; i++) {
        const char *found = jk_json_enum_word(type, type->values[i].value, word);
        if (found[0] && jk_span_equal(value, jk_span_of(found))) return true;
    }
    return false;
}

static void relations(struct jk_text *out)
{
    enum_choices(out, &jokbo__v1__relation__descriptor);
}

static bool fits_relation(struct jk_web_page *page, struct jk_span value)
{
    (void)page;
    return is_enum(&jokbo__v1__relation__descriptor, value);
}

static void license_classes(struct jk_text *out)
{
    enum_choices(out, &jokbo__v1__license_class__descriptor);
}

static bool fits_license_class(struct jk_web_page *page, struct jk_span value)
{
    (void)page;
    return is_enum(&jokbo__v1__license_class__descriptor, value);
}

static bool fits_license(struct jk_web_page *page, struct jk_span value)
{
    return jk_spdx_spelt(value, &page->arena).len > 0;
}

static bool fits_depth(struct jk_web_page *page, struct jk_span value)
{
    uint64_t depth;
    (void)page;
    return jk_span_equal(value, JK_SPAN("16+")) || (jk_span_to_u64(value, &depth) && depth >= 1 && depth <= 15);
}

static bool fits_month(struct jk_web_page *page, struct jk_span value)
{
    unsigned month;
    (void)page;
    return jk_month_parse(value, &month);
}

static bool fits_name(struct jk_web_page *page, struct jk_span value)
{
    (void)page;
    return !jk_ident_part_fault(value);
}

static bool fits_model(struct jk_web_page *page, struct jk_span value)
{
    (void)page;
    return !jk_ident_model_fault(value);
}

static bool fits_order(struct jk_web_page *page, struct jk_span value)
{
    (void)page;
    return jk_span_equal(value, JK_SPAN("newest")) || jk_span_equal(value, JK_SPAN("oldest"));
}

static void orders(struct jk_text *out)
{
    jk_text_add_str(out, "newest, oldest");
}

static bool fits_ranking(struct jk_web_page *page, struct jk_span value)
{
    (void)page;
    return jk_span_equal(value, JK_SPAN("most")) || jk_span_equal(value, JK_SPAN("newest"));
}

static void rankings(struct jk_text *out)
{
    jk_text_add_str(out, "most, newest");
}

static bool fits_yes_or_no(struct jk_web_page *page, struct jk_span value)
{
    (void)page;
    return jk_span_equal(value, JK_SPAN("1")) || jk_span_equal(value, JK_SPAN("0"));
}

static void yes_and_no(struct jk_text *out)
{
    jk_text_add_str(out, "1, 0");
}

static bool fits_language(struct jk_web_page *page, struct jk_span value)
{
    (void)page;
    return jk_span_equal(value, JK_SPAN("en")) || jk_span_equal(value, JK_SPAN("ko"));
}

static void languages(struct jk_text *out)
{
    jk_text_add_str(out, "en, ko");
}

static bool fits_number(struct jk_web_page *page, struct jk_span value)
{
    uint64_t number;
    (void)page;
    return jk_span_to_u64(value, &number) && number <= INT64_MAX;
}

static bool fits_entry(struct jk_web_page *page, struct jk_span value)
{
    uint64_t number;
    return jk_span_to_u64(value, &number) && number > 0 && number <= (uint64_t)page->log.size;
}

static bool fits_moment(struct jk_web_page *page, struct jk_span value)
{
    int64_t time_us;
    return fits_number(page, value) || jk_time_parse(value, &time_us);
}

static bool fits_since(struct jk_web_page *page, struct jk_span value)
{
    int64_t time_us;
    (void)page;
    return jk_time_parse(value, &time_us);
}

static bool fits_days(struct jk_web_page *page, struct jk_span value)
{
    uint64_t days;
    (void)page;
    return jk_span_to_u64(value, &days) && days <= JK_SINCE_DAYS_MAX;
}

static const struct kind text = {"parameter.text", fits_any, NULL}, token = {"parameter.token", fits_any, NULL},
                         relation = {"parameter.one_of", fits_relation, relations},
                         license_class = {"parameter.one_of", fits_license_class, license_classes},
                         license = {"parameter.license", fits_license, NULL},
                         depth = {"parameter.depth", fits_depth, NULL}, month = {"parameter.month", fits_month, NULL},
                         name = {"parameter.name", fits_name, NULL}, model = {"parameter.model", fits_model, NULL},
                         order = {"parameter.one_of", fits_order, orders},
                         ranking = {"parameter.one_of", fits_ranking, rankings},
                         since = {"parameter.since", fits_since, NULL}, days = {"parameter.days", fits_days, NULL},
                         yes_or_no = {"parameter.one_of", fits_yes_or_no, yes_and_no},
                         language = {"parameter.one_of", fits_language, languages},
                         number = {"parameter.number", fits_number, NULL},
                         entry = {"parameter.entry", fits_entry, NULL},
                         moment = {"parameter.moment", fits_moment, NULL};

/* ---- all that a page has ---- */

static const struct {
    enum jk_site_template shown;
    const char *name;
    const struct kind *kind;
    unsigned most;
} parameters[] = {
#define JK_PARAMETER(shown, name, kind, most) {JK_SITE_##shown, name, &kind, most},
#include "web/pages/parameters.def"
#undef JK_PARAMETER
};

static void refuse_kind(struct jk_web_page *page, const char *parameter, struct jk_span value, const struct kind *kind)
{
    struct jk_text choices;
    jk_text_init(&choices, CHOICES_MAX);
    if (kind->choices) kind->choices(&choices);
    jk_web_page_refuse(page, parameter, value, kind->allowed, jk_text_span(&choices));
    jk_text_done(&choices);
}

static void check(struct jk_web_page *page, const char *parameter, const struct kind *kind, unsigned most)
{
    struct jk_span rest = page->query, raw, value, first = JK_SPAN("");
    char digits[16];
    unsigned given = 0;
    (void)snprintf(digits, sizeof digits, "%u", most);
    while (next_of(&rest, parameter, &raw)) {
        bool good = decode_value(page, raw, &value);
        if (!good) jk_web_page_refuse(page, parameter, raw, "parameter.encoded", JK_SPAN(""));
        if (!good || value.len == 0 || jk_span_equal(value, first)) continue;
        if (given == 0) first = value;
        if (++given > most)
            jk_web_page_refuse(page, parameter, value, "parameter.times", jk_span_of(digits));
        else if (!kind->holds(page, value))
            refuse_kind(page, parameter, value, kind);
    }
}

bool jk_web_page_check_parameters(struct jk_web_page *page)
{
    check(page, "lang", &language, 1);
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
        if (parameters[i].shown == page->row->shown)
            check(page, parameters[i].name, parameters[i].kind, parameters[i].most);
    return !page->refused;
}
