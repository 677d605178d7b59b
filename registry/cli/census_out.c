/* See census_out.h. */
#include "cli/census_out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"
#include "cli/console/local.h"
#include "cli/console/place.h"

#define FIRST       "jokbo/census-crawl/v1\n"
#define JOURNAL_MAX (1u << 30)
#define GROUP       1024 /* lines between two flushes of what is quickly read again */

static const char *path_of(struct jk_census_out *out, const char *file)
{
    const char *path = jk_arena_printf(&out->cli->arena, "%s/%s", out->folder, file);
    return path ? path : "";
}

static enum jk_status run_file_fault(struct jk_census_out *out, const char *file, int fault)
{
    return jk_fail(&out->cli->error, JK_UNAVAILABLE, "LOCAL_FILE", "%.200s/%s: %s", out->folder, file, strerror(fault));
}

static enum jk_status flush_run(struct jk_census_out *out)
{
    /* In this order: a model that the journal calls done has its line. */
    if (fflush(out->models) != 0) return run_file_fault(out, "models.jsonl", errno);
    if (fflush(out->journal) != 0) return run_file_fault(out, "journal", errno);
    return JK_OK;
}

/* ---- opening ---- */

/* What says whether another run is the same one; the line `started` follows it. */
static const char *head_of(struct jk_census_out *out, const struct jk_census_run_of *of)
{
    struct jk_text text;
    jk_text_init(&text, 0);
    jk_text_addf(&text, FIRST "hub %s\nsource ", of->hub);
    jk_percent_encode(&text, jk_span_of(of->source), "", true);
    jk_text_addf(&text, "\nwhole %s\nbases", of->whole ? "yes" : "no");
    for (size_t i = 0; i < of->base_count; i++)
        jk_text_addf(&text, " %s", of->bases[i]);
    jk_text_add_char(&text, '\n');
    const char *copy = text.failed ? NULL : jk_arena_copy(&out->cli->arena, text.bytes, text.len);
    jk_text_done(&text);
    return copy;
}

static enum jk_status begin_journal(struct jk_census_out *out, const char *head)
{
    char now[JK_TIME_TEXT];
    out->started_us = jk_now_us();
    jk_time_format(out->started_us, now);
    jk_text_addf(&out->note, "%sstarted %s\n", head, now);
    return jk_census_out_note(out);
}

/* `done <number of the state> <id> <bytes of models.jsonl>`; false where that file does not go so far, and at anything else. */
static bool replay_done(struct jk_census_out *out, struct jk_crawl *crawl, struct jk_span rest, uint64_t size)
{
    struct jk_span id, word;
    uint64_t end, state;
    (void)jk_span_cut(&rest, ' ', &word);
    if (!jk_span_to_u64(word, &state) || state >= JK_CENSUS_STATES) return false;
    (void)jk_span_cut(&rest, ' ', &id);
    uint32_t at = jk_crawl_find(crawl, id);
    if (at == JK_CRAWL_NONE || !jk_span_to_u64(rest, &end) || end > size || end < out->written) return false;
    crawl->items[at].done = true;
    out->written = end;
    out->lines++;
    out->tally[state]++;
    return true;
}

static enum jk_status count_children(struct jk_census_out *out, struct jk_span id, uint64_t number)
{
    if (out->children_count == out->children_room) {
        size_t room = out->children_room > 0 ? 2 * out->children_room : 64;
        struct jk_census_children *more = jk_arena_zalloc(&out->cli->arena, room, sizeof *more);
        if (!more) return jk_out_of_memory(&out->cli->error);
        if (out->children_count > 0) memcpy(more, out->children, out->children_count * sizeof *more);
        out->children = more;
        out->children_room = room;
    }
    const char *copy = jk_arena_copy(&out->cli->arena, id.at, id.len);
    if (!copy) return jk_out_of_memory(&out->cli->error);
    out->children[out->children_count++] = (struct jk_census_children){{copy, id.len}, number};
    return JK_OK;
}

bool jk_census_out_counted(const struct jk_census_out *out, struct jk_span id, uint64_t *out_number)
{
    for (size_t i = 0; i < out->children_count; i++) {
        if (!jk_span_equal(out->children[i].id, id)) continue;
        if (out_number) *out_number = out->children[i].count;
        return true;
    }
    return false;
}

static bool replay_counted(struct jk_census_out *out, struct jk_span rest)
{
    struct jk_span id;
    uint64_t number;
    (void)jk_span_cut(&rest, ' ', &id);
    return jk_span_to_u64(rest, &number) && count_children(out, id, number) == JK_OK;
}

/* `nameless <id> <number>`: objects in the list of that model. */
static bool replay_nameless(struct jk_census_out *out, struct jk_crawl *crawl, struct jk_span rest)
{
    struct jk_span id;
    uint64_t number;
    (void)jk_span_cut(&rest, ' ', &id);
    uint32_t at = jk_crawl_find(crawl, id);
    if (at == JK_CRAWL_NONE || !jk_span_to_u64(rest, &number)) return false;
    crawl->items[at].tallied = crawl->items[at].tally_noted = true;
    out->refused += number;
    return true;
}

static bool take_start(struct jk_span *line, const char *word)
{
    struct jk_span start = jk_span_of(word);
    if (!jk_span_starts(*line, start)) return false;
    *line = (struct jk_span){line->at + start.len, line->len - start.len};
    return true;
}

/* The lines of a run that ended before its time: as many as are whole and speak of what is there. */
static enum jk_status replay_journal(struct jk_census_out *out, struct jk_crawl *crawl, struct jk_span journal,
                                     uint64_t size, uint64_t *out_kept)
{
    struct jk_span rest = journal, line;
    while (memchr(rest.at, '\n', rest.len) && jk_span_line(&rest, &line)) {
        bool good = take_start(&line, "done ")       ? replay_done(out, crawl, line, size)
                    : take_start(&line, "counted ")  ? replay_counted(out, line)
                    : take_start(&line, "nameless ") ? replay_nameless(out, crawl, line)
                                                     : jk_crawl_replay(crawl, line, &out->cli->error);
        if (out->cli->error.status != JK_OK) return out->cli->error.status;
        if (!good) break;
        *out_kept = (uint64_t)(rest.at - journal.at);
    }
    return JK_OK;
}

static enum jk_status cut_to(struct jk_census_out *out, const char *file, uint64_t size)
{
    if (truncate(path_of(out, file), (off_t)size) == 0) return JK_OK;
    return run_file_fault(out, file, errno);
}

static enum jk_status take_up(struct jk_census_out *out, const char *head, struct jk_crawl *crawl)
{
    struct jk_span journal, rest, started;
    struct jk_arena arena;
    struct stat facts;
    jk_arena_init(&arena, JOURNAL_MAX);
    enum jk_status status = jk_local_read(path_of(out, "journal"), JOURNAL_MAX, &arena, &journal, &out->cli->error);
    rest = journal;
    bool same = status == JK_OK && take_start(&rest, head) && take_start(&rest, "started ") &&
                jk_span_line(&rest, &started) && jk_time_parse_canonical(started, &out->started_us);
    if (status == JK_OK && !same)
        status = jk_fail(&out->cli->error, JK_FAILED_PRECONDITION, "RUN_DIFFERS",
                         "%.200s holds a run of something else: give the same source, --hub and --base, or another "
                         "folder",
                         out->folder);
    if (status == JK_OK && stat(path_of(out, "models.jsonl"), &facts) != 0) facts.st_size = 0;
    uint64_t kept = 0, before = (uint64_t)(rest.at - journal.at);
    if (status == JK_OK) {
        status = replay_journal(out, crawl, rest, (uint64_t)facts.st_size, &kept);
    }
    jk_arena_done(&arena);
    if (status != JK_OK) return status;
    out->resumed = true;
    if (unlink(path_of(out, "run.json")) != 0 && errno != ENOENT) return run_file_fault(out, "run.json", errno);
    if (facts.st_size > 0) JK_TRY(cut_to(out, "models.jsonl", out->written));
    return cut_to(out, "journal", before + kept);
}

/* One process at a time: two would write into each other's lines. */
static enum jk_status lock_run(struct jk_census_out *out)
{
    out->lock = open(out->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->lock < 0) return run_file_fault(out, "", errno);
    if (flock(out->lock, LOCK_EX | LOCK_NB) == 0) return JK_OK;
    if (errno != EWOULDBLOCK) return run_file_fault(out, "", errno);
    return jk_fail(&out->cli->error, JK_ABORTED, "RUN_BUSY", "another process reads into %.200s", out->folder);
}

static enum jk_status open_files(struct jk_census_out *out)
{
    out->models = fopen(path_of(out, "models.jsonl"), "ae");
    if (!out->models) return run_file_fault(out, "models.jsonl", errno);
    out->journal = fopen(path_of(out, "journal"), "ae");
    return out->journal ? JK_OK : run_file_fault(out, "journal", errno);
}

enum jk_status jk_census_out_open(struct jk_cli *cli, const char *folder, const struct jk_census_run_of *of,
                                  struct jk_crawl *crawl, struct jk_census_out *out)
{
    *out = (struct jk_census_out){.cli = cli, .folder = folder, .lock = -1};
    jk_text_init(&out->line, 0);
    jk_text_init(&out->note, 0);
    const char *head = head_of(out, of);
    if (!head) return jk_out_of_memory(&cli->error);
    bool journal = jk_local_exists(path_of(out, "journal"));
    bool there = journal || jk_local_exists(path_of(out, "models.jsonl")) || jk_local_exists(path_of(out, "run.json"));
    if (there && !(journal && jk_cli_has(cli, JK_OPTION_RESUME)))
        return jk_fail(&cli->error, JK_FAILED_PRECONDITION, "RUN_EXISTS", "%.200s holds a run already%s", folder,
                       journal ? ": --resume continues it" : "");
    JK_TRY(jk_place_folder(folder, 0777, &cli->arena, &cli->error));
    JK_TRY(lock_run(out));
    if (journal) JK_TRY(take_up(out, head, crawl));
    JK_TRY(open_files(out));
    return journal ? JK_OK : begin_journal(out, head);
}

void jk_census_out_close(struct jk_census_out *out)
{
    if (out->models) (void)fclose(out->models);
    if (out->journal) (void)fclose(out->journal);
    if (out->lock >= 0) (void)close(out->lock);
    out->models = out->journal = NULL;
    out->lock = -1;
    jk_text_done(&out->line);
    jk_text_done(&out->note);
}

/* ---- writing ---- */

enum jk_status jk_census_out_note(struct jk_census_out *out)
{
    if (out->note.failed) return jk_out_of_memory(&out->cli->error);
    if (out->note.len > 0 && fwrite(out->note.bytes, 1, out->note.len, out->journal) != out->note.len)
        return run_file_fault(out, "journal", errno);
    jk_text_clear(&out->note);
    return out->grouped && out->lines % GROUP != 0 ? JK_OK : flush_run(out);
}

enum jk_status jk_census_out_put(struct jk_census_out *out, struct jk_crawl *crawl, uint32_t at,
                                 const struct jk_census_line *line)
{
    jk_text_clear(&out->line);
    jk_census_line_write(line, &out->line);
    if (out->line.failed) return jk_out_of_memory(&out->cli->error);
    if (fwrite(out->line.bytes, 1, out->line.len, out->models) != out->line.len)
        return run_file_fault(out, "models.jsonl", errno);
    out->written += out->line.len;
    out->lines++;
    out->tally[line->state]++;
    if (line->state == JK_CENSUS_UNKNOWN) return JK_OK;
    crawl->items[at].done = true;
    jk_text_addf(&out->note, "done %d %.*s %llu\n", (int)line->state, JK_SPAN_ARG(crawl->items[at].id),
                 (unsigned long long)out->written);
    return jk_census_out_note(out);
}

enum jk_status jk_census_out_count(struct jk_census_out *out, struct jk_span id, uint64_t number)
{
    JK_TRY(count_children(out, id, number));
    jk_text_addf(&out->note, "counted %.*s %llu\n", JK_SPAN_ARG(id), (unsigned long long)number);
    return jk_census_out_note(out);
}

void jk_census_out_nameless(struct jk_census_out *out, struct jk_crawl *crawl, uint32_t at, uint64_t number)
{
    crawl->items[at].tally_noted = true;
    jk_text_addf(&out->note, "nameless %.*s %llu\n", JK_SPAN_ARG(crawl->items[at].id), (unsigned long long)number);
}

/* ---- the end ---- */

static int by_id(const void *a, const void *b)
{
    return jk_span_compare(((const struct jk_census_children *)a)->id, ((const struct jk_census_children *)b)->id);
}

enum jk_status jk_census_out_finish(struct jk_census_out *out, const struct jk_census_run_of *of, bool complete)
{
    struct jk_census_run run = {.hub = jk_span_of(of->hub),
                                .bases = jk_arena_zalloc(&out->cli->arena, of->base_count, sizeof *run.bases),
                                .base_count = of->base_count,
                                .started_us = out->started_us,
                                .finished_us = jk_now_us(),
                                .complete = complete,
                                .models = out->lines,
                                .children = out->children,
                                .children_count = out->children_count};
    JK_TRY(flush_run(out));
    if (fsync(fileno(out->models)) != 0) return run_file_fault(out, "models.jsonl", errno);
    if (!run.bases) return jk_out_of_memory(&out->cli->error);
    for (size_t i = 0; i < of->base_count; i++)
        run.bases[i] = jk_span_of(of->bases[i]);
    if (run.children_count > 1) qsort(run.children, run.children_count, sizeof *run.children, by_id);
    jk_text_clear(&out->note);
    jk_census_run_write(&run, &out->note);
    if (out->note.failed) return jk_out_of_memory(&out->cli->error);
    JK_TRY(jk_place_file(out->folder, "run.json", jk_text_span(&out->note), &out->cli->arena, &out->cli->error));
    jk_text_clear(&out->note);
    return !complete || unlink(path_of(out, "journal")) == 0 ? JK_OK : run_file_fault(out, "journal", errno);
}
