/* GGUF metadata from anybody: every text that is kept lies within the bytes given and is UTF-8. */
#include "base/check.h"
#include "base/text.h"
#include "declare/gguf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct jk_span text, struct jk_span whole)
{
    JK_CHECK(text.len == 0 || (text.at >= whole.at && text.at + text.len <= whole.at + whole.len));
    JK_CHECK(jk_utf8_valid(text));
}

static void check_parents(const struct jk_gguf *gguf)
{
    struct jk_arena arena;
    jk_arena_init(&arena, 1u << 20);
    struct jk_doubts doubts = {.arena = &arena};
    struct jk_names names = {0};
    jk_gguf_parents(gguf, &doubts, &names);
    JK_CHECK(names.count <= JK_GGUF_BASES_MAX);
    jk_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span whole = {(const char *)data, size};
    struct jk_error error;
    struct jk_gguf gguf;
    jk_error_init(&error, NULL);
    enum jk_status status = jk_gguf_parse(whole, &gguf, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    if (status != JK_OK) return 0;
    check_inside(gguf.name, whole);
    check_inside(gguf.license, whole);
    check_inside(gguf.source_repository, whole);
    for (size_t i = 0; i < JK_GGUF_BASES_MAX; i++) {
        check_inside(gguf.bases[i].repo_url, whole);
        check_inside(gguf.bases[i].organization, whole);
    }
    check_parents(&gguf);
    return 0;
}
