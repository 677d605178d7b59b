/* The inside of the book: rows, tables, and what its files offer each other. Included by book*.c, count.c and cube.c
 * only. Rules: whoever appends a row may fill it freely; every later write goes through jk_book_set (the journal).
 * Caches (summaries, permissions, root sets) carry an epoch and are never journalled: an epoch number is never reused,
 * so undoing an epoch automatically invalidates what was computed under it. */
#ifndef JK_BOOK_BOOK_INTERNAL_H
#define JK_BOOK_BOOK_INTERNAL_H

#include "base/search.h"
#include "book/book.h"
#include "book/book_ask.h"
#include "book/chunks.h"
#include "book/holdings.h"
#include "domain/ident.h"
#include "book/index.h"
#include "book/journal.h"
#include "book/stage.h"
#include "book/vouched.h"
#include "domain/spdx.h"

#define JK_NOW JK_NONE /* as a size: everything applied so far */

struct jk_name_row { /* a publisher's name, whether or not it exists as a publisher */
    struct jk_span name;
    uint32_t publisher;
    uint32_t memberships, operators; /* newest bond */
    uint32_t listed;                 /* entry that put it on the roster, JK_NONE: never */
    struct jk_link by_fold;
};
struct jk_listed_row { /* a publisher's name on the roster: of a team or of a base model */
    uint32_t name;
};
struct jk_reserved_row { /* under each of its skeletons, if they differ */
    struct jk_reserved pub;
    struct jk_link by_skeleton;
};
struct jk_day_row { /* writes of a publisher on a day */
    int32_t day;
    uint32_t count; /* 0 before the first write */
    uint32_t older;
};
struct jk_publisher_row {
    struct jk_publisher pub;
    uint32_t name;
    uint32_t registered;    /* newest model registered under it */
    struct jk_day_row days; /* the newest day with writes; older ones in their table */
};
struct jk_model_row {
    struct jk_model pub;
    uint32_t next_registered;
    uint32_t adoptions; /* newest that it made */
    uint32_t rulings;   /* newest about it */
    uint32_t touches;   /* newest entry that touched it */
    uint32_t changed;   /* its position in the list of changed models, if it is there */
    uint64_t stamp;     /* scratch of the walk down */
    uint16_t month;     /* of the registration entry */
    uint8_t registrar;  /* it was a registrar's */
    uint8_t census;     /* and the entry after it is what a census saw of it */
    uint32_t more;      /* what few models have; JK_NONE: nothing of it */
};
_Static_assert(sizeof(struct jk_model_row) == 64, "walks of all models read one cache line of each");
struct jk_more_row {   /* of a model; JK_NONE for none */
    uint32_t disputed; /* newest dispute about origin against it */
    uint32_t observed; /* newest observation of it */
    uint32_t runs;     /* newest complete run over it, a base model */
};
struct jk_run_row { /* a complete run over one base model */
    uint32_t census;
    uint32_t older; /* over the same */
};
struct jk_alias_row {
    struct jk_alias pub;
    uint32_t next_of_publisher;
    struct jk_link by_name, by_part;
};
struct jk_release_row {
    struct jk_release pub;
    uint32_t weights;                     /* slot of the digest, JK_NONE for none */
    uint32_t artifact;                    /* the first release that names its artifact, JK_NONE for none */
    uint32_t next_weights, next_artifact; /* the next release with these weights, with this artifact */
    uint32_t artifact_row;                /* for a first release: further facts, JK_NONE for none */
    uint32_t epoch;                       /* of the summary below, 0 for none */
    uint32_t roots;                       /* root set reached through the parents */
    uint32_t declared;                    /* row for the summary over declared paths, once one was needed */
    uint8_t met[JK_PERMISSION_KINDS];     /* permissions of all ancestors, a bit each */
    uint8_t adopted_above;                /* some path runs through an adoption: `declared` holds */
    uint32_t tenures; /* of a model's first release: newest change of the deciding one, JK_NONE: none */
    uint32_t vouched; /* what was said of its weights; JK_NONE: nothing */
    uint64_t stamp;   /* scratch of the walks */
    struct jk_link by_hash, by_version, by_artifact;
};
struct jk_vouched_row { /* of a release: the newest of each, JK_NONE for none */
    uint32_t challenges, attests, leaves, evidence;
};
struct jk_tenure_row { /* which release of a model decides, from an entry on; initially its first */
    uint32_t from;
    uint32_t release; /* JK_NONE: all are yanked */
    uint32_t older;
};
struct jk_weights_row {
    uint32_t first, last; /* release; chained by next_weights */
    struct jk_link by_digest;
};
struct jk_artifact_row { /* of an artifact that several releases name, or that was ever held */
    uint32_t last;       /* the newest release that names it; chained by next_artifact */
    uint32_t held;       /* switch history */
    uint32_t manifest;   /* what it says, from the first `held` entry on; JK_NONE: not known */
};
struct jk_manifest_row { /* what a manifest states: its digest commits to it, so it is known for good */
    uint32_t since;      /* entry */
    uint32_t files;      /* set of weight files, JK_NONE for none */
    uint32_t artifact;   /* the first release that names it */
    uint32_t next;       /* the next manifest with this set */
    struct jk_digest weights;
};
struct jk_files_row { /* a set of weight files */
    struct jk_digest digest;
    uint32_t first, last; /* manifest; chained by next */
    uint32_t listed;      /* newest observation of a model that lists it; chained by older_with */
    uint32_t lister;      /* the first model of which one does */
    uint32_t listers;     /* of how many models: 0, 1, or 2 for more */
    struct jk_link by_digest;
};
struct jk_declared_row { /* of a release, over declared paths: a cache, rewritten with each summary */
    uint32_t roots;
    uint8_t met[JK_PERMISSION_KINDS];
};
struct jk_external_row {
    struct jk_external pub;
    struct jk_link by_name;
};
struct jk_observation_row {
    struct jk_observation pub;
    struct jk_link by_identity, by_id; /* with the hub */
};
struct jk_verifier_row {
    struct jk_span id;
    uint32_t from;    /* entry of the first ruling about it */
    uint32_t rulings; /* newest */
    struct jk_link by_id;
};
struct jk_leave_row { /* for one more challenge of a release by a verifier */
    uint32_t from;
    uint32_t verifier;
    uint32_t older; /* of the same release */
};
struct jk_kept_row { /* an artifact that references name */
    struct jk_digest artifact;
    uint32_t held; /* switch history */
    struct jk_link by_artifact;
};
struct jk_reference_row {
    struct jk_reference pub;
    struct jk_link by_name; /* with the revision */
};
struct jk_namespace_row { /* an organisation of a hub, whoever holds it */
    struct jk_span name;  /* "host/organisation" */
    uint32_t terms;       /* newest */
    struct jk_link by_name;
};
struct jk_license_row { /* an expression in use; the rest is a cache */
    struct jk_license_term pub;
    uint32_t epoch;
    uint8_t permissions[JK_PERMISSION_KINDS];
    uint8_t class;
    struct jk_span name_forms;
    struct jk_link by_text;
};
struct jk_identifier_row { /* a licence identifier with facts */
    struct jk_span identifier;
    uint32_t facts; /* newest */
    struct jk_link by_fold;
};
struct jk_license_facts {
    uint32_t from;
    uint8_t permissions[JK_PERMISSION_KINDS];
    struct jk_span name_forms;
    uint32_t older;
};
struct jk_spdx_row { /* an SPDX list that the log names */
    uint32_t from;
    bool known; /* it is the one of this program, which tells what licences permit */
};
struct jk_team_row {
    struct jk_team pub;
    uint32_t facts; /* newest */
    struct jk_link by_id;
};
struct jk_team_facts {
    uint32_t from;
    int64_t joined_us, left_us;
    uint32_t older;
};
struct jk_institution_row {
    struct jk_span name;
    uint32_t affiliations; /* newest bond */
    struct jk_link by_name;
};
/* A dated relation of two: publisher name and team, publisher name and institution, institution and team. */
struct jk_bond_row {
    uint32_t left, right;
    uint32_t terms; /* newest */
    uint32_t next;  /* of the same left */
};
struct jk_bond_terms {
    uint32_t from;
    int64_t from_us, until_us;
    uint32_t older;
};
struct jk_switch_row { /* yanked or not, verified or not */
    uint32_t from;
    uint32_t on;
    uint32_t older;
};
struct jk_edge_row {
    uint32_t child; /* release */
    uint32_t next;  /* the next older one */
    uint32_t older; /* how many older ones there are */
};
struct jk_key_row { /* the keys that sign from an entry on; previous: empty where there is one only */
    uint32_t from;
    struct jk_span key, previous;
};
struct jk_stage_row {
    struct jk_span id;
    uint32_t first;    /* entry */
    uint32_t facts;    /* newest */
    uint32_t closings; /* newest */
};
struct jk_touch_row {
    uint32_t from;
    uint32_t older;
};
struct jk_root { /* model at a distance */
    uint32_t model;
    uint32_t depth;
};
struct jk_root_set {
    const struct jk_root *roots; /* sorted by model */
    uint32_t count;
    uint32_t deeper; /* the same set one step on; 0 for not yet known */
    struct jk_link by_roots;
};

struct jk_slots { /* scratch: a growing list */
    uint32_t *at;
    uint32_t count, room;
};

struct jk_book {
    struct jk_journal journal;
    struct jk_pool pool;    /* of all that follows but the indexes */
    struct jk_bytes bytes;  /* journalled */
    struct jk_bytes cached; /* not journalled: root sets, joined name forms */
    uint32_t size;
    uint32_t epoch, license_epoch; /* journalled */
    uint32_t last_epoch;           /* never goes back */
    uint32_t origins;              /* newest ruling on origin; journalled */
    bool failed;
    struct jk_span origin, key, purpose;
    struct jk_chunks times; /* int64_t */
    struct jk_chunks names, listed, reserved, publishers, days, models, aliases, releases, tenures, weights, artifacts,
        manifests, holdings, file_sets, externals, adoptions, namespaces, namespace_terms, licenses, identifiers,
        license_facts, spdx_lists, teams, team_facts, institutions, bonds, bond_terms, base_facts, bases, switches,
        edges, touches, spells, root_sets, declared, keys, policies, stages, stage_facts, closings, rulings, disputes,
        observations, censuses, runs, more, vouched, verifiers, challenges, attests, leaves, evidences, references,
        kept;
    struct jk_index name_index, reserved_index, alias_index, part_index, hash_index, version_index, weights_index,
        artifact_index, files_index, identity_index, id_index, external_index, namespace_index, license_index,
        identifier_index, team_index, institution_index, verifier_index, reference_index, kept_index, root_set_index;
    struct jk_chunks changed; /* models */
    uint32_t changed_taken;
    uint64_t stamp;                       /* of the newest walk */
    uint64_t climbed;                     /* ancestors looked at for their content so far */
    struct jk_slots queue, wanted, stack; /* scratch of apply */
    struct jk_root *merged, *merging;     /* scratch: JK_BOOK_BASES each */
    struct jk_spell *wanted_spells;       /* scratch: JK_BOOK_BASES */
};

/* Rows by slot. */
#define JK_BOOK_ROW(function, type, table)                                                                             \
    static inline struct type *function(const struct jk_book *book, uint32_t slot)                                     \
    {                                                                                                                  \
        return jk_chunks_at(&book->table, slot);                                                                       \
    }
JK_BOOK_ROW(jk_name_row, jk_name_row, names)
JK_BOOK_ROW(jk_publisher_row, jk_publisher_row, publishers)
JK_BOOK_ROW(jk_model_row, jk_model_row, models)
JK_BOOK_ROW(jk_more_row, jk_more_row, more)
JK_BOOK_ROW(jk_alias_row, jk_alias_row, aliases)
JK_BOOK_ROW(jk_release_row, jk_release_row, releases)
JK_BOOK_ROW(jk_tenure_row, jk_tenure_row, tenures)
JK_BOOK_ROW(jk_weights_row, jk_weights_row, weights)
JK_BOOK_ROW(jk_artifact_row, jk_artifact_row, artifacts)
JK_BOOK_ROW(jk_manifest_row, jk_manifest_row, manifests)
JK_BOOK_ROW(jk_holding_row, jk_holding, holdings)
JK_BOOK_ROW(jk_files_row, jk_files_row, file_sets)
JK_BOOK_ROW(jk_declared_row, jk_declared_row, declared)
JK_BOOK_ROW(jk_external_row, jk_external_row, externals)
JK_BOOK_ROW(jk_adoption_row, jk_adoption, adoptions)
JK_BOOK_ROW(jk_observation_row, jk_observation_row, observations)
JK_BOOK_ROW(jk_census_row, jk_census, censuses)
JK_BOOK_ROW(jk_run_row, jk_run_row, runs)
JK_BOOK_ROW(jk_vouched_row, jk_vouched_row, vouched)
JK_BOOK_ROW(jk_verifier_row, jk_verifier_row, verifiers)
JK_BOOK_ROW(jk_challenge_row, jk_challenge, challenges)
JK_BOOK_ROW(jk_attest_row, jk_attest, attests)
JK_BOOK_ROW(jk_leave_row, jk_leave_row, leaves)
JK_BOOK_ROW(jk_evidence_row, jk_weights_evidence, evidences)
JK_BOOK_ROW(jk_reference_row, jk_reference_row, references)
JK_BOOK_ROW(jk_kept_row, jk_kept_row, kept)
JK_BOOK_ROW(jk_namespace_row, jk_namespace_row, namespaces)
JK_BOOK_ROW(jk_namespace_terms, jk_namespace, namespace_terms)
JK_BOOK_ROW(jk_license_row, jk_license_row, licenses)
JK_BOOK_ROW(jk_identifier_row, jk_identifier_row, identifiers)
JK_BOOK_ROW(jk_team_row, jk_team_row, teams)
JK_BOOK_ROW(jk_institution_row, jk_institution_row, institutions)
JK_BOOK_ROW(jk_bond_row, jk_bond_row, bonds)
JK_BOOK_ROW(jk_spell_row, jk_spell, spells)
JK_BOOK_ROW(jk_edge_row, jk_edge_row, edges)
JK_BOOK_ROW(jk_root_set_row, jk_root_set, root_sets)
JK_BOOK_ROW(jk_key_row, jk_key_row, keys)
JK_BOOK_ROW(jk_policy_row, jk_policy_row, policies)
JK_BOOK_ROW(jk_stage_row, jk_stage_row, stages)
JK_BOOK_ROW(jk_stage_facts, jk_stage, stage_facts)
JK_BOOK_ROW(jk_closing_row, jk_closing, closings)
JK_BOOK_ROW(jk_ruling_row, jk_ruling, rulings)
JK_BOOK_ROW(jk_dispute_row, jk_dispute, disputes)
#undef JK_BOOK_ROW

/* NULL: it has nothing of that. */
static inline const struct jk_more_row *jk_more_of(const struct jk_book *book, uint32_t model)
{
    uint32_t slot = jk_model_row(book, model)->more;
    return slot == JK_NONE ? NULL : jk_more_row(book, slot);
}

/* The first spell in force at n in a chain that starts at `slot`; NULL at the end. JK_NONE is above every size. */
static inline const struct jk_spell *jk_spell_at(const struct jk_book *book, uint32_t slot, uint32_t n)
{
    while (slot != JK_NONE) {
        const struct jk_spell *row = jk_spell_row(book, slot);
        if (row->from < n && n <= row->until) return row;
        slot = row->older;
    }
    return NULL;
}

/* book.c */
void *jk_book_append(struct jk_book *book, struct jk_chunks *rows, uint32_t *out_slot); /* NULL marks the book failed */
static inline void jk_book_set(struct jk_book *book, uint32_t *at, uint32_t value)
{
    jk_journal_set(&book->journal, at, value);
}
struct jk_span jk_book_copy(struct jk_book *book, struct jk_span text); /* empty on failure, which is remembered */
struct jk_span jk_book_copy_actor(struct jk_book *book, const struct jk_actor *actor);
bool jk_book_push(struct jk_book *book, struct jk_slots *slots, uint32_t slot);
struct jk_more_row *jk_book_need_more(struct jk_book *book, uint32_t model); /* NULL: out of memory */
void jk_book_new_epoch(struct jk_book *book);
void jk_book_touch(struct jk_book *book, uint32_t model); /* for the etag */
void jk_book_list_changed(struct jk_book *book, uint32_t model);
void jk_book_switch(struct jk_book *book, uint32_t *head, bool on);
bool jk_book_switched(const struct jk_book *book, uint32_t head, uint32_t n);
/* The entry since which it has been as it is at n, on or off; JK_NONE: from the beginning. */
uint32_t jk_book_switched_since(const struct jk_book *book, uint32_t head, uint32_t n);
void jk_book_count_write(struct jk_book *book, uint32_t publisher, const struct jk_entry *entry);

/* book_names.c */
uint32_t jk_book_find_name(const struct jk_book *book, struct jk_span name); /* a row of names */
uint32_t jk_book_intern_name(struct jk_book *book, struct jk_span name);
uint32_t jk_book_add_publisher(struct jk_book *book, struct jk_span name, enum jk_basis basis);
struct jk_name_hashes { /* of a model's name as a whole, and of its second part */
    uint32_t whole, part;
};
struct jk_name_hashes jk_book_hash_name(struct jk_span name);
uint32_t jk_book_find_publisher_hashed(const struct jk_book *book, struct jk_span name, uint32_t hash);
uint32_t jk_book_find_model_hashed(const struct jk_book *book, struct jk_span name, uint32_t hash);
void jk_book_add_alias(struct jk_book *book, uint32_t model, uint32_t publisher, struct jk_span name,
                       struct jk_name_hashes hashes);
void jk_book_add_byname(struct jk_book *book, uint32_t model, struct jk_span name);
struct jk_span jk_book_present_name(const struct jk_book *book, uint32_t model);
/* Whether the publisher of its name at n is verified then. */
static inline bool jk_book_name_is_verified(const struct jk_book *book, uint32_t model, uint32_t n)
{
    return jk_book_is_verified(book, jk_book_alias(book, model, n)->publisher, n);
}
/* The entry since which the publishers that it has been under have been verified without a break; its own entry if they
 * were from the beginning. Of one whose publisher is verified at n. */
uint32_t jk_book_name_verified_since(const struct jk_book *book, uint32_t model, uint32_t n);
struct jk_span jk_book_model_part(struct jk_span name);

/* book_reserved.c */
/* The text stays in place as long as the book exists. */
void jk_book_reserve(struct jk_book *book, struct jk_span text, enum jk_reserved_kind kind);

/* book_releases.c */
/* Appends a model's next release in place, for the caller to fill in (a row built elsewhere and then copied would stall
 * on its own parts), then enter. NULL: out of memory. */
struct jk_release *jk_book_begin_release(struct jk_book *book, uint32_t model, uint32_t *out_slot);
void jk_book_enter_release(struct jk_book *book, uint32_t slot, uint32_t version_hash); /* jk_hash_fold(version, 0) */
void jk_book_note_tenure(struct jk_book *book,
                         uint32_t model); /* after anything that may have changed the deciding release */

/* book_graph.c */
uint32_t jk_book_intern_external(struct jk_book *book, struct jk_span name);
void jk_book_add_edges(struct jk_book *book, uint32_t release);
void jk_book_walk_begin(struct jk_book *book);
void jk_book_want(struct jk_book *book, uint32_t model); /* with those that descend through its adopted externals */
void jk_book_want_alone(struct jk_book *book, uint32_t model);
void jk_book_want_under_model(struct jk_book *book, uint32_t model); /* all descendants of its releases */
void jk_book_want_under_external(struct jk_book *book, uint32_t external);
void jk_book_walk(struct jk_book *book); /* completes book->wanted; each model once */
/* The release at which a parent continues upwards at N: JK_NONE for an external that nobody adopted. */
uint32_t jk_book_parent_release(const struct jk_book *book, const struct jk_parent *parent, uint32_t n);
/* The same as declared: every external ends there. */
static inline uint32_t jk_book_declared_parent(const struct jk_parent *parent)
{
    return parent->external ? JK_NONE : parent->slot;
}
/* Either, as whoever asks sees adoptions. */
static inline uint32_t jk_book_parent_above(const struct jk_book *book, const struct jk_parent *parent, bool declared,
                                            uint32_t n)
{
    return declared ? jk_book_declared_parent(parent) : jk_book_parent_release(book, parent, n);
}

/* book_roots.c */
bool jk_book_roots_init(struct jk_book *book);
void jk_book_summarize(struct jk_book *book, uint32_t release); /* fills roots, met and declared of its row */

/* book_held.c */
enum jk_status jk_book_apply_held(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error);
enum jk_status jk_book_apply_withdrawn(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error);
void jk_book_enter_artifact(struct jk_book *book, uint32_t release); /* interns it, for its row */
/* For an artifact, given by the first release that names it (JK_NONE: none): the history of its being stored, and the
 * slot of its set of weight files if known at n; JK_NONE for none. */
uint32_t jk_book_artifact_held(const struct jk_book *book, uint32_t artifact);
uint32_t jk_book_artifact_files(const struct jk_book *book, uint32_t artifact, uint32_t n);
/* The set of a release: of its manifest, or else, as long as it is the model's deciding (or newest) one, the set that the
 * hub lists at n. JK_NONE for none. */
uint32_t jk_book_release_files(const struct jk_book *book, uint32_t release, uint32_t n);
/* The entry since which the set of weight files of a release's manifest is known: its own, if the manifest came with it or before,
 * otherwise the first `held` entry. JK_NONE: it is not known. */
uint32_t jk_book_files_since(const struct jk_book *book, uint32_t release, uint32_t n);
/* Whether two releases have the same weights, artifact or set of weight files, by what is known at n, listings aside. */
bool jk_book_same_content(const struct jk_book *book, uint32_t release, uint32_t other, uint32_t n);
/* The same with any other release. */
bool jk_book_content_is_shared(const struct jk_book *book, uint32_t release);
bool jk_book_weights_are_shared(const struct jk_book *book, uint32_t release);
bool jk_book_artifact_is_shared(const struct jk_book *book, uint32_t release);
/* The set of weight files, where it is known at n: in other manifests or listings too, or in a manifest that several
 * releases name. A hint: others may have had it at another size. And whether listings have a part in it. */
bool jk_book_files_are_shared(const struct jk_book *book, uint32_t release, uint32_t n);
bool jk_book_listed_are_shared(const struct jk_book *book, uint32_t release, uint32_t n);

uint32_t jk_book_intern_files(struct jk_book *book, const struct jk_digest *files); /* JK_NONE: out of memory */

/* book_observe.c */
enum jk_status jk_book_apply_observe(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error);
enum jk_status jk_book_apply_census(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error);

/* book_adopt.c */
enum jk_status jk_book_apply_adopt(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error);
enum jk_status jk_book_apply_unadopt(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error);
enum jk_status jk_book_apply_namespace(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error);
enum jk_status jk_book_apply_namespace_end(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error);

/* book_license.c */
uint32_t jk_book_intern_license(struct jk_book *book, struct jk_span text, uint32_t hash); /* jk_hash_text(text) */
void jk_book_add_license_facts(struct jk_book *book, const struct jk_entry *entry);
void jk_book_add_spdx_list(struct jk_book *book, const struct jk_entry *entry);
/* The entry that names the list by which licences are known at N; JK_NONE where this program does not know it. */
uint32_t jk_book_spdx_since(const struct jk_book *book, uint32_t n);
const struct jk_license_row *jk_book_license_now(struct jk_book *book, uint32_t slot); /* with its cache filled */

/* book_roster.c */
void jk_book_put_team(struct jk_book *book, const struct jk_entry *entry);
void jk_book_put_membership(struct jk_book *book, const struct jk_entry *entry);
void jk_book_put_operates(struct jk_book *book, const struct jk_entry *entry);
void jk_book_put_affiliation(struct jk_book *book, const struct jk_entry *entry);
void jk_book_put_base(struct jk_book *book, uint32_t model, uint32_t team, const struct jk_entry *entry);
uint32_t jk_book_find_institution(const struct jk_book *book, struct jk_span name); /* byte by byte */
bool jk_book_owned(const struct jk_book *book, uint32_t publisher, uint32_t team, int64_t at_us, uint32_t n);

/* Entries since which these hold; JK_NONE if they do not. */
uint32_t jk_book_owned_since(const struct jk_book *book, uint32_t publisher, uint32_t team, uint32_t n);
uint32_t jk_book_affiliated_since(const struct jk_book *book, uint32_t publisher, uint32_t team, int64_t at_us,
                                  uint32_t n);
/* The newest entry with facts of one of an expression's licences; JK_NONE for none. */
uint32_t jk_book_license_since(const struct jk_book *book, struct jk_span expression, uint32_t n);

/* book_assess.c */
void jk_book_refresh(struct jk_book *book, uint32_t model);

/* book_keys.c */
void jk_book_add_keys(struct jk_book *book, struct jk_span key, struct jk_span previous);
enum jk_status jk_book_apply_key(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error);
enum jk_status jk_book_apply_retire(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error);

/* book_stages.c, book_rulings.c */
#define JK_APPLY(kind)                                                                                                 \
    enum jk_status jk_book_apply_##kind(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error);
JK_APPLY(policy)
JK_APPLY(stage)
JK_APPLY(close)
JK_APPLY(exclude)
JK_APPLY(restore)
JK_APPLY(exclude_root)
JK_APPLY(restore_root)
JK_APPLY(origin)
JK_APPLY(approval)
JK_APPLY(verifier)
JK_APPLY(dispute_origin)
JK_APPLY(dispute_adoption)
JK_APPLY(confirm)
JK_APPLY(reject)
JK_APPLY(dispute)
JK_APPLY(resolve)
#undef JK_APPLY

/* book_vouch.c */
uint32_t jk_book_intern_verifier(struct jk_book *book, struct jk_span id);           /* JK_NONE: out of memory */
struct jk_vouched_row *jk_book_need_vouched(struct jk_book *book, uint32_t release); /* NULL: out of memory */
/* NULL: nothing was said of its weights. */
static inline const struct jk_vouched_row *jk_vouched_of(const struct jk_book *book, uint32_t release)
{
    uint32_t slot = jk_release_row(book, release)->vouched;
    return slot == JK_NONE ? NULL : jk_vouched_row(book, slot);
}
enum jk_status jk_book_apply_challenge(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error);
enum jk_status jk_book_apply_challenge_again(struct jk_book *book, const struct jk_entry *entry,
                                             struct jk_error *error);
enum jk_status jk_book_apply_attest(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error);

/* book_evidence.c */
enum jk_status jk_book_apply_evidence(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error);

/* book_reference.c */
enum jk_status jk_book_apply_reference(struct jk_book *book, const struct jk_entry *entry, struct jk_error *error);
/* A `held` or `withdrawn` entry about an artifact; false: no reference names it, or it is so already. */
bool jk_book_switch_kept(struct jk_book *book, const struct jk_digest *artifact, bool held);

/* book_register.c */
enum jk_status jk_book_apply_register(struct jk_book *book, const struct jk_parsed_entry *parsed,
                                      struct jk_error *error);
enum jk_status jk_book_apply_release(struct jk_book *book, const struct jk_parsed_entry *parsed,
                                     struct jk_error *error);
/* After a release, yank or unyank of a model whose deciding release was `before`: marks everything affected as wanted.
 */
void jk_book_standing_changed(struct jk_book *book, uint32_t model, uint32_t before);

#define JK_BOOK_REFUSE(error, ...) jk_fail(error, JK_DATA_LOSS, "ENTRY_CANNOT_FOLLOW", __VA_ARGS__)

#endif
