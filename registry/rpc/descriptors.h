/* An index over a serialised google.protobuf.FileDescriptorSet, enough for reflection: files by name, symbols by full
 * name, services. Owns the index; the bytes must outlive it. Read-only once built, so any thread may ask.
 * Limits: 256 files, 16,384 symbols, 64 extensions, messages nested 16 deep. */
#ifndef JK_RPC_DESCRIPTORS_H
#define JK_RPC_DESCRIPTORS_H

#include "base/arena.h"
#include "base/error.h"

#define JK_DESCRIPTOR_FILES      256
#define JK_DESCRIPTOR_SYMBOLS    16384
#define JK_DESCRIPTOR_EXTENSIONS 64

struct jk_descriptor_file {
    struct jk_span name;
    struct jk_span bytes; /* a serialised FileDescriptorProto */
};

struct jk_descriptor_symbol {
    struct jk_span name; /* "jokbo.v1.Registry.GetModel" */
    size_t file;         /* index in files */
};

struct jk_descriptor_extension {
    struct jk_span extended; /* "google.protobuf.MethodOptions" */
    uint32_t number;         /* of the field that it adds */
    size_t file;             /* index in files, of the extension's own */
};

struct jk_descriptors {
    struct jk_arena arena;
    struct jk_descriptor_file files[JK_DESCRIPTOR_FILES];
    size_t file_count;
    struct jk_descriptor_symbol *symbols; /* sorted by name */
    size_t symbol_count;
    struct jk_span *services; /* full names, as declared */
    size_t service_count;
    struct jk_descriptor_extension extensions[JK_DESCRIPTOR_EXTENSIONS]; /* as declared */
    size_t extension_count;
};

/* DATA_LOSS when the bytes are not a descriptor set within the limits. */
JK_MUST_USE enum jk_status jk_descriptors_open(struct jk_span set, struct jk_descriptors *out_index,
                                               struct jk_error *error);
void jk_descriptors_done(struct jk_descriptors *index);
/* False: there is none. */
bool jk_descriptors_file(const struct jk_descriptors *index, struct jk_span name, size_t *out_file);
bool jk_descriptors_symbol(const struct jk_descriptors *index, struct jk_span name, size_t *out_file);
/* `file` and everything that it imports, itself first. Returns how many. */
size_t jk_descriptors_closure(const struct jk_descriptors *index, size_t file, size_t out_files[JK_DESCRIPTOR_FILES]);

#endif
