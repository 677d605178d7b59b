#include "web/words.h"

#include <stdlib.h>

#include "base/search.h"
#include "http/accept.h"

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

/* How much a header wants a language, and the place of the member that says so. */
struct wish {
    int weight; /* 0: it does not say; -1: not at all */
    size_t place;
};

/* A member that names it goes before a star. */
static struct wish wish_for(struct jk_span header, enum jk_language wanted)
{
    struct wish named = {-1, 0}, star = {-1, 0};
    bool is_named = false, has_star = false;
    struct jk_accepted member;
    enum jk_language language;
    for (size_t place = 0; jk_accept_next(&header, &member); place++) {
        bool any = jk_span_equal(member.name, JK_SPAN("*"));
        if (!any && (!language_of(member.name, &language) || language != wanted)) continue;
        struct wish *wish = any ? &star : &named;
        *(any ? &has_star : &is_named) = true;
        if (member.weight > 0 && member.weight > wish->weight) *wish = (struct wish){member.weight, place};
    }
    return is_named ? named : has_star ? star : (struct wish){0, 0};
}

static bool is_wanted_more(struct wish one, struct wish other)
{
    if (one.weight != other.weight) return one.weight > other.weight;
    return one.weight > 0 && one.place < other.place;
}

enum jk_language jk_language_for(struct jk_span asked, struct jk_span accept_language)
{
    enum jk_language language;
    if (asked.len == 2 && language_of(asked, &language)) return language;
    bool english = is_wanted_more(wish_for(accept_language, JK_ENGLISH), wish_for(accept_language, JK_KOREAN));
    return english ? JK_ENGLISH : JK_KOREAN;
}
