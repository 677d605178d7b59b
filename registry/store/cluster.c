/* Finding the user, programs and folders of the private cluster, and its running postmaster; see cluster.h. */
#include "store/cluster.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAMS "/usr/lib/postgresql/*/bin/postgres" /* Debian: one folder per major version */

/* ---- folders and user ---- */

static enum jk_status make_data_dir(struct jk_cluster *cluster, const char *data_dir, struct jk_error *error)
{
    char resolved[PATH_MAX];

    if (mkdir(data_dir, 0755) != 0 && errno != EEXIST) return jk_file_fault(error, data_dir);
    if (!realpath(data_dir, resolved)) return jk_file_fault(error, data_dir);
    if (!jk_path_join(cluster->data_dir, resolved, "") || !jk_path_join(cluster->folder, resolved, "/postgresql") ||
        !jk_path_join(cluster->log, resolved, "/postgresql.log") || strlen(resolved) > JK_PATH_MAX - 100)
        return jk_fail(error, JK_FAILED_PRECONDITION, "FILE", "the data directory's path is too long: %.80s…",
                       resolved);
    return JK_OK;
}

/* As root: the owner of the cluster, or of the data directory, or `postgres`. Otherwise the current user. */
static uid_t wanted_user(const struct jk_cluster *cluster)
{
    struct passwd *entry;
    struct stat facts;

    if (geteuid() != 0) return geteuid();
    if (stat(cluster->folder, &facts) == 0) return facts.st_uid;
    if (stat(cluster->data_dir, &facts) == 0 && facts.st_uid != 0) return facts.st_uid;
    entry = getpwnam("postgres");
    return entry ? entry->pw_uid : 0;
}

/* ---- programs ---- */

static long cluster_version(const struct jk_cluster *cluster)
{
    char path[JK_PATH_MAX], text[16];

    if (!jk_path_join(path, cluster->folder, "/PG_VERSION") || jk_file_read(path, text, sizeof(text)) <= 0) return 0;
    return strtol(text, NULL, 10);
}

/* The existing cluster's version, or the highest installed. */
static bool find_installed(struct jk_cluster *cluster, long version)
{
    glob_t found;
    long best = 0;

    if (glob(PROGRAMS, 0, NULL, &found) != 0) return false;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *digits = strpbrk(found.gl_pathv[i] + strlen("/usr/lib/postgresql"), "0123456789");
        long here = digits ? strtol(digits, NULL, 10) : 0;

        if (here <= best || (version > 0 && here != version)) continue;
        best = here;
        (void)snprintf(cluster->bin, sizeof(cluster->bin), "%.*s",
                       (int)(strrchr(found.gl_pathv[i], '/') - found.gl_pathv[i]), found.gl_pathv[i]);
    }
    globfree(&found);
    return best > 0;
}

static bool find_in_path(struct jk_cluster *cluster)
{
    struct jk_span rest = jk_span_of(getenv("PATH")), folder;
    char path[JK_PATH_MAX];
    bool more = rest.len > 0;

    while (more) {
        more = jk_span_cut(&rest, ':', &folder);
        (void)snprintf(path, sizeof(path), "%.*s/postgres", (int)(folder.len < 900 ? folder.len : 900), folder.at);
        if (folder.len == 0 || folder.len > 900 || access(path, X_OK) != 0) continue;
        (void)snprintf(cluster->bin, sizeof(cluster->bin), "%.*s", (int)folder.len, folder.at);
        return true;
    }
    return false;
}

static bool ask_pg_config(struct jk_cluster *cluster)
{
    FILE *pipe = popen("pg_config --bindir 2>/dev/null", "re");
    char path[JK_PATH_MAX];
    bool found = pipe && fgets(cluster->bin, sizeof(cluster->bin), pipe) != NULL;

    if (pipe) (void)pclose(pipe);
    if (!found) return false;
    cluster->bin[strcspn(cluster->bin, "\n")] = '\0';
    return jk_path_join(path, cluster->bin, "/postgres") && access(path, X_OK) == 0;
}

enum jk_status jk_cluster_find(struct jk_cluster *cluster, const char *data_dir, struct jk_error *error)
{
    memset(cluster, 0, sizeof(*cluster));
    JK_TRY(make_data_dir(cluster, data_dir, error));

    uid_t uid = wanted_user(cluster);
    struct passwd *entry = getpwuid(uid);
    if (uid == 0)
        return jk_fail(
            error, JK_FAILED_PRECONDITION, "DATABASE_USER",
            "PostgreSQL refuses to run as root, and there is no user \"postgres\": make one, or give %s to another "
            "user than root",
            cluster->data_dir);
    if (geteuid() == 0 && !entry)
        return jk_fail(error, JK_FAILED_PRECONDITION, "DATABASE_USER",
                       "%s belongs to user %u, who is not in the user list", cluster->data_dir, (unsigned)uid);
    cluster->uid = uid;
    cluster->gid = entry ? entry->pw_gid : getegid();
    (void)snprintf(cluster->user, sizeof(cluster->user), "%s", entry ? entry->pw_name : "this user");

    long version = cluster_version(cluster);
    if (find_installed(cluster, version) || find_in_path(cluster) || ask_pg_config(cluster)) return JK_OK;
    if (version > 0)
        return jk_fail(
            error, JK_FAILED_PRECONDITION, "POSTGRESQL_ABSENT",
            "the cluster in %s is of PostgreSQL %ld, whose programs are not installed: install them, or upgrade it "
            "with pg_upgrade",
            cluster->folder, version);
    return jk_fail(
        error, JK_FAILED_PRECONDITION, "POSTGRESQL_ABSENT",
        "PostgreSQL's server programs (initdb, postgres) were not found: install PostgreSQL 15 or newer, or name a "
        "database that runs elsewhere");
}

/* ---- the socket's folder ---- */

static bool is_our_folder(const struct jk_cluster *cluster, const char *path)
{
    struct stat facts;

    return lstat(path, &facts) == 0 && S_ISDIR(facts.st_mode) && facts.st_uid == cluster->uid &&
           (facts.st_mode & 077) == 0;
}

static enum jk_status make_private(const struct jk_cluster *cluster, const char *path, struct jk_error *error)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) return jk_file_fault(error, path);
    if (geteuid() == 0 && lchown(path, cluster->uid, cluster->gid) != 0) return jk_file_fault(error, path);
    if (is_our_folder(cluster, path)) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "FILE", "%s must be a folder of mode 0700 owned by %s", path,
                   cluster->user);
}

/* A short path elsewhere, remembered in <data_dir>/socket-folder; a remembered folder that is still ours is reused. */
static enum jk_status short_socket_dir(struct jk_cluster *cluster, struct jk_error *error)
{
    char note[JK_PATH_MAX], kept[JK_SOCKET_DIR_MAX + 1], made[] = "/tmp/jokbo-XXXXXX";

    if (!jk_path_join(note, cluster->data_dir, "/socket-folder"))
        return jk_fail(error, JK_FAILED_PRECONDITION, "FILE", "the data directory's path is too long");
    if (jk_file_read(note, kept, sizeof(kept)) > 0 && is_our_folder(cluster, kept)) {
        (void)snprintf(cluster->socket_dir, sizeof(cluster->socket_dir), "%s", kept);
        return JK_OK;
    }
    if (!mkdtemp(made)) return jk_file_fault(error, "/tmp");
    JK_TRY(make_private(cluster, made, error));
    (void)unlink(note);
    JK_TRY(jk_file_write_new(note, jk_span_of(made), 0644, error));
    (void)snprintf(cluster->socket_dir, sizeof(cluster->socket_dir), "%s", made);
    return JK_OK;
}

enum jk_status jk_cluster_socket(struct jk_cluster *cluster, struct jk_error *error)
{
    char path[JK_PATH_MAX];
    size_t len;

    /* Commas separate folders in postgres' option, and quotes would need escaping in the connection string. */
    if (!jk_path_join(path, cluster->data_dir, "/run") || strpbrk(path, ",'\"\\"))
        return short_socket_dir(cluster, error);
    len = strlen(path);
    if (len > JK_SOCKET_DIR_MAX) return short_socket_dir(cluster, error);
    memcpy(cluster->socket_dir, path, len + 1);
    return make_private(cluster, path, error);
}

/* ---- the running postmaster ---- */

/* Lines of postmaster.pid (PostgreSQL, pidfile.h): 1 the process, 5 the socket's folder. */
pid_t jk_cluster_running(const struct jk_cluster *cluster, bool *out_reachable)
{
    char path[JK_PATH_MAX], text[4096];
    struct jk_span rest, line = {"", 0};
    uint64_t number = 0;

    if (!jk_path_join(path, cluster->folder, "/postmaster.pid") || jk_file_read(path, text, sizeof(text)) <= 0)
        return 0;
    rest = jk_span_of(text);
    if (!jk_span_line(&rest, &line) || !jk_span_to_u64(line, &number) || number > INT_MAX) return 0;

    /* a postmaster's working directory is its data directory, which reveals a process id that was reused */
    pid_t pid = (pid_t)number;
    char link[64], folder[PATH_MAX];
    ssize_t len;
    if (pid <= 1 || (kill(pid, 0) != 0 && errno != EPERM)) return 0;
    (void)snprintf(link, sizeof(link), "/proc/%ld/cwd", (long)pid);
    len = readlink(link, folder, sizeof(folder) - 1);
    if (len < 0) return 0;
    folder[len] = '\0';
    if (strcmp(folder, cluster->folder) != 0) return 0;

    for (int i = 0; i < 4; i++) {
        if (!jk_span_line(&rest, &line)) line = (struct jk_span){"", 0};
    }
    *out_reachable = jk_span_equal(line, jk_span_of(cluster->socket_dir));
    return (pid_t)number;
}
