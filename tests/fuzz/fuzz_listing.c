/* Listings from anybody: what is accepted is the same once it is read and written again, has the set of weight files of
 * a manifest with the same lines, and is refused once its last line is cut. */
#include "base/check.h"
#include "base/text.h"
#include "domain/listing.h"
#include "domain/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool check(struct jk_span bytes, struct jk_listing_summary *summary)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    enum jk_status status = jk_listing_check(bytes, summary, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    return status == JK_OK;
}

static void as_manifest(struct jk_span lines, const struct jk_listing_summary *summary)
{
    struct jk_manifest_summary manifest;
    struct jk_text text;
    struct jk_error error;
    jk_error_init(&error, NULL);
    jk_text_init(&text, 0);
    jk_text_add_str(&text, "jokbo/manifest/v1\n");
    jk_text_add(&text, lines);
    JK_CHECK(jk_manifest_check(jk_text_span(&text), &manifest, &error) == JK_OK);
    JK_CHECK(jk_digest_equal(&manifest.weight_files, &summary->weight_files));
    JK_CHECK(manifest.files == summary->files && manifest.bytes == summary->bytes);
    jk_text_done(&text);
}

/* "file DIGEST SIZE PATH", which has been checked. */
static struct jk_listing_file file_of(struct jk_span line)
{
    struct jk_listing_file file;
    struct jk_span word;
    JK_CHECK(jk_span_cut(&line, ' ', &word) && jk_span_equal(word, JK_SPAN("file")));
    JK_CHECK(jk_span_cut(&line, ' ', &word) && jk_digest_parse(word, &file.digest));
    JK_CHECK(jk_span_cut(&line, ' ', &word) && jk_span_to_u64(word, &file.size));
    file.path = line;
    return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span input = {(const char *)data, size};
    struct jk_listing_summary summary, other;
    struct jk_span rest = input, line;
    struct jk_text again;
    jk_digest_setup();
    if (!check(input, &summary)) return 0;
    jk_text_init(&again, 0);
    jk_listing_begin(&again);
    (void)jk_span_line(&rest, &line);
    as_manifest(rest, &summary);
    while (jk_span_line(&rest, &line)) {
        struct jk_listing_file file = file_of(line);
        jk_listing_add(&again, &file);
    }
    JK_CHECK(jk_span_equal(jk_text_span(&again), input));
    JK_CHECK(!check((struct jk_span){input.at, size - 1}, &other));
    jk_text_done(&again);
    return 0;
}
