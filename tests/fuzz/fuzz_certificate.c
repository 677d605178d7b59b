/* Count certificates from anybody. Input: a body, or a note of one. What is accepted is written back to the byte, and is
 * no checkpoint; what is refused says why. */
#include "base/check.h"
#include "base/defer.h"
#include "report/certificate.h"
#include "tlog/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_body(struct jk_span body)
{
    JK_CLEANUP(jk_text_done) struct jk_text again = {0};
    struct jk_certificate certificate;
    struct jk_checkpoint checkpoint;
    struct jk_error error;

    jk_error_init(&error, NULL);
    enum jk_status status = jk_certificate_parse(body, &certificate, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    if (status != JK_OK) return;
    JK_CHECK(certificate.revision > 0 && certificate.n <= certificate.m);
    jk_certificate_text(&certificate, &again);
    JK_CHECK(!again.failed && jk_span_equal(jk_text_span(&again), body));
    JK_CHECK(jk_checkpoint_parse(body, &checkpoint, &error) != JK_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span input = {(const char *)data, size}, body, signatures;
    struct jk_error error;

    jk_digest_setup();
    jk_error_init(&error, NULL);
    try_body(input);
    if (jk_note_open(input, &body, &signatures, &error) == JK_OK) try_body(body);
    return 0;
}
