/* What a statement refers to by digest: manifest and licence text. Also the licence itself, which is asked for if
 * nothing declares it. */
#include "cli/submission.h"

#include <stdlib.h>

#include "cli/console/local.h"
#include "cli/console/print.h"
#include "cli/console/prompt.h"
#include "cli/upload.h"
#include "domain/manifest.h"
#include "domain/spdx.h"

#define FAMILIES_MAX 256

static enum jk_status attach_license_text(struct jk_submission *submission)
{
    struct jk_cli *cli = submission->cli;
    const char *path = jk_options_text(&cli->options, JK_OPTION_LICENSE_FILE);
    if (!path) return JK_OK;
    JK_TRY(jk_local_read(path, JK_LICENSE_TEXT_MAX, &cli->arena, &submission->license_bytes, &cli->error));
    if (submission->license_bytes.len == 0) jk_error_field(&submission->mistakes, "license_file", "%s is empty", path);
    struct jk_digest digest = jk_digest_of(submission->license_bytes);
    jk_digest_hex(&digest, submission->license_text);
    submission->license_text_from = "--license-file";
    return JK_OK;
}

static enum jk_status attach_manifest(struct jk_submission *submission)
{
    struct jk_cli *cli = submission->cli;
    struct jk_manifest_summary summary;
    struct jk_error fault;
    const char *path = jk_options_text(&cli->options, JK_OPTION_MANIFEST);
    if (!path) return JK_OK;
    JK_TRY(jk_local_read(path, JK_MANIFEST_MAX, &cli->arena, &submission->manifest, &cli->error));
    jk_error_init(&fault, &cli->arena);
    if (jk_manifest_check(submission->manifest, &summary, &fault) != JK_OK) {
        jk_error_field(&submission->mistakes, "manifest", "%s: %s", path, fault.message);
        return JK_OK;
    }
    jk_digest_hex(&summary.artifact, submission->artifact);
    if (!jk_digest_is_zero(&summary.weights)) jk_digest_hex(&summary.weights, submission->weights);
    submission->digests_from = "--manifest";
    return JK_OK;
}

/* A digest given by itself: must be one, and agree with the manifest where there is one. */
static void attach_digest(struct jk_submission *submission, enum jk_option_id id, const char *field, char *out_hex)
{
    struct jk_digest digest;
    char shown[128];
    const char *text = jk_options_text(&submission->cli->options, id);
    if (!text) return;
    jk_text_shorten(jk_span_of(text), shown, sizeof shown);
    if (!jk_digest_parse(jk_span_of(text), &digest))
        jk_error_field(&submission->mistakes, field, "\"%s\" must be 64 lower-case hexadecimal digits, a SHA-256",
                       shown);
    else if (submission->manifest.len > 0 && strcmp(text, out_hex) != 0)
        jk_error_field(&submission->mistakes, field,
                       "\"%s\" differs from the one in the manifest, %s: leave one of them out", shown,
                       out_hex[0] ? out_hex : "none");
    else
        memcpy(out_hex, text, JK_DIGEST_HEX + 1);
    if (!submission->digests_from[0]) submission->digests_from = "option";
}

enum jk_status jk_submission_attach(struct jk_submission *submission)
{
    submission->digests_from = submission->license_text_from = "";
    JK_TRY(attach_license_text(submission));
    JK_TRY(attach_manifest(submission));
    attach_digest(submission, JK_OPTION_ARTIFACT, "artifact_sha256", submission->artifact);
    attach_digest(submission, JK_OPTION_WEIGHTS, "weights_sha256", submission->weights);
    return JK_OK;
}

enum jk_status jk_submission_upload(struct jk_submission *submission)
{
    struct jk_cli *cli = submission->cli;
    if (submission->license_bytes.len > 0)
        JK_TRY(jk_cli_upload_blob(cli, JOKBO__V1__BLOB_KIND__BLOB_KIND_LICENSE_TEXT, submission->license_bytes,
                                  "licence text"));
    if (submission->manifest.len > 0)
        JK_TRY(jk_cli_upload_blob(cli, JOKBO__V1__BLOB_KIND__BLOB_KIND_MANIFEST, submission->manifest, "manifest"));
    return JK_OK;
}

static void license_of_option(struct jk_submission *submission)
{
    struct jk_text canonical;
    struct jk_declaration *declaration = &submission->declaration;
    jk_text_init(&canonical, JK_LICENSE_MAX);
    submission->license_from = "--license";
    if (jk_spdx_canonical(declaration->license, "license", &canonical, &submission->mistakes) == JK_OK)
        submission->license =
            jk_arena_copy(&submission->cli->arena, canonical.bytes ? canonical.bytes : "", canonical.len);
    jk_text_done(&canonical);
}

/* The licence of the release before stays, and its text with it, where nothing new is given. */
static void license_of_before(struct jk_submission *submission)
{
    const Jokbo__V1__Release *release = submission->before ? submission->before->release : NULL;
    if (!release) return;
    submission->license = release->license;
    submission->license_from = "release before";
    if (submission->license_text[0] || strlen(release->license_text_sha256) != JK_DIGEST_HEX) return;
    memcpy(submission->license_text, release->license_text_sha256, JK_DIGEST_HEX + 1);
    submission->license_text_from = "release before";
}

static void license_of_files(struct jk_submission *submission)
{
    struct jk_span families[FAMILIES_MAX];
    struct jk_licensing *licensing = &submission->licensing;
    size_t count = jk_pin_families(&submission->pins, families, FAMILIES_MAX);
    jk_licensing_of(&submission->sources, families, count, &submission->declaration.notes, licensing);
    if (licensing->from[0]) submission->license_from = licensing->from;
    if (licensing->expression.len > 0)
        submission->license =
            jk_arena_copy(&submission->cli->arena, licensing->expression.at, licensing->expression.len);
}

/* Until it is a licence, or none. */
static void ask_license(struct jk_submission *submission)
{
    struct jk_cli *cli = submission->cli;
    struct jk_span line;
    if (submission->licensing.from[0])
        fprintf(cli->err, "%s (%s) matches no known licence.\n", jk_print_safe(cli, submission->licensing.written),
                submission->licensing.from);
    submission->license_from = "asked";
    while (!submission->license) {
        struct jk_text canonical;
        struct jk_error fault;
        line = jk_prompt_line(cli, "Under which licence (SPDX, such as Apache-2.0; Enter: none is declared)?");
        if (line.len == 0) return;
        jk_error_init(&fault, &cli->arena);
        jk_text_init(&canonical, JK_LICENSE_MAX);
        if (jk_spdx_canonical(line, "license", &canonical, &fault) == JK_OK)
            submission->license = jk_arena_copy(&cli->arena, canonical.bytes, canonical.len);
        else
            fprintf(cli->err, "%s\n", jk_print_safe(cli, fault.violations[0].rule));
        jk_text_done(&canonical);
    }
}

void jk_submission_license(struct jk_submission *submission)
{
    bool given = jk_options_has(&submission->cli->options, JK_OPTION_LICENSE);
    bool wrong = jk_error_is_set(&submission->mistakes); /* then nothing is sent */
    submission->license_from = "default";
    submission->licensing = (struct jk_licensing){.from = "", .written = ""};
    if (given)
        license_of_option(submission);
    else if (submission->publish)
        license_of_before(submission);
    else
        license_of_files(submission);
    if (!submission->license && !given && !submission->publish) {
        bool asks = !wrong && jk_cli_can_ask(submission->cli) && !jk_cli_has(submission->cli, JK_OPTION_YES);
        if (asks) ask_license(submission);
        if (!submission->license)
            (void)jk_licensing_stored(&submission->licensing, &submission->sources, &submission->declaration.notes);
    }
    if (!submission->license) submission->license = "NOASSERTION";
}
