/* The undo log: see journal.h. */
#include "book/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/check.h"

void jk_journal_done(struct jk_journal *journal)
{
    free(journal->writes);
    memset(journal, 0, sizeof *journal);
}

static struct jk_write *add_write(struct jk_journal *journal)
{
    if (JK_ARRAY_GROW(journal->writes, journal->count, journal->room)) return &journal->writes[journal->count++];
    journal->failed = true;
    return NULL;
}

void jk_journal_record(struct jk_journal *journal, void *at, size_t size)
{
    unsigned char *bytes = at;
    while (size > 0) {
        size_t piece = size < sizeof(uint64_t) ? size : sizeof(uint64_t);
        struct jk_write *write = add_write(journal);
        if (!write) return;
        *write = (struct jk_write){.at = bytes, .size = (uint32_t)piece};
        memcpy(&write->old, bytes, piece);
        bytes += piece;
        size -= piece;
    }
}

void jk_journal_copy(struct jk_journal *journal, void *at, const void *from, size_t size)
{
    if (journal && journal->active) jk_journal_record(journal, at, size);
    memcpy(at, from, size);
}

void jk_journal_undo(struct jk_journal *journal, size_t position)
{
    JK_CHECK(position <= journal->count);
    while (journal->count > position) {
        const struct jk_write *write = &journal->writes[--journal->count];
        memcpy(write->at, &write->old, write->size);
    }
}
