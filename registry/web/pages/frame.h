/* What all pages have around their own content: titles, links, languages, the foot. Pure. */
#ifndef JK_WEB_PAGES_FRAME_H
#define JK_WEB_PAGES_FRAME_H

#include "web/pages/page.h"

/* Added last: what a page has put under the same keys goes first. `failed`: page->error says why. */
void jk_web_page_frame(struct jk_web_page *page, bool failed);

#endif
