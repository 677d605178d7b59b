/* See clockstop.h. */
#include "store/clockstop.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "store/files.h"

#define FORM(id, number)                                                                                               \
    "jokbo-clock-stop/v1 boot=%" id " database_us=%" number " real_us=%" number " boot_us=%" number " step_us="        \
    "%" number
#define BOOT_ID  "/proc/sys/kernel/random/boot_id"
#define ID_MAX   40
#define LINE_MAX 256

/* "-" if the system has none: no baseline then outlives a process. */
static void read_boot_id(char out_id[ID_MAX])
{
    char text[ID_MAX];

    if (jk_file_read(BOOT_ID, text, sizeof(text)) <= 0 || sscanf(text, "%39s", out_id) != 1) strcpy(out_id, "-");
}

static bool parse_stop(const char *line, struct jk_clock_reading *out_base, char out_id[ID_MAX], int64_t *out_step_us)
{
    int end = 0;

    return sscanf(line, FORM("39s", SCNd64) "%n", out_id, &out_base->database_us, &out_base->real_us,
                  &out_base->boot_us, out_step_us, &end) == 5 &&
           strcmp(line + end, "\n") == 0;
}

void jk_clockstop_load(const char *path, struct jk_clockwatch *watch)
{
    struct jk_clock_reading base = {0};
    char line[LINE_MAX], id[ID_MAX], now[ID_MAX];
    int64_t step_us;
    ssize_t len = jk_file_read(path, line, sizeof(line));

    if (len < 0 && errno == ENOENT) return;
    if (len <= 0 || !parse_stop(line, &base, id, &step_us)) {
        jk_clockwatch_remember(watch, NULL, JK_CLOCK_LARGE_US);
        return;
    }
    read_boot_id(now);
    jk_clockwatch_remember(watch, strcmp(id, now) == 0 && strcmp(id, "-") != 0 ? &base : NULL, step_us);
}

enum jk_status jk_clockstop_save(const char *path, const struct jk_clockwatch *watch, struct jk_error *error)
{
    char line[LINE_MAX], new_path[JK_PATH_MAX], id[ID_MAX] = "-";
    int len;

    if (watch->trusted) read_boot_id(id);
    len = snprintf(line, sizeof(line), FORM("s", PRId64) "\n", id, watch->base.database_us, watch->base.real_us,
                   watch->base.boot_us, watch->step_us);
    if (!jk_path_join(new_path, path, ".new"))
        return jk_fail(error, JK_FAILED_PRECONDITION, "FILE", "%s: the path is too long", path);
    int why = jk_file_replace(AT_FDCWD, new_path, path, (struct jk_span){line, (size_t)len}, 0600, true);
    return why ? jk_fail(error, JK_FAILED_PRECONDITION, "FILE", "%s: %s", path, strerror(why)) : JK_OK;
}

enum jk_status jk_clockstop_remove(const char *path, struct jk_error *error)
{
    if (unlink(path) == 0) return jk_folder_sync_of(path, error);
    if (errno == ENOENT) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "FILE", "%s: %s", path, strerror(errno));
}
