#include "web/pages/frame.h"

#include <inttypes.h>
#include <string.h>

#include "web/pages/parts.h"
#include "web/request.h"

/* The same page in one of the languages: the query without its lang, and the new one. */
static void add_language_link(struct jk_web_page *page, const char *key, enum jk_language language)
{
    struct jk_text url;
    struct jk_span rest = page->query, pair;
    jk_text_init(&url, 4096);
    jk_text_add(&url, page->path);
    jk_text_addf(&url, "?lang=%s", jk_language_tag(language));
    while (rest.len > 0) {
        (void)jk_span_cut(&rest, '&', &pair);
        if (pair.len == 0 || jk_span_starts(pair, JK_SPAN("lang="))) continue;
        jk_text_add_char(&url, '&');
        jk_text_add(&url, pair);
    }
    jk_shown_text(page->view, key, jk_text_span(&url));
    jk_text_done(&url);
}

/* Links keep a language that the URL asks for, since there are no cookies to remember it. */
static void add_languages(struct jk_web_page *page)
{
    struct jk_shown *view = page->view;
    const char *tag = jk_language_tag(page->language);
    bool asked = jk_span_equal(jk_web_page_parameter(page, "lang"), jk_span_of(tag));
    jk_shown_string(view, "lang", tag);
    jk_shown_flag(view, "korean", page->language == JK_KOREAN);
    if (asked) {
        jk_shown_string(view, "ql", page->language == JK_KOREAN ? "?lang=ko" : "?lang=en");
        jk_shown_string(view, "al", page->language == JK_KOREAN ? "&lang=ko" : "&lang=en");
        jk_shown_string(view, "lang_asked", tag);
    }
    add_language_link(page, "in_korean", JK_KOREAN);
    add_language_link(page, "in_english", JK_ENGLISH);
}

/* The page's own feed, and of a feed the page: the paths of teams, base models and publishers have one below them. */
static void add_feed(struct jk_web_page *page)
{
    struct jk_span path = page->path, end = JK_SPAN("/feed.atom");
    if (jk_span_ends(path, end)) {
        path.len -= end.len;
        jk_shown_text(page->view, "html", path.len > 0 ? path : JK_SPAN("/"));
    } else if (page->row && (page->row->shown == JK_SITE_scope || page->row->shown == JK_SITE_publisher)) {
        jk_shown_printf(page->view, "feed", "%.*s/feed.atom", JK_SPAN_ARG(path));
    } else {
        jk_shown_string(page->view, "feed", "/feed.atom");
    }
}

/* For "verify here": where to look for keys that follow from one that the reader knows. */
static void add_key_entries(struct jk_web_page *page)
{
    struct jk_text list;
    jk_text_init(&list, 0);
    for (size_t i = 0; i < page->log.key_count; i++)
        jk_text_addf(&list, "%s%" PRIu32, i > 0 ? " " : "", page->log.key_entries[i]);
    jk_shown_text(page->view, "key_entries", jk_text_span(&list));
    jk_text_done(&list);
}

void jk_web_page_frame(struct jk_web_page *page, bool failed)
{
    struct jk_shown *view = page->view;
    add_languages(page);
    jk_shown_string(view, "assets", page->site->assets_path);
    jk_shown_text(view, "path", page->path);
    add_feed(page);
    jk_shown_number(view, "log_size", page->log.size);
    if (page->log.size > 0) jk_part_time_us(view, "log_time", page->log.time_us);
    add_key_entries(page);
    if (failed) {
        bool missing = page->error.status == JK_NOT_FOUND;
        if (missing && page->row) /* the search is for what was not found */
            jk_shown_text(view, "q", page->variables[page->variables[1].len > 0]);
        jk_shown_text(view, "error_title", jk_web_page_word(page, missing ? "missing.title" : "trouble.title"));
        jk_shown_string(view, "error_message", page->error.message);
        jk_shown_number(view, "error_status", jk_status_http(page->error.status));
    }
    jk_shown_text(view, "title", jk_web_page_word(page, page->row ? page->row->title : "missing.title"));
}
