/* What the methods of Access share. */
#ifndef JK_SERVICE_RECORDS_ACCOUNT_H
#define JK_SERVICE_RECORDS_ACCOUNT_H

#include "service/call/convert.h"
#include "service/call/services.h"

Jokbo__V1__Account *jk_present_account(struct jk_arena *arena, const struct jk_account *account);
/* Scopes of a token as a list, never NULL but when memory is out. */
Jokbo__V1__TokenScope *jk_present_scopes(struct jk_arena *arena, unsigned scopes, size_t *out_count);
/* One plain line of at most 200 bytes. */
void jk_check_label(struct jk_call *call, const char *field, const char *text, bool required);

#endif
