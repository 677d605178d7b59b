/* Making the request and interpreting the answer; see exchange.h. */
#include "witness/exchange.h"

#include <stdio.h>

#include "base/check.h"

#define SHORT 100

void jk_witness_ask(uint64_t old_size, const struct jk_proof *proof, struct jk_span note, struct jk_text *out_body)
{
    jk_text_addf(out_body, "old %llu\n", (unsigned long long)old_size);
    for (uint32_t i = 0; i < proof->count; i++) {
        jk_base64_encode(out_body, proof->hashes[i].bytes, JK_DIGEST_SIZE);
        jk_text_add_char(out_body, '\n');
    }
    jk_text_add_char(out_body, '\n');
    jk_text_add(out_body, note);
}

static void garbage(struct jk_span body, const char *what, struct jk_witness_answer *out)
{
    char shown[SHORT];

    jk_text_shorten(body, shown, sizeof(shown));
    out->outcome = JK_WITNESS_GARBAGE;
    (void)snprintf(out->detail, sizeof(out->detail), "%s: \"%s\"", what, shown);
}

static void read_size(const char *content_type, struct jk_span body, struct jk_witness_answer *out)
{
    struct jk_span text;
    uint64_t size;

    /* the type may be followed by parameters */
    struct jk_span rest = jk_span_of(content_type), type;
    (void)jk_span_cut(&rest, ';', &type);
    if (!jk_span_equal_fold(jk_span_trim(type), JK_SPAN(JK_WITNESS_SIZE_TYPE))) {
        garbage(jk_span_of(content_type), "409 without the type " JK_WITNESS_SIZE_TYPE, out);
    } else if (!jk_span_cut(&body, '\n', &text) || body.len > 0 || !jk_span_to_u64(text, &size) || size > JK_TREE_MAX) {
        garbage(text, "409 without a size", out);
    } else {
        out->outcome = JK_WITNESS_ELSEWHERE;
        out->size = size;
    }
}

static void read_cosignatures(struct jk_span lines, struct jk_span note, const struct jk_cosigner *cosigner,
                              struct jk_witness_answer *out)
{
    struct jk_span body, ours;
    struct jk_error error;

    jk_error_init(&error, NULL);
    JK_CHECK(jk_note_open(note, &body, &ours, &error) == JK_OK); /* made by ourselves, so it is well-formed */
    if (jk_cosignature_verify(body, lines, cosigner, &out->cosignature, &error) == JK_OK) {
        out->outcome = JK_WITNESS_COSIGNED;
    } else if (strcmp(error.reason, "COSIGNATURE_WRONG") == 0) {
        out->outcome = JK_WITNESS_FORGED;
        (void)snprintf(out->detail, sizeof(out->detail), "%.150s", error.message);
    } else {
        garbage(lines, "200 without a cosignature of the configured key", out);
    }
}

void jk_witness_answer_read(int http_status, const char *content_type, struct jk_span body, struct jk_span note,
                            const struct jk_cosigner *cosigner, struct jk_witness_answer *out)
{
    char shown[SHORT];

    *out = (struct jk_witness_answer){.outcome = JK_WITNESS_REFUSED};
    if (http_status == 200) {
        read_cosignatures(body, note, cosigner, out);
    } else if (http_status == 409) {
        read_size(content_type, body, out);
    } else {
        jk_text_shorten(body, shown, sizeof(shown));
        (void)snprintf(out->detail, sizeof(out->detail), "HTTP status %d: \"%s\"", http_status, shown);
    }
}
