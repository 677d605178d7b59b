/* The first account and its configuration file. */
#include "daemon/bootstrap.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/access.h"
#include "base/clock.h"
#include "base/files.h"

#define FILE_BYTES    8192
#define FIRST_ACCOUNT 1
#define ALL_ROLES     (JK_ROLE_ADMIN | JK_ROLE_REGISTRAR | JK_ROLE_EVALUATOR)
#define ALL_SCOPES    (JK_SCOPE_MODELS | JK_SCOPE_PUBLISHERS | JK_SCOPE_TOKENS | JK_SCOPE_ROSTER | JK_SCOPE_ACCOUNTS)

/* ---- one write through the sequencer, waited for ---- */

struct first {
    struct jk_own_write own; /* first */
    char secret[JK_TOKEN_TEXT];
};

static enum jk_status put_account(struct jk_turn *turn, struct jk_error *error)
{
    struct jk_account account = {.id = FIRST_ACCOUNT,
                                 .label = "local admin",
                                 .roles = ALL_ROLES,
                                 .created_us = turn->time_us,
                                 .teams_known = true},
                      known;
    struct jk_record record;
    for (size_t i = 0; i < JK_ROLES; i++)
        if (ALL_ROLES & 1u << i) account.grants[i].since_us = turn->time_us;
    if (jk_directory_account(turn->directory, FIRST_ACCOUNT, &known)) return JK_OK;
    if (!jk_record_account(turn->arena, &account, &record)) return jk_out_of_memory(error);
    return jk_turn_record(turn, &record, error);
}

static enum jk_status decide_first(struct jk_write *write, struct jk_turn *turn)
{
    struct first *first = (struct first *)write;
    struct jk_token token = {.account = FIRST_ACCOUNT,
                             .scopes = ALL_SCOPES,
                             .label = "created when the server started",
                             .created_us = turn->time_us};
    struct jk_record record;
    JK_TRY(put_account(turn, write->error));
    token.id = jk_directory_next_id(turn->directory, "token");
    token.hash = jk_token_hash(jk_span_of(first->secret));
    if (!jk_record_token(turn->arena, &token, &record)) return jk_out_of_memory(write->error);
    return jk_turn_record(turn, &record, write->error);
}

/* ---- the file ---- */

static size_t read_old(const char *path, char *bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, bytes, FILE_BYTES);
    if (fd >= 0) close(fd);
    return len > 0 ? (size_t)len : 0;
}

/* The token from an earlier start, if it is still valid. */
static bool find_token(struct jk_store *store, const char *path, char out_secret[JK_TOKEN_TEXT])
{
    char bytes[FILE_BYTES];
    struct jk_span rest = {bytes, read_old(path, bytes)}, line, key;
    struct jk_token token;
    while (jk_span_line(&rest, &line)) {
        struct jk_span value = line;
        if (!jk_span_cut(&value, '=', &key) || !jk_span_equal(jk_span_trim(key), JK_SPAN("token"))) continue;
        value = jk_span_trim(value);
        struct jk_digest hash = jk_token_hash(value);
        bool good = value.len == JK_TOKEN_TEXT - 1 &&
                    jk_directory_find_token(jk_store_directory(store), &hash, &token) &&
                    jk_token_in_force(jk_store_directory(store), &token, jk_store_clock_us(store));
        if (!good) continue;
        memcpy(out_secret, value.at, value.len);
        out_secret[value.len] = 0;
        return true;
    }
    return false;
}

enum jk_status jk_bootstrap(struct jk_store *store, const char *path, const char *server, const char *http,
                            struct jk_error *error)
{
    char secret[JK_TOKEN_TEXT];
    if (!find_token(store, path, secret)) {
        struct first first = {.own.write.decide = decide_first};
        jk_token_make(first.secret);
        JK_TRY(jk_store_write_own(store, &first.own, error));
        memcpy(secret, first.secret, JK_TOKEN_TEXT);
    }

    /* Through a temporary file of mode 0600 and a rename: nobody sees half of it, and no other user can ever read
     * it. */
    char temporary[4200], bytes[1024];
    int len = snprintf(bytes, sizeof bytes,
                       "# Written by jokbod at its start for the local user; it holds an admin's token.\nserver = "
                       "%s\n%s%s%stoken = %s\n",
                       server, http ? "http = http://" : "", http ? http : "", http ? "\n" : "", secret);
    snprintf(temporary, sizeof temporary, "%s.new", path);
    int why = jk_file_replace(AT_FDCWD, temporary, path, (struct jk_span){bytes, (size_t)len}, 0600, true);
    if (!why) return JK_OK;
    return jk_fail(error, JK_FAILED_PRECONDITION, "CLIENT_CONFIG", "--client-config %s: cannot be written: %s", path,
                   strerror(why));
}
