/* Templates of anybody: the part before the first byte 0x01 is the template, the rest a partial `p` and a text of the view.
 * What compiles renders, and no text of the view comes out with a character that markup gives a meaning to. */
#include "base/check.h"
#include "web/mustache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool partial_of(void *context, struct jk_span name, struct jk_span *out_source)
{
    *out_source = *(struct jk_span *)context;
    return jk_span_equal(name, JK_SPAN("p"));
}

static void check_escaped(struct jk_span text)
{
    struct jk_text out;
    jk_text_init(&out, 0);
    jk_mustache_escape(&out, text);
    JK_CHECK(!out.failed);
    for (size_t i = 0; i < out.len; i++)
        JK_CHECK(!strchr("<>\"'", out.bytes[i]) && (unsigned char)out.bytes[i] != 0x7f);
    JK_CHECK(out.len == 0 || jk_utf8_valid(jk_text_span(&out)));
    jk_text_done(&out);
}

static void render(const struct jk_mustache *compiled, struct jk_span text)
{
    struct jk_arena arena;
    struct jk_text out;
    jk_arena_init(&arena, 1 << 16);
    jk_text_init(&out, 1 << 16);
    struct jk_shown *root = jk_shown_root(&arena), *list = jk_shown_list(root, "l"), *map = jk_shown_map(root, "m");
    jk_shown_text(root, "t", text);
    jk_shown_text(map, "t", text);
    jk_shown_string(list, NULL, "1");
    jk_shown_string(jk_shown_map(list, NULL), "t", "2");
    JK_CHECK(jk_mustache_render(compiled, root, &out) == !out.failed);
    jk_text_done(&out);
    jk_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span rest = {(const char *)data, size < 4096 ? size : 4096}, source;
    struct jk_error error;
    struct jk_mustache *compiled;
    jk_error_init(&error, NULL);
    (void)jk_span_cut(&rest, 1, &source);
    check_escaped(rest);
    if (jk_mustache_compile("fuzzed", source, partial_of, &rest, &compiled, &error) != JK_OK) return 0;
    render(compiled, rest);
    jk_mustache_free(compiled);
    return 0;
}
