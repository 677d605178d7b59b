/* See parent_tag.h. */
#include "declare/parent_tag.h"

#include "declare/words.h"

bool jk_parent_tag_read(struct jk_span tag, struct jk_parent_tag *out_tag)
{
    struct jk_span rest = tag, head;
    *out_tag = (struct jk_parent_tag){.relation = JK_RELATION_NONE};
    if (!jk_span_cut(&rest, ':', &head) || !jk_span_equal(head, JK_SPAN("base_model"))) return false;
    out_tag->name = rest;
    if (!jk_span_is_url(rest) && jk_span_cut(&rest, ':', &head) && !memchr(head.at, '/', head.len)) {
        out_tag->name = rest;
        out_tag->word = jk_words_trim(head);
        out_tag->relation = jk_relation_of_hub(out_tag->word);
    }
    return memchr(out_tag->name.at, '/', out_tag->name.len) != NULL;
}
