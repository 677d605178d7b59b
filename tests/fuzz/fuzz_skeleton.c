/* Skeletons of whatever is written: within their room, of their alphabet only, the same in any case and with
 * anything dropped anywhere, and their own skeletons; a trunk is the beginning of the whole. */
#include "base/check.h"
#include "base/defer.h"
#include "domain/skeleton.h"
#include "domain/upstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_alphabet(const char *skeleton, size_t len)
{
    JK_CHECK(len <= JK_SKELETON_MAX);
    for (size_t i = 0; i < len; i++) {
        char c = skeleton[i];
        JK_CHECK((c >= 'a' && c <= 'z' && c != 'i' && c != 'm' && c != 'w') || (c >= '2' && c <= '9' && c != '5'));
    }
}

/* Upper case, and after each letter something that is dropped and separates nothing. */
static void check_spelling(struct jk_span text, const struct jk_skeletons *skeletons)
{
    char spelled[JK_LABEL_MAX];
    struct jk_skeletons again;
    size_t len = 0;
    if (text.len > JK_LABEL_MAX / 2) return;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        spelled[len++] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
        spelled[len++] = '+';
    }
    jk_skeletons_make((struct jk_span){spelled, len}, &again);
    JK_CHECK(again.whole_len == skeletons->whole_len && memcmp(again.whole, skeletons->whole, again.whole_len) == 0);
    JK_CHECK(again.trunk_len == skeletons->trunk_len && memcmp(again.trunk, skeletons->trunk, again.trunk_len) == 0);
}

static void check_again(const struct jk_skeletons *skeletons)
{
    struct jk_skeletons again;
    if (skeletons->whole_len > JK_LABEL_MAX) return;
    jk_skeletons_make((struct jk_span){skeletons->whole, skeletons->whole_len}, &again);
    JK_CHECK(again.whole_len == skeletons->whole_len && memcmp(again.whole, skeletons->whole, again.whole_len) == 0);
    JK_CHECK(again.trunk_len == again.whole_len); /* no separator is left to cut at */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_skeletons skeletons;
    struct jk_span text = {(const char *)data, size};
    jk_skeletons_make(text, &skeletons);
    check_alphabet(skeletons.whole, skeletons.whole_len);
    check_alphabet(skeletons.trunk, skeletons.trunk_len);
    JK_CHECK(!skeletons.whole_len == !skeletons.trunk_len && skeletons.trunk_len <= skeletons.whole_len);
    JK_CHECK(memcmp(skeletons.whole, skeletons.trunk, skeletons.trunk_len) == 0);
    JK_CHECK(jk_skeletons_alike(&skeletons, &skeletons) == (skeletons.whole_len > 0));
    if (!skeletons.whole_len) return 0;
    check_spelling(text, &skeletons);
    check_again(&skeletons);
    struct jk_span like = jk_upstream_alike(text);
    if (like.len) JK_CHECK(jk_upstream_alike(like).at == like.at);
    return 0;
}
