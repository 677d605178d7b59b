/* Random histories: see history.h. */
#include "support/history.h"

#include "book/book_ask.h"
#include "support/history_hub.h"
#include "support/history_stages.h"
#include "support/history_vouch.h"

#include <stdio.h>
#include <stdlib.h>

#define TEAMS        3
#define PUBLISHERS   8
#define BASES        5
#define INSTITUTIONS 3
#define EXTERNALS    5
#define ARTIFACTS    24 /* numbers of manifests */
#define MOST_NUMBER  40 /* that stands for weights or an artifact */
#define NAME_ROOM    224

static const char *const teams[TEAMS] = {"red", "green", "blue"};
static const char *const publishers[PUBLISHERS] = {"Red-AI", "green",    "Blue.Lab", "kim",
                                                   "Lee",    "Park-Lab", "choi",     "JUNG"};
static const char *const institutions[INSTITUTIONS] = {"SNU", "KAIST", "A Company"};
static const char *const externals[EXTERNALS] = {"huggingface.co/a/b", "huggingface.co/Q/w", "huggingface.co/kim/x",
                                                 "hub.example:8443/z", "huggingface.co/m/n"};
static const char *const licenses[] = {"Apache-2.0",
                                       "MIT",
                                       "CC-BY-NC-4.0",
                                       "LicenseRef-solar",
                                       "LicenseRef-nd",
                                       "NOASSERTION",
                                       "LicenseRef-other",
                                       "MIT OR CC-BY-NC-4.0",
                                       "Apache-2.0 AND CC-BY-NC-4.0"};
static const char *const name_forms[] = {"", "Solar", "Solar|SOLAR", "EXAONE"};
static const char *const parts[] = {"Solar-", "solar_", "EXAONE-", "m-", "X."};
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

struct maker {
    struct jk_ledger *ledger;
    struct jk_random random;
    struct jk_random vouching; /* of its own: what it does leaves the rest of a history as it is */
    uint32_t *kinds;
};

uint32_t jk_random_below(struct jk_random *random, uint32_t bound)
{
    random->state += 0x9e3779b97f4a7c15u; /* splitmix64 (Steele, Lea, Flood 2014) */
    uint64_t z = random->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) % bound);
}

static uint32_t below(struct maker *maker, uint32_t bound)
{
    return jk_random_below(&maker->random, bound);
}

static void took(struct maker *maker, enum jk_kind kind, enum jk_status status)
{
    if (status != JK_OK && status != JK_DATA_LOSS) {
        fprintf(stderr, "a history's %s: %s\n", jk_kind_text(kind), maker->ledger->error.message);
        abort();
    }
    if (status == JK_OK) maker->kinds[kind]++;
}

/* A moment within a few days of now, or none. */
static int64_t some_time(struct maker *maker)
{
    if (below(maker, 3) == 0) return JK_TIME_NONE;
    return maker->ledger->time_us + ((int64_t)below(maker, 400) - 200) * maker->ledger->step_us;
}

/* ---- the roster ---- */

static void some_license(struct maker *maker)
{
    const char *id = licenses[below(maker, 7)]; /* the single ones; NOASSERTION stays without facts */
    if (strcmp(id, "NOASSERTION") == 0) return;
    const char *forms = strncmp(id, "LicenseRef", 10) == 0 ? name_forms[below(maker, COUNT_OF(name_forms))] : "";
    took(maker, JK_KIND_LICENSE,
         jk_ledger_license(maker->ledger, id, below(maker, 4), below(maker, 4), below(maker, 4), forms));
}

static void some_list(struct maker *maker, const char *model, bool listed)
{
    took(maker, JK_KIND_BASE,
         jk_ledger_list(maker->ledger, model, teams[below(maker, TEAMS)], listed, (enum jk_answer)below(maker, 2),
                        (enum jk_answer)below(maker, 3)));
}

static void base_name(uint32_t i, char out[NAME_ROOM])
{
    snprintf(out, NAME_ROOM, "%s/Base-%u", publishers[i % TEAMS], i);
}

static void start(struct maker *maker)
{
    struct jk_ledger *ledger = maker->ledger;
    for (uint32_t i = 0; i < 5; i++)
        some_license(maker);
    for (uint32_t i = 0; i < TEAMS; i++) {
        took(maker, JK_KIND_TEAM, jk_ledger_team(ledger, teams[i], ledger->time_us));
        took(maker, JK_KIND_TEAM_PUBLISHER,
             jk_ledger_team_publisher(ledger, teams[i], publishers[i], JK_TIME_NONE, JK_TIME_NONE));
    }
    for (uint32_t i = 0; i < PUBLISHERS; i++)
        took(maker, JK_KIND_PUBLISHER, jk_ledger_publisher(ledger, publishers[i]));
    for (uint32_t i = 0; i < BASES; i++) {
        char name[NAME_ROOM];
        base_name(i, name);
        struct jk_ledger_model model = {
            .model = name, .license = licenses[below(maker, 5)], .weights = 1 + below(maker, 30)};
        took(maker, JK_KIND_REGISTER, jk_ledger_register(ledger, &model));
        some_list(maker, name, true);
    }
}

/* ---- models ---- */

/* A random model's present name, NUL-terminated. */
static uint32_t some_model(struct maker *maker, char out[NAME_ROOM])
{
    const struct jk_book *book = maker->ledger->book;
    uint32_t count = jk_book_models(book, JK_NONE);
    uint32_t slot = below(maker, 3) == 0 ? below(maker, count < 8 ? count : 8) : below(maker, count);
    const struct jk_alias *alias = jk_book_alias(book, slot, JK_NONE);
    if (below(maker, 4) == 0 && jk_book_older_alias(book, alias)) alias = jk_book_older_alias(book, alias);
    snprintf(out, NAME_ROOM, "%.*s", JK_SPAN_ARG(alias->name));
    return slot;
}

static void present_name(struct maker *maker, uint32_t model, char out[NAME_ROOM])
{
    snprintf(out, NAME_ROOM, "%.*s", JK_SPAN_ARG(jk_book_alias(maker->ledger->book, model, JK_NONE)->name));
}

/* A random release of a model, as text. */
static void some_version(struct maker *maker, uint32_t model, char out[NAME_ROOM])
{
    const struct jk_book *book = maker->ledger->book;
    uint32_t slot = jk_book_newest(book, model, JK_NONE);
    while (below(maker, 3) == 0 && jk_book_release(book, slot)->older != JK_NONE)
        slot = jk_book_release(book, slot)->older;
    snprintf(out, NAME_ROOM, "%.*s", JK_SPAN_ARG(jk_book_release(book, slot)->version));
}

struct parent_room {
    char model[NAME_ROOM], version[NAME_ROOM];
};

static void some_parents(struct maker *maker, struct jk_ledger_model *model, struct parent_room rooms[4])
{
    uint32_t count = below(maker, 3) == 0 ? 1 + below(maker, 4) : 1;
    for (uint32_t i = 0; i < count; i++) {
        if (below(maker, 5) == 0) {
            model->parents[i].external = externals[below(maker, EXTERNALS)];
            if (below(maker, 3) == 0) model->parents[i].revision = "0123456789abcdef0123456789abcdef01234567";
            continue;
        }
        some_version(maker, some_model(maker, rooms[i].model), rooms[i].version);
        model->parents[i].model = rooms[i].model;
        model->parents[i].version = rooms[i].version;
    }
}

/* The weights that most releases with an artifact name for it. */
static uint32_t weights_of(uint32_t artifact)
{
    return artifact % 5 ? artifact * 7 % 40 : 0;
}

static void some_facts(struct maker *maker, struct jk_ledger_model *model)
{
    model->license = licenses[below(maker, COUNT_OF(licenses))];
    model->relation = (enum jk_relation)(1 + below(maker, JK_RELATION_COUNT - 1));
    model->artifact = below(maker, 4) ? 1 + below(maker, ARTIFACTS) : 0;
    model->license_text = below(maker, 3);
    model->weights = below(maker, 2) ? weights_of(model->artifact) : below(maker, 40);
}

/* The number that stands for a digest; 0 for none. */
static unsigned number_of(const struct jk_digest *digest)
{
    for (unsigned number = 1; number <= MOST_NUMBER && !jk_digest_is_zero(digest); number++) {
        struct jk_digest known = jk_ledger_digest(number);
        if (jk_digest_equal(digest, &known)) return number;
    }
    return 0;
}

/* Says the weights of some model's release, its artifact, or both: of its first parent's, where it has a registered
 * one. */
static void some_copied_facts(struct maker *maker, struct jk_ledger_model *model)
{
    const struct jk_book *book = maker->ledger->book;
    uint32_t from = below(maker, jk_book_models(book, JK_NONE)), how = 1 + below(maker, 3);
    if (model->parents[0].model && below(maker, 2))
        from = jk_book_find_model(book, jk_span_of(model->parents[0].model), JK_NONE);
    const struct jk_release *release = jk_book_release(book, jk_book_newest(book, from, JK_NONE));
    if (how & 1) model->weights = number_of(&release->weights);
    if (how & 2) model->artifact = number_of(&release->artifact);
}

static void new_name(struct maker *maker, char out[NAME_ROOM])
{
    snprintf(out, NAME_ROOM, "%s/%s%u", publishers[below(maker, PUBLISHERS)], parts[below(maker, COUNT_OF(parts))],
             below(maker, 1000));
}

/* What a manifest says follows from its digest, but for a server that errs. Few sets of files, so that they meet. */
static void hold(struct maker *maker, uint32_t artifact)
{
    uint32_t weights = below(maker, 20) == 0 ? 1 + below(maker, 40) : weights_of(artifact);
    took(maker, JK_KIND_HELD, jk_ledger_held(maker->ledger, artifact, weights, artifact % 7 ? 60 + artifact % 9 : 0));
}

/* Of some the manifest comes in one batch with it, and bears the same time. */
static void enter(struct maker *maker, enum jk_kind kind, const struct jk_ledger_model *model)
{
    struct jk_ledger *ledger = maker->ledger;
    bool at_once = model->artifact != 0 && below(maker, 4) == 0;
    int64_t step_us = ledger->step_us;
    if (at_once) ledger->step_us = 0;
    took(maker, kind, kind == JK_KIND_REGISTER ? jk_ledger_register(ledger, model) : jk_ledger_release(ledger, model));
    ledger->step_us = step_us;
    if (at_once) hold(maker, model->artifact);
}

static void some_register(struct maker *maker)
{
    char name[NAME_ROOM];
    struct parent_room rooms[4];
    struct jk_ledger_model model = {.model = name};
    new_name(maker, name);
    some_parents(maker, &model, rooms);
    some_facts(maker, &model);
    if (below(maker, 6) == 0) some_copied_facts(maker, &model);
    enter(maker, JK_KIND_REGISTER, &model);
}

static void some_release(struct maker *maker)
{
    char name[NAME_ROOM], version[NAME_ROOM];
    struct parent_room rooms[4];
    struct jk_ledger_model model = {.model = name, .version = version};
    uint32_t slot = some_model(maker, name);
    present_name(maker, slot, name);
    snprintf(version, sizeof version, "v%u", below(maker, 100));
    some_facts(maker, &model);
    if (jk_book_base(maker->ledger->book, slot, JK_NONE) && below(maker, 4) != 0)
        model.relation = JK_RELATION_NONE;
    else
        some_parents(maker, &model, rooms);
    if (below(maker, 6) == 0) some_copied_facts(maker, &model);
    enter(maker, JK_KIND_RELEASE, &model);
}

/* Somebody joins a model's weights with an artifact, and the model's next release has both: each goes before the other
 * for something. */
static void some_crossing(struct maker *maker)
{
    const struct jk_book *book = maker->ledger->book;
    char name[NAME_ROOM], other[NAME_ROOM], version[NAME_ROOM];
    struct jk_ledger_model model = {.model = other, .parents = {{.model = name}}};
    uint32_t base = below(maker, BASES), slot = below(maker, jk_book_models(book, JK_NONE));
    present_name(maker, base, name);
    new_name(maker, other);
    some_facts(maker, &model);
    const struct jk_release *newest = jk_book_release(book, jk_book_newest(book, slot, JK_NONE));
    model.weights = number_of(&newest->weights);
    model.artifact = 1 + below(maker, MOST_NUMBER);
    took(maker, JK_KIND_REGISTER, jk_ledger_register(maker->ledger, &model));
    present_name(maker, slot, other);
    snprintf(version, sizeof version, "v%u", below(maker, 100));
    model.version = version;
    took(maker, JK_KIND_RELEASE, jk_ledger_release(maker->ledger, &model));
}

static void some_yank(struct maker *maker)
{
    char name[NAME_ROOM], version[NAME_ROOM];
    enum jk_kind kind = below(maker, 2) ? JK_KIND_YANK : JK_KIND_UNYANK;
    enum jk_status status = JK_DATA_LOSS;
    for (int i = 0; i < 6 && status != JK_OK; i++) { /* few are yanked at a time */
        some_version(maker, some_model(maker, name), version);
        status = jk_ledger_yank(maker->ledger, name, version, kind);
    }
    took(maker, kind, status);
}

static void some_move(struct maker *maker)
{
    char name[NAME_ROOM], to[NAME_ROOM];
    uint32_t slot = some_model(maker, name);
    present_name(maker, slot, name);
    new_name(maker, to);
    enum jk_kind kind = below(maker, 2) ? JK_KIND_RENAME : JK_KIND_TRANSFER;
    if (kind == JK_KIND_RENAME) {
        const struct jk_alias *alias = jk_book_alias(maker->ledger->book, slot, JK_NONE);
        struct jk_span publisher = jk_book_publisher(maker->ledger->book, alias->publisher)->name;
        snprintf(to, sizeof to, "%.*s/%s%u", JK_SPAN_ARG(publisher), parts[below(maker, COUNT_OF(parts))],
                 below(maker, 1000));
    }
    took(maker, kind, jk_ledger_move(maker->ledger, name, to, kind));
}

/* By the model that adopted the external, or by any. */
static void some_unadopt(struct maker *maker, const char *external)
{
    const struct jk_book *book = maker->ledger->book;
    uint32_t slot = jk_book_find_external(book, jk_span_of(external), JK_NONE);
    const struct jk_adoption *adoption = slot == JK_NONE ? NULL : jk_book_adoption_of(book, slot, JK_NONE);
    char name[NAME_ROOM];
    some_model(maker, name);
    if (adoption && below(maker, 4)) present_name(maker, adoption->model, name);
    took(maker, JK_KIND_UNADOPT, jk_ledger_unadopt(maker->ledger, external, name));
}

static void some_adopt(struct maker *maker)
{
    const char *external = externals[below(maker, EXTERNALS)];
    char name[NAME_ROOM];
    some_model(maker, name);
    if (below(maker, 3) == 0)
        some_unadopt(maker, external);
    else
        took(maker, JK_KIND_ADOPT, jk_ledger_adopt(maker->ledger, external, name));
}

static void some_namespace(struct maker *maker)
{
    static const char *const organisations[] = {"huggingface.co/a", "huggingface.co/KIM", "hub.example:8443/z"};
    enum jk_kind kind = below(maker, 3) ? JK_KIND_NAMESPACE : JK_KIND_NAMESPACE_END;
    const char *organisation = organisations[below(maker, COUNT_OF(organisations))];
    const struct jk_book *book = maker->ledger->book;
    uint32_t holder = jk_book_namespace_holder(book, jk_span_of(organisation), JK_NONE);
    char publisher[NAME_ROOM];
    snprintf(publisher, sizeof publisher, "%s", publishers[below(maker, PUBLISHERS)]);
    if (kind == JK_KIND_NAMESPACE_END && holder != JK_NONE && below(maker, 4))
        snprintf(publisher, sizeof publisher, "%.*s", JK_SPAN_ARG(jk_book_publisher(book, holder)->name));
    took(maker, kind, jk_ledger_namespace(maker->ledger, publisher, organisation, kind));
}

static void some_held(struct maker *maker)
{
    uint32_t artifact = 1 + below(maker, ARTIFACTS);
    if (below(maker, 3) == 0)
        took(maker, JK_KIND_WITHDRAWN, jk_ledger_withdrawn(maker->ledger, artifact));
    else
        hold(maker, artifact);
}

/* ---- who belongs to whom ---- */

static void some_bond(struct maker *maker)
{
    struct jk_ledger *ledger = maker->ledger;
    const char *team = teams[below(maker, TEAMS)], *institution = institutions[below(maker, INSTITUTIONS)];
    const char *publisher = publishers[below(maker, PUBLISHERS)];
    int64_t from_us = some_time(maker), until_us = some_time(maker);
    switch (below(maker, 4)) {
    case 0:
        took(maker, JK_KIND_TEAM_PUBLISHER, jk_ledger_team_publisher(ledger, team, publisher, from_us, until_us));
        return;
    case 1:
        took(maker, JK_KIND_AFFILIATION, jk_ledger_affiliation(ledger, institution, team, from_us, until_us));
        return;
    case 2:
        took(maker, JK_KIND_OPERATES, jk_ledger_operates(ledger, institution, publisher, from_us, until_us));
        return;
    default:
        took(maker, JK_KIND_TEAM, jk_ledger_team(ledger, team, from_us == JK_TIME_NONE ? ledger->time_us : from_us));
    }
}

static void some_verify(struct maker *maker)
{
    enum jk_kind kind = below(maker, 2) ? JK_KIND_VERIFY : JK_KIND_UNVERIFY;
    took(maker, kind, jk_ledger_verify(maker->ledger, publishers[below(maker, PUBLISHERS)], kind));
}

static void some_base(struct maker *maker)
{
    char name[NAME_ROOM];
    if (below(maker, 2))
        base_name(below(maker, BASES), name);
    else
        some_model(maker, name);
    some_list(maker, name, below(maker, 3) != 0);
}

/* Rotation and retirement by turns. */
static void some_key(struct maker *maker)
{
    struct jk_span keys[JK_BOOK_KEYS];
    if (jk_book_keys(maker->ledger->book, JK_NONE, keys) == 2)
        took(maker, JK_KIND_RETIRE, jk_ledger_retire(maker->ledger, keys[1]));
    else
        took(maker, JK_KIND_KEY, jk_ledger_rotate(maker->ledger, 1 + below(maker, 256)));
}

static void some_evaluation(struct maker *maker)
{
    char name[NAME_ROOM];
    enum jk_kind kind;
    some_model(maker, name);
    enum jk_status status = jk_history_evaluate(maker->ledger, &maker->random, name, &kind);
    took(maker, kind, status);
}

static void some_of_hub(struct maker *maker)
{
    char name[NAME_ROOM];
    enum jk_kind kind;
    some_model(maker, name);
    enum jk_status status = jk_history_hub(maker->ledger, &maker->random, name, &kind);
    took(maker, kind, status);
}

/* Within the hour, so that a challenge may be answered in time. */
static void some_vouching(struct maker *maker)
{
    enum jk_kind kind;
    maker->ledger->step_us = JK_DAY_US / 24;
    enum jk_status status = jk_history_vouch(maker->ledger, &maker->vouching, &kind);
    took(maker, kind, status);
}

static void step(struct maker *maker)
{
    uint32_t dice = below(maker, 100);
    maker->ledger->step_us = (int64_t)(1 + below(maker, 3)) * JK_DAY_US / 2;
    if (dice < 30)
        some_register(maker);
    else if (dice < 33)
        some_crossing(maker);
    else if (dice < 48)
        some_of_hub(maker);
    else if (dice < 56)
        some_evaluation(maker);
    else if (dice < 63)
        some_release(maker);
    else if (dice < 68)
        some_yank(maker);
    else if (dice < 72)
        some_move(maker);
    else if (dice < 76)
        some_adopt(maker);
    else if (dice < 79)
        some_namespace(maker);
    else if (dice < 82)
        some_held(maker);
    else if (dice < 88)
        some_bond(maker);
    else if (dice < 92)
        some_verify(maker);
    else if (dice < 96)
        some_base(maker);
    else if (dice < 97)
        some_key(maker);
    else
        some_license(maker);
}

void jk_history_make(struct jk_ledger *ledger, uint64_t seed, uint32_t steps, uint32_t out_kinds[JK_KIND_COUNT])
{
    struct maker maker = {.ledger = ledger, .random = {seed}, .vouching = {seed + 1000}, .kinds = out_kinds};
    start(&maker);
    for (uint32_t i = 0; i < steps; i++) {
        step(&maker);
        if (jk_random_below(&maker.vouching, 3) == 0) some_vouching(&maker);
    }
}
