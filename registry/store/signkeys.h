/* The signing keys of this server, and which of them sign the log. The log's entries say which keys sign at a size
 * (book.h, jk_book_keys); private keys are in files: the key file, and the same with ".next", which holds the key that
 * the log is being rotated to. Either file may hold either key: only the entries decide which one signs, so that a
 * crash between the steps of a rotation changes nothing. The last retired key may lie beside them as ".retired": only a
 * recovery that replays entries from its time still signs with it. Thread: start, then only the sequencer; except
 * jk_signkeys_lines. */
#ifndef JK_STORE_SIGNKEYS_H
#define JK_STORE_SIGNKEYS_H

#include "book/book.h"
#include "tlog/note.h"

#define JK_KEY_FILES   3
#define JK_KEY_NEXT    ".next"
#define JK_KEY_RETIRED ".retired"

struct jk_signkeys {
    char *paths[JK_KEY_FILES]; /* all owned */
    struct jk_signer *held[JK_KEY_FILES];
    char *texts[JK_KEY_FILES]; /* their verifier keys */
    const struct jk_signer *signing[JK_BOOK_KEYS];
    size_t count; /* how many of them; 0: not chosen */
};

void jk_signkeys_init(struct jk_signkeys *keys, const char *path);
void jk_signkeys_done(struct jk_signkeys *keys);
/* Reads the files that exist. What was read from a file stays if the file is gone; NOT_FOUND if there is no key at all.
 */
JK_MUST_USE enum jk_status jk_signkeys_read(struct jk_signkeys *keys, struct jk_error *error);
/* Takes a key as that of the first file. */
JK_MUST_USE enum jk_status jk_signkeys_take(struct jk_signkeys *keys, size_t file, struct jk_signer *signer,
                                            struct jk_error *error);
/* Fails with LOG_FOREIGN unless at least one of these keys (a line each) is here. A first check, before the entries are
 * read. */
JK_MUST_USE enum jk_status jk_signkeys_recognise(const struct jk_signkeys *keys, struct jk_span lines,
                                                 struct jk_error *error);
/* Chooses those that sign at size n, or FAILED_PRECONDITION: KEY_FILE if one of them is missing here (after rereading
 * the files), LOG_FOREIGN if all are. */
JK_MUST_USE enum jk_status jk_signkeys_choose(struct jk_signkeys *keys, const struct jk_book *book, uint32_t n,
                                              struct jk_error *error);
/* Once the key of the ".next" file signs alone, it becomes the key file; the old one is kept as ".retired". Best
 * effort: false if a file cannot be renamed, which does no harm. */
bool jk_signkeys_tidy(struct jk_signkeys *keys, const struct jk_book *book);

/* The verifier keys that sign at size n, newest first, a line each: for log.vkey, and (without the last LF) the head's
 * column. The caller holds the book's lock. */
void jk_signkeys_lines(const struct jk_book *book, uint32_t n, struct jk_text *out);
/* Whether that equals `lines`, without its last LF. */
bool jk_signkeys_equal(const struct jk_book *book, uint32_t n, struct jk_span lines);
/* Whether one of these signed the note; otherwise *why says why not. */
bool jk_signkeys_any_signed(const struct jk_verifier *verifiers, size_t count, struct jk_span note,
                            struct jk_error *why);
/* The same for the keys in the files. */
bool jk_signkeys_signed(const struct jk_signkeys *keys, struct jk_span note, struct jk_error *why);
/* The keys at size n as verifiers; 0 if the log's entries contain something other than keys. */
size_t jk_signkeys_verifiers(const struct jk_book *book, uint32_t n, struct jk_verifier out_verifiers[JK_BOOK_KEYS]);

#endif
