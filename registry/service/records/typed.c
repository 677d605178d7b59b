/* See typed.h. A hundred thousand names are looked at for one text: each is put into lower case once, and then searched. */
#include "service/records/typed.h"

#include <string.h>

#include "base/ascii.h"

struct lowered {
    char text[JK_TYPED_NAME];
    size_t len;
};

/* A word that an earlier one contains says nothing more, and would be looked for in every name. */
static void add_typed_word(struct jk_typed *typed, struct jk_span word)
{
    for (size_t i = 0; i < typed->count; i++)
        if (memmem(typed->words[i].at, typed->words[i].len, word.at, word.len)) return;
    if (word.len > 0) typed->words[typed->count++] = word;
}

bool jk_typed_read(struct jk_span text, const char *between, struct jk_typed *out_typed)
{
    text = jk_span_trim(text);
    out_typed->len = out_typed->count = 0;
    if (text.len == 0 || text.len > JK_TYPED_MAX) return false;
    for (size_t i = 0; i < text.len; i++)
        out_typed->text[out_typed->len++] = jk_ascii_to_lower(text.at[i]);
    out_typed->text[out_typed->len] = '\0';
    for (size_t at = 0, end; at < text.len; at = end + 1) {
        end = at + strcspn(out_typed->text + at, between);
        add_typed_word(out_typed, (struct jk_span){out_typed->text + at, end - at});
    }
    return true;
}

static void lower_name(struct jk_span name, struct lowered *out)
{
    out->len = name.len < sizeof out->text ? name.len : sizeof out->text;
    for (size_t i = 0; i < out->len; i++)
        out->text[i] = jk_ascii_to_lower(name.at[i]);
}

static bool has_words(const struct jk_typed *typed, const struct lowered *name)
{
    for (size_t i = 0; i < typed->count; i++)
        if (!memmem(name->text, name->len, typed->words[i].at, typed->words[i].len)) return false;
    return typed->count > 0;
}

bool jk_typed_has_words(const struct jk_typed *typed, struct jk_span name)
{
    struct lowered lower;
    lower_name(name, &lower);
    return has_words(typed, &lower);
}

enum jk_typed_rank jk_typed_rank(const struct jk_typed *typed, struct jk_span name)
{
    struct lowered lower;
    lower_name(name, &lower);
    const char *found = memmem(lower.text, lower.len, typed->text, typed->len);
    if (!found) return has_words(typed, &lower) ? JK_TYPED_WORDS : JK_TYPED_NOT;
    if (found == lower.text) return JK_TYPED_BEGINS;
    const char *slash = memchr(lower.text, '/', lower.len);
    size_t rest = slash ? lower.len - (size_t)(slash + 1 - lower.text) : 0;
    bool begins = rest >= typed->len && memcmp(slash + 1, typed->text, typed->len) == 0;
    return begins ? JK_TYPED_BEGINS : JK_TYPED_CONTAINS;
}
