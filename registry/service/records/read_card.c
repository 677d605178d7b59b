/* ReadCard: what a model's files declare, using the readers that `jokbo register` has, and checked against the book.
 * The call takes a place on the rpc thread and works on a reader; its memory is separate, and freed with it. */
#include "service/records/read_card.h"

#include <stdio.h>
#include <stdlib.h>

#include "declare/declaration.h"
#include "declare/licensing.h"
#include "declare/pin.h"
#include "domain/ident.h"
#include "reply/lookup.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/records/draft.h"
#include "service/records/foreseen.h"
#include "service/records/twin.h"

#define SCRATCH_MAX   (32u << 20)
#define BYTES_MAX     (1u << 20)
#define FILE_NAME_MAX 1024
#define FAMILIES_MAX  256

/* One reader is kept from those without an account, however many addresses they have. */
struct jk_places *jk_reading_places_new(unsigned readers)
{
    const struct jk_shares_limits limits = {.most = 16, .anonymous = readers > 1 ? readers - 1 : 1, .each = 2};
    return jk_places_new(&limits);
}

/* ---- one reading ---- */

struct reading {
    struct jk_call *call;
    unsigned key; /* of its place */
    struct jk_arena arena;
    struct jk_files files;
    struct jk_sources sources;
    struct jk_declaration declaration;
    struct jk_pins pins;
    struct jk_licensing licensing;
    struct jk_error mistakes; /* within the files */
    struct jk_view view;
    Jokbo__V1__Derivative derivative;
    Jokbo__V1__Parent *parents[JK_PARENTS_MAX];
    Jokbo__V1__ReadCardResponse reply;
};

static const Jokbo__V1__ReadCardRequest *request_of(const struct reading *reading)
{
    return (const void *)reading->call->request;
}

/* ---- the request's limits ---- */

static void check_path(struct jk_error *error, const char *field, struct jk_span path)
{
    const char *why = NULL;
    char shown[128];
    jk_text_shorten(path, shown, sizeof shown);
    if (path.len == 0)
        why = "is empty: the path within the model's folder is needed";
    else if (path.len > FILE_NAME_MAX)
        why = "is longer than 1,024 bytes";
    else if (path.at[0] == '/')
        why = "must not begin with \"/\": give the path within the model's folder";
    if (why) jk_error_field(error, field, "\"%s\" %s", shown, why);
}

static void check_content(struct jk_error *error, const char *field, const Jokbo__V1__DeclaredFile *file)
{
    struct jk_digest said;
    struct jk_span content = {(const char *)file->content.data, file->content.len};
    bool whole = file->size > 0 && (uint64_t)file->size == content.len;
    jk_from_hex(file->sha256, field, &said, error);
    if (file->size < 0)
        jk_error_field(error, field, "%lld is not a size: 0 or more is needed", (long long)file->size);
    else if (file->size > 0 && content.len > (uint64_t)file->size)
        jk_error_field(error, field, "%zu bytes are sent of a file of %lld", content.len, (long long)file->size);
    else if (whole && !jk_digest_is_zero(&said)) {
        struct jk_digest here = jk_digest_of(content);
        if (!jk_digest_equal(&said, &here)) jk_error_field(error, field, "the content does not have this SHA-256");
    }
}

static int compare_file_names(const void *a, const void *b)
{
    return jk_span_compare(((const struct jk_file *)a)->name, ((const struct jk_file *)b)->name);
}

static void check_doubles(struct reading *reading, struct jk_error *error)
{
    qsort(reading->files.items, reading->files.count, sizeof *reading->files.items, compare_file_names);
    for (size_t i = 1; i < reading->files.count; i++) {
        char shown[128];
        if (!jk_span_equal(reading->files.items[i].name, reading->files.items[i - 1].name)) continue;
        jk_text_shorten(reading->files.items[i].name, shown, sizeof shown);
        jk_error_field(error, "files", "\"%s\" is named twice: name each file once", shown);
        return;
    }
}

static void take_file(struct reading *reading, size_t i, size_t *total, struct jk_error *error)
{
    const Jokbo__V1__DeclaredFile *file = request_of(reading)->files[i];
    char field[48];
    snprintf(field, sizeof field, "files[%zu].path", i);
    check_path(error, field, jk_span_of(file->path));
    snprintf(field, sizeof field, "files[%zu]", i);
    check_content(error, field, file);
    *total += file->content.len;
    /* Of weights no more is read than `jokbo register` reads, whatever is sent: both say the same. */
    enum jk_file_kind kind = jk_file_kind(jk_span_of(file->path));
    bool head = kind == JK_FILE_GGUF || kind == JK_FILE_WEIGHTS;
    size_t len = head && file->content.len > JK_FILES_HEAD_MAX ? JK_FILES_HEAD_MAX : file->content.len;
    reading->files.items[i] = (struct jk_file){
        .name = jk_span_of(file->path),
        .size = (uint64_t)file->size,
        .bytes = len > 0 ? (struct jk_span){(const char *)file->content.data, len} : (struct jk_span){0},
        .whole = file->size > 0 && (uint64_t)file->size == len};
}

static enum jk_status take_request(struct reading *reading)
{
    const Jokbo__V1__ReadCardRequest *request = request_of(reading);
    struct jk_error *error = &reading->call->error;
    size_t total = request->hub_model.len;
    if (request->n_files > JK_FILES_MAX) {
        jk_error_field(error, "files", "%zu are named; 10,000 is the most", request->n_files);
        return jk_error_result(error);
    }
    reading->files.items = jk_arena_zalloc(&reading->arena, request->n_files + 1, sizeof *reading->files.items);
    if (!reading->files.items) return jk_out_of_memory(error);
    for (size_t i = 0; i < request->n_files; i++)
        take_file(reading, i, &total, error);
    reading->files.count = request->n_files;
    check_doubles(reading, error);
    if (total > BYTES_MAX)
        jk_error_field(
            error, "files",
            "%zu bytes are sent in total; at most 1,048,576 are allowed: the first 256 KiB of weights are enough",
            total);
    return jk_error_result(error);
}

/* ---- what is registered ---- */

static struct jk_present present_of(struct reading *reading)
{
    struct jk_directory *directory = jk_store_directory(jk_store_of(reading->call));
    return (struct jk_present){reading->view.book, directory, reading->view.size, &reading->arena};
}

static enum jk_status find_registered(void *context, const char *name, const Jokbo__V1__Model **out_model)
{
    struct reading *reading = context;
    struct jk_present present = present_of(reading);
    struct jk_span span = jk_span_of(name);
    uint32_t model = jk_book_find_model(present.book, span, present.size);
    *out_model = NULL;
    if (model == JK_NONE) return JK_OK;
    Jokbo__V1__Model *found = jk_present_model(&present, model);
    if (!found) return jk_out_of_memory(&reading->call->error);
    found->meant_by_hub_name =
        jk_twin_is_meant(present.book, present.directory, span, reading->call->principal.account, present.size);
    *out_model = found;
    return JK_OK;
}

static enum jk_status find_release(void *context, const char *name, Jokbo__V1__Release **out_release)
{
    struct reading *reading = context;
    struct jk_present present = present_of(reading);
    struct jk_span model_name, version;
    jk_split_version(jk_span_of(name), &model_name, &version);
    uint32_t model = jk_book_find_model(present.book, model_name, present.size);
    uint32_t release = model == JK_NONE ? JK_NONE : jk_book_find_version(present.book, model, version, present.size);
    *out_release = NULL;
    if (release == JK_NONE) return JK_OK;
    *out_release = jk_present_release(&present, release, false);
    return *out_release ? JK_OK : jk_out_of_memory(&reading->call->error);
}

/* ---- from files to a derivative ---- */

static enum jk_status pin(struct reading *reading)
{
    struct jk_registered registered = {reading, &reading->arena, &reading->call->error, find_registered, find_release};
    struct jk_declaration *declaration = &reading->declaration;
    JK_TRY(jk_pin_parents(&registered, &declaration->parents, false, declaration->name, &reading->pins,
                          &reading->mistakes));
    for (size_t i = 0; i < reading->pins.count; i++)
        if (reading->pins.items[i].note) jk_doubts_add(&declaration->notes, "%s", reading->pins.items[i].note);
    return JK_OK;
}

static void build(struct reading *reading, struct jk_span license)
{
    const struct jk_declaration *declaration = &reading->declaration;
    Jokbo__V1__Derivative *derivative = &reading->derivative;
    jokbo__v1__derivative__init(derivative);
    derivative->name = jk_to_string(&reading->arena, declaration->name);
    derivative->version = jk_to_string(&reading->arena, declaration->version);
    derivative->relation = jk_to_relation(declaration->relation);
    derivative->license = jk_to_string(&reading->arena, license);
    for (size_t i = 0; i < reading->pins.count; i++)
        reading->parents[i] = reading->pins.items[i].parent;
    derivative->parents = reading->parents;
    derivative->n_parents = reading->pins.count;
}

/* What the registry would find wrong, as if somebody registered it. */
static void ask_registry(struct reading *reading)
{
    struct jk_draft *draft = jk_arena_zalloc(&reading->arena, 1, sizeof *draft);
    struct jk_directory *directory = jk_store_directory(jk_store_of(reading->call));
    struct jk_error found;
    if (!draft) return;
    jk_error_init(&found, &reading->arena);
    jk_draft_read(&reading->derivative, "derivative.", &reading->arena, draft, &found);
    jk_draft_note_mistakes(draft, false, &reading->view, directory, &reading->arena, &found);
    if (!jk_error_is_set(&found) && reading->pins.count > 0 && reading->reply.n_roots == 0)
        jk_draft_note_dead_ends(draft, &reading->view, directory, &reading->arena, &found);
    jk_declaration_add_faults(&reading->declaration, &reading->sources, &found, &reading->mistakes);
}

/* ---- with the log's view, in which no writer gets on: without what needs no book ---- */

static enum jk_status pin_in_view(struct reading *reading)
{
    jk_store_view(jk_store_of(reading->call), &reading->view);
    enum jk_status status = pin(reading);
    jk_store_view_end(jk_store_of(reading->call));
    return status;
}

/* Of the size at which the parents were pinned. */
static void foresee_in_view(struct reading *reading)
{
    struct jk_store *store = jk_store_of(reading->call);
    uint32_t size = reading->view.size;
    jk_store_view(store, &reading->view);
    reading->view.size = size;
    struct jk_present present = present_of(reading);
    jk_foreseen_tell(&present, jk_store_clock_us(store), &reading->pins, &reading->derivative, &reading->reply);
    ask_registry(reading);
    jk_store_view_end(store);
}

/* ---- the reply ---- */

static void add_card_value(struct reading *reading, const char *field, const char *value, const char *source)
{
    Jokbo__V1__DeclaredValue *out = JK_MESSAGE(&reading->arena, Jokbo__V1__DeclaredValue, jokbo__v1__declared_value);
    if (!out) return;
    out->field = (char *)(uintptr_t)field;
    out->value = (char *)(uintptr_t)value;
    out->source = (char *)(uintptr_t)source;
    reading->reply.values[reading->reply.n_values++] = out;
}

static void tell_values(struct reading *reading)
{
    const struct jk_declaration *declaration = &reading->declaration;
    const Jokbo__V1__Derivative *derivative = &reading->derivative;
    reading->reply.values = (Jokbo__V1__DeclaredValue **)jk_pointers(&reading->arena, 5);
    if (!reading->reply.values) return;
    add_card_value(reading, "name", derivative->name, declaration->name_from);
    add_card_value(reading, "version", derivative->version, declaration->version_from);
    add_card_value(reading, "relation", jk_relation_text(declaration->relation), declaration->relation_from);
    const char *parents = "";
    for (size_t i = 0; i < reading->pins.count && parents; i++)
        parents =
            jk_arena_printf(&reading->arena, "%s%s%s", parents, *parents ? ", " : "", reading->pins.items[i].shown);
    add_card_value(reading, "parents", parents ? parents : "", declaration->parents_from);
    add_card_value(reading, "license", derivative->license,
                   reading->licensing.from[0] ? reading->licensing.from : "default");
}

static void tell_faults(struct reading *reading)
{
    const struct jk_error *mistakes = &reading->mistakes;
    size_t count = mistakes->violation_count < JK_ERROR_VIOLATIONS ? mistakes->violation_count : JK_ERROR_VIOLATIONS;
    reading->reply.faults = (Jokbo__V1__DeclaredFault **)jk_pointers(&reading->arena, count);
    for (size_t i = 0; i < count && reading->reply.faults; i++) {
        Jokbo__V1__DeclaredFault *fault =
            JK_MESSAGE(&reading->arena, Jokbo__V1__DeclaredFault, jokbo__v1__declared_fault);
        if (!fault) return;
        fault->field = (char *)(uintptr_t)mistakes->violations[i].field;
        fault->rule = (char *)(uintptr_t)mistakes->violations[i].rule;
        reading->reply.faults[reading->reply.n_faults++] = fault;
    }
}

static enum jk_status read_card_files(struct reading *reading)
{
    const Jokbo__V1__ReadCardRequest *request = request_of(reading);
    struct jk_given given = {.name = *request->name ? request->name : NULL, .name_from = "request"};
    JK_TRY(take_request(reading));
    struct jk_span hub_model = {(const char *)request->hub_model.data, request->hub_model.len};
    jk_error_init(&reading->mistakes, &reading->arena);
    jokbo__v1__read_card_response__init(&reading->reply);
    jk_gather(&reading->files, hub_model, &reading->arena, &reading->sources, &reading->mistakes);
    struct jk_declaration *declaration = &reading->declaration;
    declaration->notes.arena = &reading->arena;
    jk_declaration_fill(declaration, &given, &reading->sources, &reading->mistakes);
    if (declaration->name.len == 0) jk_error_field(&reading->mistakes, "name", "missing: publisher/model is needed");
    const char *missing =
        declaration->parents.count == 0 ? jk_declaration_missing_parents(declaration, &reading->sources) : NULL;
    if (missing) jk_error_field(&reading->mistakes, "parents", "%s", missing);
    jk_declaration_relate(declaration, &given, &reading->sources, &reading->mistakes);
    JK_TRY(pin_in_view(reading));
    struct jk_span families[FAMILIES_MAX];
    size_t count = jk_pin_families(&reading->pins, families, FAMILIES_MAX);
    jk_licensing_of(&reading->sources, families, count, &reading->declaration.notes, &reading->licensing);
    build(reading, jk_licensing_stored(&reading->licensing, &reading->sources, &reading->declaration.notes));
    foresee_in_view(reading);
    if (jk_error_is_set(&reading->mistakes)) jk_licensing_check(&reading->licensing, &reading->mistakes);
    reading->reply.derivative = &reading->derivative;
    reading->reply.notes = (char **)(uintptr_t)reading->declaration.notes.items;
    reading->reply.n_notes = reading->declaration.notes.count;
    tell_values(reading);
    tell_faults(reading);
    reading->reply.log_size = reading->view.size;
    return reading->arena.exhausted ? jk_out_of_memory(&reading->call->error) : JK_OK;
}

static void work_on_card(struct jk_call *call)
{
    struct reading *reading = call->state;
    jk_call_answer(call, read_card_files(reading), &reading->reply.base);
}

/* ---- places ---- */

static void leave(struct jk_call *call)
{
    struct reading *reading = call->state;
    jk_arena_done(&reading->arena);
    jk_places_leave(jk_services_of(call)->readings, reading->key);
}

void jk_read_card(struct jk_call *call)
{
    struct reading *reading = jk_arena_zalloc(&call->arena, 1, sizeof *reading);
    if (!reading) {
        (void)jk_out_of_memory(&call->error);
        jk_call_fail(call);
        return;
    }
    reading->call = call;
    if (jk_places_take(jk_services_of(call)->readings, call, "TOO_MANY_READINGS", "cards are being read", &reading->key,
                       &call->error) != JK_OK) {
        jk_call_fail(call);
        return;
    }
    jk_arena_init(&reading->arena, SCRATCH_MAX);
    call->state = reading;
    call->release = leave;
    jk_call_on_reader(call, work_on_card);
}
