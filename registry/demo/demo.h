/* The notice shown wherever a demo's log is: its times, and most of its content, are invented. */
#ifndef JK_DEMO_DEMO_H
#define JK_DEMO_DEMO_H

#include <jokbo/v1/demo.pb-c.h>

#include "cli/console/cli.h"
#include "domain/entry.h"

#define JK_DEMO_NOTE "This log is a demo: its times are not real, and most of what it holds is invented."

static inline bool jk_demo_is(struct jk_span origin)
{
    return jk_span_equal(origin, JK_SPAN(JK_DEMO_ORIGIN));
}

/* The log's clock, by which stages open and close: on a demo not this machine's. */
JK_MUST_USE enum jk_status jk_demo_now(struct jk_cli *cli, Jokbo__V1__Clock **out_clock);

#endif
