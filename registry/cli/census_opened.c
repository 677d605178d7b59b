/* See census_opened.h. */
#include "cli/census_opened.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/regular.h"
#include "cli/console/local.h"
#include "cli/console/pages.h"
#include "cli/console/print.h"
#include "cli/console/progress.h"
#include "cli/fold.h"
#include "reply/message.h"

#define ABSENT_FEW 10 /* absences that are written whatever their share */

static enum jk_status file_failed(struct jk_census_opened *opened, const char *why)
{
    return jk_fail(&opened->cli->error, JK_INVALID_ARGUMENT, "LOCAL_FILE", "%.300s/models.jsonl: %s", opened->folder,
                   why);
}

/* run.json comes last: while it lacks, the journal says that reading was begun. */
static enum jk_status check_finished(struct jk_census_opened *opened, const char *run)
{
    struct jk_cli *cli = opened->cli;
    const char *journal = jk_arena_printf(&cli->arena, "%s/journal", opened->folder);
    if (!journal) return jk_out_of_memory(&cli->error);
    if (jk_local_exists(run) || !jk_local_exists(journal)) return JK_OK;
    return jk_fail(&cli->error, JK_FAILED_PRECONDITION, "RUN_UNFINISHED",
                   "the run in %.300s has not been read to its end: the same jokbo census read with --resume goes on",
                   opened->folder);
}

static enum jk_status open_run_files(struct jk_census_opened *opened)
{
    struct jk_cli *cli = opened->cli;
    const char *run = jk_arena_printf(&cli->arena, "%s/run.json", opened->folder), *why = "";
    const char *models = jk_arena_printf(&cli->arena, "%s/models.jsonl", opened->folder);
    struct jk_span bytes;
    struct stat facts;
    if (!run || !models) return jk_out_of_memory(&cli->error);
    JK_TRY(check_finished(opened, run));
    JK_TRY(jk_local_read(run, JK_CENSUS_RUN_MAX, &cli->arena, &bytes, &cli->error));
    JK_TRY(jk_census_run_read(bytes, &cli->arena, &opened->run, &cli->error));
    opened->digest = jk_digest_of(bytes);
    int fd = jk_regular_open(AT_FDCWD, models, true, &why);
    if (fd < 0) return file_failed(opened, why);
    opened->models = fdopen(fd, "r");
    if (!opened->models) (void)close(fd);
    if (!opened->models || fstat(fd, &facts) != 0) return file_failed(opened, strerror(errno));
    opened->size = (uint64_t)facts.st_size;
    return JK_OK;
}

/* ---- lines ---- */

static enum jk_status name_line(struct jk_error *error, uint64_t number)
{
    size_t len = strlen(error->message);
    (void)snprintf(error->message + len, sizeof error->message - len, " It is line %llu.", (unsigned long long)number);
    jk_error_fact(error, "line", "%llu", (unsigned long long)number);
    return error->status;
}

enum jk_status jk_census_each(struct jk_census_opened *opened, const char *what, jk_census_take_fn *take, void *context)
{
    struct jk_cli *cli = opened->cli;
    struct jk_progress progress;
    uint64_t offset = 0, number = 0;
    enum jk_status status = JK_OK;
    ssize_t len;
    rewind(opened->models);
    jk_progress_begin(&progress, cli->err, cli->err_terminal && !cli->json, cli->utf8, what, opened->size);
    while (status == JK_OK && (len = getline(&opened->line, &opened->room, opened->models)) >= 0) {
        struct jk_span line = {opened->line, (size_t)len};
        status = take(context, line, offset, &cli->error);
        offset += line.len;
        number++;
        jk_progress_add(&progress, line.len);
    }
    jk_progress_end(&progress);
    if (status == JK_OK && ferror(opened->models)) return file_failed(opened, strerror(errno));
    return status == JK_OK ? JK_OK : name_line(&cli->error, number);
}

enum jk_status jk_census_line_at(struct jk_census_opened *opened, uint64_t offset, uint32_t length,
                                 struct jk_span *out_line)
{
    if (length > opened->room) {
        char *grown = realloc(opened->line, length);
        if (!grown) return jk_out_of_memory(&opened->cli->error);
        opened->line = grown;
        opened->room = length;
    }
    if (fseeko(opened->models, (off_t)offset, SEEK_SET) != 0 ||
        fread(opened->line, 1, length, opened->models) != length)
        return file_failed(opened, "it changed while it was read");
    *out_line = (struct jk_span){opened->line, length};
    return JK_OK;
}

/* ---- the plan ---- */

static enum jk_status add_line(void *context, struct jk_span line, uint64_t offset, struct jk_error *error)
{
    return jk_plan_add(context, line, offset, error);
}

static enum jk_status make_plan(struct jk_census_opened *opened)
{
    struct jk_cli *cli = opened->cli;
    JK_TRY(jk_fold_log(cli, &opened->book));
    opened->plan = jk_plan_new(opened->book, jk_book_size(opened->book), opened->run.hub, opened->run.complete);
    if (!opened->plan) return jk_out_of_memory(&cli->error);
    JK_TRY(jk_census_each(opened, "planning", add_line, opened->plan));
    return jk_plan_finish(opened->plan, &cli->error);
}

enum jk_status jk_census_open(struct jk_cli *cli, const char *folder, struct jk_census_opened *out_opened)
{
    *out_opened = (struct jk_census_opened){.cli = cli, .folder = folder};
    JK_TRY(open_run_files(out_opened));
    return make_plan(out_opened);
}

/* A hub that fails in a way nobody has thought of looks like that, and absences end in models that no longer count. */
const char *jk_census_many_absent(const struct jk_census_opened *opened)
{
    struct jk_cli *cli = opened->cli;
    size_t absent = jk_plan_of(opened->plan, JK_PLAN_ABSENT), known = 0;
    for (int i = 0; i <= JK_PLAN_UNCHANGED; i++)
        if (i != JK_PLAN_REGISTER) known += jk_plan_of(opened->plan, (enum jk_plan_action)i);
    if (absent < ABSENT_FEW || 2 * absent <= known) return NULL;
    const char *text =
        jk_arena_printf(&cli->arena, "the run takes %s of %s that it knows for gone, which is more than half",
                        jk_print_number(cli, (int64_t)absent), jk_print_plural(cli, (int64_t)known, "model", "models"));
    return text ? text : "the run takes most models for gone";
}

void jk_census_forget_plan(struct jk_census_opened *opened)
{
    jk_plan_free(opened->plan);
    jk_book_free(opened->book);
    opened->plan = NULL;
    opened->book = NULL;
}

void jk_census_close(struct jk_census_opened *opened)
{
    if (opened->models) (void)fclose(opened->models);
    free(opened->line);
    jk_census_forget_plan(opened);
    *opened = (struct jk_census_opened){.cli = opened->cli};
}

/* ---- the run in words ---- */

size_t jk_census_limit(const struct jk_cli *cli)
{
    bool whole = (cli->json || cli->csv) && !jk_cli_has(cli, JK_OPTION_LIMIT);
    uint64_t limit = whole ? 0 : jk_pages_limit(cli);
    return limit > 0 ? (size_t)limit : SIZE_MAX;
}

const char *jk_census_run_text(const struct jk_census_opened *opened)
{
    struct jk_cli *cli = opened->cli;
    const struct jk_census_run *run = &opened->run;
    const char *text =
        jk_arena_printf(&cli->arena, "%.*s, %s, %s, begun %s%s", JK_SPAN_ARG(run->hub),
                        jk_print_plural(cli, (int64_t)run->base_count, "base model", "base models"),
                        jk_print_plural(cli, (int64_t)run->models, "model", "models"),
                        jk_print_time(cli, jk_to_timestamp(&cli->arena, run->started_us)),
                        run->complete ? "" : "; not complete, so nothing that it lacks is taken for gone");
    return text ? text : "";
}

json_t *jk_census_run_json(const struct jk_census_opened *opened)
{
    const struct jk_census_run *run = &opened->run;
    json_t *bases = json_array();
    char began[JK_TIME_TEXT];
    jk_time_format(run->started_us, began);
    for (size_t i = 0; i < run->base_count; i++)
        json_array_append_new(bases, json_stringn(run->bases[i].at, run->bases[i].len));
    return json_pack("{s:s%, s:o, s:s, s:b, s:I}", "hub", run->hub.at, run->hub.len, "bases", bases, "started", began,
                     "complete", (int)run->complete, "models", (json_int_t)run->models);
}
