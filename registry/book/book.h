/* The book: the registry's state as a fold over log entries, with its history, in memory. Pure: no I/O, clock, thread
 * or global. The server decides and counts with it; the offline verifier and the tests fold the same code.
 *
 * It keeps history, not only the present: everything that changes keeps the entry index from which it holds, so every
 * question is asked "at N" (the state after entries 0 … N-1) and always has the same answer. Entries applied but not
 * yet committed are above every N that readers may ask for, and so stay unseen.
 *
 * Speculation: jk_book_mark, apply some entries, and either keep them (jk_book_keep) or undo them (jk_book_undo). While
 * a mark is set, every field write goes through the journal; records are in chunks that never move.
 *
 * Threads: none of its own. One writer at a time (apply, undo, keep); readers must exclude the writer (the store holds
 * a read-write lock around it) but may run concurrently. Memory: about 600 bytes a derivative; slots are uint32_t, so
 * at most 4 billion entries. */
#ifndef JK_BOOK_BOOK_H
#define JK_BOOK_BOOK_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "book/parsed.h"
#include "domain/entry.h"
#include "domain/license.h"
#include "domain/lineage.h"
#include "domain/relation.h"

#define JK_NONE       UINT32_MAX /* no slot, no entry, "still holds" */
#define JK_BOOK_BASES 1024       /* models ever on the roster, which limits a derivative's roots */

/* ---- records: read freely through the accessors; slots are dense from 0 in order of appearance ---- */

struct jk_publisher {
    struct jk_span name; /* as written */
    uint32_t created;    /* entry index */
    enum jk_basis basis;
    uint32_t claimed;          /* entry index of the claim, JK_NONE: not claimed (basis is REGISTRAR or ROSTER) */
    uint32_t verified_history; /* internal */
    uint32_t last_model;       /* newest alias under it (registered, renamed or moved here); internal chain */
};

struct jk_model {
    uint32_t index;     /* registration entry: the identity */
    uint32_t publisher; /* slot of the publisher at registration, which determines self and affiliate */
    uint32_t names;     /* newest alias; internal chain */
    uint32_t first_release, last_release;
    uint32_t base_history; /* JK_NONE if the model was never on the roster */
    uint32_t spells;       /* newest spell; internal chain */
};

struct jk_alias {        /* a model's name from an entry on */
    struct jk_span name; /* "publisher/model" as written */
    uint32_t from;
    uint32_t model;
    uint32_t publisher; /* slot of the publisher in the name */
    uint32_t older;     /* the model's previous alias */
};

struct jk_parent {
    bool external;
    uint32_t slot;                /* release, or external */
    struct jk_span revision;      /* external: empty for none */
    struct jk_span name;          /* as the statement spells it: publisher/model, or host/id */
    const struct jk_digest *hash; /* lineage hash according to the statement; for a registered release, its own */
};

struct jk_release {
    uint32_t index; /* entry */
    uint32_t model;
    uint32_t older, newer; /* within the model */
    struct jk_span name;   /* the model's name in the statement */
    struct jk_span version;
    struct jk_digest hash;
    enum jk_relation relation;
    uint32_t license;                                 /* slot */
    struct jk_digest license_text, artifact, weights; /* zero: none */
    const struct jk_parent *parents;
    uint32_t parent_count;
    uint32_t yanks;    /* internal history */
    uint32_t children; /* newest child edge; internal chain */
};

struct jk_external {
    struct jk_span name; /* host/id, in the first spelling seen */
    uint32_t first;      /* entry that named it first */
    uint32_t adoptions;  /* newest; internal chain */
    uint32_t children;   /* internal chain */
    uint32_t disputed;   /* slot of the newest dispute about its adoption; JK_NONE for none */
};

struct jk_adoption { /* of an external by a model, for sizes from < N ≤ until */
    uint32_t external, model;
    uint32_t from, until;          /* entries; until JK_NONE: still in force */
    struct jk_span actor;          /* of the entry: "publisher x", "role evaluator" */
    uint32_t older, next_of_model; /* internal chains */
};

struct jk_license_term { /* an expression in use */
    struct jk_span text;
};

struct jk_base_facts { /* on the roster, from an entry on */
    uint32_t from;
    uint32_t model;
    uint32_t team; /* slot */
    bool programme, listed;
    enum jk_answer from_scratch;
    struct jk_span built_on, released, parameters; /* empty: none */
    uint32_t older;
};

struct jk_team {
    struct jk_span id, name, name_ko; /* the newest */
    int64_t joined_us, left_us;
    uint32_t from; /* first entry */
};

/* What is true of a (derivative, root) during a spell. Bits of jk_spell.flags. */
enum jk_flag {
    JK_FLAG_YANKED = 1 << 0, /* no un-yanked release: the facts are those of the newest release */
    JK_FLAG_SELF = 1 << 1,
    JK_FLAG_AFFILIATE = 1 << 2,
    JK_FLAG_NO_ARTIFACT = 1 << 3,
    JK_FLAG_NO_LICENSE_TEXT = 1 << 4,
    JK_FLAG_LICENSE_CONFLICT = 1 << 5,
    JK_FLAG_LICENSE_UNKNOWN = 1 << 6,
    JK_FLAG_NAMING_LITERAL = 1 << 7, /* the root's licence imposes a name, and the literal form is violated */
    JK_FLAG_NAMING_LENIENT = 1 << 8, /* … and the lenient form, too */
    JK_FLAG_UNVERIFIED = 1 << 9,
    JK_FLAG_NOT_PROGRAMME = 1 << 10,
    JK_FLAG_FOREIGN_BASE = 1 << 11, /* from_scratch no */
    JK_FLAG_FROM_SCRATCH_UNKNOWN = 1 << 12,
    JK_FLAG_ANCESTOR_WEIGHTS = 1 << 13, /* weights equal to an ancestor's */
    JK_FLAG_EXCLUDED = 1 << 14,         /* by a ruling in force about the whole derivative */
    /* For rule set 2. "Declared" ignores adoptions: an adopted external is then an unknown one. */
    JK_FLAG_EXCLUDED_PAIR = 1 << 15,          /* by the latest ruling in effect about the whole or this root */
    JK_FLAG_NOT_HELD = 1 << 16,               /* no artifact, or its manifest is not stored, or states other weights */
    JK_FLAG_ADOPTED_ONLY = 1 << 17,           /* no declared path leads to the root */
    JK_FLAG_ANCESTOR_SAME = 1 << 18,          /* weights, artifact or set of weight files equal to an ancestor's */
    JK_FLAG_DECLARED_ANCESTOR_SAME = 1 << 19, /* … to a declared one's */
    JK_FLAG_DECLARED_LICENSE_CONFLICT = 1 << 20, /* against the declared ancestors */
    JK_FLAG_DECLARED_LICENSE_UNKNOWN = 1 << 21,
    JK_FLAG_KNOWN_CONFLICT = 1 << 22,          /* against those ancestors of whom a permission is known */
    JK_FLAG_DECLARED_KNOWN_CONFLICT = 1 << 23, /* … of the declared ones */
    JK_FLAG_MOVED = 1 << 24                    /* its name was moved to its publisher after the registration */
};

/* One (derivative, root) with its facts, for sizes from < N ≤ until (entry `from` began it, entry `until` ended it). It
 * holds everything that counting needs, so counts walk spells and read neither releases nor names. */
struct jk_spell {
    uint32_t derivative;  /* model slot */
    uint32_t root;        /* model slot */
    uint32_t from, until; /* until JK_NONE: still holds */
    uint32_t release;     /* deciding release */
    uint32_t flags;
    uint16_t depth;
    uint8_t relation; /* enum jk_relation */
    uint8_t license_class;
    uint32_t older;          /* the derivative's previous spell */
    uint32_t publisher;      /* slot, of the name */
    uint32_t license;        /* slot of the release's expression */
    uint32_t weights;        /* of the release: slot of the digest, JK_NONE for none */
    uint32_t brought;        /* entry with which the derivative first had that digest; JK_NONE for none */
    uint16_t month;          /* of the registration entry */
    uint16_t declared_depth; /* depth over declared paths alone; 0 with JK_FLAG_ADOPTED_ONLY */
};

struct jk_book;

struct jk_book *jk_book_new(void); /* NULL when out of memory */
void jk_book_free(struct jk_book *book);

/* What a hub said of a repository, from an entry on. */
struct jk_observation {
    uint32_t from;                         /* entry */
    uint32_t model;                        /* slot of the model that it is of, JK_NONE: of none that is registered */
    struct jk_span hub, id;                /* "huggingface.co", "organisation/name" as the hub spells it */
    struct jk_span identity, revision, to; /* empty: none */
    enum jk_observed state;
    struct jk_digest listing, weight_files, record; /* zero: none */
    int64_t created_us, modified_us;                /* JK_TIME_NONE: none; the hub's own dates: claims */
    uint32_t files;                                 /* slot of the set of weight files, JK_NONE for none; internal */
    uint32_t older;                                 /* of the same model; internal chain */
    uint32_t jump, rank;                            /* far down that chain; how many are below; internal */
    uint32_t older_with;                            /* with the same set of weight files; internal chain */
};

/* A complete run over a hub. */
struct jk_census {
    uint32_t from; /* entry */
    struct jk_span hub;
    const uint32_t *bases; /* slots of base models, rising */
    uint32_t base_count;
    int64_t started_us;
    uint64_t models; /* that it listed */
    struct jk_digest list;
};

/* ---- writing ---- */

/* Applies the next entry (index = jk_book_size). Checks what a fold must: canonical form, time not going back, names
 * that exist or are free, parents' hashes, no cycle, at least one path to a base if the statement has parents.
 * DATA_LOSS with the reason if the entry cannot follow; then nothing has changed. RESOURCE_EXHAUSTED when out of
 * memory: the book must be discarded. */
JK_MUST_USE enum jk_status jk_book_apply(struct jk_book *book, struct jk_span entry, struct jk_error *error);
/* The same in two steps: jk_parsed_entry_read on any thread, then this in the order of the entries. */
JK_MUST_USE enum jk_status jk_book_apply_parsed(struct jk_book *book, const struct jk_parsed_entry *parsed,
                                                struct jk_error *error);
/* Applies entries in order, as jk_book_apply_parsed does for one, but faster; pass as many at once as possible, ideally
 * 256 or more. Stops at the first that cannot follow; *out_applied says how many were applied. */
JK_MUST_USE enum jk_status jk_book_apply_many(struct jk_book *book, const struct jk_parsed_entry *parsed, size_t count,
                                              size_t *out_applied, struct jk_error *error);

/* A hint that so many entries are about to be applied: indexes reserve room for as many models, at most a million (40
 * MiB), rather than grow again and again. No journal may be active. */
void jk_book_expect(struct jk_book *book, uint64_t entries);

struct jk_book_mark {
    uint64_t position;
    uint32_t size;
};
/* Marks nest: an inner one is simply a later position. One jk_book_keep ends the journal, and with it every mark. */
struct jk_book_mark jk_book_mark(struct jk_book *book);
void jk_book_undo(struct jk_book *book, struct jk_book_mark mark); /* back to the mark; the mark stays usable */
void jk_book_keep(struct jk_book *book); /* everything since the first mark stays; grows the indexes */

/* ---- reading, at size N ≤ jk_book_size (N must be visible to readers) ---- */

uint32_t jk_book_size(const struct jk_book *book);                /* entries applied, speculative ones included */
int64_t jk_book_time(const struct jk_book *book, uint32_t index); /* of an entry */
/* The size at a time: how many of the first n entries have time < time_us. */
uint32_t jk_book_size_at(const struct jk_book *book, uint32_t n, int64_t time_us);
struct jk_span jk_book_origin(const struct jk_book *book); /* from entry 0; empty before */
struct jk_span jk_book_key(const struct jk_book *book);
#define JK_BOOK_KEYS 2
/* The verifier keys that sign a checkpoint of size n, newest first; none at size 0. */
size_t jk_book_keys(const struct jk_book *book, uint32_t n, struct jk_span out_keys[JK_BOOK_KEYS]);
/* Every key that ever signed, oldest first. Each but entry 0's was named by its predecessor. */
struct jk_book_key {
    struct jk_span key;
    uint32_t after, until; /* it signs the sizes n with after < n <= until; JK_NONE: until now */
};
uint32_t jk_book_key_count(const struct jk_book *book); /* of the whole book */
struct jk_book_key jk_book_key_at(const struct jk_book *book, uint32_t i);
struct jk_span jk_book_purpose(const struct jk_book *book);

/* Counts of slots whose record appeared before N: iterate 0 … count-1. */
uint32_t jk_book_publishers(const struct jk_book *book, uint32_t n);
uint32_t jk_book_models(const struct jk_book *book, uint32_t n);
uint32_t jk_book_releases(const struct jk_book *book, uint32_t n);
uint32_t jk_book_teams(const struct jk_book *book, uint32_t n);
uint32_t jk_book_externals(const struct jk_book *book, uint32_t n);
const struct jk_publisher *jk_book_publisher(const struct jk_book *book, uint32_t slot);
const struct jk_model *jk_book_model(const struct jk_book *book, uint32_t slot);
const struct jk_release *jk_book_release(const struct jk_book *book, uint32_t slot);
const struct jk_external *jk_book_external(const struct jk_book *book, uint32_t slot);
const struct jk_team *jk_book_team(const struct jk_book *book, uint32_t slot);
struct jk_span jk_book_license_text(const struct jk_book *book, uint32_t slot);
uint32_t
jk_book_licenses(const struct jk_book *book); /* slots of the whole book's expressions, speculative ones included */

/* Look-ups; JK_NONE if nothing before N matches. Names are case-insensitive; old names still resolve. */
uint32_t jk_book_find_publisher(const struct jk_book *book, struct jk_span name, uint32_t n);
uint32_t jk_book_find_model(const struct jk_book *book, struct jk_span name, uint32_t n);
uint32_t jk_book_find_model_index(const struct jk_book *book, uint64_t index, uint32_t n); /* by identity */
uint32_t jk_book_find_release(const struct jk_book *book, const struct jk_digest *hash, uint32_t n);
uint32_t jk_book_find_version(const struct jk_book *book, uint32_t model, struct jk_span version, uint32_t n);
uint32_t jk_book_find_external(const struct jk_book *book, struct jk_span host_and_id, uint32_t n);
uint32_t jk_book_find_team(const struct jk_book *book, struct jk_span id, uint32_t n);
/* The earliest release with these weights, JK_NONE for none: the same answer for every later release that has them. */
uint32_t jk_book_find_weights(const struct jk_book *book, const struct jk_digest *weights, uint32_t n);
/* The same for an artifact digest. */
uint32_t jk_book_find_artifact(const struct jk_book *book, const struct jk_digest *artifact, uint32_t n);
/* The next release that names the same artifact, in order, starting with jk_book_find_artifact; JK_NONE at the end. */
uint32_t jk_book_next_with_artifact(const struct jk_book *book, uint32_t release, uint32_t n);
/* Whether the manifest of the model's deciding (or newest) release is stored, and states the weights that the release
 * states. */
bool jk_book_holds_manifest(const struct jk_book *book, uint32_t model, uint32_t n);
/* Whether the log says that the manifest of this digest is stored. */
bool jk_book_is_held(const struct jk_book *book, const struct jk_digest *artifact, uint32_t n);

/* What the roster reserves: a publisher's name that looks like it (domain/skeleton.h) needs approval. Checked when
 * writing; the fold does not. */
enum jk_reserved_kind {
    JK_RESERVED_PUBLISHER, /* of a team, of a base model, or operated by an institution */
    JK_RESERVED_TEAM,      /* its id */
    JK_RESERVED_COMPANY    /* its name, or its Korean one if that is in ASCII */
};
struct jk_reserved {
    struct jk_span text; /* as the roster writes it */
    enum jk_reserved_kind kind;
    uint32_t from; /* entry */
};
/* What a publisher of this name would look like, by the roster at N; a publisher takes precedence over a team. NULL for
 * nothing. */
const struct jk_reserved *jk_book_find_reserved(const struct jk_book *book, struct jk_span publisher_name, uint32_t n);
/* Up to `most` registered model names close to `name` (same model part, common prefix, small edit distance), best
 * first. */
size_t jk_book_nearest(const struct jk_book *book, struct jk_span name, uint32_t n, struct jk_span *out_names,
                       size_t most);
/* The same of publishers. */
size_t jk_book_nearest_publishers(const struct jk_book *book, struct jk_span name, uint32_t n,
                                  struct jk_span *out_names, size_t most);

const struct jk_alias *jk_book_alias(const struct jk_book *book, uint32_t model, uint32_t n); /* the name at N */
/* The entry since which its name has continuously been under that publisher: its registration, or a transfer. */
uint32_t jk_book_named_since(const struct jk_book *book, uint32_t model, uint32_t n);
/* The first name during a model's current stay under the publisher: its `from` is the registration, or a transfer. */
const struct jk_alias *jk_book_stay(const struct jk_book *book, const struct jk_alias *alias);
const struct jk_alias *jk_book_older_alias(const struct jk_book *book, const struct jk_alias *alias); /* or NULL */
/* Newest un-yanked release at N, JK_NONE if all are yanked; and the newest whatever its state. */
uint32_t jk_book_deciding(const struct jk_book *book, uint32_t model, uint32_t n);
uint32_t jk_book_newest(const struct jk_book *book, uint32_t model, uint32_t n);
bool jk_book_is_yanked(const struct jk_book *book, uint32_t release, uint32_t n);
uint32_t jk_book_yanked_by(const struct jk_book *book, uint32_t release, uint32_t n); /* entry; JK_NONE: it is not */
bool jk_book_is_verified(const struct jk_book *book, uint32_t publisher, uint32_t n);
/* The entry that verified it; JK_NONE if it is not verified. */
uint32_t jk_book_verified_since(const struct jk_book *book, uint32_t publisher, uint32_t n);
/* False for those entered by a registrar or the roster, until claimed. */
bool jk_book_is_claimed(const struct jk_book *book, uint32_t publisher, uint32_t n);
/* Roster facts at N where the model is listed, else NULL. */
const struct jk_base_facts *jk_book_base(const struct jk_book *book, uint32_t model, uint32_t n);
uint32_t jk_book_base_entries(const struct jk_book *book, uint32_t n); /* how many said something of a base model */
/* The team that owned a publisher at a moment, according to what is known at N; JK_NONE for none. */
uint32_t jk_book_team_of(const struct jk_book *book, uint32_t publisher, int64_t at_us, uint32_t n);
bool jk_book_affiliated(const struct jk_book *book, uint32_t publisher, uint32_t team, int64_t at_us, uint32_t n);
/* Entries about a publisher's models on the UTC+09:00 day of `time_us` (register, release, yank, rename, …), but for
 * what a registrar entered. */
uint32_t jk_book_writes_on_day(const struct jk_book *book, uint32_t publisher, int64_t time_us);
/* An expression's permissions according to the licence facts at N. */
void jk_book_permissions(const struct jk_book *book, struct jk_span expression, uint32_t n,
                         enum jk_permission out_permissions[JK_PERMISSION_KINDS]);
/* The same under rule set 2: what no facts tell, the SPDX list tells that the log names (jk_license_of_list). */
void jk_book_permissions_listed(const struct jk_book *book, struct jk_span expression, uint32_t n,
                                enum jk_permission out_permissions[JK_PERMISSION_KINDS]);
/* Changes whenever anything visible about the model has changed by N: the newest entry index that affected it. */
uint32_t jk_book_etag(const struct jk_book *book, uint32_t model, uint32_t n);

/* The model's spells in force at N, newest first: `spell` NULL to begin; NULL at the end. */
const struct jk_spell *jk_book_spell(const struct jk_book *book, uint32_t model, uint32_t n,
                                     const struct jk_spell *spell);
/* True where the model is a derivative at N: it has parents and is not on the roster. */
bool jk_book_is_derivative(const struct jk_book *book, uint32_t model, uint32_t n);

/* Children of a release or an external, by walking its edges; *cursor 0 to begin; JK_NONE at the end. Gives child
 * releases. */
uint32_t jk_book_child_of_release(const struct jk_book *book, uint32_t release, uint32_t n, uint32_t *cursor);
uint32_t jk_book_child_of_external(const struct jk_book *book, uint32_t external, uint32_t n, uint32_t *cursor);
/* How many a release has at N, without a walk. */
uint32_t jk_book_children_of_release(const struct jk_book *book, uint32_t release, uint32_t n);
/* Externals adopted by a model at N, in the same way. */
uint32_t jk_book_adopted_by(const struct jk_book *book, uint32_t model, uint32_t n, uint32_t *cursor);
/* The adoption of an external in force at N, NULL for none; and all adoptions ever made before N, in order of their
 * entries. */
const struct jk_adoption *jk_book_adoption_of(const struct jk_book *book, uint32_t external, uint32_t n);
uint32_t jk_book_adoptions(const struct jk_book *book, uint32_t n);
const struct jk_adoption *jk_book_adoption(const struct jk_book *book, uint32_t slot);
/* ---- what hubs said: slots are in the order of the entries ---- */

uint32_t jk_book_observations(const struct jk_book *book, uint32_t n);
const struct jk_observation *jk_book_observation(const struct jk_book *book, uint32_t slot);
/* The newest about a registered model, whatever its repository was called; JK_NONE for none. And the one before. */
uint32_t jk_book_last_observation(const struct jk_book *book, uint32_t model, uint32_t n);
uint32_t jk_book_older_observation(const struct jk_book *book, uint32_t slot);
/* Whether a census brought it in: a registrar's registration, followed at once, in the same batch, by what a hub says
 * of it. And when its repository was created, as its hub said last: a claim; JK_TIME_NONE if no hub says. */
bool jk_book_is_from_census(const struct jk_book *book, uint32_t model, uint32_t n);
int64_t jk_book_hub_created(const struct jk_book *book, uint32_t model, uint32_t n);
/* The newest about a repository of a hub, by what the hub calls it whatever its name (byte by byte), or by its name
 * ("organisation/name", without regard to case); its `model` is the registered model, if there is one. JK_NONE: no
 * entry speaks of it. */
uint32_t jk_book_observed(const struct jk_book *book, struct jk_span hub, struct jk_span identity, uint32_t n);
uint32_t jk_book_observed_id(const struct jk_book *book, struct jk_span hub, struct jk_span id, uint32_t n);
uint32_t jk_book_censuses(const struct jk_book *book, uint32_t n);
const struct jk_census *jk_book_census(const struct jk_book *book, uint32_t slot);
/* The newest complete run over a hub that covered a base model (JK_NONE: any); JK_NONE: there was none. */
uint32_t jk_book_last_census(const struct jk_book *book, struct jk_span hub, uint32_t base, uint32_t n);
bool jk_census_covers(const struct jk_census *census, uint32_t base);

/* Whether `model` is among the ancestors of `release` at N (through pinned parents, adopted externals and, from there,
 * any release of the adopting model): the test that refuses cycles. */
bool jk_book_descends(const struct jk_book *book, uint32_t release, uint32_t model, uint32_t n);

/* Models whose spells, name or roots' teams changed since the last call (including speculative changes), for counters:
 * up to `room` slots; a model may come again in a later call; call again until 0. jk_book_undo removes them again, so a
 * caller that drains the list while a mark is set must keep what it got until its size has passed those entries. */
size_t jk_book_changed(struct jk_book *book, uint32_t *out_models, size_t room);

/* Whether these parents, each given by slot, now lead to a base model: for the writer, before the release exists. */
bool jk_book_leads_to_base(struct jk_book *book, const struct jk_parent *parents, uint32_t count);

#endif
