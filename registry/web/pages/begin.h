/* The functions that begin the pages of pages.def, one for each. */
#ifndef JK_WEB_PAGES_BEGIN_H
#define JK_WEB_PAGES_BEGIN_H

#include "web/pages/page.h"

#define JK_PAGE(path, shown, begin, title, clock) void begin(struct jk_web_page *page);
#include "web/pages/pages.def"
#undef JK_PAGE

#endif
