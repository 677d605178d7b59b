/* Stores for tests: see store_fixture.h. */
#include "support/store_fixture.h"

#include <errno.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define WRITE_WAIT_MS 60000
#define STORE_TOP_MAX 80

char store_top[STORE_TOP_MAX];
struct jk_embedded *store_embedded;
int store_database_count;

static enum jk_status make_publisher(struct store_client *client, struct jk_turn *turn, const char *name)
{
    struct jk_entry entry = {.kind = JK_KIND_PUBLISHER,
                             .actor = {.type = JK_ACTOR_ADMIN},
                             .basis = JK_BASIS_SELF,
                             .publisher = jk_span_of(name)};

    if (jk_book_find_publisher(turn->book, entry.publisher, jk_book_size(turn->book)) != JK_NONE)
        return jk_fail(&client->error, JK_ALREADY_EXISTS, "PUBLISHER_EXISTS", "there is a publisher %s already", name);
    return jk_turn_append(turn, &entry, NULL, &client->error);
}

static enum jk_status make_account(struct store_client *client, struct jk_turn *turn)
{
    struct jk_account account = {
        .id = jk_directory_next_id(turn->directory, "account"), .roles = JK_ROLE_ADMIN, .created_us = turn->time_us};
    struct jk_record record;

    (void)snprintf(account.label, sizeof(account.label), "account of %s", client->name);
    if (!jk_record_account(turn->arena, &account, &record)) return JK_RESOURCE_EXHAUSTED;
    return jk_turn_record(turn, &record, &client->error);
}

/* Until store_client_let_go: what comes meanwhile shares the next batch. */
static void hold_batch(struct store_client *client)
{
    pthread_mutex_lock(&client->lock);
    client->holding = true;
    pthread_cond_broadcast(&client->cond);
    while (client->holds)
        pthread_cond_wait(&client->cond, &client->lock);
    pthread_mutex_unlock(&client->lock);
}

void store_client_wait_holding(struct store_client *client)
{
    pthread_mutex_lock(&client->lock);
    while (!client->holding)
        pthread_cond_wait(&client->cond, &client->lock);
    pthread_mutex_unlock(&client->lock);
}

void store_client_let_go(struct store_client *client)
{
    pthread_mutex_lock(&client->lock);
    client->holds = false;
    pthread_cond_broadcast(&client->cond);
    pthread_mutex_unlock(&client->lock);
}

static enum jk_status decide(struct jk_write *write, struct jk_turn *turn)
{
    struct store_client *client = (struct store_client *)write;
    char name[96], *reply;

    if (client->holds) hold_batch(client);
    for (unsigned i = 0; i < client->count; i++) {
        (void)snprintf(name, sizeof(name), i ? "%s-%u" : "%s", client->name, i);
        JK_TRY(make_publisher(client, turn, name));
    }
    if (client->with_record) JK_TRY(make_account(client, turn));
    if (client->text.len > 0) JK_TRY(jk_turn_text(turn, client->text, &client->text_digest, &client->error));
    if (client->fail_at_end) return jk_fail(&client->error, JK_FAILED_PRECONDITION, "CHANGED_MIND", "no, after all");
    reply = jk_arena_printf(turn->arena, "%s at %u", client->name, write->first_index);
    write->reply = jk_span_of(reply);
    return JK_OK;
}

static void settle(struct jk_write *write, enum jk_status outcome)
{
    struct store_client *client = (struct store_client *)write;

    pthread_mutex_lock(&client->lock);
    client->outcome = outcome;
    if (outcome == JK_OK) (void)snprintf(client->reply, sizeof(client->reply), "%.*s", JK_SPAN_ARG(write->reply));
    client->settled = true;
    pthread_cond_signal(&client->cond);
    pthread_mutex_unlock(&client->lock);
}

static bool abandoned(struct jk_write *write)
{
    return ((struct store_client *)write)->gone;
}

void store_client_init(struct store_client *client, const char *name)
{
    memset(client, 0, sizeof(*client));
    jk_arena_init(&client->arena, 1 << 20);
    jk_error_init(&client->error, &client->arena);
    pthread_mutex_init(&client->lock, NULL);
    pthread_cond_init(&client->cond, NULL);
    (void)snprintf(client->name, sizeof(client->name), "%s", name);
    client->count = 1;
    client->write.decide = decide;
    client->write.settle = settle;
    client->write.abandoned = abandoned;
    client->write.error = &client->error;
}

void store_client_request(struct store_client *client, uint64_t account, unsigned char request, unsigned char print)
{
    client->write.account = account;
    memset(client->write.request_id, request, sizeof(client->write.request_id));
    memset(client->write.fingerprint.bytes, print, JK_DIGEST_SIZE);
}

void store_client_done(struct store_client *client)
{
    jk_arena_done(&client->arena);
    pthread_cond_destroy(&client->cond);
    pthread_mutex_destroy(&client->lock);
}

enum jk_status store_client_wait(struct store_client *client)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WRITE_WAIT_MS / 1000;
    pthread_mutex_lock(&client->lock);
    while (!client->settled)
        assert_int_not_equal(pthread_cond_timedwait(&client->cond, &client->lock, &until), ETIMEDOUT);
    pthread_mutex_unlock(&client->lock);
    return client->outcome;
}

enum jk_status store_client_run(struct store_client *client, struct jk_store *store)
{
    assert_true(jk_store_write(store, &client->write));
    return store_client_wait(client);
}

enum jk_status store_write_one(struct jk_store *store, const char *name)
{
    struct store_client client;
    enum jk_status status;

    store_client_init(&client, name);
    status = store_client_run(&client, store);
    store_client_done(&client);
    return status;
}

void store_run_sql(const char *database, const char *sql)
{
    PGconn *pg = PQconnectdb(database);
    PGresult *result = PQexec(pg, sql);

    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(pg));
    PQclear(result);
    PQfinish(pg);
}

long store_ask_sql(const char *database, const char *sql)
{
    PGconn *pg = PQconnectdb(database);
    PGresult *result = PQexec(pg, sql);
    long value;

    if (PQresultStatus(result) != PGRES_TUPLES_OK) fail_msg("%s: %s", sql, PQerrorMessage(pg));
    value = atol(PQgetvalue(result, 0, 0));
    PQclear(result);
    PQfinish(pg);
    return value;
}

void store_new_folder(struct store_place *place, const char *name)
{
    (void)snprintf(place->data_dir, sizeof(place->data_dir), "%s/%s%d", store_top, name, store_database_count);
    assert_int_equal(mkdir(place->data_dir, 0755), 0);
}

void store_new_place(struct store_place *place)
{
    char sql[64];

    /* As the superuser: a later word of a connection string wins. */
    (void)snprintf(place->database, sizeof(place->database), "%s user=jokbo", jk_embedded_database(store_embedded));
    (void)snprintf(sql, sizeof(sql), "create database t%d", ++store_database_count);
    store_run_sql(place->database, sql);
    (void)snprintf(place->database, sizeof(place->database), "%s user=jokbo dbname=t%d",
                   jk_embedded_database(store_embedded), store_database_count);
    store_new_folder(place, "data");
}

/* A second server's place: the same database, the key copied. */
void store_new_sibling(const struct store_place *first, struct store_place *place)
{
    char command[400];

    *place = *first;
    store_new_folder(place, "sibling");
    (void)snprintf(command, sizeof(command), "cp -p %s/log.key %s/log.key", first->data_dir, place->data_dir);
    assert_int_equal(system(command), 0);
}

struct jk_store_options store_options(const struct store_place *place)
{
    return (struct jk_store_options){.database = place->database,
                                     .data_dir = place->data_dir,
                                     .origin = "log.test/jokbo",
                                     .purpose = "registry",
                                     .readers = 2,
                                     .batch_max = JK_BATCH_MAX,
                                     .migrate = true};
}

enum jk_status store_try_start(const struct store_place *place, struct jk_store **out_store, struct jk_error *error)
{
    struct jk_store_options options = store_options(place);

    jk_error_init(error, NULL);
    return jk_store_start(&options, out_store, error);
}

struct jk_store *store_start(const struct store_place *place)
{
    struct jk_store *store = NULL;
    struct jk_error error;

    if (store_try_start(place, &store, &error) != JK_OK) fail_msg("%s: %s", error.reason, error.message);
    return store;
}

uint32_t store_size_of(struct jk_store *store)
{
    struct jk_view view;

    jk_store_view(store, &view);
    jk_store_view_end(store);
    return view.size;
}

bool store_has_publisher(struct jk_store *store, const char *name)
{
    struct jk_view view;
    bool found;

    jk_store_view(store, &view);
    found = jk_book_find_publisher(view.book, jk_span_of(name), view.size) != JK_NONE;
    jk_store_view_end(store);
    return found;
}

struct task {
    struct jk_job job; /* first */
    void (*work)(struct jk_reader *reader, void *context);
    void *context;
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool done;
};

static void run_task(struct jk_job *job, struct jk_reader *reader)
{
    struct task *task = (struct task *)job;

    task->work(reader, task->context);
    pthread_mutex_lock(&task->lock);
    task->done = true;
    pthread_cond_signal(&task->cond);
    pthread_mutex_unlock(&task->lock);
}

void store_on_reader(struct jk_store *store, void (*work)(struct jk_reader *reader, void *context), void *context)
{
    struct task task = {.job = {.run = run_task, .deadline_ms = jk_monotonic_ms() + 20000},
                        .work = work,
                        .context = context,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .cond = PTHREAD_COND_INITIALIZER};

    assert_true(jk_store_read(store, &task.job));
    pthread_mutex_lock(&task.lock);
    while (!task.done)
        pthread_cond_wait(&task.cond, &task.lock);
    pthread_mutex_unlock(&task.lock);
}

/* Reads the whole log: contiguous, times not going back; gives the edge. */
struct audit {
    struct jk_edge edge;
    int64_t time_us;
    const char *fault;
};

static void audit_rows(struct audit *audit, const struct jk_entry_row *rows, size_t count)
{
    struct jk_error error;

    for (size_t i = 0; i < count; i++) {
        struct jk_digest leaf = jk_merkle_leaf(rows[i].bytes);
        struct jk_entry entry;

        jk_error_init(&error, NULL);
        if (rows[i].index != audit->edge.size) audit->fault = "a gap";
        if (jk_entry_parse(rows[i].bytes, &entry, &error) != JK_OK) audit->fault = "an entry that cannot be read";
        if (entry.time_us < audit->time_us) audit->fault = "time went back";
        audit->time_us = entry.time_us;
        jk_edge_append(&audit->edge, &leaf);
    }
}

static void audit_work(struct jk_reader *reader, void *context)
{
    struct audit *audit = context;
    struct jk_arena arena;
    size_t count;

    jk_edge_init(&audit->edge);
    do {
        struct jk_entry_row *rows;
        struct jk_error error;

        jk_arena_init(&arena, 32 << 20);
        jk_error_init(&error, &arena);
        count = 0;
        if (jk_reader_entries(reader, audit->edge.size, 1000, 1 << 20, &arena, &rows, &count, &error) != JK_OK)
            audit->fault = "entries cannot be read";
        audit_rows(audit, rows, audit->fault ? 0 : count);
        jk_arena_done(&arena);
    } while (count > 0 && !audit->fault);
}

/* The root over the entries is the one in the signed checkpoint. */
uint64_t store_check_log(struct jk_store *store)
{
    struct audit audit = {0};
    struct jk_checkpoint checkpoint;
    struct jk_arena arena;
    struct jk_error error;
    struct jk_span note, body, signatures;
    struct jk_digest root;

    store_on_reader(store, audit_work, &audit);
    if (audit.fault) fail_msg("%s", audit.fault);
    jk_arena_init(&arena, 1 << 20);
    jk_error_init(&error, &arena);
    assert_int_equal(jk_store_checkpoint(store, &arena, &note, &error), JK_OK);
    assert_int_equal(jk_note_open(note, &body, &signatures, &error), JK_OK);
    assert_int_equal(jk_checkpoint_parse(body, &checkpoint, &error), JK_OK);
    root = jk_edge_root(&audit.edge);
    assert_int_equal(checkpoint.size, audit.edge.size);
    assert_int_equal(checkpoint.size, store_size_of(store));
    assert_true(jk_digest_equal(&checkpoint.root, &root));
    jk_arena_done(&arena);
    return checkpoint.size;
}

static void *load(void *context)
{
    struct store_loader *loader = context;
    char name[64];

    for (int i = 0; i < loader->writes; i++) {
        enum jk_status status;

        (void)snprintf(name, sizeof(name), "%s-%d-%d", loader->prefix, loader->number, i);
        while ((status = store_write_one(loader->store, name)) == JK_UNAVAILABLE && loader->retry) {
            loader->unavailable++;
            usleep(20000);
        }
        if (status == JK_OK) loader->done++;
    }
    return NULL;
}

void store_begin_load(struct store_loader *loaders, int count, struct jk_store *store, const char *prefix, int writes,
                      bool retry)
{
    for (int i = 0; i < count; i++) {
        loaders[i] =
            (struct store_loader){.store = store, .number = i, .writes = writes, .prefix = prefix, .retry = retry};
        assert_int_equal(pthread_create(&loaders[i].thread, NULL, load, &loaders[i]), 0);
    }
}

int store_end_load(struct store_loader *loaders, int count)
{
    int done = 0;

    for (int i = 0; i < count; i++) {
        pthread_join(loaders[i].thread, NULL);
        done += loaders[i].done;
    }
    return done;
}

void store_expect_refusal(const struct store_place *place, const char *reason)
{
    struct jk_store *store = NULL;
    struct jk_error error;

    assert_int_equal(store_try_start(place, &store, &error), JK_FAILED_PRECONDITION);
    assert_string_equal(error.reason, reason);
    assert_null(store);
}

/* Holds for connections made from now on; those that exist are cut. */
void store_set_search_path(const struct store_place *place, const char *path)
{
    char sql[300];

    (void)snprintf(sql, sizeof(sql), "alter database t%d set search_path = %s", store_database_count, path);
    store_run_sql(place->database, sql);
    store_run_sql(place->database, "select pg_terminate_backend(pid) from pg_stat_activity "
                                   "where datname = current_database() and pid <> pg_backend_pid()");
}

/* ---- clocks ---- */

_Atomic int64_t store_boot_ahead_us, store_real_ahead_us;

static int64_t boot_us(void)
{
    return jk_boot_us() + store_boot_ahead_us;
}

static int64_t real_us(void)
{
    return jk_now_us() + store_real_ahead_us;
}

const struct jk_clocks store_clocks = {boot_us, real_us};

void store_fake_database_clock(const struct store_place *place)
{
    struct jk_error error;

    jk_error_init(&error, NULL);
    if (jk_store_migrate(place->database, NULL, &error) != JK_OK) fail_msg("%s", error.message);
    store_run_sql(place->database,
                  "create schema if not exists fake; create table if not exists fake.ahead (us bigint not null); "
                  "truncate fake.ahead; insert into fake.ahead values (0); "
                  "create or replace function fake.clock_timestamp() returns timestamptz language sql as "
                  "$$select pg_catalog.clock_timestamp() + us * interval '1 microsecond' from fake.ahead$$");
    store_set_search_path(place, "public, fake, pg_catalog");
}

static void run(PGconn *pg, const char *sql)
{
    PGresult *result = PQexec(pg, sql);

    if (PQresultStatus(result) != PGRES_COMMAND_OK) fail_msg("%s: %s", sql, PQerrorMessage(pg));
    PQclear(result);
}

/* Who reads the clock reads the head first. A reading that was under way has to wait, and then took too long to count. */
void store_set_clocks(const struct store_place *place, int64_t database_us, int64_t server_real_us,
                      int64_t server_boot_us)
{
    PGconn *pg = PQconnectdb(place->database);
    char sql[100];

    run(pg, "begin");
    run(pg, "lock table public.log_head in access exclusive mode");
    store_real_ahead_us = server_real_us;
    store_boot_ahead_us = server_boot_us;
    (void)snprintf(sql, sizeof(sql), "update fake.ahead set us = %lld", (long long)database_us);
    run(pg, sql);
    run(pg, "commit");
    PQfinish(pg);
}

/* What a run of all tests has made for the servers of others (clusters.py), if it is there already: it spares an initdb. */
static bool copy_cluster(const char *data_dir)
{
    const char *shelf = getenv("JK_CLUSTERS");
    char command[800];
    int len;

    if (mkdir(data_dir, 0755) != 0) return false;
    if (!shelf) return true;
    len = snprintf(command, sizeof(command), "test ! -e '%s/private' || cp -a '%s/private' '%s/postgresql'", shelf,
                   shelf, data_dir);
    return len < (int)sizeof(command) && system(command) == 0;
}

int store_set_up(void **state)
{
    const char *folder = getenv("TMPDIR");
    struct jk_error error;
    char path[200];

    (void)state;
    if (!folder || strlen(folder) > STORE_TOP_MAX / 2) folder = "/tmp";
    (void)snprintf(store_top, sizeof(store_top), "%s/jokbo-test-XXXXXX", folder);
    jk_log_setup(getenv("JK_TEST_LOG") ? JK_LOG_WARN : JK_LOG_ERROR, JK_LOG_LOGFMT);
    (void)signal(SIGPIPE, SIG_IGN);
    jk_digest_setup();
    if (!mkdtemp(store_top) || chmod(store_top, 0755) != 0) return -1;
    (void)snprintf(path, sizeof(path), "%s/cluster", store_top);
    if (!copy_cluster(path)) return -1;
    jk_error_init(&error, NULL);
    if (jk_embedded_start(path, &store_embedded, &error) == JK_OK) return 0;
    print_error("%s\n", error.message);
    return -1;
}

int store_tear_down(void **state)
{
    char command[256];

    (void)state;
    jk_embedded_stop(store_embedded);
    (void)snprintf(command, sizeof(command), "rm -rf $(cat %s/*/socket-folder 2>/dev/null) %s", store_top, store_top);
    return system(command);
}
