/* See foreseen.h. The rules are the book's (book/book_assess.c), applied to a model that is in no book. */
#include "service/records/foreseen.h"

#include "book/book_ask.h"
#include "domain/ident.h"
#include "domain/spdx.h"
#include "service/records/findings.h"

#define ANCESTORS_MAX 4096

struct foresight {
    const struct jk_present *present;
    struct jk_span name, license;
    uint32_t publisher; /* JK_NONE: not registered */
    int64_t now_us;
    uint32_t *ancestors; /* releases visited, each once */
    size_t ancestor_count;
    uint8_t *visited;                 /* by release, a bit each */
    uint8_t met[JK_PERMISSION_KINDS]; /* permissions of all ancestors, a bit each */
    struct jk_spell *roots;
    size_t root_count;
};

/* ---- ancestors ---- */

static void meet_unknown(struct foresight *foresight)
{
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        foresight->met[kind] |= 1u << JK_PERMISSION_UNKNOWN;
}

static void meet(struct foresight *foresight, uint32_t release)
{
    uint8_t *visited = &foresight->visited[release / 8], bit = (uint8_t)(1u << release % 8);
    if (*visited & bit) return;
    *visited |= bit;
    if (foresight->ancestor_count == ANCESTORS_MAX)
        meet_unknown(foresight);
    else
        foresight->ancestors[foresight->ancestor_count++] = release;
}

/* The release at which an external continues, of the model that adopted it; JK_NONE if none did. */
static uint32_t adopted_release(const struct jk_present *present, uint32_t external)
{
    const struct jk_adoption *adoption =
        external == JK_NONE ? NULL : jk_book_adoption_of(present->book, external, present->size);
    return adoption ? jk_book_standing_release(present->book, adoption->model, present->size) : JK_NONE;
}

static void climb_foreseen(struct foresight *foresight)
{
    const struct jk_present *present = foresight->present;
    for (size_t i = 0; i < foresight->ancestor_count; i++) {
        const struct jk_release *release = jk_book_release(present->book, foresight->ancestors[i]);
        enum jk_permission permissions[JK_PERMISSION_KINDS];
        jk_book_permissions(present->book, jk_book_license_text(present->book, release->license), present->size,
                            permissions);
        for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
            foresight->met[kind] |= (uint8_t)(1u << permissions[kind]);
        for (uint32_t k = 0; k < release->parent_count; k++) {
            const struct jk_parent *parent = &release->parents[k];
            uint32_t above = parent->external ? adopted_release(present, parent->slot) : parent->slot;
            if (above == JK_NONE)
                meet_unknown(foresight);
            else
                meet(foresight, above);
        }
    }
}

/* ---- roots ---- */

static void add_root(struct foresight *foresight, uint32_t model, unsigned depth, bool adopted)
{
    for (size_t i = 0; i < foresight->root_count; i++) {
        struct jk_spell *root = &foresight->roots[i];
        if (root->root != model) continue;
        if (depth < root->depth) root->depth = (uint16_t)depth;
        if (!adopted) root->flags &= ~(uint32_t)JK_FLAG_ADOPTED_ONLY;
        return;
    }
    if (foresight->root_count == JK_BOOK_BASES) return;
    foresight->roots[foresight->root_count++] = (struct jk_spell){
        .root = model, .depth = (uint16_t)depth, .flags = adopted ? (uint32_t)JK_FLAG_ADOPTED_ONLY : 0u};
}

static void begin_at(struct foresight *foresight, const Jokbo__V1__Parent *parent)
{
    const struct jk_present *present = foresight->present;
    struct jk_digest hash;
    uint32_t release = JK_NONE;
    bool external = parent->kind_case == JOKBO__V1__PARENT__KIND_EXTERNAL;
    if (external)
        release = adopted_release(
            present, jk_book_find_external(present->book, jk_span_of(parent->external->name), present->size));
    else if (jk_digest_parse(jk_span_of(parent->registered->lineage_hash), &hash))
        release = jk_book_find_release(present->book, &hash, present->size);
    if (release == JK_NONE) {
        meet_unknown(foresight);
        return;
    }
    meet(foresight, release);
    uint32_t model = jk_book_release(present->book, release)->model;
    const struct jk_spell *spell = NULL;
    if (jk_book_base(present->book, model, present->size)) {
        add_root(foresight, model, 1, external);
        return;
    }
    while ((spell = jk_book_spell(present->book, model, present->size, spell)))
        add_root(foresight, spell->root, spell->depth + 1u, external || spell->flags & JK_FLAG_ADOPTED_ONLY);
}

/* ---- flags ---- */

static uint32_t license_flags(const struct foresight *foresight)
{
    enum jk_permission permissions[JK_PERMISSION_KINDS];
    uint8_t child[JK_PERMISSION_KINDS];
    jk_book_permissions(foresight->present->book, foresight->license, foresight->present->size, permissions);
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        child[kind] = (uint8_t)permissions[kind];
    return jk_book_license_flags(child, foresight->met);
}

struct naming {
    const struct jk_present *present;
    struct jk_span part;
    bool bound;
    struct jk_name_verdict verdict;
};

static int hold_name(void *context, struct jk_span identifier)
{
    struct naming *naming = context;
    enum jk_permission ignored[JK_PERMISSION_KINDS];
    struct jk_span forms;
    if (!jk_book_license_facts(naming->present->book, identifier, naming->present->size, ignored, &forms)) return 0;
    if (forms.len == 0) return 0;
    struct jk_name_verdict verdict = jk_license_name_check(naming->part, forms);
    naming->bound = true;
    naming->verdict.literal |= verdict.literal;
    naming->verdict.lenient |= verdict.lenient;
    return 0;
}

static uint32_t naming_flags(const struct foresight *foresight, uint32_t root)
{
    const struct jk_present *present = foresight->present;
    struct jk_span publisher;
    struct naming naming = {.present = present};
    uint32_t release = jk_book_standing_release(present->book, root, present->size);
    if (release == JK_NONE || !memchr(foresight->name.at, '/', foresight->name.len)) return 0;
    jk_ident_split(foresight->name, &publisher, &naming.part);
    uint32_t license = jk_book_release(present->book, release)->license;
    (void)jk_spdx_evaluate(jk_book_license_text(present->book, license), hold_name, &naming);
    if (!naming.bound) return 0;
    return (naming.verdict.literal ? 0u : (uint32_t)JK_FLAG_NAMING_LITERAL) |
           (naming.verdict.lenient ? 0u : (uint32_t)JK_FLAG_NAMING_LENIENT);
}

static uint32_t root_flags(const struct foresight *foresight, uint32_t root)
{
    const struct jk_present *present = foresight->present;
    const struct jk_base_facts *base = jk_book_base(present->book, root, present->size);
    uint32_t flags = naming_flags(foresight, root), publisher = foresight->publisher;
    if (!base || publisher == JK_NONE) return flags;
    if (jk_book_team_of(present->book, publisher, foresight->now_us, present->size) == base->team)
        flags |= JK_FLAG_SELF;
    if (jk_book_affiliated(present->book, publisher, base->team, foresight->now_us, present->size))
        flags |= JK_FLAG_AFFILIATE;
    return flags;
}

/* ---- the reply ---- */

static void tell_roots(const struct foresight *foresight, Jokbo__V1__ReadCardResponse *reply)
{
    const struct jk_present *present = foresight->present;
    reply->roots = (Jokbo__V1__Root **)jk_pointers(present->arena, foresight->root_count);
    for (size_t i = 0; i < foresight->root_count && reply->roots; i++) {
        Jokbo__V1__Root *root = jk_present_root(present, &foresight->roots[i]);
        if (root) reply->roots[reply->n_roots++] = root;
    }
}

static uint32_t publisher_of(const struct jk_present *present, struct jk_span name)
{
    struct jk_span publisher, model;
    if (!memchr(name.at, '/', name.len)) return JK_NONE;
    jk_ident_split(name, &publisher, &model);
    return jk_book_find_publisher(present->book, publisher, present->size);
}

void jk_foreseen_tell(const struct jk_present *present, int64_t now_us, const struct jk_pins *pins,
                      const Jokbo__V1__Derivative *derivative, Jokbo__V1__ReadCardResponse *reply)
{
    struct foresight foresight = {
        .present = present,
        .name = jk_span_of(derivative->name),
        .license = jk_span_of(derivative->license),
        .publisher = publisher_of(present, jk_span_of(derivative->name)),
        .now_us = now_us,
        .visited = jk_arena_zalloc(present->arena, jk_book_releases(present->book, present->size) / 8 + 1, 1),
        .ancestors = jk_arena_zalloc(present->arena, ANCESTORS_MAX, sizeof(uint32_t)),
        .roots = jk_arena_zalloc(present->arena, JK_BOOK_BASES, sizeof(struct jk_spell))};
    if (!foresight.visited || !foresight.ancestors || !foresight.roots || pins->count == 0) return;
    for (size_t i = 0; i < pins->count; i++)
        begin_at(&foresight, pins->items[i].parent);
    climb_foreseen(&foresight);
    tell_roots(&foresight, reply);
    if (foresight.root_count == 0) return;
    for (size_t i = 0; i < foresight.root_count; i++)
        foresight.roots[i].flags |= root_flags(&foresight, foresight.roots[i].root);
    jk_findings_foreseen(present, license_flags(&foresight), foresight.roots, foresight.root_count, &reply->n_findings,
                         &reply->findings);
}
