/* The handlers of all methods, named in methods.def. Each answers its call now or later, on the thread that its lane
 * determines. */
#ifndef JK_SERVICE_CALL_HANDLERS_H
#define JK_SERVICE_CALL_HANDLERS_H

#include "service/call/call.h"

#define JK_METHOD(service, name, stream, lane, allowed, scope, request, response, handler)                             \
    void handler(struct jk_call *call);
#include "service/call/methods.def"
#undef JK_METHOD

#endif
