/* The names of scopes and roles, in one table each. Pure. */
#include "auth/access.h"

struct name {
    unsigned bit;
    const char *text;
};

static const struct name scopes[] = {
    {JK_SCOPE_MODELS, "models"}, {JK_SCOPE_PUBLISHERS, "publishers"}, {JK_SCOPE_TOKENS, "tokens"},
    {JK_SCOPE_ROSTER, "roster"}, {JK_SCOPE_ACCOUNTS, "accounts"},     {JK_SCOPE_PUBLISH, "publish"},
};

static const struct name roles[] = {
    {JK_ROLE_REGISTRAR, "registrar"}, {JK_ROLE_TEAM, "team"},         {JK_ROLE_EVALUATOR, "evaluator"},
    {JK_ROLE_ADMIN, "admin"},         {JK_ROLE_VERIFIER, "verifier"},
};

static bool bit_of(const struct name *names, size_t count, struct jk_span text, unsigned *out_bit)
{
    for (size_t i = 0; i < count; i++) {
        if (!jk_span_equal(text, jk_span_of(names[i].text))) continue;
        *out_bit = names[i].bit;
        return true;
    }
    return false;
}

static const char *name_text(const struct name *names, size_t count, unsigned bit)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].bit == bit) return names[i].text;
    return "unknown";
}

bool jk_scope_parse(struct jk_span text, unsigned *out_bit)
{
    return bit_of(scopes, sizeof scopes / sizeof scopes[0], text, out_bit);
}

const char *jk_scope_name(unsigned bit)
{
    return name_text(scopes, sizeof scopes / sizeof scopes[0], bit);
}

bool jk_role_parse(struct jk_span text, unsigned *out_bit)
{
    return bit_of(roles, sizeof roles / sizeof roles[0], text, out_bit);
}

const char *jk_role_name(unsigned bit)
{
    return name_text(roles, sizeof roles / sizeof roles[0], bit);
}
