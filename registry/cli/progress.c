/* See progress.h. */
#include "cli/progress.h"

#include "base/clock.h"
#include "base/defer.h"
#include "cli/table.h"

#define WIDTH    32
#define LEAST_MS 100

void jk_progress_begin(struct jk_progress *progress, FILE *file, bool terminal, bool utf8, const char *what,
                       uint64_t total)
{
    bool shown = terminal && total > JK_PROGRESS_LEAST;
    *progress = (struct jk_progress){shown ? file : NULL, what, 0, total, 0, utf8};
}

static void draw(const struct jk_progress *progress)
{
    JK_CLEANUP(jk_text_done) struct jk_text bar;
    jk_text_init(&bar, 0);
    jk_table_bar(progress->done, progress->total, WIDTH, progress->utf8, &bar);
    size_t columns = jk_utf8_columns(jk_text_span(&bar));
    fprintf(progress->file, "\r%s [%s%*s] %3.0f %%", progress->what, bar.bytes ? bar.bytes : "",
            (int)(columns < WIDTH ? WIDTH - columns : 0), "", 100.0 * (double)progress->done / (double)progress->total);
    fflush(progress->file);
}

void jk_progress_add(struct jk_progress *progress, uint64_t bytes)
{
    progress->done += bytes;
    if (!progress->file) return;
    int64_t now_ms = jk_monotonic_ms();
    if (now_ms - progress->drawn_ms < LEAST_MS && progress->done < progress->total) return;
    progress->drawn_ms = now_ms;
    draw(progress);
}

void jk_progress_end(struct jk_progress *progress)
{
    if (!progress->file) return;
    fputs("\r\033[K", progress->file);
    fflush(progress->file);
    progress->file = NULL;
}
