/* The header, tensor and sketch lines of a manifest against what its files hold. Pure. */
#ifndef JK_VERIFY_LISTED_H
#define JK_VERIFY_LISTED_H

#include "domain/manifest.h"
#include "scan/scan.h"

enum jk_listed_fault {
    JK_LISTED_DIFFERS,  /* the file holds another one of that name */
    JK_LISTED_INVENTED, /* it holds none */
    JK_LISTED_LEFT_OUT, /* it holds one that has no line */
};

struct jk_listed {
    struct jk_span manifest; /* checked */
    uint32_t version;        /* of the manifest */
    const struct jk_scan_file
        *files; /* by name; those whose bytes are not the manifest's have `fault` set and not `done` */
    size_t count;
    void (*differs)(void *user, enum jk_listed_fault fault, const struct jk_manifest_line *line);
    void *user;
    uint64_t lines; /* out: that were compared */
    bool partial;   /* out: the files hold headers or tensors that the manifest, as its version may, does not list */
};

/* A manifest of version 2 has all lines; one of version 1 all tensors where it has any, and whichever headers it likes.
 * False: out of memory. */
bool jk_listed_check(struct jk_listed *listed);

#endif
