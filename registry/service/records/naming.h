/* Names that a write gives to models: spelled with the publisher as it was entered, and free. Pure but for the turn. */
#ifndef JK_SERVICE_RECORDS_NAMING_H
#define JK_SERVICE_RECORDS_NAMING_H

#include "service/call/authority.h"

/* The model's name with its publisher spelled as entered, in the call's arena. */
struct jk_span jk_name_under(struct jk_change *change, const struct jk_turn *turn, uint32_t publisher,
                             struct jk_span name);
/* ALREADY_EXISTS (SAME_NAME, NAME_TAKEN) unless `to` is free, or is the model's present name in another case. */
JK_MUST_USE enum jk_status jk_name_check(const struct jk_turn *turn, uint32_t model, struct jk_span to,
                                         struct jk_error *error);

#endif
