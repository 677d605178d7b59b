/* See world.h. */
#include "demo/world.h"

#include <stdio.h>

#include "base/digest.h"
#include "base/mix.h"
#include "declare/yaml.h"
#include "reply/json.h"

#define RELATIONS    8
#define LICENSES     16
#define PARENTS_MOST 8
#define PUBLISHERS   9999
#define POOL         64 /* the models of a family that others are made from: the newest */

/* What the table says in per mille; one row each. */
#define SHARES(X)                                                                                                      \
    X(license_change)                                                                                                  \
    X(no_license)                                                                                                      \
    X(license_text)                                                                                                    \
    X(artifact)                                                                                                        \
    X(weights)                                                                                                         \
    X(duplicate)                                                                                                       \
    X(own_publisher)                                                                                                   \
    X(affiliate)                                                                                                       \
    X(other_name)                                                                                                      \
    X(numbered)                                                                                                        \
    X(deeper)                                                                                                          \
    X(foreign_family)

enum share {
#define X(name) SHARE_##name,
    SHARES(X)
#undef X
        SHARE_COUNT
};

static const char *const share_names[] = {
#define X(name) #name,
    SHARES(X)
#undef X
};

struct words {
    const char *at[JK_DEMO_WORDS];
    size_t count;
};

struct family {
    const char *base, *license; /* license NULL: not offered yet */
    unsigned weight;
    size_t pool[POOL], pooled; /* of made; `pooled` counts all that ever were */
    size_t newest_weights;     /* of made, plus one; 0: none */
};

struct jk_demo_world {
    struct jk_arena *arena;
    uint64_t state;
    unsigned shares[SHARE_COUNT], relations[RELATIONS + 1], parents[RELATIONS + 1], publishers;
    struct family families[JK_DEMO_FAMILIES];
    size_t family_count;
    struct words topics, quants, affiliates, licenses;
    struct jk_demo_made *made;
    bool *taken;
    size_t count, room;
    enum { NOBODY, THERE, GIVEN } ranks[PUBLISHERS]; /* of the invented publishers */
};

/* ---- chance: splitmix64, the same everywhere ---- */

static uint64_t draw_random(struct jk_demo_world *world)
{
    return jk_mix64(world->state += JK_MIX_STEP);
}

static size_t below(struct jk_demo_world *world, size_t bound)
{
    return bound ? (size_t)(draw_random(world) % bound) : 0;
}

static bool happens(struct jk_demo_world *world, unsigned per_mille)
{
    return below(world, 1000) < per_mille;
}

/* Small numbers far more often: the product of three. */
static size_t skewed(struct jk_demo_world *world, size_t bound)
{
    uint64_t a = below(world, 1 << 16), b = below(world, 1 << 16), c = below(world, 1 << 16);
    return (size_t)((a * b / (1 << 16)) * c / (1 << 16) * bound / (1 << 16));
}

static const char *word(struct jk_demo_world *world, const struct words *words)
{
    return words->count ? words->at[below(world, words->count)] : "";
}

/* ---- the table ---- */

struct table {
    struct jk_demo_world *world;
    struct jk_error *error;
};

static unsigned table_number(struct table *table, const struct jk_yaml *node, const char *field, unsigned most)
{
    uint64_t value;
    if (node && jk_span_to_u64(jk_yaml_text(node), &value) && value <= most) return (unsigned)value;
    if (node)
        jk_error_field(table->error, field, "line %u: must be a whole number, at most %u", node->line, most);
    else
        jk_error_field(table->error, field, "is missing");
    return 0;
}

static const char *copy(struct table *table, const struct jk_yaml *node)
{
    struct jk_span text = jk_yaml_text(node);
    const char *out = jk_arena_copy(table->world->arena, text.at ? text.at : "", text.len);
    return out ? out : "";
}

static void read_word_list(struct table *table, const struct jk_yaml *root, const char *key, struct words *out)
{
    const struct jk_yaml *list = jk_yaml_member(root, key);
    if (!list || list->kind != JK_YAML_SEQUENCE || list->count == 0 || list->count > JK_DEMO_WORDS) {
        jk_error_field(table->error, key, "must be a list of 1 to %d words", JK_DEMO_WORDS);
        return;
    }
    for (const struct jk_yaml *item = list->first; item; item = item->next)
        out->at[out->count++] = copy(table, item);
}

static void read_relations(struct table *table, const struct jk_yaml *root, const char *key, unsigned *out)
{
    const struct jk_yaml *map = jk_yaml_member(root, key);
    for (const struct jk_yaml *item = map && map->kind == JK_YAML_MAPPING ? map->first : NULL; item;
         item = item->next) {
        char name[JK_JSON_WORD];
        int relation;
        snprintf(name, sizeof name, "%.*s", JK_SPAN_ARG(item->key));
        if (jk_json_enum_parse(&jokbo__v1__relation__descriptor, name, &relation) && relation >= 1 &&
            relation <= RELATIONS)
            out[relation] = table_number(table, item, key, 1000);
        else
            jk_error_field(table->error, key, "line %u: \"%s\" is no relation", item->line, name);
    }
}

static void read_families(struct table *table, const struct jk_yaml *root)
{
    const struct jk_yaml *list = jk_yaml_member(root, "families");
    struct jk_demo_world *world = table->world;
    if (!list || list->kind != JK_YAML_SEQUENCE || list->count == 0 || list->count > JK_DEMO_FAMILIES) {
        jk_error_field(table->error, "families", "must be a list of 1 to %d families", JK_DEMO_FAMILIES);
        return;
    }
    for (const struct jk_yaml *item = list->first; item; item = item->next) {
        struct family *family = &world->families[world->family_count++];
        family->base = copy(table, jk_yaml_member(item, "base"));
        family->weight = table_number(table, jk_yaml_member(item, "weight"), "families.weight", 1000000);
        if (!strchr(family->base, '/'))
            jk_error_field(table->error, "families.base", "line %u: must be publisher/model", item->line);
    }
}

static void read_table(struct table *table, const struct jk_yaml *root)
{
    struct jk_demo_world *world = table->world;
    world->state = table_number(table, jk_yaml_member(root, "seed"), "seed", UINT32_MAX);
    world->publishers = table_number(table, jk_yaml_member(root, "publishers"), "publishers", PUBLISHERS);
    if (!world->publishers) jk_error_field(table->error, "publishers", "must be at least 1");

    const struct jk_yaml *map = jk_yaml_member(root, "per_mille");
    for (size_t i = 0; i < SHARE_COUNT; i++)
        table->world->shares[i] = table_number(table, jk_yaml_member(map, share_names[i]), share_names[i], 1000);
    if (map && map->kind == JK_YAML_MAPPING && map->count > SHARE_COUNT)
        jk_error_field(table->error, "per_mille", "line %u: contains an unknown key", map->line);

    read_relations(table, root, "relations", world->relations);
    read_relations(table, root, "parents", world->parents);
    read_families(table, root);
    read_word_list(table, root, "topics", &world->topics);
    read_word_list(table, root, "quants", &world->quants);
    read_word_list(table, root, "affiliates", &world->affiliates);
    read_word_list(table, root, "licenses", &world->licenses);
}

enum jk_status jk_demo_world_read(struct jk_span yaml, size_t derivatives, struct jk_arena *arena,
                                  struct jk_demo_world **out_world, struct jk_error *error)
{
    struct jk_demo_world *world = jk_arena_zalloc(arena, 1, sizeof *world);
    const struct jk_yaml *root;
    if (!world) return jk_out_of_memory(error);
    world->arena = arena;
    world->room = derivatives;
    world->made = jk_arena_zalloc(arena, derivatives + 1, sizeof *world->made);
    world->taken = jk_arena_zalloc(arena, derivatives + 1, sizeof *world->taken);
    if (!world->made || !world->taken) return jk_out_of_memory(error);
    JK_TRY(jk_yaml_parse(yaml, 1, arena, &root, error));
    if (!root) return jk_fail(error, JK_INVALID_ARGUMENT, "DEMO", "the table of derivatives is empty");
    read_table(&(struct table){world, error}, root);
    *out_world = world;
    return jk_error_result(error);
}

void jk_demo_world_offer(struct jk_demo_world *world, const char *base, const char *license)
{
    for (size_t i = 0; i < world->family_count; i++)
        if (strcmp(world->families[i].base, base) == 0) world->families[i].license = license;
}

/* ---- one derivative ---- */

struct draft {
    struct family *family;
    int relation;
    Jokbo__V1__Derivative *out;
    const char *parents[PARENTS_MOST];
    size_t parent_count;
};

/* By weight among those offered; NULL where none is. */
static struct family *pick_family(struct jk_demo_world *world)
{
    size_t all = 0;
    for (size_t i = 0; i < world->family_count; i++)
        all += world->families[i].license ? world->families[i].weight : 0;
    size_t at = below(world, all);
    for (size_t i = 0; i < world->family_count && all; i++) {
        size_t weight = world->families[i].license ? world->families[i].weight : 0;
        if (at < weight) return &world->families[i];
        at -= weight;
    }
    return NULL;
}

static int pick_relation(struct jk_demo_world *world)
{
    unsigned at = (unsigned)below(world, 1000);
    for (int i = 1; i <= RELATIONS; i++) {
        if (at < world->relations[i]) return i;
        at -= world->relations[i];
    }
    return JOKBO__V1__RELATION__RELATION_FINETUNE;
}

/* The base, or a derivative of the family that has some already. */
static const char *pick_parent(struct jk_demo_world *world, const struct family *family, unsigned deeper)
{
    size_t there = family->pooled < POOL ? family->pooled : POOL;
    if (there == 0 || !happens(world, deeper)) return family->base;
    return world->made[family->pool[skewed(world, there)]].name;
}

static void add_parent(struct draft *draft, const char *name)
{
    for (size_t i = 0; i < draft->parent_count; i++)
        if (strcmp(draft->parents[i], name) == 0) return;
    draft->parents[draft->parent_count++] = name;
}

/* A merge is mostly one of derivatives. */
static void pick_parents(struct jk_demo_world *world, struct draft *draft)
{
    add_parent(draft, pick_parent(world, draft->family, world->shares[SHARE_deeper]));
    if (draft->relation != JOKBO__V1__RELATION__RELATION_MERGE) return;
    for (size_t more = 1 + below(world, PARENTS_MOST - 1); more > 0; more--) {
        bool foreign = happens(world, world->shares[SHARE_foreign_family]);
        struct family *family = foreign ? pick_family(world) : draft->family;
        add_parent(draft, pick_parent(world, family ? family : draft->family, 1000 - world->shares[SHARE_deeper]));
    }
}

static const char *publisher_name(struct jk_demo_world *world, size_t rank)
{
    return jk_arena_printf(world->arena, "invented-dev-%04zu", rank + 1);
}

static const char *pick_publisher(struct jk_demo_world *world, const struct family *family)
{
    if (happens(world, world->shares[SHARE_own_publisher]))
        return jk_arena_printf(world->arena, "%.*s", (int)strcspn(family->base, "/"), family->base);
    if (happens(world, world->shares[SHARE_affiliate])) return word(world, &world->affiliates);
    size_t rank = skewed(world, world->publishers);
    if (world->ranks[rank] == NOBODY) world->ranks[rank] = THERE;
    return publisher_name(world, rank);
}

/* What follows the base's name, or goes before it, as people name such models. */
static const char *pick_model(struct jk_demo_world *world, const struct draft *draft)
{
    const char *base = strchr(draft->family->base, '/') + 1, *topic = word(world, &world->topics);
    size_t place = world->count + 1;
    bool other = happens(world, world->shares[SHARE_other_name]);
    if (draft->relation == JOKBO__V1__RELATION__RELATION_QUANTIZED)
        return jk_arena_printf(world->arena, "%s-%s-%05zu", base, word(world, &world->quants), place);
    if (draft->relation == JOKBO__V1__RELATION__RELATION_ADAPTER)
        return jk_arena_printf(world->arena, "%s-%s-LoRA-%05zu", other ? topic : base, other ? base : topic, place);
    if (draft->relation == JOKBO__V1__RELATION__RELATION_MERGE)
        return jk_arena_printf(world->arena, "%s-%s-slerp-%05zu", other ? "Merged" : base, topic, place);
    if (happens(world, world->shares[SHARE_numbered]))
        return jk_arena_printf(world->arena, "%s-%s-v%zu-%05zu", base, topic, 1 + below(world, 9), place);
    if (other) return jk_arena_printf(world->arena, "%s-%05zu", topic, place);
    return jk_arena_printf(world->arena, "%s-%s-%05zu", base, topic, place);
}

static const char *pick_license(struct jk_demo_world *world, const struct family *family)
{
    if (happens(world, world->shares[SHARE_no_license])) return "NOASSERTION";
    if (happens(world, world->shares[SHARE_license_change])) return word(world, &world->licenses);
    return family->license;
}

/* The digest of a text that says which: nothing of that digest exists. */
static const char *digest_of(struct jk_demo_world *world, const char *what)
{
    char text[64], hex[JK_DIGEST_HEX + 1];
    int len =
        snprintf(text, sizeof text, "invented %s %zu %llu", what, world->count, (unsigned long long)draw_random(world));
    struct jk_digest digest = jk_digest_of((struct jk_span){text, (size_t)len});
    jk_digest_hex(&digest, hex);
    return jk_arena_copy(world->arena, hex, JK_DIGEST_HEX);
}

static const char *pick_weights(struct jk_demo_world *world, const struct family *family)
{
    bool again = happens(world, world->shares[SHARE_duplicate]);
    if (again && family->newest_weights) return world->made[family->newest_weights - 1].weights;
    return happens(world, world->shares[SHARE_weights]) ? digest_of(world, "weights") : "";
}

static bool set_parents(struct jk_demo_world *world, const struct draft *draft)
{
    Jokbo__V1__Parent *parents = jk_arena_zalloc(world->arena, draft->parent_count, sizeof *parents);
    Jokbo__V1__RegisteredParent *names = jk_arena_zalloc(world->arena, draft->parent_count, sizeof *names);
    Jokbo__V1__Parent **list = jk_arena_zalloc(world->arena, draft->parent_count, sizeof *list);
    if (!parents || !names || !list) return false;
    for (size_t i = 0; i < draft->parent_count; i++) {
        jokbo__v1__parent__init(&parents[i]);
        jokbo__v1__registered_parent__init(&names[i]);
        names[i].name = (char *)(uintptr_t)draft->parents[i];
        parents[i].kind_case = JOKBO__V1__PARENT__KIND_REGISTERED;
        parents[i].registered = &names[i];
        list[i] = &parents[i];
    }
    draft->out->parents = list;
    draft->out->n_parents = draft->parent_count;
    return true;
}

Jokbo__V1__Derivative *jk_demo_world_next(struct jk_demo_world *world)
{
    struct draft draft = {.family = world->count < world->room ? pick_family(world) : NULL};
    if (!draft.family) return NULL;
    draft.out = jk_arena_zalloc(world->arena, 1, sizeof *draft.out);
    if (!draft.out) return NULL;
    jokbo__v1__derivative__init(draft.out);
    draft.relation = pick_relation(world);
    pick_parents(world, &draft);
    draft.out->relation = (Jokbo__V1__Relation)draft.relation;
    const char *publisher = pick_publisher(world, draft.family), *model = pick_model(world, &draft);
    draft.out->name = publisher && model ? jk_arena_printf(world->arena, "%s/%s", publisher, model) : NULL;
    draft.out->version = (char *)"1";
    draft.out->license = (char *)(uintptr_t)pick_license(world, draft.family);
    draft.out->weights_sha256 = (char *)(uintptr_t)pick_weights(world, draft.family);
    if (happens(world, world->shares[SHARE_artifact]))
        draft.out->artifact_sha256 = (char *)(uintptr_t)digest_of(world, "artifact");
    if (happens(world, world->shares[SHARE_license_text]))
        draft.out->license_text_sha256 = (char *)(uintptr_t)digest_of(world, "licence text");
    if (!set_parents(world, &draft) || world->arena->exhausted) return NULL;

    struct jk_demo_made *made = &world->made[world->count];
    *made = (struct jk_demo_made){.name = draft.out->name,
                                  .weights = draft.out->weights_sha256,
                                  .family = (unsigned)(draft.family - world->families),
                                  .parent = happens(world, world->parents[draft.relation])};
    if (made->parent) draft.family->pool[draft.family->pooled++ % POOL] = world->count;
    world->count++;
    if (made->weights[0]) draft.family->newest_weights = world->count;

    return draft.out;
}

const struct jk_demo_made *jk_demo_world_take(struct jk_demo_world *world)
{
    size_t from = below(world, world->count);
    for (size_t i = 0; i < world->count; i++) {
        size_t place = (from + i) % world->count;
        if (world->taken[place] || world->made[place].parent) continue;
        world->taken[place] = true;
        return &world->made[place];
    }
    return NULL;
}

const char *jk_demo_world_publisher(struct jk_demo_world *world)
{
    for (size_t rank = 0; rank < world->publishers; rank++) {
        if (world->ranks[rank] != THERE) continue;
        world->ranks[rank] = GIVEN;
        return publisher_name(world, rank);
    }
    return NULL;
}
