/* The Hub's record of a model, a configuration, and a list of files, all from anybody: read or refused, within their
 * limits, and whatever is declared from them is one of the relations. */
#include "base/check.h"
#include "declare/config.h"
#include "declare/declaration.h"
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
    jk_arena_done(&arena);
    return 0;
}
