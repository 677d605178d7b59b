/* See tables.h. Rows of entries are taken from the entry's lines, which have the same form for all kinds: a word and
 * its value. */
#include "export/tables.h"

#include <stdlib.h>

#include "base/csv.h"
#include "domain/entry.h"
#include "export/tables_inside.h"
#include "tlog/merkle.h"

enum each { EACH_LOG, EACH_ENTRY, EACH_PARENT, EACH_TEAM, EACH_MODEL, EACH_RELEASE, EACH_ROOT };

enum source {
    FROM_NOTHING, /* past the last column */
    FROM_INDEX,
    FROM_TIME,
    FROM_KIND,
    FROM_ACTOR,
    FROM_LEAF,
    FROM_BYTES,
    FROM_TEXT,
    FROM_MAYBE,
    FROM_DIGEST,
    FROM_BODY,
    FROM_HASH,
    FROM_PARENTS,
    FROM_PART,
    FROM_FACT
};

struct column {
    const char *name;
    enum source source;
    const char *line;
};

static const struct table {
    const char *file;
    enum each each;
    uint64_t kinds; /* bits 1 << enum jk_kind */
    const struct column *columns;
} tables[JK_EXPORT_TABLES] = {
#define K(kind)                                  (UINT64_C(1) << JK_KIND_##kind)
#define C(name, from, line)                      {name, FROM_##from, line},
#define JK_TABLE(id, file, each, kinds, columns) {file ".csv", EACH_##each, kinds, (const struct column[]){columns{0}}},
#include "export/tables.def"
#undef JK_TABLE
#undef C
#undef K
};
_Static_assert(JK_KIND_COUNT <= 64, "a bit a kind");

const char *jk_export_file(enum jk_export_table table)
{
    return tables[table].file;
}

void jk_export_header(enum jk_export_table table, struct jk_text *out)
{
    struct jk_csv csv = {.out = out};
    for (const struct column *column = tables[table].columns; column->name; column++)
        jk_csv_cell(&csv, jk_span_of(column->name));
    jk_csv_end(&csv);
}

const char *jk_export_column(enum jk_export_table table, size_t number)
{
    const struct column *column = tables[table].columns;
    while (number > 0 && column[1].name)
        column++, number--;
    return column->name;
}

void jk_export_rows_done(struct jk_export_rows *rows)
{
    for (int table = 0; table < JK_EXPORT_TABLES; table++)
        jk_text_done(&rows->texts[table]);
}

void jk_export_cell_digest(struct jk_csv *csv, const struct jk_digest *digest)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(digest, hex);
    jk_csv_cell(csv, jk_span_of(hex));
}

void jk_export_cell_yes(struct jk_csv *csv, bool yes)
{
    jk_csv_cell(csv, yes ? JK_SPAN("yes") : JK_SPAN("no"));
}

/* ---- an entry, taken apart ---- */

struct parts {
    uint64_t index;
    struct jk_span whole, kind, time, actor, body;
    struct jk_span part; /* of a row a parent or team: what the line says of it */
    uint64_t position;
};

/* The first line of that word in the text; false where there is none. */
static bool find_line(struct jk_span text, const char *word, struct jk_span *out_value)
{
    struct jk_span line, head;
    while (jk_span_line(&text, &line)) {
        bool more = jk_span_cut(&line, ' ', &head);
        if (!jk_span_equal(head, jk_span_of(word))) continue;
        *out_value = more ? line : (struct jk_span){NULL, 0};
        return true;
    }
    return false;
}

static uint64_t count_parents(struct jk_span body)
{
    uint64_t count = 0;
    for (struct jk_span line; jk_span_line(&body, &line);)
        count += jk_span_starts(line, JK_SPAN("parent "));
    return count;
}

/* ---- cells ---- */

static struct jk_span none_is_nothing(struct jk_span value)
{
    return jk_span_equal(value, JK_SPAN("none")) ? (struct jk_span){NULL, 0} : value;
}

static void add_digest(struct jk_csv *csv, struct jk_span value)
{
    static const struct jk_span prefix = {"sha256:", 7};
    value = none_is_nothing(value);
    if (jk_span_starts(value, prefix)) value = (struct jk_span){value.at + prefix.len, value.len - prefix.len};
    jk_csv_cell(csv, value);
}

/* Of "<hash> [external ]<name>@<version>", or of a team's id. */
static void add_part_cell(struct jk_csv *csv, const struct parts *parts, const char *part)
{
    struct jk_span rest = parts->part, hash, name;
    (void)jk_span_cut(&rest, ' ', &hash);
    bool external = jk_span_starts(rest, JK_SPAN("external "));
    if (external) (void)jk_span_cut(&rest, ' ', &name);
    (void)jk_span_cut(&rest, '@', &name);
    if (strcmp(part, "position") == 0)
        jk_csv_number(csv, (int64_t)parts->position);
    else if (strcmp(part, "external") == 0)
        jk_export_cell_yes(csv, external);
    else if (strcmp(part, "name") == 0)
        jk_csv_cell(csv, name);
    else if (strcmp(part, "version") == 0)
        jk_csv_cell(csv, external ? none_is_nothing(rest) : rest);
    else
        jk_csv_cell(csv, hash); /* and a team, which has no space */
}

static void add_line_cell(struct jk_csv *csv, const struct parts *parts, const struct column *column)
{
    struct jk_span value = {NULL, 0};
    (void)find_line(parts->body, column->line, &value);
    if (column->source == FROM_DIGEST)
        add_digest(csv, value);
    else
        jk_csv_cell(csv, column->source == FROM_MAYBE ? none_is_nothing(value) : value);
}

static void add_column_cell(struct jk_csv *csv, const struct parts *parts, const struct column *column)
{
    struct jk_digest digest;
    switch (column->source) {
    case FROM_INDEX:
        jk_csv_number(csv, (int64_t)parts->index);
        return;
    case FROM_TIME:
        jk_csv_cell(csv, parts->time);
        return;
    case FROM_KIND:
        jk_csv_cell(csv, parts->kind);
        return;
    case FROM_ACTOR:
        jk_csv_cell(csv, parts->actor);
        return;
    case FROM_BYTES:
        jk_csv_number(csv, (int64_t)parts->whole.len);
        return;
    case FROM_LEAF:
        digest = jk_merkle_leaf(parts->whole);
        jk_export_cell_digest(csv, &digest);
        return;
    case FROM_BODY:
        jk_csv_cell(csv, parts->body);
        return;
    case FROM_HASH:
        digest = jk_digest_of(parts->body);
        jk_export_cell_digest(csv, &digest);
        return;
    case FROM_PARENTS:
        jk_csv_number(csv, (int64_t)count_parents(parts->body));
        return;
    case FROM_PART:
        add_part_cell(csv, parts, column->line);
        return;
    default:
        add_line_cell(csv, parts, column);
    }
}

/* ---- rows ---- */

static void add_table_row(const struct table *table, const struct parts *parts, struct jk_text *out)
{
    struct jk_csv csv = {.out = out};
    for (const struct column *column = table->columns; column->name; column++)
        add_column_cell(&csv, parts, column);
    jk_csv_end(&csv);
}

static void add_parents(const struct table *table, struct parts *parts, struct jk_text *out)
{
    struct jk_span rest = parts->body, line, word;
    parts->position = 0;
    while (jk_span_line(&rest, &line)) {
        if (!jk_span_starts(line, JK_SPAN("parent "))) continue;
        (void)jk_span_cut(&line, ' ', &word);
        parts->part = line;
        parts->position++;
        add_table_row(table, parts, out);
    }
}

static void add_teams(const struct table *table, struct parts *parts, struct jk_text *out)
{
    struct jk_span rest = {NULL, 0};
    (void)find_line(parts->body, "teams", &rest);
    while (rest.len > 0) {
        (void)jk_span_cut(&rest, ' ', &parts->part);
        add_table_row(table, parts, out);
    }
}

enum jk_status jk_export_add_entry(struct jk_export_rows *rows, uint64_t index, struct jk_span entry,
                                   struct jk_error *error)
{
    struct parts parts;
    enum jk_kind kind;
    struct jk_span rest = entry, line;
    parts = (struct parts){.index = index, .whole = entry};
    bool good = find_line(entry, "kind", &parts.kind) && find_line(entry, "time", &parts.time) &&
                find_line(entry, "actor", &parts.actor);
    for (int i = 0; i < 4 && good; i++)
        good = jk_span_line(&rest, &line);
    parts.body = rest;

    if (!good || !jk_kind_parse(parts.kind, &kind))
        return jk_fail(error, JK_DATA_LOSS, "INVALID_ENTRY", "entry %llu has no kind that is known",
                       (unsigned long long)index);
    for (int i = 0; i < JK_EXPORT_TABLES; i++) {
        const struct table *table = &tables[i];
        if (!(table->kinds >> kind & 1)) continue;
        if (table->each == EACH_PARENT)
            add_parents(table, &parts, &rows->texts[i]);
        else if (table->each == EACH_TEAM)
            add_teams(table, &parts, &rows->texts[i]);
        else
            add_table_row(table, &parts, &rows->texts[i]);
    }
    return JK_OK;
}
