/* See asked.h. */
#include "reply/asked.h"

#include "book/book_ask.h"
#include "domain/entry.h"
#include "reply/lookup.h"
#include "reply/message.h"

static enum jk_status find_base(const struct jk_book *book, uint32_t n, const char *name, struct jk_scope *out_scope,
                                struct jk_error *error)
{
    *out_scope = (struct jk_scope){JK_SCOPE_BASE, jk_book_find_model(book, jk_span_of(name), n)};
    if (out_scope->slot == JK_NONE) return jk_model_not_found(book, n, jk_span_of(name), error);
    if (jk_book_model(book, out_scope->slot)->base_history != JK_NONE) return JK_OK;
    return jk_fail(error, JK_NOT_FOUND, "NOT_A_BASE_MODEL",
                   "\"%.200s\" is not a base model on the roster; for derivatives of any model use ListDerivatives",
                   name);
}

enum jk_status jk_asked_scope(const struct jk_book *book, uint32_t n, const Jokbo__V1__CountScope *scope,
                              struct jk_scope *out_scope, struct jk_error *error)
{
    *out_scope = (struct jk_scope){.type = JK_SCOPE_ALL};
    switch (scope ? scope->kind_case : JOKBO__V1__COUNT_SCOPE__KIND__NOT_SET) {
    case JOKBO__V1__COUNT_SCOPE__KIND_BASE_MODEL:
        return find_base(book, n, scope->base_model, out_scope, error);
    case JOKBO__V1__COUNT_SCOPE__KIND_TEAM:
        *out_scope = (struct jk_scope){JK_SCOPE_TEAM, jk_book_find_team(book, jk_span_of(scope->team), n)};
        if (out_scope->slot != JK_NONE) return JK_OK;
        return jk_fail(error, JK_NOT_FOUND, "TEAM_NOT_FOUND", "There is no team \"%.63s\"", scope->team);
    case JOKBO__V1__COUNT_SCOPE__KIND_ALL:
        if (scope->all) return JK_OK;
        /* fall through */
    default:
        jk_error_field(error, "scope", "is required: name a base_model, a team, or all");
        return jk_error_result(error);
    }
}

enum jk_status jk_asked_size(const struct jk_book *book, uint32_t n, const Jokbo__V1__AsOf *as_of, uint32_t *out_size,
                             int64_t *out_open_us, struct jk_error *error)
{
    *out_size = n;
    *out_open_us = JK_TIME_NONE;
    if (!as_of) return JK_OK;
    if (as_of->kind_case == JOKBO__V1__AS_OF__KIND_LOG_SIZE) {
        if (as_of->log_size < 0 || as_of->log_size > n) {
            jk_error_field(error, "as_of.log_size", "%lld: the log has %u entries; give 0 to %u",
                           (long long)as_of->log_size, n, n);
            return jk_error_result(error);
        }
        *out_size = (uint32_t)as_of->log_size;
        return JK_OK;
    }
    if (as_of->kind_case == JOKBO__V1__AS_OF__KIND_TIME && as_of->time) {
        /* A time between two microseconds counts as the later: entries carry whole ones, and those before it are
         * wanted. Where the book's last entry is not before the time, no later entry can be. */
        int64_t time_us = jk_from_timestamp(as_of->time, "as_of.time", error);
        JK_TRY(jk_error_result(error));
        if (as_of->time->nanos % 1000) time_us++;
        *out_size = jk_book_size_at(book, n, time_us);
        if (!n || jk_book_time(book, n - 1) < time_us) *out_open_us = time_us;
        return JK_OK;
    }
    jk_error_field(error, "as_of", "is empty: give a log_size or a time, or leave it out");
    return jk_error_result(error);
}
