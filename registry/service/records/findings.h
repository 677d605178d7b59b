/* Findings as messages: facts about a derivative that never cause a refusal. Pure. */
#ifndef JK_SERVICE_RECORDS_FINDINGS_H
#define JK_SERVICE_RECORDS_FINDINGS_H

#include "service/records/presented.h"

/* Findings of a model: those that depend on a root name it. */
void jk_present_findings(const struct jk_present *present, uint32_t model, size_t *out_count,
                         Jokbo__V1__Finding ***out_findings);
/* Bits of 1 << FindingKind that apply to a model at all. */
unsigned jk_finding_kinds(const struct jk_present *present, uint32_t model);
/* The same from a spell's flags alone. */
unsigned jk_finding_kinds_of_flags(uint32_t flags);
/* Findings for a model that is in no book: flags of its own, and spells that give root and flags of each. */
void jk_findings_foreseen(const struct jk_present *present, uint32_t own_flags, const struct jk_spell *spells,
                          size_t spell_count, size_t *out_count, Jokbo__V1__Finding ***out_findings);

#endif
