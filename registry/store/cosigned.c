/* See cosigned.h. */
#include "store/cosigned.h"

#include "tiles/published.h"

#define MARK "\xe2\x80\x94 " /* U+2014 and a space begin a signature line */

void jk_cosigned_done(struct jk_cosigned *cosigned)
{
    for (size_t i = 0; i < JK_COSIGNED_KEPT; i++)
        jk_text_done(&cosigned->notes[i].note);
}

static struct jk_cosigned_note *find_note(struct jk_cosigned *cosigned, uint64_t size)
{
    for (size_t i = 0; i < JK_COSIGNED_KEPT; i++) {
        if (size > 0 && cosigned->notes[i].size == size) return &cosigned->notes[i];
    }
    return NULL;
}

static const struct jk_cosigned_note *newer(const struct jk_cosigned_note *a, const struct jk_cosigned_note *b)
{
    return !a || (b && b->size > a->size) ? b : a;
}

const struct jk_cosigned_note *jk_cosigned_best(const struct jk_cosigned *cosigned)
{
    const struct jk_cosigned_note *quorum = NULL, *any = NULL;

    for (size_t i = 0; i < JK_COSIGNED_KEPT; i++) {
        const struct jk_cosigned_note *note = &cosigned->notes[i];

        if (note->size > 0 && note->cosigned && note->quorum) quorum = newer(quorum, note);
        if (note->size > 0 && note->cosigned) any = newer(any, note);
    }
    return quorum ? quorum : any;
}

const struct jk_cosigned_note *jk_cosigned_at(const struct jk_cosigned *cosigned, uint64_t size)
{
    for (size_t i = 0; i < JK_COSIGNED_KEPT; i++) {
        const struct jk_cosigned_note *note = &cosigned->notes[i];

        if (note->size == size && size > 0 && note->cosigned) return note;
    }
    return NULL;
}

/* A free slot, otherwise the oldest; the best one is kept. */
static struct jk_cosigned_note *make_note_room(struct jk_cosigned *cosigned)
{
    const struct jk_cosigned_note *best = jk_cosigned_best(cosigned);
    struct jk_cosigned_note *oldest = NULL;

    for (size_t i = 0; i < JK_COSIGNED_KEPT; i++) {
        struct jk_cosigned_note *note = &cosigned->notes[i];

        if (note->size == 0) return note;
        if (note != best && (!oldest || note->size < oldest->size)) oldest = note;
    }
    return oldest;
}

/* The note up to the first line with a name other than the log's: the log's own lines come first. 0: not a note. */
static size_t signed_len(struct jk_span note)
{
    struct jk_span body, lines, origin, line;
    struct jk_error unused;
    size_t len;

    jk_error_init(&unused, NULL);
    if (jk_note_open(note, &body, &lines, &unused) != JK_OK || !jk_span_line(&body, &origin)) return 0;
    len = note.len - lines.len;
    while (jk_span_line(&lines, &line)) {
        struct jk_span rest = {line.at + sizeof(MARK) - 1, line.len - (sizeof(MARK) - 1)}, name;

        if (!jk_span_cut(&rest, ' ', &name) || !jk_span_equal(name, origin)) break;
        len += line.len + 1;
    }
    return len;
}

void jk_cosigned_publish(struct jk_cosigned *cosigned, uint64_t size, struct jk_span note)
{
    struct jk_cosigned_note *kept;

    if (size == 0 || find_note(cosigned, size)) return;
    kept = make_note_room(cosigned);
    jk_text_done(&kept->note);
    *kept = (struct jk_cosigned_note){.size = size, .signed_len = signed_len(note)};
    kept->cosigned = kept->signed_len > 0 && kept->signed_len < note.len;
    jk_text_init(&kept->note, JK_NOTE_MAX);
    jk_text_add(&kept->note, note);
    if (kept->note.failed || kept->signed_len == 0) kept->size = 0;
}

bool jk_cosigned_add(struct jk_cosigned *cosigned, uint64_t size, struct jk_span lines)
{
    struct jk_cosigned_note *kept = find_note(cosigned, size);
    struct jk_text fresh, joined;
    struct jk_error unused;
    bool added;

    if (!kept) return false;
    jk_error_init(&unused, NULL);
    jk_text_init(&fresh, JK_NOTE_MAX);
    jk_text_init(&joined, JK_NOTE_MAX);
    jk_text_add(&fresh, (struct jk_span){kept->note.bytes, kept->signed_len});
    jk_text_add(&fresh, lines);
    added =
        !fresh.failed && jk_published_join(jk_text_span(&fresh), jk_text_span(&kept->note), &joined, &unused) == JK_OK;
    jk_text_done(&fresh);
    if (added) {
        jk_text_done(&kept->note);
        kept->note = joined;
        kept->cosigned = true;
    } else {
        jk_text_done(&joined);
    }
    return added;
}

void jk_cosigned_set_quorum(struct jk_cosigned *cosigned, uint64_t size)
{
    struct jk_cosigned_note *kept = find_note(cosigned, size);

    if (kept) kept->quorum = true;
}
