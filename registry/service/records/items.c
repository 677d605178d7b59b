/* See items.h. */
#include "service/records/items.h"

#include <stdio.h>
#include <string.h>

#include "service/records/draft.h"

bool jk_item_failures_init(struct jk_item_failures *failures, struct jk_error *all)
{
    *failures = (struct jk_item_failures){
        .all = all, .first = jk_arena_alloc(all->arena, sizeof *failures->first), .alike = true};
    return failures->first;
}

bool jk_item_ends_all(const struct jk_error *one)
{
    return one->status == JK_RESOURCE_EXHAUSTED || one->status == JK_PERMISSION_DENIED;
}

void jk_item_failed(struct jk_item_failures *failures, const char *list, size_t item, const struct jk_error *one)
{
    struct jk_error *all = failures->all;
    char field[32];
    if (failures->count && one->reason && !strcmp(one->reason, JK_EARLIER_ITEM)) return;
    if (!failures->count++) *failures->first = *one;
    failures->alike = failures->alike && one->status == failures->first->status && one->reason &&
                      failures->first->reason && !strcmp(one->reason, failures->first->reason);
    size_t kept = one->violation_count < JK_ERROR_VIOLATIONS ? one->violation_count : JK_ERROR_VIOLATIONS;
    for (size_t i = 0; i < kept; i++)
        jk_error_field(all, one->violations[i].field, "%s", one->violations[i].rule);
    if (kept && one->status == JK_INVALID_ARGUMENT) return;
    snprintf(field, sizeof field, "%s[%u]", list, (unsigned)item);
    jk_error_field(all, field, "%s: %s", jk_status_text(one->status), one->message);
}

enum jk_status jk_item_failures_sum(struct jk_item_failures *failures)
{
    struct jk_error *all = failures->all;
    const struct jk_error *first = failures->first;
    enum jk_status status = jk_error_result(all);
    if (status == JK_OK || !failures->alike || first->status == JK_INVALID_ARGUMENT) return status;
    all->status = first->status;
    all->reason = first->reason;
    memcpy(all->facts, first->facts, sizeof all->facts);
    all->fact_count = first->fact_count;
    return all->status;
}
