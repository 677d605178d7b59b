/* Authentication by bearer token, and who may call what. Pure but for the directory. A token's text is "jk_" and 43
 * characters of unpadded base64url, 256 random bits. It is shown once; only its SHA-256 is stored. */
#ifndef JK_AUTH_ACCESS_H
#define JK_AUTH_ACCESS_H

#include "auth/directory.h"

#define JK_TOKEN_TEXT 47 /* "jk_" + 43 + NUL */

/* The columns of the permission table: who may call a method. Any one bit is enough. */
enum jk_may {
    JK_MAY_ANYONE = 1,     /* no account needed */
    JK_MAY_ACCOUNT = 2,    /* any account */
    JK_MAY_MEMBER = 4,     /* a member of the publisher concerned: decided with the object */
    JK_MAY_OWNER = 8,      /* an owner of it */
    JK_MAY_REGISTRAR = 16, /* on behalf of a publisher that nobody has claimed */
    JK_MAY_TEAM = 32,      /* the team of the base or publisher concerned */
    JK_MAY_EVALUATOR = 64,
    JK_MAY_ADMIN = 128,
    JK_MAY_VERIFIER = 256
};

void jk_token_make(char out_text[JK_TOKEN_TEXT]);
struct jk_digest jk_token_hash(struct jk_span text);

/* Whether the token, or any token it descends from, was revoked: a child ends with its parent. */
bool jk_token_is_revoked(struct jk_directory *directory, const struct jk_token *token);
/* Neither revoked nor expired. A child never expires after its parent: it was created that way. */
bool jk_token_in_force(struct jk_directory *directory, const struct jk_token *token, int64_t now_us);

/* `authorization`: the header's value, "Bearer jk_…" (scheme in any case), or empty: anonymous, OK. UNAUTHENTICATED if
 * malformed, unknown, revoked, expired, or of a disabled account, always with the same message. */
JK_MUST_USE enum jk_status jk_authenticate(struct jk_directory *directory, struct jk_span authorization, int64_t now_us,
                                           struct jk_principal *out_principal, struct jk_error *error);
/* What the table alone can decide: UNAUTHENTICATED if a token is needed and none was sent, PERMISSION_DENIED if neither
 * a role nor an object could permit the call, or the token lacks the scope. */
JK_MUST_USE enum jk_status jk_may_call(const struct jk_principal *principal, unsigned allowed, unsigned scope,
                                       struct jk_error *error);

/* A token's scopes, with those that they include: "models" includes "publish". */
static inline unsigned jk_scopes_with_included(unsigned scopes)
{
    return scopes | (scopes & JK_SCOPE_MODELS ? JK_SCOPE_PUBLISH : 0);
}
/* A token that only machines can use. Such tokens are easily leaked, so one must not allow much harm. */
static inline bool jk_is_machine(const struct jk_principal *principal)
{
    return !(principal->scopes & JK_SCOPE_MODELS);
}
/* Scope and role names: "models", "publishers", "tokens", "roster", "accounts", "publish"; "registrar", "team",
 * "evaluator", "admin", "verifier". */
bool jk_scope_parse(struct jk_span text, unsigned *out_bit);
const char *jk_scope_name(unsigned bit);
bool jk_role_parse(struct jk_span text, unsigned *out_bit);
const char *jk_role_name(unsigned bit);

#endif
