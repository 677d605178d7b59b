/* See explain_here.h. */
#include "cli/explain_here.h"

#include "base/defer.h"
#include "book/book_ask.h"
#include "cli/fold.h"
#include "reply/asked.h"
#include "reply/explain.h"
#include "reply/message.h"

static void end_book(struct jk_book **book)
{
    jk_book_free(*book);
}

static void end_standing(struct jk_standing **standing)
{
    jk_standing_free(*standing);
}

enum jk_status jk_explain_here(struct jk_cli *cli, const struct jk_policy *policy, const char *name,
                               const Jokbo__V1__AsOf *as_of, Jokbo__V1__Standing **out_standing)
{
    JK_CLEANUP(end_book) struct jk_book *book = NULL;
    Jokbo__V1__Standing *out = JK_MESSAGE(&cli->arena, Jokbo__V1__Standing, jokbo__v1__standing);
    uint32_t size;
    int64_t open_us;
    if (!out) return jk_out_of_memory(&cli->error);
    JK_TRY(jk_fold_log(cli, &book));
    JK_TRY(jk_asked_size(book, jk_book_size(book), as_of, &size, &open_us, &cli->error));
    JK_CLEANUP(end_standing) struct jk_standing *standing = NULL;
    struct jk_standing_query query = {.policy = policy, .n = size};
    struct jk_digest digest = jk_policy_digest(policy);
    struct jk_explained explained = {.book = book,
                                     .size = size,
                                     .policy = policy,
                                     .policy_sha256 = &digest,
                                     .arena = &cli->arena,
                                     .error = &cli->error};
    JK_TRY(jk_standing_make(book, &query, &standing, &cli->error));
    explained.standing = standing;
    out->log_size = size;
    JK_TRY(jk_explain_named(&explained, book, jk_book_size(book), name, out));
    *out_standing = out;
    return JK_OK;
}
