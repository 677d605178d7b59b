#include "web/pages/changes.h"

#include <inttypes.h>

#include "reply/message.h"
#include "web/pages/asked.h"
#include "web/pages/parameters.h"
#include "web/pages/parts.h"

#define LIST_ROWS   1000 /* of a page of a list: the most that the method gives */
#define LISTS_ASKED 20   /* pages of both lists together */
#define CHANGES_MAX 25   /* each may need an explanation, and then its releases */
#define TOTAL_ASKS  (LISTS_ASKED + 2 * CHANGES_MAX)
_Static_assert(TOTAL_ASKS == JK_CHANGES_ASKS, "what changes.h promises");

struct row {
    int64_t index;
    char *name;
    Jokbo__V1__Relation relation;
    bool yanked;        /* in the list of everything that stands, for the reason alone; … */
    int64_t yank_index; /* … by this entry */
};

struct side {
    struct row *rows;
    size_t count, next;
    char *token;      /* of the page that `rows` is */
    char *next_token; /* "" on the last */
    bool asked;
};

struct change {
    struct row row;
    unsigned absent; /* the side on which it does not count … */
    bool yanked;     /* … as it is yanked, … */
    int64_t cause;   /* … by this entry; 0: not known */
};

struct changes {
    Jokbo__V1__CountScope *scope;
    const struct jk_web_page_moment *moments;
    struct side sides[2];
    unsigned reading; /* the side that is asked for */
    unsigned asked;
    int64_t after; /* only what was registered after this entry; -1: everything */
    struct change found[CHANGES_MAX];
    size_t count, explained;
    struct jk_shown *list;
};

Jokbo__V1__CountRule *jk_web_page_moment_rule(struct jk_web_page *page, const struct jk_web_page_moment *moment)
{
    return jk_asked_rule_of(page, moment->policy);
}

Jokbo__V1__AsOf *jk_web_page_moment_as_of(struct jk_web_page *page, const struct jk_web_page_moment *moment)
{
    Jokbo__V1__AsOf *as_of = JK_MESSAGE(&page->arena, Jokbo__V1__AsOf, jokbo__v1__as_of);
    if (!as_of) return NULL;
    as_of->kind_case = JOKBO__V1__AS_OF__KIND_LOG_SIZE;
    as_of->log_size = moment->size;
    return as_of;
}

/* ---- why ---- */

static void explain_next(struct jk_web_page *page);

static bool in_scope(const struct changes *changes, const Jokbo__V1__Root *root)
{
    const Jokbo__V1__CountScope *scope = changes->scope;
    if (!root) return false;
    return scope->kind_case == JOKBO__V1__COUNT_SCOPE__KIND_TEAM ? strcmp(root->team, scope->team) == 0
                                                                 : strcmp(root->name, scope->base_model) == 0;
}

static const Jokbo__V1__RootStanding *left_out_root(const struct changes *changes, const Jokbo__V1__Standing *standing)
{
    for (size_t i = 0; i < standing->n_roots; i++)
        if (in_scope(changes, standing->roots[i]->root) && !standing->roots[i]->counts) return standing->roots[i];
    return NULL;
}

static void add_change(struct jk_web_page *page, const Jokbo__V1__Standing *standing)
{
    struct changes *changes = page->state;
    const struct change *change = &changes->found[changes->explained++];
    const Jokbo__V1__RootStanding *root = standing ? left_out_root(changes, standing) : NULL;
    struct jk_shown *row = jk_shown_map(changes->list, NULL);
    jk_part_name(row, change->row.name);
    jk_shown_printf(row, "index", "%" PRId64, change->row.index);
    jk_part_word(page, row, "relation", "relation", &jokbo__v1__relation__descriptor, (int)change->row.relation);
    jk_shown_flag(row, change->absent == 0 ? "came" : "went", true);
    jk_shown_flag(row, "since", change->row.index >= changes->moments[change->absent].size);
    jk_shown_flag(row, "was_yanked", change->yanked);
    int64_t cause = change->cause;
    if (root) jk_part_reasons(page, row, root->reasons, root->n_reasons);
    if (root && root->n_reasons > 0) cause = root->reasons[0]->log_index;
    if (change->absent == 1 && cause > 0) jk_shown_printf(row, "cause", "%" PRId64, cause);
    explain_next(page);
}

static bool same_parents(const Jokbo__V1__Release *a, const Jokbo__V1__Release *b)
{
    if (a->n_parents != b->n_parents) return false;
    for (size_t i = 0; i < a->n_parents; i++)
        if (strcmp(a->parents[i]->lineage_hash, b->parents[i]->lineage_hash) != 0 ||
            strcmp(a->parents[i]->name, b->parents[i]->name) != 0)
            return false;
    return true;
}

/* What no longer leads to a root: by the newest release between the moments, if that names other parents than the one
 * before it. */
static void fold_releases(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListReleasesResponse *list = (const Jokbo__V1__ListReleasesResponse *)reply;
    struct changes *changes = page->state;
    const Jokbo__V1__Release *before = NULL, *between = NULL;
    for (size_t i = 0; list && !list->next_page_token[0] && i < list->n_releases; i++) {
        const Jokbo__V1__Release *release = list->releases[i];
        if (release->log_index < changes->moments[0].size)
            before = release;
        else if (release->log_index < changes->moments[1].size)
            between = release;
    }
    if (before && between && !same_parents(before, between))
        changes->found[changes->explained].cause = between->log_index;
    add_change(page, NULL);
}

static void ask_releases(struct jk_web_page *page, const struct change *change)
{
    Jokbo__V1__ListReleasesRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListReleasesRequest, jokbo__v1__list_releases_request);
    if (!request) return;
    request->model = change->row.name;
    request->page_size = LIST_ROWS;
    jk_web_page_ask_maybe(page, "/jokbo.v1.Registry/ListReleases", request, fold_releases);
}

static void fold_standing(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__Standing *standing = (const Jokbo__V1__Standing *)reply;
    struct changes *changes = page->state;
    const struct change *change = &changes->found[changes->explained];
    if (change->absent == 1 && standing && !left_out_root(changes, standing))
        ask_releases(page, change);
    else
        add_change(page, standing);
}

/* One after the other; what was not registered then, or yanked, or is out of a count without a policy, explains itself. */
static void explain_next(struct jk_web_page *page)
{
    struct changes *changes = page->state;
    if (changes->explained == changes->count) return;
    const struct change *change = &changes->found[changes->explained];
    const struct jk_web_page_moment *moment = &changes->moments[change->absent];
    bool plain = !moment->policy[0], went = change->absent == 1;
    if (change->row.index >= moment->size || change->yanked || (plain && !went)) {
        add_change(page, NULL);
        return;
    }
    if (plain) {
        ask_releases(page, change);
        return;
    }
    Jokbo__V1__ExplainStandingRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ExplainStandingRequest, jokbo__v1__explain_standing_request);
    if (!request) return;
    request->name = change->row.name;
    request->rule = jk_web_page_moment_rule(page, moment);
    request->as_of = jk_web_page_moment_as_of(page, moment);
    jk_web_page_ask_maybe(page, "/jokbo.v1.Evaluation/ExplainStanding", request, fold_standing);
}

/* ---- the two lists ---- */

static void read_on(struct jk_web_page *page);

static void fold_list(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListCountedResponse *response = (const Jokbo__V1__ListCountedResponse *)reply;
    struct changes *changes = page->state;
    struct side *side = &changes->sides[changes->reading];
    side->token = side->next_token;
    side->next_token = jk_web_page_string(page, jk_span_of(response->next_page_token));
    side->rows = jk_arena_zalloc(&page->arena, response->n_derivatives + 1, sizeof *side->rows);
    side->count = side->rows ? response->n_derivatives : 0;
    side->next = 0;
    side->asked = true;
    for (size_t i = 0; i < side->count; i++) {
        const Jokbo__V1__CountedDerivative *counted = response->derivatives[i];
        side->rows[i] = (struct row){counted->log_index, jk_web_page_string(page, jk_span_of(counted->name)),
                                     counted->relation, counted->yanked, counted->yank_index};
    }
    read_on(page);
}

static void ask_list(struct jk_web_page *page, unsigned which)
{
    struct changes *changes = page->state;
    Jokbo__V1__ListCountedRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListCountedRequest, jokbo__v1__list_counted_request);
    if (!request) return;
    changes->reading = which;
    changes->asked++;
    request->scope = changes->scope;
    request->rule = jk_web_page_moment_rule(page, &changes->moments[which]);
    request->as_of = jk_web_page_moment_as_of(page, &changes->moments[which]);
    request->include_yanked = !request->rule;
    request->page_size = LIST_ROWS;
    request->page_token = changes->sides[which].next_token;
    jk_web_page_blame_token(page, which == 0 ? "first" : "second");
    jk_web_page_ask(page, "/jokbo.v1.Evaluation/ListCounted", request, fold_list);
    page->blame = NULL;
}

static bool is_read(const struct side *side)
{
    return side->next == side->count;
}

static bool has_more(const struct side *side)
{
    return !side->asked || side->next < side->count || side->next_token[0];
}

/* Takes what is next in order of registration, from one side or from both. */
static void merge_next(struct changes *changes)
{
    struct row *rows[2] = {NULL, NULL};
    for (unsigned i = 0; i < 2; i++)
        if (changes->sides[i].next < changes->sides[i].count) rows[i] = &changes->sides[i].rows[changes->sides[i].next];
    if (rows[0] && rows[1] && rows[0]->index != rows[1]->index) rows[rows[0]->index < rows[1]->index] = NULL;
    bool counts[2];
    for (unsigned i = 0; i < 2; i++) {
        counts[i] = rows[i] && !rows[i]->yanked;
        changes->sides[i].next += rows[i] != NULL;
    }
    const struct row *row = rows[counts[1]];
    if (counts[0] == counts[1] || row->index <= changes->after) return;
    unsigned absent = counts[0];
    bool yanked = rows[absent] && rows[absent]->yanked;
    changes->found[changes->count++] = (struct change){*row, absent, yanked, yanked ? rows[absent]->yank_index : 0};
}

/* Where the next reading begins: on the pages that lie here now, after what was shown last. */
static void show_rest(struct jk_web_page *page)
{
    struct changes *changes = page->state;
    struct jk_shown *map = jk_shown_map(page->view, "unexamined");
    int64_t after = changes->after;
    for (unsigned i = 0; i < 2; i++) {
        const struct side *side = &changes->sides[i];
        if (side->next > 0 && side->rows[side->next - 1].index > after) after = side->rows[side->next - 1].index;
        jk_part_url(map, i == 0 ? "resume_first" : "resume_second",
                    is_read(side) && side->next_token[0] ? side->next_token : side->token);
    }
    jk_shown_printf(map, "resume_after", "%" PRId64, after);
}

/* The side whose next page has to be read before more can be merged; 2: neither. */
static unsigned lacking(const struct changes *changes)
{
    unsigned side = 0;
    while (side < 2 && !(has_more(&changes->sides[side]) && is_read(&changes->sides[side])))
        side++;
    return side;
}

static void read_on(struct jk_web_page *page)
{
    struct changes *changes = page->state;
    bool more;
    while ((more = has_more(&changes->sides[0]) || has_more(&changes->sides[1])) && changes->count < CHANGES_MAX) {
        unsigned side = lacking(changes);
        if (side < 2 && changes->asked == LISTS_ASKED) break;
        if (side < 2) {
            ask_list(page, side);
            return;
        }
        merge_next(changes);
    }
    if (more) show_rest(page);
    explain_next(page);
}

void jk_web_page_changes(struct jk_web_page *page, Jokbo__V1__CountScope *scope,
                         const struct jk_web_page_moment moments[2])
{
    struct changes *changes = page->state = jk_arena_zalloc(&page->arena, 1, sizeof *changes);
    uint64_t after;
    if (!changes) return;
    changes->scope = scope;
    changes->moments = moments;
    changes->list = jk_shown_list(page->view, "changes");
    changes->after =
        jk_span_to_u64(jk_web_page_parameter(page, "after"), &after) && after <= INT64_MAX ? (int64_t)after : -1;
    changes->sides[0].token = changes->sides[0].next_token =
        jk_web_page_string(page, jk_web_page_parameter(page, "first"));
    changes->sides[1].token = changes->sides[1].next_token =
        jk_web_page_string(page, jk_web_page_parameter(page, "second"));
    read_on(page);
}
