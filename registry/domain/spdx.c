/* SPDX licence expressions: a tree of at most JK_LICENSE_TERMS terms, parsed by recursive descent and printed
 * canonically. Pure. Source: SPDX 2.3, Annex D: "+" binds tightest, then WITH, AND, OR. AND and OR are associative, so
 * parentheses are needed only around an OR inside an AND. Identifiers and operators are case-insensitive. */
#include "domain/spdx.h"

#include "base/ascii.h"
#include "base/defer.h"
#include "domain/spdx_list.h"

#define LICENSE_REF  "LicenseRef-"
#define DOCUMENT_REF "DocumentRef-"
#define NOASSERTION  "NOASSERTION"

enum token { TOKEN_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_AND, TOKEN_OR, TOKEN_WITH, TOKEN_WORD, TOKEN_BAD };

struct lexer {
    struct jk_span text;
    size_t at; /* where the token after `word` begins */
    enum token token;
    struct jk_span word; /* of the token */
};

enum node_type { NODE_TERM, NODE_AND, NODE_OR };

struct node {
    enum node_type type;
    int left, right; /* AND, OR */
    struct jk_span document,
        identifier; /* term: idstring of a DocumentRef; listed identifier, or LicenseRef's idstring */
    struct jk_span exception;
    bool is_ref, plus;
};

struct parser {
    struct lexer lexer;
    struct node nodes[2 * JK_LICENSE_TERMS];
    int count, terms, depth;
    struct jk_span phrase; /* from the latest term on, for hints */
    const char *field;
    struct jk_error *error;
};

struct jk_span jk_spdx_find(struct jk_span identifier)
{
    return jk_spdx_list_find(identifier, JK_SPDX_LICENSE);
}

bool jk_spdx_is_open(struct jk_span identifier)
{
    return jk_spdx_list_is_open(identifier);
}

/* ---- tokens ---- */

static bool is_id_char(char c)
{
    return jk_ascii_alnum(c) || c == '.' || c == '-';
}

static enum token word_token(struct jk_span word)
{
    if (jk_span_equal_fold(word, JK_SPAN("AND"))) return TOKEN_AND;
    if (jk_span_equal_fold(word, JK_SPAN("OR"))) return TOKEN_OR;
    if (jk_span_equal_fold(word, JK_SPAN("WITH"))) return TOKEN_WITH;
    for (size_t i = 0; i < word.len; i++)
        if (!is_id_char(word.at[i]) && word.at[i] != '+' && word.at[i] != ':') return TOKEN_BAD;
    return TOKEN_WORD;
}

static void next_token(struct lexer *lexer)
{
    struct jk_span text = lexer->text;
    while (lexer->at < text.len && jk_ascii_space(text.at[lexer->at]))
        lexer->at++;
    size_t start = lexer->at;
    lexer->word = (struct jk_span){text.at + start, 0};
    lexer->token = TOKEN_END;
    if (start == text.len) return;
    char c = text.at[lexer->at++];
    lexer->word.len = 1;
    lexer->token = c == '(' ? TOKEN_OPEN : TOKEN_CLOSE;
    if (c == '(' || c == ')') return;
    while (lexer->at < text.len && !jk_ascii_space(text.at[lexer->at]) && text.at[lexer->at] != '(' &&
           text.at[lexer->at] != ')')
        lexer->at++;
    lexer->word.len = lexer->at - start;
    lexer->token = word_token(lexer->word);
}

static struct lexer lexer_of(struct jk_span text)
{
    struct lexer lexer = {.text = text.len ? text : JK_SPAN("")};
    next_token(&lexer);
    return lexer;
}

/* ---- errors: each adds a violation and returns -1, which is not a node ---- */

static int fail_expected(struct parser *parser, const char *what)
{
    char shown[200];
    jk_text_shorten(parser->lexer.word, shown, sizeof shown);
    if (parser->lexer.token == TOKEN_END)
        jk_error_field(parser->error, parser->field, "The licence expression ends where %s is needed.", what);
    else
        jk_error_field(parser->error, parser->field, "\"%s\" stands in the licence expression where %s is needed.",
                       shown, what);
    return -1;
}

static int fail_limit(struct parser *parser, const char *rule)
{
    jk_error_field(parser->error, parser->field, "The licence expression %s; name one licence file instead, as in %s…",
                   rule, LICENSE_REF);
    return -1;
}

/* "NOASSERTION" states that nothing is declared for a whole release: it cannot be part of an expression. */
static bool is_whole(const struct parser *parser, struct jk_span word)
{
    return jk_span_equal(jk_span_trim(parser->lexer.text), word);
}

static struct jk_span hint_for(const struct parser *parser, struct jk_span start, enum jk_spdx_sort sort)
{
    if (jk_span_equal_fold(parser->lexer.word, JK_SPAN("NONE")))
        return is_whole(parser, parser->lexer.word) ? JK_SPAN(NOASSERTION) : JK_SPAN("");
    /* The run of words from `start` up to an operator, a parenthesis or the end. */
    struct lexer lexer = {.text = parser->lexer.text, .at = (size_t)(start.at - parser->lexer.text.at)};
    struct jk_span phrase = {start.at, 0};
    for (next_token(&lexer); lexer.token == TOKEN_WORD || lexer.token == TOKEN_BAD; next_token(&lexer))
        phrase.len = (size_t)(lexer.word.at - phrase.at) + lexer.word.len;
    struct jk_span found = jk_spdx_list_nearest(phrase, sort);
    return found.len || phrase.len == start.len ? found : jk_spdx_list_nearest(start, sort);
}

static int fail_unknown(struct parser *parser, enum jk_spdx_sort sort)
{
    char shown[200];
    struct jk_span word = parser->lexer.word, hint = hint_for(parser, word, sort);
    const char *what = sort == JK_SPDX_LICENSE ? "licence" : "exception";
    jk_text_shorten(word, shown, sizeof shown);
    if (jk_span_equal_fold(word, JK_SPAN(NOASSERTION)))
        jk_error_field(parser->error, parser->field,
                       "\"%s\" must stand alone: it means that no licence is declared. Name the licences, one "
                       "that is not on the SPDX list as LicenseRef-<name>.",
                       shown);
    else if (hint.len)
        jk_error_field(parser->error, parser->field,
                       "\"%s\" is not one of the %ss of the SPDX list %s; did you mean \"%.*s\"?", shown, what,
                       jk_spdx_version(), JK_SPAN_ARG(hint));
    else
        jk_error_field(parser->error, parser->field,
                       "\"%s\" is not one of the %ss of the SPDX list %s; use a listed identifier%s.", shown, what,
                       jk_spdx_version(),
                       sort != JK_SPDX_LICENSE  ? ""
                       : is_whole(parser, word) ? ", LicenseRef-<name> or NOASSERTION"
                                                : " or LicenseRef-<name>");
    return -1;
}

/* Something follows a complete term: usually a licence written as two words ("MIT License"). */
static int fail_after_term(struct parser *parser)
{
    struct jk_span hint = hint_for(parser, parser->phrase, JK_SPDX_LICENSE);
    char shown[200];
    if (parser->lexer.token == TOKEN_CLOSE || !hint.len) return fail_expected(parser, "AND, OR, WITH or the end");
    jk_text_shorten(parser->lexer.word, shown, sizeof shown);
    jk_error_field(parser->error, parser->field,
                   "\"%s\" stands in the licence expression where AND, OR, WITH or the end is needed; did you mean "
                   "\"%.*s\"?",
                   shown, JK_SPAN_ARG(hint));
    return -1;
}

/* ---- the grammar ---- */

static int add_node(struct parser *parser, struct node node)
{
    parser->nodes[parser->count] = node;
    return parser->count++;
}

static bool is_idstring(struct jk_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_id_char(text.at[i])) return false;
    return text.len > 0;
}

static bool cut_prefix(struct jk_span text, struct jk_span prefix, struct jk_span *out_rest)
{
    if (!jk_span_starts_fold(text, prefix)) return false;
    *out_rest = (struct jk_span){text.at + prefix.len, text.len - prefix.len};
    return true;
}

/* [DocumentRef-<idstring>:]LicenseRef-<idstring>; idstrings are kept as written. */
static bool read_ref(struct jk_span word, struct node *node)
{
    struct jk_span rest = word, document = {0};
    if (cut_prefix(word, JK_SPAN(DOCUMENT_REF), &rest)) {
        if (!jk_span_cut(&rest, ':', &document) || !is_idstring(document)) return false;
    }
    if (!cut_prefix(rest, JK_SPAN(LICENSE_REF), &rest) || !is_idstring(rest)) return false;
    node->is_ref = true;
    node->document = document;
    node->identifier = rest;
    return true;
}

/* A listed identifier, with or without "+". Some deprecated ones in the list end in "+" already: they take no second
 * one. */
static bool read_listed(struct jk_span word, struct node *node)
{
    node->identifier = jk_spdx_find(word);
    if (node->identifier.len) return true;
    if (word.len < 2 || word.at[word.len - 1] != '+' || word.at[word.len - 2] == '+') return false;
    node->identifier = jk_spdx_find((struct jk_span){word.at, word.len - 1});
    node->plus = true;
    return node->identifier.len > 0;
}

static int parse_term(struct parser *parser)
{
    struct lexer *lexer = &parser->lexer;
    struct node term = {.type = NODE_TERM};
    if (lexer->token == TOKEN_BAD) return fail_unknown(parser, JK_SPDX_LICENSE);
    if (lexer->token != TOKEN_WORD) return fail_expected(parser, "a licence");
    if (parser->terms++ == JK_LICENSE_TERMS) return fail_limit(parser, "names more than 64 licences");
    if (!read_ref(lexer->word, &term) && !read_listed(lexer->word, &term)) return fail_unknown(parser, JK_SPDX_LICENSE);
    parser->phrase = lexer->word;
    next_token(lexer);
    if (lexer->token != TOKEN_WITH) return add_node(parser, term);
    next_token(lexer);
    if (lexer->token != TOKEN_WORD) return fail_expected(parser, "an exception");
    term.exception = jk_spdx_list_find(lexer->word, JK_SPDX_EXCEPTION);
    if (!term.exception.len) return fail_unknown(parser, JK_SPDX_EXCEPTION);
    next_token(lexer);
    return add_node(parser, term);
}

static int parse_or(struct parser *parser);

static int parse_group(struct parser *parser)
{
    if (parser->lexer.token != TOKEN_OPEN) return parse_term(parser);
    if (parser->depth++ == JK_LICENSE_DEPTH) return fail_limit(parser, "nests parentheses deeper than 32");
    next_token(&parser->lexer);
    int group = parse_or(parser);
    if (group < 0) return group;
    if (parser->lexer.token != TOKEN_CLOSE)
        return parser->lexer.token == TOKEN_END ? fail_expected(parser, "\")\"") : fail_after_term(parser);
    parser->depth--;
    next_token(&parser->lexer);
    return group;
}

static int parse_chain(struct parser *parser, enum token operator, enum node_type type,
                       int (*parse_operand)(struct parser *))
{
    int left = parse_operand(parser);
    while (left >= 0 && parser->lexer.token == operator) {
        next_token(&parser->lexer);
        int right = parse_operand(parser);
        if (right < 0) return right;
        left = add_node(parser, (struct node){.type = type, .left = left, .right = right});
    }
    return left;
}

static int parse_and(struct parser *parser)
{
    return parse_chain(parser, TOKEN_AND, NODE_AND, parse_group);
}

static int parse_or(struct parser *parser)
{
    return parse_chain(parser, TOKEN_OR, NODE_OR, parse_and);
}

/* ---- the canonical spelling ---- */

/* The tree is at most as deep as there are terms and parentheses: below 100. */
static void print_node(const struct parser *parser, int index, bool inside_and, struct jk_text *out)
{
    const struct node *node = &parser->nodes[index];
    if (node->type == NODE_TERM) {
        if (node->document.len) {
            jk_text_add(out, JK_SPAN(DOCUMENT_REF));
            jk_text_add(out, node->document);
            jk_text_add_char(out, ':');
        }
        if (node->is_ref) jk_text_add(out, JK_SPAN(LICENSE_REF));
        jk_text_add(out, node->identifier);
        if (node->plus) jk_text_add_char(out, '+');
        if (node->exception.len) {
            jk_text_add(out, JK_SPAN(" WITH "));
            jk_text_add(out, node->exception);
        }
        return;
    }
    bool both = node->type == NODE_AND, group = !both && inside_and;
    if (group) jk_text_add_char(out, '(');
    print_node(parser, node->left, both, out);
    jk_text_add(out, both ? JK_SPAN(" AND ") : JK_SPAN(" OR "));
    print_node(parser, node->right, both, out);
    if (group) jk_text_add_char(out, ')');
}

/* Parentheses written without spaces get one on each side, so the canonical spelling can be longer than the text. */
static int print_expression(struct parser *parser, int root, struct jk_text *out)
{
    struct jk_text printed;
    jk_text_init(&printed, JK_LICENSE_MAX);
    print_node(parser, root, false, &printed);
    if (!printed.failed) jk_text_add(out, jk_text_span(&printed));
    bool failed = printed.failed;
    jk_text_done(&printed);
    return failed ? fail_limit(parser, "is longer than 1,024 bytes in its canonical spelling") : root;
}

enum jk_status jk_spdx_canonical(struct jk_span expression, const char *field, struct jk_text *out,
                                 struct jk_error *error)
{
    struct parser parser;
    parser.lexer = lexer_of((struct jk_span){expression.at, expression.len > JK_LICENSE_MAX ? 0 : expression.len});
    parser.count = parser.terms = parser.depth = 0;
    parser.phrase = parser.lexer.word;
    parser.field = field;
    parser.error = error;
    if (expression.len > JK_LICENSE_MAX) {
        fail_limit(&parser, "is longer than 1,024 bytes");
        return JK_INVALID_ARGUMENT;
    }
    if (jk_span_equal_fold(jk_span_trim(expression), JK_SPAN(NOASSERTION))) {
        jk_text_add(out, JK_SPAN(NOASSERTION));
        return JK_OK;
    }
    int root = parse_or(&parser);
    if (root >= 0 && parser.lexer.token != TOKEN_END) root = fail_after_term(&parser);
    if (root >= 0) root = print_expression(&parser, root, out);
    return root < 0 ? JK_INVALID_ARGUMENT : JK_OK;
}

struct jk_span jk_spdx_spelt(struct jk_span text, struct jk_arena *arena)
{
    JK_CLEANUP(jk_text_done) struct jk_text canonical;
    struct jk_error ignored;
    jk_text_init(&canonical, 0);
    jk_error_init(&ignored, NULL);
    if (jk_spdx_canonical(text, "license", &canonical, &ignored) != JK_OK) return JK_SPAN("");
    const char *copy = jk_arena_copy(arena, canonical.bytes, canonical.len);
    return copy ? (struct jk_span){copy, canonical.len} : JK_SPAN("");
}

/* ---- evaluation ---- */

struct evaluation {
    struct lexer lexer;
    jk_spdx_value_fn *value_of;
    void *context;
    int depth;
};

static int evaluate_or(struct evaluation *evaluation);

/* A canonical expression is well-formed; on any other text this still terminates, with some value. */
static int evaluate_group(struct evaluation *evaluation)
{
    struct lexer *lexer = &evaluation->lexer;
    if (lexer->token == TOKEN_OPEN && evaluation->depth < JK_LICENSE_DEPTH) {
        evaluation->depth++;
        next_token(lexer);
        int value = evaluate_or(evaluation);
        next_token(lexer);
        evaluation->depth--;
        return value;
    }
    struct jk_span identifier = lexer->word;
    while (identifier.len && identifier.at[identifier.len - 1] == '+')
        identifier.len--;
    next_token(lexer);
    if (lexer->token == TOKEN_WITH) {
        next_token(lexer);
        next_token(lexer);
    }
    return evaluation->value_of(evaluation->context, identifier);
}

static int evaluate_and(struct evaluation *evaluation)
{
    int value = evaluate_group(evaluation);
    while (evaluation->lexer.token == TOKEN_AND) {
        next_token(&evaluation->lexer);
        int other = evaluate_group(evaluation);
        if (other < value) value = other;
    }
    return value;
}

static int evaluate_or(struct evaluation *evaluation)
{
    int value = evaluate_and(evaluation);
    while (evaluation->lexer.token == TOKEN_OR) {
        next_token(&evaluation->lexer);
        int other = evaluate_and(evaluation);
        if (other > value) value = other;
    }
    return value;
}

int jk_spdx_evaluate(struct jk_span canonical, jk_spdx_value_fn *value_of, void *context)
{
    struct evaluation evaluation = {.lexer = lexer_of(canonical), .value_of = value_of, .context = context};
    return evaluate_or(&evaluation);
}
