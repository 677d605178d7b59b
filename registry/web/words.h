/* The site's texts in its two languages, from registry/site/words.tsv: lines of a key, the English and the Korean text, with
 * tabs between; empty lines and lines that begin with # are left out. Keys are sorted. A text is a piece of a template: it may
 * have {{names}}, and says itself what has to be escaped. Pure; what it returns lies in the bytes that it was made of. */
#ifndef JK_WEB_WORDS_H
#define JK_WEB_WORDS_H

#include "base/error.h"
#include "base/span.h"

enum jk_language { JK_ENGLISH, JK_KOREAN, JK_LANGUAGES };

struct jk_word {
    struct jk_span key, text[JK_LANGUAGES];
};

struct jk_words {
    struct jk_word *rows; /* sorted by key; malloc */
    size_t count;
};

/* INTERNAL (BAD_SITE) names the line: a key out of order or given twice, a text missing, more than three columns. */
JK_MUST_USE enum jk_status jk_words_parse(struct jk_span table, struct jk_words *out_words, struct jk_error *error);
void jk_words_done(struct jk_words *words); /* accepts a zeroed struct */
/* NULL for none. */
const struct jk_word *jk_words_find(const struct jk_words *words, struct jk_span key);

/* The language that a reader gets: the one that the URL asks for ("ko", "en"; empty or another: none), else the one that the
 * header Accept-Language wants more (RFC 9110, 12.5.4; a tag counts by its first part, a star for what is not named, and of two
 * that are wanted alike the first), else Korean. */
enum jk_language jk_language_for(struct jk_span asked, struct jk_span accept_language);
/* "en", "ko" */
const char *jk_language_tag(enum jk_language language);

#endif
