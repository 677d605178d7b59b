/* Rows computed from all entries: of the log itself, models, releases, and the roots of derivatives. See tables.h. */
#include "book/book_ask.h"
#include "domain/license.h"
#include "export/tables.h"
#include "export/tables_inside.h"

void jk_export_add_log(struct jk_export_rows *rows, const struct jk_export_log *log)
{
    struct jk_csv csv = {.out = &rows->texts[JK_EXPORT_LOG]};
    jk_csv_cell(&csv, JK_SPAN(JK_EXPORT_FORMAT));
    jk_csv_number(&csv, (int64_t)log->size);
    jk_export_cell_digest(&csv, &log->root);
    jk_csv_cell(&csv, log->origin);
    jk_csv_end(&csv);
}

static uint32_t index_of(const struct jk_book *book, uint32_t model)
{
    return jk_book_model(book, model)->index;
}

static struct jk_span team_of_base(const struct jk_book *book, uint32_t model, uint32_t n)
{
    const struct jk_base_facts *base = jk_book_base(book, model, n);
    return base ? jk_book_team(book, base->team)->id : (struct jk_span){NULL, 0};
}

/* By the index of the root's registration: the one behind `after`, NULL at the end. A derivative has few. */
static const struct jk_spell *next_root(const struct jk_book *book, uint32_t model, uint32_t n, int64_t after)
{
    const struct jk_spell *spell = NULL, *best = NULL;
    while ((spell = jk_book_spell(book, model, n, spell))) {
        uint32_t index = index_of(book, spell->root);
        if (index > after && (!best || index < index_of(book, best->root))) best = spell;
    }
    return best;
}

static void add_root(struct jk_text *out, const struct jk_book *book, const struct jk_spell *spell, uint32_t n)
{
    struct jk_csv csv = {.out = out};
    bool clean = !(spell->flags & (JK_FLAG_LICENSE_CONFLICT | JK_FLAG_LICENSE_UNKNOWN)) &&
                 spell->license_class != JK_LICENSE_UNKNOWN;
    jk_csv_number(&csv, index_of(book, spell->derivative));
    jk_csv_number(&csv, index_of(book, spell->root));
    jk_csv_cell(&csv, jk_book_alias(book, spell->root, n)->name);
    jk_csv_cell(&csv, team_of_base(book, spell->root, n));
    jk_csv_number(&csv, spell->depth);
    jk_export_cell_yes(&csv, spell->flags & JK_FLAG_ADOPTED_ONLY);
    jk_export_cell_yes(&csv, !(spell->flags & (JK_FLAG_SELF | JK_FLAG_AFFILIATE)));
    jk_csv_cell(&csv, jk_span_of(jk_license_class_text((enum jk_license_class)spell->license_class)));
    jk_export_cell_yes(&csv, clean);
    jk_export_cell_yes(&csv, spell->flags & JK_FLAG_YANKED);
    jk_csv_end(&csv);
}

void jk_export_add_model(struct jk_export_rows *rows, const struct jk_book *book, uint32_t model, uint32_t n)
{
    struct jk_csv csv = {.out = &rows->texts[JK_EXPORT_MODELS]};
    struct jk_span name = jk_book_alias(book, model, n)->name, rest = name, publisher;
    uint32_t deciding = jk_book_deciding(book, model, n);
    uint32_t release = jk_book_standing_release(book, model, n);
    jk_csv_number(&csv, index_of(book, model));
    (void)jk_span_cut(&rest, '/', &publisher);
    jk_csv_cell(&csv, name);
    jk_csv_cell(&csv, publisher);
    jk_csv_cell(&csv, team_of_base(book, model, n));
    jk_export_cell_yes(&csv, jk_book_spell(book, model, n, NULL) != NULL);
    jk_export_cell_yes(&csv, deciding == JK_NONE);
    jk_csv_number(&csv, jk_book_release(book, release)->index);
    jk_csv_end(&csv);
    const struct jk_spell *spell = next_root(book, model, n, -1);
    for (; spell; spell = next_root(book, model, n, index_of(book, spell->root)))
        add_root(&rows->texts[JK_EXPORT_ROOTS], book, spell, n);
}

void jk_export_add_release(struct jk_export_rows *rows, const struct jk_book *book, uint32_t release, uint32_t n)
{
    struct jk_csv csv = {.out = &rows->texts[JK_EXPORT_RELEASES]};
    const struct jk_release *facts = jk_book_release(book, release);
    jk_csv_number(&csv, facts->index);
    jk_export_cell_digest(&csv, &facts->hash);
    jk_csv_number(&csv, index_of(book, facts->model));
    jk_export_cell_yes(&csv, jk_book_is_yanked(book, release, n));
    jk_csv_end(&csv);
}
