/* The table of methods, from the rows of methods.def, for rpc/ and whatever else serves them. */
#ifndef JK_SERVICE_METHODS_H
#define JK_SERVICE_METHODS_H

#include "service/call/dispatch.h"

/* All methods of jokbo.v1, in the table's order. */
const struct jk_method *jk_methods(size_t *out_count);
/* Those that anybody may call, over HTTP: an OpenAPI 3.1 document (JSON), made when this program was built. */
struct jk_span jk_methods_openapi(void);

#endif
