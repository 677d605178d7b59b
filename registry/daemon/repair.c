/* See repair.h. Messages go to standard output, the progress bar to standard error. */
#include "daemon/repair.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/mirror.h"

#define WIDTH    32
#define LEAST_MS 100

struct bar {
    bool terminal, drawn;
    int64_t began_ms, drawn_ms;
    const char *what;
};

static void show_progress(void *context, const char *what, uint64_t done, uint64_t total)
{
    struct bar *bar = context;
    int64_t now_ms = jk_monotonic_ms();

    if (!bar->terminal || total == 0) return;
    if (bar->what != what) {
        bar->what = what;
        bar->began_ms = now_ms;
    }
    if (now_ms - bar->drawn_ms < LEAST_MS && done < total) return;
    bar->drawn_ms = now_ms;
    bar->drawn = true;

    int64_t spent_ms = jk_monotonic_ms() - bar->began_ms;
    uint64_t rate = spent_ms > 0 ? done * 1000 / (uint64_t)spent_ms : 0;
    int filled = (int)(done * WIDTH / total);
    fprintf(stderr, "\r\033[K%s [%.*s%*s] %3llu %%", bar->what, filled, "################################",
            WIDTH - filled, "", (unsigned long long)(done * 100 / total));
    if (rate > 0)
        fprintf(stderr, "  %llu/s  %llu s left", (unsigned long long)rate, (unsigned long long)((total - done) / rate));
}

static void clear_bar(struct bar *bar)
{
    if (bar->drawn) fputs("\r\033[K", stderr);
    bar->drawn = false;
}

static void say(void *context, const char *text)
{
    clear_bar(context);
    printf("%s\n", text);
    fflush(stdout);
}

enum jk_status jk_repair_rebuild(const struct jk_store_options *options, struct jk_error *error)
{
    struct bar bar = {.terminal = isatty(STDERR_FILENO)};
    struct jk_repair_watch watch = {.progress = show_progress, .told = say, .context = &bar};
    uint64_t replaced = 0;
    enum jk_status status = jk_store_rebuild(options, &watch, &replaced, error);

    clear_bar(&bar);
    if (status != JK_OK) return status;
    printf("The public folder has the whole log; %llu wrong files were replaced.\n", (unsigned long long)replaced);
    return JK_OK;
}

static void say_recovered(const struct jk_recovery *recovery, const char *from)
{
    unsigned long long before = recovery->size_before, size = recovery->size;

    if (size == before) {
        printf("Nothing was missing: the database has %llu entries, including all of those in %s.\n", before, from);
        return;
    }
    printf(
        "%llu entries were replayed from %s: the log holds %llu entries again, the same as were published.\n\n"
        "Accounts, tokens, members of publishers, pending requests, stored replies, uploaded manifests and licence\n"
        "texts, and free texts are not in the log. The database has them as its backup had them (none, where it was\n"
        "empty): make tokens and members anew where they are missing, and upload the files again.\n"
        "Now start jokbod.\n",
        size - before, from, size);
}

enum jk_status jk_repair_recover(const struct jk_store_options *options, const char *from, struct jk_error *error)
{
    struct bar bar = {.terminal = isatty(STDERR_FILENO)};
    struct jk_repair_watch watch = {.progress = show_progress, .told = say, .context = &bar};
    struct jk_recovery recovery = {0};
    struct jk_mirror_source *source;
    struct jk_mirror mirror;
    enum jk_status status;

    JK_TRY(jk_mirror_source_open(from, &source, error));
    mirror = jk_mirror_of(source);
    status = jk_store_recover(options, &mirror, &watch, &recovery, error);
    clear_bar(&bar);
    if (status == JK_OK) say_recovered(&recovery, from);
    jk_mirror_source_close(source);
    return status;
}
