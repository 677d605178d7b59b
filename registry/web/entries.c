/* ReadEntries in pages: what its stream tells is gathered into one ReadEntriesResponse of at most PAGE_MOST entries or
 * about PAGE_BYTES; the link to the next page starts where it ends. `end` bounds all pages together. */
#include <jokbo/v1/log.pb-c.h>
#include <stdio.h>

#include "reply/message.h"
#include "service/call/entries.h"
#include "service/call/services.h"
#include "web/web_inside.h"

#define PAGE_MOST  1000
#define PAGE_BYTES ((size_t)2 << 20)

struct entries_page {
    struct jk_v1_way *way;
    Jokbo__V1__ReadEntriesResponse page;
    ProtobufCBinaryData entries[PAGE_MOST];
    size_t bytes;
    int64_t end; /* as it was asked; 0: the log's size */
    bool heard, out_of_memory, full;
};

static void gather_entry(struct entries_page *gathered, const ProtobufCBinaryData *entry)
{
    struct jk_arena *arena = &gathered->way->call->arena;
    ProtobufCBinaryData *copy = &gathered->entries[gathered->page.n_entries];
    copy->len = entry->len;
    copy->data = (uint8_t *)jk_arena_copy(arena, entry->data, entry->len);
    gathered->out_of_memory = gathered->out_of_memory || !copy->data;
    gathered->bytes += entry->len;
    gathered->page.n_entries++;
}

static void entries_told(void *context, const ProtobufCMessage *message)
{
    struct entries_page *gathered = context;
    const Jokbo__V1__ReadEntriesResponse *piece = (const void *)message;
    gathered->heard = true;
    gathered->page.log_size = piece->log_size;
    for (size_t i = 0; i < piece->n_entries && !gathered->full && gathered->page.n_entries < PAGE_MOST; i++) {
        gather_entry(gathered, &piece->entries[i]);
        gathered->full = gathered->out_of_memory || gathered->bytes >= PAGE_BYTES;
    }
    jk_web_call_next(gathered->way->call, gathered->full);
}

static void entries_ended(void *context, const struct jk_error *error, const ProtobufCMessage *message)
{
    struct entries_page *gathered = context;
    struct jk_v1_way *way = gathered->way;
    char next[24];
    (void)message;
    if (gathered->heard) jk_web_call_closed(way->call);
    if (error && (!gathered->full || gathered->out_of_memory)) {
        jk_request_fail(way->request, error);
        return;
    }
    int64_t last = gathered->page.start + (int64_t)gathered->page.n_entries;
    snprintf(next, sizeof next, "%lld", (long long)last);
    /* What lies beyond the log is not there yet: a link to it would lead here again. */
    bool whole = gathered->end == 0 || gathered->end > gathered->page.log_size;
    bool more = last < (whole ? gathered->page.log_size : gathered->end);
    way->keeping.fixed = gathered->end > 0 && last == gathered->end;
    jk_v1_answer(way, &gathered->page.base, more ? jk_v1_next(way->request, "start", next) : NULL);
}

enum jk_status jk_v1_entries(struct jk_v1_way *way, ProtobufCMessage *message, struct jk_web_taker *out_taker)
{
    Jokbo__V1__ReadEntriesRequest *request = (Jokbo__V1__ReadEntriesRequest *)message;
    struct entries_page *gathered = jk_arena_zalloc(&way->call->arena, 1, sizeof *gathered);
    if (!gathered) return jk_out_of_memory(&way->call->error);
    jokbo__v1__read_entries_response__init(&gathered->page);
    gathered->way = way;
    gathered->page.start = request->start;
    gathered->page.log_size = jk_size_now(jk_store_of(way->call));
    gathered->page.entries = gathered->entries;
    gathered->end = request->end;
    if (request->start >= 0 && (request->end == 0 || request->end - request->start > PAGE_MOST))
        request->end = request->start + PAGE_MOST; /* a page */
    *out_taker = (struct jk_web_taker){.ended = entries_ended, .told = entries_told, .context = gathered};
    return JK_OK;
}
