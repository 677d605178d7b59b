/* What kind a character of ASCII is, without locales: bytes above 127 are of none. Pure. */
#ifndef JK_BASE_ASCII_H
#define JK_BASE_ASCII_H

#include <stdbool.h>

static inline bool jk_ascii_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool jk_ascii_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static inline bool jk_ascii_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static inline bool jk_ascii_letter(char c)
{
    return jk_ascii_lower(c) || jk_ascii_upper(c);
}

static inline bool jk_ascii_alnum(char c)
{
    return jk_ascii_letter(c) || jk_ascii_digit(c);
}

static inline bool jk_ascii_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline char jk_ascii_to_lower(char c)
{
    return jk_ascii_upper(c) ? (char)(c - 'A' + 'a') : c;
}

#endif
