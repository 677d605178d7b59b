/* See verifier_account.h. */
#include "service/records/verifier_account.h"

#include <stdio.h>

#include "book/stage.h"
#include "book/vouched.h"
#include "service/records/past.h"

/* The ruling for the verifier that the caller made; JK_NONE: none. */
static uint32_t find_own_ruling(const struct jk_change *change, const struct jk_turn *turn, uint32_t verifier)
{
    uint32_t slot = jk_book_rulings(turn->book, jk_turn_size(turn));
    while (slot-- > 0) {
        const struct jk_ruling *ruling = jk_book_ruling(turn->book, slot);
        struct jk_ruler ruler;
        if (ruling->verifier != verifier || ruling->kind != JK_RULING_VERIFIER) continue;
        if (jk_directory_ruler(turn->directory, ruling->from, &ruler) &&
            ruler.account == change->call->principal.account)
            return ruling->from;
    }
    return JK_NONE;
}

enum jk_status jk_verifier_account_check(const struct jk_change *change, const struct jk_turn *turn,
                                         const struct jk_account *account, const struct jk_account *before,
                                         struct jk_error *error)
{
    if (!(account->roles & JK_ROLE_VERIFIER)) return JK_OK;
    uint32_t verifier = jk_book_find_verifier(turn->book, jk_span_of(account->verifier), jk_turn_size(turn));
    if (verifier == JK_NONE)
        return jk_fail(error, JK_NOT_FOUND, "VERIFIER_NOT_FOUND",
                       "No ruling names a verifier \"%s\"; evaluators appoint them: jokbo verifier add",
                       account->verifier);
    bool held = before && (before->roles & JK_ROLE_VERIFIER) && !strcmp(before->verifier, account->verifier);
    if (held || !jk_services_of(change->call)->four_eyes) return JK_OK;
    uint32_t own = find_own_ruling(change, turn, verifier);
    if (own == JK_NONE) return JK_OK;
    return jk_fail(
        error, JK_PERMISSION_DENIED, "OWN_RULING",
        "This account proposed the verifier \"%s\" (log entry %u), so another admin must say who acts for it",
        account->verifier, own);
}

/* For whom `as` speaks, if for anybody. */
static enum jk_status note_verifier(struct jk_account *account, const struct jk_account *as, struct jk_error *error)
{
    char word[sizeof as->verifier + 24];
    if (!(as->roles & JK_ROLE_VERIFIER)) return JK_OK;
    snprintf(word, sizeof word, "%s/%llu", as->verifier,
             (unsigned long long)jk_account_grant(as, JK_ROLE_VERIFIER)->by);
    if (jk_past_note(account->spoke_for, sizeof account->spoke_for, word)) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "VERIFIERS_FULL",
                   "Account %llu has spoken for so many verifiers that no more can be recorded; create another",
                   (unsigned long long)account->id);
}

enum jk_status jk_verifier_account_follow(struct jk_account *account, const struct jk_account *before,
                                          struct jk_error *error)
{
    if (before) {
        memcpy(account->spoke_for, before->spoke_for, sizeof account->spoke_for);
        JK_TRY(note_verifier(account, before, error));
    }
    return note_verifier(account, account, error);
}
