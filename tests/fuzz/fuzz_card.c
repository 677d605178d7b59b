/* Model cards from anybody: what is read keeps its limits, and every name in it lies within the text's own characters;
 * what is inferred from it is one of the relations. */
#include "base/check.h"
#include "base/text.h"
#include "declare/card.h"
#include "declare/infer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_parents(const struct jk_names *names, struct jk_arena *arena)
{
    JK_CHECK(names->count <= JK_PARENTS_MAX && names->dropped == 0);
    for (size_t i = 0; i < names->count; i++) {
        struct jk_parent_text parent;
        JK_CHECK(names->items[i].len > 0 && jk_utf8_valid(names->items[i]));
        if (!jk_parents_read(names->items[i], arena, &parent)) JK_CHECK(parent.name.len > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_arena arena;
    struct jk_error error;
    struct jk_card card;
    jk_arena_init(&arena, 64u << 20);
    jk_error_init(&error, &arena);
    enum jk_status status = jk_card_parse((struct jk_span){(const char *)data, size}, &arena, &card, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    if (status == JK_OK) {
        JK_CHECK(card.tag_count <= JK_CARD_TAGS_MAX);
        read_parents(&card.parents, &arena);
        card.tag_parents.dropped = 0; /* tags beyond the limit are ignored */
        read_parents(&card.tag_parents, &arena);
        struct jk_signs signs = {.card = &card, .name = card.license_name, .parents = &card.parents};
        struct jk_inference inference;
        jk_infer_relation(&signs, &inference);
        JK_CHECK(inference.first.relation > JK_RELATION_NONE && inference.first.relation < JK_RELATION_COUNT);
        JK_CHECK(inference.first.why && inference.other_count <= JK_INFER_OTHERS_MAX);
    }
    jk_arena_done(&arena);
    return 0;
}
