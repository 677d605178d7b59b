/* See verification.h. */
#include "verify/verification.h"

#include "cli/console/print.h"
#include "verify/certified.h"

enum jk_status jk_verification_room(struct jk_verification *verification, size_t count)
{
    verification->subjects = jk_arena_zalloc(&verification->cli->arena, count, sizeof *verification->subjects);
    if (verification->subjects) return JK_OK;
    return jk_out_of_memory(&verification->cli->error);
}

enum jk_status jk_verification_load(struct jk_verification *verification, const char *path)
{
    struct jk_cli *cli = verification->cli;
    struct jk_subject *subject = &verification->subjects[verification->count];
    jk_subject_init(subject, cli, path);
    JK_TRY(jk_receipts_read(path, &cli->arena, &subject->file, &cli->error));
    verification->count++;
    return JK_OK;
}

static struct jk_span origin_of_receipt(const struct jk_subject *subject)
{
    struct jk_receipt receipt;
    struct jk_error unused;
    jk_error_init(&unused, NULL);
    bool read = jk_receipt_parse(subject->file.receipt, &receipt, &unused) == JK_OK;
    return read ? receipt.checkpoint.origin : (struct jk_span){0};
}

/* Who publishes in two registries has receipts of both beside the card, and a server keeps one log: as long as some are
 * of that, the others are checked without it. */
static void set_aside(struct jk_verification *verification)
{
    struct jk_cli *cli = verification->cli;
    struct jk_span first = {0};
    struct jk_error unused;
    bool several = false, any = false;
    for (size_t i = 0; i < verification->count; i++) {
        struct jk_span origin = origin_of_receipt(&verification->subjects[i]);
        several = several || (first.len > 0 && origin.len > 0 && !jk_span_equal(origin, first));
        if (first.len == 0) first = origin;
    }
    jk_error_init(&unused, NULL);
    if (!several || jk_cli_has(cli, JK_OPTION_OFFLINE)) return;
    any = jk_anchor_same_log(cli, first, &unused) == JK_OK;
    if (!cli->server_log) return; /* it does not answer */
    for (size_t i = 0; i < verification->count; i++)
        any = any || jk_span_equal(origin_of_receipt(&verification->subjects[i]), jk_span_of(cli->server_log));
    for (size_t i = 0; i < verification->count && any; i++) {
        struct jk_span origin = origin_of_receipt(&verification->subjects[i]);
        verification->subjects[i].aside = origin.len > 0 && !jk_span_equal(origin, jk_span_of(cli->server_log));
    }
}

enum jk_status jk_verification_load_folder(struct jk_verification *verification, const char *folder, const char *mend)
{
    struct jk_cli *cli = verification->cli;
    const char **paths;
    size_t count;
    JK_TRY(jk_receipts_list(folder, &cli->arena, &paths, &count, &cli->error));
    if (count == 0)
        return jk_fail(&cli->error, JK_NOT_FOUND, "RECEIPTS_ABSENT",
                       "there is no receipt in %.200s/" JK_RECEIPTS_FOLDER "%s", folder, mend);
    JK_TRY(jk_verification_room(verification, count));
    for (size_t i = 0; i < count; i++)
        JK_TRY(jk_verification_load(verification, paths[i]));
    set_aside(verification);
    return JK_OK;
}

/* ---- checking ---- */

enum jk_status jk_verification_check(struct jk_verification *verification, size_t at)
{
    struct jk_subject *subject = &verification->subjects[at];
    if (subject->is_certificate) return jk_certified_check(subject, verification->cli);
    for (size_t i = 0; i < at && !subject->before; i++) {
        const struct jk_subject *before = &verification->subjects[i];
        if (before->evidence.signed_well && subject->evidence.receipt_read &&
            jk_span_equal(before->evidence.receipt.checkpoint.origin, subject->evidence.receipt.checkpoint.origin))
            subject->before = before;
    }
    return jk_subject_check(subject, verification->cli);
}

/* ---- what came of it ---- */

static const struct jk_subject *clashing(const struct jk_verification *verification)
{
    for (size_t i = 0; i < verification->count; i++)
        if (verification->subjects[i].anchor.clash[0]) return &verification->subjects[i];
    return NULL;
}

enum jk_status jk_verification_conclude(const struct jk_verification *verification)
{
    struct jk_error *error = &verification->cli->error;
    const struct jk_subject *clash = clashing(verification);
    size_t fails = 0;
    jk_error_init(error, &verification->cli->arena);
    if (clash) return jk_fail(error, JK_FAILED_PRECONDITION, "LOG_FORKED", "%s", clash->trouble.message);
    for (size_t i = 0; i < verification->count; i++)
        fails += verification->subjects[i].results.fails;
    if (fails > 0)
        return jk_fail(error, JK_FAILED_PRECONDITION, "NOT_VERIFIED", "%zu %s failed", fails,
                       fails == 1 ? "check" : "checks");
    for (size_t i = 0; i < verification->count; i++) {
        const struct jk_error *trouble = &verification->subjects[i].trouble;
        if (jk_error_is_set(trouble))
            return jk_fail(error, trouble->status, trouble->reason, "not everything could be checked: %s",
                           trouble->message);
    }
    return JK_OK;
}

json_t *jk_verification_json(const struct jk_verification *verification, enum jk_status status)
{
    struct jk_cli *cli = verification->cli;
    const struct jk_error *error = &cli->error;
    json_t *list = json_array();
    for (size_t i = 0; i < verification->count; i++)
        json_array_append_new(list, jk_subject_json(&verification->subjects[i]));
    cli->told = status != JK_OK;
    json_t *reason = status == JK_OK ? json_null() : json_string(error->reason ? error->reason : "");
    json_t *message = status == JK_OK ? json_null() : json_string(error->message);
    return json_pack("{s:b, s:o, s:o, s:o}", "verified", status == JK_OK, "reason", reason, "message", message,
                     "subjects", list);
}

enum jk_status jk_verification_tell(const struct jk_verification *verification, enum jk_status status)
{
    struct jk_cli *cli = verification->cli;
    if (cli->json) {
        JK_TRY(jk_print_json(cli, jk_verification_json(verification, status)));
        return status;
    }
    const struct jk_subject *clash = clashing(verification);
    for (size_t i = 0; i < verification->count; i++) {
        if (i > 0) fputc('\n', cli->out);
        jk_subject_print(&verification->subjects[i], cli);
    }
    if (clash) fprintf(cli->out, "\nSeen before:\n\n%s\nNow:\n\n%s\n", clash->anchor.clash[0], clash->anchor.clash[1]);
    return status;
}
