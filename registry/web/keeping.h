/* How long an answer below "/v1/" may be kept, and the tag by which a client asks whether it has changed. Pure.
 *
 * A tag is W/"<log size>-<form>-<16 hex digits of the body's SHA-256>": the form is j (JSON) or c (CSV). An answer that
 * follows from the log alone is the same as long as the log's size is, so its tag is compared before the work is done;
 * of others after it. An answer as of a log size that can never change may be kept for good; so may one as of a time, once
 * the log has an entry that is not earlier, as then all that are earlier are there. What holds texts that can be
 * withdrawn, or depends on time or private records, is neither. */
#ifndef JK_WEB_KEEPING_H
#define JK_WEB_KEEPING_H

#include <protobuf-c/protobuf-c.h>

#include "base/span.h"

#define JK_TAG_TEXT 48

struct jk_keeping {
    bool fixed;       /* it never changes */
    bool follows;     /* it changes only when the log grows */
    bool timed;       /* it never changes once the log's newest entry is no earlier than … */
    int64_t until_us; /* … this */
};

/* `method`: its path. */
struct jk_keeping jk_keeping_of(const char *method, const ProtobufCMessage *request);
/* Makes one that is `timed` fixed, or not, by the time of the newest entry that is in the log. */
void jk_keeping_settle(struct jk_keeping *keeping, int64_t newest_us);
/* The Cache-Control of an answer. */
const char *jk_keeping_cache(const struct jk_keeping *keeping);
/* `message`: the reply, whose log size the tag has (0 if it states none); NULL: what depends on no log. */
void jk_keeping_tag(const ProtobufCMessage *message, bool csv, struct jk_span body, char out_tag[JK_TAG_TEXT]);
/* Whether an If-None-Match is one tag of this log size and form; out: the tag, as it is to be sent again. */
bool jk_keeping_same(struct jk_span if_none_match, uint64_t log_size, bool csv, char out_tag[JK_TAG_TEXT]);

#endif
