/* Limits how many lines of one event are logged in a window of a second, so that nobody can fill a disk with our log.
 * Suppressed lines are counted and reported once the window is over. Pure: clock and lock are the caller's. Limits: a
 * fixed number of events; any beyond that share the last slot, under the name of the first of them. */
#ifndef JK_BASE_LOGLIMIT_H
#define JK_BASE_LOGLIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JK_LOGLIMIT_LINES     20 /* lines of an event in a window */
#define JK_LOGLIMIT_WINDOW_MS 1000
#define JK_LOGLIMIT_EVENTS    256
#define JK_LOGLIMIT_NAME      48 /* longer names are cut */

struct jk_loglimit_event {
    char name[JK_LOGLIMIT_NAME];
    int64_t until_ms;  /* the window's end */
    unsigned lines;    /* lines in it */
    uint64_t left_out; /* suppressed since the last report */
};

/* Initially all zero. */
struct jk_loglimit {
    struct jk_loglimit_event events[JK_LOGLIMIT_EVENTS];
    size_t owing; /* events with suppressed lines */
};

/* Whether a line of this event may be written; counts it either way. `now_ms` never goes backwards. */
bool jk_loglimit_take(struct jk_loglimit *limit, const char *event, int64_t now_ms);
/* An event with suppressed lines in windows that are over, and how many; they then count as reported. */
bool jk_loglimit_told(struct jk_loglimit *limit, int64_t now_ms, char out_event[JK_LOGLIMIT_NAME], uint64_t *out_lines);

#endif
