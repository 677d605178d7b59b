/* See wrap.h. */
#include "cli/console/wrap.h"

#include <stdbool.h>
#include <string.h>

/* The bytes up to where the text may be broken next; a "|" belongs to what stands before it. */
static size_t piece_length(const char *text)
{
    size_t len = strcspn(text, " \n|");
    return text[len] == '|' ? len + 1 : len;
}

void jk_wrap_print(const char *text, struct jk_column_of_text place, FILE *file)
{
    size_t at = place.at;
    bool begun = false; /* the line has text of ours */
    for (;;) {
        size_t blank = strspn(text, " \n"), len = piece_length(text + blank);
        bool space = begun && blank > 0;
        if (len == 0) break;
        if (begun && at + space + len > place.width) {
            fprintf(file, "\n%*s", (int)place.indent, "");
            at = place.indent;
            space = false;
        }
        fprintf(file, "%s%.*s", space ? " " : "", (int)len, text + blank);
        at += space + len;
        text += blank + len;
        begun = true;
    }
    fputc('\n', file);
}
