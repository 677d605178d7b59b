/* Search: models whose names contain all words of the text, a publisher, teams, a licence, an entry by its number; for a SHA-256, the
 * release whose lineage hash it is, and the models that have it. */
#include <strings.h>

#include "base/ascii.h"
#include "domain/ident.h"
#include "reply/message.h"
#include "web/pages/begin.h"
#include "web/pages/parameters.h"
#include "web/pages/parts.h"

#define ROWS      50
#define QUERY_MAX 96 /* what ListModels takes */

static void fold_models(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListModelsResponse *response = (const Jokbo__V1__ListModelsResponse *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "models");
    if (!response) return;
    for (size_t i = 0; i < response->n_models; i++)
        jk_part_model(page, list, response->models[i]);
    jk_shown_number(page->view, "list_total", response->total_size);
    jk_shown_string(page->view, "next_page", response->next_page_token);
}

static void fold_licensed(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ListModelsResponse *response = (const Jokbo__V1__ListModelsResponse *)reply;
    if (!response || response->n_models == 0) return;
    struct jk_shown *map = jk_shown_map(page->view, "licensed"), *list = jk_shown_list(map, "licensed_models");
    for (size_t i = 0; i < response->n_models; i++)
        jk_part_model(page, list, response->models[i]);
    jk_shown_number(map, "licensed_total", response->total_size);
}

static void fold_publisher(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__Publisher *publisher = (const Jokbo__V1__Publisher *)reply;
    if (!publisher) return;
    struct jk_shown *map = jk_shown_map(page->view, "found_publisher");
    jk_shown_string(map, "publisher", publisher->name);
    jk_shown_number(map, "model_count", publisher->model_count);
}

static void fold_release(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__Release *release = (const Jokbo__V1__Release *)reply;
    if (!release) return;
    struct jk_shown *map = jk_shown_map(page->view, "found_release");
    jk_shown_string(map, "name", release->model);
    jk_shown_string(map, "version", release->version);
}

static void ask_digest(struct jk_web_page *page, const char *digest)
{
    struct jk_arena *arena = &page->arena;
    Jokbo__V1__GetReleaseRequest *release =
        JK_MESSAGE(arena, Jokbo__V1__GetReleaseRequest, jokbo__v1__get_release_request);
    Jokbo__V1__ListModelsRequest *models =
        JK_MESSAGE(arena, Jokbo__V1__ListModelsRequest, jokbo__v1__list_models_request);
    if (!release || !models) return;
    jk_shown_flag(page->view, "by_digest", true);
    release->which_case = JOKBO__V1__GET_RELEASE_REQUEST__WHICH_LINEAGE_HASH;
    release->lineage_hash = models->sha256 = jk_web_page_string(page, jk_span_of(digest));
    models->include_yanked = true;
    models->page_size = ROWS;
    models->page_token = jk_web_page_string(page, jk_web_page_parameter(page, "after"));
    jk_web_page_ask_maybe(page, "/jokbo.v1.Registry/GetRelease", release, fold_release);
    jk_web_page_blame_token(page, "after");
    jk_web_page_ask(page, "/jokbo.v1.Registry/ListModels", models, fold_models);
    page->blame = NULL;
}

static struct jk_span without_start(struct jk_span text, struct jk_span start)
{
    bool has = jk_span_starts_fold(text, start);
    return has ? (struct jk_span){text.at + start.len, text.len - start.len} : text;
}

/* The name of a model on the Hub, if that is what an address is of. */
static struct jk_span name_on_hub(struct jk_web_page *page, struct jk_span address)
{
    struct jk_text canonical;
    jk_text_init(&canonical, 4 * JK_PAGE_TEXT_MAX);
    struct jk_span name = address, host, id;
    if (jk_ident_external_from(address, &canonical)) {
        struct jk_span rest = jk_text_span(&canonical);
        bool respelled = jk_ident_is_hub_respelled(rest, &id);
        (void)jk_span_cut(&rest, '/', &host);
        if (respelled || jk_span_equal(host, JK_SPAN("huggingface.co")))
            name = jk_span_of(jk_web_page_string(page, rest));
    }
    jk_text_done(&canonical);
    return name;
}

/* What is meant by a text as people paste it: a model's address on the Hub and a release of it are its name, "#7" is entry 7,
 * and a line of sha256sum is the digest that it begins with. */
static struct jk_span what_is_meant(struct jk_web_page *page, struct jk_span text)
{
    struct jk_span name;
    text = jk_span_trim(text);
    text = without_start(without_start(text, JK_SPAN("sha256:")), JK_SPAN("#"));
    if (text.len > JK_DIGEST_HEX && text.at[JK_DIGEST_HEX] == ' ') text.len = JK_DIGEST_HEX;
    if (text.len == 0 || !memchr(text.at, '/', text.len)) return text;
    (void)jk_span_cut(&text, '@', &name);
    return name_on_hub(page, name);
}

/* A SHA-256 as programs print it, in either case: in lower case; NULL: it is none. */
static const char *digest_asked(struct jk_web_page *page, struct jk_span text)
{
    struct jk_digest digest;
    char *lower = jk_web_page_string(page, text);
    for (char *c = lower; c && *c; c++)
        *c = jk_ascii_to_lower(*c);
    return lower && jk_digest_parse(jk_span_of(lower), &digest) && !jk_digest_is_zero(&digest) ? lower : NULL;
}

/* Between words it is all the same what stands there: names have no spaces, and the method takes a space as that. */
static char *words_of(struct jk_web_page *page, struct jk_span text)
{
    char *words = jk_web_page_string(page, text);
    for (char *c = words; c && *c; c++)
        if (strchr("-_./", *c)) *c = ' ';
    return words;
}

static void ask_models(struct jk_web_page *page, struct jk_span text)
{
    struct jk_arena *arena = &page->arena;
    Jokbo__V1__ListModelsRequest *named =
        JK_MESSAGE(arena, Jokbo__V1__ListModelsRequest, jokbo__v1__list_models_request);
    Jokbo__V1__ListModelsRequest *licensed =
        JK_MESSAGE(arena, Jokbo__V1__ListModelsRequest, jokbo__v1__list_models_request);
    if (!named || !licensed) return;
    named->name_contains = words_of(page, text);
    named->include_yanked = licensed->include_yanked = true; /* as a publisher's number of models does */
    licensed->license = jk_part_license(page, text);
    named->page_size = ROWS;
    named->page_token = jk_web_page_string(page, jk_web_page_parameter(page, "after"));
    licensed->page_size = ROWS / 5;
    jk_web_page_blame_token(page, "after");
    jk_web_page_ask_maybe(page, "/jokbo.v1.Registry/ListModels", named, fold_models);
    page->blame = NULL;
    jk_web_page_ask_maybe(page, "/jokbo.v1.Registry/ListModels", licensed, fold_licensed);
}

static bool team_has(const struct jk_web_page_team *team, const char *word)
{
    return strcasestr(team->id, word) || strcasestr(team->name, word) || strcasestr(team->other_name, word);
}

static bool team_has_all(struct jk_web_page *page, const struct jk_web_page_team *team, struct jk_span words)
{
    struct jk_span word;
    while (words.len > 0) {
        (void)jk_span_cut(&words, ' ', &word);
        const char *one = jk_web_page_string(page, word);
        if (!one || !team_has(team, one)) return false;
    }
    return true;
}

static void find_teams(struct jk_web_page *page, struct jk_span text)
{
    struct jk_shown *list = jk_shown_list(page->view, "found_teams");
    const char *words = words_of(page, text);
    for (size_t i = 0; words && i < page->teams->count; i++)
        if (team_has_all(page, &page->teams->rows[i], jk_span_trim(jk_span_of(words))))
            (void)jk_part_team(page, list, NULL, page->teams->rows[i].id);
}

static void begin_search(struct jk_web_page *page)
{
    struct jk_arena *arena = &page->arena;
    struct jk_span asked = jk_web_page_parameter(page, "q"), text = what_is_meant(page, asked);
    uint64_t number;
    jk_shown_text(page->view, "q", asked);
    if (text.len == 0) return;
    if (text.len > QUERY_MAX) {
        jk_web_page_refuse(page, "q", asked, "parameter.query", JK_SPAN(""));
        return;
    }
    struct jk_text encoded;
    jk_text_init(&encoded, 4 * JK_PAGE_TEXT_MAX);
    jk_percent_encode(&encoded, asked, "&+#=?/'\"<>", true);
    jk_shown_text(page->view, "q_url", jk_text_span(&encoded));
    jk_text_done(&encoded);
    if (jk_span_to_u64(text, &number) && number < (uint64_t)page->log.size)
        jk_shown_text(page->view, "found_entry", text);
    const char *digest = digest_asked(page, text);
    if (digest) {
        ask_digest(page, digest);
        return;
    }
    find_teams(page, text);
    Jokbo__V1__GetPublisherRequest *publisher =
        JK_MESSAGE(arena, Jokbo__V1__GetPublisherRequest, jokbo__v1__get_publisher_request);
    if (!publisher) return;
    publisher->name = jk_web_page_string(page, text);
    jk_web_page_ask_maybe(page, "/jokbo.v1.Registry/GetPublisher", publisher, fold_publisher);
    ask_models(page, text);
}

void jk_web_page_search(struct jk_web_page *page)
{
    jk_part_ask_teams(page, begin_search);
}
