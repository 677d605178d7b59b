/* Bodies of anybody, into requests of several types. What is accepted is a message that packs and reads back as the same
 * bytes; what is refused says which field. */
#include <jokbo/v1/evaluation.pb-c.h>
#include <jokbo/v1/registry.pb-c.h>

#include "base/text.h"
#include "support/packed.h"
#include "web/body.h"
#include "web/field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_body(const ProtobufCMessageDescriptor *type, struct jk_span body)
{
    struct jk_arena arena;
    struct jk_error error;
    jk_arena_init(&arena, 4 << 20);
    jk_error_init(&error, &arena);
    ProtobufCMessage *message = jk_field_message(type, &arena);
    JK_CHECK(message != NULL);
    jk_body_read(message, body, &arena, &error);
    if (jk_error_result(&error) == JK_OK)
        protobuf_c_message_free_unpacked(packed_again(message), NULL);
    else
        JK_CHECK(error.status == JK_INVALID_ARGUMENT || arena.exhausted);
    jk_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span body = {(const char *)data, size};
    try_body(&jokbo__v1__read_card_request__descriptor, body);
    try_body(&jokbo__v1__count_derivatives_request__descriptor, body);
    try_body(&jokbo__v1__model__descriptor, body); /* every kind of field */
    return 0;
}
