/* The inside of the directory, shared by what changes it (directory.c) and what queries it (directory_ask.c), which are
 * independent of each other. `lock` guards everything but `seed`, which never changes. */
#ifndef JK_AUTH_DIRECTORY_INSIDE_H
#define JK_AUTH_DIRECTORY_INSIDE_H

#include <pthread.h>

#include "auth/directory.h"
#include "auth/finder.h"
#include "auth/records.h"
#include "auth/series.h"

struct jk_token_item {
    struct jk_finder_link by_hash;
    struct jk_finder_link by_account;
    struct jk_finder_link live; /* by account, while `listed` */
    bool listed;
    struct jk_token token;
};

/* The tokens made for an account on the newest day on which any was. */
struct jk_token_day {
    int64_t day;
    uint32_t made;
};

struct jk_member_item {
    struct jk_finder_link by_publisher;
    struct jk_finder_link by_account;
    struct jk_member member;
};

struct jk_creator_item {
    struct jk_finder_link by_publisher;
    struct jk_finder_link by_account;
    struct jk_creator creator;
};

struct jk_blob_item {
    struct jk_finder_link by_digest;
    struct jk_blob_facts blob;
};

struct jk_ruler_item {
    struct jk_finder_link by_ruling;
    struct jk_ruler ruler;
};

struct jk_teams_item {
    struct jk_finder_link by_stage;
    struct jk_teams_proposal proposal;
};

struct jk_renewal_item {
    struct jk_finder_link by_release;
    struct jk_renewal_item *older, *newer; /* by arrival */
    uint64_t arrival;                      /* rising, from 1 */
    struct jk_renewal renewal;
};

struct jk_clock_item {
    int64_t ahead_us;
};

struct jk_directory {
    pthread_rwlock_t lock;
    unsigned char seed[16];    /* random, so that users, who choose names and digests, cannot choose buckets */
    struct jk_series accounts; /* struct jk_account */
    struct jk_series tokens;   /* struct jk_token_item, owned here */
    struct jk_series requests; /* struct jk_publisher_request */
    struct jk_finder tokens_by_hash, tokens_by_account;
    struct jk_finder live_tokens; /* by account: all that are in force, and some that have ended unseen */
    struct jk_series token_days;  /* struct jk_token_day, by account */
    struct jk_finder members_by_publisher, members_by_account;   /* owned by the first */
    struct jk_finder creators_by_publisher, creators_by_account; /* likewise */
    struct jk_finder blobs;
    struct jk_finder rulers;
    struct jk_finder teams; /* proposed teams, by the stage's entry */
    struct jk_finder renewals;
    struct jk_renewal_item *newest_renewal;
    uint64_t renewals_put;       /* how many ever arrived */
    struct jk_clock_item *clock; /* NULL: none */
    struct jk_life *life;        /* NULL: none */
};

void jk_directory_read_lock(struct jk_directory *directory);
void jk_directory_write_lock(struct jk_directory *directory);
void jk_directory_unlock(struct jk_directory *directory);

uint64_t jk_directory_hash_number(const struct jk_directory *directory, uint64_t number);
/* Of a digest: mixed from its first eight bytes. */
uint64_t jk_directory_hash_digest(const struct jk_directory *directory, const struct jk_digest *digest);
/* Of a publisher's name, folded. */
uint64_t jk_directory_hash_name(const struct jk_directory *directory, struct jk_span folded);

/* Under the lock; NULL if there is none. The chain contains the publisher's members, in any spelling of case, and
 * possibly those of other publishers. */
struct jk_finder_link *jk_directory_member_chain(const struct jk_directory *directory, struct jk_span publisher);
struct jk_member_item *jk_directory_member_item(const struct jk_directory *directory, struct jk_span publisher,
                                                uint64_t account);
struct jk_creator_item *jk_directory_creator_item(const struct jk_directory *directory, struct jk_span publisher);
struct jk_token_item *jk_directory_token_item(const struct jk_directory *directory, const struct jk_digest *hash);
struct jk_blob_item *jk_directory_blob_item(const struct jk_directory *directory, const struct jk_digest *digest);
struct jk_ruler_item *jk_directory_ruler_item(const struct jk_directory *directory, uint64_t ruling);
struct jk_teams_item *jk_directory_teams_item(const struct jk_directory *directory, uint64_t stage);

/* Puts a renewal among the others, takes the one of a release out: each returns the one that is there no longer, NULL for
 * none. */
struct jk_renewal_item *jk_directory_put_renewal(struct jk_directory *directory, struct jk_renewal_item *item);
struct jk_renewal_item *jk_directory_take_renewal(struct jk_directory *directory, const struct jk_digest *release);
void jk_directory_free_renewal(struct jk_finder_link *link);

#endif
