/* Taking JSON objects one after the other off a text of any length: an object, an array of them, JSON lines, or objects
 * written one after the other, spread over lines or not. Only where each one ends is looked at; what is in it is not. A
 * broken object costs its line alone: the next one begins a line. Pure. */
#ifndef JK_CENSUS_OBJECTS_H
#define JK_CENSUS_OBJECTS_H

#include "base/span.h"

enum jk_objects {
    JK_OBJECTS_ONE,    /* an object */
    JK_OBJECTS_END,    /* nothing more */
    JK_OBJECTS_MORE,   /* the rest begins an object that goes on beyond it */
    JK_OBJECTS_BROKEN, /* a line that belongs to no object */
};

/* Takes from the beginning of *rest; `whole`: nothing comes after it. *line is raised by the line ends that are taken; an
 * object begins on the line that *out_line says. */
enum jk_objects jk_objects_next(struct jk_span *rest, bool whole, size_t *line, struct jk_span *out_object,
                                size_t *out_line);

#endif
