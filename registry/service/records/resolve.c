/* What only the book knows of a declared release: its parents' hashes, doubles, cycles, how much lies above it, and a
 * path to a base model. */
#include "book/book_ask.h"
#include "domain/ident.h"
#include "reply/lookup.h"
#include "service/records/draft.h"
#include "service/records/twin.h"

/* Whoever asks what lies above a release looks at all of it: here, at every write about it, and in every standing. Far
 * more than any model is made of; what was written before it was so holds. */
#define LINEAGE_LINKS 8192u

struct work {
    const struct jk_draft *draft;
    const struct jk_book *book;
    struct jk_directory *directory;
    uint32_t n;
    uint32_t model; /* JK_NONE for a new one */
    struct jk_span name;
    struct jk_arena *arena;
    struct jk_error *error;
    struct jk_statement *statement;
    struct jk_parent *parents; /* those that the book knows … */
    size_t *declared;          /* … and which of the draft's each is */
    uint32_t parent_count;
    bool waits; /* for an earlier item of the batch, which does not exist */
};

static const char *parent_path(const struct work *work, size_t i, const char *name)
{
    const char *path = jk_arena_printf(work->arena, "%sparents[%zu].%s", work->draft->prefix, i, name);
    return path ? path : name;
}

static bool is_earlier_item(const struct jk_draft *draft, struct jk_span name)
{
    for (size_t i = 1; i <= draft->earlier; i++)
        if (jk_span_equal_fold((draft - i)->name, name)) return true;
    return false;
}

/* The release that a declared parent means; JK_NONE with a violation. */
static uint32_t find_parent_release(struct work *work, size_t i)
{
    const struct jk_draft_parent *parent = &work->draft->parents[i];
    const struct jk_book *book = work->book;
    char shown[JK_NAME_MAX + 1];
    jk_text_shorten(parent->name, shown, sizeof shown);
    uint32_t model = jk_book_find_model(book, parent->name, work->n);
    if (model == JK_NONE && is_earlier_item(work->draft, parent->name)) {
        work->waits = true;
        return JK_NONE;
    }
    if (model == JK_NONE) {
        const char *near = jk_nearest_names(book, work->n, parent->name, work->arena);
        jk_error_field(work->error, parent_path(work, i, "registered.name"), "\"%s\" is not registered%s%s%s", shown,
                       *near ? "; near to it: " : "", near, *near ? "" : "; name it as an external parent, host/id");
        return JK_NONE;
    }
    if (parent->version.len) {
        uint32_t release = jk_book_find_version(book, model, parent->version, work->n);
        if (release == JK_NONE)
            jk_error_field(work->error, parent_path(work, i, "registered.name"), "\"%s\" has no release \"%.*s\"",
                           shown, JK_SPAN_ARG(parent->version));
        return release;
    }
    uint32_t release = jk_digest_is_zero(&parent->hash) ? JK_NONE : jk_book_find_release(book, &parent->hash, work->n);
    if (release != JK_NONE && jk_book_release(book, release)->model == model) return release;
    release = jk_book_deciding(book, model, work->n);
    if (release == JK_NONE)
        jk_error_field(work->error, parent_path(work, i, "registered.name"), "\"%s\" has no release that is not yanked",
                       shown);
    return release;
}

static void add_known_parent(struct work *work, size_t i, struct jk_parent parent)
{
    work->declared[work->parent_count] = i;
    work->parents[work->parent_count++] = parent;
}

static void resolve_registered(struct work *work, size_t i)
{
    const struct jk_draft_parent *parent = &work->draft->parents[i];
    const struct jk_book *book = work->book;
    if (jk_span_equal_fold(parent->name, work->name)) {
        jk_error_field(work->error, parent_path(work, i, "registered.name"),
                       "\"%.*s\" is the model itself; a model is not its own parent", JK_SPAN_ARG(parent->name));
        return;
    }
    uint32_t slot = find_parent_release(work, i);
    if (slot == JK_NONE) return;
    const struct jk_release *release = jk_book_release(book, slot);
    if (!jk_digest_is_zero(&parent->hash) && !jk_digest_equal(&parent->hash, &release->hash)) {
        char hex[JK_DIGEST_HEX + 1];
        jk_digest_hex(&release->hash, hex);
        jk_error_field(work->error, parent_path(work, i, "registered.lineage_hash"),
                       "is not that of \"%.*s@%.*s\", which is %s; resolve the parent again", JK_SPAN_ARG(parent->name),
                       JK_SPAN_ARG(release->version), hex);
        return;
    }
    work->statement->parents[i] = (struct jk_parent_line){
        .hash = release->hash, .name = jk_book_alias(book, release->model, work->n)->name, .version = release->version};
    add_known_parent(work, i, (struct jk_parent){.slot = slot});
}

/* The part of an external's name that may be publisher/model: without the Hub's host, or all of it. */
static struct jk_span hub_part(struct jk_span external)
{
    struct jk_span hub = JK_SPAN("huggingface.co/");
    if (!jk_span_starts_fold(external, hub)) return external;
    return (struct jk_span){external.at + hub.len, external.len - hub.len};
}

static bool is_itself_on_hub(const struct work *work, struct jk_span external)
{
    struct jk_span part = hub_part(external);
    return part.len < external.len && jk_span_equal_fold(part, work->name);
}

/* False with a violation: the name is proven to stand for a model of this registry. What an earlier release pinned
 * stays pinned. */
static bool is_outside(struct work *work, size_t i)
{
    const struct jk_draft_parent *parent = &work->draft->parents[i];
    if (parent->inherited) return true;
    if (is_itself_on_hub(work, parent->name)) {
        jk_error_field(work->error, parent_path(work, i, "external.name"),
                       "\"%.*s\" is the model itself; a model is not its own parent", JK_SPAN_ARG(parent->name));
        return false;
    }
    uint32_t twin = jk_twin_find(work->book, parent->name, work->n);
    if (twin == JK_NONE || !jk_twin_is_proven(work->book, hub_part(parent->name), work->n)) return true;
    struct jk_span name = jk_book_alias(work->book, twin, work->n)->name;
    jk_error_field(work->error, parent_path(work, i, "external.name"),
                   "\"%.*s\" is registered here: name it as the registered parent %.*s", JK_SPAN_ARG(parent->name),
                   JK_SPAN_ARG(name));
    return false;
}

static void resolve_external(struct work *work, size_t i)
{
    const struct jk_draft_parent *parent = &work->draft->parents[i];
    if (!is_outside(work, i)) return;
    uint32_t slot = jk_book_find_external(work->book, parent->name, work->n);
    work->statement->parents[i] = (struct jk_parent_line){.hash = jk_external_hash(parent->name, parent->version),
                                                          .external = true,
                                                          .name = parent->name,
                                                          .version = parent->version};
    if (slot != JK_NONE) add_known_parent(work, i, (struct jk_parent){.external = true, .slot = slot});
}

/* ---- what lies above ---- */

/* One of the parents that the book knows. */
static void check_cycle(struct work *work, uint32_t known)
{
    const struct jk_parent *parent = &work->parents[known];
    size_t i = work->declared[known];
    struct jk_span name = work->draft->parents[i].name;
    if (!jk_book_parents_descend(work->book, parent, 1, work->model, work->n)) return;
    if (parent->external)
        jk_error_field(work->error, parent_path(work, i, "external.name"),
                       "\"%.*s\" descends from the model itself; lineage has no cycles", JK_SPAN_ARG(name));
    else if (jk_book_release(work->book, parent->slot)->model == work->model)
        jk_error_field(work->error, parent_path(work, i, "registered.name"),
                       "\"%.*s\" is the model itself; a model is not its own parent", JK_SPAN_ARG(name));
    else
        jk_error_field(
            work->error, parent_path(work, i, "registered.name"),
            "\"%.*s\" descends from the model itself; lineage has no cycles: name the parent that it was made from",
            JK_SPAN_ARG(name));
}

/* All parents are climbed from together; only where one does close a cycle, again for each, to say which. */
static void check_lineage(struct work *work)
{
    const struct jk_book *book = work->book;
    if (jk_book_lineage_links(book, work->parents, work->parent_count, work->n, LINEAGE_LINKS) > LINEAGE_LINKS) {
        const char *path = jk_arena_printf(work->arena, "%sparents", work->draft->prefix);
        if (path)
            jk_error_field(work->error, path, "have more than %u parents above them, all together: name fewer of them",
                           LINEAGE_LINKS);
        return;
    }
    if (work->model == JK_NONE ||
        !jk_book_parents_descend(book, work->parents, work->parent_count, work->model, work->n))
        return;
    for (uint32_t known = 0; known < work->parent_count; known++)
        check_cycle(work, known);
}

/* The same release, or the same external ignoring case. */
static bool is_same_parent(const struct jk_parent_line *a, const struct jk_parent_line *b)
{
    if (jk_digest_is_zero(&a->hash) || a->external != b->external) return false;
    if (!a->external) return jk_digest_equal(&a->hash, &b->hash);
    return jk_span_equal_fold(a->name, b->name) && jk_span_equal(a->version, b->version);
}

static void check_doubles(struct work *work)
{
    for (size_t i = 0; i < work->draft->parent_count; i++)
        for (size_t k = 0; k < i; k++)
            if (is_same_parent(&work->statement->parents[i], &work->statement->parents[k])) {
                jk_error_field(work->error, parent_path(work, i, "kind"),
                               "\"%.*s\" is the same parent as parents[%zu]; name each once",
                               JK_SPAN_ARG(work->draft->parents[i].name), k);
                break;
            }
}

/* What the interface requires of a derivative and of a base model's release. */
static void check_kind(struct work *work, bool needs_path)
{
    const char *prefix = work->draft->prefix;
    const char *relation = jk_arena_printf(work->arena, "%srelation", prefix);
    const char *parents = jk_arena_printf(work->arena, "%sparents", prefix);
    if (!relation || !parents) return;
    if (needs_path && work->draft->relation == JK_RELATION_NONE)
        jk_error_field(
            work->error, relation,
            "is empty: say how it was made (finetune, adapter, quantized, merge, distill, convert, prune, draft)");
    if (needs_path && !work->draft->parent_count)
        jk_error_field(work->error, parents, "is empty: name at least one model that it was made from");
    if (!needs_path && (work->draft->parent_count > 0) != (work->draft->relation != JK_RELATION_NONE))
        jk_error_field(work->error, parents, "and relation go together: a base model's release has neither");
}

static void check_manifest(struct work *work)
{
    struct jk_blob_facts blob;
    char hex[JK_DIGEST_HEX + 1] = "none";
    if (jk_digest_is_zero(&work->draft->artifact)) return;
    if (!jk_directory_blob_stored(work->directory, &work->draft->artifact, &blob) || blob.kind != JK_BLOB_KIND_MANIFEST)
        return;
    if (jk_digest_equal(&blob.weights, &work->draft->weights)) return;
    const char *path = jk_arena_printf(work->arena, "%sweights_sha256", work->draft->prefix);
    if (!jk_digest_is_zero(&blob.weights)) jk_digest_hex(&blob.weights, hex);
    if (path) jk_error_field(work->error, path, "contradicts the uploaded manifest, whose weights digest is %s", hex);
}

/* A parent that leads nowhere, with suggestions. */
static void tell_no_path(struct work *work, size_t i)
{
    const struct jk_draft_parent *parent = &work->draft->parents[i];
    const char *field = parent_path(work, i, parent->external ? "external.name" : "registered.name"), *notice = NULL;
    if (parent->external) notice = jk_twin_notice(work->book, parent->name, work->n, work->arena);
    if (notice) {
        jk_error_field(work->error, field, "\"%.*s\" leads to no base model: %s", JK_SPAN_ARG(parent->name), notice);
        return;
    }
    struct jk_span name = parent->external ? hub_part(parent->name) : parent->name;
    const char *near = jk_nearest_names(work->book, work->n, name, work->arena);
    jk_error_field(work->error, field, "\"%.*s\" leads to no base model%s%s", JK_SPAN_ARG(parent->name),
                   *near ? "; nearest registered: " : "", near);
}

/* No parent leads to a base model: says which, with suggestions. */
static enum jk_status fail_no_path(struct work *work)
{
    struct jk_error *error = work->error;
    enum jk_status status =
        jk_fail(error, JK_FAILED_PRECONDITION, "NO_PATH_TO_BASE",
                "No parent leads to a base model on the roster, so this is no derivative of a K-AI model");
    for (size_t i = 0; i < work->draft->parent_count; i++)
        tell_no_path(work, i);
    return status;
}

static enum jk_status write_statement(struct work *work, struct jk_resolved *out)
{
    struct jk_text text;
    jk_text_init(&text, JK_STATEMENT_MAX);
    jk_statement_write(&out->statement, &text);
    char *copy = text.failed ? NULL : jk_arena_copy(work->arena, text.bytes, text.len);
    out->text = (struct jk_span){copy, text.len};
    jk_text_done(&text);
    if (!copy) return jk_out_of_memory(work->error);
    out->hash = jk_statement_hash(out->text);
    return JK_OK;
}

/* Writes what the book knows about every parent into the statement; violations go into the error. */
static void resolve_parents(struct work *work)
{
    for (size_t i = 0; i < work->draft->parent_count; i++)
        if (work->draft->parents[i].faulty)
            continue;
        else if (work->draft->parents[i].external)
            resolve_external(work, i);
        else
            resolve_registered(work, i);
    check_lineage(work);
    check_doubles(work);
    check_manifest(work);
}

void jk_draft_note_mistakes(const struct jk_draft *draft, bool further, const struct jk_view *view,
                            struct jk_directory *directory, struct jk_arena *arena, struct jk_error *error)
{
    struct jk_statement statement = {0};
    struct work work = {.draft = draft,
                        .book = view->book,
                        .directory = directory,
                        .n = view->size,
                        .model = jk_book_find_model(view->book, draft->name, view->size),
                        .name = draft->name,
                        .arena = arena,
                        .error = error,
                        .statement = &statement,
                        .parents = jk_arena_zalloc(arena, draft->parent_count + 1, sizeof(struct jk_parent)),
                        .declared = jk_arena_zalloc(arena, draft->parent_count + 1, sizeof(size_t))};
    if (!work.parents || !work.declared) return;
    if (!further) check_kind(&work, true);
    resolve_parents(&work);
}

void jk_draft_note_dead_ends(const struct jk_draft *draft, const struct jk_view *view, struct jk_directory *directory,
                             struct jk_arena *arena, struct jk_error *error)
{
    struct work work = {
        .draft = draft, .book = view->book, .directory = directory, .n = view->size, .arena = arena, .error = error};
    for (size_t i = 0; i < draft->parent_count; i++)
        tell_no_path(&work, i);
}

enum jk_status jk_draft_resolve(const struct jk_draft *draft, const struct jk_turn *turn, struct jk_span name,
                                uint32_t model, bool needs_path, struct jk_arena *arena,
                                struct jk_resolved *out_resolved, struct jk_error *error)
{
    struct work work = {.draft = draft,
                        .book = turn->book,
                        .directory = turn->directory,
                        .n = jk_book_size(turn->book),
                        .model = model,
                        .name = name,
                        .arena = arena,
                        .error = error,
                        .statement = &out_resolved->statement,
                        .parents = jk_arena_zalloc(arena, draft->parent_count + 1, sizeof(struct jk_parent)),
                        .declared = jk_arena_zalloc(arena, draft->parent_count + 1, sizeof(size_t))};
    if (!work.parents || !work.declared) return jk_out_of_memory(error);
    struct jk_statement *statement = &out_resolved->statement;
    jk_statement_clear(statement, draft->parent_count);
    statement->model = name;
    statement->version = draft->version;
    statement->relation = draft->relation;
    statement->license = draft->license;
    statement->license_text = draft->license_text;
    statement->artifact = draft->artifact;
    statement->weights = draft->weights;
    check_kind(&work, needs_path);
    resolve_parents(&work);
    JK_TRY(jk_error_result(error));
    if (work.waits)
        return jk_fail(error, JK_FAILED_PRECONDITION, JK_EARLIER_ITEM,
                       "A parent is an earlier item, which cannot be registered");
    if (needs_path && !jk_book_leads_to_base(turn->book, work.parents, work.parent_count)) return fail_no_path(&work);
    return write_statement(&work, out_resolved);
}
