/* Members of publishers as messages. */
#ifndef JK_SERVICE_RECORDS_MEMBER_H
#define JK_SERVICE_RECORDS_MEMBER_H

#include <jokbo/v1/access.pb-c.h>

#include "auth/directory.h"

/* NULL when out of memory. */
Jokbo__V1__Member *jk_present_member(struct jk_arena *arena, const struct jk_member *member);

#endif
