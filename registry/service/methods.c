/* See methods.h. */
#include "service/methods.h"

#include "auth/access.h"
#include "service/call/convert.h"
#include "service/call/handlers.h"

static const struct jk_method methods[] = {
#define JK_METHOD(service, name, stream, lane, allowed, scope, request, response, handler)                             \
    {"/jokbo.v1." #service "/" #name,      stream, lane, allowed, scope, &jokbo__v1__##request##__descriptor,          \
     &jokbo__v1__##response##__descriptor, handler},
#include "service/call/methods.def"
#undef JK_METHOD
};
#define METHODS (sizeof methods / sizeof *methods)

extern const unsigned char jk_data_openapi[];
extern const size_t jk_data_openapi_len;

const struct jk_method *jk_methods(size_t *out_count)
{
    *out_count = METHODS;
    return methods;
}

struct jk_span jk_methods_openapi(void)
{
    return (struct jk_span){(const char *)jk_data_openapi, jk_data_openapi_len};
}
