/* A page over positions 0 … of a short list: the caller asks for each position in turn. The read lock is held from a
 * successful begin until the caller ends the view. One thread. */
#ifndef JK_SERVICE_RECORDS_SHORT_LIST_H
#define JK_SERVICE_RECORDS_SHORT_LIST_H

#include "service/call/page.h"
#include "service/records/present.h"

struct jk_short_list {
    struct jk_call *call;
    struct jk_page page;
    struct jk_view view;
    struct jk_present present;
    void **items;
    size_t count;
    int32_t total;
    uint64_t last;
    bool more;
    uint32_t looks_left; /* for `present`, where the method sets it */
};

/* Takes the read lock on success: jk_store_view_end releases it. */
JK_MUST_USE enum jk_status jk_short_list_begin(struct jk_call *call, struct jk_short_list *out_list);
/* Whether the item at this position belongs on the page. */
bool jk_short_list_wants(struct jk_short_list *list, uint64_t position);
/* NULL, when out of memory, is skipped: the end reports it. */
void jk_short_list_take(struct jk_short_list *list, uint64_t position, void *item);
/* Empty on the last page. */
char *jk_short_list_token(struct jk_short_list *list);
/* Fills the reply, which has the items as `member`, their total, the next page's token, and the log size. */
#define JK_SHORT_LIST_REPLY(list, reply, member)                                                                       \
    do {                                                                                                               \
        (reply)->member = (void *)(list)->items;                                                                       \
        (reply)->n_##member = (list)->count;                                                                           \
        (reply)->total_size = (list)->total;                                                                           \
        (reply)->next_page_token = jk_short_list_token(list);                                                          \
        (reply)->log_size = (list)->present.size;                                                                      \
    } while (0)
/* Answers the call. */
void jk_short_list_end(struct jk_short_list *list, enum jk_status status, const ProtobufCMessage *reply);

#endif
