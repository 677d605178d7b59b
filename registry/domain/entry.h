/* Log entries as text, written and parsed. Pure. Source: registry/formats/entry.md; the kinds and their fields are rows
 * of domain/entry.def, which drives both writer and parser. */
#ifndef JK_DOMAIN_ENTRY_H
#define JK_DOMAIN_ENTRY_H

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "domain/license.h"
#include "domain/relation.h"

#define JK_ENTRY_MAX        65535
#define JK_TIME_NONE        INT64_MIN
#define JK_TARGET_NONE      UINT64_MAX
#define JK_STAGE_TEAMS_MAX  64             /* teams of one stage */
#define JK_CENSUS_BASES_MAX 500            /* base models of one census run */
#define JK_DEMO_ORIGIN      "demo.invalid" /* of every demo's log, and no other */

enum jk_kind {
    JK_KIND_INIT,
    JK_KIND_SPDX,
    JK_KIND_LICENSE,
    JK_KIND_TEAM,
    JK_KIND_TEAM_PUBLISHER,
    JK_KIND_AFFILIATION,
    JK_KIND_OPERATES,
    JK_KIND_BASE,
    JK_KIND_PUBLISHER,
    JK_KIND_VERIFY,
    JK_KIND_UNVERIFY,
    JK_KIND_CLAIM,
    JK_KIND_REGISTER,
    JK_KIND_RELEASE,
    JK_KIND_YANK,
    JK_KIND_UNYANK,
    JK_KIND_RENAME,
    JK_KIND_TRANSFER,
    JK_KIND_ADOPT,
    JK_KIND_KEY,
    JK_KIND_RETIRE,
    JK_KIND_POLICY,
    JK_KIND_STAGE,
    JK_KIND_CLOSE,
    JK_KIND_EXCLUDE,
    JK_KIND_RESTORE,
    JK_KIND_CONFIRM,
    JK_KIND_REJECT,
    JK_KIND_DISPUTE,
    JK_KIND_RESOLVE,
    JK_KIND_UNADOPT,
    JK_KIND_NAMESPACE,
    JK_KIND_NAMESPACE_END,
    JK_KIND_HELD,
    JK_KIND_WITHDRAWN,
    JK_KIND_EXCLUDE_ROOT,
    JK_KIND_RESTORE_ROOT,
    JK_KIND_ORIGIN,
    JK_KIND_APPROVE_ADOPT,
    JK_KIND_APPROVE_UNADOPT,
    JK_KIND_DISPUTE_ORIGIN,
    JK_KIND_DISPUTE_ADOPTION,
    JK_KIND_OBSERVE,
    JK_KIND_CENSUS,
    JK_KIND_REFERENCE,
    JK_KIND_VERIFIER,
    JK_KIND_VERIFIER_END,
    JK_KIND_CHALLENGE,
    JK_KIND_CHALLENGE_AGAIN,
    JK_KIND_ATTEST,
    JK_KIND_EVIDENCE,
    JK_KIND_COUNT
};

enum jk_actor_type {
    JK_ACTOR_SERVER,
    JK_ACTOR_PUBLISHER,
    JK_ACTOR_TEAM,
    JK_ACTOR_REGISTRAR,
    JK_ACTOR_ADMIN,
    JK_ACTOR_EVALUATOR,
    JK_ACTOR_ISSUER,
    JK_ACTOR_VERIFIER
};

struct jk_actor {
    enum jk_actor_type type;
    struct jk_span name; /* publisher, team, issuer or verifier; otherwise empty */
};

enum jk_basis { JK_BASIS_SELF, JK_BASIS_REGISTRAR, JK_BASIS_APPROVED, JK_BASIS_ROSTER };
/* What a dispute is about; the last two are separate kinds of entries rather than words of `dispute`. */
enum jk_about { JK_ABOUT_PARENT, JK_ABOUT_RULING, JK_ABOUT_STANDING, JK_ABOUT_ORIGIN, JK_ABOUT_ADOPTION };
enum jk_outcome { JK_OUTCOME_UPHELD, JK_OUTCOME_DISMISSED };
/* What a hub said of a repository: it is there; it has another name; it is gone, or nobody may see it. */
enum jk_observed { JK_OBSERVED_PRESENT, JK_OBSERVED_MOVED, JK_OBSERVED_ABSENT };
enum jk_answer { JK_ANSWER_NO, JK_ANSWER_YES, JK_ANSWER_UNKNOWN };

/* One struct for all kinds: only the fields of the kind's row are set, the rest are zero; but in a parsed registration
 * or release, nothing after `statement` is set at all. Spans point into the parsed bytes. An absent text ("none") is an
 * empty span, an absent digest zero, an absent time JK_TIME_NONE. */
struct jk_entry {
    enum jk_kind kind;
    int64_t time_us;
    struct jk_actor actor;
    struct jk_span statement;                   /* register, release: verbatim */
    struct jk_span origin, key, purpose, rules; /* init; the key also of key and retire */
    struct jk_span after; /* init: "<origin> <size> <root>" of the log that this one continues; empty for none */
    struct jk_span previous, signature; /* key */
    struct jk_span version;             /* spdx */
    struct jk_digest list;              /* spdx, census */
    struct jk_span license;             /* license */
    enum jk_permission permissions[JK_PERMISSION_KINDS];
    struct jk_span name_forms; /* joined by '|' */
    struct jk_span team, name, name_ko;
    int64_t joined_us, left_us, from_us, until_us;
    struct jk_span institution, publisher, model, to, external;
    struct jk_span root, against; /* further models: the pair's root; the model a dispute about origin is against */
    struct jk_span organisation;  /* "host/organisation" on a hub */
    struct jk_digest artifact;    /* held, withdrawn, reference; attest: what was found */
    struct jk_digest weights, weight_files; /* what a held manifest says; the latter also of observe */
    uint64_t bytes;                         /* of a held manifest */
    enum jk_answer programme, from_scratch, listed;
    struct jk_span built_on, released, parameters;
    enum jk_basis basis;
    struct jk_span evidence;
    struct jk_digest release; /* a lineage hash */
    struct jk_span policy;    /* policy: the canonical text, verbatim */
    struct jk_span stage;     /* an id like a team's */
    struct jk_span teams;     /* ids, sorted by bytes, separated by one space */
    int64_t disputes_us;
    struct jk_digest digest; /* of a policy */
    uint64_t revision, n, m;
    struct jk_digest table, json, members, left_out; /* of a closed stage's report */
    enum jk_answer needs_second;
    uint64_t target; /* index of the ruling or dispute it refers to, JK_TARGET_NONE for none */
    enum jk_about about;
    enum jk_outcome outcome;
    struct jk_digest text; /* of a salted free text */
    struct jk_span hub;    /* observe, census: a host, as in externals */
    struct jk_span id;     /* observe: organisation/name, as the hub spells it */
    struct jk_span identity, revision_hex;
    enum jk_observed observed;
    struct jk_digest listing, record;
    int64_t created_us, modified_us; /* the hub's own dates */
    struct jk_span bases;            /* census: model names, sorted by bytes, separated by one space */
    int64_t started_us;
    uint64_t models;           /* how many the run listed */
    int64_t released_us;       /* reference: when it was published, a claim */
    struct jk_span verifier;   /* an id like a team's */
    struct jk_digest nonce;    /* challenge: 32 random bytes */
    struct jk_span differs;    /* attest: what is not as the manifest says; empty: all is */
    struct jk_digest sketches; /* attest: of the challenge text */
    uint64_t attest;           /* evidence: index of the attestation it rests on, JK_TARGET_NONE: on public sketches */
    uint64_t at;               /* evidence: the log size that it was made at */
    struct jk_digest findings; /* of the evidence text */
    struct jk_span grades;     /* items of domain/grade.h, separated by one space */
    struct jk_span near;       /* lineage hashes, sorted, separated by one space */
    uint64_t kin;              /* how many undeclared kin there are */
};

const char *jk_kind_text(enum jk_kind kind);
const char *jk_observed_text(enum jk_observed observed); /* "present", … */
bool jk_kind_parse(struct jk_span text, enum jk_kind *out_kind);
/* Whether an entry of this kind rests on something that only the registry could check: who somebody is, whose an
 * account is, what bytes it stores. A reader of the log sees that it was claimed, not that it is true. */
bool jk_kind_is_word(enum jk_kind kind);
void jk_actor_write(const struct jk_actor *actor, struct jk_text *out);
bool jk_actor_parse(struct jk_span text, struct jk_actor *out_actor);

/* Writes the canonical bytes. The caller has validated the fields; beyond JK_ENTRY_MAX the builder fails. */
void jk_entry_write(const struct jk_entry *entry, struct jk_text *out);
/* Accepts only canonical bytes, and checks every field's grammar (except inside the statement, which jk_statement_parse
 * checks). DATA_LOSS names the faulty line. */
JK_MUST_USE enum jk_status jk_entry_parse(struct jk_span bytes, struct jk_entry *out_entry, struct jk_error *error);

#endif
