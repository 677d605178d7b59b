/* Texts as numbers: each text once, numbered from 0 as they come. Pure; memory only grows, 16 bytes and the text each. */
#ifndef JK_CENSUS_INTERN_H
#define JK_CENSUS_INTERN_H

#include "base/arena.h"
#include "base/span.h"

#define JK_INTERN_NONE UINT32_MAX

struct jk_intern_row;

struct jk_intern {
    struct jk_arena texts;
    struct jk_intern_row *rows;
    uint32_t *buckets;
    uint32_t count, room;
    bool fold;   /* texts that differ in the case of ASCII letters are the same; the first spelling is kept */
    bool failed; /* out of memory: what was asked for since is NONE */
};

void jk_intern_init(struct jk_intern *intern, bool fold);
void jk_intern_done(struct jk_intern *intern);
/* Frees everything but the texts, to which spans may point until jk_intern_done; nothing is found any more. */
void jk_intern_close(struct jk_intern *intern);
/* The text's number, a new one if it is new; NONE without memory. */
uint32_t jk_intern_add(struct jk_intern *intern, struct jk_span text);
uint32_t jk_intern_find(const struct jk_intern *intern, struct jk_span text); /* NONE: not there */
struct jk_span jk_intern_text(const struct jk_intern *intern, uint32_t number);

#endif
