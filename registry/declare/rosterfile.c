/* Reading the roster. Every reader takes the keys that it knows and reports all others, so that a misspelt key is never
 * silently ignored. */
#include "declare/rosterfile.h"

#include "declare/yaml.h"
#include "domain/ident.h"
#include "reply/json.h"

struct reader {
    struct jk_arena *arena;
    struct jk_error *error;
    Jokbo__V1__ApplyRosterRequest *request;
};

static void mistake(struct reader *reader, const char *field, const struct jk_yaml *node, const char *what)
{
    char shown[128];
    jk_text_shorten(jk_yaml_text(node), shown, sizeof shown);
    jk_error_field(reader->error, field, "line %u: \"%s\" %s", node->line, shown, what);
}

static char *copy_text(struct reader *reader, struct jk_span text)
{
    char *copy = jk_arena_copy(reader->arena, text.at, text.len);
    if (!copy) (void)jk_out_of_memory(reader->error);
    return copy ? copy : (char *)"";
}

static void *new_list(struct reader *reader, size_t count, size_t size)
{
    void *list = jk_arena_zalloc(reader->arena, count + 1, size);
    if (!list) (void)jk_out_of_memory(reader->error);
    return list;
}

/* A scalar member's text, "" where absent or "unknown". */
static char *text_member(struct reader *reader, const struct jk_yaml *node, const char *key, const char *field)
{
    const struct jk_yaml *member = jk_yaml_member(node, key);
    if (member && member->kind != JK_YAML_SCALAR)
        jk_error_field(reader->error, field, "line %u: %s must be one value", member->line, key);
    struct jk_span text = jk_yaml_text(member);
    return jk_span_equal(text, JK_SPAN("unknown")) ? (char *)"" : copy_text(reader, text);
}

static void check_keys(struct reader *reader, const struct jk_yaml *node, const char *field, const char *const *known)
{
    for (const struct jk_yaml *child = node->first; child; child = child->next) {
        size_t i = 0;
        while (known[i] && !jk_span_equal(child->key, jk_span_of(known[i])))
            i++;
        if (known[i]) continue;
        char shown[128];
        jk_text_shorten(child->key, shown, sizeof shown);
        jk_error_field(reader->error, field, "line %u: the key \"%s\" is not known", child->line, shown);
    }
}

/* Absent or "unknown": NULL. */
static Google__Protobuf__Timestamp *date_member(struct reader *reader, const struct jk_yaml *node, const char *key,
                                                const char *field)
{
    const struct jk_yaml *member = jk_yaml_member(node, key);
    struct jk_span text = jk_yaml_text(member);
    int64_t time_us;
    if (text.len == 0 || jk_span_equal(text, JK_SPAN("unknown"))) return NULL;
    if (!jk_time_parse(text, &time_us)) {
        mistake(reader, field, member, "is no date: write it as \"2025-08-04\", or as a time with its offset");
        return NULL;
    }
    Google__Protobuf__Timestamp *time = new_list(reader, 1, sizeof *time);
    if (time) jk_json_time_set(time_us, time);
    return time;
}

static bool bool_member(struct reader *reader, const struct jk_yaml *node, const char *key, const char *field,
                        bool otherwise)
{
    const struct jk_yaml *member = jk_yaml_member(node, key);
    struct jk_span text = jk_yaml_text(member);
    if (jk_yaml_is_null(member)) return otherwise;
    if (jk_span_equal(text, JK_SPAN("true"))) return true;
    if (!jk_span_equal(text, JK_SPAN("false"))) mistake(reader, field, member, "must be true or false");
    return false;
}

static bool is_kind(struct reader *reader, const struct jk_yaml *node, enum jk_yaml_kind kind, const char *field,
                    const char *what)
{
    if (jk_yaml_is_null(node)) return false;
    if (node->kind == kind) return true;
    jk_error_field(reader->error, field, "line %u: %s", node->line, what);
    return false;
}

static Jokbo__V1__Affiliation *read_affiliation(struct reader *reader, const struct jk_yaml *node)
{
    static const char *const keys[] = {"name", "from", "until", NULL};
    Jokbo__V1__Affiliation *affiliation = new_list(reader, 1, sizeof *affiliation);
    if (!affiliation) return NULL;
    jokbo__v1__affiliation__init(affiliation);
    if (node->kind == JK_YAML_SCALAR) {
        affiliation->institution = copy_text(reader, jk_yaml_text(node));
    } else if (is_kind(reader, node, JK_YAML_MAPPING, "teams.affiliates",
                       "an affiliate is a name, or {name, from, until}")) {
        check_keys(reader, node, "teams.affiliates", keys);
        affiliation->institution = text_member(reader, node, "name", "teams.affiliates");
        affiliation->from_time = date_member(reader, node, "from", "teams.affiliates");
        affiliation->until_time = date_member(reader, node, "until", "teams.affiliates");
    }
    if (!affiliation->institution[0])
        jk_error_field(reader->error, "teams.affiliates", "line %u: the name is missing", node->line);
    return affiliation;
}

static void read_affiliates(struct reader *reader, const struct jk_yaml *list, Jokbo__V1__Team *team)
{
    if (!is_kind(reader, list, JK_YAML_SEQUENCE, "teams.affiliates", "affiliates must be a list")) return;
    team->affiliations = new_list(reader, list->count, sizeof *team->affiliations);
    if (!team->affiliations) return;
    for (const struct jk_yaml *item = list->first; item; item = item->next) {
        Jokbo__V1__Affiliation *affiliation = read_affiliation(reader, item);
        if (affiliation) team->affiliations[team->n_affiliations++] = affiliation;
    }
}

static void check_publisher(struct reader *reader, const struct jk_yaml *node, const char *field, struct jk_span name)
{
    const char *fault = jk_ident_part_fault(name);
    char shown[128];
    jk_text_shorten(name, shown, sizeof shown);
    if (fault) jk_error_field(reader->error, field, "line %u: publisher \"%s\" %s", node->line, shown, fault);
}

static void read_publishers(struct reader *reader, const struct jk_yaml *list, Jokbo__V1__Team *team)
{
    if (!is_kind(reader, list, JK_YAML_SEQUENCE, "teams.publishers", "publishers must be a list")) return;
    team->publishers = new_list(reader, list->count, sizeof *team->publishers);
    if (!team->publishers) return;
    for (const struct jk_yaml *item = list->first; item; item = item->next) {
        check_publisher(reader, item, "teams.publishers", jk_yaml_text(item));
        team->publishers[team->n_publishers++] = copy_text(reader, jk_yaml_text(item));
    }
}

/* One publisher that an institution operates: a name, or {name, from, until}. */
static void read_operation(struct reader *reader, struct jk_span institution, const struct jk_yaml *node)
{
    static const char *const keys[] = {"name", "from", "until", NULL};
    Jokbo__V1__Operation *operation = new_list(reader, 1, sizeof *operation);
    Jokbo__V1__ApplyRosterRequest *request = reader->request;
    if (!operation || request->n_operations >= JK_ROSTER_ITEMS_MAX) return;
    jokbo__v1__operation__init(operation);
    operation->institution = copy_text(reader, institution);
    operation->publisher = copy_text(reader, jk_yaml_text(node));
    if (node->kind == JK_YAML_MAPPING) {
        check_keys(reader, node, "teams.operates", keys);
        operation->publisher = text_member(reader, node, "name", "teams.operates");
        operation->from_time = date_member(reader, node, "from", "teams.operates");
        operation->until_time = date_member(reader, node, "until", "teams.operates");
    }
    check_publisher(reader, node, "teams.operates", jk_span_of(operation->publisher));
    request->operations[request->n_operations++] = operation;
}

static void read_operates(struct reader *reader, const struct jk_yaml *map)
{
    if (!is_kind(reader, map, JK_YAML_MAPPING, "teams.operates", "operates must be {institution: [publishers]}"))
        return;
    for (const struct jk_yaml *institution = map->first; institution; institution = institution->next) {
        if (!is_kind(reader, institution, JK_YAML_SEQUENCE, "teams.operates",
                     "an institution's publishers must be a list"))
            continue;
        for (const struct jk_yaml *item = institution->first; item; item = item->next)
            read_operation(reader, institution->key, item);
    }
}

static Jokbo__V1__Team *read_team(struct reader *reader, const struct jk_yaml *node)
{
    static const char *const keys[] = {"id",   "name",       "name_ko",  "publishers", "joined",
                                       "left", "affiliates", "operates", NULL};
    Jokbo__V1__Team *team = new_list(reader, 1, sizeof *team);
    if (!team || !is_kind(reader, node, JK_YAML_MAPPING, "teams", "a team must be a mapping")) return NULL;
    jokbo__v1__team__init(team);
    check_keys(reader, node, "teams", keys);
    team->id = text_member(reader, node, "id", "teams");
    team->name = text_member(reader, node, "name", "teams");
    team->name_ko = text_member(reader, node, "name_ko", "teams");
    const char *fault = jk_ident_team_fault(jk_span_of(team->id));
    if (fault) jk_error_field(reader->error, "teams.id", "line %u: the id %s", node->line, fault);
    if (!team->name[0]) jk_error_field(reader->error, "teams.name", "line %u: the name is missing", node->line);
    team->join_time = date_member(reader, node, "joined", "teams.joined");
    team->leave_time = date_member(reader, node, "left", "teams.left");
    read_publishers(reader, jk_yaml_member(node, "publishers"), team);
    read_affiliates(reader, jk_yaml_member(node, "affiliates"), team);
    read_operates(reader, jk_yaml_member(node, "operates"));
    return team;
}

static Jokbo__V1__Answer read_answer(struct reader *reader, const struct jk_yaml *node)
{
    int value = JOKBO__V1__ANSWER__ANSWER_UNKNOWN;
    struct jk_span text = jk_yaml_text(node);
    if (text.len == 0) return JOKBO__V1__ANSWER__ANSWER_UNKNOWN;
    if (!jk_json_enum_parse(&jokbo__v1__answer__descriptor, copy_text(reader, text), &value))
        mistake(reader, "base_models.from_scratch", node, "must be \"yes\", \"no\" or \"unknown\"");
    return (Jokbo__V1__Answer)value;
}

static Jokbo__V1__BaseModelFacts *read_facts(struct reader *reader, const struct jk_yaml *node)
{
    Jokbo__V1__BaseModelFacts *facts = new_list(reader, 1, sizeof *facts);
    if (!facts) return NULL;
    jokbo__v1__base_model_facts__init(facts);
    facts->team = text_member(reader, node, "team", "base_models.team");
    facts->programme = bool_member(reader, node, "programme", "base_models.programme", false);
    facts->from_scratch = read_answer(reader, jk_yaml_member(node, "from_scratch"));
    facts->built_on = text_member(reader, node, "built_on", "base_models.built_on");
    facts->released = text_member(reader, node, "released", "base_models.released");
    facts->parameters = text_member(reader, node, "parameters", "base_models.parameters");
    facts->listed = bool_member(reader, node, "listed", "base_models.listed", true);
    return facts;
}

static Jokbo__V1__RosterModel *read_model(struct reader *reader, const struct jk_yaml *node)
{
    static const char *const keys[] = {"name",     "team",    "programme",  "from_scratch", "built_on",
                                       "released", "license", "parameters", "listed",       NULL};
    Jokbo__V1__RosterModel *model = new_list(reader, 1, sizeof *model);
    if (!model || !is_kind(reader, node, JK_YAML_MAPPING, "base_models", "a base model must be a mapping")) return NULL;
    jokbo__v1__roster_model__init(model);
    check_keys(reader, node, "base_models", keys);
    model->name = text_member(reader, node, "name", "base_models.name");
    const char *fault = jk_ident_model_fault(jk_span_of(model->name));
    if (fault) jk_error_field(reader->error, "base_models.name", "line %u: the name %s", node->line, fault);
    model->license = text_member(reader, node, "license", "base_models.license");
    if (!model->license[0]) model->license = (char *)"NOASSERTION";
    model->facts = read_facts(reader, node);
    if (model->facts && !model->facts->team[0])
        jk_error_field(reader->error, "base_models.team", "line %u: the team is missing", node->line);
    return model;
}

static void read_teams(struct reader *reader, const struct jk_yaml *list)
{
    Jokbo__V1__ApplyRosterRequest *request = reader->request;
    if (!is_kind(reader, list, JK_YAML_SEQUENCE, "teams", "teams must be a list")) return;
    request->teams = new_list(reader, list->count, sizeof *request->teams);
    if (!request->teams) return;
    for (const struct jk_yaml *item = list->first; item; item = item->next) {
        Jokbo__V1__Team *team = read_team(reader, item);
        if (team) request->teams[request->n_teams++] = team;
    }
}

static void read_models(struct reader *reader, const struct jk_yaml *list)
{
    Jokbo__V1__ApplyRosterRequest *request = reader->request;
    if (!is_kind(reader, list, JK_YAML_SEQUENCE, "base_models", "base_models must be a list")) return;
    request->models = new_list(reader, list->count, sizeof *request->models);
    if (!request->models) return;
    for (const struct jk_yaml *item = list->first; item; item = item->next) {
        Jokbo__V1__RosterModel *model = read_model(reader, item);
        if (model) request->models[request->n_models++] = model;
    }
}

static void check_size(struct reader *reader)
{
    const Jokbo__V1__ApplyRosterRequest *request = reader->request;
    size_t items = request->n_teams + request->n_operations + request->n_models + request->n_licenses;
    for (size_t i = 0; i < request->n_teams; i++)
        items += request->teams[i]->n_affiliations + request->teams[i]->n_publishers;
    if (items > JK_ROSTER_ITEMS_MAX)
        jk_error_field(reader->error, "roster",
                       "it has %zu items, and at most 2,000 are allowed at once: split the file", items);
}

enum jk_status jk_roster_parse(struct jk_span yaml, struct jk_arena *arena, Jokbo__V1__ApplyRosterRequest *request,
                               const char **out_note, struct jk_error *error)
{
    static const char *const keys[] = {"teams", "base_models", "stages", NULL};
    struct reader reader = {arena, error, request};
    struct jk_error fault;
    const struct jk_yaml *root;
    jk_error_init(&fault, NULL);
    *out_note = NULL;
    if (jk_yaml_parse(yaml, 1, arena, &root, &fault) != JK_OK)
        jk_error_field(error, "roster", "%s", fault.message);
    else if (!root || root->kind != JK_YAML_MAPPING)
        jk_error_field(error, "roster", "it must be a mapping with teams and base_models");
    if (jk_error_is_set(error)) return jk_error_result(error);
    check_keys(&reader, root, "roster", keys);
    request->operations = new_list(&reader, JK_ROSTER_ITEMS_MAX, sizeof *request->operations);
    if (request->operations) read_teams(&reader, jk_yaml_member(root, "teams"));
    read_models(&reader, jk_yaml_member(root, "base_models"));
    check_size(&reader);
    if (jk_yaml_member(root, "stages")) *out_note = "stages are not part of the roster: they were ignored";
    return jk_error_result(error);
}

static char **split_forms(struct reader *reader, struct jk_span text, size_t *out_count)
{
    struct jk_span rest = text, form;
    size_t room = 1, count = 0;
    for (size_t i = 0; i < text.len; i++)
        room += text.at[i] == '|';
    char **forms = new_list(reader, room, sizeof *forms);
    while (forms && rest.len > 0) {
        (void)jk_span_cut(&rest, '|', &form);
        form = jk_span_trim(form);
        if (form.len > 0) forms[count++] = copy_text(reader, form);
    }
    *out_count = count;
    return forms;
}

static Jokbo__V1__Permission read_permission(struct reader *reader, struct jk_span word, unsigned line)
{
    static const char *const words[] = {"NO", "UNKNOWN", "CONDITIONAL", "YES"};
    char shown[128];
    for (int i = 0; i < 4; i++)
        if (jk_span_equal(word, jk_span_of(words[i]))) return (Jokbo__V1__Permission)(i + 1);
    jk_text_shorten(word, shown, sizeof shown);
    jk_error_field(reader->error, "licenses", "line %u: \"%s\" must be NO, UNKNOWN, CONDITIONAL or YES", line, shown);
    return JOKBO__V1__PERMISSION__PERMISSION_UNSPECIFIED;
}

static Jokbo__V1__LicenseFacts *read_license_line(struct reader *reader, struct jk_span line, unsigned number)
{
    struct jk_span fields[5] = {{0}};
    Jokbo__V1__LicenseFacts *facts = new_list(reader, 1, sizeof *facts);
    if (!facts) return NULL;
    for (size_t i = 0; i < 5; i++)
        (void)jk_span_cut(&line, '\t', &fields[i]);
    for (size_t i = 0; i < 5; i++)
        fields[i] = jk_span_trim(fields[i]);
    jokbo__v1__license_facts__init(facts);
    facts->license = copy_text(reader, fields[0]);
    facts->commercial = read_permission(reader, fields[1], number);
    facts->derivatives = read_permission(reader, fields[2], number);
    facts->redistribution = read_permission(reader, fields[3], number);
    facts->name_forms = split_forms(reader, fields[4], &facts->n_name_forms);
    return facts;
}

enum jk_status jk_roster_parse_licenses(struct jk_span tsv, struct jk_arena *arena,
                                        Jokbo__V1__ApplyRosterRequest *request, struct jk_error *error)
{
    struct reader reader = {arena, error, request};
    struct jk_span rest = tsv, line;
    if (!jk_utf8_valid(tsv)) jk_error_field(error, "licenses", "the file is not UTF-8");
    if (jk_error_is_set(error)) return jk_error_result(error);
    request->licenses = new_list(&reader, JK_ROSTER_ITEMS_MAX, sizeof *request->licenses);
    for (unsigned number = 1; request->licenses && jk_span_line(&rest, &line); number++) {
        struct jk_span trimmed = jk_span_trim(line);
        if (trimmed.len == 0 || trimmed.at[0] == '#') continue;
        if (request->n_licenses == JK_ROSTER_ITEMS_MAX) {
            jk_error_field(error, "licenses", "line %u: more than 2,000 licences", number);
            break;
        }
        Jokbo__V1__LicenseFacts *facts = read_license_line(&reader, line, number);
        if (facts) request->licenses[request->n_licenses++] = facts;
    }
    return jk_error_result(error);
}
