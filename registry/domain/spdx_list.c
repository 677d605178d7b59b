/* Look-ups in the pinned SPDX list (registry/data/spdx-list.txt). Pure: the embedded bytes are all the state. A line is
 * an identifier, followed by "deprecated", "exception" or "open" where it is one of these. */
#include "domain/spdx_list.h"

#include "base/ascii.h"
#include "base/distance.h"
#include "domain/spdx.h"

extern const unsigned char jk_data_spdx_list[];
extern const size_t jk_data_spdx_list_len;

/* Also in the list's first line; tests/unit/test_spdx.c checks that the two agree. */
#define LIST_VERSION "3.29.0"

struct row {
    struct jk_span identifier;
    bool exception, deprecated, open;
};

static struct jk_span list_bytes(void)
{
    return (struct jk_span){(const char *)jk_data_spdx_list, jk_data_spdx_list_len};
}

static struct jk_span list_rows(void)
{
    struct jk_span rows = list_bytes(), head;
    jk_span_line(&rows, &head);
    return rows;
}

const char *jk_spdx_version(void)
{
    return LIST_VERSION;
}

struct jk_digest jk_spdx_list_digest(void)
{
    return jk_digest_of(list_bytes());
}

static struct row spdx_row(struct jk_span line)
{
    struct row row = {0};
    struct jk_span words = line;
    jk_span_cut(&words, ' ', &row.identifier);
    while (words.len) {
        struct jk_span word;
        jk_span_cut(&words, ' ', &word);
        row.exception |= jk_span_equal(word, JK_SPAN("exception"));
        row.deprecated |= jk_span_equal(word, JK_SPAN("deprecated"));
        row.open |= jk_span_equal(word, JK_SPAN("open"));
    }
    return row;
}

static int compare_fold(struct jk_span a, struct jk_span b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < shorter; i++) {
        int difference = (unsigned char)jk_ascii_to_lower(a.at[i]) - (unsigned char)jk_ascii_to_lower(b.at[i]);
        if (difference) return difference;
    }
    return (a.len > b.len) - (a.len < b.len);
}

/* The line that contains the byte in the middle of rows [low, high). */
static struct jk_span middle_line(struct jk_span rows, size_t low, size_t high)
{
    size_t start = low + (high - low) / 2;
    while (start > low && rows.at[start - 1] != '\n')
        start--;
    struct jk_span rest = {rows.at + start, high - start}, line;
    jk_span_line(&rest, &line);
    return line;
}

/* False where the list does not hold it. */
static bool find_row(struct jk_span identifier, struct row *out_row)
{
    struct jk_span rows = list_rows();
    size_t low = 0, high = rows.len;
    while (low < high) {
        struct jk_span line = middle_line(rows, low, high);
        struct row row = spdx_row(line);
        int order = compare_fold(identifier, row.identifier);
        if (order == 0) {
            *out_row = row;
            return true;
        }
        if (order < 0)
            high = (size_t)(line.at - rows.at);
        else
            low = (size_t)(line.at - rows.at) + line.len + 1;
    }
    return false;
}

struct jk_span jk_spdx_list_find(struct jk_span identifier, enum jk_spdx_sort sort)
{
    struct row row;
    bool found = find_row(identifier, &row) && row.exception == (sort == JK_SPDX_EXCEPTION);
    return found ? row.identifier : (struct jk_span){0};
}

bool jk_spdx_list_is_open(struct jk_span identifier)
{
    struct row row;
    return find_row(identifier, &row) && row.open;
}

/* ---- suggestions ---- */

/* True if the identifier is the word plus the rest of a version: "Apache-2" and "Apache-2.0". */
static bool completes(struct jk_span word, struct jk_span identifier)
{
    if (word.len == 0 || identifier.len <= word.len || !jk_span_starts_fold(identifier, word)) return false;
    if (identifier.at[word.len] != '-' && identifier.at[word.len] != '.') return false;
    for (size_t i = word.len; i < identifier.len; i++)
        if (!strchr("0123456789.-", identifier.at[i])) return false;
    return true;
}

static struct jk_span nearest_to(struct jk_span word, enum jk_spdx_sort sort)
{
    struct jk_span rows = list_rows(), line, near = {0}, completed = {0};
    /* Short words are close to too many others: for them only a difference in case counts. */
    unsigned bound = word.len < 4 ? 0 : word.len < 6 ? 1 : word.len < 9 ? 2 : 3, least = 2 * bound + 2;
    while (jk_span_line(&rows, &line)) {
        const char *space = memchr(line.at, ' ', line.len);
        struct jk_span identifier = {line.at, space ? (size_t)(space - line.at) : line.len};
        unsigned apart = jk_distance(word, identifier, bound, true);
        bool longer = completes(word, identifier);
        if (apart > bound && !longer) continue; /* nearly all of them */
        struct row row = spdx_row(line);
        if (row.exception != (sort == JK_SPDX_EXCEPTION)) continue;
        unsigned away = 2 * apart + row.deprecated; /* if two are equally close, the one that is not deprecated */
        if (away < least) {
            least = away;
            near = identifier;
        }
        /* the last of the shortest: the newest version */
        if (longer && (!completed.len || identifier.len <= completed.len)) completed = identifier;
    }
    return least > 1 && completed.len ? completed : near;
}

static bool is_filler(struct jk_span word)
{
    static const char *const fillers[] = {"the", "license", "licence", "version", "public", "v"};
    for (size_t i = 0; i < sizeof fillers / sizeof fillers[0]; i++)
        if (jk_span_equal_fold(word, jk_span_of(fillers[i]))) return true;
    return false;
}

/* Appends the word, with a dash before it and before a number in it; "v" before a number is dropped. */
static size_t add_word(struct jk_span word, char *out, size_t len)
{
    for (size_t i = 0; i < word.len && len + 2 < JK_SPDX_ID_MAX; i++) {
        bool number_next = i + 1 < word.len && jk_ascii_digit(word.at[i + 1]);
        if (jk_ascii_to_lower(word.at[i]) == 'v' && number_next && (i == 0 || !jk_ascii_digit(word.at[i - 1]))) {
            if (len && out[len - 1] != '-') out[len++] = '-';
            continue;
        }
        bool begins = i == 0 || (jk_ascii_digit(word.at[i]) && jk_ascii_letter(word.at[i - 1]));
        if (begins && len && out[len - 1] != '-') out[len++] = '-';
        out[len++] = word.at[i];
    }
    return len;
}

/* "Apache License, Version 2.0" -> "Apache-2.0". */
static size_t join_words(struct jk_span words, char *out)
{
    size_t len = 0;
    for (size_t i = 0, start = 0; i <= words.len; i++) {
        char c = i < words.len ? words.at[i] : ' ';
        if (jk_ascii_alnum(c) || c == '.' || c == '+') continue;
        struct jk_span word = {words.at + start, i - start};
        if (word.len && !is_filler(word)) len = add_word(word, out, len);
        start = i + 1;
    }
    return len;
}

struct jk_span jk_spdx_list_nearest(struct jk_span words, enum jk_spdx_sort sort)
{
    char joined[JK_SPDX_ID_MAX];
    struct jk_span word = {joined, join_words(words, joined)};
    struct jk_span found = word.len ? nearest_to(word, sort) : word;
    return found.len || jk_span_equal(word, words) ? found : nearest_to(words, sort);
}
