/* See files.h. Names are compared without regard to case: repositories have README.MD and Readme.md. */
#include "declare/files.h"

#include "declare/words.h"
#include "domain/manifest.h"

static bool ends_fold(struct jk_span text, const char *ending)
{
    struct jk_span end = jk_span_of(ending);
    if (text.len < end.len) return false;
    return jk_span_equal_fold((struct jk_span){text.at + text.len - end.len, end.len}, end);
}

static bool is_one_of(struct jk_span name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (jk_span_equal_fold(name, jk_span_of(names[i]))) return true;
    return false;
}

static bool ends_in_one_of(struct jk_span name, const char *const *endings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ends_fold(name, endings[i])) return true;
    return false;
}

#define IS_ONE_OF(name, list) is_one_of(name, list, sizeof(list) / sizeof(list)[0])

/* The best names first. */
static const char *const cards[] = {"README.md",     "README.markdown", "README",
                                    "model_card.md", "modelcard.md",    "model-card.md"},
                         *const recipes[] = {"mergekit_config.yml",
                                             "mergekit_config.yaml",
                                             "mergekit_moe_config.yml",
                                             "mergekit_moe_config.yaml",
                                             "mergekit-config.yml",
                                             "mergekit-config.yaml",
                                             "mergekit.yml",
                                             "mergekit.yaml",
                                             "merge_config.yml",
                                             "merge_config.yaml",
                                             "merge-config.yml",
                                             "merge-config.yaml",
                                             "merge.yml",
                                             "merge.yaml"};

static size_t depth_of(struct jk_span path)
{
    size_t depth = 0;
    for (size_t i = 0; i < path.len; i++)
        depth += path.at[i] == '/';
    return depth;
}

const char *jk_files_format(struct jk_span name)
{
    static const struct {
        const char *ending, *format;
    } formats[] = {{".onnx", "ONNX"},       {"openvino_model.xml", "OpenVINO"},
                   {".mlmodel", "Core ML"}, {".mlpackage/Manifest.json", "Core ML"},
                   {".tflite", "TFLite"},   {".litertlm", "LiteRT"},
                   {".task", "MediaPipe"},  {".engine", "TensorRT"},
                   {".pte", "ExecuTorch"},  {".rknn", "RKNN"},
                   {".rkllm", "RKLLM"},     {".mlmodelc/model.mil", "Core ML"},
                   {".mnn", "MNN"}};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (ends_fold(name, formats[i].ending)) return formats[i].format;
    return NULL;
}

/* What training leaves beside the weights, in files that end like them. */
static bool is_state_of_training(struct jk_span name)
{
    static const char *const words[] = {"training_args", "optimizer", "scheduler", "rng_state", "scaler"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (jk_span_starts_fold(name, jk_span_of(words[i]))) return true;
    return false;
}

static enum jk_file_kind kind_of_weights(struct jk_span path)
{
    static const char *const whole[] = {".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack"};
    struct jk_span name = jk_span_after_last(path, '/');
    if (ends_fold(name, ".gguf")) return JK_FILE_GGUF;
    if (jk_files_format(path)) return JK_FILE_CONVERTED;
    if (depth_of(path) > 0 || !jk_manifest_is_weights(name) || is_state_of_training(name)) return JK_FILE_OTHER;
    if (jk_span_starts_fold(name, JK_SPAN("adapter_model")) || jk_span_starts_fold(name, JK_SPAN("adapters.")) ||
        ends_fold(name, "lora_weights.safetensors"))
        return JK_FILE_ADAPTER_WEIGHTS;
    if (jk_span_starts_fold(name, JK_SPAN("openvino_")) || jk_span_starts_fold(name, JK_SPAN("params_shard_")))
        return JK_FILE_CONVERTED;
    return ends_in_one_of(name, whole, sizeof whole / sizeof whole[0]) ? JK_FILE_WEIGHTS : JK_FILE_OTHER;
}

enum jk_file_kind jk_file_kind(struct jk_span name)
{
    enum jk_file_kind weights = kind_of_weights(name);
    if (weights != JK_FILE_OTHER || depth_of(name) > 0) return weights;
    if (IS_ONE_OF(name, cards)) return JK_FILE_CARD;
    if (jk_span_equal_fold(name, JK_SPAN("adapter_config.json"))) return JK_FILE_ADAPTER_CONFIG;
    if (jk_span_equal_fold(name, JK_SPAN("config.json"))) return JK_FILE_CONFIG;
    /* Any YAML file that speaks of merging in its name. */
    bool yaml = ends_fold(name, ".yml") || ends_fold(name, ".yaml");
    if (yaml && (jk_words_hold(name, "merge", false) || jk_words_hold(name, "moe", true))) return JK_FILE_RECIPE;
    return JK_FILE_OTHER;
}

void jk_files_sort_out(struct jk_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        files->items[i].kind = jk_file_kind(files->items[i].name);
        files->items[i].sorted = true;
    }
}

bool jk_file_is(const struct jk_file *file, enum jk_file_kind kind)
{
    return kind == (file->sorted ? file->kind : jk_file_kind(file->name));
}

/* ---- which of several ---- */

/* 0 for the first of a list of names, spelled so; the list's length and more for names that are not on it. */
static size_t rank_in(struct jk_span name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (jk_span_equal_fold(name, jk_span_of(names[i]))) return 2 * i + !jk_span_equal(name, jk_span_of(names[i]));
    return 2 * count;
}

static size_t rank_of(struct jk_span name, enum jk_file_kind kind)
{
    if (kind == JK_FILE_CARD) return rank_in(name, cards, sizeof cards / sizeof cards[0]);
    if (kind == JK_FILE_RECIPE) return rank_in(name, recipes, sizeof recipes / sizeof recipes[0]);
    return 0;
}

static bool goes_before(const struct jk_file *a, const struct jk_file *b, enum jk_file_kind kind)
{
    size_t rank_a = rank_of(a->name, kind), rank_b = rank_of(b->name, kind);
    if ((a->bytes.at != NULL) != (b->bytes.at != NULL)) return a->bytes.at != NULL;
    return rank_a != rank_b ? rank_a < rank_b : jk_span_compare(a->name, b->name) < 0;
}

size_t jk_files_best(const struct jk_files *files, enum jk_file_kind kind)
{
    size_t best = files->count;
    for (size_t i = 0; i < files->count; i++)
        if (jk_file_is(&files->items[i], kind) &&
            (best == files->count || goes_before(&files->items[i], &files->items[best], kind)))
            best = i;
    return best;
}

static bool is_digits(struct jk_span text)
{
    uint64_t number;
    while (text.len > 1 && text.at[0] == '0')
        text = (struct jk_span){text.at + 1, text.len - 1};
    return jk_span_to_u64(text, &number);
}

/* "…-00002-of-00003.gguf" is part 2; false for what is not split. */
static bool part_of(struct jk_span name, struct jk_span *out_part)
{
    const size_t tail = strlen("00002-of-00003.gguf");
    if (name.len < tail + 1) return false;
    struct jk_span end = {name.at + name.len - tail, tail};
    *out_part = (struct jk_span){end.at, 5};
    return jk_span_equal((struct jk_span){end.at + 5, 4}, JK_SPAN("-of-")) && is_digits(*out_part) &&
           is_digits((struct jk_span){end.at + 9, 5});
}

const char *jk_files_gguf_passed(struct jk_span name)
{
    struct jk_span part;
    if (jk_words_hold(jk_span_after_last(name, '/'), "mmproj", false)) return "a projector of another modality";
    if (jk_words_hold(jk_span_after_last(name, '/'), "imatrix", true)) return "an importance matrix";
    if (part_of(name, &part) && !jk_span_equal(part, JK_SPAN("00001"))) return "a further part of a split file";
    return NULL;
}

/* Names of adapters and draft models come after those of weights. */
static bool is_beside(struct jk_span name)
{
    static const char *const words[] = {"lora", "adapter", "draft", "vocab", "mtp"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (jk_words_hold(jk_span_after_last(name, '/'), words[i], true)) return true;
    return false;
}

static bool gguf_before(struct jk_span a, struct jk_span b)
{
    if (is_beside(a) != is_beside(b)) return is_beside(b);
    if (depth_of(a) != depth_of(b)) return depth_of(a) < depth_of(b);
    return jk_span_compare(a, b) < 0;
}

/* Keeps the best `room` in order, by insertion: room is small. */
size_t jk_files_gguf(const struct jk_files *files, size_t *out_indexes, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; i < files->count; i++) {
        const struct jk_file *file = &files->items[i];
        if (!jk_file_is(file, JK_FILE_GGUF) || jk_files_gguf_passed(file->name)) continue;
        size_t at = count;
        while (at > 0 && gguf_before(file->name, files->items[out_indexes[at - 1]].name))
            at--;
        if (at == room) continue;
        if (count < room) count++;
        memmove(&out_indexes[at + 1], &out_indexes[at], (count - at - 1) * sizeof *out_indexes);
        out_indexes[at] = i;
    }
    return count;
}

void jk_files_want(struct jk_files *files)
{
    static const struct {
        enum jk_file_kind kind;
        size_t most;
    } texts[] = {{JK_FILE_CARD, JK_FILES_CARD_MAX},
                 {JK_FILE_ADAPTER_CONFIG, JK_FILES_TEXT_MAX},
                 {JK_FILE_RECIPE, JK_FILES_TEXT_MAX},
                 {JK_FILE_CONFIG, JK_FILES_TEXT_MAX},
                 {JK_FILE_WEIGHTS, JK_FILES_HEAD_MAX}};
    size_t gguf[JK_FILES_GGUF_MAX], count = jk_files_gguf(files, gguf, JK_FILES_GGUF_MAX);
    for (size_t i = 0; i < files->count; i++)
        files->items[i].wanted = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t best = jk_files_best(files, texts[i].kind);
        if (best < files->count) files->items[best].wanted = texts[i].most;
    }
    for (size_t i = 0; i < count; i++)
        files->items[gguf[i]].wanted = JK_FILES_HEAD_MAX;
}

bool jk_files_is_pointer(struct jk_span bytes)
{
    return jk_span_starts(bytes, JK_SPAN("version https://git-lfs.github.com/spec/"));
}
