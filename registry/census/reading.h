/* What a run notes of one model: its record, and what it declares, read from the hub's whole object while that is at hand,
 * since a record lacks much of what tells the relation. Pure; one thread. */
#ifndef JK_CENSUS_READING_H
#define JK_CENSUS_READING_H

#include <jansson.h>

#include "census/record.h"
#include "census/run.h"
#include "declare/files.h"
#include "declare/weight_head.h"

#define JK_READING_MEMORY (64u << 20) /* for what one object declares */

struct jk_reading {
    struct jk_arena arena; /* emptied by each reading */
    struct jk_text record;
    struct jk_span id, identity, revision; /* as in the record */
    const struct jk_declaration *declared; /* in the arena */
    enum jk_relation hub_relation;         /* one of the hub's four; NONE: not told */
    struct jk_names tagged;                /* what its tags name as parents */
    struct jk_file weights; /* a safetensors file of the model's own folder whose head would tell more; no name: none */
    struct jk_weight_head head;
    const char *head_file; /* whose head was read; NULL: none */
};

void jk_reading_init(struct jk_reading *reading);
void jk_reading_done(struct jk_reading *reading);

/* From the object that the hub's API returns, at most JK_HUB_RECORD_OBJECT_MAX bytes; the spans live until the next reading.
 * `head`: the beginning of reading->weights, which the reading before had named; NULL: not asked for. INVALID_ARGUMENT with
 * violations for what has no record. */
JK_MUST_USE enum jk_status jk_reading_take(struct jk_reading *reading, struct jk_span object,
                                           const struct jk_file *head, struct jk_error *error);

/* The line about it; the spans live until the next reading. */
void jk_reading_line(const struct jk_reading *reading, struct jk_census_line *out_line);

/* An item of a list, which has no files' digests. */
struct jk_reading_item {
    struct jk_span id, identity, revision; /* id empty: it is no model's */
    struct jk_span name;                   /* what it gives for its id, whatever that is; empty for no text */
    struct jk_span tags;                   /* those that name parents, as a JSON array on one line; empty for none */
    int64_t modified_us;                   /* JK_TIME_NONE: not told */
    bool restricted;                       /* it is gated, private or disabled */
};
/* The texts are in the arena. False: it cannot be read. */
bool jk_reading_listed(struct jk_arena *arena, struct jk_span object, struct jk_reading_item *out_item);

#endif
