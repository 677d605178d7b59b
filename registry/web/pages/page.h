/* One page being made: from the request over the registry's own methods, which it asks one after the other, to the view
 * that its template is rendered over. A row of pages.def says which template a path has and which function begins it; that
 * one asks (jk_web_page_ask), and each answer is folded into the view by the function named with it, which may ask more. When
 * nothing is left to ask, the page is rendered.
 *
 * Threads: one at a time has the page: the one that begins it, then whichever answers. Limits: a view of 8 MiB, a page of
 * 2 MiB, 96 asks. */
#ifndef JK_WEB_PAGES_PAGE_H
#define JK_WEB_PAGES_PAGE_H

#include <google/protobuf/timestamp.pb-c.h>
#include <protobuf-c/protobuf-c.h>

#include "base/error.h"
#include "web/pages/site.h"

#define JK_PAGE_VARIABLES 2
#define JK_PAGE_TEXT_MAX  512 /* bytes of a value in the query */
#define JK_PAGE_KEYS      32  /* changes of the log's key that pages tell, the last ones */

struct jk_web_page;
struct jk_web_page_blame;
struct jk_web_page_teams;

/* `reply` lives only during the call; NULL if an ask failed that may fail. */
typedef void jk_web_page_fold_fn(struct jk_web_page *page, const ProtobufCMessage *reply);

/* What answers a call: exactly one of reply (OK) and error is not NULL, and both live only during the call. */
typedef void jk_web_page_reply_fn(void *context, const ProtobufCMessage *reply, const struct jk_error *error);

/* How a page reaches the methods: `method` as "/jokbo.v1.Registry/GetModel". `then` runs once, now or later, on any
 * thread. The request lives until then. */
struct jk_web_page_caller {
    void (*call)(void *context, const char *method, const ProtobufCMessage *request, jk_web_page_reply_fn *then,
                 void *then_context);
    void *context;
};

/* What every page says of the log. */
struct jk_web_page_log {
    int64_t size;
    int64_t time_us; /* of its last entry */
    bool demo;
    uint32_t key_entries[JK_PAGE_KEYS]; /* which entries named a new key, in the log's order */
    size_t key_count;
    const char *tag; /* what names of feeds begin with (atom.h); NULL: nothing is known of the log yet */
};

struct jk_web_page_request {
    struct jk_web_page_log log;
    struct jk_span path, query; /* as received, without "?" */
    struct jk_span address;     /* of the site, as "https://host"; empty if it is not known */
    struct jk_span accept_language, if_none_match;
    struct jk_web_page_caller caller;
};

struct jk_web_page_answer {
    int status;
    const char *type;             /* Content-Type */
    const char *cache;            /* Cache-Control */
    const char *language;         /* Content-Language; NULL for none */
    const char *etag;             /* NULL for none */
    const struct jk_error *error; /* what the page is about, if it is an error page; NULL */
    struct jk_text *body;         /* may be taken; empty with 304 */
    bool follows;                 /* a page that follows from the log alone, as far as it is known here */
};

/* Everything in the answer lives only during the call. */
typedef void jk_web_page_done_fn(void *context, const struct jk_web_page_answer *answer);

/* Answers now or later, once. The site and the caller must live until then; the request need not. */
void jk_web_page_serve(const struct jk_site *site, const struct jk_web_page_request *request, jk_web_page_done_fn *done,
                       void *context);

/* ---- for the pages ---- */

struct jk_web_page_ask;

struct jk_web_page {
    const struct jk_site *site;
    enum jk_language language;
    struct jk_arena arena;
    struct jk_shown *view;                       /* the root */
    struct jk_span variables[JK_PAGE_VARIABLES]; /* what the path's * stand for, decoded */
    struct jk_span query;
    const char *type; /* Content-Type where it is not HTML; NULL */
    struct jk_web_page_log log;
    int64_t now_us; /* the log's clock on pages that ask it; elsewhere the time of the last entry */
    struct jk_error error;
    void *state;                           /* the page's own */
    const struct jk_web_page_teams *teams; /* parts.h; NULL until they were asked for */
    const struct jk_web_page_blame
        *blame;               /* parameters.h: of which parameters failures of later asks speak; NULL: none */
    struct jk_shown *refused; /* parameters.h: list of what was wrong in the query; NULL: nothing */
    /* page.c's own */
    const struct jk_web_page_row *row;
    enum jk_site_template shown; /* the row's, or another that the page chose */
    struct jk_web_page_ask *asks, *last_ask;
    unsigned asked;
    bool unchanged; /* the reader has this page already */
    struct jk_web_page_caller caller;
    jk_web_page_done_fn *done;
    void *done_context;
    struct jk_span path, if_none_match;
    char etag[64];
};

/* Asks after everything that was asked before. If it fails the page is an error page with the call's status. */
void jk_web_page_ask(struct jk_web_page *page, const char *method, const void *request, jk_web_page_fold_fn *fold);
/* The same, but if it fails `fold` gets NULL. */
void jk_web_page_ask_maybe(struct jk_web_page *page, const char *method, const void *request,
                           jk_web_page_fold_fn *fold);
/* A parameter of the query, decoded, at most JK_PAGE_TEXT_MAX bytes; empty where it is not given or malformed. */
struct jk_span jk_web_page_parameter(struct jk_web_page *page, const char *name);
/* The same of one that may be given several times: the nth, from 0. */
struct jk_span jk_web_page_parameter_again(struct jk_web_page *page, const char *name, size_t nth);
/* A NUL-terminated copy for requests. */
char *jk_web_page_string(struct jk_web_page *page, struct jk_span text);
struct jk_span jk_web_page_word(const struct jk_web_page *page, const char *key);

/* What of the log's clock a page shows, besides the log itself; 0: nothing. */
#define JK_PAGE_MINUTE 1 /* what stages are open */
#define JK_PAGE_DAY    2 /* at UTC+09:00: when the last seven days began */

/* A row of the table of pages, for page.c. */
struct jk_web_page_row {
    const char *path;  /* with * for a segment */
    const char *title; /* key of a word */
    enum jk_site_template shown;
    void (*begin)(struct jk_web_page *page);
    int clock; /* one of the above, or 0 */
};

#endif
