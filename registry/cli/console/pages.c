/* Lists by descriptor: every list of the interface has page_size, page_token and next_page_token; most have total_size
 * and log_size. */
#include "cli/console/pages.h"

#include "base/check.h"
#include "cli/console/print.h"

#define PAGE_MOST 1000

static void *field_at(ProtobufCMessage *message, const char *name)
{
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
    return field ? (char *)message + field->offset : NULL;
}

uint64_t jk_pages_limit(const struct jk_cli *cli)
{
    return jk_options_count(&cli->options, JK_OPTION_LIMIT, JK_PAGES_DEFAULT);
}

enum jk_status jk_pages_fetch(struct jk_cli *cli, const struct jk_pages *pages, struct jk_list *out_list)
{
    struct jk_list list = {0};
    int32_t *size = field_at(pages->request, "page_size");
    char **token = field_at(pages->request, "page_token");
    bool more = true;
    while (more) {
        ProtobufCMessage *reply;
        uint64_t left = pages->limit > 0 ? pages->limit - list.count : PAGE_MOST;
        *size = left < PAGE_MOST ? (int32_t)left : PAGE_MOST;
        JK_TRY(jk_cli_call(cli, pages->service, pages->method, pages->request, &reply));

        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(reply->descriptor, pages->field);
        JK_CHECK(field && field->label == PROTOBUF_C_LABEL_REPEATED);
        size_t count = *(size_t *)((char *)reply + field->quantifier_offset);
        ProtobufCMessage **items = *(ProtobufCMessage ***)((char *)reply + field->offset);
        if (pages->limit > 0 && count > pages->limit - list.count) count = (size_t)pages->limit - list.count;
        const int32_t *total = field_at(reply, "total_size");
        const int64_t *log_size = field_at(reply, "log_size");
        if (total) list.total = *total;
        const int32_t *revision = field_at(reply, "revision");
        const int64_t *rulings_size = field_at(reply, "rulings_size");
        if (log_size) list.log_size = *log_size;
        if (revision) list.revision = *revision;
        if (rulings_size) list.rulings_size = *rulings_size;
        ProtobufCMessage **grown = jk_arena_zalloc(&cli->arena, list.count + count + 1, sizeof *grown);
        if (!grown)
            return jk_fail(&cli->error, JK_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY",
                           "the list is too long for memory: use --limit");
        if (list.count > 0) memcpy(grown, list.items, list.count * sizeof *grown);
        if (count > 0) memcpy(grown + list.count, items, count * sizeof *grown);
        list.items = grown;
        list.count += count;

        char *const *next = field_at(reply, "next_page_token");
        *token = *next;
        more = (*next)[0] != '\0' && (pages->limit == 0 || list.count < pages->limit);
    }
    *out_list = list;
    return JK_OK;
}

json_t *jk_pages_items_json(const struct jk_list *list)
{
    json_t *items = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(items, jk_json_message(list->items[i]));
    return items;
}

json_t *jk_pages_json(const struct jk_pages *pages, const struct jk_list *list)
{
    json_t *all = json_pack("{s:o, s:I, s:I}", pages->field, jk_pages_items_json(list), "total_size",
                            (json_int_t)list->total, "log_size", (json_int_t)list->log_size);
    if (list->revision) {
        json_object_set_new(all, "revision", json_integer(list->revision));
        json_object_set_new(all, "rulings_size", json_integer(list->rulings_size));
    }
    return all;
}

enum jk_status jk_pages_print_json(struct jk_cli *cli, const struct jk_pages *pages, const struct jk_list *list)
{
    return jk_print_json(cli, jk_pages_json(pages, list));
}

void jk_pages_note(struct jk_cli *cli, const struct jk_list *list)
{
    if ((int64_t)list->count < list->total)
        fprintf(cli->err, "%zu of %s; --limit 0 shows all.\n", list->count, jk_print_number(cli, list->total));
}
