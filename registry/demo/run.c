/* The clock, progress, and running a line's command with the account that it names; see run.h. */
#include "demo/run.h"

#include <jansson.h>
#include <jokbo/v1/demo.pb-c.h>
#include <stdlib.h>

#include "base/digest.h"
#include "reply/json.h"

char *jk_demo_request_id(struct jk_demo_play *play, const struct jk_demo_line *line, size_t salt)
{
    struct jk_text text;
    char hex[JK_DIGEST_HEX + 1];
    jk_text_init(&text, 0);
    jk_text_addf(&text, "jokbo demo %zu %u %zu", play->derivatives, line->number, salt);
    for (size_t i = 0; i < line->word_count; i++)
        jk_text_addf(&text, " %s", line->words[i]);
    struct jk_digest digest = jk_digest_of(jk_text_span(&text));
    jk_text_done(&text);
    jk_digest_hex(&digest, hex);
    char *id =
        jk_arena_printf(&play->cli->arena, "%.8s-%.4s-8%.3s-a%.3s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
    return id ? id : (char *)"";
}

void jk_demo_progress(struct jk_demo_play *play, size_t more)
{
    play->done += more;
    jk_progress_to(&play->progress, play->done, play->steps);
}

/* The demo's own time goes on as well: where it is past the moment, nothing needs to be done. */
enum jk_status jk_demo_clock(struct jk_demo_play *play, int64_t time_us)
{
    Jokbo__V1__SetClockRequest request = JOKBO__V1__SET_CLOCK_REQUEST__INIT;
    Google__Protobuf__Timestamp time;
    Jokbo__V1__Clock *clock;
    if (time_us <= play->clock_us) return JK_OK;
    jk_json_time_set(time_us, &time);
    request.time = &time;
    enum jk_status status = jk_cli_call(play->cli, &jokbo__v1__demo__descriptor, "SetClock", &request.base, &clock);
    if (status == JK_INVALID_ARGUMENT) {
        jk_error_init(&play->cli->error, &play->cli->arena);
        status = JK_OK;
    }
    if (status == JK_OK) play->clock_us = time_us;
    return status;
}

/* ---- commands of the script ---- */

static const struct jk_demo_actor *find_actor(const struct jk_demo_play *play, const char *name)
{
    for (size_t i = 0; i < play->actor_count; i++)
        if (strcmp(play->actors[i].name, name) == 0) return &play->actors[i];
    return NULL;
}

const struct jk_demo_kept *jk_demo_find_kept(const struct jk_demo_play *play, struct jk_span name)
{
    for (size_t i = 0; i < play->kept_count; i++)
        if (jk_span_equal(jk_span_of(play->kept[i].name), name)) return &play->kept[i];
    return NULL;
}

void jk_demo_keep(struct jk_demo_play *play, struct jk_demo_kept kept)
{
    if (play->kept_count < JK_DEMO_KEPT) play->kept[play->kept_count++] = kept;
}

/* {NAME}, the whole word or a part of it, is what an earlier line kept under it. */
static const char *fill_in(const struct jk_demo_play *play, const char *word)
{
    const char *from = strchr(word, '{'), *to = from ? strchr(from, '}') : NULL;
    const struct jk_demo_kept *kept =
        to ? jk_demo_find_kept(play, (struct jk_span){from + 1, (size_t)(to - from - 1)}) : NULL;
    if (!kept) return word;
    return jk_arena_printf(&play->cli->arena, "%.*s%s%s", (int)(from - word), word, kept->text, to + 1);
}

/* What the inner run says becomes the run's own failure, after the line that it is about. */
static enum jk_status fail_line(struct jk_demo_play *play, const struct jk_demo_line *line, const char *command)
{
    const struct jk_error *inner = &play->inner->error;
    struct jk_error *error = &play->cli->error;
    size_t kept = inner->violation_count < JK_ERROR_VIOLATIONS ? inner->violation_count : JK_ERROR_VIOLATIONS;
    const char *reason = jk_arena_printf(&play->cli->arena, "%s", inner->reason ? inner->reason : "DEMO");
    (void)jk_fail(error, inner->status, reason ? reason : "DEMO", "line %u of the script, %s: %s", line->number,
                  command, inner->message);
    for (size_t i = 0; i < kept; i++)
        jk_error_field(error, inner->violations[i].field, "%s", inner->violations[i].rule);
    return error->status;
}

/* A line's request may depend on existing state (an amended stage), so a used request id shows that it was sent before.
 */
static bool is_done(const struct jk_demo_play *play, enum jk_status status)
{
    const char *reason = play->inner->error.reason;
    if (status == JK_ALREADY_EXISTS) return true;
    return play->going_on && status != JK_OK && reason && strcmp(reason, "REQUEST_ID_REUSED") == 0;
}

/* Written before is as good as written now. */
static enum jk_status judge(struct jk_demo_play *play, const struct jk_demo_line *line, enum jk_status status,
                            const char *said)
{
    const char *command = play->inner->options.command ? play->inner->options.command->name : line->words[0];
    if (line->refused &&
        (status == JK_FAILED_PRECONDITION || status == JK_INVALID_ARGUMENT || status == JK_PERMISSION_DENIED))
        return JK_OK;
    if (line->refused && status == JK_OK && !play->going_on)
        return jk_fail(&play->cli->error, JK_INTERNAL, "DEMO", "line %u of the script, %s: was not refused",
                       line->number, command);
    if (status != JK_OK && !is_done(play, status)) return fail_line(play, line, command);
    if (line->keep && status == JK_OK) {
        json_t *root = json_loads(said, 0, NULL);
        /* of a ruling that waits for a second, where there is one beside: what will follow has no entry yet */
        json_int_t index = json_integer_value(json_object_get(root, "log_index"));
        if (!index) index = json_integer_value(json_object_get(root, "ruling"));
        json_decref(root);
        const char *text = jk_arena_printf(&play->cli->arena, "%lld", (long long)index);
        if (!text) return jk_out_of_memory(&play->cli->error);
        jk_demo_keep(play, (struct jk_demo_kept){.name = line->keep, .text = text});
    }
    return JK_OK;
}

static enum jk_status run_inner(struct jk_demo_play *play, const struct jk_demo_actor *actor, int argc, char **argv,
                                FILE *out)
{
    struct jk_cli *inner = play->inner;
    struct jk_arena arena = inner->arena;
    *inner = (struct jk_cli){.arena = arena,
                             .settings = actor->settings,
                             .client = actor->client,
                             .run = play->cli->run,
                             .in = play->cli->in,
                             .out = out,
                             .err = out,
                             .json = true,
                             .width = play->cli->width};
    jk_arena_reset(&inner->arena);
    jk_error_init(&inner->error, &inner->arena);
    JK_TRY(jk_options_parse(argc, argv, &inner->options, &inner->error));
    if (!inner->options.command) return jk_fail(&inner->error, JK_INVALID_ARGUMENT, "USAGE", "is no command of jokbo");
    return inner->run(inner);
}

enum jk_status jk_demo_run(struct jk_demo_play *play, const struct jk_demo_line *line, const char *const *words,
                           size_t count, size_t salt)
{
    const struct jk_demo_actor *actor = find_actor(play, line->who);
    char *argv[JK_DEMO_ARGS + 6] = {(char *)"jokbo"}, *said = NULL;
    size_t argc = 1, len = 0;
    if (!actor)
        return jk_fail(&play->cli->error, JK_INVALID_ARGUMENT, "DEMO",
                       "line %u of the script: there is no account \"%s\"", line->number, line->who);
    for (size_t i = 0; i < count && i < JK_DEMO_ARGS; i++) {
        const char *word = fill_in(play, words[i]);
        if (!word) return jk_out_of_memory(&play->cli->error);
        argv[argc++] = (char *)(uintptr_t)word;
    }

    /* what every command of a script is given, where it takes it */
    size_t used;
    const struct jk_command *command = jk_command_find((const char *const *)argv + 1, argc - 1, &used);
    if (command && jk_command_takes(command, JK_OPTION_REQUEST_ID)) {
        argv[argc++] = (char *)"--request-id";
        argv[argc++] = jk_demo_request_id(play, line, salt);
    }
    if (command && jk_command_takes(command, JK_OPTION_NO_RECEIPT)) argv[argc++] = (char *)"--no-receipt";
    argv[argc++] = (char *)"--json";

    FILE *out = open_memstream(&said, &len);
    if (!out) return jk_out_of_memory(&play->cli->error);
    enum jk_status status = run_inner(play, actor, (int)argc, argv, out);
    if (status == JK_OK) status = jk_error_result(&play->inner->error);
    fclose(out);
    status = judge(play, line, status, said ? said : "");
    free(said);
    return status;
}
