/* Manifests from anybody: what is accepted ends in a line feed, counts its lines right, has the bytes' digest, is read
 * line by line as it was checked, is refused once its last line is cut or stands twice; and its sketches are what they
 * are. */
#include <stdlib.h>

#include "base/check.h"
#include "domain/manifest.h"
#include "weights/compare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum jk_status check(struct jk_span bytes, struct jk_manifest_summary *summary)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    enum jk_status status = jk_manifest_check(bytes, summary, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    return status;
}

static void refuse_last_line_twice(struct jk_span input, size_t last_line)
{
    struct jk_manifest_summary summary;
    size_t line = input.len - last_line;
    char *twice = malloc(input.len + line);
    JK_CHECK(twice != NULL);
    memcpy(twice, input.at, input.len);
    memcpy(twice + input.len, input.at + last_line, line);
    JK_CHECK(check((struct jk_span){twice, input.len + line}, &summary) != JK_OK);
    free(twice);
}

static void read_lines(struct jk_span input, size_t lines)
{
    struct jk_span rest = jk_manifest_lines(input);
    struct jk_manifest_line line;
    while (jk_manifest_next(&rest, &line))
        lines--;
    JK_CHECK(lines == 1 && rest.len == 0); /* the head line */
}

static void compare_with_itself(struct jk_span input)
{
    struct jk_sketches sketches;
    struct jk_comparison comparison;
    struct jk_error error;
    jk_error_init(&error, NULL);
    JK_CHECK(jk_sketches_read(input, &sketches, &error) == JK_OK);
    JK_CHECK(jk_compare(&sketches, &sketches, &comparison) && comparison.count == sketches.count);
    for (size_t i = 0; i < comparison.count; i++)
        JK_CHECK(comparison.pairs[i].likeness <= JK_NEAR || comparison.pairs[i].likeness == JK_INCOMPARABLE);
    jk_comparison_done(&comparison);
    jk_sketches_done(&sketches);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span input = {(const char *)data, size};
    struct jk_manifest_summary summary, other;

    jk_digest_setup();
    if (check(input, &summary) != JK_OK) return 0;

    size_t lines = 0, last_line = 0;
    for (size_t i = 0; i < size; i++) {
        lines += data[i] == '\n';
        if (data[i] == '\n' && i + 1 < size) last_line = i + 1;
    }
    JK_CHECK(data[size - 1] == '\n' && summary.files > 0);
    size_t counted = 1u + summary.files + summary.tensors + summary.sketches;
    JK_CHECK(lines >= counted && lines <= counted + summary.files);
    read_lines(input, lines);
    compare_with_itself(input);
    struct jk_digest digest = jk_digest_of(input);
    JK_CHECK(jk_digest_equal(&digest, &summary.artifact));
    JK_CHECK(summary.tensors == 0 || !jk_digest_is_zero(&summary.weights));
    JK_CHECK(check((struct jk_span){input.at, size - 1}, &other) != JK_OK);
    refuse_last_line_twice(input, last_line);
    return 0;
}
