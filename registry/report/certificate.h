/* The count certificate of a stage: one text that names everything a report was computed from, and the digests of the
 * results. Pure: signing is in store/countskey.c, checking signatures in audit/stage.h. The body is the same for
 * everybody who recomputes it. Source: registry/formats/certificate.md. Limits: a body has at most JK_CERTIFICATE_MAX
 * bytes, an origin JK_CERTIFICATE_ORIGIN_MAX, so that the key's name still fits. */
#ifndef JK_REPORT_CERTIFICATE_H
#define JK_REPORT_CERTIFICATE_H

#include "report/texts.h"

#define JK_CERTIFICATE_FORMAT     "jokbo/count-certificate/v1" /* the second line */
#define JK_CERTIFICATE_MAX        2048
#define JK_CERTIFICATE_ORIGIN_MAX 248
/* The key's name is the log's origin and this. */
#define JK_CERTIFICATE_KEY_END "/counts"
/* The file of a revision. */
#define JK_CERTIFICATE_FILE "certificate"

struct jk_certificate {
    struct jk_span origin, stage; /* lie in the report, or in what was parsed */
    uint32_t revision, n, m;
    struct jk_digest root_n, root_m;
    struct jk_digest policy; /* of its canonical text */
    uint32_t rules;          /* version of the rule set */
    struct jk_digest table, json, members, left_out;
};

struct jk_certificate jk_certificate_of(const struct jk_report *report, const struct jk_report_texts *texts);
/* The body, appended: what is signed. */
void jk_certificate_text(const struct jk_certificate *certificate, struct jk_text *out_body);
/* Accepts a body only as jk_certificate_text writes it. DATA_LOSS, reason CERTIFICATE_MALFORMED, names the line. */
JK_MUST_USE enum jk_status jk_certificate_parse(struct jk_span body, struct jk_certificate *out_certificate,
                                                struct jk_error *error);

#endif
