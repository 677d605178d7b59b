/* Licences: expressions in use, the facts about identifiers, and what an expression permits and requires according to
 * them. */
#include "base/check.h"
#include "book/book_internal.h"

/* ---- expressions ---- */

uint32_t jk_book_intern_license(struct jk_book *book, struct jk_span text, uint32_t hash)
{
    uint32_t slot = jk_index_first(&book->license_index, hash);
    for (; slot != JK_NONE; slot = jk_license_row(book, slot)->by_text.next) {
        const struct jk_license_row *row = jk_license_row(book, slot);
        if (row->by_text.hash == hash && jk_span_equal(row->pub.text, text)) return slot;
    }
    struct jk_license_row *row = jk_book_append(book, &book->licenses, &slot);
    if (!row) return JK_NONE;
    row->pub.text = jk_book_copy(book, text);
    jk_index_add(&book->license_index, &book->journal, &row->by_text, slot, hash);
    return slot;
}

uint32_t jk_book_licenses(const struct jk_book *book)
{
    return book->licenses.count;
}

struct jk_span jk_book_license_text(const struct jk_book *book, uint32_t slot)
{
    JK_CHECK(slot < book->licenses.count);
    return jk_license_row(book, slot)->pub.text;
}

/* ---- facts ---- */

static uint32_t find_identifier(const struct jk_book *book, struct jk_span identifier)
{
    uint32_t hash = jk_hash_fold(identifier, 0), slot = jk_index_first(&book->identifier_index, hash);
    for (; slot != JK_NONE; slot = jk_identifier_row(book, slot)->by_fold.next) {
        const struct jk_identifier_row *row = jk_identifier_row(book, slot);
        if (row->by_fold.hash == hash && jk_span_equal_fold(row->identifier, identifier)) return slot;
    }
    return JK_NONE;
}

static uint32_t intern_identifier(struct jk_book *book, struct jk_span identifier)
{
    uint32_t slot = find_identifier(book, identifier);
    if (slot != JK_NONE) return slot;
    struct jk_identifier_row *row = jk_book_append(book, &book->identifiers, &slot);
    if (!row) return JK_NONE;
    row->identifier = jk_book_copy(book, identifier);
    row->facts = JK_NONE;
    jk_index_add(&book->identifier_index, &book->journal, &row->by_fold, slot, jk_hash_fold(identifier, 0));
    return slot;
}

void jk_book_add_license_facts(struct jk_book *book, const struct jk_entry *entry)
{
    uint32_t identifier = intern_identifier(book, entry->license), slot;
    if (identifier == JK_NONE) return;
    struct jk_identifier_row *row = jk_identifier_row(book, identifier);
    struct jk_license_facts *facts = jk_book_append(book, &book->license_facts, &slot);
    if (!facts) return;
    facts->from = book->size;
    facts->name_forms = jk_book_copy(book, entry->name_forms);
    facts->older = row->facts;
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        facts->permissions[kind] = (uint8_t)entry->permissions[kind];
    jk_book_set(book, &row->facts, slot);
    jk_book_new_epoch(book);
    jk_book_set(book, &book->license_epoch, book->epoch);
}

static const struct jk_license_facts *facts_at(const struct jk_book *book, struct jk_span identifier, uint32_t n)
{
    uint32_t slot = find_identifier(book, identifier);
    if (slot == JK_NONE) return NULL;
    for (slot = jk_identifier_row(book, slot)->facts; slot != JK_NONE;) {
        const struct jk_license_facts *facts = jk_chunks_at(&book->license_facts, slot);
        if (facts->from < n) return facts;
        slot = facts->older;
    }
    return NULL;
}

/* ---- the list ---- */

void jk_book_add_spdx_list(struct jk_book *book, const struct jk_entry *entry)
{
    uint32_t slot;
    struct jk_digest known = jk_spdx_list_digest();
    struct jk_spdx_row *row = jk_book_append(book, &book->spdx_lists, &slot);
    if (row) *row = (struct jk_spdx_row){book->size, jk_digest_equal(&entry->list, &known)};
}

uint32_t jk_book_spdx_since(const struct jk_book *book, uint32_t n)
{
    for (uint32_t slot = book->spdx_lists.count; slot-- > 0;) {
        const struct jk_spdx_row *row = jk_chunks_at(&book->spdx_lists, slot);
        if (row->from < n) return row->known ? row->from : JK_NONE;
    }
    return JK_NONE;
}

/* ---- what an expression permits ---- */

struct permission_question {
    const struct jk_book *book;
    uint32_t n;
    int kind;
    bool listed; /* what no facts tell, the list may */
};

static int permission_of(void *context, struct jk_span identifier)
{
    const struct permission_question *question = context;
    if (jk_span_equal(identifier, JK_SPAN("NOASSERTION"))) return JK_PERMISSION_UNKNOWN;
    const struct jk_license_facts *facts = facts_at(question->book, identifier, question->n);
    enum jk_permission listed[JK_PERMISSION_KINDS];
    if (facts) return facts->permissions[question->kind];
    return question->listed && jk_license_of_list(identifier, listed) ? (int)listed[question->kind]
                                                                      : JK_PERMISSION_UNKNOWN;
}

static void ask_permissions(const struct jk_book *book, struct jk_span expression, uint32_t n, bool listed,
                            enum jk_permission out_permissions[JK_PERMISSION_KINDS])
{
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++) {
        struct permission_question question = {.book = book, .n = n, .kind = kind, .listed = listed};
        out_permissions[kind] = (enum jk_permission)jk_spdx_evaluate(expression, permission_of, &question);
    }
}

void jk_book_permissions(const struct jk_book *book, struct jk_span expression, uint32_t n,
                         enum jk_permission out_permissions[JK_PERMISSION_KINDS])
{
    ask_permissions(book, expression, n, false, out_permissions);
}

void jk_book_permissions_listed(const struct jk_book *book, struct jk_span expression, uint32_t n,
                                enum jk_permission out_permissions[JK_PERMISSION_KINDS])
{
    ask_permissions(book, expression, n, jk_book_spdx_since(book, n) != JK_NONE, out_permissions);
}

struct since_question {
    const struct jk_book *book;
    uint32_t n, newest;
};

static int newest_facts(void *context, struct jk_span identifier)
{
    struct since_question *question = context;
    const struct jk_license_facts *facts = facts_at(question->book, identifier, question->n);
    if (facts && (question->newest == JK_NONE || facts->from > question->newest)) question->newest = facts->from;
    return 0;
}

uint32_t jk_book_license_since(const struct jk_book *book, struct jk_span expression, uint32_t n)
{
    struct since_question question = {book, n, JK_NONE};
    (void)jk_spdx_evaluate(expression, newest_facts, &question);
    return question.newest;
}

/* ---- the name forms it demands ---- */

struct forms_question {
    const struct jk_book *book;
    uint32_t n;
    struct jk_span forms[JK_LICENSE_TERMS];
    size_t count;
};

static int collect_forms(void *context, struct jk_span identifier)
{
    struct forms_question *question = context;
    const struct jk_license_facts *facts = facts_at(question->book, identifier, question->n);
    if (!facts || facts->name_forms.len == 0 || question->count == JK_LICENSE_TERMS) return 0;
    for (size_t i = 0; i < question->count; i++)
        if (jk_span_equal(question->forms[i], facts->name_forms)) return 0;
    question->forms[question->count++] = facts->name_forms;
    return 0;
}

static struct jk_span join_forms(const struct forms_question *question, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < question->count; i++) {
        if (i > 0) out[len++] = '|';
        memcpy(out + len, question->forms[i].at, question->forms[i].len);
        len += question->forms[i].len;
    }
    return (struct jk_span){out, len};
}

/* ---- the writer's cache: one row an expression, by licence epoch ---- */

static struct jk_span forms_now(struct jk_book *book, struct jk_span expression)
{
    struct forms_question question = {.book = book, .n = JK_NOW};
    (void)jk_spdx_evaluate(expression, collect_forms, &question);
    if (question.count == 0) return (struct jk_span){"", 0};
    if (question.count == 1) return question.forms[0];
    size_t len = question.count - 1;
    for (size_t i = 0; i < question.count; i++)
        len += question.forms[i].len;
    char *joined = jk_bytes_take(&book->cached, NULL, len);
    if (joined) return join_forms(&question, joined);
    book->failed = true;
    return (struct jk_span){"", 0};
}

const struct jk_license_row *jk_book_license_now(struct jk_book *book, uint32_t slot)
{
    struct jk_license_row *row = jk_license_row(book, slot);
    if (row->epoch == book->license_epoch) return row;
    enum jk_permission permissions[JK_PERMISSION_KINDS];
    jk_book_permissions(book, row->pub.text, JK_NOW, permissions);
    for (int kind = 0; kind < JK_PERMISSION_KINDS; kind++)
        row->permissions[kind] = (uint8_t)permissions[kind];
    row->class = (uint8_t)jk_license_class_of(permissions);
    row->name_forms = forms_now(book, row->pub.text);
    row->epoch = book->license_epoch;
    return row;
}
