/* How fast a whole log is audited: bench_audit JOKBO [entries] [rounds]. Makes a folder with a published log of that
 * many entries (1,000,000) with the shape of real hubs, then times the program JOKBO over it, and prints entries a
 * second: with
 * `--verify-only` (hashes, tiles, root), and with the fold as well (counting at size 0), and with all counts of all its
 * entries; best and middle of the rounds (5), of the clock and of CPU time, since other work on the machine shows in
 * the one and not in the other. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "support/hub.h"
#include "support/public_log.h"

#define ROUNDS_MAX 101

struct round {
    double wall_s, cpu_s;
    long memory_kib;
};

static double seconds(void)
{
    struct timespec now;
    JK_CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void take(void *context, struct jk_span entry)
{
    jk_public_log_add(context, entry);
}

static uint32_t make(const char *folder, uint32_t entries)
{
    struct jk_public_log log;
    uint32_t registrations = (uint32_t)((uint64_t)entries * 20 / 21); /* the rest are publishers */
    jk_public_log_init(&log, folder, JK_HUB_ORIGIN);
    uint32_t count = jk_hub_make(registrations, take, &log);
    jk_public_log_publish(&log);
    jk_public_log_done(&log);
    return count;
}

static struct round run(const char *program, const char *folder, const char *const options[2])
{
    struct rusage used;
    int status;
    double start_s = seconds();
    pid_t child = fork();
    JK_CHECK(child >= 0);
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        JK_CHECK(null >= 0 && dup2(null, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0);
        execl(program, program, "audit", folder, options[0], options[1], (char *)NULL);
        _exit(127);
    }
    while (wait4(child, &status, 0, &used) < 0)
        JK_CHECK(errno == EINTR);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "%s audit %s failed\n", program, folder);
        exit(1);
    }
    return (struct round){seconds() - start_s, seconds_of(used.ru_utime) + seconds_of(used.ru_stime), used.ru_maxrss};
}

static int compare_rounds(const void *a, const void *b)
{
    double left = ((const struct round *)a)->wall_s, right = ((const struct round *)b)->wall_s;
    return (left > right) - (left < right);
}

static void time_audit(const char *program, const char *folder, const char *const options[2], const char *what,
                       uint32_t entries, int rounds)
{
    struct round taken[ROUNDS_MAX];
    for (int i = 0; i < rounds; i++)
        taken[i] = run(program, folder, options);
    qsort(taken, (size_t)rounds, sizeof taken[0], compare_rounds);
    const struct round *best = &taken[0], *middle = &taken[rounds / 2];
    printf("%-22s %9.0f entries/s at best (%.2f s, CPU %.2f s), %9.0f in the middle (%.2f s, CPU %.2f s); %ld MiB\n",
           what, entries / best->wall_s, best->wall_s, best->cpu_s, entries / middle->wall_s, middle->wall_s,
           middle->cpu_s, best->memory_kib / 1024);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/jokbo-bench-XXXXXX", command[64];
    uint32_t entries = argc > 2 ? (uint32_t)atoi(argv[2]) : 1000000;
    int rounds = argc > 3 ? atoi(argv[3]) : 5;
    const char *place = argc > 4 ? argv[4] : mkdtemp(folder);
    if (argc < 2 || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_audit JOKBO [entries] [rounds] [FOLDER]\n");
        return 2;
    }
    jk_digest_setup();
    JK_CHECK(place != NULL);
    uint32_t made = make(place, entries);
    printf("%u entries, %ld cores\n", made, sysconf(_SC_NPROCESSORS_ONLN));
    fflush(stdout);
    time_audit(argv[1], place, (const char *const[2]){"--verify-only"}, "verify", made, rounds);
    time_audit(argv[1], place, (const char *const[2]){"--as-of", "0"}, "verify, fold", made, rounds);
    time_audit(argv[1], place, (const char *const[2]){"--json"}, "verify, fold, count", made, rounds);
    if (argc > 4) return 0;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) == 0 ? 0 : 1;
}
