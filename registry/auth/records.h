/* Records as they are stored: keys, and values in JSON, to structs and back. Pure.
 *
 * Reading is strict: exactly the fields that writing makes, each of its type and within its limit, no field twice; a
 * server that meets a record it does not know in full must not work with half of it.
 * What older versions did not write may be absent, so that their records are read: it stands after the semicolon, and is
 * written only where there is something to say.
 *   account/<id>                    label roles team disabled created_us; created_by, grants [{role since_us by}],
 *                                   admin_until_us, acted_for (written always: absent, it is not known), verifier,
 *                                   spoke_for
 *   token/<id>                      account hash scopes label created_us expires_us revoked; made_by and made_with
 *   member/<publisher folded>/<id>  publisher role since_us; stood, of an owner or one invited as such; invited and
 *                                   invited_by; never
 *   creator/<publisher folded>      account
 *   request/<id>                    kind state publisher account evidence created_us decided_us; owner with the kind
 *                                   "owner", looks_like with the kind "create"
 *   blob/<sha256>                   kind size weights created_us; files, of a manifest; models, of a
 *                                   census's list; renewed_us; state withdrawn_us where it
 *                                   is not stored, and then reason, unless it was removed
 *   hub-records/<log index>         created_us; records: "<sha256>:<size>" of each, separated by spaces
 *   ruling/<log index>              account; token and granted_by; time_us and what, of a proposal that is no entry
 *   teams/<log index>               account token granted_by time_us teams
 *   renewal/<lineage hash>          account size time_us
 *   clock/demo                      ahead_us
 *   clock/life                      seen_us rest_from_us rest_until_us */
#ifndef JK_AUTH_RECORDS_H
#define JK_AUTH_RECORDS_H

#include "auth/directory.h"
#include "auth/series.h"

#define JK_RECORD_KEY_MAX   160
#define JK_RECORD_VALUE_MAX 16384

enum jk_record_kind {
    JK_RECORD_ACCOUNT,
    JK_RECORD_TOKEN,
    JK_RECORD_MEMBER,
    JK_RECORD_CREATOR,
    JK_RECORD_REQUEST,
    JK_RECORD_BLOB,
    JK_RECORD_HUB_RECORDS,
    JK_RECORD_RULER,
    JK_RECORD_TEAMS,
    JK_RECORD_RENEWAL,
    JK_RECORD_CLOCK,
    JK_RECORD_LIFE
};

struct jk_record_key {
    enum jk_record_kind kind;
    uint64_t
        id; /* the account's with a member; 0 with a creator, blob, renewal, clock or life; a ruling's or stage's entry;
                  * otherwise 1 to JK_SERIES_MAX */
    struct jk_digest digest; /* of a blob; the lineage hash of a renewal's release */
    char publisher[97];      /* of a member or creator, case-folded */
};

/* What a record says. Number, name and digest from the key are filled in, too. */
struct jk_record_facts {
    struct jk_record_key key;
    union {
        struct jk_account account;
        struct jk_token token;
        struct jk_member member;
        struct jk_creator creator;
        struct jk_publisher_request request;
        struct jk_blob_facts blob;
        struct jk_hub_records hub_records;
        struct jk_ruler ruler;
        struct jk_teams_proposal teams;
        struct jk_renewal renewal;
        int64_t ahead_us; /* of a clock */
        struct jk_life life;
    };
};

/* The words for enum values in JSON, indexed by the enums of directory.h and ended by NULL. */
extern const char *const jk_member_words[];
extern const char *const jk_request_kind_words[];
extern const char *const jk_request_state_words[];
extern const char *const jk_blob_words[];
extern const char *const jk_blob_state_words[];

bool jk_record_key_parse(const char *key, struct jk_record_key *out_key);
/* DATA_LOSS names the key and the field, never a value. */
JK_MUST_USE enum jk_status jk_record_parse(const struct jk_record *record, struct jk_record_facts *out_facts,
                                           struct jk_error *error);

#endif
