/* `receipt renew` and `receipt get`. */
#include <jokbo/v1/log.pb-c.h>

#include "cli/commands.h"
#include "cli/console/local.h"
#include "cli/console/number.h"
#include "cli/console/place.h"
#include "cli/console/print.h"
#include "verify/renew.h"
#include "verify/verification.h"
#include "verify/witnessed.h"

/* ---- renewing ---- */

/* What the user gave instead of a server. */
struct given {
    struct jk_span checkpoint, proof;
    bool any;
};

static enum jk_status read_given(struct jk_cli *cli, struct given *out)
{
    const char *checkpoint = jk_options_text(&cli->options, JK_OPTION_CHECKPOINT);
    const char *proof = jk_options_text(&cli->options, JK_OPTION_PROOF);
    *out = (struct given){.any = checkpoint || proof};
    if (checkpoint) JK_TRY(jk_local_read(checkpoint, JK_NOTE_MAX, &cli->arena, &out->checkpoint, &cli->error));
    if (proof) JK_TRY(jk_local_read(proof, JK_RECEIPT_MAX, &cli->arena, &out->proof, &cli->error));
    if (out->any || !jk_cli_has(cli, JK_OPTION_OFFLINE)) return JK_OK;
    return jk_cli_usage(cli,
                        "with --offline the new checkpoint and proof come from files: give --checkpoint or --proof");
}

static enum jk_status gather_receipts(struct jk_verification *verification, const struct given *given)
{
    struct jk_cli *cli = verification->cli;
    const char *what = jk_cli_operand(cli, 0);
    if (!jk_local_is_folder(what)) {
        JK_TRY(jk_verification_room(verification, 1));
        return jk_verification_load(verification, what);
    }
    if (given->any)
        return jk_cli_usage(cli, "--checkpoint and --proof are for a single receipt, and %.200s is a folder", what);
    return jk_verification_load_folder(verification, what, "");
}

/* A policy that the stored receipt satisfies already leaves nothing to do. The signature is checked with the rest. */
static bool is_enough(struct jk_cli *cli, const struct jk_receipt *old)
{
    struct jk_trust_verdict verdict;
    struct jk_anchor anchor;
    struct jk_error why;
    jk_error_init(&why, &cli->arena);
    if (!cli->witnessed ||
        jk_anchor_open(cli, old->checkpoint.origin, jk_cli_has(cli, JK_OPTION_OFFLINE), &anchor) != JK_OK)
        return false;
    return jk_anchor_check_policy(&anchor, old->note, &verdict, &why) == JK_OK;
}

/* The new receipt, in the stored one's place; false: there is none, and the results say why. */
static bool renew(struct jk_subject *subject, struct jk_cli *cli, const struct given *given)
{
    struct jk_receipt old;
    struct jk_span fresh = subject->file.receipt;
    struct jk_error why;
    jk_error_init(&why, &cli->arena);
    bool read = jk_receipt_parse(subject->file.receipt, &old, &why) == JK_OK;
    enum jk_status status = why.status;
    if (read && !is_enough(cli, &old))
        status = given->any ? jk_renew_join(&old, given->checkpoint, given->proof, &cli->arena, &fresh, &why)
                            : jk_renew_ask(cli, &old, &fresh, &why);
    subject->file.receipt = fresh;
    if (status == JK_OK) return true;
    if (jk_subject_set_aside(subject, "renewal", &why)) return false;
    jk_results_add(&subject->results, "renewal", read && !given->any ? JK_RESULT_SKIPPED : JK_RESULT_FAILS, "%s",
                   why.message);
    (void)jk_fail(&subject->trouble, why.status, why.reason, "%s", why.message);
    return false;
}

static bool same_index(const struct jk_subject *subject, uint64_t index)
{
    return subject->evidence.receipt_read && subject->evidence.receipt.index == index;
}

/* Only what was checked in every way takes the stored one's place. */
static enum jk_status store(struct jk_subject *subject, struct jk_cli *cli, struct jk_span stored)
{
    bool good = subject->results.fails == 0 && subject->evidence.signed_well && !jk_error_is_set(&subject->trouble);
    if (!good) {
        subject->outcome = "left as it was";
        return JK_OK;
    }
    if (jk_span_equal(subject->file.receipt, stored)) {
        subject->outcome = "cosigned already, left as it is";
        return JK_OK;
    }
    const char *path = subject->file.path, *slash = strrchr(path, '/');
    const char *folder = slash ? jk_arena_copy(&cli->arena, path, (size_t)(slash - path)) : ".";
    if (!folder) return jk_out_of_memory(&cli->error);
    JK_TRY(jk_place_file(folder[0] ? folder : "/", slash ? slash + 1 : path, subject->file.receipt, &cli->arena,
                         &cli->error));
    subject->outcome = jk_arena_printf(&cli->arena, "renewed, for the checkpoint of size %llu",
                                       (unsigned long long)subject->evidence.receipt.checkpoint.size);
    return JK_OK;
}

static enum jk_status renew_one(struct jk_verification *verification, size_t at, const struct given *given)
{
    struct jk_cli *cli = verification->cli;
    struct jk_subject *subject = &verification->subjects[at];
    struct jk_span stored = subject->file.receipt;
    subject->own_checkpoint = subject->newest_asked = true;
    if (!renew(subject, cli, given)) {
        subject->outcome = "left as it was";
        return JK_OK;
    }
    /* The new one must be of the same entry, and bear what it was asked for. */
    struct jk_receipt old;
    struct jk_error unused;
    jk_error_init(&unused, NULL);
    jk_subject_read(subject, cli);
    if (jk_receipt_parse(stored, &old, &unused) == JK_OK && !same_index(subject, old.index))
        jk_results_add(&subject->results, "renewal", JK_RESULT_FAILS, "the reply is about another entry");
    if (subject->evidence.receipt_read && !cli->witnessed &&
        !jk_renew_cosigners(subject->evidence.receipt.note, &cli->arena)[0])
        jk_results_add(&subject->results, "renewal", JK_RESULT_FAILS, "its checkpoint bears no cosignature");
    JK_TRY(jk_verification_check(verification, at));
    return store(subject, cli, stored);
}

enum jk_status jk_run_receipt_renew(struct jk_cli *cli)
{
    struct jk_verification verification = {.cli = cli};
    struct given given;
    JK_TRY(jk_witnessed_read(cli));
    JK_TRY(read_given(cli, &given));
    JK_TRY(gather_receipts(&verification, &given));
    for (size_t i = 0; i < verification.count; i++)
        JK_TRY(renew_one(&verification, i, &given));
    return jk_verification_tell(&verification, jk_verification_conclude(&verification));
}

/* ---- getting one ---- */

enum jk_status jk_run_receipt_get(struct jk_cli *cli)
{
    Jokbo__V1__GetReceiptRequest request = JOKBO__V1__GET_RECEIPT_REQUEST__INIT;
    Jokbo__V1__Receipt *reply;
    struct jk_span entry = jk_span_of(jk_cli_operand(cli, 0));
    uint64_t index;
    request.cosigned = jk_cli_has(cli, JK_OPTION_COSIGNED);
    request.entry_case = JOKBO__V1__GET_RECEIPT_REQUEST__ENTRY_LINEAGE_HASH;
    request.lineage_hash = jk_cli_operand(cli, 0);
    if (entry.len < JK_DIGEST_HEX && jk_number_parse(entry.at, &index) && index <= INT64_MAX) {
        request.entry_case = JOKBO__V1__GET_RECEIPT_REQUEST__ENTRY_LOG_INDEX;
        request.log_index = (int64_t)index;
    }
    JK_TRY(jk_cli_call(cli, &jokbo__v1__log__descriptor, "GetReceipt", &request.base, &reply));
    if (cli->json) return jk_print_message(cli, &reply->base);
    fprintf(cli->out, "%s", reply->receipt);
    return JK_OK;
}
