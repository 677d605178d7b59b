#include "web/pages/said.h"

#include <jokbo/v1/evidence.pb-c.h>
#include <jokbo/v1/registry.pb-c.h>

#include "reply/message.h"
#include "web/pages/parameters.h"
#include "web/pages/parts.h"

#define ROWS         50
#define COMPARED_MAX 16
#define PARTS_MAX    32

/* ---- weights ---- */

static void show_likeness(struct jk_shown *row, const Jokbo__V1__Likeness *likeness)
{
    if (!likeness) return;
    jk_part_share(row, "equal", likeness->equal, 10000);
    jk_part_share(row, "near", likeness->near, 10000);
    jk_part_share(row, "kin", likeness->kin, 10000);
    jk_part_share(row, "comparable", likeness->comparable, 10000);
}

static void show_compared(struct jk_web_page *page, struct jk_shown *list, const Jokbo__V1__ComparedModel *compared)
{
    struct jk_shown *row = jk_shown_map(list, NULL), *parts = jk_shown_list(row, "parts");
    struct jk_span version = jk_span_of(compared->name), name, rest, publisher;
    jk_shown_string(row, "compared", compared->name);
    (void)jk_span_cut(&version, '@', &name);
    rest = name;
    (void)jk_span_cut(&rest, '/', &publisher);
    if (compared->lineage_hash[0] && !memchr(rest.at, '/', rest.len)) /* else host/id */
        jk_shown_text(row, "compared_model", name);
    jk_part_word(page, row, "grade", "grade", &jokbo__v1__grade__descriptor, (int)compared->grade);
    jk_shown_flag(row, "older", compared->older);
    show_likeness(row, compared->likeness);
    for (size_t i = 0; i < compared->n_parts && i < PARTS_MAX; i++) {
        struct jk_shown *part = jk_shown_map(parts, NULL);
        jk_shown_string(part, "part", compared->parts[i]->part);
        jk_part_share(part, "part_share", compared->parts[i]->share, 10000);
        show_likeness(part, compared->parts[i]->likeness);
    }
    jk_shown_flag(row, "has_parts", compared->n_parts > 0);
    jk_shown_flag(row, "more_parts", compared->n_parts > PARTS_MAX);
}

static void show_all_compared(struct jk_web_page *page, struct jk_shown *map, const char *key,
                              Jokbo__V1__ComparedModel *const *compared, size_t count)
{
    struct jk_shown *list = jk_shown_list(map, key);
    for (size_t i = 0; i < count && i < COMPARED_MAX; i++)
        show_compared(page, list, compared[i]);
}

static void fold_evidence(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ReleaseEvidence *evidence = (const Jokbo__V1__ReleaseEvidence *)reply;
    if (!evidence) return; /* nothing has been computed */
    struct jk_shown *map = jk_shown_map(page->view, "evidence"), *near = jk_shown_list(map, "near_releases");
    struct jk_shown *attested = jk_shown_list(map, "attested");
    if (evidence->log_index) jk_shown_printf(map, "evidence_index", "%lld", (long long)evidence->log_index);
    jk_shown_string(map, "evidence_text", evidence->text_sha256);
    show_all_compared(page, map, "toward", evidence->parents, evidence->n_parents);
    show_all_compared(page, map, "undeclared", evidence->undeclared, evidence->n_undeclared);
    show_all_compared(page, map, "scratch", evidence->from_scratch, evidence->n_from_scratch);
    for (size_t i = 0; i < evidence->n_near; i++)
        jk_shown_string(near, NULL, evidence->near[i]);
    for (size_t i = 0; i < evidence->n_challenges && i < COMPARED_MAX; i++) {
        const Jokbo__V1__ChallengeEvidence *challenge = evidence->challenges[i];
        if (!challenge->log_index || !challenge->challenge) continue;
        struct jk_shown *row = jk_shown_map(attested, NULL);
        jk_shown_string(row, "verifier", challenge->challenge->verifier);
        jk_shown_printf(row, "attested_index", "%lld", (long long)challenge->log_index);
        show_all_compared(page, row, "toward", challenge->parents, challenge->n_parents);
    }
}

/* ---- verifiers, adoptions ---- */

/* The token of a list's next page, for its link. */
static void show_more(struct jk_web_page *page, const char *key, const char *token)
{
    if (token[0]) jk_part_url(page->view, key, token);
}

static void fold_challenges(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListChallengesResponse *response = (const Jokbo__V1__ListChallengesResponse *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "challenges");
    show_more(page, "more_challenges", response->next_page_token);
    for (size_t i = 0; i < response->n_challenges; i++) {
        const Jokbo__V1__Challenge *challenge = response->challenges[i];
        struct jk_shown *row = jk_shown_map(list, NULL);
        jk_shown_string(row, "verifier", challenge->verifier);
        jk_shown_string(row, "challenged_version", challenge->version);
        jk_part_word(page, row, "challenge_state", "challenge", &jokbo__v1__challenge_state__descriptor,
                     (int)challenge->state);
        jk_shown_flag(row, "agrees", challenge->state == JOKBO__V1__CHALLENGE_STATE__CHALLENGE_STATE_AGREES);
        jk_shown_string(row, "differs", challenge->differs);
        int64_t index = challenge->attest_index ? challenge->attest_index : challenge->log_index;
        jk_shown_printf(row, "challenge_index", "%lld", (long long)index);
        jk_part_time(row, "challenged", challenge->create_time);
    }
}

static void fold_adoptions(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListAdoptionsResponse *response = (const Jokbo__V1__ListAdoptionsResponse *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "adoptions");
    jk_shown_flag(page->view, "adopts", response->n_adoptions > 0);
    show_more(page, "more_adoptions", response->next_page_token);
    for (size_t i = 0; i < response->n_adoptions; i++) {
        const Jokbo__V1__Adoption *adoption = response->adoptions[i];
        struct jk_shown *row = jk_shown_map(list, NULL);
        jk_shown_string(row, "external", adoption->external);
        jk_shown_string(row, "adoption_actor", adoption->actor);
        jk_shown_number(row, "adopted_children", adoption->children);
        jk_shown_printf(row, "adoption_index", "%lld", (long long)adoption->log_index);
        jk_shown_flag(row, "adoption_ended", adoption->end_log_index > 0);
        jk_part_time(row, "adopted_at", adoption->create_time);
    }
}

/* ---- rulings and disputes ---- */

void jk_part_ruling(struct jk_web_page *page, struct jk_shown *list, const Jokbo__V1__Ruling *ruling)
{
    struct jk_shown *row = jk_shown_map(list, NULL);
    jk_shown_string(row, "ruled_model", ruling->model);
    jk_part_word(page, row, "ruling_kind", "ruling", &jokbo__v1__ruling_kind__descriptor, (int)ruling->kind);
    jk_part_word(page, row, "ruling_state", "ruling_state", &jokbo__v1__ruling_state__descriptor, (int)ruling->state);
    jk_shown_string(row, "ruling_reason", ruling->reason);
    jk_shown_string(row, "ruling_text", ruling->text);
    jk_shown_string(row, "ruling_root", ruling->root);
    jk_shown_printf(row, "ruling_index", "%lld", (long long)ruling->log_index);
    jk_part_time(row, "ruled", ruling->create_time);
}

void jk_part_dispute(struct jk_web_page *page, struct jk_shown *list, const Jokbo__V1__Dispute *dispute)
{
    struct jk_shown *row = jk_shown_map(list, NULL);
    jk_shown_string(row, "disputed_model", dispute->model);
    jk_shown_string(row, "dispute_actor", dispute->actor);
    jk_shown_string(row, "dispute_text", dispute->text);
    jk_shown_string(row, "resolution", dispute->resolution_text);
    jk_shown_printf(row, "dispute_index", "%lld", (long long)dispute->log_index);
    jk_part_word(page, row, "outcome", "outcome", &jokbo__v1__dispute_outcome__descriptor, (int)dispute->outcome);
    jk_part_time(row, "disputed", dispute->create_time);
}

static void fold_rulings(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListRulingsResponse *response = (const Jokbo__V1__ListRulingsResponse *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "rulings");
    if (response->n_rulings > 0) jk_shown_flag(page->view, "contests", true);
    show_more(page, "more_rulings", response->next_page_token);
    for (size_t i = 0; i < response->n_rulings; i++)
        jk_part_ruling(page, list, response->rulings[i]);
}

static void fold_disputes_of_model(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListDisputesResponse *response = (const Jokbo__V1__ListDisputesResponse *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "disputes");
    if (response->n_disputes > 0) jk_shown_flag(page->view, "contests", true);
    show_more(page, "more_disputes", response->next_page_token);
    for (size_t i = 0; i < response->n_disputes; i++)
        jk_part_dispute(page, list, response->disputes[i]);
}

void jk_web_page_said(struct jk_web_page *page, char *name)
{
    struct jk_arena *arena = &page->arena;
    Jokbo__V1__GetEvidenceRequest *evidence =
        JK_MESSAGE(arena, Jokbo__V1__GetEvidenceRequest, jokbo__v1__get_evidence_request);
    Jokbo__V1__ListChallengesRequest *challenges =
        JK_MESSAGE(arena, Jokbo__V1__ListChallengesRequest, jokbo__v1__list_challenges_request);
    Jokbo__V1__ListAdoptionsRequest *adoptions =
        JK_MESSAGE(arena, Jokbo__V1__ListAdoptionsRequest, jokbo__v1__list_adoptions_request);
    Jokbo__V1__ListRulingsRequest *rulings =
        JK_MESSAGE(arena, Jokbo__V1__ListRulingsRequest, jokbo__v1__list_rulings_request);
    Jokbo__V1__ListDisputesRequest *disputes =
        JK_MESSAGE(arena, Jokbo__V1__ListDisputesRequest, jokbo__v1__list_disputes_request);
    if (!evidence || !challenges || !adoptions || !rulings || !disputes) return;
    evidence->model = challenges->model = adoptions->model = rulings->model = disputes->model = name;
    challenges->page_size = adoptions->page_size = rulings->page_size = disputes->page_size = ROWS;
    adoptions->include_ended = true;
    challenges->page_token = jk_web_page_string(page, jk_web_page_parameter(page, "challenges"));
    adoptions->page_token = jk_web_page_string(page, jk_web_page_parameter(page, "adoptions"));
    rulings->page_token = jk_web_page_string(page, jk_web_page_parameter(page, "rulings"));
    disputes->page_token = jk_web_page_string(page, jk_web_page_parameter(page, "disputes"));
    jk_web_page_ask_maybe(page, "/jokbo.v1.Evidence/GetEvidence", evidence, fold_evidence);
    jk_web_page_blame_token(page, "challenges");
    jk_web_page_ask(page, "/jokbo.v1.Evidence/ListChallenges", challenges, fold_challenges);
    jk_web_page_blame_token(page, "adoptions");
    jk_web_page_ask(page, "/jokbo.v1.Registry/ListAdoptions", adoptions, fold_adoptions);
    jk_web_page_blame_token(page, "rulings");
    jk_web_page_ask(page, "/jokbo.v1.Stages/ListRulings", rulings, fold_rulings);
    jk_web_page_blame_token(page, "disputes");
    jk_web_page_ask(page, "/jokbo.v1.Stages/ListDisputes", disputes, fold_disputes_of_model);
}
