#include "web/words.h"

#include <stdlib.h>

#include "base/search.h"

static enum jk_status parse_line(struct jk_span line, size_t number, struct jk_words *words, struct jk_error *error)
{
    struct jk_word word;
    bool whole = jk_span_cut(&line, '\t', &word.key) && jk_span_cut(&line, '\t', &word.text[JK_ENGLISH]) &&
                 !memchr(line.at, '\t', line.len);
    word.text[JK_KOREAN] = line;
    if (!whole || word.key.len == 0 || word.text[JK_ENGLISH].len == 0 || line.len == 0)
        return jk_fail(error, JK_INTERNAL, "BAD_SITE",
                       "words, line %zu: not a key, an English and a Korean text with tabs between", number);
    if (words->count > 0 && jk_span_compare(words->rows[words->count - 1].key, word.key) >= 0)
        return jk_fail(error, JK_INTERNAL, "BAD_SITE", "words, line %zu: its key is not above that of the line before",
                       number);
    words->rows[words->count++] = word;
    return JK_OK;
}

enum jk_status jk_words_parse(struct jk_span table, struct jk_words *out_words, struct jk_error *error)
{
    size_t lines = 1, number = 0;
    for (size_t i = 0; i < table.len; i++)
        lines += table.at[i] == '\n';
    *out_words = (struct jk_words){malloc(lines * sizeof *out_words->rows), 0};
    enum jk_status status = out_words->rows ? JK_OK : jk_out_of_memory(error);
    struct jk_span line;
    while (status == JK_OK && jk_span_line(&table, &line)) {
        number++;
        if (line.len == 0 || line.at[0] == '#') continue;
        status = parse_line(line, number, out_words, error);
    }
    if (status != JK_OK) jk_words_done(out_words);
    return status;
}

void jk_words_done(struct jk_words *words)
{
    free(words->rows);
    *words = (struct jk_words){NULL, 0};
}

const struct jk_word *jk_words_find(const struct jk_words *words, struct jk_span key)
{
    size_t found = JK_LOWER_BOUND(words->count, at, jk_span_compare(words->rows[at].key, key) < 0);
    if (found < words->count && jk_span_equal(words->rows[found].key, key)) return &words->rows[found];
    return NULL;
}

const char *jk_language_tag(enum jk_language language)
{
    return language == JK_ENGLISH ? "en" : "ko";
}

static bool language_of(struct jk_span tag, enum jk_language *out_language)
{
    struct jk_span first;
    (void)jk_span_cut(&tag, '-', &first);
    for (int i = 0; i < JK_LANGUAGES; i++) {
        if (!jk_span_equal_fold(first, jk_span_of(jk_language_tag((enum jk_language)i)))) continue;
        *out_language = (enum jk_language)i;
        return true;
    }
    return false;
}

/* A weight in thousandths: "q=0.8" is 800; 1,000 where none is given, 0 where it is malformed. */
static unsigned weight_of(struct jk_span parameter)
{
    parameter = jk_span_trim(parameter);
    if (parameter.len == 0) return 1000;
    if (parameter.len < 3 || parameter.len > 7 || !jk_span_starts_fold(parameter, JK_SPAN("q="))) return 0;
    if (parameter.at[2] != '0') return parameter.at[2] == '1' ? 1000 : 0;
    unsigned weight = 0, scale = 100;
    for (size_t i = 4; i < parameter.len; i++, scale /= 10) {
        if (parameter.at[i] < '0' || parameter.at[i] > '9') return 0;
        weight += (unsigned)(parameter.at[i] - '0') * scale;
    }
    return weight;
}

enum jk_language jk_language_for(struct jk_span asked, struct jk_span accept_language)
{
    enum jk_language best = JK_KOREAN, language;
    if (asked.len == 2 && language_of(asked, &language)) return language;
    unsigned most = 0;
    while (accept_language.len > 0) {
        struct jk_span range, tag;
        (void)jk_span_cut(&accept_language, ',', &range);
        (void)jk_span_cut(&range, ';', &tag);
        unsigned weight = weight_of(range);
        if (!language_of(jk_span_trim(tag), &language) || weight <= most) continue;
        most = weight;
        best = language;
    }
    return best;
}
