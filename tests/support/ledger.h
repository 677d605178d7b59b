/* A ledger for tests: makes entries in few words, applies each to a book, keeps the bytes of those that were taken.
 * One thread; ends the test program when memory runs out. */
#ifndef JK_TESTS_LEDGER_H
#define JK_TESTS_LEDGER_H

#include "base/clock.h"
#include "book/book.h"

#define JK_LEDGER_SEED "thirty-two bytes that nobody else" /* the first 32: the Ed25519 seed of entry 0's key */

struct jk_ledger {
    unsigned key; /* the newest one's number; 0: entry 0's */
    struct jk_book *book;
    struct jk_span *entries; /* owned */
    uint32_t count, room;
    int64_t time_us; /* of the next entry; each one moves it on by step_us */
    int64_t step_us;
    struct jk_error error; /* of the last refusal */
};

struct jk_ledger_parent { /* either model and version, or external and revision (NULL: none) */
    const char *model, *version;
    const char *external, *revision;
};

struct jk_ledger_model {
    const char *model, *version; /* version NULL: "1" */
    enum jk_relation relation;   /* NONE with parents: finetune */
    const char *license;         /* NULL: Apache-2.0 */
    struct jk_ledger_parent parents[8];
    unsigned artifact, weights, license_text; /* numbers that stand for digests, 0 for none */
};

void jk_ledger_init(struct jk_ledger *ledger); /* entry 0 is in it */
void jk_ledger_done(struct jk_ledger *ledger);
/* Takes the last entry back, to the mark that was set before it. */
void jk_ledger_take_back(struct jk_ledger *ledger, struct jk_book_mark mark);
struct jk_digest jk_ledger_digest(unsigned number);

/* Each gives the book's answer. */
enum jk_status jk_ledger_add(struct jk_ledger *ledger, struct jk_entry *entry); /* sets its time */
enum jk_status jk_ledger_license(struct jk_ledger *ledger, const char *id, enum jk_permission commercial,
                                 enum jk_permission derive, enum jk_permission redistribute, const char *name_forms);
enum jk_status jk_ledger_team(struct jk_ledger *ledger, const char *id, int64_t joined_us);
enum jk_status jk_ledger_team_publisher(struct jk_ledger *ledger, const char *team, const char *publisher,
                                        int64_t from_us, int64_t until_us);
enum jk_status jk_ledger_affiliation(struct jk_ledger *ledger, const char *institution, const char *team,
                                     int64_t from_us, int64_t until_us);
enum jk_status jk_ledger_operates(struct jk_ledger *ledger, const char *institution, const char *publisher,
                                  int64_t from_us, int64_t until_us);
enum jk_status jk_ledger_publisher(struct jk_ledger *ledger, const char *name);
enum jk_status jk_ledger_publisher_as(struct jk_ledger *ledger, const char *name, enum jk_basis basis);
enum jk_status jk_ledger_verify(struct jk_ledger *ledger, const char *publisher,
                                enum jk_kind kind); /* or unverify, claim */
enum jk_status jk_ledger_list(struct jk_ledger *ledger, const char *model, const char *team, bool listed,
                              enum jk_answer programme, enum jk_answer from_scratch);
enum jk_status jk_ledger_register(struct jk_ledger *ledger, const struct jk_ledger_model *model);
enum jk_status jk_ledger_release(struct jk_ledger *ledger, const struct jk_ledger_model *model);
enum jk_status jk_ledger_yank(struct jk_ledger *ledger, const char *model, const char *version, enum jk_kind kind);
enum jk_status jk_ledger_move(struct jk_ledger *ledger, const char *from, const char *to, enum jk_kind kind);
enum jk_status jk_ledger_adopt(struct jk_ledger *ledger, const char *external, const char *model);
enum jk_status jk_ledger_unadopt(struct jk_ledger *ledger, const char *external, const char *model);
/* A manifest of that number is held, which says those weights and files (0: none); and is withdrawn. */
enum jk_status jk_ledger_held(struct jk_ledger *ledger, unsigned artifact, unsigned weights, unsigned files);
enum jk_status jk_ledger_withdrawn(struct jk_ledger *ledger, unsigned artifact);
/* The kind is namespace or namespace-end. */
enum jk_status jk_ledger_namespace(struct jk_ledger *ledger, const char *publisher, const char *organisation,
                                   enum jk_kind kind);
/* An entry to be changed and added: the hub huggingface.co says of a model's repository that it is in that state. The
 * texts must outlive it. */
struct jk_entry jk_ledger_observation(const char *model, const char *id, enum jk_observed state);
/* A hub, huggingface.co, says of a model's repository "of-<publisher>/<name>" that it is in that state; files: of a
 * listing, 0 for none, where it is present. And a complete run over base models, sorted names. */
enum jk_status jk_ledger_observe(struct jk_ledger *ledger, const char *model, enum jk_observed state, unsigned files);
enum jk_status jk_ledger_census(struct jk_ledger *ledger, const char *bases);
/* Its signature is of no key: the book does not look at it. */
enum jk_status jk_ledger_key(struct jk_ledger *ledger, struct jk_span key, struct jk_span previous);
/* To the key of that number, signed by the one before it as it should be. */
enum jk_status jk_ledger_rotate(struct jk_ledger *ledger, unsigned number);
enum jk_status jk_ledger_retire(struct jk_ledger *ledger, struct jk_span key);
/* The same statement as _register and _release, for tests that spoil it; in `out`. */
void jk_ledger_statement(struct jk_ledger *ledger, const struct jk_ledger_model *model, struct jk_text *out);
enum jk_status jk_ledger_add_statement(struct jk_ledger *ledger, enum jk_kind kind, enum jk_actor_type actor,
                                       struct jk_span statement);
/* Bytes without a ledger's help, as they come. */
enum jk_status jk_ledger_apply(struct jk_ledger *ledger, struct jk_span bytes);

#endif
