/* Gzip unpacked: whole, cut off at every place, with something behind, and far beyond the limit. */
#include "rpc/gunzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <zlib.h>
#include <cmocka.h>

static struct jk_arena arena;

static int set_up(void **state)
{
    (void)state;
    jk_arena_init(&arena, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    jk_arena_done(&arena);
    return 0;
}

/* `size` bytes that repeat after `period`, as gzip; the caller frees it. */
static struct jk_span packed_of(size_t size, unsigned period)
{
    z_stream stream = {0};
    char *plain = malloc(size + 1);
    assert_non_null(plain);
    for (size_t i = 0; i < size; i++)
        plain[i] = (char)(i % period);
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&stream, size);
    unsigned char *packed = malloc(room);
    assert_non_null(packed);
    stream.next_in = (Bytef *)plain;
    stream.avail_in = (uInt)size;
    stream.next_out = packed;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    struct jk_span span = {(char *)packed, stream.total_out};
    deflateEnd(&stream);
    free(plain);
    return span;
}

static enum jk_gunzip unpack(struct jk_span packed, size_t limit, struct jk_span *out_bytes)
{
    jk_arena_reset(&arena);
    return jk_gunzip(packed, limit, &arena, out_bytes);
}

static void whole_messages(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 4000, 16383, 16384, 16385, 100000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct jk_span packed = packed_of(sizes[i], 101), bytes;
        assert_int_equal(unpack(packed, sizes[i], &bytes), JK_GUNZIP_OK);
        assert_int_equal(bytes.len, sizes[i]);
        for (size_t at = 0; at < bytes.len; at++)
            if (bytes.at[at] != (char)(at % 101)) fail_msg("byte %zu of %zu", at, bytes.len);
        if (sizes[i] > 0) assert_int_equal(unpack(packed, sizes[i] - 1, &bytes), JK_GUNZIP_TOO_LARGE);
        free((void *)(uintptr_t)packed.at);
    }
}

static void what_is_not_whole(void **state)
{
    (void)state;
    struct jk_span packed = packed_of(4000, 7), bytes;
    char *longer = malloc(packed.len + 1);
    assert_non_null(longer);
    memcpy(longer, packed.at, packed.len);
    longer[packed.len] = '\0';
    for (size_t len = 0; len < packed.len; len++) {
        char *copy = malloc(len + 1); /* so that a sanitizer sees a read past the end */
        assert_non_null(copy);
        memcpy(copy, packed.at, len);
        assert_int_equal(unpack((struct jk_span){copy, len}, 4000, &bytes), JK_GUNZIP_MALFORMED);
        free(copy);
    }
    assert_int_equal(unpack((struct jk_span){longer, packed.len + 1}, 4000, &bytes), JK_GUNZIP_MALFORMED);
    longer[packed.len - 5] ^= 1; /* the check of its bytes */
    assert_int_equal(unpack((struct jk_span){longer, packed.len}, 4000, &bytes), JK_GUNZIP_MALFORMED);
    assert_int_equal(unpack(JK_SPAN("\x78\x9c\x03\x00\x00\x00\x00\x01"), 4000, &bytes),
                     JK_GUNZIP_MALFORMED); /* zlib's */
    free(longer);
    free((void *)(uintptr_t)packed.at);
}

/* A thousand times its size: refused with nothing of it in memory. */
static void a_bomb_is_refused(void **state)
{
    (void)state;
    struct jk_span packed = packed_of(256u << 20, 1), bytes;
    assert_true(packed.len < 1 << 20);
    assert_int_equal(unpack(packed, 1 << 20, &bytes), JK_GUNZIP_TOO_LARGE);
    assert_int_equal(arena.used, 0);
    free((void *)(uintptr_t)packed.at);
}

static void memory_is_the_arenas(void **state)
{
    (void)state;
    struct jk_span packed = packed_of(2u << 20, 1), bytes;
    assert_int_equal(unpack(packed, 4u << 20, &bytes), JK_GUNZIP_NO_MEMORY);
    assert_true(arena.exhausted);
    free((void *)(uintptr_t)packed.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_messages),
        cmocka_unit_test(what_is_not_whole),
        cmocka_unit_test(a_bomb_is_refused),
        cmocka_unit_test(memory_is_the_arenas),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
