/* One request to a witness and what its answer means: C2SP tlog-witness, add-checkpoint. Pure; no network. Source:
 * c2sp.org/tlog-witness. */
#ifndef JK_WITNESS_EXCHANGE_H
#define JK_WITNESS_EXCHANGE_H

#include "tlog/cosignature.h"
#include "tlog/merkle.h"

#define JK_WITNESS_BODY_MAX   (JK_NOTE_MAX + 4096) /* of a request; an answer has at most JK_WITNESS_ANSWER_MAX */
#define JK_WITNESS_ANSWER_MAX 16384
#define JK_WITNESS_SIZE_TYPE  "text/x.tlog.size"

/* The body: "old <n>", the consistency proof, an empty line, the checkpoint. */
void jk_witness_ask(uint64_t old_size, const struct jk_proof *proof, struct jk_span note, struct jk_text *out_body);

enum jk_witness_outcome {
    JK_WITNESS_COSIGNED,  /* out->line holds the cosignature */
    JK_WITNESS_ELSEWHERE, /* its log has out->size entries */
    JK_WITNESS_REFUSED,   /* it refuses */
    JK_WITNESS_GARBAGE,   /* an answer that the protocol does not define */
    JK_WITNESS_FORGED,    /* an incorrect cosignature by its own key */
};

struct jk_witness_answer {
    enum jk_witness_outcome outcome;
    uint64_t size;
    struct jk_cosignature cosignature; /* its line points into the answer's body */
    char detail[160];                  /* for the log, if it is neither a cosignature nor a size */
};

/* `note` is the checkpoint in question; lines of keys other than `cosigner` are ignored. */
void jk_witness_answer_read(int http_status, const char *content_type, struct jk_span body, struct jk_span note,
                            const struct jk_cosigner *cosigner, struct jk_witness_answer *out);

#endif
