/* See licensing.h. */
#include "declare/licensing.h"

#include "base/defer.h"
#include "base/text.h"
#include "declare/words.h"
#include "domain/license.h"
#include "domain/spdx.h"
#include "domain/spdx_list.h"

struct mapping {
    struct jk_span license_name;
    const struct jk_span *families;
    size_t family_count;
    struct jk_arena *arena;
};

static struct jk_span of_hub(const struct mapping *mapping, struct jk_span license)
{
    return jk_license_from_hub(license, mapping->license_name, mapping->families, mapping->family_count);
}

static bool is_operator(struct jk_span word)
{
    const struct jk_span operators[] = {JK_SPAN("and"), JK_SPAN("or"), JK_SPAN("with")};
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (jk_span_equal_fold(word, operators[i])) return true;
    return false;
}

/* "GPL-3.0+" was an identifier once; the list has GPL-3.0-or-later now. */
static bool add_or_later(const struct mapping *mapping, struct jk_span word, struct jk_text *out)
{
    const struct jk_span only = JK_SPAN("-only");
    if (word.len < 2 || word.at[word.len - 1] != '+') return false;
    struct jk_span mapped = of_hub(mapping, (struct jk_span){word.at, word.len - 1});
    if (!jk_span_ends(mapped, only)) return false;
    jk_text_add(out, (struct jk_span){mapped.at, mapped.len - only.len});
    jk_text_add_str(out, "-or-later");
    return true;
}

/* One word of an expression, whose identifiers may be the Hub's. */
static void add_word(const struct mapping *mapping, struct jk_span word, struct jk_text *out)
{
    if (add_or_later(mapping, word, out)) return;
    struct jk_span mapped = word.len > 0 && !is_operator(word) ? of_hub(mapping, word) : word;
    jk_text_add(out, mapped.len > 0 ? mapped : word);
}

/* "apache-2.0 and (mit or gpl-3.0)" */
static struct jk_span of_expression(const struct mapping *mapping, struct jk_span text)
{
    JK_CLEANUP(jk_text_done) struct jk_text spdx;
    size_t begin = 0;
    jk_text_init(&spdx, JK_LICENSE_MAX);
    for (size_t i = 0; i <= text.len && !spdx.failed; i++) {
        bool mark = i == text.len || strchr(" \t\n()", text.at[i]) != NULL;
        if (!mark) continue;
        add_word(mapping, (struct jk_span){text.at + begin, i - begin}, &spdx);
        if (i < text.len) jk_text_add_char(&spdx, text.at[i]);
        begin = i + 1;
    }
    return spdx.failed ? JK_SPAN("") : jk_spdx_spelt(jk_text_span(&spdx), mapping->arena);
}

static bool is_filler(struct jk_span word)
{
    const struct jk_span fillers[] = {JK_SPAN("license"), JK_SPAN("licence"), JK_SPAN("version"), JK_SPAN("the")};
    for (size_t i = 0; i < sizeof fillers / sizeof fillers[0]; i++)
        if (jk_span_equal_fold(word, fillers[i])) return true;
    return word.len == 0;
}

/* "MIT License" is mit, "Apache License, Version 2.0" apache-2.0. */
static struct jk_span of_title(const struct mapping *mapping, struct jk_span text)
{
    JK_CLEANUP(jk_text_done) struct jk_text words;
    struct jk_span rest = text, word;
    jk_text_init(&words, 256);
    for (bool more = true; more;) {
        more = jk_span_cut(&rest, ' ', &word);
        if (word.len > 0 && word.at[word.len - 1] == ',') word.len--;
        if (is_filler(word)) continue;
        if (words.len > 0) jk_text_add_char(&words, ' ');
        jk_text_add(&words, word);
    }
    return words.failed || words.len == 0 ? JK_SPAN("") : of_hub(mapping, jk_text_span(&words));
}

/* "exaone" is a name that belongs in license_name, beside "other". */
static struct jk_span of_name(const struct mapping *mapping, struct jk_span name)
{
    struct jk_span found = jk_license_from_hub(JK_SPAN("other"), name, mapping->families, mapping->family_count);
    return jk_span_equal(found, JK_SPAN("NOASSERTION")) ? JK_SPAN("") : found;
}

/* What is longer than an expression may be is none, and is not looked at word by word. */
static struct jk_span map_one(const struct mapping *mapping, struct jk_span license)
{
    if (license.len > JK_LICENSE_MAX) return JK_SPAN("");
    struct jk_span found = of_hub(mapping, license);
    if (found.len == 0) found = of_expression(mapping, license);
    if (found.len == 0) found = of_title(mapping, license);
    return found.len > 0 ? found : of_name(mapping, license);
}

/* All of them, joined by AND; empty where one is not known, NOASSERTION where one says nothing. */
static struct jk_span map_all(const struct mapping *mapping, const struct jk_names *licenses)
{
    JK_CLEANUP(jk_text_done) struct jk_text all;
    const struct jk_span nothing = JK_SPAN("NOASSERTION");
    jk_text_init(&all, JK_LICENSE_MAX);
    if (licenses->count == 1) return map_one(mapping, licenses->items[0]);
    for (size_t i = 0; i < licenses->count; i++) {
        struct jk_span one = map_one(mapping, licenses->items[i]);
        if (one.len == 0 || jk_span_equal(one, nothing)) return one;
        jk_text_addf(&all, "%s(%.*s)", i > 0 ? " AND " : "", JK_SPAN_ARG(one));
    }
    return all.failed ? JK_SPAN("") : jk_spdx_spelt(jk_text_span(&all), mapping->arena);
}

/* "apache-2.0, mit" in one value is a list, too; "Apache License, Version 2.0" is none. */
static void split_commas(const struct mapping *mapping, const struct jk_names *written, struct jk_names *out_licenses)
{
    for (size_t i = 0; i < written->count; i++) {
        struct jk_span rest = written->items[i], one;
        if (map_one(mapping, rest).len > 0) {
            jk_names_add(out_licenses, rest);
            continue;
        }
        for (bool more = true; more;) {
            more = jk_span_cut(&rest, ',', &one);
            jk_names_add(out_licenses, one);
        }
    }
}

static const char *written_as(const struct jk_names *licenses, struct jk_span license_name, struct jk_doubts *notes)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 512);
    jk_text_add_str(&text, "license ");
    for (size_t i = 0; i < licenses->count && i < 8; i++)
        jk_text_addf(&text, "%s%s", i > 0 ? ", " : "", jk_doubts_shown(notes, licenses->items[i]));
    if (license_name.len > 0) jk_text_addf(&text, ", license_name %s", jk_doubts_shown(notes, license_name));
    const char *copy = jk_arena_copy(notes->arena, text.bytes ? text.bytes : "", text.len);
    return copy ? copy : "license";
}

/* Where it is from: the card, else its tags, else the GGUF file. */
static const char *find(const struct jk_sources *sources, const struct mapping *mapping, struct jk_names *out_licenses)
{
    const struct jk_span tags[] = {sources->card.tag_license, sources->hub.card.tag_license};
    split_commas(mapping, &sources->card.licenses, out_licenses);
    /* A name alone is of one that the Hub does not offer. */
    if (out_licenses->count == 0 && sources->card.license_name.len > 0) jk_names_add(out_licenses, JK_SPAN("other"));
    if (out_licenses->count > 0) return "card";
    for (size_t i = 0; i < 2; i++)
        jk_names_add(out_licenses, tags[i]);
    if (out_licenses->count > 0) return "tags";
    const struct jk_names written = {.items = {sources->gguf.license}, .count = sources->gguf.license.len > 0};
    split_commas(mapping, &written, out_licenses);
    return out_licenses->count > 0 ? "gguf" : "";
}

static void note_mapping(const struct jk_licensing *licensing, const struct jk_names *licenses, const char *file,
                         struct jk_doubts *notes)
{
    struct jk_span found = licensing->expression;
    if (licenses->count > 1)
        jk_doubts_add(
            notes,
            "%s of %s is a list, which is taken as all of them, %.*s: if one may be chosen, --license says so, "
            "as in \"MIT OR Apache-2.0\"",
            licensing->written, file, JK_SPAN_ARG(found));
    else if (jk_span_ends(found, JK_SPAN("-only")) && !jk_span_ends(licenses->items[0], JK_SPAN("-only")))
        jk_doubts_add(notes,
                      "%s of %s is taken as %.*s: whether a later version may be chosen, it does not say. If so, "
                      "give --license %.*s-or-later",
                      licensing->written, file, JK_SPAN_ARG(found), (int)(found.len - strlen("-only")), found.at);
    else if (!jk_span_equal_fold(found, licenses->items[0]))
        jk_doubts_add(notes, "%s of %s is taken as %.*s", licensing->written, file, JK_SPAN_ARG(found));
}

/* "GPL-3.0" is deprecated: it is told as what the Hub's gpl-3.0 is taken as. */
static struct jk_span nearest_to(const struct mapping *mapping, struct jk_span license)
{
    struct jk_span near = jk_spdx_list_nearest(license, JK_SPDX_LICENSE), current = of_hub(mapping, near);
    return current.len > 0 ? current : near;
}

/* What a GGUF file says beside the card is told where it is another licence. */
static void note_gguf(const struct jk_sources *sources, const struct mapping *mapping,
                      const struct jk_licensing *licensing, struct jk_doubts *notes)
{
    struct jk_span other = sources->gguf.license;
    if (other.len == 0 || strcmp(licensing->from, "gguf") == 0) return;
    struct jk_span mapped = map_one(mapping, other);
    if (licensing->expression.len > 0 && mapped.len > 0 && !jk_span_equal(mapped, licensing->expression))
        jk_doubts_add(notes, "%s names the licence %s; the one in the %s was used", sources->gguf_file,
                      jk_doubts_shown(notes, other), licensing->from);
}

void jk_licensing_of(const struct jk_sources *sources, const struct jk_span *families, size_t family_count,
                     struct jk_doubts *notes, struct jk_licensing *out_licensing)
{
    struct mapping mapping = {sources->card.license_name, families, family_count, notes->arena};
    struct jk_licensing licensing = {.from = "", .written = "", .file = "the card"};
    struct jk_names licenses = {0};
    licensing.from = find(sources, &mapping, &licenses);
    if (licenses.count > 0) {
        bool gguf = strcmp(licensing.from, "gguf") == 0;
        licensing.file = gguf ? sources->gguf_file : "the card";
        if (gguf) mapping.license_name = sources->gguf.license_name;
        licensing.written = written_as(&licenses, mapping.license_name, notes);
        licensing.expression = map_all(&mapping, &licenses);
        if (licensing.expression.len == 0 && licenses.count == 1)
            licensing.near = nearest_to(&mapping, licenses.items[0]);
        if (licensing.expression.len > 0) note_mapping(&licensing, &licenses, licensing.file, notes);
        if (gguf)
            jk_doubts_add(notes, "the licence is from %s, which may be that of its base model", sources->gguf_file);
        note_gguf(sources, &mapping, &licensing, notes);
    }
    *out_licensing = licensing;
}

static const char *unknown_text(const struct jk_licensing *licensing, const char *stored, struct jk_arena *arena)
{
    const char *text = jk_arena_printf(
        arena,
        "%s of %s matches no known licence, so NOASSERTION %s stored: give it with --license, as an SPDX "
        "expression or LicenseRef-…",
        licensing->written, licensing->file, stored);
    if (!text || licensing->near.len == 0) return text;
    return jk_arena_printf(arena, "%s (did you mean --license %.*s?)", text, JK_SPAN_ARG(licensing->near));
}

void jk_licensing_check(const struct jk_licensing *licensing, struct jk_error *mistakes)
{
    if (licensing->expression.len > 0 || !licensing->from[0]) return;
    const char *text = unknown_text(licensing, "would be", mistakes->arena);
    jk_error_settle(mistakes); /* a licence of the wrong form is told as that */
    jk_error_field(mistakes, "license", "%s", text ? text : "it matches no known licence");
}

struct jk_span jk_licensing_stored(const struct jk_licensing *licensing, const struct jk_sources *sources,
                                   struct jk_doubts *notes)
{
    if (licensing->expression.len > 0) return licensing->expression;
    const char *unknown = licensing->from[0] ? unknown_text(licensing, "is", notes->arena) : NULL;
    if (unknown)
        jk_doubts_add(notes, "%s", unknown);
    else if (!licensing->from[0] && !sources->unread)
        jk_doubts_add(notes, "no licence is declared, so NOASSERTION is stored: give it with --license");
    return JK_SPAN("NOASSERTION");
}
