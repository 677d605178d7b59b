/* See atom.h. */
#include "web/pages/atom.h"

#include "base/ascii.h"
#include "base/clock.h"

#define NOBODY  "jokbo.invalid"
#define DAY_LEN 10 /* of "2026-08-01T…" */

/* What may not stand in a tag besides what is always encoded. */
static const char reserved[] = "\"#<>?[\\]^`{|}";

static bool is_label(struct jk_span label)
{
    for (size_t i = 0; i < label.len; i++)
        if (!jk_ascii_alnum(label.at[i]) && label.at[i] != '-') return false;
    return label.len > 0 && label.at[0] != '-' && label.at[label.len - 1] != '-';
}

static bool names_a_host(struct jk_span host)
{
    struct jk_span label;
    bool more = true;
    while (more) {
        more = jk_span_cut(&host, '.', &label);
        if (!is_label(label)) return false;
    }
    return true;
}

static struct jk_span host_of(struct jk_span origin)
{
    size_t len = 0;
    while (len < origin.len && origin.at[len] != '/' && origin.at[len] != ':')
        len++;
    return (struct jk_span){origin.at, len};
}

void jk_atom_tag(struct jk_span origin, int64_t began_us, struct jk_text *out)
{
    struct jk_span host = host_of(origin);
    char day[JK_TIME_TEXT];
    jk_time_format(began_us, day);
    jk_text_add_str(out, "tag:");
    if (!names_a_host(host)) host = JK_SPAN(NOBODY);
    for (size_t i = 0; i < host.len; i++)
        jk_text_add_char(out, jk_ascii_to_lower(host.at[i]));
    jk_text_addf(out, ",%.*s:", DAY_LEN, day);
    jk_percent_encode(out, origin, reserved, true);
}

void jk_atom_path(struct jk_span path, struct jk_text *out)
{
    struct jk_text decoded;
    jk_text_init(&decoded, 0);
    if (jk_percent_decode(&decoded, path))
        jk_percent_encode(out, jk_text_span(&decoded), reserved, true);
    else
        jk_text_add(out, path);
    out->failed = out->failed || decoded.failed;
    jk_text_done(&decoded);
}
