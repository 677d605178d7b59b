/* See short_list.h. */
#include "service/call/dispatch.h"
#include "service/records/short_list.h"

enum jk_status jk_short_list_begin(struct jk_call *call, struct jk_short_list *out_list)
{
    struct jk_short_list *list = out_list;
    *list = (struct jk_short_list){.call = call};
    JK_TRY(jk_page_read(call, &list->page));
    list->items = jk_pointers(&call->arena, list->page.size);
    if (!list->items) return jk_out_of_memory(&call->error);
    jk_store_view(jk_store_of(call), &list->view);
    uint32_t size = jk_page_log_size_at(&list->page, list->view.size);
    list->present = (struct jk_present){.book = list->view.book,
                                        .directory = jk_store_directory(jk_store_of(call)),
                                        .size = size,
                                        .arena = &call->arena,
                                        .now_us = jk_store_clock_us(jk_store_of(call))};
    return JK_OK;
}

bool jk_short_list_wants(struct jk_short_list *list, uint64_t position)
{
    list->total++;
    if (list->page.resumed && position <= list->page.after) return false;
    list->more = list->count == list->page.size;
    return !list->more;
}

void jk_short_list_take(struct jk_short_list *list, uint64_t position, void *item)
{
    if (!item) return;
    list->items[list->count++] = item;
    list->last = position;
}

char *jk_short_list_token(struct jk_short_list *list)
{
    return list->more ? jk_page_token(list->call, &list->page, list->present.size, list->last)
                      : (char *)protobuf_c_empty_string;
}

void jk_short_list_end(struct jk_short_list *list, enum jk_status status, const ProtobufCMessage *reply)
{
    jk_call_answer(list->call, status, reply);
}
