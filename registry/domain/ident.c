/* Names and their grammar (registry/formats/lineage.md). Pure: byte tests only, no locale. An error is the end of a
 * sentence that the caller begins with the value: `name "a--b" must not contain …`. */
#include "domain/ident.h"

#include "base/ascii.h"

#define JK_HOST_MAX       253
#define JK_HOST_LABEL_MAX 63

static bool is_edge(char c)
{
    return c == '-' || c == '.';
}

/* What a byte may be part of. A table, because names and versions are checked once for each log entry, and again for
 * each parent. */
enum { IN_PART = 1, IN_VERSION = 2, IN_BOTH = IN_PART | IN_VERSION };
static const unsigned char allowed[256] = {
    ['0' ... '9'] = IN_BOTH, ['A' ... 'Z'] = IN_BOTH, ['a' ... 'z'] = IN_BOTH, ['.'] = IN_BOTH,
    ['_'] = IN_BOTH,         ['-'] = IN_BOTH,         ['+'] = IN_VERSION,
};

static bool all_allowed(struct jk_span text, unsigned char in)
{
    unsigned char every = in;
    for (size_t i = 0; i < text.len; i++)
        every &= allowed[(unsigned char)text.at[i]];
    return every == in;
}

const char *jk_ident_part_fault(struct jk_span part)
{
    if (part.len == 0) return "is empty: 1 to 96 characters are needed";
    if (part.len > JK_NAME_PART_MAX) return "is longer than 96 characters";
    if (!all_allowed(part, IN_PART)) return "may hold ASCII letters, digits, \"_\", \".\" and \"-\" only";
    bool pair = false;
    for (size_t i = 1; i < part.len; i++)
        pair |= part.at[i] == part.at[i - 1] && is_edge(part.at[i]);
    if (is_edge(part.at[0]) || is_edge(part.at[part.len - 1])) return "must not begin or end with \"-\" or \".\"";
    if (pair) return "must not hold \"--\" or \"..\"";
    if (part.len >= 4 && jk_span_equal_fold((struct jk_span){part.at + part.len - 4, 4}, JK_SPAN(".git")))
        return "must not end in \".git\"";
    return NULL;
}

const char *jk_ident_model_fault(struct jk_span name)
{
    const char *slash = name.len ? memchr(name.at, '/', name.len) : NULL;
    if (!slash) return "must be publisher/model, with one \"/\"";
    struct jk_span publisher, model;
    jk_ident_split(name, &publisher, &model);
    if (model.len && memchr(model.at, '/', model.len)) return "must be publisher/model, with one \"/\" only";
    const char *fault = jk_ident_part_fault(publisher);
    return fault ? fault : jk_ident_part_fault(model);
}

const char *jk_ident_version_fault(struct jk_span version)
{
    if (version.len == 0) return "is empty: 1 to 64 characters are needed";
    if (version.len > JK_VERSION_MAX) return "is longer than 64 characters";
    if (!jk_ascii_alnum(version.at[0])) return "must begin with an ASCII letter or digit";
    if (!all_allowed(version, IN_VERSION)) return "may hold ASCII letters, digits, \".\", \"_\", \"+\" and \"-\" only";
    return NULL;
}

const char *jk_ident_team_fault(struct jk_span id)
{
    if (id.len == 0) return "is empty: 1 to 63 characters are needed";
    if (id.len > JK_TEAM_ID_MAX) return "is longer than 63 characters";
    for (size_t i = 0; i < id.len; i++)
        if (!jk_ascii_lower(id.at[i]) && !jk_ascii_digit(id.at[i]) && id.at[i] != '-')
            return "may hold lower-case ASCII letters, digits and \"-\" only";
    if (id.at[0] == '-' || id.at[id.len - 1] == '-') return "must not begin or end with \"-\"";
    return NULL;
}

/* Unicode's category Cc: C0, DEL, and C1 in its UTF-8 form. */
static bool has_control(struct jk_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c < 0x20 || c == 0x7f) return true;
        if (c == 0xc2 && i + 1 < text.len && (unsigned char)text.at[i + 1] < 0xa0) return true;
    }
    return false;
}

const char *jk_ident_label_fault(struct jk_span text)
{
    if (text.len == 0) return "is empty: 1 to 200 bytes are needed";
    if (text.len > JK_LABEL_MAX) return "is longer than 200 bytes";
    if (!jk_utf8_valid(text)) return "is not valid UTF-8";
    if (has_control(text)) return "must be one line without control characters";
    if (text.at[0] == ' ' || text.at[text.len - 1] == ' ') return "must not begin or end with a space";
    return NULL;
}

const char *jk_ident_revision_fault(struct jk_span revision)
{
    if (revision.len != 40 && revision.len != 64)
        return "must be a commit of 40 or 64 hexadecimal digits, not a branch or tag";
    for (size_t i = 0; i < revision.len; i++)
        if (!jk_ascii_digit(revision.at[i]) && !(revision.at[i] >= 'a' && revision.at[i] <= 'f'))
            return "must be a commit in lower-case hexadecimal digits, not a branch or tag";
    return NULL;
}

void jk_ident_split(struct jk_span name, struct jk_span *out_publisher, struct jk_span *out_model)
{
    struct jk_span model = name, publisher;
    jk_span_cut(&model, '/', &publisher);
    *out_publisher = publisher;
    *out_model = model;
}

void jk_ident_fold(struct jk_span name, char *out)
{
    for (size_t i = 0; i < name.len; i++)
        out[i] = jk_ascii_to_lower(name.at[i]);
}

size_t jk_ident_fold_lenient(struct jk_span name, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        if (c != '-' && c != '_' && c != '.' && c != ' ') out[len++] = jk_ascii_to_lower(c);
    }
    return len;
}

/* A DNS name of two labels or more: with a single label, every "publisher/model" would look like a host. */
static bool is_dns_name(struct jk_span host)
{
    size_t labels = 0, start = 0;
    if (host.len == 0 || host.len > JK_HOST_MAX) return false;
    for (size_t i = 0; i <= host.len; i++) {
        if (i < host.len && host.at[i] != '.') {
            if (!jk_ascii_lower(host.at[i]) && !jk_ascii_digit(host.at[i]) && host.at[i] != '-') return false;
            continue;
        }
        if (i == start || i - start > JK_HOST_LABEL_MAX || host.at[start] == '-' || host.at[i - 1] == '-') return false;
        labels++;
        start = i + 1;
    }
    return labels >= 2;
}

static bool is_host(struct jk_span host)
{
    struct jk_span port = host, name;
    if (!jk_span_cut(&port, ':', &name)) return is_dns_name(host);
    uint64_t number;
    return is_dns_name(name) && jk_span_to_u64(port, &number) && number >= 1 && number <= 65535;
}

static bool is_plain(char c)
{
    return jk_ascii_alnum(c) || (c && strchr("._~/+=,-", c));
}

/* The byte of the escape at text.at[i], with digits in either case; -1 if there is none. */
static int escaped_byte(struct jk_span text, size_t i)
{
    static const char digits[] = "0123456789abcdef";
    if (text.len - i < 3) return -1;
    int value = 0;
    for (size_t k = i + 1; k <= i + 2; k++) {
        const char *digit = text.at[k] ? strchr(digits, jk_ascii_to_lower(text.at[k])) : NULL;
        if (!digit) return -1;
        value = value * 16 + (int)(digit - digits);
    }
    return value;
}

/* Plain bytes, and escapes with upper-case digits of bytes that are not plain. */
static bool is_encoded_once(struct jk_span id)
{
    for (size_t i = 0; i < id.len; i++) {
        if (is_plain(id.at[i])) continue;
        int byte = id.at[i] == '%' ? escaped_byte(id, i) : -1;
        if (byte < 0 || is_plain((char)byte) || jk_ascii_lower(id.at[i + 1]) || jk_ascii_lower(id.at[i + 2]))
            return false;
        i += 2;
    }
    return true;
}

static bool has_bad_segment(struct jk_span id)
{
    bool more = true;
    while (more) {
        struct jk_span segment;
        more = jk_span_cut(&id, '/', &segment);
        if (segment.len == 0 || jk_span_equal(segment, JK_SPAN(".")) || jk_span_equal(segment, JK_SPAN("..")))
            return true;
    }
    return false;
}

const char *jk_ident_identity_fault(struct jk_span identity)
{
    bool good = identity.len >= 1 && identity.len <= JK_IDENTITY_MAX;
    for (size_t i = 0; good && i < identity.len; i++)
        good = jk_ascii_alnum(identity.at[i]);
    return good ? NULL : "must be 1 to 64 letters and digits";
}

const char *jk_ident_host_fault(struct jk_span host)
{
    return is_host(host) ? NULL : "must be a lower-case DNS name with a dot in it, and a port where one is needed";
}

const char *jk_ident_external_fault(struct jk_span host_and_id)
{
    if (host_and_id.len > JK_EXTERNAL_MAX) return "is longer than 512 bytes";
    struct jk_span id = host_and_id, host;
    if (!jk_span_cut(&id, '/', &host)) return "must be host/id, as in huggingface.co/google/gemma-2-9b";
    if (!is_host(host)) return "must begin with a lower-case DNS name with a dot in it, and a port where one is needed";
    if (!is_encoded_once(id))
        return "must percent-encode what is not a letter, digit or one of \"._~/+=,-\", and only that";
    if (has_bad_segment(id)) return "must not hold an empty segment, \".\" or \"..\"";
    return NULL;
}

const char *jk_ident_organisation_fault(struct jk_span host_and_name)
{
    const char *fault = jk_ident_external_fault(host_and_name);
    struct jk_span rest = host_and_name, host;
    if (fault) return fault;
    (void)jk_span_cut(&rest, '/', &host);
    return memchr(rest.at, '/', rest.len) ? "must be host/organisation, as in huggingface.co/google" : NULL;
}

struct jk_span jk_ident_organisation_of(struct jk_span external)
{
    struct jk_span rest = external, host, organisation;
    (void)jk_span_cut(&rest, '/', &host);
    if (!jk_span_cut(&rest, '/', &organisation)) return (struct jk_span){external.at, 0};
    return (struct jk_span){external.at, host.len + 1 + organisation.len};
}

bool jk_ident_is_hub_respelled(struct jk_span host_and_id, struct jk_span *out_id)
{
    const struct jk_span hub = JK_SPAN("huggingface.co"), ports[] = {JK_SPAN(":443"), JK_SPAN(":80")};
    const struct jk_span others[] = {JK_SPAN("www.huggingface.co"), JK_SPAN("hf.co"), JK_SPAN("www.hf.co")};
    struct jk_span id = host_and_id, host;
    if (!jk_span_cut(&id, '/', &host)) return false;
    struct jk_span name = host;
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
        if (jk_span_ends(name, ports[i])) name.len -= ports[i].len;
    bool is_hub = jk_span_equal_fold(name, hub);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        is_hub = is_hub || jk_span_equal_fold(name, others[i]);
    *out_id = id;
    return is_hub && !jk_span_equal(host, hub);
}

/* Removes "https://" or "http://", and reports the implied port. */
static struct jk_span drop_scheme(struct jk_span text, struct jk_span *out_port)
{
    struct jk_span https = JK_SPAN("https://"), http = JK_SPAN("http://");
    *out_port = (struct jk_span){0};
    if (jk_span_starts_fold(text, https)) {
        *out_port = JK_SPAN(":443");
        return (struct jk_span){text.at + https.len, text.len - https.len};
    }
    if (jk_span_starts_fold(text, http)) {
        *out_port = JK_SPAN(":80");
        return (struct jk_span){text.at + http.len, text.len - http.len};
    }
    return text;
}

static struct jk_span drop_query(struct jk_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] == '?' || text.at[i] == '#') return (struct jk_span){text.at, i};
    return text;
}

/* "a/b/tree/main" is a view of "a/b". The first segment is never treated as a view. */
static struct jk_span drop_view(struct jk_span id)
{
    struct jk_span rest = id, segment;
    while (id.len && id.at[id.len - 1] == '/')
        id.len = --rest.len;
    for (bool first = true; jk_span_cut(&rest, '/', &segment); first = false) {
        bool view = jk_span_equal(segment, JK_SPAN("tree")) || jk_span_equal(segment, JK_SPAN("blob"));
        if (view && !first) return (struct jk_span){id.at, (size_t)(segment.at - id.at) - 1};
    }
    return id;
}

/* Decodes escapes and encodes again, canonically. Returns the length, or 0: an invalid escape, an escaped "/" (which
 * would change the segments), a control character, or no room. */
static size_t encode_id(struct jk_span id, char *out, size_t room)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t len = 0;
    for (size_t i = 0; i < id.len; i++) {
        int byte = (unsigned char)id.at[i];
        if (byte == '%') {
            byte = escaped_byte(id, i);
            if (byte < 0 || byte == '/') return 0;
            i += 2;
        }
        bool plain = is_plain((char)byte);
        if (byte < 0x20 || byte == 0x7f || room - len < (plain ? 1u : 3u)) return 0;
        if (!plain) {
            out[len++] = '%';
            out[len++] = digits[byte >> 4];
        }
        out[len++] = plain ? (char)byte : digits[byte & 15];
    }
    return len;
}

bool jk_ident_external_from(struct jk_span text, struct jk_text *out)
{
    char canonical[JK_EXTERNAL_MAX];
    struct jk_span port, host;
    struct jk_span id = drop_query(drop_scheme(jk_span_trim(text), &port));
    if (!jk_span_cut(&id, '/', &host)) return false;
    if (port.len && jk_span_ends(host, port)) host.len -= port.len;
    if (host.len + 2 > sizeof canonical || !jk_utf8_valid(id)) return false;
    jk_ident_fold(host, canonical);
    canonical[host.len] = '/';
    size_t used = host.len + 1;
    size_t len = encode_id(drop_view(id), canonical + used, sizeof canonical - used);
    struct jk_span result = {canonical, used + len};
    if (len == 0 || jk_ident_external_fault(result)) return false;
    jk_text_add(out, result);
    return true;
}

bool jk_ident_is_local_path(struct jk_span text)
{
    text = jk_span_trim(text);
    if (text.len == 0) return false;
    if (text.at[0] == '/' || text.at[0] == '~' || text.at[0] == '\\') return true;
    if (jk_span_starts(text, JK_SPAN("./")) || jk_span_starts(text, JK_SPAN("../"))) return true;
    if (jk_span_starts(text, JK_SPAN(".\\")) || jk_span_starts(text, JK_SPAN("..\\"))) return true;
    if (jk_span_equal(text, JK_SPAN(".")) || jk_span_equal(text, JK_SPAN(".."))) return true;
    if (text.len >= 3 && jk_ascii_letter(text.at[0]) && text.at[1] == ':' && (text.at[2] == '/' || text.at[2] == '\\'))
        return true;
    return jk_span_starts_fold(text, JK_SPAN("file:"));
}
