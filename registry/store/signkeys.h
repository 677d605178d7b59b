/* The signing keys of this server, and which of them the log is signed with. The log's entries say which keys sign at a
 * size (book.h, jk_book_keys); private keys lie in files: the key file, and the same with ".next", where the key lies
 * to which the log is handed over. Either may hold either: which one signs, the entries alone decide, so that a crash
 * between a rotation's steps changes nothing. The key that was retired last may lie beside them with ".retired": only
 * a recovery that replays entries from its time still signs with it.
 * Thread: start, then the sequencer's alone; but for jk_signkeys_lines. */
#ifndef JK_STORE_SIGNKEYS_H
#define JK_STORE_SIGNKEYS_H

#include "book/book.h"
#include "tlog/note.h"

#define JK_KEY_FILES   3
#define JK_KEY_NEXT    ".next"
#define JK_KEY_RETIRED ".retired"

struct jk_signkeys {
    char *paths[JK_KEY_FILES]; /* owned, as all of it */
    struct jk_signer *held[JK_KEY_FILES];
    char *texts[JK_KEY_FILES]; /* their verifier keys */
    const struct jk_signer *signing[JK_BOOK_KEYS];
    size_t count; /* of them; 0: not chosen */
};

void jk_signkeys_init(struct jk_signkeys *keys, const char *path);
void jk_signkeys_done(struct jk_signkeys *keys);
/* Reads the files that are there. What a file held before stays where it is gone; NOT_FOUND where nothing is held. */
JK_MUST_USE enum jk_status jk_signkeys_read(struct jk_signkeys *keys, struct jk_error *error);
/* Takes a key as that of the first file. */
JK_MUST_USE enum jk_status jk_signkeys_take(struct jk_signkeys *keys, size_t file, struct jk_signer *signer,
                                            struct jk_error *error);
/* At least one of these (a line each) is here: LOG_FOREIGN otherwise. A first look, before the entries are read. */
JK_MUST_USE enum jk_status jk_signkeys_recognise(const struct jk_signkeys *keys, struct jk_span lines,
                                                 struct jk_error *error);
/* Those that sign at size n, or FAILED_PRECONDITION: KEY_FILE where one of them is missing here (after another look at
 * the files), LOG_FOREIGN where all are. */
JK_MUST_USE enum jk_status jk_signkeys_choose(struct jk_signkeys *keys, const struct jk_book *book, uint32_t n,
                                              struct jk_error *error);
/* Once the key of the ".next" file signs alone it becomes the key file; the old one stays beside it as ".retired".
 * Best effort: false where a file cannot be renamed, which does no harm. */
bool jk_signkeys_tidy(struct jk_signkeys *keys, const struct jk_book *book);

/* The verifier keys that sign at size n, newest first, a line each: log.vkey, and (without the last LF) the head's
 * column. The caller sees to the book's lock. */
void jk_signkeys_lines(const struct jk_book *book, uint32_t n, struct jk_text *out);
/* Whether that is `lines`, without its last LF. */
bool jk_signkeys_equal(const struct jk_book *book, uint32_t n, struct jk_span lines);
/* One of these signed the note; else *why says why not. */
bool jk_signkeys_any_signed(const struct jk_verifier *verifiers, size_t count, struct jk_span note,
                            struct jk_error *why);
/* The same for the keys that the files hold. */
bool jk_signkeys_signed(const struct jk_signkeys *keys, struct jk_span note, struct jk_error *why);
/* The keys at size n as verifiers; 0 where the log's entries hold something else than keys. */
size_t jk_signkeys_verifiers(const struct jk_book *book, uint32_t n, struct jk_verifier out_verifiers[JK_BOOK_KEYS]);

#endif
