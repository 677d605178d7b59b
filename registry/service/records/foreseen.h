/* What would be found about a derivative that is not registered: its roots, and the findings that follow from its name,
 * its licence and its parents. Nothing is predicted about digests, or about rulings. Pure: reads a view, allocates in
 * an arena. Visits at most 4,096 ancestors; if there are more, permissions are unknown. */
#ifndef JK_SERVICE_RECORDS_FORESEEN_H
#define JK_SERVICE_RECORDS_FORESEEN_H

#include "declare/pin.h"
#include "service/records/present.h"

/* Sets roots and findings of the reply. `now_us`: when it would be registered. */
void jk_foreseen_tell(const struct jk_present *present, int64_t now_us, const struct jk_pins *pins,
                      const Jokbo__V1__Derivative *derivative, Jokbo__V1__ReadCardResponse *reply);

#endif
