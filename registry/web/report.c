/* GetReport as links: the files of a report lie in the public folder, and are served from there. The call finds the
 * revision, and makes the file that it is asked for if it is absent; its first piece says that it is there. */
#include <jokbo/v1/stage.pb-c.h>

#include "base/check.h"
#include "closing/files.h"
#include "web/protojson.h"
#include "web/web_inside.h"

struct report_links {
    struct jk_v1_way *way;
    const char *stage;
    Jokbo__V1__ReportFile file; /* 0: all */
    bool found;
    int32_t revision;
};

static void report_told(void *context, const ProtobufCMessage *message)
{
    struct report_links *links = context;
    links->found = true;
    links->revision = ((const Jokbo__V1__ReportPiece *)message)->revision;
    jk_web_call_next(links->way->call, true);
}

static void write_link(const struct report_links *links, int file, struct jk_text *body)
{
    const ProtobufCEnumValue *name =
        protobuf_c_enum_descriptor_get_value(&jokbo__v1__report_file__descriptor, file + 1);
    JK_CHECK(name != NULL);
    jk_text_addf(body, "{\"file\":\"%s\",\"href\":\"/stage/%s/%d/%s\"}", name->name, links->stage, links->revision,
                 jk_report_file_name((enum jk_report_file)file));
}

static void report_ended(void *context, const struct jk_error *error, const ProtobufCMessage *message)
{
    struct report_links *links = context;
    struct jk_reply_head head = {.status = 200, .type = "application/json", .cache = "no-cache"};
    struct jk_text body;
    char tag[JK_TAG_TEXT];
    (void)message;
    if (links->found) jk_web_call_closed(links->way->call);
    if (!links->found) {
        JK_CHECK(error != NULL);
        jk_request_fail(links->way->request, error);
        return;
    }
    jk_text_init(&body, JK_ANSWER_MOST);
    jk_text_add_str(&body, "{\"stage\":");
    jk_protojson_string(jk_span_of(links->stage), &body);
    jk_text_addf(&body, ",\"revision\":%d,\"files\":[", links->revision);
    const char *before = "";
    for (int file = 0; file < JK_REPORT_FILES; file++) {
        if (links->file && file != (int)links->file - 1) continue;
        jk_text_add_str(&body, before);
        write_link(links, file, &body);
        before = ",";
    }
    jk_text_add_str(&body, "]}\n");
    jk_keeping_tag(NULL, false, jk_text_span(&body), tag);
    head.etag = tag;
    jk_request_answer(links->way->request, &head, &body);
}

enum jk_status jk_v1_report(struct jk_v1_way *way, ProtobufCMessage *message, struct jk_web_taker *out_taker)
{
    Jokbo__V1__GetReportRequest *request = (Jokbo__V1__GetReportRequest *)message;
    struct report_links *links = jk_arena_zalloc(&way->call->arena, 1, sizeof *links);
    if (!links) return jk_out_of_memory(&way->call->error);
    *links = (struct report_links){.way = way, .stage = request->stage, .file = request->file};
    if (!request->file) request->file = JOKBO__V1__REPORT_FILE__REPORT_FILE_JSON;
    *out_taker = (struct jk_web_taker){.ended = report_ended, .told = report_told, .context = links};
    return JK_OK;
}
