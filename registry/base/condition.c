/* See condition.h. */
#include "base/condition.h"

#include <errno.h>
#include <time.h>

#include "base/check.h"
#include "base/clock.h"

void jk_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;
    JK_CHECK(pthread_condattr_init(&monotonic) == 0);
    JK_CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    JK_CHECK(pthread_cond_init(condition, &monotonic) == 0);
    JK_CHECK(pthread_condattr_destroy(&monotonic) == 0);
}

bool jk_condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until_ms)
{
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    return pthread_cond_timedwait(condition, mutex, &until) != ETIMEDOUT;
}

bool jk_condition_rest(pthread_cond_t *condition, pthread_mutex_t *mutex, const bool *ending, int64_t ms)
{
    int64_t until_ms = jk_monotonic_ms() + ms;
    pthread_mutex_lock(mutex);
    while (!*ending && jk_condition_wait_until(condition, mutex, until_ms)) {
    }
    bool ends = *ending;
    pthread_mutex_unlock(mutex);
    return ends;
}
