/* See rows.h. */
#include "export/rows.h"

#include <stdlib.h>

#define PIECE ((size_t)64 << 10) /* of a table, before the sink has it */

struct making {
    const struct jk_export_options *options;
    jk_export_sink_fn *sink;
    void *context;
    struct jk_export_summary *summary;
    struct jk_export_rows rows;
};

static enum jk_status flush_table(struct making *making, enum jk_export_table table, struct jk_error *error)
{
    struct jk_text *text = &making->rows.texts[table];
    if (text->failed) return jk_out_of_memory(error);
    if (text->len == 0) return JK_OK;

    /* no cell of a log holds a carriage return */
    struct jk_span rows = jk_text_span(text);
    uint64_t count = 0;
    for (struct jk_span row; rows.len > 0; count++)
        (void)jk_span_cut(&rows, '\r', &row);

    making->summary->rows[table] += count > 0 ? count - 1 : 0; /* the last line feed */
    enum jk_status status = making->sink(making->context, table, jk_text_span(text), error);
    jk_text_clear(text);
    return status;
}

/* What has grown to `least` bytes goes to the sink. */
static enum jk_status flush_all(struct making *making, size_t least, struct jk_error *error)
{
    for (int table = 0; table < JK_EXPORT_TABLES; table++)
        if (making->rows.texts[table].failed || making->rows.texts[table].len >= least)
            JK_TRY(flush_table(making, (enum jk_export_table)table, error));
    return JK_OK;
}

static enum jk_status take_entry(void *context, uint64_t index, struct jk_span entry, struct jk_error *error)
{
    struct making *making = context;
    const struct jk_export_options *options = making->options;
    JK_TRY(jk_export_add_entry(&making->rows, index, entry, error));
    if (options->progress && index % 1024 == 0) options->progress(options->context, index, making->summary->size);
    return flush_all(making, PIECE, error);
}

static enum jk_status make_all(struct making *making, struct jk_error *error)
{
    struct jk_audit *audit = making->options->audit;
    struct jk_export_log log = {.size = making->summary->size, .origin = jk_book_origin(jk_audit_book(audit))};
    JK_TRY(jk_audit_root(audit, log.size, &log.root, error));
    making->summary->root = log.root;
    for (int table = 0; table < JK_EXPORT_TABLES; table++)
        jk_export_header((enum jk_export_table)table, &making->rows.texts[table]);
    jk_export_add_log(&making->rows, &log);
    JK_TRY(flush_all(making, 1, error));

    JK_TRY(jk_audit_entries(making->options->audit, making->summary->size, take_entry, making, error));

    const struct jk_book *book = jk_audit_book(making->options->audit);
    uint32_t n = (uint32_t)making->summary->size, models = jk_book_models(book, n);
    for (uint32_t model = 0; model < models; model++) {
        jk_export_add_model(&making->rows, book, model, n);
        JK_TRY(flush_all(making, PIECE, error));
    }
    for (uint32_t release = 0, releases = jk_book_releases(book, n); release < releases; release++) {
        jk_export_add_release(&making->rows, book, release, n);
        JK_TRY(flush_all(making, PIECE, error));
    }

    return flush_all(making, 1, error);
}

enum jk_status jk_export_make(const struct jk_export_options *options, uint64_t size, jk_export_sink_fn *sink,
                              void *context, struct jk_export_summary *out_summary, struct jk_error *error)
{
    struct making making = {.options = options, .sink = sink, .context = context, .summary = out_summary};
    *out_summary = (struct jk_export_summary){.size = size};
    enum jk_status status = make_all(&making, error);
    for (int table = 0; table < JK_EXPORT_TABLES && status == JK_OK; table++)
        out_summary->rows[table]--; /* the header */
    jk_export_rows_done(&making.rows);
    return status;
}
