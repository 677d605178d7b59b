/* The checks that need no network and no disk: what an entry says, that its receipt proves it to be in the log, and
 * that the log signed that. Each check adds one line of result; none stops the others. Pure; memory is in the results'
 * arena. */
#ifndef JK_VERIFY_EVIDENCE_H
#define JK_VERIFY_EVIDENCE_H

#include "domain/entry.h"
#include "domain/lineage.h"
#include "tlog/receipt.h"
#include "verify/keys.h"

#define JK_RESULTS_MAX 32

enum jk_result_state {
    JK_RESULT_HOLDS,
    JK_RESULT_NOTE,    /* said for completeness: neither good nor bad */
    JK_RESULT_SKIPPED, /* was not checked; the text says why */
    JK_RESULT_FAILS,
};

struct jk_result {
    const char *check; /* "inclusion", … */
    enum jk_result_state state;
    const char *text; /* what was checked, against what */
};

struct jk_results {
    struct jk_arena *arena;
    struct jk_result items[JK_RESULTS_MAX]; /* further ones are counted among `fails` only */
    size_t count;
    size_t fails;
    const char *local; /* the first failure by trouble of this machine, in words; NULL: none */
};

void jk_results_init(struct jk_results *results, struct jk_arena *arena);
void jk_results_add(struct jk_results *results, const char *check, enum jk_result_state state, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A failure by trouble of this machine, as a file that may not be read: it tells nothing of what is checked. */
void jk_results_add_local(struct jk_results *results, const char *check, const char *text);
const char *jk_result_word(enum jk_result_state state); /* "ok", "note", "skipped", "FAILED" */

/* What is checked, and what came of it. The first three are given; spans point into them. Without the
 * entry nothing but the signature can be checked. */
struct jk_evidence {
    struct jk_span receipt_text;
    struct jk_span entry_text;
    const struct jk_digest *expected; /* the lineage hash that the entry should have, or NULL */
    struct jk_receipt receipt;
    bool receipt_read; /* `receipt` is set */
    struct jk_entry entry;
    bool entry_read;               /* `entry` is set */
    struct jk_statement statement; /* of a registration or release */
    bool statement_read;           /* `statement` is set */
    struct jk_digest lineage;      /* the statement's hash; of a yank, the hash of the release that it is about */
    bool signed_well;              /* receipt read, its checkpoint signed by one of the keys */
};

/* Parses both texts, if present: results "receipt" and "entry" if they are malformed. */
void jk_evidence_read(struct jk_evidence *evidence, struct jk_results *results);
/* Results "lineage hash" or "entry", "inclusion", "signature", "cosignatures", where what was read allows. */
void jk_evidence_check(struct jk_evidence *evidence, const struct jk_keys *keys, struct jk_results *results);

#endif
