/* See loglimit.h. The table uses open addressing by name; nothing is ever removed, since a program has few events. */
#include "base/loglimit.h"

#include <string.h>

/* The event's slot, allocated if it is new. */
static struct jk_loglimit_event *find_event(struct jk_loglimit *limit, const char *name)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; name[i] && i < JK_LOGLIMIT_NAME - 1; i++)
        h = (h ^ (unsigned char)name[i]) * 16777619u;
    size_t at = h % JK_LOGLIMIT_EVENTS;

    for (size_t i = 0; i < JK_LOGLIMIT_EVENTS; i++) {
        struct jk_loglimit_event *event = &limit->events[(at + i) % JK_LOGLIMIT_EVENTS];
        if (event->name[0] && strncmp(event->name, name, JK_LOGLIMIT_NAME - 1) != 0) continue;
        strncpy(event->name, name, JK_LOGLIMIT_NAME - 1);
        return event;
    }
    return &limit->events[JK_LOGLIMIT_EVENTS - 1];
}

bool jk_loglimit_take(struct jk_loglimit *limit, const char *event, int64_t now_ms)
{
    struct jk_loglimit_event *found = find_event(limit, event);
    if (now_ms >= found->until_ms) {
        found->until_ms = now_ms + JK_LOGLIMIT_WINDOW_MS;
        found->lines = 0;
    }
    if (found->lines < JK_LOGLIMIT_LINES) {
        found->lines++;
        return true;
    }
    if (found->left_out++ == 0) limit->owing++;
    return false;
}

bool jk_loglimit_told(struct jk_loglimit *limit, int64_t now_ms, char out_event[JK_LOGLIMIT_NAME], uint64_t *out_lines)
{
    for (size_t i = 0; limit->owing > 0 && i < JK_LOGLIMIT_EVENTS; i++) {
        struct jk_loglimit_event *event = &limit->events[i];
        if (event->left_out == 0 || now_ms < event->until_ms) continue;
        memcpy(out_event, event->name, JK_LOGLIMIT_NAME);
        *out_lines = event->left_out;
        event->left_out = 0;
        limit->owing--;
        return true;
    }
    return false;
}
