/* The Hub's record of a model, a configuration, and a list of files, all from anybody: read or refused, within their
 * limits, and whatever is declared from them is one of the relations. */
#include "base/check.h"
#include "declare/config.h"
#include "declare/declaration.h"
#include "declare/json.h"
#include "declare/licensing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void declare(struct jk_span record, struct jk_arena *arena)
{
    struct jk_sources *sources = jk_arena_alloc(arena, sizeof *sources);
    struct jk_declaration *declaration = jk_arena_zalloc(arena, 1, sizeof *declaration);
    struct jk_file file = {.name = JK_SPAN("config.json"), .bytes = record};
    struct jk_files files = {&file, 1};
    struct jk_given given = {0};
    struct jk_licensing licensing;
    struct jk_error mistakes;
    jk_error_init(&mistakes, arena);
    jk_gather(&files, record, arena, sources, &mistakes);
    declaration->notes.arena = arena;
    jk_declaration_fill(declaration, &given, sources, &mistakes);
    jk_declaration_relate(declaration, &given, sources, &mistakes);
    JK_CHECK(declaration->relation > JK_RELATION_NONE && declaration->relation < JK_RELATION_COUNT);
    JK_CHECK(declaration->parents.count <= JK_PARENTS_MAX);
    (void)jk_declaration_missing_parents(declaration, sources);
    jk_licensing_of(sources, NULL, 0, &declaration->notes, &licensing);
    JK_CHECK(declaration->notes.count <= JK_DOUBTS_MAX);
}

/* A record that is parsed already is read as its bytes are. */
static void read_parsed(struct jk_span record, struct jk_arena *arena)
{
    struct jk_sources *of_bytes = jk_arena_alloc(arena, sizeof *of_bytes);
    struct jk_sources *of_tree = jk_arena_alloc(arena, sizeof *of_tree);
    struct jk_files none = {NULL, 0};
    struct jk_error mistakes;
    jk_error_init(&mistakes, arena);
    json_t *root = jk_declared_json(record, "hub_model", &mistakes);
    if (!root) return;
    jk_gather(&none, record, arena, of_bytes, &mistakes);
    jk_gather_hub(root, &none, arena, of_tree, &mistakes);
    json_decref(root);
    JK_CHECK(jk_span_equal(of_bytes->hub.id, of_tree->hub.id) && of_bytes->has_card == of_tree->has_card);
    JK_CHECK(of_bytes->hub.parents.count == of_tree->hub.parents.count);
    JK_CHECK(of_bytes->hub.card.parents.count == of_tree->hub.card.parents.count);
    JK_CHECK(jk_span_equal(of_bytes->hub.card.relation, of_tree->hub.card.relation));
    JK_CHECK(of_bytes->hub.files.count == of_tree->hub.files.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_arena arena;
    struct jk_error error;
    struct jk_hub *hub;
    struct jk_span text = {(const char *)data, size};
    jk_arena_init(&arena, 64u << 20);
    jk_error_init(&error, &arena);
    hub = jk_arena_zalloc(&arena, 1, sizeof *hub);
    enum jk_status status = jk_hub_parse(text, &arena, hub, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    if (status == JK_OK) JK_CHECK(hub->files.count <= JK_FILES_MAX);
    (void)jk_config_is_packed(text);
    if (size > 0) declare(text, &arena);
    if (size > 0) read_parsed(text, &arena);
    jk_arena_done(&arena);
    return 0;
}
