/* Fingerprints of books: see fingerprint.h. */
#include "support/fingerprint.h"

#include "base/check.h"
#include "book/book_ask.h"
#include "book/claims.h"
#include "book/vouched.h"

struct print {
    const struct jk_book *book;
    uint32_t n;
    struct jk_text text;
};

static void add_digest(struct print *print, const struct jk_digest *digest)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(digest, hex);
    jk_text_addf(&print->text, " %s", hex);
}

static void add_bonds(struct print *print, uint32_t publisher, int64_t at_us)
{
    uint32_t team = jk_book_team_of(print->book, publisher, at_us, print->n);
    jk_text_addf(&print->text, " team %u", team);
    for (uint32_t i = 0; i < jk_book_teams(print->book, print->n); i++)
        jk_text_addf(&print->text, " %d", jk_book_affiliated(print->book, publisher, i, at_us, print->n));
}

static void add_publishers(struct print *print)
{
    for (uint32_t i = 0; i < jk_book_publishers(print->book, print->n); i++) {
        const struct jk_publisher *publisher = jk_book_publisher(print->book, i);
        const struct jk_reserved *reserved = jk_book_find_reserved(print->book, publisher->name, print->n);
        jk_text_addf(&print->text, "publisher %.*s %u %d %d %d %u %d", JK_SPAN_ARG(publisher->name), publisher->created,
                     (int)publisher->basis, jk_book_is_claimed(print->book, i, print->n),
                     jk_book_is_verified(print->book, i, print->n),
                     jk_book_find_publisher(print->book, publisher->name, print->n),
                     reserved ? (int)(reserved->from * 4 + reserved->kind) : -1);
        for (uint32_t k = 0; k < print->n; k += 1 + print->n / 5)
            add_bonds(print, i, jk_book_time(print->book, k));
        jk_text_add_char(&print->text, '\n');
    }
}

static void add_children(struct print *print, uint32_t slot, bool external)
{
    uint32_t cursor = 0, child;
    do {
        child = external ? jk_book_child_of_external(print->book, slot, print->n, &cursor)
                         : jk_book_child_of_release(print->book, slot, print->n, &cursor);
        jk_text_addf(&print->text, " child %u", child);
    } while (child != JK_NONE);
}

static void add_releases(struct print *print)
{
    for (uint32_t i = 0; i < jk_book_releases(print->book, print->n); i++) {
        const struct jk_release *release = jk_book_release(print->book, i);
        struct jk_span license = jk_book_license_text(print->book, release->license);
        enum jk_permission may[JK_PERMISSION_KINDS];
        jk_book_permissions(print->book, license, print->n, may);
        jk_text_addf(&print->text, "release %u %u %.*s@%.*s %d %.*s %d%d%d yanked %d found %u %u %u", release->index,
                     release->model, JK_SPAN_ARG(release->name), JK_SPAN_ARG(release->version), (int)release->relation,
                     JK_SPAN_ARG(license), (int)may[0], (int)may[1], (int)may[2],
                     jk_book_is_yanked(print->book, i, print->n),
                     jk_book_find_release(print->book, &release->hash, print->n),
                     jk_book_find_version(print->book, release->model, release->version, print->n),
                     jk_book_find_weights(print->book, &release->weights, print->n));
        jk_text_addf(&print->text, " artifact %u held %d",
                     jk_book_find_artifact(print->book, &release->artifact, print->n),
                     jk_book_is_held(print->book, &release->artifact, print->n));
        add_digest(print, &release->hash);
        for (uint32_t k = 0; k < release->parent_count; k++)
            jk_text_addf(&print->text, " parent %d %u %.*s", release->parents[k].external, release->parents[k].slot,
                         JK_SPAN_ARG(release->parents[k].revision));
        add_children(print, i, false);
        jk_text_add_char(&print->text, '\n');
    }
}

static void add_spells(struct print *print, uint32_t model)
{
    for (const struct jk_spell *spell = NULL; (spell = jk_book_spell(print->book, model, print->n, spell)) != NULL;)
        jk_text_addf(&print->text, " spell %u %u %u %x %u %u %u %u", spell->root, spell->from, spell->release,
                     spell->flags, spell->depth, spell->declared_depth, spell->relation, spell->license_class);
}

static void add_model(struct print *print, uint32_t i)
{
    const struct jk_model *model = jk_book_model(print->book, i);
    const struct jk_base_facts *base = jk_book_base(print->book, i, print->n);
    jk_text_addf(&print->text, "model %u %u deciding %u newest %u etag %u derivative %d found %u", model->index,
                 model->publisher, jk_book_deciding(print->book, i, print->n), jk_book_newest(print->book, i, print->n),
                 jk_book_etag(print->book, i, print->n), jk_book_is_derivative(print->book, i, print->n),
                 jk_book_find_model_index(print->book, model->index, print->n));
    const struct jk_alias *alias = jk_book_alias(print->book, i, print->n);
    for (; alias; alias = jk_book_older_alias(print->book, alias))
        jk_text_addf(&print->text, " alias %.*s %u %u %u", JK_SPAN_ARG(alias->name), alias->from, alias->publisher,
                     jk_book_find_model(print->book, alias->name, print->n));
    if (base)
        jk_text_addf(&print->text, " base %u %u %d %d", base->from, base->team, base->programme,
                     (int)base->from_scratch);
    add_spells(print, i);
    uint32_t cursor = 0, external;
    while ((external = jk_book_adopted_by(print->book, i, print->n, &cursor)) != JK_NONE)
        jk_text_addf(&print->text, " adopted %u", external);
    jk_text_addf(&print->text, " contested %u\n", jk_contested_with(print->book, i, print->n));
}

static void add_others(struct print *print)
{
    for (uint32_t i = 0; i < jk_book_externals(print->book, print->n); i++) {
        const struct jk_external *external = jk_book_external(print->book, i);
        const struct jk_adoption *adoption = jk_book_adoption_of(print->book, i, print->n);
        jk_text_addf(&print->text, "external %.*s %u %u", JK_SPAN_ARG(external->name), external->first,
                     adoption ? adoption->model : JK_NONE);
        add_children(print, i, true);
    }
    for (uint32_t i = 0; i < jk_book_namespaces(print->book); i++) {
        const struct jk_namespace *namespace = jk_book_namespace(print->book, i, print->n);
        if (namespace)
            jk_text_addf(&print->text, "namespace %.*s %u %u", JK_SPAN_ARG(namespace->organisation), namespace->from,
                         namespace->holder);
    }
    for (uint32_t i = 0; i < jk_book_teams(print->book, print->n); i++)
        jk_text_addf(&print->text, "team %.*s %u", JK_SPAN_ARG(jk_book_team(print->book, i)->id),
                     jk_book_team(print->book, i)->from);
}

static void add_vouched_release(struct print *print, uint32_t i)
{
    uint32_t slot = jk_book_last_challenge(print->book, i, print->n);
    for (; slot != JK_NONE; slot = jk_book_older_challenge(print->book, slot))
        jk_text_addf(&print->text, " challenge %u by %u answered %u", jk_book_challenge(print->book, slot)->from,
                     jk_book_challenge(print->book, slot)->verifier, jk_book_answer(print->book, slot, print->n));
    slot = jk_book_last_attest(print->book, i, print->n);
    for (; slot != JK_NONE; slot = jk_book_older_attest(print->book, slot))
        jk_text_addf(&print->text, " attest %u %d evidence %u", jk_book_attest(print->book, slot)->from,
                     jk_book_attest(print->book, slot)->agrees, jk_book_attest_evidence(print->book, slot, print->n));
    slot = jk_book_last_evidence(print->book, i, print->n);
    for (; slot != JK_NONE; slot = jk_book_older_evidence(print->book, slot))
        jk_text_addf(&print->text, " evidence %u %u %u", jk_book_evidence(print->book, slot)->from,
                     jk_book_evidence(print->book, slot)->attest, jk_book_evidence(print->book, slot)->near_count);
    for (uint32_t k = 0; k < jk_book_verifiers(print->book, print->n); k++)
        jk_text_addf(&print->text, " leaves %u", jk_book_leaves(print->book, i, k, print->n));
}

static void add_vouched(struct print *print)
{
    for (uint32_t i = 0; i < jk_book_verifiers(print->book, print->n); i++) {
        struct jk_appointment found = {.since = JK_NONE};
        bool is_one = jk_book_appointment(print->book, i, print->n, &found);
        jk_text_addf(&print->text, "verifier %.*s %d %.*s %u\n", JK_SPAN_ARG(jk_book_verifier_id(print->book, i)),
                     is_one, JK_SPAN_ARG(found.institution), found.since);
    }
    for (uint32_t i = 0; i < jk_book_releases(print->book, print->n); i++)
        add_vouched_release(print, i);
    for (uint32_t i = 0; i < jk_book_references(print->book, print->n); i++) {
        const struct jk_reference *row = jk_book_reference(print->book, i);
        jk_text_addf(&print->text, "reference %.*s %.*s %u %d %u\n", JK_SPAN_ARG(row->external),
                     JK_SPAN_ARG(row->revision), row->from, jk_book_reference_stands(print->book, i, print->n),
                     jk_book_find_reference(print->book, row->external, row->revision, print->n));
    }
}

static void add_newest(struct print *print)
{
    jk_text_addf(&print->text, "size %u origin %.*s", jk_book_size(print->book),
                 JK_SPAN_ARG(jk_book_origin(print->book)));
    for (uint32_t i = 0; i < jk_book_teams(print->book, print->n); i++)
        jk_text_addf(&print->text, "joined %lld", (long long)jk_book_team(print->book, i)->joined_us);
    for (uint32_t i = 0; i < jk_book_publishers(print->book, print->n); i++)
        for (uint32_t k = 0; k < print->n; k++)
            jk_text_addf(&print->text, " %u", jk_book_writes_on_day(print->book, i, jk_book_time(print->book, k)));
}

struct jk_digest jk_fingerprint(const struct jk_book *book, uint32_t n, bool newest)
{
    struct print print = {.book = book, .n = n};
    jk_text_init(&print.text, 0);
    add_publishers(&print);
    for (uint32_t i = 0; i < jk_book_models(book, n); i++)
        add_model(&print, i);
    add_releases(&print);
    add_others(&print);
    add_vouched(&print);
    if (newest) add_newest(&print);
    JK_CHECK(!print.text.failed);
    struct jk_digest digest = jk_digest_of(jk_text_span(&print.text));
    jk_text_done(&print.text);
    return digest;
}
