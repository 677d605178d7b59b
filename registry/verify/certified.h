/* A count certificate on disk, for `verify`: its form, its signatures, and the report's files beside it. Whether the
 * log gives the same result is for `audit --stage`. One thread. */
#ifndef JK_VERIFY_CERTIFIED_H
#define JK_VERIFY_CERTIFIED_H

#include "verify/subject.h"

/* Whether the file says in its second line that it is a certificate; false too where it cannot be read. */
bool jk_certified_is(struct jk_cli *cli, const char *path);
/* All checks of the certificate at subject->title. Fails only on invalid user input. */
JK_MUST_USE enum jk_status jk_certified_check(struct jk_subject *subject, struct jk_cli *cli);

#endif
