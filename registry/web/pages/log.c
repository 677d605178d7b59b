/* The log: its newest entries, or those before ?before=N; and one entry as text, explained line by line, with its proof. */
#include <jokbo/v1/log.pb-c.h>
#include <stdio.h>

#include "base/clock.h"

#include "reply/message.h"
#include "web/pages/begin.h"
#include "web/pages/parts.h"

#define ROWS 50

/* The value of the entry's line that begins with that word; empty if there is none. */
static struct jk_span line_of(struct jk_span entry, struct jk_span word)
{
    struct jk_span line, first;
    while (jk_span_line(&entry, &line))
        if (jk_span_cut(&line, ' ', &first) && jk_span_equal(first, word)) return line;
    return JK_SPAN("");
}

static void add_kind(struct jk_web_page *page, struct jk_shown *row, struct jk_span entry)
{
    struct jk_span kind = line_of(entry, JK_SPAN("kind"));
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted, "kind.%.*s", (int)(kind.len < 40 ? kind.len : 40), kind.at);
    const struct jk_word *word = jk_words_find(&page->site->words, jk_span_of(wanted));
    jk_shown_text(row, "kind", kind);
    jk_shown_text(row, "kind_words", word ? word->text[page->language] : kind);
}

/* What the entry is about, where one line says that: a model, a publisher, a stage, a team. */
static void add_subject(struct jk_shown *row, struct jk_span entry)
{
    static const char *const words[] = {"model", "publisher", "stage", "team", "policy"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct jk_span value = line_of(entry, jk_span_of(words[i]));
        if (value.len == 0) continue;
        jk_shown_text(row, "subject", value);
        jk_shown_flag(row,
                      i == 0   ? "about_model"
                      : i == 1 ? "about_publisher"
                      : i == 2 ? "about_stage"
                               : "about",
                      true);
        return;
    }
}

static void add_time(struct jk_shown *row, struct jk_span entry)
{
    int64_t time_us;
    if (jk_time_parse_canonical(line_of(entry, JK_SPAN("time")), &time_us)) jk_part_time_us(row, "when", time_us);
}

/* The name that `jokbo verify` takes, of an entry that is a release's. */
static void add_release(struct jk_shown *view, struct jk_span entry)
{
    struct jk_span kind = line_of(entry, JK_SPAN("kind"));
    if (!jk_span_equal(kind, JK_SPAN("register")) && !jk_span_equal(kind, JK_SPAN("release"))) return;
    struct jk_span model = line_of(entry, JK_SPAN("model")), version = line_of(entry, JK_SPAN("release"));
    jk_shown_printf(view, "release_name", "%.*s@%.*s", JK_SPAN_ARG(model), JK_SPAN_ARG(version));
}

static struct jk_span entry_at(const Jokbo__V1__ReadEntriesResponse *piece, size_t at)
{
    return (struct jk_span){(const char *)piece->entries[at].data, piece->entries[at].len};
}

static void fold_entries(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ReadEntriesResponse *piece = (const Jokbo__V1__ReadEntriesResponse *)reply;
    struct jk_shown *list = jk_shown_list(page->view, "entries");
    for (size_t i = piece->n_entries; i > 0; i--) {
        struct jk_span entry = entry_at(piece, i - 1);
        struct jk_shown *row = jk_shown_map(list, NULL);
        jk_shown_printf(row, "index", "%lld", (long long)piece->start + (long long)i - 1);
        jk_shown_text(row, "actor", line_of(entry, JK_SPAN("actor")));
        add_kind(page, row, entry);
        add_subject(row, entry);
        add_time(row, entry);
    }
    if (piece->start > 0) jk_shown_printf(page->view, "before", "%lld", (long long)piece->start);
}

static void fold_checkpoint(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__Checkpoint *checkpoint = (const Jokbo__V1__Checkpoint *)reply;
    if (!checkpoint) return;
    jk_shown_string(page->view, "origin", checkpoint->origin);
    jk_shown_string(page->view, "root_hash", checkpoint->root_hash);
    jk_shown_string(page->view, "note", checkpoint->note);
    jk_shown_string(page->view, "verifier_key", checkpoint->verifier_key);
}

static void ask_checkpoint(struct jk_web_page *page)
{
    jk_web_page_ask_maybe(page, "/jokbo.v1.Log/GetCheckpoint",
                          JK_MESSAGE(&page->arena, Jokbo__V1__GetCheckpointRequest, jokbo__v1__get_checkpoint_request),
                          fold_checkpoint);
}

static void ask_entries(struct jk_web_page *page, int64_t start, int64_t end, jk_web_page_fold_fn *fold)
{
    Jokbo__V1__ReadEntriesRequest *request =
        JK_MESSAGE(&page->arena, Jokbo__V1__ReadEntriesRequest, jokbo__v1__read_entries_request);
    if (!request) return;
    request->start = start;
    request->end = end;
    jk_web_page_ask(page, "/jokbo.v1.Log/ReadEntries", request, fold);
}

void jk_web_page_log(struct jk_web_page *page)
{
    uint64_t end;
    if (!jk_span_to_u64(jk_web_page_parameter(page, "before"), &end)) end = (uint64_t)page->log.size;
    jk_shown_flag(page->view, "earlier", end < (uint64_t)page->log.size);
    ask_entries(page, end > ROWS ? (int64_t)end - ROWS : 0, (int64_t)end, fold_entries);
    ask_checkpoint(page);
}

/* ---- one entry ---- */

static bool is_index(struct jk_span value)
{
    uint64_t number;
    return jk_span_to_u64(value, &number) && number < (uint64_t)1 << 63;
}

/* A line with what it means, and a link where its value is something that has a page. */
static void explain_line(struct jk_web_page *page, struct jk_shown *list, struct jk_span line)
{
    struct jk_shown *row = jk_shown_map(list, NULL);
    struct jk_span value = line, word;
    char wanted[64];
    (void)jk_span_cut(&value, ' ', &word);
    (void)snprintf(wanted, sizeof wanted, "line.%.*s", (int)(word.len < 40 ? word.len : 40), word.at);
    const struct jk_word *meaning = jk_words_find(&page->site->words, jk_span_of(wanted));
    jk_shown_text(row, "word", word);
    jk_shown_text(row, "value", value);
    if (meaning) jk_shown_text(row, "meaning", meaning->text[page->language]);
    bool model = jk_span_equal(word, JK_SPAN("model")) || jk_span_equal(word, JK_SPAN("to"));
    bool index = jk_span_equal(word, JK_SPAN("ruling")) || jk_span_equal(word, JK_SPAN("dispute")) ||
                 jk_span_equal(word, JK_SPAN("challenge"));
    jk_shown_flag(row, "is_model", model && memchr(value.at, '/', value.len));
    jk_shown_flag(row, "is_publisher", jk_span_equal(word, JK_SPAN("publisher")));
    jk_shown_flag(row, "is_stage", jk_span_equal(word, JK_SPAN("stage")) && !jk_span_equal(value, JK_SPAN("none")));
    jk_shown_flag(row, "is_index", index && is_index(value));
}

static void fold_entry(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__ReadEntriesResponse *piece = (const Jokbo__V1__ReadEntriesResponse *)reply;
    struct jk_shown *lines = jk_shown_list(page->view, "lines");
    if (piece->n_entries == 0) return;
    struct jk_span entry = entry_at(piece, 0), rest = entry, line;
    jk_shown_text(page->view, "text", entry);
    add_kind(page, page->view, entry);
    add_release(page->view, entry);
    add_time(page->view, entry);
    while (jk_span_line(&rest, &line))
        explain_line(page, lines, line);
}

static void fold_proof(struct jk_web_page *page, const ProtobufCMessage *reply)
{
    const Jokbo__V1__InclusionProof *proof = (const Jokbo__V1__InclusionProof *)reply;
    char hex[JK_DIGEST_HEX + 1] = "";
    if (!proof) return;
    struct jk_shown *map = jk_shown_map(page->view, "proof"), *hashes = jk_shown_list(map, "hashes");
    jk_shown_number(map, "tree_size", proof->tree_size);
    if (proof->leaf_hash.len == JK_DIGEST_SIZE) jk_hex_encode(proof->leaf_hash.data, JK_DIGEST_SIZE, hex);
    jk_shown_string(map, "leaf_hash", hex);
    if (proof->root_hash.len == JK_DIGEST_SIZE) jk_hex_encode(proof->root_hash.data, JK_DIGEST_SIZE, hex);
    jk_shown_string(map, "tree_root", hex);
    for (size_t i = 0; i < proof->n_hashes; i++) {
        if (proof->hashes[i].len != JK_DIGEST_SIZE) continue;
        jk_hex_encode(proof->hashes[i].data, JK_DIGEST_SIZE, hex);
        jk_shown_string(hashes, NULL, hex);
    }
}

void jk_web_page_entry(struct jk_web_page *page)
{
    uint64_t index;
    if (!jk_span_to_u64(page->variables[0], &index) || index >= (uint64_t)page->log.size) {
        (void)jk_fail(&page->error, JK_NOT_FOUND, "ENTRY_NOT_FOUND", "the log has no entry %.*s; its last one is %lld",
                      (int)(page->variables[0].len < 40 ? page->variables[0].len : 40), page->variables[0].at,
                      (long long)page->log.size - 1);
        return;
    }
    Jokbo__V1__GetInclusionProofRequest *proof =
        JK_MESSAGE(&page->arena, Jokbo__V1__GetInclusionProofRequest, jokbo__v1__get_inclusion_proof_request);
    if (!proof) return;
    proof->entry_case = JOKBO__V1__GET_INCLUSION_PROOF_REQUEST__ENTRY_LOG_INDEX;
    proof->log_index = (int64_t)index;
    jk_shown_printf(page->view, "index", "%llu", (unsigned long long)index);
    if (index > 0) jk_shown_printf(page->view, "previous", "%llu", (unsigned long long)index - 1);
    if (index + 1 < (uint64_t)page->log.size)
        jk_shown_printf(page->view, "following", "%llu", (unsigned long long)index + 1);
    ask_entries(page, (int64_t)index, (int64_t)index + 1, fold_entry);
    jk_web_page_ask_maybe(page, "/jokbo.v1.Log/GetInclusionProof", proof, fold_proof);
    ask_checkpoint(page);
}
