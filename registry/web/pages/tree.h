/* The family of a model as a tree that opens as one goes: up, all that it was made from, by steps; down, what was made from it
 * directly and, below each model that ?open= names (at most eight), what was made from that. ?children= is where the first
 * level goes on. Script-less: each model that has children is a link that opens it; site.js asks for them instead. */
#ifndef JK_WEB_PAGES_TREE_H
#define JK_WEB_PAGES_TREE_H

#include "web/pages/page.h"

/* Adds `family` for the partial `tree`. Takes page->state: what uses it has been answered. `name` is copied. */
void jk_web_page_tree(struct jk_web_page *page, const char *name);

#endif
