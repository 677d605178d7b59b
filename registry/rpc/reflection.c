/* Server reflection. See reflection.h. v1 and v1alpha differ in the package's name only, so one set of structs serves
 * both. A stream is: receive, answer, receive … until the client has no more questions. */
#include "rpc/reflection.h"

#include <grpc/reflection/v1/reflection.pb-c.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "rpc/descriptors.h"

#define CASE(name)   GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##name
#define ANSWER(name) GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##name

struct jk_rpc_reflection {
    struct jk_descriptors index;
};

/* One answer being made; it lies in the arena that is reset for each question. */
struct answer {
    struct jk_call *call;
    const struct jk_descriptors *index;
    struct jk_arena *arena;
    const Grpc__Reflection__V1__ServerReflectionRequest *request;
    Grpc__Reflection__V1__ServerReflectionResponse response;
    Grpc__Reflection__V1__ErrorResponse error;
    Grpc__Reflection__V1__FileDescriptorResponse files;
    Grpc__Reflection__V1__ListServiceResponse services;
    Grpc__Reflection__V1__ExtensionNumberResponse numbers;
    char text[256];
};

static void answer_error(struct answer *answer, enum jk_status status, const char *what, const char *name)
{
    char shown[128];
    jk_text_shorten(jk_span_of(name), shown, sizeof shown);
    snprintf(answer->text, sizeof answer->text, "this server has no %s \"%s\"", what, shown);
    grpc__reflection__v1__error_response__init(&answer->error);
    answer->error.error_code = (int32_t)status;
    answer->error.error_message = answer->text;
    answer->response.message_response_case = ANSWER(ERROR_RESPONSE);
    answer->response.error_response = &answer->error;
}

static void answer_memory(struct answer *answer)
{
    answer_error(answer, JK_RESOURCE_EXHAUSTED, "memory for the answer to", answer->request->host);
}

static void answer_files(struct answer *answer, size_t file)
{
    size_t files[JK_DESCRIPTOR_FILES];
    size_t count = jk_descriptors_closure(answer->index, file, files);
    ProtobufCBinaryData *bytes = jk_arena_zalloc(answer->arena, count, sizeof *bytes);
    if (!bytes) {
        answer_memory(answer);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct jk_span from = answer->index->files[files[i]].bytes;
        bytes[i] = (ProtobufCBinaryData){from.len, (uint8_t *)from.at};
    }
    grpc__reflection__v1__file_descriptor_response__init(&answer->files);
    answer->files.n_file_descriptor_proto = count;
    answer->files.file_descriptor_proto = bytes;
    answer->response.message_response_case = ANSWER(FILE_DESCRIPTOR_RESPONSE);
    answer->response.file_descriptor_response = &answer->files;
}

static void answer_file_name(struct answer *answer)
{
    size_t file;
    const char *name = answer->request->file_by_filename;
    if (jk_descriptors_file(answer->index, jk_span_of(name), &file))
        answer_files(answer, file);
    else
        answer_error(answer, JK_NOT_FOUND, "file", name);
}

static void answer_symbol(struct answer *answer)
{
    size_t file;
    const char *name = answer->request->file_containing_symbol;
    if (jk_descriptors_symbol(answer->index, jk_span_of(name), &file))
        answer_files(answer, file);
    else
        answer_error(answer, JK_NOT_FOUND, "symbol", name);
}

static void answer_extension(struct answer *answer)
{
    const Grpc__Reflection__V1__ExtensionRequest *asked = answer->request->file_containing_extension;
    for (size_t i = 0; i < answer->index->extension_count; i++) {
        const struct jk_descriptor_extension *extension = &answer->index->extensions[i];
        if ((int64_t)extension->number != asked->extension_number) continue;
        if (!jk_span_equal(extension->extended, jk_span_of(asked->containing_type))) continue;
        answer_files(answer, extension->file);
        return;
    }
    answer_error(answer, JK_NOT_FOUND, "extension of", asked->containing_type);
}

static void answer_extension_numbers(struct answer *answer)
{
    size_t file;
    const char *name = answer->request->all_extension_numbers_of_type;
    if (!jk_descriptors_symbol(answer->index, jk_span_of(name), &file)) {
        answer_error(answer, JK_NOT_FOUND, "message", name);
        return;
    }
    int32_t *numbers = jk_arena_zalloc(answer->arena, JK_DESCRIPTOR_EXTENSIONS, sizeof *numbers);
    if (!numbers) {
        answer_memory(answer);
        return;
    }
    grpc__reflection__v1__extension_number_response__init(&answer->numbers);
    for (size_t i = 0; i < answer->index->extension_count; i++)
        if (jk_span_equal(answer->index->extensions[i].extended, jk_span_of(name)))
            numbers[answer->numbers.n_extension_number++] = (int32_t)answer->index->extensions[i].number;
    answer->numbers.extension_number = numbers;
    answer->numbers.base_type_name = (char *)name;
    answer->response.message_response_case = ANSWER(ALL_EXTENSION_NUMBERS_RESPONSE);
    answer->response.all_extension_numbers_response = &answer->numbers;
}

static void answer_services(struct answer *answer)
{
    size_t count = answer->index->service_count;
    Grpc__Reflection__V1__ServiceResponse *rows = jk_arena_zalloc(answer->arena, count, sizeof *rows);
    Grpc__Reflection__V1__ServiceResponse **pointers = jk_arena_zalloc(answer->arena, count, sizeof *pointers);
    bool room = rows && pointers;
    for (size_t i = 0; room && i < count; i++) {
        struct jk_span name = answer->index->services[i];
        grpc__reflection__v1__service_response__init(&rows[i]);
        rows[i].name = jk_arena_copy(answer->arena, name.at, name.len);
        pointers[i] = &rows[i];
        room = rows[i].name != NULL;
    }
    if (!room) {
        answer_memory(answer);
        return;
    }
    grpc__reflection__v1__list_service_response__init(&answer->services);
    answer->services.n_service = count;
    answer->services.service = pointers;
    answer->response.message_response_case = ANSWER(LIST_SERVICES_RESPONSE);
    answer->response.list_services_response = &answer->services;
}

static void fill(struct answer *answer)
{
    switch (answer->request->message_request_case) {
    case CASE(FILE_BY_FILENAME):
        answer_file_name(answer);
        return;
    case CASE(FILE_CONTAINING_SYMBOL):
        answer_symbol(answer);
        return;
    case CASE(FILE_CONTAINING_EXTENSION):
        answer_extension(answer);
        return;
    case CASE(ALL_EXTENSION_NUMBERS_OF_TYPE):
        answer_extension_numbers(answer);
        return;
    case CASE(LIST_SERVICES):
        answer_services(answer);
        return;
    default:
        answer_error(answer, JK_INVALID_ARGUMENT, "answer to an empty question of host", answer->request->host);
        return;
    }
}

static void ask_on(struct jk_call *call);

/* An empty stream's end, or the next question. */
static void asked(struct jk_call *call)
{
    if (!call->request) {
        jk_call_finish(call, NULL);
        return;
    }
    struct answer answer = {.call = call,
                            .index = &jk_rpc_call_of(call)->server->reflection->index,
                            .arena = &call->message_arena,
                            .request = (const Grpc__Reflection__V1__ServerReflectionRequest *)call->request,
                            .response = GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__INIT};
    answer.response.valid_host = answer.request->host;
    answer.response.original_request = (Grpc__Reflection__V1__ServerReflectionRequest *)answer.request;
    fill(&answer);
    call->ops->send(call, &answer.response.base, ask_on);
}

static void ask_on(struct jk_call *call)
{
    call->ops->receive(call, asked);
}

enum jk_status jk_rpc_reflection_new(struct jk_span set, struct jk_rpc_reflection **out_reflection,
                                     struct jk_error *error)
{
    struct jk_rpc_reflection *reflection = calloc(1, sizeof *reflection);
    if (!reflection) return jk_out_of_memory(error);
    enum jk_status status = jk_descriptors_open(set, &reflection->index, error);
    if (status != JK_OK) {
        free(reflection);
        return status;
    }
    *out_reflection = reflection;
    return JK_OK;
}

void jk_rpc_reflection_free(struct jk_rpc_reflection *reflection)
{
    if (!reflection) return;
    jk_descriptors_done(&reflection->index);
    free(reflection);
}

/* Client streams as the carrier sees them: receiving first; answers go out in between. */
void jk_rpc_reflection_rows(struct jk_rpc_row out_rows[2])
{
    static const struct jk_method methods[2] = {
        {.path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
         .stream = JK_CLIENT_STREAM,
         .request = &grpc__reflection__v1__server_reflection_request__descriptor,
         .response = &grpc__reflection__v1__server_reflection_response__descriptor,
         .handle = ask_on},
        {.path = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
         .stream = JK_CLIENT_STREAM,
         .request = &grpc__reflection__v1__server_reflection_request__descriptor,
         .response = &grpc__reflection__v1__server_reflection_response__descriptor,
         .handle = ask_on},
    };
    for (int i = 0; i < 2; i++)
        out_rows[i] = (struct jk_rpc_row){.method = &methods[i], .start = ask_on, .apart = true, .endless = true};
}
