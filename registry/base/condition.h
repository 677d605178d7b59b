/* Condition variables whose waits end by the monotonic clock, so that no step of the real-time clock shortens or
 * lengthens one. Any thread. */
#ifndef JK_BASE_CONDITION_H
#define JK_BASE_CONDITION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

void jk_condition_init(pthread_cond_t *condition);
/* Waits for a signal, until a moment on jk_monotonic_ms()'s scale; the caller holds the mutex. False: that moment has
 * come. As with every condition it may wake for nothing. */
bool jk_condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until_ms);

#endif
