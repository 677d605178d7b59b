/* Checks on the tokens' text that only this folder needs. Pure. */
#ifndef JK_AUTH_TOKEN_H
#define JK_AUTH_TOKEN_H

#include "base/span.h"

#define JK_TOKEN_PREFIX "jk_"

/* Whether prefix, length and alphabet are those of a token. Says nothing about whether it is known. */
bool jk_token_is_shaped(struct jk_span text);

#endif
