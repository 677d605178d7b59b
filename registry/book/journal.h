/* The undo log: the value of a field before it was written. Pure; owned by a book, one writer at a time. While it is
 * inactive, or NULL is passed for it, a write is just a write. Appended rows need no record of their own: the write
 * that increments their count is one. When memory runs out the write still happens and `failed` is set: nothing can be
 * undone any more, and the owner must be discarded. */
#ifndef JK_BOOK_JOURNAL_H
#define JK_BOOK_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jk_write {
    void *at;
    uint64_t old;
    uint32_t size; /* bytes, at most 8 */
};

struct jk_journal {
    struct jk_write *writes;
    size_t count, room;
    bool active, failed;
};

void jk_journal_done(struct jk_journal *journal); /* accepts a zeroed struct */
/* Records `size` bytes at `at`. */
void jk_journal_record(struct jk_journal *journal, void *at, size_t size);
/* Overwrites `size` bytes with those at `from`. */
void jk_journal_copy(struct jk_journal *journal, void *at, const void *from, size_t size);
/* Undoes every write after the first `position` ones, newest first. */
void jk_journal_undo(struct jk_journal *journal, size_t position);

static inline void jk_journal_set(struct jk_journal *journal, uint32_t *at, uint32_t value)
{
    if (journal && journal->active) jk_journal_record(journal, at, sizeof *at);
    *at = value;
}

#endif
