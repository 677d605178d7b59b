/* What of the tokens' text only this folder asks. Pure. */
#ifndef JK_AUTH_TOKEN_H
#define JK_AUTH_TOKEN_H

#include "base/span.h"

#define JK_TOKEN_PREFIX "jk_"

/* Prefix, length and alphabet are a token's. Says nothing of whether it is known. */
bool jk_token_is_shaped(struct jk_span text);

#endif
