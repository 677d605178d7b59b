/* The record: what a hub says of a repository, reduced to what the registry uses, in one canonical form, so that its
 * digest tells whether anything changed. Pure. Source: registry/formats/record.md. */
#ifndef JK_CENSUS_RECORD_H
#define JK_CENSUS_RECORD_H

#include <jansson.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "domain/entry.h"

#define JK_HUB_RECORD_MAX          65536u             /* bytes of a record */
#define JK_HUB_RECORD_OBJECT_MAX   (32u << 20)        /* bytes of a hub's object */
#define JK_HUB_RECORD_VALUES_MAX   990000u            /* JSON values in it, about */
#define JK_HUB_RECORD_SIBLINGS_MAX 100000u            /* files that it lists */
#define JK_HUB_RECORD_SIZE_MAX     ((1ull << 53) - 1) /* a file's size: what every reader of JSON knows exactly */

enum jk_gating { JK_GATING_UNTOLD, JK_GATING_OPEN, JK_GATING_AUTO, JK_GATING_MANUAL, JK_GATING_OTHER };

/* Spans point into the record's bytes. */
struct jk_hub_record {
    struct jk_span id;       /* organisation/name, as the hub spells it */
    struct jk_span identity; /* the hub's own for the repository, whatever its name; empty for none */
    struct jk_span revision; /* its commit; empty for none */
    enum jk_gating gating;
    bool is_private, disabled;
    int64_t created_us, modified_us;                /* the hub's own dates; JK_TIME_NONE for none */
    struct jk_digest record, listing, weight_files; /* the latter two are zero for none */
    uint32_t files, lfs_files;                      /* those that the record lists */
    uint32_t left_out, left_out_lfs, left_out_weights;
    struct jk_span card, tags; /* canonical JSON: an object, an array; empty for none */
};

/* From the object that the hub's API returns. INVALID_ARGUMENT with a violation: it is no JSON object, has no id of an
 * organisation and a name, or lists too many files. Appends to `out` on success only. */
JK_MUST_USE enum jk_status jk_hub_record_reduce(struct jk_span object, struct jk_text *out, struct jk_error *error);
JK_MUST_USE enum jk_status jk_hub_record_reduce_json(const json_t *object, struct jk_text *out, struct jk_error *error);

/* Refuses what is not canonical, naming place and rule (INVALID_RECORD): whatever it accepts, jk_hub_record_reduce returns
 * unchanged. */
JK_MUST_USE enum jk_status jk_hub_record_read(struct jk_span bytes, struct jk_hub_record *out_record,
                                              struct jk_error *error);
/* Its id, identity and revision alone, of a record that was read before, or that the log names: nothing is checked but that
 * these can be told. False: they cannot. */
bool jk_hub_record_names(struct jk_span bytes, struct jk_hub_record *out_record);
/* What a record says of its licence alone, as an object for jk_hub_parse: the same bytes for models that say the same. */
void jk_hub_record_license(const struct jk_hub_record *record, struct jk_text *out);

#endif
