/* Reads the files of a model: the SHA-256 of each, of each safetensors header and tensor, and the sketch of each tensor
 * that is to have one. All cores; memory by the number of tensors, not by their size. Source:
 * registry/formats/manifest.md.
 *
 * A worker that opens a weight file hashes it from front to back and sketches its tensors along with that. Where all
 * other files would be done before, the others sketch its tensors meanwhile. */
#ifndef JK_SCAN_SCAN_H
#define JK_SCAN_SCAN_H

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"

#define JK_SCAN_THREADS_MAX 64

enum jk_scan_kind { JK_SCAN_OPAQUE, JK_SCAN_SAFETENSORS, JK_SCAN_GGUF };

/* What a file was like when it was read. */
struct jk_scan_facts {
    uint64_t device, inode, size;
    int64_t modified_ns, changed_ns;
};

struct jk_scan_file {
    /* given */
    const char *path;     /* below the folder */
    struct jk_span named; /* as a manifest writes it */
    /* found */
    struct jk_scan_facts facts;
    enum jk_scan_kind kind;
    bool done;    /* the digest is there */
    bool missing; /* there is no such file */
    bool unread;  /* trouble of this machine, or a change meanwhile: what is found tells nothing of the file */
    bool unsound; /* its bytes were read, but are not of the format that its name says */
    bool again;   /* from the cache: it was not read */
    struct jk_digest digest;
    struct jk_text lines; /* header, tensor and sketch lines, in no order */
    uint32_t tensors, sketches;
    char fault[320]; /* what is wrong with it; empty: nothing */
    char note[240];  /* why it is taken as mere bytes, or what of it has no sketch for bad numbers */
};

struct jk_scan_options {
    const char *folder;
    struct jk_scan_file *files;
    size_t count;
    unsigned threads;                  /* 0: one a core */
    bool sketches;                     /* make them */
    const struct jk_digest *challenge; /* sketches under this key; NULL: public ones */
    /* Told on the caller's thread, some ten times a second: bytes read, of how many. */
    void (*progress)(void *user, uint64_t done, uint64_t total);
    /* On a worker, one at a time: a file is to be read, or was. `known` fills in what was found before, or says false.
     */
    bool (*known)(void *user, struct jk_scan_file *file);
    void (*found)(void *user, const struct jk_scan_file *file);
    void *user;
};

/* What is wrong with a file stands with it; fails only for want of memory or threads. */
JK_MUST_USE enum jk_status jk_scan_run(const struct jk_scan_options *options, struct jk_error *error);
void jk_scan_file_done(struct jk_scan_file *file);
/* By the path's ending. */
enum jk_scan_kind jk_scan_kind_of(struct jk_span named);

#endif
