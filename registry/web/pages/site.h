/* The site as it was built: its templates, compiled in each language, its words and its assets, from the files of
 * registry/site/, which are embedded. Made once at start, read by any thread after that. */
#ifndef JK_WEB_PAGES_SITE_H
#define JK_WEB_PAGES_SITE_H

#include "base/digest.h"
#include "web/mustache.h"
#include "web/words.h"

/* Templates, one for each file registry/site/<name>.mustache; site.def is made by the build. */
enum jk_site_template {
#define JK_SITE_TEMPLATE(name) JK_SITE_##name,
#include "site.def"
#undef JK_SITE_TEMPLATE
    JK_SITE_TEMPLATES
};

struct jk_site_asset {
    const char *name; /* "site.css" */
    const char *type; /* Content-Type */
    struct jk_span bytes;
};

struct jk_site {
    struct jk_words words;
    struct jk_mustache *templates[JK_LANGUAGES][JK_SITE_TEMPLATES];
    char build[17];       /* hexadecimal; another one for each change of a template, word or asset */
    char assets_path[32]; /* "/assets/<build>": assets below it never change */
};

/* INTERNAL (BAD_SITE): a template or the words are wrong; the message says where. */
JK_MUST_USE enum jk_status jk_site_open(struct jk_site **out_site, struct jk_error *error);
void jk_site_close(struct jk_site *site); /* accepts NULL */
/* The asset at a path below assets_path; false if there is none. */
bool jk_site_asset(const struct jk_site *site, struct jk_span path, struct jk_site_asset *out_asset);
/* The text of a key, which must be in words.tsv. */
struct jk_span jk_site_word(const struct jk_site *site, enum jk_language language, const char *key);

#endif
