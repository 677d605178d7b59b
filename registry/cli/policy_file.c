/* See policy_file.h. */
#include "cli/policy_file.h"

#include <jokbo/v1/stage.pb-c.h>

#include "cli/console/local.h"

bool jk_policy_is_file(const char *name)
{
    return strcmp(name, "-") == 0 || strchr(name, '/') || jk_local_exists(name);
}

enum jk_status jk_policy_file_read(struct jk_cli *cli, const char *name, struct jk_policy *out_policy)
{
    struct jk_span file;
    JK_TRY(jk_local_read(name, JK_POLICY_FILE_MAX, &cli->arena, &file, &cli->error));
    return jk_policy_read(file, out_policy, &cli->error);
}

enum jk_status jk_policy_asked(struct jk_cli *cli, char *given, char **out_asked)
{
    char hex[JK_DIGEST_HEX + 1];
    struct jk_policy policy;
    *out_asked = given;
    if (!jk_policy_is_file(given)) return JK_OK;
    JK_TRY(jk_policy_file_read(cli, given, &policy));
    struct jk_digest digest = jk_policy_digest(&policy);
    jk_digest_hex(&digest, hex);
    *out_asked = jk_arena_copy(&cli->arena, hex, JK_DIGEST_HEX);
    return *out_asked ? JK_OK : jk_out_of_memory(&cli->error);
}

enum jk_status jk_policy_answered(struct jk_cli *cli, const char *given, enum jk_status status)
{
    bool unrecorded = status == JK_NOT_FOUND && cli->error.reason && strcmp(cli->error.reason, "POLICY_NOT_FOUND") == 0;
    if (!unrecorded || !jk_policy_is_file(given)) return status;
    jk_error_init(&cli->error, &cli->arena);
    return jk_fail(
        &cli->error, JK_NOT_FOUND, "POLICY_NOT_FOUND",
        "the policy in %.160s is not recorded: an evaluator records it with jokbo policy record %.160s; until "
        "then, jokbo policy check shows what it would count",
        given, given);
}

const char *jk_policy_title(struct jk_cli *cli, const char *sha256)
{
    Jokbo__V1__GetPolicyRequest request = JOKBO__V1__GET_POLICY_REQUEST__INIT;
    Jokbo__V1__Policy *policy;
    request.policy = (char *)(uintptr_t)sha256;
    if (!*sha256) return "";
    if (jk_cli_call(cli, &jokbo__v1__stages__descriptor, "GetPolicy", &request.base, &policy) != JK_OK) {
        jk_error_init(&cli->error, &cli->arena);
        return sha256;
    }
    const char *title = jk_arena_printf(&cli->arena, "%s@%d, %s", policy->name, policy->version, sha256);
    return title ? title : sha256;
}
