/* A comparison as a picture: a row for each layer of each part, a cell for each of its tensors, coloured by |r|. For a
 * terminal, and as SVG. Pure. */
#ifndef JK_CLI_PICTURE_H
#define JK_CLI_PICTURE_H

#include "base/text.h"
#include "weights/compare.h"

struct jk_picture_style {
    bool color, utf8;
    size_t width; /* of the terminal */
};

/* At most 400 rows; what is beyond is said. */
void jk_picture_text(const struct jk_comparison *comparison, struct jk_picture_style style, struct jk_text *out);
/* `one`, `two`: what was compared. */
void jk_picture_svg(const struct jk_comparison *comparison, const char *one, const char *two, struct jk_text *out);

#endif
