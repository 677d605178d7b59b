/* YAML as a small tree with line numbers (on top of libyaml), for front matter, mergekit recipes and the roster. Pure;
 * nodes are in the arena and point into it. Limits: 1 MiB, 50,000 nodes, 1,024 members per mapping, depth 32, 64
 * documents, 1,024 anchors. An alias shares the members of its target, so it costs one node; expanded, all aliases may
 * have at most 10,000 values. Merge keys ("<<") are followed. Refused: duplicate keys, keys that are not scalars, an
 * alias inside its own target. */
#ifndef JK_DECLARE_YAML_H
#define JK_DECLARE_YAML_H

#include "base/error.h"

#define JK_YAML_BYTES_MAX   (1u << 20)
#define JK_YAML_NODES_MAX   50000u
#define JK_YAML_MEMBERS_MAX 1024u
#define JK_YAML_DEPTH_MAX   32u
#define JK_YAML_DOCS_MAX    64u
#define JK_YAML_ANCHORS_MAX 1024u
#define JK_YAML_ALIASED_MAX 10000u /* values that aliases and merge keys stand for, in all */

enum jk_yaml_kind { JK_YAML_SCALAR, JK_YAML_SEQUENCE, JK_YAML_MAPPING };

struct jk_yaml {
    enum jk_yaml_kind kind;
    bool quoted;           /* a scalar in quotes is text, whatever it looks like */
    unsigned line;         /* from 1 */
    struct jk_span text;   /* a scalar's */
    struct jk_span key;    /* under which it lies in a mapping */
    struct jk_yaml *first; /* of a sequence or mapping */
    struct jk_yaml *next;  /* within it */
    size_t count;
    size_t values; /* itself and all that lies in it, aliases written out */
};

struct jk_yaml_documents {
    const struct jk_yaml *roots[JK_YAML_DOCS_MAX]; /* empty documents are ignored */
    size_t count;
};

/* Numbers lines from first_line. *out_root is NULL for an empty document; a second one is refused. INVALID_ARGUMENT
 * names line and fault; RESOURCE_EXHAUSTED when the arena is. */
JK_MUST_USE enum jk_status jk_yaml_parse(struct jk_span text, unsigned first_line, struct jk_arena *arena,
                                         const struct jk_yaml **out_root, struct jk_error *error);
/* The same for a text of several documents. */
JK_MUST_USE enum jk_status jk_yaml_parse_all(struct jk_span text, unsigned first_line, struct jk_arena *arena,
                                             struct jk_yaml_documents *out_documents, struct jk_error *error);
/* NULL where `node` is no mapping or has no such member. */
const struct jk_yaml *jk_yaml_member(const struct jk_yaml *node, const char *key);
/* Absent, empty, ~ or null without quotes. */
bool jk_yaml_is_null(const struct jk_yaml *node);
/* The scalar's text; empty for everything else and for null. */
struct jk_span jk_yaml_text(const struct jk_yaml *node);

#endif
