/* The manifest, versions 1 and 2: checked in one pass, which also computes its digests. Pure; memory grows with the
 * number of files, in version 2 also with that of tensors. Source: registry/formats/manifest.md. */
#ifndef JK_DOMAIN_MANIFEST_H
#define JK_DOMAIN_MANIFEST_H

#include "base/digest.h"
#include "base/error.h"

#define JK_MANIFEST_MAX             (64u << 20)
#define JK_MANIFEST_FILES_MAX       100000u
#define JK_MANIFEST_PATH_MAX        1024 /* bytes of a path or a tensor's name, percent-encoded */
#define JK_MANIFEST_DIMENSIONS_MAX  32
#define JK_MANIFEST_SKETCH_BYTES    512
#define JK_MANIFEST_SKETCH_ELEMENTS 16384u /* the least that a sketch is made of */

struct jk_manifest_summary {
    struct jk_digest artifact;     /* SHA-256 of the bytes */
    struct jk_digest weights;      /* zero for none */
    struct jk_digest weight_files; /* of the set of its weight files, zero for none */
    uint32_t version, files, tensors, sketches;
    uint64_t bytes; /* sum of the files' sizes */
};

/* Takes the whole manifest in memory (at most JK_MANIFEST_MAX). INVALID_ARGUMENT names line number and rule. */
JK_MUST_USE enum jk_status jk_manifest_check(struct jk_span bytes, struct jk_manifest_summary *out_summary,
                                             struct jk_error *error);
/* Why a path may not stand in a manifest, as the end of a sentence that begins with the line; NULL if it may. */
const char *jk_manifest_path_fault(struct jk_span path);
/* What follows "file " in a line: digest, size and path; NULL, or the same kind of fault. */
const char *jk_manifest_read_file(struct jk_span rest, struct jk_digest *out_digest, uint64_t *out_size,
                                  struct jk_span *out_path);
/* The set of weight files with these digests, which are sorted in place; zero for none. */
void jk_manifest_set_of(struct jk_sha256 *hash, struct jk_digest *digests, size_t count, struct jk_digest *out_set);
/* True when the path names a weight file (see manifest.md). */
bool jk_manifest_is_weights(struct jk_span path);
/* True if the path names a file that may be executed: program source, a library, a pickle. */
bool jk_manifest_is_code(struct jk_span path);
/* True if it is in neither of these formats, but of one that holds weights or code: an array, a model of another framework, an
 * archive. Counts for nothing in a weights digest. */
bool jk_manifest_is_container(struct jk_span path);

/* ---- the lines of a manifest that has been checked, one after the other ---- */

enum jk_manifest_kind { JK_MANIFEST_FILE, JK_MANIFEST_HEADER, JK_MANIFEST_TENSOR, JK_MANIFEST_SKETCH };

struct jk_manifest_line {
    enum jk_manifest_kind kind;
    struct jk_span text;               /* the whole line, without its LF */
    struct jk_digest digest;           /* of file, header and tensor */
    uint64_t size;                     /* of file */
    struct jk_span sketch;             /* of sketch: base64 */
    struct jk_span dtype, shape, name; /* of tensor and sketch */
    struct jk_span path;
};

/* Starts after the first line. */
struct jk_span jk_manifest_lines(struct jk_span manifest);
bool jk_manifest_next(struct jk_span *rest, struct jk_manifest_line *out_line);
/* The dimensions of a shape as written in a checked line; returns how many. */
uint32_t jk_manifest_shape(struct jk_span shape, uint64_t out_dimensions[JK_MANIFEST_DIMENSIONS_MAX]);
/* The product of a shape's dimensions; false if it exceeds 64 bits. */
bool jk_manifest_elements(struct jk_span shape, uint64_t *out_elements);
/* The slice of a stacked tensor that a sketch is of: the name without "[7]" at its end, and 7. False: it is not a
 * slice. */
bool jk_manifest_slice(struct jk_span name, struct jk_span *out_whole, uint64_t *out_slice);

#endif
