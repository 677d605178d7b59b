/* See weight_head.h. */
#include "declare/weight_head.h"

#include <stdio.h>

#include "declare/files.h"
#include "declare/words.h"
#include "weights/safetensors.h"

#define TYPES_MAX  32 /* that safetensors has */
#define TYPES_TOLD 3

struct type_share {
    const struct jk_type *type;
    uint64_t elements;
};

static bool name_holds(struct jk_span name, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (jk_words_hold(name, words[i], false)) return true;
    return false;
}

static bool is_of_adapter(struct jk_span name)
{
    static const char *const words[] = {
        ".lora_",       "_lora_",    ".ia3_l",      ".hada_w",    ".lokr_w",           ".oft_r",          ".boft_",
        ".vera_lambda", ".lora.up.", ".lora.down.", ".randlora_", "prompt_embeddings", ".adaption_prompt"};
    return name_holds(name, words, sizeof words / sizeof words[0]);
}

bool jk_weight_head_names_packed(struct jk_span names)
{
    static const char *const words[] = {".qweight", ".weight_packed", ".quant_state",
                                        ".absmax",  ".q_weight",      ".trellis"};
    return name_holds(names, words, sizeof words / sizeof words[0]);
}

static void add_elements(struct type_share shares[TYPES_MAX], const struct jk_tensor *tensor)
{
    size_t i = 0;
    while (i + 1 < TYPES_MAX && shares[i].type && shares[i].type != tensor->type)
        i++;
    shares[i].type = tensor->type;
    shares[i].elements += tensor->elements;
}

/* The most frequent first. */
static void tell_types(struct type_share shares[TYPES_MAX], char out[JK_WEIGHT_HEAD_TYPES])
{
    size_t len = 0;
    out[0] = '\0';
    for (int told = 0; told < TYPES_TOLD; told++) {
        size_t most = 0;
        for (size_t i = 0; i < TYPES_MAX && shares[i].type; i++)
            if (shares[i].elements > shares[most].elements) most = i;
        if (!shares[most].type || shares[most].elements == 0) return;
        int count =
            snprintf(out + len, JK_WEIGHT_HEAD_TYPES - len, "%s%s", told > 0 ? ", " : "", shares[most].type->word);
        if (count < 0 || (size_t)count >= JK_WEIGHT_HEAD_TYPES - len) return;
        len += (size_t)count;
        shares[most].elements = 0;
    }
}

static void take_tensors(const struct jk_tensors *table, struct jk_weight_head *head)
{
    struct type_share shares[TYPES_MAX] = {{NULL, 0}};
    size_t adapter = 0, within = 0;
    head->tensors = (uint32_t)table->count;
    for (size_t i = 0; i < table->count; i++) {
        const struct jk_tensor *tensor = &table->tensors[i];
        bool own = is_of_adapter(tensor->name);
        adapter += own;
        within += own || jk_span_starts(tensor->name, JK_SPAN("base_model.model."));
        head->packed = head->packed || jk_weight_head_names_packed(tensor->name);
        if (__builtin_add_overflow(head->parameters, tensor->elements, &head->parameters) ||
            head->parameters > INT64_MAX)
            head->parameters = INT64_MAX;
        add_elements(shares, tensor);
    }
    head->adapter = adapter > 0 && within == table->count;
    tell_types(shares, head->types);
}

const char *jk_weight_head_read(struct jk_span bytes, uint64_t size, struct jk_arena *arena,
                                struct jk_weight_head *out_head)
{
    struct jk_tensors table = {.count = 0};
    struct jk_fault fault;
    uint64_t length;
    *out_head = (struct jk_weight_head){.tensors = 0};
    if (jk_files_is_pointer(bytes)) return "is a pointer of Git LFS, not the file itself";
    bool good = jk_safetensors_length(bytes, size, &length, &fault);
    if (good && length > bytes.len - JK_SAFETENSORS_LENGTH) return "has a header that ends beyond what was read of it";
    struct jk_span header = {bytes.at + JK_SAFETENSORS_LENGTH, good ? (size_t)length : 0};
    good = good && jk_safetensors_read(header, size, &table, &fault);
    if (good) take_tensors(&table, out_head);
    jk_tensors_done(&table);
    if (good) return NULL;
    const char *why = jk_arena_printf(arena, "is no safetensors file: at byte %llu, %s",
                                      (unsigned long long)fault.offset, fault.rule);
    return why ? why : "is no safetensors file";
}
