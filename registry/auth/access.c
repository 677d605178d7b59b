/* Who is calling, and whether the table of methods allows it. An outsider never learns why a token was refused, and no
 * message contains any part of a token. */
#include "auth/access.h"

#include "auth/token.h"

/* Decided later, with the object: the table cannot know whether the caller belongs to it. */
#define JK_MAY_BY_OBJECT (JK_MAY_ACCOUNT | JK_MAY_MEMBER | JK_MAY_OWNER)

static const struct {
    unsigned may, role;
} by_role[] = {
    {JK_MAY_REGISTRAR, JK_ROLE_REGISTRAR}, {JK_MAY_TEAM, JK_ROLE_TEAM},         {JK_MAY_EVALUATOR, JK_ROLE_EVALUATOR},
    {JK_MAY_ADMIN, JK_ROLE_ADMIN},         {JK_MAY_VERIFIER, JK_ROLE_VERIFIER},
};

/* A parent has a smaller number, and an account has at most 50 live tokens, so the chain is short. */
bool jk_token_is_revoked(struct jk_directory *directory, const struct jk_token *token)
{
    struct jk_token ancestor;
    bool revoked = token->revoked;
    for (uint64_t parent = jk_token_parent(token); !revoked && parent; parent = jk_token_parent(&ancestor))
        revoked =
            !jk_directory_token(directory, parent, &ancestor) || ancestor.account != token->account || ancestor.revoked;
    return revoked;
}

bool jk_token_in_force(struct jk_directory *directory, const struct jk_token *token, int64_t now_us)
{
    return (token->expires_us == 0 || now_us < token->expires_us) && !jk_token_is_revoked(directory, token);
}

static bool find_caller(struct jk_directory *directory, struct jk_span authorization, int64_t now_us,
                        struct jk_principal *out_principal)
{
    struct jk_token token;
    struct jk_account account;

    /* RFC 6750, section 2.1: the scheme, case-insensitively, one or more spaces, the token */
    struct jk_span scheme, rest = authorization;
    if (!jk_span_cut(&rest, ' ', &scheme) || !jk_span_equal_fold(scheme, JK_SPAN("Bearer"))) return false;
    while (rest.len > 0 && rest.at[0] == ' ')
        rest = (struct jk_span){rest.at + 1, rest.len - 1};
    if (!jk_token_is_shaped(rest)) return false;

    struct jk_digest hash = jk_token_hash(rest);
    if (!jk_directory_find_token(directory, &hash, &token) || !jk_token_in_force(directory, &token, now_us))
        return false;
    if (!jk_directory_account(directory, token.account, &account) || account.disabled) return false;
    *out_principal =
        (struct jk_principal){.account = account.id, .token = token.id, .roles = account.roles, .scopes = token.scopes};
    memcpy(out_principal->team, account.team, sizeof account.team);
    memcpy(out_principal->verifier, account.verifier, sizeof account.verifier);
    return true;
}

enum jk_status jk_authenticate(struct jk_directory *directory, struct jk_span authorization, int64_t now_us,
                               struct jk_principal *out_principal, struct jk_error *error)
{
    if (authorization.len == 0) {
        *out_principal = (struct jk_principal){0};
        return JK_OK;
    }
    if (find_caller(directory, authorization, now_us, out_principal)) return JK_OK;
    return jk_fail(error, JK_UNAUTHENTICATED, "TOKEN_INVALID",
                   "the authorization is not a valid token: it must be \"Bearer jk_…\" with a token that is neither "
                   "revoked nor expired, of an account that is not disabled; ask for a new token");
}

static bool may_help(const struct jk_principal *principal, unsigned allowed)
{
    if (allowed & JK_MAY_BY_OBJECT) return true;
    for (size_t i = 0; i < sizeof by_role / sizeof by_role[0]; i++)
        if ((allowed & by_role[i].may) && (principal->roles & by_role[i].role)) return true;
    return false;
}

static enum jk_status refuse_role(unsigned allowed, struct jk_error *error)
{
    char wanted[80] = "";
    size_t used = 0;
    for (size_t i = 0; i < sizeof by_role / sizeof by_role[0]; i++) {
        if (!(allowed & by_role[i].may)) continue;
        struct jk_span name = jk_span_of(jk_role_name(by_role[i].role));
        memcpy(wanted + used, ", ", used ? 2 : 0);
        used += used ? 2 : 0;
        memcpy(wanted + used, name.at, name.len + 1);
        used += name.len;
    }
    jk_error_fact(error, "roles", "%s", wanted);
    return jk_fail(error, JK_PERMISSION_DENIED, "ROLE_REQUIRED",
                   "the account has none of the roles that may call this method (%s); an admin can grant roles",
                   used ? wanted : "none");
}

enum jk_status jk_may_call(const struct jk_principal *principal, unsigned allowed, unsigned scope,
                           struct jk_error *error)
{
    if (allowed & JK_MAY_ANYONE) return JK_OK;
    if (principal->account == 0)
        return jk_fail(error, JK_UNAUTHENTICATED, "TOKEN_REQUIRED",
                       "this method needs an account: send the header \"authorization: Bearer jk_…\" with a token");
    if (!may_help(principal, allowed)) return refuse_role(allowed, error);
    unsigned missing = scope & ~jk_scopes_with_included(principal->scopes);
    if (!missing) return JK_OK;
    const char *first = jk_scope_name(missing & (~missing + 1));
    jk_error_fact(error, "scope", "%s", first);
    return jk_fail(error, JK_PERMISSION_DENIED, "SCOPE_REQUIRED",
                   "the token lacks the scope \"%s\" that this method requires; use a token with that scope", first);
}
