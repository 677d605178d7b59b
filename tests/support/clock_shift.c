/* For LD_PRELOAD: the clocks of a process as a test wants them. JK_CLOCK_SHIFT names a file of two numbers of 64 bits in
 * the machine's order, in microseconds: by how much time has gone by (for CLOCK_BOOTTIME and CLOCK_REALTIME), and by how
 * much the real-time clock was set besides. With JK_CLOCK_STEADY that of this process was not set. CLOCK_MONOTONIC goes
 * on. A process whose file cannot be read has the machine's clocks. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shift;
static int steady;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("JK_CLOCK_SHIFT");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, 2 * sizeof *shift, PROT_READ, MAP_SHARED, fd, 0);
    if (fd >= 0) close(fd);
    if (at != MAP_FAILED) shift = at;
    steady = getenv("JK_CLOCK_STEADY") != 0;
}

static int64_t shift_us(clockid_t clock)
{
    if (!shift) return 0;
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) return shift[0] + (steady ? 0 : shift[1]);
    return clock == CLOCK_BOOTTIME ? shift[0] : 0;
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int64_t ahead_us = shift_us(clock);
    if (syscall(SYS_clock_gettime, clock, out) != 0) return -1;
    int64_t ns = out->tv_nsec + ahead_us % 1000000 * 1000;
    out->tv_sec += ahead_us / 1000000 + (ns >= 1000000000) - (ns < 0);
    out->tv_nsec = ns + (ns < 0 ? 1000000000 : 0) - (ns >= 1000000000 ? 1000000000 : 0);
    return 0;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    *out = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}
