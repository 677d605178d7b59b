/* See gguf.h. */
#include "declare/gguf.h"

#include "base/text.h"
#include "declare/reference.h"
#include "weights/gguf_reader.h"

#define VALUE_MAX 1024 /* bytes of a text that is kept */

/* A text worth keeping: short, and well-formed. */
static struct jk_span kept(struct jk_span text)
{
    text = jk_span_trim(text);
    return text.len <= VALUE_MAX && jk_utf8_valid(text) ? text : JK_SPAN("");
}

/* The index in "general.base_model.<i>.<what>", and what; false for every other key. */
static bool is_of_base(struct jk_span key, uint64_t *out_index, struct jk_span *out_what)
{
    const struct jk_span prefix = JK_SPAN("general.base_model.");
    struct jk_span digits;
    if (!jk_span_starts(key, prefix)) return false;
    *out_what = (struct jk_span){key.at + prefix.len, key.len - prefix.len};
    return jk_span_cut(out_what, '.', &digits) && jk_span_to_u64(digits, out_index) && *out_index < JK_GGUF_BASES_MAX;
}

static void take_text_key(struct jk_gguf *gguf, struct jk_span key, struct jk_span value)
{
    const struct {
        const char *key;
        struct jk_span *place;
    } texts[] = {{"general.name", &gguf->name},
                 {"general.license", &gguf->license},
                 {"general.license.name", &gguf->license_name},
                 {"general.type", &gguf->type},
                 {"general.architecture", &gguf->architecture},
                 {"general.source.url", &gguf->source_url},
                 {"general.source.repo_url", &gguf->source_repo_url},
                 {"general.source.id", &gguf->source_id},
                 {"general.source.huggingface.repository", &gguf->source_repository}};
    uint64_t index;
    struct jk_span what;
    if (is_of_base(key, &index, &what)) {
        if (jk_span_equal(what, JK_SPAN("repo_url"))) gguf->bases[index].repo_url = kept(value);
        if (jk_span_equal(what, JK_SPAN("url"))) gguf->bases[index].url = kept(value);
        if (jk_span_equal(what, JK_SPAN("name"))) gguf->bases[index].name = kept(value);
        if (jk_span_equal(what, JK_SPAN("organization"))) gguf->bases[index].organization = kept(value);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (jk_span_equal(key, jk_span_of(texts[i].key))) *texts[i].place = kept(value);
}

/* False at the end of what can be read. */
static bool take_pair(struct jk_gguf_reader *reader, struct jk_gguf *gguf)
{
    struct jk_span key, value;
    uint64_t type, count;
    if (!jk_gguf_text(reader, &key) || !jk_gguf_number(reader, 4, &type)) return false;
    if (type == JK_GGUF_STRING) {
        if (!jk_gguf_text(reader, &value)) return false;
        take_text_key(gguf, key, value);
    } else if (type == JK_GGUF_U32 && jk_span_equal(key, JK_SPAN("general.base_model.count"))) {
        if (!jk_gguf_number(reader, 4, &count)) return false;
        gguf->base_count = (uint32_t)count;
    } else {
        return jk_gguf_skip(reader, type);
    }
    return true;
}

/* The version, in the byte order that makes it a small number. */
static bool take_version(struct jk_gguf_reader *reader, uint64_t *out_version)
{
    size_t begin = reader->at;
    if (!jk_gguf_number(reader, 4, out_version)) return false;
    if (*out_version == 0 || *out_version % (1u << 16) != 0) return true;
    reader->at = begin;
    reader->big_endian = true;
    return jk_gguf_number(reader, 4, out_version);
}

enum jk_status jk_gguf_parse(struct jk_span bytes, struct jk_gguf *out_gguf, struct jk_error *error)
{
    const struct jk_span magic = JK_SPAN("GGUF");
    struct jk_fault ignored;
    struct jk_gguf_reader reader = {.bytes = bytes, .at = magic.len, .fault = &ignored};
    uint64_t version, tensors, keys;
    if (!jk_span_starts(bytes, magic) || !take_version(&reader, &version)) {
        const char *what = bytes.len == 0 ? "it is empty" : "it does not begin like a GGUF file";
        return jk_fail(error, JK_INVALID_ARGUMENT, "GGUF", "%s", what);
    }
    if (version != 2 && version != 3)
        return jk_fail(error, JK_INVALID_ARGUMENT, "GGUF", "its GGUF version is %llu; 2 and 3 can be read",
                       (unsigned long long)version);
    struct jk_gguf gguf = {.big_endian = reader.big_endian};
    bool whole = jk_gguf_number(&reader, 8, &tensors) && jk_gguf_number(&reader, 8, &keys);
    if (whole && keys > JK_GGUF_KEYS_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "GGUF", "it has more than 65,536 keys");
    for (uint64_t i = 0; whole && i < keys; i++)
        whole = take_pair(&reader, &gguf);
    gguf.partial = !whole;
    *out_gguf = gguf;
    return JK_OK;
}

static struct jk_span first_of(const struct jk_span *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (texts[i].len > 0) return texts[i];
    return JK_SPAN("");
}

static void add_base(const struct jk_gguf_base *base, struct jk_doubts *doubts, struct jk_names *names)
{
    struct jk_span places[] = {base->repo_url, base->url}, place = first_of(places, 2);
    struct jk_span joined = jk_reference_join(base->organization, base->name, doubts->arena);
    jk_names_add(names, place.len > 0 ? place : joined);
    if (place.len == 0 && joined.len > 0)
        jk_doubts_add(doubts,
                      "%s is composed of the organization and the name in the GGUF file: check that a model is "
                      "called so",
                      jk_doubts_shown(doubts, joined));
    if (place.len == 0 && joined.len == 0 && base->name.len > 0)
        jk_doubts_add(doubts, "the GGUF file names \"%s\" as its base model, and not whose that is",
                      jk_doubts_shown(doubts, base->name));
}

void jk_gguf_parents(const struct jk_gguf *gguf, struct jk_doubts *doubts, struct jk_names *out_names)
{
    for (size_t i = 0; i < JK_GGUF_BASES_MAX; i++)
        add_base(&gguf->bases[i], doubts, out_names);
    const struct jk_span sources[] = {gguf->source_repository, gguf->source_repo_url, gguf->source_id,
                                      gguf->source_url};
    struct jk_span source = first_of(sources, 4);
    if (out_names->count == 0)
        jk_names_add(out_names, source);
    else if (source.len > 0 && !jk_names_hold(out_names, source))
        jk_doubts_add(doubts, "the GGUF file names %s as its source, beside the base models that were taken",
                      jk_doubts_shown(doubts, source));
}

const char *jk_gguf_is_other(const struct jk_gguf *gguf)
{
    if (jk_span_equal_fold(gguf->type, JK_SPAN("mmproj")) || jk_span_equal(gguf->architecture, JK_SPAN("clip")))
        return "a projector of another modality";
    if (jk_span_equal_fold(gguf->type, JK_SPAN("imatrix"))) return "an importance matrix";
    return jk_span_equal_fold(gguf->type, JK_SPAN("vocab")) ? "a vocabulary" : NULL;
}
