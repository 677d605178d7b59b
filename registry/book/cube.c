/* The cube: totals of every scope at one size, updated by changes. See count.h. For distinct publishers and weights we
 * need to know how many derivatives share each: two tallies keyed by scope and slot. */
#include <stdlib.h>

#include "base/check.h"
#include "book/count_internal.h"

#define FIRST_TALLY  1024u
#define FIRST_SCOPES 64u

struct tally {      /* open addressing; a key once met stays, with a count of 0 */
    uint64_t *keys; /* 0: free */
    uint32_t *counts;
    uint32_t used, size; /* size is a power of two */
};

struct scope_total {
    struct jk_scope scope;
    struct jk_total total;
};

struct jk_cube {
    uint32_t size;
    struct scope_total **scopes;
    uint32_t scope_count, scope_room;
    uint32_t *found; /* scope slot + 1 by hash of the scope; a power of two, at least twice scope_count */
    uint32_t found_size;
    struct tally publishers, weights;
    uint32_t *seen; /* by model: the round that last moved it */
    uint32_t seen_room, round;
    bool failed;
};

/* ---- tallies ---- */

static bool init_tally(struct tally *tally, uint32_t size)
{
    tally->keys = calloc(size, sizeof *tally->keys);
    tally->counts = calloc(size, sizeof *tally->counts);
    tally->used = 0;
    tally->size = size;
    return tally->keys && tally->counts;
}

static void done_tally(struct tally *tally)
{
    free(tally->keys);
    free(tally->counts);
}

static uint32_t find_tally_key(const struct tally *tally, uint64_t key)
{
    uint32_t at = jk_hash_u64(key) & (tally->size - 1);
    while (tally->keys[at] != 0 && tally->keys[at] != key)
        at = (at + 1) & (tally->size - 1);
    return at;
}

static bool grow_tally(struct tally *tally)
{
    struct tally grown;
    if (tally->size >= 1u << 31 || !init_tally(&grown, tally->size * 2)) return false;
    for (uint32_t i = 0; i < tally->size; i++) {
        if (tally->counts[i] == 0) continue;
        uint32_t at = find_tally_key(&grown, tally->keys[i]);
        grown.keys[at] = tally->keys[i];
        grown.counts[at] = tally->counts[i];
        grown.used++;
    }
    done_tally(tally);
    *tally = grown;
    return true;
}

/* Adds or removes one for a key; returns the change in the number of keys in use. */
static uint32_t tally_add(struct jk_cube *cube, struct tally *tally, uint64_t key, uint32_t by)
{
    if (tally->used * 2 >= tally->size && !grow_tally(tally)) {
        cube->failed = true;
        return 0;
    }
    uint32_t at = find_tally_key(tally, key);
    if (tally->keys[at] == 0) {
        tally->keys[at] = key;
        tally->used++;
    }
    uint32_t before = tally->counts[at];
    JK_CHECK(by == 1 || before > 0);
    tally->counts[at] = before + by;
    if (by == 1) return before == 0 ? 1 : 0;
    return before == 1 ? UINT32_MAX : 0;
}

/* ---- scopes ---- */

static uint32_t *find_scope(const struct jk_cube *cube, struct jk_scope scope)
{
    uint32_t at = jk_hash_u64(((uint64_t)scope.type << 32) | scope.slot) & (cube->found_size - 1);
    while (cube->found[at] != 0) {
        const struct jk_scope *other = &cube->scopes[cube->found[at] - 1]->scope;
        if (other->type == scope.type && other->slot == scope.slot) break;
        at = (at + 1) & (cube->found_size - 1);
    }
    return &cube->found[at];
}

static bool grow_scopes(struct jk_cube *cube)
{
    uint32_t room = cube->scope_room * 2;
    struct scope_total **scopes = realloc(cube->scopes, room * sizeof *scopes);
    if (!scopes) return false;
    cube->scopes = scopes;
    cube->scope_room = room;
    uint32_t *found = calloc((size_t)room * 2, sizeof *found);
    if (!found) return false;
    free(cube->found);
    cube->found = found;
    cube->found_size = room * 2;
    for (uint32_t i = 0; i < cube->scope_count; i++)
        *find_scope(cube, cube->scopes[i]->scope) = i + 1;
    return true;
}

/* The scope's slot, created if there is none; UINT32_MAX when out of memory. */
static uint32_t intern_scope(struct jk_cube *cube, struct jk_scope scope)
{
    uint32_t *found = find_scope(cube, scope);
    if (*found != 0) return *found - 1;
    struct scope_total *made = calloc(1, sizeof *made);
    if (!made || (cube->scope_count == cube->scope_room && !grow_scopes(cube))) {
        free(made);
        cube->failed = true;
        return UINT32_MAX;
    }
    made->scope = scope;
    cube->scopes[cube->scope_count] = made;
    *find_scope(cube, scope) = cube->scope_count + 1;
    return cube->scope_count++;
}

/* ---- the cube ---- */

struct jk_cube *jk_cube_new(void)
{
    struct jk_cube *cube = calloc(1, sizeof *cube);
    if (!cube) return NULL;
    cube->scope_room = FIRST_SCOPES;
    cube->found_size = FIRST_SCOPES * 2;
    cube->scopes = calloc(cube->scope_room, sizeof *cube->scopes);
    cube->found = calloc(cube->found_size, sizeof *cube->found);
    bool tallies = init_tally(&cube->publishers, FIRST_TALLY);
    tallies = init_tally(&cube->weights, FIRST_TALLY) && tallies;
    if (cube->scopes && cube->found && tallies) return cube;
    jk_cube_free(cube);
    return NULL;
}

void jk_cube_free(struct jk_cube *cube)
{
    if (!cube) return;
    for (uint32_t i = 0; i < cube->scope_count; i++)
        free(cube->scopes[i]);
    free(cube->scopes);
    free(cube->found);
    done_tally(&cube->publishers);
    done_tally(&cube->weights);
    free(cube->seen);
    free(cube);
}

static void move_share(struct jk_cube *cube, const struct jk_book *book, uint32_t model, struct jk_scope scope,
                       uint32_t n, uint32_t by)
{
    struct jk_light_share share;
    jk_count_light(book, model, scope, n, &share);
    uint32_t slot = share.present ? intern_scope(cube, scope) : UINT32_MAX;
    if (slot == UINT32_MAX) return;
    struct jk_total *total = &cube->scopes[slot]->total;
    jk_count_add(total, &share, by);
    if (!share.counted) return;
    uint64_t high = ((uint64_t)slot + 1) << 32;
    total->distinct_publishers += tally_add(cube, &cube->publishers, high | share.publisher, by);
    total->distinct_weights +=
        share.weights == JK_NONE ? by : tally_add(cube, &cube->weights, high | share.weights, by);
}

/* Whether an earlier spell of the walk has a root of the same team, so that the team has been updated already. */
static bool is_team_done(const struct jk_book *book, uint32_t model, uint32_t n, const struct jk_spell *until,
                         uint32_t team)
{
    const struct jk_spell *spell = NULL;
    while ((spell = jk_book_spell(book, model, n, spell)) != until)
        if (jk_book_base(book, spell->root, n)->team == team) return true;
    return false;
}

/* All scopes of a model at a size. */
static void move_model(struct jk_cube *cube, const struct jk_book *book, uint32_t model, uint32_t n, uint32_t by)
{
    const struct jk_spell *spell = jk_book_spell(book, model, n, NULL);
    if (!spell) return;
    move_share(cube, book, model, (struct jk_scope){.type = JK_SCOPE_ALL}, n, by);
    for (; spell; spell = jk_book_spell(book, model, n, spell)) {
        move_share(cube, book, model, (struct jk_scope){.type = JK_SCOPE_BASE, .slot = spell->root}, n, by);
        uint32_t team = jk_book_base(book, spell->root, n)->team;
        if (!is_team_done(book, model, n, spell, team))
            move_share(cube, book, model, (struct jk_scope){.type = JK_SCOPE_TEAM, .slot = team}, n, by);
    }
}

static bool begin_round(struct jk_cube *cube, uint32_t models)
{
    if (models > cube->seen_room) {
        uint32_t room = models + models / 2 + 1024;
        uint32_t *seen = realloc(cube->seen, (size_t)room * sizeof *seen);
        if (!seen) return false;
        memset(seen + cube->seen_room, 0, (size_t)(room - cube->seen_room) * sizeof *seen);
        cube->seen = seen;
        cube->seen_room = room;
    }
    if (++cube->round == 0) { /* wrapped: forget all rounds */
        memset(cube->seen, 0, (size_t)cube->seen_room * sizeof *cube->seen);
        cube->round = 1;
    }
    return true;
}

enum jk_status jk_cube_advance(struct jk_cube *cube, const struct jk_book *book, const uint32_t *models, size_t count,
                               uint32_t n, struct jk_error *error)
{
    uint32_t known = jk_book_models(book, n), before = cube->size;
    JK_CHECK(n >= before);
    if (cube->failed || !begin_round(cube, known)) cube->failed = true;
    for (size_t i = 0; i < count && !cube->failed; i++) {
        if (models[i] >= known || cube->seen[models[i]] == cube->round) continue;
        cube->seen[models[i]] = cube->round;
        move_model(cube, book, models[i], before, UINT32_MAX);
        move_model(cube, book, models[i], n, 1);
    }
    cube->size = n;
    for (uint32_t i = 0; i < cube->scope_count; i++)
        cube->scopes[i]->total.size = n;
    if (cube->failed) return jk_out_of_memory(error);
    return JK_OK;
}

const struct jk_total *jk_cube_total(const struct jk_cube *cube, struct jk_scope scope)
{
    uint32_t found = *find_scope(cube, scope);
    return found == 0 ? NULL : &cube->scopes[found - 1]->total;
}

uint32_t jk_cube_size(const struct jk_cube *cube)
{
    return cube->size;
}
