/* The supervisor: a process of its own that owns the private cluster, so that the server's crash does not take the
 * database along unasked, and a database's crash is mended without the server. It is in a session of its own: Ctrl-C at
 * the terminal reaches the server only, which drains first and then lets the supervisor stop.
 *
 *   LOCKING --lock--> ADOPT or SPAWN --> WATCHING --died--> WAITING (100 ms … 10 s) --> ADOPT or SPAWN
 *      |                                    |                   |
 *      +------ control closed, SIGTERM -----+-------------------+--> STOPPING (SIGINT, after 60 s SIGQUIT, SIGKILL) -->
 * exit
 *
 * SPAWN waits for backends that outlived a killed postmaster: the next one cannot start before the last of them is
 * gone, and they end by themselves as soon as they notice. Those that do not get SIGQUIT after 5 s, SIGKILL after 10 s.
 *
 * One supervisor a data directory: <data_dir>/supervisor.lock. */
#include "store/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/leftover.h"

#define BACKOFF_LEAST_MS 100
#define BACKOFF_MOST_MS  10000
#define STEADY_MS        60000 /* a run of this length clears earlier failures */
#define FAST_MS          60000
#define QUIT_MS          10000
#define LOCK_POLL_MS     50
#define LEFT_POLL_MS     20
#define LEFT_QUIT_MS     5000
#define LEFT_KILL_MS     10000
#define LEFT_TELL_MS     10000
#define CONTROL_FD       3
#define REPORT_FD        4

struct supervisor {
    const struct jk_cluster *cluster;
    int signals;
    pid_t pid;
    int pidfd; /* readable once the postmaster ended; -1: none runs */
    int64_t started_ms;
    int backoff_ms;
};

/* Waits for the postmaster (if watched), signals and the control pipe; true when it is time to stop. */
static bool wait_event(const struct supervisor *sup, int timeout_ms, bool *out_died)
{
    struct pollfd fds[3] = {{.fd = CONTROL_FD, .events = POLLIN},
                            {.fd = sup->signals, .events = POLLIN},
                            {.fd = sup->pidfd, .events = POLLIN}};
    struct signalfd_siginfo info;

    *out_died = false;
    if (poll(fds, 3, timeout_ms) <= 0) return false;
    *out_died = fds[2].revents != 0;
    if (fds[1].revents && read(sup->signals, &info, sizeof(info)) < 0 && errno != EAGAIN) return true;
    return fds[0].revents != 0 || fds[1].revents != 0;
}

static void forget(struct supervisor *sup)
{
    if (sup->pidfd >= 0) close(sup->pidfd);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue; /* an adopted one is not our child: then there is no status */
    sup->pidfd = -1;
    sup->pid = 0;
}

static void watch_server(struct supervisor *sup, pid_t pid)
{
    sup->pid = pid;
    sup->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    sup->started_ms = jk_monotonic_ms();
}

/* Asks it to end with `signal`, and waits. */
static bool end_with(struct supervisor *sup, int signal, int timeout_ms)
{
    struct pollfd fd = {.fd = sup->pidfd, .events = POLLIN};

    if (sup->pidfd < 0) return true;
    if (syscall(SYS_pidfd_send_signal, sup->pidfd, signal, NULL, 0) != 0 && errno == ESRCH) return true;
    return poll(&fd, 1, timeout_ms) > 0;
}

static void stop_cluster(struct supervisor *sup)
{
    if (!end_with(sup, SIGINT, FAST_MS) && !end_with(sup, SIGQUIT, QUIT_MS)) (void)end_with(sup, SIGKILL, QUIT_MS);
    forget(sup);
}

/* ---- leftovers of a killed postmaster ---- */

/* What was done about them so far. */
struct leftovers {
    int64_t began_ms, told_ms;
    unsigned step;
};

static void deal_with(const struct jk_cluster *cluster, struct leftovers *left, const pid_t *pids, size_t count)
{
    static const int signals[] = {SIGQUIT, SIGKILL};
    static const int64_t after_ms[] = {LEFT_QUIT_MS, LEFT_KILL_MS};
    int64_t now_ms = jk_monotonic_ms();

    if (left->told_ms == 0 || now_ms - left->told_ms > LEFT_TELL_MS) {
        left->told_ms = now_ms;
        jk_log(JK_LOG_WARN, "postgresql-waits", "for", "processes of its previous run", "processes",
               jk_log_i64((int64_t)count), "first", jk_log_i64(pids[0]), NULL);
    }
    if (left->step < 2 && now_ms - left->began_ms > after_ms[left->step]) {
        int signal = signals[left->step++];
        pid_t single = jk_leftover_single(cluster);
        int64_t told = 0;
        for (size_t i = 0; i < count; i++) {
            if (pids[i] != single && kill(pids[i], signal) == 0) told++;
        }
        if (told > 0)
            jk_log(JK_LOG_WARN, "postgresql-leftovers-ended", "signal", signal == SIGKILL ? "SIGKILL" : "SIGQUIT",
                   "processes", jk_log_i64(told), NULL);
    }
}

/* ---- starting ---- */

/* A postmaster that outlived its server is used as it is if it can be reached. */
static bool adopt(struct supervisor *sup)
{
    bool reachable = false;
    pid_t pid = jk_cluster_running(sup->cluster, &reachable);

    if (pid <= 0) return false;
    watch_server(sup, pid);
    if (reachable && sup->pidfd >= 0) {
        jk_log(JK_LOG_INFO, "postgresql-adopted", "pid", jk_log_i64(pid), NULL);
        return true;
    }
    stop_cluster(sup);
    return false;
}

/* True: it is time to stop. */
static bool begin_server(struct supervisor *sup)
{
    pid_t pid;

    /* until none is left, or a postmaster runs after all */
    struct leftovers left = {.began_ms = jk_monotonic_ms()};
    pid_t pids[JK_LEFTOVERS_MAX];
    bool died, reachable;
    size_t count;
    while (jk_cluster_running(sup->cluster, &reachable) == 0 && (count = jk_leftover_find(sup->cluster, pids)) > 0) {
        deal_with(sup->cluster, &left, pids, count);
        if (wait_event(sup, LEFT_POLL_MS, &died)) return true;
    }

    if (adopt(sup)) return false;
    if (jk_leftover_unlock(sup->cluster)) jk_log(JK_LOG_WARN, "postgresql-lock-removed", NULL);
    pid = jk_cluster_spawn(sup->cluster);
    if (pid > 0) watch_server(sup, pid);
    return false;
}

static _Noreturn void watch_over(struct supervisor *sup)
{
    bool died;

    for (;;) {
        if (begin_server(sup)) goto stop;
        if (sup->pidfd >= 0) {
            do {
                if (wait_event(sup, -1, &died)) goto stop;
            } while (!died);
        }

        char report = JK_REPORT_DIED;
        if (jk_monotonic_ms() - sup->started_ms > STEADY_MS) sup->backoff_ms = BACKOFF_LEAST_MS;
        forget(sup);
        if (write(REPORT_FD, &report, 1) < 0 && errno != EAGAIN && errno != EPIPE) jk_log(JK_LOG_DEBUG, "report", NULL);
        jk_log(JK_LOG_WARN, "postgresql-ended", "restart_ms", jk_log_i64(sup->backoff_ms), NULL);

        if (wait_event(sup, sup->backoff_ms, &died)) goto stop;
        sup->backoff_ms = sup->backoff_ms * 2 < BACKOFF_MOST_MS ? sup->backoff_ms * 2 : BACKOFF_MOST_MS;
    }
stop:
    stop_cluster(sup);
    _exit(0);
}

/* Moves the pipes to fixed descriptors, and closes everything else of the server's. */
static bool take_pipes(int control_fd, int report_fd)
{
    int control = fcntl(control_fd, F_DUPFD, 10), report = fcntl(report_fd, F_DUPFD, 10);
    int null = open("/dev/null", O_RDWR);

    if (control < 0 || report < 0 || null < 0) return false;
    if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(control, CONTROL_FD) < 0 || dup2(report, REPORT_FD) < 0)
        return false;
    return close_range(REPORT_FD + 1, ~0u, 0) == 0 && fcntl(REPORT_FD, F_SETFL, O_NONBLOCK) == 0;
}

_Noreturn void jk_supervise(const struct jk_cluster *cluster, int control_fd, int report_fd)
{
    struct supervisor sup = {.cluster = cluster, .pidfd = -1, .backoff_ms = BACKOFF_LEAST_MS};

    (void)setsid();
    (void)prctl(PR_SET_NAME, "jokbod-cluster");
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (!take_pipes(control_fd, report_fd)) _exit(1);

    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGQUIT);
    (void)sigprocmask(SIG_SETMASK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGCHLD, SIG_DFL);
    sup.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);

    if (sup.signals < 0) _exit(1);

    /* the previous supervisor may still be stopping its cluster */
    char path[JK_PATH_MAX];
    bool died;
    if (!jk_path_join(path, sup.cluster->data_dir, "/supervisor.lock")) _exit(1);
    while (jk_file_lock(path) < 0) {
        if (errno != EWOULDBLOCK) {
            jk_log(JK_LOG_ERROR, "supervisor-lock", "path", path, NULL);
            _exit(1);
        }
        if (wait_event(&sup, LOCK_POLL_MS, &died)) _exit(0);
    }

    watch_over(&sup);
}
