/* Tokens as messages. */
#ifndef JK_SERVICE_RECORDS_TOKEN_H
#define JK_SERVICE_RECORDS_TOKEN_H

#include "service/call/convert.h"
#include "service/call/services.h"

/* Scopes of a token as a list, never NULL except when out of memory. */
Jokbo__V1__TokenScope *jk_present_scopes(struct jk_arena *arena, unsigned scopes, size_t *out_count);

#endif
