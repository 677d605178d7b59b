/* See pair.h. */
#include "book/pair.h"

#include "book/book_internal.h"

bool jk_pair_is_permitted(const struct jk_book *book, const struct jk_policy *policy, uint32_t license, uint32_t n)
{
    enum jk_permission given[JK_PERMISSION_KINDS];
    struct jk_span text = jk_book_license_text(book, license);
    if (policy->rules > 1)
        jk_book_permissions_listed(book, text, n, given);
    else
        jk_book_permissions(book, text, n, given);
    for (int i = 0; i < JK_PERMISSION_KINDS; i++)
        if (given[i] < policy->demands[i] && !(given[i] == JK_PERMISSION_UNKNOWN && policy->unknown_permits))
            return false;
    return true;
}

/* Also those that it was later moved to, even if it left again. Few models were ever moved. */
jk_reasons jk_pair_kin(const struct jk_book *book, uint32_t model, uint32_t team, uint32_t n)
{
    const struct jk_alias *stay, *alias = jk_book_alias(book, model, n);
    jk_reasons found = 0;
    for (; alias; alias = jk_book_older_alias(book, stay)) {
        stay = jk_book_stay(book, alias);
        int64_t since_us = jk_book_time(book, stay->from);
        if (jk_book_owned(book, stay->publisher, team, since_us, n)) found |= JK_REASON_BIT(SELF);
        if (jk_book_affiliated(book, stay->publisher, team, since_us, n)) found |= JK_REASON_BIT(AFFILIATE);
    }
    return found;
}
