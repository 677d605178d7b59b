/* See attest_check.h. */
#include "cli/attest_check.h"

#include <jokbo/v1/evidence.pb-c.h>

#include "base/defer.h"
#include "cli/attesting_find.h"
#include "cli/challenge_grades.h"
#include "cli/challenge_log.h"
#include "cli/console/local.h"
#include "cli/console/number.h"
#include "cli/console/pages.h"
#include "cli/console/print.h"
#include "domain/manifest.h"
#include "verify/download.h"

#define SUBJECTS 3 /* the challenge, its attestation, the text */

struct checking {
    struct jk_cli *cli;
    struct jk_verification verification;
    struct jk_subject *subject; /* of the text; NULL: the checks did not come to it */
    struct jk_challenge_text text;
    struct jk_attesting attesting;
    struct jk_challenge_grade *grades;
    size_t grade_count;
};

static void end_checking(struct checking *checking)
{
    jk_challenge_text_done(&checking->text);
}

/* ---- the text ---- */

static const char *hex_of(struct jk_cli *cli, const struct jk_digest *digest)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(digest, hex);
    const char *copy = jk_arena_copy(&cli->arena, hex, JK_DIGEST_HEX);
    return copy ? copy : "";
}

/* All that a text by itself tells of the models in it. */
static enum jk_status take_models(struct checking *checking)
{
    struct jk_cli *cli = checking->cli;
    const struct jk_challenge_text *text = &checking->text;
    struct jk_attested *models = jk_arena_zalloc(&cli->arena, text->count, sizeof *models);
    if (!models) return jk_out_of_memory(&cli->error);
    for (size_t i = 0; i < text->count; i++) {
        const struct jk_challenge_model *model = &text->models[i];
        models[i] = (struct jk_attested){.hash = model->release,
                                         .name = hex_of(cli, &model->release),
                                         .artifact = model->artifact,
                                         .manifest = model->manifest};
    }
    checking->attesting = (struct jk_attesting){cli, models, text->count};
    return JK_OK;
}

static void begin_text(struct checking *checking, const char *title)
{
    checking->subject = &checking->verification.subjects[checking->verification.count++];
    jk_subject_init(checking->subject, checking->cli, title);
}

static enum jk_status take_challenge_text(struct checking *checking, struct jk_span bytes)
{
    struct jk_cli *cli = checking->cli;
    JK_TRY(jk_challenge_text_read(bytes, &checking->text, &cli->error));
    struct jk_digest digest = jk_digest_of(bytes);
    jk_results_add(&checking->subject->results, "text", JK_RESULT_HOLDS,
                   "well-formed, of %zu %s, of the challenge of log entry %llu; its SHA-256 is %s",
                   checking->text.count, checking->text.count == 1 ? "model" : "models",
                   (unsigned long long)checking->text.challenge, hex_of(cli, &digest));
    return JK_OK;
}

static enum jk_status take_file(struct checking *checking, const char *path)
{
    struct jk_cli *cli = checking->cli;
    struct jk_span bytes;
    begin_text(checking, path);
    JK_TRY(jk_local_read(path, JK_CHALLENGE_TEXT_MAX, &cli->arena, &bytes, &cli->error));
    JK_TRY(take_challenge_text(checking, bytes));
    jk_results_add(&checking->subject->results, "key", JK_RESULT_NOTE,
                   "%s, as the text says; with the challenge's log index in the place of the file, the log is asked",
                   hex_of(cli, &checking->text.key));
    return take_models(checking);
}

/* ---- from the log ---- */

/* The entry that answers the challenge, by the server's list; what it says is then proven. */
static enum jk_status find_attest(struct checking *checking, const Jokbo__V1__Release *release, uint64_t index,
                                  uint64_t *out_attest)
{
    struct jk_cli *cli = checking->cli;
    Jokbo__V1__ListChallengesRequest request = JOKBO__V1__LIST_CHALLENGES_REQUEST__INIT;
    struct jk_pages pages = {&jokbo__v1__evidence__descriptor, "ListChallenges", &request.base, "challenges", 0};
    struct jk_list list;
    *out_attest = 0;
    request.model = jk_arena_printf(&cli->arena, "%s@%s", release->model, release->version);
    if (!request.model) return jk_out_of_memory(&cli->error);
    JK_TRY(jk_pages_fetch(cli, &pages, &list));
    for (size_t i = 0; i < list.count; i++) {
        const Jokbo__V1__Challenge *challenge = (const Jokbo__V1__Challenge *)list.items[i];
        if (challenge->log_index == (int64_t)index && challenge->attest_index > 0)
            *out_attest = (uint64_t)challenge->attest_index;
    }
    if (*out_attest > 0) return JK_OK;
    return jk_fail(&cli->error, JK_NOT_FOUND, "CHALLENGE_TEXT_ABSENT",
                   "The challenge of log entry %llu has no attestation, so no challenge text either",
                   (unsigned long long)index);
}

/* What the verifier said; NULL in *out_entry: it is not proven, or is no answer to this challenge. */
static enum jk_status prove_attest(struct checking *checking, uint64_t attest, const struct jk_logged_challenge *logged,
                                   const struct jk_entry **out_entry)
{
    struct jk_results *results = &checking->verification.subjects[checking->verification.count].results;
    const struct jk_entry *entry;
    *out_entry = NULL;
    JK_TRY(jk_challenge_log_entry(&checking->verification, attest, &entry));
    if (!entry) return JK_OK;
    if (!jk_challenge_log_answers(logged, entry)) {
        jk_results_add(results, "attestation", JK_RESULT_FAILS, "the entry is not what answers the challenge");
        return JK_OK;
    }
    jk_results_add(results, "attestation", JK_RESULT_NOTE, "by the verifier %.*s, which found %s%.*s",
                   JK_SPAN_ARG(entry->actor.name),
                   entry->differs.len ? "that something differs: " : "what was registered",
                   JK_SPAN_ARG(entry->differs));
    *out_entry = entry;
    if (!jk_digest_is_zero(&entry->sketches)) return JK_OK;
    return jk_fail(&checking->cli->error, JK_NOT_FOUND, "CHALLENGE_TEXT_ABSENT",
                   "The attestation of log entry %llu published no challenge text: it says \"%.*s\"",
                   (unsigned long long)attest, JK_SPAN_ARG(entry->differs));
}

static enum jk_status download_text(struct checking *checking, const struct jk_digest *digest,
                                    struct jk_span *out_bytes)
{
    struct jk_cli *cli = checking->cli;
    if (!cli->settings.http) return jk_cli_usage(cli, "the challenge text is fetched over HTTP: --http URL");
    const char *url = jk_arena_printf(&cli->arena, "%s/manifest/sha256/%s", cli->settings.http, hex_of(cli, digest));
    JK_TRY(jk_download(cli, url, JK_CHALLENGE_TEXT_MAX, out_bytes, &cli->error));
    struct jk_digest found = jk_digest_of(*out_bytes);
    if (jk_digest_equal(&found, digest)) return JK_OK;
    return jk_fail(&cli->error, JK_DATA_LOSS, "CHALLENGE_TEXT_WRONG",
                   "what %.200s serves is not the challenge text that the attestation names", cli->settings.http);
}

static struct jk_attested *among_attested(const struct checking *checking, const struct jk_digest *hash)
{
    for (size_t i = 0; i < checking->attesting.count; i++)
        if (jk_digest_equal(&checking->attesting.models[i].hash, hash)) return &checking->attesting.models[i];
    return NULL;
}

/* The text must be of the files that were registered; where their manifest is gone, that is said. */
static enum jk_status hold_registered(struct checking *checking, const struct jk_challenge_model *model)
{
    struct jk_cli *cli = checking->cli;
    struct jk_results *results = &checking->subject->results;
    struct jk_attested *attested = among_attested(checking, &model->release);
    if (!attested) {
        jk_results_add(results, "manifest", JK_RESULT_FAILS, "%s in the text is no parent of the release",
                       hex_of(cli, &model->release));
        return JK_OK;
    }
    if (!jk_digest_equal(&attested->artifact, &model->artifact)) {
        jk_results_add(results, "manifest", JK_RESULT_FAILS, "%s: the text names another one than is registered",
                       attested->name);
        return JK_OK;
    }
    enum jk_status status = jk_attesting_manifest(&checking->attesting, attested);
    if (status != JK_OK && (!cli->error.reason || strcmp(cli->error.reason, "MANIFEST_ABSENT") != 0)) return status;
    if (status != JK_OK) {
        jk_results_add(results, "manifest", JK_RESULT_SKIPPED, "%s: %s", attested->name, cli->error.message);
        jk_error_init(&cli->error, &cli->arena);
    } else if (jk_manifests_agree(attested->manifest, model->manifest)) {
        jk_results_add(results, "manifest", JK_RESULT_HOLDS,
                       "%s: the text lists the files and tensors that are registered", attested->name);
    } else {
        jk_results_add(results, "manifest", JK_RESULT_FAILS,
                       "%s: the text lists other files or tensors than are registered", attested->name);
    }
    return JK_OK;
}

static enum jk_status hold_text(struct checking *checking, const struct jk_logged_challenge *logged)
{
    const struct jk_challenge_text *text = &checking->text;
    if (text->challenge == logged->index && jk_digest_equal(&text->release, &logged->entry.release) &&
        jk_digest_equal(&text->key, &logged->key))
        jk_results_add(&checking->subject->results, "key", JK_RESULT_HOLDS, "the text has the log's key");
    else
        jk_results_add(&checking->subject->results, "key", JK_RESULT_FAILS,
                       "the text has another challenge, release or key than the log");
    for (size_t i = 0; i < text->count; i++)
        JK_TRY(hold_registered(checking, &text->models[i]));
    return JK_OK;
}

static enum jk_status take_logged(struct checking *checking, uint64_t index)
{
    struct jk_logged_challenge logged;
    const Jokbo__V1__Release *release;
    const struct jk_entry *entry;
    struct jk_span bytes;
    uint64_t attest;
    bool proven;
    JK_TRY(jk_challenge_log_key(&checking->verification, index, &logged, &proven));
    if (!proven) return JK_OK;
    JK_TRY(jk_attesting_find(&checking->attesting, NULL, &logged.entry.release, &release));
    JK_TRY(find_attest(checking, release, index, &attest));
    JK_TRY(prove_attest(checking, attest, &logged, &entry));
    if (!entry) return JK_OK;
    JK_TRY(download_text(checking, &entry->sketches, &bytes));
    begin_text(checking, checking->attesting.models[0].name);
    JK_TRY(take_challenge_text(checking, bytes));
    return hold_text(checking, &logged);
}

/* ---- the weights ---- */

/* The first sketch that differs, and how many do. Both list the same tensors, so their sketches come in one order. */
static void tell_sketches(struct checking *checking, const struct jk_attested *model, struct jk_span published,
                          struct jk_span made)
{
    struct jk_span rests[] = {jk_manifest_lines(published), jk_manifest_lines(made)};
    struct jk_manifest_line lines[2];
    unsigned long long differ = 0, all = 0;
    char first[200] = "";
    while (jk_manifest_next(&rests[0], &lines[0]) && jk_manifest_next(&rests[1], &lines[1])) {
        if (lines[0].kind != JK_MANIFEST_SKETCH) continue;
        all++;
        if (jk_span_equal(lines[0].text, lines[1].text) || differ++ > 0) continue;
        jk_text_shorten(lines[0].name, first, sizeof first);
    }
    jk_results_add(&checking->subject->results, "sketches", JK_RESULT_FAILS,
                   "%s: %llu of %llu are not those of the weights in %s, the first of tensor %s", model->name, differ,
                   all, model->folder, first);
}

static const struct jk_challenge_model *in_text(const struct checking *checking, const struct jk_attested *model)
{
    for (size_t i = 0; i < checking->text.count; i++)
        if (jk_digest_equal(&checking->text.models[i].release, &model->hash)) return &checking->text.models[i];
    return NULL;
}

static enum jk_status check_weights(struct checking *checking, const struct jk_attested *model)
{
    JK_CLEANUP(jk_text_done) struct jk_text made = {0};
    struct jk_results *results = &checking->subject->results;
    const struct jk_challenge_model *published = in_text(checking, model);
    if (!published) {
        jk_results_add(results, "sketches", JK_RESULT_NOTE, "%s: the text has none, so %s was not read", model->name,
                       model->folder);
        return JK_OK;
    }
    struct jk_attested listed = *model;
    listed.manifest = published->manifest;
    JK_TRY(jk_attesting_sketch(&checking->attesting, &listed, &checking->text.key, &made));
    struct jk_span found = jk_text_span(&made);
    if (jk_span_equal(found, published->manifest))
        jk_results_add(results, "sketches", JK_RESULT_HOLDS, "%s: made anew from %s, the same byte by byte",
                       model->name, model->folder);
    else if (jk_manifests_agree(found, published->manifest))
        tell_sketches(checking, model, published->manifest, found);
    else
        jk_results_add(results, "sketches", JK_RESULT_FAILS, "%s: the files or tensors in %s are not those of the text",
                       model->name, model->folder);
    return JK_OK;
}

/* ---- telling ---- */

/* Where the checks did not come to a text, there is nothing to be said of one. */
static enum jk_status tell_checking_json(const struct checking *checking, enum jk_status status)
{
    struct jk_cli *cli = checking->cli;
    const struct jk_challenge_text *text = &checking->text;
    bool read = text->count > 0;
    json_t *root = jk_verification_json(&checking->verification, status);
    json_t *said = json_pack("{s:s?, s:o, s:s?, s:o}", "release", read ? hex_of(cli, &text->release) : NULL,
                             "challenge", read ? json_integer((json_int_t)text->challenge) : json_null(), "key",
                             read ? hex_of(cli, &text->key) : NULL, "parents",
                             jk_challenge_grades_json(checking->grades, checking->grade_count));
    if (root && said) json_object_update(root, said);
    json_decref(said);
    return jk_print_json(cli, root);
}

static enum jk_status tell_checking(const struct checking *checking, enum jk_status status)
{
    struct jk_cli *cli = checking->cli;
    if (cli->json) {
        JK_TRY(tell_checking_json(checking, status));
        return status;
    }
    status = jk_verification_tell(&checking->verification, status);
    if (!checking->subject) return status;
    fputc('\n', cli->out);
    jk_challenge_grades_print(cli, checking->grades, checking->grade_count);
    return status;
}

/* ---- the command ---- */

static enum jk_status take_challenge(struct checking *checking)
{
    struct jk_cli *cli = checking->cli;
    const char *what = jk_cli_text(cli, JK_OPTION_CHECK);
    uint64_t index;
    if (jk_local_exists(what)) return take_file(checking, what);
    if (jk_number_parse(what, &index) && index < INT64_MAX) return take_logged(checking, index);
    return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "LOCAL_FILE",
                   "%.200s: there is no such file, and it is no log index", what);
}

enum jk_status jk_attest_check(struct jk_cli *cli)
{
    JK_CLEANUP(end_checking) struct checking checking = {.cli = cli, .verification.cli = cli, .attesting.cli = cli};
    if (cli->options.operand_count > 1)
        return jk_cli_usage(cli, "with --check, the release's folder is the only operand");
    JK_TRY(jk_verification_room(&checking.verification, SUBJECTS));
    JK_TRY(take_challenge(&checking));
    if (!checking.subject) return tell_checking(&checking, jk_verification_conclude(&checking.verification));
    JK_TRY(jk_attesting_folders(&checking.attesting, cli->options.operand_count ? jk_cli_operand(cli, 0) : NULL));
    for (size_t i = 0; i < checking.attesting.count; i++)
        if (checking.attesting.models[i].folder) JK_TRY(check_weights(&checking, &checking.attesting.models[i]));
    JK_TRY(jk_challenge_grades(&checking.attesting, &checking.text, &checking.grades, &checking.grade_count));
    return tell_checking(&checking, jk_verification_conclude(&checking.verification));
}
