/* What happens to the receipt of a write: it is checked, with the entry that the server sends for it, and stored beside
 * the card. One thread. */
#ifndef JK_VERIFY_KEEP_H
#define JK_VERIFY_KEEP_H

#include "cli/console/cli.h"

struct jk_keep {
    const char *home;                           /* beside which it is stored (receipts.h) */
    const char *receipt;                        /* as it came; "" or NULL for none */
    const char *model, *version, *lineage_hash; /* the release that it is about */
    const char *artifact;                       /* the artifact digest that was declared; "" or NULL for none */
    bool renamed;                               /* the model may bear another name in its entry */
    struct jk_span manifest;
    bool registers;      /* the entry is a registration or release; else a yank or its undoing */
    const char *file;    /* out: where it lies; NULL where it was not stored */
    const char *new_key; /* out: the log's key, where this was its first use; else NULL */
    bool remembered;     /* out: it is kept for the next time */
};

/* JK_OK also if it could not be checked or stored: then a note on cli->err says why. Fails with RECEIPT_WRONG or
 * LOG_FORKED in cli->error, after printing the two checkpoints to cli->err. Does nothing with --no-receipt. */
JK_MUST_USE enum jk_status jk_keep_receipt(struct jk_cli *cli, struct jk_keep *keep);
/* How far new_key is to be trusted, for people. */
const char *jk_keep_key_text(const struct jk_keep *keep);
/* Fetches one entry; the bytes lie in the arena. */
JK_MUST_USE enum jk_status jk_keep_fetch_entry(struct jk_cli *cli, uint64_t index, struct jk_span *out_entry,
                                               struct jk_error *error);

#endif
