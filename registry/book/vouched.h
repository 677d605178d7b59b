/* Who looked at weights, and what came of it: verifiers, their challenges and attestations, references, and evidence, as
 * the log tells them at a size. Pure; sizes and threads as in book.h. Slots of each are in the order of the entries. What
 * follows from it for counting is not decided here. Source: registry/formats/entry.md. */
#ifndef JK_BOOK_VOUCHED_H
#define JK_BOOK_VOUCHED_H

#include "book/book.h"
#include "domain/grade.h"

#define JK_ATTEST_US INT64_C(604800000000) /* how long a challenge waits for its attestation: 7 days */

/* ---- verifiers: institutions that check what others registered ---- */

struct jk_appointment { /* of a verifier, by the ruling that took effect last */
    uint32_t verifier;  /* slot */
    struct jk_span id, institution;
    uint32_t since; /* entry with which the ruling took effect */
};
/* Every verifier that a ruling ever named, in effect or not: slots 0 … count-1. */
uint32_t jk_book_verifiers(const struct jk_book *book, uint32_t n);
struct jk_span jk_book_verifier_id(const struct jk_book *book, uint32_t verifier);
uint32_t jk_book_find_verifier(const struct jk_book *book, struct jk_span id, uint32_t n); /* JK_NONE: none */
/* Whether it is a verifier at n, and how. */
bool jk_book_appointment(const struct jk_book *book, uint32_t verifier, uint32_t n,
                         struct jk_appointment *out_appointment);
/* By what is known at n, whether an institution (byte by byte) was affiliated with a team at a moment, and whether it
 * operated a publisher then. */
bool jk_book_institution_affiliated(const struct jk_book *book, struct jk_span institution, uint32_t team,
                                    int64_t at_us, uint32_t n);
bool jk_book_institution_operates(const struct jk_book *book, struct jk_span institution, uint32_t publisher,
                                  int64_t at_us, uint32_t n);

/* ---- challenges, and the attestations that answer them ---- */

struct jk_challenge {
    uint32_t from;     /* entry: its identity */
    uint32_t release;  /* slot */
    uint32_t verifier; /* slot */
    struct jk_digest nonce;
    uint32_t attest; /* slot of its answer, JK_NONE: none so far; internal, since it has no size */
    uint32_t older;  /* of the same release; internal */
};
uint32_t jk_book_challenges(const struct jk_book *book, uint32_t n);
const struct jk_challenge *jk_book_challenge(const struct jk_book *book, uint32_t slot);
uint32_t jk_book_find_challenge(const struct jk_book *book, uint64_t index, uint32_t n); /* by its entry */
/* Of a release, the newest at n, and the one before; JK_NONE at the end. */
uint32_t jk_book_last_challenge(const struct jk_book *book, uint32_t release, uint32_t n);
uint32_t jk_book_older_challenge(const struct jk_book *book, uint32_t challenge);
/* The attestation that has answered it at n; JK_NONE: none. */
uint32_t jk_book_answer(const struct jk_book *book, uint32_t challenge, uint32_t n);
/* Whether it waits for its attestation at this time, which may be after n: nobody answered it, and still may. */
bool jk_book_challenge_is_open(const struct jk_book *book, uint32_t challenge, uint32_t n, int64_t now_us);
/* Leave for one more challenge of a release by a verifier: how many there are at n. */
uint32_t jk_book_leaves(const struct jk_book *book, uint32_t release, uint32_t verifier, uint32_t n);

struct jk_attest {
    uint32_t from;                       /* entry: its identity */
    uint32_t challenge;                  /* slot */
    uint32_t release;                    /* slot: the challenge's */
    uint32_t verifier;                   /* slot: the challenge's */
    bool agrees;                         /* it found the release's artifact, and nothing that differs */
    struct jk_digest artifact, sketches; /* what was found; the challenge text, zero: none */
    struct jk_span differs;              /* empty: nothing */
    uint32_t evidence;                   /* newest that rests on it; internal */
    uint32_t older;                      /* of the same release; internal */
};
uint32_t jk_book_attests(const struct jk_book *book, uint32_t n);
const struct jk_attest *jk_book_attest(const struct jk_book *book, uint32_t slot);
uint32_t jk_book_find_attest(const struct jk_book *book, uint64_t index, uint32_t n); /* by its entry */
/* Of a release, the newest at n, whoever's and whatever it says, and the one before; JK_NONE at the end. */
uint32_t jk_book_last_attest(const struct jk_book *book, uint32_t release, uint32_t n);
uint32_t jk_book_older_attest(const struct jk_book *book, uint32_t attest);

/* ---- evidence ---- */

struct jk_edge_grade { /* toward one parent; the shares are those of struct jk_graded */
    uint8_t grade;     /* enum jk_grade */
    uint16_t equal, near, kin, comparable;
};
struct jk_weights_evidence {
    uint32_t from;                      /* entry */
    uint32_t release;                   /* slot */
    uint32_t attest;                    /* slot of the attestation that it rests on; JK_NONE: on public sketches */
    uint32_t at;                        /* the log size that it was made at */
    struct jk_digest text;              /* of the evidence text */
    const struct jk_edge_grade *grades; /* one for each parent of the release, in the order of its `parents` */
    const struct jk_digest *near;       /* lineage hashes, sorted; one that names no release at n counts for nothing */
    uint32_t near_count;
    uint64_t kin;          /* how many undeclared kin the text lists */
    uint32_t older;        /* of the same release; internal */
    uint32_t older_attest; /* of the same attestation; internal */
};
uint32_t jk_book_evidences(const struct jk_book *book, uint32_t n);
const struct jk_weights_evidence *jk_book_evidence(const struct jk_book *book, uint32_t slot);
/* Of a release, the newest at n, whatever it rests on, and the one before; JK_NONE at the end. */
uint32_t jk_book_last_evidence(const struct jk_book *book, uint32_t release, uint32_t n);
uint32_t jk_book_older_evidence(const struct jk_book *book, uint32_t evidence);
/* Of a release, the newest at n that rests on public sketches; JK_NONE: none. */
uint32_t jk_book_last_screening(const struct jk_book *book, uint32_t release, uint32_t n);
/* The newest at n that rests on an attestation; JK_NONE: none. */
uint32_t jk_book_attest_evidence(const struct jk_book *book, uint32_t attest, uint32_t n);

/* ---- references: manifests of models that are not registered ---- */

struct jk_reference {
    uint32_t from, until;              /* entries; until: that of the one that replaced it, JK_NONE: none did */
    struct jk_span external, revision; /* host/id; empty: no revision */
    struct jk_digest artifact;
    int64_t released_us; /* a claim; JK_TIME_NONE: not known */
    struct jk_span source;
    uint32_t kept; /* internal */
};
uint32_t jk_book_references(const struct jk_book *book, uint32_t n); /* with those replaced since */
const struct jk_reference *jk_book_reference(const struct jk_book *book, uint32_t slot);
/* The newest of an external model (byte by byte) and revision (empty: none), withdrawn or not; JK_NONE: none. */
uint32_t jk_book_find_reference(const struct jk_book *book, struct jk_span external, struct jk_span revision,
                                uint32_t n);
/* It is not replaced, and its artifact not withdrawn. */
bool jk_book_reference_stands(const struct jk_book *book, uint32_t slot, uint32_t n);
/* Whether a reference names this artifact, and it is not withdrawn. */
bool jk_book_keeps_reference(const struct jk_book *book, const struct jk_digest *artifact, uint32_t n);

#endif
