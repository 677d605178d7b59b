/* Whether above a release there is an ancestor with the same content, for many releases at once. Pure; for copies.h.
 *
 * Each content that is asked for is a column, and one walk over what lies above those who ask answers JK_EQUALS_AT_ONCE
 * of them: since when an ancestor has each is handed down from parents to children, the earliest of all, a row at a
 * time. Whoever asks for the same content shares a column, so a chain of one content is walked once.
 *
 * Time: for each JK_EQUALS_AT_ONCE contents once the links above those that ask. Memory: 8 bytes a release, 20 a
 * question, and for each release of one walk 8 and 4 for each content that it answers. Belongs to whoever makes the
 * standing. */
#ifndef JK_BOOK_EQUALS_H
#define JK_BOOK_EQUALS_H

#include "book/breath.h"
#include "book/claims.h"
#include "domain/policy.h"

#define JK_EQUALS_AT_ONCE 128u

struct jk_question {
    enum jk_content kind;
    uint32_t slot;
    bool found;     /* the answer */
    uint32_t since; /* asks for those that have a say, and have had it since this entry or longer */
    uint32_t release;
};

struct jk_equals_step;

struct jk_equals {
    const struct jk_book *book;
    const struct jk_policy *policy;
    uint32_t n;
    bool declared;  /* adoptions are left out */
    uint64_t steps; /* up a link, back over one, and past a finished release: so far, in all walks */
    struct jk_question *questions;
    uint32_t count;
    size_t room;
    uint32_t *place; /* by release: its row of the walk that met it last … */
    uint32_t *seen;  /* … which is this one */
    uint32_t walk;
    uint32_t *cells; /* the walk's rows, one after another, as long as it has contents */
    uint32_t row_count;
    size_t cell_room;
    struct jk_equals_step *path;
    uint32_t path_count;
    size_t path_room;
};

void jk_equals_init(struct jk_equals *equals, const struct jk_book *book, const struct jk_policy *policy, uint32_t n);
void jk_equals_done(struct jk_equals *equals);
/* A question about the content of its kind that its release has; nothing is to be asked where it has none or nobody
 * else has it. False: out of memory. */
bool jk_equals_ask(struct jk_equals *equals, uint32_t release, enum jk_content kind, uint32_t since);
/* The entry since which an ancestor has had its content of that kind and could count itself, as far as it has a say about
 * it: 0 for a base model, whose it is by the roster; JK_NONE where it has no say. */
uint32_t jk_equals_say(const struct jk_equals *equals, uint32_t ancestor, enum jk_content kind);
/* Answers all, whose order it changes. */
JK_MUST_USE enum jk_status jk_equals_answer(struct jk_equals *equals, const struct jk_breath *breath,
                                            struct jk_error *error);

#endif
