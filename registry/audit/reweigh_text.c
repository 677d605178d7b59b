/* Two evidence texts held against each other; see reweigh.h. A block is a `compared` line with the lines that belong to it. Of
 * each other model it rests on the manifests of that one, of the release and of its ancestors alone; which others are
 * there rests on all. */
#include "audit/reweigh.h"

#include "base/text.h"

struct block {
    struct jk_span tie, found, model, artifact; /* model: "release <hash>" or "reference <index>" */
    struct jk_span rest;                        /* behind the artifact, and all further lines */
};

static void copy_cut(char out[JK_REWEIGH_TEXT], struct jk_span text)
{
    struct jk_span cut = jk_utf8_cut(text, JK_REWEIGH_TEXT - 1);
    memcpy(out, cut.at, cut.len);
    out[cut.len] = '\0';
}

void jk_reweigh_differs(struct jk_reweigh_finding *finding, const char *what, struct jk_span expected,
                        struct jk_span found)
{
    finding->verdict = JK_REWEIGH_DIFFERS;
    finding->what = what;
    copy_cut(finding->expected, expected);
    copy_cut(finding->found, found);
}

void jk_reweigh_line(struct jk_reweigh_finding *finding, struct jk_span made, struct jk_span served)
{
    struct jk_span expected = JK_SPAN(""), found = JK_SPAN("");
    bool more = true;
    for (finding->line = 0; more && jk_span_equal(expected, found); finding->line++) {
        bool one = jk_span_line(&made, &expected), two = jk_span_line(&served, &found);
        if (!one) expected = JK_SPAN("");
        if (!two) found = JK_SPAN("");
        more = one && two;
    }
    jk_reweigh_differs(finding, "text", expected, found);
}

/* ---- blocks ---- */

static bool begins_block(struct jk_span line)
{
    return jk_span_starts(line, JK_SPAN("compared "));
}

/* All before the first block but the number of foreign ones, which is returned. */
static struct jk_span next_head(struct jk_span *text, uint64_t *foreign)
{
    struct jk_span line, word, rest = *text;
    while (jk_span_line(&rest, &line) && !begins_block(line) && !jk_span_starts(line, JK_SPAN("shared "))) {
        *text = rest;
        if (!jk_span_starts(line, JK_SPAN("foreign "))) return line;
        (void)jk_span_cut(&line, ' ', &word);
        if (!jk_span_to_u64(line, foreign)) *foreign = 0;
    }
    return JK_SPAN("");
}

static bool heads_agree(struct jk_span made, struct jk_span served, uint64_t foreign[2])
{
    struct jk_span one, two;
    do {
        one = next_head(&made, &foreign[0]);
        two = next_head(&served, &foreign[1]);
        if (!jk_span_equal(one, two)) return false;
    } while (one.len > 0);
    return true;
}

static void read_block(struct jk_span line, struct block *out)
{
    struct jk_span word, hash;
    (void)jk_span_cut(&line, ' ', &word);
    (void)jk_span_cut(&line, ' ', &out->tie);
    (void)jk_span_cut(&line, ' ', &out->found);
    (void)jk_span_cut(&line, ' ', &out->model);
    (void)jk_span_cut(&line, ' ', &hash);
    out->model.len = (size_t)(hash.at + hash.len - out->model.at);
    (void)jk_span_cut(&line, ' ', &out->artifact);
    out->rest = line;
}

static bool next_block(struct jk_span *text, struct block *out)
{
    struct jk_span line, rest;
    do
        if (!jk_span_line(text, &line)) return false;
    while (!begins_block(line));
    read_block(line, out);
    for (rest = *text; jk_span_line(&rest, &line) && !begins_block(line) && !jk_span_starts(line, JK_SPAN("shared "));
         *text = rest)
        out->rest.len = (size_t)(line.at + line.len - out->rest.at);
    return true;
}

static bool find_block(struct jk_span text, const struct block *like, struct block *out)
{
    while (next_block(&text, out))
        if (jk_span_equal(out->tie, like->tie) && jk_span_equal(out->model, like->model)) return true;
    return false;
}

/* ---- what is not to be had ---- */

static const struct jk_unread *unread_of(struct jk_span artifact, const struct jk_unread *unread, size_t count)
{
    char hex[JK_DIGEST_HEX + 1];
    for (size_t i = 0; i < count; i++) {
        jk_digest_hex(&unread[i].artifact, hex);
        if (jk_span_ends(artifact, jk_span_of(hex))) return &unread[i];
    }
    return NULL;
}

/* Of those that are compared whatever others there are. */
static bool is_always_there(const struct block *block)
{
    return !jk_span_equal(block->found, JK_SPAN("equal")) && !jk_span_equal(block->found, JK_SPAN("alike")) &&
           !jk_span_equal(block->found, JK_SPAN("equal+alike"));
}

/* What an other model has undeclared rests on all ancestors: it is compared only where none of these is missing. */
static bool blocks_agree(const struct block *one, const struct block *two, bool undeclared)
{
    struct jk_span first = one->rest, second = two->rest, a, b;
    bool more = true, further;
    if (!jk_span_equal(one->artifact, two->artifact)) return false;
    if (undeclared) return jk_span_equal(first, second);
    while (more) {
        more = jk_span_line(&first, &a) && !jk_span_starts(a, JK_SPAN("undeclared "));
        further = jk_span_line(&second, &b) && !jk_span_starts(b, JK_SPAN("undeclared "));
        if (more != further || (more && !jk_span_equal(a, b))) return false;
    }
    return true;
}

/* Every block that was made is the same in what is served; those that may have given way to others may lack. */
static bool made_are_served(struct jk_span made, struct jk_span served, bool undeclared)
{
    struct block block, other;
    while (next_block(&made, &block)) {
        bool there = find_block(served, &block, &other);
        if (!there && is_always_there(&block)) return false;
        if (there && !blocks_agree(&block, &other, undeclared)) return false;
    }
    return true;
}

const struct jk_unread *jk_reweigh_explains(struct jk_span made, struct jk_span served, const struct jk_unread *unread,
                                            size_t count, jk_names_fn *names, const void *context)
{
    uint64_t foreign[2] = {0, 0};
    const struct jk_unread *named = NULL;
    struct jk_span rest = served;
    struct block block, other;
    bool undeclared = true;
    if (count == 0 || !heads_agree(made, served, foreign)) return NULL;
    while (next_block(&rest, &block)) {
        if (find_block(made, &block, &other)) continue;
        const struct jk_unread *one = unread_of(block.artifact, unread, count);
        bool other_model = jk_span_equal(block.tie, JK_SPAN("other"));
        if (!one || (other_model && !names(context, block.model, &one->artifact))) return NULL;
        undeclared = undeclared && other_model;
        named = named ? named : one;
    }
    if (!made_are_served(made, served, undeclared)) return NULL;
    uint64_t more = foreign[1] > foreign[0] ? foreign[1] - foreign[0] : foreign[0] - foreign[1];
    if (more > count) return NULL;
    return named || more == 0 ? named : &unread[0];
}
