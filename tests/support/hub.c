/* See hub.h. */
#include "support/hub.h"

#include <stdio.h>

#include "support/history.h"

#define BASES  24
#define RECENT 64

struct parent {
    char name[64];
    struct jk_digest hash;
};

struct hub {
    jk_hub_take_fn *take;
    void *context;
    uint32_t count;
    struct jk_text entry, statement;
    struct parent bases[BASES], recent[RECENT];
    struct jk_random random;
};

static void add(struct hub *hub, struct jk_entry *entry)
{
    entry->time_us = INT64_C(1764547200000000) + (int64_t)hub->count++ * 30000000; /* 2025-12-01 on */
    jk_text_clear(&hub->entry);
    jk_entry_write(entry, &hub->entry);
    hub->take(hub->context, jk_text_span(&hub->entry));
}

static void add_model(struct hub *hub, struct parent *model, const struct parent *parent, uint32_t weights,
                      enum jk_relation relation)
{
    struct jk_statement made = {.model = jk_span_of(model->name),
                                .version = JK_SPAN("1"),
                                .license = JK_SPAN("Apache-2.0"),
                                .weights = jk_ledger_digest(weights),
                                .artifact = jk_ledger_digest(weights)};
    if (parent) {
        made.relation = relation;
        made.parents[0] =
            (struct jk_parent_line){.hash = parent->hash, .name = jk_span_of(parent->name), .version = JK_SPAN("1")};
        made.parent_count = 1;
    }
    jk_text_clear(&hub->statement);
    jk_statement_write(&made, &hub->statement);
    model->hash = jk_statement_hash(jk_text_span(&hub->statement));
    struct jk_entry entry = {
        .kind = JK_KIND_REGISTER, .actor.type = JK_ACTOR_ADMIN, .statement = jk_text_span(&hub->statement)};
    add(hub, &entry);
}

static void add_first(struct hub *hub)
{
    struct jk_entry init = {.kind = JK_KIND_INIT,
                            .actor.type = JK_ACTOR_SERVER,
                            .origin = JK_SPAN(JK_HUB_ORIGIN),
                            .key = JK_SPAN(JK_HUB_ORIGIN "+00000000+AQAA"
                                                         "AAAAAAAAAA"
                                                         "AAAAAAAAAA"
                                                         "AAAAAAAAAA"
                                                         "AAAAAAAAAA"),
                            .purpose = JK_SPAN("demo"),
                            .rules = JK_SPAN("1")};
    struct jk_entry license = {.kind = JK_KIND_LICENSE,
                               .actor.type = JK_ACTOR_ADMIN,
                               .license = JK_SPAN("Apache-2.0"),
                               .permissions = {JK_PERMISSION_YES, JK_PERMISSION_YES, JK_PERMISSION_YES}};
    struct jk_entry team = {.kind = JK_KIND_TEAM,
                            .actor.type = JK_ACTOR_ADMIN,
                            .team = JK_SPAN("team"),
                            .name = JK_SPAN("Team"),
                            .name_ko = JK_SPAN("팀"),
                            .joined_us = 0,
                            .left_us = JK_TIME_NONE};
    struct jk_entry publisher = {.kind = JK_KIND_PUBLISHER, .actor.type = JK_ACTOR_ADMIN, .publisher = JK_SPAN("team")};
    add(hub, &init);
    add(hub, &license);
    add(hub, &team);
    add(hub, &publisher);
}

static void add_bases(struct hub *hub)
{
    for (int i = 0; i < BASES; i++) {
        snprintf(hub->bases[i].name, sizeof hub->bases[i].name, "team/base-%d", i);
        add_model(hub, &hub->bases[i], NULL, 0, JK_RELATION_NONE);
        struct jk_entry base = {.kind = JK_KIND_BASE,
                                .actor.type = JK_ACTOR_ADMIN,
                                .model = jk_span_of(hub->bases[i].name),
                                .team = JK_SPAN("team"),
                                .programme = JK_ANSWER_YES,
                                .from_scratch = JK_ANSWER_YES,
                                .listed = JK_ANSWER_YES};
        add(hub, &base);
    }
}

static void add_publishers(struct hub *hub, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "publisher-%u", i);
        struct jk_entry entry = {
            .kind = JK_KIND_PUBLISHER, .actor.type = JK_ACTOR_SERVER, .publisher = jk_span_of(name)};
        add(hub, &entry);
    }
}

/* The lower of two throws: few bases have most children. */
static uint32_t skewed(struct jk_random *random, uint32_t bound)
{
    uint32_t a = jk_random_below(random, bound), b = jk_random_below(random, bound);
    return a < b ? a : b;
}

static void add_derivatives(struct hub *hub, uint32_t count, uint32_t publishers)
{
    for (uint32_t i = 0; i < count; i++) {
        struct parent *model = &hub->recent[i % RECENT];
        const struct parent *parent = &hub->bases[skewed(&hub->random, BASES)];
        if (i > RECENT && jk_random_below(&hub->random, 12) == 0)
            parent = &hub->recent[(i - 1 - jk_random_below(&hub->random, RECENT - 4)) % RECENT];
        struct parent from = *parent;
        snprintf(model->name, sizeof model->name, "publisher-%u/model-%u", jk_random_below(&hub->random, publishers),
                 i);
        add_model(hub, model, &from, i + 1, (enum jk_relation)(1 + jk_random_below(&hub->random, 4)));
    }
}

static void begin(struct hub *hub, jk_hub_take_fn *take, void *context)
{
    memset(hub, 0, sizeof *hub);
    hub->take = take;
    hub->context = context;
    hub->random.state = 1;
    jk_text_init(&hub->entry, 0);
    jk_text_init(&hub->statement, 0);
    add_first(hub);
    add_bases(hub);
}

static uint32_t end(struct hub *hub)
{
    jk_text_done(&hub->entry);
    jk_text_done(&hub->statement);
    return hub->count;
}

uint32_t jk_hub_make(uint32_t registrations, jk_hub_take_fn *take, void *context)
{
    struct hub hub;
    uint32_t publishers = registrations / 20 + 1;
    begin(&hub, take, context);
    add_publishers(&hub, publishers);
    add_derivatives(&hub, registrations, publishers);
    return end(&hub);
}

uint32_t jk_hub_make_chain(uint32_t models, jk_hub_take_fn *take, void *context)
{
    struct hub hub;
    struct parent last, next;
    begin(&hub, take, context);
    last = hub.bases[0];
    for (uint32_t i = 0; i < models; i++, last = next) {
        snprintf(next.name, sizeof next.name, "team/link-%u", i);
        add_model(&hub, &next, &last, i + 1, JK_RELATION_FINETUNE);
    }
    return end(&hub);
}
