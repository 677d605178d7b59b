/* How methods are called over HTTP: what the option google.api.http says in a descriptor set, with each path's template taken
 * apart. Pure. The rules own all that they point to, and are read-only once read, so any thread may use them.
 *
 * A template is a `/` before each segment: a literal of letters, digits and - . _ ~, or a variable, which is {field} for one segment,
 * or {field=*}, or has more of these stars with `/` between, for as many. A `:` and a verb may follow the last. All are GET, or POST
 * with a body that is the request (`body: "*"`), of which a template has no variables. */
#ifndef JK_REPLY_HTTP_RULE_H
#define JK_REPLY_HTTP_RULE_H

#include "base/arena.h"
#include "base/error.h"

#define JK_HTTP_RULES     256 /* paths of all methods */
#define JK_HTTP_SEGMENTS  8   /* of a path */
#define JK_HTTP_VARIABLES 4   /* of a path */

/* A field of the request that takes `count` segments of the path, joined by '/', from `first` on. */
struct jk_http_variable {
    struct jk_span field; /* "name", "scope.base_model" */
    size_t first, count;
};

/* One path of a method. */
struct jk_http_rule {
    const char *method; /* "/jokbo.v1.Registry/GetModel" */
    size_t binding;     /* 0: the method's first path, 1: the second, … */
    const char *template;
    struct jk_span segments[JK_HTTP_SEGMENTS]; /* a literal; empty: any one segment that is not empty */
    size_t segment_count;
    struct jk_span verb; /* after ':' at the path's end; empty: none */
    struct jk_http_variable variables[JK_HTTP_VARIABLES];
    size_t variable_count;
    bool post; /* POST; else GET */
};

struct jk_http_rules {
    struct jk_arena arena;
    struct jk_http_rule rules[JK_HTTP_RULES]; /* in the set's order, a method's beside each other */
    size_t count;
};

/* Takes a template apart; its spans point into it. False where it is not one, or beyond a limit. */
bool jk_http_template_parse(const char *template, struct jk_http_rule *out_rule);
/* The rules of a serialised FileDescriptorSet. DATA_LOSS (BAD_DESCRIPTORS) where it is damaged, has a template that is none, another
 * verb than GET or POST, a POST without such a body, or more rules than the limit. */
JK_MUST_USE enum jk_status jk_http_rules_read(struct jk_span set, struct jk_http_rules *out_rules,
                                              struct jk_error *error);
/* The same, of the set that this program carries. */
JK_MUST_USE enum jk_status jk_http_rules_own(struct jk_http_rules *out_rules, struct jk_error *error);
void jk_http_rules_done(struct jk_http_rules *rules);

#endif
