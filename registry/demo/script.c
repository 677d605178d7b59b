/* See script.h. */
#include "demo/script.h"

#include "base/text.h"
#include "cli/console/moment.h"

struct reading {
    struct jk_arena *arena;
    struct jk_error *error;
    struct jk_span folder;
    struct jk_demo_line *line;
};

static void mistake(const struct reading *reading, const char *what, const char *value)
{
    jk_error_field(reading->error, "script", "line %u: %s%s%.60s%s", reading->line->number, what, *value ? " \"" : "",
                   value, *value ? "\"" : "");
}

/* The next word of the line, with quotes taken off; false at the end. */
static bool next_word(const struct reading *reading, struct jk_span *rest, const char **out_word)
{
    const char *at = rest->at, *end = rest->at + rest->len, *from;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    bool quoted = at < end && *at == '"';
    from = at += quoted;
    while (at < end && (quoted ? *at != '"' : *at != ' ' && *at != '\t'))
        at++;
    if (!quoted && from == at) return false;
    if (quoted && at == end) mistake(reading, "a quote is not closed", "");
    *out_word = jk_arena_copy(reading->arena, from, (size_t)(at - from));
    at += quoted && at < end;
    *rest = (struct jk_span){at, (size_t)(end - at)};
    return *out_word != NULL;
}

static const char *resolve(const struct reading *reading, const char *word)
{
    if (strncmp(word, "./", 2) != 0 && strncmp(word, "../", 3) != 0) return word;
    const char *path = jk_arena_printf(reading->arena, "%.*s/%s", JK_SPAN_ARG(reading->folder), word);
    return path ? path : word;
}

static void read_moment(const struct reading *reading, const char *word, int64_t *out_us)
{
    if (!jk_moment_parse(jk_span_of(word), out_us))
        mistake(reading, "must be a date such as 2026-08-01, or a time such as 2026-08-01T18:00:", word);
}

static void drop_first(struct jk_demo_line *line)
{
    memmove(line->words, line->words + 1, --line->word_count * sizeof line->words[0]);
}

static void read_share(const struct reading *reading, const char *word)
{
    uint64_t share;
    if (jk_span_to_u64(jk_span_of(word), &share) && share <= 1000)
        reading->line->share = (unsigned)share;
    else
        mistake(reading, "is no whole number, or too large:", word);
}

static void read_step(const struct reading *reading)
{
    static const struct {
        const char *word;
        size_t least, most;
    } steps[] = {[JK_DEMO_COMMAND] = {"", 0, 0},
#define X(id, word, least, most) [JK_DEMO_##id] = {word, least, most},
                 JK_DEMO_STEPS(X)
#undef X
    };
    struct jk_demo_line *line = reading->line;
    size_t step = sizeof steps / sizeof steps[0] - 1;
    while (step > 0 && strcmp(steps[step].word, line->words[0]) != 0)
        step--;
    line->step = (enum jk_demo_step)step;
    if (step == JK_DEMO_COMMAND) return;
    drop_first(line);
    if (line->word_count < steps[step].least || line->word_count > steps[step].most) {
        mistake(reading, "has too many or too few words:", steps[step].word);
        return;
    }
    if (step == JK_DEMO_DERIVATIVES) {
        if (strcmp(line->words[1], "until") != 0) mistake(reading, "derivatives SHARE until TIME, not", line->words[1]);
        read_moment(reading, line->words[2], &line->until_us);
    }
    if (step == JK_DEMO_KEY && strcmp(line->words[0], "rotate") != 0 && strcmp(line->words[0], "retire") != 0)
        mistake(reading, "key rotate or key retire, not", line->words[0]);
    if (step == JK_DEMO_WEIGHTS && line->word_count > 1) {
        if (line->word_count != 4 || strcmp(line->words[1], "from") != 0)
            mistake(reading, "weights NAME, or weights NAME from NAME SHARE, not", line->words[1]);
        else
            read_share(reading, line->words[3]);
    }
    if (step == JK_DEMO_DERIVATIVES || step == JK_DEMO_YANKS || step == JK_DEMO_VERIFY)
        read_share(reading, line->words[0]);
}

static void read_step_words(const struct reading *reading, struct jk_span rest)
{
    struct jk_demo_line *line = reading->line;
    const char *word;
    while (next_word(reading, &rest, &word)) {
        if (line->word_count == JK_DEMO_ARGS) {
            mistake(reading, "has too many words", "");
            break;
        }
        line->words[line->word_count++] = resolve(reading, word);
    }
    if (line->word_count > 2 && strcmp(line->words[line->word_count - 2], "as") == 0) {
        line->keep = line->words[line->word_count - 1];
        line->word_count -= 2;
    }
    line->refused = line->word_count > 0 && strcmp(line->words[0], "refused") == 0;
    if (line->refused) drop_first(line);
    if (line->word_count == 0)
        mistake(reading, "says nothing to do", "");
    else
        read_step(reading);
}

static void read_script_line(struct reading *reading, struct jk_span rest, int64_t *last_us)
{
    struct jk_demo_line *line = reading->line;
    const char *time = "", *who = "";
    if (!next_word(reading, &rest, &time) || !next_word(reading, &rest, &who)) {
        mistake(reading, "must be TIME WHO WORD…", "");
        return;
    }
    read_moment(reading, time, &line->time_us);
    line->until_us = line->time_us;
    line->who = who;
    read_step_words(reading, rest);
    if (line->time_us < *last_us || line->until_us < line->time_us) mistake(reading, "is not in order of time:", time);
    *last_us = line->until_us;
}

enum jk_status jk_demo_script_read(struct jk_span text, struct jk_span folder, struct jk_arena *arena,
                                   struct jk_demo_script *out_script, struct jk_error *error)
{
    struct reading reading = {arena, error, folder, NULL};
    int64_t last_us = 0;
    unsigned number = 0;
    out_script->count = 0;
    out_script->lines = jk_arena_zalloc(arena, JK_DEMO_LINES, sizeof *out_script->lines);
    if (!out_script->lines) return jk_out_of_memory(error);
    if (!jk_utf8_valid(text)) return jk_fail(error, JK_INVALID_ARGUMENT, "DEMO", "the script is not UTF-8");
    for (struct jk_span line; jk_span_line(&text, &line);) {
        number++;
        line = jk_span_trim(line);
        if (line.len == 0 || line.at[0] == '#') continue;
        if (out_script->count == JK_DEMO_LINES) {
            jk_error_field(error, "script", "line %u: more than %d lines", number, JK_DEMO_LINES);
            break;
        }
        reading.line = &out_script->lines[out_script->count++];
        reading.line->number = number;
        read_script_line(&reading, line, &last_us);
    }
    return jk_error_result(error);
}
