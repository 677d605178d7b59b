/* A new log's first entries: init (origin, key, purpose), the pinned SPDX list, and the licence facts of
 * registry/data/licenses.tsv (embedded). One transaction; if servers race, one wins and the others read its log.
 * Thread: start. The entries are first folded into a separate book: a log that could not be loaded must not be created.
 */
#include "base/check.h"
#include "base/defer.h"
#include "base/clock.h"
#include "domain/spdx.h"
#include "store/clock.h"
#include "store/files.h"
#include "store/pgarray.h"
#include "store/state.h"

#define INIT_MS       20000
#define RULES_VERSION "1"

extern const unsigned char jk_data_licenses[];
extern const size_t jk_data_licenses_len;

struct first {
    struct jk_book *book;
    struct jk_edge edge;
    struct jk_pgarray rows;
    int64_t time_us;
    struct jk_arena arena;
    struct jk_record clock; /* a demo's; key NULL: none */
};

static enum jk_status add_first(struct first *first, struct jk_entry *entry, struct jk_error *error)
{
    struct jk_text text;
    enum jk_status status;
    struct jk_digest leaf;

    entry->time_us = first->time_us;
    entry->actor.type = JK_ACTOR_SERVER;
    jk_text_init(&text, JK_ENTRY_MAX);
    jk_entry_write(entry, &text);
    status = text.failed ? jk_fail(error, JK_INTERNAL, "INIT_ENTRY", "a first entry is too long")
                         : jk_book_apply(first->book, jk_text_span(&text), error);
    if (status == JK_OK) {
        leaf = jk_merkle_leaf(jk_text_span(&text));
        jk_edge_append(&first->edge, &leaf);
        jk_pgarray_add(&first->rows, jk_text_span(&text));
    }
    jk_text_done(&text);
    return status;
}

/* id, commercial, derivatives, redistribution, name forms, notes: separated by tabs. */
static bool parse_license(struct jk_span line, struct jk_entry *out)
{
    struct jk_span words[JK_PERMISSION_KINDS];
    static const enum jk_permission_kind order[] = {JK_MAY_COMMERCIAL, JK_MAY_DERIVE, JK_MAY_REDISTRIBUTE};

    out->kind = JK_KIND_LICENSE;
    if (!jk_span_cut(&line, '\t', &out->license)) return false;
    for (size_t i = 0; i < JK_PERMISSION_KINDS; i++) {
        if (!jk_span_cut(&line, '\t', &words[i]) && i + 1 < JK_PERMISSION_KINDS) return false;
        if (!jk_permission_parse(words[i], &out->permissions[order[i]])) return false;
    }
    (void)jk_span_cut(&line, '\t', &out->name_forms);
    return true;
}

static enum jk_status not_a_checkpoint(const struct jk_store *store, const char *why, struct jk_error *error)
{
    return jk_fail(error, JK_INVALID_ARGUMENT, "AFTER",
                   "--after: %.200s is not a signed checkpoint of a log that ended: %s", store->after, why);
}

/* The description in entry 0 of the log that this one continues: taken from --after, whoever signed that checkpoint. */
static enum jk_status read_after(const struct jk_store *store, struct jk_text *out, struct jk_error *error)
{
    char bytes[JK_NOTE_MAX], hex[JK_DIGEST_HEX + 1];
    struct jk_checkpoint last;
    struct jk_span body, signatures;
    struct jk_error wrong;
    ssize_t len;

    if (!store->after) return JK_OK;
    jk_error_init(&wrong, NULL);
    len = jk_file_read(store->after, bytes, sizeof(bytes));
    if (len < 0) return not_a_checkpoint(store, "it cannot be read", error);
    if (jk_note_open((struct jk_span){bytes, (size_t)len}, &body, &signatures, &wrong) != JK_OK ||
        jk_checkpoint_parse(body, &last, &wrong) != JK_OK)
        return not_a_checkpoint(store, wrong.message, error);
    if (jk_span_equal(last.origin, jk_span_of(store->origin)))
        return not_a_checkpoint(store, "it has the same origin as the new log, which needs another", error);
    jk_digest_hex(&last.root, hex);
    jk_text_addf(out, "%.*s %llu %s", JK_SPAN_ARG(last.origin), (unsigned long long)last.size, hex);
    return JK_OK;
}

static enum jk_status compose(struct jk_store *store, struct first *first, struct jk_error *error)
{
    JK_CLEANUP(jk_text_done) struct jk_text after = {0};
    struct jk_entry init = {.kind = JK_KIND_INIT,
                            .origin = jk_span_of(store->origin),
                            .key = jk_span_of(store->keys.texts[0]),
                            .purpose = jk_span_of(store->purpose ? store->purpose : "registry"),
                            .rules = JK_SPAN(RULES_VERSION)};
    struct jk_entry spdx = {
        .kind = JK_KIND_SPDX, .version = jk_span_of(jk_spdx_version()), .list = jk_spdx_list_digest()};

    JK_TRY(read_after(store, &after, error));
    init.after = jk_text_span(&after);
    JK_TRY(add_first(first, &init, error));
    JK_TRY(add_first(first, &spdx, error));

    struct jk_span rest = {(const char *)jk_data_licenses, jk_data_licenses_len}, line;

    while (jk_span_line(&rest, &line)) {
        struct jk_entry entry = {0};

        if (line.len == 0 || line.at[0] == '#') continue;
        if (!parse_license(line, &entry))
            return jk_fail(error, JK_INTERNAL, "LICENSES_TSV", "a row of licenses.tsv is malformed: %.*s",
                           (int)(line.len < 80 ? line.len : 80), line.at);
        JK_TRY(add_first(first, &entry, error));
    }

    if (jk_pgarray_failed(&first->rows)) return jk_out_of_memory(error);
    return JK_OK;
}

static void add_record(const struct jk_record *record, struct jk_pgarray *key, struct jk_pgarray *value,
                       struct jk_query *query)
{
    jk_pgarray_add(key, jk_span_of(record->key));
    jk_pgarray_add(value, jk_span_of(record->value));
    jk_query_init(query, JK_SQL_RECORD_UPSERT);
    jk_query_i64(query, 0);
    jk_query_span(query, jk_pgarray_span(key));
    jk_query_span(query, jk_pgarray_span(value));
}

static enum jk_status insert(struct jk_store *store, struct jk_conn *writer, struct first *first,
                             struct jk_error *error)
{
    const struct jk_signer *signer = store->keys.held[0];
    struct jk_pgarray rows[2];
    struct jk_query queries[6];
    size_t count = 4;
    unsigned char batch[16];
    struct jk_text note;
    enum jk_status status;

    jk_random_bytes(batch, sizeof(batch));
    jk_pgarray_init(&rows[0], JK_PG_TEXT);
    jk_pgarray_init(&rows[1], JK_PG_TEXT);
    jk_text_init(&note, JK_NOTE_MAX);
    status = jk_head_sign(&signer, 1, &first->edge, &note, error);
    if (status == JK_OK) {
        jk_query_init(&queries[0], JK_SQL_BEGIN);
        jk_query_init(&queries[1], JK_SQL_HEAD_INSERT);
        jk_query_span(&queries[1], jk_span_of(store->origin));
        jk_query_span(&queries[1], jk_span_of(store->keys.texts[0]));
        jk_query_i64(&queries[1], (int64_t)first->edge.size);
        jk_query_i64(&queries[1], first->time_us);
        jk_query_span(&queries[1], jk_head_edge(&first->edge));
        jk_query_span(&queries[1], jk_text_span(&note));
        jk_query_bytes(&queries[1], batch, sizeof(batch));
        jk_query_i64(&queries[1], first->clock.key ? 1 : 0);
        jk_query_init(&queries[2], JK_SQL_ENTRY_INSERT);
        jk_query_i64(&queries[2], 0);
        jk_query_i64(&queries[2], first->time_us);
        jk_query_span(&queries[2], jk_pgarray_span(&first->rows));
        jk_query_init(&queries[3], JK_SQL_BATCH_INSERT);
        jk_query_bytes(&queries[3], batch, sizeof(batch));
        jk_query_i64(&queries[3], (int64_t)first->edge.size);
        if (first->clock.key) add_record(&first->clock, &rows[0], &rows[1], &queries[count++]);
        jk_query_init(&queries[count++], JK_SQL_COMMIT);
        status = jk_conn_run(writer, queries, count, jk_monotonic_ms() + INIT_MS, error);
        if (status == JK_OK) jk_queries_done(queries, count);
    }
    jk_pgarray_done(&rows[0]);
    jk_pgarray_done(&rows[1]);
    jk_text_done(&note);
    return status;
}

static bool is_demo_store(const struct jk_store *store)
{
    return store->purpose && strcmp(store->purpose, "demo") == 0;
}

static enum jk_status read_clock(const struct jk_store *store, struct jk_conn *writer, int64_t *out_us,
                                 struct jk_error *error)
{
    int64_t asked_us = jk_timekeeper_ask(store);
    struct jk_query query;

    jk_query_init(&query, JK_SQL_CLOCK);
    JK_TRY(jk_conn_run(writer, &query, 1, jk_monotonic_ms() + INIT_MS, error));
    *out_us = jk_result_i64(query.result, 0, 0);
    jk_queries_done(&query, 1);
    return is_demo_store(store) ? JK_OK : jk_timekeeper_check_new(store, asked_us, *out_us, error);
}

/* A demo's log and its clock begin before the programme did. */
static enum jk_status begin_demo(struct jk_store *store, struct first *first, struct jk_error *error)
{
    int64_t ahead_us = JK_DEMO_START_US - first->time_us;

    if (!is_demo_store(store)) return JK_OK;
    first->time_us = JK_DEMO_START_US;
    if (jk_record_clock(&first->arena, ahead_us, &first->clock)) return JK_OK;
    return jk_out_of_memory(error);
}

/* The insert fails for the loser of a race as well as for a fault: the head tells which. */
static enum jk_status insert_or_lose(struct jk_store *store, struct jk_conn *writer, struct first *first,
                                     struct jk_error *error)
{
    struct jk_error failure, other;
    struct jk_query query;
    struct jk_head head;
    enum jk_status status;

    jk_error_init(&failure, NULL);
    status = insert(store, writer, first, &failure);
    if (status == JK_OK) return JK_OK;
    jk_conn_rollback(writer);
    jk_error_init(&other, NULL);
    if (jk_conn_wait(writer, jk_monotonic_ms() + INIT_MS, &other) == JK_OK &&
        jk_load_head(writer, &query, &head, &other) == JK_OK) {
        jk_queries_done(&query, 1);
        return jk_fail(error, JK_ALREADY_EXISTS, "LOG_EXISTS", "another server created the log first");
    }
    return jk_fail(error, status, failure.reason, "%s", failure.message);
}

enum jk_status jk_init_log(struct jk_store *store, struct jk_conn *writer, struct jk_error *error)
{
    struct first first = {.book = jk_book_new()};
    enum jk_status status;

    JK_CHECK(first.book != NULL);
    jk_edge_init(&first.edge);
    jk_pgarray_init(&first.rows, JK_PG_BYTEA);
    jk_arena_init(&first.arena, 1 << 16);
    status = read_clock(store, writer, &first.time_us, error);
    if (status == JK_OK) status = begin_demo(store, &first, error);
    if (status == JK_OK) status = compose(store, &first, error);
    if (status == JK_OK) status = insert_or_lose(store, writer, &first, error);
    jk_pgarray_done(&first.rows);
    jk_arena_done(&first.arena);
    jk_book_free(first.book);
    return status;
}
