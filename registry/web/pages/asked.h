/* What the URLs of lists ask for in the same words: a scope, a policy, an order; and the choices of their forms. Pure. */
#ifndef JK_WEB_PAGES_ASKED_H
#define JK_WEB_PAGES_ASKED_H

#include <jokbo/v1/evaluation.pb-c.h>
#include <jokbo/v1/stage.pb-c.h>

#include "web/pages/page.h"

/* Of a team, else of a base model, else all; texts that are empty ask for nothing. They must outlive the page's asks, and so
 * must a policy's name. NULL: out of memory. */
Jokbo__V1__CountScope *jk_asked_scope_of(struct jk_web_page *page, char *team, char *base);
/* NULL where the name is empty: the plain count. */
Jokbo__V1__CountRule *jk_asked_rule_of(struct jk_web_page *page, char *policy);
/* Whether ?order= asks for the other one of two orders, and not for the first, which it need not name. */
bool jk_asked_other_order(struct jk_web_page *page, const char *other);

/* Whether there is such a team. */
bool jk_asked_is_team(const struct jk_web_page *page, struct jk_span id);
/* Refuses what should be a team; `allowed`: the word before the list of all teams. */
void jk_asked_refuse_team(struct jk_web_page *page, const char *parameter, struct jk_span id, const char *allowed);
/* Later asks' refusals of a base model speak of ?base=, and of a page token, of ?after=; until page->blame is NULL again. */
void jk_asked_blame_base(struct jk_web_page *page);

/* Those of these parameters that are given as `kept`, "&name=value…": for links to the same list in another order or on
 * another page. False: none is given. */
bool jk_asked_keep(struct jk_web_page *page, const char *const *names, size_t count);

/* The policies as `policies`: {policy, chosen}; refuses ?policy= where it is none of them. */
void jk_asked_policy_choices(struct jk_web_page *page, const Jokbo__V1__ListPoliciesResponse *list, const char *chosen);
/* The teams as `team_choices`: {value, label, chosen}; refuses ?team= where it is none of them. */
void jk_asked_team_choices(struct jk_web_page *page, const char *chosen);

#endif
