/* See leftover.h. */
#include "store/leftover.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Its working directory; false if that cannot be read: it is gone or a zombie, or we lack permission. */
static bool working_folder(pid_t pid, char out_folder[PATH_MAX])
{
    char path[64];
    ssize_t len;

    (void)snprintf(path, sizeof(path), "/proc/%ld/cwd", (long)pid);
    len = readlink(path, out_folder, PATH_MAX - 1);
    if (len < 0) return false;
    out_folder[len] = '\0';
    return true;
}

/* A zombie: it ended, but its parent has not collected the exit status. */
static bool is_zombie(pid_t pid)
{
    char path[64], text[512];
    const char *name_end;

    (void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    if (jk_file_read(path, text, sizeof(text)) <= 0) return false;
    name_end = strrchr(text, ')');
    return name_end && strncmp(name_end, ") Z", 3) == 0;
}

static bool is_of_cluster(const struct jk_cluster *cluster, pid_t pid)
{
    char folder[PATH_MAX], path[64], name[32];

    (void)snprintf(path, sizeof(path), "/proc/%ld/comm", (long)pid);
    return jk_file_read(path, name, sizeof(name)) > 0 && strcmp(name, "postgres\n") == 0 &&
           working_folder(pid, folder) && strcmp(folder, cluster->folder) == 0;
}

size_t jk_leftover_find(const struct jk_cluster *cluster, pid_t out_pids[JK_LEFTOVERS_MAX])
{
    DIR *processes = opendir("/proc");
    struct dirent *row;
    size_t count = 0;

    while (processes && count < JK_LEFTOVERS_MAX && (row = readdir(processes)) != NULL) {
        uint64_t pid;

        if (!jk_span_to_u64(jk_span_of(row->d_name), &pid) || pid > INT_MAX) continue;
        if (is_of_cluster(cluster, (pid_t)pid)) out_pids[count++] = (pid_t)pid;
    }
    if (processes) closedir(processes);
    return count;
}

/* The number in a lock file's first line: a postmaster's process, or negative for a single-user backend; 0: none. */
static int64_t owner_of(const char *path)
{
    char text[4096];
    struct jk_span rest, line = {"", 0};
    uint64_t pid = 0;
    bool single;

    if (jk_file_read(path, text, sizeof(text)) <= 0) return 0;
    rest = jk_span_of(text);
    if (!jk_span_line(&rest, &line)) return 0;
    single = jk_span_starts(line, JK_SPAN("-"));
    if (single) line = (struct jk_span){line.at + 1, line.len - 1};
    if (!jk_span_to_u64(line, &pid) || pid > INT_MAX) return 0;
    return single ? -(int64_t)pid : (int64_t)pid;
}

pid_t jk_leftover_single(const struct jk_cluster *cluster)
{
    char path[JK_PATH_MAX];
    int64_t owner = jk_path_join(path, cluster->folder, "/postmaster.pid") ? owner_of(path) : 0;

    return owner < 0 ? (pid_t)-owner : 0;
}

/* Only if the process is certainly another's, or dead: a container may not let us find out. */
static bool unlock_one(const struct jk_cluster *cluster, const char *path)
{
    int64_t owner = owner_of(path);
    char folder[PATH_MAX];

    if (owner <= 0 || kill((pid_t)owner, 0) != 0) return false;
    if (!is_zombie((pid_t)owner) && (!working_folder((pid_t)owner, folder) || strcmp(folder, cluster->folder) == 0))
        return false;
    return unlink(path) == 0;
}

bool jk_leftover_unlock(const struct jk_cluster *cluster)
{
    char path[JK_PATH_MAX];
    bool any = jk_path_join(path, cluster->folder, "/postmaster.pid") && unlock_one(cluster, path);

    if (!jk_path_join(path, cluster->socket_dir, "/.s.PGSQL." JK_CLUSTER_PORT ".lock")) return any;
    return unlock_one(cluster, path) || any;
}
