/* What the address of a page says after the "?". Which parameters a page has, and what each may be, is in parameters.def, and is
 * checked before the page is begun; what depends on the registry (is there such a policy?) a page refuses itself, or says of which
 * parameter a method's refusal speaks. However it was found: the status is 400, readers get a page that names parameter, value and
 * what is allowed, and programs field violations by the parameter's name. A parameter without a value, as forms send it, is as if
 * it was not there. */
#ifndef JK_WEB_PAGES_PARAMETERS_H
#define JK_WEB_PAGES_PARAMETERS_H

#include <jokbo/v1/registry.pb-c.h>
#include <jokbo/v1/stage.pb-c.h>

#include "web/pages/page.h"

/* Of which parameter a failed call speaks. */
struct jk_web_page_blame {
    const char *what;      /* the field that is wrong, or the failure's reason; NULL ends a list */
    const char *parameter; /* … */
    const char *allowed;   /* … and the word for what it may be */
    struct jk_span value;  /* of a parameter that may be given several times; else empty */
};

/* All that can be said of the query by itself. False: something was refused. */
bool jk_web_page_check_parameters(struct jk_web_page *page);
/* Refuses a value. `allowed`: key of a word that says what it may be; `choices`: a list that follows it, may be empty. */
void jk_web_page_refuse(struct jk_web_page *page, const char *parameter, struct jk_span value, const char *allowed,
                        struct jk_span choices);
/* The same of all parameters that are given and that the failure speaks of; false if there are none. `list` may be NULL. */
bool jk_web_page_refuse_failed(struct jk_web_page *page, const struct jk_web_page_blame *list,
                               const struct jk_error *error);
/* Failures of later asks speak of that parameter where they speak of a page's token. */
void jk_web_page_blame_token(struct jk_web_page *page, const char *parameter);
/* Refuses the parameter where it is given and no recorded policy: as NAME@VERSION, NAME or digest. */
void jk_web_page_check_policy(struct jk_web_page *page, const char *parameter,
                              const Jokbo__V1__ListPoliciesResponse *policies);

#endif
