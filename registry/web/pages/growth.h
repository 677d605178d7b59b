/* A count's growth, as the map `growth` that growth.mustache draws: above the sum at the end of each month, below those
 * registered in it. Nothing where none counts. Pure. Limit: the newest 48 months with all before them as one sum. */
#ifndef JK_WEB_PAGES_GROWTH_H
#define JK_WEB_PAGES_GROWTH_H

#include <jokbo/v1/evaluation.pb-c.h>

#include "web/pages/page.h"

/* From the count's groups by month. */
void jk_web_page_growth(struct jk_web_page *page, const Jokbo__V1__DerivativeCount *count);

#endif
