/* Whose a verifier's accounts are: one of the directory's questions. */
#include "auth/directory_inside.h"

/* Whether another account made any of the account's tokens. */
static bool made_token(const struct jk_directory *directory, uint64_t account, uint64_t maker)
{
    uint64_t hash = jk_directory_hash_number(directory, account);
    struct jk_finder_link *link = jk_finder_chain(&directory->tokens_by_account, hash);
    for (; link; link = link->next) {
        const struct jk_token *token = &JK_FINDER_ITEM(link, struct jk_token_item, by_account)->token;
        if (token->account == account && token->made_by == maker) return true;
    }
    return false;
}

/* Whether the account has or had the role for the verifier; and whether `maker` gave it. */
static bool spoke_for(const struct jk_account *account, struct jk_span verifier, uint64_t maker, bool *out_given)
{
    struct jk_span rest = jk_span_of(account->spoke_for), item, id;
    bool spoke = (account->roles & JK_ROLE_VERIFIER) && jk_span_equal(jk_span_of(account->verifier), verifier);
    uint64_t by;
    *out_given = spoke && jk_account_grant(account, JK_ROLE_VERIFIER)->by == maker;
    while (rest.len) {
        jk_span_cut(&rest, ' ', &item);
        jk_span_cut(&item, '/', &id);
        if (!jk_span_equal(id, verifier)) continue;
        spoke = true;
        *out_given |= jk_span_to_u64(item, &by) && by == maker;
    }
    return spoke;
}

bool jk_directory_makes_verifier(struct jk_directory *directory, struct jk_span verifier, uint64_t account)
{
    const struct jk_account *one, *self;
    uint64_t id = 0;
    bool found = false, given;
    jk_directory_read_lock(directory);
    self = jk_series_get(&directory->accounts, account);
    while (!found && (one = jk_series_next(&directory->accounts, &id)) != NULL)
        if (spoke_for(one, verifier, account, &given))
            found = given || one->id == account || one->created_by == account ||
                    (self && self->created_by == one->id) || made_token(directory, one->id, account);
    jk_directory_unlock(directory);
    return found;
}
