/* Evidence texts from anybody: what is accepted is the same once it is written again, has figures that an entry can
 * hold, and is refused once its last byte is cut or its last line stands twice. */
#include "base/check.h"
#include "weights/evidence_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_text(struct jk_span input, struct jk_evidence_text *out)
{
    struct jk_error error;
    jk_error_init(&error, NULL);
    enum jk_status status = jk_evidence_text_read(input, out, &error);
    JK_CHECK((status == JK_OK) == !jk_error_is_set(&error));
    return status == JK_OK;
}

static void refuse(struct jk_span input)
{
    struct jk_evidence_text other;
    JK_CHECK(!read_text(input, &other));
    jk_evidence_text_done(&other);
}

static void check_figures(const struct jk_evidence_text *read)
{
    struct jk_evidence_figures figures;
    jk_evidence_figures_of(read, &figures);
    JK_CHECK(figures.kin <= read->model_count && figures.near_count <= read->model_count);
    for (size_t i = 1; i < figures.parent_count; i++)
        JK_CHECK(jk_digest_compare(&figures.parents[i - 1].parent, &figures.parents[i].parent) < 0);
    for (size_t i = 1; i < figures.near_count; i++)
        JK_CHECK(jk_digest_compare(&figures.near[i - 1], &figures.near[i]) < 0);
    for (size_t i = 0; i < figures.parent_count; i++) {
        struct jk_graded graded;
        struct jk_text item;
        const char *fault;
        jk_text_init(&item, 0);
        jk_graded_write(&figures.parents[i], &item);
        struct jk_span rest = jk_text_span(&item);
        JK_CHECK(jk_graded_next(&rest, &graded, &fault) && graded.grade == figures.parents[i].grade);
        jk_text_done(&item);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jk_span input = {(const char *)data, size};
    struct jk_evidence_text read;
    jk_digest_setup();
    if (read_text(input, &read)) {
        struct jk_text again;
        size_t last = size - 1;
        check_figures(&read);
        jk_text_init(&again, 0);
        jk_evidence_text_write(&read, &again);
        JK_CHECK(jk_span_equal(jk_text_span(&again), input));
        refuse((struct jk_span){input.at, size - 1});
        while (input.at[last - 1] != '\n')
            last--;
        jk_text_add(&again, (struct jk_span){input.at + last, size - last});
        refuse(jk_text_span(&again));
        jk_text_done(&again);
    }
    jk_evidence_text_done(&read);
    return 0;
}
