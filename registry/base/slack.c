/* See slack.h. */
#include "base/slack.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

static int64_t resident(void)
{
    long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return 0;
    if (fscanf(file, "%*d %lld", &pages) != 1) pages = 0;
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

int64_t jk_slack_now(void)
{
    struct mallinfo2 info = mallinfo2();
    return resident() - (int64_t)(info.uordblks + info.hblkhd);
}

bool jk_slack_is_large(struct jk_slack *state, int64_t slack)
{
    if (!state->known || slack < state->usual) jk_slack_settle(state, slack);
    return slack - state->usual > JK_SLACK_MOST;
}

void jk_slack_settle(struct jk_slack *state, int64_t slack)
{
    state->usual = slack;
    state->known = true;
}

void jk_slack_give_back(void)
{
    malloc_trim(0);
}
