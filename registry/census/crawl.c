/* See crawl.h. */
#include "census/crawl.h"

#include <stdlib.h>

#include "base/mix.h"
#include "domain/ident.h"

#define ROOM_FIRST 1024u

static const char *const ways[] = {"base", "child", "card", "before"};

bool jk_crawl_init(struct jk_crawl *crawl)
{
    *crawl = (struct jk_crawl){.room = ROOM_FIRST, .size = 2 * ROOM_FIRST};
    jk_arena_init(&crawl->arena, SIZE_MAX);
    crawl->items = malloc(ROOM_FIRST * sizeof *crawl->items);
    crawl->slots = malloc(crawl->size * sizeof *crawl->slots);
    if (crawl->slots) memset(crawl->slots, 0xff, crawl->size * sizeof *crawl->slots);
    return crawl->items && crawl->slots;
}

void jk_crawl_done(struct jk_crawl *crawl)
{
    free(crawl->items);
    free(crawl->slots);
    jk_arena_done(&crawl->arena);
    *crawl = (struct jk_crawl){.items = NULL};
}

static uint32_t hash_of_id(struct jk_span id)
{
    uint64_t hash = id.len;
    for (size_t i = 0; i < id.len; i++)
        hash = jk_mix64(hash ^ (unsigned char)id.at[i]);
    return (uint32_t)hash;
}

/* The slot that has the model, or the free one where it belongs. */
static uint32_t *slot_of(const struct jk_crawl *crawl, struct jk_span id, uint32_t hash)
{
    for (uint32_t at = hash & (crawl->size - 1);; at = (at + 1) & (crawl->size - 1)) {
        uint32_t *slot = &crawl->slots[at];
        if (*slot == JK_CRAWL_NONE) return slot;
        const struct jk_crawl_item *item = &crawl->items[*slot];
        if (item->hash == hash && jk_span_equal(item->id, id)) return slot;
    }
}

uint32_t jk_crawl_find(const struct jk_crawl *crawl, struct jk_span id)
{
    return *slot_of(crawl, id, hash_of_id(id));
}

/* Doubles the room, with two slots to a model at least. */
static bool grow_crawl(struct jk_crawl *crawl)
{
    if (crawl->count < crawl->room) return true;
    if (crawl->room > UINT32_MAX / 8) return false;
    struct jk_crawl_item *items = realloc(crawl->items, 2 * (size_t)crawl->room * sizeof *items);
    if (items) crawl->items = items;
    uint32_t *slots = malloc(2 * (size_t)crawl->size * sizeof *slots);
    if (!items || !slots) {
        free(slots);
        return false;
    }
    free(crawl->slots);
    crawl->slots = slots;
    crawl->room *= 2;
    crawl->size *= 2;
    memset(slots, 0xff, crawl->size * sizeof *slots);
    for (uint32_t i = 0; i < crawl->count; i++)
        *slot_of(crawl, crawl->items[i].id, crawl->items[i].hash) = i;
    return true;
}

static bool copy(struct jk_crawl *crawl, struct jk_span text, struct jk_span *out_copy)
{
    *out_copy = JK_SPAN("");
    if (text.len == 0) return true;
    const char *bytes = jk_arena_copy(&crawl->arena, text.at, text.len);
    *out_copy = (struct jk_span){bytes, text.len};
    return bytes != NULL;
}

static void write_word(struct jk_text *out, struct jk_span word)
{
    jk_text_add_char(out, ' ');
    jk_text_add(out, word.len > 0 ? word : JK_SPAN("none"));
}

static void write_found(const struct jk_crawl_item *item, struct jk_text *journal)
{
    if (!journal) return;
    jk_text_add_str(journal, "found ");
    jk_text_add_str(journal, ways[item->way]);
    write_word(journal, item->id);
    write_word(journal, item->identity);
    write_word(journal, item->revision);
    if (item->tags.len > 0) write_word(journal, item->tags);
    jk_text_add_char(journal, '\n');
}

/* A list tells more of a model than a card that names it, and makes its children wanted. */
static enum jk_status know_more(struct jk_crawl *crawl, struct jk_crawl_item *item, const struct jk_crawl_item *met,
                                struct jk_text *journal, struct jk_error *error)
{
    bool more = !jk_crawl_is_listable(item) && jk_crawl_is_listable(met);
    if (!more) return JK_OK;
    if (!copy(crawl, met->identity, &item->identity) || !copy(crawl, met->revision, &item->revision) ||
        !copy(crawl, met->tags, &item->tags))
        return jk_out_of_memory(error);
    item->way = met->way;
    write_found(item, journal);
    return JK_OK;
}

enum jk_status jk_crawl_meet(struct jk_crawl *crawl, const struct jk_crawl_item *met, struct jk_text *journal,
                             uint32_t *out_at, struct jk_error *error)
{
    uint32_t hash = hash_of_id(met->id), found = *slot_of(crawl, met->id, hash);
    if (found != JK_CRAWL_NONE) {
        *out_at = found;
        return know_more(crawl, &crawl->items[found], met, journal, error);
    }
    struct jk_crawl_item item = {.way = met->way, .hash = hash, .shown_by = JK_CRAWL_NONE, .doubted = JK_CRAWL_NONE};
    if (!grow_crawl(crawl) || !copy(crawl, met->id, &item.id) || !copy(crawl, met->identity, &item.identity) ||
        !copy(crawl, met->revision, &item.revision) || !copy(crawl, met->tags, &item.tags))
        return jk_out_of_memory(error);
    crawl->items[crawl->count] = item;
    *slot_of(crawl, item.id, hash) = crawl->count;
    *out_at = crawl->count++;
    write_found(&item, journal);
    return JK_OK;
}

static void write_listed(const struct jk_crawl *crawl, uint32_t at, const char *word, struct jk_text *journal)
{
    if (!journal) return;
    jk_text_add_str(journal, word);
    write_word(journal, crawl->items[at].id);
    jk_text_add_char(journal, '\n');
}

void jk_crawl_list(struct jk_crawl *crawl, uint32_t at, struct jk_text *journal)
{
    crawl->items[at].listed = true;
    write_listed(crawl, at, "listed", journal);
}

void jk_crawl_unlist(struct jk_crawl *crawl, uint32_t at, struct jk_text *journal)
{
    crawl->items[at].listed = crawl->items[at].list_asked = false;
    write_listed(crawl, at, "unlisted", journal);
}

static struct jk_span take_crawl_word(struct jk_span *rest)
{
    struct jk_span word;
    (void)jk_span_cut(rest, ' ', &word);
    return word;
}

/* A word that may be `none`. */
static bool take_known(struct jk_span *rest, struct jk_span *out_word)
{
    struct jk_span word = take_crawl_word(rest);
    *out_word = jk_span_equal(word, JK_SPAN("none")) ? JK_SPAN("") : word;
    return word.len > 0;
}

static bool replay_found(struct jk_crawl *crawl, struct jk_span rest, struct jk_error *error)
{
    struct jk_crawl_item item = {.way = JK_CRAWL_BASE};
    struct jk_span way = take_crawl_word(&rest);
    uint32_t at;
    int found = -1;
    for (int i = 0; i < (int)(sizeof ways / sizeof ways[0]); i++)
        if (jk_span_equal(way, jk_span_of(ways[i]))) found = i;
    if (found < 0) return false;
    item.way = (enum jk_crawl_way)found;
    item.id = take_crawl_word(&rest);
    bool whole = take_known(&rest, &item.identity) && take_known(&rest, &item.revision);
    item.tags = rest;
    whole = whole && (rest.len == 0 || rest.at[0] == '[');
    return whole && !jk_ident_model_fault(item.id) && jk_crawl_meet(crawl, &item, NULL, &at, error) == JK_OK;
}

bool jk_crawl_replay(struct jk_crawl *crawl, struct jk_span line, struct jk_error *error)
{
    struct jk_span rest = line, word = take_crawl_word(&rest);
    if (jk_span_equal(word, JK_SPAN("found"))) return replay_found(crawl, rest, error);
    bool unlisted = jk_span_equal(word, JK_SPAN("unlisted"));
    if (!unlisted && !jk_span_equal(word, JK_SPAN("listed"))) return false;
    uint32_t at = jk_crawl_find(crawl, rest);
    if (at == JK_CRAWL_NONE) return false;
    if (unlisted)
        jk_crawl_unlist(crawl, at, NULL);
    else
        jk_crawl_list(crawl, at, NULL);
    return true;
}
