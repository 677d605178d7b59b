/* Text of a report's page. See page.h. */
#include "report/page.h"

#include <stdio.h>

#include "base/clock.h"

#define KST_US (INT64_C(9) * 3600 * 1000000)

static void add_code(struct jk_text *out, uint32_t code, struct jk_span bytes)
{
    switch (code) {
    case '&':
        jk_text_add_str(out, "&amp;");
        break;
    case '<':
        jk_text_add_str(out, "&lt;");
        break;
    case '>':
        jk_text_add_str(out, "&gt;");
        break;
    case '"':
        jk_text_add_str(out, "&quot;");
        break;
    case '\'':
        jk_text_add_str(out, "&#39;");
        break;
    default:
        if (jk_utf8_is_control(code) && code != '\n')
            jk_text_add_char(out, '?');
        else
            jk_text_add(out, bytes);
    }
}

void jk_page_add(struct jk_text *out, struct jk_span text)
{
    while (text.len > 0) {
        struct jk_span before = text;
        uint32_t code;
        if (jk_utf8_next(&text, &code)) {
            add_code(out, code, (struct jk_span){before.at, before.len - text.len});
        } else {
            jk_text_add_char(out, '?');
            text = (struct jk_span){text.at + 1, text.len - 1};
        }
    }
}

void jk_page_str(struct jk_text *out, const char *text)
{
    jk_page_add(out, jk_span_of(text));
}

void jk_page_number(struct jk_text *out, uint64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) jk_text_add_char(out, ',');
        jk_text_add_char(out, digits[i]);
    }
}

void jk_page_change(struct jk_text *out, uint32_t before, uint32_t now)
{
    jk_text_add_str(out, now > before ? "+" : now < before ? "−" : "±");
    jk_page_number(out, now > before ? now - before : before - now);
}

void jk_page_both(struct jk_text *out, const char *korean, const char *english)
{
    jk_text_addf(out, "%s <span class=\"en\" lang=\"en\">%s</span>", korean, english);
}

void jk_page_section(struct jk_text *out, const char *id, const char *korean, const char *english)
{
    jk_text_addf(out, "<h2 id=\"%s\">", id);
    jk_page_both(out, korean, english);
    jk_text_add_str(out, "</h2>\n");
}

void jk_page_heading(struct jk_text *out, const char *korean, const char *english)
{
    jk_text_add_str(out, "<h3>");
    jk_page_both(out, korean, english);
    jk_text_add_str(out, "</h3>\n");
}

void jk_page_paragraph(struct jk_text *out, const char *korean, const char *english)
{
    jk_text_add_str(out, "<p>");
    jk_page_both(out, korean, english);
    jk_text_add_str(out, "</p>\n");
}

void jk_page_time(struct jk_text *out, int64_t time_us)
{
    char text[JK_TIME_TEXT];
    jk_time_format(time_us + KST_US, text);
    jk_text_addf(out, "%.10s %.8s KST", text, text + 11);
    jk_time_format(time_us, text);
    jk_text_addf(out, " (<span class=\"mono\">%s</span>)", text);
}

void jk_page_digest(struct jk_text *out, const struct jk_digest *digest)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(digest, hex);
    jk_text_addf(out, "<span class=\"mono\">%s</span>", hex);
}

void jk_page_link(struct jk_text *out, const char *file)
{
    jk_text_addf(out, "<a href=\"%s\">%s</a>", file, file);
}

void jk_page_site(struct jk_text *out, const char *folder, struct jk_span name, struct jk_span text)
{
    jk_text_addf(out, "<a href=\"../../../%s/", folder);
    jk_page_add(out, name);
    jk_text_add_str(out, "\">");
    jk_page_add(out, text);
    jk_text_add_str(out, "</a>");
}
