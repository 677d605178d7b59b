/* Policies in files, which need not be recorded. */
#ifndef JK_CLI_POLICY_FILE_H
#define JK_CLI_POLICY_FILE_H

#include "cli/console/cli.h"
#include "domain/policy.h"

/* Whether a POLICY that was given is a file rather than the name of a recorded one: "-", a path, or a file of that
 * name in this folder. */
bool jk_policy_is_file(const char *name);
/* LOCAL_FILE; a malformed policy names the line and the rule. */
JK_MUST_USE enum jk_status jk_policy_file_read(struct jk_cli *cli, const char *name, struct jk_policy *out_policy);

/* What a server is asked for by a POLICY that was given: a name as it is, a file by the digest of its policy, since a
 * server counts by recorded policies only. Errors as for jk_policy_file_read. */
JK_MUST_USE enum jk_status jk_policy_asked(struct jk_cli *cli, char *given, char **out_asked);
/* Passes on the status of a call that asked for jk_policy_asked(given). If it failed because the policy in that file is
 * not recorded, the error now says how to record it. */
JK_MUST_USE enum jk_status jk_policy_answered(struct jk_cli *cli, const char *given, enum jk_status status);
/* What a reply's policy is called, name@version, with its digest; the digest alone where the server has it under no name.
 * Empty for no policy. */
const char *jk_policy_title(struct jk_cli *cli, const char *sha256);

#endif
