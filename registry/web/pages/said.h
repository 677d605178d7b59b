/* What others say of a model: what its weights show by part, verifiers' challenges, adoptions, rulings and disputes. */
#ifndef JK_WEB_PAGES_SAID_H
#define JK_WEB_PAGES_SAID_H

#include <jokbo/v1/stage.pb-c.h>

#include "web/pages/page.h"

/* Asks for all of it and adds it to the view: `evidence` for the partial `evidence`; the lists `challenges`, `adoptions`,
 * `rulings` and `disputes`, each at most 50, in order of their entries. `name` must live as long as the page. */
void jk_web_page_said(struct jk_web_page *page, char *name);

/* A row {ruled_model, ruling_kind, ruling_reason, ruling_text, ruling_state, ruling_root, ruling_index, ruled}. */
void jk_part_ruling(struct jk_web_page *page, struct jk_shown *list, const Jokbo__V1__Ruling *ruling);
/* A row {disputed_model, dispute_actor, dispute_text, resolution, dispute_index, outcome, disputed}. */
void jk_part_dispute(struct jk_web_page *page, struct jk_shown *list, const Jokbo__V1__Dispute *dispute);

#endif
