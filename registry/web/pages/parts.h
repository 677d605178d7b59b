/* Parts that several pages have, added to a view: times, numbers with bars, models in a list, reasons in words. Pure. */
#ifndef JK_WEB_PAGES_PARTS_H
#define JK_WEB_PAGES_PARTS_H

#include <jokbo/v1/evaluation.pb-c.h>
#include <jokbo/v1/registry.pb-c.h>
#include <jokbo/v1/stage.pb-c.h>

#include "web/pages/page.h"

/* A map {iso, kst, day, utc} for the partial `time`, `utc` without the day where that is the same; nothing where absent. */
void jk_part_time(struct jk_shown *map, const char *key, const Google__Protobuf__Timestamp *time);
void jk_part_time_us(struct jk_shown *map, const char *key, int64_t time_us);
/* The word PREFIX.WORD of an enum's value; nothing where it is not given. */
void jk_part_word(struct jk_web_page *page, struct jk_shown *map, const char *key, const char *prefix,
                  const ProtobufCEnumDescriptor *type, int value);
/* What the reason says, in the reader's language; nothing where it is not given. */
void jk_part_reason(struct jk_web_page *page, struct jk_shown *map, const char *key, Jokbo__V1__Reason reason);
/* The reasons why it does not count, as rows {reason, fact, reason_index, has_entry, other} of the list `reasons`. */
void jk_part_reasons(struct jk_web_page *page, struct jk_shown *map, Jokbo__V1__ReasonFact *const *facts, size_t count);
/* A model's name, as {name, publisher, short}. */
void jk_part_name(struct jk_shown *row, const char *name);
/* A policy as one calls it, NAME@VERSION, under `policy`; in the page's arena. NULL: out of memory. */
const char *jk_part_policy(struct jk_web_page *page, struct jk_shown *row, const Jokbo__V1__Policy *policy);
/* As the value of a parameter in a URL. */
void jk_part_url(struct jk_shown *row, const char *key, const char *value);
/* Adds "&key=value" to a query, percent-encoded. */
void jk_part_pair(struct jk_text *query, const char *key, struct jk_span value);
/* share = part of whole in per cent with two decimals, for the width of a bar: "12.34%"; "0%" where whole is 0. */
void jk_part_share(struct jk_shown *map, const char *key, int64_t part, int64_t whole);

/* Teams, their names in the reader's language and their accents, by which all charts tell them apart. */
struct jk_web_page_team {
    char *id;
    char *name;
    char *other_name; /* in the other language of the site, or the same */
    bool left;        /* no longer takes part */
};
struct jk_web_page_teams {
    struct jk_web_page_team *rows;
    size_t count;
};
/* Asks for the teams as page->teams, then goes on with `then`. */
void jk_part_ask_teams(struct jk_web_page *page, void (*then)(struct jk_web_page *page));
/* A map {id, name, accent, left} of a team; one without a name where it is not on the roster. */
struct jk_shown *jk_part_team(struct jk_web_page *page, struct jk_shown *parent, const char *key, const char *id);

/* {name, publisher, model, relation, license, license_class, when, roots, …} of a row in a list. */
void jk_part_model(struct jk_web_page *page, struct jk_shown *list, const Jokbo__V1__Model *model);
/* Groups of a count by a grouping, as rows {label, key, count, share}; `accent` 0 to 7. */
void jk_part_groups(struct jk_web_page *page, struct jk_shown *parent, const char *key,
                    const Jokbo__V1__DerivativeCount *count, Jokbo__V1__Grouping grouping);

/* The same label of one group, by its key. */
void jk_part_group_label(struct jk_web_page *page, struct jk_shown *map, const char *label,
                         Jokbo__V1__Grouping grouping, const char *key);
/* A licence expression as SPDX spells it, in the page's arena; what is none stays as it is. */
char *jk_part_license(struct jk_web_page *page, struct jk_span text);
/* Counts by relation, but for those of which there are none, as rows {label, group, count}. */
void jk_part_relations(struct jk_web_page *page, struct jk_shown *parent, const char *key,
                       const Jokbo__V1__RelationCounts *counts);
/* A publisher in a ranking: {place, publisher, verified, claimed, own_team, counted, share, relations, roots, more_roots, newest};
 * `most`: of the list, which has the longest bar. */
void jk_part_publisher_count(struct jk_web_page *page, struct jk_shown *list, const Jokbo__V1__PublisherCount *count,
                             int64_t most);

#endif
