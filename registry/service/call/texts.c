/* See texts.h. */
#include "service/call/texts.h"

#include "service/call/convert.h"
#include "service/call/services.h"

void jk_texts_init(struct jk_texts *texts, struct jk_arena *arena, size_t room)
{
    *texts = (struct jk_texts){.places = jk_arena_zalloc(arena, room + 1, sizeof *texts->places), .room = room};
}

void jk_texts_note(struct jk_texts *texts, const struct jk_digest *digest, char **field)
{
    if (!texts || !texts->places || jk_digest_is_zero(digest) || texts->count == texts->room) return;
    texts->places[texts->count++] = (struct jk_text_place){*digest, JK_NONE, field};
}

void jk_texts_note_entry(struct jk_texts *texts, uint32_t entry, char **field)
{
    if (!texts || !texts->places || texts->count == texts->room) return;
    texts->places[texts->count++] = (struct jk_text_place){.entry = entry, .field = field};
}

/* The digest that an entry names; zero if it names none. */
static enum jk_status find_digest(struct jk_call *call, struct jk_text_place *place)
{
    struct jk_entry_row *rows;
    struct jk_entry entry;
    size_t count;
    if (place->entry == JK_NONE) return JK_OK;
    JK_TRY(jk_reader_entries(call->reader, place->entry, 1, JK_ENTRY_MAX, &call->arena, &rows, &count, &call->error));
    if (count == 0) return JK_OK; /* the database is behind: the text will come with the next request */
    JK_TRY(jk_entry_parse(rows[0].bytes, &entry, &call->error));
    place->digest = entry.text;
    return JK_OK;
}

static enum jk_status read_place(struct jk_call *call, struct jk_text_place *place)
{
    struct jk_error missing;
    struct jk_span text;
    JK_TRY(find_digest(call, place));
    if (jk_digest_is_zero(&place->digest)) return JK_OK;
    jk_error_init(&missing, &call->arena);
    enum jk_status status = jk_reader_text(call->reader, &place->digest, &call->arena, &text, &missing);
    if (status == JK_OK) *place->field = jk_to_string(&call->arena, text);
    if (status == JK_OK || status == JK_NOT_FOUND) return JK_OK;
    call->error = missing;
    return status;
}

enum jk_status jk_texts_read(struct jk_texts *texts, struct jk_call *call)
{
    for (size_t i = 0; i < texts->count; i++)
        JK_TRY(read_place(call, &texts->places[i]));
    return JK_OK;
}
