/* A bounded FIFO mailbox between threads that hands over whole batches: any number of senders, one or more takers.
 * Senders never wait: a full box refuses at once. */
#ifndef JK_BASE_MAILBOX_H
#define JK_BASE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

/* The first member of whatever is sent; owned by the box from put to take. */
struct jk_mail {
    struct jk_mail *next;
};

struct jk_mailbox;

struct jk_mailbox *jk_mailbox_new(size_t capacity);                /* NULL when out of memory */
void jk_mailbox_free(struct jk_mailbox *box);                      /* must be empty and not in use */
bool jk_mailbox_put(struct jk_mailbox *box, struct jk_mail *mail); /* false: full or closed */
/* Waits up to timeout_ms (-1: forever) for mail; takes up to `most`, oldest first, linked by next. Returns how many; 0
 * with *out_first NULL on timeout, or if the box is closed and empty. */
size_t jk_mailbox_take(struct jk_mailbox *box, size_t most, int timeout_ms, struct jk_mail **out_first);
/* No more puts; takers get what is left, after that 0 at once. */
void jk_mailbox_close(struct jk_mailbox *box);
bool jk_mailbox_is_closed(struct jk_mailbox *box);
size_t jk_mailbox_length(struct jk_mailbox *box);
/* Wakes one taker without any mail (its take returns 0). If none is waiting, the next take returns at once. */
void jk_mailbox_nudge(struct jk_mailbox *box);

#endif
