/* The mailbox: a linked queue under a mutex. A sender signals only if a taker is waiting, so a busy taker, which finds
 * its next batch without waiting, costs no system call. Signals are sent after the mutex is released. */
#include "base/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/condition.h"

struct jk_mailbox {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    struct jk_mail *first;
    struct jk_mail **end; /* where the next item is linked */
    size_t length;
    size_t capacity;
    size_t waiting; /* takers in pthread_cond_timedwait */
    size_t nudges;  /* not yet seen by a taker */
    bool closed;
};

struct jk_mailbox *jk_mailbox_new(size_t capacity)
{
    JK_CHECK(capacity > 0);
    struct jk_mailbox *box = calloc(1, sizeof *box);
    if (!box) return NULL;
    JK_CHECK(pthread_mutex_init(&box->lock, NULL) == 0);
    jk_condition_init(&box->arrived);
    box->end = &box->first;
    box->capacity = capacity;
    return box;
}

void jk_mailbox_free(struct jk_mailbox *box)
{
    if (!box) return;
    JK_CHECK(box->length == 0 && box->waiting == 0);
    JK_CHECK(pthread_cond_destroy(&box->arrived) == 0);
    JK_CHECK(pthread_mutex_destroy(&box->lock) == 0);
    free(box);
}

static void lock(struct jk_mailbox *box)
{
    JK_CHECK(pthread_mutex_lock(&box->lock) == 0);
}

static void unlock(struct jk_mailbox *box)
{
    JK_CHECK(pthread_mutex_unlock(&box->lock) == 0);
}

bool jk_mailbox_put(struct jk_mailbox *box, struct jk_mail *mail)
{
    lock(box);
    bool taken = !box->closed && box->length < box->capacity;
    bool wake = taken && box->waiting > 0;
    if (taken) {
        mail->next = NULL;
        *box->end = mail;
        box->end = &mail->next;
        box->length++;
    }
    unlock(box);
    if (wake) JK_CHECK(pthread_cond_signal(&box->arrived) == 0);
    return taken;
}

/* Takes up to `most` off the front. */
static size_t detach(struct jk_mailbox *box, size_t most, struct jk_mail **out_first)
{
    size_t count = box->length < most ? box->length : most;
    *out_first = count > 0 ? box->first : NULL;
    if (count == box->length) { /* the usual case needs no walk along the list */
        box->first = NULL;
        box->end = &box->first;
    } else {
        struct jk_mail *last = box->first;
        for (size_t i = 1; i < count; i++)
            last = last->next;
        box->first = last->next;
        last->next = NULL;
    }
    box->length -= count;
    return count;
}

size_t jk_mailbox_take(struct jk_mailbox *box, size_t most, int timeout_ms, struct jk_mail **out_first)
{
    JK_CHECK(most > 0);
    lock(box);

    /* until there is mail or a nudge, the box is closed, or time is up */
    struct timespec deadline = {0};
    int result = 0;
    if (box->length == 0 && !box->closed && box->nudges == 0 && timeout_ms != 0) {
        if (timeout_ms > 0) {
            JK_CHECK(clock_gettime(CLOCK_MONOTONIC, &deadline) == 0);
            deadline.tv_sec += timeout_ms / 1000;
            deadline.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
            if (deadline.tv_nsec >= 1000000000) {
                deadline.tv_nsec -= 1000000000;
                deadline.tv_sec++;
            }
        }
        box->waiting++;
        while (box->length == 0 && !box->closed && box->nudges == 0 && result == 0)
            result = timeout_ms < 0 ? pthread_cond_wait(&box->arrived, &box->lock)
                                    : pthread_cond_timedwait(&box->arrived, &box->lock, &deadline);
        box->waiting--;
        JK_CHECK(result == 0 || result == ETIMEDOUT);
    }

    if (box->nudges > 0) box->nudges--; /* whoever returns from here checks for work, so the nudge is used up */
    size_t count = detach(box, most, out_first);
    bool wake = box->length > 0 && box->waiting > 0; /* leave the rest to another waiting taker */
    unlock(box);
    if (wake) JK_CHECK(pthread_cond_signal(&box->arrived) == 0);
    return count;
}

void jk_mailbox_close(struct jk_mailbox *box)
{
    lock(box);
    box->closed = true;
    JK_CHECK(pthread_cond_broadcast(&box->arrived) == 0);
    unlock(box);
}

bool jk_mailbox_is_closed(struct jk_mailbox *box)
{
    lock(box);
    bool closed = box->closed;
    unlock(box);
    return closed;
}

size_t jk_mailbox_length(struct jk_mailbox *box)
{
    lock(box);
    size_t length = box->length;
    unlock(box);
    return length;
}

void jk_mailbox_nudge(struct jk_mailbox *box)
{
    lock(box);
    /* One for each waiting taker, and one for a taker that is busy now. More would make it spin. */
    if (box->nudges < box->waiting || box->nudges == 0) box->nudges++;
    bool wake = box->waiting > 0;
    unlock(box);
    if (wake) JK_CHECK(pthread_cond_signal(&box->arrived) == 0);
}
