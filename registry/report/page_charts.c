/* Charts of a report's page, as inline SVG. Reasons differ by pattern and letter, so that a black-and-white print says
 * as much. Coordinates are tenths of a unit, in integers only: the same bytes on every machine. See page.h. */
#include "base/clock.h"
#include "report/page.h"

#define WIDTH      7000u /* tenths */
#define FONT       11u
#define FONT_SMALL 18u /* of a chart that is shown at half its size */
#define BARS_MAX   100
#define MONTHS_MAX 60

_Static_assert(JK_REASON_COUNT <= 24, "each reason has a pattern of its own");

static void add_tenths(struct jk_text *out, uint64_t tenths)
{
    jk_text_addf(out, "%u.%u", (unsigned)(tenths / 10), (unsigned)(tenths % 10));
}

static uint64_t scaled(uint64_t value, uint64_t most, uint64_t width)
{
    return most ? value * width / most : 0;
}

/* ---- what all charts share ---- */

/* Each chart brings the patterns that it uses, under names of its own: a chart is whole wherever it is taken to. */
struct chart {
    struct jk_text *out;
    size_t id; /* where it begins in the page: no other chart begins there */
};

static void add_pattern(const struct chart *chart, int reason)
{
    static const char *const grounds[] = {"#f6d5b8", "#fbe9a9", "#cfe5bf", "#cfe0f2",
                                          "#e4e4e4", "#ecd3ea", "#f3c9c6", "#d5d2ee"};
    static const char *const strokes[] = {"M0 8L8 0", "M0 0L8 8", "M0 4H8", "M4 0V8", "M3 4H5", "M0 4H8M4 0V8"};
    jk_text_addf(chart->out,
                 "<pattern id=\"p%zu-%d\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\"><path d=\"M0 "
                 "0H8V8H0Z\" fill=\"%s\"/><path d=\"%s\" stroke=\"#333\" stroke-width=\"%s\" fill=\"none\"/></pattern>",
                 chart->id, reason, grounds[reason / 3], strokes[reason % 6], reason % 6 == 4 ? "2" : "1");
}

/* `label` names what is drawn; NULL: words beside it do. */
static struct chart begin_chart(struct jk_text *out, unsigned width, unsigned height, const char *class, unsigned font,
                                const char *label, jk_reasons used)
{
    struct chart chart = {out, out->len};
    jk_text_addf(out, "<svg class=\"%s\" viewBox=\"0 0 %u %u\" font-size=\"%u\"", class, width, height, font);
    if (label) {
        jk_text_add_str(out, " role=\"img\" aria-label=\"");
        jk_page_str(out, label);
        jk_text_add_str(out, "\">");
    } else {
        jk_text_add_str(out, " aria-hidden=\"true\">");
    }
    if (used) jk_text_add_str(out, "<defs>");
    for (int i = 0; i < JK_REASON_COUNT; i++)
        if (used >> i & 1) add_pattern(&chart, i);
    if (used) jk_text_add_str(out, "</defs>\n");
    return chart;
}

static jk_reasons used_in(const struct jk_policy_total *total)
{
    jk_reasons used = 0;
    for (int i = 0; i < JK_REASON_COUNT; i++)
        if (total->left_out[i]) used |= (jk_reasons)1 << i;
    return used;
}

/* JK_REASON_COUNT: counted. */
static void add_rect(const struct chart *chart, enum jk_reason reason, uint64_t x, uint64_t y, uint64_t width,
                     uint64_t height)
{
    struct jk_text *out = chart->out;
    jk_text_add_str(out, "<rect x=\"");
    add_tenths(out, x);
    jk_text_add_str(out, "\" y=\"");
    add_tenths(out, y);
    jk_text_add_str(out, "\" width=\"");
    add_tenths(out, width);
    jk_text_add_str(out, "\" height=\"");
    add_tenths(out, height);
    if (reason == JK_REASON_COUNT)
        jk_text_add_str(out, "\" fill=\"#1b3f66\"/>");
    else
        jk_text_addf(out, "\" fill=\"url(#p%zu-%d)\" stroke=\"#333\" stroke-width=\"0.5\"/>", chart->id, (int)reason);
}

/* `anchor`: start, middle or end. */
static void begin_label(struct jk_text *out, const char *anchor, uint64_t x, uint64_t y)
{
    jk_text_addf(out, "<text text-anchor=\"%s\" x=\"", anchor);
    add_tenths(out, x);
    jk_text_add_str(out, "\" y=\"");
    add_tenths(out, y);
    jk_text_add_str(out, "\">");
}

void jk_page_swatch(struct jk_text *out, enum jk_reason reason)
{
    jk_reasons used = reason == JK_REASON_COUNT ? 0 : (jk_reasons)1 << reason;
    struct chart chart = begin_chart(out, 28, 16, "swatch", FONT, NULL, used);
    add_rect(&chart, reason, 5, 5, 270, 150);
    jk_text_add_str(out, "</svg>");
}

/* ---- a stacked bar for each model ---- */

struct stack {
    struct chart chart;
    uint64_t sum, most;
};

static void add_segment(struct stack *stack, enum jk_reason reason, uint32_t value)
{
    uint64_t from = scaled(stack->sum, stack->most, WIDTH), to = scaled(stack->sum + value, stack->most, WIDTH);
    stack->sum += value;
    if (value == 0) return;
    if (to < from + 5) to = from + 5; /* visible, however few */
    add_rect(&stack->chart, reason, from, 10, to - from, 180);
    if (reason == JK_REASON_COUNT || to - from < 200) return;
    jk_text_add_str(stack->chart.out, "<circle cx=\"");
    add_tenths(stack->chart.out, (from + to) / 2);
    jk_text_add_str(stack->chart.out, "\" cy=\"10\" r=\"7\" fill=\"#fff\"/>");
    begin_label(stack->chart.out, "middle", (from + to) / 2, 140);
    jk_text_addf(stack->chart.out, "%c</text>", jk_page_letter(reason));
}

static void add_bar(const struct jk_summary_row *row, uint32_t most, struct jk_text *out)
{
    const struct jk_policy_total *total = &row->total;
    jk_text_add_str(out, "<figure class=\"bar\"><figcaption><span>");
    jk_page_str(out, row->name);
    jk_text_add_str(out, "</span><span><b>");
    jk_page_number(out, total->plain.counted);
    jk_text_add_str(out, "</b> / ");
    jk_page_number(out, total->plain.registered);
    jk_text_add_str(out, "</span></figcaption>");
    struct stack stack = {begin_chart(out, WIDTH / 10, 20, "chart", FONT, row->name, used_in(total)), 0, most};
    add_segment(&stack, JK_REASON_COUNT, total->plain.counted);
    for (int i = 0; i < JK_REASON_COUNT; i++)
        add_segment(&stack, (enum jk_reason)i, total->left_out[i]);
    jk_text_add_str(out, "</svg></figure>\n");
}

void jk_page_bars(const struct jk_summary *summary, struct jk_text *out)
{
    uint32_t most = 0, shown = 0, left = 0;
    for (size_t i = 0; i < summary->count; i++)
        if (summary->rows[i].scope == JK_SCOPE_BASE && summary->rows[i].total.plain.registered > most)
            most = summary->rows[i].total.plain.registered;
    for (size_t i = 0; i < summary->count; i++) {
        const struct jk_summary_row *row = &summary->rows[i];
        if (row->scope != JK_SCOPE_BASE) continue;
        bool show = row->total.plain.registered > 0 && shown < BARS_MAX;
        *(show ? &shown : &left) += 1;
        if (show) add_bar(row, most, out);
    }
    if (left == 0) return;
    jk_text_addf(
        out,
        "<p>그 밖의 모델 %u개: 파생 모델이 없거나 여기에 그리지 않음. <span class=\"en\" lang=\"en\">%u further "
        "models without derivatives, or not drawn here: see the tables.</span></p>\n",
        left, left);
}

/* ---- the funnel ---- */

#define FUNNEL_LEFT  1700u
#define FUNNEL_WIDTH 3900u
#define FUNNEL_STEP  220u

static void add_step(const struct chart *chart, const char *word, enum jk_reason reason, uint64_t y, uint32_t remaining,
                     uint32_t gone, uint32_t most)
{
    struct jk_text *out = chart->out;
    uint64_t end = FUNNEL_LEFT + scaled(remaining, most, FUNNEL_WIDTH);
    uint64_t width = scaled(gone, most, FUNNEL_WIDTH);
    begin_label(out, "end", FUNNEL_LEFT - 80, y + 145);
    if (gone) jk_text_addf(out, "%c ", jk_page_letter(reason));
    jk_text_addf(out, "%s</text>", word);
    add_rect(chart, JK_REASON_COUNT, FUNNEL_LEFT, y + 20, end - FUNNEL_LEFT, 170);
    if (gone) add_rect(chart, reason, end, y + 20, width < 5 ? 5 : width, 170);
    begin_label(out, "start", FUNNEL_LEFT + FUNNEL_WIDTH + 80, y + 145);
    jk_page_number(out, remaining);
    if (gone) {
        jk_text_add_str(out, " (−");
        jk_page_number(out, gone);
        jk_text_add_char(out, ')');
    }
    jk_text_add_str(out, "</text>\n");
}

void jk_page_funnel(const struct jk_summary_row *row, struct jk_text *out)
{
    const struct jk_policy_total *total = &row->total;
    uint32_t most = total->plain.registered, remaining = most;
    uint64_t steps = 2, y = FUNNEL_STEP;
    for (int i = 0; i < JK_REASON_COUNT; i++)
        steps += total->left_out[i] > 0;
    jk_text_add_str(out, "<figure>");
    struct chart chart = begin_chart(out, WIDTH / 10, (unsigned)(steps * FUNNEL_STEP / 10), "chart", FONT,
                                     "registered to counted", used_in(total));
    add_step(&chart, "등록 registered", JK_REASON_COUNT, 0, most, 0, most);
    for (int i = 0; i < JK_REASON_COUNT; i++) {
        if (total->left_out[i] == 0) continue;
        remaining -= total->left_out[i];
        add_step(&chart, jk_reason_word((enum jk_reason)i), (enum jk_reason)i, y, remaining, total->left_out[i], most);
        y += FUNNEL_STEP;
    }
    add_step(&chart, "집계 counted", JK_REASON_COUNT, y, total->plain.counted, 0, most);
    jk_text_add_str(out, "</svg></figure>\n");
}

/* ---- growth ---- */

#define GROWTH_LEFT   700u
#define GROWTH_SMALL  1100u /* of a small chart, whose letters are larger */
#define GROWTH_RIGHT  6950u
#define GROWTH_TOP    150u
#define GROWTH_BOTTOM 1750u
#define GROWTH_STEP   1000u

struct growth {
    const struct jk_total *total;
    uint64_t left;        /* where the months begin */
    unsigned first, last; /* months drawn */
    uint64_t before;      /* counted before the first */
    uint64_t most;        /* the whole */
};

static bool find_months(const struct jk_summary_row *row, bool small, struct growth *out_growth)
{
    const struct jk_total *total = &row->total.plain;
    struct growth growth = {
        .total = total, .left = small ? GROWTH_SMALL : GROWTH_LEFT, .first = JK_COUNT_MONTHS, .most = total->counted};
    for (unsigned month = 0; month < JK_COUNT_MONTHS; month++) {
        if (total->by_month[month] == 0) continue;
        if (growth.first == JK_COUNT_MONTHS) growth.first = month;
        growth.last = month;
    }
    if (growth.first == JK_COUNT_MONTHS) return false;
    if (growth.last - growth.first >= MONTHS_MAX) growth.first = growth.last - MONTHS_MAX + 1;
    for (unsigned month = 0; month < growth.first; month++)
        growth.before += total->by_month[month];
    *out_growth = growth;
    return true;
}

static uint64_t x_of(const struct growth *growth, unsigned month, unsigned quarters)
{
    uint64_t step = (GROWTH_RIGHT - growth->left) / (growth->last - growth->first + 1);
    if (step > GROWTH_STEP) step = GROWTH_STEP;
    return growth->left + (month - growth->first) * step + step * quarters / 4;
}

static uint64_t y_of(const struct growth *growth, uint64_t value)
{
    return GROWTH_BOTTOM - scaled(value, growth->most, GROWTH_BOTTOM - GROWTH_TOP);
}

static void add_axes(const struct growth *growth, struct jk_text *out)
{
    for (unsigned i = 0; i <= 2; i++) {
        uint64_t value = growth->most * i / 2, y = y_of(growth, value);
        jk_text_addf(out, "<path d=\"M%u.0 %u.%uH%u.0\" stroke=\"#aaa\" stroke-width=\"0.5\" fill=\"none\"/>",
                     (unsigned)(growth->left / 10), (unsigned)(y / 10), (unsigned)(y % 10), GROWTH_RIGHT / 10);
        begin_label(out, "end", growth->left - 60, y + 40);
        jk_page_number(out, value);
        jk_text_add_str(out, "</text>\n");
    }
}

static void add_months(const struct growth *growth, bool small, const struct chart *chart)
{
    struct jk_text *out = chart->out;
    unsigned count = growth->last - growth->first + 1, labels = small ? 5 : 10, each = (count + labels - 1) / labels;
    for (unsigned month = growth->first; month <= growth->last; month++) {
        uint64_t y = y_of(growth, growth->total->by_month[month]);
        char text[8];
        if (growth->total->by_month[month])
            add_rect(chart, JK_REASON_AFFILIATE, x_of(growth, month, 1), y,
                     x_of(growth, month, 3) - x_of(growth, month, 1), GROWTH_BOTTOM - y);
        if ((month - growth->first) % each != 0) continue;
        jk_month_format(month, text);
        begin_label(out, "middle", x_of(growth, month, 2), GROWTH_BOTTOM + 190);
        jk_text_addf(out, "%s</text>\n", text);
    }
}

static void add_growth_line(const struct growth *growth, struct jk_text *out)
{
    uint64_t sum = growth->before;
    jk_text_add_str(out, "<path d=\"");
    for (unsigned month = growth->first; month <= growth->last; month++) {
        sum += growth->total->by_month[month];
        jk_text_add_char(out, month == growth->first ? 'M' : 'L');
        add_tenths(out, x_of(growth, month, 2));
        jk_text_add_char(out, ' ');
        add_tenths(out, y_of(growth, sum));
    }
    jk_text_add_str(out, "\" stroke=\"#1b3f66\" stroke-width=\"2\" fill=\"none\"/>\n");
}

/* A line of one month is a point. */
static void add_points(const struct growth *growth, struct jk_text *out)
{
    uint64_t sum = growth->before;
    for (unsigned month = growth->first; month <= growth->last; month++) {
        sum += growth->total->by_month[month];
        jk_text_add_str(out, "<circle cx=\"");
        add_tenths(out, x_of(growth, month, 2));
        jk_text_add_str(out, "\" cy=\"");
        add_tenths(out, y_of(growth, sum));
        jk_text_add_str(out, "\" r=\"2.5\" fill=\"#1b3f66\"/>");
    }
}

void jk_page_growth(const struct jk_summary_row *row, bool small, struct jk_text *out)
{
    struct growth growth;
    jk_text_add_str(out, "<figure><figcaption>");
    jk_page_str(out, row->name);
    jk_text_add_str(out, "</figcaption>");
    if (find_months(row, small, &growth)) {
        struct chart chart = begin_chart(out, WIDTH / 10, 200, "chart", small ? FONT_SMALL : FONT, row->name,
                                         JK_REASON_BIT(AFFILIATE) /* upright lines */);
        add_axes(&growth, out);
        add_months(&growth, small, &chart);
        add_growth_line(&growth, out);
        add_points(&growth, out);
        jk_text_add_str(out, "</svg>");
    } else {
        jk_text_add_str(out, "<p>집계 없음 <span class=\"en\" lang=\"en\">none counted</span></p>");
    }
    jk_text_add_str(out, "</figure>\n");
}
