/* See challenge_log.h. */
#include "cli/challenge_log.h"

#include "weights/challenge_text.h"

static enum jk_status ask_for_receipt(struct jk_cli *cli, uint64_t index, struct jk_span *out_receipt)
{
    Jokbo__V1__GetReceiptRequest request = JOKBO__V1__GET_RECEIPT_REQUEST__INIT;
    Jokbo__V1__Receipt *reply;
    request.entry_case = JOKBO__V1__GET_RECEIPT_REQUEST__ENTRY_LOG_INDEX;
    request.log_index = (int64_t)index;
    JK_TRY(jk_cli_call(cli, &jokbo__v1__log__descriptor, "GetReceipt", &request.base, &reply));
    *out_receipt = jk_span_of(reply->receipt);
    return JK_OK;
}

enum jk_status jk_challenge_log_entry(struct jk_verification *verification, uint64_t index,
                                      const struct jk_entry **out_entry)
{
    struct jk_cli *cli = verification->cli;
    struct jk_subject *subject = &verification->subjects[verification->count];
    const char *title = jk_arena_printf(&cli->arena, "log entry %llu", (unsigned long long)index);
    *out_entry = NULL;
    if (!title) return jk_out_of_memory(&cli->error);
    jk_subject_init(subject, cli, title);
    JK_TRY(ask_for_receipt(cli, index, &subject->file.receipt));
    subject->newest_asked = true;
    jk_subject_read(subject, cli);
    if (subject->evidence.receipt_read && subject->evidence.receipt.index != index)
        jk_results_add(&subject->results, "receipt", JK_RESULT_FAILS, "it is of log entry %llu",
                       (unsigned long long)subject->evidence.receipt.index);
    JK_TRY(jk_verification_check(verification, verification->count++));
    if (subject->results.fails == 0 && subject->evidence.signed_well && subject->evidence.entry_read &&
        !subject->anchor.clash[0])
        *out_entry = &subject->evidence.entry;
    return JK_OK;
}

/* The receipt has shown the entry to be in the signed tree: with its first `index` + 1 leaves proven to be that tree's,
 * their root ends with it. */
static bool prove_root(struct jk_subject *subject, uint64_t index, struct jk_digest *out_root)
{
    struct jk_error why;
    char hex[JK_DIGEST_HEX + 1];
    jk_error_init(&why, subject->results.arena);
    enum jk_status status =
        jk_anchor_prove_root(&subject->anchor, index + 1, &subject->evidence.receipt.checkpoint, out_root, &why);
    if (status == JK_OK) {
        jk_digest_hex(out_root, hex);
        jk_results_add(&subject->results, "root", JK_RESULT_HOLDS, "%s is that of the first %llu entries", hex,
                       (unsigned long long)index + 1);
        return true;
    }
    bool wrong = why.reason && strcmp(why.reason, "NOT_VERIFIED") == 0;
    jk_results_add(&subject->results, "root", wrong ? JK_RESULT_FAILS : JK_RESULT_SKIPPED, "%s", why.message);
    if (!wrong) (void)jk_fail(&subject->trouble, status, why.reason, "root: %s", why.message);
    return false;
}

enum jk_status jk_challenge_log_key(struct jk_verification *verification, uint64_t index,
                                    struct jk_logged_challenge *out_challenge, bool *out_proven)
{
    struct jk_subject *subject = &verification->subjects[verification->count];
    const struct jk_entry *entry;
    struct jk_digest root;
    char hex[JK_DIGEST_HEX + 1];
    *out_proven = false;
    JK_TRY(jk_challenge_log_entry(verification, index, &entry));
    if (!entry) return JK_OK;
    if (entry->kind != JK_KIND_CHALLENGE) {
        jk_results_add(&subject->results, "challenge", JK_RESULT_FAILS, "the entry is no challenge, but of kind %s",
                       jk_kind_text(entry->kind));
        return JK_OK;
    }
    if (!prove_root(subject, index, &root)) return JK_OK;
    *out_challenge = (struct jk_logged_challenge){index, *entry, jk_challenge_key(&root, &entry->release)};
    jk_digest_hex(&out_challenge->key, hex);
    jk_results_add(&subject->results, "key", JK_RESULT_HOLDS, "%s follows from the root and the release", hex);
    *out_proven = true;
    return JK_OK;
}

bool jk_challenge_log_answers(const struct jk_logged_challenge *challenge, const struct jk_entry *entry)
{
    const struct jk_actor *asked = &challenge->entry.actor, *answered = &entry->actor;
    return entry->kind == JK_KIND_ATTEST && entry->target == challenge->index && answered->type == asked->type &&
           jk_span_equal(answered->name, asked->name);
}
