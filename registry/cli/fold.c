/* See fold.h. The log is read in pieces, one call each, so that a call's time limit applies to one piece. */
#include "cli/fold.h"

#include <jokbo/v1/log.pb-c.h>
#include <stdlib.h>

#include "book/parsed.h"
#include "cli/console/progress.h"

#define LOG    (&jokbo__v1__log__descriptor)
#define PIECE  65536 /* entries a call */
#define PARSED 256   /* read ahead and applied at once */

struct folding {
    struct jk_book *book;
    struct jk_parsed_entry *parsed;
    struct jk_progress progress;
    uint64_t size;
};

static enum jk_status apply(struct folding *folding, const ProtobufCBinaryData *entries, size_t count,
                            struct jk_error *error)
{
    size_t applied;
    for (size_t i = 0; i < count; i++)
        JK_TRY(jk_parsed_entry_read((struct jk_span){(const char *)entries[i].data, entries[i].len},
                                    &folding->parsed[i], error));
    return jk_book_apply_many(folding->book, folding->parsed, count, &applied, error);
}

static enum jk_status apply_entries(void *context, const ProtobufCMessage *message, struct jk_error *error)
{
    struct folding *folding = context;
    const Jokbo__V1__ReadEntriesResponse *reply = (const Jokbo__V1__ReadEntriesResponse *)message;
    if (reply->start != (int64_t)jk_book_size(folding->book))
        return jk_fail(error, JK_INTERNAL, "REPLY_MALFORMED", "the server sent entries from %lld where %u comes next",
                       (long long)reply->start, jk_book_size(folding->book));
    for (size_t i = 0; i < reply->n_entries; i += PARSED) {
        size_t left = reply->n_entries - i;
        JK_TRY(apply(folding, reply->entries + i, left < PARSED ? left : PARSED, error));
    }
    jk_progress_to(&folding->progress, jk_book_size(folding->book), folding->size);
    return JK_OK;
}

static enum jk_status read_pieces(struct jk_cli *cli, struct folding *folding)
{
    uint32_t before = 1;
    while (jk_book_size(folding->book) < folding->size && jk_book_size(folding->book) != before) {
        Jokbo__V1__ReadEntriesRequest request = JOKBO__V1__READ_ENTRIES_REQUEST__INIT;
        uint64_t left = folding->size - (before = jk_book_size(folding->book));
        request.start = before;
        request.end = before + (int64_t)(left < PIECE ? left : PIECE);
        JK_TRY(jk_client_download(cli->client, LOG, "ReadEntries", &request.base, apply_entries, folding, &cli->error));
    }
    if (jk_book_size(folding->book) == folding->size) return JK_OK;
    return jk_fail(&cli->error, JK_UNAVAILABLE, "BEHIND", "the server sent %u of %llu entries; try again",
                   jk_book_size(folding->book), (unsigned long long)folding->size);
}

enum jk_status jk_fold_log(struct jk_cli *cli, struct jk_book **out_book)
{
    Jokbo__V1__GetCheckpointRequest request = JOKBO__V1__GET_CHECKPOINT_REQUEST__INIT;
    Jokbo__V1__Checkpoint *checkpoint;
    struct folding folding = {0};
    JK_TRY(jk_cli_call(cli, LOG, "GetCheckpoint", &request.base, &checkpoint));
    folding.size = (uint64_t)checkpoint->log_size;
    folding.book = jk_book_new();
    folding.parsed = malloc(PARSED * sizeof *folding.parsed);
    jk_progress_begin_items(&folding.progress, cli->err, cli->err_terminal, cli->utf8, "log", "entries");
    enum jk_status status = folding.book && folding.parsed ? read_pieces(cli, &folding) : jk_out_of_memory(&cli->error);
    jk_progress_end(&folding.progress);
    free(folding.parsed);
    if (status == JK_OK)
        *out_book = folding.book;
    else
        jk_book_free(folding.book);
    return status;
}
