/* Parsing an entry for the book: see parsed.h. */
#include "book/parsed.h"

#include "base/clock.h"
#include "book/index.h"
#include "domain/ident.h"

static enum jk_status parse_statement(struct jk_parsed_entry *parsed, struct jk_error *error)
{
    if (jk_statement_parse(parsed->entry.statement, &parsed->statement, error) != JK_OK) {
        error->status = JK_DATA_LOSS; /* in the log a bad statement is data loss, whatever it would be in a request */
        return JK_DATA_LOSS;
    }
    struct jk_span publisher, part;
    jk_ident_split(parsed->statement.model, &publisher, &part);
    parsed->publisher_len = (uint32_t)publisher.len;
    parsed->month = jk_time_month(parsed->entry.time_us);
    parsed->version_hash = jk_hash_fold(parsed->statement.version, 0);
    parsed->license_hash = jk_hash_text(parsed->statement.license);
    parsed->model_hash = jk_hash_fold(parsed->statement.model, 0);
    parsed->publisher_hash = jk_hash_fold(publisher, 0);
    parsed->part_hash = jk_hash_fold(part, JK_PART_SEED);
    parsed->hash = jk_statement_hash(parsed->entry.statement);
    uint64_t found = 0;
    for (size_t i = 0; i < parsed->statement.parent_count; i++) {
        const struct jk_parent_line *line = &parsed->statement.parents[i];
        if (!line->external) continue;
        struct jk_digest hash = jk_external_hash(line->name, line->version);
        if (!jk_digest_equal(&hash, &line->hash)) found |= UINT64_C(1) << i;
    }
    parsed->false_externals = found;
    return JK_OK;
}

enum jk_status jk_parsed_entry_read(struct jk_span bytes, struct jk_parsed_entry *out_parsed, struct jk_error *error)
{
    JK_TRY(jk_entry_parse(bytes, &out_parsed->entry, error));
    enum jk_kind kind = out_parsed->entry.kind;
    return kind == JK_KIND_REGISTER || kind == JK_KIND_RELEASE ? parse_statement(out_parsed, error) : JK_OK;
}
