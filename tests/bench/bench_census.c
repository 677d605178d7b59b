/* How fast a census is read and planned: bench_census [objects]. Makes that many objects of a hub of about 6 kB each, as
 * its API gives them: most are made from a few base models, some from one another. Prints microseconds an object of the
 * thread's own CPU time for reducing to a record, for finding what is declared, for planning a first run, and for
 * planning a second one over a book that has all of it; and the bytes that the plan holds. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/text.h"
#include "census/plan.h"
#include "census/record.h"
#include "support/ledger.h"

#define BASES 10

struct made {
    struct jk_text text;
    size_t *ends;
    uint32_t count;
};

static int64_t cpu_us(void)
{
    struct timespec now;
    JK_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void told(const char *what, int64_t began_us, uint32_t count)
{
    double each = (double)(cpu_us() - began_us) / count;
    printf("%-32s %8.1f us an object, %8.0f objects a second\n", what, each, 1e6 / each);
}

static void add_object(struct jk_text *out, uint32_t i)
{
    struct jk_digest digest = jk_digest_of((struct jk_span){(const char *)&i, sizeof i});
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&digest, hex);
    bool deep = i % 12 == 11;
    jk_text_addf(out,
                 "{\"_id\":\"%.24s\",\"id\":\"pub%u/model-%u\",\"modelId\":\"pub%u/model-%u\",\"author\":\"pub%u\","
                 "\"sha\":\"%.40s\",\"lastModified\":\"2026-09-01T10:00:00.000Z\",\"private\":false,\"gated\":false,"
                 "\"downloads\":%u,\"likes\":%u,\"library_name\":\"transformers\",\"cardData\":{\"license\":\"%s\","
                 "\"language\":[\"ko\",\"en\"],\"base_model\":[\"",
                 hex, i / 7, i, i / 7, i, i / 7, hex, i, i, i % 3 ? "apache-2.0" : "mit");
    if (deep)
        jk_text_addf(out, "pub%u/model-%u", (i / 2) / 7, i / 2);
    else
        jk_text_addf(out, "base/m%u", i % 7 ? 0 : i % BASES);
    jk_text_addf(out, "\"]},\"tags\":[\"transformers\",\"safetensors\",\"region:us\",\"license:%s\"],\"siblings\":[",
                 i % 3 ? "apache-2.0" : "mit");
    for (unsigned k = 0; k < 18; k++)
        jk_text_addf(out,
                     "%s{\"rfilename\":\"model-%05u-of-00018.safetensors\",\"size\":%u,\"blobId\":\"%.40s\","
                     "\"lfs\":{\"sha256\":\"%.60s%04x\",\"size\":%u,\"pointerSize\":135}}",
                     k ? "," : "", k, 4000000 + k, hex, hex, k, 4000000 + k);
    jk_text_add_str(out, "]}\n");
}

static void end_item(struct made *made)
{
    JK_CHECK(!made->text.failed);
    made->ends[made->count++] = made->text.len;
}

static struct jk_span item_of(const struct made *made, uint32_t i)
{
    size_t begin = i > 0 ? made->ends[i - 1] : 0;
    return (struct jk_span){made->text.bytes + begin, made->ends[i] - begin};
}

static void begin_items(struct made *made, uint32_t count)
{
    *made = (struct made){.ends = malloc(count * sizeof *made->ends)};
    JK_CHECK(made->ends != NULL);
}

static void end_items(struct made *made)
{
    jk_text_done(&made->text);
    free(made->ends);
}

static void reduce_all(const struct made *objects, struct made *records)
{
    struct jk_error error;
    for (uint32_t i = 0; i < objects->count; i++) {
        jk_error_init(&error, NULL);
        JK_CHECK(jk_hub_record_reduce(item_of(objects, i), &records->text, &error) == JK_OK);
        end_item(records);
    }
}

/* As a reader does it: what the whole object declares, and the record. */
static void write_lines(const struct made *objects, const struct made *records, struct made *lines)
{
    struct jk_sources *sources = malloc(sizeof *sources);
    struct jk_declaration *declaration = malloc(sizeof *declaration);
    struct jk_census_line *line = malloc(sizeof *line);
    struct jk_arena arena;
    JK_CHECK(sources && declaration && line);
    jk_arena_init(&arena, 16u << 20);
    for (uint32_t i = 0; i < objects->count; i++) {
        struct jk_files none = {0};
        struct jk_given given = {0};
        struct jk_error mistakes;
        jk_error_init(&mistakes, &arena);
        *declaration = (struct jk_declaration){.notes.arena = &arena};
        *line = (struct jk_census_line){.state = JK_CENSUS_PRESENT, .record = item_of(records, i)};
        jk_gather(&none, item_of(objects, i), &arena, sources, &mistakes);
        jk_declaration_fill(declaration, &given, sources, &mistakes);
        jk_declaration_relate(declaration, &given, sources, &mistakes);
        jk_census_line_declare(line, declaration);
        jk_census_line_write(line, &lines->text);
        end_item(lines);
        jk_arena_reset(&arena);
    }
    jk_arena_done(&arena);
    free(sources);
    free(declaration);
    free(line);
}

static size_t bytes_in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static struct jk_plan *plan_all(const struct jk_ledger *ledger, const struct made *lines)
{
    struct jk_error error;
    size_t before = bytes_in_use();
    int64_t began_us = cpu_us();
    jk_error_init(&error, NULL);
    struct jk_plan *plan = jk_plan_new(ledger->book, jk_book_size(ledger->book), JK_SPAN("huggingface.co"), true);
    JK_CHECK(plan != NULL);
    for (uint32_t i = 0; i < lines->count; i++)
        JK_CHECK(jk_plan_add(plan, item_of(lines, i), i, &error) == JK_OK);
    JK_CHECK(jk_plan_finish(plan, &error) == JK_OK);
    told("planned", began_us, lines->count);
    printf("  registers %zu, unchanged %zu, left alone %zu, blocked %zu; %zu bytes each\n",
           jk_plan_of(plan, JK_PLAN_REGISTER), jk_plan_of(plan, JK_PLAN_UNCHANGED), jk_plan_of(plan, JK_PLAN_LEFT),
           jk_plan_of(plan, JK_PLAN_BLOCKED), (bytes_in_use() - before) / lines->count);
    return plan;
}

/* What a census says: each model with its record, as if it had been written when its plan was made. */
static void observe_all(struct jk_ledger *ledger, const struct jk_plan *plan, const struct made *records)
{
    for (size_t i = 0; i < jk_plan_count(plan); i++) {
        const struct jk_plan_step *step = jk_plan_step(plan, i);
        struct jk_entry entry = {.kind = JK_KIND_OBSERVE,
                                 .actor.type = JK_ACTOR_REGISTRAR,
                                 .hub = JK_SPAN("huggingface.co"),
                                 .id = step->id,
                                 .identity = step->identity,
                                 .created_us = JK_TIME_NONE,
                                 .modified_us = JK_TIME_NONE};
        entry.record = jk_digest_of(item_of(records, (uint32_t)step->offset));
        if (step->action == JK_PLAN_REGISTER) JK_CHECK(jk_ledger_add(ledger, &entry) == JK_OK);
    }
}

static void begin_world(struct jk_ledger *ledger)
{
    jk_ledger_init(ledger);
    JK_CHECK(jk_ledger_team(ledger, "team", ledger->time_us) == JK_OK);
    JK_CHECK(jk_ledger_publisher(ledger, "base") == JK_OK);
    for (unsigned i = 0; i < BASES; i++) {
        char name[32];
        snprintf(name, sizeof name, "base/m%u", i);
        JK_CHECK(jk_ledger_register(ledger, &(struct jk_ledger_model){.model = name}) == JK_OK);
        JK_CHECK(jk_ledger_list(ledger, name, "team", true, JK_ANSWER_YES, JK_ANSWER_YES) == JK_OK);
    }
}

int main(int argc, char **argv)
{
    uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
    struct made objects, records, lines;
    struct jk_ledger ledger;
    jk_digest_setup();
    begin_world(&ledger);
    begin_items(&objects, count);
    begin_items(&records, count);
    begin_items(&lines, count);
    for (uint32_t i = 0; i < count; i++) {
        add_object(&objects.text, i);
        end_item(&objects);
    }
    printf("%u objects of %zu bytes\n", count, objects.text.len / count);
    int64_t began_us = cpu_us();
    reduce_all(&objects, &records);
    told("reduced to records", began_us, count);
    began_us = cpu_us();
    write_lines(&objects, &records, &lines);
    told("what they declare", began_us, count);
    struct jk_plan *plan = plan_all(&ledger, &lines);
    observe_all(&ledger, plan, &records);
    jk_plan_free(plan);
    jk_plan_free(plan_all(&ledger, &lines));
    jk_ledger_done(&ledger);
    end_items(&objects);
    end_items(&records);
    end_items(&lines);
    return 0;
}
