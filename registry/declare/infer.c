/* The evidence in order of precedence, one row for each kind. */
#include "declare/infer.h"

#include "base/ascii.h"
#include "declare/words.h"
#include "domain/ident.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* ---- names ---- */

/* Found anywhere in a name: no word of another meaning holds them. */
static const char *const anywhere[] = {"gguf", "gptq", "awq", "exl2", "exl3", "nvfp4", "mxfp4"};
/* Found as a word of their own: between letters they may be part of another. */
static const char *const as_word[] = {
    "nf4",         "fp4",   "fp8",  "int2",    "int3",  "int4",    "int8",      "uint4", "bnb",       "bitsandbytes",
    "hqq",         "aqlm",  "ggml", "2bit",    "3bit",  "4bit",    "5bit",      "6bit",  "8bit",      "4bits",
    "8bits",       "w4a16", "w4a8", "w8a8",    "w8a16", "q4f16",   "q4f32",     "q0f16", "autoround", "quanto",
    "smoothquant", "quip",  "eetq", "torchao", "quant", "imatrix", "quantized", "spqr",  "vptq"};
static const char *const distilled[] = {"distill", "distilled", "distillation", "distil"};
static const char *const converted[] = {"mlx",    "onnx",     "openvino",   "coreml", "ct2",   "ctranslate2", "tflite",
                                        "litert", "tensorrt", "executorch", "mlc",    "rkllm", "rknn"};

static bool holds_one(struct jk_span model, const char *const *words, size_t count, bool own_word)
{
    for (size_t i = 0; i < count; i++)
        if (jk_words_hold(model, words[i], own_word)) return true;
    return false;
}

/* "4.25bpw", "6bpw": bits per weight. */
static bool holds_bits_per_weight(struct jk_span name)
{
    for (size_t i = 1; i + 3 <= name.len; i++) {
        bool bpw = jk_span_equal_fold((struct jk_span){name.at + i, 3}, JK_SPAN("bpw"));
        if (bpw && jk_ascii_digit(name.at[i - 1]) && (i + 3 == name.len || !jk_ascii_alnum(name.at[i + 3])))
            return true;
    }
    return false;
}

/* llama.cpp's types: Q4_K_M, q8_0, IQ3_XS after a mark, "4-bit", "8-bit". */
static bool holds_quant_type(struct jk_span name)
{
    for (size_t i = 1; i + 1 < name.len; i++) {
        if (!strchr("._-", name.at[i - 1])) continue;
        size_t at = jk_ascii_to_lower(name.at[i]) == 'i' && i + 2 < name.len ? i + 1 : i;
        char least = at > i ? '1' : '2'; /* IQ1_S exists; Q1 is a quarter of a year */
        if (jk_ascii_to_lower(name.at[at]) != 'q' || name.at[at + 1] < least || name.at[at + 1] > '8') continue;
        if (at + 2 == name.len || !jk_ascii_alnum(name.at[at + 2])) return true;
    }
    return jk_words_hold(name, "4-bit", true) || jk_words_hold(name, "8-bit", true);
}

bool jk_infer_name_is_quantized(struct jk_span name)
{
    struct jk_span model = jk_span_after_last(name, '/');
    return holds_one(model, anywhere, COUNT(anywhere), false) || holds_one(model, as_word, COUNT(as_word), true) ||
           holds_bits_per_weight(model) || holds_quant_type(model);
}

static const char *why_name_quantized(const struct jk_signs *signs)
{
    return jk_infer_name_is_quantized(signs->name) ? "name" : NULL;
}

/* A word of the parent's name says nothing of what was made from it. */
static const char *why_name(const struct jk_signs *signs, const char *const *words, size_t count)
{
    if (!holds_one(jk_span_after_last(signs->name, '/'), words, count, true)) return NULL;
    for (size_t i = 0; signs->parents && i < signs->parents->count; i++)
        if (holds_one(signs->parents->items[i], words, count, true)) return NULL;
    return "name";
}

static const char *why_name_distilled(const struct jk_signs *signs)
{
    return why_name(signs, distilled, COUNT(distilled));
}

static const char *why_name_converted(const struct jk_signs *signs)
{
    return why_name(signs, converted, COUNT(converted));
}

/* ---- files ---- */

static const char *why_gguf(const struct jk_signs *signs)
{
    return signs->gguf_weights ? "GGUF files" : NULL;
}

/* Whole weights, or none that are known. An adapter's base may be quantized, which is no word about the adapter. */
static const char *why_packed(const struct jk_signs *signs)
{
    bool adapter = signs->adapter_config || signs->adapter_weights;
    return signs->quantization.len > 0 && (signs->weights || !adapter) ? "quantization_config" : NULL;
}

/* The configuration may have stayed behind where an adapter was merged into whole weights. */
static const char *why_adapter_files(const struct jk_signs *signs)
{
    if (signs->adapter_config && (signs->adapter_weights || !signs->weights)) return "adapter_config.json";
    return signs->adapter_weights && !signs->weights ? "adapter files" : NULL;
}

static const char *why_packed_tensors(const struct jk_signs *signs)
{
    return signs->packed_tensors ? "packed tensors" : NULL;
}

static const char *why_adapter_tensors(const struct jk_signs *signs)
{
    return signs->adapter_tensors ? "an adapter's tensors" : NULL;
}

static const char *why_gguf_adapter(const struct jk_signs *signs)
{
    return signs->gguf_adapter ? "general.type adapter" : NULL;
}

static const char *why_recipe(const struct jk_signs *signs)
{
    return signs->recipe ? "mergekit_config" : NULL;
}

static const char *why_converted_files(const struct jk_signs *signs)
{
    return signs->converted && !signs->weights ? "converted files" : NULL;
}

static const char *why_whole(const struct jk_signs *signs)
{
    return signs->weights ? "full weights" : NULL;
}

/* ---- the card ---- */

static const char *why_quantized_by(const struct jk_signs *signs)
{
    return signs->card && signs->card->quantized_by.len > 0 ? "quantized_by" : NULL;
}

struct word_rule {
    const char *word;
    const char *why;
};

/* The first of the tags that the card has; NULL for none. */
static const char *tag_of(const struct jk_signs *signs, const struct word_rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (signs->card && jk_card_has_tag(signs->card, rules[i].word)) return rules[i].why;
    return NULL;
}

/* A tag such as base_model:quantized:org/name goes before all other tags. */
static enum jk_relation relation_of_tag(const struct jk_signs *signs)
{
    enum jk_relation said = JK_RELATION_NONE;
    if (signs->card && signs->card->tag_relation.len > 0) (void)jk_infer_word(signs->card->tag_relation, &said);
    return said;
}

static const char *why_tag_relation(const struct jk_signs *signs)
{
    return relation_of_tag(signs) != JK_RELATION_NONE ? "tags" : NULL;
}

static const char *why_adapter(const struct jk_signs *signs)
{
    static const struct word_rule tags[] = {
        {"peft", "tag peft"}, {"lora", "tag lora"}, {"qlora", "tag qlora"}, {"adapter", "tag adapter"}};
    return tag_of(signs, tags, COUNT(tags));
}

static const char *why_merge(const struct jk_signs *signs)
{
    bool merge = signs->card && jk_card_has_tag(signs->card, "merge");
    bool mergekit = signs->card && jk_card_has_tag(signs->card, "mergekit");
    bool several = signs->parents && signs->parents->count >= 2;
    if (several && (merge || mergekit)) return "two parents, tags";
    return merge ? "tag merge" : NULL;
}

static const char *why_quantized(const struct jk_signs *signs)
{
    static const struct word_rule tags[] = {{"gguf", "tag gguf"},
                                            {"quantized", "tag quantized"},
                                            {"quantization", "tag quantization"},
                                            {"gptq", "tag gptq"},
                                            {"awq", "tag awq"},
                                            {"exl2", "tag exl2"},
                                            {"exl3", "tag exl3"},
                                            {"hqq", "tag hqq"},
                                            {"aqlm", "tag aqlm"},
                                            {"nvfp4", "tag nvfp4"},
                                            {"mxfp4", "tag mxfp4"},
                                            {"compressed-tensors", "tag compressed-tensors"}};
    return tag_of(signs, tags, COUNT(tags));
}

static const char *why_distilled(const struct jk_signs *signs)
{
    static const struct word_rule tags[] = {{"distillation", "tag distillation"},
                                            {"distill", "tag distill"},
                                            {"distilled", "tag distilled"},
                                            {"knowledge-distillation", "tag knowledge-distillation"}};
    return tag_of(signs, tags, COUNT(tags));
}

static const char *why_converted(const struct jk_signs *signs)
{
    static const struct word_rule tags[] = {{"onnx", "tag onnx"},     {"openvino", "tag openvino"},
                                            {"mlx", "tag mlx"},       {"coreml", "tag coreml"},
                                            {"tflite", "tag tflite"}, {"ctranslate2", "tag ctranslate2"}};
    return signs->weights ? NULL : tag_of(signs, tags, COUNT(tags));
}

static const char *why_finetune(const struct jk_signs *signs)
{
    static const struct word_rule tags[] = {{"trl", "tags"},       {"sft", "tags"},     {"dpo", "tags"},
                                            {"orpo", "tags"},      {"grpo", "tags"},    {"fine-tuned", "tags"},
                                            {"finetuned", "tags"}, {"finetune", "tags"}};
    return tag_of(signs, tags, COUNT(tags));
}

static const char *library_of(const struct jk_signs *signs, const struct word_rule *rules, size_t count)
{
    for (size_t i = 0; signs->card && i < count; i++)
        if (jk_span_equal_fold(signs->card->library, jk_span_of(rules[i].word))) return rules[i].why;
    return NULL;
}

static const char *why_library_adapter(const struct jk_signs *signs)
{
    static const struct word_rule rules[] = {{"peft", "library_name peft"},
                                             {"adapter-transformers", "library_name adapter-transformers"}};
    return library_of(signs, rules, COUNT(rules));
}

static const char *why_library_quantized(const struct jk_signs *signs)
{
    static const struct word_rule rules[] = {{"gguf", "library_name gguf"},
                                             {"llama.cpp", "library_name llama.cpp"},
                                             {"exllamav2", "library_name exllamav2"},
                                             {"exllamav3", "library_name exllamav3"}};
    return library_of(signs, rules, COUNT(rules));
}

static const char *why_library_converted(const struct jk_signs *signs)
{
    static const struct word_rule rules[] = {
        {"onnx", "library_name onnx"},     {"openvino", "library_name openvino"},
        {"mlx", "library_name mlx"},       {"coreml", "library_name coreml"},
        {"tflite", "library_name tflite"}, {"ctranslate2", "library_name ctranslate2"}};
    return library_of(signs, rules, COUNT(rules));
}

static const char *why_library_merge(const struct jk_signs *signs)
{
    static const struct word_rule rules[] = {{"mergekit", "library_name mergekit"}};
    return library_of(signs, rules, COUNT(rules));
}

static const char *why_two_parents(const struct jk_signs *signs)
{
    return signs->parents && signs->parents->count > 1 ? "two parents" : NULL;
}

static const char *why_default(const struct jk_signs *signs)
{
    (void)signs;
    return "default";
}

/* ---- the order ---- */

/* `left_over`: where the weights are whole ones, the word "adapter" is left over from training, and says nothing. */
static const struct row {
    enum jk_relation relation;
    const char *(*why)(const struct jk_signs *signs);
    bool left_over;
} rows[] = {
    /* what the files are */
    {JK_RELATION_QUANTIZED, why_gguf, false},
    {JK_RELATION_QUANTIZED, why_packed, false},
    {JK_RELATION_QUANTIZED, why_packed_tensors, false},
    {JK_RELATION_ADAPTER, why_adapter_files, false},
    {JK_RELATION_ADAPTER, why_adapter_tensors, false},
    {JK_RELATION_ADAPTER, why_gguf_adapter, false},
    /* a recipe */
    {JK_RELATION_MERGE, why_recipe, false},
    /* the name, and what else was written about the files alone */
    {JK_RELATION_QUANTIZED, why_name_quantized, false},
    {JK_RELATION_QUANTIZED, why_quantized_by, false},
    {JK_RELATION_CONVERT, why_converted_files, false},
    {JK_RELATION_CONVERT, why_name_converted, false},
    {JK_RELATION_DISTILL, why_name_distilled, false},
    /* tags */
    {JK_RELATION_NONE, why_tag_relation, true}, /* the one that it names */
    {JK_RELATION_ADAPTER, why_adapter, true},
    {JK_RELATION_MERGE, why_merge, false},
    {JK_RELATION_QUANTIZED, why_quantized, false},
    {JK_RELATION_DISTILL, why_distilled, false},
    {JK_RELATION_CONVERT, why_converted, false},
    {JK_RELATION_FINETUNE, why_finetune, false},
    /* library_name */
    {JK_RELATION_ADAPTER, why_library_adapter, true},
    {JK_RELATION_QUANTIZED, why_library_quantized, false},
    {JK_RELATION_CONVERT, why_library_converted, false},
    {JK_RELATION_MERGE, why_library_merge, false},
    /* nothing says it */
    {JK_RELATION_MERGE, why_two_parents, false},
    {JK_RELATION_FINETUNE, why_whole, false},
    {JK_RELATION_FINETUNE, why_default, false},
};

static void add_other(struct jk_inference *inference, struct jk_inferred other)
{
    for (size_t i = 0; i < inference->other_count; i++)
        if (strcmp(inference->others[i].why, other.why) == 0) return;
    if (inference->other_count < JK_INFER_OTHERS_MAX) inference->others[inference->other_count++] = other;
}

void jk_infer_relation(const struct jk_signs *signs, struct jk_inference *out_inference)
{
    struct jk_inference inference = {0};
    struct jk_inferred found[COUNT(rows)];
    size_t count = 0;
    bool decided = false;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *why = rows[i].why(signs);
        if (!why || (count > 0 && rows[i].why == why_default)) continue;
        enum jk_relation relation = rows[i].relation != JK_RELATION_NONE ? rows[i].relation : relation_of_tag(signs);
        bool silent = rows[i].left_over && relation == JK_RELATION_ADAPTER && signs->weights;
        found[count++] = (struct jk_inferred){relation, why};
        if (!silent && !decided) inference.first = found[count - 1];
        decided = decided || !silent;
    }
    for (size_t i = 0; i < count; i++)
        if (found[i].relation != inference.first.relation) add_other(&inference, found[i]);
    *out_inference = inference;
}

bool jk_infer_word(struct jk_span word, enum jk_relation *out_relation)
{
    static const struct {
        const char *word;
        enum jk_relation relation;
    } spellings[] = {{"fine-tune", JK_RELATION_FINETUNE},
                     {"fine-tuned", JK_RELATION_FINETUNE},
                     {"fine-tuning", JK_RELATION_FINETUNE},
                     {"sft", JK_RELATION_FINETUNE},
                     {"lora", JK_RELATION_ADAPTER},
                     {"qlora", JK_RELATION_ADAPTER},
                     {"continued-pretraining", JK_RELATION_FINETUNE},
                     {"continual-pretraining", JK_RELATION_FINETUNE},
                     {"peft", JK_RELATION_ADAPTER},
                     {"adapters", JK_RELATION_ADAPTER},
                     {"quantization", JK_RELATION_QUANTIZED},
                     {"quantisation", JK_RELATION_QUANTIZED},
                     {"quantised", JK_RELATION_QUANTIZED},
                     {"quantize", JK_RELATION_QUANTIZED},
                     {"quant", JK_RELATION_QUANTIZED},
                     {"gguf", JK_RELATION_QUANTIZED},
                     {"merged", JK_RELATION_MERGE},
                     {"merges", JK_RELATION_MERGE},
                     {"distilled", JK_RELATION_DISTILL},
                     {"distillation", JK_RELATION_DISTILL},
                     {"converted", JK_RELATION_CONVERT},
                     {"conversion", JK_RELATION_CONVERT},
                     {"pruned", JK_RELATION_PRUNE},
                     {"pruning", JK_RELATION_PRUNE}};
    char folded[32];
    word = jk_words_trim(word);
    if (word.len < sizeof folded) {
        jk_ident_fold(word, folded);
        if (jk_relation_parse((struct jk_span){folded, word.len}, out_relation)) return true;
    }
    for (size_t i = 0; i < COUNT(spellings); i++) {
        if (!jk_words_same_key(word, jk_span_of(spellings[i].word))) continue;
        *out_relation = spellings[i].relation;
        return true;
    }
    return false;
}
