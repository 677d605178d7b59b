/* AttestRelease: what a verifier found. The challenge text is read on a reader thread, before the write has its turn:
 * its bytes never change, nor does what it is held against. It is read only where the caller may answer the challenge as
 * far as the book knows, which the turn checks again. Memory: the text and one manifest at a time. */
#include "base/defer.h"
#include "domain/ident.h"
#include "domain/manifest.h"
#include "service/call/dispatch.h"
#include "service/call/handlers.h"
#include "service/evidence/challenged.h"
#include "service/records/blob.h"
#include "weights/challenge_text.h"

/* A release whose sketches the text may have. */
struct subject {
    struct jk_digest hash;     /* lineage hash */
    struct jk_digest artifact; /* that it names, or its reference; zero: none */
};

struct attest {
    uint32_t challenge; /* entry */
    bool answered;      /* already: the turn says so, or gives the reply of the same request again */
    struct jk_digest found, sketches;
    struct jk_digest key;
    struct subject release;
    struct subject *parents;
    uint32_t parent_count;
};

/* ---- who may answer ---- */

static enum jk_status check_challenger(const struct jk_book *book, uint32_t slot, uint32_t verifier,
                                       struct jk_error *error)
{
    const struct jk_challenge *challenge = jk_book_challenge(book, slot);
    if (challenge->verifier == verifier) return JK_OK;
    return jk_fail(error, JK_PERMISSION_DENIED, "OTHER_VERIFIER",
                   "The challenge of log entry %u is that of the verifier \"%.*s\", which answers it", challenge->from,
                   JK_SPAN_ARG(jk_book_verifier_id(book, challenge->verifier)));
}

static enum jk_status check_waiting(const struct jk_book *book, uint32_t slot, uint32_t n, int64_t now_us,
                                    struct jk_error *error)
{
    uint32_t answer = jk_book_answer(book, slot, n), from = jk_book_challenge(book, slot)->from;
    if (answer != JK_NONE)
        return jk_fail(error, JK_FAILED_PRECONDITION, "ATTESTED",
                       "The challenge of log entry %u was answered by log entry %u", from,
                       jk_book_attest(book, answer)->from);
    if (jk_book_challenge_is_open(book, slot, n, now_us)) return JK_OK;
    return jk_fail(
        error, JK_FAILED_PRECONDITION, "CHALLENGE_ABANDONED",
        "The challenge of log entry %u is more than 7 days old: it counts as abandoned; an evaluator may allow "
        "another, with jokbo verifier allow",
        from);
}

/* Before anything is read. */
static enum jk_status check_may_answer(struct jk_call *call, const struct jk_view *view, uint32_t slot,
                                       struct attest *attest)
{
    uint32_t verifier;
    attest->answered = jk_book_answer(view->book, slot, view->size) != JK_NONE;
    if (attest->answered) return JK_OK;
    JK_TRY(jk_verifier_in_effect(view->book, call->principal.verifier, view->size, &verifier, &call->error));
    JK_TRY(check_challenger(view->book, slot, verifier, &call->error));
    return check_waiting(view->book, slot, view->size, jk_store_clock_us(jk_store_of(call)), &call->error);
}

/* ---- what the text is held against ---- */

static struct subject held_against(const struct jk_book *book, const struct jk_parent *parent, uint32_t n)
{
    if (!parent->external) return (struct subject){*parent->hash, jk_book_release(book, parent->slot)->artifact};
    uint32_t slot = jk_book_find_reference(book, parent->name, parent->revision, n);
    bool stands = slot != JK_NONE && jk_book_reference_stands(book, slot, n);
    return (struct subject){*parent->hash, stands ? jk_book_reference(book, slot)->artifact : (struct jk_digest){{0}}};
}

static enum jk_status find_subjects(struct jk_call *call, const struct jk_view *view, struct attest *attest)
{
    uint32_t slot = jk_book_find_challenge(view->book, attest->challenge, view->size);
    if (slot == JK_NONE)
        return jk_fail(&call->error, JK_NOT_FOUND, "CHALLENGE_NOT_FOUND",
                       "Log entry %u is not a challenge; see jokbo challenges", attest->challenge);
    JK_TRY(check_may_answer(call, view, slot, attest));
    const struct jk_release *release = jk_book_release(view->book, jk_book_challenge(view->book, slot)->release);
    attest->release = (struct subject){release->hash, release->artifact};
    attest->parent_count = release->parent_count;
    attest->parents = jk_arena_zalloc(&call->arena, release->parent_count + 1, sizeof *attest->parents);
    if (!attest->parents) return jk_out_of_memory(&call->error);
    for (uint32_t i = 0; i < release->parent_count; i++)
        attest->parents[i] = held_against(view->book, &release->parents[i], view->size);
    if (jk_challenge_key_of(view->forest, attest->challenge, &release->hash, &attest->key)) return JK_OK;
    return jk_fail(&call->error, JK_INTERNAL, "TREE_INCOMPLETE",
                   "the tree's hashes in memory do not reach the log's size");
}

/* ---- the text ---- */

static enum jk_status fail_missing(struct jk_error *error, const char *what, const struct jk_digest *digest)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(digest, hex);
    return jk_fail(error, JK_NOT_FOUND, "BLOB_NOT_FOUND", "No %s with the digest %s is stored here; upload it first",
                   what, hex);
}

/* Whether its files and tensors are those of the manifest that the release names. Where that is not stored, nobody can
 * tell: for the release that attests is about (`needed`), it must be. */
static enum jk_status check_files(struct jk_call *call, const struct jk_challenge_model *model, bool needed)
{
    JK_CLEANUP(jk_text_done) struct jk_text bytes;
    struct jk_directory *directory = jk_store_directory(jk_store_of(call));
    struct jk_blob_facts facts;
    jk_text_init(&bytes, JK_MANIFEST_MAX);
    bool stored = jk_directory_blob_stored(directory, &model->artifact, &facts) && facts.kind == JK_BLOB_KIND_MANIFEST;
    if (!stored) return needed ? fail_missing(&call->error, "manifest", &model->artifact) : JK_OK;
    JK_TRY(jk_blob_bytes(call->reader, &model->artifact, &bytes, &call->error));
    if (jk_manifests_agree(jk_text_span(&bytes), model->manifest)) return JK_OK;
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(&model->release, hex);
    jk_error_field(&call->error, "sketches_sha256",
                   "the text lists other files or tensors for the model %s than the manifest that it names", hex);
    return jk_error_result(&call->error);
}

static const struct subject *among_parents(const struct attest *attest, const struct jk_digest *hash)
{
    for (uint32_t i = 0; i < attest->parent_count; i++)
        if (jk_digest_equal(&attest->parents[i].hash, hash)) return &attest->parents[i];
    return NULL;
}

static enum jk_status check_parents(struct jk_call *call, const struct attest *attest,
                                    const struct jk_challenge_text *text)
{
    for (size_t i = 1; i < text->count; i++) {
        const struct jk_challenge_model *model = &text->models[i];
        const struct subject *parent = among_parents(attest, &model->release);
        char hex[JK_DIGEST_HEX + 1];
        jk_digest_hex(&model->release, hex);
        if (!parent)
            jk_error_field(&call->error, "sketches_sha256",
                           "the text has the model %s, which is no parent of the release", hex);
        else if (jk_digest_is_zero(&parent->artifact) || !jk_digest_equal(&parent->artifact, &model->artifact))
            jk_error_field(&call->error, "sketches_sha256",
                           "the text has another artifact for the parent %s than its statement or reference", hex);
        else
            JK_TRY(check_files(call, model, false));
    }
    return jk_error_result(&call->error);
}

static enum jk_status check_text(struct jk_call *call, const struct attest *attest,
                                 const struct jk_challenge_text *text)
{
    const Jokbo__V1__AttestReleaseRequest *request = (const void *)call->request;
    if (!jk_digest_equal(&text->release, &attest->release.hash) || text->challenge != attest->challenge ||
        !jk_digest_equal(&text->key, &attest->key))
        jk_error_field(&call->error, "sketches_sha256",
                       "the text is of another challenge: release, index or key differ");
    else if (!jk_digest_equal(&text->models[0].artifact, &attest->release.artifact))
        jk_error_field(&call->error, "sketches_sha256",
                       "the text has another artifact for the release than its statement");
    JK_TRY(jk_error_result(&call->error));
    if (!*request->differs) JK_TRY(check_files(call, &text->models[0], true));
    return check_parents(call, attest, text);
}

static bool is_challenge_text(struct jk_directory *directory, const struct jk_digest *digest)
{
    struct jk_blob_facts facts;
    return jk_directory_blob_stored(directory, digest, &facts) && facts.kind == JK_BLOB_KIND_CHALLENGE;
}

static enum jk_status read_sketches(struct jk_call *call, const struct attest *attest)
{
    JK_CLEANUP(jk_text_done) struct jk_text bytes;
    struct jk_challenge_text text;
    jk_text_init(&bytes, JK_CHALLENGE_TEXT_MAX);
    if (!is_challenge_text(jk_store_directory(jk_store_of(call)), &attest->sketches))
        return fail_missing(&call->error, "challenge text", &attest->sketches);
    JK_TRY(jk_blob_bytes(call->reader, &attest->sketches, &bytes, &call->error));
    enum jk_status status = jk_challenge_text_read(jk_text_span(&bytes), &text, &call->error);
    if (status == JK_OK) status = check_text(call, attest, &text);
    jk_challenge_text_done(&text);
    return status;
}

/* ---- the write ---- */

static enum jk_status decide_attest(struct jk_change *change, struct jk_turn *turn, ProtobufCMessage **out_reply)
{
    const Jokbo__V1__AttestReleaseRequest *request = (const void *)change->call->request;
    const struct attest *attest = change->input;
    struct jk_error *error = &change->call->error;
    uint32_t slot = jk_book_find_challenge(turn->book, attest->challenge, jk_turn_size(turn)), verifier, index;
    const struct jk_challenge *challenge = jk_book_challenge(turn->book, slot);
    struct jk_entry entry = {.kind = JK_KIND_ATTEST,
                             .actor = {.type = JK_ACTOR_VERIFIER},
                             .target = attest->challenge,
                             .artifact = attest->found,
                             .differs = jk_span_of(request->differs),
                             .sketches = attest->sketches};
    JK_TRY(jk_challenger_check(change, turn, challenge->release, &verifier, error));
    entry.actor.name = jk_book_verifier_id(turn->book, challenge->verifier);
    JK_TRY(check_challenger(turn->book, slot, verifier, error));
    JK_TRY(check_waiting(turn->book, slot, jk_turn_size(turn), turn->time_us, error));
    if (!jk_digest_is_zero(&attest->sketches) && !is_challenge_text(turn->directory, &attest->sketches))
        return fail_missing(error, "challenge text", &attest->sketches);
    JK_TRY(jk_turn_append(turn, &entry, &index, error));
    return jk_challenge_reply(change, turn, slot, out_reply);
}

static enum jk_status read_request(struct jk_call *call, struct attest *attest)
{
    const Jokbo__V1__AttestReleaseRequest *request = (const void *)call->request;
    struct jk_error *error = &call->error;
    if (request->challenge < 0 || request->challenge >= JK_NONE)
        jk_error_field(error, "challenge", "%lld: give the log index of a challenge", (long long)request->challenge);
    attest->challenge = (uint32_t)request->challenge;
    jk_from_hex(request->found_sha256, "found_sha256", &attest->found, error);
    if (!*request->found_sha256) jk_error_field(error, "found_sha256", "is required");
    jk_from_hex(request->sketches_sha256, "sketches_sha256", &attest->sketches, error);
    if (!*request->sketches_sha256 && !*request->differs)
        jk_error_field(error, "sketches_sha256", "is required unless `differs` is given");
    if (*request->differs)
        jk_check_field(error, "differs", request->differs, jk_ident_label_fault(jk_span_of(request->differs)));
    return jk_error_result(error);
}

static enum jk_status prepare(struct jk_call *call, struct attest *attest)
{
    const Jokbo__V1__AttestReleaseRequest *request = (const void *)call->request;
    struct jk_view view;
    JK_TRY(read_request(call, attest));
    jk_store_view(jk_store_of(call), &view);
    enum jk_status status = find_subjects(call, &view, attest);
    jk_store_view_end(jk_store_of(call));
    JK_TRY(status);
    if (!*request->differs && !jk_digest_equal(&attest->found, &attest->release.artifact)) {
        jk_error_field(&call->error, "differs", "is required: what was found is not the artifact of the release");
        return jk_error_result(&call->error);
    }
    return attest->answered || jk_digest_is_zero(&attest->sketches) ? JK_OK : read_sketches(call, attest);
}

/* On a reader thread. */
void jk_attest_release(struct jk_call *call)
{
    struct attest *attest = jk_arena_zalloc(&call->arena, 1, sizeof *attest);
    enum jk_status status = attest ? prepare(call, attest) : jk_out_of_memory(&call->error);
    if (status == JK_OK)
        jk_change_submit_completed(call, decide_attest, jk_challenge_complete, attest);
    else
        jk_call_fail(call);
}
