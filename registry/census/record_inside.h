/* What writer and reader of a record share: its limits within, and the strings of canonical JSON. */
#ifndef JK_CENSUS_RECORD_INSIDE_H
#define JK_CENSUS_RECORD_INSIDE_H

#include "census/record.h"

#define JK_HUB_RECORD_BODY_MAX 65400u /* bytes of a record that lists files, without what was left out */
#define JK_HUB_RECORD_CARD_MAX 16384u /* bytes of cardData, as written */
#define JK_HUB_RECORD_TAGS_MAX 16384u /* bytes of tags, as written */
#define JK_HUB_RECORD_TAG_MAX  256u   /* bytes of one */
#define JK_HUB_RECORD_TEXT_MAX 1024u  /* bytes of a text in cardData, and of a file's name */
#define JK_HUB_RECORD_KEY_MAX  64u    /* bytes of a key in cardData */
#define JK_HUB_RECORD_LIST_MAX 64u    /* texts and mappings in a list of cardData */

/* Whether a record keeps that member of cardData, and that of a mapping among the parents. */
bool jk_hub_record_keeps(struct jk_span key);
/* Whether that member may have mappings: those that name parents. */
bool jk_hub_record_has_mappings(struct jk_span key);
/* The siblings of an object as a record lists them, in at most `room` bytes, and how many were left out. */
struct jk_hub_record_files {
    struct jk_text text; /* without the brackets */
    uint32_t left_out, left_out_lfs, left_out_weights;
};
JK_MUST_USE enum jk_status jk_hub_record_reduce_files(const json_t *object, size_t room,
                                                      struct jk_hub_record_files *files, struct jk_error *error);
/* A file's name as a listing has it, percent-encoded in `room` if need be; false if a listing cannot have it. */
bool jk_hub_record_path(struct jk_span name, struct jk_text *room, struct jk_span *out_path);

/* ---- JSON as RFC 8785 has it ---- */

void jk_canonical_add_string(struct jk_text *out, struct jk_span text);

struct jk_canonical_string {
    struct jk_span raw; /* between the quotes */
    size_t len;         /* bytes of the text that it stands for */
};

/* Reading from the beginning of *rest; false, with nothing taken, if something else is there. The bytes are known to be
 * UTF-8. */
static inline bool jk_canonical_take(struct jk_span *rest, const char *literal)
{
    size_t len = strlen(literal); /* of a literal, when this is compiled */
    if (rest->len < len || memcmp(rest->at, literal, len) != 0) return false;
    *rest = (struct jk_span){rest->at + len, rest->len - len};
    return true;
}
bool jk_canonical_take_string(struct jk_span *rest, struct jk_canonical_string *out_string);
bool jk_canonical_take_number(struct jk_span *rest, uint64_t *out_number);
/* The text, in `room` bytes if it has escapes, else where it is; false if it is longer than `room`. */
bool jk_canonical_text(const struct jk_canonical_string *string, char *room, size_t size, struct jk_span *out_text);
/* Passes over one value: a text, a list or a mapping, of which only the strings are checked. */
bool jk_canonical_pass(struct jk_span *rest);

#endif
