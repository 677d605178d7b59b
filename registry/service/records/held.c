/* See held.h. */
#include "service/records/held.h"

#include "book/vouched.h"
#include "service/call/write.h"

enum jk_status jk_held_note(struct jk_turn *turn, const struct jk_digest *artifact, struct jk_error *error)
{
    struct jk_blob_facts blob;
    uint32_t n = jk_turn_size(turn), index;
    if (jk_digest_is_zero(artifact) || !jk_directory_blob_stored(turn->directory, artifact, &blob) || !blob.files_known)
        return JK_OK;
    if (jk_book_find_artifact(turn->book, artifact, n) == JK_NONE || jk_book_is_held(turn->book, artifact, n))
        return JK_OK;
    struct jk_entry entry = {.kind = JK_KIND_HELD,
                             .actor = {.type = JK_ACTOR_SERVER},
                             .artifact = *artifact,
                             .bytes = blob.size,
                             .weights = blob.weights,
                             .weight_files = blob.weight_files};
    return jk_turn_append(turn, &entry, &index, error);
}

enum jk_status jk_held_end(struct jk_turn *turn, const struct jk_digest *artifact, const struct jk_digest *reason,
                           struct jk_error *error)
{
    uint32_t index;
    uint32_t n = jk_turn_size(turn);
    if (!jk_book_is_held(turn->book, artifact, n) && !jk_book_keeps_reference(turn->book, artifact, n)) return JK_OK;
    struct jk_entry entry = {
        .kind = JK_KIND_WITHDRAWN, .actor = {.type = JK_ACTOR_ADMIN}, .artifact = *artifact, .text = *reason};
    return jk_turn_append(turn, &entry, &index, error);
}
