/* Which method a path calls, by the rules of the interface (reply/http_rule.h), and what it says of the request's fields.
 * Pure. Segments are matched as received, against literals without escapes; what a variable takes is percent-decoded.
 * Limits: as the rules'. */
#ifndef JK_WEB_PATH_H
#define JK_WEB_PATH_H

#include "base/arena.h"
#include "reply/http_rule.h"

struct jk_path_match {
    const struct jk_http_rule *rule;
    struct jk_span segments[JK_HTTP_SEGMENTS]; /* of the path, without the verb */
};

/* The rule for a path ("/v1/models/a/b"); of several the one with most literals. False: none. */
bool jk_path_match(const struct jk_http_rules *rules, struct jk_span path, struct jk_path_match *out_match);
/* What the rule's variable of that place takes, decoded: "a/b". False on a bad escape, or when memory is out (the arena
 * says so). */
bool jk_path_value(const struct jk_path_match *match, size_t variable, struct jk_arena *arena,
                   struct jk_span *out_value);

#endif
