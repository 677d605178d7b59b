/* The rights of the server's role (grants.def): granted by the owner after the migrations, checked by the server at
 * start. Thread: start. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "store/state.h"

#define GRANT_MS 60000

enum kind { TABLE, SEQUENCE };

static const struct grant {
    enum kind kind;
    const char *name, *rights;
} grants[] = {
#define JK_GRANT(kind, name, rights) {kind, #name, rights},
#include "store/grants.def"
#undef JK_GRANT
};
#define GRANTS (sizeof(grants) / sizeof(grants[0]))

static enum jk_status run_script(struct jk_conn *plain, struct jk_text *script, PGresult **out_rows,
                                 struct jk_error *error)
{
    if (script->failed) return jk_out_of_memory(error);
    return jk_conn_script(plain, script->bytes, jk_monotonic_ms() + GRANT_MS, out_rows, error);
}

/* ---- granting ---- */

/* Whether the role exists and its rights can be limited; those of a superuser or an owner cannot. */
static enum jk_status check_role(struct jk_conn *plain, const char *role, const char *literal, struct jk_error *error)
{
    PGresult *rows = NULL;
    struct jk_text script;
    enum jk_status status;

    jk_text_init(&script, 0);
    jk_text_addf(&script,
                 "select pg_has_role(rolname, (select relowner from pg_class where oid = 'entry'::regclass), 'usage') "
                 "from pg_roles where rolname = %s",
                 literal);
    status = run_script(plain, &script, &rows, error);
    jk_text_done(&script);
    if (status != JK_OK) return status;
    if (PQntuples(rows) == 0)
        status = jk_fail(error, JK_FAILED_PRECONDITION, "ROLE_ABSENT",
                         "there is no role \"%s\" in the database: create it first (create role … login)", role);
    else if (PQgetvalue(rows, 0, 0)[0] == 't')
        status = jk_fail(error, JK_FAILED_PRECONDITION, "ROLE_TOO_MIGHTY",
                         "the role \"%s\" owns the tables, or is a superuser or a member of their owner: its rights "
                         "cannot be limited; give the server a role of its own",
                         role);
    PQclear(rows);
    return status;
}

static enum jk_status give(struct jk_conn *plain, const char *name, struct jk_error *error)
{
    static const char *const kinds[] = {[TABLE] = "table", [SEQUENCE] = "sequence"};
    PGresult *rows = NULL;
    struct jk_text script;
    enum jk_status status;

    JK_TRY(jk_conn_script(plain, "select quote_ident(current_schema())", jk_monotonic_ms() + GRANT_MS, &rows, error));
    jk_text_init(&script, 0);

    const char *schema = PQgetvalue(rows, 0, 0);
    jk_text_addf(&script, "begin;\ngrant usage on schema %s to %s;\n", schema, name);
    for (size_t i = 0; i < GRANTS; i++) {
        const char *kind = kinds[grants[i].kind], *what = grants[i].name;

        jk_text_addf(&script, "revoke all on %s %s from %s;\n", kind, what, name);
        jk_text_addf(&script, "grant %s on %s %s to %s;\n", grants[i].rights, kind, what, name);
    }
    jk_text_add_str(&script, "commit");

    PQclear(rows);
    status = run_script(plain, &script, NULL, error);
    jk_text_done(&script);
    return status;
}

enum jk_status jk_grants_give(struct jk_conn *plain, const char *role, struct jk_error *error)
{
    char *literal = PQescapeLiteral(plain->pg, role, strlen(role));
    char *name = PQescapeIdentifier(plain->pg, role, strlen(role));
    enum jk_status status;

    if (literal && name) {
        status = check_role(plain, role, literal, error);
        if (status == JK_OK) status = give(plain, name, error);
    } else {
        status = jk_fail(error, JK_INVALID_ARGUMENT, "ROLE", "the server's role is not a name that PostgreSQL accepts");
    }
    PQfreemem(literal);
    PQfreemem(name);
    return status;
}

/* ---- checking ---- */

/* One row: who we are, what is missing, what we could do to entries, and whether a frozen server's session could be
 * ended (warden.c): every role may end its own sessions, unless it was denied the functions. */
static void add_question(struct jk_text *script)
{
    const char *comma = "";

    jk_text_add_str(script, "select current_user, "
                            "(select string_agg(kind || ' ' || name || ': ' || wanted, ', ') from (values ");
    for (size_t i = 0; i < GRANTS; i++) {
        jk_text_addf(script, "%s('%s', '%s', '%s')", comma, grants[i].kind == TABLE ? "table" : "sequence",
                     grants[i].name, grants[i].rights);
        comma = ", ";
    }
    jk_text_add_str(
        script, ") as granted (kind, name, rights), string_to_table(rights, ', ') as wanted where not case kind "
                "when 'table' then has_table_privilege(name, wanted) else has_sequence_privilege(name, wanted) end), "
                "concat_ws(', ', case when has_any_column_privilege('entry', 'update') then 'update' end, "
                "case when has_table_privilege('entry', 'delete') then 'delete' end, "
                "case when has_table_privilege('entry', 'truncate') then 'truncate' end), "
                "(select bool_and(has_function_privilege(oid, 'execute')) from pg_proc where pronamespace = "
                "'pg_catalog'::regnamespace and proname in ('pg_terminate_backend', 'pg_blocking_pids'))");
}

/* A superuser and an owner can always do everything, and a manually created database may have no other role, so this is
 * logged, not refused. A change to an entry would not go unnoticed: roots, receipts and the guard copy would contradict
 * it. */
static void warn_mighty(const char *role, const char *rights)
{
    if (!*rights) return;
    jk_log(JK_LOG_WARN, "database-role-can-change-entries", "role", role, "rights", rights, "advice",
           "serve with a role of its own: create it, then jokbod migrate --database … --server-role NAME", NULL);
}

enum jk_status jk_grants_check(struct jk_conn *plain, struct jk_error *error)
{
    PGresult *rows = NULL;
    struct jk_text script;
    enum jk_status status;

    jk_text_init(&script, 0);
    add_question(&script);
    status = run_script(plain, &script, &rows, error);
    jk_text_done(&script);
    if (status != JK_OK) return status;
    if (!PQgetisnull(rows, 0, 1))
        status =
            jk_fail(error, JK_FAILED_PRECONDITION, "ROLE_RIGHTS",
                    "the database's role \"%.63s\" lacks rights (%.200s): run jokbod migrate with the owner's role "
                    "and --server-role %.63s",
                    PQgetvalue(rows, 0, 0), PQgetvalue(rows, 0, 1), PQgetvalue(rows, 0, 0));
    else
        warn_mighty(PQgetvalue(rows, 0, 0), PQgetvalue(rows, 0, 2));
    /* Not refused: it matters only if another server of the log freezes. */
    if (PQgetvalue(rows, 0, 3)[0] != 't') {
        jk_log(JK_LOG_WARN, "database-role-cannot-end-sessions", "role", PQgetvalue(rows, 0, 0), "advice",
               "a frozen server would hold the log for ever: grant execute on pg_terminate_backend and "
               "pg_blocking_pids to the role",
               NULL);
    }
    PQclear(rows);
    return status;
}
