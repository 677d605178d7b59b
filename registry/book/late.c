/* See late.h. */
#include "book/late.h"

bool jk_late_scope(const struct jk_late *late, const struct jk_book *cut, struct jk_scope scope,
                   struct jk_scope *out_scope)
{
    *out_scope = scope;
    if (scope.type == JK_SCOPE_BASE)
        out_scope->slot = jk_book_find_model_index(late->full, jk_book_model(cut, scope.slot)->index, late->m);
    if (scope.type == JK_SCOPE_TEAM)
        out_scope->slot = jk_book_find_team(late->full, jk_book_team(cut, scope.slot)->id, late->m);
    return out_scope->slot != JK_NONE;
}

/* Whether a model has a root in a scope of the full book. */
static bool is_model_in_scope(const struct jk_late *late, uint32_t model, struct jk_scope scope)
{
    const struct jk_spell *spell = NULL;
    while ((spell = jk_book_spell(late->full, model, late->m, spell)) != NULL) {
        const struct jk_base_facts *base = jk_book_base(late->full, spell->root, late->m);
        if (scope.type == JK_SCOPE_ALL) return true;
        if (scope.type == JK_SCOPE_BASE && spell->root == scope.slot) return true;
        if (scope.type == JK_SCOPE_TEAM && base && base->team == scope.slot) return true;
    }
    return false;
}

void jk_late_add(const struct jk_late *late, const struct jk_book *cut, struct jk_scope scope,
                 struct jk_policy_total *total)
{
    uint32_t models = jk_book_models(late->full, late->m);
    struct jk_scope full;
    if (!jk_late_scope(late, cut, scope, &full)) return;
    for (uint32_t model = jk_book_models(late->full, late->n); model < models; model++) {
        if (!is_model_in_scope(late, model, full)) continue;
        total->left_out[JK_REASON_LATE]++;
        total->plain.registered++;
    }
}
