/* `census read`: what a hub has of the roster's descendants, from its API or from files, into the folder of a run. */
#include "cli/census_crawl.h"
#include "cli/census_source.h"
#include "cli/commands.h"
#include "cli/console/print.h"
#include "domain/ident.h"

#define HUB "huggingface.co"

struct reading {
    struct jk_census_run_of of;
    struct jk_census_known known;
    struct jk_crawl crawl;
    struct jk_census_out out;
    struct jk_census_files files;
    const char *folder;
    bool from_api, complete;
};

/* ---- what is asked for ---- */

static enum jk_status check_sources(struct jk_cli *cli, struct reading *reading)
{
    size_t count = cli->options.operand_count, urls = 0;
    for (size_t i = 0; i < count; i++)
        urls += jk_span_is_url(jk_span_of(jk_cli_operand(cli, i)));
    if (urls > 0 && count > 1) return jk_cli_usage(cli, "a hub's API is read alone, without other sources");
    reading->from_api = urls > 0;
    if (urls > 0 && jk_cli_has(cli, JK_OPTION_COMPLETE))
        return jk_cli_usage(cli, "--complete is for files: whether a reading of a hub's API is complete is found out");
    if (urls == 0 && jk_cli_has(cli, JK_OPTION_HUB_TOKEN_FILE))
        return jk_cli_usage(cli, "--hub-token-file is for a hub's API, and no source is one");
    if (urls == 0 && jk_cli_has(cli, JK_OPTION_HEADERS))
        return jk_cli_usage(cli, "--headers asks a hub, and no source is one");
    return JK_OK;
}

/* The sources as one text, by which a run that goes on is recognised. */
static const char *sources_text(struct jk_cli *cli)
{
    const char *text = jk_cli_operand(cli, 0);
    if (jk_cli_has(cli, JK_OPTION_HEADERS)) text = jk_arena_printf(&cli->arena, "%s with headers", text);
    for (size_t i = 1; text && i < cli->options.operand_count; i++)
        text = jk_arena_printf(&cli->arena, "%s\n%s", text, jk_cli_operand(cli, i));
    return text;
}

static enum jk_status begin(struct jk_cli *cli, struct reading *reading)
{
    struct jk_census_run_of *of = &reading->of;
    const char **bases, *hub = jk_options_text(&cli->options, JK_OPTION_HUB);
    of->hub = hub ? hub : HUB;
    const char *fault = jk_ident_host_fault(jk_span_of(of->hub));
    if (fault) return jk_cli_usage(cli, "--hub: \"%.200s\" %s", of->hub, fault);
    reading->folder = jk_options_text(&cli->options, JK_OPTION_OUT);
    if (!reading->folder) return jk_cli_missing(cli, "out", "the folder for the run: --out RUN");
    JK_TRY(check_sources(cli, reading));
    of->source = sources_text(cli);
    of->whole = jk_cli_has(cli, JK_OPTION_COMPLETE);
    if (!of->source) return jk_out_of_memory(&cli->error);
    JK_TRY(jk_census_bases(cli, &bases, &of->base_count));
    of->bases = bases;
    JK_TRY(jk_census_known_read(cli, jk_span_of(of->hub), bases, of->base_count, &reading->known));
    if (!jk_crawl_init(&reading->crawl)) return jk_out_of_memory(&cli->error);
    return jk_census_out_open(cli, reading->folder, of, &reading->crawl, &reading->out);
}

/* ---- what came of it ---- */

static void print_count(struct jk_cli *cli, struct jk_table *table, const char *name, uint64_t count)
{
    jk_print_fact(table, name, jk_print_number(cli, (int64_t)count));
}

static enum jk_status print_reading_json(struct jk_cli *cli, const struct reading *reading)
{
    const uint64_t *tally = reading->out.tally;
    json_t *root = json_pack("{s:s, s:s, s:b, s:I}", "run", reading->folder, "hub", reading->of.hub, "complete",
                             reading->complete, "models", (json_int_t)reading->out.lines);
    for (int i = 0; root && i < JK_CENSUS_STATES; i++)
        json_object_set_new(root, jk_census_state_text((enum jk_census_state)i), json_integer((json_int_t)tally[i]));
    if (root) json_object_set_new(root, "refused", json_integer((json_int_t)reading->out.refused));
    if (root) json_object_set_new(root, "doubles", json_integer((json_int_t)reading->files.doubles));
    return jk_print_json(cli, root);
}

static void print_reading(struct jk_cli *cli, const struct reading *reading)
{
    static const char *const words[] = {[JK_CENSUS_PRESENT] = "present, read",
                                        [JK_CENSUS_MOVED] = "moved to another name",
                                        [JK_CENSUS_ABSENT] = "absent",
                                        [JK_CENSUS_UNKNOWN] = "not found out",
                                        [JK_CENSUS_SAME] = "present, as observed last",
                                        [JK_CENSUS_UNREADABLE] = "cannot be read"};
    struct jk_table table;
    jk_print_facts_init(&table, cli);
    jk_print_fact(&table, "run", reading->folder);
    jk_print_fact(&table, "hub", reading->of.hub);
    print_count(cli, &table, "base models", reading->of.base_count);
    print_count(cli, &table, "models", reading->out.lines);
    for (int i = 0; i < JK_CENSUS_STATES; i++)
        if (reading->out.tally[i] > 0) print_count(cli, &table, words[i], reading->out.tally[i]);
    if (reading->out.refused > 0) print_count(cli, &table, "no model's", reading->out.refused);
    if (reading->files.doubles > 0) print_count(cli, &table, "a model again", reading->files.doubles);
    jk_print_fact(&table, "complete", reading->complete ? "yes" : "no");
    jk_print_table(cli, &table);
}

/* What a run that is not complete is good for, and how it gets complete. */
static void tell_incomplete(struct jk_cli *cli, const struct reading *reading)
{
    uint64_t unknown = reading->out.tally[JK_CENSUS_UNKNOWN];
    const char *what = "A list could not be read to its end";
    if (unknown > 0)
        what = jk_arena_printf(&cli->arena, "%s could not be found out",
                               jk_print_plural(cli, (int64_t)unknown, "model", "models"));
    const char *text =
        reading->from_api ? jk_arena_printf(&cli->arena,
                                            "%s: the same command with --resume asks for that again. What was read can "
                                            "be planned and applied; it marks as absent only what the hub said is.",
                                            what ? what : "")
                          : "Files say nothing about what is not in them: nothing was taken as absent. --complete says "
                            "that they have everything.";
    if (text) jk_print_note(cli, text);
}

static enum jk_status read_sources(struct jk_cli *cli, struct reading *reading)
{
    if (reading->from_api)
        return jk_census_crawl(cli, jk_cli_operand(cli, 0), &reading->of, &reading->known, &reading->crawl,
                               &reading->out, &reading->complete);
    JK_TRY(jk_census_read_files(cli, cli->options.operands, cli->options.operand_count, reading->of.whole,
                                &reading->known, &reading->crawl, &reading->out, &reading->files));
    reading->complete = reading->of.whole && reading->out.refused == 0;
    return JK_OK;
}

static enum jk_status run_reading(struct jk_cli *cli, struct reading *reading)
{
    JK_TRY(begin(cli, reading));
    JK_TRY(read_sources(cli, reading));
    JK_TRY(jk_census_out_finish(&reading->out, &reading->of, reading->complete));
    if (cli->json)
        JK_TRY(print_reading_json(cli, reading));
    else
        print_reading(cli, reading);
    if (!reading->complete) tell_incomplete(cli, reading);
    return JK_OK;
}

enum jk_status jk_run_census_read(struct jk_cli *cli)
{
    struct reading *reading = jk_arena_zalloc(&cli->arena, 1, sizeof *reading);
    if (!reading) return jk_out_of_memory(&cli->error);
    reading->out.lock = -1;
    enum jk_status status = run_reading(cli, reading);
    jk_census_out_close(&reading->out);
    jk_crawl_done(&reading->crawl);
    jk_census_known_done(&reading->known);
    return status;
}
