/* See progress.h. */
#include "cli/console/progress.h"

#include "base/clock.h"
#include "base/defer.h"
#include "cli/console/table.h"

#define WIDTH    32
#define LEAST_MS 100
#define LINE_MS  10000
#define SOON_MS  500 /* a rate before that says nothing */

static void begin_progress_line(struct jk_progress *progress, FILE *file, bool shown, bool utf8, const char *what,
                                const char *unit, uint64_t total)
{
    *progress = (struct jk_progress){shown ? file : NULL, what, unit, 0, total, jk_monotonic_ms(), 0, utf8};
}

void jk_progress_begin(struct jk_progress *progress, FILE *file, bool terminal, bool utf8, const char *what,
                       uint64_t total)
{
    begin_progress_line(progress, file, terminal && total > JK_PROGRESS_LEAST, utf8, what, NULL, total);
}

void jk_progress_begin_items(struct jk_progress *progress, FILE *file, bool terminal, bool utf8, const char *what,
                             const char *unit)
{
    begin_progress_line(progress, file, terminal, utf8, what, unit, 0);
}

void jk_progress_begin_lines(struct jk_progress *progress, FILE *file, const char *what, uint64_t total)
{
    begin_progress_line(progress, file, total > JK_PROGRESS_LEAST, false, what, NULL, total);
    progress->drawn_ms = progress->begun_ms;
    progress->lines = true;
}

void jk_progress_write(const struct jk_progress *progress, int64_t after_ms, struct jk_text *out)
{
    JK_CLEANUP(jk_text_done) struct jk_text bar;
    jk_text_init(&bar, 0);
    jk_table_bar(progress->done, progress->total, WIDTH, progress->utf8, &bar);
    size_t columns = jk_utf8_columns(jk_text_span(&bar));
    jk_text_addf(out, "%s [%s%*s] %3.0f %%", progress->what, bar.bytes ? bar.bytes : "",
                 (int)(columns < WIDTH ? WIDTH - columns : 0), "",
                 100.0 * (double)progress->done / (double)progress->total);
    if (after_ms >= SOON_MS && progress->done > 0 && progress->done < progress->total) {
        double rate = (double)progress->done * 1000 / (double)after_ms;
        if (progress->unit)
            jk_text_addf(out, "  %.0f %s/s", rate, progress->unit);
        else
            jk_text_addf(out, "  %.1f MB/s", rate / 1e6);
        double left_s = rate > 0 ? (double)(progress->total - progress->done) / rate : 0;
        if (left_s >= 3600)
            jk_text_addf(out, ", %.0f h %.0f min left", (double)(int64_t)(left_s / 3600),
                         (double)((int64_t)(left_s / 60) % 60));
        else if (left_s >= 60)
            jk_text_addf(out, ", %.0f min left", left_s / 60);
        else
            jk_text_addf(out, ", %.0f s left", left_s);
    }
}

static void moved(struct jk_progress *progress)
{
    if (!progress->file) return;
    int64_t now_ms = jk_monotonic_ms();
    if (progress->unit && now_ms - progress->begun_ms < SOON_MS) return;
    if (progress->lines && now_ms - progress->drawn_ms < LINE_MS) return;
    if (now_ms - progress->drawn_ms < LEAST_MS && progress->done < progress->total) return;
    progress->drawn_ms = now_ms;

    JK_CLEANUP(jk_text_done) struct jk_text line;
    jk_text_init(&line, 0);
    jk_progress_write(progress, progress->drawn_ms - progress->begun_ms, &line);
    fprintf(progress->file, progress->lines ? "%s\n" : "\r%s\033[K", line.bytes ? line.bytes : "");
    fflush(progress->file);
}

void jk_progress_add(struct jk_progress *progress, uint64_t count)
{
    progress->done += count;
    moved(progress);
}

void jk_progress_to(struct jk_progress *progress, uint64_t done, uint64_t total)
{
    progress->done = done;
    progress->total = total;
    if (total > 0) moved(progress);
}

void jk_progress_show(void *progress, uint64_t done, uint64_t total)
{
    jk_progress_to(progress, done, total);
}

void jk_progress_end(struct jk_progress *progress)
{
    if (!progress->file || progress->lines) return;
    fputs("\r\033[K", progress->file);
    fflush(progress->file);
    progress->file = NULL;
}
