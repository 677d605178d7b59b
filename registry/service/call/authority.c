/* Who may act on a publisher's models. */
#include "service/call/authority.h"

#include "auth/access.h"
#include "domain/ident.h"
#include "reply/lookup.h"
#include "service/call/convert.h"
#include "service/call/dispatch.h"

static bool is_member(const struct jk_change *change, const struct jk_turn *turn, struct jk_span publisher)
{
    unsigned allowed = change->call->method->allowed;
    enum jk_member_role role = jk_directory_membership(turn->directory, publisher, change->call->principal.account);
    return (role >= JK_MEMBER_WRITER && (allowed & JK_MAY_MEMBER)) ||
           (role >= JK_MEMBER_OWNER && (allowed & JK_MAY_OWNER));
}

static bool is_team(const struct jk_change *change, const struct jk_turn *turn, uint32_t publisher,
                    const struct jk_base_facts *base)
{
    const struct jk_principal *principal = &change->call->principal;
    uint32_t n = jk_turn_size(turn);
    if (!(principal->roles & JK_ROLE_TEAM) || !(change->call->method->allowed & JK_MAY_TEAM)) return false;
    uint32_t team = jk_book_find_team(turn->book, jk_span_of(principal->team), n);
    return team != JK_NONE &&
           ((base && base->team == team) || jk_book_team_of(turn->book, publisher, turn->time_us, n) == team);
}

/* `base`: the facts of the base model concerned, NULL for a derivative. */
static enum jk_status act(struct jk_change *change, struct jk_turn *turn, uint32_t publisher,
                          const struct jk_base_facts *base, struct jk_actor *out_actor, struct jk_error *error)
{
    const struct jk_principal *principal = &change->call->principal;
    unsigned allowed = change->call->method->allowed;
    struct jk_span name = jk_book_publisher(turn->book, publisher)->name;
    bool claimed = jk_book_is_claimed(turn->book, publisher, jk_turn_size(turn));
    *out_actor = (struct jk_actor){0};
    if (is_member(change, turn, name)) {
        *out_actor = (struct jk_actor){JK_ACTOR_PUBLISHER, name};
        return JK_OK;
    }
    if (is_team(change, turn, publisher, base)) {
        *out_actor = (struct jk_actor){
            JK_ACTOR_TEAM,
            jk_book_team(turn->book, jk_book_find_team(turn->book, jk_span_of(principal->team), jk_turn_size(turn)))
                ->id};
        return JK_OK;
    }
    if ((allowed & JK_MAY_REGISTRAR) && (principal->roles & JK_ROLE_REGISTRAR) && !claimed && !base)
        out_actor->type = JK_ACTOR_REGISTRAR;
    else if ((allowed & JK_MAY_EVALUATOR) && (principal->roles & JK_ROLE_EVALUATOR))
        out_actor->type = JK_ACTOR_EVALUATOR;
    else if ((allowed & JK_MAY_ADMIN) && (principal->roles & JK_ROLE_ADMIN))
        out_actor->type = JK_ACTOR_ADMIN;
    if (out_actor->type != JK_ACTOR_SERVER) return JK_OK;
    return jk_fail(error, JK_PERMISSION_DENIED, "NOT_A_MEMBER", "This account is no member of the publisher \"%.*s\"%s",
                   JK_SPAN_ARG(name),
                   claimed ? "; ask one of its owners"
                           : ", which nobody has claimed yet: claim it, or register with the role registrar");
}

enum jk_status jk_act_for_publisher(struct jk_change *change, struct jk_turn *turn, uint32_t publisher,
                                    struct jk_actor *out_actor, struct jk_error *error)
{
    return act(change, turn, publisher, NULL, out_actor, error);
}

enum jk_status jk_act_for_model(struct jk_change *change, struct jk_turn *turn, uint32_t model,
                                struct jk_actor *out_actor, struct jk_error *error)
{
    const struct jk_base_facts *base = jk_book_base(turn->book, model, jk_turn_size(turn));
    return act(change, turn, jk_publisher_of(turn, model), base, out_actor, error);
}

enum jk_status jk_fail_own(struct jk_span publisher, struct jk_error *error)
{
    return jk_fail(error, JK_PERMISSION_DENIED, "OWN_PUBLISHER",
                   "\"%.*s\" is, was, or would be, this account's own publisher, so another account with the role must "
                   "do this (a server for one person is started with --four-eyes off)",
                   JK_SPAN_ARG(publisher));
}

enum jk_status jk_check_not_own(const struct jk_change *change, const struct jk_turn *turn, struct jk_span publisher,
                                struct jk_error *error)
{
    if (!jk_services_of(change->call)->four_eyes) return JK_OK;
    if (!jk_directory_had_a_hand(turn->directory, publisher, change->call->principal.account)) return JK_OK;
    return jk_fail_own(publisher, error);
}

enum jk_status jk_check_may_vouch(const struct jk_change *change, const struct jk_turn *turn, uint32_t publisher,
                                  struct jk_error *error)
{
    struct jk_span name = jk_book_publisher(turn->book, publisher)->name;
    JK_TRY(jk_check_not_own(change, turn, name, error));
    if (!jk_services_of(change->call)->four_eyes || jk_directory_hands_known(turn->directory, name)) return JK_OK;
    if (!jk_book_is_claimed(turn->book, publisher, jk_turn_size(turn))) return JK_OK; /* not anybody's yet */
    return jk_fail(error, JK_FAILED_PRECONDITION, "HANDS_UNKNOWN",
                   "There is no record of who created \"%.*s\" or who belongs to it, so it may be this account's own; "
                   "an admin must first invite its owner: jokbo publisher add-member %.*s ACCOUNT --role owner",
                   JK_SPAN_ARG(name), JK_SPAN_ARG(name));
}

enum jk_status jk_spend_quota(struct jk_change *change, struct jk_turn *turn, uint32_t publisher,
                              const struct jk_actor *actor, struct jk_error *error)
{
    if (actor->type == JK_ACTOR_REGISTRAR) return JK_OK;
    unsigned whole = jk_services_of(change->call)->writes_per_day;
    bool machine = jk_is_machine(&change->call->principal);
    unsigned limit = machine ? whole - whole / 2 : whole;
    struct jk_span name = jk_book_publisher(turn->book, publisher)->name;
    if (jk_book_writes_on_day(turn->book, publisher, turn->time_us) < limit) return JK_OK;
    error->retry_ms = 3600 * 1000;
    if (machine)
        return jk_fail(
            error, JK_RESOURCE_EXHAUSTED, "PUBLISHER_QUOTA",
            "The publisher \"%.*s\" has made %u changes of this day (UTC+09:00), half of its %u: the rest is "
            "for tokens with the scope models; go on tomorrow, or with such a one",
            JK_SPAN_ARG(name), limit, whole);
    return jk_fail(error, JK_RESOURCE_EXHAUSTED, "PUBLISHER_QUOTA",
                   "The publisher \"%.*s\" has reached its limit of %u changes today (UTC+09:00); continue tomorrow",
                   JK_SPAN_ARG(name), limit);
}

enum jk_status jk_need_publisher(struct jk_turn *turn, struct jk_span name, uint32_t *out_publisher,
                                 struct jk_error *error)
{
    char shown[JK_NAME_PART_MAX + 1];
    uint32_t slot = jk_book_find_publisher(turn->book, name, jk_turn_size(turn));
    if (slot != JK_NONE) {
        *out_publisher = slot;
        return JK_OK;
    }
    const char *near = error->arena ? jk_nearest_publishers(turn->book, jk_turn_size(turn), name, error->arena) : "";
    jk_text_shorten(name, shown, sizeof shown);
    jk_error_resource(error, "jokbo.v1/Publisher", shown);
    if (*near) jk_error_fact(error, "nearest", "%s", near);
    return jk_fail(error, JK_NOT_FOUND, "PUBLISHER_NOT_FOUND",
                   "There is no publisher \"%s\"%s%s; create it first: jokbo publisher create %s", shown,
                   *near ? "; near to it: " : "", near, shown);
}

enum jk_status jk_need_model(struct jk_turn *turn, struct jk_span name, uint32_t *out_model, struct jk_error *error)
{
    uint32_t slot = jk_book_find_model(turn->book, name, jk_turn_size(turn));
    if (slot == JK_NONE) return jk_model_not_found(turn->book, jk_turn_size(turn), name, error);
    *out_model = slot;
    return JK_OK;
}

enum jk_status jk_need_release(struct jk_turn *turn, struct jk_span text, uint32_t *out_model, uint32_t *out_release,
                               struct jk_error *error)
{
    struct jk_span name, version;
    uint32_t n = jk_turn_size(turn);
    jk_split_version(text, &name, &version);
    JK_TRY(jk_need_model(turn, name, out_model, error));
    *out_release = version.len ? jk_book_find_version(turn->book, *out_model, version, n)
                               : jk_book_deciding(turn->book, *out_model, n);
    if (*out_release != JK_NONE) return JK_OK;
    jk_error_resource(error, "jokbo.v1/Release", "");
    return jk_fail(error, JK_NOT_FOUND, "RELEASE_NOT_FOUND", "The model \"%.*s\" has no release %s%.*s",
                   JK_SPAN_ARG(name), version.len ? "" : "that is not yanked", JK_SPAN_ARG(version));
}

enum jk_status jk_check_etag(struct jk_turn *turn, uint32_t model, const char *etag, struct jk_error *error)
{
    char now[JK_ETAG_TEXT];
    uint32_t index = jk_book_model(turn->book, model)->index;
    jk_write_etag(index, jk_book_etag(turn->book, model, jk_turn_size(turn)), now);
    if (!*etag || strcmp(etag, now) == 0) return JK_OK;
    return jk_fail(error, JK_ABORTED, "ETAG_DIFFERS",
                   "The model has changed since it was read (etag is now %s); read it again", now);
}

struct jk_span jk_name_of(const struct jk_turn *turn, uint32_t model)
{
    return jk_book_alias(turn->book, model, jk_turn_size(turn))->name;
}

uint32_t jk_publisher_of(const struct jk_turn *turn, uint32_t model)
{
    return jk_book_alias(turn->book, model, jk_turn_size(turn))->publisher;
}
