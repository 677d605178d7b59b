/* The rules of inference, in their order. */
#include "declare/infer.h"

/* Found anywhere in a name: no word of another meaning holds them. */
static const char *const anywhere[] = {"gguf", "gptq", "awq", "exl2", "exl3", "nvfp4", "mxfp4"};
/* Found as a word of their own: between letters they may be part of another. */
static const char *const as_word[] = {"mlx",  "nf4",  "fp4",   "fp8",  "int4",  "int8",     "bnb",
                                      "hqq",  "aqlm", "ggml",  "2bit", "3bit",  "4bit",     "5bit",
                                      "6bit", "8bit", "w4a16", "w8a8", "w8a16", "autoround"};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_word_char(char c)
{
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool at_word_edge(struct jk_span text, size_t at, size_t len)
{
    if (at > 0 && is_word_char(text.at[at - 1])) return false;
    return at + len == text.len || !is_word_char(text.at[at + len]);
}

static bool holds(struct jk_span name, const char *what, bool word)
{
    struct jk_span needle = jk_span_of(what);
    for (size_t i = 0; i + needle.len <= name.len; i++) {
        struct jk_span here = {name.at + i, needle.len};
        if (jk_span_equal_fold(here, needle) && (!word || at_word_edge(name, i, needle.len))) return true;
    }
    return false;
}

/* llama.cpp's types: Q4_K_M, q8_0, IQ3_XS after a mark, "4-bit", "8-bit". */
static bool holds_quant_type(struct jk_span name)
{
    for (size_t i = 1; i + 1 < name.len; i++) {
        if (!strchr("._-", name.at[i - 1])) continue;
        size_t at = lower(name.at[i]) == 'i' && i + 2 < name.len ? i + 1 : i;
        char least = at > i ? '1' : '2'; /* IQ1_S exists; Q1 is a quarter of a year */
        if (lower(name.at[at]) != 'q' || name.at[at + 1] < least || name.at[at + 1] > '8') continue;
        if (at + 2 == name.len || !is_word_char(name.at[at + 2])) return true;
    }
    return holds(name, "4-bit", true) || holds(name, "8-bit", true);
}

bool jk_infer_name_is_quantized(struct jk_span name)
{
    const char *slash = name.len ? memchr(name.at, '/', name.len) : NULL;
    struct jk_span model = slash ? (struct jk_span){slash + 1, name.len - (size_t)(slash + 1 - name.at)} : name;
    for (size_t i = 0; i < sizeof anywhere / sizeof anywhere[0]; i++)
        if (holds(model, anywhere[i], false)) return true;
    for (size_t i = 0; i < sizeof as_word / sizeof as_word[0]; i++)
        if (holds(model, as_word[i], true)) return true;
    return holds_quant_type(model);
}

struct tag_rule {
    const char *tag;
    const char *why;
};

/* The first of the tags that the card has; NULL for none. */
static const char *tag_of(const struct jk_signs *signs, const struct tag_rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (signs->card && jk_card_has_tag(signs->card, rules[i].tag)) return rules[i].why;
    return NULL;
}

static const char *why_adapter(const struct jk_signs *signs)
{
    static const struct tag_rule tags[] = {
        {"peft", "tag peft"}, {"lora", "tag lora"}, {"qlora", "tag qlora"}, {"adapter", "tag adapter"}};
    const char *why = tag_of(signs, tags, sizeof tags / sizeof tags[0]);
    if (why) return why;
    if (signs->adapter_config) return "adapter_config.json";
    bool library = signs->card && jk_span_equal_fold(signs->card->library, JK_SPAN("peft"));
    return library ? "library_name peft" : NULL;
}

static const char *why_merge(const struct jk_signs *signs)
{
    bool merge = signs->card && jk_card_has_tag(signs->card, "merge");
    bool mergekit = signs->card && jk_card_has_tag(signs->card, "mergekit");
    if (signs->parents >= 2 && (merge || mergekit)) return "two parents, tags";
    if (merge) return "tag merge";
    return signs->mergekit_config ? "mergekit_config" : NULL;
}

static const char *why_quantized(const struct jk_signs *signs)
{
    static const struct tag_rule tags[] = {
        {"gguf", "tag gguf"}, {"quantized", "tag quantized"}, {"gptq", "tag gptq"}, {"awq", "tag awq"}};
    if (jk_infer_name_is_quantized(signs->name)) return "name";
    const char *why = tag_of(signs, tags, sizeof tags / sizeof tags[0]);
    if (why) return why;
    return signs->gguf_files ? "GGUF files" : NULL;
}

static const char *why_finetune(const struct jk_signs *signs)
{
    static const struct tag_rule tags[] = {{"trl", "tags"},       {"sft", "tags"},     {"dpo", "tags"},
                                           {"orpo", "tags"},      {"grpo", "tags"},    {"fine-tuned", "tags"},
                                           {"finetuned", "tags"}, {"finetune", "tags"}};
    return tag_of(signs, tags, sizeof tags / sizeof tags[0]);
}

void jk_infer_relation(const struct jk_signs *signs, enum jk_relation *out_relation, const char **out_why)
{
    const struct jk_card *card = signs->card;
    const char *why = NULL;
    enum jk_relation relation = JK_RELATION_NONE;
    if (card && jk_relation_parse(card->tag_relation, &relation) && relation != JK_RELATION_NONE)
        why = "tags";
    else if ((why = why_adapter(signs)))
        relation = JK_RELATION_ADAPTER;
    else if ((why = why_merge(signs)))
        relation = JK_RELATION_MERGE;
    else if ((why = why_quantized(signs)))
        relation = JK_RELATION_QUANTIZED;
    else if ((why = why_finetune(signs)))
        relation = JK_RELATION_FINETUNE;
    else if (signs->parents > 1)
        why = "two parents", relation = JK_RELATION_MERGE;
    else
        why = "default", relation = JK_RELATION_FINETUNE;
    *out_relation = relation;
    *out_why = why;
}
