/* Demos: setting the clock, and playing the programme so far. */
#include <jansson.h>

#include "cli/commands.h"
#include "cli/console/local.h"
#include "cli/console/moment.h"
#include "cli/console/print.h"
#include "demo/demo.h"
#include "demo/play.h"
#include "reply/json.h"

#define DEMO                (&jokbo__v1__demo__descriptor)
#define DERIVATIVES_DEFAULT 20000

/* ---- the clock ---- */

enum jk_status jk_demo_now(struct jk_cli *cli, Jokbo__V1__Clock **out_clock)
{
    Jokbo__V1__GetClockRequest request = JOKBO__V1__GET_CLOCK_REQUEST__INIT;
    return jk_cli_call(cli, DEMO, "GetClock", &request.base, out_clock);
}

static enum jk_status set_clock(struct jk_cli *cli, Jokbo__V1__Clock **out_clock)
{
    Jokbo__V1__SetClockRequest request = JOKBO__V1__SET_CLOCK_REQUEST__INIT;
    Google__Protobuf__Timestamp time;
    int64_t time_us;
    if (!jk_moment_parse(jk_span_of(jk_cli_operand(cli, 0)), &time_us))
        return jk_cli_usage(cli,
                            "TIME \"%.60s\" must be a date such as 2026-08-01, or a time such as 2026-08-01T18:00 or "
                            "2026-08-01T18:00:00+09:00",
                            jk_cli_operand(cli, 0));
    jk_json_time_set(time_us, &time);
    request.time = &time;
    request.request_id = jk_cli_request_id(cli);
    return jk_cli_call(cli, DEMO, "SetClock", &request.base, out_clock);
}

enum jk_status jk_run_demo_clock(struct jk_cli *cli)
{
    Jokbo__V1__Clock *clock;
    if (cli->options.operand_count > 0)
        JK_TRY(set_clock(cli, &clock));
    else
        JK_TRY(jk_demo_now(cli, &clock));
    if (cli->json) return jk_print_message(cli, &clock->base);
    fprintf(cli->out, "%s%s\n", jk_print_moment(cli, clock->time),
            clock->demo        ? "  (a demo's clock: it is not the real time)"
            : clock->disagrees ? "  (unreliable: clocks disagree, and nothing can be written)"
                               : "");
    return JK_OK;
}

/* ---- the programme so far ---- */

static struct jk_span folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (struct jk_span){path, (size_t)(slash - path)} : JK_SPAN(".");
}

enum jk_status jk_run_demo_load(struct jk_cli *cli)
{
    uint64_t derivatives = jk_options_count(&cli->options, JK_OPTION_DERIVATIVES, DERIVATIVES_DEFAULT);
    struct jk_demo_play *play = jk_arena_zalloc(&cli->arena, 1, sizeof *play);
    struct jk_demo_script script;
    struct jk_span file;
    if (derivatives > JK_DEMO_MOST) return jk_cli_usage(cli, "--derivatives must be at most %d", JK_DEMO_MOST);
    if (!play) return jk_out_of_memory(&cli->error);
    JK_TRY(jk_local_read(jk_cli_operand(cli, 0), JK_DEMO_SCRIPT_BYTES, &cli->arena, &file, &cli->error));
    JK_TRY(jk_demo_script_read(file, folder_of(jk_cli_operand(cli, 0)), &cli->arena, &script, &cli->error));
    JK_TRY(jk_demo_play(cli, &script, (size_t)derivatives, play));
    Jokbo__V1__Clock *clock;
    JK_TRY(jk_demo_now(cli, &clock));
    if (cli->json)
        return jk_print_json(cli, json_pack("{s:I, s:I, s:I, s:o}", "derivatives", (json_int_t)play->made, "new",
                                            (json_int_t)play->written, "log_size", (json_int_t)clock->log_size, "clock",
                                            jk_json_message(&clock->base)));
    if (play->played) {
        fprintf(cli->out, "It was already played to the end: there is nothing to do.\n");
        return JK_OK;
    }
    fprintf(cli->out, "%s that are invented, %s of them new; log size %s; the demo's clock shows %s\n",
            jk_print_plural(cli, (int64_t)play->made, "derivative", "derivatives"),
            jk_print_number(cli, (int64_t)play->written), jk_print_number(cli, clock->log_size),
            jk_print_moment(cli, clock->time));
    return JK_OK;
}
