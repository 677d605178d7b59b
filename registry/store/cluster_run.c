/* Running PostgreSQL's programs as the database's user: initdb once, postgres at each start; see cluster.h. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "store/cluster.h"

/* Added to postgresql.conf when the cluster is made, so the operator may change these. What safety depends on (no TCP,
 * the socket) is given on the command line at each start. */
static const char settings[] = "\n# jokbod's private cluster\n"
                               "max_connections = 100\n"
                               "shared_buffers = 256MB\n"
                               "fsync = on\n"
                               "synchronous_commit = on\n"
                               "full_page_writes = on\n"
                               "wal_compression = on\n"
                               "max_wal_size = 2GB\n"
                               "checkpoint_timeout = 15min\n"
                               "jit = off\n"
                               "log_min_messages = warning\n"
                               "log_line_prefix = '%m [%p] '\n"
                               "logging_collector = on\n"
                               "log_directory = 'log'\n"
                               "log_filename = 'postgresql-%a.log'\n"
                               "log_truncate_on_rotation = on\n"
                               "log_rotation_age = 1d\n"
                               "log_rotation_size = 0\n";

/* ---- in the child, between fork and exec ---- */

static bool become(const struct jk_cluster *cluster)
{
    if (geteuid() != 0) return true;
    return initgroups(cluster->user, cluster->gid) == 0 && setgid(cluster->gid) == 0 && setuid(cluster->uid) == 0;
}

/* Its output goes to the log; none of our descriptors stays open. */
static bool redirect(const struct jk_cluster *cluster)
{
    int null = open("/dev/null", O_RDONLY);
    int log = open(cluster->log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0644);

    if (null < 0 || log < 0) return false;
    if (dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0) return false;
    return close_range(3, ~0u, 0) == 0;
}

static _Noreturn void exec_program(const struct jk_cluster *cluster, const char *folder, char *const argv[])
{
    char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC", NULL};
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_DFL);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);

    if (redirect(cluster) && become(cluster) && chdir(folder) == 0) {
        execve(argv[0], argv, environment);
        dprintf(2, "%s: %s\n", argv[0], strerror(errno));
    }
    _exit(127);
}

/* ---- in the parent ---- */

static bool wait_for_program(pid_t pid)
{
    int state = -1;

    if (pid < 0) return false;
    while (waitpid(pid, &state, 0) < 0) {
        if (errno != EINTR) return false;
    }
    return WIFEXITED(state) && WEXITSTATUS(state) == 0;
}

/* Whether the database's user can reach the folder: a home directory of mode 0700 above it would prevent that. */
static enum jk_status check_reach(const struct jk_cluster *cluster, const char *folder, struct jk_error *error)
{
    pid_t pid = fork();

    if (pid == 0) _exit(become(cluster) && chdir(folder) == 0 && access(".", R_OK | W_OK | X_OK) == 0 ? 0 : 1);
    if (wait_for_program(pid)) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "DATA_DIRECTORY_UNREACHABLE",
                   "%s cannot be reached by the user %s, who runs the database: choose a data directory whose parents "
                   "that user can enter (such as /var/lib/jokbo), or chmod o+x them",
                   folder, cluster->user);
}

static int remove_draft_file(const char *path, const struct stat *facts, int flag, struct FTW *place)
{
    (void)facts, (void)flag, (void)place;
    return remove(path);
}

static enum jk_status run_initdb(const struct jk_cluster *cluster, char *draft, struct jk_error *error)
{
    char program[JK_PATH_MAX];
    char *argv[] = {program,
                    "-D",
                    draft,
                    "-U",
                    JK_CLUSTER_USER,
                    "--auth-local=trust",
                    "--auth-host=reject",
                    "--encoding=UTF8",
                    "--no-locale",
                    "--data-checksums",
                    NULL};
    pid_t pid;

    if (!jk_path_join(program, cluster->bin, "/initdb"))
        return jk_fail(error, JK_FAILED_PRECONDITION, "FILE", "the path of PostgreSQL's programs is too long");
    pid = fork();
    if (pid == 0) exec_program(cluster, draft, argv);
    if (wait_for_program(pid)) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "INITDB",
                   "initdb could not create the cluster; see %s for the reason", cluster->log);
}

enum jk_status jk_cluster_make(const struct jk_cluster *cluster, struct jk_error *error)
{
    char draft[JK_PATH_MAX];
    struct stat facts;

    if (stat(cluster->folder, &facts) == 0) return check_reach(cluster, cluster->folder, error);
    if (!jk_path_join(draft, cluster->folder, ".draft"))
        return jk_fail(error, JK_FAILED_PRECONDITION, "FILE", "the data directory's path is too long");

    if (nftw(draft, remove_draft_file, 32, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        return jk_file_fault(error, draft);
    if (mkdir(draft, 0700) != 0) return jk_file_fault(error, draft);
    if (geteuid() == 0 && chown(draft, cluster->uid, cluster->gid) != 0) return jk_file_fault(error, draft);
    JK_TRY(check_reach(cluster, draft, error));

    JK_TRY(run_initdb(cluster, draft, error));

    char path[JK_PATH_MAX];
    enum jk_status status = JK_OK;
    int fd;
    if (!jk_path_join(path, draft, "/postgresql.conf"))
        return jk_fail(error, JK_FAILED_PRECONDITION, "FILE", "the path is too long");
    fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return jk_file_fault(error, path);
    errno = jk_file_put(fd, (struct jk_span){settings, sizeof(settings) - 1});
    if (errno || fsync(fd) != 0) status = jk_file_fault(error, path);
    close(fd);
    JK_TRY(status);

    if (rename(draft, cluster->folder) != 0) return jk_file_fault(error, cluster->folder);
    return jk_folder_sync_of(cluster->folder, error);
}

pid_t jk_cluster_spawn(const struct jk_cluster *cluster)
{
    char program[JK_PATH_MAX], folder[JK_PATH_MAX], socket[JK_PATH_MAX];
    char *argv[] = {program,
                    "-D",
                    folder,
                    "-c",
                    "listen_addresses=",
                    "-c",
                    socket,
                    "-c",
                    "unix_socket_permissions=0700",
                    "-c",
                    "port=" JK_CLUSTER_PORT,
                    NULL};
    pid_t pid;

    if (!jk_path_join(program, cluster->bin, "/postgres") || !jk_path_join(folder, cluster->folder, "") ||
        !jk_path_join(socket, "unix_socket_directories=", cluster->socket_dir))
        return -1;
    pid = fork();
    if (pid == 0) exec_program(cluster, folder, argv);
    return pid;
}
