/* How many lines of one event a log takes: so many in a window of a second, so that nobody fills a disk by what he
 * makes us log. What is left out is counted, and told once the window is over. Pure: the caller has the clock and the
 * lock. Limits: so many events; further ones share the last place, and are told under the name of the first of them. */
#ifndef JK_BASE_LOGLIMIT_H
#define JK_BASE_LOGLIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JK_LOGLIMIT_LINES     20 /* of an event in a window */
#define JK_LOGLIMIT_WINDOW_MS 1000
#define JK_LOGLIMIT_EVENTS    256
#define JK_LOGLIMIT_NAME      48 /* longer names are cut */

struct jk_loglimit_event {
    char name[JK_LOGLIMIT_NAME];
    int64_t until_ms;  /* the window's end */
    unsigned lines;    /* in it */
    uint64_t left_out; /* since it was told last */
};

/* All zero at first. */
struct jk_loglimit {
    struct jk_loglimit_event events[JK_LOGLIMIT_EVENTS];
    size_t owing; /* events of which lines were left out */
};

/* Whether a line of this event may be written; it is counted in either case. `now_ms` never goes back. */
bool jk_loglimit_take(struct jk_loglimit *limit, const char *event, int64_t now_ms);
/* An event of which lines were left out in windows that are over, and how many; from then on they are told. */
bool jk_loglimit_told(struct jk_loglimit *limit, int64_t now_ms, char out_event[JK_LOGLIMIT_NAME], uint64_t *out_lines);

#endif
