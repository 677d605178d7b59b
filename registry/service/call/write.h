/* A write on its way through the sequencer: connects a call with struct jk_write, request_id, stored replies,
 * validate_only and the answer. A method only supplies the function that decides. */
#ifndef JK_SERVICE_CALL_WRITE_H
#define JK_SERVICE_CALL_WRITE_H

#include "service/call/services.h"

struct jk_change;
/* Runs on the sequencer: checks, appends through `turn`, and sets *out_reply (in the call's arena). */
typedef enum jk_status jk_decide_fn(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply);
/* The same for a change that makes one entry: sets change->entry. */
typedef enum jk_status jk_enter_fn(struct jk_change *change, struct jk_turn *turn);
/* The reply about change->entry, as of the log size just after it: made anew if the request is repeated. */
typedef enum jk_status jk_tell_fn(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply);

/* Completes the packed reply, change->write.reply, by what is known only after the commit; not called for a write that
 * only checks. It may take a view. */
typedef void jk_complete_fn(struct jk_change *change);

struct jk_change {
    struct jk_write write; /* first */
    struct jk_call *call;
    jk_decide_fn *decide; /* or: */
    jk_enter_fn *enter;
    jk_tell_fn *tell;
    jk_complete_fn *complete; /* NULL: nothing to complete */
    uint32_t entry;           /* JK_NONE: none yet. May be an identical entry that already existed */
    uint32_t published;       /* what the reply says about it, now and when repeated */
    uint32_t tree_size;       /* when repeated: the tree of the original receipt; 0: the newest */
    struct jk_span statement; /* hashed for it, if it has one and is new */
    bool uncounted;           /* by the account's quota, if it makes no entry: another counts it, or none */
    void *input;              /* what the method prepared on the rpc thread */
    bool spent;               /* of the account's quota, for `spent_entries` entries at that time */
    uint32_t spent_entries;
    int64_t spent_us;
};

/* Reads request_id and validate_only by descriptor, sends the change to the sequencer, and finally answers the call.
 * Call it last: the call may be gone when it returns. */
void jk_change_submit(struct jk_call *call, jk_decide_fn *decide, void *input);
/* The same, with a reply that the commit completes, now and when it is repeated. */
void jk_change_submit_completed(struct jk_call *call, jk_decide_fn *decide, jk_complete_fn *complete, void *input);
/* For a change that makes one entry. Its reply has the fields receipt and published_size, which are filled in after the
 * commit; a refusal with ALREADY_EXISTS and change->entry set gets the receipt among its facts. */
void jk_change_submit_entry(struct jk_call *call, jk_enter_fn *enter, jk_tell_fn *tell, void *input);
/* The current size of the turn's book, including speculative entries: the size for presenting a reply. */
static inline uint32_t jk_turn_size(const struct jk_turn *turn)
{
    return jk_book_size(turn->book);
}
/* Log index for a reply: 0 if nothing will be written. */
static inline int64_t jk_change_index(const struct jk_change *change, uint32_t index)
{
    return change->write.dry ? 0 : (int64_t)index;
}
static inline int64_t jk_change_size(const struct jk_change *change, const struct jk_turn *turn)
{
    return change->write.dry ? 0 : (int64_t)jk_turn_size(turn);
}

#endif
