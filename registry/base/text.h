/* A string builder that remembers its first failure, so that a caller checks once at the end,
 * and the encodings that text needs. Not thread-safe. */
#ifndef JK_BASE_TEXT_H
#define JK_BASE_TEXT_H

#include "base/span.h"

struct jk_text {
    char *bytes; /* NUL-terminated once anything was added; owned, malloc */
    size_t len;
    size_t room;
    size_t limit; /* limit in bytes; 0 for none */
    bool failed;  /* out of memory or over the limit: later calls do nothing */
};

void jk_text_init(struct jk_text *text, size_t limit);
void jk_text_done(struct jk_text *text); /* accepts a zeroed struct */
/* Reserves that many more bytes, if the number is known in advance. */
void jk_text_reserve(struct jk_text *text, size_t more);
void jk_text_clear(struct jk_text *text); /* empties, keeps the memory, clears a failure */
void jk_text_add(struct jk_text *text, struct jk_span bytes);
void jk_text_add_str(struct jk_text *text, const char *string);
void jk_text_add_char(struct jk_text *text, char c);
void jk_text_addf(struct jk_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void jk_text_add_u64(struct jk_text *text, uint64_t number); /* in decimal; where printing would take the time */
struct jk_span jk_text_span(const struct jk_text *text);
/* The bytes, NUL-terminated, which the caller must free(); NULL if the builder failed. */
char *jk_text_take(struct jk_text *text);

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, up to U+10FFFF) without NUL. */
bool jk_utf8_valid(struct jk_span text);
/* Takes the next character off *rest; false, with nothing taken, at the end, on NUL and on invalid UTF-8. */
bool jk_utf8_next(struct jk_span *rest, uint32_t *out_code);
/* The longest prefix of at most `most` bytes that does not split a character. */
struct jk_span jk_utf8_cut(struct jk_span text, size_t most);
/* A character that must not reach a terminal, a log or a message unescaped: control characters, line and paragraph
 * separators, and anything that reorders the text around it. */
bool jk_utf8_is_control(uint32_t code);
/* Columns that the text occupies on a terminal: East Asian wide characters count two. */
size_t jk_utf8_columns(struct jk_span text);

/* Percent-encoding (RFC 3986): space, %, control characters, bytes >= 0x80 when `ascii_only`, and
 * each character in `also` become %XX with upper-case digits. */
void jk_percent_encode(struct jk_text *out, struct jk_span text, const char *also, bool ascii_only);
bool jk_percent_decode(struct jk_text *out, struct jk_span text); /* false on a bad escape */

void jk_hex_encode(const unsigned char *bytes, size_t len, char *out_hex);    /* 2*len, no NUL */
bool jk_hex_decode(struct jk_span hex, unsigned char *out_bytes, size_t len); /* lower case only */

void jk_base64_encode(struct jk_text *out, const unsigned char *bytes, size_t len); /* RFC 4648, padded */
/* Strict: padding required, no white space, unused bits zero. False on error, or if it does not fit in room. */
bool jk_base64_decode(struct jk_span text, unsigned char *out_bytes, size_t room, size_t *out_len);

/* The value shortened for an error message: at most 60 columns, control characters and invalid UTF-8 as \xNN, "…" where
 * it was cut. Writes a NUL-terminated string of at most `room` bytes. */
void jk_text_shorten(struct jk_span value, char *out, size_t room);

#endif
