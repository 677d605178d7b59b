/* One event, one line, one write(2): the line is built on the stack and fits in PIPE_BUF, so that lines of several
 * threads and processes on one pipe never mix. Pairs that do not fit are left out, and the line says so. Above debug,
 * each event may have only so many lines a second (loglimit.h); log-left-out reports how many were suppressed. */
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loglimit.h"
#include "base/metrics.h"
#include "base/text.h"

#define LINE_MAX_BYTES 4096 /* PIPE_BUF on Linux */
#define VALUE_MAX      1024
#define KEY_MAX        64
#define TAIL_ROOM      24 /* for ,"cut":"true"} and LF */
#define ELLIPSIS       "\xE2\x80\xA6"
#define ELLIPSIS_LEN   3

static _Atomic int least_level = JK_LOG_INFO;
static _Atomic int line_format = JK_LOG_LOGFMT;

static pthread_mutex_t events_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct jk_loglimit events; /* under the mutex */

struct line {
    char bytes[LINE_MAX_BYTES];
    size_t len;
    bool json;
    bool full;
};

void jk_log_setup(enum jk_log_level least, enum jk_log_format format)
{
    atomic_store_explicit(&least_level, (int)least, memory_order_relaxed);
    atomic_store_explicit(&line_format, (int)format, memory_order_relaxed);
}

bool jk_log_wanted(enum jk_log_level level)
{
    return (int)level >= atomic_load_explicit(&least_level, memory_order_relaxed);
}

static void put_bytes(struct line *line, const char *bytes, size_t len, size_t limit)
{
    if (line->full || len > limit - line->len) {
        line->full = true;
        return;
    }
    memcpy(line->bytes + line->len, bytes, len);
    line->len += len;
}

/* Takes one character, or invalid byte, off *rest and makes it safe within quotes. Returns its length. */
static size_t escape_next(struct jk_span *rest, bool json, char out[32])
{
    struct jk_span before = *rest;
    uint32_t code = 0;
    bool good = jk_utf8_next(rest, &code);
    if (!good) *rest = (struct jk_span){rest->at + 1, rest->len - 1};
    size_t taken = before.len - rest->len;
    if (good && (code == '"' || code == '\\')) return (size_t)snprintf(out, 32, "\\%c", (char)code);
    if (good && code == '\n') return (size_t)snprintf(out, 32, "\\n");
    if (good && !jk_utf8_is_control(code)) {
        memcpy(out, before.at, taken);
        return taken;
    }
    if (json) return (size_t)snprintf(out, 32, "\\u%04x", good ? (unsigned)code : 0xFFFDU);
    size_t len = 0;
    for (size_t i = 0; i < taken; i++)
        len += (size_t)snprintf(out + len, 32 - len, "\\x%02x", (unsigned)(unsigned char)before.at[i]);
    return len;
}

/* The escaped value, at most `most` bytes, with an ellipsis if it was cut. */
static void put_escaped(struct line *line, struct jk_span value, size_t most, size_t limit)
{
    char piece[32];
    size_t start = line->len, safe = start; /* safe: the last length at which the ellipsis still fits */
    while (value.len > 0) {
        if (line->len - start + ELLIPSIS_LEN <= most) safe = line->len;
        size_t len = escape_next(&value, line->json, piece);
        if (line->len - start + len > most) {
            line->len = safe;
            put_bytes(line, ELLIPSIS, ELLIPSIS_LEN, limit);
            return;
        }
        put_bytes(line, piece, len, limit);
    }
}

static bool needs_quotes(struct jk_span value)
{
    if (value.len == 0) return true;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if (c <= ' ' || c >= 0x7F || c == '"' || c == '=' || c == '\\') return true;
    }
    return false;
}

/* A pair is written completely or not at all. */
static void put_pair(struct line *line, const char *key, const char *value, size_t limit)
{
    struct jk_span text = value ? jk_span_of(value) : JK_SPAN("-");
    bool quote = line->json || needs_quotes(text);
    size_t start = line->len;
    if (line->json) put_bytes(line, start == 0 ? "{\"" : ",\"", 2, limit);
    if (!line->json && start > 0) put_bytes(line, " ", 1, limit);
    put_escaped(line, jk_span_of(key), KEY_MAX, limit);
    put_bytes(line, line->json ? "\":" : "=", line->json ? 2 : 1, limit);
    if (quote) put_bytes(line, "\"", 1, limit);
    put_escaped(line, text, VALUE_MAX, limit);
    if (quote) put_bytes(line, "\"", 1, limit);
    if (line->full) line->len = start;
}

/* Complete lines or nothing: a blocked standard error must not stop a thread. */
static void write_log_line(struct line *line)
{
    if (line->json) line->bytes[line->len++] = '}';
    line->bytes[line->len++] = '\n';
    ssize_t written;
    do {
        written = write(STDERR_FILENO, line->bytes, line->len);
    } while (written < 0 && errno == EINTR);
}

static void begin_line(struct line *line, enum jk_log_level level, const char *event)
{
    static const char *const texts[] = {"debug", "info", "warn", "error"};
    char time[JK_TIME_TEXT];
    jk_time_format(jk_now_us(), time);
    line->len = 0;
    line->full = false;
    line->json = atomic_load_explicit(&line_format, memory_order_relaxed) == JK_LOG_JSON;
    put_pair(line, "ts", time, LINE_MAX_BYTES - TAIL_ROOM);
    size_t index = (size_t)level;
    put_pair(line, "level", index < sizeof texts / sizeof texts[0] ? texts[index] : "error",
             LINE_MAX_BYTES - TAIL_ROOM);
    put_pair(line, "event", event, LINE_MAX_BYTES - TAIL_ROOM);
}

static bool take_log_event(const char *event)
{
    int64_t now_ms = jk_monotonic_ms();
    pthread_mutex_lock(&events_mutex);
    bool taken = jk_loglimit_take(&events, event, now_ms);
    pthread_mutex_unlock(&events_mutex);
    if (!taken) jk_metrics_add(JK_METRIC_LOG_LEFT_OUT, 0, 0, 1);
    return taken;
}

void jk_log_settle(void)
{
    char event[JK_LOGLIMIT_NAME];
    uint64_t lines;
    bool told;
    int saved_errno = errno;
    do {
        int64_t now_ms = jk_monotonic_ms();
        pthread_mutex_lock(&events_mutex);
        told = jk_loglimit_told(&events, now_ms, event, &lines);
        pthread_mutex_unlock(&events_mutex);
        if (told) {
            struct line line;
            char number[24]; /* not through jk_log_i64, whose slots may be in use by the caller */
            snprintf(number, sizeof number, "%llu", (unsigned long long)lines);
            begin_line(&line, JK_LOG_WARN, "log-left-out");
            put_pair(&line, "of", event, LINE_MAX_BYTES - TAIL_ROOM);
            put_pair(&line, "suppressed", number, LINE_MAX_BYTES - TAIL_ROOM);
            write_log_line(&line);
        }
    } while (told);
    errno = saved_errno;
}

void jk_log(enum jk_log_level level, const char *event, ...)
{
    if (!jk_log_wanted(level) || (level > JK_LOG_DEBUG && !take_log_event(event))) return;
    if (level > JK_LOG_DEBUG) jk_log_settle();
    int saved_errno = errno; /* logging must not change the errno that its caller reports next */
    struct line line;
    begin_line(&line, level, event);
    va_list args;
    va_start(args, event);
    for (const char *key = va_arg(args, const char *); key && !line.full; key = va_arg(args, const char *))
        put_pair(&line, key, va_arg(args, const char *), LINE_MAX_BYTES - TAIL_ROOM);
    va_end(args);
    if (line.full) {
        line.full = false;
        put_pair(&line, "cut", "true", LINE_MAX_BYTES - 2);
    }
    write_log_line(&line);
    errno = saved_errno;
}

const char *jk_log_i64(int64_t value)
{
    static _Thread_local char texts[8][24];
    static _Thread_local unsigned next;
    char *text = texts[next++ % 8];
    snprintf(text, sizeof texts[0], "%lld", (long long)value);
    return text;
}
