/* See fold.h. The log is read in pieces, one call each, so that a call's time limit applies to one piece. */
#include "cli/fold.h"

#include <jokbo/v1/log.pb-c.h>
#include <stdlib.h>

#include "book/parsed.h"
#include "cli/console/progress.h"

#define LOG    (&jokbo__v1__log__descriptor)
#define PIECE  65536 /* entries a call */
#define PARSED 256   /* read ahead and applied at once */

struct walk {
    struct jk_book *book;
    struct jk_parsed_entry *parsed;
    struct jk_progress progress;
    uint64_t read, size;
};

static enum jk_status apply(struct walk *walk, const ProtobufCBinaryData *entries, size_t count, struct jk_error *error)
{
    size_t applied;
    for (size_t i = 0; i < count; i++)
        JK_TRY(jk_parsed_entry_read((struct jk_span){(const char *)entries[i].data, entries[i].len}, &walk->parsed[i],
                                    error));
    return jk_book_apply_many(walk->book, walk->parsed, count, &applied, error);
}

static enum jk_status take_log_piece(void *context, const ProtobufCMessage *message, struct jk_error *error)
{
    struct walk *walk = context;
    const Jokbo__V1__ReadEntriesResponse *reply = (const Jokbo__V1__ReadEntriesResponse *)message;
    if (reply->start != (int64_t)walk->read)
        return jk_fail(error, JK_INTERNAL, "REPLY_MALFORMED", "the server sent entries from %lld where %llu comes next",
                       (long long)reply->start, (unsigned long long)walk->read);
    for (size_t i = 0; i < reply->n_entries; i += PARSED)
        JK_TRY(apply(walk, reply->entries + i, reply->n_entries - i < PARSED ? reply->n_entries - i : PARSED, error));
    walk->read += reply->n_entries;
    jk_progress_to(&walk->progress, walk->read, walk->size);
    return JK_OK;
}

static enum jk_status read_pieces(struct jk_cli *cli, struct walk *walk)
{
    uint64_t before = 1;
    while (walk->read < walk->size && walk->read != before) {
        Jokbo__V1__ReadEntriesRequest request = JOKBO__V1__READ_ENTRIES_REQUEST__INIT;
        uint64_t left = walk->size - (before = walk->read);
        request.start = (int64_t)before;
        request.end = (int64_t)(before + (left < PIECE ? left : PIECE));
        JK_TRY(jk_client_download(cli->client, LOG, "ReadEntries", &request.base, take_log_piece, walk, &cli->error));
    }
    if (walk->read == walk->size) return JK_OK;
    return jk_fail(&cli->error, JK_UNAVAILABLE, "BEHIND", "the server sent %llu of %llu entries; try again",
                   (unsigned long long)walk->read, (unsigned long long)walk->size);
}

static enum jk_status fold_all(struct jk_cli *cli, struct walk *walk)
{
    Jokbo__V1__GetCheckpointRequest request = JOKBO__V1__GET_CHECKPOINT_REQUEST__INIT;
    Jokbo__V1__Checkpoint *checkpoint;
    JK_TRY(jk_cli_call(cli, LOG, "GetCheckpoint", &request.base, &checkpoint));
    walk->size = (uint64_t)checkpoint->log_size;
    jk_progress_begin_items(&walk->progress, cli->err, cli->err_terminal, cli->utf8, "log", "entries");
    enum jk_status status = read_pieces(cli, walk);
    jk_progress_end(&walk->progress);
    return status;
}

enum jk_status jk_fold_log(struct jk_cli *cli, struct jk_book **out_book)
{
    struct walk walk = {.book = jk_book_new(), .parsed = malloc(PARSED * sizeof *walk.parsed)};
    enum jk_status status = walk.book && walk.parsed ? fold_all(cli, &walk) : jk_out_of_memory(&cli->error);
    free(walk.parsed);
    if (status == JK_OK)
        *out_book = walk.book;
    else
        jk_book_free(walk.book);
    return status;
}
