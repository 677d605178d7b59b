/* What all methods share: the store and the limits. One for the process; read-only after start. */
#ifndef JK_SERVICE_CALL_SERVICES_H
#define JK_SERVICE_CALL_SERVICES_H

#include "service/call/call.h"
#include "store/store.h"

#define JK_PAGE_DEFAULT       100
#define JK_PAGE_MAX           1000
#define JK_BATCH_ITEMS_MAX    1000
#define JK_TEXT_MAX           4096 /* free texts: reasons, evidence */
#define JK_EVIDENCE_MAX       1024 /* evidence of a publisher request */
#define JK_LABEL_TEXT_MAX     200
#define JK_TOKENS_PER_ACCOUNT 50
#define JK_TOKENS_PER_DAY     500 /* made for an account, those that have ended included */
#define JK_MEMBERS_MAX        1000
#define JK_REQUESTS_PENDING   20
#define JK_ROSTER_ITEMS_MAX   2000
#define JK_TEAM_BONDS_MAX     1000 /* publishers, and affiliations, of a team that are shown */
#define JK_LINEAGE_DEPTH_MAX  64
#define JK_LINEAGE_NODES_MAX  5000
#define JK_READ_ENTRIES_MAX   1000000
#define JK_LICENSE_TEXT_BYTES (1u << 20)

struct jk_account_quota;
struct jk_closer;
struct jk_closing_witnesses;
struct jk_parking;
struct jk_places;
struct jk_uploads;
struct jk_standings;
struct jk_waiting;

struct jk_services {
    struct jk_store *store;
    unsigned publishers_per_account; /* quota */
    unsigned writes_per_day;         /* quota of a publisher */
    uint64_t blob_bytes_per_day;     /* quota of an account */
    bool four_eyes;                  /* a ruling needs a second evaluator */
    int64_t evaluator_rest_us; /* how long an account has held the role, and had a token from others, before it rules or
                                  confirms */
    struct jk_waiting *waiting;                   /* streams that wait for the log to grow */
    struct jk_parking *parking;                   /* calls that wait for a log size */
    struct jk_places *readings;                   /* cards that are being read */
    struct jk_uploads *uploads;                   /* manifests that are being uploaded */
    struct jk_account_quota *account_quota;       /* changes of each account */
    struct jk_standings *standings;               /* kept for counts under a rule */
    struct jk_closer *closer;                     /* reports of stages */
    const struct jk_closing_witnesses *witnesses; /* as a third clock; NULL: none are configured */
};

static inline struct jk_services *jk_services_of(struct jk_call *call)
{
    return call->services;
}
static inline struct jk_store *jk_store_of(struct jk_call *call)
{
    return jk_services_of(call)->store;
}

#endif
