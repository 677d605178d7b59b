/* Random work of registrars on a hub; see history_hub.h. Few hubs, organisations and sets of weight files, so that they
 * meet. */
#include "support/history_hub.h"

#include "book/book_ask.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])
#define BASES_MOST      32

static const char *const hubs[] = {"huggingface.co", "huggingface.co", "huggingface.co", "huggingface.co",
                                   "hub.example:8443"};
static const char *const organisations[] = {"a", "kim", "KIM", "z", "nobody"};

static uint32_t below(struct jk_random *random, uint32_t bound)
{
    return jk_random_below(random, bound);
}

/* What the hub says of one that is there. */
static void tell(struct jk_entry *entry, struct jk_random *random)
{
    entry->record = jk_ledger_digest(1000 + below(random, 100));
    if (below(random, 2)) entry->revision_hex = JK_SPAN("0123456789abcdef0123456789abcdef01234567");
    if (below(random, 2)) entry->created_us = (int64_t)below(random, 20000) * JK_DAY_US;
    if (below(random, 4) == 0) return;
    entry->listing = jk_ledger_digest(2000 + below(random, 100));
    if (below(random, 4)) entry->weight_files = jk_ledger_digest(60 + below(random, 6));
}

/* An organisation of a hub that the model's publisher holds, as "hub/organisation"; empty for none. */
static struct jk_span home_of(const struct jk_book *book, const char *model)
{
    uint32_t slot = jk_book_find_model(book, jk_span_of(model), JK_NONE);
    for (uint32_t i = 0; slot != JK_NONE && i < jk_book_namespaces(book); i++) {
        const struct jk_namespace *terms = jk_book_namespace(book, i, JK_NONE);
        if (terms && terms->holder == jk_book_alias(book, slot, JK_NONE)->publisher) return terms->organisation;
    }
    return (struct jk_span){"", 0};
}

static enum jk_status observe(struct jk_ledger *ledger, struct jk_random *random, const char *model)
{
    char id[64], to[80];
    struct jk_span home = home_of(ledger->book, model), hub = jk_span_of(hubs[below(random, COUNT_OF(hubs))]);
    struct jk_span owner = jk_span_of(organisations[below(random, COUNT_OF(organisations))]);
    if (home.len > 0 && below(random, 2)) {
        owner = home;
        (void)jk_span_cut(&owner, '/', &hub);
    }
    snprintf(id, sizeof id, "%.*s/m%u", JK_SPAN_ARG(owner), below(random, 12));
    snprintf(to, sizeof to, "%s-new", id);
    struct jk_entry entry = {.kind = JK_KIND_OBSERVE,
                             .actor.type = JK_ACTOR_REGISTRAR,
                             .hub = hub,
                             .id = jk_span_of(id),
                             .model = below(random, 8) ? jk_span_of(model) : (struct jk_span){"", 0},
                             .created_us = JK_TIME_NONE,
                             .modified_us = JK_TIME_NONE};
    if (below(random, 3)) entry.identity = jk_span_of(strchr(id, '/') + 1);
    uint32_t dice = below(random, 12);
    entry.observed = dice < 6 ? JK_OBSERVED_PRESENT : dice < 11 ? JK_OBSERVED_ABSENT : JK_OBSERVED_MOVED;
    if (entry.observed == JK_OBSERVED_PRESENT) tell(&entry, random);
    if (entry.observed == JK_OBSERVED_MOVED) entry.to = jk_span_of(to);
    return jk_ledger_add(ledger, &entry);
}

/* A census finds a derivative that nobody has registered: by a registrar, and seen in the same batch; or a publisher
 * registers it just before, or a registrar by hand, and it is seen then. */
static enum jk_status bring(struct jk_ledger *ledger, struct jk_random *random, const char *model)
{
    char name[64];
    struct jk_text text;
    struct jk_ledger_model made = {.model = name, .parents = {{.model = model}}};
    uint32_t dice = below(random, 6);
    int64_t step_us = ledger->step_us;
    snprintf(name, sizeof name, "%s/of-hub-%u", organisations[below(random, 3)], below(random, 1000));
    jk_text_init(&text, 0);
    jk_ledger_statement(ledger, &made, &text);
    if (dice > 0) ledger->step_us = 0;
    enum jk_status status = jk_ledger_add_statement(
        ledger, JK_KIND_REGISTER, dice == 1 ? JK_ACTOR_PUBLISHER : JK_ACTOR_REGISTRAR, jk_text_span(&text));
    jk_text_done(&text);
    ledger->step_us = step_us;
    return status == JK_OK ? observe(ledger, random, name) : status;
}

static int compare_names(const void *left, const void *right)
{
    return jk_span_compare(*(const struct jk_span *)left, *(const struct jk_span *)right);
}

/* Over most of the roster. */
static enum jk_status census(struct jk_ledger *ledger, struct jk_random *random)
{
    const struct jk_book *book = ledger->book;
    struct jk_span names[BASES_MOST];
    struct jk_text bases;
    size_t count = 0;
    for (uint32_t model = 0; model < jk_book_models(book, JK_NONE) && count < BASES_MOST; model++)
        if (jk_book_base(book, model, JK_NONE) && below(random, 8))
            names[count++] = jk_book_alias(book, model, JK_NONE)->name;
    if (count == 0) return JK_DATA_LOSS;
    qsort(names, count, sizeof *names, compare_names);
    jk_text_init(&bases, 0);
    for (size_t i = 0; i < count; i++)
        jk_text_addf(&bases, "%s%.*s", i ? " " : "", JK_SPAN_ARG(names[i]));
    struct jk_entry entry = {.kind = JK_KIND_CENSUS,
                             .actor.type = JK_ACTOR_REGISTRAR,
                             .hub = jk_span_of(hubs[below(random, COUNT_OF(hubs))]),
                             .bases = jk_text_span(&bases),
                             .started_us = ledger->time_us - (int64_t)below(random, 100) * JK_DAY_US / 100,
                             .models = below(random, 1000),
                             .list = jk_ledger_digest(3000 + below(random, 100))};
    enum jk_status status = jk_ledger_add(ledger, &entry);
    jk_text_done(&bases);
    return status;
}

/* An evaluator says that one which is absent counts all the same. */
static enum jk_status restore(struct jk_ledger *ledger, struct jk_random *random)
{
    const struct jk_book *book = ledger->book;
    uint32_t count = jk_book_observations(book, JK_NONE), at = count ? below(random, count) : 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct jk_observation *row = jk_book_observation(book, (at + i) % count);
        if (row->model == JK_NONE || row->state != JK_OBSERVED_ABSENT) continue;
        struct jk_entry entry = {.kind = JK_KIND_RESTORE,
                                 .actor.type = JK_ACTOR_EVALUATOR,
                                 .model = jk_book_alias(book, row->model, JK_NONE)->name,
                                 .evidence = JK_SPAN("its hub was asked"),
                                 .needs_second = JK_ANSWER_NO};
        return jk_ledger_add(ledger, &entry);
    }
    return JK_DATA_LOSS;
}

enum jk_status jk_history_hub(struct jk_ledger *ledger, struct jk_random *random, const char *model,
                              enum jk_kind *out_kind)
{
    uint32_t dice = below(random, 10);
    *out_kind = dice < 1 ? JK_KIND_RESTORE : dice < 4 ? JK_KIND_CENSUS : JK_KIND_OBSERVE;
    if (dice < 1) return restore(ledger, random);
    if (dice < 4) return census(ledger, random);
    if (below(random, 4) == 0) return bring(ledger, random, model);
    enum jk_status status = observe(ledger, random, model);
    if (dice < 9) (void)census(ledger, random); /* that of the run in which it was seen */
    return status;
}
