/* Which evidence is due: what the log asks for and what somebody asked for anew, and who comes next. Pure; asks the book only, a stretch at a time. Of
 * publishers that wait, each has one turn after the other, however much one of them brings.
 *
 * Memory: 32 bytes for each release that waits. */
#ifndef JK_EXAMINE_AGENDA_H
#define JK_EXAMINE_AGENDA_H

#include "book/book.h"

struct jk_agenda_item {
    uint32_t release;   /* slot */
    uint32_t attest;    /* slot of the attestation whose text is used; JK_NONE: public sketches */
    uint32_t publisher; /* slot */
    uint32_t after;     /* due unless the release's newest evidence of this kind was made at a larger size */
    uint64_t order;
    int64_t not_before_ms; /* monotonic; 0: at once */
};

struct jk_agenda {
    struct jk_agenda_item *items; /* in no order */
    size_t count, room;           /* a place more than are pushed, for one that comes back */
    uint64_t orders;
    uint32_t holdings, releases, attests; /* of the book's, looked at so far */
    uint32_t within;    /* of the next holding: slot of the release to go on with, plus 1; 0: from the beginning */
    uint32_t publisher; /* whose turn was last */
};

void jk_agenda_done(struct jk_agenda *agenda); /* accepts a zeroed struct, which is how one begins */
/* Looks at what the log says up to n, as far as one stretch goes: *out_all is true if nothing is left. False: out of
 * memory. */
bool jk_agenda_look(struct jk_agenda *agenda, const struct jk_book *book, uint32_t n, bool *out_all);
/* Somebody asks for the evidence of a release to be of this log size, at most n, or a larger one: it is due unless it is
 * that already. False: out of memory. */
bool jk_agenda_wish(struct jk_agenda *agenda, const struct jk_book *book, const struct jk_digest *release,
                    uint32_t size, uint32_t n);
/* Puts the one back that was taken out last, behind the others, not to be taken before a time. There is room for it. */
void jk_agenda_return(struct jk_agenda *agenda, const struct jk_agenda_item *item, int64_t not_before_ms);
enum jk_taken { JK_TAKEN, JK_TAKEN_NONE, JK_TAKEN_NOT_YET };
/* Takes the next out. What is no longer due at n is dropped, as far as one stretch goes: NOT_YET means that there may be
 * more behind it, so call again. NONE: nothing is due. */
enum jk_taken jk_agenda_take(struct jk_agenda *agenda, const struct jk_book *book, uint32_t n, int64_t now_ms,
                             struct jk_agenda_item *out_item);

/* Whether anything has come since a log size with which evidence made then could not have compared: a reference, a
 * manifest, a release whose manifest is there, an adoption, or word of a base model. That one of them matters for a
 * certain release is not said. Where very many releases came, it is taken for granted. */
bool jk_evidence_is_outdated(const struct jk_book *book, uint32_t since, uint32_t n);

#endif
