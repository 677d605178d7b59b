/* The lines of a census run, as jokbo census read writes them: what a test adds stands in `run`, one after the other. */
#ifndef JK_TEST_CENSUS_LINES_H
#define JK_TEST_CENSUS_LINES_H

#include "support/book_world.h"

#include "base/defer.h"
#include "census/record.h"
#include "census/run.h"

struct lines {
    struct jk_text text;
    struct jk_span items[64];
    size_t count;
};

static struct lines run;
struct model {
    const char *id, *identity, *sha; /* the latter two NULL: made from the id */
    enum jk_relation relation;
    const char *parents[4];
    const char *license, *weights; /* NULL: none; the digit of which the weights' digest consists */
    const char *tag;               /* makes the record another */
};

static void add_line(const struct jk_census_line *line)
{
    size_t before = run.text.len;
    jk_text_reserve(&run.text, 1u << 20); /* so that nothing moves */
    jk_census_line_write(line, &run.text);
    run.items[run.count++] = (struct jk_span){run.text.bytes + before, run.text.len - before};
}

static void object_of(const struct model *model, struct jk_text *out)
{
    struct jk_digest digest = jk_digest_of(jk_span_of(model->id));
    char hex[JK_DIGEST_HEX + 1], weights[JK_DIGEST_HEX + 1] = "";
    jk_digest_hex(&digest, hex);
    jk_text_addf(out, "{\"id\":\"%s\",\"_id\":\"%.24s\",\"sha\":\"%.40s\",\"cardData\":{", model->id,
                 model->identity ? model->identity : hex, model->sha ? model->sha : hex);
    if (model->license) jk_text_addf(out, "\"license\":\"%s\"", model->license);
    jk_text_addf(out, "},\"tags\":[\"%s\"],\"siblings\":[", model->tag ? model->tag : "x");
    memset(weights, model->weights ? model->weights[0] : '0', JK_DIGEST_HEX);
    if (model->weights) jk_text_addf(out, "{\"rfilename\":\"m.gguf\",\"lfs\":{\"sha256\":\"%s\",\"size\":1}}", weights);
    jk_text_add_str(out, "]}");
}

static void present(const struct model *model)
{
    JK_CLEANUP(jk_text_done) struct jk_text object = {0};
    JK_CLEANUP(jk_text_done) struct jk_text record = {0};
    struct jk_census_line line = {.state = JK_CENSUS_PRESENT, .relation = model->relation};
    struct jk_error error;
    jk_error_init(&error, NULL);
    object_of(model, &object);
    if (jk_hub_record_reduce(jk_text_span(&object), &record, &error) != JK_OK) fail_msg("%s", error.message);
    for (size_t i = 0; i < 4 && model->parents[i]; i++)
        jk_names_add(&line.parents, jk_span_of(model->parents[i]));
    line.record = jk_text_span(&record);
    add_line(&line);
}

#define PRESENT(...) present(&(struct model){__VA_ARGS__})

static void absent(const char *id)
{
    add_line(&(struct jk_census_line){.state = JK_CENSUS_ABSENT, .id = jk_span_of(id)});
}

static void moved_as(const char *id, const char *to, const char *identity)
{
    add_line(&(struct jk_census_line){
        .state = JK_CENSUS_MOVED, .id = jk_span_of(id), .to = jk_span_of(to), .identity = jk_span_of(identity)});
}

static void moved(const char *id, const char *to)
{
    moved_as(id, to, "");
}

static void same(const char *id, const char *identity, const char *revision)
{
    add_line(&(struct jk_census_line){.state = JK_CENSUS_SAME,
                                      .id = jk_span_of(id),
                                      .identity = jk_span_of(identity),
                                      .revision = jk_span_of(revision)});
}

static void clear_run(void)
{
    jk_text_clear(&run.text);
    run.count = 0;
}

#endif
