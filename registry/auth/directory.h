/* The directory: accounts, tokens, members, publisher requests and facts about stored blobs, in memory. It mirrors the
 * rows of the table `record` (key, JSON value, version): state that is kept beside the log because it is private or may
 * be withdrawn.
 *
 * Threads: any number of readers; changes come from the store (load, and the sequencer's turn). Its own read-write
 * lock. It may be one uncommitted batch ahead of the database; if the batch fails, jk_directory_put undoes it. Limits:
 * see each record. Secrets: only the SHA-256 of tokens. */
#ifndef JK_AUTH_DIRECTORY_H
#define JK_AUTH_DIRECTORY_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"

enum jk_role {
    JK_ROLE_REGISTRAR = 1,
    JK_ROLE_TEAM = 2,
    JK_ROLE_EVALUATOR = 4,
    JK_ROLE_ADMIN = 8,
    JK_ROLE_VERIFIER = 16 /* for one verifier, and never together with another role */
};
#define JK_ROLES 5
/* What a token may be used for; a token cannot call a method whose scope it lacks. */
enum jk_scope_bit {
    JK_SCOPE_MODELS = 1,     /* all that PUBLISH allows; yank, rename, adopt, dispute */
    JK_SCOPE_PUBLISHERS = 2, /* publishers, members, claims; together with MODELS: transfer */
    JK_SCOPE_TOKENS = 4,     /* own tokens */
    JK_SCOPE_ROSTER = 8,     /* roster, licence facts; policies, stages, rulings */
    JK_SCOPE_ACCOUNTS = 16,  /* accounts, approvals, verification */
    JK_SCOPE_PUBLISH = 32    /* register, publish, upload: for machines; cannot withdraw or move anything */
};
#define JK_TEAMS_TEXT_MAX 4096 /* 64 ids of at most 63 bytes, separated by spaces */
enum jk_member_role { JK_MEMBER_NONE = 0, JK_MEMBER_WRITER = 1, JK_MEMBER_OWNER = 2 };

/* The caller. account 0: anonymous. Copied by value; contains no secret. */
struct jk_principal {
    uint64_t account;
    uint64_t token; /* its number */
    unsigned roles;
    unsigned scopes;
    char team[64];     /* with JK_ROLE_TEAM; otherwise empty */
    char verifier[64]; /* with JK_ROLE_VERIFIER; otherwise empty */
};

/* Since when an account has a role, and who granted it. */
struct jk_grant {
    int64_t since_us; /* 0: not recorded, or the account does not have the role */
    uint64_t by;      /* account; 0: the server, at start */
};
struct jk_account {
    uint64_t id;
    char label[201]; /* chosen by the admin; never enters the log */
    unsigned roles;
    char team[64];     /* with JK_ROLE_TEAM; otherwise empty */
    char verifier[64]; /* with JK_ROLE_VERIFIER; otherwise empty */
    bool disabled;
    int64_t created_us;
    uint64_t created_by;              /* account; 0: the server, at start, or not recorded */
    struct jk_grant grants[JK_ROLES]; /* by the role's bit, starting with the lowest */
    int64_t admin_until_us;           /* when the account last lost the role admin; 0: never, or not recorded */
    bool teams_known;                 /* whether it is recorded which teams it has acted for */
    char acted_for[256];              /* the ids of all teams for which it ever had the role, separated by spaces */
    char spoke_for[512]; /* the same of verifiers, each with the account that gave the role: "lab/12 other/0" */
};
struct jk_token {
    uint64_t id;
    uint64_t account;
    struct jk_digest hash; /* SHA-256 of the token's text */
    unsigned scopes;
    char label[201];
    int64_t created_us, expires_us; /* expires 0: never */
    bool revoked;
    uint64_t made_by, made_with; /* account and its token; 0: the server, at start, or not recorded */
};
struct jk_member {
    char publisher[97]; /* as written at creation; compared case-insensitively */
    uint64_t account;
    enum jk_member_role role; /* NONE: removed */
    int64_t since_us;
    uint32_t stood; /* for an owner, or somebody invited as one: log index of the verification at which they were an
                     * owner, or to which a confirmation added them */
    enum jk_member_role invited; /* the role offered by an invitation that is still open; NONE: no invitation */
    uint64_t invited_by;         /* account; 0 without an invitation */
    bool never;                  /* invited, and never a member so far */
};
/* Which account created a publisher: it counts against that account's quota forever, whoever owns it now. */
struct jk_creator {
    char publisher[97]; /* case-folded */
    uint64_t account;
};
enum jk_request_kind { JK_REQUEST_CREATE, JK_REQUEST_CLAIM, JK_REQUEST_OWNER };
enum jk_request_state { JK_REQUEST_PENDING, JK_REQUEST_APPROVED, JK_REQUEST_REFUSED };
struct jk_publisher_request {
    uint64_t id;
    enum jk_request_kind kind;
    enum jk_request_state state;
    char publisher[97];
    uint64_t account;
    char evidence[1025];
    int64_t created_us, decided_us;
    uint64_t owner;       /* with OWNER: the account that is to become an owner */
    char looks_like[201]; /* with CREATE: the reserved name that it resembled when requested; otherwise empty */
};
/* A licence text, a manifest, what a hub said of a repository, the list of a census, a challenge text, an evidence
 * text. */
enum jk_blob_kind {
    JK_BLOB_KIND_LICENSE,
    JK_BLOB_KIND_MANIFEST,
    JK_BLOB_KIND_HUB_RECORD,
    JK_BLOB_KIND_CENSUS_LIST,
    JK_BLOB_KIND_CHALLENGE,
    JK_BLOB_KIND_EVIDENCE
};
/* Withdrawn: the bytes are gone, and may not be uploaded again until an admin lifts the withdrawal. Lifted: gone, but
 * may be uploaded again. Removed: gone because no entry named it; the directory forgets it. */
enum jk_blob_state { JK_BLOB_STORED, JK_BLOB_WITHDRAWN, JK_BLOB_LIFTED, JK_BLOB_REMOVED };
struct jk_blob_facts {
    struct jk_digest digest;
    enum jk_blob_kind kind;
    uint64_t size;
    struct jk_digest weights;      /* of a manifest; zero: none */
    bool files_known;              /* false for manifests that were stored before files_digest existed */
    struct jk_digest weight_files; /* for a manifest: of the set of its weight files; zero: none */
    uint64_t models;               /* that the list of a census has */
    int64_t created_us;
    int64_t renewed_us; /* when it was last uploaded again without any other effect; 0: never */
    enum jk_blob_state state;
    int64_t withdrawn_us;    /* unless it is stored */
    struct jk_digest reason; /* of the free text with the reason for the withdrawal */
    uint64_t bundle;         /* hub records in which its bytes may lie, by their index; 0: in none */
    uint32_t bundle_at;      /* how many bytes of them come before */
};

/* Hub records whose bytes came with one request: they are blobs like any other, stored together for their number. What
 * becomes of a single one later, a withdrawal say, is in a record of its own, which counts from then on. */
#define JK_HUB_RECORDS_MAX 200
struct jk_hub_records {
    uint64_t index; /* log index of an entry of that request; more than 0 */
    int64_t created_us;
    uint32_t count; /* 1 … */
    struct jk_digest digests[JK_HUB_RECORDS_MAX];
    uint32_t sizes[JK_HUB_RECORDS_MAX]; /* bytes */
};

/* Which account ruled, or proposed what is to follow an entry: the second evaluator must be another. The log names only
 * the role. */
struct jk_ruler {
    uint64_t ruling; /* log index of its entry, or of the one that the proposal is about */
    uint64_t account;
    uint64_t token;        /* the token that made it; 0: not recorded, and then neither is granted_by */
    uint64_t granted_by;   /* who had granted the account the role; 0: the server, at start */
    int64_t time_us;       /* of a proposal that is no entry; else 0 */
    struct jk_digest what; /* of such a one: of what is proposed; else zero */
};

/* The teams that an evaluator proposes for an open stage, as its entry would list them; empty: withdrawn. */
struct jk_teams_proposal {
    uint64_t stage; /* log index of the stage entry that it is for; a newer one voids it */
    uint64_t account, token;
    uint64_t granted_by; /* who had granted the account the role; 0: the server, at start */
    int64_t time_us;
    char teams[JK_TEAMS_TEXT_MAX + 1];
};

/* That somebody asked for the evidence of a release to be computed anew: it waits as long as there is none that was computed
 * at this log size or a larger one, and is kept after that. */
struct jk_renewal {
    struct jk_digest release; /* its lineage hash */
    uint64_t account;         /* which asked, the last one */
    uint32_t size;            /* of the log when it was asked, at least 1 */
    int64_t time_us;
};

/* When the log was last seen alive, written hourly unless something else is; and the newest rest, a period of a day or
 * more without any sign of life. */
struct jk_life {
    int64_t seen_us;
    int64_t rest_from_us, rest_until_us; /* both 0: none */
};

/* The grant of a role (one bit). */
static inline const struct jk_grant *jk_account_grant(const struct jk_account *account, unsigned role)
{
    return &account->grants[__builtin_ctz(role)];
}
/* When a blob was last uploaded. */
static inline int64_t jk_blob_brought_us(const struct jk_blob_facts *blob)
{
    return blob->renewed_us > blob->created_us ? blob->renewed_us : blob->created_us;
}
/* The token's parent, with which it ends: the one of the same account that made it. 0: none. */
static inline uint64_t jk_token_parent(const struct jk_token *token)
{
    return token->made_by == token->account ? token->made_with : 0;
}

struct jk_directory;
struct jk_directory *jk_directory_new(void); /* NULL when out of memory */
void jk_directory_free(struct jk_directory *directory);

/* ---- records: the stored form ---- */
struct jk_record {
    const char *key;   /* "account/7", "token/12", "member/<publisher folded>/7", "creator/<publisher folded>",
                          "request/3", "blob/<hex>", "hub-records/9", "ruling/9", "teams/9", "renewal/<hex>", "clock/demo",
                          "clock/life" */
    const char *value; /* JSON object */
};
/* Applies a record (insert or replace). DATA_LOSS if key or value are malformed. */
JK_MUST_USE enum jk_status jk_directory_put(struct jk_directory *directory, const struct jk_record *record,
                                            struct jk_error *error);
/* Removes a record that was never stored. */
void jk_directory_drop(struct jk_directory *directory, const struct jk_record *record);
/* Makes records from the structs, in `arena`; false if it is exhausted, or a text in the struct is not UTF-8. */
bool jk_record_account(struct jk_arena *arena, const struct jk_account *account, struct jk_record *out_record);
bool jk_record_token(struct jk_arena *arena, const struct jk_token *token, struct jk_record *out_record);
bool jk_record_member(struct jk_arena *arena, const struct jk_member *member, struct jk_record *out_record);
bool jk_record_creator(struct jk_arena *arena, const struct jk_creator *creator, struct jk_record *out_record);
bool jk_record_request(struct jk_arena *arena, const struct jk_publisher_request *request,
                       struct jk_record *out_record);
bool jk_record_blob(struct jk_arena *arena, const struct jk_blob_facts *blob, struct jk_record *out_record);
bool jk_record_hub_records(struct jk_arena *arena, const struct jk_hub_records *records, struct jk_record *out_record);
bool jk_record_ruler(struct jk_arena *arena, const struct jk_ruler *ruler, struct jk_record *out_record);
bool jk_record_teams(struct jk_arena *arena, const struct jk_teams_proposal *proposal, struct jk_record *out_record);
bool jk_record_renewal(struct jk_arena *arena, const struct jk_renewal *renewal, struct jk_record *out_record);
bool jk_record_clock(struct jk_arena *arena, int64_t ahead_us, struct jk_record *out_record);
bool jk_record_life(struct jk_arena *arena, const struct jk_life *life, struct jk_record *out_record);
/* The record as it is now (for undo), in `arena`; false if there is none. */
bool jk_directory_get_record(struct jk_directory *directory, const char *key, struct jk_arena *arena,
                             struct jk_record *out_record);

/* ---- questions; answers are copies, so no lock is held ---- */
/* The next free number for an account, token or request ("account", "token", "request"); 0 if none is left (16,777,215
 * of each). */
uint64_t jk_directory_next_id(struct jk_directory *directory, const char *kind);
bool jk_directory_account(struct jk_directory *directory, uint64_t id, struct jk_account *out_account);
bool jk_directory_token(struct jk_directory *directory, uint64_t id, struct jk_token *out_token);
/* Finds a token by its hash; the comparison takes constant time. False: unknown. */
bool jk_directory_find_token(struct jk_directory *directory, const struct jk_digest *hash, struct jk_token *out_token);
/* The membership in its current state; false if there never was one, nor an invitation. If it was removed, or awaits
 * the account's consent, the role is NONE. */
bool jk_directory_member(struct jk_directory *directory, struct jk_span publisher, uint64_t account,
                         struct jk_member *out_member);
enum jk_member_role jk_directory_membership(struct jk_directory *directory, struct jk_span publisher, uint64_t account);
/* Whether the account created the publisher, or is or was a member of it. An invitation alone does not count. */
bool jk_directory_had_a_hand(struct jk_directory *directory, struct jk_span publisher, uint64_t account);
/* Whether there is any record of who created the publisher or belongs to it. */
bool jk_directory_hands_known(struct jk_directory *directory, struct jk_span publisher);
/* How many publishers the account is known to have created: for the quota. */
uint32_t jk_directory_created(struct jk_directory *directory, uint64_t account);
/* The account that created the publisher; 0 if that is not recorded. */
uint64_t jk_directory_creator(struct jk_directory *directory, struct jk_span publisher);
bool jk_directory_request(struct jk_directory *directory, uint64_t id, struct jk_publisher_request *out_request);
/* Who made the ruling of this entry; false if that is not known. */
bool jk_directory_ruler(struct jk_directory *directory, uint64_t ruling, struct jk_ruler *out_ruler);
/* The proposal for the stage of this entry, even if withdrawn; false if there never was one. */
bool jk_directory_teams(struct jk_directory *directory, uint64_t stage, struct jk_teams_proposal *out_proposal);
/* The newest wish for a release's evidence, fulfilled or not; false if there never was one. */
bool jk_directory_renewal(struct jk_directory *directory, const struct jk_digest *release,
                          struct jk_renewal *out_renewal);
/* The wishes that arrived here after the *seen-th, in that order, up to the first that was made at a log size above n;
 * freed by the caller. *seen becomes the number of the last of them. NULL: out of memory. */
struct jk_renewal *jk_directory_renewals(struct jk_directory *directory, uint32_t n, uint64_t *seen, size_t *out_count);
/* By how much a demo's clock is ahead of the database's (negative: behind); false if that was never set. */
bool jk_directory_clock(struct jk_directory *directory, int64_t *out_ahead_us);
/* False, with all zero: it was never written. */
bool jk_directory_life(struct jk_directory *directory, struct jk_life *out_life);
/* Any blob that is known, in whatever state. */
bool jk_directory_blob(struct jk_directory *directory, const struct jk_digest *digest, struct jk_blob_facts *out_blob);
/* Only those whose bytes are stored. */
bool jk_directory_blob_stored(struct jk_directory *directory, const struct jk_digest *digest,
                              struct jk_blob_facts *out_blob);
/* The digests of all stored manifests, in no particular order; freed by the caller. NULL: out of memory. */
struct jk_digest *jk_directory_manifests(struct jk_directory *directory, size_t *out_count);
/* The same for all stored blobs last uploaded before that time, but for hubs' records: those come with the entry that names
 * them, and are many. */
struct jk_digest *jk_directory_old_blobs(struct jk_directory *directory, int64_t before_us, size_t *out_count);
/* Lists, in arena, ordered by id (members, including those invited: by account): those with id > after, at most `most`.
 */
size_t jk_directory_list_accounts(struct jk_directory *directory, uint64_t after, size_t most, struct jk_arena *arena,
                                  const struct jk_account **out_accounts, size_t *out_total);
/* Whether one of the verifier's accounts, present or former, is this account or was made by it: created, or given the
 * role or a token; or made it. */
bool jk_directory_makes_verifier(struct jk_directory *directory, struct jk_span verifier, uint64_t account);
size_t jk_directory_list_tokens(struct jk_directory *directory, uint64_t account, uint64_t after, size_t most,
                                struct jk_arena *arena, const struct jk_token **out_tokens, size_t *out_total);
/* The tokens of an account that are in force, and perhaps some that have ended since: whoever finds one says so, and it
 * is not given again. In no order, in arena; NULL when it is exhausted. As many as are live, however many have ended. */
const struct jk_token *jk_directory_live_tokens(struct jk_directory *directory, uint64_t account,
                                                struct jk_arena *arena, size_t *out_count);
void jk_directory_token_ended(struct jk_directory *directory, uint64_t id);
/* How many were made for an account on the day (UTC+09:00) of that time, if none was later. */
uint32_t jk_directory_tokens_made(struct jk_directory *directory, uint64_t account, int64_t time_us);
size_t jk_directory_list_members(struct jk_directory *directory, struct jk_span publisher, uint64_t after, size_t most,
                                 struct jk_arena *arena, const struct jk_member **out_members, size_t *out_total);
/* The invitations of an account, at most `most`, the newest first, in arena. */
size_t jk_directory_list_invitations(struct jk_directory *directory, uint64_t account, size_t most,
                                     struct jk_arena *arena, const struct jk_member **out_members);
/* The publishers that an account belongs to, as its memberships, at most `most`, the newest first, in arena. */
size_t jk_directory_list_joined(struct jk_directory *directory, uint64_t account, size_t most, struct jk_arena *arena,
                                const struct jk_member **out_members);
/* The memberships that an account has or had, the newest first, in arena; invitations alone are none. */
size_t jk_directory_list_hands(struct jk_directory *directory, uint64_t account, struct jk_arena *arena,
                               const struct jk_member **out_members);
/* The memberships in which an account is an owner, the newest first, in arena. */
size_t jk_directory_list_owned(struct jk_directory *directory, uint64_t account, struct jk_arena *arena,
                               const struct jk_member **out_members);
size_t jk_directory_list_requests(struct jk_directory *directory, bool pending_only, uint64_t after, size_t most,
                                  struct jk_arena *arena, const struct jk_publisher_request **out_requests,
                                  size_t *out_total);

#endif
