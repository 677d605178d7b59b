/* Registered names near to one that is not: what an error message or a notice offers. Bounded: of models each source of
 * candidates is looked at up to CANDIDATES names deep, of publishers the newest PUBLISHERS and those of base models; an
 * edit distance beyond DISTANCE_MAX is not told from a larger one. */
#include "base/check.h"
#include "base/distance.h"
#include "book/book_internal.h"

#define CANDIDATES   512
#define PUBLISHERS   512
#define DISTANCE_MAX 3
#define KEPT         16
/* Two letters that changed places are two edits: a publisher's name, seldom long, must bear that. A model's differs from
 * its neighbour's by a digit. */
#define MODEL_LETTERS     4
#define PUBLISHER_LETTERS 3
#define SCORE_NONE        UINT32_MAX

struct near_name {
    uint32_t slot;  /* of a model or a publisher, whichever is looked for */
    uint32_t score; /* less is nearer */
};
struct nearest {
    const struct jk_book *book;
    uint32_t n;
    struct jk_span publisher, part;
    char lenient[JK_NAME_PART_MAX];
    size_t lenient_len;
    struct near_name kept[KEPT]; /* nearest first */
    size_t count;
};

/* How near two lenient names are: 0 the same, then one being the other's beginning, then small edits, of which a name
 * bears one in `letters` of its own (a short name is within few edits of much that has nothing to do with it). */
static uint32_t part_score(const struct nearest *search, struct jk_span part, unsigned letters)
{
    char other[JK_NAME_PART_MAX];
    size_t len = jk_ident_fold_lenient(part, other);
    size_t common = len < search->lenient_len ? len : search->lenient_len;
    unsigned distance = jk_distance((struct jk_span){search->lenient, search->lenient_len},
                                    (struct jk_span){other, len}, DISTANCE_MAX, false);
    if (distance == 0) return 0;
    if (common >= 3 && memcmp(other, search->lenient, common) == 0) {
        size_t rest = len + search->lenient_len - 2 * common;
        return 5 + (uint32_t)rest / 2;
    }
    if (distance <= DISTANCE_MAX && distance * letters <= search->lenient_len) return 20 * distance;
    return SCORE_NONE;
}

static void keep_nearest(struct nearest *search, struct near_name found)
{
    for (size_t i = 0; i < search->count; i++)
        if (search->kept[i].slot == found.slot) return;
    size_t at = search->count;
    while (at > 0 && search->kept[at - 1].score > found.score)
        at--;
    if (at == KEPT) return;
    if (search->count < KEPT) search->count++;
    memmove(&search->kept[at + 1], &search->kept[at], (search->count - 1 - at) * sizeof found);
    search->kept[at] = found;
}

static void consider(struct nearest *search, uint32_t model)
{
    const struct jk_alias *alias = jk_book_alias(search->book, model, search->n);
    if (!alias) return;
    struct jk_span publisher, part;
    jk_ident_split(alias->name, &publisher, &part);
    uint32_t score = part_score(search, part, MODEL_LETTERS);
    if (score == SCORE_NONE) return;
    score = score * 2 + !jk_span_equal_fold(publisher, search->publisher);
    keep_nearest(search, (struct near_name){.slot = model, .score = score});
}

/* Models that ever had a name with the same model part. */
static void consider_same_part(struct nearest *search)
{
    const struct jk_book *book = search->book;
    uint32_t slot = jk_index_first(&book->part_index, jk_hash_fold(search->part, JK_PART_SEED));
    for (size_t looked = 0; slot != JK_NONE && looked < CANDIDATES; looked++) {
        const struct jk_alias_row *row = jk_alias_row(book, slot);
        if (row->pub.from < search->n && jk_span_equal_fold(jk_book_model_part(row->pub.name), search->part))
            consider(search, row->pub.model);
        slot = row->by_part.next;
    }
}

static void consider_bases(struct nearest *search)
{
    const struct jk_chunks *bases = &search->book->bases; /* at most JK_BOOK_BASES */
    for (uint32_t i = 0; i < bases->count; i++) {
        uint32_t model = *(const uint32_t *)jk_chunks_at(bases, i);
        if (jk_book_base(search->book, model, search->n)) consider(search, model);
    }
}

static void consider_same_publisher(struct nearest *search)
{
    const struct jk_book *book = search->book;
    uint32_t publisher = jk_book_find_publisher(book, search->publisher, search->n);
    if (publisher == JK_NONE) return;
    uint32_t slot = jk_publisher_row(book, publisher)->pub.last_model;
    for (size_t looked = 0; slot != JK_NONE && looked < CANDIDATES; looked++) {
        const struct jk_alias_row *row = jk_alias_row(book, slot);
        if (row->pub.from < search->n) consider(search, row->pub.model);
        slot = row->next_of_publisher;
    }
}

size_t jk_book_nearest(const struct jk_book *book, struct jk_span name, uint32_t n, struct jk_span *out_names,
                       size_t most)
{
    if (jk_ident_model_fault(name)) return 0;
    struct nearest search = {.book = book, .n = n};
    jk_ident_split(name, &search.publisher, &search.part);
    search.lenient_len = jk_ident_fold_lenient(search.part, search.lenient);
    consider_bases(&search);
    consider_same_publisher(&search);
    consider_same_part(&search);
    size_t count = search.count < most ? search.count : most;
    for (size_t i = 0; i < count; i++)
        out_names[i] = jk_book_alias(book, search.kept[i].slot, n)->name;
    return count;
}

static void consider_publisher(struct nearest *search, uint32_t publisher)
{
    uint32_t score = part_score(search, jk_publisher_row(search->book, publisher)->pub.name, PUBLISHER_LETTERS);
    if (score != SCORE_NONE) keep_nearest(search, (struct near_name){.slot = publisher, .score = score});
}

size_t jk_book_nearest_publishers(const struct jk_book *book, struct jk_span name, uint32_t n,
                                  struct jk_span *out_names, size_t most)
{
    if (jk_ident_part_fault(name)) return 0;
    struct nearest search = {.book = book, .n = n};
    search.lenient_len = jk_ident_fold_lenient(name, search.lenient);
    const struct jk_chunks *bases = &book->bases;
    for (uint32_t i = 0; i < bases->count; i++) {
        uint32_t model = *(const uint32_t *)jk_chunks_at(bases, i);
        const struct jk_alias *alias = jk_book_base(book, model, n) ? jk_book_alias(book, model, n) : NULL;
        if (alias) consider_publisher(&search, alias->publisher);
    }
    uint32_t all = jk_book_publishers(book, n), first = all > PUBLISHERS ? all - PUBLISHERS : 0;
    for (uint32_t publisher = first; publisher < all; publisher++)
        consider_publisher(&search, publisher);
    size_t count = search.count < most ? search.count : most;
    for (size_t i = 0; i < count; i++)
        out_names[i] = jk_book_publisher(book, search.kept[i].slot)->name;
    return count;
}
