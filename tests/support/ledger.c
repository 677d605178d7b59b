/* Entries in few words: see ledger.h. */
#include "support/ledger.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/defer.h"
#include "tlog/rotation.h"

#define ORIGIN "log.example/test"

struct jk_digest jk_ledger_digest(unsigned number)
{
    struct jk_digest digest = {{0}};
    if (number == 0) return digest;
    return jk_digest_of((struct jk_span){(const char *)&number, sizeof number});
}

enum jk_status jk_ledger_apply(struct jk_ledger *ledger, struct jk_span bytes)
{
    jk_error_init(&ledger->error, NULL);
    enum jk_status status = jk_book_apply(ledger->book, bytes, &ledger->error);
    if (status != JK_OK) return status;
    if (ledger->count == ledger->room) {
        ledger->room = ledger->room ? ledger->room * 2 : 64;
        ledger->entries = realloc(ledger->entries, ledger->room * sizeof *ledger->entries);
        JK_CHECK(ledger->entries != NULL);
    }
    char *copy = malloc(bytes.len);
    JK_CHECK(copy != NULL);
    memcpy(copy, bytes.at, bytes.len);
    ledger->entries[ledger->count++] = (struct jk_span){copy, bytes.len};
    ledger->time_us += ledger->step_us;
    return JK_OK;
}

enum jk_status jk_ledger_add(struct jk_ledger *ledger, struct jk_entry *entry)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    entry->time_us = ledger->time_us;
    jk_entry_write(entry, &text);
    JK_CHECK(!text.failed);
    enum jk_status status = jk_ledger_apply(ledger, jk_text_span(&text));
    jk_text_done(&text);
    return status;
}

static struct jk_signer *signer_of(unsigned number, struct jk_text *out_text)
{
    unsigned char seed[32] = {(unsigned char)number, (unsigned char)(number >> 8)};
    if (number == 0) memcpy(seed, JK_LEDGER_SEED, sizeof seed);
    struct jk_signer *signer = jk_signer_new(JK_SPAN(ORIGIN), seed);
    JK_CHECK(signer != NULL);
    jk_verifier_write(jk_signer_verifier(signer), out_text);
    return signer;
}

void jk_ledger_init(struct jk_ledger *ledger)
{
    JK_CLEANUP(jk_text_done) struct jk_text key = {0};
    jk_digest_setup();
    jk_signer_free(signer_of(0, &key));
    memset(ledger, 0, sizeof *ledger);
    ledger->book = jk_book_new();
    JK_CHECK(ledger->book != NULL);
    ledger->time_us = 1764547200 * INT64_C(1000000); /* 2025-12-01 */
    ledger->step_us = 1000000;
    struct jk_entry entry = {.kind = JK_KIND_INIT,
                             .actor.type = JK_ACTOR_SERVER,
                             .origin = JK_SPAN(ORIGIN),
                             .key = jk_text_span(&key),
                             .purpose = JK_SPAN("registry"),
                             .rules = JK_SPAN("1")};
    JK_CHECK(jk_ledger_add(ledger, &entry) == JK_OK);
}

void jk_ledger_take_back(struct jk_ledger *ledger, struct jk_book_mark mark)
{
    jk_book_undo(ledger->book, mark);
    free((char *)(uintptr_t)ledger->entries[--ledger->count].at);
}

void jk_ledger_done(struct jk_ledger *ledger)
{
    for (uint32_t i = 0; i < ledger->count; i++)
        free((char *)ledger->entries[i].at);
    free(ledger->entries);
    jk_book_free(ledger->book);
}

/* ---- the roster ---- */

enum jk_status jk_ledger_license(struct jk_ledger *ledger, const char *id, enum jk_permission commercial,
                                 enum jk_permission derive, enum jk_permission redistribute, const char *name_forms)
{
    struct jk_entry entry = {.kind = JK_KIND_LICENSE,
                             .actor.type = JK_ACTOR_ADMIN,
                             .license = jk_span_of(id),
                             .permissions = {commercial, derive, redistribute},
                             .name_forms = jk_span_of(name_forms)};
    return jk_ledger_add(ledger, &entry);
}

enum jk_status jk_ledger_team(struct jk_ledger *ledger, const char *id, int64_t joined_us)
{
    struct jk_entry entry = {.kind = JK_KIND_TEAM,
                             .actor.type = JK_ACTOR_ADMIN,
                             .team = jk_span_of(id),
                             .name = jk_span_of(id),
                             .name_ko = JK_SPAN("팀"),
                             .joined_us = joined_us,
                             .left_us = JK_TIME_NONE};
    return jk_ledger_add(ledger, &entry);
}

enum jk_status jk_ledger_team_publisher(struct jk_ledger *ledger, const char *team, const char *publisher,
                                        int64_t from_us, int64_t until_us)
{
    struct jk_entry entry = {.kind = JK_KIND_TEAM_PUBLISHER,
                             .actor.type = JK_ACTOR_ADMIN,
                             .team = jk_span_of(team),
                             .publisher = jk_span_of(publisher),
                             .from_us = from_us,
                             .until_us = until_us};
    return jk_ledger_add(ledger, &entry);
}

enum jk_status jk_ledger_affiliation(struct jk_ledger *ledger, const char *institution, const char *team,
                                     int64_t from_us, int64_t until_us)
{
    struct jk_entry entry = {.kind = JK_KIND_AFFILIATION,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .institution = jk_span_of(institution),
                             .team = jk_span_of(team),
                             .from_us = from_us,
                             .until_us = until_us};
    return jk_ledger_add(ledger, &entry);
}

enum jk_status jk_ledger_operates(struct jk_ledger *ledger, const char *institution, const char *publisher,
                                  int64_t from_us, int64_t until_us)
{
    struct jk_entry entry = {.kind = JK_KIND_OPERATES,
                             .actor.type = JK_ACTOR_EVALUATOR,
                             .institution = jk_span_of(institution),
                             .publisher = jk_span_of(publisher),
                             .from_us = from_us,
                             .until_us = until_us};
    return jk_ledger_add(ledger, &entry);
}

enum jk_status jk_ledger_list(struct jk_ledger *ledger, const char *model, const char *team, bool listed,
                              enum jk_answer programme, enum jk_answer from_scratch)
{
    struct jk_entry entry = {.kind = JK_KIND_BASE,
                             .actor.type = JK_ACTOR_ADMIN,
                             .model = jk_span_of(model),
                             .team = jk_span_of(team),
                             .programme = programme,
                             .from_scratch = from_scratch,
                             .listed = listed ? JK_ANSWER_YES : JK_ANSWER_NO};
    return jk_ledger_add(ledger, &entry);
}

/* ---- publishers ---- */

enum jk_status jk_ledger_publisher_as(struct jk_ledger *ledger, const char *name, enum jk_basis basis)
{
    struct jk_entry entry = {
        .kind = JK_KIND_PUBLISHER, .actor.type = JK_ACTOR_ADMIN, .publisher = jk_span_of(name), .basis = basis};
    return jk_ledger_add(ledger, &entry);
}

enum jk_status jk_ledger_publisher(struct jk_ledger *ledger, const char *name)
{
    return jk_ledger_publisher_as(ledger, name, JK_BASIS_SELF);
}

enum jk_status jk_ledger_verify(struct jk_ledger *ledger, const char *publisher, enum jk_kind kind)
{
    struct jk_entry entry = {.kind = kind,
                             .actor.type = JK_ACTOR_ADMIN,
                             .publisher = jk_span_of(publisher),
                             .evidence = JK_SPAN("a letter")};
    return jk_ledger_add(ledger, &entry);
}

/* ---- models ---- */

static struct jk_parent_line parent_line(const struct jk_ledger *ledger, const struct jk_ledger_parent *parent)
{
    struct jk_parent_line line = {.external = parent->external != NULL};
    if (line.external) {
        line.name = jk_span_of(parent->external);
        line.version = parent->revision ? jk_span_of(parent->revision) : (struct jk_span){"", 0};
        line.hash = jk_external_hash(line.name, line.version);
        return line;
    }
    line.name = jk_span_of(parent->model);
    line.version = jk_span_of(parent->version ? parent->version : "1");
    uint32_t model = jk_book_find_model(ledger->book, line.name, JK_NONE);
    uint32_t release = model == JK_NONE ? JK_NONE : jk_book_find_version(ledger->book, model, line.version, JK_NONE);
    line.hash = release == JK_NONE ? jk_ledger_digest(UINT32_MAX) : jk_book_release(ledger->book, release)->hash;
    return line;
}

void jk_ledger_statement(struct jk_ledger *ledger, const struct jk_ledger_model *model, struct jk_text *out)
{
    struct jk_statement statement = {.model = jk_span_of(model->model),
                                     .version = jk_span_of(model->version ? model->version : "1"),
                                     .relation = model->relation,
                                     .license = jk_span_of(model->license ? model->license : "Apache-2.0"),
                                     .license_text = jk_ledger_digest(model->license_text),
                                     .artifact = jk_ledger_digest(model->artifact),
                                     .weights = jk_ledger_digest(model->weights)};
    for (size_t i = 0; i < 8 && (model->parents[i].model || model->parents[i].external); i++)
        statement.parents[statement.parent_count++] = parent_line(ledger, &model->parents[i]);
    if (statement.parent_count > 0 && statement.relation == JK_RELATION_NONE) statement.relation = JK_RELATION_FINETUNE;
    jk_statement_write(&statement, out);
}

enum jk_status jk_ledger_add_statement(struct jk_ledger *ledger, enum jk_kind kind, enum jk_actor_type actor,
                                       struct jk_span statement)
{
    struct jk_entry entry = {.kind = kind, .actor.type = actor, .statement = statement};
    if (actor == JK_ACTOR_PUBLISHER) entry.actor.name = JK_SPAN("somebody");
    return jk_ledger_add(ledger, &entry);
}

static enum jk_status add_model(struct jk_ledger *ledger, enum jk_kind kind, const struct jk_ledger_model *model)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_ledger_statement(ledger, model, &text);
    bool is_base = !model->parents[0].model && !model->parents[0].external;
    enum jk_status status =
        jk_ledger_add_statement(ledger, kind, is_base ? JK_ACTOR_ADMIN : JK_ACTOR_PUBLISHER, jk_text_span(&text));
    jk_text_done(&text);
    return status;
}

enum jk_status jk_ledger_register(struct jk_ledger *ledger, const struct jk_ledger_model *model)
{
    return add_model(ledger, JK_KIND_REGISTER, model);
}

enum jk_status jk_ledger_release(struct jk_ledger *ledger, const struct jk_ledger_model *model)
{
    return add_model(ledger, JK_KIND_RELEASE, model);
}

enum jk_status jk_ledger_yank(struct jk_ledger *ledger, const char *model, const char *version, enum jk_kind kind)
{
    uint32_t slot = jk_book_find_model(ledger->book, jk_span_of(model), JK_NONE);
    uint32_t release =
        slot == JK_NONE ? JK_NONE : jk_book_find_version(ledger->book, slot, jk_span_of(version), JK_NONE);
    struct jk_entry entry = {
        .kind = kind, .actor = {JK_ACTOR_PUBLISHER, JK_SPAN("somebody")}, .release = jk_ledger_digest(UINT32_MAX)};
    if (release != JK_NONE) entry.release = jk_book_release(ledger->book, release)->hash;
    return jk_ledger_add(ledger, &entry);
}

enum jk_status jk_ledger_move(struct jk_ledger *ledger, const char *from, const char *to, enum jk_kind kind)
{
    struct jk_entry entry = {
        .kind = kind, .actor.type = JK_ACTOR_ADMIN, .model = jk_span_of(from), .to = jk_span_of(to)};
    return jk_ledger_add(ledger, &entry);
}

static enum jk_status add_adoption(struct jk_ledger *ledger, const char *external, const char *model, enum jk_kind kind)
{
    struct jk_entry entry = {
        .kind = kind, .actor.type = JK_ACTOR_EVALUATOR, .external = jk_span_of(external), .model = jk_span_of(model)};
    return jk_ledger_add(ledger, &entry);
}

enum jk_status jk_ledger_adopt(struct jk_ledger *ledger, const char *external, const char *model)
{
    return add_adoption(ledger, external, model, JK_KIND_ADOPT);
}

enum jk_status jk_ledger_unadopt(struct jk_ledger *ledger, const char *external, const char *model)
{
    return add_adoption(ledger, external, model, JK_KIND_UNADOPT);
}

enum jk_status jk_ledger_held(struct jk_ledger *ledger, unsigned artifact, unsigned weights, unsigned files)
{
    struct jk_entry entry = {.kind = JK_KIND_HELD,
                             .actor.type = JK_ACTOR_SERVER,
                             .artifact = jk_ledger_digest(artifact),
                             .bytes = 1000,
                             .weights = jk_ledger_digest(weights),
                             .weight_files = jk_ledger_digest(files)};
    return jk_ledger_add(ledger, &entry);
}

enum jk_status jk_ledger_withdrawn(struct jk_ledger *ledger, unsigned artifact)
{
    struct jk_entry entry = {
        .kind = JK_KIND_WITHDRAWN, .actor.type = JK_ACTOR_ADMIN, .artifact = jk_ledger_digest(artifact)};
    return jk_ledger_add(ledger, &entry);
}

enum jk_status jk_ledger_namespace(struct jk_ledger *ledger, const char *publisher, const char *organisation,
                                   enum jk_kind kind)
{
    struct jk_entry entry = {.kind = kind,
                             .actor.type = JK_ACTOR_REGISTRAR,
                             .publisher = jk_span_of(publisher),
                             .organisation = jk_span_of(organisation),
                             .evidence = JK_SPAN("a file")};
    return jk_ledger_add(ledger, &entry);
}

struct jk_entry jk_ledger_observation(const char *model, const char *id, enum jk_observed state)
{
    struct jk_entry entry = {.kind = JK_KIND_OBSERVE,
                             .actor.type = JK_ACTOR_REGISTRAR,
                             .hub = JK_SPAN("huggingface.co"),
                             .id = jk_span_of(id),
                             .observed = state,
                             .to = state == JK_OBSERVED_MOVED ? JK_SPAN("somewhere/else") : JK_SPAN(""),
                             .model = jk_span_of(model),
                             .created_us = JK_TIME_NONE,
                             .modified_us = JK_TIME_NONE};
    if (state == JK_OBSERVED_PRESENT) entry.record = jk_ledger_digest(4711);
    return entry;
}

enum jk_status jk_ledger_observe(struct jk_ledger *ledger, const char *model, enum jk_observed state, unsigned files)
{
    char id[256];
    snprintf(id, sizeof id, "of-%s", model);
    struct jk_entry entry = jk_ledger_observation(model, id, state);
    entry.listing = entry.weight_files = jk_ledger_digest(files);
    return jk_ledger_add(ledger, &entry);
}

enum jk_status jk_ledger_census(struct jk_ledger *ledger, const char *bases)
{
    struct jk_entry entry = {.kind = JK_KIND_CENSUS,
                             .actor.type = JK_ACTOR_REGISTRAR,
                             .hub = JK_SPAN("huggingface.co"),
                             .bases = jk_span_of(bases),
                             .started_us = ledger->time_us,
                             .list = jk_ledger_digest(4712)};
    return jk_ledger_add(ledger, &entry);
}

enum jk_status jk_ledger_key(struct jk_ledger *ledger, struct jk_span key, struct jk_span previous)
{
    struct jk_entry entry = {.kind = JK_KIND_KEY,
                             .actor.type = JK_ACTOR_SERVER,
                             .key = key,
                             .previous = previous,
                             .signature = JK_SPAN("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                                                  "AAAAAAAAAAAAAAAAAAAAAA==")};
    return jk_ledger_add(ledger, &entry);
}

enum jk_status jk_ledger_rotate(struct jk_ledger *ledger, unsigned number)
{
    JK_CLEANUP(jk_text_done) struct jk_text old_key = {0}, new_key = {0}, signature = {0};
    struct jk_signer *old = signer_of(ledger->key, &old_key);
    struct jk_signer *next = signer_of(number, &new_key);
    JK_CHECK(jk_rotation_sign(old, jk_signer_verifier(next), &signature));
    struct jk_entry entry = {.kind = JK_KIND_KEY,
                             .actor.type = JK_ACTOR_SERVER,
                             .key = jk_text_span(&new_key),
                             .previous = jk_text_span(&old_key),
                             .signature = jk_text_span(&signature)};
    enum jk_status status = jk_ledger_add(ledger, &entry);
    if (status == JK_OK) ledger->key = number;
    jk_signer_free(old);
    jk_signer_free(next);
    return status;
}

enum jk_status jk_ledger_retire(struct jk_ledger *ledger, struct jk_span key)
{
    struct jk_entry entry = {.kind = JK_KIND_RETIRE, .actor.type = JK_ACTOR_SERVER, .key = key};
    return jk_ledger_add(ledger, &entry);
}
