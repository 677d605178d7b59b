/* Findings, from a derivative's spells, its weights and the manifests stored here; see findings.h. */
#include "service/records/findings.h"

#include "book/book_ask.h"
#include "book/claims.h"

#define KIND(name) JOKBO__V1__FINDING_KIND__FINDING_KIND_##name
#define BIT(name)  (1u << KIND(name))

/* A row for each flag that is a finding; `rooted`: it depends on the root. */
static const struct rule {
    uint32_t flag;
    Jokbo__V1__FindingKind kind;
    bool rooted;
    const char *text, *korean;
} rules[] = {
    {JK_FLAG_SELF, KIND(SELF), true, "published by a publisher of the root's own team",
     "원 모델 팀의 게시자가 게시했습니다"},
    {JK_FLAG_AFFILIATE, KIND(AFFILIATE), true, "published by an affiliate of the root's team",
     "원 모델 팀의 협력 기관이 게시했습니다"},
    {JK_FLAG_LICENSE_CONFLICT, KIND(LICENSE_CONFLICT), false, "the licence grants more than an ancestor's licence does",
     "라이선스가 조상 모델의 라이선스보다 많은 것을 허락합니다"},
    {JK_FLAG_LICENSE_UNKNOWN, KIND(LICENSE_UNKNOWN), false,
     "what the licence or an ancestor's licence permits is not known",
     "이 모델이나 조상 모델의 라이선스가 무엇을 허락하는지 알 수 없습니다"},
    {JK_FLAG_NAMING_LITERAL, KIND(NAMING_LITERAL), true,
     "the root's licence binds the name, and its literal form is broken",
     "원 모델의 라이선스가 정한 이름 규칙을 문자 그대로는 지키지 않았습니다"},
    {JK_FLAG_NAMING_LENIENT, KIND(NAMING_LENIENT), true,
     "the root's licence binds the name, and its lenient form is broken too",
     "원 모델의 라이선스가 정한 이름 규칙을 느슨하게 보아도 지키지 않았습니다"},
    {JK_FLAG_ANCESTOR_WEIGHTS, KIND(ANCESTOR_WEIGHTS), false, "the weights are an ancestor's",
     "가중치가 조상 모델의 것과 같습니다"},
    {JK_FLAG_YANKED, KIND(YANKED), false, "no release is left that is not yanked", "철회되지 않은 릴리스가 없습니다"},
    {JK_FLAG_ADOPTED_ONLY, KIND(ADOPTED_PATH), true, "only an adoption leads to the root",
     "외부 모델 연결을 거쳐야만 원 모델에 이릅니다"},
};
#define RULES (sizeof rules / sizeof *rules)

unsigned jk_finding_kinds_of_flags(uint32_t flags)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < RULES; i++)
        if (flags & rules[i].flag) kinds |= 1u << rules[i].kind;
    return kinds;
}

/* The other model that has the first claim to the weights; JK_NONE for none. */
static uint32_t duplicate_of(const struct jk_present *present, uint32_t model, const struct jk_release *release)
{
    if (jk_digest_is_zero(&release->weights)) return JK_NONE;
    uint32_t named = jk_book_find_weights(present->book, &release->weights, present->size);
    if (named == JK_NONE) return JK_NONE;
    uint32_t weights = jk_content_of(present->book, named, JK_CONTENT_WEIGHTS, present->size);
    uint32_t first = jk_first_claim(present->book, JK_CONTENT_WEIGHTS, weights, present->size);
    return first == model ? JK_NONE : first;
}

static bool is_unverified_artifact(const struct jk_present *present, const struct jk_release *release)
{
    struct jk_blob_facts blob;
    if (jk_digest_is_zero(&release->artifact)) return false;
    return !jk_directory_blob_stored(present->directory, &release->artifact, &blob) ||
           blob.kind != JK_BLOB_KIND_MANIFEST || !jk_digest_equal(&blob.weights, &release->weights);
}

unsigned jk_finding_kinds(const struct jk_present *present, uint32_t model)
{
    uint32_t flags = 0;
    const struct jk_spell *spell = NULL;
    while ((spell = jk_book_spell(present->book, model, present->size, spell)))
        flags |= spell->flags;
    const struct jk_release *release =
        jk_book_release(present->book, jk_book_standing_release(present->book, model, present->size));
    unsigned kinds = jk_finding_kinds_of_flags(flags);
    if (duplicate_of(present, model, release) != JK_NONE) kinds |= BIT(DUPLICATE_WEIGHTS);
    if (is_unverified_artifact(present, release)) kinds |= BIT(UNVERIFIED_ARTIFACT);
    if (jk_contested_with(present->book, model, present->size) != JK_NONE) kinds |= BIT(CONTESTED);
    return kinds;
}

struct findings {
    const struct jk_present *present;
    Jokbo__V1__Finding **list;
    size_t count, room;
};

/* NULL: out of memory. */
static Jokbo__V1__Finding *add_finding(struct findings *out, Jokbo__V1__FindingKind kind, const char *text,
                                       const char *korean)
{
    Jokbo__V1__Finding *finding = JK_MESSAGE(out->present->arena, Jokbo__V1__Finding, jokbo__v1__finding);
    if (!finding || !text || !korean || out->count == out->room) return NULL;
    finding->kind = kind;
    finding->text = (char *)(uintptr_t)text;
    finding->text_ko = (char *)(uintptr_t)korean;
    out->list[out->count++] = finding;
    return finding;
}

static void add_rooted(struct findings *out, const struct jk_spell *spell)
{
    struct jk_span root = jk_present_name(out->present, spell->root);
    for (size_t i = 0; i < RULES; i++) {
        if (!rules[i].rooted || !(spell->flags & rules[i].flag)) continue;
        Jokbo__V1__Finding *finding = add_finding(out, rules[i].kind, rules[i].text, rules[i].korean);
        if (finding) finding->root = jk_to_string(out->present->arena, root);
    }
}

static void add_rootless(struct findings *out, uint32_t flags)
{
    for (size_t i = 0; i < RULES; i++)
        if (!rules[i].rooted && (flags & rules[i].flag))
            (void)add_finding(out, rules[i].kind, rules[i].text, rules[i].korean);
}

static void add_duplicate(struct findings *out, uint32_t model)
{
    struct jk_arena *arena = out->present->arena;
    struct jk_span name = jk_present_name(out->present, model);
    Jokbo__V1__Finding *finding =
        add_finding(out, KIND(DUPLICATE_WEIGHTS),
                    jk_arena_printf(arena, "%.*s goes first with the same weights", JK_SPAN_ARG(name)),
                    jk_arena_printf(arena, "가중치가 같고 앞선 모델이 있습니다: %.*s", JK_SPAN_ARG(name)));
    if (finding) finding->other = jk_to_string(arena, name);
}

static void add_contested(struct findings *out, uint32_t other)
{
    struct jk_arena *arena = out->present->arena;
    struct jk_span name = jk_present_name(out->present, other);
    Jokbo__V1__Finding *finding = add_finding(
        out, KIND(CONTESTED),
        jk_arena_printf(arena, "%.*s, of another publisher, claims the same weights or artifact", JK_SPAN_ARG(name)),
        jk_arena_printf(arena, "다른 게시자의 모델이 같은 가중치나 산출물을 주장합니다: %.*s", JK_SPAN_ARG(name)));
    if (finding) finding->other = jk_to_string(arena, name);
}

void jk_present_findings(const struct jk_present *present, uint32_t model, size_t *out_count,
                         Jokbo__V1__Finding ***out_findings)
{
    uint32_t flags = 0;
    size_t spells = 0;
    const struct jk_spell *spell = NULL;
    while ((spell = jk_book_spell(present->book, model, present->size, spell)))
        flags |= spell->flags, spells++;
    struct findings out = {present, NULL, 0, (spells + 1) * RULES + 3};
    const struct jk_release *release =
        jk_book_release(present->book, jk_book_standing_release(present->book, model, present->size));
    uint32_t twin = duplicate_of(present, model, release);
    uint32_t contested = jk_contested_with(present->book, model, present->size);
    bool unverified = is_unverified_artifact(present, release);
    *out_count = 0;
    if (!flags && twin == JK_NONE && contested == JK_NONE && !unverified) return;
    out.list = (Jokbo__V1__Finding **)jk_pointers(present->arena, out.room);
    if (!out.list) return;
    while ((spell = jk_book_spell(present->book, model, present->size, spell)))
        add_rooted(&out, spell);
    add_rootless(&out, flags);
    if (twin != JK_NONE) add_duplicate(&out, twin);
    if (contested != JK_NONE) add_contested(&out, contested);
    if (unverified)
        (void)add_finding(&out, KIND(UNVERIFIED_ARTIFACT),
                          "the manifest of the artifact was never uploaded, or says other weights",
                          "산출물의 매니페스트가 올라온 적이 없거나 다른 가중치를 말합니다");
    *out_count = out.count;
    *out_findings = out.list;
}

void jk_findings_foreseen(const struct jk_present *present, uint32_t own_flags, const struct jk_spell *spells,
                          size_t spell_count, size_t *out_count, Jokbo__V1__Finding ***out_findings)
{
    struct findings out = {present, NULL, 0, (spell_count + 1) * RULES};
    out.list = (Jokbo__V1__Finding **)jk_pointers(present->arena, out.room);
    if (!out.list) return;
    for (size_t i = 0; i < spell_count; i++)
        add_rooted(&out, &spells[i]);
    add_rootless(&out, own_flags);
    *out_count = out.count;
    *out_findings = out.list;
}
