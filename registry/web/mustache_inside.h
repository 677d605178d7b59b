/* A compiled template, for mustache.c, which makes it, and render.c, which reads it. */
#ifndef JK_WEB_MUSTACHE_INSIDE_H
#define JK_WEB_MUSTACHE_INSIDE_H

#include "web/mustache.h"

enum jk_mustache_kind { JK_MUSTACHE_TEXT, JK_MUSTACHE_VARIABLE, JK_MUSTACHE_SECTION, JK_MUSTACHE_INVERTED };

struct jk_mustache_step {
    enum jk_mustache_kind kind;
    struct jk_span text; /* the text, or a name */
    uint32_t end;        /* of a section: the step after its last */
};

struct jk_mustache {
    struct jk_arena arena; /* the texts of its steps */
    struct jk_mustache_step *steps;
    size_t count, room;
};

#endif
