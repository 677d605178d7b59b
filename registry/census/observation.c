/* See observation.h. */
#include "census/observation.h"

#include "census/record.h"

enum jk_status jk_observation_of(struct jk_span bytes, struct jk_entry *out_entry, struct jk_error *error)
{
    struct jk_hub_record record;
    JK_TRY(jk_hub_record_read(bytes, &record, error));
    out_entry->id = record.id;
    out_entry->identity = record.identity;
    out_entry->revision_hex = record.revision;
    out_entry->listing = record.listing;
    out_entry->weight_files = record.weight_files;
    out_entry->record = record.record;
    out_entry->created_us = record.created_us;
    out_entry->modified_us = record.modified_us;
    return JK_OK;
}
