/* Which of a model's files say what it is. Pure: works on a list of names and sizes, and the bytes of those that were
 * asked for. At most 10,000 files. */
#ifndef JK_DECLARE_FILES_H
#define JK_DECLARE_FILES_H

#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

#define JK_FILES_MAX      10000u
#define JK_FILES_GGUF_MAX 16         /* GGUF files that are looked into */
#define JK_FILES_CARD_MAX (8u << 20) /* a card with its body; its front matter has a limit of its own */
#define JK_FILES_TEXT_MAX (1u << 20)
#define JK_FILES_HEAD_MAX (256u << 10) /* of the beginning of a file of weights */

enum jk_file_kind {
    JK_FILE_OTHER,
    JK_FILE_CARD,
    JK_FILE_ADAPTER_CONFIG,
    JK_FILE_RECIPE,
    JK_FILE_CONFIG,
    JK_FILE_GGUF,
    JK_FILE_ADAPTER_WEIGHTS,
    JK_FILE_WEIGHTS,   /* whole ones, in a format to train on */
    JK_FILE_CONVERTED, /* in a format to run only: ONNX, OpenVINO, … */
};

struct jk_file {
    struct jk_span name;  /* path within the model's folder, with "/" */
    uint64_t size;        /* 0 may be unknown */
    struct jk_span bytes; /* at NULL: not given */
    bool whole;           /* the bytes are all of it */
    size_t wanted;        /* how many bytes to read from its beginning; 0 for none */
    bool sorted;          /* `kind` is that of its name, found once */
    enum jk_file_kind kind;
};

struct jk_files {
    struct jk_file *items;
    size_t count;
};

enum jk_file_kind jk_file_kind(struct jk_span name);
/* Finds each file's kind, which is not found again then by what follows. */
void jk_files_sort_out(struct jk_files *files);
bool jk_file_is(const struct jk_file *file, enum jk_file_kind kind);
/* Sets `wanted` of each file. */
void jk_files_want(struct jk_files *files);
/* The index of the relevant file of that kind, the best by name; the number of files for none. Files whose bytes are
 * available take precedence. */
size_t jk_files_best(const struct jk_files *files, enum jk_file_kind kind);
/* GGUF files worth looking into, the best first: weights before adapters by their names, the model's own folder before
 * others, then by name. Returns how many, at most `room`. */
size_t jk_files_gguf(const struct jk_files *files, size_t *out_indexes, size_t room);
/* Why a GGUF file is ignored by its name alone: "a further part of a split file"; NULL where it is not. */
const char *jk_files_gguf_passed(struct jk_span name);
/* A pointer that Git LFS left where a file should be. */
bool jk_files_is_pointer(struct jk_span bytes);
/* "ONNX" and the like, of a converted file; NULL for others. */
const char *jk_files_format(struct jk_span name);

#endif
