/* See growth.h. Across, lengths are in per cent, so that the picture is as wide as its place without letters being stretched;
 * the sum is a picture of its own in it, which is stretched. */
#include "web/pages/growth.h"

#include "base/clock.h"
#include "base/text.h"
#include "web/pages/parts.h"

#define MONTHS      48
#define SUM_HEIGHT  100 /* of the sum's picture, in its own units */
#define BARS_BOTTOM 206 /* pixels, as in growth.mustache */
#define BARS_HEIGHT 56
#define LABELS      4

struct growth {
    unsigned first;         /* the month that is drawn first */
    unsigned months;        /* drawn */
    int64_t new_in[MONTHS]; /* of each, from the first */
    int64_t before, total, most;
};

static bool month_of(const Jokbo__V1__CountGroup *group, unsigned *out_month)
{
    return group->grouping == JOKBO__V1__GROUPING__GROUPING_MONTH && group->count > 0 &&
           jk_month_parse(jk_span_of(group->key), out_month);
}

static bool read_growth(const Jokbo__V1__DerivativeCount *count, struct growth *out)
{
    unsigned month, first = 0, last = 0;
    bool any = false;
    for (size_t i = 0; i < count->n_groups; i++) {
        if (!month_of(count->groups[i], &month)) continue;
        if (!any || month < first) first = month;
        if (!any || month > last) last = month;
        any = true;
    }
    if (!any) return false;
    if (last - first >= MONTHS) first = last - MONTHS + 1;
    *out = (struct growth){.first = first, .months = last - first + 1};
    for (size_t i = 0; i < count->n_groups; i++) {
        if (!month_of(count->groups[i], &month)) continue;
        out->total += count->groups[i]->count;
        if (month < first)
            out->before += count->groups[i]->count;
        else
            out->new_in[month - first] = count->groups[i]->count;
    }
    for (unsigned i = 0; i < out->months; i++)
        if (out->new_in[i] > out->most) out->most = out->new_in[i];
    return true;
}

/* The line from the beginning of the first month to the end of each, a unit each; `closed` with what is below it. */
static void show_sum(struct jk_shown *map, const char *key, const struct growth *growth, bool closed)
{
    struct jk_text path;
    int64_t sum = growth->before;
    jk_text_init(&path, 4096);
    for (unsigned i = 0; i <= growth->months; i++) {
        int64_t tenths = SUM_HEIGHT * 10 - sum * SUM_HEIGHT * 10 / growth->total;
        jk_text_addf(&path, "%c%u %lld.%lld", i == 0 ? 'M' : 'L', i, (long long)(tenths / 10),
                     (long long)(tenths % 10));
        if (i < growth->months) sum += growth->new_in[i];
    }
    if (closed) jk_text_addf(&path, "V%dH0Z", SUM_HEIGHT);
    jk_shown_text(map, key, jk_text_span(&path));
    jk_text_done(&path);
}

static void show_bars(struct jk_shown *map, const struct growth *growth)
{
    struct jk_shown *bars = jk_shown_list(map, "bars");
    for (unsigned i = 0; i < growth->months; i++) {
        if (growth->new_in[i] == 0) continue;
        struct jk_shown *bar = jk_shown_map(bars, NULL);
        int64_t height = growth->new_in[i] * BARS_HEIGHT / growth->most;
        if (height == 0) height = 1;
        jk_part_share(bar, "x", 10 * i + 1, 10 * growth->months);
        jk_part_share(bar, "width", 8, 10 * growth->months);
        jk_shown_printf(bar, "y", "%lld", (long long)(BARS_BOTTOM - height));
        jk_shown_printf(bar, "height", "%lld", (long long)height);
    }
}

static void show_labels(struct jk_shown *map, const struct growth *growth)
{
    struct jk_shown *labels = jk_shown_list(map, "labels");
    unsigned each = (growth->months + LABELS - 1) / LABELS;
    for (unsigned i = 0; i < growth->months; i += each) {
        struct jk_shown *label = jk_shown_map(labels, NULL);
        char text[8];
        jk_month_format(growth->first + i, text);
        jk_part_share(label, "x", i, growth->months);
        jk_shown_string(label, "month", text);
    }
}

void jk_web_page_growth(struct jk_web_page *page, const Jokbo__V1__DerivativeCount *count)
{
    struct growth growth;
    char text[8];
    if (!read_growth(count, &growth)) return;
    struct jk_shown *map = jk_shown_map(page->view, "growth");
    jk_month_format(growth.first, text);
    jk_shown_string(map, "first", text);
    jk_month_format(growth.first + growth.months - 1, text);
    jk_shown_string(map, "last", text);
    jk_shown_number(map, "before", growth.before);
    jk_shown_number(map, "sum", growth.total);
    jk_shown_number(map, "most", growth.most);
    jk_shown_printf(map, "units", "%u", growth.months);
    show_sum(map, "area", &growth, true);
    show_sum(map, "line", &growth, false);
    show_bars(map, &growth);
    show_labels(map, &growth);
}
