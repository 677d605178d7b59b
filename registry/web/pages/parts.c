#include "web/pages/parts.h"

#include <jokbo/v1/registry.pb-c.h>
#include <stdio.h>

#include "domain/reason.h"
#include "domain/spdx.h"
#include "reply/json.h"
#include "reply/message.h"

#define ACCENTS 8 /* in site.css and patterns.mustache */
#define ROOTS   4 /* base models shown of a publisher in a ranking */

void jk_part_time_us(struct jk_shown *map, const char *key, int64_t time_us)
{
    char iso[JK_TIME_TEXT], moment[JK_MOMENT_TEXT];
    struct jk_shown *time = jk_shown_map(map, key);
    jk_time_format(time_us, iso);
    jk_time_format_moment(time_us, moment);
    jk_shown_string(time, "iso", iso);
    jk_shown_text(time, "kst", (struct jk_span){moment, strlen("2026-08-01 00:00")});
    jk_shown_text(time, "day", (struct jk_span){moment, strlen("2026-08-01")});
    bool same_day = memcmp(iso, moment, strlen("2026-08-01")) == 0;
    const char *day = same_day ? "" : iso + strlen("2026-");
    jk_shown_printf(time, "utc", "%.5s%s%.5s UTC", day, same_day ? "" : " ", iso + strlen("2026-08-01T"));
}

void jk_part_time(struct jk_shown *map, const char *key, const Google__Protobuf__Timestamp *time)
{
    if (time) jk_part_time_us(map, key, jk_json_time_us(time));
}

void jk_part_word(struct jk_web_page *page, struct jk_shown *map, const char *key, const char *prefix,
                  const ProtobufCEnumDescriptor *type, int value)
{
    char word[JK_JSON_WORD], wanted[2 * JK_JSON_WORD];
    const char *found = jk_json_enum_word(type, value, word);
    if (!found[0]) return;
    (void)snprintf(wanted, sizeof wanted, "%s.%s", prefix, found);
    const struct jk_word *text = jk_words_find(&page->site->words, jk_span_of(wanted));
    jk_shown_text(map, key, text ? text->text[page->language] : jk_span_of(found)); /* a newer server's word as it is */
}

void jk_part_share(struct jk_shown *map, const char *key, int64_t part, int64_t whole)
{
    int64_t hundredths = whole > 0 ? part * 10000 / whole : 0;
    jk_shown_printf(map, key, "%lld.%02lld%%", (long long)(hundredths / 100), (long long)(hundredths % 100));
}

void jk_part_url(struct jk_shown *row, const char *key, const char *value)
{
    struct jk_text encoded;
    jk_text_init(&encoded, 4096);
    jk_percent_encode(&encoded, jk_span_of(value), "&+#=?/", true);
    jk_shown_text(row, key, jk_text_span(&encoded));
    jk_text_done(&encoded);
}

void jk_part_pair(struct jk_text *query, const char *key, struct jk_span value)
{
    jk_text_addf(query, "&%s=", key);
    jk_percent_encode(query, value, "&+#=?/", true);
}

/* ---- teams ---- */

struct teams_state {
    struct jk_web_page_teams teams;
    void (*then)(struct jk_web_page *page);
};

static void fold_teams(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListTeamsResponse *list = (const Jokbo__V1__ListTeamsResponse *)reply;
    struct teams_state *state = page->state;
    struct jk_web_page_team *rows = jk_arena_zalloc(&page->arena, list->n_teams + 1, sizeof *rows);
    for (size_t i = 0; rows && i < list->n_teams; i++) {
        const Jokbo__V1__Team *team = list->teams[i];
        rows[i].id = jk_web_page_string(page, jk_span_of(team->id));
        const char *korean = team->name_ko[0] ? team->name_ko : team->name;
        bool in_korean = page->language == JK_KOREAN;
        rows[i].name = jk_web_page_string(page, jk_span_of(in_korean ? korean : team->name));
        rows[i].other_name = jk_web_page_string(page, jk_span_of(in_korean ? team->name : korean));
        rows[i].left = team->leave_time && jk_json_time_us(team->leave_time) <= page->now_us;
    }
    state->teams = (struct jk_web_page_teams){rows, rows ? list->n_teams : 0};
    page->teams = &state->teams;
    page->state = NULL;
    state->then(page);
}

void jk_part_ask_teams(struct jk_web_page *page, void (*then)(struct jk_web_page *page))
{
    struct teams_state *state = jk_arena_zalloc(&page->arena, 1, sizeof *state);
    Jokbo__V1__ListTeamsRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ListTeamsRequest, jokbo__v1__list_teams_request);
    if (!state || !request) return;
    state->then = then;
    page->state = state;
    request->page_size = 1000;
    jk_web_page_ask(page, "/jokbo.v1.Registry/ListTeams", request, fold_teams);
}

struct jk_shown *jk_part_team(struct jk_web_page *page, struct jk_shown *parent, const char *key, const char *id)
{
    struct jk_shown *map = jk_shown_map(parent, key);
    jk_shown_string(map, "id", id);
    for (size_t i = 0; page->teams && i < page->teams->count; i++) {
        if (strcmp(page->teams->rows[i].id, id) != 0) continue;
        jk_shown_string(map, "team_name", page->teams->rows[i].name);
        jk_shown_printf(map, "accent", "%zu", i % ACCENTS);
        jk_shown_flag(map, "left", page->teams->rows[i].left);
        return map;
    }
    jk_shown_string(map, "team_name", id);
    jk_shown_string(map, "accent", "0");
    return map;
}

void jk_part_reason(struct jk_web_page *page, struct jk_shown *map, const char *key, Jokbo__V1__Reason reason)
{
    char word[JK_JSON_WORD];
    const char *found = jk_json_enum_word(&jokbo__v1__reason__descriptor, (int)reason, word);
    enum jk_reason known;
    if (jk_reason_parse(jk_span_of(found), &known))
        found = page->language == JK_KOREAN ? jk_reason_korean(known) : jk_reason_english(known);
    if (found[0]) jk_shown_string(map, key, found);
}

void jk_part_reasons(struct jk_web_page *page, struct jk_shown *map, Jokbo__V1__ReasonFact *const *facts, size_t count)
{
    struct jk_shown *list = jk_shown_list(map, "reasons");
    for (size_t i = 0; i < count; i++) {
        struct jk_shown *row = jk_shown_map(list, NULL);
        jk_part_reason(page, row, "reason", facts[i]->reason);
        jk_shown_string(row, "fact",
                        page->language == JK_KOREAN && facts[i]->fact_ko[0] ? facts[i]->fact_ko : facts[i]->fact);
        jk_shown_printf(row, "reason_index", "%lld", (long long)facts[i]->log_index);
        jk_shown_flag(row, "has_entry", facts[i]->log_index > 0);
        jk_shown_string(row, "other", facts[i]->other);
    }
}

/* ---- models and groups ---- */

static void add_roots(struct jk_web_page *page, struct jk_shown *row, const Jokbo__V1__Model *model)
{
    struct jk_shown *list = jk_shown_list(row, "roots");
    for (size_t i = 0; i < model->n_roots; i++) {
        struct jk_shown *root = jk_shown_map(list, NULL);
        jk_shown_string(root, "root", model->roots[i]->name);
        jk_shown_number(root, "depth", model->roots[i]->depth);
        jk_shown_flag(root, "adopted", model->roots[i]->adopted);
        (void)jk_part_team(page, root, "team", model->roots[i]->team);
    }
}

void jk_part_name(struct jk_shown *row, const char *name)
{
    struct jk_span short_name = jk_span_of(name), publisher;
    (void)jk_span_cut(&short_name, '/', &publisher);
    jk_shown_string(row, "name", name);
    jk_shown_text(row, "publisher", publisher);
    jk_shown_text(row, "short", short_name);
}

const char *jk_part_policy(struct jk_web_page *page, struct jk_shown *row, const Jokbo__V1__Policy *policy)
{
    const char *name = jk_arena_printf(&page->arena, "%s@%d", policy->name, (int)policy->version);
    if (name) jk_shown_string(row, "policy", name);
    return name;
}

void jk_part_model(struct jk_web_page *page, struct jk_shown *list, const Jokbo__V1__Model *model)
{
    struct jk_shown *row = jk_shown_map(list, NULL);
    jk_part_name(row, model->name);
    jk_shown_printf(row, "index", "%lld", (long long)model->log_index);
    jk_shown_number(row, "index_shown", model->log_index);
    jk_shown_flag(row, "yanked", model->yanked);
    jk_shown_flag(row, "is_base", model->base_facts != NULL);
    jk_part_time(row, "when", model->create_time);
    if (model->release) {
        jk_part_word(page, row, "relation", "relation", &jokbo__v1__relation__descriptor,
                     (int)model->release->relation);
        jk_shown_string(row, "license", model->release->license);
    }
    add_roots(page, row, model);
}

static const char *prefix_of(Jokbo__V1__Grouping grouping)
{
    switch (grouping) {
    case JOKBO__V1__GROUPING__GROUPING_RELATION:
        return "relation";
    case JOKBO__V1__GROUPING__GROUPING_LICENSE_CLASS:
        return "class";
    default:
        return NULL;
    }
}

void jk_part_group_label(struct jk_web_page *page, struct jk_shown *map, const char *label,
                         Jokbo__V1__Grouping grouping, const char *key)
{
    const char *prefix = prefix_of(grouping);
    char wanted[96];
    (void)snprintf(wanted, sizeof wanted, "%s.%s", prefix ? prefix : "", key);
    const struct jk_word *word = prefix ? jk_words_find(&page->site->words, jk_span_of(wanted)) : NULL;
    jk_shown_text(map, label, word ? word->text[page->language] : jk_span_of(key));
}

char *jk_part_license(struct jk_web_page *page, struct jk_span text)
{
    struct jk_span spelt = jk_spdx_spelt(text, &page->arena);
    return spelt.len > 0 ? (char *)(uintptr_t)spelt.at : jk_web_page_string(page, text);
}

void jk_part_groups(struct jk_web_page *page, struct jk_shown *parent, const char *key,
                    const Jokbo__V1__DerivativeCount *count, Jokbo__V1__Grouping grouping)
{
    int64_t most = 0;
    struct jk_shown *list = jk_shown_list(parent, key);
    for (size_t i = 0; i < count->n_groups; i++)
        if (count->groups[i]->grouping == grouping && count->groups[i]->count > most) most = count->groups[i]->count;
    for (size_t i = 0; i < count->n_groups; i++) {
        const Jokbo__V1__CountGroup *group = count->groups[i];
        if (group->grouping != grouping || group->count == 0) continue;
        struct jk_shown *row = jk_shown_map(list, NULL);
        jk_part_group_label(page, row, "label", grouping, group->key);
        jk_part_url(row, "group", group->key);
        jk_shown_number(row, "count", group->count);
        jk_part_share(row, "share", group->count, most);
    }
}

/* The message has a field for each relation, named as the words are. */
void jk_part_relations(struct jk_web_page *page, struct jk_shown *parent, const char *key,
                       const Jokbo__V1__RelationCounts *counts)
{
    const ProtobufCMessageDescriptor *type = &jokbo__v1__relation_counts__descriptor;
    struct jk_shown *list = jk_shown_list(parent, key);
    for (unsigned i = 0; counts && i < type->n_fields; i++) {
        int64_t count = *(const int64_t *)(const void *)((const char *)counts + type->fields[i].offset);
        if (count == 0) continue;
        struct jk_shown *row = jk_shown_map(list, NULL);
        jk_part_group_label(page, row, "label", JOKBO__V1__GROUPING__GROUPING_RELATION, type->fields[i].name);
        jk_shown_string(row, "group", type->fields[i].name);
        jk_shown_number(row, "count", count);
    }
}

static void add_counted_roots(struct jk_web_page *page, struct jk_shown *row, const Jokbo__V1__PublisherCount *count)
{
    struct jk_shown *list = jk_shown_list(row, "roots");
    for (size_t i = 0; i < count->n_roots && i < ROOTS; i++) {
        struct jk_shown *root = jk_shown_map(list, NULL);
        jk_shown_string(root, "root", count->roots[i]->root);
        jk_shown_number(root, "root_count", count->roots[i]->count);
        (void)jk_part_team(page, root, "root_team", count->roots[i]->team);
    }
    if (count->n_roots > ROOTS) jk_shown_number(row, "more_roots", (int64_t)(count->n_roots - ROOTS));
}

void jk_part_publisher_count(struct jk_web_page *page, struct jk_shown *list, const Jokbo__V1__PublisherCount *count,
                             int64_t most)
{
    struct jk_shown *row = jk_shown_map(list, NULL);
    jk_shown_number(row, "place", count->place);
    jk_shown_string(row, "publisher", count->publisher);
    jk_shown_flag(row, "verified", count->verified);
    jk_shown_flag(row, "claimed", count->claimed);
    if (count->team[0]) (void)jk_part_team(page, row, "own_team", count->team);
    jk_shown_number(row, "counted", count->counted);
    jk_part_share(row, "share", count->counted, most);
    jk_part_relations(page, row, "relations", count->relations);
    add_counted_roots(page, row, count);
    jk_part_time(row, "newest", count->newest_time);
}
