/* Condition variables with timeouts on the monotonic clock, so that setting the real-time clock neither shortens nor
 * lengthens a wait. Any thread. */
#ifndef JK_BASE_CONDITION_H
#define JK_BASE_CONDITION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

void jk_condition_init(pthread_cond_t *condition);
/* Waits for a signal, at most until a moment on jk_monotonic_ms()'s scale; the caller holds the mutex. False if that
 * moment has come. As with every condition variable, there are spurious wake-ups. */
bool jk_condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until_ms);

/* Rests for so many milliseconds, or until *ending, which the mutex guards and whoever sets it signals. The caller does
 * not hold the mutex. True: *ending. */
bool jk_condition_rest(pthread_cond_t *condition, pthread_mutex_t *mutex, const bool *ending, int64_t ms);

#endif
