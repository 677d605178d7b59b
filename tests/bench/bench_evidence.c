/* How long a release's evidence takes: bench_evidence [references] [tensors]. A release of 300 tensors, named and shaped
 * as a language model's, with one parent and 1,000 references of the same shapes, all foreign, which is the slowest: each
 * tensor is compared with all of its shape. Prints milliseconds of CPU time for reading the manifests, for comparing, and
 * for a comparison alone. Some manifests are read again and again, as if there were as many.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "weights/weighing.h"

#define DISTINCT 25u
#define KINDS    7u
#define ZEROS    "0000000000000000000000000000000000000000000000000000000000000000"

static int64_t cpu_us(void)
{
    struct timespec now;
    JK_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- manifests ---- */

static uint64_t seed = 1;

static void add_random_sketch(struct jk_text *text, const char *shape, const char *name, unsigned layer)
{
    struct jk_sketch sketch;
    unsigned char bytes[JK_SKETCH_BYTES];
    for (size_t b = 0; b < JK_SKETCH_BUCKETS; b++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        sketch.at[b] = (int16_t)((int)(seed >> 40) % 30000 - 15000);
    }
    sketch.at[0] = 32767;
    jk_sketch_write(&sketch, bytes);
    jk_text_add_str(text, "sketch ");
    jk_base64_encode(text, bytes, sizeof bytes);
    jk_text_addf(text, " Q4_K %s model.layers.%03u.%s.weight m.gguf\n", shape, layer, name);
}

static struct jk_text make_manifest(unsigned tensors)
{
    static const char *const names[KINDS] = {"mlp.down_proj",    "mlp.gate_proj",    "mlp.up_proj",
                                             "self_attn.k_proj", "self_attn.o_proj", "self_attn.q_proj",
                                             "self_attn.v_proj"};
    static const char *const shapes[KINDS] = {"4096x14336", "14336x4096", "14336x4096", "1024x4096",
                                              "4096x4096",  "4096x4096",  "1024x4096"};
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_text_add_str(&text, "jokbo/manifest/v2\nfile " ZEROS " 18446744073709551615 m.gguf\n");
    for (unsigned i = 0; i < tensors; i++)
        add_random_sketch(&text, shapes[i % KINDS], names[i % KINDS], i / KINDS);
    JK_CHECK(!text.failed);
    return text;
}

/* ---- measuring ---- */

struct measured {
    int64_t reading, comparing;
};

static void read_manifest(const struct jk_text *text, struct jk_sketches *out, struct measured *measured)
{
    struct jk_error error;
    int64_t begun = cpu_us();
    jk_error_init(&error, NULL);
    if (jk_sketches_read(jk_text_span(text), out, &error) != JK_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    measured->reading += cpu_us() - begun;
}

static void add(struct jk_weighing *weighing, const struct jk_text *text, uint64_t at, struct measured *measured)
{
    struct jk_sketches sketches;
    read_manifest(text, &sketches, measured);
    int64_t begun = cpu_us();
    struct jk_compared who = {.tie = at ? JK_TIE_OTHER : JK_TIE_PARENT, .is_reference = at > 0, .reference = at};
    struct jk_weighed other = {jk_text_span(text), &sketches};
    JK_CHECK(jk_weighing_add(weighing, &who, &other));
    jk_sketches_done(&sketches);
    measured->comparing += cpu_us() - begun;
}

static void measure(const struct jk_text *release, const struct jk_text *others, unsigned references)
{
    struct measured measured = {0};
    struct jk_sketches child;
    struct jk_digest none = {{0}};
    read_manifest(release, &child, &measured);
    struct jk_weighing *weighing = jk_weighing_new(&none, &none, 0, (struct jk_weighed){jk_text_span(release), &child});
    JK_CHECK(weighing != NULL);
    for (unsigned i = 0; i <= references; i++)
        add(weighing, &others[i % DISTINCT], i, &measured);
    const struct jk_evidence_text *evidence = jk_weighing_end(weighing);
    JK_CHECK(evidence != NULL && evidence->foreign == references);
    printf("one parent and %u references: reading %.0f ms, comparing %.0f ms (%.2f ms each), together %.0f ms\n",
           references, (double)measured.reading / 1e3, (double)measured.comparing / 1e3,
           (double)measured.comparing / 1e3 / (references + 1), (double)(measured.reading + measured.comparing) / 1e3);
    jk_weighing_free(weighing);
    jk_sketches_done(&child);
}

int main(int argc, char **argv)
{
    unsigned references = argc > 1 ? (unsigned)atoi(argv[1]) : 1000, tensors = argc > 2 ? (unsigned)atoi(argv[2]) : 300;
    struct jk_text texts[DISTINCT + 1];
    jk_digest_setup();
    for (unsigned i = 0; i <= DISTINCT; i++)
        texts[i] = make_manifest(tensors);
    printf("%u tensors, %.0f KiB a manifest\n", tensors, (double)texts[0].len / 1024);
    measure(&texts[DISTINCT], texts, references);
    for (unsigned i = 0; i <= DISTINCT; i++)
        jk_text_done(&texts[i]);
    return 0;
}
