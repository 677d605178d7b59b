/* See place.h. */
#include "export/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/copy.h"
#include "base/csv.h"
#include "base/defer.h"

#define LOG_MOST 4096 /* of log.csv */

enum jk_status jk_export_local(struct jk_error *error, const char *path, const char *file)
{
    char shown[160];
    int why = errno;
    jk_text_shorten(jk_span_of(path), shown, sizeof shown);
    return jk_fail(error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%s%s%s: %s", shown, file[0] ? "/" : "", file,
                   strerror(why));
}

/* By its name, and a file: a folder or link of that name is none of ours. */
static bool is_table(int folder, const char *name)
{
    struct stat facts;
    if (fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(facts.st_mode)) return false;
    for (int table = 0; table < JK_EXPORT_TABLES; table++)
        if (strcmp(name, jk_export_file((enum jk_export_table)table)) == 0) return true;
    return false;
}

static void look_at(int folder, const char *name, char out_other[JK_EXPORT_NAME], unsigned *files)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return;
    if (is_table(folder, name)) {
        ++*files;
        return;
    }
    if (out_other[0] && strcmp(out_other, name) <= 0) return; /* the same one each time */
    snprintf(out_other, JK_EXPORT_NAME, "%s", name);
}

enum jk_status jk_export_list(int folder, const char *path, char out_other[JK_EXPORT_NAME], unsigned *out_files,
                              struct jk_error *error)
{
    int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = own >= 0 ? fdopendir(own) : NULL;
    struct dirent *one;
    out_other[0] = '\0';
    *out_files = 0;
    if (!list) {
        enum jk_status status = jk_export_local(error, path, "");
        if (own >= 0) close(own);
        return status;
    }
    while ((errno = 0, one = readdir(list)))
        look_at(folder, one->d_name, out_other, out_files);
    enum jk_status status = errno ? jk_export_local(error, path, "") : JK_OK;
    closedir(list);
    return status;
}

static bool ends_with_origin(struct jk_span bytes, struct jk_span origin)
{
    JK_CLEANUP(jk_text_done) struct jk_text end;
    struct jk_csv csv = {.out = &end};
    jk_text_init(&end, 0);
    jk_text_add_char(&end, ',');
    jk_csv_cell(&csv, origin);
    jk_csv_end(&csv);
    return !end.failed && jk_span_ends(bytes, jk_text_span(&end));
}

bool jk_export_read_log(int folder, struct jk_span origin, uint64_t *out_size, bool *out_same)
{
    JK_CLEANUP(jk_text_done) struct jk_text bytes;
    struct jk_error why;
    struct jk_span rest, line, cell;
    bool found;
    jk_text_init(&bytes, 0);
    jk_error_init(&why, NULL);
    if (jk_copy_read(folder, jk_export_file(JK_EXPORT_LOG), LOG_MOST, &bytes, &found, &why) != JK_OK || !found)
        return false;
    rest = jk_text_span(&bytes);
    if (!jk_span_line(&rest, &line) || !jk_span_line(&rest, &line)) return false;
    if (!jk_span_cut(&line, ',', &cell) || !jk_span_equal(cell, JK_SPAN(JK_EXPORT_FORMAT))) return false;
    if (!jk_span_cut(&line, ',', &cell) || !jk_span_to_u64(cell, out_size)) return false;
    *out_same = ends_with_origin(jk_text_span(&bytes), origin);
    return true;
}

void jk_export_empty(int folder)
{
    for (int table = 0; table < JK_EXPORT_TABLES; table++)
        (void)unlinkat(folder, jk_export_file((enum jk_export_table)table), 0);
}
