/* Computes the evidence of releases' weights, one release at a time: what the log asks for (examine/agenda.h), and what was
 * asked for besides. First each manifest is read once for the index of equal and alike ones, as far as the log goes;
 * then the next release is compared with its candidates, at that size; then the entry is written together with its text.
 *
 * Thread: one of its own. It holds the book for short times, and a reader for one blob or one page of the index. Memory:
 * two manifests with their sketches, and at most CACHE_MAX of base models and references. Several servers may compute
 * the same: the turn writes what nobody wrote meanwhile. A crash leaves nothing half done, as the entry and its text are
 * one transaction. Source: registry/formats/evidence.md. */
#ifndef JK_SERVICE_EVIDENCE_EXAMINER_H
#define JK_SERVICE_EVIDENCE_EXAMINER_H

#include "service/call/services.h"

struct jk_examiner;

/* pause_ms: rest after each release. */
JK_MUST_USE enum jk_status jk_examiner_start(struct jk_store *store, int64_t pause_ms,
                                             struct jk_examiner **out_examiner, struct jk_error *error);
/* Before the store stops; within about a second. */
void jk_examiner_stop(struct jk_examiner *examiner);

#endif
