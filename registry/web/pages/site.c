#include "web/pages/site.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

#define JK_SITE_TEMPLATE(name)                                                                                         \
    extern const unsigned char jk_site_##name[];                                                                       \
    extern const size_t jk_site_##name##_len;
#include "site.def"
#undef JK_SITE_TEMPLATE
#define JK_SITE_ASSET(symbol, name, type)                                                                              \
    extern const unsigned char jk_site_asset_##symbol[];                                                               \
    extern const size_t jk_site_asset_##symbol##_len;
#include "web/pages/assets.def"
#undef JK_SITE_ASSET
extern const unsigned char jk_site_words[];
extern const size_t jk_site_words_len;

struct source {
    const char *name;
    const unsigned char *bytes;
    const size_t *len;
};

static const struct source sources[] = {
#define JK_SITE_TEMPLATE(name) {#name, jk_site_##name, &jk_site_##name##_len},
#include "site.def"
#undef JK_SITE_TEMPLATE
};

static struct jk_span embedded(const unsigned char *bytes, size_t len)
{
    return (struct jk_span){(const char *)bytes, len};
}

static struct jk_span source_of(size_t at)
{
    return embedded(sources[at].bytes, *sources[at].len);
}

struct compiling {
    const struct jk_site *site;
    enum jk_language language;
};

/* {{>t.KEY}} is a word, another {{>name}} a template. */
static bool find_partial(void *context, struct jk_span name, struct jk_span *out_source)
{
    const struct compiling *compiling = context;
    if (jk_span_starts(name, JK_SPAN("t."))) {
        const struct jk_word *word =
            jk_words_find(&compiling->site->words, (struct jk_span){name.at + 2, name.len - 2});
        if (word) *out_source = word->text[compiling->language];
        return word != NULL;
    }
    for (size_t i = 0; i < JK_SITE_TEMPLATES; i++) {
        if (!jk_span_equal(name, jk_span_of(sources[i].name))) continue;
        *out_source = source_of(i);
        return true;
    }
    return false;
}

static enum jk_status compile_all(struct jk_site *site, struct jk_error *error)
{
    for (int language = 0; language < JK_LANGUAGES; language++) {
        struct compiling compiling = {site, (enum jk_language)language};
        for (size_t i = 0; i < JK_SITE_TEMPLATES; i++) {
            enum jk_status status = jk_mustache_compile(sources[i].name, source_of(i), find_partial, &compiling,
                                                        &site->templates[language][i], error);
            if (status != JK_OK) return status;
        }
    }
    return JK_OK;
}

static struct jk_site_asset asset_at(size_t at)
{
    const struct jk_site_asset assets[] = {
#define JK_SITE_ASSET(symbol, name, type) {name, type, embedded(jk_site_asset_##symbol, jk_site_asset_##symbol##_len)},
#include "web/pages/assets.def"
#undef JK_SITE_ASSET
    };
    return at < sizeof assets / sizeof assets[0] ? assets[at] : (struct jk_site_asset){NULL};
}

static void name_build(struct jk_site *site)
{
    struct jk_span parts[JK_SITE_TEMPLATES + 16];
    size_t count = 0;
    for (size_t i = 0; i < JK_SITE_TEMPLATES; i++)
        parts[count++] = source_of(i);
    for (size_t i = 0; asset_at(i).name && count < JK_SITE_TEMPLATES + 15; i++)
        parts[count++] = asset_at(i).bytes;
    parts[count++] = embedded(jk_site_words, jk_site_words_len);
    struct jk_digest digest = jk_digest_parts(parts, count);
    jk_hex_encode(digest.bytes, 8, site->build);
    (void)snprintf(site->assets_path, sizeof site->assets_path, "/assets/%s", site->build);
}

enum jk_status jk_site_open(struct jk_site **out_site, struct jk_error *error)
{
    struct jk_site *site = calloc(1, sizeof *site);
    if (!site) return jk_out_of_memory(error);
    name_build(site);
    enum jk_status status = jk_words_parse(embedded(jk_site_words, jk_site_words_len), &site->words, error);
    if (status == JK_OK) status = compile_all(site, error);
    if (status != JK_OK) {
        jk_site_close(site);
        return status;
    }
    *out_site = site;
    return JK_OK;
}

void jk_site_close(struct jk_site *site)
{
    if (!site) return;
    for (int language = 0; language < JK_LANGUAGES; language++)
        for (size_t i = 0; i < JK_SITE_TEMPLATES; i++)
            jk_mustache_free(site->templates[language][i]);
    jk_words_done(&site->words);
    free(site);
}

bool jk_site_asset(const struct jk_site *site, struct jk_span path, struct jk_site_asset *out_asset)
{
    struct jk_span below = jk_span_of(site->assets_path);
    if (!jk_span_starts(path, below) || path.len <= below.len || path.at[below.len] != '/') return false;
    struct jk_span name = {path.at + below.len + 1, path.len - below.len - 1};
    for (size_t i = 0; asset_at(i).name; i++) {
        *out_asset = asset_at(i);
        if (jk_span_equal(name, jk_span_of(out_asset->name))) return true;
    }
    return false;
}

struct jk_span jk_site_word(const struct jk_site *site, enum jk_language language, const char *key)
{
    const struct jk_word *word = jk_words_find(&site->words, jk_span_of(key));
    JK_CHECK(word);
    return word->text[language];
}
