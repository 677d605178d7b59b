/* A write on its way through the sequencer: ties a call to struct jk_write, with request_id, stored replies,
 * validate_only and the answer. A method gives only the function that decides. */
#ifndef JK_SERVICE_CALL_WRITE_H
#define JK_SERVICE_CALL_WRITE_H

#include "service/call/services.h"

struct jk_change;
/* Runs on the sequencer: checks, appends through `turn`, and sets *out_reply (in the call's arena). */
typedef enum jk_status jk_decide_fn(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply);
/* The same for a change that makes one entry: sets change->entry. */
typedef enum jk_status jk_enter_fn(struct jk_change *change, struct jk_turn *turn);
/* The reply about change->entry, as of the log size just after it: made anew for each repeat of the request. */
typedef enum jk_status jk_tell_fn(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply);

struct jk_change {
    struct jk_write write; /* first */
    struct jk_call *call;
    jk_decide_fn *decide; /* or: */
    jk_enter_fn *enter;
    jk_tell_fn *tell;
    uint32_t entry;           /* JK_NONE: none yet. Also of an identical one that stood there before */
    uint32_t published;       /* what the reply says of it, now and in repeats */
    uint32_t tree_size;       /* of a repeat: the tree that its receipt led to; 0: the newest */
    struct jk_span statement; /* that was hashed for it, where it has one and is new */
    void *input;              /* what the method prepared on the rpc thread */
};

/* Reads request_id and validate_only by descriptor, and sends the change to the sequencer; answers the call in the end.
 * Call it as the last thing: the call may be gone when it returns. */
void jk_change_submit(struct jk_call *call, jk_decide_fn *decide, void *input);
/* For a change that makes one entry. Its reply has the fields receipt and published_size, which are filled in after the
 * commit; a refusal as ALREADY_EXISTS with change->entry set gets the receipt among its facts. */
void jk_change_submit_entry(struct jk_call *call, jk_enter_fn *enter, jk_tell_fn *tell, void *input);
/* The present size of the turn's book, speculative entries included: what to present a reply at. */
static inline uint32_t jk_turn_size(const struct jk_turn *turn)
{
    return jk_book_size(turn->book);
}
/* Log index for a reply: 0 when nothing will be written. */
static inline int64_t jk_change_index(const struct jk_change *change, uint32_t index)
{
    return change->write.dry ? 0 : (int64_t)index;
}
static inline int64_t jk_change_size(const struct jk_change *change, const struct jk_turn *turn)
{
    return change->write.dry ? 0 : (int64_t)jk_turn_size(turn);
}

#endif
