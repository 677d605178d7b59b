/* Stores for integration tests: one private cluster for a test program, a database and data directories of its own for
 * each test, writes that wait for their answer, and loads of many threads. Functions assert through cmocka.
 * Threads: set-up on the main one; clients and loads on any. */
#ifndef JK_TESTS_SUPPORT_STORE_FIXTURE_H
#define JK_TESTS_SUPPORT_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/embedded.h"
#include "store/store.h"

#include <pthread.h>

extern char store_top[]; /* everything lies below; "cluster" is the shared one */
extern struct jk_embedded *store_embedded;
extern int store_database_count; /* the number of the newest database, t<n> */

/* For cmocka_run_group_tests. */
int store_set_up(void **state);
int store_tear_down(void **state);

/* ---- one write, waited for: makes publishers ---- */
struct store_client {
    struct jk_write write; /* first */
    struct jk_error error;
    struct jk_arena arena;
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool settled;
    enum jk_status outcome;
    char name[64];    /* of the publisher that it makes */
    unsigned count;   /* how many */
    bool fail_at_end; /* decides against itself after appending */
    bool gone;
    bool holds;   /* set before it is sent: its batch is held up until store_client_let_go */
    bool holding; /* its batch is held up now */
    bool with_record;
    struct jk_span text;
    struct jk_digest text_digest;
    char reply[64];
};

void store_client_init(struct store_client *client, const char *name);
/* Every byte of request id and fingerprint is that number. */
void store_client_request(struct store_client *client, uint64_t account, unsigned char request, unsigned char print);
void store_client_done(struct store_client *client);
/* For one that holds its batch: until it does, and the end of that. */
void store_client_wait_holding(struct store_client *client);
void store_client_let_go(struct store_client *client);
enum jk_status store_client_wait(struct store_client *client);
enum jk_status store_client_run(struct store_client *client, struct jk_store *store);
enum jk_status store_write_one(struct jk_store *store, const char *name);

/* ---- databases, directories, stores ---- */
struct store_place {
    char database[400];
    char data_dir[128];
};

void store_run_sql(const char *database, const char *sql);
long store_ask_sql(const char *database, const char *sql);
void store_new_place(struct store_place *place);
/* Another data directory for the same database. */
void store_new_folder(struct store_place *place, const char *name);
/* A second server's place: the same database, the key copied. */
void store_new_sibling(const struct store_place *first, struct store_place *place);
enum jk_status store_try_start(const struct store_place *place, struct jk_store **out_store, struct jk_error *error);
struct jk_store *store_start(const struct store_place *place);
/* ---- clocks that a test sets ---- */
/* The options that store_start uses, to be changed. */
struct jk_store_options store_options(const struct store_place *place);
/* What a store is given as this server's clocks: the machine's, so far ahead. */
extern const struct jk_clocks store_clocks;
extern _Atomic int64_t store_boot_ahead_us, store_real_ahead_us;
/* Before a store is started: migrates, and from then on the database's clock is one that store_set_clocks sets. */
void store_fake_database_clock(const struct store_place *place);
/* All three at once, so that no reading falls between: by so much ahead of the machine's. */
void store_set_clocks(const struct store_place *place, int64_t database_us, int64_t real_us, int64_t boot_us);

/* The start fails with FAILED_PRECONDITION and that reason. */
void store_expect_refusal(const struct store_place *place, const char *reason);
/* Holds for connections made from now on; those that exist are cut. */
void store_set_search_path(const struct store_place *place, const char *path);

/* ---- reading ---- */
uint32_t store_size_of(struct jk_store *store);
bool store_has_publisher(struct jk_store *store, const char *name);
/* Runs it on a reader thread, and waits. */
void store_on_reader(struct jk_store *store, void (*work)(struct jk_reader *reader, void *context), void *context);
/* Reads the whole log: contiguous, times not going back, its root the one in the signed checkpoint. Its size. */
uint64_t store_check_log(struct jk_store *store);

/* ---- load ---- */
struct store_loader {
    pthread_t thread;
    struct jk_store *store;
    int number, writes, done, unavailable;
    bool retry;
    const char *prefix;
};

void store_begin_load(struct store_loader *loaders, int count, struct jk_store *store, const char *prefix, int writes,
                      bool retry);
/* How many writes went well. */
int store_end_load(struct store_loader *loaders, int count);

#endif
