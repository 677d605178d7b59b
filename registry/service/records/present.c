/* Publishers, models, releases and teams as messages. */
#include "service/records/present.h"

#include "book/book_ask.h"
#include "reply/root.h"
#include "service/records/findings.h"
#include "service/records/observed.h"
#include "service/records/present_weights.h"

static char *text_at(const struct jk_present *present, struct jk_span text)
{
    return jk_to_string(present->arena, text);
}

static Google__Protobuf__Timestamp *entry_time(const struct jk_present *present, uint32_t index)
{
    return jk_to_timestamp(present->arena, jk_book_time(present->book, index));
}

static char *team_id(const struct jk_present *present, uint32_t team)
{
    return team == JK_NONE ? (char *)protobuf_c_empty_string : text_at(present, jk_book_team(present->book, team)->id);
}

Jokbo__V1__Publisher *jk_present_publisher(const struct jk_present *present, uint32_t slot)
{
    const struct jk_publisher *publisher = jk_book_publisher(present->book, slot);
    Jokbo__V1__Publisher *out = JK_MESSAGE(present->arena, Jokbo__V1__Publisher, jokbo__v1__publisher);
    if (!out) return NULL;
    int64_t last = present->size ? jk_book_time(present->book, present->size - 1) : 0;
    out->name = text_at(present, publisher->name);
    out->log_index = publisher->created;
    out->create_time = entry_time(present, publisher->created);
    out->verified = jk_book_is_verified(present->book, slot, present->size);
    out->claimed = jk_book_is_claimed(present->book, slot, present->size);
    out->team = team_id(present, jk_book_team_of(present->book, slot, last, present->size));
    out->model_count = (int32_t)jk_book_models_of(present->book, slot, present->size);
    out->log_size = present->size;
    return out;
}

static Jokbo__V1__BaseModelFacts *present_base(const struct jk_present *present, const struct jk_base_facts *facts)
{
    Jokbo__V1__BaseModelFacts *out = JK_MESSAGE(present->arena, Jokbo__V1__BaseModelFacts, jokbo__v1__base_model_facts);
    if (!out) return NULL;
    out->team = team_id(present, facts->team);
    out->programme = facts->programme;
    out->from_scratch = jk_to_answer(facts->from_scratch);
    out->built_on = text_at(present, facts->built_on);
    out->released = text_at(present, facts->released);
    out->parameters = text_at(present, facts->parameters);
    out->listed = facts->listed;
    return out;
}

static struct jk_span statement_of(const struct jk_present *present, uint32_t slot)
{
    const struct jk_release *release = jk_book_release(present->book, slot);
    struct jk_statement *statement = jk_arena_alloc(present->arena, sizeof *statement);
    if (!statement) return (struct jk_span){0};
    jk_statement_clear(statement, release->parent_count);
    statement->model = release->name;
    statement->version = release->version;
    statement->relation = release->relation;
    statement->license = jk_book_license_text(present->book, release->license);
    statement->license_text = release->license_text;
    statement->artifact = release->artifact;
    statement->weights = release->weights;
    for (uint32_t i = 0; i < release->parent_count; i++) {
        const struct jk_parent *parent = &release->parents[i];
        struct jk_span version =
            parent->external ? parent->revision : jk_book_release(present->book, parent->slot)->version;
        statement->parents[i] = (struct jk_parent_line){*parent->hash, parent->external, parent->name, version};
    }
    struct jk_text text;
    jk_text_init(&text, JK_STATEMENT_MAX);
    jk_statement_write(statement, &text);
    struct jk_span copy = {jk_arena_copy(present->arena, text.bytes, text.len), text.len};
    jk_text_done(&text);
    return copy.at ? copy : (struct jk_span){0};
}

static Jokbo__V1__PinnedParent *present_parent(const struct jk_present *present, const struct jk_parent *parent)
{
    Jokbo__V1__PinnedParent *out = JK_MESSAGE(present->arena, Jokbo__V1__PinnedParent, jokbo__v1__pinned_parent);
    if (!out) return NULL;
    out->lineage_hash = jk_to_hex(present->arena, parent->hash);
    out->name = text_at(present, parent->name);
    out->external = parent->external;
    if (!parent->external) {
        out->version = text_at(present, jk_book_release(present->book, parent->slot)->version);
        return out;
    }
    const struct jk_adoption *adoption = jk_book_adoption_of(present->book, parent->slot, present->size);
    out->version = text_at(present, parent->revision);
    if (adoption) out->adopted_by = text_at(present, jk_present_name(present, adoption->model));
    return out;
}

/* `glance`: NULL, nothing was said of its weights. */
static void present_parents(const struct jk_present *present, const struct jk_release *release,
                            const struct jk_glance *glance, Jokbo__V1__Release *out)
{
    out->parents = (Jokbo__V1__PinnedParent **)jk_pointers(present->arena, release->parent_count);
    if (!out->parents) return;
    for (uint32_t i = 0; i < release->parent_count; i++) {
        out->parents[i] = present_parent(present, &release->parents[i]);
        if (!out->parents[i]) return;
        if (glance) jk_present_parent_grades(glance, i, out->parents[i]);
        out->n_parents++;
    }
}

Jokbo__V1__Release *jk_present_release(const struct jk_present *present, uint32_t slot, bool with_statement)
{
    const struct jk_release *release = jk_book_release(present->book, slot);
    struct jk_span license = jk_book_license_text(present->book, release->license);
    enum jk_permission permissions[JK_PERMISSION_KINDS];
    struct jk_glance taken;
    const struct jk_glance *glance = jk_glance_take(&taken, present->book, slot, present->size) ? &taken : NULL;
    Jokbo__V1__Release *out = JK_MESSAGE(present->arena, Jokbo__V1__Release, jokbo__v1__release);
    if (!out) return NULL;
    jk_book_permissions(present->book, license, present->size, permissions);
    out->model = text_at(present, release->name);
    out->version = text_at(present, release->version);
    out->lineage_hash = jk_to_hex(present->arena, &release->hash);
    if (with_statement) out->statement = text_at(present, statement_of(present, slot));
    out->relation = jk_to_relation(release->relation);
    out->license = text_at(present, license);
    out->license_class = jk_to_license_class(jk_license_class_of(permissions));
    out->license_text_sha256 = jk_to_hex(present->arena, &release->license_text);
    out->artifact_sha256 = jk_to_hex(present->arena, &release->artifact);
    out->weights_sha256 = jk_to_hex(present->arena, &release->weights);
    present_parents(present, release, glance, out);
    if (glance) out->shown = jk_present_weights(present, glance);
    out->log_index = release->index;
    out->create_time = entry_time(present, release->index);
    uint32_t yank = jk_book_yanked_by(present->book, slot, present->size);
    out->yanked = yank != JK_NONE;
    if (out->yanked) {
        out->yank_index = yank;
        out->yank_time = entry_time(present, yank);
    }
    out->log_size = present->size;
    return out;
}

Jokbo__V1__Root *jk_present_root(const struct jk_present *present, const struct jk_spell *spell)
{
    return jk_to_root(present->arena, present->book, present->size, spell);
}

static void present_roots(const struct jk_present *present, uint32_t model, Jokbo__V1__Model *out)
{
    size_t count = 0;
    const struct jk_spell *spell = NULL;
    while ((spell = jk_book_spell(present->book, model, present->size, spell)))
        count++;
    out->roots = (Jokbo__V1__Root **)jk_pointers(present->arena, count);
    while (out->roots && out->n_roots < count && (spell = jk_book_spell(present->book, model, present->size, spell))) {
        Jokbo__V1__Root *root = jk_present_root(present, spell);
        if (!root) return;
        out->roots[out->n_roots++] = root;
    }
}

void jk_present_root_grades(const struct jk_present *present, uint32_t model, Jokbo__V1__Model *out)
{
    const struct jk_spell *spell = NULL;
    struct jk_vouched_pair pair = {.model = model,
                                   .release = jk_book_standing_release(present->book, model, present->size)};
    for (size_t i = 0; i < out->n_roots && (spell = jk_book_spell(present->book, model, present->size, spell)); i++) {
        enum jk_grade grade;
        pair.root = spell->root;
        pair.team = jk_book_base(present->book, spell->root, present->size)->team;
        if (jk_glance_root(present->book, &pair, present->size, &grade)) out->roots[i]->grade = jk_to_grade(grade);
    }
}

static void present_former_names(const struct jk_present *present, uint32_t model, Jokbo__V1__Model *out)
{
    size_t count = 0;
    const struct jk_alias *now = jk_book_alias(present->book, model, present->size), *alias = now;
    while ((alias = jk_book_older_alias(present->book, alias)))
        count++;
    out->former_names = (char **)jk_pointers(present->arena, count);
    if (!out->former_names) return;
    for (alias = now; (alias = jk_book_older_alias(present->book, alias));)
        out->former_names[out->n_former_names++] = text_at(present, alias->name);
}

Jokbo__V1__Model *jk_present_model_alone(const struct jk_present *present, uint32_t slot)
{
    const struct jk_model *model = jk_book_model(present->book, slot);
    const struct jk_base_facts *base = jk_book_base(present->book, slot, present->size);
    Jokbo__V1__Model *out = JK_MESSAGE(present->arena, Jokbo__V1__Model, jokbo__v1__model);
    if (!out) return NULL;
    out->name = text_at(present, jk_present_name(present, slot));
    out->log_index = model->index;
    out->create_time = entry_time(present, model->index);
    present_former_names(present, slot, out);
    present_roots(present, slot, out);
    if (base) out->base_facts = present_base(present, base);
    out->observation = jk_present_observation(present, slot);
    jk_present_findings(present, slot, &out->n_findings, &out->findings);
    out->release_count = (int32_t)jk_book_releases_of(present->book, slot, present->size);
    out->child_count = (int32_t)jk_book_children_of(present->book, slot, present->size);
    out->yanked = jk_book_deciding(present->book, slot, present->size) == JK_NONE;
    char text[JK_ETAG_TEXT];
    jk_write_etag(model->index, jk_book_etag(present->book, slot, present->size), text);
    char *etag = jk_arena_copy(present->arena, text, strlen(text));
    if (etag) out->etag = etag;
    out->log_size = present->size;
    return etag ? out : NULL;
}

Jokbo__V1__Model *jk_present_model(const struct jk_present *present, uint32_t slot)
{
    Jokbo__V1__Model *out = jk_present_model_alone(present, slot);
    if (!out) return NULL;
    out->release = jk_present_release(present, jk_book_standing_release(present->book, slot, present->size), false);
    return out->release ? out : NULL;
}
