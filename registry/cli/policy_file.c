/* See policy_file.h. */
#include "cli/policy_file.h"

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
