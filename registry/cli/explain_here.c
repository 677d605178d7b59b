/* See explain_here.h. */
#include "cli/explain_here.h"

#include "base/defer.h"
#include "book/book_ask.h"
#include "cli/fold.h"
#include "reply/asked.h"
#include "reply/explain.h"
#include "reply/lookup.h"
#include "reply/message.h"

static void end_book(struct jk_book **book)
{
    jk_book_free(*book);
}

static void end_standing(struct jk_standing **standing)
{
    jk_standing_free(*standing);
}

/* By a name that it has or had, as of now: names resolve for ever. */
static enum jk_status find_registered(const struct jk_book *book, const char *name, uint32_t size, uint32_t *out_model,
                                      struct jk_error *error)
{
    uint32_t newest = jk_book_size(book);
    *out_model = jk_book_find_model(book, jk_span_of(name), newest);
    if (*out_model == JK_NONE) return jk_model_not_found(book, newest, jk_span_of(name), error);
    if (jk_book_model(book, *out_model)->index < size) return JK_OK;
    return jk_fail(error, JK_NOT_FOUND, "MODEL_NOT_FOUND", "\"%.200s\" was not registered yet at log size %u", name,
                   size);
}

static enum jk_status explain_in_book(struct jk_cli *cli, const struct jk_book *book, const struct jk_policy *policy,
                                      const char *name, uint32_t size, Jokbo__V1__Standing *out)
{
    JK_CLEANUP(end_standing) struct jk_standing *standing = NULL;
    struct jk_standing_query query = {.policy = policy, .n = size};
    struct jk_digest digest = jk_policy_digest(policy);
    struct jk_explained explained = {.book = book,
                                     .size = size,
                                     .policy = policy,
                                     .policy_sha256 = &digest,
                                     .arena = &cli->arena,
                                     .error = &cli->error};
    uint32_t model;
    JK_TRY(find_registered(book, name, size, &model, &cli->error));
    JK_TRY(jk_standing_make(book, &query, &standing, &cli->error));
    explained.standing = standing;
    explained.rows = jk_standing_of(standing, model, &explained.count);
    if (explained.rows) return jk_explain_derivative(&explained, out);
    return jk_fail(&cli->error, JK_FAILED_PRECONDITION, "NOT_A_DERIVATIVE",
                   "\"%.200s\" is not a derivative of a base model at log size %u", name, size);
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
    JK_TRY(explain_in_book(cli, book, policy, name, size, out));
    out->log_size = size;
    *out_standing = out;
    return JK_OK;
}
