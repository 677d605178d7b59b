/* Applying entries: one small function for each kind, in a table. Each checks first, then changes: a refusal leaves no
 * trace. Models affected by an entry are collected as "wanted"; once the entry is applied each is refreshed once. */
#include "base/check.h"
#include "book/book_internal.h"

typedef enum jk_status apply_fn(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error);

static enum jk_status apply_init(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    if (book->size != 0) return JK_BOOK_REFUSE(error, "entry %u: init is entry 0 only", book->size);
    struct jk_span origin = jk_book_copy(book, entry->origin);
    struct jk_span key = jk_book_copy(book, entry->key);
    struct jk_span purpose = jk_book_copy(book, entry->purpose);
    jk_journal_copy(&book->journal, &book->origin, &origin, sizeof origin);
    jk_journal_copy(&book->journal, &book->key, &key, sizeof key);
    jk_journal_copy(&book->journal, &book->purpose, &purpose, sizeof purpose);
    jk_book_add_keys(book, key, (struct jk_span){"", 0});
    return JK_OK;
}

/* The pinned list's version is on record in the log; nothing in the fold depends on it. */
static enum jk_status apply_spdx(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    (void)error;
    jk_book_add_spdx_list(book, entry);
    return JK_OK;
}

static void want_all(struct jk_book *book)
{
    for (uint32_t model = 0; model < book->models.count; model++)
        jk_book_want_alone(book, model);
}

static enum jk_status apply_license(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    (void)error;
    jk_book_add_license_facts(book, entry);
    want_all(book);
    return JK_OK;
}

/* ---- the roster ---- */

static enum jk_status apply_team(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    (void)error;
    bool known = jk_book_find_team(book, entry->team, JK_NOW) != JK_NONE;
    jk_book_put_team(book, entry);
    if (known) want_all(book); /* its joining dates affiliations */
    return JK_OK;
}

static enum jk_status check_team(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    if (jk_book_find_team(book, entry->team, JK_NOW) != JK_NONE) return JK_OK;
    return JK_BOOK_REFUSE(error, "entry %u: there is no team %.*s", book->size, JK_SPAN_ARG(entry->team));
}

/* The models registered under a publisher: their self and affiliate facts depend on it. */
static void want_registered(struct jk_book *book, struct jk_span publisher)
{
    uint32_t slot = jk_book_find_publisher(book, publisher, JK_NOW);
    if (slot == JK_NONE) return;
    uint32_t model = jk_publisher_row(book, slot)->registered;
    for (; model != JK_NONE; model = jk_model_row(book, model)->next_registered)
        jk_book_want_alone(book, model);
}

static enum jk_status apply_team_publisher(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    JK_TRY(check_team(book, entry, error));
    jk_book_put_membership(book, entry);
    want_registered(book, entry->publisher);
    return JK_OK;
}

static enum jk_status apply_affiliation(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    JK_TRY(check_team(book, entry, error));
    jk_book_put_affiliation(book, entry);
    want_all(book);
    return JK_OK;
}

static enum jk_status apply_operates(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    (void)error;
    jk_book_put_operates(book, entry);
    want_registered(book, entry->publisher);
    return JK_OK;
}

/* The standing or the total of everything below changes, even if no spell does (the team may be another one). */
static enum jk_status apply_base(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    JK_TRY(check_team(book, entry, error));
    uint32_t model = jk_book_find_model(book, entry->model, JK_NOW);
    if (model == JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: there is no model %.*s", book->size, JK_SPAN_ARG(entry->model));
    if (book->bases.count >= JK_BOOK_BASES && jk_model_row(book, model)->pub.base_history == JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: the roster holds at most %d base models", book->size, JK_BOOK_BASES);
    jk_book_put_base(book, model, jk_book_find_team(book, entry->team, JK_NOW), entry);
    jk_book_touch(book, model);
    jk_book_want(book, model);
    jk_book_want_under_model(book, model);
    jk_book_walk(book);
    for (uint32_t i = 0; i < book->wanted.count; i++)
        jk_book_list_changed(book, book->wanted.at[i]);
    return JK_OK;
}

/* ---- publishers ---- */

static enum jk_status apply_publisher(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    if (jk_book_find_publisher(book, entry->publisher, JK_NOW) != JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: publisher %.*s exists already", book->size,
                              JK_SPAN_ARG(entry->publisher));
    jk_book_add_publisher(book, entry->publisher, entry->basis);
    return JK_OK;
}

static enum jk_status find_publisher(struct jk_book *book, const struct jk_entry *entry, uint32_t *out_publisher,
                                     struct jk_error *error)
{
    *out_publisher = jk_book_find_publisher(book, entry->publisher, JK_NOW);
    if (*out_publisher != JK_NONE) return JK_OK;
    return JK_BOOK_REFUSE(error, "entry %u: there is no publisher %.*s", book->size, JK_SPAN_ARG(entry->publisher));
}

static enum jk_status set_verified(struct jk_book *book, const struct jk_entry *entry, bool on, struct jk_error *error)
{
    uint32_t publisher;
    JK_TRY(find_publisher(book, entry, &publisher, error));
    if (jk_book_is_verified(book, publisher, JK_NOW) == on)
        return JK_BOOK_REFUSE(error, "entry %u: publisher %.*s is %s already", book->size,
                              JK_SPAN_ARG(entry->publisher), on ? "verified" : "unverified");
    jk_book_switch(book, &jk_publisher_row(book, publisher)->pub.verified_history, on);
    /* The models whose current name is under a publisher. */
    uint32_t slot = jk_publisher_row(book, publisher)->pub.last_model;
    while (slot != JK_NONE) {
        const struct jk_alias_row *alias = jk_alias_row(book, slot);
        if (jk_model_row(book, alias->pub.model)->pub.names == slot) jk_book_want_alone(book, alias->pub.model);
        slot = alias->next_of_publisher;
    }
    return JK_OK;
}

static enum jk_status apply_verify(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return set_verified(book, entry, true, error);
}

static enum jk_status apply_unverify(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return set_verified(book, entry, false, error);
}

static enum jk_status apply_claim(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    uint32_t publisher;
    JK_TRY(find_publisher(book, entry, &publisher, error));
    if (jk_book_is_claimed(book, publisher, JK_NOW))
        return JK_BOOK_REFUSE(error, "entry %u: publisher %.*s is claimed already", book->size,
                              JK_SPAN_ARG(entry->publisher));
    jk_book_set(book, &jk_publisher_row(book, publisher)->pub.claimed, book->size);
    return JK_OK;
}

/* ---- releases ---- */

static enum jk_status set_yanked(struct jk_book *book, const struct jk_entry *entry, bool on, struct jk_error *error)
{
    uint32_t slot = jk_book_find_release(book, &entry->release, JK_NOW);
    if (slot == JK_NONE) return JK_BOOK_REFUSE(error, "entry %u: there is no release with this hash", book->size);
    if (jk_book_is_yanked(book, slot, JK_NOW) == on)
        return JK_BOOK_REFUSE(error, "entry %u: the release is %s already", book->size, on ? "yanked" : "not yanked");
    struct jk_release *release = &jk_release_row(book, slot)->pub;
    const struct jk_alias *alias = jk_book_alias(book, release->model, JK_NOW);
    uint32_t before = jk_book_standing_release(book, release->model, JK_NOW);
    jk_book_switch(book, &release->yanks, on);
    jk_book_standing_changed(book, release->model, before);
    jk_book_count_write(book, alias->publisher, entry);
    return JK_OK;
}

static enum jk_status apply_yank(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return set_yanked(book, entry, true, error);
}

static enum jk_status apply_unyank(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    return set_yanked(book, entry, false, error);
}

/* ---- names ---- */

/* `model` is the current name; `to` is free or the same name in other letter case, under a publisher that exists. */
static enum jk_status check_move(struct jk_book *book, const struct jk_entry *entry, uint32_t *out_model,
                                 uint32_t *out_publisher, struct jk_error *error)
{
    struct jk_span publisher, part;
    uint32_t model = jk_book_find_model(book, entry->model, JK_NOW);
    if (model == JK_NONE || !jk_span_equal_fold(jk_book_present_name(book, model), entry->model))
        return JK_BOOK_REFUSE(error, "entry %u: %.*s is no model's present name", book->size,
                              JK_SPAN_ARG(entry->model));
    if (jk_span_equal(jk_book_present_name(book, model), entry->to) ||
        (jk_book_find_model(book, entry->to, JK_NOW) != JK_NONE && !jk_span_equal_fold(entry->model, entry->to)))
        return JK_BOOK_REFUSE(error, "entry %u: the name %.*s is taken", book->size, JK_SPAN_ARG(entry->to));
    jk_ident_split(entry->to, &publisher, &part);
    *out_publisher = jk_book_find_publisher(book, publisher, JK_NOW);
    if (*out_publisher == JK_NONE)
        return JK_BOOK_REFUSE(error, "entry %u: there is no publisher %.*s", book->size, JK_SPAN_ARG(publisher));
    *out_model = model;
    return JK_OK;
}

static void move(struct jk_book *book, const struct jk_entry *entry, uint32_t model, uint32_t publisher)
{
    jk_book_count_write(book, jk_book_alias(book, model, JK_NOW)->publisher, entry);
    jk_book_add_alias(book, model, publisher, entry->to, jk_book_hash_name(entry->to));
    jk_book_touch(book, model);
    jk_book_list_changed(book, model);
    jk_book_want_alone(book, model);
}

static enum jk_status apply_rename(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    uint32_t model, publisher;
    JK_TRY(check_move(book, entry, &model, &publisher, error));
    if (jk_book_alias(book, model, JK_NOW)->publisher != publisher)
        return JK_BOOK_REFUSE(error, "entry %u: a rename stays under its publisher", book->size);
    move(book, entry, model, publisher);
    return JK_OK;
}

static enum jk_status apply_transfer(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    uint32_t model, publisher;
    JK_TRY(check_move(book, entry, &model, &publisher, error));
    move(book, entry, model, publisher);
    return JK_OK;
}

/* ---- the table, and what is common to all ---- */

static apply_fn *const appliers[JK_KIND_COUNT] = {
    [JK_KIND_INIT] = apply_init,
    [JK_KIND_SPDX] = apply_spdx,
    [JK_KIND_LICENSE] = apply_license,
    [JK_KIND_TEAM] = apply_team,
    [JK_KIND_TEAM_PUBLISHER] = apply_team_publisher,
    [JK_KIND_AFFILIATION] = apply_affiliation,
    [JK_KIND_OPERATES] = apply_operates,
    [JK_KIND_BASE] = apply_base,
    [JK_KIND_PUBLISHER] = apply_publisher,
    [JK_KIND_VERIFY] = apply_verify,
    [JK_KIND_UNVERIFY] = apply_unverify,
    [JK_KIND_CLAIM] = apply_claim,
    [JK_KIND_YANK] = apply_yank,
    [JK_KIND_UNYANK] = apply_unyank,
    [JK_KIND_RENAME] = apply_rename,
    [JK_KIND_TRANSFER] = apply_transfer,
    [JK_KIND_ADOPT] = jk_book_apply_adopt,
    [JK_KIND_UNADOPT] = jk_book_apply_unadopt,
    [JK_KIND_NAMESPACE] = jk_book_apply_namespace,
    [JK_KIND_NAMESPACE_END] = jk_book_apply_namespace_end,
    [JK_KIND_HELD] = jk_book_apply_held,
    [JK_KIND_WITHDRAWN] = jk_book_apply_withdrawn,
    [JK_KIND_KEY] = jk_book_apply_key,
    [JK_KIND_RETIRE] = jk_book_apply_retire,
    [JK_KIND_POLICY] = jk_book_apply_policy,
    [JK_KIND_STAGE] = jk_book_apply_stage,
    [JK_KIND_CLOSE] = jk_book_apply_close,
    [JK_KIND_EXCLUDE] = jk_book_apply_exclude,
    [JK_KIND_RESTORE] = jk_book_apply_restore,
    [JK_KIND_EXCLUDE_ROOT] = jk_book_apply_exclude_root,
    [JK_KIND_RESTORE_ROOT] = jk_book_apply_restore_root,
    [JK_KIND_ORIGIN] = jk_book_apply_origin,
    [JK_KIND_APPROVE_ADOPT] = jk_book_apply_approval,
    [JK_KIND_APPROVE_UNADOPT] = jk_book_apply_approval,
    [JK_KIND_CONFIRM] = jk_book_apply_confirm,
    [JK_KIND_REJECT] = jk_book_apply_reject,
    [JK_KIND_DISPUTE] = jk_book_apply_dispute,
    [JK_KIND_DISPUTE_ORIGIN] = jk_book_apply_dispute_origin,
    [JK_KIND_DISPUTE_ADOPTION] = jk_book_apply_dispute_adoption,
    [JK_KIND_RESOLVE] = jk_book_apply_resolve,
    [JK_KIND_OBSERVE] = jk_book_apply_observe,
    [JK_KIND_CENSUS] = jk_book_apply_census,
    [JK_KIND_REFERENCE] = jk_book_apply_reference,
    [JK_KIND_VERIFIER] = jk_book_apply_verifier,
    [JK_KIND_VERIFIER_END] = jk_book_apply_verifier,
    [JK_KIND_CHALLENGE] = jk_book_apply_challenge,
    [JK_KIND_CHALLENGE_AGAIN] = jk_book_apply_challenge_again,
    [JK_KIND_ATTEST] = jk_book_apply_attest,
    [JK_KIND_EVIDENCE] = jk_book_apply_evidence,
};

static enum jk_status apply_kind(struct jk_book *book, const struct jk_parsed_entry *parsed, struct jk_error *error)
{
    if (parsed->entry.kind == JK_KIND_REGISTER) return jk_book_apply_register(book, parsed, error);
    if (parsed->entry.kind == JK_KIND_RELEASE) return jk_book_apply_release(book, parsed, error);
    return appliers[parsed->entry.kind](book, &parsed->entry, error);
}

static enum jk_status check_order(const struct jk_book *book, const struct jk_entry *entry, struct jk_error *error)
{
    if (book->size >= JK_NONE - 1) return JK_BOOK_REFUSE(error, "the log is full");
    if (book->size == 0 && entry->kind != JK_KIND_INIT) return JK_BOOK_REFUSE(error, "entry 0 must be init");
    if (book->size > 0 && entry->time_us < jk_book_time(book, book->size - 1))
        return JK_BOOK_REFUSE(error, "entry %u: its time is before that of the entry before it", book->size);
    return JK_OK;
}

/* The entry is accepted: what it affects is refreshed, and the size advances. */
static enum jk_status take_place(struct jk_book *book, int64_t entry_time_us, struct jk_error *error)
{
    uint32_t slot;
    int64_t *time_us = jk_book_append(book, &book->times, &slot);
    if (time_us) {
        *time_us = entry_time_us;
        for (uint32_t i = 0; i < book->wanted.count && !book->failed; i++)
            jk_book_refresh(book, book->wanted.at[i]);
        jk_book_set(book, &book->size, book->size + 1);
    }
    if (book->failed || book->journal.failed) {
        book->failed = true;
        return jk_out_of_memory(error);
    }
    if (!book->journal.active) jk_book_keep(book);
    return JK_OK;
}

enum jk_status jk_book_apply_parsed(struct jk_book *book, const struct jk_parsed_entry *parsed, struct jk_error *error)
{
    JK_TRY(check_order(book, &parsed->entry, error));
    jk_book_walk_begin(book);
    JK_TRY(apply_kind(book, parsed, error));
    return take_place(book, parsed->entry.time_us, error);
}

/* Whether an entry of this kind can change a report of an earlier n. */
static bool counts_to_m(enum jk_kind kind)
{
#define KIND(name) UINT64_C(1) << JK_KIND_##name
    static const uint64_t to_n = KIND(REGISTER) | KIND(RELEASE) | KIND(YANK) | KIND(UNYANK) | KIND(RENAME) |
                                 KIND(TRANSFER) | KIND(ADOPT) | KIND(UNADOPT) | KIND(HELD) | KIND(WITHDRAWN) |
                                 KIND(OBSERVE) | KIND(CENSUS);
#undef KIND
    _Static_assert(JK_KIND_COUNT <= 64, "a bit for each kind");
    return !(to_n >> kind & 1);
}

enum jk_status jk_book_apply_cut(struct jk_book *book, struct jk_span bytes, struct jk_error *error)
{
    struct jk_parsed_entry parsed;
    struct jk_error refused;
    JK_TRY(jk_parsed_entry_read(bytes, &parsed, error));
    JK_TRY(check_order(book, &parsed.entry, error));
    jk_error_init(&refused, NULL);
    jk_book_walk_begin(book);
    if (parsed.entry.kind == JK_KIND_RENAME || parsed.entry.kind == JK_KIND_TRANSFER) {
        /* A model keeps the name it had at the cut-off; rulings and facts made after it was moved refer to it by the
         * new one. */
        uint32_t model = jk_book_find_model(book, parsed.entry.model, JK_NOW);
        if (model != JK_NONE && jk_book_find_model(book, parsed.entry.to, JK_NOW) == JK_NONE)
            jk_book_add_byname(book, model, parsed.entry.to);
    }
    if (counts_to_m(parsed.entry.kind)) (void)apply_kind(book, &parsed, &refused);
    return take_place(book, parsed.entry.time_us, error);
}

enum jk_status jk_book_apply(struct jk_book *book, struct jk_span bytes, struct jk_error *error)
{
    struct jk_parsed_entry parsed;
    JK_TRY(jk_parsed_entry_read(bytes, &parsed, error));
    return jk_book_apply_parsed(book, &parsed, error);
}
