/* See texts.h. */
#include "report/texts.h"

#include "report/listing.h"
#include "report/report_inside.h"

static enum jk_status write_texts(const struct jk_report *report, struct jk_report_texts *texts, struct jk_error *error)
{
    jk_report_tsv(report, &texts->table);
    if (texts->table.failed) return jk_out_of_memory(error);
    JK_TRY(jk_report_members(report, &texts->members, error));
    JK_TRY(jk_report_left_out(report, &texts->left_out, error));
    jk_report_hold(report, false); /* the lists are long */
    texts->table_sha256 = jk_digest_of(jk_text_span(&texts->table));
    texts->members_sha256 = jk_digest_of(jk_text_span(&texts->members));
    texts->left_out_sha256 = jk_digest_of(jk_text_span(&texts->left_out));
    jk_report_hold(report, true);
    struct jk_report_digests digests = {texts->table_sha256, texts->members_sha256, texts->left_out_sha256};
    JK_TRY(jk_report_json(report, &digests, &texts->json, error));
    texts->json_sha256 = jk_digest_of(jk_text_span(&texts->json));
    jk_report_team_names(report, &texts->team_names);
    if (texts->team_names.failed) return jk_out_of_memory(error);
    return jk_report_listing(report, &texts->listing, error);
}

enum jk_status jk_report_texts_make(const struct jk_report *report, struct jk_report_texts *out_texts,
                                    struct jk_error *error)
{
    *out_texts = (struct jk_report_texts){0};
    enum jk_status status = write_texts(report, out_texts, error);
    if (status != JK_OK) jk_report_texts_free(out_texts);
    return status;
}

void jk_report_texts_free(struct jk_report_texts *texts)
{
    jk_text_done(&texts->table);
    jk_text_done(&texts->json);
    jk_text_done(&texts->members);
    jk_text_done(&texts->left_out);
    jk_text_done(&texts->team_names);
    jk_text_done(&texts->listing);
    *texts = (struct jk_report_texts){0};
}
