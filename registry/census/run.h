/* What one reading of a hub found, as the two files of a folder: run.json, and models.jsonl with a line for each
 * repository. Pure: bytes in, bytes out. Unknown members are ignored.
 *
 *   run.json      {"format":"jokbo/census-run/v1","hub":"huggingface.co","bases":["ORG/NAME",…],"started":TIME,
 *                  "finished":TIME,"complete":true,"models":N,"children":{"ORG/NAME":N,…}}
 *   models.jsonl  {"state":"present","record":"<the canonical record as text>","declared":{"relation":WORD,
 *                  "relation_from":TEXT,"parents":[TEXT,…],"parents_from":TEXT,"notes":[TEXT,…]},"hub_relation":WORD,
 *                  "header":{"file":TEXT,"tensors":N,"parameters":N,"types":TEXT} or {"file":TEXT,"why":TEXT}}
 *                 {"state":"same","id":ID,"identity":TEXT,"revision":TEXT,"tags":"<as in a record, those of parents>"}
 *                 {"state":"moved","id":ID,"to":ID,"identity":TEXT}
 *                 {"state":"absent","id":ID,"identity":TEXT}
 *                 {"state":"unreadable","id":ID,"identity":TEXT,"revision":TEXT,"tags":"<as of same>","why":TEXT}
 *                 {"state":"unknown","id":ID,"why":TEXT}
 *
 * Times are as in entries. What is not known has no member. What a model declares is found when it is read, from the
 * whole object, of which the record has only a part. */
#ifndef JK_CENSUS_RUN_H
#define JK_CENSUS_RUN_H

#include "base/error.h"
#include "declare/declaration.h"
#include "domain/entry.h"

#define JK_CENSUS_RUN_MAX    (32u << 20) /* bytes of run.json */
#define JK_CENSUS_LINE_MAX   (1u << 20)  /* bytes of a line, which arena and jansson take a few times over */
#define JK_CENSUS_MODELS_MAX 2000000u    /* lines of models.jsonl */

/* ---- a line ---- */

/* Same: it is present, with the identity and revision that the registry observed last, so its record was not asked for.
 * Unreadable: the hub says for good that it cannot be read, and will not say otherwise when it is asked again: it breaks a
 * limit, or the hub shows it to nobody here. It was not found to be gone, and nothing is written of it.
 * Unknown: it could not be asked, so nothing follows. */
enum jk_census_state {
    JK_CENSUS_PRESENT,
    JK_CENSUS_MOVED,
    JK_CENSUS_ABSENT,
    JK_CENSUS_UNKNOWN,
    JK_CENSUS_SAME,
    JK_CENSUS_UNREADABLE,
    JK_CENSUS_STATES
};

/* Of a present one whose weights' header was asked for. */
struct jk_census_head {
    struct jk_span file; /* empty: it was not asked for */
    struct jk_span why;  /* why it was not had, or tells nothing; empty: it tells the rest */
    struct jk_span types;
    uint64_t tensors, parameters;
};

struct jk_census_line {
    enum jk_census_state state;
    struct jk_span id;       /* of present ones in the record only */
    struct jk_span to;       /* of moved ones: the new id */
    struct jk_span identity; /* of same, moved, absent and unreadable ones, where it is known */
    struct jk_span revision; /* of same ones, and of unreadable ones where it is known */
    struct jk_span tags; /* of same and unreadable ones: those that name parents, as a record has them; empty: none */
    struct jk_span why;  /* of unreadable and unknown ones */
    /* Of present ones. */
    struct jk_span record;
    struct jk_names parents;                    /* as written */
    enum jk_relation relation, hub_relation;    /* NONE: not told; the hub's is one of its four */
    struct jk_span relation_from, parents_from; /* "card", …; empty for nowhere */
    struct jk_span notes[JK_DOUBTS_MAX];
    size_t note_count;
    struct jk_census_head head;
};

const char *jk_census_state_text(enum jk_census_state state); /* "present", … */
/* Copies into the line what was declared; the spans are the declaration's. */
void jk_census_line_declare(struct jk_census_line *line, const struct jk_declaration *declaration);
/* Appends the line with its line feed. */
void jk_census_line_write(const struct jk_census_line *line, struct jk_text *out);
/* The line with or without its line feed; spans are in the arena. INVALID_ARGUMENT (INVALID_RUN) names member and rule.
 * The record's own form is not looked at. */
JK_MUST_USE enum jk_status jk_census_line_read(struct jk_span bytes, struct jk_arena *arena,
                                               struct jk_census_line *out_line, struct jk_error *error);

/* ---- the run ---- */

struct jk_census_children {
    struct jk_span id;
    uint64_t count; /* models that the hub counts as made from it directly */
};

struct jk_census_run {
    struct jk_span hub;
    struct jk_span *bases; /* names here of the base models that it covers, sorted by bytes */
    size_t base_count;
    int64_t started_us, finished_us;     /* JK_TIME_NONE: not finished */
    bool complete;                       /* nothing that descends from the bases is missing, as far as the hub tells */
    uint64_t models;                     /* lines */
    struct jk_census_children *children; /* sorted by id */
    size_t children_count;
};

void jk_census_run_write(const struct jk_census_run *run, struct jk_text *out);
/* Spans and arrays are in the arena. INVALID_ARGUMENT (INVALID_RUN) names member and rule. */
JK_MUST_USE enum jk_status jk_census_run_read(struct jk_span bytes, struct jk_arena *arena,
                                              struct jk_census_run *out_run, struct jk_error *error);

#endif
