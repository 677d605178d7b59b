/* A write on its way through the sequencer: ties a call to struct jk_write, with request_id, stored replies,
 * validate_only and the answer. A method gives only the function that decides. */
#ifndef JK_SERVICE_WRITE_H
#define JK_SERVICE_WRITE_H

#include "service/services.h"

struct jk_change {
    struct jk_write write; /* first */
    struct jk_call *call;
    /* Runs on the sequencer: checks, appends through `turn`, and sets *out_reply (in the call's arena). */
    enum jk_status (*decide)(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply);
    void *input; /* what the method prepared on the rpc thread */
};

/* Reads request_id and validate_only by descriptor, and sends the change to the sequencer; answers the call in the end.
 * Call it as the last thing: the call may be gone when it returns. */
void jk_change_submit(struct jk_call *call,
                      enum jk_status (*decide)(struct jk_change *, struct jk_turn *, ProtobufCMessage **), void *input);
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

/* A UUID in its text form (8-4-4-4-12 hexadecimal digits, any case) as 16 bytes; all zero is refused. */
bool jk_uuid_parse(struct jk_span text, unsigned char out_bytes[16]);

#endif
