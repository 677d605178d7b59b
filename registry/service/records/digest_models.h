/* Which models have a SHA-256: of a release of theirs it is the lineage hash, the artifact, the weights, or a weight file
 * in its manifest, as long as that is stored. What files a manifest has is read from the index that the examiner keeps
 * (store/weighed.h), so a manifest is found by them only once it is in there. Thread: a reader's, within a call. */
#ifndef JK_SERVICE_RECORDS_DIGEST_MODELS_H
#define JK_SERVICE_RECORDS_DIGEST_MODELS_H

#include "service/call/call.h"

struct jk_digest_models {
    unsigned char *bits; /* one a slot of a model, in the call's arena */
    uint32_t room;       /* slots */
};

/* As of the log size of the call's page. UNAVAILABLE and the like: the database could not be asked. */
JK_MUST_USE enum jk_status jk_digest_models_find(struct jk_call *call, const struct jk_digest *digest,
                                                 struct jk_digest_models *out_models);
bool jk_digest_models_have(const struct jk_digest_models *models, uint32_t model);

#endif
