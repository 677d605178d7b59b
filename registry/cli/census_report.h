/* A reconciliation, printed: as tables, CSV or JSON. */
#ifndef JK_CLI_CENSUS_REPORT_H
#define JK_CLI_CENSUS_REPORT_H

#include "census/reconcile.h"
#include "cli/census_opened.h"

struct jk_census_report {
    struct jk_census_opened *opened;
    struct jk_policy policy;
    bool named; /* false: what is registered and not yanked */
    struct jk_standing *standing;
    struct jk_reconcile *reconcile;
    uint32_t *roots; /* slots of base models */
    struct jk_reconcile_base *bases;
    size_t base_count;
};

JK_MUST_USE enum jk_status jk_census_report_print(struct jk_census_report *report);

#endif
