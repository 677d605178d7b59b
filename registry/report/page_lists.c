/* Extracts of the two lists on a report's page: a few of each kind, and where the whole stands. See page.h. */
#include "report/page.h"

#define BASES_SHOWN   12 /* with … */
#define OF_EACH_BASE  4
#define OF_EACH_CAUSE 3

/* The canonical list, and the one for spreadsheets. */
static void add_where(struct jk_text *out, const char *korean, const char *english, const char *canonical,
                      const char *csv)
{
    jk_text_add_str(out, "<p class=\"note\">");
    jk_page_both(out, korean, english);
    jk_text_add_str(out, ": ");
    jk_page_link(out, csv);
    jk_text_add_str(out, ", ");
    jk_page_link(out, canonical);
    jk_text_add_str(out, "</p>\n");
}

static void add_more(struct jk_text *out, size_t more)
{
    if (more == 0) return;
    jk_text_add_str(out, "<p class=\"more\">… ");
    jk_page_number(out, more);
    jk_text_add_str(out, "개 더 <span class=\"en\" lang=\"en\">more</span></p>\n");
}

static void add_cell(struct jk_text *out, struct jk_span text)
{
    jk_text_add_str(out, "<td>");
    jk_page_add(out, text);
    jk_text_add_str(out, "</td>");
}

static void add_entry(struct jk_text *out, struct jk_span index)
{
    jk_text_add_str(out, "<td class=\"num\">");
    jk_page_site(out, "log", index, index);
    jk_text_add_str(out, "</td>");
}

/* ---- the counted, base by base ---- */

struct listed {
    struct jk_span team, base, name, version, relation, index;
};

static bool next_listed(struct jk_span *listing, struct listed *out_listed)
{
    struct jk_span line;
    if (!jk_span_line(listing, &line)) return false;
    struct jk_span *const cells[] = {&out_listed->team,    &out_listed->base,     &out_listed->name,
                                     &out_listed->version, &out_listed->relation, &out_listed->index};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        (void)jk_span_cut(&line, '\t', cells[i]);
    return true;
}

static void begin_base(const struct jk_page *page, const struct listed *listed, struct jk_text *out)
{
    static const struct jk_page_title titles[] = {
        {"모델@버전", "model@version", false}, {"관계", "relation", false}, {"항목", "entry", true}};
    jk_text_add_str(out, "<h3>");
    jk_page_team(page, listed->team, out);
    jk_text_add_str(out, " · ");
    jk_page_site(out, "bases", listed->base, listed->base);
    jk_text_add_str(out, "</h3>\n");
    jk_page_table(out, titles, sizeof titles / sizeof *titles);
}

static void add_listed(const struct listed *listed, struct jk_text *out)
{
    jk_page_row(out);
    jk_page_site(out, "models", listed->name, listed->name);
    jk_text_add_char(out, '@');
    jk_page_add(out, listed->version);
    jk_page_row_head_end(out);
    add_cell(out, listed->relation);
    add_entry(out, listed->index);
    jk_page_row_end(out);
}

static void end_base(struct jk_text *out, size_t rows)
{
    jk_page_table_end(out);
    add_more(out, rows > OF_EACH_BASE ? rows - OF_EACH_BASE : 0);
}

void jk_page_counted(const struct jk_page *page, struct jk_text *out)
{
    struct jk_span listing = page->listing, base = {"", 0};
    struct listed listed;
    size_t bases = 0, rows = 0;
    jk_page_section(out, "counted", "집계된 파생 모델 (일부)", "Counted derivatives (extract)");
    add_where(out, "팀, 기반 모델, 게시자, 이름 순으로 기반 모델마다 처음 몇 개만 싣습니다. 전체 목록",
              "By team, base model, publisher and name, the first few of each base model. The whole list",
              "members.txt", "counted.csv");
    while (next_listed(&listing, &listed)) {
        if (bases == 0 || !jk_span_equal(listed.base, base)) {
            if (rows > 0) end_base(out, rows);
            rows = 0;
            base = listed.base;
            if (++bases > BASES_SHOWN) break;
            begin_base(page, &listed, out);
        }
        if (rows++ < OF_EACH_BASE) add_listed(&listed, out);
    }
    if (rows > 0) end_base(out, rows);
    if (bases > BASES_SHOWN)
        jk_page_paragraph(out, "그 밖의 기반 모델은 전체 목록에 있습니다.", "Further base models: see the whole list.");
}

/* ---- the left-out, reason by reason ---- */

/* The reason under which the total tells it: of each root the first that holds, of these the latest. `roots`:
 * "<root> <reason>,<reason>", tabs between them. */
static enum jk_reason reason_of(struct jk_span roots)
{
    int latest = -1;
    while (roots.len > 0) {
        struct jk_span root, name, word;
        (void)jk_span_cut(&roots, '\t', &root);
        (void)jk_span_cut(&root, ' ', &name);
        (void)jk_span_cut(&root, ',', &word);
        for (int i = 0; i < JK_REASON_COUNT; i++)
            if (jk_span_equal(word, jk_span_of(jk_reason_word((enum jk_reason)i))) && i > latest) latest = i;
    }
    return latest < 0 ? JK_REASON_COUNT : (enum jk_reason)latest;
}

/* "red-ai/Solar-1: not-programme, relation": the words that the first sheet explains. */
static void add_reasons(struct jk_text *out, struct jk_span roots)
{
    jk_text_add_str(out, "<small>");
    for (bool first = true; roots.len > 0; first = false) {
        struct jk_span root, name, word;
        (void)jk_span_cut(&roots, '\t', &root);
        (void)jk_span_cut(&root, ' ', &name);
        jk_text_add_str(out, first ? "" : "<br/>");
        jk_page_add(out, name);
        jk_text_add_str(out, ": ");
        while (root.len > 0) {
            (void)jk_span_cut(&root, ',', &word);
            jk_page_add(out, word);
            if (root.len > 0) jk_text_add_str(out, ", ");
        }
    }
    jk_text_add_str(out, "</small>");
}

static void add_caused(struct jk_text *out, struct jk_span release, struct jk_span roots)
{
    struct jk_span hash, index, version, name;
    (void)jk_span_cut(&release, ' ', &hash);
    (void)jk_span_cut(&release, ' ', &index);
    version = release;
    (void)jk_span_cut(&version, '@', &name);
    jk_page_row(out);
    jk_page_site(out, "models", name, release);
    add_reasons(out, roots);
    jk_page_row_head_end(out);
    add_entry(out, index);
    jk_page_row_end(out);
}

struct cause {
    struct jk_span lines[OF_EACH_CAUSE]; /* the first */
    size_t count;
};

static void sort_by_cause(struct jk_span left_out, struct cause causes[JK_REASON_COUNT])
{
    struct jk_span line, roots, release;
    while (jk_span_line(&left_out, &line)) {
        roots = line;
        (void)jk_span_cut(&roots, '\t', &release);
        enum jk_reason reason = reason_of(roots);
        if (reason == JK_REASON_COUNT) continue; /* of no list that a report's digest names */
        struct cause *cause = &causes[reason];
        if (cause->count < OF_EACH_CAUSE) cause->lines[cause->count] = line;
        cause->count++;
    }
}

static void add_cause(const struct cause *cause, enum jk_reason reason, struct jk_text *out)
{
    static const struct jk_page_title titles[] = {
        {"모델@버전, 기반 모델마다 모든 사유", "model@version, every reason for each base model", false},
        {"항목", "entry", true}};
    if (cause->count == 0) return;
    jk_page_heading(out, jk_reason_korean(reason), jk_reason_english(reason));
    jk_page_table(out, titles, sizeof titles / sizeof *titles);
    for (size_t i = 0; i < cause->count && i < OF_EACH_CAUSE; i++) {
        struct jk_span roots = cause->lines[i], release;
        (void)jk_span_cut(&roots, '\t', &release);
        add_caused(out, release, roots);
    }
    jk_page_table_end(out);
    add_more(out, cause->count > OF_EACH_CAUSE ? cause->count - OF_EACH_CAUSE : 0);
}

void jk_page_left_out_list(const struct jk_page *page, struct jk_text *out)
{
    struct cause causes[JK_REASON_COUNT] = {0};
    sort_by_cause(page->left_out, causes);
    jk_page_section(out, "left-out", "제외된 파생 모델 (일부)", "Left-out derivatives (extract)");
    add_where(out, "사유마다 먼저 등록된 몇 개만 싣습니다. 모든 모델과 모든 사유",
              "The first few of each reason. All of them, with every reason", "left-out.tsv", "left-out.csv");
    for (int i = 0; i < JK_REASON_COUNT; i++)
        add_cause(&causes[i], (enum jk_reason)i, out);
}
