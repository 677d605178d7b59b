/* The free texts that belong to messages: reasons, rulings, disputes. They are in PostgreSQL, outside the log. A
 * message is first made from the book, within a view; each text it needs is noted together with its destination, and
 * all are read after the view has ended, on a reader thread. */
#ifndef JK_SERVICE_CALL_TEXTS_H
#define JK_SERVICE_CALL_TEXTS_H

#include "book/book.h"
#include "service/call/call.h"

struct jk_text_place {
    struct jk_digest digest;
    uint32_t entry; /* that names the digest; JK_NONE: it is known */
    char **field;   /* of a message in the call's arena */
};

/* Texts to be read. `places` NULL: they are left out. */
struct jk_texts {
    struct jk_text_place *places;
    size_t count, room;
};

/* Makes room for so many texts; NULL places (out of memory) is remembered by the arena. */
void jk_texts_init(struct jk_texts *texts, struct jk_arena *arena, size_t room);
void jk_texts_note(struct jk_texts *texts, const struct jk_digest *digest, char **field);
/* The text of an entry whose digest the book does not keep. */
void jk_texts_note_entry(struct jk_texts *texts, uint32_t entry, char **field);
/* On a reader thread. Withdrawn texts stay empty. */
JK_MUST_USE enum jk_status jk_texts_read(struct jk_texts *texts, struct jk_call *call);

#endif
