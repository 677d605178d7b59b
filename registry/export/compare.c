/* Comparing an export with the log. See export.h. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit/copy.h"
#include "base/regular.h"
#include "export/place.h"
#include "export/rows.h"

#define SHOWN 160 /* bytes of a cell in an error */

struct comparing {
    const struct jk_export_options *options;
    int folder;
    FILE *files[JK_EXPORT_TABLES];
    uint64_t lines[JK_EXPORT_TABLES]; /* that were found right */
    struct jk_text found;             /* of the piece in hand */
};

/* ---- a difference ---- */

struct place {
    uint64_t line;
    size_t column, cell; /* cell: where its text begins in the rows */
};

/* Up to the cell's end, as it is written. */
static struct jk_span cell_at(struct jk_span text, size_t begin)
{
    bool quoted = false;
    size_t end = begin;
    for (; end < text.len; end++) {
        char c = text.at[end];
        if (c == '"') quoted = !quoted;
        if (!quoted && (c == ',' || c == '\r' || c == '\n')) break;
    }
    return (struct jk_span){text.at + begin, end - begin};
}

/* A cell for people, from a little before the byte that differs where that is far in. */
static void show_cell(struct jk_span cell, size_t differs, char out[SHOWN])
{
    size_t skip = differs > 40 && differs <= cell.len ? differs - 20 : 0;
    while (skip > 0 && skip < cell.len && (cell.at[skip] & 0xC0) == 0x80)
        skip++; /* within a character */
    snprintf(out, SHOWN, "%s", skip > 0 ? "…" : "");
    jk_text_shorten((struct jk_span){cell.at + skip, cell.len - skip}, out + strlen(out), SHOWN - strlen(out));
}

struct difference {
    uint64_t line;
    const char *column;
    struct jk_span expected, found; /* cells */
    size_t at;                      /* byte within them */
};

static enum jk_status differ(enum jk_export_table table, const struct difference *difference, struct jk_error *error)
{
    char want[SHOWN], have[SHOWN];
    uint64_t line = difference->line;
    const char *column = difference->column;
    show_cell(difference->expected, difference->at, want);
    show_cell(difference->found, difference->at, have);
    jk_error_fact(error, "file", "%s", jk_export_file(table));
    jk_error_fact(error, "line", "%llu", (unsigned long long)line);
    jk_error_fact(error, "column", "%s", column);
    jk_error_fact(error, "expected", "%s", want);
    jk_error_fact(error, "found", "%s", have);
    return jk_fail(error, JK_DATA_LOSS, "AUDIT_EXPORT", "%s, line %llu, column %s: expected \"%s\", found \"%s\"",
                   jk_export_file(table), (unsigned long long)line, column, want, have);
}

/* The files' own faults: missing, something else of that name, too long, too short. */
static enum jk_status export_fault(const char *file, const char *what, struct jk_error *error)
{
    jk_error_fact(error, "file", "%s", file);
    return jk_fail(error, JK_DATA_LOSS, "AUDIT_EXPORT", "%.200s %s", file, what);
}

static enum jk_status tell_difference(const struct comparing *comparing, enum jk_export_table table,
                                      struct jk_span expected, struct jk_error *error)
{
    struct jk_span found = jk_text_span(&comparing->found);
    size_t at = 0;
    while (at < found.len && at < expected.len && found.at[at] == expected.at[at])
        at++;

    struct place place = {.line = comparing->lines[table] + 1};
    bool quoted = false, ended = false; /* the expected rows are right, so their quotes pair up */
    for (size_t i = 0; i < at; i++) {
        char c = expected.at[i];
        if (ended) place.column = 0, place.cell = i;
        ended = false;
        if (c == '"') quoted = !quoted;
        if (c == ',' && !quoted) place.column++, place.cell = i + 1;
        if (c == '\n') place.line++;
        ended = c == '\n' && !quoted;
    }
    if (ended) place.column = 0, place.cell = at;

    struct difference difference = {.line = place.line,
                                    .column = jk_export_column(table, place.column),
                                    .expected = cell_at(expected, place.cell),
                                    .found = cell_at(found, place.cell < found.len ? place.cell : found.len),
                                    .at = at - place.cell};
    return differ(table, &difference, error);
}

/* ---- the files ---- */

static enum jk_status take_rows(void *context, enum jk_export_table table, struct jk_span rows, struct jk_error *error)
{
    struct comparing *comparing = context;
    struct jk_text *found = &comparing->found;
    jk_text_clear(found);
    jk_text_reserve(found, rows.len + 1);
    if (found->failed) return jk_out_of_memory(error);
    found->len = fread(found->bytes, 1, rows.len, comparing->files[table]);
    found->bytes[found->len] = '\0';
    if (ferror(comparing->files[table]))
        return jk_export_local(error, comparing->options->folder, jk_export_file(table));
    if (found->len != rows.len || memcmp(found->bytes, rows.at, rows.len) != 0)
        return tell_difference(comparing, table, rows, error);
    for (size_t i = 0; i < rows.len; i++)
        comparing->lines[table] += rows.at[i] == '\n';
    return JK_OK;
}

/* ---- all of it ---- */

/* The size that the tables say; one that cannot be read is found by comparing. */
static enum jk_status choose_size(const struct comparing *comparing, uint64_t *out_size, struct jk_error *error)
{
    struct jk_audit *audit = comparing->options->audit;
    uint64_t said, size = jk_audit_size(audit);
    bool same;
    *out_size = size;
    if (!jk_export_read_log(comparing->folder, jk_book_origin(jk_audit_book(audit)), &said, &same)) return JK_OK;
    if (said <= size) *out_size = said;
    if (said <= size || !same) return JK_OK;
    jk_error_fact(error, "file", "%s", jk_export_file(JK_EXPORT_LOG));
    jk_error_fact(error, "line", "2");
    jk_error_fact(error, "column", "log_size");
    return jk_fail(error, JK_DATA_LOSS, "AUDIT_EXPORT",
                   "%s, line 2, column log_size: the tables cover %llu entries, and the log that was checked has %llu",
                   jk_export_file(JK_EXPORT_LOG), (unsigned long long)said, (unsigned long long)size);
}

static enum jk_status compare_all(struct comparing *comparing, struct jk_export_summary *out_summary,
                                  struct jk_error *error)
{
    uint64_t size;
    char other[JK_EXPORT_NAME];
    unsigned files;
    JK_TRY(jk_export_list(comparing->folder, comparing->options->folder, other, &files, error));
    for (int table = 0; table < JK_EXPORT_TABLES; table++) {
        const char *why, *file = jk_export_file((enum jk_export_table)table);
        int fd = jk_regular_open(comparing->folder, file, false, &why);
        if (fd < 0) return export_fault(file, why, error);
        if (!(comparing->files[table] = fdopen(fd, "rb"))) {
            close(fd);
            return jk_out_of_memory(error);
        }
    }
    if (other[0]) return export_fault(other, "is not a table of an export, so nothing here proves it", error);

    JK_TRY(choose_size(comparing, &size, error));
    JK_TRY(jk_export_make(comparing->options, size, take_rows, comparing, out_summary, error));

    /* behind the last row there is nothing */
    char more[64];
    for (int table = 0; table < JK_EXPORT_TABLES; table++) {
        size_t got = fread(more, 1, sizeof more, comparing->files[table]);
        struct difference difference = {.line = comparing->lines[table] + 1,
                                        .column = jk_export_column((enum jk_export_table)table, 0),
                                        .expected = {"", 0},
                                        .found = cell_at((struct jk_span){more, got}, 0)};
        if (got > 0) return differ((enum jk_export_table)table, &difference, error);
    }
    return JK_OK;
}

enum jk_status jk_export_compare(const struct jk_export_options *options, struct jk_export_summary *out_summary,
                                 struct jk_error *error)
{
    struct comparing comparing = {.options = options, .folder = -1};
    jk_text_init(&comparing.found, 0);
    JK_TRY(jk_copy_open(options->folder, &comparing.folder, error));
    enum jk_status status = compare_all(&comparing, out_summary, error);
    for (int table = 0; table < JK_EXPORT_TABLES; table++)
        if (comparing.files[table]) fclose(comparing.files[table]);
    close(comparing.folder);
    jk_text_done(&comparing.found);
    return status;
}
