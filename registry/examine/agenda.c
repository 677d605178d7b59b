/* See agenda.h. */
#include "examine/agenda.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/check.h"
#include "book/breath.h"
#include "book/holdings.h"
#include "book/vouched.h"

bool jk_evidence_is_outdated(const struct jk_book *book, uint32_t since, uint32_t n)
{
    if (jk_book_references(book, n) > jk_book_references(book, since)) return true;
    if (jk_book_holdings(book, n) > jk_book_holdings(book, since)) return true;
    if (jk_book_adoptions(book, n) > jk_book_adoptions(book, since)) return true;
    if (jk_book_base_entries(book, n) > jk_book_base_entries(book, since)) return true;
    uint32_t before = jk_book_releases(book, since), count = jk_book_releases(book, n);
    bool outdated = count - before > JK_BREATH_MODELS;
    for (uint32_t slot = before; !outdated && slot < count; slot++)
        outdated = jk_book_release_is_held(book, slot, n);
    return outdated;
}

static bool is_missing(const struct jk_book *book, const struct jk_agenda_item *item, uint32_t n)
{
    if (item->attest != JK_NONE) return jk_book_attest_evidence(book, item->attest, n) == JK_NONE;
    uint32_t newest = jk_book_last_screening(book, item->release, n);
    return jk_book_release_is_held(book, item->release, n) &&
           (newest == JK_NONE || jk_book_evidence(book, newest)->at <= item->after);
}

void jk_agenda_done(struct jk_agenda *agenda)
{
    free(agenda->items);
    *agenda = (struct jk_agenda){0};
}

static bool push(struct jk_agenda *agenda, const struct jk_book *book, struct jk_agenda_item item)
{
    if (!JK_ARRAY_GROW(agenda->items, agenda->count + 1, agenda->room)) return false;
    item.publisher = jk_book_model(book, jk_book_release(book, item.release)->model)->publisher;
    item.order = agenda->orders++;
    agenda->items[agenda->count++] = item;
    return true;
}

void jk_agenda_return(struct jk_agenda *agenda, const struct jk_agenda_item *item, int64_t not_before_ms)
{
    JK_CHECK(agenda->count < agenda->room);
    agenda->items[agenda->count] = *item;
    agenda->items[agenda->count].order = agenda->orders++;
    agenda->items[agenda->count++].not_before_ms = not_before_ms;
}

static bool push_if_due(struct jk_agenda *agenda, const struct jk_book *book, struct jk_agenda_item item, uint32_t n)
{
    return !is_missing(book, &item, n) || push(agenda, book, item);
}

/* Releases that had named the artifact before: those that came later are looked at in their own turn. *left counts them. */
static bool look_at_holding(struct jk_agenda *agenda, const struct jk_book *book, uint32_t n, uint32_t *left)
{
    const struct jk_holding *holding = jk_book_holding(book, agenda->holdings);
    uint32_t release = agenda->within ? agenda->within - 1 : holding->release;
    for (; release != JK_NONE && *left > 0; --*left) {
        if (!push_if_due(agenda, book, (struct jk_agenda_item){release, JK_NONE, .after = holding->from}, n))
            return false;
        release = jk_book_next_with_artifact(book, release, holding->from);
    }
    agenda->within = release == JK_NONE ? 0 : release + 1;
    agenda->holdings += release == JK_NONE;
    return true;
}

/* One that was registered when its manifest was held already. */
static bool look_at_release(struct jk_agenda *agenda, const struct jk_book *book, uint32_t slot, uint32_t n)
{
    return !jk_book_release_is_held(book, slot, jk_book_release(book, slot)->index + 1) ||
           push_if_due(agenda, book, (struct jk_agenda_item){slot, JK_NONE}, n);
}

static bool look_at_attest(struct jk_agenda *agenda, const struct jk_book *book, uint32_t slot, uint32_t n)
{
    const struct jk_attest *attest = jk_book_attest(book, slot);
    return !attest->agrees || push_if_due(agenda, book, (struct jk_agenda_item){attest->release, slot}, n);
}

bool jk_agenda_look(struct jk_agenda *agenda, const struct jk_book *book, uint32_t n, bool *out_all)
{
    uint32_t holdings = jk_book_holdings(book, n), releases = jk_book_releases(book, n);
    uint32_t attests = jk_book_attests(book, n), left = JK_BREATH_MODELS;
    bool done = true;
    while (done && left > 0 && agenda->holdings < holdings)
        done = look_at_holding(agenda, book, n, &left);
    for (; done && left > 0 && agenda->releases < releases; left--)
        done = look_at_release(agenda, book, agenda->releases++, n);
    for (; done && left > 0 && agenda->attests < attests; left--)
        done = look_at_attest(agenda, book, agenda->attests++, n);
    *out_all = agenda->holdings >= holdings && agenda->releases >= releases && agenda->attests >= attests;
    return done;
}

bool jk_agenda_wish(struct jk_agenda *agenda, const struct jk_book *book, const struct jk_digest *release,
                    uint32_t size, uint32_t n)
{
    uint32_t slot = jk_book_find_release(book, release, n);
    struct jk_agenda_item item = {slot, JK_NONE, .after = size - 1};
    return slot == JK_NONE || push_if_due(agenda, book, item, n);
}

/* Whether one comes before the other: the publishers go round, beginning behind the one that was last. */
static bool goes_first(const struct jk_agenda *agenda, const struct jk_agenda_item *one,
                       const struct jk_agenda_item *two)
{
    uint32_t ahead = one->publisher - agenda->publisher - 1, behind = two->publisher - agenda->publisher - 1;
    return ahead != behind ? ahead < behind : one->order < two->order;
}

/* Position of the first whose time has come; count: there is none. */
static size_t find_first(const struct jk_agenda *agenda, int64_t now_ms)
{
    size_t first = agenda->count;
    for (size_t i = 0; i < agenda->count; i++) {
        if (agenda->items[i].not_before_ms > now_ms) continue;
        if (first == agenda->count || goes_first(agenda, &agenda->items[i], &agenda->items[first])) first = i;
    }
    return first;
}

enum jk_taken jk_agenda_take(struct jk_agenda *agenda, const struct jk_book *book, uint32_t n, int64_t now_ms,
                             struct jk_agenda_item *out_item)
{
    for (size_t looked = 0; looked < JK_BREATH_MODELS; looked += agenda->count + 1) {
        size_t first = find_first(agenda, now_ms);
        if (first == agenda->count) return JK_TAKEN_NONE;
        *out_item = agenda->items[first];
        agenda->items[first] = agenda->items[--agenda->count];
        if (!is_missing(book, out_item, n)) continue;
        agenda->publisher = out_item->publisher;
        return JK_TAKEN;
    }
    return JK_TAKEN_NOT_YET;
}
