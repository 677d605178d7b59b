#include "web/shown.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static struct jk_shown *new_child(struct jk_shown *parent, const char *key, enum jk_shown_kind kind)
{
    if (!parent) return NULL;
    struct jk_shown *node = jk_arena_zalloc(parent->arena, 1, sizeof *node);
    if (!node) return NULL;
    node->arena = parent->arena;
    node->key = key;
    node->key_len = key ? strlen(key) : 0;
    node->kind = kind;
    if (parent->last)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
    return node;
}

struct jk_shown *jk_shown_root(struct jk_arena *arena)
{
    struct jk_shown *root = jk_arena_zalloc(arena, 1, sizeof *root);
    if (!root) return NULL;
    root->arena = arena;
    root->kind = JK_SHOWN_MAP;
    return root;
}

struct jk_shown *jk_shown_map(struct jk_shown *parent, const char *key)
{
    return new_child(parent, key, JK_SHOWN_MAP);
}

struct jk_shown *jk_shown_list(struct jk_shown *parent, const char *key)
{
    return new_child(parent, key, JK_SHOWN_LIST);
}

void jk_shown_text(struct jk_shown *parent, const char *key, struct jk_span text)
{
    struct jk_shown *node = new_child(parent, key, JK_SHOWN_TEXT);
    if (!node) return;
    const char *copy = jk_arena_copy(node->arena, text.at, text.len);
    if (copy) node->text = (struct jk_span){copy, text.len};
}

void jk_shown_printf(struct jk_shown *parent, const char *key, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (len < 0) return;
    jk_shown_text(parent, key, (struct jk_span){text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1});
}

void jk_shown_number(struct jk_shown *parent, const char *key, int64_t number)
{
    char digits[24], text[32];
    int len = snprintf(digits, sizeof digits, "%" PRId64, number);
    size_t out = 0;
    for (int i = 0; i < len; i++) {
        if (i > (digits[0] == '-') && (len - i) % 3 == 0) text[out++] = ',';
        text[out++] = digits[i];
    }
    jk_shown_text(parent, key, (struct jk_span){text, out});
}

void jk_shown_flag(struct jk_shown *parent, const char *key, bool holds)
{
    if (holds) (void)new_child(parent, key, JK_SHOWN_FLAG);
}

const struct jk_shown *jk_shown_find(const struct jk_shown *map, struct jk_span key)
{
    if (map->kind != JK_SHOWN_MAP) return NULL;
    for (const struct jk_shown *child = map->first; child; child = child->next)
        if (child->key_len == key.len && memcmp(child->key, key.at, key.len) == 0) return child;
    return NULL;
}
