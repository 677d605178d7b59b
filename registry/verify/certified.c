/* See certified.h. */
#include "verify/certified.h"

#include "cli/console/local.h"
#include "report/certificate.h"

#define FILE_MAX ((size_t)256 << 20)

struct certified {
    struct jk_subject *subject;
    struct jk_cli *cli;
    struct jk_span note;
    struct jk_certificate certificate;
};

bool jk_certified_is(struct jk_cli *cli, const char *path)
{
    struct jk_span text, line;
    struct jk_error why;
    jk_error_init(&why, &cli->arena);
    if (!jk_local_exists(path) || jk_local_is_folder(path)) return false;
    if (jk_local_read_head(path, JK_CERTIFICATE_MAX, &cli->arena, &text, &why) != JK_OK) return false;
    return jk_span_line(&text, &line) && jk_span_line(&text, &line) &&
           jk_span_starts(line, JK_SPAN(JK_CERTIFICATE_FORMAT));
}

/* ---- the form ---- */

static bool read_certificate(struct certified *certified)
{
    struct jk_results *results = &certified->subject->results;
    struct jk_span body, signatures;
    struct jk_error why;
    jk_error_init(&why, NULL);
    if (jk_note_open(certified->note, &body, &signatures, &why) != JK_OK ||
        jk_certificate_parse(body, &certified->certificate, &why) != JK_OK) {
        jk_results_add(results, "certificate", JK_RESULT_FAILS, "%s", why.message);
        return false;
    }
    const struct jk_certificate *it = &certified->certificate;
    char policy[JK_DIGEST_HEX + 1];
    jk_digest_hex(&it->policy, policy);
    jk_results_add(results, "certificate", JK_RESULT_HOLDS, "stage %.*s, revision %u, of the log %.*s: n %u, m %u",
                   JK_SPAN_ARG(it->stage), it->revision, JK_SPAN_ARG(it->origin), it->n, it->m);
    jk_results_add(results, "policy", JK_RESULT_NOTE, "sha256 %s, rule set %u", policy, it->rules);
    return true;
}

/* ---- signatures ---- */

/* The closing's entry has an index of m at least: a key that signed no larger tree cannot have signed this. */
static bool too_old(const struct certified *certified, const struct jk_keys *keys, size_t at)
{
    return keys->until[at] != JK_KEYS_STILL && keys->until[at] <= certified->certificate.m;
}

static const struct jk_verifier *signer_of(const struct certified *certified, const struct jk_keys *keys,
                                           const char *name, struct jk_error *why)
{
    struct jk_span body;
    for (size_t i = 0; i < keys->count; i++) {
        struct jk_error one;
        jk_error_init(&one, NULL);
        if (strcmp(keys->items[i].name, name) != 0) {
            (void)jk_fail(why, JK_INVALID_ARGUMENT, "KEY_OF_OTHER_LOG", "the key is of %s, and %s has to sign",
                          keys->items[i].name, name);
            continue;
        }
        if (too_old(certified, keys, i)) continue;
        if (jk_note_verify(certified->note, &keys->items[i], &body, &one) == JK_OK) return &keys->items[i];
        if (!jk_error_is_set(why) || strcmp(one.reason, "NOTE_UNSIGNED") != 0) *why = one;
    }
    return NULL;
}

/* By the key of that name: the log's origin, and for the counts key an end. */
static void check_signer(struct certified *certified, const struct jk_keys *keys, const char *end, const char *check)
{
    struct jk_results *results = &certified->subject->results;
    struct jk_error why;
    jk_error_init(&why, NULL);
    const char *name = jk_arena_printf(results->arena, "%.*s%s", JK_SPAN_ARG(certified->certificate.origin), end);
    const struct jk_verifier *key = name ? signer_of(certified, keys, name, &why) : NULL;
    if (key)
        jk_results_add(results, check, JK_RESULT_HOLDS, "signed by %s", jk_keys_short(key, results->arena));
    else
        jk_results_add(results, check, JK_RESULT_FAILS, "%s",
                       jk_error_is_set(&why) ? why.message : "the keys known here were retired before it was closed");
}

static enum jk_status check_log_key(struct certified *certified)
{
    struct jk_subject *subject = certified->subject;
    struct jk_anchor *anchor = &subject->anchor;
    bool offline = jk_cli_has(certified->cli, JK_OPTION_OFFLINE);
    JK_TRY(jk_anchor_open(certified->cli, certified->certificate.origin, offline, anchor));
    subject->anchored = true;
    if (anchor->keys.count == 0) {
        jk_results_add(&subject->results, "signature", JK_RESULT_SKIPPED, "%s", anchor->keyless.message);
        (void)jk_fail(&subject->trouble, anchor->keyless.status, anchor->keyless.reason, "%s", anchor->keyless.message);
        return JK_OK;
    }
    check_signer(certified, &anchor->keys, "", "signature");
    jk_anchor_tell_key(anchor, &subject->results);
    return JK_OK;
}

/* ---- the report beside it ---- */

/* False: there is none. */
static bool check_file(struct certified *certified, const char *file, const struct jk_digest *wanted)
{
    struct jk_results *results = &certified->subject->results;
    const char *path = certified->subject->title, *slash = strrchr(path, '/');
    const char *place = jk_arena_printf(results->arena, "%.*s%s", slash ? (int)(slash - path + 1) : 0, path, file);
    char want[JK_DIGEST_HEX + 1], have[JK_DIGEST_HEX + 1];
    struct jk_span bytes;
    struct jk_error why;
    if (!place || !jk_local_exists(place)) return false;
    jk_error_init(&why, results->arena);
    if (jk_local_read(place, FILE_MAX, results->arena, &bytes, &why) != JK_OK) {
        jk_results_add(results, file, JK_RESULT_SKIPPED, "%s", why.message);
        (void)jk_fail(&certified->subject->trouble, why.status, why.reason, "%s", why.message);
        return true;
    }
    struct jk_digest found = jk_digest_of(bytes);
    jk_digest_hex(wanted, want);
    jk_digest_hex(&found, have);
    if (jk_digest_equal(wanted, &found))
        jk_results_add(results, file, JK_RESULT_HOLDS, "its SHA-256 is in the certificate, %s", want);
    else
        jk_results_add(results, file, JK_RESULT_FAILS, "SHA-256 %s here, %s in the certificate", have, want);
    return true;
}

enum jk_status jk_certified_check(struct jk_subject *subject, struct jk_cli *cli)
{
    struct certified certified = {.subject = subject, .cli = cli};
    JK_TRY(jk_local_read(subject->title, JK_NOTE_MAX, &cli->arena, &certified.note, &cli->error));
    if (!read_certificate(&certified)) return JK_OK;
    JK_TRY(check_log_key(&certified));

    const char *given = jk_options_text(&cli->options, JK_OPTION_COUNTS_KEY);
    struct jk_keys keys;
    if (given) {
        JK_TRY(jk_keys_read(given, "--counts-key", &cli->arena, &keys, &cli->error));
        check_signer(&certified, &keys, JK_CERTIFICATE_KEY_END, "counts key");
    }

    const struct jk_certificate *it = &certified.certificate;
    const struct {
        const char *file;
        const struct jk_digest *digest;
    } files[] = {{"report.tsv", &it->table},
                 {"report.json", &it->json},
                 {"members.txt", &it->members},
                 {"left-out.tsv", &it->left_out}};
    bool any = false;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        any = check_file(&certified, files[i].file, files[i].digest) || any;
    if (!any)
        jk_results_add(&certified.subject->results, "files", JK_RESULT_NOTE,
                       "none of the report's files are beside it");

    jk_results_add(&subject->results, "log", JK_RESULT_NOTE,
                   "that the log comes to this, jokbo audit --stage %.*s --revision %u shows", JK_SPAN_ARG(it->stage),
                   it->revision);
    return JK_OK;
}
