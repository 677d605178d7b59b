/* An entry of each kind as its golden file has it. For tests only. */
#ifndef JK_TESTS_GOLDEN_ENTRIES_H
#define JK_TESTS_GOLDEN_ENTRIES_H

#include "support/golden.h"

#include "domain/entry.h"
#include "domain/ident.h"
#include "domain/lineage.h"

#define JANUARY_15  1768435200000000 /* 2026-01-15T00:00:00Z */
#define NOVEMBER_21 1795269785000123 /* 2026-11-21T14:03:05.000123Z */
#define DAY_US      86400000000
#define KOREA_US    32400000000
#define LAST_US     253402300799999999

static char statement_quantized[4096], statement_solar[4096];

static struct jk_digest digest_of(const char *text)
{
    return jk_digest_of(jk_span_of(text));
}

static struct jk_entry entry_of(enum jk_kind kind, enum jk_actor_type type, const char *name)
{
    return (struct jk_entry){.kind = kind, .time_us = NOVEMBER_21, .actor = {type, jk_span_of(name)}};
}

static struct jk_entry server_entry(enum jk_kind kind)
{
    struct jk_entry entry = entry_of(kind, JK_ACTOR_SERVER, "");
    if (kind == JK_KIND_INIT) {
        entry.time_us = 0;
        entry.origin = JK_SPAN("registry.example/log");
        entry.key = JK_SPAN("registry.example/log+0a1b2c3d+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f");
        entry.purpose = JK_SPAN("registry");
        entry.rules = JK_SPAN("1");
    } else {
        entry.version = JK_SPAN("3.29.0");
        entry.list = digest_of("list");
    }
    return entry;
}

static struct jk_entry license_entry(void)
{
    struct jk_entry entry = entry_of(JK_KIND_LICENSE, JK_ACTOR_ADMIN, "");
    entry.license = JK_SPAN("LicenseRef-hyperclova-x-seed-2025");
    entry.permissions[JK_MAY_COMMERCIAL] = JK_PERMISSION_CONDITIONAL;
    entry.permissions[JK_MAY_DERIVE] = JK_PERMISSION_YES;
    entry.permissions[JK_MAY_REDISTRIBUTE] = JK_PERMISSION_UNKNOWN;
    entry.name_forms = JK_SPAN("HyperCLOVA X|HyperCLOVAX|HyperCLOVA-X");
    return entry;
}

static struct jk_entry team_entry(enum jk_kind kind)
{
    struct jk_entry entry = entry_of(kind, JK_ACTOR_ADMIN, "");
    if (kind == JK_KIND_TEAM) {
        entry.team = JK_SPAN("lg-ai-research");
        entry.name = JK_SPAN("LG AI Research");
        entry.name_ko = JK_SPAN("LG AI연구원");
        entry.joined_us = JANUARY_15 - KOREA_US - 164 * DAY_US; /* 2025-08-04 at +09:00 */
        entry.left_us = JK_TIME_NONE;
    } else {
        entry.team = JK_SPAN("upstage");
        entry.publisher = JK_SPAN("upstage");
        entry.from_us = JK_TIME_NONE;
        entry.until_us = JANUARY_15 - KOREA_US;
    }
    return entry;
}

static struct jk_entry institution_entry(enum jk_kind kind)
{
    struct jk_entry entry = entry_of(kind, JK_ACTOR_EVALUATOR, "");
    bool operates = kind == JK_KIND_OPERATES;
    entry.institution = operates ? JK_SPAN("Nota AI") : JK_SPAN("Law&Company");
    if (operates)
        entry.publisher = JK_SPAN("nota-ai");
    else
        entry.team = JK_SPAN("upstage");
    entry.from_us = operates ? JK_TIME_NONE : JANUARY_15 - KOREA_US + 17 * DAY_US;
    entry.until_us = JK_TIME_NONE;
    if (!operates) entry.text = digest_of("salted text");
    return entry;
}

static struct jk_entry base_entry(void)
{
    struct jk_entry entry = entry_of(JK_KIND_BASE, JK_ACTOR_ADMIN, "");
    entry.model = JK_SPAN("skt/A.X-4.0");
    entry.team = JK_SPAN("sk-telecom");
    entry.programme = JK_ANSWER_NO;
    entry.from_scratch = JK_ANSWER_UNKNOWN;
    entry.built_on = JK_SPAN("Qwen/Qwen2.5-72B");
    entry.released = JK_SPAN("2025-07");
    entry.listed = JK_ANSWER_YES;
    return entry;
}

static struct jk_entry publisher_entry(enum jk_kind kind)
{
    struct jk_entry entry = entry_of(kind, JK_ACTOR_ADMIN, "");
    entry.publisher = JK_SPAN("nota-ai");
    if (kind == JK_KIND_PUBLISHER) {
        entry.actor.type = JK_ACTOR_REGISTRAR;
        entry.publisher = JK_SPAN("mradermacher");
        entry.basis = JK_BASIS_REGISTRAR;
    } else if (kind == JK_KIND_VERIFY) {
        entry.evidence = JK_SPAN("https://www.nota.ai/huggingface");
        entry.text = digest_of("salted text");
    } else if (kind == JK_KIND_UNVERIFY) {
        entry.evidence = JK_SPAN("account closed");
    } else {
        entry.actor = (struct jk_actor){JK_ACTOR_ISSUER, JK_SPAN("https://token.actions.githubusercontent.com")};
        entry.publisher = JK_SPAN("mradermacher");
        entry.evidence = JK_SPAN("README of the Hub account, 2026-11-20");
    }
    return entry;
}

static struct jk_entry release_entry(enum jk_kind kind)
{
    struct jk_entry entry = entry_of(kind, JK_ACTOR_PUBLISHER, "mradermacher");
    struct jk_span quantized = golden_read("statement-quantized.txt", statement_quantized, sizeof statement_quantized);
    if (kind == JK_KIND_REGISTER) {
        entry.statement = quantized;
    } else if (kind == JK_KIND_RELEASE) {
        entry.actor = (struct jk_actor){JK_ACTOR_TEAM, JK_SPAN("upstage")};
        entry.statement = golden_read("statement-base-solar.txt", statement_solar, sizeof statement_solar);
    } else {
        entry.release = jk_statement_hash(quantized);
        if (kind == JK_KIND_YANK) entry.text = digest_of("salted text");
    }
    return entry;
}

static struct jk_entry model_entry(enum jk_kind kind)
{
    struct jk_entry entry = entry_of(kind, JK_ACTOR_PUBLISHER, "nota-ai");
    if (kind == JK_KIND_RENAME) {
        entry.model = JK_SPAN("nota-ai/Solar-Open2-250B-Nota-NVFP4");
        entry.to = JK_SPAN("nota-ai/Solar-Open2-NVFP4");
    } else if (kind == JK_KIND_TRANSFER) {
        entry.actor = (struct jk_actor){.type = JK_ACTOR_ADMIN};
        entry.model = JK_SPAN("squatter/EXAONE");
        entry.to = JK_SPAN("LGAI-EXAONE/EXAONE");
    } else {
        entry.time_us = LAST_US;
        entry.actor = (struct jk_actor){.type = JK_ACTOR_EVALUATOR};
        entry.external = JK_SPAN("huggingface.co/LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct-GGUF");
        entry.model = JK_SPAN("LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct-GGUF");
    }
    return entry;
}

#define NEW_KEY "registry.example/log+9f8e7d6c+ASAfHh0cGxoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIB"

static struct jk_entry key_entry(enum jk_kind kind)
{
    struct jk_entry entry = entry_of(kind, JK_ACTOR_SERVER, ""), init = server_entry(JK_KIND_INIT);
    entry.key = kind == JK_KIND_KEY ? JK_SPAN(NEW_KEY) : init.key;
    if (kind != JK_KIND_KEY) return entry;
    entry.previous = init.key;
    entry.signature =
        JK_SPAN("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==");
    return entry;
}

#define POLICY                                                                                                         \
    "jokbo/policy/v1\nname open-source\nversion 3\nrules 1\nlate on\nyanked on\nexcluded on\nnot-participating on\n"   \
    "not-programme on\nforeign-base on unknown-passes\nrelation on finetune merge\ndepth on 3\nself on\naffiliate "    \
    "on\n"                                                                                                             \
    "no-artifact off\nno-license-text off\nlicense-not-open on commercial CONDITIONAL\nlicense-conflict on\n"          \
    "naming on lenient\nunverified off\nduplicate on\ncap on 50\n"

static struct jk_entry stage_entry(enum jk_kind kind)
{
    struct jk_entry entry = entry_of(kind, kind == JK_KIND_CLOSE ? JK_ACTOR_SERVER : JK_ACTOR_EVALUATOR, "");
    entry.policy = kind == JK_KIND_POLICY ? JK_SPAN(POLICY) : (struct jk_span){0};
    if (kind == JK_KIND_POLICY) return entry;
    entry.stage = JK_SPAN("stage-3");
    entry.digest = jk_digest_of(JK_SPAN(POLICY));
    if (kind == JK_KIND_CLOSE) {
        entry.revision = 2;
        entry.n = 1234567;
        entry.m = 1234890;
        entry.table = jk_digest_of(JK_SPAN("table"));
        entry.json = jk_digest_of(JK_SPAN("json"));
        entry.members = jk_digest_of(JK_SPAN("members"));
        entry.left_out = jk_digest_of(JK_SPAN("left-out"));
        entry.text = jk_digest_of(JK_SPAN("why"));
        return entry;
    }
    entry.name = JK_SPAN("Stage 3");
    entry.name_ko = JK_SPAN("3차 단계평가");
    entry.from_us = INT64_C(1788188400000000);
    entry.until_us = INT64_C(1798642800000000);
    entry.disputes_us = JK_TIME_NONE;
    entry.teams = JK_SPAN("lg-ai-research motif sk-telecom upstage");
    entry.evidence = JK_SPAN("invented");
    return entry;
}

static struct jk_entry ruling_entry(enum jk_kind kind)
{
    bool team = kind == JK_KIND_DISPUTE;
    struct jk_entry entry = entry_of(kind, team ? JK_ACTOR_TEAM : JK_ACTOR_EVALUATOR, team ? "upstage" : "");
    entry.text = jk_digest_of(JK_SPAN("text"));
    if (kind != JK_KIND_RESTORE && kind != JK_KIND_EXCLUDE) entry.target = 4711;
    if (kind == JK_KIND_RESOLVE) entry.outcome = JK_OUTCOME_DISMISSED;
    if (kind == JK_KIND_CONFIRM || kind == JK_KIND_REJECT || kind == JK_KIND_RESOLVE) return entry;
    entry.model = JK_SPAN("somebody/Solar-Open-100B-copy");
    if (team) {
        entry.about = JK_ABOUT_PARENT;
        entry.target = JK_TARGET_NONE;
        entry.stage = JK_SPAN("stage-3");
        return entry;
    }
    entry.evidence = JK_SPAN("identical weights under many names");
    entry.needs_second = kind == JK_KIND_EXCLUDE ? JK_ANSWER_YES : JK_ANSWER_NO;
    return entry;
}

#define EXTERNAL "huggingface.co/LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct-GGUF"
#define ADOPTER  "LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct-GGUF"

static struct jk_entry adoption_entry(enum jk_kind kind)
{
    bool rules = kind == JK_KIND_APPROVE_ADOPT || kind == JK_KIND_APPROVE_UNADOPT;
    struct jk_entry entry = entry_of(kind, JK_ACTOR_PUBLISHER, "LGAI-EXAONE");
    if (rules) entry.actor = (struct jk_actor){.type = JK_ACTOR_EVALUATOR};
    if (kind == JK_KIND_DISPUTE_ADOPTION) entry.actor = (struct jk_actor){JK_ACTOR_TEAM, JK_SPAN("upstage")};
    entry.external = JK_SPAN(EXTERNAL);
    entry.model = JK_SPAN(ADOPTER);
    if (kind != JK_KIND_UNADOPT) entry.text = digest_of("text");
    if (!rules) return entry;
    entry.evidence = kind == JK_KIND_APPROVE_ADOPT ? JK_SPAN("the same files") : JK_SPAN("other files");
    entry.needs_second = kind == JK_KIND_APPROVE_ADOPT ? JK_ANSWER_YES : JK_ANSWER_NO;
    return entry;
}

static struct jk_entry namespace_entry(enum jk_kind kind)
{
    bool end = kind == JK_KIND_NAMESPACE_END;
    struct jk_entry entry = entry_of(kind, end ? JK_ACTOR_EVALUATOR : JK_ACTOR_REGISTRAR, "");
    entry.publisher = JK_SPAN("upstage");
    entry.organisation = JK_SPAN("huggingface.co/upstage");
    entry.evidence = end ? JK_SPAN("the account was sold") : JK_SPAN("a file that the account put up");
    if (!end) entry.text = digest_of("text");
    return entry;
}

static struct jk_entry held_entry(enum jk_kind kind)
{
    bool held = kind == JK_KIND_HELD;
    struct jk_entry entry = entry_of(kind, held ? JK_ACTOR_SERVER : JK_ACTOR_ADMIN, "");
    entry.artifact = digest_of("manifest");
    if (!held) {
        entry.text = digest_of("text");
        return entry;
    }
    entry.bytes = 51234;
    entry.weights = digest_of("weights");
    entry.weight_files = digest_of("files");
    return entry;
}

/* About a pair, or about whose content it is. */
static struct jk_entry claim_entry(enum jk_kind kind)
{
    bool dispute = kind == JK_KIND_DISPUTE_ORIGIN, restore = kind == JK_KIND_RESTORE_ROOT;
    struct jk_entry entry = entry_of(kind, dispute ? JK_ACTOR_PUBLISHER : JK_ACTOR_EVALUATOR, dispute ? "kim" : "");
    entry.text = digest_of("text");
    if (dispute) {
        entry.model = JK_SPAN("kim/Solar-ko");
        entry.against = JK_SPAN("thief/Solar-ko");
        entry.stage = JK_SPAN("stage-3");
        return entry;
    }
    entry.needs_second = restore ? JK_ANSWER_NO : JK_ANSWER_YES;
    if (kind == JK_KIND_ORIGIN) {
        entry.model = JK_SPAN("mradermacher/Solar-Q4");
        entry.release =
            jk_statement_hash(golden_read("statement-quantized.txt", statement_quantized, sizeof statement_quantized));
        entry.evidence = JK_SPAN("training logs were shown");
        return entry;
    }
    entry.model = JK_SPAN("somebody/both");
    entry.root = JK_SPAN("upstage/Solar-Open-100B");
    entry.evidence = restore ? JK_SPAN("it is from it after all") : JK_SPAN("only the tokenizer is from it");
    return entry;
}

/* What a registrar saw on a hub: a repository that is there, and a complete run. */
static struct jk_entry hub_entry(enum jk_kind kind)
{
    struct jk_entry entry = entry_of(kind, JK_ACTOR_REGISTRAR, "");
    entry.hub = JK_SPAN("huggingface.co");
    if (kind == JK_KIND_CENSUS) {
        entry.bases = JK_SPAN("LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct upstage/Solar-Open-100B");
        entry.started_us = NOVEMBER_21 - DAY_US / 12;
        entry.models = 1187;
        entry.list = digest_of("census");
        return entry;
    }
    entry.id = JK_SPAN("mradermacher/Solar-Open-100B-GGUF");
    entry.identity = JK_SPAN("6651e0ba2fd9bb6f6bb8f6d1");
    entry.revision_hex = JK_SPAN("8d3c60d10d8b0ed0e7e4d6d1a6a9c3b3f1a2b3c4");
    entry.model = JK_SPAN("mradermacher/Solar-Open-100B-gguf");
    entry.listing = digest_of("listing");
    entry.weight_files = digest_of("files");
    entry.record = digest_of("record");
    entry.created_us = JANUARY_15;
    entry.modified_us = JK_TIME_NONE;
    return entry;
}

/* What speaks of weights. */
static struct jk_entry weights_entry(enum jk_kind kind)
{
    struct jk_entry entry = entry_of(kind, JK_ACTOR_VERIFIER, "kisti");
    if (kind == JK_KIND_CHALLENGE || kind == JK_KIND_CHALLENGE_AGAIN || kind == JK_KIND_EVIDENCE)
        entry.release =
            jk_statement_hash(golden_read("statement-quantized.txt", statement_quantized, sizeof statement_quantized));
    switch (kind) {
    case JK_KIND_REFERENCE:
        entry.actor = (struct jk_actor){.type = JK_ACTOR_REGISTRAR};
        entry.external = JK_SPAN("huggingface.co/meta-llama/Llama-3.1-8B");
        entry.revision_hex = JK_SPAN("8d3c60d10d8b0ed0e7e4d6d1a6a9c3b3f1a2b3c4");
        entry.artifact = digest_of("manifest");
        entry.released_us = JANUARY_15;
        entry.evidence = JK_SPAN("digested from the hub's files");
        return entry;
    case JK_KIND_VERIFIER:
    case JK_KIND_VERIFIER_END:
        entry.actor = (struct jk_actor){.type = JK_ACTOR_EVALUATOR};
        entry.verifier = JK_SPAN("kisti");
        if (kind == JK_KIND_VERIFIER)
            entry.institution = JK_SPAN("Korea Institute of Science and Technology Information");
        entry.evidence = JK_SPAN("appointed for the third stage");
        entry.needs_second = JK_ANSWER_YES;
        return entry;
    case JK_KIND_CHALLENGE_AGAIN:
        entry.actor = (struct jk_actor){.type = JK_ACTOR_EVALUATOR};
        entry.verifier = JK_SPAN("kisti");
        entry.evidence = JK_SPAN("the machine broke down");
        entry.text = digest_of("salted text");
        return entry;
    case JK_KIND_ATTEST:
        entry.target = 4711;
        entry.artifact = digest_of("manifest");
        entry.sketches = digest_of("sketches");
        return entry;
    case JK_KIND_EVIDENCE:
        entry.actor = (struct jk_actor){.type = JK_ACTOR_SERVER};
        entry.attest = 4712;
        entry.at = 4713;
        entry.findings = digest_of("findings");
        entry.grades =
            JK_SPAN("3d7db37d08f9140fd09f12b9621cd0954b6d56a9d2f357fb2c7f5d62636d2fd1=kin/125/4000/9950/9975");
        entry.near = JK_SPAN("0fc4dfc4feb3b154d20f22308900bf028642220b043804b050d3caaa49dede60 "
                             "70ce871f8a3d3fb449bc3c3ace6547cef02dfc74ffe48d912532a724bfdbe5b9");
        entry.kin = 2;
        return entry;
    default:
        entry.nonce = digest_of("nonce");
        return entry;
    }
}

static struct jk_entry golden_entry(enum jk_kind kind)
{
    switch (kind) {
    case JK_KIND_REFERENCE:
    case JK_KIND_VERIFIER:
    case JK_KIND_VERIFIER_END:
    case JK_KIND_CHALLENGE:
    case JK_KIND_CHALLENGE_AGAIN:
    case JK_KIND_ATTEST:
    case JK_KIND_EVIDENCE:
        return weights_entry(kind);
    case JK_KIND_UNADOPT:
    case JK_KIND_APPROVE_ADOPT:
    case JK_KIND_APPROVE_UNADOPT:
    case JK_KIND_DISPUTE_ADOPTION:
        return adoption_entry(kind);
    case JK_KIND_NAMESPACE:
    case JK_KIND_NAMESPACE_END:
        return namespace_entry(kind);
    case JK_KIND_HELD:
    case JK_KIND_WITHDRAWN:
        return held_entry(kind);
    case JK_KIND_OBSERVE:
    case JK_KIND_CENSUS:
        return hub_entry(kind);
    case JK_KIND_EXCLUDE_ROOT:
    case JK_KIND_RESTORE_ROOT:
    case JK_KIND_ORIGIN:
    case JK_KIND_DISPUTE_ORIGIN:
        return claim_entry(kind);
    case JK_KIND_POLICY:
    case JK_KIND_STAGE:
    case JK_KIND_CLOSE:
        return stage_entry(kind);
    case JK_KIND_EXCLUDE:
    case JK_KIND_RESTORE:
    case JK_KIND_CONFIRM:
    case JK_KIND_REJECT:
    case JK_KIND_DISPUTE:
    case JK_KIND_RESOLVE:
        return ruling_entry(kind);
    case JK_KIND_KEY:
    case JK_KIND_RETIRE:
        return key_entry(kind);
    case JK_KIND_INIT:
    case JK_KIND_SPDX:
        return server_entry(kind);
    case JK_KIND_LICENSE:
        return license_entry();
    case JK_KIND_TEAM:
    case JK_KIND_TEAM_PUBLISHER:
        return team_entry(kind);
    case JK_KIND_AFFILIATION:
    case JK_KIND_OPERATES:
        return institution_entry(kind);
    case JK_KIND_BASE:
        return base_entry();
    case JK_KIND_PUBLISHER:
    case JK_KIND_VERIFY:
    case JK_KIND_UNVERIFY:
    case JK_KIND_CLAIM:
        return publisher_entry(kind);
    case JK_KIND_REGISTER:
    case JK_KIND_RELEASE:
    case JK_KIND_YANK:
    case JK_KIND_UNYANK:
        return release_entry(kind);
    default:
        return model_entry(kind);
    }
}

#endif
