/* Slack: memory that was freed and that the allocator keeps, so that the process is larger than what it uses. After a
 * crowd it may be hundreds of megabytes, and nobody but us gives them back.
 * Not thread-safe: one thread's. Limits: asking takes the allocator's locks for a moment, so every few seconds. */
#ifndef JK_BASE_SLACK_H
#define JK_BASE_SLACK_H

#include <stdbool.h>
#include <stdint.h>

#define JK_SLACK_MOST (INT64_C(24) << 20) /* beyond what is always there */

struct jk_slack {
    int64_t usual; /* the least that was seen, or what giving back left over */
    bool known;
};

/* Resident bytes beyond those in use; below 0 where much that is in use was never touched. */
int64_t jk_slack_now(void);
/* Whether it is time to give memory back: `slack` is far above the usual. Pure. */
bool jk_slack_is_large(struct jk_slack *state, int64_t slack);
/* It was given back, and so much is left over. Pure. */
void jk_slack_settle(struct jk_slack *state, int64_t slack);
/* Gives back what can be; takes some milliseconds. */
void jk_slack_give_back(void);

#endif
