/* Page tokens: "p1.<log size>.<cursor>.<16 hex digits of the digest over method and arguments>". A token is not secret
 * and grants nothing, so it carries no signature; it is only checked to belong to the same query. Pure. */
#ifndef JK_REPLY_PAGE_TOKEN_H
#define JK_REPLY_PAGE_TOKEN_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/digest.h"

struct jk_page_token {
    uint32_t log_size; /* that the first page held for */
    uint64_t after;    /* the last page's cursor */
    struct jk_span bound;
};

/* The digest of a request of a method ("/jokbo.v1.Evaluation/CountDerivatives") as if it asked for its first page at
 * any size: its fields page_size and page_token, which it must have, do not count. False when memory is out. */
bool jk_page_bind(struct jk_arena *arena, const char *path, ProtobufCMessage *request, struct jk_digest *out_bound);
/* The token for the page after `after`, in the arena; the empty string where memory is out. */
char *jk_page_token_write(struct jk_arena *arena, const struct jk_digest *bound, uint32_t log_size, uint64_t after);
bool jk_page_token_parse(struct jk_span text, struct jk_page_token *out_token);
/* Whether the token was made for the request of that digest. */
bool jk_page_token_fits(const struct jk_page_token *token, const struct jk_digest *bound);

#endif
