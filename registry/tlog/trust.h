/* Trust policies: which logs and witnesses are known, and how many of these must have cosigned a checkpoint. C2SP
 * tlog-policy. Pure; a policy that was read is shared by threads freely.
 *
 *   log <verifier key> [<url>]                     witness <name> <cosigner's key> [<url>]
 *   group <name> any|all|<k> <name>...             quorum <name>|none
 *
 * Lines of words parted by spaces and tabs; empty lines and lines that begin with "#" are left out. Limits:
 * JK_TRUST_MAX bytes; JK_TRUST_LOGS, JK_TRUST_WITNESSES and JK_TRUST_GROUPS of each; keys are Ed25519 (types 0x01
 * and 0x04). A witness whose key is of another type (ML-DSA-44, say) is foreign: it keeps its name and its place in
 * groups, is passed over, and never counts as one that cosigned. Source: c2sp.org/tlog-policy. Failures are
 * INVALID_ARGUMENT: TRUST_MALFORMED names line and rule. */
#ifndef JK_TLOG_TRUST_H
#define JK_TLOG_TRUST_H

#include "base/arena.h"
#include "tlog/cosignature.h"

#define JK_TRUST_MAX       65536
#define JK_TRUST_LOGS      32
#define JK_TRUST_WITNESSES 32
#define JK_TRUST_GROUPS    32
#define JK_TRUST_WORD_MAX  1024 /* bytes of a name or URL */

struct jk_trust_log {
    struct jk_verifier key;
    const char *url; /* NULL: none */
};

struct jk_trust_witness {
    const char *name; /* in the policy's own arena: the key has its own copy */
    bool foreign;     /* its key is of a type not known here: `type` and `digest` describe it */
    unsigned char type;
    struct jk_digest digest;
    struct jk_cosigner cosigner; /* unless it is foreign */
    const char *url;             /* the prefix of add-checkpoint; NULL: none */
};

/* Members by number: witnesses first, then groups (JK_TRUST_WITNESSES + i), which must be defined before this one. */
struct jk_trust_group {
    const char *name;
    uint32_t least; /* how many of the members */
    uint64_t members;
};

#define JK_TRUST_NOBODY UINT32_MAX

struct jk_trust {
    struct jk_trust_log logs[JK_TRUST_LOGS];
    uint32_t log_count;
    struct jk_trust_witness witnesses[JK_TRUST_WITNESSES];
    uint32_t witness_count;
    struct jk_trust_group groups[JK_TRUST_GROUPS];
    uint32_t group_count;
    uint32_t quorum; /* a member's number; JK_TRUST_NOBODY: no quorum is required */
};

/* Texts live in the arena; the policy takes about 40 KB of it. */
JK_MUST_USE enum jk_status jk_trust_read(struct jk_span text, struct jk_arena *arena,
                                         const struct jk_trust **out_policy, struct jk_error *error);

/* Whether these witnesses (bit i: witness i) form a quorum. */
bool jk_trust_quorum(const struct jk_trust *policy, uint32_t witnesses);
/* The foreign witnesses; and whether the others could form a quorum. */
uint32_t jk_trust_foreign(const struct jk_trust *policy);
bool jk_trust_reachable(const struct jk_trust *policy);
#define JK_TRUST_TYPE_TEXT 16
/* "ML-DSA-44", "type 0x2a". */
void jk_trust_type_text(unsigned char type, char out_text[JK_TRUST_TYPE_TEXT]);

struct jk_trust_verdict {
    struct jk_checkpoint checkpoint; /* its origin points into the note */
    uint32_t cosigned;               /* bit i: witness i of the policy */
    uint64_t times_s[JK_TRUST_WITNESSES];
    bool quorum;
};

/* Judges a note in one call. It must be a checkpoint signed by one of the policy's logs, and by `log_key` if that is
 * given (required for a policy without logs), and every cosignature by a known witness must be correct. `out->quorum`
 * says whether they suffice; the call itself fails only if something is wrong: TRUST_LOG, or what jk_note_verify,
 * jk_checkpoint_parse and jk_cosignature_verify say. */
JK_MUST_USE enum jk_status jk_trust_look(const struct jk_trust *policy, struct jk_span note,
                                         const struct jk_verifier *log_key, struct jk_trust_verdict *out,
                                         struct jk_error *error);
/* The same, but a missing quorum fails, too: TRUST_QUORUM, which names who cosigned, who did not, and who is foreign.
 */
JK_MUST_USE enum jk_status jk_trust_check(const struct jk_trust *policy, struct jk_span note,
                                          const struct jk_verifier *log_key, struct jk_trust_verdict *out,
                                          struct jk_error *error);

#endif
