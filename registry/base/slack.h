/* Slack: freed memory that the allocator keeps, which makes the process larger than what it uses. After many
 * simultaneous calls it may be hundreds of megabytes, and it is only returned if we ask for it. Not thread-safe: used
 * by one thread. Limits: measuring takes the allocator's locks for a moment, so only every few seconds. */
#ifndef JK_BASE_SLACK_H
#define JK_BASE_SLACK_H

#include <stdbool.h>
#include <stdint.h>

#define JK_SLACK_MOST (INT64_C(24) << 20) /* beyond the usual amount */

struct jk_slack {
    int64_t usual; /* the least seen so far, or what trimming left */
    bool known;
};

/* Resident bytes beyond those in use; negative if much of what is in use was never touched. */
int64_t jk_slack_now(void);
/* Whether it is time to trim: `slack` is far above the usual. Pure. */
bool jk_slack_is_large(struct jk_slack *state, int64_t slack);
/* Records that memory was trimmed and that so much slack is left. Pure. */
void jk_slack_settle(struct jk_slack *state, int64_t slack);
/* Returns what it can to the system; takes some milliseconds. */
void jk_slack_give_back(void);

#endif
