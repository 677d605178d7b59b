/* Writing an entry `evidence` with its text, by the server itself. Thread: the examiner's. */
#ifndef JK_SERVICE_EVIDENCE_WRITTEN_H
#define JK_SERVICE_EVIDENCE_WRITTEN_H

#include "examine/agenda.h"
#include "store/store.h"
#include "weights/evidence_text.h"

struct jk_evidence_made {
    struct jk_agenda_item due;
    uint32_t before; /* the release's newest screening when it was begun; JK_NONE: there was none */
    uint32_t at;
    struct jk_evidence_figures figures;
    struct jk_span text;
};

/* *out_written: false where it is no longer wanted: somebody wrote it meanwhile, or the manifest or the text was
 * withdrawn. */
JK_MUST_USE enum jk_status jk_write_evidence(struct jk_store *store, const struct jk_evidence_made *made,
                                             bool *out_written, struct jk_error *error);

#endif
