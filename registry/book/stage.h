/* Policies, stages, rulings and disputes in the book: what the log says about them at a size. Pure; sizes and threads
 * as in book.h. There are few of each: they are walked, not indexed. */
#ifndef JK_BOOK_STAGE_H
#define JK_BOOK_STAGE_H

#include "book/book.h"
#include "domain/policy.h"

/* ---- policies: once recorded, a policy never changes ---- */
struct jk_policy_row {
    uint32_t from; /* entry */
    struct jk_digest digest;
    struct jk_span text; /* canonical */
    struct jk_policy policy;
};
uint32_t jk_book_policies(const struct jk_book *book, uint32_t n);
const struct jk_policy_row *jk_book_policy(const struct jk_book *book, uint32_t slot);
uint32_t jk_book_find_policy(const struct jk_book *book, const struct jk_digest *digest, uint32_t n);
/* By name; version 0 is the highest. */
uint32_t jk_book_find_policy_name(const struct jk_book *book, struct jk_span name, uint32_t version, uint32_t n);

/* ---- stages ---- */
struct jk_stage { /* what is stated about it, from an entry on */
    uint32_t from;
    struct jk_span id, title, title_ko, teams, source; /* teams: ids, separated by one space */
    int64_t opens_us, cutoff_us, disputes_us;          /* disputes_us JK_TIME_NONE: no end */
    struct jk_digest policy;
    uint32_t older; /* internal */
};
struct jk_closing { /* one revision of its report */
    uint32_t from;
    uint32_t stage; /* slot */
    uint32_t revision, n, m;
    struct jk_digest policy, table, json, members, left_out, text;
    uint32_t older; /* internal */
};
/* Stages by slot, in order of appearance. */
uint32_t jk_book_stages(const struct jk_book *book, uint32_t n);
uint32_t jk_book_find_stage(const struct jk_book *book, struct jk_span id, uint32_t n);
const struct jk_stage *jk_book_stage(const struct jk_book *book, uint32_t stage, uint32_t n); /* as it is at n */
/* The newest revision at n, or the given one (0: the newest); NULL if there is none. */
const struct jk_closing *jk_book_closing(const struct jk_book *book, uint32_t stage, uint32_t revision, uint32_t n);
/* Whether another `stage` entry with these facts could follow at time_us: NULL, or what is wrong as the end of a
 * sentence. Before the stage opens everything may change; until the cut-off the teams; after that nothing. */
const char *jk_book_stage_fault(const struct jk_book *book, const struct jk_entry *entry, int64_t time_us);

/* ---- rulings ---- */
enum jk_ruling_state { JK_RULING_PENDING, JK_RULING_IN_FORCE, JK_RULING_REJECTED, JK_RULING_REPLACED };
enum jk_ruling_kind {
    JK_RULING_EXCLUDE,
    JK_RULING_RESTORE,
    JK_RULING_ORIGIN,   /* for the content of its release, the model goes first */
    JK_RULING_ADOPT,    /* the model may adopt the external: an `adopt` entry follows once the ruling takes effect */
    JK_RULING_UNADOPT,  /* … or must give it up */
    JK_RULING_VERIFIER, /* the institution is a verifier */
    JK_RULING_VERIFIER_END, /* … or no longer */
};
struct jk_ruling {
    uint32_t from;  /* entry: its identity */
    uint32_t model; /* slot; JK_NONE: it is about a verifier */
    enum jk_ruling_kind kind;
    uint32_t root;              /* exclude, restore: the only base model concerned; JK_NONE: all */
    uint32_t release;           /* origin: slot; else JK_NONE */
    struct jk_span external;    /* adopt, unadopt: host/id; else empty */
    uint32_t verifier;          /* verifier, verifier-end: slot; else JK_NONE */
    struct jk_span institution; /* verifier; else empty */
    bool needs_second;
    struct jk_span reason;
    struct jk_digest text;
    uint32_t decided; /* entry that confirmed or rejected it; JK_NONE: nobody has */
    bool confirmed;
    uint32_t older;        /* of the same model or verifier; internal */
    uint32_t older_origin; /* of the same kind, of an origin; internal */
};
uint32_t jk_book_rulings(const struct jk_book *book, uint32_t n);
const struct jk_ruling *jk_book_ruling(const struct jk_book *book, uint32_t slot);
uint32_t jk_book_find_ruling(const struct jk_book *book, uint64_t index, uint32_t n); /* by its entry */
enum jk_ruling_state jk_book_ruling_state(const struct jk_book *book, uint32_t slot, uint32_t n);
/* The entry with which it took effect before n, JK_NONE: it has not. */
uint32_t jk_book_ruling_effect(const struct jk_ruling *ruling, uint32_t n);
/* The exclude or restore that decides about a model as a whole at n: the one that took effect last; NULL: none ever
 * did. Rule set 1 knows no other. */
const struct jk_ruling *jk_book_ruling_of(const struct jk_book *book, uint32_t model, uint32_t n);
bool jk_book_is_excluded(const struct jk_book *book, uint32_t model, uint32_t n);
/* The same for a pair of derivative and root: the last in effect of the rulings about the whole and about the pair. */
const struct jk_ruling *jk_book_pair_ruling_of(const struct jk_book *book, uint32_t model, uint32_t root, uint32_t n);
bool jk_book_is_pair_excluded(const struct jk_book *book, uint32_t model, uint32_t root, uint32_t n);
/* The one that decides about a verifier; NULL: none took effect. */
const struct jk_ruling *jk_book_verifier_ruling_of(const struct jk_book *book, uint32_t verifier, uint32_t n);

/* ---- disputes ---- */
struct jk_dispute {
    uint32_t from; /* entry: its identity */
    enum jk_about about;
    uint32_t model;
    uint32_t against;     /* about origin: the model that it is against; else JK_NONE */
    uint32_t external;    /* about adoption: slot; else JK_NONE */
    uint32_t publisher;   /* slot of the publisher who disputes; JK_NONE for a team */
    uint32_t ruling;      /* slot, or JK_NONE */
    uint32_t stage;       /* slot, or JK_NONE */
    struct jk_span actor; /* as in the entry: "team lg", "publisher x" */
    struct jk_digest text;
    uint32_t resolved; /* entry, or JK_NONE */
    uint32_t
        older_same; /* slot of the previous dispute against the same model, or about the same external; or JK_NONE */
    enum jk_outcome outcome;
};
uint32_t jk_book_disputes(const struct jk_book *book, uint32_t n);
const struct jk_dispute *jk_book_dispute(const struct jk_book *book, uint32_t slot);
/* The newest about origin against a model, of which `older_same` leads to the others; JK_NONE for none. */
uint32_t jk_book_disputed(const struct jk_book *book, uint32_t model);
uint32_t jk_book_find_dispute(const struct jk_book *book, uint64_t index, uint32_t n); /* by its entry */

/* ---- the state at a cut-off ---- */
/* Applies an entry with index >= n of the log for a report of sizes n and m: entries that count only up to n
 * (registrations, releases, yanks, renames, transfers, adoptions, held) are skipped, and so are those about something
 * that does not exist; a new name only serves to find the model that later entries mean by it. All others as in
 * jk_book_apply. The book's size advances by one in any case. */
JK_MUST_USE enum jk_status jk_book_apply_cut(struct jk_book *book, struct jk_span entry, struct jk_error *error);

#endif
