/* The metrics page: what is counted as it happens (base/metrics.h), and what is measured on request. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/metrics.h"
#include "http/inside.h"

#define PAGE_MOST (4u << 20)

static uint64_t to_us(uint64_t ticks)
{
    return ticks * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

/* proc(5): the fields after the command's name, which may hold anything but is followed by the last ")". */
static void measure_stat(void)
{
    char text[1024];
    uint64_t user, system, threads, started, resident;
    FILE *file = fopen("/proc/self/stat", "re");
    size_t len = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[len] = '\0';
    if (file) fclose(file);

    const char *fields = strrchr(text, ')');
    if (!fields || sscanf(fields + 1,
                          " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
                          " %*d %*d %*d %*d %" SCNu64 " %*d %" SCNu64 " %*u %" SCNu64,
                          &user, &system, &threads, &started, &resident) != 5)
        return;
    jk_metrics_set(JK_METRIC_PROCESS_CPU, to_us(user + system));
    jk_metrics_set(JK_METRIC_PROCESS_THREADS, threads);
    jk_metrics_set(JK_METRIC_PROCESS_RESIDENT, resident * (uint64_t)sysconf(_SC_PAGESIZE));
    struct timespec now, up;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || clock_gettime(CLOCK_BOOTTIME, &up) != 0) return;
    uint64_t boot_us = (uint64_t)(now.tv_sec - up.tv_sec) * 1000000;
    jk_metrics_set(JK_METRIC_PROCESS_START, boot_us + to_us(started));
}

struct MHD_Response *jk_http_measure(struct jk_http *http)
{
    struct jk_store *store = http->options.store;
    struct jk_text text;
    measure_stat();

    struct rlimit limit;
    uint64_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder))
        count++;
    if (folder) closedir(folder);
    if (count > 3) jk_metrics_set(JK_METRIC_PROCESS_FDS, count - 3); /* ".", "..", and the folder itself */
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) jk_metrics_set(JK_METRIC_PROCESS_FDS_MOST, (uint64_t)limit.rlim_cur);

    struct jk_publish_state publication;
    struct jk_view view;
    jk_store_view(store, &view);
    jk_store_view_end(store);
    jk_metrics_set(JK_METRIC_LOG_SIZE, view.size);
    jk_store_publish_state(store, &publication);
    jk_metrics_set(JK_METRIC_PUBLISHED_SIZE, publication.size);
    jk_metrics_set(JK_METRIC_PUBLISH_LAG, publication.lag_ms > 0 ? (uint64_t)publication.lag_ms * 1000 : 0);
    jk_metrics_set(JK_METRIC_PUBLISH_STOPPED, publication.stopped);
    jk_metrics_set(JK_METRIC_TILES_UNREAD, (uint64_t)publication.unread_ms * 1000);
    jk_metrics_set(JK_METRIC_WRITES_WAITING, jk_store_write_backlog(store));
    jk_metrics_set(JK_METRIC_READS_WAITING, jk_store_read_backlog(store));
    jk_metrics_set(JK_METRIC_DATABASE_UP, jk_store_is_healthy(store));

    jk_metrics_set(JK_METRIC_RPC_LIVE, http->options.rpc_live(http->options.context));
    pthread_mutex_lock(&http->lock);
    jk_metrics_set(JK_METRIC_HTTP_CONNECTIONS, http->peer_count);
    pthread_mutex_unlock(&http->lock);
    jk_metrics_set(JK_METRIC_HTTP_UNSENT, jk_doorman_unread(http->unsent));
    jk_text_init(&text, PAGE_MOST);
    jk_metrics_write(&text);
    struct MHD_Response *response =
        text.failed ? NULL : jk_http_text(jk_text_span(&text), "text/plain; version=0.0.4; charset=utf-8", "no-store");
    jk_text_done(&text);
    return response;
}
