/* See attest_make.h. */
#include "cli/attest_make.h"

#include <jokbo/v1/access.pb-c.h>
#include <jokbo/v1/evidence.pb-c.h>

#include "base/defer.h"
#include "cli/attesting_find.h"
#include "cli/challenge_grades.h"
#include "cli/challenge_log.h"
#include "cli/console/pages.h"
#include "cli/console/print.h"
#include "cli/console/prompt.h"
#include "cli/digesting.h"
#include "cli/upload.h"
#include "verify/artifact.h"

#define EVIDENCE    (&jokbo__v1__evidence__descriptor)
#define DIFFERS_MAX 200 /* bytes of what an attestation says */

struct making {
    struct jk_cli *cli;
    struct jk_attesting attesting;
    const Jokbo__V1__Release *release;
    struct jk_verification verification; /* a subject for each folder that is read, then the challenge's entry */
    const char *differs;                 /* what is not as registered; empty: everything is */
    struct jk_digest found;              /* of the manifest of what is in the folder */
    const Jokbo__V1__Challenge *challenge;
    struct jk_logged_challenge logged;
    struct jk_text bytes; /* the challenge text */
    struct jk_challenge_text text;
    struct jk_challenge_grade *grades;
    size_t grade_count;
};

static void end_making(struct making *making)
{
    jk_challenge_text_done(&making->text);
    jk_text_done(&making->bytes);
}

static const char *release_name(const struct making *making)
{
    return making->attesting.models[0].name;
}

/* ---- the folders ---- */

/* A parent whose weights nobody can hold against anything has no grade: that is said, and no failure. */
static enum jk_status take_manifest(struct making *making, struct jk_attested *model)
{
    struct jk_cli *cli = making->cli;
    enum jk_status status = jk_attesting_manifest(&making->attesting, model);
    const char *reason = status != JK_OK && cli->error.reason ? cli->error.reason : "";
    bool absent = strcmp(reason, "MANIFEST_ABSENT") == 0 || strcmp(reason, "MANIFEST_UNNAMED") == 0;
    if (status == JK_OK || !absent || model == &making->attesting.models[0]) return status;
    fprintf(cli->err, "%s is left unproven, and %s is not read: %s\n", jk_print_safe(cli, model->name),
            jk_print_safe(cli, model->folder), jk_print_safe(cli, cli->error.message));
    jk_error_init(&cli->error, &cli->arena);
    model->folder = NULL;
    return JK_OK;
}

/* Prints all that differs. What cannot be read here says nothing of the weights, so nothing is attested of it. */
static enum jk_status hold_folder(struct making *making, const struct jk_attested *model,
                                  struct jk_results **out_results, bool *out_partial)
{
    struct jk_cli *cli = making->cli;
    struct jk_subject *subject = &making->verification.subjects[making->verification.count++];
    const char *title = jk_arena_printf(&cli->arena, "%s, in %s", model->name, model->folder);
    struct jk_artifact artifact = {.folder = model->folder,
                                   .manifest = model->manifest,
                                   .shown = cli->err,
                                   .terminal = cli->err_terminal && !cli->json,
                                   .utf8 = cli->utf8};
    if (!title) return jk_out_of_memory(&cli->error);
    jk_subject_init(subject, cli, title);
    jk_artifact_check(&artifact, &subject->results);
    if (!cli->json) jk_subject_print(subject, cli);
    *out_results = &subject->results;
    *out_partial = artifact.partial;
    if (!subject->results.local) return JK_OK;
    return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%.200s could not be read, nothing was written: %s",
                   model->folder, subject->results.local);
}

/* A challenge is answered with the registered lines, so they must be there before it is written. */
static enum jk_status refuse_partial(struct making *making, const struct jk_attested *model)
{
    bool parent = model != &making->attesting.models[0];
    return jk_fail(&making->cli->error, JK_FAILED_PRECONDITION, "NOT_VERIFIED",
                   "%.200s: its registered manifest, of version 1, does not list all headers and tensors of sound "
                   "files, which a challenge text is made of: nothing was written%s",
                   model->name, parent ? "; without its --parent-dir it stays unproven" : "");
}

/* In words. */
static const char *first_difference(struct jk_cli *cli, const struct jk_results *results)
{
    for (size_t i = 0; i < results->count; i++) {
        const struct jk_result *result = &results->items[i];
        if (result->state != JK_RESULT_FAILS) continue;
        const char *text = jk_arena_printf(&cli->arena, "%s: %s", result->check, result->text);
        struct jk_span cut = jk_span_trim(jk_utf8_cut(jk_span_of(text ? text : result->check), DIFFERS_MAX));
        const char *copy = jk_arena_copy(&cli->arena, cut.at, cut.len);
        return copy ? copy : result->check;
    }
    return "";
}

/* By the public signs: what somebody else's `jokbo digest` of this folder comes to. */
static enum jk_status digest_found(struct making *making)
{
    JK_CLEANUP(jk_digesting_done)
    struct jk_digesting digesting = {.cli = making->cli, .folder = making->attesting.models[0].folder, .anew = true};
    making->found = making->attesting.models[0].artifact;
    if (!*making->differs) return JK_OK;
    JK_TRY(jk_digesting_run(&digesting));
    making->found = jk_digest_of(jk_text_span(&digesting.manifest));
    return JK_OK;
}

static enum jk_status hold_release(struct making *making)
{
    struct jk_attested *release = &making->attesting.models[0];
    struct jk_results *results;
    bool partial;
    JK_TRY(take_manifest(making, release));
    JK_TRY(hold_folder(making, release, &results, &partial));
    making->differs = first_difference(making->cli, results);
    return partial && !*making->differs ? refuse_partial(making, release) : JK_OK;
}

static enum jk_status hold_parent(struct making *making, struct jk_attested *model)
{
    struct jk_results *results;
    bool partial;
    if (model->folder) JK_TRY(take_manifest(making, model));
    if (!model->folder) return JK_OK;
    JK_TRY(hold_folder(making, model, &results, &partial));
    if (results->fails > 0)
        return jk_fail(&making->cli->error, JK_FAILED_PRECONDITION, "NOT_VERIFIED",
                       "%.200s does not have the weights of %.200s, which is registered as a parent: nothing was "
                       "written",
                       model->folder, model->name);
    return partial ? refuse_partial(making, model) : JK_OK;
}

/* That a release differs is attested without its parents. */
static enum jk_status hold_folders(struct making *making)
{
    JK_TRY(hold_release(making));
    for (size_t i = 1; i < making->attesting.count && !*making->differs; i++)
        JK_TRY(hold_parent(making, &making->attesting.models[i]));
    return JK_OK;
}

/* The challenge can be answered once, so it is said before what its answer will leave out. */
static void tell_unproven(const struct making *making)
{
    struct jk_cli *cli = making->cli;
    for (size_t i = 1; i < making->attesting.count; i++)
        if (!making->attesting.models[i].folder)
            fprintf(cli->err, "%s stays unproven: its weights were not read (--parent-dir).\n",
                    jk_print_safe(cli, making->attesting.models[i].name));
}

static enum jk_status agree_to_attest(struct making *making, bool *out_agreed)
{
    struct jk_cli *cli = making->cli;
    bool asks = jk_cli_can_ask(cli) && !jk_cli_has(cli, JK_OPTION_YES);
    *out_agreed = true;
    if (!*making->differs) tell_unproven(making);
    if (asks)
        *out_agreed = jk_prompt_yes(cli, *making->differs ? "Attest, for ever, that it is not what was registered?"
                                                          : "Challenge it, and attest, for ever, that it is?");
    else if (*making->differs && !jk_cli_has(cli, JK_OPTION_YES))
        return jk_fail(&cli->error, JK_FAILED_PRECONDITION, "NOT_VERIFIED",
                       "the folder is not what was registered, %s; --yes attests that it differs", making->differs);
    if (!*out_agreed) fprintf(cli->out, "Nothing was written.\n");
    return JK_OK;
}

/* ---- the challenge ---- */

static enum jk_status own_verifier(struct jk_cli *cli, const char **out_id)
{
    Jokbo__V1__GetCallerRequest request = JOKBO__V1__GET_CALLER_REQUEST__INIT;
    Jokbo__V1__Caller *caller;
    JK_TRY(jk_cli_call(cli, &jokbo__v1__access__descriptor, "GetCaller", &request.base, &caller));
    *out_id = caller->account ? caller->account->verifier : "";
    if (**out_id) return JK_OK;
    return jk_fail(&cli->error, JK_PERMISSION_DENIED, "NOT_VERIFIER", "this account acts for no verifier");
}

/* One that waits for its answer; NULL: there is none. */
static enum jk_status find_open(struct making *making, const char *verifier, const Jokbo__V1__Challenge **out)
{
    Jokbo__V1__ListChallengesRequest request = JOKBO__V1__LIST_CHALLENGES_REQUEST__INIT;
    struct jk_pages pages = {EVIDENCE, "ListChallenges", &request.base, "challenges", 0};
    struct jk_list list;
    *out = NULL;
    request.model = (char *)(uintptr_t)release_name(making);
    request.verifier = (char *)(uintptr_t)verifier;
    JK_TRY(jk_pages_fetch(making->cli, &pages, &list));
    for (size_t i = 0; i < list.count && !*out; i++) {
        const Jokbo__V1__Challenge *challenge = (const Jokbo__V1__Challenge *)list.items[i];
        if (challenge->state == JOKBO__V1__CHALLENGE_STATE__CHALLENGE_STATE_OPEN) *out = challenge;
    }
    return JK_OK;
}

static enum jk_status draw(struct making *making)
{
    struct jk_cli *cli = making->cli;
    Jokbo__V1__ChallengeReleaseRequest request = JOKBO__V1__CHALLENGE_RELEASE_REQUEST__INIT;
    Jokbo__V1__Challenge *reply;
    struct jk_digest nonce;
    char hex[JK_DIGEST_HEX + 1];
    jk_random_bytes(nonce.bytes, sizeof nonce.bytes);
    jk_digest_hex(&nonce, hex);
    request.model = (char *)(uintptr_t)release_name(making);
    request.nonce = hex;
    request.request_id = jk_cli_request_id(cli);
    JK_TRY(jk_cli_call(cli, EVIDENCE, "ChallengeRelease", &request.base, &reply));
    making->challenge = reply;
    return JK_OK;
}

static enum jk_status begin_challenge(struct making *making)
{
    struct jk_cli *cli = making->cli;
    const char *verifier;
    JK_TRY(own_verifier(cli, &verifier));
    JK_TRY(find_open(making, verifier, &making->challenge));
    if (!making->challenge) return draw(making);
    fprintf(cli->err, "The challenge of log entry %s waits for its answer: it is taken up again.\n",
            jk_print_number(cli, making->challenge->log_index));
    return JK_OK;
}

/* The key is the log's, whatever the server says; a server that says otherwise is not believed in anything. */
static enum jk_status prove_key(struct making *making)
{
    struct jk_cli *cli = making->cli;
    struct jk_digest said;
    bool proven;
    JK_TRY(
        jk_challenge_log_key(&making->verification, (uint64_t)making->challenge->log_index, &making->logged, &proven));
    const struct jk_subject *subject = &making->verification.subjects[making->verification.count - 1];
    if (!proven) {
        if (!cli->json) jk_subject_print(subject, cli);
        JK_TRY(jk_verification_conclude(&making->verification));
        return jk_fail(&cli->error, JK_FAILED_PRECONDITION, "NOT_VERIFIED", "the challenge's key could not be proven");
    }
    if (!jk_digest_equal(&making->logged.entry.release, &making->attesting.models[0].hash))
        return jk_fail(&cli->error, JK_FAILED_PRECONDITION, "NOT_VERIFIED",
                       "the challenge of log entry %llu is of another release",
                       (unsigned long long)making->logged.index);
    if (jk_digest_parse(jk_span_of(making->challenge->key), &said) && jk_digest_equal(&said, &making->logged.key))
        return JK_OK;
    return jk_fail(&cli->error, JK_FAILED_PRECONDITION, "NOT_VERIFIED",
                   "the server gives the key %.64s, and the log's proofs another: nothing was attested",
                   making->challenge->key);
}

/* ---- the text ---- */

static enum jk_status add_sketched(struct making *making, const struct jk_attested *model)
{
    struct jk_cli *cli = making->cli;
    JK_CLEANUP(jk_text_done) struct jk_text made = {0};
    JK_TRY(jk_attesting_sketch(&making->attesting, model, &making->logged.key, &made));
    if (!jk_manifests_agree(jk_text_span(&made), model->manifest))
        return jk_fail(&cli->error, JK_FAILED_PRECONDITION, "NOT_VERIFIED",
                       "%.200s: its files changed since they were held against the manifest", model->name);
    jk_challenge_text_add(&making->bytes, &model->hash, &model->artifact, jk_text_span(&made));
    return JK_OK;
}

static int by_hash(const void *a, const void *b)
{
    const struct jk_attested *const *one = a, *const *two = b;
    return jk_digest_compare(&(*one)->hash, &(*two)->hash);
}

static enum jk_status make_text(struct making *making)
{
    struct jk_cli *cli = making->cli;
    const struct jk_attesting *attesting = &making->attesting;
    const struct jk_attested *parents[JK_GRADED_MAX];
    size_t count = 0;
    jk_text_init(&making->bytes, JK_CHALLENGE_TEXT_MAX);
    jk_challenge_text_begin(&making->bytes, &attesting->models[0].hash, making->logged.index, &making->logged.key);
    JK_TRY(add_sketched(making, &attesting->models[0]));
    for (size_t i = 1; i < attesting->count; i++)
        if (attesting->models[i].folder) parents[count++] = &attesting->models[i];
    qsort(parents, count, sizeof parents[0], by_hash);
    for (size_t i = 0; i < count; i++)
        JK_TRY(add_sketched(making, parents[i]));
    if (making->bytes.failed)
        return jk_fail(&cli->error, JK_RESOURCE_EXHAUSTED, "CHALLENGE_TEXT_TOO_LARGE",
                       "the challenge text of these models exceeds 64 MiB: leave out a --parent-dir");
    JK_TRY(jk_challenge_text_read(jk_text_span(&making->bytes), &making->text, &cli->error));
    return jk_challenge_grades(attesting, &making->text, &making->grades, &making->grade_count);
}

/* ---- attesting ---- */

static enum jk_status send_attestation(struct making *making)
{
    struct jk_cli *cli = making->cli;
    Jokbo__V1__AttestReleaseRequest request = JOKBO__V1__ATTEST_RELEASE_REQUEST__INIT;
    char found[JK_DIGEST_HEX + 1], sketches[JK_DIGEST_HEX + 1] = "";
    Jokbo__V1__Challenge *reply;
    jk_digest_hex(&making->found, found);
    if (!*making->differs) {
        struct jk_span text = jk_text_span(&making->bytes);
        struct jk_digest digest = jk_digest_of(text);
        jk_digest_hex(&digest, sketches);
        JK_TRY(jk_cli_upload_blob(cli, JOKBO__V1__BLOB_KIND__BLOB_KIND_CHALLENGE, text, "challenge text"));
    }
    request.challenge = making->challenge->log_index;
    request.found_sha256 = found;
    request.differs = (char *)(uintptr_t)making->differs;
    request.sketches_sha256 = sketches;
    request.request_id = jk_cli_uuid(cli);
    if (!request.request_id) return jk_out_of_memory(&cli->error);
    JK_TRY(jk_cli_call(cli, EVIDENCE, "AttestRelease", &request.base, &reply));
    making->challenge = reply;
    return JK_OK;
}

static enum jk_status tell_attested(const struct making *making)
{
    struct jk_cli *cli = making->cli;
    if (cli->json)
        return jk_print_json(cli, json_pack("{s:o, s:o}", "challenge", jk_json_message(&making->challenge->base),
                                            "parents", jk_challenge_grades_json(making->grades, making->grade_count)));
    fprintf(cli->out, "\nAttested in log entry %s: %s %s.\n", jk_print_number(cli, making->challenge->attest_index),
            jk_print_safe(cli, release_name(making)),
            *making->differs ? "is not what was registered" : "is what was registered");
    if (*making->differs)
        fprintf(cli->out, "What differs: %s\n", jk_print_safe(cli, making->differs));
    else
        jk_challenge_grades_print(cli, making->grades, making->grade_count);
    return JK_OK;
}

enum jk_status jk_attest_make(struct jk_cli *cli)
{
    JK_CLEANUP(end_making) struct making making = {.cli = cli, .verification.cli = cli, .attesting.cli = cli};
    bool agreed;
    if (cli->options.operand_count < 2)
        return jk_cli_usage(cli, "give MODEL[@RELEASE] and the folder DIR with its weights, or --check CHALLENGE");
    JK_TRY(jk_attesting_find(&making.attesting, jk_cli_operand(cli, 0), NULL, &making.release));
    JK_TRY(jk_attesting_folders(&making.attesting, jk_cli_operand(cli, 1)));
    JK_TRY(jk_verification_room(&making.verification, making.attesting.count + 1));
    JK_TRY(hold_folders(&making));
    JK_TRY(agree_to_attest(&making, &agreed));
    if (!agreed) return JK_OK;
    JK_TRY(digest_found(&making));
    JK_TRY(begin_challenge(&making));
    JK_TRY(prove_key(&making));
    if (!*making.differs) JK_TRY(make_text(&making));
    JK_TRY(send_attestation(&making));
    return tell_attested(&making);
}
