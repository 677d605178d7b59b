/* The Hugging Face Hub's own record of a model, as its API returns it. Pure; everything is in the arena. Unknown fields
 * and those of an unexpected type are ignored: the record has changed before. At most 1 MiB, 10,000 files. */
#ifndef JK_DECLARE_HUB_H
#define JK_DECLARE_HUB_H

#include <jansson.h>

#include "base/error.h"
#include "declare/card.h"
#include "declare/files.h"
#include "declare/json.h"

struct jk_hub {
    struct jk_span id;       /* publisher/model */
    struct jk_span relation; /* baseModels.relation */
    struct jk_names parents; /* baseModels.models */
    struct jk_card card;     /* cardData, and the record's tags and library */
    bool has_card;
    struct jk_span quantization; /* by what the Hub tells of config.json; empty for none */
    struct jk_files files;       /* siblings: names, sizes */
};

/* What of the Hub's record any reader in the registry looks at, for jk_declared_json_within. */
extern const struct jk_json_wanted jk_hub_wanted[];

JK_MUST_USE enum jk_status jk_hub_parse(struct jk_span json, struct jk_arena *arena, struct jk_hub *out_hub,
                                        struct jk_error *error);
/* The same of a record that is parsed already, of any size. Of more than 10,000 files, those that say something are taken;
 * what is wrong with the card is a mistake. */
void jk_hub_read(const json_t *root, struct jk_arena *arena, struct jk_hub *out_hub, struct jk_error *error);

#endif
