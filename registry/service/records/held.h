/* Manifests whose bytes are stored here and which a release names: the log says so once, in the batch in which both
 * come together. On the sequencer. */
#ifndef JK_SERVICE_RECORDS_HELD_H
#define JK_SERVICE_RECORDS_HELD_H

#include "service/call/services.h"

/* Where a release comes, or an upload by whose release it is: appends `held` if the manifest of this digest is stored, a
 * release names it, and the log does not say so yet. */
JK_MUST_USE enum jk_status jk_held_note(struct jk_turn *turn, const struct jk_digest *artifact, struct jk_error *error);
/* Appends `withdrawn` if the log says that it is held. `reason`: digest of the free text. */
JK_MUST_USE enum jk_status jk_held_end(struct jk_turn *turn, const struct jk_digest *artifact,
                                       const struct jk_digest *reason, struct jk_error *error);

#endif
