/* The late derivatives of a report: those registered from n to m - 1, by the fold of all entries, in one walk for all
 * rows. */
#include <stdlib.h>

#include "report/report_inside.h"

/* Rows by slots of the full book: slots of two books differ. Position + 1, 0 for none. */
struct late {
    struct jk_report *report;
    const struct jk_book *full;
    uint32_t m;
    uint32_t *of_base, *of_team;
    uint32_t *seen; /* by row: the last derivative that was counted there, + 1 */
};

static void place_rows(struct late *late)
{
    for (size_t i = 0; i < late->report->count; i++) {
        const struct jk_report_row *row = &late->report->rows[i];
        uint32_t slot;
        if (row->scope.type == JK_SCOPE_BASE) {
            uint32_t index = jk_book_model(late->report->source.cut, row->scope.slot)->index;
            slot = jk_book_find_model_index(late->full, index, late->m);
            if (slot != JK_NONE) late->of_base[slot] = (uint32_t)i + 1;
        } else if (row->scope.type == JK_SCOPE_TEAM) {
            slot = jk_book_find_team(late->full, row->name, late->m);
            if (slot != JK_NONE) late->of_team[slot] = (uint32_t)i + 1;
        }
    }
}

static void count_in(struct late *late, uint32_t place, uint32_t model)
{
    if (place == 0 || late->seen[place - 1] == model + 1) return;
    struct jk_report_row *row = &late->report->rows[place - 1];
    late->seen[place - 1] = model + 1;
    row->total.left_out[JK_REASON_LATE]++;
    row->total.plain.registered++;
}

static void count_model(struct late *late, uint32_t model)
{
    const struct jk_spell *spell = NULL;
    while ((spell = jk_book_spell(late->full, model, late->m, spell)) != NULL) {
        const struct jk_base_facts *base = jk_book_base(late->full, spell->root, late->m);
        count_in(late, late->of_base[spell->root], model);
        if (base) count_in(late, late->of_team[base->team], model);
        count_in(late, (uint32_t)late->report->count, model); /* all is the last */
    }
}

enum jk_status jk_report_add_late(struct jk_report *report, struct jk_error *error)
{
    const struct jk_book *full = report->source.full;
    uint32_t m = report->stage.m, models = jk_book_models(full, m);
    struct late late = {.report = report, .full = full, .m = m};
    late.of_base = calloc((size_t)models + 1, sizeof *late.of_base);
    late.of_team = calloc((size_t)jk_book_teams(full, m) + 1, sizeof *late.of_team);
    late.seen = calloc(report->count, sizeof *late.seen);
    bool room = late.of_base && late.of_team && late.seen;
    if (room) {
        place_rows(&late);
        for (uint32_t model = jk_book_models(full, report->stage.n); model < models; model++)
            count_model(&late, model);
    }
    free(late.of_base);
    free(late.of_team);
    free(late.seen);
    return room ? JK_OK : jk_out_of_memory(error);
}
