/* Writing an export. See export.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "export/place.h"
#include "export/rows.h"

#define NAME_MOST 200 /* bytes of the folder's own name */

struct writing {
    const struct jk_export_options *options;
    char name[NAME_MOST + 1], fresh[NAME_MOST + 8], old[NAME_MOST + 8]; /* within the folder above */
    int above, folder;                                                  /* folder: the fresh one, locked */
    FILE *files[JK_EXPORT_TABLES];
};

/* ---- where it is to be ---- */

static enum jk_status open_above(struct writing *writing, struct jk_error *error)
{
    struct jk_span path = jk_span_of(writing->options->folder), name = path;
    while (path.len > 1 && path.at[path.len - 1] == '/')
        path.len--;
    for (name = path; name.len > 0 && memchr(name.at, '/', name.len);)
        name = (struct jk_span){name.at + 1, name.len - 1};
    char *above = path.len > name.len ? strndup(path.at, path.len - name.len) : strdup(".");
    if (!above) return jk_out_of_memory(error);
    bool good = name.len > 0 && name.len <= NAME_MOST && name.at[0] != '.';
    if (good) {
        snprintf(writing->name, sizeof writing->name, "%.*s", JK_SPAN_ARG(name));
        snprintf(writing->fresh, sizeof writing->fresh, ".%s.new", writing->name);
        snprintf(writing->old, sizeof writing->old, ".%s.old", writing->name);
        writing->above = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    enum jk_status status = JK_OK;
    if (!good)
        status = jk_fail(error, JK_INVALID_ARGUMENT, "USAGE",
                         "the folder \"%.200s\" must have a name of 1 to %d bytes that does not begin with \".\"",
                         writing->options->folder, NAME_MOST);
    else if (writing->above < 0)
        status = jk_export_local(error, above, "");
    free(above);
    return status;
}

static enum jk_status refuse_folder(const struct writing *writing, const char *why, struct jk_error *error)
{
    return jk_fail(error, JK_INVALID_ARGUMENT, "LOCAL_FILE",
                   "%.200s %s: give a folder that is empty or does not exist, or one with tables of this log",
                   writing->options->folder, why);
}

static enum jk_status check_tables(const struct writing *writing, int folder, bool *out_filled, struct jk_error *error)
{
    char other[JK_EXPORT_NAME], why[JK_EXPORT_NAME + 40];
    unsigned files;
    uint64_t size;
    bool same;
    JK_TRY(jk_export_list(folder, writing->options->folder, other, &files, error));
    *out_filled = files > 0;
    if (other[0]) {
        snprintf(why, sizeof why, "contains %s, which is not a table", other);
        return refuse_folder(writing, why, error);
    }
    if (files == 0) return JK_OK;
    if (!jk_export_read_log(folder, jk_book_origin(jk_audit_book(writing->options->audit)), &size, &same))
        return refuse_folder(writing, "has no log.csv that identifies its tables", error);
    return same ? JK_OK : refuse_folder(writing, "contains the tables of another log", error);
}

/* Nothing, an empty folder, or tables of the same log. */
static enum jk_status check_place(const struct writing *writing, bool *out_filled, struct jk_error *error)
{
    int folder = openat(writing->above, writing->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    *out_filled = false;
    if (folder < 0 && errno == ENOENT) return JK_OK;
    if (folder < 0) return jk_export_local(error, writing->options->folder, "");
    enum jk_status status = check_tables(writing, folder, out_filled, error);
    close(folder);
    return status;
}

/* ---- the fresh folder ---- */

/* Another process may have put it in its place between opening and locking. */
static bool is_still_there(const struct writing *writing)
{
    struct stat ours, there;
    return fstat(writing->folder, &ours) == 0 &&
           fstatat(writing->above, writing->fresh, &there, AT_SYMLINK_NOFOLLOW) == 0 && ours.st_ino == there.st_ino &&
           ours.st_dev == there.st_dev;
}

static enum jk_status open_fresh(struct writing *writing, struct jk_error *error)
{
    if (mkdirat(writing->above, writing->fresh, 0755) != 0 && errno != EEXIST)
        return jk_export_local(error, writing->fresh, "");
    writing->folder = openat(writing->above, writing->fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (writing->folder < 0) return jk_export_local(error, writing->fresh, "");
    if (flock(writing->folder, LOCK_EX | LOCK_NB) != 0 || !is_still_there(writing)) {
        close(writing->folder);
        writing->folder = -1;
        return jk_fail(error, JK_ABORTED, "EXPORT_BUSY", "another process writes tables to %.200s",
                       writing->options->folder);
    }
    jk_export_empty(writing->folder); /* of one that was killed */
    return JK_OK;
}

static enum jk_status open_files(struct writing *writing, struct jk_error *error)
{
    for (int table = 0; table < JK_EXPORT_TABLES; table++) {
        const char *file = jk_export_file((enum jk_export_table)table);
        int fd = openat(writing->folder, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        writing->files[table] = fd >= 0 ? fdopen(fd, "wb") : NULL;
        if (writing->files[table]) continue;
        enum jk_status status = jk_export_local(error, writing->fresh, file);
        if (fd >= 0) close(fd);
        return status;
    }
    return JK_OK;
}

static enum jk_status take_rows(void *context, enum jk_export_table table, struct jk_span rows, struct jk_error *error)
{
    struct writing *writing = context;
    if (fwrite(rows.at, 1, rows.len, writing->files[table]) == rows.len) return JK_OK;
    return jk_export_local(error, writing->fresh, jk_export_file(table));
}

static enum jk_status sync_files(struct writing *writing, struct jk_error *error)
{
    for (int table = 0; table < JK_EXPORT_TABLES; table++) {
        FILE *file = writing->files[table];
        bool good = fflush(file) == 0 && fsync(fileno(file)) == 0;
        writing->files[table] = NULL;
        if (!(fclose(file) == 0 && good))
            return jk_export_local(error, writing->fresh, jk_export_file((enum jk_export_table)table));
    }
    return fsync(writing->folder) == 0 ? JK_OK : jk_export_local(error, writing->fresh, "");
}

/* ---- into its place ---- */

/* With the tables in it; nothing, where it is not there. */
static void remove_folder(int above, const char *name)
{
    int folder = openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder < 0) return;
    jk_export_empty(folder);
    close(folder);
    (void)unlinkat(above, name, AT_REMOVEDIR);
}

/* ---- all of it ---- */

static enum jk_status write_tables(struct writing *writing, struct jk_export_summary *out_summary,
                                   struct jk_error *error)
{
    uint64_t size = jk_audit_size(writing->options->audit);
    JK_TRY(open_files(writing, error));
    JK_TRY(jk_export_make(writing->options, size, take_rows, writing, out_summary, error));
    JK_TRY(sync_files(writing, error));

    bool filled;
    JK_TRY(check_place(writing, &filled, error)); /* it may have changed meanwhile */
    remove_folder(writing->above, writing->old);
    if (filled && renameat(writing->above, writing->name, writing->above, writing->old) != 0)
        return jk_export_local(error, writing->options->folder, "");
    if (renameat(writing->above, writing->fresh, writing->above, writing->name) != 0) {
        enum jk_status status = jk_export_local(error, writing->options->folder, "");
        if (filled) (void)renameat(writing->above, writing->old, writing->above, writing->name);
        return status;
    }
    if (fsync(writing->above) != 0) return jk_export_local(error, writing->options->folder, "");
    remove_folder(writing->above, writing->old);
    return JK_OK;
}

static enum jk_status write_all(struct writing *writing, struct jk_export_summary *out_summary, struct jk_error *error)
{
    bool filled;
    JK_TRY(open_above(writing, error));
    JK_TRY(check_place(writing, &filled, error));
    JK_TRY(open_fresh(writing, error));
    enum jk_status status = write_tables(writing, out_summary, error);
    for (int table = 0; table < JK_EXPORT_TABLES; table++)
        if (writing->files[table]) fclose(writing->files[table]);
    if (status != JK_OK) remove_folder(writing->above, writing->fresh);
    return status;
}

enum jk_status jk_export_write(const struct jk_export_options *options, struct jk_export_summary *out_summary,
                               struct jk_error *error)
{
    struct writing writing = {.options = options, .above = -1, .folder = -1};
    enum jk_status status = write_all(&writing, out_summary, error);
    if (writing.folder >= 0) close(writing.folder);
    if (writing.above >= 0) close(writing.above);
    return status;
}
