/* See yanked.h. */
#include "verify/yanked.h"

#include "cli/console/print.h"

enum jk_status jk_release_find(struct jk_cli *cli, const char *name, const char *lineage_hash,
                               Jokbo__V1__Release **out_release)
{
    Jokbo__V1__GetReleaseRequest request = JOKBO__V1__GET_RELEASE_REQUEST__INIT;
    if (name) {
        request.which_case = JOKBO__V1__GET_RELEASE_REQUEST__WHICH_NAME;
        request.name = (char *)(uintptr_t)name;
    } else {
        request.which_case = JOKBO__V1__GET_RELEASE_REQUEST__WHICH_LINEAGE_HASH;
        request.lineage_hash = (char *)(uintptr_t)lineage_hash;
    }
    return jk_cli_call(cli, &jokbo__v1__registry__descriptor, "GetRelease", &request.base, out_release);
}

const char *jk_yanked_text(struct jk_cli *cli, const Jokbo__V1__Release *release)
{
    if (!release->yanked) return "";
    const char *text = jk_arena_printf(&cli->arena, "by entry %s, %s%s%s", jk_print_number(cli, release->yank_index),
                                       jk_print_time(cli, release->yank_time), release->yank_reason[0] ? ": " : "",
                                       release->yank_reason);
    return text ? text : "";
}

json_t *jk_yanked_json(const Jokbo__V1__Release *release)
{
    if (!release->yanked) return json_null();
    return json_pack("{s:I, s:s}", "log_index", (json_int_t)release->yank_index, "reason", release->yank_reason);
}
