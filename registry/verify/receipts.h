/* Receipts beside a model's card: <folder>/.jokbo/receipts/<publisher>/<model>@<version>.receipt is the C2SP tlog-proof
 * as received, .entry has the entry's bytes, and .manifest the manifest if one was registered. For a yank they are
 * <model>@<version>@yank-<index>.…: no name contains "@", so these cannot clash with another release's. Where another log's receipt has the name already,
 * @of-<last part of the origin>, or of its SHA-256, is put before the suffixes. One thread. */
#ifndef JK_VERIFY_RECEIPTS_H
#define JK_VERIFY_RECEIPTS_H

#include "base/error.h"

#define JK_RECEIPTS_FOLDER ".jokbo/receipts"
#define JK_RECEIPT_SUFFIX  ".receipt"
#define JK_RECEIPTS_MAX    1000

struct jk_receipt_file {
    const char *path;                        /* with its suffix */
    const char *stem;                        /* without */
    struct jk_span receipt, entry, manifest; /* texts; empty where there is none */
    const char *yields_to; /* another log's receipt that has the usual name; NULL: none. Written only */
};

/* The folder beside which receipts lie: the folder of the card, or "." where there is none; in the arena. */
const char *jk_receipts_home(const char *card_or_folder, struct jk_arena *arena);
/* Writes what is not empty, the receipt last; sets file->stem, ->path and ->yields_to. `about` is what follows the
 * version, or "". A receipt of the same log is replaced, one of another log never. Names that are not well-formed are
 * refused: they would be paths. Failures: LOCAL_FILE, INVALID_FIELD, and those of jk_receipt_parse. */
JK_MUST_USE enum jk_status jk_receipts_write(const char *home, struct jk_span model, struct jk_span version,
                                             const char *about, struct jk_receipt_file *file, struct jk_arena *arena,
                                             struct jk_error *error);
/* Reads the receipt, and what lies beside it. */
JK_MUST_USE enum jk_status jk_receipts_read(const char *path, struct jk_arena *arena, struct jk_receipt_file *out_file,
                                            struct jk_error *error);
/* The paths of all receipts beside the card, sorted; at most JK_RECEIPTS_MAX, more are RESOURCE_EXHAUSTED. */
JK_MUST_USE enum jk_status jk_receipts_list(const char *home, struct jk_arena *arena, const char ***out_paths,
                                            size_t *out_count, struct jk_error *error);

#endif
