/* See near.h. */
#include "book/near.h"

#include "book/book_internal.h"
#include "book/stood.h"
#include "book/vouched.h"

struct nearing {
    const struct jk_book *book;
    const struct jk_verdicts *verdicts;
    uint32_t n;
    uint32_t model; /* one of each pair; JK_NONE: any */
    struct jk_stood stood;
    const struct jk_breath *breath;
    struct jk_error *error;
};

/* Reasons that come too late to matter. */
#define LATER (JK_REASON_BIT(NEAR_DUPLICATE) | JK_REASON_BIT(CAP))

/* A derivative that stands and is no duplicate; near-duplicates of others are meant, too. */
struct standing_one {
    const struct jk_verdict *rows;
    size_t count;
};

static bool find_standing(const struct nearing *nearing, uint32_t model, struct standing_one *out)
{
    out->rows = jk_verdicts_of(nearing->verdicts, model, &out->count);
    return out->rows && jk_verdicts_stand(out->rows, out->count, LATER);
}

/* Whether the release that is named as near is a rival's: of one that stands, of another publisher, and asked about. */
static bool find_rival(const struct nearing *nearing, const struct jk_verdict *row, const struct jk_digest *hash,
                       struct standing_one *out_other)
{
    uint32_t release = jk_book_find_release(nearing->book, hash, nearing->n);
    if (release == JK_NONE) return false;
    uint32_t model = jk_book_release(nearing->book, release)->model;
    if (nearing->model != JK_NONE && nearing->model != model && nearing->model != row->model) return false;
    return model != row->model && find_standing(nearing, model, out_other) && out_other->rows->release == release &&
           out_other->rows->publisher != row->publisher;
}

static enum jk_status stood_since(struct nearing *nearing, const struct standing_one *one, uint32_t *out_since)
{
    return jk_stood_since(&nearing->stood, one->rows, one->count, 0, nearing->breath, out_since, nearing->error);
}

/* A breath for each rival: whether two are related may take a long climb. */
static enum jk_status tell_of(struct nearing *nearing, const struct standing_one *one, const struct jk_near_told *told)
{
    /* The newest from public sketches, which say what is near; NULL for none. */
    uint32_t slot = jk_book_last_evidence(nearing->book, one->rows->release, nearing->n);
    while (slot != JK_NONE && jk_book_evidence(nearing->book, slot)->attest != JK_NONE)
        slot = jk_book_older_evidence(nearing->book, slot);
    const struct jk_weights_evidence *screening = slot == JK_NONE ? NULL : jk_book_evidence(nearing->book, slot);
    uint32_t since = JK_NONE, other_since;
    for (uint32_t i = 0; screening && i < screening->near_count; i++) {
        struct standing_one other;
        if (!find_rival(nearing, one->rows, &screening->near[i], &other)) continue;
        JK_TRY(jk_breathe(nearing->breath, nearing->error));
        if (jk_book_descends(nearing->book, other.rows->release, one->rows->model, nearing->n) ||
            jk_book_descends(nearing->book, one->rows->release, other.rows->model, nearing->n))
            continue;
        if (since == JK_NONE) JK_TRY(stood_since(nearing, one, &since));
        JK_TRY(stood_since(nearing, &other, &other_since));
        if (since != other_since ? since < other_since : one->rows->model < other.rows->model)
            told->tell(told->context, one->rows, since, other.rows);
        else
            told->tell(told->context, other.rows, other_since, one->rows);
    }
    return JK_OK;
}

static enum jk_status tell_all(struct nearing *nearing, const struct jk_near_told *told)
{
    const struct jk_verdicts *verdicts = nearing->verdicts;
    uint32_t looked = 0;
    for (size_t at = 0; at < verdicts->count; at += jk_verdicts_at(verdicts, at)) {
        struct standing_one one;
        if (find_standing(nearing, verdicts->rows[at].model, &one)) JK_TRY(tell_of(nearing, &one, told));
        JK_TRY(jk_breathe_after(nearing->breath, &looked, nearing->error));
    }
    return JK_OK;
}

enum jk_status jk_near_find(const struct jk_book *book, const struct jk_policy *policy,
                            const struct jk_verdicts *verdicts, uint32_t n, uint32_t model,
                            const struct jk_near_told *told, const struct jk_breath *breath, struct jk_error *error)
{
    struct nearing nearing = {
        .book = book, .verdicts = verdicts, .n = n, .model = model, .breath = breath, .error = error};
    jk_stood_init(&nearing.stood, book, policy, verdicts, n);
    enum jk_status status = tell_all(&nearing, told);
    jk_stood_done(&nearing.stood);
    return status;
}
