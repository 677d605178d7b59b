/* Log entries: every kind against its golden file both ways, every field broken once, limits, and the property that
 * whatever parses is written back byte for byte. */
#include "support/golden_entries.h"

#include <stdlib.h>

#include "domain/entry.h"
#include "domain/ident.h"
#include "domain/lineage.h"

static struct jk_span golden_file(enum jk_kind kind, char *buffer, size_t room)
{
    char name[64];
    snprintf(name, sizeof name, "entry-%s.txt", jk_kind_text(kind));
    return golden_read(name, buffer, room);
}

static enum jk_status parse(struct jk_span bytes, struct jk_entry *entry, struct jk_error *error)
{
    jk_error_init(error, NULL);
    return jk_entry_parse(bytes, entry, error);
}

/* The one line that may be absent. */
static void goes_on_from_a_log_that_ended(void **state)
{
    (void)state;
    struct jk_entry entry = golden_entry(JK_KIND_INIT), again;
    struct jk_error error;
    struct jk_text out;
    jk_text_init(&out, 0);
    entry.after = JK_SPAN("old.example/log 4711 29d7ff867498c43459a42279f611faaf40cfe06815c0cc34d6dbe96f15b80dd2");
    jk_entry_write(&entry, &out);
    assert_true(
        jk_span_ends(jk_text_span(&out), JK_SPAN("\nrules 1\nafter old.example/log 4711 29d7ff867498c43459a42279"
                                                 "f611faaf40cfe06815c0cc34d6dbe96f15b80dd2\n")));
    assert_int_equal(parse(jk_text_span(&out), &again, &error), JK_OK);
    assert_span_equal(again.after, entry.after);
    static const char *const wrong[] = {
        "after none\n", "after old.example/log 4711\n", "after \n",
        "after old.example/log 04711 29d7ff867498c43459a42279f611faaf40cfe06815c0cc34d6dbe96f15b80dd2\n",
        "after old+log 1 29d7ff867498c43459a42279f611faaf40cfe06815c0cc34d6dbe96f15b80dd2\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        entry.after = (struct jk_span){0};
        jk_text_clear(&out);
        jk_entry_write(&entry, &out);
        jk_text_add_str(&out, wrong[i]);
        assert_int_equal(parse(jk_text_span(&out), &again, &error), JK_DATA_LOSS);
    }
    jk_text_done(&out);
}

static void writes_golden(void **state)
{
    (void)state;
    char buffer[8192];
    for (int kind = 0; kind < JK_KIND_COUNT; kind++) {
        struct jk_entry entry = golden_entry((enum jk_kind)kind);
        struct jk_text out;
        jk_text_init(&out, 0);
        jk_entry_write(&entry, &out);
        assert_false(out.failed);
        assert_span_equal(jk_text_span(&out), golden_file((enum jk_kind)kind, buffer, sizeof buffer));
        jk_text_done(&out);
    }
}

/* ---- parsing ---- */

#define SAME_SPAN(member)   assert_span_equal(got->member, want->member)
#define SAME_NUMBER(member) assert_true(got->member == want->member)
#define SAME_DIGEST(member) assert_true(jk_digest_equal(&got->member, &want->member))

/* What speaks of weights. */
static void assert_same_weights(const struct jk_entry *got, const struct jk_entry *want)
{
    SAME_NUMBER(released_us);
    SAME_SPAN(verifier);
    SAME_DIGEST(artifact);
    SAME_DIGEST(nonce);
    SAME_SPAN(differs);
    SAME_DIGEST(sketches);
    SAME_NUMBER(attest);
    SAME_NUMBER(at);
    SAME_DIGEST(findings);
    SAME_SPAN(grades);
    SAME_SPAN(near);
    SAME_NUMBER(kin);
}

/* Member by member, so that a field that the parser puts elsewhere is seen. */
static void assert_same_entry(const struct jk_entry *got, const struct jk_entry *want)
{
    SAME_NUMBER(kind);
    SAME_NUMBER(time_us);
    SAME_NUMBER(actor.type);
    SAME_SPAN(actor.name);
    SAME_SPAN(statement);
    if (got->statement.len > 0) return; /* nothing after it is set */
    SAME_SPAN(origin);
    SAME_SPAN(key);
    SAME_SPAN(previous);
    SAME_SPAN(after);
    SAME_SPAN(signature);
    SAME_SPAN(purpose);
    SAME_SPAN(rules);
    SAME_SPAN(version);
    SAME_DIGEST(list);
    SAME_SPAN(license);
    SAME_SPAN(name_forms);
    assert_memory_equal(got->permissions, want->permissions, sizeof got->permissions);
    SAME_SPAN(team);
    SAME_SPAN(name);
    SAME_SPAN(name_ko);
    SAME_NUMBER(joined_us);
    SAME_NUMBER(left_us);
    SAME_NUMBER(from_us);
    SAME_NUMBER(until_us);
    SAME_SPAN(institution);
    SAME_SPAN(publisher);
    SAME_SPAN(model);
    SAME_SPAN(to);
    SAME_SPAN(external);
    SAME_NUMBER(programme);
    SAME_NUMBER(from_scratch);
    SAME_NUMBER(listed);
    SAME_SPAN(built_on);
    SAME_SPAN(released);
    SAME_SPAN(parameters);
    SAME_NUMBER(basis);
    SAME_SPAN(evidence);
    SAME_DIGEST(release);
    SAME_DIGEST(text);
    SAME_SPAN(policy);
    SAME_SPAN(stage);
    SAME_SPAN(teams);
    SAME_NUMBER(disputes_us);
    SAME_DIGEST(digest);
    assert_true(got->revision == want->revision && got->n == want->n && got->m == want->m);
    SAME_DIGEST(table);
    SAME_DIGEST(json);
    SAME_DIGEST(members);
    SAME_DIGEST(left_out);
    SAME_NUMBER(needs_second);
    SAME_NUMBER(target);
    SAME_NUMBER(about);
    SAME_NUMBER(outcome);
    SAME_SPAN(hub);
    SAME_SPAN(id);
    SAME_SPAN(identity);
    SAME_SPAN(revision_hex);
    SAME_NUMBER(observed);
    SAME_DIGEST(listing);
    SAME_DIGEST(weight_files);
    SAME_DIGEST(record);
    SAME_NUMBER(created_us);
    SAME_NUMBER(modified_us);
    SAME_SPAN(bases);
    SAME_NUMBER(started_us);
    SAME_NUMBER(models);
    assert_same_weights(got, want);
}

static void parses_golden(void **state)
{
    (void)state;
    char buffer[8192];
    for (int kind = 0; kind < JK_KIND_COUNT; kind++) {
        struct jk_entry want = golden_entry((enum jk_kind)kind), got;
        struct jk_error error;
        struct jk_span bytes = golden_file((enum jk_kind)kind, buffer, sizeof buffer);
        if (parse(bytes, &got, &error) != JK_OK) fail_msg("%s: %s", jk_kind_text((enum jk_kind)kind), error.message);
        assert_same_entry(&got, &want);
    }
}

static void kinds(void **state)
{
    (void)state;
    enum jk_kind kind;
    for (int i = 0; i < JK_KIND_COUNT; i++) {
        assert_true(jk_kind_parse(jk_span_of(jk_kind_text((enum jk_kind)i)), &kind));
        assert_int_equal(kind, i);
    }
    assert_string_equal(jk_kind_text(JK_KIND_TEAM_PUBLISHER), "team-publisher");
    assert_string_equal(jk_kind_text(JK_KIND_ADOPT), "adopt");
    assert_string_equal(jk_kind_text(JK_KIND_COUNT), "");
    assert_false(jk_kind_parse(JK_SPAN("Init"), &kind));
    assert_false(jk_kind_parse(JK_SPAN(""), &kind));
}

static void actors(void **state)
{
    (void)state;
    const char *good[] = {"server",
                          "publisher a.b",
                          "team lg-ai",
                          "role registrar",
                          "role admin",
                          "role evaluator",
                          "issuer https://gitlab.com",
                          "issuer http://127.0.0.1:9000/x?y",
                          "verifier kisti"};
    const char *bad[] = {"",
                         "server ",
                         "servers",
                         "publisher",
                         "publisher ",
                         "publisher a b",
                         "publisher -a",
                         "team LG",
                         "role root",
                         "role",
                         "role admins",
                         "issuer https://",
                         "issuer gitlab.com",
                         "issuer https://a b",
                         "issuer https://a\x7f",
                         "verifier",
                         "verifier ",
                         "verifier KISTI",
                         "person a@b.c",
                         "Server"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct jk_actor actor;
        struct jk_text out;
        jk_text_init(&out, 0);
        if (!jk_actor_parse(jk_span_of(good[i]), &actor)) fail_msg("\"%s\" was refused", good[i]);
        jk_actor_write(&actor, &out);
        assert_span_equal(jk_text_span(&out), jk_span_of(good[i]));
        jk_text_done(&out);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct jk_actor actor;
        if (jk_actor_parse(jk_span_of(bad[i]), &actor)) fail_msg("\"%s\" was accepted", bad[i]);
    }
    struct jk_actor actor;
    char issuer[8 + JK_LABEL_MAX] = "issuer https://";
    memset(issuer + 15, 'a', sizeof issuer - 15);
    assert_true(jk_actor_parse((struct jk_span){issuer, 7 + JK_LABEL_MAX}, &actor));
    assert_false(jk_actor_parse((struct jk_span){issuer, 8 + JK_LABEL_MAX}, &actor));
}

/* The golden entry of the kind with the first `from` replaced by `to` is refused, and the message names the line. */
static void refused(enum jk_kind kind, const char *from, const char *to, unsigned line)
{
    char buffer[8192], copy[9000] = {0}, place[32];
    struct jk_span bytes = golden_file(kind, buffer, sizeof buffer);
    const char *at = memmem(bytes.at, bytes.len, from, strlen(from));
    if (!at) fail_msg("no \"%s\" to replace", from);
    size_t before = (size_t)(at - bytes.at), after = bytes.len - before - strlen(from);
    memcpy(copy, bytes.at, before);
    memcpy(copy + before, to, strlen(to));
    memcpy(copy + before + strlen(to), at + strlen(from), after);
    struct jk_entry entry;
    struct jk_error error;
    if (parse((struct jk_span){copy, before + strlen(to) + after}, &entry, &error) != JK_DATA_LOSS)
        fail_msg("%s was accepted with \"%s\"", jk_kind_text(kind), to);
    snprintf(place, sizeof place, "Line %u ", line);
    if (!strstr(error.message, place)) fail_msg("%s — does not say: %s", error.message, place);
}

static void refuses_heads(void **state)
{
    (void)state;
    refused(JK_KIND_RENAME, "entry/v1", "entry/v2", 1);
    refused(JK_KIND_RENAME, "v1\n", "v1\r\n", 1);
    refused(JK_KIND_RENAME, "kind rename", "kind renames", 2);
    refused(JK_KIND_RENAME, "kind rename", "kind  rename", 2);
    refused(JK_KIND_RENAME, "kind rename\n", "", 2);
    refused(JK_KIND_RENAME, ".000123Z", ".00012Z", 3);
    refused(JK_KIND_RENAME, ".000123Z", ".000123+00:00", 3);
    refused(JK_KIND_RENAME, "2026-11-21T", "2026-02-30T", 3);
    refused(JK_KIND_RENAME, "2026-11-21T14:03:05.000123Z", "2016-12-31T23:59:60.000000Z", 3); /* a leap second */
    refused(JK_KIND_RENAME, "2026-11-21T14:03:05.000123Z", "1969-12-31T23:59:59.000000Z", 3);
    refused(JK_KIND_RENAME, "14:03:05.000123Z", "14:03:05.00+01:0Z", 3);
    refused(JK_KIND_RENAME, "actor publisher nota-ai", "actor person nota-ai", 4);
    refused(JK_KIND_RENAME, "to nota-ai", "To nota-ai", 6);
    refused(JK_KIND_RENAME, "\nto ", "\nkind x\nto ", 6);
    refused(JK_KIND_RENAME, "Open2-NVFP4\n", "Open2-NVFP4", 6);
    refused(JK_KIND_RENAME, "Open2-NVFP4\n", "Open2-NVFP4\n\n", 7);
    refused(JK_KIND_RENAME, "Open2-NVFP4\n", "Open2-NVFP4\nto a/b\n", 7);
    refused(JK_KIND_RENAME, "model nota-ai/", "model nota-ai/-", 5);
    refused(JK_KIND_RENAME, "rename", "transfers", 2);
}

static void refuses_fields(void **state)
{
    (void)state;
    refused(JK_KIND_INIT, "origin reg", "origin  reg", 5);
    refused(JK_KIND_INIT, "+0a1b2c3d", "+0A1b2c3d", 6);
    refused(JK_KIND_INIT, "+0a1b2c3d", "+0a1b2c3", 6);
    refused(JK_KIND_INIT, "+AQAB", "+AgAB", 6);
    refused(JK_KIND_INIT, "+AQAB", "+AQA", 6);
    refused(JK_KIND_INIT, "key registry.example", "key registry example", 6);
    refused(JK_KIND_INIT, "key registry.example/log+", "key +", 6);
    refused(JK_KIND_INIT, "purpose registry", "purpose test", 7);
    refused(JK_KIND_INIT, "rules 1", "rules ", 8);
    refused(JK_KIND_SPDX, "sha256:", "sha512:", 6);
    refused(JK_KIND_SPDX, "list sha256:", "list none\nsha256:", 6);
    refused(JK_KIND_LICENSE, "license LicenseRef", "license License Ref", 5);
    refused(JK_KIND_LICENSE, "CONDITIONAL", "conditional", 6);
    refused(JK_KIND_LICENSE, "redistribution UNKNOWN", "redistribution none", 8);
    refused(JK_KIND_LICENSE, "X|Hyper", "X||Hyper", 9);
    refused(JK_KIND_LICENSE, "CLOVA-X\n", "CLOVA-X|\n", 9);
    refused(JK_KIND_TEAM, "team lg", "team Lg", 5);
    refused(JK_KIND_TEAM, "name LG",
            "name \xff"
            "LG",
            6);
    refused(JK_KIND_TEAM, "joined 2025-08-03T15:00:00.000000Z", "joined none", 8);
    refused(JK_KIND_TEAM, "left none", "left None", 9);
    refused(JK_KIND_TEAM, "left none", "left ", 9);
    refused(JK_KIND_TEAM_PUBLISHER, "publisher upstage", "publisher up/stage", 6);
    refused(JK_KIND_AFFILIATION, "institution Law", "institution \tLaw", 5);
    refused(JK_KIND_AFFILIATION, "text sha256:", "text ", 9);
    refused(JK_KIND_OPERATES, "text none",
            "text sha256:0000000000000000000000000000000000000000000000000000000000000000", 9);
    refused(JK_KIND_BASE, "programme no", "programme unknown", 7);
    refused(JK_KIND_BASE, "from-scratch unknown", "from-scratch maybe", 8);
    refused(JK_KIND_BASE, "listed yes", "listed YES", 12);
    refused(JK_KIND_PUBLISHER, "basis registrar", "basis none", 6);
    refused(JK_KIND_CLAIM, "evidence README", "evidence  README", 6);
    refused(JK_KIND_YANK, "release ", "release sha256:", 5);
    refused(JK_KIND_ADOPT, "external hugging", "external HUGGING", 5);
    refused(JK_KIND_ADOPT, "external huggingface.co", "external huggingface", 5);
    refused(JK_KIND_KEY, "key registry.example/log+9f8e7d6c+A", "key registry.example/log+9f8e7d6c+B", 5);
    refused(JK_KIND_KEY, "previous registry.example/log+", "previous +", 6);
    refused(JK_KIND_KEY, "Pw==", "Pw=", 7);
    refused(JK_KIND_KEY, "Pw==", "PwAA", 7);
    refused(JK_KIND_KEY, "signature AAEC", "signature AA C", 7);
    refused(JK_KIND_RETIRE, "key registry.example/log+", "key registry.example/log ", 5);
    refused(JK_KIND_POLICY, "late on", "late off", 4);
    refused(JK_KIND_POLICY, "self on", "self  on", 4);
    refused(JK_KIND_STAGE, "teams lg-ai-research motif", "teams motif lg-ai-research", 12);
    refused(JK_KIND_STAGE, "motif sk-telecom", "motif motif sk-telecom", 12);
    refused(JK_KIND_STAGE, "motif sk-telecom", "motif  sk-telecom", 12);
    refused(JK_KIND_STAGE, "cut-off 2026", "cut-off none", 9);
    refused(JK_KIND_CLOSE, "revision 2", "revision 02", 6);
    refused(JK_KIND_CLOSE, "n 1234567", "n -1", 7);
    refused(JK_KIND_CLOSE, "m 1234890", "m 99999999999999999999", 8);
    refused(JK_KIND_EXCLUDE, "needs-second yes", "needs-second maybe", 7);
    refused(JK_KIND_CONFIRM, "ruling 4711", "ruling none", 5);
    refused(JK_KIND_DISPUTE, "about parent", "about nothing", 5);
    refused(JK_KIND_RESOLVE, "outcome dismissed", "outcome lost", 6);
    refused(JK_KIND_REGISTER, "jokbo/lineage/v1\n", "", 4);
    refused(JK_KIND_REGISTER, "jokbo/lineage/v1", "jokbo/lineage/v2", 4);
}

static void refuses_of_hubs(void **state)
{
    (void)state;
    refused(JK_KIND_OBSERVE, "hub huggingface.co", "hub huggingface", 5);
    refused(JK_KIND_OBSERVE, "hub huggingface.co", "hub HuggingFace.co", 5);
    refused(JK_KIND_OBSERVE, "hub huggingface.co", "hub huggingface.co/a", 5);
    refused(JK_KIND_OBSERVE, "id mradermacher/", "id ", 6);
    refused(JK_KIND_OBSERVE, "identity 6651", "identity 66-51", 7);
    refused(JK_KIND_OBSERVE, "identity 6651", "identity 6651666666666666666666666666666666666666666666666", 7);
    refused(JK_KIND_OBSERVE, "revision 8d3c", "revision 8D3C", 8);
    refused(JK_KIND_OBSERVE, "revision 8d3c", "revision 8d3", 8);
    refused(JK_KIND_OBSERVE, "state present", "state gone", 9);
    refused(JK_KIND_OBSERVE, "to none", "to nobody", 10);
    refused(JK_KIND_OBSERVE, "created 2026", "created 26", 15);
    refused(JK_KIND_CENSUS, "bases LGAI", "bases none\nbases LGAI", 6);
    refused(JK_KIND_CENSUS, "bases LGAI-EXAONE/", "bases x-LGAI-EXAONE/", 6);
    refused(JK_KIND_CENSUS, "bases ", "bases  ", 6);
    refused(JK_KIND_CENSUS, "Instruct upstage", "Instruct LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct upstage", 6);
    refused(JK_KIND_CENSUS, "started 2026-11-21T12:03:05.000123Z", "started none", 7);
    refused(JK_KIND_CENSUS, "models 1187", "models 1,187", 8);
}

static void refuses_of_weights(void **state)
{
    (void)state;
    refused(JK_KIND_REFERENCE, "external hugging", "external HUGGING", 5);
    refused(JK_KIND_REFERENCE, "revision 8d3c", "revision 8d3", 6);
    refused(JK_KIND_REFERENCE, "artifact sha256:", "artifact none", 7);
    refused(JK_KIND_REFERENCE, "released 2026", "released 26", 8);
    refused(JK_KIND_REFERENCE, "source digested", "source  digested", 9);
    refused(JK_KIND_VERIFIER, "verifier kisti", "verifier KISTI", 5);
    refused(JK_KIND_VERIFIER, "verifier kisti", "verifier none\nverifier kisti", 6);
    refused(JK_KIND_VERIFIER, "institution Korea", "institution  Korea", 6);
    refused(JK_KIND_VERIFIER, "needs-second yes", "needs-second unknown", 8);
    refused(JK_KIND_VERIFIER_END, "reason appointed", "reason ", 6);
    refused(JK_KIND_CHALLENGE, "release ", "release sha256:", 5);
    refused(JK_KIND_CHALLENGE, "nonce ", "nonce sha256:", 6);
    refused(JK_KIND_CHALLENGE, "nonce ", "nonce 0", 6);
    refused(JK_KIND_CHALLENGE_AGAIN, "release ", "release none", 6);
    refused(JK_KIND_ATTEST, "challenge 4711", "challenge none", 5);
    refused(JK_KIND_ATTEST, "artifact sha256:", "artifact ", 6);
    refused(JK_KIND_ATTEST, "differs none", "differs ", 7);
    refused(JK_KIND_ATTEST, "sketches sha256:", "sketches SHA256:", 8);
    refused(JK_KIND_EVIDENCE, "attest 4712", "attest 04712", 6);
    refused(JK_KIND_EVIDENCE, "at 4713", "at none", 7);
    refused(JK_KIND_EVIDENCE, "evidence sha256:", "evidence none", 8);
    refused(JK_KIND_EVIDENCE, "kin 2", "kin -2", 11);
}

static void refuses_grades(void **state)
{
    (void)state;
    refused(JK_KIND_EVIDENCE, "parents 3d7d", "parents 3D7D", 9);
    refused(JK_KIND_EVIDENCE, "parents 3d7d", "parents  3d7d", 9);
    refused(JK_KIND_EVIDENCE, "=kin/", "=like/", 9);
    refused(JK_KIND_EVIDENCE, "=kin/125/", "/kin/125/", 9);
    refused(JK_KIND_EVIDENCE, "/125/", "/0125/", 9);
    refused(JK_KIND_EVIDENCE, "/125/", "/4001/", 9);          /* equal is nearly equal, too */
    refused(JK_KIND_EVIDENCE, "/4000/", "/9951/", 9);         /* which is kin */
    refused(JK_KIND_EVIDENCE, "/9950/9975", "/9950/9949", 9); /* which is comparable */
    refused(JK_KIND_EVIDENCE, "/9975", "/10001", 9);
    refused(JK_KIND_EVIDENCE, "/9975", "", 9);
    refused(JK_KIND_EVIDENCE, "/9975", "/9975/9975", 9);
    refused(JK_KIND_EVIDENCE, "/9975", "/9975 ", 9);
    refused(JK_KIND_EVIDENCE, "near 0fc4", "near sha256:0fc4", 10);
    refused(JK_KIND_EVIDENCE, "near 0fc4", "near 7fc4", 10); /* not in order */
    refused(JK_KIND_EVIDENCE, "near 0fc4", "near  0fc4", 10);
    refused(JK_KIND_EVIDENCE, "dede60 ", "dede60  ", 10);
    refused(JK_KIND_EVIDENCE, "dede60 ", "dede60 0fc4dfc4feb3b154d20f22308900bf028642220b043804b050d3caaa49dede60 ",
            10);
}

/* Makes the golden entry with that many parents and nearly equal releases, the numbers' digits being their hashes. */
static enum jk_status with_so_many(int parents, int near)
{
    struct jk_entry entry = golden_entry(JK_KIND_EVIDENCE), again;
    struct jk_text grades, hashes, out;
    struct jk_error error;
    jk_text_init(&grades, 0);
    jk_text_init(&hashes, 0);
    jk_text_init(&out, 0);
    for (int i = 0; i < parents; i++)
        jk_text_addf(&grades, "%s%064d=none/0/0/0/%d", i ? " " : "", i, i == 0 ? 10000 : 0);
    for (int i = 0; i < near; i++)
        jk_text_addf(&hashes, "%s%064d", i ? " " : "", i);
    entry.grades = jk_text_span(&grades);
    entry.near = jk_text_span(&hashes);
    jk_entry_write(&entry, &out);
    enum jk_status status = parse(jk_text_span(&out), &again, &error);
    if (status == JK_OK) assert_span_equal(again.grades, entry.grades);
    if (status == JK_OK) assert_span_equal(again.near, entry.near);
    jk_text_done(&out);
    jk_text_done(&hashes);
    jk_text_done(&grades);
    return status;
}

static void bounds_evidence(void **state)
{
    (void)state;
    assert_int_equal(with_so_many(0, 0), JK_OK); /* written as none */
    assert_int_equal(with_so_many(64, 32), JK_OK);
    assert_int_equal(with_so_many(65, 32), JK_DATA_LOSS);
    assert_int_equal(with_so_many(64, 33), JK_DATA_LOSS);
}

/* At most 500 base models of one run. */
static void bounds_a_run(void **state)
{
    (void)state;
    struct jk_entry entry = golden_entry(JK_KIND_CENSUS), again;
    struct jk_text bases, out;
    struct jk_error error;
    jk_text_init(&bases, 0);
    jk_text_init(&out, 0);
    for (int i = 0; i < JK_CENSUS_BASES_MAX; i++)
        jk_text_addf(&bases, "%sa/m%03d", i ? " " : "", i);
    entry.bases = jk_text_span(&bases);
    jk_entry_write(&entry, &out);
    assert_int_equal(parse(jk_text_span(&out), &again, &error), JK_OK);
    assert_span_equal(again.bases, entry.bases);
    jk_text_add_str(&bases, " a/n");
    entry.bases = jk_text_span(&bases);
    jk_text_clear(&out);
    jk_entry_write(&entry, &out);
    assert_int_equal(parse(jk_text_span(&out), &again, &error), JK_DATA_LOSS);
    jk_text_done(&out);
    jk_text_done(&bases);
}

static void refuses_cut_bytes(void **state)
{
    (void)state;
    char buffer[8192];
    for (int kind = 0; kind < JK_KIND_COUNT; kind++) {
        if (kind == JK_KIND_REGISTER || kind == JK_KIND_RELEASE) continue; /* the statement's inside is another's */
        struct jk_span bytes = golden_file((enum jk_kind)kind, buffer, sizeof buffer);
        for (size_t len = 0; len < bytes.len; len++) {
            char *copy = malloc(len ? len : 1); /* so that a read past the end is seen */
            struct jk_entry entry;
            struct jk_error error;
            memcpy(copy, bytes.at, len);
            assert_int_equal(parse((struct jk_span){copy, len}, &entry, &error), JK_DATA_LOSS);
            free(copy);
        }
    }
}

/* Every golden entry with every byte changed in a few ways: what still parses is written back as it stands. */
static void whatever_parses_is_canonical(void **state)
{
    (void)state;
    static const char changes[] = {' ', '\n', '0', 'a', 'A', '-', '|', '\0', '\xc3'};
    char buffer[8192];
    size_t accepted = 0;
    for (int kind = 0; kind < JK_KIND_COUNT; kind++) {
        struct jk_span bytes = golden_file((enum jk_kind)kind, buffer, sizeof buffer);
        for (size_t i = 0; i < bytes.len * sizeof changes; i++) {
            char *byte = buffer + i / sizeof changes, kept = *byte;
            struct jk_entry entry;
            struct jk_error error;
            *byte = changes[i % sizeof changes];
            if (parse(bytes, &entry, &error) == JK_OK) {
                struct jk_text out;
                jk_text_init(&out, 0);
                jk_entry_write(&entry, &out);
                if (!jk_span_equal(jk_text_span(&out), bytes)) fail_msg("not canonical:\n%.*s", JK_SPAN_ARG(bytes));
                jk_text_done(&out);
                accepted++;
            }
            *byte = kept;
        }
    }
    assert_true(accepted > 1000);
}

static void none_is_absence(void **state)
{
    (void)state;
    char text[] = "jokbo/entry/v1\nkind base\ntime 2026-01-15T00:00:00.000000Z\nactor server\nmodel a/b\nteam t\n"
                  "programme yes\nfrom-scratch yes\nbuilt-on none\nreleased none\nparameters none\nlisted no\n";
    struct jk_entry entry;
    struct jk_error error;
    assert_int_equal(parse(jk_span_of(text), &entry, &error), JK_OK);
    assert_int_equal(entry.built_on.len + entry.released.len + entry.parameters.len, 0);
    assert_true(entry.time_us == JANUARY_15);
    assert_int_equal(entry.programme, JK_ANSWER_YES);
    assert_int_equal(entry.listed, JK_ANSWER_NO);
}

/* ---- limits ---- */

static void write_limit(void **state)
{
    (void)state;
    struct jk_entry entry = entry_of(JK_KIND_REGISTER, JK_ACTOR_SERVER, "");
    size_t head = strlen("jokbo/entry/v1\nkind register\ntime 2026-01-15T00:00:00.000000Z\nactor server\n");
    char *statement = calloc(1, JK_ENTRY_MAX);
    struct jk_text out;
    jk_text_init(&out, 0);
    entry.statement = (struct jk_span){statement, JK_ENTRY_MAX - head};
    jk_text_add_str(&out, "what stands before does not count");
    jk_entry_write(&entry, &out);
    assert_false(out.failed);
    jk_text_clear(&out);
    entry.statement.len++;
    jk_entry_write(&entry, &out);
    assert_true(out.failed);
    jk_text_done(&out);
    free(statement);
}

static void parse_limit(void **state)
{
    (void)state;
    static const char head[] = "jokbo/entry/v1\nkind register\ntime 2026-01-15T00:00:00.000000Z\nactor server\n";
    size_t start = sizeof head - 1;
    char *bytes = malloc(JK_ENTRY_MAX + 1);
    struct jk_entry entry;
    struct jk_error error;
    memset(bytes, '\n', JK_ENTRY_MAX + 1);
    memcpy(bytes, head, start);
    memcpy(bytes + start, "jokbo/lineage/v1\n", 17);
    assert_int_equal(parse((struct jk_span){bytes, start + JK_STATEMENT_MAX}, &entry, &error), JK_OK);
    assert_int_equal(parse((struct jk_span){bytes, start + JK_STATEMENT_MAX + 1}, &entry, &error), JK_DATA_LOSS);
    assert_non_null(strstr(error.message, "60,000"));
    assert_int_equal(parse((struct jk_span){bytes, JK_ENTRY_MAX + 1}, &entry, &error), JK_DATA_LOSS);
    assert_non_null(strstr(error.message, "at most 65535"));
    free(bytes);
}

static int setup(void **state)
{
    (void)state;
    jk_digest_setup();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_golden),
        cmocka_unit_test(goes_on_from_a_log_that_ended),
        cmocka_unit_test(parses_golden),
        cmocka_unit_test(kinds),
        cmocka_unit_test(actors),
        cmocka_unit_test(refuses_heads),
        cmocka_unit_test(refuses_fields),
        cmocka_unit_test(refuses_of_hubs),
        cmocka_unit_test(refuses_of_weights),
        cmocka_unit_test(refuses_grades),
        cmocka_unit_test(bounds_evidence),
        cmocka_unit_test(bounds_a_run),
        cmocka_unit_test(refuses_cut_bytes),
        cmocka_unit_test(whatever_parses_is_canonical),
        cmocka_unit_test(none_is_absence),
        cmocka_unit_test(write_limit),
        cmocka_unit_test(parse_limit),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
