/* The parameters of a path: what its variables take, and the fields of the request that are left as parameters of the query, with
 * limits as far as the comments on them begin with these ("0 to 1,000."). */
#ifndef JK_OPENAPI_PARAMETERS_H
#define JK_OPENAPI_PARAMETERS_H

#include "openapi/schema.h"
#include "reply/http_rule.h"

/* An array of Parameter Objects. NULL: the request has a field that no query gives (a list of messages, or a message within itself),
 * a variable is of no field, or takes more than two segments; or out of memory. */
json_t *jk_parameters(struct jk_schemas *schemas, const struct jk_http_rule *rule, const char *request);
/* The path as OpenAPI writes it: a variable of two segments, which is a model's name, as `{publisher}/{model}`. */
void jk_parameters_path(const struct jk_http_rule *rule, struct jk_text *out);

#endif
